"""Money in SQL: what each terminal took and handed out, by tender. Rows are never changed."""

import sqlite3
from collections.abc import Sequence


class Money:
    """The money table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def open_shift(self, terminal: str) -> str | None:
        """The shift that is open at ``terminal``."""
        row = self._db.execute(
            "SELECT id FROM shift WHERE terminal=? AND closed_ms IS NULL", (terminal,)
        ).fetchone()
        return str(row[0]) if row else None

    def moved(self, op: int, terminal: str, day: str, why: str, parts: Sequence[tuple[str, int]]) -> None:
        """Write down (tender, fen) taken, or handed out below 0, in the terminal's open shift; zeros are left out."""
        shift = self.open_shift(terminal)
        self._db.executemany(
            "INSERT INTO money(op, terminal, shift, business_date, tender, amount_fen, why)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            [(op, terminal, shift, day, tender, fen, why) for tender, fen in parts if fen],
        )
