"""Points for the one who brought the customer, and for the one who brought that one, over any levels."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """One level of referral: ``fen_per_point`` of the friend's cash spend earn one point."""

    fen_per_point: int


@dataclass(frozen=True, slots=True)
class Reward:
    """``points`` for ``member``, who stands ``level`` steps (from 1) above the customer."""

    member: str
    level: int
    points: int


def rewards(levels: Sequence[Level], referrers: Sequence[str], cash_fen: int) -> list[Reward]:
    """What a cash spend brings the chain of referrers, nearest first; levels without points are left out."""
    found = [
        Reward(member, depth, cash_fen // level.fen_per_point)
        for depth, (level, member) in enumerate(zip(levels, referrers, strict=False), start=1)
    ]
    return [reward for reward in found if reward.points]
