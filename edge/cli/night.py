"""``tillside night``: the night's work now, rather than at the next business day."""

import sys
from pathlib import Path

import click

from edge.cli.box import daemon
from edge.cli.output import Exit, emit
from edge.cli.status import AsJson, ConfigFile
from edge.cli.verbs import example

TIMEOUT_S = 3600.0
"""A first night over 100,000 members takes minutes."""


@click.command(epilog=example("tillside night", "tillside night --json | jq .warned"))
@ConfigFile
@AsJson
def night(config_file: Path, as_json: bool) -> Exit:
    """Warn and lower idle members, let lapse what is over, pay rebates: now. Tills go on selling.

    The daemon does so by itself on every business day; doing it again changes nothing.
    """
    if sys.stderr.isatty():
        click.echo("going through all members …", err=True)
    with daemon(config_file, "night", TIMEOUT_S) as box:
        done = box.call("admin.night.run")
    emit(done, as_json)
    return Exit.OK
