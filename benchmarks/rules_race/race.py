"""The race: in each round everybody takes one turn on every course, so what the machine does meanwhile hits all.

A course is a bundle and some receipts. CPU time of this process counts, not the clock on the wall.
"""

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Any, NamedTuple

import cext
from benchmarks.rules_race.contestants import Contestant, check, contestants
from benchmarks.rules_race.limit import Limit
from benchmarks.rules_race.workload import bundle_of, receipts_of, shipped_receipts

LIMIT = "C limit"
TURN_NS = 20_000_000
PASSES_MAX = 200
RECEIPTS = 200

Taken = dict[str, list[float]]
"""Nanoseconds a basket, one number a round, by contestant."""


class Course(NamedTuple):
    """So many rules, and receipts of so many lines; 0 lines stands for the receipts of the tests."""

    rules: int
    lines: int


TESTS = 0
SIZES = (10, 50, 200, 1000)
COURSES = tuple(Course(rules, lines) for rules in SIZES for lines in (1, 10, 40, 200, TESTS))


class Entry(NamedTuple):
    """One contestant on one course."""

    course: Course
    contestant: Contestant
    asked: list[Any]
    passes: int


class Field:
    """Everybody on every course, checked against the compiled kernel before the first turn."""

    def __init__(self, courses: Sequence[Course], limit: Limit) -> None:
        self._limit = limit
        self._packed: dict[Course, tuple[Path, int]] = {}
        self._entries: list[Entry] = []
        self.ready_ms: dict[tuple[str, int], float] = {}
        for rules in dict.fromkeys(course.rules for course in courses):
            self._enter(rules, [course for course in courses if course.rules == rules])

    def _enter(self, rules: int, courses: Sequence[Course]) -> None:
        bundle = bundle_of(rules)
        program = cext.load(bundle, "c")
        ready = contestants(bundle)
        self.ready_ms |= {(one.name, rules): one.ready_ms for one in ready if one.ready_ms is not None}
        for course in courses:
            receipts = receipts_of_course(course)
            expected = [json.loads(program.evaluate(receipt)) for receipt in receipts]
            packed = self._limit.pack(f"{rules}-{course.lines}", bundle, receipts)
            if self._limit.answers(packed, program.rule_ids) != expected:
                raise AssertionError(f"the limit differs on {course}")
            self._packed[course] = packed, _passes(self._limit.ns(packed, 5) * len(receipts))
            for contestant in ready:
                check(contestant, receipts, expected)
                asked = [contestant.asks(receipt) for receipt in receipts]
                self._entries.append(Entry(course, contestant, asked, _passes(_pass_ns(contestant, asked))))
        progress(f"{rules} rules: everybody agrees on {len(courses)} sets of receipts")

    def packed(self, course: Course) -> Path:
        """The file that the limit reads on this course."""
        return self._packed[course][0]

    def race(self, rounds: int) -> dict[Course, Taken]:
        """Let everybody run."""
        taken: dict[Course, Taken] = {course: {} for course in self._packed}
        gc.collect()
        gc.freeze()  # what is loaded stays; nobody pays for looking through it
        for nth in range(rounds):
            for course, name, ns in self._round():
                taken[course].setdefault(name, []).append(ns)
            progress(f"round {nth + 1} of {rounds}")
        return taken

    def _round(self) -> Iterator[tuple[Course, str, float]]:
        for course, (packed, passes) in self._packed.items():
            yield course, LIMIT, self._limit.ns(packed, passes)
            for entry in self._entries:
                if entry.course == course:
                    yield course, entry.contestant.name, _turn_ns(entry)


def receipts_of_course(course: Course) -> list[bytes]:
    return receipts_of(course.lines, RECEIPTS) if course.lines else shipped_receipts()


def progress(said: str) -> None:
    """To whoever waits."""
    print(f"  {said}", file=sys.stderr, flush=True)


def _turn_ns(entry: Entry) -> float:
    """The median of the passes, per basket."""
    passes = [_pass_ns(entry.contestant, entry.asked) for _ in range(entry.passes)]
    return median(passes) / len(entry.asked)


def _pass_ns(contestant: Contestant, asked: list[Any]) -> int:
    price = contestant.price
    start = process_time_ns()
    for one in asked:
        price(one)
    return process_time_ns() - start


def _passes(pass_ns: float) -> int:
    """As many as fill a turn, an odd number."""
    return min(PASSES_MAX, max(1, int(TURN_NS / pass_ns))) | 1
