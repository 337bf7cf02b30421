"""Generated Python: a bundle written out as one straight-line function, the obvious fast way without a compiler.

Each rule is an ``if`` over local variables; one that lives picks its lines in a comprehension over columns and
constant sets; groups and values are written in place. Only spreading stays a call.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from benchmarks.rules_peers.arithmetic import Answer, earned_by_line, spread, take_off
from benchmarks.rules_peers.terms import (
    Among,
    Between,
    Holds,
    Meets,
    Outside,
    Term,
    asked_of,
    facts_of,
    lists_of,
)
from cext.bundle import (
    Bundle,
    EveryOff,
    Fixed,
    Group,
    MultBp,
    OffBp,
    PerQty,
    Phase,
    Rule,
    ranked_groups,
    ranked_rules,
)
from cext.limits import FEN_MAX

NAME = "generated Python"

OPENING = """\
def price(request):
    facts = facts_of(request, {tz_offset_s}, {columns})
    ts, minute, dow, dom, birthday = (
        facts["ts"], facts["minute"], facts["dow"], facts["dom"], facts["birthday"])
    store, pay, tier, first, tags = facts["store"], facts["pay"], facts["tier"], facts["first"], facts["tags"]
    {locals}
    lines = request["lines"]
    amounts = [line["fen"] for line in lines]
    quantities = [line["qty"] for line in lines]
    net = amounts[:]
    gross = total = sum(amounts)
    fired, earned, points = [], [0] * len(lines), 0
    {flags}
    eligible = facts["discountable"]
"""
TOTALS = """\
{margin}all_fen = sum([amounts[i] for i in eligible])
{margin}all_qty = sum([quantities[i] for i in eligible])
"""
BETWEEN = """\
    payable = total = sum(net)
    if request["member"] is not None:
        amounts = net
        if request["points_used"]:
            paid = min(request["points_used"] * {fen_per_redeemed_point}, payable)
            amounts = [fen - share for fen, share in zip(net, spread(paid, net))]
        amounts = [0 if line["np"] else fen for fen, line in zip(amounts, lines)]
        eligible = facts["earning"]
"""
ENDING = """\
        points = min(points, {receipt_cap})
        earned = earned_by_line(points, amounts, eligible)
    return {{"gross": gross, "discount": gross - payable, "payable": payable, "points": points,
            "fired": fired, "line_net": net, "line_points": earned}}
