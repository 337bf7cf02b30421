"""``tillside rules test``: a bundle's own vectors on both kernels, and the rules that none of them tries."""

from pathlib import Path
from typing import Any

import click
import msgspec

import cext
from edge.cli.output import CommandFailed, emit
from edge.cli.rules.bundle_file import AsJson, BundleFile
from edge.cli.rules.reviewed import reviewed
from edge.cli.verbs import example
from edge.domain.rules.core import core_bundle
from edge.domain.rules.vectors import Failure, failures, fired_by


@click.command("test", epilog=example("tillside rules test programme.yaml"))
@BundleFile
@click.option("--kernel", type=click.Choice(["c", "py"]), help="Only this kernel.")
@AsJson
def test(bundle: Path, kernel: cext.KernelName | None, as_json: bool) -> None:
    """Run the vectors of BUNDLE, baskets and what must come of them; a box does so before it takes a bundle.

    Prints what came out differently, and the rules that no vector makes give anything.
    """
    written = reviewed(bundle)
    core = msgspec.json.encode(core_bundle(written))
    kernels: list[cext.KernelName] = [kernel] if kernel else (["c", "py"] if cext.COMPILED else ["py"])
    failed: list[tuple[Failure, list[str]]] = []
    for name in kernels:
        for failure in failures(written, cext.load(core, name)):
            same = next((names for known, names in failed if known == failure), None)
            failed.append((failure, [name])) if same is None else same.append(name)
    fired = fired_by(written, cext.load(core, kernels[-1]))
    report: dict[str, Any] = {
        "bundle": bundle.name,
        "kernels": kernels,
        "vectors": len(written.vectors),
        "failed": len({failure.index for failure, _ in failed}),
        "untried": [rule for rule, times in fired.items() if not times],
    }
    if as_json:
        told = [msgspec.to_builtins(failure) | {"kernels": names} for failure, names in failed]
        emit(report | {"failed": told, "fired": fired}, as_json)
    else:
        for failure, names in failed:
            _print_failure(failure, names)
        emit(report | {key: ", ".join(report[key]) or None for key in ("kernels", "untried")}, as_json)
    if failed:
        raise CommandFailed(
            f"{bundle}: {report['failed']} of {report['vectors']} vectors failed",
            "mend the rule or the vector; why a rule gave nothing: tillside rules explain",
        )


def _print_failure(failure: Failure, kernels: list[str]) -> None:
    """The vector in a line, and below it a row for every key that is not as expected."""
    click.echo(
        f"FAIL {failure.path} {failure.name} ({', '.join(kernels)})"
        + (f": {failure.why}" if failure.why else "")
    )
    for one in failure.differences:
        for row in _rows(one.key, one.expected, one.got):
            click.echo("  " + row)


def _rows(key: str, expected: Any, got: Any) -> list[str]:
    """What fired is compared rule by rule: which is missing, which came unasked, which gave another value."""
    if key != "fired" or not isinstance(expected, list):
        return [f"{key:<12} expected {_json(expected)}  got {_json(got)}"]
    wanted: dict[str, Any] = {
        one if isinstance(one, str) else one[0]: None if isinstance(one, str) else one[1] for one in expected
    }
    given = dict(got)
    rows = []
    for rule in {**wanted, **given}:
        if rule not in given:
            rows.append(f"fired        {rule} {_value(wanted[rule])}missing")
        elif rule not in wanted:
            rows.append(f"fired        {rule} {given[rule]} unexpected")
        elif wanted[rule] not in (None, given[rule]):
            rows.append(f"fired        {rule} expected {wanted[rule]}  got {given[rule]}")
    return rows or [f"fired        in another order: expected {', '.join(wanted)}  got {', '.join(given)}"]


def _value(value: int | None) -> str:
    return "" if value is None else f"{value} "


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
