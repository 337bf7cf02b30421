"""Text as cells on paper: which characters a printer has, how wide they are, where lines break.

A cell is one ASCII character of font A; a hanzi is exactly two, so a GBK character is as wide as
its bytes are many.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Hanzi = Literal["gb2312", "gbk", "gb18030", "utf8", "none"]

_CODECS = {"gb2312": "gb2312", "gbk": "gbk", "gb18030": "gb18030", "utf8": "utf-8", "none": "cp437"}
_NORMAL = str.maketrans(
    {"¥": "￥", "\u00a0": " ", "\t": " ", "−": "-", "•": "·", "©": None, "®": None, "™": None, "♥": None}
)
_PAPER_HAS_NO = {"Cc", "Cf", "Cs"}
MISSING = "□"


@dataclass(frozen=True, slots=True)
class Charset:
    """The characters of one printer setting."""

    hanzi: Hanzi

    def printable(self, text: str) -> str:
        """``text`` in characters that the printer has: never a control character, never an error."""
        return "".join(_glyph(char, self.hanzi) for char in text.translate(_NORMAL))

    def encode(self, text: str) -> bytes:
        """The bytes of printable ``text``."""
        return text.encode(_CODECS[self.hanzi])

    def width(self, text: str) -> int:
        """Cells that printable ``text`` covers."""
        return sum(_cells(char, self.hanzi) for char in text)

    def fill(self, char: str, limit: int) -> str:
        """``char`` repeated across ``limit`` cells."""
        glyph = self.printable(char)[:1] or "-"
        return glyph * (limit // self.width(glyph))

    def wrap(self, text: str, limit: int) -> list[str]:
        """Lines of at most ``limit`` cells: at spaces where there are any, else between characters."""
        lines: list[str] = []
        for paragraph in text.splitlines() or [""]:
            lines.extend(self._wrap(self.printable(paragraph), limit))
        return lines

    def justify(self, left: str, right: str, limit: int) -> list[str]:
        """``left`` and ``right`` at the edges of one line; of more when they do not fit together."""
        above = self.wrap(left, limit)
        below = self.wrap(right, limit)
        if self.width(above[-1]) + 1 + self.width(below[0]) <= limit:
            gap = limit - self.width(above[-1]) - self.width(below[0])
            joined = above[-1] + " " * gap + below[0]
            return [*above[:-1], joined, *(self._right(line, limit) for line in below[1:])]
        return [*above, *(self._right(line, limit) for line in below)]

    def columns(self, cells: tuple[str, ...], shares: tuple[int, ...], limit: int) -> list[str]:
        """Cells side by side, the first at its left edge, the others at their right; tall cells wrap."""
        if len(cells) != len(shares):
            raise ValueError(f"a row of {len(cells)} cells has {len(shares)} widths")
        widths = _share_out(shares, limit)
        stacks = [
            # One cell stays free before a right-aligned column, or two figures would read as one.
            self.wrap(cell, width if index == 0 else max(2, width - 1))
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return [
            "".join(
                self._left(part, width) if index == 0 else self._right(part, width)
                for index, (part, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in _level(stacks)
        ]

    def _left(self, text: str, limit: int) -> str:
        return text + " " * (limit - self.width(text))

    def _right(self, text: str, limit: int) -> str:
        return " " * (limit - self.width(text)) + text

    def _wrap(self, text: str, limit: int) -> Iterator[str]:
        """Greedy, always at least one character a line."""
        start, used, break_at = 0, 0, 0
        for at, char in enumerate(text):
            cells = _cells(char, self.hanzi)
            if char == " " or cells > 1:
                break_at = at
            if used + cells > limit and at > start:
                end = break_at if break_at > start else at
                yield text[start:end].rstrip()
                start = end + (text[end] == " ")
                used = self.width(text[start : at + 1])
            else:
                used += cells
            if cells > 1:
                break_at = at + 1
        yield text[start:].rstrip()


def _level(stacks: list[list[str]]) -> Iterator[list[str]]:
    """The lines of a row whose cells have different heights."""
    for row in range(max(len(stack) for stack in stacks)):
        yield [stack[row] if row < len(stack) else "" for stack in stacks]


def _share_out(shares: tuple[int, ...], limit: int) -> list[int]:
    """Whole cells per column; what division leaves over goes to the first."""
    widths = [limit * share // sum(shares) for share in shares]
    widths[0] += limit - sum(widths)
    return widths


@lru_cache(maxsize=8192)
def _glyph(char: str, hanzi: Hanzi) -> str:
    """What is printed for ``char``: itself, its plain form, an empty box, or nothing."""
    if " " <= char <= "~":
        return char
    if unicodedata.category(char) in _PAPER_HAS_NO:
        return ""
    plain = unicodedata.normalize("NFKC", char)
    for candidate in (char, plain if len(plain) == 1 else "", MISSING):
        if candidate and _has(candidate, hanzi):
            return candidate
    return "?"


def _has(char: str, hanzi: Hanzi) -> bool:
    try:
        return char.encode(_CODECS[hanzi])[0] >= 0x20
    except UnicodeEncodeError:
        return False


@lru_cache(maxsize=8192)
def _cells(char: str, hanzi: Hanzi) -> int:
    if hanzi == "utf8":
        return 2 if unicodedata.east_asian_width(char) in "WFA" else 1
    return min(2, len(char.encode(_CODECS[hanzi])))
