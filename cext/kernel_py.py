"""The rules in plain Python: what they mean, line for line. Oracle of the compiled kernel, and its stand-in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

import msgspec

from cext import reply
from cext.bundle import (
    Bundle,
    EveryOff,
    Fixed,
    FixedPrice,
    Group,
    MultBp,
    OffBp,
    PerQty,
    Phase,
    Rule,
    Select,
    When,
    ranked_groups,
    ranked_rules,
)
from cext.limits import FEN_MAX
from cext.reply import Explanation, Result, Step
from cext.request import Line, Member, Request, read_request

DAY_S = 86_400
STRANGER = Member()
_EPOCH = date(1970, 1, 1).toordinal()


class Kernel:
    """Evaluates one bundle; requests and replies are JSON."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def evaluate(self, request_json: bytes) -> bytes:
        """Price one basket; raises RequestError."""
        return msgspec.json.encode(_Evaluation(self._bundle, read_request(request_json)).run())

    def explain(self, request_json: bytes) -> bytes:
        """Price one basket and say what each rule did; raises RequestError."""
        evaluation = _Evaluation(self._bundle, read_request(request_json))
        result = evaluation.run()
        trace = [evaluation.steps[rule.id] for rule in self._bundle.rules]
        return msgspec.json.encode(Explanation(result, trace))


def spread(value: int, weights: Sequence[int]) -> list[int]:
    """Share ``value`` out by ``weights``, cumulative floor: the sum is exact, each share within 1."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    shares = []
    reached = given = 0
    for weight in weights:
        reached += weight
        upto = value * reached // total
        shares.append(upto - given)
        given = upto
    return shares


@dataclass(frozen=True, slots=True)
class Occasion:
    """The store's local time of a request, and how near the member's birthday is (bit 0 month, bit 1 day)."""

    ts: int
    weekday: int
    monthday: int
    minute: int
    birthday_state: int

    @classmethod
    def of(cls, request: Request, tz_offset_s: int) -> "Occasion":
        """Resolve the request's time in the bundle's zone."""
        days, second = divmod(request.ts + tz_offset_s, DAY_S)
        today = date.fromordinal(_EPOCH + days)
        state = birthday_state(request.member or STRANGER, today)
        return cls(request.ts, today.weekday(), today.day, second // 60, state)


def birthday_state(member: Member, today: date) -> int:
    """Bit 0: the birthday is this month; bit 1: it is today."""
    if member.birthday_state is not None:
        return member.birthday_state
    if member.bday is None:
        return 0
    month, day = divmod(member.bday, 100)
    return int(month == today.month) | int((month, day) == (today.month, today.day)) << 1


def why_not(when: When, at: Occasion, request: Request, total: int) -> str | None:
    """Name the first condition that keeps the rule out, or None."""
    member = request.member or STRANGER
    asked = (
        ("window", when.from_s <= at.ts < when.to_s),
        ("weekday", not when.dow or at.weekday in when.dow),
        ("monthday", not when.dom or at.monthday in when.dom),
        ("minutes", when.minutes[0] <= at.minute < when.minutes[1]),
        ("tier", not when.tiers or member.tier in when.tiers),
        ("store", not when.stores or request.store in when.stores),
        ("pay", not when.pay or request.pay in when.pay),
        ("channel", not when.channel or request.channel in when.channel),
        ("first", not when.first or member.first),
        ("birthday", _birthday_met(when, at)),
        ("tags", not when.tags or not set(when.tags).isdisjoint(member.tags)),
        ("total", when.min_total <= total and (not when.max_total or total <= when.max_total)),
    )
    return next((why for why, met in asked if not met), None)


def _birthday_met(when: When, at: Occasion) -> bool:
    wanted = {"month": 1, "day": 2}
    return not when.birthday or bool(at.birthday_state & wanted[when.birthday])


def selects(select: Select, line: Line) -> bool:
    """Tell whether the line is one of the rule's."""
    return (
        (not select.cats or line.cat in select.cats)
        and (not select.brands or line.brand in select.brands)
        and (not select.skus or line.sku in select.skus)
        and line.cat not in select.not_cats
        and line.sku not in select.not_skus
        and line.unit >= select.min_unit
    )


