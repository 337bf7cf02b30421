"""A bundle as one flat, relocatable, checksummed blob: what the compiled kernel runs.

Everything is little-endian, in words of 64 bits but for the minutes (16) and the texts. In order::

    header       HEADER words, see ``_header``
    groups       by order of application: mode, running basis, mask of the groups that silence it
    discount     one phase, see ``_phase``
    points       the other
    strings      (offset, length) in bytes of every value that rules name, then of every rule id as JSON;
                 then the bytes, padded to a word
    sha256       of everything before it, 4 words

A rule is a bit. In each phase bit order is execution order (group, priority, place in the bundle), and every
condition is a table with one row of bits for each value that it tells apart: the rules still alive when the
basket has that value. Row 0 is a value that no rule names. A phase holds the tables ``every line`` and ``has a
least unit price`` (one row each), NAMED, CALENDAR, minutes of the day and time windows.
"""

import hashlib
import struct
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import accumulate, chain, count, pairwise, repeat
from operator import xor
from typing import NamedTuple

import msgspec

from cext.bundle import (
    FOREVER,
    Bundle,
    EveryOff,
    Fixed,
    FixedPrice,
    MultBp,
    OffBp,
    PerQty,
    Phase,
    Rule,
    Select,
    ranked_groups,
    ranked_rules,
)
from cext.limits import FEN_MAX

MAGIC = int.from_bytes(b"TSRULES1", "little")
HEADER = 20
MINUTES = 1440
DIGEST_BYTES = 32
MODES = {"all": 0, "best": 1, "first": 2}
OPERATIONS = (EveryOff, OffBp, MultBp, PerQty, Fixed, FixedPrice)

Numbering = Mapping[Hashable, int]
"""Values of a dimension, numbered from 1: the row of each in its table."""


def _none(rule: Rule) -> Sequence[Hashable]:
    return ()


class Dimension(NamedTuple):
    """One condition: the values that a rule asks for (none: it asks nothing), and those that it shuts out."""

    wanted: Callable[[Rule], Sequence[Hashable]]
    unwanted: Callable[[Rule], Sequence[Hashable]] = _none


NAMED = (
    Dimension(lambda rule: rule.when.tiers),
    Dimension(lambda rule: rule.when.stores),
    Dimension(lambda rule: rule.when.pay),
    Dimension(lambda rule: rule.when.channel),
    Dimension(lambda rule: rule.when.tags),
    Dimension(lambda rule: rule.select.cats, lambda rule: rule.select.not_cats),
    Dimension(lambda rule: rule.select.brands),
    Dimension(lambda rule: rule.select.skus, lambda rule: rule.select.not_skus),
)
"""Values that rules name by text, numbered bundle by bundle."""

_BIRTHDAY_STATES: dict[object, tuple[int, ...]] = {"month": (1, 3), "day": (2, 3)}

CALENDAR: tuple[tuple[Dimension, Numbering], ...] = (
    (Dimension(lambda rule: (True,) * rule.when.first), {True: 1}),
    (Dimension(lambda rule: _BIRTHDAY_STATES.get(rule.when.birthday, ())), {n: n for n in (1, 2, 3)}),
    (Dimension(lambda rule: rule.when.dow), {weekday: weekday + 1 for weekday in range(7)}),
    (Dimension(lambda rule: rule.when.dom), {day: day for day in range(1, 32)}),
)
"""Values that are the same in every bundle: first purchase, birthday state, weekday, day of the month."""


class DamagedProgram(ValueError):
    """The blob is not one that ``pack`` wrote."""


def pack(bundle: Bundle) -> bytes:
    """Lay out a checked bundle; the same bundle always gives the same bytes."""
    vocabulary = [_numbered(bundle, dimension) for dimension in NAMED]
    texts = [str(value).encode() for names in vocabulary for value in names]
    texts += [msgspec.json.encode(rule.id) for rule in bundle.rules]
    sections = [
        _groups(bundle),
        _phase(bundle, "discount", vocabulary),
        _phase(bundle, "points", vocabulary),
        _strings(texts),
    ]
    blob = b"".join((_header(bundle, vocabulary, sections), *sections))
    return blob + hashlib.sha256(blob).digest()


def digest(blob: bytes) -> str:
    """Name a blob by the checksum that it carries, in hexadecimal."""
    return blob[-DIGEST_BYTES:].hex()


def check(blob: bytes) -> None:
    """Raise DamagedProgram unless the blob is whole."""
    if len(blob) < 8 * HEADER + DIGEST_BYTES or struct.unpack_from("<Q", blob)[0] != MAGIC:
        raise DamagedProgram("not a rule program")
    if hashlib.sha256(blob[:-DIGEST_BYTES]).digest() != blob[-DIGEST_BYTES:]:
        raise DamagedProgram("checksum")


def _words(values: Iterable[int]) -> bytes:
    row = list(values)
    return struct.pack(f"<{len(row)}q", *row)


def _header(bundle: Bundle, vocabulary: Sequence[Numbering], sections: Sequence[bytes]) -> bytes:
    """Magic, the bundle's terms, sizes, and where each section starts and the last one ends."""
    terms = bundle.points
    words = [
        MAGIC,
        bundle.tz_offset_s,
        terms.fen_per_redeemed_point,
        terms.receipt_cap or FEN_MAX,
        len(bundle.groups),
        len(bundle.rules),
        *(len(names) for names in vocabulary),
        *accumulate((len(section) for section in sections), initial=8 * HEADER),
    ]
    return _words(words + [0] * (HEADER - len(words)))


