"""``tillside rules``: check and compare bundles, run their vectors, evaluate requests, say why rules fired or not.

Takes either schema, ``points-bundle/1`` as HQ writes it or the kernel's ``points-bundle/core-1``, in JSON or YAML.
"""

import click

from edge.cli.verbs import Verb, Verbs

VERBS = {
    "check": Verb("edge.cli.rules.check:check", "Say all that is wrong with a bundle, and where."),
    "test": Verb("edge.cli.rules.vectors:test", "Run the vectors of a bundle on both kernels."),
    "diff": Verb("edge.cli.rules.diff:diff", "Say in words what changes for whom."),
    "eval": Verb("edge.cli.rules.evaluate:evaluate", "Evaluate requests, one result a line."),
    "explain": Verb("edge.cli.explain:explain", "Say what each rule did, or why it did nothing."),
    "simulate": Verb(
        "edge.cli.rules.simulate:simulate", "Run a bundle over past receipts: what would change."
    ),
    "schema": Verb("edge.cli.rules.schema:schema", "Print the JSON Schema of bundles, for an editor."),
}


@click.group(cls=Verbs, verbs=VERBS)
def rules() -> None:
    """Write rule bundles: check, test, compare, evaluate, explain."""
