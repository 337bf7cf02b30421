"""``tillside rules simulate``: what HQ reads before it publishes a bundle."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli.cells import width
from edge.cli.main import tillside
from edge.cli.output import Exit
from edge.clock import ManualClock
from edge.domain.simulation import Report
from edge.storage.history import open_unwritten
from edge.storage.invariants import violations
from tests.edge.cli.test_explain import CONFIG
from tests.edge.counter.conftest import BUNDLE, DAY_MS, NOW_MS, bundle, open_counter
from tests.edge.counter.test_simulating import DOUBLE

REST = [{**BUNDLE["rules"][0], "when": {"tiers": ["diamond"]}}]


def simulate(*args: str | Path) -> Result:
    return CliRunner().invoke(tillside, ["rules", "simulate", *map(str, args)])


@pytest.fixture
async def ledger(tmp_path: Path) -> Path:
    """Three days of one receipt each, 100 yuan and 100 points."""
    counter = await open_counter(tmp_path, ManualClock(NOW_MS))
    await counter.register("80000001")
    for day in range(3):
        counter.clock.set_ms(NOW_MS + day * DAY_MS)
        await counter.sell(5000, member="80000001")
    await counter.close()
    return counter.shop.config.paths.database


@pytest.fixture
def double(tmp_path: Path) -> Path:
    (tmp_path / "double.json").write_bytes(DOUBLE)
    return tmp_path / "double.json"


def test_the_report_fits_80_columns_and_says_what_it_costs(double: Path, ledger: Path) -> None:
    said = simulate(double, "--db", ledger)
    assert said.exit_code == Exit.OK
    lines = said.stdout.splitlines()
    assert max(map(width, lines)) <= 80
    assert "changed 3 (100.0 %): 3 customers gain, 0 lose" in lines
    assert "points  300 -> 600  (+300)" in lines
    assert "cost    +30.00 yuan, a point at 10 fen" in lines


def test_json_is_the_report_and_nothing_else(double: Path, ledger: Path) -> None:
    """It reads back as a Report, field for field."""
    told = simulate(double, "--db", ledger, "--json").stdout
    report = msgspec.json.decode(told, type=Report)
    assert msgspec.json.encode(report) == told.strip().encode()
    assert (report.totals.old_points, report.totals.new_points) == (300, 600)
    assert [day.key for day in report.days] == ["2026-11-22", "2026-11-23", "2026-11-24"]


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (("--days", "2"), ["2026-11-23", "2026-11-24"]),
        (("--from", "2026-11-24"), ["2026-11-24"]),
        (("--to", "2026-11-22"), ["2026-11-22"]),
        (("--from", "2026-11-23", "--to", "2026-11-23"), ["2026-11-23"]),
        (("--days", "30"), ["2026-11-22", "2026-11-23", "2026-11-24"]),
        (("--store", "S002"), []),
    ],
)
def test_only_what_is_asked_for_is_replayed(
    double: Path, ledger: Path, options: tuple[str, ...], days: list[str]
) -> None:
    """``--days`` counts back from the latest sale, so that a copy of a ledger says the same for ever."""
    report = json.loads(simulate(double, "--db", ledger, "--json", *options).stdout)
    assert [day["key"] for day in report["days"]] == days


def test_against_another_bundle_nobody_has_to_have_sold_under_it(
    double: Path, ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "rest.json").write_bytes(bundle(version=9, rules=REST))
    said = simulate(double, "--db", ledger, "--against", tmp_path / "rest.json", "--json")
    report = json.loads(said.stdout)
    assert [old["bundle"]["version"] for old in report["old"]] == [9]
    assert (report["totals"]["old_points"], report["totals"]["new_points"]) == (0, 600)


def test_several_ledgers_are_one_report(double: Path, ledger: Path) -> None:
    report = json.loads(simulate(double, "--db", ledger, "--db", ledger, "--json").stdout)
    assert (report["receipts"], report["totals"]["new_points"]) == (6, 1200)


def test_the_ledger_is_that_of_the_configuration(double: Path, ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "tillside.toml").write_text(CONFIG.format(lang="zh-TW", state=ledger.parent))
    said = simulate(double, "--config", tmp_path / "tillside.toml", "--xlsx", tmp_path / "effect.xlsx")
    assert said.exit_code == Exit.OK
    with ZipFile(tmp_path / "effect.xlsx") as book:
        assert "彙總" in book.read("xl/workbook.xml").decode()


def test_the_ledger_is_left_as_it_was(double: Path, ledger: Path) -> None:
    before = (sorted(ledger.parent.iterdir()), ledger.read_bytes())
    assert simulate(double, "--db", ledger).exit_code == Exit.OK
    assert (sorted(ledger.parent.iterdir()), ledger.read_bytes()) == before
    assert violations(open_unwritten(ledger)) == []


def test_days_without_sales_are_a_report_of_nothing(double: Path, ledger: Path) -> None:
    said = simulate(double, "--db", ledger, "--from", "2030-01-01")
    assert (said.exit_code, said.stderr) == (Exit.OK, "")
    assert "0 receipts" in said.stdout.splitlines()


def test_progress_is_lines_for_a_log_and_a_bar_for_a_person(double: Path, ledger: Path) -> None:
    assert simulate(double, "--db", ledger).stderr == "ledger.db: 100 %\n"
    argv = [sys.executable, "-m", "edge.cli.main", "rules", "simulate", str(double), "--db", str(ledger)]
    person, terminal = pty.openpty()
    run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=terminal, check=True, timeout=60)
    os.close(terminal)
    drawn = os.read(person, 4096).decode()
    os.close(person)
    assert f"ledger.db [{'#' * 30}] 3/3" in drawn
    assert drawn.endswith("\r\x1b[K")
    assert b"ledger.db" not in run.stdout


def test_a_wrong_bundle_is_named_by_pointer(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_bytes(bundle(rules=[{**BUNDLE["rules"][0], "group": "none"}]))
    said = simulate(tmp_path / "wrong.json", "--db", ledger)
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert said.stderr.startswith(f"error: {tmp_path / 'wrong.json'}: /rules/0/group")


def test_a_workbook_that_cannot_be_written_fails(double: Path, ledger: Path, tmp_path: Path) -> None:
    said = simulate(double, "--db", ledger, "--xlsx", tmp_path / "nowhere" / "effect.xlsx")
    assert said.exit_code == Exit.FAILED
    assert "No such file or directory" in said.stderr


@pytest.mark.parametrize(
    "options", [("--days", "3", "--to", "2026-11-24"), ("--days", "0"), ("--from", "soon")]
)
def test_days_that_make_no_sense_are_wrong_usage(
    double: Path, ledger: Path, options: tuple[str, ...]
) -> None:
    assert simulate(double, "--db", ledger, *options).exit_code == Exit.USAGE
