"""What is in stock and what it cost: the moving average, in whole fen, of which none is ever lost.

Goods may be sold before they are booked in. Then the quantity is below 0 and so is the value: what the missing
goods are believed to have cost. What comes in covers them first, and the correction says how wrong the belief was.
"""

from dataclasses import dataclass
from datetime import date

from edge.domain.money import MILLI, divide

NEAR_DAYS = 30
"""Goods whose best date is so close are named among the alerts."""


@dataclass(frozen=True, slots=True)
class Holding:
    """So much of one article, and what it cost; both below 0, or 0, where more was sold than came in."""

    qty_milli: int = 0
    value_fen: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A holding after a movement; ``value_fen`` is what went in (above 0) or out (below) with the goods.

    ``correction_fen`` is what goods that had left before cost more than was believed; it left the stock too.
    """

    holding: Holding
    value_fen: int
    correction_fen: int = 0


def cost_of(holding: Holding, qty_milli: int, unit_cost_fen: int | None) -> int:
    """What ``qty_milli`` more or fewer are worth: at the average of what is there, else at the cost that is known."""
    if holding.qty_milli > 0:
        return divide(holding.value_fen * qty_milli, holding.qty_milli, "half_up")
    return divide((unit_cost_fen or 0) * qty_milli, MILLI, "half_up")


def take(holding: Holding, qty_milli: int, unit_cost_fen: int | None) -> Moved:
    """Goods leave at the average; the last of them take what is left of the value, and more than that is believed."""
    there = max(0, min(qty_milli, holding.qty_milli))
    value_fen = holding.value_fen * there // holding.qty_milli if there else 0
    value_fen += divide((unit_cost_fen or 0) * (qty_milli - there), MILLI, "half_up")
    return Moved(Holding(holding.qty_milli - qty_milli, holding.value_fen - value_fen), -value_fen)


def put(holding: Holding, qty_milli: int, value_fen: int) -> Moved:
    """Goods come in for ``value_fen`` in all; what had been sold before it was there is settled at this price."""
    missing = max(0, -holding.qty_milli)
    covered = min(qty_milli, missing)
    real = value_fen * covered // qty_milli
    believed = -holding.value_fen * covered // missing if missing else 0
    correction = real - believed
    after = Holding(holding.qty_milli + qty_milli, holding.value_fen + value_fen - correction)
    return Moved(after, value_fen, correction)


def count(holding: Holding, counted_milli: int, unit_cost_fen: int | None) -> Moved:
    """Somebody has counted: what is missing leaves, what is too much comes in at the same average."""
    difference = counted_milli - holding.qty_milli
    if difference <= 0:
        return take(holding, -difference, unit_cost_fen)
    return put(holding, difference, cost_of(holding, difference, unit_cost_fen))


def is_low(qty_milli: int, alert_milli: int | None) -> bool:
    """Whether there is no more than the level at which somebody wants to know."""
    return alert_milli is not None and qty_milli <= alert_milli


def is_near(best_before: date | None, today: date) -> bool:
    """Whether the best date is near, or over."""
    return best_before is not None and (best_before - today).days <= NEAR_DAYS
