"""A rule's conditions as a few kinds of terms, for each peer to write in its own language; and what they ask about.

Lines are columns here, because two engines of three read a list of texts sooner than a list of objects.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from cext.bundle import FOREVER, Bundle, Rule, ranked_rules

Facts = dict[str, Any]
_EPOCH = date(1970, 1, 1).toordinal()
_BIRTHDAY_STATES = {"month": (1, 3), "day": (2, 3)}


class Among(NamedTuple):
    """The fact is one of these."""

    fact: str
    values: tuple[str, ...] | tuple[int, ...]


class Outside(NamedTuple):
    """The fact is none of these."""

    fact: str
    values: tuple[str, ...]


class Between(NamedTuple):
    """The fact is at least ``low``, and below ``high`` if there is a bound."""

    fact: str
    low: int
    high: int | None


class Holds(NamedTuple):
    """The fact is true."""

    fact: str


class Meets(NamedTuple):
    """The fact is a list, and has one of these."""

    fact: str
    values: tuple[str, ...]


Term = Among | Outside | Between | Holds | Meets


class Asked(NamedTuple):
    """One rule as an engine sees it: when it lives, and which lines it selects (no term: all)."""

    when: tuple[Term, ...]
    select: tuple[Term, ...]


def asked_of(bundle: Bundle) -> list[Asked]:
    """Every rule in the order of execution. Totals, needs and values are arithmetic, which comes after."""
    ranked = [*ranked_rules(bundle, "discount"), *ranked_rules(bundle, "points")]
    return [Asked(tuple(_when(rule)), tuple(_select(rule))) for _, _, rule in ranked]


def lists_of(asked: Sequence[Asked]) -> list[str]:
    """The columns of lines that the rules ask about."""
    return sorted({term.fact for rule in asked for term in rule.select})


def _when(rule: Rule) -> list[Term]:
    when = rule.when
    terms: list[Term] = []
    if (when.from_s, when.to_s) != (0, FOREVER):
        terms.append(Between("ts", when.from_s, None if when.to_s == FOREVER else when.to_s))
    if when.minutes != (0, 1440):
        terms.append(Between("minute", *when.minutes))
    if when.birthday:
        terms.append(Among("birthday", _BIRTHDAY_STATES[when.birthday]))
    if when.first:
        terms.append(Holds("first"))
    named = {"dow": when.dow, "dom": when.dom, "tier": when.tiers, "store": when.stores, "pay": when.pay}
    terms += [Among(fact, values) for fact, values in named.items() if values]
    if when.tags:
        terms.append(Meets("tags", when.tags))
    return terms


def _select(rule: Rule) -> list[Term]:
    select = rule.select
    wanted = {"cat": select.cats, "brand": select.brands, "sku": select.skus}
    barred = {"cat": select.not_cats, "sku": select.not_skus}
    terms: list[Term] = [Among(fact, values) for fact, values in wanted.items() if values]
    terms += [Outside(fact, values) for fact, values in barred.items() if values]
    if select.min_unit:
        terms.append(Between("unit", select.min_unit, None))
    return terms


def facts_of(request: Any, tz_offset_s: int, columns: Sequence[str] = ()) -> Facts:
    """What the rules ask about one receipt; ``discountable`` and ``earning`` are places of lines."""
    days, second = divmod(request["ts"] + tz_offset_s, 86_400)
    today = date.fromordinal(_EPOCH + days)
    member = request["member"] or {}
    month, day = divmod(member.get("bday") or 0, 100)
    lines = request["lines"]
    facts: Facts = {
        "ts": request["ts"],
        "minute": second // 60,
        "dow": (days + 3) % 7,
        "dom": today.day,
        "birthday": (month == today.month) + 2 * (month == today.month and day == today.day),
        "store": request["store"],
        "pay": request["pay"],
        "tier": member.get("tier") or "",
        "first": member.get("first", False),
        "tags": member.get("tags", []),
        "discountable": [place for place, line in enumerate(lines) if not line["nd"]],
        "earning": [place for place, line in enumerate(lines) if not line["np"]],
    }
    for column in columns:
        facts[column] = [line[column] for line in lines]
    return facts
