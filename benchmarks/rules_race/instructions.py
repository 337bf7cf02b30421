"""Instructions a basket costs, counted by callgrind: a number that does not move with the machine's mood.

Python under valgrind takes long to start, so one process runs every section. It marks where one begins and ends
by a call of getpriority(2), which nothing else here makes, and callgrind dumps its counters there. The
interpreter's loop is counted on a function that does nothing, and taken off.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cext
from benchmarks.rules_race import untraced
from benchmarks.rules_race.limit import Limit
from benchmarks.rules_race.workload import bundle_of, shipped_receipts

ROOT = Path(__file__).parents[2]
SIZES = (10, 50, 200, 1000)
EVERY = {"evaluate": 1, "explain": 10}
"""Of the receipts of the tests, each call is counted on every n-th."""

UNTRACED = "evaluate, no trace"
MARK = "getpriority"
TIMEOUT_S = 180
LIMIT_PASSES = (1, 3)

Counts = dict[tuple[str, int], float]
"""Instructions a basket, by what is called and how many rules there are."""


def missing() -> str | None:
    """Why nothing can be counted here, or None."""
    return None if shutil.which("valgrind") else "valgrind is not installed (apt install valgrind)"


def count_ours(folder: Path, kernel: Path = ROOT) -> Counts:
    """Count both calls on the receipts of the tests, for every size; ``cext`` is taken from ``kernel``."""
    outs = Path(tempfile.mkdtemp(dir=folder))
    options = [f"--callgrind-out-file={outs / 'out'}", f"--dump-before={MARK}"]
    _valgrind(options, [sys.executable, "-m", __name__], kernel)
    dumps = sorted(outs.glob("out.[0-9]*"), key=lambda path: int(path.suffix[1:]))
    sections = [_total(dump) for dump in dumps][1::2]  # the others are what happened between two sections
    names = [(call, rules) for rules in (0, *SIZES) for call in EVERY]
    totals = dict(zip(names, sections, strict=True))
    return {
        (call, rules): (totals[call, rules] - totals[call, 0]) / len(shipped_receipts()[:: EVERY[call]])
        for call, rules in names
        if rules
    }


def count_untraced(folder: Path) -> Counts:
    """Count evaluation in a build that keeps nothing for a trace; nothing where that cannot be built."""
    try:
        kernel = untraced.build(folder)
    except (ValueError, subprocess.SubprocessError):
        return {}
    counts = count_ours(folder, kernel)
    return {(UNTRACED, rules): counts["evaluate", rules] for rules in SIZES}


def count_limit(limit: Limit, packed: Path, folder: Path) -> float:
    """Count the limit on the receipts of the tests: two lengths, so that start and reading cancel out."""
    totals = []
    for passes in LIMIT_PASSES:
        out = folder / f"limit.{passes}.out"
        _valgrind([f"--callgrind-out-file={out}"], [str(limit.program), str(packed), str(passes)])
        totals.append(_total(out))
    few, many = LIMIT_PASSES
    return (totals[1] - totals[0]) / (many - few) / len(shipped_receipts())


def _valgrind(options: Iterable[str], command: Iterable[str], kernel: Path = ROOT) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": f"{kernel}:{ROOT}"}
    subprocess.run(
        ["valgrind", "--tool=callgrind", *options, *command],
        check=True,
        capture_output=True,
        cwd=kernel,
        env=environment,
        timeout=TIMEOUT_S,
    )


def _total(dump: Path) -> int:
    """Instructions in one dump of counters."""
    found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{dump}: no totals")
    return int(found[1])


def _run_sections() -> None:
    """The process under valgrind; size 0 stands for a function that does nothing."""
    for rules in (0, *SIZES):
        program = cext.load(bundle_of(rules)) if rules else None
        for call, nth in EVERY.items():
            _section(getattr(program, call, id), shipped_receipts()[::nth])


def _section(call: Callable[[bytes], object], receipts: list[bytes]) -> None:
    for receipt in receipts:
        call(receipt)
    os.getpriority(os.PRIO_PROCESS, 0)
    for receipt in receipts:
        call(receipt)
    os.getpriority(os.PRIO_PROCESS, 0)


if __name__ == "__main__":
    _run_sections()
