"""``tillside sync``: where the queue to HQ stands, and a push when somebody waits for it."""

from pathlib import Path

import click

from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.status import TIMEOUT_S, AsJson, ConfigFile
from edge.cli.verbs import example
from edge.config import load
from edge.rpc.client import Client


@click.group()
def sync() -> None:
    """The conversation with HQ."""


@sync.command("status", epilog=example("tillside sync status --json | jq .queued"))
@ConfigFile
@AsJson
def status(config_file: Path, as_json: bool) -> None:
    """Say how many events wait for HQ, for how long, and why."""
    _ask("sync.status", config_file, as_json)


@sync.command("now", epilog=example("tillside sync now"))
@ConfigFile
@AsJson
def now(config_file: Path, as_json: bool) -> None:
    """Try to reach HQ now rather than when the next try is due."""
    _ask("sync.now", config_file, as_json)


def _ask(method: str, config_file: Path, as_json: bool) -> None:
    config = load(config_file)
    try:
        with Client(config.paths.admin_socket, TIMEOUT_S) as box:
            box.hello("sync")
            emit(box.call(method), as_json)
    except OSError as error:
        raise CommandFailed(
            f"the daemon does not answer on {config.paths.admin_socket}: {error.strerror or error}",
            "systemctl start tillside, or tillside doctor",
            Exit.UNREACHABLE,
        ) from error
