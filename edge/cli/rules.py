"""``tillside rules``: check a bundle, evaluate requests with it, and say why each rule fired or did not.

Takes either schema, ``points-bundle/1`` as HQ writes it or the kernel's ``points-bundle/core-1``, in JSON or YAML.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

import cext
from edge.cli.output import CommandFailed, emit
from edge.config import read_bundle_file

HQ_SCHEMA = "points-bundle/1"

BundleFile = click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
RequestsFile = click.argument("requests", type=click.File("rb"))
AsJson = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Head(msgspec.Struct, frozen=True):
    """The one thing that tells the schemas apart; the rest is for the schema's own reader to check."""

    schema: str = ""


@click.group()
def rules() -> None:
    """Check rule bundles, evaluate receipts, explain results."""


@rules.command()
@BundleFile
@AsJson
def check(bundle: Path, as_json: bool) -> None:
    """Load BUNDLE as the box would; a wrong one is refused with the JSON pointer of what is wrong."""
    program = load(bundle)
    loaded = {"version": program.version, "rules": len(program.rule_ids), "kernel": program.kernel}
    emit({"bundle": bundle.name, **loaded}, as_json)


@rules.command("eval")
@BundleFile
@RequestsFile
@click.option("--json", "as_json", is_flag=True, help="Accepted for symmetry: a result is JSON anyway.")
def evaluate(bundle: Path, requests: Iterator[bytes], as_json: bool) -> None:
    """Evaluate REQUESTS (one JSON object a line, - for stdin): one result a line."""
    program = load(bundle)
    for result in answers(program.evaluate, requests):
        click.echo(result)


@rules.command()
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
            _print_explained(msgspec.json.decode(explained))


def load(bundle: Path) -> cext.Program:
    """Load a bundle of either schema; raises CommandFailed with the JSON pointer of what is wrong."""
    raw = read_bundle_file(bundle)
    try:
        if msgspec.json.decode(raw, type=Head).schema == HQ_SCHEMA:
            # Not needed for the kernel's own schema, and most of what this verb would import.
            from edge.domain.rules.compile import compile_bundle

            raw = compile_bundle(raw)
        return cext.load(raw)
    except ValueError as error:
        raise CommandFailed(f"{bundle}: {error}", "mend the bundle, then: tillside rules check") from error


def answers(ask: Callable[[bytes], bytes], requests: Iterator[bytes]) -> Iterator[bytes]:
    """One answer a request, blank lines left out; raises CommandFailed naming the line that is wrong."""
    for number, line in enumerate(requests, 1):
        if not line.strip():
            continue
        try:
            yield ask(line)
        except ValueError as error:
            raise CommandFailed(f"request in line {number}: {error}") from error


def _print_explained(explained: dict[str, Any]) -> None:
    result = explained["result"]
    emit("  ".join(f"{name} {result[name]}" for name in ("gross", "discount", "payable", "points")), False)
    emit([_row(step) for step in explained["trace"]], False)


def _row(step: dict[str, Any]) -> dict[str, Any]:
    """A step of the trace in four columns; what is short, or which rule or group won, goes with the reason."""
    winner_or_lack = [f"{key} {step[key]}" for key in ("short_fen", "short_qty", "by", "to") if step.get(key)]
    why = " ".join(filter(None, (step.get("why"), *winner_or_lack)))
    return {"rule": step["rule"], "state": step["state"], "value": step.get("value"), "why": why or None}
