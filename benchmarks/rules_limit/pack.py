"""Packs a bundle and its requests into the file that limit.c reads: sizes, bundle, requests, lines (see eval.h)."""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

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
from cext.request import Line, Member, Request

REQUEST = struct.Struct("<qqQIIhBBBBHI4x")
LINE = struct.Struct("<qIIHHHBx")
STRANGER = Member()

Values = Callable[[Rule], Sequence[str]]
Numbers = dict[str, int]

# tier, store, pay, tag, cat, brand, sku: what a rule asks for, and what it shuts out
DIMENSIONS: tuple[tuple[Values, Values], ...] = (
    (lambda rule: rule.when.tiers, lambda rule: ()),
    (lambda rule: rule.when.stores, lambda rule: ()),
    (lambda rule: rule.when.pay, lambda rule: ()),
    (lambda rule: rule.when.tags, lambda rule: ()),
    (lambda rule: rule.select.cats, lambda rule: rule.select.not_cats),
    (lambda rule: rule.select.brands, lambda rule: ()),
    (lambda rule: rule.select.skus, lambda rule: rule.select.not_skus),
)


def pack_file(bundle: Bundle, requests: Sequence[Request]) -> bytes:
    """The whole input of limit.c; a bundle beyond the limit's subset raises ValueError."""
    numbers = [_numbered(bundle, dimension) for dimension in DIMENSIONS]
    blob = _bundle(bundle, numbers)
    heads: list[bytes] = []
    lines: list[bytes] = []
    for request in requests:
        heads.append(_request(request, len(lines), numbers))
        lines += [_line(line, numbers) for line in request.lines]
    return struct.pack("<3Q", len(blob), len(heads), len(lines)) + blob + b"".join(heads) + b"".join(lines)


def _numbered(bundle: Bundle, dimension: tuple[Values, Values]) -> Numbers:
    named = (value for rule in bundle.rules for values in dimension for value in values(rule))
    return {value: nth for nth, value in enumerate(dict.fromkeys(named), 1)}


def _request(request: Request, first_line: int, numbers: Sequence[Numbers]) -> bytes:
    tier, store, pay, tag, *_ = numbers
    member = request.member or STRANGER
    return REQUEST.pack(
        request.ts,
        request.points_used,
        sum({1 << (tag[one] - 1) for one in member.tags if one in tag}),
        first_line,
        len(request.lines),
        -1 if member.bday is None else member.bday,
        tier.get(member.tier or "", 0),
        pay.get(request.pay, 0),
        member.first,
        request.member is not None,
        store.get(request.store, 0),
        0,
    )


def _line(line: Line, numbers: Sequence[Numbers]) -> bytes:
    cat, brand, sku = numbers[4:]
    return LINE.pack(
        line.fen,
        line.unit,
        sku.get(line.sku, 0),
        cat.get(line.cat or "", 0),
        brand.get(line.brand or "", 0),
        line.qty,
        line.nd | line.np << 1,
    )


def _words(values: Iterable[int]) -> bytes:
    return b"".join(value.to_bytes(8, "little", signed=value < 0) for value in values)


def _bundle(bundle: Bundle, numbers: Sequence[Numbers]) -> bytes:
    groups = ranked_groups(bundle)
    bit = {group.id: 1 << rank for rank, group in enumerate(groups)}
    terms = bundle.points
    head = [
        len(groups),
        terms.fen_per_point,
        terms.fen_per_redeemed_point,
        terms.receipt_cap or FEN_MAX,
        bundle.tz_offset_s,
        len(bundle.rules),
    ]
    for group in groups:
        if group.mode == "first" or group.basis == "running":
            raise ValueError(f"the limit knows no such group: {group.id}")
        head += [group.mode == "best", sum(bit[other] for other in group.suppressed_by)]
    phases = [_phase(bundle, phase, numbers) for phase in ("discount", "points")]
    return b"".join((_words(head), *phases))


