"""The whole member in one reply: what a till shows of somebody who stands before it."""

from edge.counter.records import NextTier, next_tier
from edge.counter.shop import Shop
from edge.counter.terms import Balances, Reply
from edge.domain.birthdays import days_to_birthday
from edge.domain.member import Member, masked_number


class HeldCoupon(Reply, frozen=True):
    """A coupon of the member that is still good; ``last_day`` is None for ever."""

    code: str
    kind: str
    name: str
    last_day: str | None


class MemberReply(Reply, frozen=True):
    """The whole member. ``birthday_in_days`` is None unless the birthday is near."""

    id: str
    card_no: str
    name: str
    phone: str
    tier: str
    tier_label: str
    tier_benefits: tuple[str, ...]
    home: str
    registered_at: str
    valid_until: str | None
    bought_on: str | None
    cumulative_fen: int
    visits: int
    balances: Balances
    next_tier: NextTier | None
    birthday_in_days: int | None
    referrer: str | None
    coupons: tuple[HeldCoupon, ...]
    offline: bool


def whole_member(shop: Shop, member: Member) -> MemberReply:
    """Everything a till shows of a member, as the last COMMIT left it."""
    programme = shop.programme
    today = shop.business_date(shop.clock.now_ms())
    return MemberReply(
        id=member.id,
        card_no=member.card_no,
        name=member.name,
        phone=masked_number(member.phone),
        tier=member.tier,
        tier_label=programme.tier_label(member.tier),
        tier_benefits=_benefits(shop, member.tier),
        home=member.home,
        registered_at=shop.local_time(member.registered_ms),
        valid_until=member.valid_until,
        bought_on=member.bought_on,
        cumulative_fen=member.cumulative_fen,
        visits=member.visits,
        balances=shop.balances(member.id),
        next_tier=next_tier(programme, member.tier, member.cumulative_fen),
        birthday_in_days=days_to_birthday(member.birthday, member.birthday_calendar, today),
        referrer=member.referrer,
        coupons=_held_coupons(shop, member, today.isoformat()),
        offline=shop.offline,
    )


# --- the pieces ---


def _benefits(shop: Shop, tier: str) -> tuple[str, ...]:
    return next((known.benefits for known in shop.programme.tiers if known.id == tier), ())


def _held_coupons(shop: Shop, member: Member, today: str) -> tuple[HeldCoupon, ...]:
    kinds = shop.programme.coupons
    return tuple(
        HeldCoupon(coupon.code, coupon.kind, kinds[coupon.kind].name, coupon.last_day)
        for coupon in shop.snapshot.coupons.of_member(member.id, today)
        if coupon.kind in kinds
    )
