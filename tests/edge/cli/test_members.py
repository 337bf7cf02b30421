"""``tillside members``: a whole table into a running shop, and what a script reads off it."""

import asyncio
import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.cli.output import Exit
from edge.cli.rejects import OURS
from edge.cli.tables import read_table
from edge.testing.old_members import BAD_TOO, HEADER, old_members, write_old_members
from tests.edge.business.floor import Floor, corner_shop, open_floor

CONFIG = """
[store]
id = "S001"
tenant = "corner"
name = "街角"
[paths]
state = "{folder}"
run = "{folder}"
[programme]
bundle = "corner.json"
member_numbers = ["8\\\\d{{7}}"]
"""
TIERS = [{"id": "ordinary", "label": "普通"}, {"id": "gold", "label": "金卡", "cumulative_fen": 1_000_000}]


async def members(floor: Floor | Path, *args: str | Path) -> Result:
    """The verb beside the running box."""
    folder = floor if isinstance(floor, Path) else floor.folder
    config = folder / "tillside.toml"
    config.write_text(CONFIG.format(folder=folder), "utf-8")
    argv = ["members", *map(str, args), "--config", str(config)]
    return await asyncio.to_thread(CliRunner().invoke, tillside, argv)


def told(said: Result) -> Any:
    """What the verb printed; the box logs to the same stream before."""
    return json.loads(said.stdout.splitlines()[-1])


def write_csv(path: Path, *rows: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(rows)
    return path


async def test_a7_two_thousand_members_with_every_kind_of_bad_row(tmp_path: Path) -> None:
    """Every bad row comes back with its reason; corrected, the rejects are a table to import."""
    old, rejects = tmp_path / "old.csv", tmp_path / "rejects.csv"
    write_old_members(old, 2_000, bad_every=40)
    async with open_floor(tmp_path, corner_shop(tiers=TIERS)) as floor:
        said = await members(floor, "import", old, "--json", "--rejects", rejects)
        assert said.exit_code == Exit.FAILED, said.output
        first = told(said)
        bad = list(read_table(rejects))
        assert first["rejected"] == len(bad) >= 50
        assert first["imported"] == 2_000 - len(bad)
        assert floor.sql("SELECT count(*) FROM member") == [(first["imported"],)]
        source = dict(read_table(old))
        good = {
            str(number): dict(zip(HEADER, row, strict=True))
            for number, row in enumerate(old_members(2_000), 2)
        }
        for _, cells in bad:
            number = cells["rejected_row"]
            assert {name: cells[name] for name in HEADER} == source[int(number)]
            assert "·" in cells["rejected_why"]
        broken = {
            column
            for _, cells in bad
            for column in HEADER
            if cells[column] != good[cells["rejected_row"]][column]
        }
        assert broken == {column for column, _ in BAD_TOO}

        again = told(await members(floor, "import", old, "--json"))
        assert (again["unchanged"], again["rejected"]) == (first["imported"], first["rejected"])

        put_right = [[good[cells["rejected_row"]][name] for name in HEADER] + ["", ""] for _, cells in bad]
        corrected = write_csv(tmp_path / "corrected.csv", [*HEADER, *OURS], *put_right)
        said = await members(floor, "import", corrected, "--json")
        assert (said.exit_code, told(said)["imported"]) == (Exit.OK, len(bad))
        expected = [good[str(number)] for number in range(2, 2_002)]
        books = dict(
            floor.sql("SELECT unit, sum(credits - debits) FROM account WHERE owner LIKE 'M%' GROUP BY unit")
        )
        assert books["points"] == sum(int(cells["积分"].replace(",", "")) for cells in expected)
        fen = [cells["储值(元)"].replace(".", "") for cells in expected]
        assert books["fen"] == sum(int(amount) for amount in fen if amount)
        linked = floor.sql("SELECT count(*) FROM member WHERE referrer IS NOT NULL")
        assert linked == [(sum(bool(cells["介绍人"]) for cells in expected),)]


async def test_a7_an_excel_table_and_its_rejects(tmp_path: Path) -> None:
    old, rejects = tmp_path / "old.xlsx", tmp_path / "rejects.xlsx"
    with xlsxwriter.Workbook(str(old)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["编号", "姓名", "手机", "积分"])
        sheet.write_row(1, 0, [80000001, "王", 13800000001, 12])
        sheet.write_row(2, 0, [80000002, "李", "一三八", 7])
    async with open_floor(tmp_path) as floor:
        said = await members(floor, "import", old, "--map", "card_no=编号", "--rejects", rejects)
        assert said.exit_code == Exit.FAILED
        assert "row 3: phone" in said.stderr
        assert [(cells["编号"], cells["rejected_row"]) for _, cells in read_table(rejects)] == [
            ("80000002", "3")
        ]
        assert floor.sql("SELECT card_no, phone FROM member") == [("80000001", "13800000001")]


async def test_a7_a_dry_run_finds_what_the_import_would(tmp_path: Path) -> None:
    """Phones too, which two rows far apart have both."""
    chance = random.Random(7)
    rows = [
        [f"8{number:07d}", "王", f"1390000{number % 290:04d}", str(chance.randrange(9))]
        for number in range(300)
    ]
    old = write_csv(tmp_path / "old.csv", ["卡号", "姓名", "手机", "积分"], *rows)
    async with open_floor(tmp_path) as floor:
        tried = told(await members(floor, "import", old, "--dry-run", "--json"))
        assert floor.sql("SELECT count(*) FROM member") == [(0,)]
        done = told(await members(floor, "import", old, "--json"))
        counts = ("imported", "rejected", "unchanged")
        assert [tried[key] for key in counts] == [done[key] for key in counts] == [290, 10, 0]


async def test_a7_an_interrupted_import_goes_on(tmp_path: Path) -> None:
    """The first part was in when the line went dead; the same file again takes the rest, and nothing twice."""
    old = tmp_path / "old.csv"
    write_old_members(old, 200)
    half = write_csv(tmp_path / "half.csv", list(HEADER), *list(old_members(200))[:90])
    async with open_floor(tmp_path, corner_shop(tiers=TIERS)) as floor:
        await members(floor, "import", half, "--json")
        before = floor.sql("SELECT count(*) FROM member")[0][0]
        await floor.restart()
        said = told(await members(floor, "import", old, "--json"))
        assert (said["imported"] + said["unchanged"], said["rejected"]) == (200, 0)
        assert said["unchanged"] == before


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), Exit.UNREACHABLE, "what is in stays in"),
        (("--map", "card_no=号"), Exit.USAGE, "no column '号'"),
        (("--map", "age=卡号"), Exit.USAGE, "no field 'age'"),
        (("--map-file", "map.toml"), Exit.USAGE, "map.toml"),
        (("--rejects", "old.csv"), Exit.USAGE, "is the table itself"),
        (("--rejects", "rejects.ods"), Exit.FAILED, "only .xlsx is written"),
        (("--rejects", "nowhere/rejects.csv"), Exit.FAILED, "No such file"),
    ],
)
async def test_what_cannot_begin_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], code: Exit, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "old.csv", ["卡号", "姓名"], ["80000001", "王"])
    (tmp_path / "map.toml").write_text("card_no = 3\n", "utf-8")
    result = await members(tmp_path, "import", "old.csv", *args)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


