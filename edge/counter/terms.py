"""The words that requests are made of: bounded integers, texts with a length, keys."""

from typing import Annotated

import msgspec

from edge.domain.money import FEN_MAX

Idem = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", description="UUID"),
]
Fen = Annotated[int, msgspec.Meta(ge=0, lt=FEN_MAX)]
QtyMilli = Annotated[int, msgspec.Meta(ge=1, le=65_535_000)]
PointsCount = Annotated[int, msgspec.Meta(ge=0, lt=FEN_MAX)]
Text = Annotated[str, msgspec.Meta(max_length=64)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A till's request: unknown fields are refused by name."""


class Reply(msgspec.Struct, frozen=True):
    """What a till gets back; it ignores fields it does not know."""


class Expiring(Reply, frozen=True):
    """What lapses next: ``on`` is the last business day on which these points count."""

    points: int
    on: str


class PointsBalance(Reply, frozen=True):
    """Points held, and how many of them this box may redeem now; ``expiring`` is told by ``member.lookup``."""

    balance: int
    spendable: int
    expiring: Expiring | None = None


class StoredValueBalance(Reply, frozen=True):
    """Stored value held, both parts together, and how much of it this box may spend now (fen).

    ``gift_fen`` of the balance came with top-ups and cannot be withdrawn.
    """

    balance_fen: int
    spendable_fen: int
    gift_fen: int = 0


class CreditBalance(Reply, frozen=True):
    """Buying on credit: the limit, what is owed of it, what may still be spent here, and what is overdue (fen)."""

    limit_fen: int
    owed_fen: int
    spendable_fen: int
    overdue_fen: int


class Balances(Reply, frozen=True):
    """A member's accounts: HQ's last word plus this store since. ``credit`` is null for whoever has none."""

    points: PointsBalance
    stored_value: StoredValueBalance
    credit: CreditBalance | None = None