def _numbered(bundle: Bundle, dimension: Dimension) -> dict[Hashable, int]:
    """Number the values that the bundle's rules name."""
    named = chain(map(dimension.wanted, bundle.rules), map(dimension.unwanted, bundle.rules))
    values = dict.fromkeys(chain.from_iterable(named))
    return dict(zip(values, count(1), strict=False))


def _groups(bundle: Bundle) -> bytes:
    groups = ranked_groups(bundle)
    bit = {group.id: 1 << rank for rank, group in enumerate(groups)}
    words: list[bytes] = []
    for group in groups:
        silencers = sum(bit[other] for other in set(group.suppressed_by))
        words.append(struct.pack("<qqQ", MODES[group.mode], group.basis == "running", silencers))
    return b"".join(words)


def _phase(bundle: Bundle, phase: Phase, vocabulary: Sequence[Numbering]) -> bytes:
    """Sizes; rules; edges of the time windows; rows of bits; the row of every minute of the day."""
    ranked = ranked_rules(bundle, phase)
    rules = [(1 << bit, rule) for bit, (_, _, rule) in enumerate(ranked)]
    edges, windows = _sweep([(bit, r.when.from_s, r.when.to_s) for bit, r in rules], FOREVER)
    turns, minutes = _sweep([(bit, *r.when.minutes) for bit, r in rules], MINUTES)
    rows = [
        sum(bit for bit, rule in rules if rule.select == Select()),
        sum(bit for bit, rule in rules if rule.select.min_unit),
    ]
    for dimension, numbers in (*zip(NAMED, vocabulary, strict=True), *CALENDAR):
        rows += _table(rules, dimension, numbers)
    rows += minutes + windows
    width = max(1, (len(rules) + 63) // 64)
    return b"".join(
        (
            _words((len(rules), width, len(edges), len(minutes))),
            *(_record(bundle, rank, place, rule) for rank, place, rule in ranked),
            _words(edges),
            *(row.to_bytes(8 * width, "little") for row in rows),
            struct.pack(f"<{MINUTES}H", *_segments(turns)),
        )
    )


def _table(rules: Sequence[tuple[int, Rule]], dimension: Dimension, numbers: Numbering) -> list[int]:
    """One row for a value that no rule names, then one for each that is numbered."""
    indifferent = 0
    asking = [0] * (len(numbers) + 1)
    barred = [0] * (len(numbers) + 1)
    for bit, rule in rules:
        wanted = dimension.wanted(rule)
        if not wanted:
            indifferent |= bit
        for value in wanted:
            asking[numbers[value]] |= bit
        for value in dimension.unwanted(rule):
            barred[numbers[value]] |= bit
    return [(indifferent | asks) & ~bars for asks, bars in zip(asking, barred, strict=True)]


def _sweep(spans: Sequence[tuple[int, int, int]], end: int) -> tuple[list[int], list[int]]:
    """Turn (bit, from, to) into the edges where something changes and the rows before, between and after."""
    toggles: dict[int, int] = {}
    for bit, *ends in spans:
        for edge in ends:
            if 0 < edge < end:
                toggles[edge] = toggles.get(edge, 0) ^ bit
    edges = sorted(toggles)
    first = sum(bit for bit, start, _ in spans if start <= 0)
    return edges, list(accumulate((toggles[edge] for edge in edges), xor, initial=first))


def _segments(turns: Sequence[int]) -> Iterable[int]:
    """Row of each minute of the day: how many turns are behind it."""
    spans = pairwise((0, *turns, MINUTES))
    return chain.from_iterable(repeat(nth, end - start) for nth, (start, end) in enumerate(spans))


def _record(bundle: Bundle, rank: int, place: int, rule: Rule) -> bytes:
    """One rule: thresholds; operation with two numbers, divisor and rounding; cap; where it belongs."""
    first, second, divisor = _operands(rule, bundle.points.fen_per_point)
    half_up = isinstance(rule.do, OffBp | MultBp) and rule.do.round == "half_up"
    return _words(
        (
            rule.need.min_fen,
            rule.need.min_qty,
            rule.when.min_total,
            rule.when.max_total or FEN_MAX,
            OPERATIONS.index(type(rule.do)),
            first,
            second,
            divisor,
            divisor // 2 if half_up else 0,
            rule.cap or FEN_MAX,
            rule.select.min_unit,
            rank,
            place,
        )
    )


def _operands(rule: Rule, fen_per_point: int) -> tuple[int, int, int]:
    """The operation's number, its second number, and what the product is divided by."""
    match rule.do:
        case EveryOff(every_fen, off_fen, max_times):
            return off_fen, max_times or FEN_MAX, every_fen
        case OffBp(bp):
            return bp, 0, 10_000
        case MultBp(bp):
            return bp, 0, 10_000 * fen_per_point
        case FixedPrice(number) | PerQty(number) | Fixed(number):
            return number, 0, 1
        case _:
            raise NotImplementedError(type(rule.do).__name__)


def _strings(texts: Sequence[bytes]) -> bytes:
    """Place of every text, then the texts; places count from the start of the section."""
    starts = accumulate((len(text) for text in texts), initial=16 * len(texts))
    places = (word for start, text in zip(starts, texts, strict=False) for word in (start, len(text)))
    pool = b"".join(texts)
    return _words(places) + pool + bytes(-len(pool) % 8)