async def test_a_table_without_names_or_rows_is_refused(tmp_path: Path) -> None:
    nameless = write_csv(tmp_path / "nameless.csv", ["卡号", "积分"], ["80000001", "1"])
    result = await members(tmp_path, "import", nameless)
    assert (result.exit_code, "--map name=COLUMN" in result.stderr) == (Exit.USAGE, True)
    empty = write_csv(tmp_path / "empty.csv", ["卡号", "姓名"])
    assert "has no rows" in (await members(tmp_path, "import", empty)).stderr


async def test_a_map_file_names_columns(tmp_path: Path) -> None:
    old = write_csv(tmp_path / "old.csv", ["会员", "称呼", "号码"], ["80000001", "王", "13800000001"])
    names = tmp_path / "map.toml"
    names.write_text('card_no = "会员"\nname = "称呼"\n', "utf-8")
    async with open_floor(tmp_path) as floor:
        said = await members(floor, "import", old, "--map-file", names)
        assert (said.exit_code, "columns left out: 号码" in said.stderr) == (Exit.OK, True)
        assert floor.sql("SELECT card_no, phone FROM member") == [("80000001", "")]


async def test_members_are_found_by_whatever_is_known_of_them(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor:
        member = await floor.till.register("80000001", name="李小雷", phone="13800001234", uid="04a1b2c3")
        await floor.till.register("80000002", name="李磊", phone="13900005678")
        for query in ("80000001", member, "04a1b2c3", "138-0000-1234", "1234", "小雷"):
            found = told(await members(floor, "find", query, "--json"))
            assert [one["card_no"] for one in found] == ["80000001"], query
            assert (found[0]["phone"], found[0]["id"]) == ("138****1234", member)
        both = await members(floor, "find", "李")
        assert both.stdout.count("李") == 2
        assert "13800001234" not in both.stdout
        nobody = await members(floor, "find", "赵")
        assert (nobody.exit_code, "nobody here matches" in nobody.stderr) == (Exit.FAILED, True)
