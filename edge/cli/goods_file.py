"""A file of goods, CSV or Excel, row by row: an entry, or why there is none."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from edge.cli.output import CommandFailed, Exit
from edge.cli.tables import Row, columns, read_table
from edge.domain.goods_rows import COLUMNS, CellRefused, entry_of


class GoodsRow(NamedTuple):
    """Row ``number`` as a spreadsheet counts: its entry, or the ``field`` that is wrong and ``why``."""

    number: int
    cells: Row
    entry: dict[str, Any]
    field: str = ""
    why: str = ""


def read_goods(path: Path, sheet: str | None, chosen: Mapping[str, str]) -> Iterator[GoodsRow]:
    """The rows of the file; an article that stands in two of them is refused the second time.

    Raises CommandFailed where the file cannot be read, or no column holds number, name or price.
    """
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for number, cells in read_table(path, sheet):
        if not found:
            found = _columns(path, cells, chosen)
        yield _row(number, cells, found, seen)


def write_rejects(path: Path, refused: list[GoodsRow]) -> None:
    """The refused rows as they came, with the field and the reason before them; nothing where none was refused."""
    if not refused:
        return
    header = list(dict.fromkeys(column for row in refused for column in row.cells))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "field", "why", *header])
        for row in refused:
            writer.writerow([row.number, row.field, row.why, *(row.cells.get(name, "") for name in header)])


def _columns(path: Path, cells: Row, chosen: Mapping[str, str]) -> dict[str, str]:
    found = columns(cells, COLUMNS, chosen)
    for field in ("sku", "name", "price"):
        if field not in found:
            raise CommandFailed(
                f"{path}: no column is the {field}; there are {', '.join(cells)}",
                f"--map {field}=COLUMN",
                Exit.USAGE,
            )
    return found


def _row(number: int, cells: Row, found: Mapping[str, str], seen: dict[str, int]) -> GoodsRow:
    try:
        entry = entry_of({field: cells.get(column, "") for field, column in found.items()})
    except CellRefused as refusal:
        return GoodsRow(number, cells, {}, refusal.field, refusal.why)
    first = seen.setdefault(entry["sku"], number)
    if first != number:
        return GoodsRow(number, cells, {}, "sku", f"{entry['sku']} stands in row {first} too")
    return GoodsRow(number, cells, entry)
