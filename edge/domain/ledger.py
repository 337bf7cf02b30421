"""How lots are used up: oldest expiry first, and what is missing is said, never made up."""

from collections.abc import Iterable
from dataclasses import dataclass

NEVER_MS = 2**62
"""Expiry of a lot that does not expire (milliseconds)."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A credit that is used up by itself: what is left of it and when it lapses."""

    id: int
    remaining: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Use:
    """``amount`` taken from lot ``lot``."""

    lot: int
    amount: int


def use_up(lots: Iterable[Lot], amount: int) -> tuple[list[Use], int]:
    """Take ``amount`` from ``lots`` in the order given; returns the uses and what they fell short."""
    uses: list[Use] = []
    for lot in lots:
        if not amount:
            break
        part = min(lot.remaining, amount)
        if part:
            uses.append(Use(lot.id, part))
            amount -= part
    return uses, amount
