"""Attendance in SQL: who came and went when."""

import sqlite3
from dataclasses import dataclass
from typing import Literal

Way = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """Somebody of the staff came (``in``) or went (``out``) after ``worked_ms``."""

    staff: str
    kind: Way
    at_ms: int
    business_date: str
    worked_ms: int | None = None


_SELECT = "SELECT staff, kind, at_ms, business_date, worked_ms FROM attendance"


class Attendance:
    """The attendance table on one connection. Rows are never changed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def last(self, staff: str) -> ClockRow | None:
        """What this person did last."""
        row = self._db.execute(f"{_SELECT} WHERE staff=? ORDER BY id DESC LIMIT 1", (staff,)).fetchone()
        return ClockRow(*row) if row else None

    def of_day(self, day: str) -> list[ClockRow]:
        """A business day in the order in which it went."""
        return [
            ClockRow(*row) for row in self._db.execute(f"{_SELECT} WHERE business_date=? ORDER BY id", (day,))
        ]

    def insert(self, row: ClockRow, op: int) -> None:
        """Write down that somebody came or went."""
        self._db.execute(
            "INSERT INTO attendance(op, staff, kind, at_ms, business_date, worked_ms) VALUES(?, ?, ?, ?, ?, ?)",
            (op, row.staff, row.kind, row.at_ms, row.business_date, row.worked_ms),
        )
