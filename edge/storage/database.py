"""The ledger file: made aside and renamed, migrated in steps, locked to one writer, fenced when it was copied."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import IO

import structlog

from edge.errors import StorageError
from edge.storage.incarnation import fresh_incarnation, same_place

log = structlog.get_logger(__name__)

_STEP = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=0",  # the writer checkpoints when it is idle; nobody else ever does
    "PRAGMA cache_size=-16000",
    "PRAGMA mmap_size=0",
    "PRAGMA trusted_schema=OFF",
)


def schema_steps() -> list[str]:
    """The numbered SQL files, in order; step n brings ``user_version`` to n."""
    folder = resources.files("edge.storage") / "schema"
    names = sorted(entry.name for entry in folder.iterdir() if _STEP.match(entry.name))
    return [(folder / name).read_text("utf-8") for name in names]


def create(path: Path, store: str, now_ms: int) -> None:
    """Build an empty ledger for ``store`` beside ``path`` and rename it: a half-made one is never found there."""
    aside = path.with_name(path.name + ".new")
    for suffix in ("", "-wal", "-shm", "-journal"):
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)
    aside.touch(mode=0o640)
    db = sqlite3.connect(aside, isolation_level=None)
    db.execute("PRAGMA page_size=4096")
    db.execute("PRAGMA synchronous=EXTRA")
    db.execute("PRAGMA journal_mode=WAL")
    migrate(db)
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO meta(key, value) VALUES('store', ?)", (store,))
    fresh_incarnation(db, now_ms, "created")
    db.execute("COMMIT")
    db.close()
    _sync_file(aside)
    os.rename(aside, path)
    _sync_file(path.parent)


def connect(path: Path, store: str, now_ms: int, *, authority: bool = False) -> sqlite3.Connection:
    """Open the one writing connection, bring the schema up to date, and fence a file that was copied here.

    Raises StorageError where the file belongs to another store or to a newer version of Tillside.
    """
    db = sqlite3.connect(path, isolation_level=None, timeout=5, cached_statements=512)
    for pragma in _PRAGMAS:
        db.execute(pragma)
    migrate(db)
    _sync_file(path.parent)
    owner = db.execute("SELECT value FROM meta WHERE key='store'").fetchone()[0]
    if owner != store:
        db.close()
        raise StorageError(f"{path} is the ledger of store {owner}, the configuration says {store}")
    if not same_place(db, path):
        db.execute("BEGIN IMMEDIATE")
        fresh_incarnation(db, now_ms, "the file was copied or restored", authority=authority)
        same_place(db, path, mark=True)
        db.execute("COMMIT")
        log.warning("ledger_was_copied", path=str(path), rights="none until HQ grants anew")
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return db


def migrate(db: sqlite3.Connection) -> None:
    """Run the steps this file has not seen, each in its own transaction; refuse a newer file."""
    steps = schema_steps()
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(steps):
        raise StorageError(
            f"the ledger has schema {version}, this Tillside knows {len(steps)}: install the newer release again"
        )
    enforced = db.execute("PRAGMA foreign_keys").fetchone()[0]
    # A step may make a table anew under its name, which SQLite takes for deleting all that others refer to.
    db.execute("PRAGMA foreign_keys=OFF")
    for number in range(version, len(steps)):
        db.execute("BEGIN IMMEDIATE")
        try:
            for statement in _statements(steps[number]):
                db.execute(statement)
            if broken := db.execute("PRAGMA foreign_key_check").fetchone():
                raise StorageError(
                    f"schema {number + 1}: table {broken[0]} refers to a row that is not there"
                )
            db.execute(f"PRAGMA user_version={number + 1}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
    db.execute(f"PRAGMA foreign_keys={enforced}")


@contextmanager
def only_writer(path: Path) -> Iterator[IO[bytes]]:
    """Hold the exclusive lock of the ledger at ``path``; raises StorageError while another process has it."""
    with open(path.with_name(path.name + ".lock"), "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(f"{path} is open in another process: one writer per store") from error
        yield lock


def _statements(script: str) -> Iterator[str]:
    """The statements of ``script`` one by one: executescript() would commit the step's transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
