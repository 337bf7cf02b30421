"""For verbs that need the whole bundle, terms and vectors included, and not only what the kernel sees of it."""

from pathlib import Path

from edge.cli.output import CommandFailed
from edge.config import bundle_form
from edge.domain.rules.authoring.review import review
from edge.domain.rules.model import Bundle


def reviewed(path: Path) -> Bundle:
    """A bundle of HQ's that can run, whatever its vectors say; raises CommandFailed."""
    bundle = review(path.read_bytes(), bundle_form(path)).bundle
    if bundle is None:
        raise CommandFailed(f"{path}: no bundle that runs", f"tillside rules check {path}")
    return bundle
