"""What HQ has confirmed of an account, and what this store has done to it since (design: sync I12)."""

import sqlite3
from dataclasses import dataclass

from edge.domain.units import Unit


@dataclass(frozen=True, slots=True)
class Confirmed:
    """HQ had heard all up to ``at_ms`` (None: it has heard nothing yet), and of what came ``since`` nothing.

    ``complete``: nothing waits for HQ, so that this holds for as long as HQ can be reached.
    """

    at_ms: int | None
    since: int
    complete: bool


def read_confirmed(db: sqlite3.Connection, owner: str, unit: Unit) -> Confirmed:
    """Where HQ stands with an account: all before the oldest event that it has not acknowledged."""
    oldest = db.execute(
        "SELECT seq, at_ms FROM op WHERE event = (SELECT id FROM outbox ORDER BY seq LIMIT 1)"
    ).fetchone()
    if oldest is None:
        last = db.execute("SELECT at_ms FROM op WHERE event IS NOT NULL ORDER BY seq DESC LIMIT 1").fetchone()
        return Confirmed(last[0] if last else None, 0, complete=True)
    # The unary plus keeps SQLite off the index of op: since then there may be days of transfers.
    row = db.execute(
        "SELECT coalesce(sum(iif(t.credit = a.id, t.amount, -t.amount)), 0) FROM account a"
        " JOIN transfer t ON t.credit = a.id OR t.debit = a.id"
        " WHERE a.owner=? AND a.unit=? AND +t.op >= ? AND t.code <> 'elsewhere'",
        (owner, unit, oldest[0]),
    ).fetchone()
    return Confirmed(int(oldest[1]), int(row[0]), complete=False)
