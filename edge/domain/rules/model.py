"""A rule bundle as HQ writes it: schema ``points-bundle/1``, a closed vocabulary (docs/rule-authoring.md)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

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
Months = Annotated[int, msgspec.Meta(ge=1, le=120)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Minute = Annotated[int, msgspec.Meta(ge=0, le=1440)]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of a bundle refuses keys it does not know."""


class Points(_Part, frozen=True):
    """What a point costs and is worth: fen paid per point earned, fen paid per point redeemed.

    ``round`` is how ``mult_bp`` rounds where a rule does not say. Points lapse with the day on which they are
    ``expire_months`` old; null is never.
    """

    fen_per_point: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    fen_per_redeemed_point: Fen
    receipt_cap: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)] = FEN_MAX - 1
    round: ToFen = "down"
    expire_months: Months | None = None


class TierBand(_Part, frozen=True):
    """A tier, lowest first, and what leads to it; a boundary belongs to the upper band.

    Any one is enough: points held, fen spent in all, visits, fen spent in one day, fen topped up at once.
    ``benefits`` are what the till shows.
    """

    id: Id
    label: str
    points: Count | None = None
    cumulative_fen: Fen | None = None
    visits: Count | None = None
    one_day_fen: Fen | None = None
    topup_fen: Fen | None = None
    benefits: tuple[str, ...] = ()


class Downgrade(_Part, frozen=True):
    """Who has bought nothing for ``idle_months`` goes down, warned ``warn_days`` before."""

    idle_months: Annotated[int, msgspec.Meta(ge=1, le=120)]
    warn_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 30
    to: Literal["previous", "lowest", "cancelled"] = "previous"


class ReferralLevel(_Part, frozen=True):
    """Points for the referrer at this level: on the friend's spend, one per ``fen_per_point``, and on registration."""

    fen_per_point: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)] | None = None
    register_points: Count = 0


class Bonus(_Part, frozen=True):
    """Points for something other than a purchase; those of ``register`` come by themselves."""

    id: Id
    name: str
    on: Literal["register", "event", "survey", "special"]
    points: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    from_: datetime | None = msgspec.field(default=None, name="from")
    to: datetime | None = None


class Rebate(_Part, frozen=True):
    """A part of what a member spends in a period, paid back as vouchers of ``voucher_fen``; the rest lapses."""

    id: Id
    name: str
    bp: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    every: Literal["month", "quarter", "year"] = "quarter"
    voucher_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)] = 100
    min_spend_fen: Fen = 0


class Notice(_Part, frozen=True):
    """When the change was announced; it may take effect ``days`` later at the earliest."""

    announced: date
    days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 14


