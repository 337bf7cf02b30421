"""Vouchers in SQL: money on a code, used whole by one sale, good again when that sale comes back."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher; ``member`` None is whoever brings it, ``last_day`` None for ever, ``sale`` the one it has paid."""

    code: str
    member: str | None
    value_fen: int
    last_day: str | None
    why: str
    sale: str | None = None


COLUMNS = ", ".join(VoucherRow.__slots__)


class Vouchers:
    """The voucher table on one connection. What a voucher may still pay is its account (edge.domain.units)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def issue(self, voucher: VoucherRow, op: int) -> None:
        """Write a new voucher; its code must be free."""
        self._db.execute(
            f"INSERT INTO voucher({COLUMNS}, op) VALUES(?, ?, ?, ?, ?, ?, ?)",
            (*(getattr(voucher, column) for column in VoucherRow.__slots__), op),
        )

    def by_code(self, code: str) -> VoucherRow | None:
        """The voucher with this code."""
        row = self._db.execute(f"SELECT {COLUMNS} FROM voucher WHERE code=?", (code,)).fetchone()
        return VoucherRow(*row) if row else None

    def of_member(self, member: str, today: str) -> list[VoucherRow]:
        """What the member can still use, the one that ends first first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM voucher WHERE member=? AND sale IS NULL AND coalesce(last_day, '9999') >= ?"
            " ORDER BY coalesce(last_day, '9999'), code",
            (member, today),
        )
        return [VoucherRow(*row) for row in rows]

    def use(self, code: str, sale: str) -> None:
        """Note that ``sale`` was paid with it."""
        self._db.execute("UPDATE voucher SET sale=? WHERE code=?", (sale, code))

    def restore(self, code: str) -> None:
        """Make good again what has not paid after all."""
        self._db.execute("UPDATE voucher SET sale=NULL WHERE code=?", (code,))
