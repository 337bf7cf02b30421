"""``tillside rules explain``: what each rule did with a basket, or why it did nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from edge.cli.output import emit
from edge.cli.rules.bundle_file import AsJson, BundleFile, RequestsFile, answers, load
from edge.cli.verbs import example


@click.command(epilog=example("tillside rules explain programme.yaml requests.jsonl"))
@BundleFile
@RequestsFile
@AsJson
def explain(bundle: Path, requests: Iterator[bytes], as_json: bool) -> None:
    """Evaluate REQUESTS and print per rule what it did: fired, or the reason why not."""
    program = load(bundle)
    for explained in answers(program.explain, requests):
        if as_json:
            click.echo(explained)
        else:
            print_explained(msgspec.json.decode(explained))


def print_explained(explained: dict[str, Any]) -> None:
    """The result in one line, then a table with a row for every rule."""
    result = explained["result"]
    emit("  ".join(f"{name} {result[name]}" for name in ("gross", "discount", "payable", "points")), False)
    emit([_row(step) for step in explained["trace"]], False)


def _row(step: dict[str, Any]) -> dict[str, Any]:
    """A step of the trace in four columns; what is short, or which rule or group won, goes with the reason."""
    winner_or_lack = [f"{key} {step[key]}" for key in ("short_fen", "short_qty", "by", "to") if step.get(key)]
    why = " ".join(filter(None, (step.get("why"), *winner_or_lack)))
    return {"rule": step["rule"], "state": step["state"], "value": step.get("value"), "why": why or None}
