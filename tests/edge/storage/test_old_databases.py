"""Every schema that was ever released still opens: brought up to date, sound, and selling."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import ManualClock
from edge.counter.records import stored_sale
from edge.storage.database import schema_steps
from edge.storage.invariants import violations
from tests.edge.counter.conftest import DAY_MS, NOW_MS, bundle, open_counter
from tests.edge.counter.test_promotions import PROMOTIONS, basket, sold

STORED = sorted((Path(__file__).parents[2] / "databases").glob("*.db"))


def test_every_schema_has_a_stored_database() -> None:
    assert len(STORED) == len(schema_steps())


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
async def test_an_old_database_opens_is_sound_and_sells(stored: Path, tmp_path: Path) -> None:
    shutil.copy(stored, tmp_path / "ledger.db")
    counter = await open_counter(tmp_path, ManualClock(NOW_MS + DAY_MS))
    member = counter.shop.find_member("80000002").id
    before = counter.points(member)
    bought = await counter.sell(5000, member="80000002")
    assert bought.balances is not None
    assert bought.balances.points.balance > before
    await counter.take_back(bought.sale)
    assert counter.points(member) == before
    await counter.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as db:
        assert violations(db) == []
        assert db.execute("PRAGMA user_version").fetchone() == (len(schema_steps()),)


async def test_coupons_of_before_they_were_accounts_are_still_good_once(tmp_path: Path) -> None:
    """C20 was issued under schema 2 and not used: it is now, it comes back, and no account is made for it."""
    shutil.copy(next(path for path in STORED if path.stem == "0002_rules"), tmp_path / "ledger.db")
    raw = bundle(**PROMOTIONS, honest={"days": 30})
    counter = await open_counter(tmp_path, ManualClock(NOW_MS + DAY_MS), raw=raw)
    (code,) = (
        coupon.code
        for coupon in counter.shop.snapshot.coupons.of_member(
            counter.shop.find_member("80000002").id, "2026-11-23"
        )
    )
    asked = basket(12_000, member="80000002", coupons=(code,))
    first, second = await sold(counter, asked), await sold(counter, asked)
    rows = [counter.shop.snapshot.sales.by_id(one.sale) for one in (first, second)]
    assert [stored_sale(row).coupons for row in rows if row] == [(code,), ()]
    assert (await counter.take_back(first.sale)).coupons_restored == (code,)
    await counter.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as db:
        assert violations(db) == []
        assert db.execute("SELECT count(*) FROM account WHERE unit='coupon'").fetchone() == (0,)
