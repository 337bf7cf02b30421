"""Stored value in its two parts: what the member paid in (principal), and what came with it (gift)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edge.domain.money import divide
from edge.domain.rules.model import TopUpLevel

First = Literal["principal", "gift", "proportional"]
"""The part that a payment takes first, or both in proportion."""

BP = 10_000


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount of stored value by the part it is taken from, or goes to."""

    principal_fen: int
    gift_fen: int

    @property
    def sum_fen(self) -> int:
        return self.principal_fen + self.gift_fen


NO_PARTS = Parts(0, 0)


def spent_parts(amount_fen: int, held: Parts, first: First) -> Parts:
    """How a payment of ``amount_fen``, at most all that is ``held``, is shared between the parts."""
    match first:
        case "principal":
            principal_fen = min(amount_fen, held.principal_fen)
        case "gift":
            principal_fen = amount_fen - min(amount_fen, held.gift_fen)
        case _:
            gift_fen = amount_fen * held.gift_fen // held.sum_fen if held.sum_fen else 0
            principal_fen = amount_fen - gift_fen
    return Parts(principal_fen, amount_fen - principal_fen)


def returned_parts(amount_fen: int, spent: Parts, first: First) -> Parts:
    """How ``amount_fen`` goes back of what is still ``spent``: the part that was taken last comes back first."""
    last: dict[First, First] = {"principal": "gift", "gift": "principal", "proportional": "proportional"}
    return spent_parts(amount_fen, spent, last[first])


def reached_level(levels: Sequence[TopUpLevel], amount_fen: int) -> TopUpLevel | None:
    """The highest level that a top-up of ``amount_fen`` reaches; a boundary belongs to the upper one."""
    reached = [level for level in levels if level.min_fen <= amount_fen]
    return max(reached, key=lambda level: level.min_fen, default=None)


def gift_fen(level: TopUpLevel | None, amount_fen: int) -> int:
    """What a top-up brings beside itself."""
    if level is None:
        return 0
    return level.gift_fen + divide(amount_fen * level.gift_bp, BP, "down")


def forfeited_fen(withdrawn_fen: int, held: Parts) -> int:
    """The gift part that goes with a withdrawal, in proportion: whoever takes all keeps no gift."""
    if not held.principal_fen:
        return 0
    return min(held.gift_fen, divide(held.gift_fen * withdrawn_fen, held.principal_fen, "up"))
