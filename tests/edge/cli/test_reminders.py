"""``tillside reminders``: what a person and what a script read off a ledger that nobody has open."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.cli.output import Exit
from tests.edge.business.floor import corner_shop, open_floor

CONFIG = """
[store]
id = "S001"
tenant = "corner"
name = "街角"
lang = "{lang}"
[paths]
state = "{folder}"
[programme]
bundle = "{folder}/corner.json"
member_numbers = []
"""


def reminders(*args: str | Path) -> Result:
    return CliRunner().invoke(tillside, ["reminders", *map(str, args)])


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    """A box whose deliveries of long ago were never made."""
    async with open_floor(tmp_path) as floor:
        member = await floor.till.register("80000001")
        for what in ("冰箱", "洗衣机"):
            await floor.till.call(
                "delivery.add",
                what=what,
                day="2026-11-24",
                member=member,
                phone="13900000000",
                cashier="小王",
            )
    (tmp_path / "corner.json").write_bytes(corner_shop())
    path = tmp_path / "tillside.toml"
    path.write_text(CONFIG.format(lang="en", folder=tmp_path))
    return path


def test_the_list_is_a_table_with_a_sentence_of_each(config: Path) -> None:
    said = reminders("--config", config, "--kind", "delivery")
    assert (said.exit_code, said.stderr) == (Exit.OK, "")
    head, first, second = said.stdout.splitlines()
    assert head.split() == ["due", "days", "kind", "phone", "subject", "what"]
    assert first.startswith("2026-11-24")
    assert "Bring 冰箱 (王小明)" in first
    assert "13900000000" in second
    assert said.stdout.count("delivery") == 2


def test_a_script_gets_json_and_reading_leaves_nothing_behind(config: Path) -> None:
    before = sorted(config.parent.iterdir())
    told = json.loads(reminders("--config", config, "--json").stdout)
    assert [one["text"]["zh"] for one in told["reminders"]] == [
        "送货：冰箱（王小明）",
        "送货：洗衣机（王小明）",
    ]
    assert sorted(config.parent.iterdir()) == before


def test_what_is_cut_is_said(config: Path) -> None:
    said = reminders("--config", config, "--limit", "1")
    assert len(said.stdout.splitlines()) == 2
    assert said.stderr == "more than 1 of delivery: raise --limit\n"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--kind", "weather"], "error: Invalid enum value 'weather'"),
        (["--until", "2001-01-01"], "error: /until_day: from today to 366 days ahead"),
    ],
)
def test_bad_questions_are_usage_errors(config: Path, args: list[str], why: str) -> None:
    said = reminders("--config", config, *args)
    assert (said.exit_code, said.stdout) == (Exit.USAGE, "")
    assert said.stderr.startswith(why)


def test_without_a_ledger_it_fails(config: Path) -> None:
    (config.parent / "ledger.db").unlink()
    said = reminders("--config", config)
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert "no such ledger" in said.stderr
