"""How far a long piece of work has got, on stderr: a bar for a person, a line every tenth for a log."""

import sys
from types import TracebackType
from typing import Self

import click

BAR_CELLS = 30
TENTHS = 10


class Progress:
    """Counts up to ``total``; ``with`` clears the bar away at the end. Nothing is said of nothing."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._tenth = 0
        self._drawn = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._drawn:
            click.echo("\r\x1b[K", nl=False, err=True)

    def add(self, count: int) -> None:
        """``count`` more are done."""
        # What is sold while this runs takes the count past the total.
        self._total = max(self._total, self._done + count)
        self._done += count
        if self._drawn:
            self._draw()
        elif self._done * TENTHS // self._total > self._tenth:
            self._tenth = self._done * TENTHS // self._total
            click.echo(f"{self._label}: {self._tenth * TENTHS} %", err=True)

    def _draw(self) -> None:
        filled = BAR_CELLS * self._done // self._total
        bar = "#" * filled + "." * (BAR_CELLS - filled)
        click.echo(f"\r{self._label} [{bar}] {self._done}/{self._total}", nl=False, err=True)
