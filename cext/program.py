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
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import accumulate, chain, compress, pairwise
from operator import attrgetter, xor
from struct import Struct
from typing import NamedTuple

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
OPERATIONS = {
    operation: number
    for number, operation in enumerate(
        (EveryOff, OffBp, MultBp, PerQty, Fixed, FixedPrice, NthItemBp, RoundTo, Redeem, Gift)
    )
}
RECORD = Struct("<8I2q2H2B2x")
LIMIT = Struct("<5I4x")
GROUP = Struct("<qqQ")


class Dimension(NamedTuple):
    """One condition: the values that a rule asks for (none: it asks nothing), and those that it shuts out."""

    wanted: Callable[[Rule], Sequence[Hashable]]
    unwanted: Callable[[Rule], Sequence[Hashable]] | None = None


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


CALENDAR: tuple[tuple[Dimension, Sequence[Hashable]], ...] = (
    (Dimension(lambda rule: (True,) if rule.when.first else ()), (True,)),
    (Dimension(_birthday_states), range(1, BIRTHDAY_STATES)),
    (Dimension(attrgetter("when.dow")), range(7)),
    (Dimension(attrgetter("when.dom")), range(1, 32)),
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


class Table(NamedTuple):
    """Rows of bits: one for a value that is not named, then one for each that is."""

    names: Sequence[Hashable]
    rows: list[int]


def pack(bundle: Bundle) -> bytes:
    """Lay out a checked bundle; the same bundle always gives the same bytes."""
    rules = bundle.rules
    words, bits = _bits(bundle)
    width = sum(words)
    masks = [1 << bit for bit in bits]
    marks = [sum(compress(masks, map(mark, rules))) for mark in MARKS]
    limited = {rule.id: nth for nth, rule in enumerate(filter(_has_limit, rules), 1)}
    named = [_table(masks, rules, dimension) for dimension in NAMED]
    calendar = [_table(masks, rules, dimension, names) for dimension, names in CALENDAR]
    edges, windows = _sweep(masks, map(attrgetter("when.from_s", "when.to_s"), rules), FOREVER)
    turns, minutes = _sweep(masks, map(attrgetter("when.minutes"), rules), MINUTES)
    rows = chain(marks, *(table.rows for table in (*named, *calendar)), minutes, windows)
    sections = [
        _groups(bundle),
        _records(bundle, bits, limited, 64 * width),
        b"".join(_limit(rule.limit) for rule in rules if rule.id in limited),
        array("q", edges).tobytes(),
        b"".join([row.to_bytes(8 * width, "little") for row in rows]),
        _minutes(turns),
        _padded(array("H", bits).tobytes()),
        _texts(bundle, [*(table.names for table in named), list(limited)]),
    ]
    sizes = [len(edges), len(minutes), *words, *(len(table.names) for table in named), len(limited)]
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


def _bits(bundle: Bundle) -> tuple[list[int], list[int]]:
    """How many words each phase has, and the bit of every rule, in the order of the bundle."""
    words: list[int] = []
    bits = [0] * len(bundle.rules)
    for phase in PHASES:
        ranked = ranked_rules(bundle, phase)
        for bit, (_, place, _) in enumerate(ranked, 64 * sum(words)):
            bits[place] = bit
        words.append((len(ranked) + 63) // 64)
    return words, bits


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


def _records(bundle: Bundle, bits: Sequence[int], limited: Mapping[str, int], length: int) -> bytes:
    """The record of every bit; those between the phases are empty."""
    records = [bytes(RECORD.size)] * length
    rank = {group.id: rank for rank, group in enumerate(ranked_groups(bundle))}
    fen_per_point = bundle.points.fen_per_point
    for place, (bit, rule) in enumerate(zip(bits, bundle.rules, strict=True)):
        records[bit] = _record(rule, fen_per_point, place, limited.get(rule.id, 0), rank[rule.group])
    return b"".join(records)


def _record(rule: Rule, fen_per_point: int, place: int, limit: int, group: int) -> bytes:
    """One rule: thresholds, cap, operation with its operands, where it belongs."""
    when = rule.when
    need = rule.need
    number, second, divisor, half = _operands(rule, fen_per_point)
    return RECORD.pack(
        need.min_fen,
        need.min_qty,
        when.min_total,
        when.max_total or FEN_MAX,
        rule.select.min_unit,
        rule.cap or FEN_MAX,
        number,
        second,
        divisor,
        half,
        place,
        limit,
        group,
        OPERATIONS[type(rule.do)],
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


def _table(
    masks: Sequence[int],
    rules: Sequence[Rule],
    dimension: Dimension,
    names: Sequence[Hashable] | None = None,
) -> Table:
    """Which rules live with each value; ``names`` are those that the rules name if they are not given."""
    asking, everybody_asking = _by_value(masks, map(dimension.wanted, rules))
    barred, _ = _by_value(masks, map(dimension.unwanted, rules) if dimension.unwanted else ())
    if names is None:
        names = list(asking | barred)
    indifferent = sum(masks) ^ everybody_asking
    rows = [(indifferent | asking.get(value, 0)) & ~barred.get(value, 0) for value in names]
    return Table(names, [indifferent, *rows])


def _by_value(
    masks: Sequence[int], values_of: Iterable[Sequence[Hashable]]
) -> tuple[dict[Hashable, int], int]:
    """For each value the rules that name it, and all rules that name any."""
    found: dict[Hashable, int] = {}
    naming = 0
    for mask, values in zip(masks, values_of, strict=False):
        if values:
            naming |= mask
            for value in values:
                found[value] = found.get(value, 0) | mask
    return found, naming


def _sweep(masks: Sequence[int], spans: Iterable[tuple[int, int]], end: int) -> tuple[list[int], list[int]]:
    """Turn from and to of each rule into the edges where something changes and the rows between them."""
    first = 0
    toggles: dict[int, int] = {}
    for mask, (start, stop) in zip(masks, spans, strict=True):
        if start == 0:
            first |= mask
        else:
            toggles[start] = toggles.get(start, 0) ^ mask
        if stop != end:
            toggles[stop] = toggles.get(stop, 0) ^ mask
    edges = sorted(toggles)
    return edges, list(accumulate(map(toggles.__getitem__, edges), xor, initial=first))


def _minutes(turns: Sequence[int]) -> bytes:
    """Row of each minute of the day: how many turns are behind it."""
    spans = pairwise((0, *turns, MINUTES))
    return b"".join(nth.to_bytes(2, "little") * (end - start) for nth, (start, end) in enumerate(spans))


def _texts(bundle: Bundle, vocabulary: Iterable[Iterable[Hashable]]) -> bytes:
    """Names as they are; of every rule what its step in a trace begins with; ids of groups as JSON."""
    texts = [str(value).encode() for names in vocabulary for value in names]
    texts += [b'{"rule":%b,"state":"' % _encode(rule.id) for rule in bundle.rules]
    texts += [_encode(group.id) for group in ranked_groups(bundle)]
    starts = accumulate(map(len, texts), initial=16 * len(texts))
    places = chain.from_iterable(zip(starts, map(len, texts), strict=False))
    return array("q", places).tobytes() + _padded(b"".join(texts))


_encode = msgspec.json.Encoder().encode


def _padded(section: bytes) -> bytes:
    return section + bytes(-len(section) % 8)
