"""A bundle as one flat, relocatable, checksummed blob: what the compiled kernel runs.

Everything is little-endian. In order, each section padded to a word of 64 bits::

    header       HEADER words, see ``_header``
    groups       by order of application: mode, running basis, mask of the groups that silence it
    rules        one RECORD for each bit of a row
    limits       LIMIT for each rule that has any, in the order of the bundle
    edges        of the time windows, in epoch seconds
    rows         the tables of bits
    minutes      16 bits for each minute of the day: the row of it
    places       16 bits for each rule in the order of the bundle: its bit
    texts        (offset, length) of every text; then the texts
    sha256       of everything before it, 4 words

A rule is a bit. Bit order is execution order (phase, group, priority, place in the bundle), each phase beginning
with a word of its own. Every condition is a table with one row of bits for each value that it tells apart: the
rules still alive when the basket has that value. Row 0 is a value that no rule names. First come the rows MARKS,
then NAMED, CALENDAR, minutes of the day and time windows.
"""

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import accumulate, chain, compress, count, pairwise, repeat
from operator import attrgetter, xor
from struct import Struct
from typing import Any, NamedTuple

import msgspec

from cext.bundle import (
    FOREVER,
    PHASES,
    Bundle,
    EveryOff,
    Fixed,
    FixedPrice,
    Gift,
    Limit,
    MultBp,
    NthItemBp,
    OffBp,
    PerQty,
    Redeem,
    RoundTo,
    Rule,
    Select,
    ranked_groups,
    ranked_rules,
)
from cext.limits import FEN_MAX

MAGIC = int.from_bytes(b"TSRULES2", "little")
HEADER = 36
MINUTES = 1440
DIGEST_BYTES = 32
MODES = {"all": 0, "best": 1, "first": 2}
OPERATIONS = (EveryOff, OffBp, MultBp, PerQty, Fixed, FixedPrice, NthItemBp, RoundTo, Redeem, Gift)
RECORD = Struct("<8I2q2H2B2x")
LIMIT = Struct("<5I4x")
GROUP = Struct("<qqQ")

Numbering = Mapping[Hashable, int]
"""Values of a dimension, numbered from 1: the row of each in its table."""


def _nothing(rule: Rule) -> Sequence[Hashable]:
    return ()


class Dimension(NamedTuple):
    """One condition: the values that a rule asks for (none: it asks nothing), and those that it shuts out."""

    wanted: Callable[[Rule], Sequence[Hashable]]
    unwanted: Callable[[Rule], Sequence[Hashable]] = _nothing


NAMED = (
    Dimension(attrgetter("when.tiers")),
    Dimension(attrgetter("when.stores")),
    Dimension(attrgetter("when.pay")),
    Dimension(attrgetter("when.channel")),
    Dimension(attrgetter("when.tags")),
    Dimension(lambda rule: (rule.when.coupon,) if rule.when.coupon else ()),
    Dimension(attrgetter("select.cats"), attrgetter("select.not_cats")),
    Dimension(attrgetter("select.brands")),
    Dimension(attrgetter("select.skus"), attrgetter("select.not_skus")),
)
"""Values that rules name by text, numbered bundle by bundle."""

BIRTHDAY_STATES = 16
_SOLAR = {"month": 0b01, "day": 0b10}
_CALENDARS = {"solar": 0b0011, "lunar": 0b1100, "either": 0b1111}


def _birthday_states(rule: Rule) -> tuple[int, ...]:
    if not rule.when.birthday:
        return ()
    wanted = _SOLAR[rule.when.birthday] * 0b0101 & _CALENDARS[rule.when.birthday_calendar]
    return tuple(state for state in range(BIRTHDAY_STATES) if state & wanted)


CALENDAR: tuple[tuple[Dimension, Numbering], ...] = (
    (Dimension(lambda rule: (True,) if rule.when.first else ()), {True: 1}),
    (Dimension(_birthday_states), {state: state for state in range(1, BIRTHDAY_STATES)}),
    (Dimension(attrgetter("when.dow")), {weekday: weekday + 1 for weekday in range(7)}),
    (Dimension(attrgetter("when.dom")), {day: day for day in range(1, 32)}),
)
"""Values that are the same in every bundle: first purchase, birthday state, weekday, day of the month."""

EVERY_LINE = Select()
UNLIMITED = Limit()


def _has_limit(rule: Rule) -> bool:
    return rule.limit != UNLIMITED


MARKS: tuple[Callable[[Rule], bool], ...] = (
    lambda rule: rule.select == EVERY_LINE,
    lambda rule: rule.select.min_unit > 0,
    lambda rule: rule.when.min_total > 0 or rule.when.max_total > 0,
    _has_limit,
    lambda rule: isinstance(rule.do, Redeem),
)
"""Rules that are for every line, have a least unit price, ask for a total, have a limit, set terms of redemption."""


