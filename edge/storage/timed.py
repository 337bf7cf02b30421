"""Timed services in SQL: each change of state is one row changed, so that a restart forgets no minute."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimedRow:
    """A timed service. ``run_ms`` ran before the present state, which began at ``since_ms``.

    ``terms`` are those under which it began (JSON): a new programme changes no price of what runs.
    """

    id: str
    member: str | None
    service: str
    terms: str
    label: str
    state: str
    started_ms: int
    since_ms: int
    run_ms: int
    amount_fen: int | None
    sale: str | None

    def ran_ms(self, now_ms: int) -> int:
        """What has run until now; a pause does not count."""
        return self.run_ms + (max(0, now_ms - self.since_ms) if self.state == "running" else 0)


COLUMNS = ", ".join(TimedRow.__slots__)
OPEN = "state IN ('running', 'paused', 'stopped')"
"""Nobody has paid for it, and somebody still shall."""


class Timed:
    """The timed table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, row: TimedRow, op: int) -> None:
        """Write a service that has begun."""
        marks = ", ".join("?" for _ in TimedRow.__slots__)
        values = (getattr(row, column) for column in TimedRow.__slots__)
        self._db.execute(f"INSERT INTO timed({COLUMNS}, op) VALUES({marks}, ?)", (*values, op))

    def by_id(self, timed: str) -> TimedRow | None:
        row = self._db.execute(f"SELECT {COLUMNS} FROM timed WHERE id=?", (timed,)).fetchone()
        return TimedRow(*row) if row else None

    def change(
        self, timed: str, state: str, since_ms: int, run_ms: int, amount_fen: int | None = None
    ) -> None:
        """Enter another state."""
        self._db.execute(
            "UPDATE timed SET state=?, since_ms=?, run_ms=?, amount_fen=? WHERE id=?",
            (state, since_ms, run_ms, amount_fen, timed),
        )

    def unbill(self, sale: str) -> None:
        """A sale that paid for services never was: they have stopped, and somebody has to pay for them."""
        self._db.execute("UPDATE timed SET state='stopped', sale=NULL WHERE sale=?", (sale,))

    def bill(self, timed: str, sale: str) -> bool:
        """Let ``sale`` pay for a service that has stopped; False where it has not, or is paid."""
        changed = self._db.execute(
            "UPDATE timed SET state='billed', sale=? WHERE id=? AND state='stopped'", (sale, timed)
        )
        return changed.rowcount == 1

    def unpaid(self, member: str | None = None) -> list[TimedRow]:
        """What runs, pauses or has stopped without being paid, the oldest first; of one member, or all."""
        whose = f"{OPEN} AND member=?" if member else OPEN
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM timed WHERE {whose} ORDER BY started_ms, id",
            (member,) if member else (),
        )
        return [TimedRow(*row) for row in rows]
