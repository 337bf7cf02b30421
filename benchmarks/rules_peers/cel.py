"""cel-expr-python: Google's CEL in C++. One compiled expression answers for many rules, over columns.

An expression may turn 10,000 times in its loops, so one holds as many rules with loops as a long receipt allows.
A list of more than a few texts is bound as a map, because CEL searches a literal list from its start each time.
"""

import json
from collections.abc import Callable, Iterator
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
from cext.limits import LINES_MAX

NAME = PACKAGE = "cel-expr-python"
MODULE = "cel_expr_python.cel"
LITERAL_MAX = 4
TURNS_MAX = 10_000
NUMBERS = ("ts", "minute", "dow", "dom", "birthday")
TEXTS = ("store", "pay", "tier")

Sets = dict[str, dict[str, bool]]


def prepare(bundle: Bundle) -> Callable[[Any], Answer]:
    """Compile the bundle; the function prices a receipt that has been parsed."""
    cel = import_module(MODULE)
    asked, sets = asked_of(bundle), Sets()
    split = len(ranked_rules(bundle, "discount"))
    said = [_rule(rule, "discountable" if nth < split else "earning", sets) for nth, rule in enumerate(asked)]
    parts = [f"[{','.join(part)}]" for part in _parted(said, asked)]
    columns = lists_of(asked)
    environment = cel.NewEnv(variables=_variables(cel.Type, sets, columns))
    evaluators = [environment.compile(part).eval for part in parts]
    activation = environment.Activation
    arithmetic, tz_offset_s = Arithmetic(bundle), bundle.tz_offset_s

    def price(request: Any) -> Answer:
        facts = facts_of(request, tz_offset_s, columns)
        bound = activation({**sets, **facts})
        verdicts = [verdict for evaluate in evaluators for verdict in evaluate(bound).plain_value()]
        return arithmetic.answer(request, verdicts, facts["discountable"], facts["earning"])

    return price


def _parted(said: list[str], asked: list[Asked]) -> Iterator[list[str]]:
    """Neighbours together, as many as may loop over the longest receipt."""
    part: list[str] = []
    loops = 0
    for text, rule in zip(said, asked, strict=True):
        loops += bool(rule.select)
        if loops * LINES_MAX > TURNS_MAX:
            yield part
            part, loops = [], 1
        part.append(text)
    yield part


def _variables(types: Any, sets: Sets, columns: list[str]) -> dict[str, Any]:
    texts, numbers = types.List(types.STRING), types.List(types.INT)
    return {
        **dict.fromkeys(NUMBERS, types.INT),
        **dict.fromkeys(TEXTS, types.STRING),
        "first": types.BOOL,
        "tags": texts,
        "discountable": numbers,
        "earning": numbers,
        **{column: numbers if column == "unit" else texts for column in columns},
        **dict.fromkeys(sets, types.Map(types.STRING, types.BOOL)),
    }


def _rule(rule: Asked, places: str, sets: Sets) -> str:
    lives = " && ".join(_term(term, term.fact, sets) for term in rule.when)
    if not rule.select:
        return lives or "true"
    tests = " && ".join(_term(term, f"{term.fact}[i]", sets) for term in rule.select)
    selected = f"{places}.filter(i, {tests})"
    return f"({lives}) ? {selected} : []" if lives else selected


def _term(term: Term, value: str, sets: Sets) -> str:
    match term:
        case Among(_, (one,)):
            return f"{value} == {json.dumps(one)}"
        case Among(_, values):
            return f"{value} in {_list(values, sets)}"
        case Outside(_, values):
            return f"!({value} in {_list(values, sets)})"
        case Between(_, low, None):
            return f"{value} >= {low}"
        case Between(_, low, high):
            return f"{value} >= {low} && {value} < {high}"
        case Holds():
            return value
        case Meets(_, values):
            return f"({' || '.join(f'{json.dumps(one)} in {value}' for one in values)})"


def _list(values: tuple[str, ...] | tuple[int, ...], sets: Sets) -> str:
    """A short list as it is; a longer one by the name of a map."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) <= LITERAL_MAX:
        return json.dumps(list(values))
    name = f"s{len(sets)}"
    sets[name] = dict.fromkeys(texts, True)
    return name
