"""The arithmetic behind an engine: the engine says which rules live and which lines they select, this does the rest.

An expression engine has no words for groups, caps and spreading, so every peer gets the same plain Python here.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cext.bundle import (
    Bundle,
    EveryOff,
    Fixed,
    MultBp,
    OffBp,
    PerQty,
    Phase,
    Rule,
    ranked_groups,
    ranked_rules,
)
from cext.limits import FEN_MAX

Verdict = bool | list[int] | None
"""What an engine says of a rule: the places of its lines, or True for all that are open to it."""

Answer = dict[str, Any]
Worth = Callable[[int, int], int]


class Ranked(NamedTuple):
    """One rule, ready to be reckoned."""

    id: str
    group_bit: int
    silencers: int
    best: bool
    min_total: int
    max_total: int
    min_fen: int
    min_qty: int
    worth: Worth
    cap: int


class Arithmetic:
    """A bundle's groups, needs, values and shares; modes ``all`` and ``best`` on opening amounts only."""

    def __init__(self, bundle: Bundle) -> None:
        self._discounts = _ranked(bundle, "discount")
        self._points = _ranked(bundle, "points")
        self._terms = bundle.points

    def answer(
        self, request: Any, verdicts: Sequence[Verdict], discountable: list[int], earning: list[int]
    ) -> Answer:
        """The decided receipt, in the words of the kernel's reply."""
        lines = request["lines"]
        opening = [line["fen"] for line in lines]
        quantities = [line["qty"] for line in lines]
        gross = sum(opening)
        net = list(opening)
        fired: list[tuple[str, int]] = []
        split = len(self._discounts)
        live = [pair for pair in zip(self._discounts, verdicts, strict=False) if pair[1]]
        silent = _phase(live, opening, quantities, discountable, gross, fired, net, 0)
        payable = sum(net)
        points, earned = 0, [0] * len(lines)
        if request["member"] is not None:
            base = self._earning_base(request, net, earning)
            live = [pair for pair in zip(self._points, verdicts[split:], strict=True) if pair[1]]
            discounts = len(fired)
            _phase(live, base, quantities, earning, payable, fired, None, silent)
            points = min(sum(value for _, value in fired[discounts:]), self._terms.receipt_cap or FEN_MAX)
            earned = earned_by_line(points, base, earning)
        return {
            "gross": gross,
            "discount": gross - payable,
            "payable": payable,
            "points": points,
            "fired": fired,
            "line_net": net,
            "line_points": earned,
        }

    def _earning_base(self, request: Any, net: list[int], earning: list[int]) -> list[int]:
        base = net
        if used := request["points_used"]:
            paid = min(used * self._terms.fen_per_redeemed_point, sum(net))
            base = [fen - share for fen, share in zip(net, spread(paid, net), strict=True)]
        if len(earning) == len(net):
            return base
        open_lines = set(earning)
        return [fen if place in open_lines else 0 for place, fen in enumerate(base)]


def earned_by_line(points: int, base: Sequence[int], earning: Sequence[int]) -> list[int]:
    """Points of each line; those that no line earned go with the first that may."""
    if points and not any(base):
        base = [int(place == earning[0]) for place in range(len(base))]
    return spread(points, base)


def spread(value: int, weights: Sequence[int]) -> list[int]:
    """Cumulative floor."""
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


def _phase(
    live: Sequence[tuple[Ranked, Any]],
    amounts: list[int],
    quantities: list[int],
    eligible: list[int],
    total: int,
    fired: list[tuple[str, int]],
    net: list[int] | None,
    silent: int,
) -> int:
    """Reckon the living rules of a phase; the groups that have fired so far."""
    if not eligible:
        return silent
    all_fen = sum([amounts[place] for place in eligible])
    all_qty = sum([quantities[place] for place in eligible])
    group = best_value = before = 0
    best_id, best_lines = "", eligible
    for rule, verdict in live:
        rule_id, bit, silencers, best, min_total, max_total, min_fen, min_qty, worth, cap = rule
        if bit != group:
            if best_value and _take(best_id, best_value, best_lines, fired, net):
                silent |= group
            group, best_value, before = bit, 0, silent
        if before & silencers or not min_total <= total <= max_total:
            continue
        if verdict is True:
            chosen, fen, qty = eligible, all_fen, all_qty
        else:
            chosen = verdict
            fen = sum([amounts[place] for place in chosen])
            qty = sum([quantities[place] for place in chosen])
        if fen < min_fen or qty < min_qty:
            continue
        value = min(worth(fen, qty), cap)
        if best:
            if value > best_value:
                best_value, best_id, best_lines = value, rule_id, chosen
        elif value > 0 and _take(rule_id, value, chosen, fired, net):
            silent |= bit
    if best_value and _take(best_id, best_value, best_lines, fired, net):
        silent |= group
    return silent


def _take(
    rule_id: str, value: int, chosen: list[int], fired: list[tuple[str, int]], net: list[int] | None
) -> bool:
    """Note a rule, and take a discount off its lines; False if nothing was left there."""
    if net is not None:
        value = take_off(net, chosen, value)
    if value:
        fired.append((rule_id, value))
    return value > 0


def take_off(net: list[int], chosen: list[int], value: int) -> int:
    """Take ``value``, or what is left, off the lines by what is left on each; what was taken."""
    left = sum([net[place] for place in chosen])
    value = min(value, left)
    reached = given = 0
    if value > 0:
        for place in chosen:
            reached += net[place]
            upto = value * reached // left
            net[place] -= upto - given
            given = upto
    return value


def _ranked(bundle: Bundle, phase: Phase) -> list[Ranked]:
    groups = ranked_groups(bundle)
    bit = {group.id: 1 << rank for rank, group in enumerate(groups)}
    if any(group.mode == "first" or group.basis == "running" for group in groups):
        raise ValueError("only modes all and best, on gross")
    return [
        Ranked(
            rule.id,
            1 << rank,
            sum(bit[other] for other in groups[rank].suppressed_by),
            groups[rank].mode == "best",
            rule.when.min_total,
            rule.when.max_total or FEN_MAX,
            rule.need.min_fen,
            rule.need.min_qty,
            _worth(rule, bundle.points.fen_per_point),
            rule.cap or FEN_MAX,
        )
        for rank, _, rule in ranked_rules(bundle, phase)
    ]


def _worth(rule: Rule, fen_per_point: int) -> Worth:
    """What the rule is worth on (fen, qty), without its cap."""
    match rule.do:
        case EveryOff(every_fen, off_fen, 0):
            return lambda fen, qty: fen // every_fen * off_fen
        case EveryOff(every_fen, off_fen, times):
            return lambda fen, qty: min(fen // every_fen, times) * off_fen
        case OffBp(bp, "half_up"):
            return lambda fen, qty: (fen * bp + 5_000) // 10_000
        case OffBp(bp):
            return lambda fen, qty: fen * bp // 10_000
        case MultBp(bp, round):
            divisor = 10_000 * fen_per_point
            half = divisor // 2 if round == "half_up" else 0
            return lambda fen, qty: (fen * bp + half) // divisor
        case PerQty(pts):
            return lambda fen, qty: qty * pts
        case Fixed(pts):
            return lambda fen, qty: pts
    raise ValueError(f"not in the limit's subset: {rule.id}")
