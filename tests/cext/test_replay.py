"""Receipts priced together come to what they come to one by one."""

import json
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

import cext

Load = Callable[[object], cext.Program]


@pytest.fixture
def requests(rules: Path) -> list[bytes]:
    """The four hundred requests, and two that nobody can price."""
    good = (rules / "requests.jsonl").read_bytes().splitlines()
    return [*good[:100], b"{}", *good[100:], b'{"ts":']


@pytest.fixture
def program(load: Load, rules: Path) -> cext.Program:
    """The bundle of fifty rules."""
    return load((rules / "bundle_50.json").read_bytes())


def test_a_run_gives_what_single_receipts_give(program: cext.Program, requests: list[bytes]) -> None:
    """Gross, payable and points of each, and the sums by bucket and rule."""
    packed = program.pack(iter(requests))
    buckets = array("I", (place % 7 for place in range(len(requests))))
    receipts, sums = packed.run(buckets=buckets)
    times = dict.fromkeys(((bucket, rule) for bucket in range(7) for rule in program.rule_ids), 0)
    value = dict(times)
    for place, request in enumerate(requests):
        if place in packed.refused:
            assert (receipts.gross[place], receipts.payable[place], receipts.points[place]) == (0, 0, 0)
            continue
        one = json.loads(program.evaluate(request))
        for name in receipts._fields:
            assert getattr(receipts, name)[place] == one[name]
        for rule, given in one["fired"]:
            times[place % 7, rule] += 1
            value[place % 7, rule] += given
    assert (list(sums.times), list(sums.value)) == (list(times.values()), list(value.values()))
    assert sums.payable[3] == sum(receipts.payable[3::7])
    assert (sum(sums.receipts), sum(sums.gross)) == (400, sum(receipts.gross))
    assert sum(sums.points) == sum(receipts.points)


def test_what_cannot_be_read_is_named_by_its_place(program: cext.Program, requests: list[bytes]) -> None:
    """Refused in the words of a single request, in no sum, and places do not move."""
    packed = program.pack(requests)
    assert len(packed) == 402
    assert list(packed.refused) == [100, 401]
    with pytest.raises(cext.RequestError) as refusal:
        program.evaluate(b"{}")
    assert str(packed.refused[100]) == str(refusal.value)
    assert list(packed.run(100, 1).buckets.receipts) == [0]


def test_a_part_of_the_receipts_can_be_run(program: cext.Program, requests: list[bytes]) -> None:
    """Slices come to the same as the whole; without buckets all is one."""
    packed = program.pack(requests)
    whole = packed.run()
    parts = [packed.run(0, 150), packed.run(150, 200), packed.run(350)]
    assert [points for part in parts for points in part.receipts.points] == list(whole.receipts.points)
    assert sum(part.buckets.points[0] for part in parts) == whole.buckets.points[0]
    assert len(whole.buckets.times) == len(program.rule_ids)
    assert packed.run(402) == packed.run(0, 0)
    assert list(program.pack([]).run(buckets=array("I")).buckets.receipts) == []


def test_a_run_outside_of_what_is_there_is_refused(program: cext.Program, requests: list[bytes]) -> None:
    """Places, and a number of buckets or a type of theirs that does not fit."""
    packed = program.pack(requests[:3])
    for first, count in ((-1, 1), (0, 4), (4, None), (2, 2), (0, -1)):
        with pytest.raises(ValueError, match="receipts"):
            packed.run(first, count)
    for buckets in (array("I", (0, 0)), array("q", (0, 0, 0))):
        with pytest.raises(ValueError, match="buckets"):
            packed.run(buckets=buckets)
