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
    """The text in its column; what does not fit is cut and ends in ``…``."""
    text = text if width(text) <= column.cells else next(wrapped(text, column.cells - 1)) + "…"
    blank = " " * (column.cells - width(text))
    return text + blank if column.side == "left" else blank + text


def row(cells: Sequence[str], columns: Sequence[Column]) -> str:
    """One line of a grid."""
    parts = (padded(text, column) for text, column in zip(cells, columns, strict=True))
    return GAP.join(parts).rstrip()


def wrapped(text: str, cells: int) -> Iterator[str]:
    """The text in lines of at most so many cells, broken at blanks where there are any; at least one line."""
    line = ""
    while width(text) > cells:
        line = _head(text, cells)
        text = text[len(line) :].lstrip()
        yield line.rstrip()
    yield text


def _head(text: str, cells: int) -> str:
    taken = 0
    for place, char in enumerate(text):
        taken += width(char)
        if taken > cells:
            blank = text.rfind(" ", 0, place + 1)
            # A break inside of a word only where Chinese, which has no blanks, would leave a ragged line.
            return text[: blank if blank > place // 2 else max(place, 1)]
    return text
