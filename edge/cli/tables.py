"""Tables that people keep in spreadsheets, CSV or Excel, as rows of text under the names of their columns."""

import codecs
import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from edge.cli.output import CommandFailed, Exit

Row = dict[str, str]

SPREADSHEETS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
DELIMITERS = ",;\t|"
CELL_MAX = 32_768
"""As many characters as Excel lets a cell have."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20


def read_table(path: Path, sheet: str | None = None) -> Iterator[tuple[int, Row]]:
    """The rows below the header, with the numbers that a spreadsheet shows; blank rows are left out.

    CSV may be UTF-8, UTF-16 or GB18030, with any usual delimiter. Memory does not grow with a CSV's rows.
    Raises CommandFailed where the file cannot be read or two columns have one name.
    """
    cells = _sheet(path, sheet) if path.suffix.lower() in SPREADSHEETS else _csv(path)
    header: list[str] = []
    for number, row in enumerate(cells, start=1):
        if not any(row):
            continue
        if not header:
            header = _header(path, row)
            continue
        yield number, {name: cell for name, cell in zip(header, row, strict=False) if name}


def columns(
    header: Iterable[str], names: Mapping[str, Sequence[str]], chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Which column holds which field: {field: column}. A field is found by its own name or one of its ``names``.

    ``chosen`` ({field: column}) decides where it says something. Raises CommandFailed for what is not there.
    """
    present = list(header)
    by_name = {_plain(column): column for column in present}
    found = {}
    for field, aliases in names.items():
        for alias in (field, *aliases):
            if _plain(alias) in by_name:
                found[field] = by_name[_plain(alias)]
                break
    for field, column in (chosen or {}).items():
        if field not in names:
            raise _usage(f"no field {field!r}", f"the fields are {', '.join(names)}")
        if column not in present:
            raise _usage(f"no column {column!r}", f"the columns are {', '.join(present)}")
        found[field] = column
    return found


def chosen_columns(texts: Sequence[str]) -> dict[str, str]:
    """``--map field=column``, any number of them."""
    pairs = [text.partition("=") for text in texts]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise _usage(f"--map {field}{equals}{column}", "write --map FIELD=COLUMN")
    return {field.strip(): column.strip() for field, _, column in pairs}


# --- the pieces ---


def _csv(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(CELL_MAX)
    try:
        with path.open(encoding=_encoding(path), newline="") as text:
            first = text.readline()
            delimiter = max(DELIMITERS, key=first.count)
            for row in csv.reader(chain((first,), text), delimiter=delimiter):
                yield [cell.strip() for cell in row]
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    except (csv.Error, UnicodeError) as error:
        raise CommandFailed(f"{path} is no CSV file: {error}", "save it as CSV UTF-8, or as .xlsx") from error


def _encoding(path: Path) -> str:
    """What the bytes can be: a mark says it, else UTF-8 if all of them are, else what Chinese Windows writes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as raw:
        start = raw.read(4)
        for mark, encoding in _BOMS:
            if start.startswith(mark):
                return encoding
        with suppress(UnicodeDecodeError):
            decoder.decode(start)
            while chunk := raw.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return "utf-8"
    return "gb18030"


def _sheet(path: Path, name: str | None) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as book:
            if name is not None and name not in book.sheet_names:
                raise _usage(f"{path} has no sheet {name!r}", f"it has {', '.join(book.sheet_names)}")
            sheet = book.get_sheet_by_index(0) if name is None else book.get_sheet_by_name(name)
            for row in sheet.iter_rows():
                yield [_text(cell) for cell in row]
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror or error}") from error
    except CalamineError as error:
        raise CommandFailed(f"{path} is no spreadsheet: {error}", "save it as .xlsx, or as CSV") from error


def _text(cell: Any) -> str:
    """A cell as somebody would type it: whole numbers without a point, days in ISO 8601."""
    match cell:
        case float() if cell.is_integer():
            return str(int(cell))
        case bool():
            return "1" if cell else "0"
        case datetime() if not (cell.hour or cell.minute or cell.second):
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell).strip()


def _header(path: Path, row: Sequence[str]) -> list[str]:
    names = [name for name in row if name]
    for name in names:
        if names.count(name) > 1:
            raise CommandFailed(f"{path}: two columns are named {name!r}", "rename one of them")
    return list(row)


def _plain(name: str) -> str:
    """A column's name without case, width, blanks and what stands in brackets: ``Price (元)`` is ``price``."""
    folded = unicodedata.normalize("NFKC", name).casefold().partition("(")[0]
    return "".join(letter for letter in folded if letter.isalnum())


def _usage(message: str, todo: str) -> CommandFailed:
    return CommandFailed(message, todo, Exit.USAGE)
