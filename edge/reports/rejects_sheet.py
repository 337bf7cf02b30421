"""A spreadsheet of texts, written row by row: card numbers stay as they are."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import xlsxwriter

from edge.errors import TillsideError


@contextmanager
def rejects_sheet(path: Path) -> Iterator[Callable[[Sequence[str]], object]]:
    """Takes one row after the other; raises TillsideError where ``path`` cannot be written."""
    try:
        path.touch()
    except OSError as error:
        raise TillsideError(f"{path}: {error.strerror}") from error
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet, rows = book.add_worksheet(), count()

        def line(cells: Sequence[str]) -> None:
            row = next(rows)
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)

        yield line
