"""Many receipts at once, for simulation and shadow runs: what they came to, one by one and added up.

``Program.pack`` reads requests once; ``Packed.run`` prices them, as often as wanted. Here is the plain version.
"""

from __future__ import annotations  # array[int] is a type for mypy only

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from json import loads
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from cext.errors import RequestError


class Receipts(NamedTuple):
    """One number for each receipt, in fen and points; a refused one has nothing but zeros."""

    gross: array[int]
    payable: array[int]
    points: array[int]


class Buckets(NamedTuple):
    """Receipts added up by bucket, refused ones left out.

    The first four hold one number for each bucket. ``times`` and ``value`` hold one for each rule in each
    bucket, at ``bucket * len(rule_ids) + place``: on how many receipts it fired, and what it gave.
    """

    receipts: array[int]
    gross: array[int]
    payable: array[int]
    points: array[int]
    times: array[int]
    value: array[int]


class Outcomes(NamedTuple):
    """What a run came to; every array is of type "q"."""

    receipts: Receipts
    buckets: Buckets


class Packed(Protocol):
    """Requests that one program has read; ``refused`` says why those at some places were not taken."""

    @property
    def refused(self) -> Mapping[int, RequestError]: ...

    def __len__(self) -> int: ...

    def run(
        self, first: int = 0, count: int | None = None, buckets: array[int] | None = None
    ) -> Outcomes: ...


class PlainPacked:
    """Keeps the requests as they came, and asks the kernel for each."""

    def __init__(
        self, evaluate: Callable[[bytes], bytes], rule_ids: Sequence[str], requests: Iterable[bytes]
    ) -> None:
        self._evaluate = evaluate
        self._places = {rule: place for place, rule in enumerate(rule_ids)}
        self._requests = list(requests)
        refused: dict[int, RequestError] = {}
        for place, request in enumerate(self._requests):
            try:
                evaluate(request)
            except RequestError as error:
                refused[place] = error
        self.refused: Mapping[int, RequestError] = MappingProxyType(refused)

    def __len__(self) -> int:
        """All requests, refused ones too: places are those in which they came."""
        return len(self._requests)

    def run(self, first: int = 0, count: int | None = None, buckets: array[int] | None = None) -> Outcomes:
        """Price ``count`` receipts from ``first`` on (all); ``buckets``, of type "I", has a number for each."""
        places = chosen(len(self), first, count, buckets)
        receipts = Receipts(*(zeros(len(places)) for _ in Receipts._fields))
        sums = empty(1 + max(buckets, default=-1) if buckets is not None else 1, len(self._places))
        of_receipts = repeat(0, len(places)) if buckets is None else buckets
        for nth, (place, bucket) in enumerate(zip(places, of_receipts, strict=True)):
            if place not in self.refused:
                self._add(loads(self._evaluate(self._requests[place])), nth, bucket, receipts, sums)
        return Outcomes(receipts, sums)

    def _add(self, result: dict[str, Any], nth: int, bucket: int, receipts: Receipts, sums: Buckets) -> None:
        sums.receipts[bucket] += 1
        for name in Receipts._fields:
            getattr(receipts, name)[nth] = result[name]
            getattr(sums, name)[bucket] += result[name]
        for rule, value in result["fired"]:
            sums.times[bucket * len(self._places) + self._places[rule]] += 1
            sums.value[bucket * len(self._places) + self._places[rule]] += value


def chosen(length: int, first: int, count: int | None, buckets: array[int] | None) -> range:
    """The places to run; raises ValueError for some that are not there, and for buckets that do not fit."""
    places = range(first, length if count is None else first + count)
    if not 0 <= places.start <= places.stop <= length:
        raise ValueError(f"receipts {places.start} to {places.stop} of {length}")
    if buckets is not None and (buckets.typecode != "I" or len(buckets) != len(places)):
        raise ValueError(f'buckets: {len(places)} numbers of type "I" are needed')
    return places


def empty(buckets: int, rules: int) -> Buckets:
    """Sums of nothing."""
    return Buckets(*(zeros(buckets * each) for each in (1, 1, 1, 1, rules, rules)))


def zeros(length: int) -> array[int]:
    return array("q", bytes(8 * length))
