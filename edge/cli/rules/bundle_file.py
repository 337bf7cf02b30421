"""What the verbs of ``tillside rules`` share: their arguments, loading a bundle, answering requests line by line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

import cext
from edge.cli.output import CommandFailed
from edge.config import read_bundle_file

HQ_SCHEMA = "points-bundle/1"

BundleFile = click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
RequestsFile = click.argument("requests", type=click.File("rb"))
Lang = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the words.")
AsJson = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Head(msgspec.Struct, frozen=True):
    """The one thing that tells the schemas apart; the rest is for the schema's own reader to check."""

    schema: str = ""


def load(bundle: Path, kernel: cext.KernelName | None = None) -> cext.Program:
    """Load a bundle of either schema; raises CommandFailed with the JSON pointer of what is wrong."""
    raw = read_bundle_file(bundle)
    try:
        if msgspec.json.decode(raw, type=Head).schema == HQ_SCHEMA:
            # Not needed for the kernel's own schema, and most of what this verb would import.
            from edge.domain.rules.compile import compile_bundle

            raw = compile_bundle(raw)
        return cext.load(raw, kernel)
    except ValueError as error:
        raise CommandFailed(f"{bundle}: {error}", f"tillside rules check {bundle}") from error


def answers(ask: Callable[[bytes], bytes], requests: Iterator[bytes]) -> Iterator[bytes]:
    """One answer a request, blank lines left out; raises CommandFailed naming the line that is wrong."""
    for number, line in enumerate(requests, 1):
        if not line.strip():
            continue
        try:
            yield ask(line)
        except ValueError as error:
            raise CommandFailed(f"request in line {number}: {error}") from error
