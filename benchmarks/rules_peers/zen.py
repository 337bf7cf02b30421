"""zen-engine: GoRules' expression language in Rust. One compiled expression answers for all rules, over columns.

A decision table of the same rules would turn every line into a row of its own and cost more; so would one
expression for each rule, because the facts are converted at every call.
"""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.rules_peers.arithmetic import Answer, Arithmetic
from benchmarks.rules_peers.terms import (
    Among,
    Asked,
    Between,
    Holds,
    Meets,
    Outside,
    Term,
    asked_of,
    facts_of,
    lists_of,
)
from cext.bundle import Bundle, ranked_rules

NAME = PACKAGE = "zen-engine"
MODULE = "zen"


def prepare(bundle: Bundle) -> Callable[[Any], Answer]:
    """Compile the bundle; the function prices a receipt that has been parsed."""
    asked = asked_of(bundle)
    split = len(ranked_rules(bundle, "discount"))
    evaluate = import_module(MODULE).compile_expression(f"[{','.join(map(_rule, asked))}]").evaluate
    arithmetic, columns, tz_offset_s = Arithmetic(bundle), lists_of(asked), bundle.tz_offset_s

    def price(request: Any) -> Answer:
        facts = facts_of(request, tz_offset_s, columns)
        discountable, earning = facts["discountable"], facts["earning"]
        facts["places"] = list(range(len(request["lines"])))
        verdicts = [
            [place for place in (discountable if nth < split else earning) if said[place]]
            if said.__class__ is list
            else said
            for nth, said in enumerate(evaluate(facts))
        ]
        return arithmetic.answer(request, verdicts, discountable, earning)

    return price


def _rule(rule: Asked) -> str:
    lives = " and ".join(_term(term, term.fact) for term in rule.when)
    if not rule.select:
        return lives or "true"
    return f"({lives}) ? {_selected(rule.select)} : null" if lives else _selected(rule.select)


def _selected(terms: tuple[Term, ...]) -> str:
    """Truth for each line. A literal list is bound to a name, or it would be built again for every line."""
    lists = {f"s{nth}": term.values for nth, term in enumerate(terms) if isinstance(term, Among | Outside)}
    if len(terms) == 1:
        (term,) = terms
        inner = f"map({term.fact}, {_term(term, '#', 's0')})"
    else:
        tests = [_term(term, f"{term.fact}[i]", f"s{nth}") for nth, term in enumerate(terms)]
        inner = f"map(places as i, {' and '.join(tests)})"
    for name, values in lists.items():
        inner = f"map([{_list(values)}] as {name}, {inner})[0]"
    return inner


def _list(values: tuple[str, ...] | tuple[int, ...]) -> str:
    return json.dumps(list(values))


def _term(term: Term, value: str, bound: str = "") -> str:
    match term:
        case Among(_, (one,)):
            return f"{value} == {json.dumps(one)}"
        case Among(_, values):
            return f"{value} in {bound or _list(values)}"
        case Outside(_, values):
            return f"{value} not in {bound or _list(values)}"
        case Between(_, low, None):
            return f"{value} >= {low}"
        case Between(_, low, high):
            return f"{value} >= {low} and {value} < {high}"
        case Holds():
            return value
        case Meets(_, values):
            return f"({' or '.join(f'{json.dumps(one)} in {value}' for one in values)})"
