"""``tillside rules eval``: requests through a bundle, one result a line."""

from collections.abc import Iterator
from pathlib import Path

import click

from edge.cli.rules.bundle_file import BundleFile, RequestsFile, answers, load
from edge.cli.verbs import example


@click.command("eval", epilog=example("tillside rules eval programme.yaml requests.jsonl"))
@BundleFile
@RequestsFile
@click.option("--json", "as_json", is_flag=True, help="Accepted for symmetry: a result is JSON anyway.")
def evaluate(bundle: Path, requests: Iterator[bytes], as_json: bool) -> None:
    """Evaluate REQUESTS (one JSON object a line, - for stdin): one result a line."""
    program = load(bundle)
    for result in answers(program.evaluate, requests):
        click.echo(result)
