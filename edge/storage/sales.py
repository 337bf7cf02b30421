"""Sales, their lines, their referral points and their refunds in SQL."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain.referrals import Reward
from edge.domain.refunds import LineRefund, SoldLine


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A sale as stored; ``record`` and ``kernel_request`` are JSON."""

    id: str
    receipt_no: str
    terminal: str
    member: str | None
    business_date: str
    at_ms: int
    net_fen: int
    due_fen: int
    points_earned: int
    points_used: int
    refunded_fen: int
    points_taken: int
    points_back: int
    bundle: str
    kernel_request: str
    record: str


COLUMNS = ", ".join(SaleRow.__slots__)

VOIDED = "EXISTS (SELECT 1 FROM refund WHERE refund.sale = sale.id AND refund.record ->> 'void')"
"""Of a row of sale: whether a void has undone it."""


class Sales:
    """The tables of sales on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def next_receipt(self, business_date: str) -> int:
        """The next receipt number of this business day, from 1."""
        row = self._db.execute(
            "INSERT INTO counter(name, value) VALUES('receipt ' || ?, 1)"
            " ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value",
            (business_date,),
        ).fetchone()
        return int(row[0])

    def day_fen(self, member: str, business_date: str) -> int:
        """What a member has paid with money on this business day, sales that were voided left out."""
        row = self._db.execute(
            f"SELECT coalesce(sum(due_fen), 0) FROM sale WHERE member=? AND business_date=? AND NOT {VOIDED}",
            (member, business_date),
        ).fetchone()
        return int(row[0])

    def lately(self, member: str, since: str) -> tuple[int, int, str | None]:
        """(fen paid, points earned, first day) of a member's sales since day ``since``, less what came back."""
        row = self._db.execute(
            "SELECT coalesce(sum(due_fen * (net_fen - refunded_fen) / max(net_fen, 1)), 0),"
            " coalesce(sum(points_earned - points_taken), 0), min(business_date)"
            " FROM sale WHERE member=? AND business_date >= ?",
            (member, since),
        ).fetchone()
        return row[0], row[1], row[2]

    def insert(self, sale: SaleRow, op: int, lines: Sequence[SoldLine], rewards: Sequence[Reward]) -> None:
        """Write a sale with its lines and the referral points it brought."""
        marks = ", ".join("?" for _ in SaleRow.__slots__)
        self._db.execute(
            f"INSERT INTO sale({COLUMNS}, op) VALUES({marks}, ?)",
            (*(getattr(sale, column) for column in SaleRow.__slots__), op),
        )
        self._db.executemany(
            "INSERT INTO sale_line(sale, line, qty_milli, net_fen, points_paid_fen, points, points_used)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    sale.id,
                    index,
                    line.qty_milli,
                    line.net_fen,
                    line.points_paid_fen,
                    line.points,
                    line.points_used,
                )
                for index, line in enumerate(lines)
            ],
        )
        self._db.executemany(
            "INSERT INTO referral(sale, level, member, points) VALUES(?, ?, ?, ?)",
            [(sale.id, reward.level, reward.member, reward.points) for reward in rewards],
        )

    def by_id(self, sale: str) -> SaleRow | None:
        """A sale by its id or by its receipt number."""
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM sale WHERE id=? UNION ALL SELECT {COLUMNS} FROM sale WHERE receipt_no=?"
            " LIMIT 1",
            (sale, sale),
        ).fetchone()
        return SaleRow(*row) if row else None

    def last(self, terminal: str) -> SaleRow | None:
        """The latest sale of a terminal."""
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM sale WHERE terminal=? ORDER BY op DESC LIMIT 1", (terminal,)
        ).fetchone()
        return SaleRow(*row) if row else None

    def lines(self, sale: str) -> list[SoldLine]:
        """The lines of a sale, in order."""
        rows = self._db.execute(
            "SELECT qty_milli, refunded_milli, net_fen, points_paid_fen, points, points_used FROM sale_line"
            " WHERE sale=? ORDER BY line",
            (sale,),
        )
        return [SoldLine(*row) for row in rows]

    def rewards(self, sale: str) -> list[Reward]:
        """The referral points that a sale brought, nearest referrer first."""
        rows = self._db.execute(
            "SELECT member, level, points FROM referral WHERE sale=? ORDER BY level", (sale,)
        )
        return [Reward(*row) for row in rows]

    def refund(
        self,
        sale: str,
        refund: tuple[str, str, int, int, str],
        parts: Sequence[tuple[int, LineRefund]],
        taken_back: Sequence[tuple[int, int]],
    ) -> None:
        """Write a refund (id, receipt number, op, time, record), its line parts, and (level, points) taken back."""
        identity, receipt_no, op, at_ms, record = refund
        self._db.execute(
            "INSERT INTO refund(id, op, receipt_no, sale, at_ms, record) VALUES(?, ?, ?, ?, ?, ?)",
            (identity, op, receipt_no, sale, at_ms, record),
        )
        for line, part in parts:
            self._db.execute(
                "UPDATE sale_line SET refunded_milli = refunded_milli + ? WHERE sale=? AND line=?",
                (part.qty_milli, sale, line),
            )
        self._db.execute(
            "UPDATE sale SET refunded_fen = refunded_fen + ?, points_taken = points_taken + ?,"
            " points_back = points_back + ? WHERE id=?",
            (
                sum(part.net_fen for _, part in parts),
                sum(part.points_taken for _, part in parts),
                sum(part.points_back for _, part in parts),
                sale,
            ),
        )
        self._db.executemany(
            "UPDATE referral SET taken = taken + ? WHERE sale=? AND level=?",
            [(points, sale, level) for level, points in taken_back],
        )

    def vouchers_back_fen(self, sale: str) -> int:
        """What refunds of ``sale`` have given back as vouchers so far."""
        row = self._db.execute(
            "SELECT coalesce(sum(record ->> 'voucher_back_fen'), 0) FROM refund WHERE sale=?", (sale,)
        ).fetchone()
        return int(row[0])

    def voided(self, sale: str) -> bool:
        """Whether a void has undone this sale."""
        row = self._db.execute(f"SELECT {VOIDED} FROM sale WHERE id=?", (sale,)).fetchone()
        return bool(row and row[0])

    def refund_record(self, refund: str) -> tuple[str, str, str] | None:
        """(sale id, receipt number, record) of a refund."""
        row = self._db.execute("SELECT sale, receipt_no, record FROM refund WHERE id=?", (refund,)).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def find_refund(self, reference: str) -> str | None:
        """The id of a refund, by that or by its receipt number."""
        row = self._db.execute(
            "SELECT id FROM refund WHERE id=? UNION ALL SELECT id FROM refund WHERE receipt_no=? LIMIT 1",
            (reference, reference),
        ).fetchone()
        return str(row[0]) if row else None
