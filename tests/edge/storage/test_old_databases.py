"""Every schema that was ever released still opens: brought up to date, sound, and selling."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import ManualClock
from edge.storage.database import schema_steps
from edge.storage.invariants import violations
from tests.edge.counter.conftest import DAY_MS, NOW_MS, open_counter

STORED = sorted((Path(__file__).parents[2] / "databases").glob("*.db"))


def test_every_schema_has_a_stored_database() -> None:
    assert len(STORED) == len(schema_steps())


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
async def test_an_old_database_opens_is_sound_and_sells(stored: Path, tmp_path: Path) -> None:
    shutil.copy(stored, tmp_path / "ledger.db")
    counter = await open_counter(tmp_path, ManualClock(NOW_MS + DAY_MS))
    member = counter.shop.find_member("80000002").id
    before = counter.points(member)
    sold = await counter.sell(5000, member="80000002")
    assert sold.balances is not None
    assert sold.balances.points.balance > before
    await counter.take_back(sold.sale)
    assert counter.points(member) == before
    await counter.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as db:
        assert violations(db) == []
        assert db.execute("PRAGMA user_version").fetchone() == (len(schema_steps()),)
