"""``tillside rules schema``: the JSON Schema of bundles, for an editor that completes and underlines."""

import click

from edge.cli.verbs import example


@click.command(epilog=example("tillside rules schema > points-bundle-1.schema.json"))
@click.option("--json", "as_json", is_flag=True, help="Accepted for symmetry: a schema is JSON anyway.")
def schema(as_json: bool) -> None:
    """Print the JSON Schema of points-bundle/1, as docs/points-bundle-1.schema.json has it."""
    from edge.domain.rules.authoring.schema import schema_of_bundles

    click.echo(schema_of_bundles(), nl=False)
