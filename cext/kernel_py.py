"""The rules in plain Python: what they mean, line for line. Oracle of the compiled kernel, and its stand-in."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import compress, groupby, product

import msgspec

from cext import reply
from cext.bundle import (
    Bundle,
    EveryOff,
    Fixed,
    FixedPrice,
    Gift,
    Group,
    Limit,
    MultBp,
    NthItemBp,
    OffBp,
    PerQty,
    Phase,
    Redeem,
    RoundTo,
    Rule,
    Select,
    When,
    ranked_groups,
    ranked_rules,
)
from cext.limits import FEN_MAX
from cext.reply import Explanation, Result, Step
from cext.request import Line, Member, Request, Used, read_request

DAY_S = 86_400
STRANGER = Member()
UNUSED = Used()
_EPOCH = date(1970, 1, 1).toordinal()


class Kernel:
    """Evaluates one bundle; requests and replies are JSON."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def evaluate(self, request_json: bytes) -> bytes:
        """Price one basket; raises RequestError."""
        return msgspec.json.encode(_decided(self._bundle, read_request(request_json)).result)

    def explain(self, request_json: bytes) -> bytes:
        """Price one basket and say what each rule did; raises RequestError."""
        decided = _decided(self._bundle, read_request(request_json))
        trace = [decided.steps[rule.id] for rule in self._bundle.rules]
        return msgspec.json.encode(Explanation(decided.result, trace))


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
    """The store's local time of a request, and how near the member's birthday is (see ``request.Member``)."""

    ts: int
    weekday: int
    monthday: int
    minute: int
    birthday_state: int

    @classmethod
    def of(cls, request: Request, tz_offset_s: int, day_start_s: int) -> "Occasion":
        """Resolve the request's time in the bundle's zone: the business day, and the minute on the wall."""
        local_s = request.ts + tz_offset_s
        today = date.fromordinal(_EPOCH + (local_s - day_start_s) // DAY_S)
        state = birthday_state(request.member or STRANGER, today)
        return cls(request.ts, today.weekday(), today.day, local_s % DAY_S // 60, state)


def birthday_state(member: Member, today: date) -> int:
    """Bit 0: the birthday is this month; bit 1: it is today; bits 2 and 3 the same by the moon, from outside."""
    if member.birthday_state is not None:
        return member.birthday_state
    if member.bday is None:
        return 0
    month, day = divmod(member.bday, 100)
    return int(month == today.month) | int((month, day) == (today.month, today.day)) << 1


def why_not(when: When, at: Occasion, request: Request, coupons: Collection[str], total: int) -> str | None:
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
        ("coupon", not when.coupon or when.coupon in request.coupons),
        ("left_out", not when.coupon or when.coupon in coupons),
        ("total", when.min_total <= total and (not when.max_total or total <= when.max_total)),
    )
    return next((why for why, met in asked if not met), None)


def _birthday_met(when: When, at: Occasion) -> bool:
    solar = {"month": 1, "day": 2}
    calendars = {"solar": 0b0011, "lunar": 0b1100, "either": 0b1111}
    if not when.birthday:
        return True
    wanted = solar[when.birthday] * 0b0101 & calendars[when.birthday_calendar]
    return bool(at.birthday_state & wanted)


def limit_reached(limit: Limit, used: Used) -> bool:
    """Tell whether nothing is left of what the rule may give."""
    times = ((limit.per_member, used.times_member), (limit.per_day, used.times_day))
    return any(most and so_far >= most for most, so_far in times) or left_of(limit, used) <= 0


def left_of(limit: Limit, used: Used) -> int:
    """What the value limits leave for this receipt, in fen or points."""
    values = (
        (limit.member_value, used.value_member),
        (limit.day_value, used.value_day),
        (limit.total_value, used.value_total),
    )
    return min((most - so_far for most, so_far in values if most), default=FEN_MAX)


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
    """What the rule is worth on ``chosen``, in fen, points or gifts, before its cap."""
    match rule.do:
        case EveryOff(every_fen, off_fen, max_times):
            value = steps(chosen.fen, every_fen, max_times) * off_fen
        case OffBp(bp, round):
            value = rate(chosen.fen * bp, 10_000, round)
        case FixedPrice(fen):
            value = sum(chosen.above(fen))
        case NthItemBp():
            value = nth_items(rule.do, chosen)
        case RoundTo(fen):
            value = chosen.fen % fen
        case MultBp(bp, round):
            value = rate(chosen.fen * bp, 10_000 * fen_per_point, round)
        case PerQty(pts):
            value = chosen.qty * pts
        case Fixed(pts):
            value = pts
        case Gift(qty, every_fen, max_times):
            value = qty * (steps(chosen.fen, every_fen, max_times) if every_fen else 1)
        case Redeem():
            raise AssertionError("redeem sets terms; see _Evaluation._redeem")
    return value


def steps(fen: int, every_fen: int, max_times: int) -> int:
    """How often ``every_fen`` is reached, at most ``max_times``; 0 is no maximum."""
    times = fen // every_fen
    return min(times, max_times) if max_times else times


def nth_items(do: NthItemBp, chosen: Selection) -> int:
    """What every ``n``-th unit, dearest first, is less; of lines that were weighed nothing."""
    whole = [
        (line, fen)
        for line, fen in zip(chosen.bought, chosen.amounts, strict=True)
        if line.qty and not line.milli
    ]
    value = counted = given = 0
    for line, fen in sorted(whole, key=lambda one: -one[0].unit):
        counted += line.qty
        upto = steps(counted, do.n, do.max_times)
        value += rate(fen * (upto - given) * do.bp, line.qty * 10_000, do.round)
        given = upto
    return value


def rate(numerator: int, denominator: int, round: str) -> int:
    """Divide, rounding ``down`` or ``half_up``."""
    return (numerator + (denominator // 2 if round == "half_up" else 0)) // denominator


def _decided(bundle: Bundle, request: Request) -> "_Evaluation":
    """Decide the receipt with the coupons that are best for the customer.

    Of all combinations the one that leaves least to pay; then the one with more points; then the one that
    uses up fewer coupons. What is left equal takes part, so that its own reason shows why it gives nothing.
    """
    choices = product(*((False, True) for _ in request.coupons))
    combinations = (tuple(compress(request.coupons, reversed(choice))) for choice in choices)
    evaluations = (_Evaluation(bundle, request, coupons) for coupons in combinations)
    return min(evaluations, key=_Evaluation.rank)


@dataclass(slots=True)
class _Evaluation:
    """One receipt through the phases, with these coupons."""

    bundle: Bundle
    request: Request
    coupons: tuple[str, ...]
    result: Result = field(init=False)
    at: Occasion = field(init=False)
    net: list[int] = field(init=False)
    fired: list[tuple[str, int]] = field(default_factory=list)
    fired_groups: set[str] = field(default_factory=set)
    steps: dict[str, Step] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = Occasion.of(self.request, self.bundle.tz_offset_s, self.bundle.day_start_s)
        self.net = [line.fen for line in self.request.lines]
        self.result = self._run()

    def _run(self) -> Result:
        """Discounts, then points and gifts on what is left to pay."""
        gross = list(self.net)
        self._phase("discount", gross, [i for i, line in enumerate(self.request.lines) if not line.nd])
        points, earned = self._earn()
        self._phase("gifts", list(self.net), self._every_line())
        payable = sum(self.net)
        return Result(sum(gross), sum(gross) - payable, payable, points, self.fired, self.net, earned)

    def rank(self) -> tuple[int, int, int, int]:
        """How good the coupons are for the customer, the smallest is best."""
        asking = {rule.id for rule in self.bundle.rules if rule.when.coupon}
        used_up = sum(rule in asking for rule, _ in self.fired)
        return self.result.payable, -self.result.points, used_up, -len(self.coupons)

    def _every_line(self) -> list[int]:
        return list(range(len(self.net)))

    def _earn(self) -> tuple[int, list[int]]:
        """Points of the receipt and of each line; a stranger earns none."""
        if self.request.member is None:
            for rule in self.bundle.rules:
                if rule.phase == "points":
                    self.steps[rule.id] = reply.skipped(rule.id, "no_member")
            return 0, [0] * len(self.net)
        base = self._earning_base()
        before = len(self.fired)
        earning = [i for i, line in enumerate(self.request.lines) if not line.np]
        self._phase("points", base, earning)
        points = sum(value for _, value in self.fired[before:])
        points = min(points, self.bundle.points.receipt_cap or FEN_MAX)
        if points and not sum(base):
            base[earning[0]] = 1  # a refund takes them back with the first line that may earn
        return points, spread(points, base)

    def _earning_base(self) -> list[int]:
        """Net of each line, less its share of what points paid for; nothing on lines that earn nothing."""
        lines = zip(self.net, self._paid_with_points(), self.request.lines, strict=True)
        return [0 if line.np else net - share for net, share, line in lines]

    def _paid_with_points(self) -> list[int]:
        """Fen that points pay on each line: on all lines, or on the terms of the first redeem rule that applies."""
        ranked = ranked_rules(self.bundle, "points")
        redeeming = [(rule, rule.do) for _, _, rule in ranked if isinstance(rule.do, Redeem)]
        if not redeeming:
            worth = self.bundle.points.fen_per_redeemed_point
            return spread(min(self.request.points_used * worth, sum(self.net)), self.net)
        paid = [0] * len(self.net)
        terms: Rule | None = None
        for rule, do in redeeming:
            chosen = self._selection(rule.select, self.net, self._every_line())
            if step := self._refusal(rule, chosen, self._silencer(rule.group), sum(self.net)):
                self.steps[rule.id] = step
            elif terms is not None:
                self.steps[rule.id] = reply.lost(rule.id, terms.id)
            else:
                terms = rule
                self._redeem(rule, do, chosen, paid)
        return paid

    def _redeem(self, rule: Rule, do: Redeem, chosen: Selection, paid: list[int]) -> None:
        """Take as many of the points as the terms allow, and put what they pay on the chosen lines."""
        ceiling_fen = chosen.fen * do.max_bp // 10_000
        taken = min(self.request.points_used, ceiling_fen // do.fen_per_point, self._most(rule))
        taken -= taken % do.step
        if not taken:
            self.steps[rule.id] = reply.skipped(rule.id, "no_value")
            return
        shares = spread(taken * do.fen_per_point, chosen.amounts)
        for line, share in zip(chosen.lines, shares, strict=True):
            paid[line] = share
        self._note_fired(rule, taken, chosen, shares)

    def _phase(self, phase: Phase, opening: list[int], eligible: list[int]) -> None:
        total = sum(self.net)
        for group, rules in self._groups(phase):
            running = phase == "discount" and group.basis == "running"
            self._group(group, rules, list(self.net) if running else opening, eligible, total)

    def _groups(self, phase: Phase) -> Iterator[tuple[Group, list[Rule]]]:
        groups = ranked_groups(self.bundle)
        for rank, ranked in groupby(ranked_rules(self.bundle, phase), key=lambda one: one[0]):
            yield groups[rank], [rule for _, _, rule in ranked if not isinstance(rule.do, Redeem)]

    def _group(
        self, group: Group, rules: list[Rule], amounts: list[int], eligible: list[int], total: int
    ) -> None:
        """Find what each rule is worth, let the mode choose, and apply."""
        found: list[tuple[Rule, int, Selection]] = []
        silencer = self._silencer(group.id)
        for rule in rules:
            chosen = self._selection(rule.select, amounts, eligible)
            step = self._refusal(rule, chosen, silencer, total)
            value = 0 if step else value_of(rule, chosen, self.bundle.points.fen_per_point)
            value = min(value, self._most(rule))
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

    def _silencer(self, group: str) -> str | None:
        """The first group, in the order of application, that fired and silences this one."""
        groups = ranked_groups(self.bundle)
        silencers = next(one.suppressed_by for one in groups if one.id == group)
        return next((one.id for one in groups if one.id in silencers and one.id in self.fired_groups), None)

    def _most(self, rule: Rule) -> int:
        """The most that the rule may give on this receipt: its cap, or what its limits leave."""
        return min(rule.cap or FEN_MAX, left_of(rule.limit, self._used(rule)))

    def _used(self, rule: Rule) -> Used:
        return self.request.used.get(rule.id, UNUSED)

    def _selection(self, select: Select, amounts: list[int], eligible: list[int]) -> Selection:
        lines = [i for i in eligible if selects(select, self.request.lines[i])]
        return Selection(lines, [amounts[i] for i in lines], [self.request.lines[i] for i in lines])

    def _refusal(self, rule: Rule, chosen: Selection, silencer: str | None, total: int) -> Step | None:
        """Why the rule cannot even be valued, or None."""
        if why := why_not(rule.when, self.at, self.request, self.coupons, total):
            return reply.skipped(rule.id, why)
        if rule.limit != Limit():
            if self.request.member is None:
                return reply.skipped(rule.id, "no_member")
            if limit_reached(rule.limit, self._used(rule)):
                return reply.skipped(rule.id, "limit")
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
        self._note_fired(rule, value, chosen, shares)

    def _note_fired(self, rule: Rule, value: int, chosen: Selection, shares: list[int]) -> None:
        self.fired.append((rule.id, value))
        self.fired_groups.add(rule.group)
        self.steps[rule.id] = reply.fired(rule.id, value, chosen.lines, shares)

    def _left(self, rule: Rule, chosen: Selection) -> list[int]:
        """What can still be taken off each line; a fixed price takes only what is above it."""
        left = [self.net[line] for line in chosen.lines]
        if isinstance(rule.do, FixedPrice):
            return [min(pair) for pair in zip(left, chosen.above(rule.do.fen), strict=True)]
        return left
