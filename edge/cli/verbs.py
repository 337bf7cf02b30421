"""A group of verbs as a table: each verb is a click command in a module of its own, imported when it is called."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import click


class Verb(NamedTuple):
    """Where a verb lives (``module:command``) and its line in the overview, which must not import it."""

    home: str
    summary: str


class Verbs(click.Group):
    """A group that knows its verbs by name and imports the one that is asked for."""

    def __init__(self, *args: Any, verbs: Mapping[str, Verb], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, verb in self.verbs.items() if find_spec(verb.home.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = self.verbs[cmd_name].home.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.verbs[name].summary) for name in self.list_commands(ctx)])


def example(*commands: str) -> str:
    """The end of a verb's help: what to type."""
    return "\n".join(("\b", "Example:", *(f"  {command}" for command in commands)))
