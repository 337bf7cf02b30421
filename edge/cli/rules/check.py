"""``tillside rules check``: what is wrong with a bundle, and where."""

from pathlib import Path

import click

from edge.cli.output import emit
from edge.cli.rules.bundle_file import AsJson, BundleFile, load
from edge.cli.verbs import example


@click.command(epilog=example("tillside rules check programme.yaml"))
@BundleFile
@AsJson
def check(bundle: Path, as_json: bool) -> None:
    """Load BUNDLE as the box would; a wrong one is refused with the JSON pointer of what is wrong."""
    program = load(bundle)
    loaded = {"version": program.version, "rules": len(program.rule_ids), "kernel": program.kernel}
    emit({"bundle": bundle.name, **loaded}, as_json)