def cost_at(fen: int, line: Line) -> int:
    """What the line costs at ``fen`` a unit, half a fen rounded up."""
    return fen * line.qty + (fen * line.milli + 500) // 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """The lines that a rule works on, by place, each with its amount in fen."""

    lines: list[int]
    amounts: list[int]
    bought: list[Line]

    @property
    def fen(self) -> int:
        return sum(self.amounts)

    @property
    def qty(self) -> int:
        """Whole units; what a line has beyond them does not count."""
        return sum(line.qty for line in self.bought)

    def above(self, unit_fen: int) -> list[int]:
        """What each line costs more than at ``unit_fen`` a unit."""
        return [
            max(0, fen - cost_at(unit_fen, line)) for fen, line in zip(self.amounts, self.bought, strict=True)
        ]


def value_of(rule: Rule, chosen: Selection, fen_per_point: int) -> int:
    """What the rule is worth on ``chosen``, in fen or points, cap included."""
    match rule.do:
        case EveryOff(every_fen, off_fen, max_times):
            times = chosen.fen // every_fen
            value = (min(times, max_times) if max_times else times) * off_fen
        case OffBp(bp, round):
            value = rate(chosen.fen * bp, 10_000, round)
        case FixedPrice(fen):
            value = sum(chosen.above(fen))
        case MultBp(bp, round):
            value = rate(chosen.fen * bp, 10_000 * fen_per_point, round)
        case PerQty(pts):
            value = chosen.qty * pts
        case Fixed(pts):
            value = pts
    return min(value, rule.cap or FEN_MAX)