"""


def prepare(bundle: Bundle) -> Callable[[Any], Answer]:
    """Write and compile the function; it prices a receipt that has been parsed."""
    names: dict[str, Any] = {
        "spread": spread,
        "earned_by_line": earned_by_line,
        "take_off": take_off,
        "facts_of": facts_of,
    }
    exec(compile(_Writer(bundle).text(), "<bundle>", "exec"), names)
    price: Callable[[Any], Answer] = names["price"]
    return price


class _Writer:
    """The text of one bundle; what has fired is kept only for groups that silence another."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._asked = iter(asked_of(bundle))
        silencers = dict.fromkeys(other for group in bundle.groups for other in group.suppressed_by)
        self._flag = {group: f"fired_{nth}" for nth, group in enumerate(silencers)}

    def text(self) -> str:
        terms = self._bundle.points
        columns = lists_of(asked_of(self._bundle))
        opening = OPENING.format(
            tz_offset_s=self._bundle.tz_offset_s,
            columns=columns,
            locals="; ".join(f'{column} = facts["{column}"]' for column in columns) or "pass",
            flags=" = ".join([*self._flag.values(), "False"]),
        )
        parts = [opening, TOTALS.format(margin=" " * 4), *self._phase("discount", " " * 4)]
        parts.append(BETWEEN.format(fen_per_redeemed_point=terms.fen_per_redeemed_point))
        parts += [TOTALS.format(margin=" " * 8), *self._phase("points", " " * 8)]
        parts.append(ENDING.format(receipt_cap=terms.receipt_cap or FEN_MAX))
        return "".join(parts)

    def _phase(self, phase: Phase, margin: str) -> Iterator[str]:
        groups = ranked_groups(self._bundle)
        for rank, ranked in groupby(ranked_rules(self._bundle, phase), key=lambda one: one[0]):
            group = groups[rank]
            silences = " or ".join(self._flag[other] for other in group.suppressed_by)
            if silences:
                yield f"{margin}if not ({silences}):\n"
            yield from self._group(group, [rule for _, _, rule in ranked], margin + "    " * bool(silences))

    def _group(self, group: Group, rules: Iterable[Rule], margin: str) -> Iterator[str]:
        if group.mode == "best":
            yield f"{margin}best = 0\n"
        for rule in rules:
            yield from (margin + line + "\n" for line in self._rule(rule, group))
        if group.mode == "best":
            yield f"{margin}if best:\n"
            yield from (
                f"{margin}    {line}\n" for line in self._apply(group, "best_id", "best", "best_lines")
            )

    def _rule(self, rule: Rule, group: Group) -> Iterator[str]:
        asked = next(self._asked)
        totals = f"{rule.when.min_total} <= total <= {rule.when.max_total or FEN_MAX}"
        lives = [self._term(term, term.fact) for term in asked.when]
        lives += [totals] * bool(rule.when.min_total or rule.when.max_total)
        chosen, fen, qty = "eligible", "all_fen", "all_qty"
        yield f"if {' and '.join([*lives, 'eligible'])}:"
        margin = "    "
        if asked.select:
            tests = " and ".join(self._term(term, f"{term.fact}[i]") for term in asked.select)
            yield f"{margin}chosen = [i for i in eligible if {tests}]"
            yield f"{margin}if chosen:"
            chosen, fen, qty = "chosen", "fen", "sum([quantities[i] for i in chosen])"
            margin += "    "
            yield f"{margin}fen = sum([amounts[i] for i in chosen])"
        if need := _need(rule, fen, qty):
            yield f"{margin}if {need}:"
            margin += "    "
        yield f"{margin}value = {_worth(rule, self._bundle.points.fen_per_point, fen, qty)}"
        if rule.cap:
            yield f"{margin}if value > {rule.cap}: value = {rule.cap}"
        if group.mode == "best":
            yield f"{margin}if value > best:"
            yield f"{margin}    best, best_id, best_lines = value, {rule.id!r}, {chosen}"
        else:
            yield f"{margin}if value:"
            yield from (f"{margin}    {line}" for line in self._apply(group, repr(rule.id), "value", chosen))

    def _apply(self, group: Group, rule_id: str, value: str, chosen: str) -> Iterator[str]:
        silence = [f"{self._flag[group.id]} = True"] if group.id in self._flag else []
        if group.phase == "discount":
            yield f"{value} = take_off(net, {chosen}, {value})"
            yield f"if {value}:"
            yield from (f"    {line}" for line in (f"fired.append(({rule_id}, {value}))", *silence))
        else:
            yield from (f"fired.append(({rule_id}, {value}))", f"points += {value}", *silence)

    def _term(self, term: Term, value: str) -> str:
        match term:
            case Among(_, (one,)):
                return f"{value} == {one!r}"
            case Among(_, values):
                return f"{value} in {_constant(values)}"
            case Outside(_, values):
                return f"{value} not in {_constant(values)}"
            case Between(_, low, None):
                return f"{value} >= {low}"
            case Between(_, low, high):
                return f"{low} <= {value} < {high}"
            case Holds():
                return value
            case Meets(_, values):
                return f"({' or '.join(f'{one!r} in {value}' for one in values)})"


def _constant(values: Iterable[str | int]) -> str:
    """A literal set: the compiler folds it into a constant frozenset."""
    return "{" + ", ".join(map(repr, values)) + "}"


def _need(rule: Rule, fen: str, qty: str) -> str:
    needs = [f"{fen} >= {rule.need.min_fen}"] * bool(rule.need.min_fen)
    needs += [f"{qty} >= {rule.need.min_qty}"] * bool(rule.need.min_qty)
    return " and ".join(needs)


def _worth(rule: Rule, fen_per_point: int, fen: str, qty: str) -> str:
    match rule.do:
        case EveryOff(every_fen, off_fen, 0):
            return f"{fen} // {every_fen} * {off_fen}"
        case EveryOff(every_fen, off_fen, times):
            return f"min({fen} // {every_fen}, {times}) * {off_fen}"
        case OffBp(bp, round):
            return f"({fen} * {bp} + {5_000 if round == 'half_up' else 0}) // 10000"
        case MultBp(bp, round):
            divisor = 10_000 * fen_per_point
            return f"({fen} * {bp} + {divisor // 2 if round == 'half_up' else 0}) // {divisor}"
        case PerQty(pts):
            return f"{qty} * {pts}"
        case Fixed(pts):
            return f"{pts}"
    raise ValueError(f"not in the limit's subset: {rule.id}")
