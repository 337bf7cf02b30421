"""What the kernel does that nobody else here can: load quickly, replay packed receipts, let other threads run."""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter_ns, process_time_ns, sleep
from typing import NamedTuple

import cext
from benchmarks.rules_race.limit import Limit
from benchmarks.rules_race.workload import bundle_of, shipped_receipts

LOADS = 15
REPLAY_COPIES = 25
REPLAY_NS_MIN = 100_000_000
LIMIT_PASSES = 31
PATIENCE_S = 10.0
TICK_S = 0.001
TICKS_MIN = 10


class Replay(NamedTuple):
    """Packed receipts: nanoseconds a receipt and as a ratio to the limit, by round; who did it; what else ran."""

    ns: list[float]
    ratios: list[float]
    kernel: str
    shares_interpreter: bool


def load_ms(rules: int) -> float:
    """CPU time from the bytes of a bundle to a program that can run."""
    bundle = bundle_of(rules)
    return median(_cpu_ns(lambda: cext.load(bundle, "c")) for _ in range(LOADS)) / 1e6


def twin_ns(rules: int) -> float:
    """What the Python twin takes for a receipt of the tests."""
    evaluate = cext.load(bundle_of(rules), "py").evaluate
    receipts = shipped_receipts()
    return _cpu_ns(lambda: [evaluate(receipt) for receipt in receipts]) / len(receipts)


def replay(rules: int, limit: Limit, packed_for_limit: Path, rounds: int) -> Replay:
    """Price packed receipts of the tests and let the limit price the same, in turns."""
    receipts = shipped_receipts() * REPLAY_COPIES
    packed = cext.load(bundle_of(rules), "c").pack(receipts)
    first = _cpu_ns(packed.run)
    repeats = max(1, int(REPLAY_NS_MIN / first))
    ns, ratios = [], []
    for _ in range(rounds):
        base = limit.ns(packed_for_limit, LIMIT_PASSES)
        ns.append(_cpu_ns(packed.run, repeats) / repeats / len(receipts))
        ratios.append(ns[-1] / base)
    return Replay(ns, ratios, type(packed).__name__, _shares_interpreter(packed.run))


def _cpu_ns(call: Callable[[], object], repeats: int = 1) -> int:
    start = process_time_ns()
    for _ in range(repeats):
        call()
    return process_time_ns() - start


def _shares_interpreter(call: Callable[[], object]) -> bool:
    """Whether other threads run Python while the call runs: nobody makes it hand the interpreter over here."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(PATIENCE_S)
    ended_ns = perf_counter_ns() + REPLAY_NS_MIN

    def work() -> None:
        while perf_counter_ns() < ended_ns:
            call()

    worker = Thread(target=work)
    worker.start()
    ticks = 0
    while perf_counter_ns() < ended_ns:
        sleep(TICK_S)
        ticks += 1
    worker.join()
    sys.setswitchinterval(interval_s)
    return ticks > TICKS_MIN
