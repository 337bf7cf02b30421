"""``tillside rules check``: everything that is wrong with a bundle, each mistake with its place and its cure."""

from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.rules.bundle_file import HQ_SCHEMA, AsJson, BundleFile, Lang, load
from edge.cli.verbs import example
from edge.config import bundle_form
from edge.domain.rules.authoring.findings import Finding
from edge.domain.rules.authoring.review import Review, review
from edge.domain.rules.words.describe import describe_all


@click.command(
    epilog=example(
        "tillside rules check programme.yaml", "tillside rules check --explain --lang zh programme.yaml"
    )
)
@BundleFile
@click.option("--strict", is_flag=True, help="Warnings count as well: exit 4.")
@click.option("--explain", is_flag=True, help="Say in words what every rule does.")
@Lang
@AsJson
def check(bundle: Path, strict: bool, explain: bool, lang: Literal["en", "zh"], as_json: bool) -> None:
    """Find everything that is wrong with BUNDLE, and say where and what would be right.

    Errors keep the bundle from running; warnings are what runs and is hardly meant.
    """
    raw = bundle.read_bytes()
    if _is_core(raw):
        program = load(bundle)
        loaded = {"version": program.version, "rules": len(program.rule_ids), "kernel": program.kernel}
        emit({"bundle": bundle.name, **loaded, **({"ok": True, "findings": []} if as_json else {})}, as_json)
        return
    said = review(raw, bundle_form(bundle))
    words = describe_all(said.bundle, lang) if explain and said.bundle else {}
    if as_json:
        told = {"words": words} if words else {}
        emit({**_facts(bundle, said), "ok": not said.errors, "findings": said.findings, **told}, as_json)
    else:
        _print(bundle, said, words)
    if said.errors or (strict and said.warnings):
        counts = f"{_counted(said.errors, 'error')}, {_counted(said.warnings, 'warning')}"
        todo = f"mend the bundle, then: tillside rules check {bundle}"
        raise CommandFailed(f"{bundle}: {counts}", todo, Exit.FAILED if said.errors else Exit.DEGRADED)


def _facts(bundle: Path, said: Review) -> dict[str, Any]:
    facts: dict[str, Any] = {"bundle": bundle.name}
    if said.bundle is not None and said.program is not None:
        rules = len(said.program.rule_ids)
        facts |= {"version": said.bundle.version, "rules": rules, "kernel": said.program.kernel}
    return facts


def _print(bundle: Path, said: Review, words: dict[str, str]) -> None:
    for one in said.findings:
        click.echo(_line(bundle, one))
    if not said.errors:
        emit(_facts(bundle, said) | ({"warnings": said.warnings} if said.warnings else {}), False)
    for rule, text in words.items():
        click.echo(f"{rule} {text}")


class _Head(msgspec.Struct, frozen=True):
    schema: str = HQ_SCHEMA


def _is_core(raw: bytes) -> bool:
    """Whether this is the kernel's own schema, which programs write."""
    try:
        return msgspec.json.decode(raw, type=_Head).schema.startswith(f"{HQ_SCHEMA.partition('/')[0]}/core-")
    except (ValueError, RecursionError):
        return False


def _line(bundle: Path, one: Finding) -> str:
    """``FILE:LINE:COLUMN: error: POINTER: what is wrong → what would be right``, as compilers and editors know it."""
    level = click.style(one.level, fg="red" if one.level == "error" else "yellow", bold=True)
    hint = f" → {one.hint}" if one.hint else ""
    return f"{bundle}:{one.line}:{one.column}: {level}: {one.path or '/'}: {one.why}{hint}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
