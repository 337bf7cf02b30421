"""``tillside members``: take members over from an old system; find one."""

from pathlib import Path

import click

from edge.cli.verbs import Verb, Verbs

VERBS = {
    "import": Verb("edge.cli.member_import:import_members", "Take members over from a CSV or Excel table."),
    "find": Verb("edge.cli.member_find:find", "Find members by card, phone, name or id."),
}


@click.group(cls=Verbs, verbs=VERBS)
def members() -> None:
    """Take members over from an old system; find one."""


TablePath = click.Path(exists=True, dir_okay=False, path_type=Path)