class HonestDiscount(_Part, frozen=True):
    """A reduced price is measured against the lowest shelf price of the last ``days``.

    A line whose price before the discount is higher is flagged on the quote, or refused.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    action: Literal["flag", "refuse"] = "flag"


class LunarBirthdays(_Part, frozen=True):
    """Lunar birthdays that a year does not have: day 30 of a short month is its last day; a leap month counts not."""

    missing_day: Literal["last_day"] = "last_day"
    leap_month: Literal["plain"] = "plain"


class Refunds(_Part, frozen=True):
    """``shortfall``: points already spent are kept from the cash, or become a debt of the account."""

    shortfall: Literal["cash", "debt"] = "cash"
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 30


class Group(_Part, frozen=True):
    """How the rules of a group compete: all add up, only the best, or only the first that gives."""

    id: Id
    phase: Literal["discount", "points", "gifts"]
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
    birthday_calendar: Literal["solar", "lunar", "either"] = "either"
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


class Limit(_Part, frozen=True):
    """How often, and how much in fen or points, a rule gives; 0 is no limit. Whoever is limited is a member.

    ``per_member`` and ``member_value`` count over ``period``; ``per_day`` and ``day_value`` over a business day;
    ``total_value`` is for all members of this store together.
    """

    per_member: Count = 0
    per_day: Count = 0
    member_value: Fen = 0
    day_value: Fen = 0
    total_value: Fen = 0
    period: Literal["ever", "year", "month", "day"] = "ever"


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


class NthItemBp(_Part, frozen=True, tag_field="op", tag="nth_item_bp"):
    """Every ``n``-th of the selected units, dearest first, is ``bp`` basis points off."""

    n: Annotated[int, msgspec.Meta(ge=2, le=1000)]
    bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    max_times: Count = 0
    round: ToFen = "down"


class RoundTo(_Part, frozen=True, tag_field="op", tag="round_to"):
    """The selected amount rounded down to a multiple of ``fen``; its group is ``running``."""

    fen: Annotated[int, msgspec.Meta(ge=2, lt=FEN_MAX)]


class MultBp(_Part, frozen=True, tag_field="op", tag="mult_bp"):
    """Points for the selected amount at this rate, in basis points of the base rate."""

    bp: BasisPoints
    round: ToFen | None = None


class PerQty(_Part, frozen=True, tag_field="op", tag="per_qty"):
    """Points for every selected unit."""

    pts: Count


class Fixed(_Part, frozen=True, tag_field="op", tag="fixed"):
    """Points once per receipt."""

    pts: Count


class Redeem(_Part, frozen=True, tag_field="op", tag="redeem"):
    """Terms on which points pay: ``fen_per_point``, at most ``max_bp`` of the selected lines, in steps."""

    fen_per_point: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    max_bp: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10_000
    step: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


Discount = EveryOff | OffBp | FixedPrice | NthItemBp | RoundTo
Earning = MultBp | PerQty | Fixed | Redeem
PRIORITY = 100


class Rule(_Part, frozen=True):
    """One rule: when, which lines, how much of them, and what it gives. ``cap`` 0 is no cap."""

    id: Id
    name: str
    phase: Literal["discount", "points"]
    group: Id
    do: Discount | Earning
    priority: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = PRIORITY
    when: When = When()
    select: Select = Select()
    need: Need = Need()
    cap: Fen = 0
    limit: Limit = Limit()


class Coupon(_Part, frozen=True):
    """A kind of coupon: what it gives when it is presented. ``group`` says with what it stacks.

    ``valid_days`` counts from issue; ``points_price`` is what it costs in points, where it can be bought.
    """

    id: Id
    name: str
    group: Id
    do: Discount | MultBp | PerQty | Fixed
    priority: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = PRIORITY
    when: When = When()
    select: Select = Select()
    need: Need = Need()
    cap: Fen = 0
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None
    points_price: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class Gift(_Part, frozen=True):
    """A gift with a purchase: ``qty`` of ``item``, once or for each full ``every_fen`` that is paid.

    Without ``group`` it stands in one of its own, and all gifts are given that apply.
    """

    id: Id
    name: str
    item: str
    qty: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    every_fen: Fen = 0
    max_times: Count = 0
    group: Id | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = PRIORITY
    when: When = When()
    select: Select = Select()
    need: Need = Need()
    cap: Fen = 0
    limit: Limit = Limit()


class TopUpLevel(_Part, frozen=True):
    """What a top-up of at least ``min_fen`` brings beside itself; the highest level that is reached counts."""

    min_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    gift_fen: Fen = 0
    gift_bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    points: Count = 0


class TopUp(_Part, frozen=True):
    """Terms of stored value. ``spend`` is the part that goes first, or both in proportion.

    A withdrawal takes principal only; ``withdraw`` says whether the gift part stays, or goes in proportion.
    """

    levels: tuple[TopUpLevel, ...] = ()
    min_fen: Fen = 0
    spend: Literal["principal", "gift", "proportional"] = "principal"
    withdraw: Literal["no", "keep_gift", "forfeit_gift"] = "forfeit_gift"
    gift_days: Days | None = None


class Pass(_Part, frozen=True):
    """A pass for ``services``: with ``visits``, so many; without, as often as one likes until ``valid_days`` are over.

    ``valid_days`` count from the sale, its day included; null (only with ``visits``) is for ever.
    """

    id: Id
    name: str
    price_fen: Fen
    services: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    visits: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    valid_days: Days | None = None


class TimedService(_Part, frozen=True):
    """A service paid by the time it takes: ``fen_per_unit`` for each ``unit_minutes``.

    ``round`` says what a unit that has begun counts; ``free_minutes`` cost nothing by themselves; ``cap_fen`` 0 is
    no cap.
    """

    id: Id
    name: str
    fen_per_unit: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    unit_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 60
    round: Literal["up", "down", "half_up"] = "up"
    min_units: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 1
    free_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 0
    cap_fen: Fen = 0


class Credit(_Part, frozen=True):
    """Buying on credit: due after ``days``; no member's limit is above ``max_limit_fen``."""

    days: Days = 30
    max_limit_fen: Fen = 0
    refuse_overdue: bool = True