class DamagedProgram(ValueError):
    """The blob is not one that ``pack`` wrote."""


class Ranked(NamedTuple):
    """A rule at its bit, with its place in the bundle and the rank of its group."""

    bit: int
    group: int
    place: int
    rule: Rule


def pack(bundle: Bundle) -> bytes:
    """Lay out a checked bundle; the same bundle always gives the same bytes."""
    words, ranked = _ranked(bundle)
    limited = {rule.id: nth for nth, rule in enumerate(filter(_has_limit, bundle.rules), 1)}
    vocabulary = [_numbered(bundle.rules, dimension) for dimension in NAMED]
    edges, windows = _sweep([(one.bit, one.rule.when.from_s, one.rule.when.to_s) for one in ranked], FOREVER)
    turns, minutes = _sweep([(one.bit, *one.rule.when.minutes) for one in ranked], MINUTES)
    sections = [
        _groups(bundle),
        _records(bundle, ranked, limited, 64 * sum(words)),
        b"".join(_limit(rule.limit) for rule in bundle.rules if rule.id in limited),
        array("q", edges).tobytes(),
        _rows([*_tables(ranked, vocabulary), *minutes, *windows], sum(words)),
        array("H", _segments(turns)).tobytes(),
        _padded(array("H", (one.bit for one in sorted(ranked, key=attrgetter("place")))).tobytes()),
        _texts(bundle, [*vocabulary, limited]),
    ]
    sizes = [len(edges), len(minutes), *words, *map(len, vocabulary), len(limited)]
    blob = b"".join((_header(bundle, sizes, sections), *sections))
    return blob + hashlib.sha256(blob).digest()


def digest(blob: bytes) -> str:
    """Name a blob by the checksum that it carries, in hexadecimal."""
    return blob[-DIGEST_BYTES:].hex()


def check(blob: bytes) -> None:
    """Raise DamagedProgram unless the blob is whole."""
    if len(blob) < 8 * HEADER + DIGEST_BYTES or int.from_bytes(blob[:8], "little") != MAGIC:
        raise DamagedProgram("not a rule program")
    if hashlib.sha256(blob[:-DIGEST_BYTES]).digest() != blob[-DIGEST_BYTES:]:
        raise DamagedProgram("checksum")


def _header(bundle: Bundle, sizes: Sequence[int], sections: Sequence[bytes]) -> bytes:
    """Magic, the bundle's terms, sizes, and where each section starts and the last one ends."""
    terms = bundle.points
    words = [
        MAGIC,
        bundle.tz_offset_s,
        bundle.day_start_s,
        terms.fen_per_redeemed_point,
        terms.receipt_cap or FEN_MAX,
        len(bundle.groups),
        len(bundle.rules),
        *sizes,
        *accumulate(map(len, sections), initial=8 * HEADER),
    ]
    return array("q", words + [0] * (HEADER - len(words))).tobytes()


