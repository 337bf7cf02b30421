"""What limited rules may still give: the uses so far, added up over each limit's period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.domain.rules.model import Limit

Used = tuple[int, int, int, int, int]
"""What a rule gave before: to the member in receipts, in its period and today; in value, the same and to everybody."""

NOTHING: Used = (0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class RuleUse:
    """What ``rule`` gave on business day ``day`` (ISO 8601): receipts, and fen, points or gifts."""

    rule: str
    day: str
    times: int
    value: int


_PERIOD_LETTERS = {"ever": 0, "year": 4, "month": 7, "day": 10}
"""How much of an ISO date two days of the same period share."""


def period_since(period: str, today: str) -> str:
    """What the days of the period of ``today`` are not below, as texts; "" for ever."""
    return today[: _PERIOD_LETTERS[period]]


def used(
    limits: Mapping[str, Limit], by_member: Iterable[RuleUse], by_all: Iterable[RuleUse], today: str
) -> dict[str, Used]:
    """The counters of every limited rule that gave anything, as the kernel takes them."""
    sums = {rule: [0, 0, 0, 0, 0] for rule in limits}
    for use in by_member:
        limit = limits.get(use.rule)
        if limit is None:
            continue
        letters = _PERIOD_LETTERS[limit.period]
        if use.day[:letters] == today[:letters]:
            sums[use.rule][0] += use.times
            sums[use.rule][2] += use.value
        if use.day == today:
            sums[use.rule][1] += use.times
            sums[use.rule][3] += use.value
    for use in by_all:
        if use.rule in limits:
            sums[use.rule][4] += use.value
    return {rule: (a, b, c, d, e) for rule, (a, b, c, d, e) in sums.items() if any((a, b, c, d, e))}


def exceeded(limits: Mapping[str, Limit], so_far: Mapping[str, Used], given: Mapping[str, int]) -> bool:
    """Whether a receipt that was decided earlier would now give more than a limit allows."""
    return any(
        most and before + more > most
        for rule, value in given.items()
        if rule in limits
        for most, before, more in zip(
            _most(limits[rule]), so_far.get(rule, NOTHING), (1, 1, value, value, value), strict=True
        )
    )


def _most(limit: Limit) -> Used:
    return limit.per_member, limit.per_day, limit.member_value, limit.day_value, limit.total_value


def counted(limits: Mapping[str, Limit], given: Mapping[str, int], today: str) -> list[RuleUse]:
    """The uses that a receipt adds: one of each limited rule that gave something."""
    return [RuleUse(rule, today, 1, value) for rule, value in given.items() if rule in limits]
