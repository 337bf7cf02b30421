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
    """Read FILE as the daemon would and name the first key that is wrong.

    FILE is /etc/tillside/tillside.toml unless given.
    """
    read = load(file)
    summary = {
        "file": str(file),
        "store": f"{read.store.node} {read.store.name}",
        "database": str(read.paths.database),
        "bundle": read.programme.bundle,
        "hq": read.hq.broker if read.hq else None,
        "devices": [
            f"{device.kind} {device.name}: {device.driver} on {device.port}" for device in read.device
        ],
    }
    emit(summary, as_json)