def _ranked(bundle: Bundle) -> tuple[list[int], list[Ranked]]:
    """How many words each phase has, and every rule at its bit."""
    words: list[int] = []
    ranked: list[Ranked] = []
    for phase in PHASES:
        rules = ranked_rules(bundle, phase)
        bits = count(64 * sum(words))
        ranked += (Ranked(bit, *rule) for bit, rule in zip(bits, rules, strict=False))
        words.append((len(rules) + 63) // 64)
    return words, ranked


def _numbered(rules: Sequence[Rule], dimension: Dimension) -> Numbering:
    """Number the values that the rules name."""
    named = chain(map(dimension.wanted, rules), map(dimension.unwanted, rules))
    return dict(zip(dict.fromkeys(chain.from_iterable(named)), count(1), strict=False))


def _groups(bundle: Bundle) -> bytes:
    groups = ranked_groups(bundle)
    mask = {group.id: 1 << rank for rank, group in enumerate(groups)}
    return b"".join(
        GROUP.pack(
            MODES[group.mode],
            group.basis == "running",
            sum(mask[other] for other in set(group.suppressed_by)),
        )
        for group in groups
    )


def _records(bundle: Bundle, ranked: Sequence[Ranked], limited: Mapping[str, int], bits: int) -> bytes:
    """The record of every bit; those between the phases are empty."""
    records = [bytes(RECORD.size)] * bits
    for one in ranked:
        records[one.bit] = _record(one, limited.get(one.rule.id, 0), bundle.points.fen_per_point)
    return b"".join(records)


def _record(ranked: Ranked, limit: int, fen_per_point: int) -> bytes:
    """One rule: thresholds, cap, operation with its operands, where it belongs."""
    rule = ranked.rule
    number, second, divisor, half = _operands(rule, fen_per_point)
    return RECORD.pack(
        rule.need.min_fen,
        rule.need.min_qty,
        rule.when.min_total,
        rule.when.max_total or FEN_MAX,
        rule.select.min_unit,
        rule.cap or FEN_MAX,
        number,
        second,
        divisor,
        half,
        ranked.place,
        limit,
        ranked.group,
        OPERATIONS.index(type(rule.do)),
    )


def _operands(rule: Rule, fen_per_point: int) -> tuple[int, int, int, int]:
    """The operation's number, its second number, its divisor, and what is added before the division."""
    match rule.do:
        case EveryOff(every_fen, off_fen, max_times):
            return off_fen, max_times or FEN_MAX, every_fen, 0
        case OffBp(bp, round):
            return bp, 0, 10_000, 5_000 if round == "half_up" else 0
        case MultBp(bp, round):
            divisor = 10_000 * fen_per_point
            return bp, 0, divisor, divisor // 2 if round == "half_up" else 0
        case NthItemBp(n, bp, max_times, round):
            return bp, max_times or FEN_MAX, n, 5_000 if round == "half_up" else 0  # for each unit of a line
        case RoundTo(fen):
            return 0, 0, fen, 0
        case Redeem(worth_fen, max_bp, step):
            return worth_fen, max_bp, step, 0
        case Gift(qty, every_fen, max_times):
            return qty, max_times or FEN_MAX, every_fen, 0
        case FixedPrice(number) | PerQty(number) | Fixed(number):
            return number, 0, 1, 0


def _limit(limit: Limit) -> bytes:
    return LIMIT.pack(limit.per_member, limit.per_day, limit.member_value, limit.day_value, limit.total_value)


def _tables(ranked: Sequence[Ranked], vocabulary: Sequence[Numbering]) -> Iterable[int]:
    """The rows of MARKS, NAMED and CALENDAR."""
    masks = [1 << one.bit for one in ranked]
    rules = [one.rule for one in ranked]
    marks = (sum(compress(masks, map(mark, rules))) for mark in MARKS)
    named = zip(NAMED, vocabulary, strict=True)
    return chain(marks, *(_table(masks, rules, *dimension) for dimension in chain(named, CALENDAR)))


def _table(
    masks: Sequence[int], rules: Sequence[Rule], dimension: Dimension, numbers: Numbering
) -> list[int]:
    """One row for a value that no rule names, then one for each that is numbered."""
    indifferent = 0
    asking = [0] * (len(numbers) + 1)
    barred = [0] * (len(numbers) + 1)
    for mask, wanted, unwanted in zip(
        masks, map(dimension.wanted, rules), map(dimension.unwanted, rules), strict=True
    ):
        if not wanted:
            indifferent |= mask
        for value in wanted:
            asking[numbers[value]] |= mask
        for value in unwanted:
            barred[numbers[value]] |= mask
    return [(indifferent | asks) & ~bars for asks, bars in zip(asking, barred, strict=True)]


def _rows(rows: Iterable[int], width: int) -> bytes:
    return b"".join(row.to_bytes(8 * width, "little") for row in rows)


def _sweep(spans: Iterable[tuple[int, int, int]], end: int) -> tuple[list[int], list[int]]:
    """Turn (bit, from, to) into the edges where something changes and the rows before, between and after."""
    toggles: defaultdict[int, int] = defaultdict(int)
    for bit, start, stop in spans:
        toggles[max(start, 0)] ^= 1 << bit
        toggles[min(stop, end)] ^= 1 << bit
    first = toggles.pop(0, 0)
    toggles.pop(end, 0)
    edges = sorted(toggles)
    return edges, list(accumulate(map(toggles.__getitem__, edges), xor, initial=first))


def _segments(turns: Sequence[int]) -> Iterable[int]:
    """Row of each minute of the day: how many turns are behind it."""
    spans = pairwise((0, *turns, MINUTES))
    return chain.from_iterable(repeat(nth, end - start) for nth, (start, end) in enumerate(spans))


def _texts(bundle: Bundle, vocabulary: Iterable[Mapping[Any, int]]) -> bytes:
    """Names as they are; of every rule what its step in a trace begins with; ids of groups as JSON."""
    texts = [str(value).encode() for names in vocabulary for value in names]
    texts += [b'{"rule":%b,"state":"' % msgspec.json.encode(rule.id) for rule in bundle.rules]
    texts += [msgspec.json.encode(group.id) for group in ranked_groups(bundle)]
    starts = accumulate(map(len, texts), initial=16 * len(texts))
    places = chain.from_iterable(zip(starts, map(len, texts), strict=False))
    return array("q", places).tobytes() + _padded(b"".join(texts))


def _padded(section: bytes) -> bytes:
    return section + bytes(-len(section) % 8)
