"""The targets of the rule engine, what was measured, and by how much each is met or missed."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import NamedTuple

from benchmarks.rules_race.alone import Replay
from benchmarks.rules_race.contestants import GENERATED, JSON, OURS
from benchmarks.rules_race.instructions import UNTRACED, Counts
from benchmarks.rules_race.race import LIMIT, TESTS, Course, Taken

USUAL = Course(50, TESTS)
LARGE = Course(1000, TESTS)
FASTER = {GENERATED: 25, "datalogic-py": 35, "zen-engine": 90, "cel-expr-python": 130}


class Target(NamedTuple):
    """One row; ``measured`` is None where there was nothing to measure, and ``note`` says why."""

    what: str
    bound: float
    unit: str
    at_most: bool
    measured: float | None
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound

    @property
    def verdict(self) -> str:
        """Met or missed, and by how much."""
        if self.measured is None:
            return "not measured"
        if self.measured <= 0:
            return "met"
        off = self.bound / self.measured if self.at_most else self.measured / self.bound
        return f"met, {off:.2f}x better" if self.met else f"MISSED by {1 / off:.2f}x"


def targets(
    taken: Mapping[Course, Taken],
    counts: Counts | None,
    replayed: Replay,
    load_ms: Mapping[int, float],
) -> Iterator[Target]:
    """Every row of the design's table that can be measured; exactness is in the tests."""
    usual = taken[USUAL]
    yield Target("JSON to JSON / C limit", 3.5, "x", True, ratio(usual[OURS], usual[LIMIT]))
    yield Target(
        "instructions of a basket", 20, "k", True, _thousands(counts), "" if counts else "no valgrind"
    )
    for name, faster in FASTER.items():
        if name not in usual:
            yield Target(f"faster than {name}", faster, "x", False, None, "not installed")
            continue
        both = [peer + spared for peer, spared in zip(usual[name], usual[JSON], strict=True)]
        note = f"{ratio(both, usual[OURS]):.1f} when it reads and writes JSON too"
        yield Target(f"faster than {name}", faster, "x", False, ratio(usual[name], usual[OURS]), note)
    yield Target("1,000 rules / 50 rules", 3, "x", True, ratio(taken[LARGE][OURS], usual[OURS]))
    for rules, bound in ((50, 1), (1000, 10)):
        yield Target(f"load {rules} rules", bound, "ms", True, load_ms[rules])
    yield _trace(counts)
    shares = "others run meanwhile" if replayed.shares_interpreter else "holds the interpreter"
    note = f"{replayed.kernel}, {shares}"
    yield Target("packed in and out / C limit", 1.1, "x", True, median(replayed.ratios), note)
    yield Target("replay, one core", 1, "M/s", False, 1000 / median(replayed.ns), note)


def _trace(counts: Counts | None) -> Target:
    what, untraced = "trace always on", (UNTRACED, USUAL.rules)
    if not counts or untraced not in counts:
        return Target(what, 10, "%", True, None, "no valgrind, or nothing to leave out")
    with_trace, without = counts[OURS, USUAL.rules], counts[untraced]
    return Target(
        what, 10, "%", True, 100 * (with_trace / without - 1), "instructions, against a build without"
    )


def ratio(taken: list[float], base: list[float]) -> float:
    """The median of the rounds' ratios."""
    return median(one / other for one, other in zip(taken, base, strict=True))


def _thousands(counts: Counts | None) -> float | None:
    return counts["evaluate", USUAL.rules] / 1000 if counts else None
