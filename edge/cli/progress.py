"""How far a long piece of work has got, on stderr: a bar for a person, a line every tenth for a log."""

import sys
import time
from types import TracebackType
from typing import Self

import click

BAR_CELLS = 30
TENTHS = 10
PACE_AFTER_S = 0.5
"""Before that a pace would only be a guess."""


class Progress:
    """Counts up to ``total``; ``with`` clears the bar away at the end. Nothing is said of nothing."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._tenth = 0
        self._drawn = sys.stderr.isatty()
        self._began_s = time.monotonic()

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
        pace = self._pace(time.monotonic() - self._began_s)
        click.echo(f"\r{self._label} [{bar}] {self._done}/{self._total}{pace}\x1b[K", nl=False, err=True)

    def _pace(self, took_s: float) -> str:
        """How many a second so far, and how long it will go on like this."""
        if took_s < PACE_AFTER_S or not self._done:
            return ""
        rate = self._done / took_s
        minutes, seconds = divmod(round((self._total - self._done) / rate), 60)
        return f" {rate:.0f}/s {minutes}:{seconds:02d} left"
