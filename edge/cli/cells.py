"""Text on a terminal's grid: a Chinese character is two cells wide."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

LINE_CELLS = 80
"""What fits everywhere: a serial console has no more."""

GAP = "  "


class Column(NamedTuple):
    """A column of a grid: so many ``cells``, its text on this ``side``."""

    cells: int
    side: Literal["left", "right"] = "left"


def width(text: str) -> int:
    """How many cells the text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, column: Column) -> str:
    """The text in its column. What does not fit ends in ``…``; on the right stand figures, which are never cut."""
    blank = " " * (column.cells - width(text))
    if column.side == "right":
        return blank + text
    if width(text) > column.cells:
        text = _fitting(text, column.cells - 1) + "…"
    return text + " " * (column.cells - width(text))


def row(cells: Sequence[str], columns: Sequence[Column]) -> str:
    """One line of a grid."""
    parts = (padded(text, column) for text, column in zip(cells, columns, strict=True))
    return GAP.join(parts).rstrip()


def wrapped(text: str, cells: int) -> Iterator[str]:
    """The text in lines of at most so many cells (2 or more), broken at blanks where there are any."""
    while width(text) > cells:
        line = _head(text, cells)
        text = text[len(line) :].lstrip()
        yield line.rstrip()
    yield text


def _head(text: str, cells: int) -> str:
    """What goes on the next line: up to the last blank, unless that would leave the line ragged."""
    fits = _fitting(text, cells)
    blank = text.rfind(" ", 0, len(fits) + 1)
    return text[:blank] if blank > len(fits) // 2 else fits


def _fitting(text: str, cells: int) -> str:
    """The longest beginning that takes at most so many cells."""
    for place, char in enumerate(text):
        cells -= width(char)
        if cells < 0:
            return text[:place]
    return text