def rate(numerator: int, denominator: int, round: str) -> int:
    """Divide, rounding ``down`` or ``half_up``."""
    return (numerator + (denominator // 2 if round == "half_up" else 0)) // denominator


@dataclass(slots=True)
class _Evaluation:
    """One receipt on its way through the phases."""

    bundle: Bundle
    request: Request
    at: Occasion = field(init=False)
    net: list[int] = field(init=False)
    fired: list[tuple[str, int]] = field(default_factory=list)
    fired_groups: set[str] = field(default_factory=set)
    steps: dict[str, Step] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = Occasion.of(self.request, self.bundle.tz_offset_s)
        self.net = [line.fen for line in self.request.lines]

    def run(self) -> Result:
        """Discounts, then points on what is left to pay."""
        gross = list(self.net)
        self._phase("discount", gross, [i for i, line in enumerate(self.request.lines) if not line.nd])
        points, earned = self._earn()
        payable = sum(self.net)
        return Result(sum(gross), sum(gross) - payable, payable, points, self.fired, self.net, earned)

    def _earn(self) -> tuple[int, list[int]]:
        """Points of the receipt and of each line; a stranger earns none."""
        if self.request.member is None:
            for rule in self.bundle.rules:
                if rule.phase == "points":
                    self.steps[rule.id] = reply.skipped(rule.id, "no_member")
            return 0, [0] * len(self.net)
        base = self._earning_base()
        self._phase("points", base, [i for i, line in enumerate(self.request.lines) if not line.np])
        phases = {rule.id: rule.phase for rule in self.bundle.rules}
        points = sum(value for rule, value in self.fired if phases[rule] == "points")
        points = min(points, self.bundle.points.receipt_cap or FEN_MAX)
        return points, spread(points, base)

    def _earning_base(self) -> list[int]:
        """Net of each line, less its share of what points paid for; nothing on lines that earn nothing."""
        terms = self.bundle.points
        paid = min(self.request.points_used * terms.fen_per_redeemed_point, sum(self.net))
        shares = spread(paid, self.net)
        lines = zip(self.net, shares, self.request.lines, strict=True)
        return [0 if line.np else net - share for net, share, line in lines]

    def _phase(self, phase: Phase, opening: list[int], eligible: list[int]) -> None:
        total = sum(self.net)
        for group, rules in self._groups(phase):
            running = phase == "discount" and group.basis == "running"
            self._group(group, rules, list(self.net) if running else opening, eligible, total)

    def _groups(self, phase: Phase) -> Iterator[tuple[Group, list[Rule]]]:
        groups = ranked_groups(self.bundle)
        for rank, ranked in groupby(ranked_rules(self.bundle, phase), key=lambda one: one[0]):
            yield groups[rank], [rule for _, _, rule in ranked]

    def _group(
        self, group: Group, rules: list[Rule], amounts: list[int], eligible: list[int], total: int
    ) -> None:
        """Find what each rule is worth, let the mode choose, and apply."""
        found: list[tuple[Rule, int, Selection]] = []
        silencer = self._silencer(group)
        for rule in rules:
            chosen = self._selection(rule.select, amounts, eligible)
            step = self._refusal(rule, chosen, silencer, total)
            value = 0 if step else value_of(rule, chosen, self.bundle.points.fen_per_point)
            if value > 0:
                found.append((rule, value, chosen))
            else:
                self.steps[rule.id] = step or reply.skipped(rule.id, "no_value")
        if group.mode != "all" and found:
            winner = found[0] if group.mode == "first" else max(found, key=lambda one: one[1])
            for rule, _, _ in found:
                self.steps[rule.id] = reply.lost(rule.id, winner[0].id)
            found = [winner]
        for rule, value, chosen in found:
            self._apply(rule, value, chosen)

    def _silencer(self, group: Group) -> str | None:
        """The first group, in the order of application, that fired and silences this one."""
        silent = (one.id for one in ranked_groups(self.bundle) if one.id in group.suppressed_by)
        return next((one for one in silent if one in self.fired_groups), None)

    def _selection(self, select: Select, amounts: list[int], eligible: list[int]) -> Selection:
        lines = [i for i in eligible if selects(select, self.request.lines[i])]
        return Selection(lines, [amounts[i] for i in lines], [self.request.lines[i] for i in lines])

    def _refusal(self, rule: Rule, chosen: Selection, silencer: str | None, total: int) -> Step | None:
        """Why the rule cannot even be valued, or None."""
        if why := why_not(rule.when, self.at, self.request, total):
            return reply.skipped(rule.id, why)
        if not chosen.lines:
            return reply.skipped(rule.id, "no_line")
        short_fen = max(0, rule.need.min_fen - chosen.fen)
        short_qty = max(0, rule.need.min_qty - chosen.qty)
        if short_fen or short_qty:
            return reply.in_need(rule.id, short_fen, short_qty)
        return reply.suppressed(rule.id, silencer) if silencer else None

    def _apply(self, rule: Rule, value: int, chosen: Selection) -> None:
        """Spread the value; a discount is clipped to what is left on its lines and taken off them."""
        weights = chosen.amounts
        if rule.phase == "discount":
            weights = self._left(rule, chosen)
            value = min(value, sum(weights))
        if value == 0:
            self.steps[rule.id] = reply.skipped(rule.id, "no_value")
            return
        shares = spread(value, weights)
        if rule.phase == "discount":
            for line, share in zip(chosen.lines, shares, strict=True):
                self.net[line] -= share
        self.fired.append((rule.id, value))
        self.fired_groups.add(rule.group)
        self.steps[rule.id] = reply.fired(rule.id, value, chosen.lines, shares)

    def _left(self, rule: Rule, chosen: Selection) -> list[int]:
        """What can still be taken off each line; a fixed price takes only what is above it."""
        left = [self.net[line] for line in chosen.lines]
        if isinstance(rule.do, FixedPrice):
            return [min(pair) for pair in zip(left, chosen.above(rule.do.fen), strict=True)]
        return left
