"""How every verb speaks: results on stdout, plain when piped; errors on stderr, with what to do about them."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import click
import msgspec

from edge.cli.cells import width
from edge.errors import TillsideError


class Exit(IntEnum):
    """What a script reads off any verb."""

    OK = 0
    USAGE = 1
    FAILED = 2
    UNREACHABLE = 3
    DEGRADED = 4
    INTERRUPTED = 130


class CommandFailed(TillsideError):
    """A verb could not do its work; ``todo`` is the next thing to do or the next command to run."""

    def __init__(self, message: str, todo: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.todo = todo
        self.code = code


def emit(result: object, as_json: bool) -> None:
    """Print a text, a mapping (one line a key) or rows (one table); Structs and dataclasses count as mappings."""
    if as_json:
        click.echo(msgspec.json.encode(result))
        return
    plain = msgspec.to_builtins(result, str_keys=True)
    if isinstance(plain, str):
        click.echo(plain)
    elif isinstance(plain, Mapping):
        click.echo("\n".join(_aligned([(key, _cell(value)) for key, value in plain.items()])))
    elif plain and sys.stdout.isatty():
        _print_rich(plain)
    elif plain:
        click.echo("\n".join(_aligned([_columns(plain), *_cells(plain)])))


def complain(message: str, todo: str = "") -> None:
    """Print ``error: … → what to do`` on stderr."""
    click.echo(f"error: {message}" + (f" → {todo}" if todo else ""), err=True)


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The keys of all rows, in order of first sight."""
    return tuple(dict.fromkeys(key for row in rows for key in row))


def _cells(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(_cell(row.get(column)) for column in _columns(rows)) for row in rows]


def _cell(value: object) -> str:
    """Lists and mappings become JSON, so that a cell stays one cell."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case _:
            return msgspec.json.encode(value).decode()


def _aligned(table: Sequence[Sequence[str]]) -> Iterable[str]:
    """Columns two spaces apart; a Chinese character is two cells wide. Nothing is cut or wrapped."""
    widest = [max(map(width, column)) for column in zip(*table, strict=True)]
    for row in table:
        padded = (cell + " " * (cells - width(cell)) for cell, cells in zip(row, widest, strict=True))
        yield "  ".join(padded).rstrip()


def _print_rich(rows: Sequence[Mapping[str, Any]]) -> None:
    """The same table for a person at a terminal. Rich costs 60 ms to import: only here."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*_columns(rows), box=None, header_style="bold", pad_edge=False)
    for row in _cells(rows):
        table.add_row(*map(Text, row))  # Text: a bracket in a cell is a bracket, not markup
    Console().print(table)
