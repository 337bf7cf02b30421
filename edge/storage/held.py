"""Baskets that wait in SQL: put aside at one terminal, taken up again once, at any."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A basket as put aside (JSON); ``gone`` says what became of it, ``gone_to`` at which terminal."""

    id: str
    terminal: str
    at_ms: int
    business_date: str
    label: str
    basket: str
    gone: str | None = None
    gone_to: str | None = None
    gone_ms: int | None = None


COLUMNS = ", ".join(HeldRow.__slots__)


class HeldBaskets:
    """The held table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, held: HeldRow, op: int) -> None:
        """Put a basket aside."""
        marks = ", ".join("?" for _ in HeldRow.__slots__)
        self._db.execute(
            f"INSERT INTO held({COLUMNS}, op) VALUES({marks}, ?)",
            (*(getattr(held, column) for column in HeldRow.__slots__), op),
        )

    def by_id(self, hold: str) -> HeldRow | None:
        """A basket, whether or not it still waits."""
        row = self._db.execute(f"SELECT {COLUMNS} FROM held WHERE id=?", (hold,)).fetchone()
        return HeldRow(*row) if row else None

    def waiting(self) -> list[HeldRow]:
        """The baskets that nobody has taken up, oldest first."""
        rows = self._db.execute(f"SELECT {COLUMNS} FROM held WHERE gone IS NULL ORDER BY at_ms, id")
        return [HeldRow(*row) for row in rows]

    def go(self, hold: str, gone: str, terminal: str, now_ms: int) -> None:
        """A basket waits no more."""
        self._db.execute(
            "UPDATE held SET gone=?, gone_to=?, gone_ms=? WHERE id=?", (gone, terminal, now_ms, hold)
        )
