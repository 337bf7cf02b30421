"""A rule bundle as HQ writes it: schema ``points-bundle/1``, a closed vocabulary (docs/rule-authoring.md)."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from edge.domain.money import FEN_MAX

SCHEMA = "points-bundle/1"

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Fen = Annotated[int, msgspec.Meta(ge=0, lt=FEN_MAX)]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
T = TypeVar("T")
Named = Annotated[tuple[T, ...], msgspec.Meta(min_length=1)]
"""A condition that names what it wants: leave the key out rather than write an empty list."""

ToFen = Literal["down", "half_up"]
Minute = Annotated[int, msgspec.Meta(ge=0, le=1440)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of a bundle refuses keys it does not know."""


class Points(_Part, frozen=True):
    """What a point costs and is worth: fen paid per point earned, fen paid per point redeemed.

    Points do not expire: ``expire_months`` may only be null.
    """

    fen_per_point: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    fen_per_redeemed_point: Fen
    receipt_cap: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)] = FEN_MAX - 1
    expire_months: None = None


class TierBand(_Part, frozen=True):
    """A tier, lowest first; thresholds in fen, a boundary belongs to the upper band."""

    id: Id
    label: str
    cumulative_fen: Fen | None = None
    one_day_fen: Fen | None = None


class ReferralLevel(_Part, frozen=True):
    """Points for the referrer at this level: one per ``fen_per_point`` of the friend's cash spend."""

    fen_per_point: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]


class Refunds(_Part, frozen=True):
    """``shortfall``: points already spent are kept from the cash, or become a debt of the account."""

    shortfall: Literal["cash", "debt"] = "cash"
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 30


class Group(_Part, frozen=True):
    """How the rules of a group compete: all add up, only the best, or only the first that gives."""

    id: Id
    phase: Literal["discount", "points"]
    order: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    mode: Literal["all", "best", "first"] = "all"
    basis: Literal["gross", "running"] = "gross"
    suppressed_by: tuple[Id, ...] = ()


class When(_Part, frozen=True, rename={"from_": "from"}):
    """Which baskets and members; every key given must hold. ``minutes`` is a half-open local interval."""

    from_: datetime | None = None
    to: datetime | None = None
    dow: Named[Annotated[int, msgspec.Meta(ge=0, le=6)]] = ()
    dom: Named[Annotated[int, msgspec.Meta(ge=1, le=31)]] = ()
    minutes: tuple[Minute, Minute] | None = None
    tiers: Named[Id] = ()
    stores: Named[Id] = ()
    pay: Named[Id] = ()
    channel: Named[Id] = ()
    first: bool | None = None
    birthday: Literal["day", "month"] | None = None
    tags: Named[Id] = ()
    min_total: Fen | None = None
    max_total: Fen | None = None


class Select(_Part, frozen=True):
    """Which lines; an empty selection is the whole basket."""

    cats: Named[str] = ()
    brands: Named[str] = ()
    skus: Named[str] = ()
    not_cats: Named[str] = ()
    not_skus: Named[str] = ()
    min_unit: Fen | None = None


class Need(_Part, frozen=True):
    """How much of the selected lines there must be, in fen and in units."""

    min_fen: Fen | None = None
    min_qty: Count | None = None


class EveryOff(_Part, frozen=True, tag_field="op", tag="every_off"):
    """``off_fen`` less for every full ``every_fen``, at most ``max_times``."""

    every_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    off_fen: Fen
    max_times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class OffBp(_Part, frozen=True, tag_field="op", tag="off_bp"):
    """A share of the selected amount off, in basis points."""

    bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    round: ToFen = "down"


class FixedPrice(_Part, frozen=True, tag_field="op", tag="fixed_price"):
    """Every selected unit costs ``fen``."""

    fen: Fen


class MultBp(_Part, frozen=True, tag_field="op", tag="mult_bp"):
    """Points for the selected amount at this rate, in basis points of the base rate."""

    bp: BasisPoints
    round: ToFen = "down"


class PerQty(_Part, frozen=True, tag_field="op", tag="per_qty"):
    """Points for every selected unit."""

    pts: Count


class Fixed(_Part, frozen=True, tag_field="op", tag="fixed"):
    """Points once per receipt."""

    pts: Count


class Rule(_Part, frozen=True):
    """One rule: when, which lines, how much of them, and what it gives. ``cap`` 0 is no cap."""

    id: Id
    name: str
    phase: Literal["discount", "points"]
    group: Id
    do: EveryOff | OffBp | FixedPrice | MultBp | PerQty | Fixed
    priority: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 100
    when: When = When()
    select: Select = Select()
    need: Need = Need()
    cap: Fen = 0


class Bundle(_Part, frozen=True):
    """The whole bundle; ``valid_from`` and ``when`` times carry an offset or are local to ``tz``."""

    schema: Literal["points-bundle/1"]
    programme: Id
    version: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    valid_from: datetime
    points: Points
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    tz: str = "Asia/Shanghai"
    tiers: Annotated[tuple[TierBand, ...], msgspec.Meta(min_length=1)] = (TierBand("member", "会员"),)
    referral: tuple[ReferralLevel, ...] = ()
    refunds: Refunds = Refunds()
