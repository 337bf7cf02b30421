"""What HQ has still to hear: written with the operation, deleted when HQ says it has committed it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge.storage.ids import uuid7
from edge.storage.incarnation import fresh_incarnation
from sync.envelope import GENESIS, chain


@dataclass(frozen=True, slots=True)
class Line:
    """This box's end of the conversation (design: sync §2); ``fence``: see incarnation.py."""

    nonce: str
    epoch: int
    next: int
    acked: int
    acked_hash: bytes
    tip: bytes
    grants_version: int
    fence: int
    directory_version: int


class Outbox:
    """The outbox and sync_line tables on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._now_ms = 0
        self.event: str | None = None
        """Id of the event that the present operation wrote."""

    def begin(self, now_ms: int) -> None:
        """The next operation starts and has written nothing yet."""
        self._now_ms = now_ms
        self.event = None

    def new_id(self) -> str:
        """The id of the event that is about to be put."""
        return uuid7(self._now_ms)

    def put(self, identity: str, body: bytes) -> int:
        """Append one event for HQ; returns its sequence number."""
        line = self.line()
        tip = chain(line.tip, body)
        self._db.execute(
            "INSERT INTO outbox(seq, id, body, hash) VALUES(?, ?, ?, ?)", (line.next, identity, body, tip)
        )
        self._db.execute("UPDATE sync_line SET next = next + 1, tip = ?", (tip,))
        self.event = identity
        return line.next

    def line(self) -> Line:
        """Where the conversation stands."""
        row = self._db.execute(
            "SELECT nonce, epoch, next, acked, acked_hash, tip, grants_version, fence,"
            " coalesce((SELECT value FROM counter WHERE name='directory'), 0) FROM sync_line"
        ).fetchone()
        return Line(*row)

    def after(self, seq: int, limit: int) -> Sequence[tuple[int, bytes, bytes]]:
        """Up to ``limit`` events after ``seq``: (seq, body, hash)."""
        rows = self._db.execute(
            "SELECT seq, body, hash FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return rows.fetchall()

    def acknowledge(self, epoch: int, upto: int, digest: bytes) -> bool:
        """HQ has committed everything up to ``upto``; False where its hash is not ours (our lines have forked)."""
        line = self.line()
        if epoch != line.epoch or upto <= line.acked:
            return True
        row = self._db.execute("SELECT hash FROM outbox WHERE seq=?", (upto,)).fetchone()
        if row is None or row[0] != digest:
            return False
        deleted = self._db.execute("DELETE FROM outbox WHERE seq <= ?", (upto,)).rowcount
        self._db.execute(
            "UPDATE sync_line SET acked=?, acked_hash=?, acked_events = acked_events + ?",
            (upto, digest, deleted),
        )
        return True

    def rebase(self, epoch: int, now_ms: int) -> None:
        """HQ knows another line than ours: this file was rolled back. Number what is left anew, under new rights."""
        rows = self._db.execute("SELECT id, body FROM outbox ORDER BY seq").fetchall()
        self._db.execute("DELETE FROM outbox")
        tip = GENESIS
        for seq, (identity, body) in enumerate(rows, start=1):
            tip = chain(tip, body)
            self._db.execute(
                "INSERT INTO outbox(seq, id, body, hash) VALUES(?, ?, ?, ?)", (seq, identity, body, tip)
            )
        self._db.execute(
            "UPDATE sync_line SET epoch=?, next=?, acked=0, acked_hash=?, tip=?",
            (epoch, len(rows) + 1, GENESIS, tip),
        )
        fresh_incarnation(self._db, now_ms, f"HQ asked for epoch {epoch}")

    def grants_seen(self, version: int) -> None:
        """Remember the version of the last page of grants that was applied."""
        self._db.execute("UPDATE sync_line SET grants_version = max(grants_version, ?)", (version,))

    def directory_seen(self, version: int) -> None:
        """Remember the version of the last page of the directory that was applied."""
        self._db.execute(
            "INSERT INTO counter(name, value) VALUES('directory', ?)"
            " ON CONFLICT(name) DO UPDATE SET value = max(value, excluded.value)",
            (version,),
        )
