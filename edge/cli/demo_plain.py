"""The demo in plain lines, for a pipe; and how a receipt's lines stand on a terminal."""

import unicodedata
from collections.abc import Iterator, Sequence

import click

from edge.testing.screen import Shown, Slip

LAMPS = {"none": "", "price": "单价", "total": "总计", "paid": "收款", "change": "找零"}
"""What is printed beside the lamps of an LED8."""


class PlainScreen:
    """Lines of text, nothing else."""

    def __init__(self) -> None:
        self._scenes = 0

    def progress(self, zh: str, en: str) -> None:
        click.echo(f"... {zh} · {en}")

    def scene(self, zh: str, en: str) -> None:
        self._scenes += 1
        click.echo(f"\n== {self._scenes}. {zh} · {en}")

    def say(self, text: str) -> None:
        click.echo(f"  {text}")

    def slip(self, slip: Slip) -> None:
        for line in (*_framed(slip.receipt), *_moments(slip.shown), *slip.notes):
            click.echo(f"  {line}".rstrip())

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(map(width, column)) for column in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            cells = (
                _justified(cell, size, row is not columns) for cell, size in zip(row, widths, strict=True)
            )
            click.echo(f"  {'  '.join(cells)}".rstrip())

    def verdict(self, holds: bool, text: str) -> None:
        click.echo(f"  {'✓' if holds else '✗'} {text}")

    def end(self) -> None:
        """Nothing was taken."""


def width(text: str) -> int:
    """Cells on a terminal: a Chinese character is two wide."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def paper_lines(receipt: str) -> list[str]:
    """The printed lines without the feed before the cut, aligned for a terminal.

    In GBK some characters are two cells wide on paper and one on a terminal.
    """
    return ["".join(_as_on_paper(char) for char in line).rstrip() for line in receipt.rstrip().split("\n")]


def _as_on_paper(char: str) -> str:
    return char + " " * (min(2, len(char.encode("gb18030", "replace"))) - width(char))


def _framed(receipt: str) -> Iterator[str]:
    lines = paper_lines(receipt)
    across = max(map(width, lines))
    yield f"┌{'─' * (across + 2)}┐"
    for line in lines:
        yield f"│ {line}{' ' * (across - width(line))} │"
    yield f"└{'─' * (across + 2)}┘"


def _moments(moments: Sequence[Shown]) -> Iterator[str]:
    for shown in moments:
        yield f"{shown.moment}: [{shown.pole[0]}|{shown.pole[1]}] LED8 {LAMPS[shown.lamp]} {shown.digits}"


def _justified(cell: str, size: int, body: bool) -> str:
    space = " " * (size - width(cell))
    return space + cell if body and is_figure(cell) else cell + space


def is_figure(cell: str) -> bool:
    """A number with or without a point, which stands at the right of its column."""
    return cell.replace(".", "", 1).removeprefix("-").isdigit()
