"""The operation log: every request that was decided, who stood behind it, and whether the chain over it holds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.storage.transaction import GENESIS, chain


@dataclass(frozen=True, slots=True)
class Asked:
    """Which operations: all keys that are given must hold; ``staff`` is a cashier, an approver or who was signed in."""

    since_ms: int | None = None
    until_ms: int | None = None
    terminal: str | None = None
    kind: str | None = None
    staff: str | None = None
    only_refused: bool = False


@dataclass(frozen=True, slots=True)
class OpRow:
    """One operation. ``code`` is that of a refusal; ``approved_by`` is ``?`` where the card or PIN was nobody's."""

    seq: int
    at_ms: int
    terminal: str
    kind: str
    code: int | None
    cashier: str | None
    signed_in: str | None
    approved_by: str | None
    member: str | None
    receipt_no: str | None


# A row that somebody has tampered with may be no JSON any more: it has to be shown all the same.
_REQUEST = "iif(json_valid(op.request), op.request, '{}')"
_ANSWER = "iif(json_valid(op.answer), op.answer, '{}')"
_SELECT = f"""
SELECT op.seq, op.at_ms, op.till, op.kind, iif(op.ok, NULL, {_ANSWER} ->> 'code') AS code,
  nullif(coalesce(sale.record ->> 'cashier', {_REQUEST} ->> 'cashier'), '') AS cashier, op_staff.staff AS signed_in,
  nullif({_REQUEST} ->> 'approve', '') AS approved_by,
  coalesce(sale.member, {_ANSWER} ->> 'member', {_REQUEST} ->> 'member') AS member,
  {_ANSWER} ->> 'receipt_no' AS receipt_no
FROM op LEFT JOIN op_staff ON op_staff.op = op.seq LEFT JOIN sale ON sale.op = op.seq
"""


class OpLog:
    """The op table on one connection, for reading."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def last(self, asked: Asked, limit: int) -> list[OpRow]:
        """The last ``limit`` of the operations that are asked for, the oldest of them first."""
        conditions = {
            "op.at_ms >= ?": asked.since_ms,
            "op.at_ms < ?": asked.until_ms,
            "op.till = ?": asked.terminal,
            "op.kind = ?": asked.kind,
            "? IN (cashier, signed_in, approved_by)": asked.staff,
            "op.ok = ?": 0 if asked.only_refused else None,
        }
        given = {text: value for text, value in conditions.items() if value is not None}
        where = " AND ".join(given) or "1"
        rows = self._db.execute(
            f"{_SELECT} WHERE {where} ORDER BY op.seq DESC LIMIT ?", (*given.values(), limit)
        ).fetchall()
        return [OpRow(*row) for row in reversed(rows)]

    def first_broken(self, first: int, last: int) -> int | None:
        """The first operation from ``first`` to ``last`` that is not what was written, or is gone; None: all hold."""
        before = self._db.execute("SELECT hash FROM op WHERE seq=?", (first - 1,)).fetchone()
        if before is None and first > 1:
            return first - 1
        head = before[0] if before else GENESIS
        rows = self._db.execute(
            "SELECT seq, till, key, request, answer, hash FROM op WHERE seq BETWEEN ? AND ? ORDER BY seq",
            (first, last),
        )
        return _first_broken(head, first, last, rows)


def _first_broken(
    head: bytes, first: int, last: int, rows: Iterator[tuple[int, str, str, str, str, bytes]]
) -> int | None:
    expected = first
    for seq, till, key, request, answer, digest in rows:
        if seq != expected:
            return expected
        head = chain(head, seq, till, key, request.encode(), answer.encode())
        if head != digest:
            return seq
        expected += 1
    return expected if expected <= last else None


@contextmanager
def op_log(path: Path) -> Iterator[OpLog]:
    """The log of the ledger at ``path`` on a read-only connection of its own, in one snapshot."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as db:
        db.execute("PRAGMA query_only=ON")
        db.execute("BEGIN")
        yield OpLog(db)
