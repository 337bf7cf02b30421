"""What a basket costs in the rule kernel, beside the same rules by hand in C and in what Python people would use.

``python -m benchmarks.rules [--quick] [--json FILE]``: checks that everybody gives the same answers, lets everybody
run in turn on one core, counts instructions with valgrind where there is one, and prints the table and the targets.
docs/benchmarks.md says how each contestant is used and how to read the numbers.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import cext
from benchmarks.rules_race import instructions
from benchmarks.rules_race.alone import Replay, load_ms, replay, twin_ns
from benchmarks.rules_race.contestants import NAMES, not_installed
from benchmarks.rules_race.limit import Limit, compiler
from benchmarks.rules_race.race import COURSES, LIMIT, TESTS, Course, Field, Taken, progress
from benchmarks.rules_race.targets import LARGE, USUAL, Target, ratio, targets

ROUNDS = 7
QUICK_ROUNDS = 5
QUICK_COURSES = (Course(50, 1), Course(50, 40), USUAL, LARGE)


class Measured(NamedTuple):
    """Everything that a run found out."""

    rounds: int
    taken: dict[Course, Taken]
    ready_ms: dict[tuple[str, int], float]
    load_ms: dict[int, float]
    counts: instructions.Counts | None
    replayed: Replay
    twin_ns: float


def main() -> None:
    """Measure, print, and write JSON if asked."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--quick", action="store_true", help="fewer courses, about a minute")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write what was measured there too")
    chosen = arguments.parse_args()
    if compiler() is None or not cext.COMPILED:
        sys.exit("benchmarks.rules needs a C compiler and the compiled kernel")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), chosen.quick)
    print_table(measured)
    print_ready(measured.ready_ms)
    if measured.counts:
        print_counts(measured.counts)
    else:
        print(f"\ninstructions are not counted: {instructions.missing()}")
    rows = list(targets(measured.taken, measured.counts, measured.replayed, measured.load_ms))
    print_targets(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(measured, rows), indent=1))


def measure(folder: Path, quick: bool) -> Measured:
    """Run everything."""
    limit = Limit(folder)
    field = Field(QUICK_COURSES if quick else COURSES, limit)
    rounds = QUICK_ROUNDS if quick else ROUNDS
    taken = field.race(rounds)
    progress("loading and replaying")
    loaded = {rules: load_ms(rules) for rules in (USUAL.rules, LARGE.rules)}
    replayed = replay(USUAL.rules, limit, field.packed(USUAL), rounds)
    twin = twin_ns(USUAL.rules)
    counts = None
    if not instructions.missing():
        progress("counting instructions under valgrind")
        counts = instructions.count_ours(folder) | instructions.count_untraced(folder)
        for course in taken:
            if course.lines == TESTS:
                counts[LIMIT, course.rules] = instructions.count_limit(limit, field.packed(course), folder)
    return Measured(rounds, taken, field.ready_ms, loaded, counts, replayed, twin)


def print_table(measured: Measured) -> None:
    """Microseconds a basket and the ratio to the limit."""
    absent = not_installed()
    print(f"µs of CPU a basket (x C limit), median of {measured.rounds} rounds; ours from JSON to JSON,")
    print("the limit from packed structs, the others from parsed JSON to Python objects\n")
    print(f"{'rules':>5} {'lines':>6} {LIMIT:>8}" + "".join(f"{name:>18}" for name in NAMES))
    for course, taken in measured.taken.items():
        cells = [f"{median(taken[LIMIT]) / 1000:8.2f}"]
        for name in NAMES:
            shown = "not installed"
            if name in taken:
                shown = f"{median(taken[name]) / 1000:.2f} ({ratio(taken[name], taken[LIMIT]):.1f}x)"
            cells.append(f"{shown:>18}")
        print(f"{course.rules:>5} {course.lines or 'tests':>6} " + "".join(cells))
    print(
        "lines 'tests': the receipts of the tests, 1 to 40 lines; msgspec JSON: what the others are spared;"
    )
    print(
        f"the Python twin takes {measured.twin_ns / 1000:.0f} µs with 50 rules and the receipts of the tests"
    )
    for package in absent:
        print(f"{package}: not installed (pip install {package})")


def print_ready(ready_ms: Mapping[tuple[str, int], float]) -> None:
    """What it takes to get ready, once."""
    sizes = sorted({rules for _, rules in ready_ms})
    print("\nms to get a bundle ready" + "".join(f"{rules:>9}" for rules in sizes))
    for name in dict.fromkeys(name for name, _ in ready_ms):
        print(f"  {name:22}" + "".join(f"{ready_ms[name, rules]:>9.2f}" for rules in sizes))


def print_counts(counts: instructions.Counts) -> None:
    """Thousands of instructions."""
    sizes = sorted({rules for _, rules in counts})
    print("\n1,000 instructions a basket, receipts of the tests" + "".join(f"{rules:>8}" for rules in sizes))
    for name in dict.fromkeys(name for name, _ in counts):
        cells = (
            f"{counts[name, rules] / 1000:>8.1f}" if (name, rules) in counts else f"{'-':>8}"
            for rules in sizes
        )
        print(f"  {name:48}" + "".join(cells))


def print_targets(rows: list[Target]) -> None:
    """Each row of the targets; 50 rules and the receipts of the tests unless it says otherwise."""
    print("\ntargets")
    for row in rows:
        sign = "<=" if row.at_most else ">="
        value = "-" if row.measured is None else f"{row.measured:.2f}"
        print(
            f"  {row.what:30}{sign} {row.bound:>5g} {row.unit:4}{value:>10}   {row.verdict}"
            + (f"  ({row.note})" if row.note else "")
        )


def as_json(measured: Measured, rows: list[Target]) -> dict[str, Any]:
    """The run for a machine; nanoseconds a basket are given round by round."""
    return {
        "rounds": measured.rounds,
        "courses": [
            {"rules": course.rules, "lines": course.lines or "tests", "ns": taken}
            for course, taken in measured.taken.items()
        ],
        "ready_ms": [[name, rules, ms] for (name, rules), ms in measured.ready_ms.items()],
        "instructions": [[name, rules, count] for (name, rules), count in (measured.counts or {}).items()],
        "replay": measured.replayed._asdict(),
        "targets": [row._asdict() | {"met": row.met} for row in rows],
    }


if __name__ == "__main__":
    main()
