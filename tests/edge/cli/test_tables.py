"""Reading the tables that people keep: encodings, delimiters, Excel, odd headers."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from edge.cli.output import CommandFailed
from edge.cli.tables import chosen_columns, columns, read_table

TEXT = '编号,名称,备注\nA1,大米,\n\nA2,"面\n粉",散装\n'
ROWS = [
    (2, {"编号": "A1", "名称": "大米", "备注": ""}),
    (4, {"编号": "A2", "名称": "面\n粉", "备注": "散装"}),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes(TEXT.encode(encoding))
    assert list(read_table(tmp_path / "t.csv")) == ROWS


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_csv_with_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "t.csv").write_text(TEXT.replace(",", delimiter))
    assert list(read_table(tmp_path / "t.csv")) == ROWS


def test_excel_cells_are_what_somebody_would_type(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "t.xlsx")) as book:
        book.add_worksheet("empty")
        sheet = book.add_worksheet("goods")
        sheet.write_row(1, 0, ["条码", "价", "到期", "在售"])
        sheet.write_row(3, 0, [6901234567892, 12.5])
        sheet.write_datetime(3, 2, date(2026, 12, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_boolean(3, 3, True)
    assert list(read_table(tmp_path / "t.xlsx", "goods")) == [
        (4, {"条码": "6901234567892", "价": "12.5", "到期": "2026-12-01", "在售": "1"})
    ]
    assert list(read_table(tmp_path / "t.xlsx")) == []
    with pytest.raises(CommandFailed, match="no sheet 'members'"):
        list(read_table(tmp_path / "t.xlsx", "members"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"a,b,a\n1,2,3\n", "two columns are named 'a'"),
        ("a.csv", b"\xff\x00\xff\x00\n", "is no CSV file"),
        ("a.xlsx", b"not a zip", "is no spreadsheet"),
        ("a.csv", b"a\n" + b"x" * 40_000, "is no CSV file"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandFailed, match=said):
        list(read_table(tmp_path / name))


@pytest.mark.parametrize("name", ["none.csv", "none.xlsx"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandFailed, match=name):
        list(read_table(tmp_path / name))


def test_columns_by_their_names_in_either_language() -> None:
    names = {"sku": ("编号", "货号"), "price": ("售价", "unit price")}
    assert columns(["货号", "Unit_Price (元)", "x"], names) == {"sku": "货号", "price": "Unit_Price (元)"}
    assert columns(["SKU", "x"], names, chosen_columns(["price=x"])) == {"sku": "SKU", "price": "x"}
    with pytest.raises(CommandFailed, match="no column 'y'"):
        columns(["x"], names, {"sku": "y"})
    with pytest.raises(CommandFailed, match="no field 'colour'"):
        columns(["x"], names, {"colour": "x"})
    with pytest.raises(CommandFailed, match="--map sku"):
        chosen_columns(["sku"])
