"""Paying off debts: the oldest first, each as far as the money reaches."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed for one sale."""

    sale: str
    fen: int


def settled(debts: Sequence[Debt], amount_fen: int) -> list[Debt]:
    """What of each debt, in the order given, ``amount_fen`` pays; debts that get nothing are left out."""
    paid = []
    for debt in debts:
        part_fen = min(debt.fen, amount_fen)
        amount_fen -= part_fen
        if part_fen:
            paid.append(Debt(debt.sale, part_fen))
    return paid
