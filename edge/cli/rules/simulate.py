"""``tillside rules simulate``: what a bundle would have done to the receipts of the past."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from edge.cli.ledger_file import ConfigFile, InLang, LedgerPath, language, ledger_of
from edge.cli.output import CommandFailed, emit
from edge.cli.progress import Progress
from edge.cli.rules.bundle_file import AsJson
from edge.cli.rules.simulation_text import simulation_text
from edge.cli.verbs import example
from edge.config import read_bundle_file
from edge.counter.simulating import Candidate, Simulator, candidate
from edge.domain.rules.compile import BundleRefused
from edge.domain.simulation import Report
from edge.reports.explanation_words import Lang
from edge.storage.history import FIRST_DAY, LAST_DAY, History, Span, history

Bundle = click.Path(exists=True, dir_okay=False, path_type=Path)
Day = click.DateTime(["%Y-%m-%d"])


@click.command(
    epilog=example(
        "tillside rules simulate next.yaml --days 30",
        "tillside rules simulate next.yaml --against now.yaml --db a.db --db b.db --xlsx effect.xlsx",
    )
)
@click.argument("new", type=Bundle)
@click.option("--against", type=Bundle, help="Compare with this bundle, not with those that decided.")
@click.option("--db", "dbs", type=LedgerPath, multiple=True, help="A ledger; may be given more than once.")
@ConfigFile
@click.option("--days", type=click.IntRange(1), help="The last so many business days of each ledger.")
@click.option("--from", "first", type=Day, help="First business day.")
@click.option("--to", "last", type=Day, help="Last business day.")
@click.option("--store", help="Only receipts of this store.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write a workbook with charts.")
@InLang
@AsJson
def simulate(
    new: Path,
    against: Path | None,
    dbs: Sequence[Path],
    config_file: Path,
    days: int | None,
    first: Any,
    last: Any,
    store: str | None,
    xlsx: Path | None,
    lang: Lang | None,
    as_json: bool,
) -> None:
    """Put past receipts through the bundle NEW and through the one that decided them; say what changes for whom.

    Reads the ledger only; the daemon may run. Money is fen as paid, points are those earned. What depends on
    the receipts before (tiers, limits, coupons held) stands as it was asked on the day.
    """
    if days and (first or last):
        raise click.UsageError("--days goes without --from and --to.")
    default, config = ledger_of(dbs[0] if dbs else None, config_file)
    simulator = Simulator(_loaded(new), _loaded(against) if against else None, store)
    for path in dbs or (default,):
        with history(path) as past:
            span = _span(past, days, first, last)
            with Progress(path.name, past.count(span)) as progress:
                simulator.run(past, span, progress.add)
    report = simulator.report()
    if xlsx:
        _write(xlsx, report, language(lang, config))
    emit(report if as_json else "\n".join(simulation_text(report)), as_json)


def _write(file: Path, report: Report, lang: Lang) -> None:
    from edge.reports.workbook import workbook  # XlsxWriter is for those who want a workbook

    try:
        file.write_bytes(workbook(report, lang))
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from error


def _loaded(file: Path) -> Candidate:
    try:
        return candidate(read_bundle_file(file))
    except BundleRefused as error:
        raise CommandFailed(f"{file}: {error}", f"tillside rules check {file}") from error


def _span(past: History, days: int | None, first: Any, last: Any) -> Span:
    """The business days asked for; ``days`` counts back from the ledger's latest sale."""
    newest = past.newest_day()
    if days and newest:
        return Span((date.fromisoformat(newest) - timedelta(days - 1)).isoformat(), newest)
    return Span(
        first.date().isoformat() if first else FIRST_DAY, last.date().isoformat() if last else LAST_DAY
    )
