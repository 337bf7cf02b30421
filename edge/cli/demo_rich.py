"""The demo for a person at a terminal: colours, frames and a spinner. Rich is imported here and nowhere else."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from edge.cli.demo_plain import LAMPS, is_figure, paper_lines
from edge.testing.screen import Shown, Slip

LED_DIGITS = 9


class RichScreen:
    """For a person at a terminal."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._status = self._console.status("")
        self._scenes = 0

    def progress(self, zh: str, en: str) -> None:
        self._status.update(f"[bold]{zh}[/] · {en}")
        self._status.start()

    def scene(self, zh: str, en: str) -> None:
        self.end()
        self._scenes += 1
        title = Text.assemble((f" {self._scenes}  {zh} ", "bold reverse cyan"), f"  {en} ")
        self._console.print()
        self._console.print(Rule(title, align="left", style="cyan"))

    def say(self, text: str) -> None:
        self.end()
        self._console.print(Text(f"  {text}"))

    def slip(self, slip: Slip) -> None:
        """Receipt on the left; displays and notes on the right, if the terminal is wide enough."""
        self.end()
        paper = Panel(
            Text("\n".join(paper_lines(slip.receipt))), expand=False, border_style="dim", padding=(0, 1)
        )
        beside: list[RenderableType] = [_displays(shown) for shown in slip.shown]
        beside += [Text(f"  {note}", style="yellow") for note in slip.notes]
        layout = Table.grid(padding=(0, 1))
        layout.add_row(paper, Group(*beside))
        self._console.print(layout)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.end()
        table = Table(box=None, header_style="bold", padding=(0, 2))
        for index, column in enumerate(columns):
            figures = all(is_figure(row[index]) for row in rows)
            table.add_column(Text(column), justify="right" if figures else "left")
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)

    def verdict(self, holds: bool, text: str) -> None:
        self.end()
        mark, style = ("✓", "bold green") if holds else ("✗", "bold red")
        self._console.print(Text.assemble((f"  {mark} ", style), text))

    def end(self) -> None:
        """Stop the spinner."""
        self._status.stop()


def _displays(shown: Shown) -> RenderableType:
    """One moment of the pole display, and of the LED8 beneath it."""
    pole = Text("\n".join(shown.pole), style="bold bright_green on grey11")
    leds = Text(f" LED8  {LAMPS[shown.lamp]} {shown.digits:>{LED_DIGITS}}", style="bright_red")
    return Group(Panel(pole, title=shown.moment, expand=False, border_style="green", padding=0), leds)
