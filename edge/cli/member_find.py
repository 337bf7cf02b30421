"""``tillside members find``: who is it? Read from the ledger, whether the daemon runs or not."""

from pathlib import Path

import click

from edge.cli.ledger_file import ConfigFile, Db, ledger_of
from edge.cli.output import CommandFailed, emit
from edge.cli.status import AsJson
from edge.cli.verbs import example
from edge.domain.member import masked_number
from edge.storage.member_search import Found, search

SHOWN_MAX = 50

EXAMPLE = example("tillside members find 80001234", "tillside members find 王小 --json")


@click.command(epilog=EXAMPLE)
@click.argument("query")
@Db
@ConfigFile
@AsJson
def find(query: str, db: Path | None, config_file: Path, as_json: bool) -> None:
    """Find members by card number (an old one too), UID, phone or its end, part of the name, or id."""
    if not query.strip():
        raise click.BadParameter("say whom", param_hint="QUERY")
    path, _ = ledger_of(db, config_file)
    found = search(path, query.strip(), SHOWN_MAX + 1)
    if not found:
        raise CommandFailed(
            f"nobody here matches {query!r}", "try a part of the name, or the phone's last digits"
        )
    emit([_shown(one) for one in found[:SHOWN_MAX]], as_json)
    if len(found) > SHOWN_MAX:
        click.echo(f"only the first {SHOWN_MAX}: say more", err=True)


def _shown(found: Found) -> dict[str, object]:
    member = found.member
    return {
        "card_no": member.card_no,
        "name": member.name,
        "phone": masked_number(member.phone) if member.phone else "",
        "tier": member.tier,
        "status": member.status,
        "points": found.points,
        "stored_fen": found.stored_fen,
        "cumulative_fen": member.cumulative_fen,
        "id": member.id,
    }
