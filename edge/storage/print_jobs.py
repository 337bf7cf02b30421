"""Print intents in SQL: written with the sale, moved from state to state by the spooler, never deleted."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One print intent; ``subject`` is the id of the sale or refund, ``copy`` above 0 a reprint (补打)."""

    id: int
    printer: str
    kind: str
    subject: str
    copy: int
    queued_ms: int
    state: str
    proof: str
    payload_sha: str | None
    size: int | None
    accepted: int
    tries: int
    why: str


COLUMNS = ", ".join(PrintJob.__slots__)


class PrintJobs:
    """The print_job table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, op: int, printer: str, kind: str, subject: str, copy: int, now_ms: int) -> int:
        """Queue a job; returns its number."""
        row = self._db.execute(
            "INSERT INTO print_job(op, printer, kind, subject, copy, queued_ms, state)"
            " VALUES(?, ?, ?, ?, ?, ?, 'queued') RETURNING id",
            (op, printer, kind, subject, copy, now_ms),
        ).fetchone()
        return int(row[0])

    def by_id(self, job: int) -> PrintJob | None:
        row = self._db.execute(f"SELECT {COLUMNS} FROM print_job WHERE id=?", (job,)).fetchone()
        return PrintJob(*row) if row else None

    def next_queued(self, printer: str) -> PrintJob | None:
        """The oldest job that waits for ``printer``."""
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM print_job WHERE printer=? AND state='queued' ORDER BY id LIMIT 1",
            (printer,),
        ).fetchone()
        return PrintJob(*row) if row else None

    def cut_short(self) -> list[PrintJob]:
        """Jobs that a former life of this process was sending: nobody knows how they ended."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM print_job WHERE state IN ('sending', 'sent') ORDER BY id"
        )
        return [PrintJob(*row) for row in rows]

    def change(self, job: int, was: Sequence[str], **columns: str | int) -> bool:
        """Set columns of one job, if its state is still one of ``was``."""
        names = ", ".join(f"{name}=?" for name in columns)
        states = ", ".join("?" for _ in was)
        changed = self._db.execute(
            f"UPDATE print_job SET {names} WHERE id=? AND state IN ({states})",
            (*columns.values(), job, *was),
        )
        return changed.rowcount == 1

    def copies(self, subject: str) -> int:
        """How many jobs there are for this subject already."""
        row = self._db.execute("SELECT count(*) FROM print_job WHERE subject=?", (subject,)).fetchone()
        return int(row[0])
