"""The whole member in one reply: what a till shows of somebody who stands before it."""

from datetime import date

from edge.counter.paces import PaceReply, pace_of
from edge.counter.passes import HeldPass, held_passes
from edge.counter.records import HeldVoucher, NextTier, next_tier
from edge.counter.shop import Shop
from edge.counter.terms import Balances, Reply
from edge.counter.tiers import TierWarning, tier_warning
from edge.counter.timed import TimedReply, unpaid
from edge.domain.birthdays import days_to_birthday
from edge.domain.member import Member, masked_number
from edge.domain.units import POINTS

NOTES_SHOWN = 5
CALLS_SHOWN = 10


class HeldCoupon(Reply, frozen=True):
    """A coupon of the member that is still good; ``last_day`` is None for ever."""

    code: str
    kind: str
    name: str
    last_day: str | None


class Relative(Reply, frozen=True):
    """Somebody of the family; ``birthday_in_days`` is None unless the birthday is near."""

    name: str
    relation: str
    birthday_in_days: int | None


class ContactNote(Reply, frozen=True):
    """What was said with the member; ``outcome`` is that of a call."""

    id: str
    kind: str
    text: str
    by: str
    at: str
    outcome: str | None


class OpenCall(Reply, frozen=True):
    """A call that somebody still has to make, on day ``due``."""

    id: str
    text: str
    by: str
    due: str | None


class PointsConfirmed(Reply, frozen=True):
    """What HQ had confirmed at ``at`` (None: it has heard nothing yet), and what this store has added since.

    ``since_here`` is below 0 where more was taken than added.
    """

    points: int
    at: str | None
    since_here: int


class MemberReply(Reply, frozen=True):
    """The whole member. ``birthday_in_days`` is None unless the birthday is near.

    ``points_confirmed`` is None in a store without HQ: what it holds is so.
    """

    id: str
    card_no: str
    name: str
    phone: str
    gender: str
    birthday: str | None
    birthday_calendar: str
    region: str
    salesperson: str
    consent: bool
    tags: tuple[str, ...]
    family: tuple[Relative, ...]
    status: str
    tier: str
    tier_label: str
    tier_benefits: tuple[str, ...]
    home: str
    registered_at: str
    valid_until: str | None
    ecard: bool
    bought_on: str | None
    cumulative_fen: int
    visits: int
    balances: Balances
    points_confirmed: PointsConfirmed | None
    next_tier: NextTier | None
    tier_warning: TierWarning | None
    pace: PaceReply | None
    passes: tuple[HeldPass, ...]
    services: tuple[TimedReply, ...]
    birthday_in_days: int | None
    referrer: str | None
    coupons: tuple[HeldCoupon, ...]
    notes: tuple[ContactNote, ...]
    calls: tuple[OpenCall, ...]
    vouchers: tuple[HeldVoucher, ...]
    offline: bool


def whole_member(shop: Shop, member: Member) -> MemberReply:
    """Everything a till shows of a member, as the last COMMIT left it."""
    programme = shop.programme
    today = shop.business_date(shop.now_ms())
    balances = shop.balances(member.id)
    return MemberReply(
        id=member.id,
        card_no=member.card_no,
        name=member.name,
        phone=masked_number(member.phone),
        gender=member.gender,
        birthday=_birthday(member),
        birthday_calendar=member.birthday_calendar,
        region=member.region,
        salesperson=member.salesperson,
        consent=member.consent,
        tags=member.tags,
        family=_family(shop, member, today),
        status=member.status,
        tier=member.tier,
        tier_label=programme.tier_label(member.tier),
        tier_benefits=_benefits(shop, member.tier),
        home=member.home,
        registered_at=shop.local_time(member.registered_ms),
        valid_until=member.valid_until,
        ecard=shop.snapshot.members.ecard(member.id)[0] is not None,
        bought_on=member.bought_on,
        cumulative_fen=member.cumulative_fen,
        visits=member.visits,
        balances=balances,
        points_confirmed=_points_confirmed(shop, member, balances.points.balance),
        next_tier=_next_tier(shop, member, today.isoformat()),
        tier_warning=tier_warning(shop, member),
        pace=pace_of(shop, shop.snapshot.sales, member, balances.points.balance, today),
        passes=held_passes(shop, member.id),
        services=unpaid(shop, member.id),
        birthday_in_days=days_to_birthday(member.birthday, member.birthday_calendar, today),
        referrer=member.referrer,
        coupons=_held_coupons(shop, member, today.isoformat()),
        notes=_notes(shop, member),
        calls=_calls(shop, member),
        vouchers=_held_vouchers(shop, member, today.isoformat()),
        offline=shop.offline,
    )


# --- the pieces ---


def _next_tier(shop: Shop, member: Member, today: str) -> NextTier | None:
    day_fen = shop.snapshot.sales.day_fen(member.id, today)
    return next_tier(shop.programme, member.tier, member.cumulative_fen - member.base_fen, day_fen)


def _benefits(shop: Shop, tier: str) -> tuple[str, ...]:
    return next((known.benefits for known in shop.programme.tiers if known.id == tier), ())


def _birthday(member: Member) -> str | None:
    """``1990-08-15``, or ``08-15`` where the year is not known."""
    if member.birthday is None:
        return None
    month, day = divmod(member.birthday, 100)
    year = f"{member.birth_year}-" if member.birth_year else ""
    return f"{year}{month:02d}-{day:02d}"


def _family(shop: Shop, member: Member, today: date) -> tuple[Relative, ...]:
    return tuple(
        Relative(one.name, one.relation, days_to_birthday(one.birthday, one.birthday_calendar, today))
        for one in shop.snapshot.kin.of_member(member.id)
    )


def _points_confirmed(shop: Shop, member: Member, held: int) -> PointsConfirmed | None:
    if shop.config.hq is None:
        return None
    confirmed = shop.snapshot.confirmed(member.id, POINTS)
    at_ms = shop.now_ms() if confirmed.complete and not shop.offline else confirmed.at_ms
    at = shop.local_time(at_ms) if at_ms is not None else None
    return PointsConfirmed(held - confirmed.since, at, confirmed.since)


def _notes(shop: Shop, member: Member) -> tuple[ContactNote, ...]:
    return tuple(
        ContactNote(note.id, note.kind, note.text, note.by, shop.local_time(note.at_ms), note.outcome)
        for note in shop.snapshot.notes.latest(member.id, NOTES_SHOWN)
    )


def _calls(shop: Shop, member: Member) -> tuple[OpenCall, ...]:
    return tuple(
        OpenCall(call.id, call.text, call.by, call.due)
        for call in shop.snapshot.notes.open_calls(member.id, CALLS_SHOWN)
    )


def _held_coupons(shop: Shop, member: Member, today: str) -> tuple[HeldCoupon, ...]:
    kinds = shop.programme.coupons
    return tuple(
        HeldCoupon(coupon.code, coupon.kind, kinds[coupon.kind].name, coupon.last_day)
        for coupon in shop.snapshot.coupons.of_member(member.id, today)
        if coupon.kind in kinds
    )


def _held_vouchers(shop: Shop, member: Member, today: str) -> tuple[HeldVoucher, ...]:
    return tuple(
        HeldVoucher(voucher.code, voucher.value_fen, voucher.last_day)
        for voucher in shop.snapshot.vouchers.of_member(member.id, today)
    )
