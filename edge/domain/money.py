"""Whole money and whole points: one rounding function, one way to spread, one way to take back in parts."""

from collections.abc import Sequence
from typing import Literal

Rounding = Literal["down", "half_up", "up"]

FEN_MAX = 2**31
"""No amount of a receipt reaches this (fen); products of two amounts then fit 64 bits."""

MILLI = 1000
"""Thousandths per unit of quantity."""


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """``numerator / denominator`` rounded as named; both at least 0, the denominator above 0."""
    if rounding == "down":
        return numerator // denominator
    if rounding == "up":
        return -(-numerator // denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """``amount`` over ``weights`` by cumulative floor: exact sum, each share within 1 of its part.

    All shares are 0 where the weights add up to 0.
    """
    total = sum(weights)
    shares: list[int] = []
    reached = given = 0
    for weight in weights:
        reached += weight
        upto = amount * reached // total if total else 0
        shares.append(upto - given)
        given = upto
    return shares


def telescope(amount: int, whole: int, done: int, part: int) -> int:
    """What ``part`` of ``whole`` brings back of ``amount`` when ``done`` came back before.

    However a whole is split into parts, the results add up to ``amount`` exactly.
    """
    if not whole:
        return 0
    return amount * (done + part) // whole - amount * done // whole


def line_amount(unit_price_fen: int, qty_milli: int) -> int:
    """Price of a line in fen, half a fen rounded up."""
    return divide(unit_price_fen * qty_milli, MILLI, "half_up")


def yuan(amount_fen: int) -> str:
    """``12.34`` for 1234 fen."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"
