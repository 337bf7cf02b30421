"""``tillside reminders``: everything that is due, read from the ledger; the daemon may run or not."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.status import AsJson, ConfigFile
from edge.cli.verbs import example
from edge.config import Config, load, read_bundle_file

COLUMNS = ("due", "days", "kind", "phone", "subject")


@click.command(
    epilog=example(
        "tillside reminders",
        "tillside reminders --kind delivery --kind call",
        "tillside reminders --until 2026-12-31 --json | jq '.reminders[].text.zh'",
    )
)
@click.option("--kind", "kinds", multiple=True, help="Only this kind, like delivery or birthday; any number.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; without it a week ahead.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="At most, a kind.")
@ConfigFile
@AsJson
def reminders(
    kinds: tuple[str, ...], until: datetime | None, limit: int, config_file: Path, as_json: bool
) -> None:
    """List what is due: deliveries, calls, birthdays, what ends, credit, stock, members who stay away.

    Reads the ledger that the configuration names, under its programme.
    """
    config = load(config_file)
    day = until.date().isoformat() if until else None
    found = _gathered(config, {"kinds": kinds, "until_day": day, "limit": limit})
    if as_json:
        emit(found, as_json)
        return
    lang = "en" if config.store.lang == "en" else "zh"
    emit(
        [
            {column: one[column] for column in COLUMNS} | {"what": one["text"][lang]}
            for one in found["reminders"]
        ],
        as_json,
    )
    for kind in found["cut"]:
        click.echo(f"more than {limit} of {kind}: raise --limit", err=True)


def _gathered(config: Config, asked: dict[str, Any]) -> dict[str, Any]:
    """What reminder.list would answer."""
    # The counter is most of what this would import, and --help needs none of it.
    from edge.clock import SystemClock
    from edge.counter.reminders import KINDS, ListRequest, gathered
    from edge.domain.rules.compile import BundleRefused, load_programme
    from edge.errors import PosError

    try:
        request = msgspec.convert(asked, ListRequest)
        programme = load_programme(read_bundle_file(Path(config.programme.bundle)))
        reply = asyncio.run(gathered(config, programme, SystemClock().now_ms(), request))
    except msgspec.ValidationError as error:
        raise CommandFailed(str(error), f"the kinds are {', '.join(KINDS)}", Exit.USAGE) from error
    except BundleRefused as refused:
        raise CommandFailed(f"{config.programme.bundle}: {refused}", "tillside rules check") from refused
    except PosError as refusal:
        raise CommandFailed(refusal.message, "tillside reminders --help", Exit.USAGE) from refusal
    found: dict[str, Any] = msgspec.to_builtins(reply)
    return found
