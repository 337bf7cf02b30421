"""``tillside staff`` against a running shop, whose log shares this process's stdout: results are its last line."""

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.counter.permissions import MATRIX
from tests.edge.business.conftest import floor as floor
from tests.edge.business.floor import Floor, corner_shop, open_floor


def said(*args: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(tillside, [*map(str, args)], input=stdin)


def config_of(floor: Floor) -> Path:
    """The shop's configuration as a file."""
    path = floor.folder / "tillside.toml"
    path.write_text(
        '[store]\nid = "S001"\ntenant = "corner"\nname = "街角"\n'
        f'[paths]\nstate = "{floor.folder}"\nrun = "{floor.folder}"\n'
        '[programme]\nbundle = ""\nmember_numbers = ["8\\\\d{7}"]\n'
    )
    return path


async def test_staff_are_registered_listed_and_removed(floor: Floor) -> None:
    config = ["--config", config_of(floor)]
    empty = await asyncio.to_thread(said, "staff", "list", *config)
    assert (empty.exit_code, "any name approves" in empty.stderr) == (0, True)
    add = (
        "staff",
        "add",
        "M1",
        "店长李",
        "--role",
        "manager",
        "--card",
        "990001",
        "--with-pin",
        "--json",
        *config,
    )
    added = await asyncio.to_thread(said, *add, stdin="4711\n4711\n")
    assert "4711" not in added.output
    person = {
        "id": "M1",
        "name": "店长李",
        "role": "manager",
        "card": "**01",
        "has_pin": True,
        "active": True,
    }
    assert json.loads(added.stdout.splitlines()[-1]) == person
    assert (await floor.till.call("staff.signin", id="M1", pin="4711"))["role"] == "manager"
    gone = await asyncio.to_thread(said, "staff", "remove", "M1", "--json", *config)
    assert json.loads(gone.stdout.splitlines()[-1]) == person | {
        "card": None,
        "has_pin": False,
        "active": False,
    }
    nobody = await asyncio.to_thread(said, "staff", "remove", "M2", *config)
    assert (nobody.exit_code, nobody.stderr) == (2, "error: nobody has the id M2 → tillside staff list\n")


def test_the_matrix_is_a_table_and_json() -> None:
    lines = said("staff", "matrix").stdout.splitlines()
    assert lines[0].split() == ["action", "cashier", "manager", "technician", "hq"]
    assert len(lines) == len(MATRIX) + 1
    shown = json.loads(said("staff", "matrix", "--json").stdout)
    assert shown["sale.void"] == {
        "cashier": "approve",
        "manager": "allow",
        "technician": "deny",
        "hq": "deny",
    }


async def test_commission_is_summed_up_from_the_ledger(tmp_path: Path) -> None:
    rules = [{"id": "ALL", "name": "提成", "bp": 100}]
    async with open_floor(tmp_path, corner_shop(commissions=rules)) as floor:
        await floor.till.sell(10_000, salesperson="小李")
        days = ("--from", "2026-11-01", "--to", "2026-11-30", "--json", "--db", floor.config.paths.database)
        found = await asyncio.to_thread(said, "staff", "commission", *days)
    row = {"salesperson": "小李", "rule": "ALL", "receipts": 1, "base_fen": 10_000, "fen": 100}
    assert json.loads(found.stdout) == [row]


def test_a_daemon_that_does_not_answer_is_exit_3(tmp_path: Path) -> None:
    config = tmp_path / "tillside.toml"
    config.write_text(
        '[store]\nid = "S001"\ntenant = "corner"\nname = "街角"\n'
        f'[paths]\nstate = "{tmp_path}"\nrun = "{tmp_path}"\n[programme]\nbundle = ""\nmember_numbers = []\n'
    )
    assert said("staff", "list", "--config", config).exit_code == 3
