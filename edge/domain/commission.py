"""What a salesperson has of business done: a share, spread over the lines of a sale, exact when they come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from edge.domain.money import divide, spread, telescope
from edge.domain.rules.model import Commission, Select

On = Literal["sale", "topup", "pass", "register"]
BP = 10_000


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """A line of a sale as rules select it, and as it was decided; ``refunded_milli`` of it came back already."""

    sku: str
    category: str
    brand: str
    unit_price_fen: int
    qty_milli: int
    net_fen: int
    refunded_milli: int = 0


class Earned(NamedTuple):
    """What ``rule`` gives on ``base_fen``; below 0 where it is taken back."""

    rule: str
    base_fen: int
    fen: int


def earned_on_sale(rules: Sequence[Commission], lines: Sequence[GoodsLine]) -> list[Earned]:
    """What each rule gives on what the lines cost after all rules; one that selects nothing paid gives nothing."""
    found = []
    for rule in _of("sale", rules):
        nets = _nets(rule, lines)
        if sum(nets):
            found.append(Earned(rule.id, sum(nets), _amount(rule, sum(nets))))
    return found


def taken_back(
    rules: Sequence[Commission], lines: Sequence[GoodsLine], back_milli: Mapping[int, int]
) -> list[Earned]:
    """What is taken back when ``back_milli`` of lines, by index, return: in whatever parts, in the end all of it."""
    found = []
    for rule in _of("sale", rules):
        nets = _nets(rule, lines)
        shares = spread(_amount(rule, sum(nets)), nets) if sum(nets) else nets
        base_fen = sum(_part(nets[index], lines[index], qty) for index, qty in back_milli.items())
        fen = sum(_part(shares[index], lines[index], qty) for index, qty in back_milli.items())
        if base_fen or fen:
            found.append(Earned(rule.id, -base_fen, -fen))
    return found


def earned_on(rules: Sequence[Commission], on: On, base_fen: int) -> list[Earned]:
    """What each rule for ``on`` (no sale: that has lines) gives on ``base_fen``."""
    return [Earned(rule.id, base_fen, _amount(rule, base_fen)) for rule in _of(on, rules)]


def selects(select: Select, line: GoodsLine) -> bool:
    """Whether the line is one of the rule's: as the rule kernel selects."""
    return (
        (not select.cats or line.category in select.cats)
        and (not select.brands or line.brand in select.brands)
        and (not select.skus or line.sku in select.skus)
        and line.category not in select.not_cats
        and line.sku not in select.not_skus
        and line.unit_price_fen >= (select.min_unit or 0)
    )


def _of(on: On, rules: Sequence[Commission]) -> list[Commission]:
    return [rule for rule in rules if rule.on == on]


def _nets(rule: Commission, lines: Sequence[GoodsLine]) -> list[int]:
    return [line.net_fen if selects(rule.select, line) else 0 for line in lines]


def _amount(rule: Commission, base_fen: int) -> int:
    """A share, rounded down, and a fixed part beside it."""
    return divide(base_fen * rule.bp, BP, "down") + rule.fixed_fen


def _part(amount: int, line: GoodsLine, qty_milli: int) -> int:
    return telescope(amount, line.qty_milli, line.refunded_milli, qty_milli)
