"""Shifts in SQL: who has a terminal's drawer, and what went through the terminal meanwhile."""

import sqlite3
from dataclasses import dataclass

from edge.storage.sales import VOIDED


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift as stored; ``record`` is what its close said (JSON), ``op`` the operation that opened it."""

    id: str
    op: int
    terminal: str
    cashier: str
    business_date: str
    opened_ms: int
    float_fen: int
    closed_ms: int | None = None
    counted_fen: int | None = None
    record: str | None = None


COLUMNS = ", ".join(ShiftRow.__slots__)


class Shifts:
    """The shift table on one connection, and what the other tables say of a shift."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, shift: ShiftRow) -> None:
        """Open a shift."""
        marks = ", ".join("?" for _ in ShiftRow.__slots__)
        self._db.execute(
            f"INSERT INTO shift({COLUMNS}) VALUES({marks})",
            tuple(getattr(shift, column) for column in ShiftRow.__slots__),
        )

    def close(self, shift: str, closed_ms: int, counted_fen: int, record: str) -> None:
        """End a shift."""
        self._db.execute(
            "UPDATE shift SET closed_ms=?, counted_fen=?, record=? WHERE id=?",
            (closed_ms, counted_fen, record, shift),
        )

    def open_at(self, terminal: str) -> ShiftRow | None:
        """The shift that is open at ``terminal``."""
        return self._one("terminal=? AND closed_ms IS NULL", terminal)

    def by_id(self, shift: str) -> ShiftRow | None:
        """A shift, open or closed."""
        return self._one("id=?", shift)

    def of_day(self, business_date: str, terminal: str | None) -> list[ShiftRow]:
        """The shifts that were opened on a business day, in order."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM shift WHERE business_date=? AND terminal=coalesce(?, terminal) ORDER BY op",
            (business_date, terminal),
        )
        return [ShiftRow(*row) for row in rows]

    def moved(self, shift: str) -> list[tuple[str, str, int, int]]:
        """(why, tender, fen, times) of the money that moved in a shift."""
        return self._db.execute(
            "SELECT why, tender, sum(amount_fen), count(*) FROM money WHERE shift=? GROUP BY why, tender"
            " ORDER BY min(id)",
            (shift,),
        ).fetchall()

    def paid_from_accounts(self, shift: ShiftRow) -> list[tuple[str, int]]:
        """(tender, fen) of what sales since the shift began were paid with, beside money; voided ones left out."""
        return self._db.execute(
            "WITH sold AS (SELECT net_fen - due_fen AS points_fen, record FROM sale"
            f"  WHERE terminal=? AND op > ? AND NOT {VOIDED}),"
            " paid AS (SELECT t.value ->> 'kind' AS tender, t.value ->> 'amount_fen' AS fen"
            "  FROM sold, json_each(record, '$.tenders') t WHERE tender IN ('stored_value', 'voucher', 'credit')"
            "  UNION ALL SELECT 'points', points_fen FROM sold WHERE points_fen > 0)"
            " SELECT tender, sum(fen) FROM paid GROUP BY tender ORDER BY tender",
            (shift.terminal, shift.op),
        ).fetchall()

    def receipts(self, shift: ShiftRow) -> list[tuple[str, str]]:
        """(kind, receipt number) of every slip that the terminal has written since the shift began, in order."""
        return self._db.execute(
            "SELECT kind, receipt_no FROM ("
            " SELECT 'sale' AS kind, receipt_no, op FROM sale WHERE terminal=:terminal AND op > :op"
            " UNION ALL SELECT iif(record ->> 'void', 'void', 'refund'), receipt_no, op FROM refund"
            "  WHERE op > :op AND record ->> 'terminal' = :terminal"
            " UNION ALL SELECT 'slip', receipt_no, op FROM slip WHERE op > :op AND terminal=:terminal) ORDER BY op",
            {"terminal": shift.terminal, "op": shift.op},
        ).fetchall()

    def timed_running(self) -> int:
        """Timed services in this shop that nobody has paid for yet."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM timed WHERE state IN ('running', 'paused', 'stopped')"
            ).fetchone()[0]
        )

    def _one(self, where: str, value: str) -> ShiftRow | None:
        row = self._db.execute(f"SELECT {COLUMNS} FROM shift WHERE {where}", (value,)).fetchone()
        return ShiftRow(*row) if row else None
