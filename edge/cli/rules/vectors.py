"""``tillside rules test``: a bundle's own vectors on both kernels, and the rules that none of them tries."""

from pathlib import Path
from typing import Any

import click
import msgspec

import cext
from edge.cli.output import CommandFailed, emit
from edge.cli.rules.bundle_file import AsJson, BundleFile
from edge.cli.rules.reviewed import reviewed
from edge.cli.rules.trace_table import print_explained
from edge.cli.verbs import example
from edge.domain.rules.core import core_bundle
from edge.domain.rules.model import Bundle
from edge.domain.rules.vectors import Failure, failures, fired_by

Failed = list[tuple[Failure, list[str]]]
"""Each failure once, with the kernels that it came out of."""


@click.command("test", epilog=example("tillside rules test programme.yaml"))
@BundleFile
@click.option("--kernel", type=click.Choice(["c", "py"]), help="Only this kernel.")
@click.option("--explain", is_flag=True, help="Say of every vector that fails what each rule did.")
@AsJson
def test(bundle: Path, kernel: cext.KernelName | None, explain: bool, as_json: bool) -> None:
    """Run the vectors of BUNDLE, baskets and what must come of them; a box does so before it takes a bundle.

    Prints what came out differently, and the rules that no vector makes give anything.
    """
    written = reviewed(bundle)
    programs = _programs(written, kernel)
    failed = _failed(written, programs)
    fired = fired_by(written, programs[-1])
    report: dict[str, Any] = {
        "bundle": bundle.name,
        "kernels": [program.kernel for program in programs],
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
            if explain and not failure.why:
                request = msgspec.json.encode(written.vectors[failure.index].request)
                print_explained(msgspec.json.decode(programs[-1].explain(request)))
        emit(report | {key: ", ".join(report[key]) or None for key in ("kernels", "untried")}, as_json)
    if failed:
        raise CommandFailed(
            f"{bundle}: {report['failed']} of {report['vectors']} vectors failed",
            f"what each rule did: tillside rules test --explain {bundle}" if not explain else "",
        )


def _programs(written: Bundle, kernel: cext.KernelName | None) -> list[cext.Program]:
    """The bundle on the kernel that is asked for, or on all that there are."""
    if kernel == "c" and not cext.COMPILED:
        raise CommandFailed("the compiled kernel is not built here", "leave --kernel out")
    core = msgspec.json.encode(core_bundle(written))
    kernels: list[cext.KernelName] = [kernel] if kernel else ["c", "py"] if cext.COMPILED else ["py"]
    return [cext.load(core, name) for name in kernels]


def _failed(written: Bundle, programs: list[cext.Program]) -> Failed:
    failed: Failed = []
    for program in programs:
        for failure in failures(written, program):
            same = next((names for known, names in failed if known == failure), None)
            failed.append((failure, [program.kernel])) if same is None else same.append(program.kernel)
    return failed


def _print_failure(failure: Failure, kernels: list[str]) -> None:
    """The vector in a line, and below it a row for every key that is not as expected."""
    why = f": {failure.why}" if failure.why else ""
    click.echo(f"FAIL {failure.path} {failure.name} ({', '.join(kernels)}){why}")
    for one in failure.differences:
        for row in _rows(one.key, one.expected, one.got):
            click.echo("  " + row)


def _rows(key: str, expected: Any, got: Any) -> list[str]:
    """What fired is compared rule by rule: which is missing, which came unasked, which gave another value."""
    if key != "fired" or not isinstance(expected, list):
        return [f"{key:<12} expected {_json(expected)}  got {_json(got)}"]
    wanted = {one: None for one in expected if isinstance(one, str)}
    wanted |= {one[0]: one[1] for one in expected if not isinstance(one, str)}
    given = dict(got)
    rows = [row for rule in {**wanted, **given} if (row := _fired_row(rule, wanted, given))]
    return rows or [f"fired        in another order: expected {', '.join(wanted)}  got {', '.join(given)}"]


def _fired_row(rule: str, wanted: dict[str, Any], given: dict[str, int]) -> str | None:
    if rule not in given:
        return f"fired        {rule} {'' if wanted[rule] is None else f'{wanted[rule]} '}missing"
    if rule not in wanted:
        return f"fired        {rule} {given[rule]} unexpected"
    if wanted[rule] in (None, given[rule]):
        return None
    return f"fired        {rule} expected {wanted[rule]}  got {given[rule]}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
