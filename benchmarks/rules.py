"""What a basket costs in the kernel, JSON in and JSON out, as a ratio to the same rules by hand in C.

``python -m benchmarks.rules`` builds the limit (benchmarks/rules_limit, any C compiler), checks that it gives the
expected results, then runs limit and kernels in turn on one core for some rounds and prints the medians.
The limit starts from packed structs and writes none: reading and writing JSON is all ours.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import thread_time_ns

import cext
from benchmarks.rules_limit.pack import pack_file
from cext.bundle import read_bundle
from cext.request import read_request

ROUNDS = 9
LIMIT_PASSES = 31
PASSES = {"evaluate c": 15, "explain c": 5, "evaluate py": 1}
SIZES = (10, 50)
SOURCES = Path(__file__).parent / "rules_limit"
DATA = Path(__file__).parents[1] / "tests" / "data" / "rules"


def main() -> None:
    """Print one table."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not cext.COMPILED:
        sys.exit("benchmarks.rules needs a C compiler and the compiled kernel")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    requests = (DATA / "requests.jsonl").read_bytes().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        limit = Path(folder) / "limit"
        subprocess.run([compiler, "-O2", "-o", limit, SOURCES / "limit.c"], check=True)
        print(f"{'':14}{'rules':>6}{'µs':>10}{'× limit':>10}   (median of {ROUNDS} rounds)")
        for size in SIZES:
            packed = Path(folder) / f"{size}.bin"
            bundle = (DATA / f"bundle_{size}.json").read_bytes()
            packed.write_bytes(pack_file(read_bundle(bundle), [read_request(one) for one in requests]))
            check_limit(limit, packed, size)
            report(size, measure(limit, packed, bundle, requests))


def check_limit(limit: Path, packed: Path, size: int) -> None:
    """Stop unless the limit computes what is expected."""
    ran = subprocess.run([limit, packed, "0"], check=True, capture_output=True)
    expected = (DATA / f"expected_{size}.jsonl").read_bytes().splitlines()
    for got, line in zip(ran.stdout.splitlines(), expected, strict=True):
        gross, payable, points, fired, net, line_points = json.loads(got)
        wanted = json.loads(line)
        assert [gross, payable, points] == [wanted[key] for key in ("gross", "payable", "points")]
        assert [value for _, value in fired] == [value for _, value in wanted["fired"]]
        assert [net, line_points] == [wanted["line_net"], wanted["line_points"]]


def measure(limit: Path, packed: Path, bundle: bytes, requests: Sequence[bytes]) -> dict[str, list[float]]:
    """Nanoseconds per basket of each contestant, one number a round, taking turns."""
    compiled, plain = cext.load(bundle, "c"), cext.load(bundle, "py")
    ours = {"evaluate c": compiled.evaluate, "explain c": compiled.explain, "evaluate py": plain.evaluate}
    taken: dict[str, list[float]] = {"limit": [], **{name: [] for name in ours}}
    for _ in range(ROUNDS):
        ran = subprocess.run([limit, packed, str(LIMIT_PASSES)], check=True, capture_output=True)
        taken["limit"].append(float(ran.stdout))
        for name, call in ours.items():
            taken[name].append(median(one_pass(call, requests) for _ in range(PASSES[name])))
    return taken


def one_pass(call: Callable[[bytes], bytes], requests: Sequence[bytes]) -> float:
    """Nanoseconds of this thread's CPU time per request."""
    start = thread_time_ns()
    for request in requests:
        call(request)
    return (thread_time_ns() - start) / len(requests)


def report(size: int, taken: dict[str, list[float]]) -> None:
    """Median of the rounds, and median of the rounds' ratios."""
    for name, ns in taken.items():
        ratio = median(one / base for one, base in zip(ns, taken["limit"], strict=True))
        print(f"{name:14}{size:>6}{median(ns) / 1000:>10.2f}{ratio:>10.2f}")


if __name__ == "__main__":
    main()
