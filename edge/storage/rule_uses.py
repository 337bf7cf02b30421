"""How often, and how much, limited rules have given: per member, rule and business day."""

import sqlite3
from collections.abc import Iterable

from edge.domain.limits import RuleUse

EVERYBODY = ""
EVER = ""
"""Everybody together is one row a rule: every quote with limits reads these, however old the shop."""


class RuleUses:
    """The table of uses on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, member: str) -> list[RuleUse]:
        """Everything that limited rules gave to the member, or to ``EVERYBODY`` ever."""
        rows = self._db.execute("SELECT rule, day, times, value FROM rule_use WHERE member=?", (member,))
        return [RuleUse(*row) for row in rows]

    def add(self, member: str, uses: Iterable[RuleUse]) -> None:
        """Count ``uses`` for the member and for everybody."""
        self._db.executemany(
            "INSERT INTO rule_use(times, value, member, rule, day) VALUES(?, ?, ?, ?, ?)"
            " ON CONFLICT(member, rule, day) DO UPDATE SET"
            " times = times + excluded.times, value = value + excluded.value",
            _rows(member, uses),
        )

    def take_back(self, member: str, uses: Iterable[RuleUse]) -> None:
        """Count ``uses`` no more."""
        self._db.executemany(
            "UPDATE rule_use SET times = times - ?, value = value - ? WHERE member=? AND rule=? AND day=?",
            _rows(member, uses),
        )


def _rows(member: str, uses: Iterable[RuleUse]) -> list[tuple[int, int, str, str, str]]:
    return [
        (use.times, use.value, who, use.rule, day)
        for use in uses
        for who, day in ((member, use.day), (EVERYBODY, EVER))
    ]
