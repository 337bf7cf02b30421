"""The one thread that writes: requests queue up, share a transaction, and are answered after its COMMIT.

The fsync in progress is the window in which the next batch gathers; there is no timer. Every request has a
savepoint of its own, so one that fails takes nothing else with it. Nothing here knows what a sale is.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from edge.clock import Clock
from edge.errors import OutcomeUnknown, StorageCorrupt, StorageError, StorageFull
from edge.storage import database
from edge.storage.invariants import violations
from edge.storage.transaction import Transaction

BATCH_MAX = 64
"""Requests that share one COMMIT."""

CHECKPOINT_ROWS = 2000
"""Rows changed since the last checkpoint after which an idle writer checkpoints: some 1,000 WAL frames.

The WAL file keeps its size when it starts over, so its size would say so for ever after."""

CHECKPOINT_ROWS_MAX = 40_000
"""Rows at which even a busy writer checkpoints (some 80 MiB)."""

LULL_S = 0.05
"""So long without a request is idle: between two batches of a busy hour the queue is empty too."""

_NOTHING_WRITTEN = {"SQLITE_FULL", "SQLITE_BUSY", "SQLITE_READONLY", "SQLITE_NOMEM"}

_OF_THE_FILE = (sqlite3.OperationalError, sqlite3.DatabaseError)
"""Raised as exactly these, an error is the disk's or the file's; subclasses are about one statement."""

T = TypeVar("T")


@dataclass(slots=True)
class _Request:
    work: Callable[[Transaction], Any]
    answer: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Owns the writing connection. ``start`` before use, ``stop`` at the end; ``submit`` from the loop's thread."""

    def __init__(self, path: Path, store: str, clock: Clock, *, authority: bool) -> None:
        self._path = path
        self._store = store
        self._clock = clock
        self._authority = authority
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._opened = threading.Event()
        self._broken: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._checkpointed_rows = 0
        self.batches = 0
        self.requests = 0

    async def start(self) -> None:
        """Create the ledger if there is none, lock it, open it; raises StorageError."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        await self._loop.run_in_executor(None, self._opened.wait)
        if self._broken is not None:
            raise self._broken

    async def stop(self) -> None:
        """Finish what is queued, close the file, end the thread."""
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` in a transaction; returns after its COMMIT.

        A cancelled caller does not undo the work: it is retried under its key and gets the stored answer.
        Raises what ``work`` raised, StorageFull (nothing written) or OutcomeUnknown (retry with the same key).
        """
        assert self._loop is not None, "start() first"
        request = _Request(work, self._loop.create_future())
        self._queue.put(request)
        result: T = await asyncio.shield(request.answer)
        return result

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with database.only_writer(self._path):  # before it is created: two would replace each other's
                if not self._path.exists():
                    database.create(self._path, self._store, self._clock.now_ms())
                opened = database.connect(
                    self._path, self._store, self._clock.now_ms(), authority=self._authority
                )
                with closing(opened) as db:
                    _refuse_unsound(db)
                    self._serve(db)
        except (StorageError, sqlite3.Error, OSError) as error:
            self._broken = (
                error if isinstance(error, StorageError) else StorageError(f"{self._path}: {error}")
            )
            served = self._opened.is_set()
            self._opened.set()
            if served:
                self._refuse_rest()

    def _serve(self, db: sqlite3.Connection) -> None:
        transaction = Transaction(db, self._clock, authority=self._authority)
        self._opened.set()
        more = True
        while more:
            rows = db.total_changes - self._checkpointed_rows
            batch, more = self._gather(LULL_S if rows >= CHECKPOINT_ROWS else None)
            if batch:
                self._carry_out(db, transaction, batch)
            if rows >= (CHECKPOINT_ROWS_MAX if batch else CHECKPOINT_ROWS):
                self._checkpoint(db)

    def _gather(self, patience_s: float | None) -> tuple[list[_Request], bool]:
        """Wait for one request, then take what is there; nothing in a lull, False when it is time to stop."""
        batch: list[_Request] = []
        try:
            request = self._queue.get(timeout=patience_s)
            while request is not None:
                batch.append(request)
                if len(batch) == BATCH_MAX:
                    break
                request = self._queue.get_nowait()
        except queue.Empty:
            return batch, True
        return batch, request is not None

    def _carry_out(self, db: sqlite3.Connection, transaction: Transaction, batch: list[_Request]) -> None:
        if self._broken is None:
            try:
                db.execute("BEGIN IMMEDIATE")
                transaction.open_batch()
                for request in batch:
                    _perform(db, transaction, request)
                db.execute("COMMIT")
                self.batches += 1
                self.requests += len(batch)
            except sqlite3.Error as error:
                self._give_up(db, transaction, batch, error)
        else:
            for request in batch:
                request.error = self._broken
        assert self._loop is not None
        self._loop.call_soon_threadsafe(_deliver, batch)

    def _give_up(
        self, db: sqlite3.Connection, transaction: Transaction, batch: list[_Request], error: sqlite3.Error
    ) -> None:
        """The batch failed as a whole: say for sure that nothing was written, or that it is not known."""
        name = getattr(error, "sqlite_errorname", str(error))
        refusal: StorageError
        if name in _NOTHING_WRITTEN:
            refusal = StorageFull(f"the ledger could not be written ({name}): make room, then retry")
        else:
            refusal = OutcomeUnknown(f"the ledger failed in COMMIT ({name}): retry with the same key")
            self._broken = refusal
        for request in batch:
            request.error = refusal
        try:
            if db.in_transaction:
                db.execute("ROLLBACK")
            transaction.forget()
        except sqlite3.Error as worse:
            self._broken = StorageError(f"the ledger cannot be read any more: {worse}")

    def _checkpoint(self, db: sqlite3.Connection) -> None:
        self._checkpointed_rows = db.total_changes
        # A full disk fails here and loses nothing: the WAL has it all, and the next one tries again.
        with suppress(sqlite3.OperationalError):
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _refuse_rest(self) -> None:
        """The ledger is gone while tills wait: tell each of them, until we are stopped."""
        assert self._loop is not None
        while (request := self._queue.get()) is not None:
            request.error = self._broken
            self._loop.call_soon_threadsafe(_deliver, [request])


def _refuse_unsound(db: sqlite3.Connection) -> None:
    """Raises StorageCorrupt where a cheap invariant does not hold: selling on would bury what went wrong."""
    for violation in violations(db, cheap=True):
        raise StorageCorrupt(f"{violation}: run tillside doctor, restore the backup")


def _perform(db: sqlite3.Connection, transaction: Transaction, request: _Request) -> None:
    """One request under its own savepoint; only a failing database ends the batch."""
    db.execute("SAVEPOINT request")
    try:
        request.result = request.work(transaction)
    except Exception as error:  # a task's edge: the caller gets it, the batch goes on
        if type(error) in _OF_THE_FILE:
            raise
        db.execute("ROLLBACK TO request")
        transaction.forget()
        request.error = error
    db.execute("RELEASE request")


def _deliver(batch: list[_Request]) -> None:
    for request in batch:
        if request.answer.cancelled():
            continue
        if request.error is not None:
            request.answer.set_exception(request.error)
        else:
            request.answer.set_result(request.result)
