"""Receipts decided one after the other, counting on the way what limited rules have given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

import cext
from edge.domain.replay import Batch, Outcome, outcome_of
from edge.domain.rules.model import Limit

_PERIOD_LETTERS = {"ever": 0, "year": 4, "month": 7, "day": 10}
"""How much of an ISO date two days of one period share."""


NOTHING = Outcome(0, 0, 0, 0, (), (), ())
"""Of a receipt that was refused."""


@dataclass(slots=True)
class _Uses:
    """What a rule gave to a member in the present period, and on the present day."""

    period: str = ""
    times: int = 0
    value: int = 0
    day: str = ""
    times_day: int = 0
    value_day: int = 0

    def turn(self, period: str, day: str) -> None:
        """Begin a period or a day anew."""
        if period != self.period:
            self.period, self.times, self.value = period, 0, 0
        if day != self.day:
            self.day, self.times_day, self.value_day = day, 0, 0

    def add(self, value: int) -> None:
        """One more receipt."""
        self.times += 1
        self.value += value
        self.times_day += 1
        self.value_day += value


@dataclass(slots=True)
class Recount:
    """Counters of limited rules by member, and in all by store; they grow with members, not with receipts."""

    _members: dict[tuple[str, str], _Uses] = field(default_factory=dict)
    _stores: dict[tuple[str, str], int] = field(default_factory=dict)

    def replay(
        self,
        program: cext.Program,
        receipts: list[tuple[bytes, str]],
        limits: Mapping[str, Limit],
    ) -> Batch:
        """Decide receipts, each a request and its business day, in the order in which they were sold."""
        payable: list[int] = []
        points: list[int] = []
        fired: dict[str, tuple[int, int]] = {}
        refused: dict[int, str] = {}
        for place, (request, day) in enumerate(receipts):
            try:
                outcome = self._decide(program, request, day, limits)
            except cext.RequestError as error:
                refused[place], outcome = str(error), NOTHING
            payable.append(outcome.payable)
            points.append(outcome.points)
            for rule, value in outcome.fired:
                times, so_far = fired.get(rule, (0, 0))
                fired[rule] = times + 1, so_far + value
        return Batch(payable, points, fired, refused)

    def _decide(
        self, program: cext.Program, request: bytes, day: str, limits: Mapping[str, Limit]
    ) -> Outcome:
        asked: dict[str, Any] = msgspec.json.decode(request)
        if not asked["member"]:
            return outcome_of(program.evaluate(request))
        member, store = asked["member"]["id"], asked["store"]
        uses = {rule: self._uses(member, rule, limit, day) for rule, limit in limits.items()}
        counted = {
            rule: (one.times, one.times_day, one.value, one.value_day, self._stores.get((store, rule), 0))
            for rule, one in uses.items()
        }
        asked["used"] = asked.get("used", {}) | counted
        outcome = outcome_of(program.evaluate(msgspec.json.encode(asked)))
        for rule, value in outcome.fired:
            if rule in limits:
                uses[rule].add(value)
                self._stores[store, rule] = self._stores.get((store, rule), 0) + value
        return outcome

    def _uses(self, member: str, rule: str, limit: Limit, day: str) -> _Uses:
        uses = self._members.setdefault((member, rule), _Uses())
        uses.turn(day[: _PERIOD_LETTERS[limit.period]], day)
        return uses