def _phase(bundle: Bundle, phase: Phase, numbers: Sequence[Numbers]) -> bytes:
    ranked = ranked_rules(bundle, phase)
    rules = [rule for _, _, rule in ranked]
    width = max(1, (len(rules) + 63) // 64)
    ends = {end for rule in rules for end in (rule.when.from_s, rule.when.to_s)}
    edges = sorted(ends - {0, FOREVER})
    minutes = sorted({0, *(minute for rule in rules for minute in rule.when.minutes)} - {1440})
    sizes = [len(rules), width, len(edges), len(minutes), *(len(names) for names in numbers)]
    records = [_record(bundle, rank, place, rule) for rank, place, rule in ranked]
    rows = [row.to_bytes(8 * width, "little") for row in _rows(rules, edges, minutes, numbers)]
    segments = bytes(bisect_right(minutes, minute) - 1 for minute in range(1440))
    return b"".join((_words(sizes), *records, *rows, _words(edges), segments))


def _record(bundle: Bundle, rank: int, place: int, rule: Rule) -> bytes:
    operation, number, off, times, divisor = _operation(rule, bundle.points.fen_per_point)
    half_up = isinstance(rule.do, OffBp | MultBp) and rule.do.round == "half_up"
    when, need = rule.when, rule.need
    limits = (need.min_fen, need.min_qty, when.min_total, when.max_total or FEN_MAX)
    values = (number, off, times, divisor // 2 if half_up else 0, divisor, rule.cap or FEN_MAX)
    return _words((*limits, *values, rule.select.min_unit, operation, rank, place))


def _operation(rule: Rule, fen_per_point: int) -> tuple[int, int, int, int, int]:
    match rule.do:
        case EveryOff(every_fen, off_fen, max_times):
            return 0, every_fen, off_fen, max_times or FEN_MAX, 1
        case OffBp(bp):
            return 1, bp, 0, 0, 10_000
        case MultBp(bp):
            return 2, bp, 0, 0, 10_000 * fen_per_point
        case PerQty(pts):
            return 3, pts, 0, 0, 1
        case Fixed(pts):
            return 4, pts, 0, 0, 1
        case FixedPrice():
            raise ValueError(f"the limit knows no fixed price: {rule.id}")


def _rows(
    rules: Sequence[Rule], edges: Sequence[int], minutes: Sequence[int], numbers: Sequence[Numbers]
) -> list[int]:
    def alive(met: Callable[[Rule], bool]) -> int:
        return sum(1 << bit for bit, rule in enumerate(rules) if met(rule))

    def table(dimension: tuple[Values, Values], names: Numbers) -> list[int]:
        wanted, unwanted = dimension
        rows = [alive(lambda rule: not wanted(rule))]
        for name in names:
            rows.append(
                alive(
                    lambda rule, n=name: (not wanted(rule) or n in wanted(rule)) and n not in unwanted(rule)
                )
            )
        return rows

    tables = [table(dimension, names) for dimension, names in zip(DIMENSIONS, numbers, strict=True)]
    states = {"month": (1, 3), "day": (2, 3)}
    born = [
        alive(lambda rule, s=state: not rule.when.birthday or s in states[rule.when.birthday])
        for state in range(4)
    ]
    return [
        alive(lambda rule: rule.select == Select()),
        alive(lambda rule: rule.select.min_unit > 0),
        *(row for rows in tables[:4] for row in rows),
        alive(lambda rule: not rule.when.first),
        alive(lambda rule: True),
        *born,
        *(alive(lambda rule, d=day: not rule.when.dow or d in rule.when.dow) for day in range(7)),
        *(alive(lambda rule, d=day: not rule.when.dom or d in rule.when.dom) for day in range(32)),
        *(
            alive(lambda rule, m=minute: rule.when.minutes[0] <= m < rule.when.minutes[1])
            for minute in minutes
        ),
        *(alive(lambda rule, t=edge: rule.when.from_s <= t < rule.when.to_s) for edge in (0, *edges)),
        *(row for rows in tables[4:] for row in rows),
    ]
