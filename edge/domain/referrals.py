"""Points for the one who brought the customer, and for the one who brought that one, over any levels."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """One level of referral: ``fen_per_point`` of the friend's cash spend earn one point, None earns none.

    ``register_points`` come once, when the friend registers.
    """

    fen_per_point: int | None
    register_points: int = 0


@dataclass(frozen=True, slots=True)
class Reward:
    """``points`` for ``member``, who stands ``level`` steps (from 1) above the customer."""

    member: str
    level: int
    points: int


def rewards(levels: Sequence[Level], referrers: Sequence[str], cash_fen: int) -> list[Reward]:
    """What a cash spend brings the chain of referrers, nearest first; levels without points are left out."""
    return _given(
        referrers, [cash_fen // level.fen_per_point if level.fen_per_point else 0 for level in levels]
    )


def welcome_rewards(levels: Sequence[Level], referrers: Sequence[str]) -> list[Reward]:
    """What a registration brings the chain of referrers, nearest first."""
    return _given(referrers, [level.register_points for level in levels])


def _given(referrers: Sequence[str], points: Sequence[int]) -> list[Reward]:
    found = zip(referrers, points, strict=False)
    return [Reward(member, depth, earned) for depth, (member, earned) in enumerate(found, start=1) if earned]
