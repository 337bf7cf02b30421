"""Numbered slips beside those of sales and refunds: what each said is kept as it was decided."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A slip as stored; ``record`` is JSON (edge.counter.account_slips.SlipRecord)."""

    id: str
    receipt_no: str
    kind: str
    member: str | None
    terminal: str
    business_date: str
    at_ms: int
    record: str


COLUMNS = ", ".join(SlipRow.__slots__)


class Slips:
    """The slip table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, slip: SlipRow, op: int) -> None:
        """Write a new slip."""
        marks = ", ".join("?" for _ in SlipRow.__slots__)
        self._db.execute(
            f"INSERT INTO slip({COLUMNS}, op) VALUES({marks}, ?)",
            (*(getattr(slip, column) for column in SlipRow.__slots__), op),
        )

    def by_id(self, slip: str) -> SlipRow | None:
        """A slip by its id or by its receipt number."""
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM slip WHERE id=? UNION ALL SELECT {COLUMNS} FROM slip WHERE receipt_no=? LIMIT 1",
            (slip, slip),
        ).fetchone()
        return SlipRow(*row) if row else None
