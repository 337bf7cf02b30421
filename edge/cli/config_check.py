"""``tillside config``: is the configuration file one that the daemon would start with?"""

from pathlib import Path

import click

from edge.cli.output import emit
from edge.config import load

DEFAULT = "/etc/tillside/tillside.toml"


@click.group()
def config() -> None:
    """Check the configuration file."""


@config.command()
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(file: Path, as_json: bool) -> None:
    """Read FILE, its rule bundle and its devices' drivers as the daemon would; name the first thing wrong.

    FILE is /etc/tillside/tillside.toml unless given. No device is opened.
    """
    from edge.app import check_parts  # only this verb needs the daemon's parts

    read = load(file)
    programme = check_parts(read)
    summary = {
        "file": str(file),
        "store": f"{read.store.node} {read.store.name}",
        "database": str(read.paths.database),
        "bundle": f"{read.programme.bundle} ({programme})",
        "hq": read.hq.shown if read.hq else None,
        "devices": [
            f"{device.kind} {device.name}: {device.driver} on {device.port}" for device in read.device
        ],
    }
    emit(summary, as_json)
