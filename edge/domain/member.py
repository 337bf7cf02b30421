"""Who a member is, what a tier is worth, and how much of either a receipt may show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from edge.domain.lunar import Calendar

Status = Literal["active", "lost", "frozen", "cancelled"]


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the store knows it. ``birthday`` is MMDD; days are ISO 8601 business days.

    ``cumulative_fen`` and ``visits`` are all that ever were; the tier counts what lies above ``base_fen`` and
    ``base_visits``, which a way down sets. ``valid_until`` is the card's last day, None for ever.
    """

    id: str
    card_no: str
    name: str
    tier: str
    home: str
    registered_ms: int
    phone: str = ""
    gender: str = ""
    birthday: int | None = None
    referrer: str | None = None
    cumulative_fen: int = 0
    visits: int = 0
    status: Status = "active"
    birthday_calendar: Calendar = "solar"
    valid_until: str | None = None
    birth_year: int | None = None
    region: str = ""
    salesperson: str = ""
    consent: bool = False
    base_fen: int = 0
    base_visits: int = 0
    tier_since: str | None = None
    bought_on: str | None = None
    warned_on: str | None = None
    tags: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier and what reaches it; None where a path does not lead here. ``benefits`` are shown at the till.

    ``cumulative_fen`` and ``visits`` are all so far, ``points`` what is held, ``one_day_fen`` one business day's
    spend, ``topup_fen`` one top-up.
    """

    id: str
    label: str
    cumulative_fen: int | None = None
    one_day_fen: int | None = None
    points: int | None = None
    visits: int | None = None
    topup_fen: int | None = None
    benefits: tuple[str, ...] = ()


def tier_after(
    tiers: Sequence[Tier],
    present: str,
    cumulative_fen: int,
    day_fen: int,
    *,
    points: int = 0,
    visits: int = 0,
    topup_fen: int = 0,
) -> str:
    """The highest tier that the member holds or has now reached; a boundary belongs to the upper band."""
    ids = [tier.id for tier in tiers]
    best = ids.index(present) if present in ids else 0
    for rank, tier in enumerate(tiers):
        paths = (
            (tier.cumulative_fen, cumulative_fen),
            (tier.one_day_fen, day_fen),
            (tier.points, points),
            (tier.visits, visits),
            (tier.topup_fen, topup_fen),
        )
        if any(threshold is not None and so_far >= threshold for threshold, so_far in paths):
            best = max(best, rank)
    return ids[best]


def tier_below(tiers: Sequence[Tier], present: str) -> str:
    """One tier down; the lowest, and one that the programme has no more, come to the lowest."""
    ids = [tier.id for tier in tiers]
    return ids[max(0, ids.index(present) - 1)] if present in ids else ids[0]


def to_next_tier(tiers: Sequence[Tier], present: str, cumulative_fen: int) -> tuple[Tier, int] | None:
    """The next tier up and the fen still to spend for it; None at the top."""
    ids = [tier.id for tier in tiers]
    rank = ids.index(present) if present in ids else 0
    for tier in tiers[rank + 1 :]:
        if tier.cumulative_fen is not None:
            return tier, max(0, tier.cumulative_fen - cumulative_fen)
    return None


def masked_name(name: str) -> str:
    """A name fit for a receipt: 张*, 欧阳*."""
    return name[:1] + "*" * (len(name) - 1) if len(name) < 4 else name[:2] + "*" * (len(name) - 2)


def masked_number(number: str) -> str:
    """A card or phone number with its middle hidden: 138****1234, 80**1234."""
    head = max(0, min(3, (len(number) - 4) // 2))
    return number[:head] + "*" * (len(number) - 4 - head) + number[-4:]
