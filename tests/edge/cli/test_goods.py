"""``tillside goods``: importing the file that a shop has, and finding what is in it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import NamedTuple

import pytest
import xlsxwriter
from click.testing import CliRunner

from edge.cli.main import tillside
from edge.cli.output import Exit
from edge.domain.goods_rows import CellRefused, entry_of, fen
from tests.edge.business.floor import Floor, open_floor

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
member_numbers = []
"""
HEADER = ["货号", "名称", "售价(元)", "条码", "大类", "进价", "服务", "保质期"]
ROWS = [
    ["R1", "东北大米", "49.90", "6901234567892", "食品", "30", "", "2026/12/1"],
    ["S1", "肩颈按摩", "¥1,098", "", "", "", "是", ""],
]


class Said(NamedTuple):
    """How a verb ended, and what it printed."""

    exit_code: int | None
    stdout: str
    stderr: str


async def goods(floor: Floor, *args: str | Path) -> Said:
    """The verb in a process of its own, while the daemon answers here."""
    config = floor.folder / "tillside.toml"
    config.write_text(CONFIG.format(folder=floor.folder))
    argv = (sys.executable, "-m", "edge.cli.main", "goods", *map(str, args), "--config", str(config))
    process = await asyncio.create_subprocess_exec(*argv, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return Said(process.returncode, out.decode(), err.decode())


def workbook(path: Path, *rows: list[str]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate((HEADER, *rows)):
            sheet.write_row(place, 0, row)
    return path


async def test_g1_a_workbook_is_imported_and_again_changes_nothing(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor:
        file = workbook(tmp_path / "g.xlsx", *ROWS)
        tried = await goods(floor, "import", file, "--dry-run", "--json")
        assert (tried.exit_code, floor.sql("SELECT count(*) FROM goods")) == (Exit.OK, [(0,)])
        assert json.loads(tried.stdout) == {
            "rows": 2,
            "new": 2,
            "changed": 0,
            "unchanged": 0,
            "refused": 0,
            "dry_run": True,
        }
        first = await goods(floor, "import", file, "--json")
        assert (first.exit_code, json.loads(first.stdout)["new"]) == (Exit.OK, 2)
        again = await goods(floor, "import", file, "--json")
        assert json.loads(again.stdout)["unchanged"] == 2
        rows = floor.sql("SELECT sku, price_fen, cost_fen, cat1, is_service, best_before FROM goods")
        assert rows == [
            ("R1", 4_990, 3_000, "食品", 0, "2026-12-01"),
            ("S1", 109_800, None, "", 1, None),
        ]
        found = await goods(floor, "find", "6901234567892")
        assert found.stdout.splitlines()[1].split()[:5] == ["R1", "东北大米", "49.90", "49.90", "0"]
        assert json.loads((await goods(floor, "find", "按摩", "--json")).stdout)[0]["sku"] == "S1"
        assert (await goods(floor, "find", "nothing", "--by", "sku")).stdout == ""


async def test_g1_refused_rows_are_named_and_kept_and_take_no_other_with_them(tmp_path: Path) -> None:
    file = tmp_path / "g.csv"
    lines = [
        "sku,品名,会员价,barcode,售价",
        "R1,大米,49.90,690,99",
        "R2,面粉,x,,1",
        "R1,大米,1,,1",
        "R3,糖,2,690,1",
    ]
    file.write_bytes("\n".join(lines).encode("gb18030"))
    async with open_floor(tmp_path) as floor:
        said = await goods(
            floor, "import", file, "--map", "price=会员价", "--rejects", tmp_path / "r.csv", "--json"
        )
        assert said.exit_code == Exit.FAILED
        assert (json.loads(said.stdout)["new"], json.loads(said.stdout)["refused"]) == (1, 3)
        assert floor.sql("SELECT sku, price_fen FROM goods") == [("R1", 4_990)]
        assert [line.split(":")[:2] for line in said.stderr.splitlines() if line.startswith("row")] == [
            ["row 3", " price"],
            ["row 4", " sku"],
            ["row 5", " barcodes"],
        ]
        rejects = (tmp_path / "r.csv").read_text("utf-8-sig").splitlines()
        assert rejects[0] == "row,field,why,sku,品名,会员价,barcode,售价"
        assert rejects[1] == "3,price,'x' is no amount,R2,面粉,x,,1"


async def test_g1_a_file_without_a_price_says_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("货号,名称,会员价\nR1,大米,1\n")
    async with open_floor(tmp_path) as floor:
        said = await goods(floor, "import", tmp_path / "g.csv")
    assert said.exit_code == Exit.USAGE
    assert "--map price=COLUMN" in said.stderr


def test_g1_without_a_daemon_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "tillside.toml").write_text(CONFIG.format(folder=tmp_path))
    argv = ["goods", "find", "x", "--config", str(tmp_path / "tillside.toml")]
    assert CliRunner().invoke(tillside, argv).exit_code == Exit.UNREACHABLE


def test_cells_as_people_type_them() -> None:
    cells = {
        "sku": " R1 ",
        "name": "大米",
        "price": "１２．３０元",
        "barcodes": "690、691;690",
        "alert": "2.5",
        "active": "停售",
        "best_before": "20261201",
        "brand": "",
    }
    assert entry_of(cells) == {
        "sku": "R1",
        "name": "大米",
        "price_fen": 1_230,
        "barcodes": ["690", "691"],
        "alert_milli": 2_500,
        "active": False,
        "best_before": "2026-12-01",
    }


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("price", "1.234"),
        ("price", "-1"),
        ("price", "30000000"),
        ("price", ""),
        ("name", "x" * 65),
        ("best_before", "2026-02-30"),
        ("best_before", "soon"),
        ("is_service", "maybe"),
        ("barcodes", "条码"),
        ("barcodes", " ".join(map(str, range(33)))),
    ],
)
def test_a_cell_that_makes_no_sense_is_refused_by_its_field(field: str, cell: str) -> None:
    with pytest.raises(CellRefused) as refused:
        entry_of({"sku": "R1", "name": "大米", "price": "1", field: cell})
    assert refused.value.field == field


@pytest.mark.parametrize(("text", "amount"), [("0", 0), ("1", 100), ("1.5", 150), ("¥1,234.560", 123_456)])
def test_fen_of_what_people_write(text: str, amount: int) -> None:
    assert fen(text) == amount
