"""What runs and is hardly meant: rules that can never give anything, groups of one, tiers that nobody stays in."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from edge.domain.dates import shown_moment
from edge.domain.rules.authoring.findings import Finding, warning
from edge.domain.rules.authoring.parts import Parts, Ruling
from edge.domain.rules.authoring.vector_checks import unknown_tiers_and_coupons
from edge.domain.rules.core import aware
from edge.domain.rules.model import (
    EveryOff,
    Fixed,
    Gift,
    Group,
    Limit,
    MultBp,
    Need,
    NthItemBp,
    OffBp,
    PerQty,
    Rule,
    Select,
    When,
)

SCANNED_DAYS_MAX = 800
"""In a longer window every weekday meets every day of the month."""


def warnings_in(parts: Parts) -> Iterator[Finding]:
    """Everything odd in a bundle that has no errors."""
    for path, ruling in parts.rulings:
        yield from _never(path, ruling, parts)
        yield from _worthless(path, ruling)
        yield from _idle_keys(path, ruling)
    yield from _groups(parts)
    yield from _tiers(parts)
    yield from unknown_tiers_and_coupons(parts)


def _never(path: str, ruling: Ruling, parts: Parts) -> Iterator[Finding]:
    """Conditions that no basket can meet."""
    when, select, need = ruling.when, ruling.select, ruling.need
    starts = msgspec.convert(parts.plain["valid_from"], datetime)
    if when.to and aware(when.to, parts.zone) <= aware(starts, parts.zone):
        why = f"over on {shown_moment(when.to)}, before the bundle is valid: it never fires"
        yield warning(f"{path}/when/to", why, "take the rule out, or give it a new window")
    if not _some_day(when, parts):
        why = "no such weekday falls on such a day of the month within the window: it never fires"
        yield warning(f"{path}/when/dow", why, "dow and dom must both hold: leave one of them out")
    if when.max_total and (when.min_total or 0) > when.max_total:
        yield warning(f"{path}/when/max_total", "below min_total: it never fires", "swap the two")
    if when.max_total and (need.min_fen or 0) > when.max_total:
        yield warning(f"{path}/need/min_fen", "more than when.max_total lets through: it never fires")
    for key in ("cats", "skus"):
        named, not_named = getattr(select, key), getattr(select, f"not_{key}")
        if named and set(named) <= set(not_named):
            yield warning(f"{path}/select/{key}", f"all of them are in not_{key}: it never fires")


def _some_day(when: When, parts: Parts) -> bool:
    """Whether any day of the window has a wanted weekday and a wanted day of the month."""
    if not (when.from_ and when.to and (when.dow or when.dom)):
        return True
    day, end = aware(when.from_, parts.zone), aware(when.to, parts.zone)
    if end - day > timedelta(days=SCANNED_DAYS_MAX):
        return True
    while day < end:
        if (not when.dow or day.weekday() in when.dow) and (not when.dom or day.day in when.dom):
            return True
        day = (day + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    return False


def _worthless(path: str, ruling: Ruling) -> Iterator[Finding]:
    """Operations that give nothing, or not what they say."""
    if isinstance(ruling, Gift):
        if ruling.max_times and not ruling.every_fen:
            yield warning(f"{path}/max_times", "without every_fen the gift is given once anyway")
        return
    match ruling.do:
        case EveryOff(every_fen=every, off_fen=off):
            if off > every:
                yield warning(f"{path}/do/off_fen", f"{off} off {every}: more than the goods cost")
            if 0 < ruling.cap < off:
                yield warning(
                    f"{path}/cap", f"below off_fen: the rule always gives {ruling.cap}, never {off}"
                )
        case OffBp(bp=0) | NthItemBp(bp=0) | MultBp(bp=0):
            yield warning(f"{path}/do/bp", "0: it never gives anything")
        case PerQty(pts=0) | Fixed(pts=0):
            yield warning(f"{path}/do/pts", "0: it never gives anything")
    need, do = ruling.need, ruling.do
    if isinstance(do, EveryOff) and need.min_fen and need.min_fen < do.every_fen:
        why = f"below every_fen, {do.every_fen}: the first step needs that much anyway"
        yield warning(f"{path}/need/min_fen", why, "leave the key out")


def _idle_keys(path: str, ruling: Ruling) -> Iterator[Finding]:
    """Keys that do nothing without another one."""
    if ruling.when.birthday is None and ruling.when.birthday_calendar != When().birthday_calendar:
        yield warning(f"{path}/when/birthday_calendar", "does nothing without birthday", "birthday: day")
    limit = Limit() if not isinstance(ruling, Rule | Gift) else ruling.limit
    if limit.period != Limit().period and not (limit.per_member or limit.member_value):
        why = "counts nothing without per_member or member_value"
        yield warning(f"{path}/limit/period", why, "per_member: 1")


def _groups(parts: Parts) -> Iterator[Finding]:
    inside: dict[str, list[tuple[str, Ruling]]] = {group.id: [] for _, group in parts.groups}
    for path, ruling in parts.rulings:
        if ruling.group in inside:
            inside[ruling.group].append((path, ruling))
    for path, group in parts.groups:
        rulings = inside[group.id]
        if not rulings:
            yield warning(
                path, f"no rule is in group {group.id!r}", "take it out, or is a rule in the wrong one?"
            )
        elif len(rulings) == 1 and group.mode != "all":
            why = f"{group.mode} of one: {rulings[0][1].id} has nobody to compete with in {group.id!r}"
            yield warning(f"{path}/mode", why, "leave the key out, or add the rules that it competes with")
        if group.mode == "first":
            yield from _behind(rulings)
        yield from _silenced_too_late(path, group, parts)


def _behind(rulings: list[tuple[str, Ruling]]) -> Iterator[Finding]:
    """Rules of a ``first`` group that stand behind one which asks nothing."""
    taker: Ruling | None = None
    for path, ruling in sorted(rulings, key=lambda one: one[1].priority):
        if taker is not None:
            yield warning(path, f"never fires: {taker.id} comes first in its group, and asks nothing")
        elif isinstance(ruling, Rule) and _asks_nothing(ruling):
            taker = ruling


def _asks_nothing(rule: Rule) -> bool:
    always = isinstance(rule.do, OffBp | Fixed | MultBp)
    return always and (rule.when, rule.select, rule.need, rule.limit) == (When(), Select(), Need(), Limit())


def _silenced_too_late(path: str, group: Group, parts: Parts) -> Iterator[Finding]:
    phases = ("discount", "points", "gifts")
    stands = {
        other.id: (phases.index(other.phase), other.order, at) for at, (_, other) in enumerate(parts.groups)
    }
    for at, other in enumerate(group.suppressed_by):
        if stands.get(other, ()) > stands[group.id]:
            why = f"{other!r} applies after {group.id!r}: too late to silence it"
            yield warning(f"{path}/suppressed_by/{at}", why, "give it a smaller order")


def _tiers(parts: Parts) -> Iterator[Finding]:
    reached: dict[str, tuple[str, int]] = {}
    for at, (path, tier) in enumerate(parts.tiers):
        ways = {
            key: getattr(tier, key)
            for key in ("points", "cumulative_fen", "visits", "one_day_fen", "topup_fen")
            if getattr(tier, key) is not None
        }
        if at and not ways:
            yield warning(path, f"nothing leads to {tier.label}: it is given by hand only")
        for key, threshold in ways.items():
            lower, least = reached.get(key, ("", -1))
            if threshold <= least:
                yield warning(f"{path}/{key}", f"not above {lower}'s {least}: nobody stays in {lower}")
            reached[key] = (tier.id, threshold)
    labels = [tier.label for _, tier in parts.tiers]
    for at, (path, tier) in enumerate(parts.tiers):
        if tier.label in labels[:at]:
            yield warning(f"{path}/label", f"{tier.label} is the label of two tiers")
