"""Redeemed gifts and draw entries in SQL."""

import sqlite3


class Gifts:
    """The tables redemption and draw_entry on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def redeem(self, slip: str, member: str, gift: str, qty: int, points: int, day: str) -> None:
        """Write down what a member took for points."""
        self._db.execute(
            "INSERT INTO redemption(slip, member, gift, qty, points, business_date) VALUES(?, ?, ?, ?, ?, ?)",
            (slip, member, gift, qty, points, day),
        )

    def taken(self, member: str, gift: str, since: str) -> int:
        """How many of the gift the member has taken since business day ``since``."""
        row = self._db.execute(
            "SELECT coalesce(sum(qty), 0) FROM redemption WHERE member=? AND gift=? AND business_date >= ?",
            (member, gift, since),
        ).fetchone()
        return int(row[0])

    def enter(self, entry: str, op: int, draw: str, member: str, day: str) -> None:
        """Write down an entry of a draw."""
        self._db.execute(
            "INSERT INTO draw_entry(id, op, draw, member, business_date) VALUES(?, ?, ?, ?, ?)",
            (entry, op, draw, member, day),
        )

    def entries(self, draw: str, member: str) -> int:
        """How often the member is in the draw."""
        row = self._db.execute(
            "SELECT count(*) FROM draw_entry WHERE draw=? AND member=?", (draw, member)
        ).fetchone()
        return int(row[0])
