"""What was taken over from an old system, in SQL: each row as it was, and who still waits for a referrer."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Former:
    """A row that was taken over before: whose it is, and what it said (JSON)."""

    member: str
    row: str


class Imports:
    """The table of imported rows on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def former(self, card_no: str) -> Former | None:
        """What was taken over for this card; None for a card that was not."""
        row = self._db.execute("SELECT member, row FROM imported WHERE card_no=?", (card_no,)).fetchone()
        return Former(*row) if row else None

    def keep(self, op: int, card_no: str, former: Former, awaits: str | None) -> None:
        """Remember a row as taken over; ``awaits`` is the card of a referrer who is not here yet."""
        self._db.execute(
            "INSERT INTO imported(card_no, op, member, row, awaits) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET op=excluded.op, row=excluded.row, awaits=excluded.awaits",
            (card_no, op, former.member, former.row, awaits),
        )

    def waiting(self) -> int:
        """How many members wait for their referrer."""
        row = self._db.execute("SELECT count(*) FROM imported WHERE awaits IS NOT NULL").fetchone()
        return int(row[0])

    def arrived(self, card_no: str, member: str) -> int:
        """The referrer whom some waited for is here: theirs from now on; returns how many those are."""
        self._db.execute(
            "UPDATE member SET referrer=? WHERE referrer IS NULL AND id IN"
            " (SELECT member FROM imported WHERE awaits=?)",
            (member, card_no),
        )
        linked = self._db.execute("UPDATE imported SET awaits=NULL WHERE awaits=?", (card_no,))
        return linked.rowcount