class Cards(_Part, frozen=True):
    """Terms of the card itself: fees, how long it is valid, whether a phone number has one member only.

    ``issue_fee_fen`` is for a card without a purchase; ``valid_months`` null is for ever.
    """

    issue_fee_fen: Fen = 0
    replace_fee_fen: Fen = 0
    extend_fee_fen: Fen = 0
    valid_months: Months | None = None
    extend_months: Months = 12
    one_per_phone: bool = True


class CatalogueGift(_Part, frozen=True, rename={"from_": "from"}):
    """A gift for ``points``, which are taken; ``min_points`` have to be held. ``sku`` takes it from stock.

    ``from`` and ``to`` are the days of a season, both included; ``per_member`` 0 is no limit.
    """

    id: Id
    name: str
    points: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    worth_fen: Fen = 0
    min_points: Fen = 0
    sku: str = ""
    from_: date | None = None
    to: date | None = None
    tiers: Named[Id] = ()
    per_member: Count = 0
    period: Literal["ever", "year", "month", "day"] = "ever"


class Commission(_Part, frozen=True):
    """What the salesperson has of a sale (of the selected lines), a top-up, a pass or a new member."""

    id: Id
    name: str
    on: Literal["sale", "topup", "pass", "register"] = "sale"
    bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    fixed_fen: Fen = 0
    select: Select = Select()


class Draw(_Part, frozen=True, rename={"from_": "from"}):
    """A lucky draw that members enter at the till, free or for ``points``, on the days from ``from`` to ``to``."""

    id: Id
    name: str
    points: Count = 0
    from_: date | None = None
    to: date | None = None
    per_member: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class Vector(_Part, frozen=True):
    """A basket and what must come of it: the kernel's request, and the keys of its result that matter."""

    request: dict[str, Any]
    expected: dict[str, Any]
    name: str = ""


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
    business_day_start: TimeOfDay = "00:00"
    notice: Notice | None = None
    honest: HonestDiscount | None = None
    lunar: LunarBirthdays = LunarBirthdays()
    tiers: Annotated[tuple[TierBand, ...], msgspec.Meta(min_length=1)] = (TierBand("member", "会员"),)
    downgrade: Downgrade | None = None
    referral: tuple[ReferralLevel, ...] = ()
    bonuses: tuple[Bonus, ...] = ()
    rebates: tuple[Rebate, ...] = ()
    refunds: Refunds = Refunds()
    coupons: tuple[Coupon, ...] = ()
    gifts: tuple[Gift, ...] = ()
    topup: TopUp = TopUp()
    passes: tuple[Pass, ...] = ()
    services: tuple[TimedService, ...] = ()
    credit: Credit | None = None
    cards: Cards = Cards()
    catalogue: tuple[CatalogueGift, ...] = ()
    commissions: tuple[Commission, ...] = ()
    draws: tuple[Draw, ...] = ()
    vectors: tuple[Vector, ...] = ()
