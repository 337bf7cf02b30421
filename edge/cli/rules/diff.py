"""``tillside rules diff``: what a new bundle changes for whom, in words."""

from pathlib import Path

import click

from edge.cli.output import emit
from edge.cli.rules.bundle_file import AsJson, Lang
from edge.cli.rules.reviewed import reviewed
from edge.cli.verbs import example
from edge.domain.dates import shown_moment
from edge.domain.rules.words.describe import Lang as LangName
from edge.domain.rules.words.diff import SECTIONS, Change, announcement, changes

BundlePath = click.Path(exists=True, dir_okay=False, path_type=Path)
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


@click.command(
    epilog=example(
        "tillside rules diff running.yaml next.yaml", "tillside rules diff --lang zh 7.json 8.json"
    )
)
@click.argument("old", type=BundlePath)
@click.argument("new", type=BundlePath)
@Lang
@AsJson
def diff(old: Path, new: Path, lang: LangName, as_json: bool) -> None:
    """Say what changes for whom when NEW takes the place of OLD, and whether it was announced in time."""
    before, after = reviewed(old), reviewed(new)
    found, announced = changes(before, after, lang), announcement(after, lang)
    facts = {
        "old": f"{before.programme} {before.version}",
        "new": f"{after.programme} {after.version}",
        "valid_from": shown_moment(after.valid_from),
        "notice": announced.text,
    }
    if as_json:
        emit({**facts, "in_time": announced.in_time, "changes": found}, as_json)
        return
    emit(facts, as_json)
    for one in found:
        click.echo(_line(one, lang))
    if not found:
        click.echo("the same for everybody" if lang == "en" else "对所有人都没有变化")
    if after.version <= before.version:
        click.echo(
            f"warning: version {after.version} is not above {before.version}: tills would not notice",
            err=True,
        )


def _line(one: Change, lang: LangName) -> str:
    sign = click.style(SIGNS[one.kind], fg=COLOURS[one.kind], bold=True)
    named = " ".join(
        filter(None, (SECTIONS[lang].get(one.section, one.section) if not one.name else "", one.id, one.name))
    )
    return f"{sign} {named}: {one.text}"
