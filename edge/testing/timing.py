"""How long things took: percentiles of what a till saw."""

from collections.abc import Sequence
from dataclasses import dataclass

NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """Median, 99th percentile and longest of ``count`` durations, in nanoseconds."""

    what: str
    count: int
    p50_ns: int
    p99_ns: int
    max_ns: int

    def row(self) -> tuple[str, ...]:
        """For a table: milliseconds with two places."""
        return (self.what, str(self.count), *(_ms(ns) for ns in (self.p50_ns, self.p99_ns, self.max_ns)))


COLUMNS = ("", "次数 n", "p50 ms", "p99 ms", "max ms")


def timing(what: str, took_ns: Sequence[int]) -> Timing:
    """Of at least one duration; a percentile is a duration that was measured (nearest rank)."""
    ranked = sorted(took_ns)

    def rank(percent: int) -> int:
        return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]

    return Timing(what, len(ranked), rank(50), rank(99), ranked[-1])


def _ms(ns: int) -> str:
    return f"{ns // 10_000 / 100:.2f}"
