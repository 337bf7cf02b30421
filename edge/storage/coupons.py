"""Coupons in SQL: issued once, used up by one sale, good again when that sale comes back."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CouponRow:
    """A coupon; ``last_day`` (ISO 8601) is the last on which it counts, ``sale`` the one that used it up."""

    code: str
    kind: str
    member: str | None
    last_day: str | None
    sale: str | None


class Coupons:
    """The coupon table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def by_code(self, code: str) -> CouponRow | None:
        """The coupon with this code."""
        row = self._db.execute(
            "SELECT code, kind, member, last_day, sale FROM coupon WHERE code=?", (code,)
        ).fetchone()
        return CouponRow(*row) if row else None

    def of_member(self, member: str, today: str) -> list[CouponRow]:
        """What the member can still use, the one that ends first first."""
        rows = self._db.execute(
            "SELECT code, kind, member, last_day, sale FROM coupon WHERE member=? AND sale IS NULL"
            " AND coalesce(last_day, '9999') >= ? ORDER BY coalesce(last_day, '9999'), code",
            (member, today),
        )
        return [CouponRow(*row) for row in rows]

    def issue(self, coupon: CouponRow, op: int) -> None:
        """Write a new coupon; its code must be free."""
        self._db.execute(
            "INSERT INTO coupon(code, kind, member, op, last_day) VALUES(?, ?, ?, ?, ?)",
            (coupon.code, coupon.kind, coupon.member, op, coupon.last_day),
        )

    def use(self, code: str, sale: str) -> bool:
        """Let ``sale`` use the coupon up; False where another one has."""
        return (
            self._db.execute(
                "UPDATE coupon SET sale=? WHERE code=? AND sale IS NULL RETURNING 1", (sale, code)
            ).fetchone()
            is not None
        )

    def restore(self, sale: str) -> tuple[str, ...]:
        """Make good again what ``sale`` used up; returns the codes."""
        rows = self._db.execute("UPDATE coupon SET sale=NULL WHERE sale=? RETURNING code", (sale,))
        return tuple(sorted(row[0] for row in rows))
