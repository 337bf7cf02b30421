"""Cards in SQL: every number that ever led to a member, and what became of it."""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from edge.domain.member import Status

CardState = Literal["active", "lost", "replaced", "cancelled"]
Medium = Literal["card", "uid"]

_FOLLOWS: dict[Status, tuple[tuple[CardState, CardState], ...]] = {
    "active": (("lost", "active"),),
    "lost": (("active", "lost"),),
    "frozen": (),
    "cancelled": (("active", "cancelled"), ("lost", "cancelled")),
}


@dataclass(frozen=True, slots=True)
class CardRow:
    """A number: that of a card, or the UID of a tag or phone. Only an active one leads to the member."""

    number: str
    member: str
    medium: Medium
    state: CardState


class Cards:
    """The card table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def by_number(self, number: str) -> CardRow | None:
        """What is known of a number, whatever became of it."""
        row = self._db.execute(
            "SELECT number, member, medium, state FROM card WHERE number=?", (number,)
        ).fetchone()
        return CardRow(*row) if row else None

    def issue(self, card: CardRow, now_ms: int) -> None:
        """Write a new number; nobody may ever have had it."""
        self._db.execute(
            "INSERT INTO card(number, member, medium, state, since_ms) VALUES(?, ?, ?, ?, ?)",
            (card.number, card.member, card.medium, card.state, now_ms),
        )

    def move(self, member: str, former: CardState, state: CardState, now_ms: int) -> None:
        """All numbers of the member that were in ``former`` are in ``state`` from now on."""
        self._db.execute(
            "UPDATE card SET state=?, since_ms=? WHERE member=? AND state=?", (state, now_ms, member, former)
        )

    def follow(self, member: str, status: Status, now_ms: int) -> None:
        """The member's numbers are as good as the membership: lost with it, found, cancelled; frozen ones wait."""
        for former, state in _FOLLOWS[status]:
            self.move(member, former, state, now_ms)

    def replace(self, member: str, medium: Medium, now_ms: int) -> None:
        """What the member's numbers of one medium were good for, another one will be."""
        self._db.execute(
            "UPDATE card SET state='replaced', since_ms=? WHERE member=? AND medium=? AND state IN ('active', 'lost')",
            (now_ms, member, medium),
        )
