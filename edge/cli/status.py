"""``tillside status``: how the running daemon is, in its own words."""

from pathlib import Path
from typing import Any

import click

from edge.cli.config_check import DEFAULT
from edge.cli.output import CommandFailed, Exit, emit
from edge.config import Config, load
from edge.rpc.client import Client

TIMEOUT_S = 5.0

EXAMPLE = """\b
Example:
  tillside status --json | jq .queued
"""

ConfigFile = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT),
    show_default=True,
    help="The configuration file.",
)
AsJson = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
Strict = click.option("--strict", is_flag=True, help="Exit with 4 when something is degraded.")


@click.command(epilog=EXAMPLE)
@ConfigFile
@AsJson
@Strict
def status(config_file: Path, as_json: bool, strict: bool) -> Exit:
    """Say how the running daemon is: its ledger, its devices, its queue to HQ."""
    config = load(config_file)
    try:
        facts = ask(config)
    except OSError as error:
        raise CommandFailed(
            f"the daemon does not answer on {config.paths.admin_socket}: {error.strerror or error}",
            "systemctl start tillside, or tillside doctor",
            Exit.UNREACHABLE,
        ) from error
    devices = facts["devices"]
    if as_json:
        emit(facts, as_json)
    else:
        emit({key: value for key, value in facts.items() if key != "devices"}, as_json)
        emit([_row(device) for device in devices], as_json)
    return Exit.DEGRADED if strict and facts["degraded"] else Exit.OK


def ask(config: Config) -> dict[str, Any]:
    """What the daemon says of itself; raises OSError where there is none."""
    with Client(config.paths.admin_socket, TIMEOUT_S) as box:
        hello = box.hello("status")
        sync = box.call("sync.status")
        devices = box.call("device.list")["devices"]
    return {
        "store": hello["store"],
        "time": hello["server_time"],
        "business_date": hello["business_date"],
        "rules_version": hello["rules_version"],
        "operations": hello["seq"],
        "incarnation": hello["incarnation"],
        "hq": ("online" if sync["online"] else "offline") if sync["configured"] else "none",
        "queued": sync["queued"],
        "oldest_s": sync["oldest_s"],
        "alarm": sync["alarm"],
        "last_error": sync["last_error"],
        "degraded": [device["name"] for device in devices if trouble(device)]
        + (["hq"] if sync["configured"] and (sync["alarm"] or not sync["online"]) else []),
        "devices": devices,
    }


def trouble(device: dict[str, Any]) -> str:
    """Why the device cannot work now; empty when it can."""
    if device["power"] != "online":
        return str(device["last_error"]) or "not there"
    if device["cover_open"]:
        return "cover open"
    if device["paper"] == "out":
        return "out of paper"
    return "in error" if device["error"] else ""


def _row(device: dict[str, Any]) -> dict[str, Any]:
    return {
        "device": device["name"],
        "kind": device["kind"],
        "driver": device["driver"],
        "port": device["port"],
        "state": trouble(device) or "ok",
    }
