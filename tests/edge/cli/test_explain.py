"""``tillside explain``: a receipt of the past on a screen, and what a script reads off it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.cells import width
from edge.cli.main import tillside
from edge.cli.output import Exit
from edge.clock import ManualClock
from edge.counter import voiding
from tests.edge.counter.conftest import NOW_MS, Counter, new_idem, open_counter
from tests.edge.counter.test_proving import PROMOTIONS

CONFIG = """
[store]
id = "S001"
tenant = "corner"
name = "街角"
lang = "{lang}"
[paths]
state = "{state}"
[programme]
bundle = "corner.json"
member_numbers = []
"""


def explain(*args: str | Path) -> Result:
    return CliRunner().invoke(tillside, ["explain", *map(str, args)])


@pytest.fixture
async def sold(tmp_path: Path) -> Counter:
    """A ledger of two sales and a refund, and nobody at work any more."""
    counter = await open_counter(tmp_path, ManualClock(NOW_MS), raw=PROMOTIONS)
    await counter.register("80000001")
    first = await counter.sell(6000, 2000, member="80000001")
    await counter.sell(4000)
    await counter.take_back(first.sale, (1, 1000))
    await counter.close()
    return counter


@pytest.fixture
def ledger(sold: Counter) -> Path:
    return sold.shop.config.paths.database


def test_a_receipt_is_explained_line_by_line_within_80_columns(ledger: Path) -> None:
    said = explain("S001-261122-0001", "--db", ledger, "--lang", "zh-CN")
    assert (said.exit_code, said.stderr) == (Exit.OK, "")
    lines = said.stdout.splitlines()
    assert max(map(width, lines)) <= 80
    assert lines[0].startswith("小票 S001-261122-0001")
    assert [line.split() for line in lines[5:9]] == [
        ["1", "茶", "2", "x", "60.00", "120.00"],
        ["-", "满100减10", "FULL", "-7.50"],
        ["+", "消费积分", "BASE", "112"],
        ["=", "实收", "112.50", "112"],
    ]
    assert "已退货 S001-261122-0003：18.75 元，收回积分 19" in lines
    assert lines[-1] == "MATCH 重放一致：4 项规则、2 行商品，逐项相同"


def test_json_has_every_share_and_every_reason(ledger: Path) -> None:
    told = json.loads(explain("S001-261122-0002", "--db", ledger, "--json").stdout)
    assert told["match"] is True
    assert told["differences"] == []
    assert told["heading"]["receipt_no"] == "S001-261122-0002"
    assert len(told["heading"]["bundle"]) == 64
    assert {"lines", "gave", "gave_nothing", "refunds", "net_fen", "points"} <= told.keys()
    assert told["gave_nothing"][0] == {
        "rule": "FULL",
        "name": "满100减10",
        "why": "need",
        "words": "20.00 yuan short",
        "short_fen": 2000,
        "short_qty": None,
    }


def test_a_refund_says_which_sale_it_belongs_to(ledger: Path) -> None:
    said = explain("S001-261122-0003", "--db", ledger)
    assert said.exit_code == Exit.OK
    assert "of sale S001-261122-0001: 18.75 yuan handed out" in said.stdout
    assert json.loads(explain("S001-261122-0003", "--db", ledger, "--json").stdout)["sale_receipt_no"] == (
        "S001-261122-0001"
    )


def test_a_ledger_that_was_changed_is_shown_beside_its_replay(ledger: Path) -> None:
    """Exit code 2, and the place, what is stored and what the rules say."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        db.execute("UPDATE sale SET points_earned=77 WHERE receipt_no='S001-261122-0001'")
    said = explain("S001-261122-0001", "--db", ledger)
    assert said.exit_code == Exit.FAILED
    assert said.stdout.splitlines()[-4:] == [
        "DIFFERENT: the replay and the ledger disagree in 1 places",
        "   /ledger/points_earned",
        "      ledger: 77",
        "      replay: 150",
    ]


def test_reading_leaves_nothing_beside_the_ledger(ledger: Path) -> None:
    before = sorted(ledger.parent.iterdir())
    assert explain("S001-261122-0001", "--db", ledger).exit_code == Exit.OK
    assert sorted(ledger.parent.iterdir()) == before


async def test_a_void_is_no_refund(tmp_path: Path) -> None:
    counter = await open_counter(tmp_path, ManualClock(NOW_MS))
    sold = await counter.sell(4000)
    asked = voiding.VoidRequest(
        idem=new_idem(), sale=sold.sale, reason="错扫", cashier="小王", approve="店长"
    )
    done = await voiding.void(counter.shop, "T1", asked)
    await counter.close()
    database = counter.shop.config.paths.database
    assert f"voided by {done.receipt_no}: 80.00 yuan" in explain(sold.receipt_no, "--db", database).stdout
    assert explain(str(done.receipt_no), "--db", database).stdout.startswith(f"void {done.receipt_no}")


async def test_the_daemon_may_go_on_selling(tmp_path: Path) -> None:
    counter = await open_counter(tmp_path, ManualClock(NOW_MS))
    receipt = (await counter.sell(4000)).receipt_no
    said = explain(receipt, "--db", counter.shop.config.paths.database)
    await counter.sell(4000)
    await counter.close()
    assert (said.exit_code, said.stdout.splitlines()[-1][:6]) == (Exit.OK, "MATCH:")


def test_the_ledger_and_the_language_are_those_of_the_configuration(ledger: Path, tmp_path: Path) -> None:
    config = tmp_path / "tillside.toml"
    config.write_text(CONFIG.format(lang="zh-TW", state=ledger.parent))
    said = explain("S001-261122-0001", "--config", config)
    assert said.stdout.startswith("明細 S001-261122-0001")


def test_an_unknown_receipt_fails(ledger: Path) -> None:
    said = explain("S001-261122-9999", "--db", ledger)
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert said.stderr.startswith(f"error: no receipt S001-261122-9999 in {ledger}")


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("no ledger" * 100)
    said = explain("S001-261122-0001", "--db", tmp_path / "ledger.db")
    assert (said.exit_code, said.stderr.split()[-1]) == (Exit.FAILED, "database")


def test_a_bundle_without_requests_is_wrong_usage(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_bytes(PROMOTIONS)
    said = explain(tmp_path / "bundle.json", "--db", ledger)
    assert said.exit_code == Exit.USAGE
    assert "REQUESTS" in said.stderr


def test_it_is_one_verb_under_two_names(ledger: Path) -> None:
    under_rules = CliRunner().invoke(tillside, ["rules", "explain", "S001-261122-0001", "--db", str(ledger)])
    assert under_rules.stdout == explain("S001-261122-0001", "--db", ledger).stdout
