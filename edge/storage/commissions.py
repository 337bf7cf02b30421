"""Commission in SQL: what each salesperson earned, row by row; what a refund takes back is a row below 0."""

import sqlite3
from collections.abc import Sequence


class Commissions:
    """The commission table on one connection. Rows are never changed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(
        self, op: int, salesperson: str, subject: str, day: str, earned: Sequence[tuple[str, int, int]]
    ) -> None:
        """Write down (rule, base in fen, fen) of a sale, refund or slip."""
        self._db.executemany(
            "INSERT INTO commission(op, salesperson, rule, base_fen, fen, subject, business_date)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            [(op, salesperson, rule, base_fen, fen, subject, day) for rule, base_fen, fen in earned],
        )

    def of_subject(self, subject: str) -> list[tuple[str, str, int, int]]:
        """(salesperson, rule, base in fen, fen) of a sale, refund or slip."""
        return self._db.execute(
            "SELECT salesperson, rule, base_fen, fen FROM commission WHERE subject=? ORDER BY id", (subject,)
        ).fetchall()
