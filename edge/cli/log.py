"""``tillside log``: what was asked of this box, by whom, with what result, and whether anybody has touched the log."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from edge.cli.ledger_file import ConfigFile, Db, ledger_of
from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.status import AsJson
from edge.cli.verbs import example


@click.command(
    epilog=example(
        "tillside log --since 2026-11-24 --staff M1",
        "tillside log --refused --limit 20",
        "tillside log --kind sale.refund --db /backup/ledger.db --json",
    )
)
@click.option("--since", help="From this day or moment on.")
@click.option("--until", help="Up to this day (included) or moment.")
@click.option("--terminal", help="Only what this till asked.")
@click.option("--kind", help="Only this method, such as sale.refund.")
@click.option("--staff", help="Only where this one was cashier, approved, or was signed in.")
@click.option("--refused", is_flag=True, help="Only what was refused.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True)
@Db
@ConfigFile
@AsJson
def log(
    since: str | None,
    until: str | None,
    terminal: str | None,
    kind: str | None,
    staff: str | None,
    refused: bool,
    limit: int,
    db: Path | None,
    config_file: Path,
    as_json: bool,
) -> Exit:
    """Show the operation log, the oldest first, and verify its hash chain over what is shown.

    Reads the ledger itself: the daemon may run or not. Exits with 2 where an operation is not what was written.
    """
    # The ledger is most of what this would import.
    from edge.counter.op_log import LogRequest, read_log
    from edge.errors import PosError

    path, config = ledger_of(db, config_file)
    asked = LogRequest(since, until, terminal, kind, staff, refused, limit)
    try:
        found = read_log(path, asked, config.store.zone if config else ZoneInfo("UTC"))
    except PosError as error:
        raise CommandFailed(error.message, "tillside log --help", Exit.USAGE) from error
    chain = found.chain
    if as_json:
        emit(found, as_json)
    else:
        emit(found.operations, as_json)
        click.echo(_told(chain.first, chain.last, chain.broken))
    return Exit.OK if chain.ok else Exit.FAILED


def _told(first: int | None, last: int | None, broken: int | None) -> str:
    if first is None:
        return "no such operations"
    if broken is not None:
        return (
            f"CHAIN BROKEN: operation {broken} is not what was written → tillside doctor, restore the backup"
        )
    return f"chain ok: operations {first} to {last} are what was written"
