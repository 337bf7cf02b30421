"""The schema: what keeps a sale as quick in a large ledger as in an empty one, and what keeps rows as written."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.storage.database import create
from tests.edge.counter.conftest import NOW_MS


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    create(tmp_path / "ledger.db", "S001", NOW_MS)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as connection:
        yield connection


def leading_columns(db: sqlite3.Connection, table: str) -> set[str]:
    """The first column of each index that covers every row of ``table``, and of its primary key."""
    first = {name for _, name, *_, key in db.execute(f"PRAGMA table_info({table})") if key == 1}
    for _, index, _, _, partial in db.execute(f"PRAGMA index_list({table})"):
        if not partial:
            first.add(db.execute(f"PRAGMA index_info({index})").fetchone()[2])
    return first


def test_whatever_refers_to_an_operation_is_found_by_index(db: sqlite3.Connection) -> None:
    """Inserting an op resolves the deferred references to it: a scan of a table would grow with every sale."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    unindexed = [
        f"{table}.{column}"
        for table in tables
        for _, _, parent, column, *_ in db.execute(f"PRAGMA foreign_key_list({table})")
        if parent == "op" and column not in leading_columns(db, table)
    ]
    assert unindexed == []


@pytest.mark.parametrize("table", ["op", "transfer"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid + 1"])
def test_money_rows_are_never_rewritten(db: sqlite3.Connection, table: str, change: str) -> None:
    db.execute("INSERT INTO account(owner, unit) VALUES('#issued', 'points'), ('M1', 'points')")
    db.execute("BEGIN")
    db.execute("INSERT INTO transfer(op, debit, credit, amount, code) VALUES(1, 1, 2, 1, 'test')")
    db.execute("INSERT INTO op VALUES(1, 0, 'T1', 'k', 'test', x'', 1, NULL, '{}', '{}', x'')")
    db.execute("COMMIT")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(change.format(table))
