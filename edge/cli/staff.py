"""``tillside staff``: who works in the shop, and who may do what."""

import asyncio
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edge.cli.box import daemon
from edge.cli.ledger_file import ConfigFile, Db, ledger_of
from edge.cli.output import CommandFailed, emit
from edge.cli.status import AsJson
from edge.cli.verbs import example
from edge.domain.staff import ROLES

Day = click.DateTime(["%Y-%m-%d"])


@click.group()
def staff() -> None:
    """Register staff; say who may do what."""


@staff.command("list", epilog=example("tillside staff list"))
@ConfigFile
@AsJson
def list_staff(config_file: Path, as_json: bool) -> None:
    """Show everybody who was ever registered; cards are masked."""
    with daemon(config_file, "staff") as box:
        found = box.call("admin.staff.list")
    if found["open_to_all"] and not as_json:
        click.echo("nobody is registered: tills may do everything, and any name approves", err=True)
    emit(found["staff"], as_json)


@staff.command(
    epilog=example(
        "tillside staff add M1 店长李 --role manager --card 990001 --with-pin",
        "tillside staff add C1 小王 --role cashier",
    )
)
@click.argument("person", metavar="ID")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--card", help="The number of the staff card; an empty one takes it away.")
@click.option("--with-pin", is_flag=True, help="Ask for a PIN of 4 to 12 digits.")
@ConfigFile
@AsJson
def add(
    person: str, name: str, role: str, card: str | None, with_pin: bool, config_file: Path, as_json: bool
) -> None:
    """Register somebody, or change name, role, card or PIN of somebody who is."""
    known: dict[str, Any] = {"id": person, "name": name, "role": role}
    if card is not None:
        known["card"] = card
    if with_pin:
        known["pin"] = click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    _put(config_file, as_json, **known)


@staff.command(epilog=example("tillside staff remove C1"))
@click.argument("person", metavar="ID")
@ConfigFile
@AsJson
def remove(person: str, config_file: Path, as_json: bool) -> None:
    """Let somebody go: signed out at once, card and PIN taken; the name stays on the list."""
    with daemon(config_file, "staff") as box:
        listed = {one["id"]: one for one in box.call("admin.staff.list")["staff"]}
    if person not in listed:
        raise CommandFailed(f"nobody has the id {person}", "tillside staff list")
    known = {key: listed[person][key] for key in ("id", "name", "role")}
    _put(config_file, as_json, **known, card="", pin="", active=False)


@staff.command(
    epilog=example("tillside staff matrix", "tillside staff matrix --json | jq '.[\"sale.void\"]'")
)
@click.option("--markdown", is_flag=True, help="Print it as the guide shows it.")
@AsJson
def matrix(markdown: bool, as_json: bool) -> None:
    """Show who may do what: allow, approve (with a manager's card or PIN) or deny."""
    from edge.counter.permissions import MATRIX, as_markdown

    if markdown:
        click.echo(as_markdown())
    elif as_json:
        emit({action: grant._asdict() for action, grant in MATRIX.items()}, as_json)
    else:
        emit([{"action": action, **grant._asdict()} for action, grant in MATRIX.items()], as_json)


@staff.command(
    epilog=example("tillside staff commission --from 2026-11-01 --to 2026-11-30 --salesperson 小李 --json")
)
@click.option("--from", "first_day", type=Day, required=True, help="The first business day.")
@click.option("--to", "last_day", type=Day, required=True, help="The last business day, included.")
@click.option("--salesperson", help="Only this one's.")
@Db
@ConfigFile
@AsJson
def commission(
    first_day: datetime,
    last_day: datetime,
    salesperson: str | None,
    db: Path | None,
    config_file: Path,
    as_json: bool,
) -> None:
    """Sum up commission by salesperson and rule, refunds taken off; the daemon may run."""
    # What reads the ledger is most of what this would import.
    from edge.storage.commission_sums import commission_sums

    path, _ = ledger_of(db, config_file)
    days = (first_day.date().isoformat(), last_day.date().isoformat())
    emit(asyncio.run(commission_sums(path, *days, salesperson)), as_json)


def _put(config_file: Path, as_json: bool, **known: Any) -> None:
    with daemon(config_file, "staff") as box:
        made = box.call("admin.staff.put", idem=str(uuid.uuid4()), **known)
    emit([made["person"]] if not as_json else made["person"], as_json)
