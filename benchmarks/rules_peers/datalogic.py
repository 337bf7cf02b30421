"""datalogic-py: JSONLogic in Rust. One compiled expression answers for all rules, in a session that keeps its arena.

It reads lines as objects, each with its place: columns, which suit the other engines, take it longer.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.rules_peers.arithmetic import Answer, Arithmetic
from benchmarks.rules_peers.terms import (
    Among,
    Asked,
    Between,
    Facts,
    Holds,
    Meets,
    Outside,
    Term,
    asked_of,
    facts_of,
)
from cext.bundle import Bundle, ranked_rules

NAME = PACKAGE = "datalogic-py"
MODULE = "datalogic_py"

Logic = dict[str, Any] | list[Any] | bool | None


def prepare(bundle: Bundle) -> Callable[[Any], Answer]:
    """Compile the bundle; the function prices a receipt that has been parsed."""
    asked = asked_of(bundle)
    split = len(ranked_rules(bundle, "discount"))
    engine = import_module(MODULE).Engine()
    compiled = engine.compile(
        [_rule(rule, "discounted" if nth < split else "earned") for nth, rule in enumerate(asked)]
    )
    evaluate = engine.session().evaluate
    arithmetic, tz_offset_s = Arithmetic(bundle), bundle.tz_offset_s

    def price(request: Any) -> Answer:
        facts = facts_of(request, tz_offset_s)
        _add_lines(facts, request["lines"])
        verdicts = evaluate(compiled, facts)
        return arithmetic.answer(request, verdicts, facts["discountable"], facts["earning"])

    return price


def _add_lines(facts: Facts, lines: Any) -> None:
    objects = [
        {"at": at, "sku": line["sku"], "cat": line["cat"], "brand": line["brand"], "unit": line["unit"]}
        for at, line in enumerate(lines)
    ]
    facts["discounted"] = [objects[at] for at in facts["discountable"]]
    facts["earned"] = [objects[at] for at in facts["earning"]]


def _rule(rule: Asked, lines: str) -> Logic:
    selected: Logic = True
    if rule.select:
        selected = {"map": [{"filter": [{"var": lines}, _all(rule.select)]}, {"var": "at"}]}
    return {"if": [_all(rule.when), selected, None]}


def _all(terms: tuple[Term, ...]) -> Logic:
    tests = [_term(term, {"var": term.fact}) for term in terms]
    return {"and": tests} if len(tests) > 1 else tests[0] if tests else True


def _term(term: Term, value: Logic) -> Logic:
    match term:
        case Among(_, (one,)):
            return {"==": [value, one]}
        case Among(_, values):
            return {"in": [value, list(values)]}
        case Outside(_, values):
            return {"!": [{"in": [value, list(values)]}]}
        case Between(_, low, None):
            return {">=": [value, low]}
        case Between(_, low, int(high)):
            return {"<=": [low, value, high - 1]}
        case Holds():
            return value
        case Meets(_, values):
            return {"or": [{"in": [one, value]} for one in values]}
    raise TypeError(term)
