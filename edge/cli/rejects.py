"""Rows that an import did not take, in a table like the one they came from: to be corrected and imported again."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.cli.output import CommandFailed
from edge.cli.tables import SPREADSHEETS, Row

OURS = ("rejected_row", "rejected_why")
"""The columns that are added: which row it was, and why."""

WRITTEN = ".xlsx"

Line = Callable[[Sequence[str]], object]


class Rejects:
    """Takes rejected rows one after the other; a ``line`` of None has nobody who wants them."""

    def __init__(self, header: Sequence[str], line: Line | None) -> None:
        self._header = header
        self._line = line
        if line:
            line([*header, *OURS])

    def add(self, number: int, cells: Row, why: str) -> None:
        """Write a row as it was, with its number and the reason."""
        if self._line:
            self._line([*(cells.get(name, "") for name in self._header), str(number), why])


@contextmanager
def open_rejects(path: Path | None, header: Sequence[str]) -> Iterator[Rejects]:
    """The table of rejects at ``path``, CSV or .xlsx; raises CommandFailed where it cannot be written."""
    if path is None:
        yield Rejects(header, None)
    elif path.suffix.lower() in SPREADSHEETS:
        from edge.reports.rejects_sheet import rejects_sheet

        if path.suffix.lower() != WRITTEN:
            todo = f"--rejects {path.with_suffix(WRITTEN)}"
            raise CommandFailed(f"{path}: of spreadsheets only {WRITTEN} is written", todo)
        with rejects_sheet(path) as line:
            yield Rejects(header, line)
    else:
        with _csv(path) as line:
            yield Rejects(header, line)


@contextmanager
def _csv(path: Path) -> Iterator[Line]:
    try:
        # Excel takes UTF-8 for what it is only behind a mark.
        text = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    with text:
        yield csv.writer(text).writerow
