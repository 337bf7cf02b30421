"""``tillside explain``: what each rule did, with a basket or with a receipt of the past."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from edge.cli.ledger_file import ConfigFile, Db, InLang, language, ledger_of
from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.rules.bundle_file import AsJson, answers, load
from edge.cli.rules.trace_table import print_explained
from edge.cli.verbs import example
from edge.config import Config
from edge.reports.explanation_words import Lang


@click.command(
    epilog=example(
        "tillside explain S001-261122-0007 --lang en",
        "tillside explain S001-261122-0007 --db /backup/ledger.db --json",
        "tillside rules explain programme.yaml requests.jsonl",
    )
)
@click.argument("subject", metavar="RECEIPT | BUNDLE")
@click.argument("requests", type=click.File("rb"), required=False)
@Db
@ConfigFile
@InLang
@AsJson
def explain(
    subject: str,
    requests: Iterator[bytes] | None,
    db: Path | None,
    config_file: Path,
    lang: Lang | None,
    as_json: bool,
) -> Exit:
    """Say what each rule did, or why it did nothing.

    With a RECEIPT (its number, or the id of a sale or refund): finds it in the ledger, puts it through the rules
    that decided it once more, and says line by line where its price and its points come from. The daemon may run.
    Exits with 2 when the replay is not what the ledger says.

    With a BUNDLE and a file of REQUESTS (one JSON object a line, - for stdin): evaluates each.
    """
    if requests is not None:
        _explain_requests(Path(subject), requests, as_json)
        return Exit.OK
    if Path(subject).is_file():
        raise click.UsageError("Missing argument 'REQUESTS'.")
    path, config = ledger_of(db, config_file)
    return _explain_receipt(subject, path, config, lang, as_json)


def _explain_requests(bundle: Path, requests: Iterator[bytes], as_json: bool) -> None:
    if not bundle.is_file():
        raise click.UsageError(f"{bundle} is no bundle file.")
    program = load(bundle)
    for explained in answers(program.explain, requests):
        if as_json:
            click.echo(explained)
        else:
            print_explained(msgspec.json.decode(explained))


def _explain_receipt(
    reference: str, path: Path, config: Config | None, lang: Lang | None, as_json: bool
) -> Exit:
    # The ledger and the words are not needed for a bundle's requests, and are most of what this would import.
    from edge.cli.receipt_text import page, refund_lines
    from edge.counter.proving import explained, find_refund, prove
    from edge.reports.explanation_words import WORDS
    from edge.storage.history import history

    chosen = language(lang, config)
    with history(path) as past:
        proof, refund = prove(past, reference), find_refund(past, reference)
    if proof is not None:
        told = explained(proof, chosen)
        emit(told if as_json else "\n".join(page(told, WORDS[chosen])), as_json)
        return Exit.OK if told.match else Exit.FAILED
    if refund is None:
        raise CommandFailed(
            f"no receipt {reference} in {path}", "sale.find on the till's socket lists receipts"
        )
    emit(refund if as_json else "\n".join(refund_lines(refund, WORDS[chosen])), as_json)
    return Exit.OK
