"""Members at the counter: found by card, phone or id and shown whole; registered in one transaction."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from edge.counter.events import tell_hq
from edge.counter.points import welcome_bonus
from edge.counter.records import NextTier, next_tier
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, in_good_standing
from edge.counter.terms import Balances, Code, Name, Reply, Request, Text
from edge.domain.dates import is_mmdd, mmdd
from edge.domain.lunar import LUNAR_DAY, Calendar, birthday_state, is_lunar_mmdd
from edge.domain.member import Member, masked_name, masked_number
from edge.domain.referrals import welcome_rewards
from edge.errors import Code as ErrorCode
from edge.errors import PosError
from edge.storage.ids import member_id
from edge.storage.members import CANDIDATES_MAX
from edge.storage.transaction import Transaction

PHONE_SUFFIX_MIN = 4


class LookupRequest(Request, frozen=True):
    """Who is this? A phone may be given by its last four digits or more; ``qr`` holds a card number."""

    by: Literal["card", "phone", "id", "qr"]
    value: Code


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
    home: str
    registered_at: str
    cumulative_fen: int
    visits: int
    balances: Balances
    next_tier: NextTier | None
    birthday_in_days: int | None
    referrer: str | None
    coupons: tuple[HeldCoupon, ...]
    offline: bool


class Candidate(Reply, frozen=True):
    """One of several who match, masked."""

    id: str
    name: str
    card_no: str
    phone: str


class LookupReply(Reply, frozen=True, omit_defaults=True):
    """Exactly one of: the member, or the candidates to choose from."""

    member: MemberReply | None = None
    candidates: tuple[Candidate, ...] = ()


class RegisterRequest(Keyed, frozen=True):
    """A new member. ``birthday`` is ``YYYY-MM-DD`` or ``MM-DD``; ``referrer`` an id or a card number.

    A ``lunar`` birthday is the month and day of that calendar, a leap month written as the plain one.
    """

    card_no: Code
    name: Name
    phone: Annotated[str, msgspec.Meta(pattern=r"^[0-9+-]{0,20}$")] = ""
    gender: Literal["", "f", "m", "x"] = ""
    birthday: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-)?\d{2}-\d{2}$")] | None = None
    birthday_calendar: Calendar = "solar"
    referrer: Code | None = None
    salesperson: Text = ""
    region: Text = ""
    consent: bool = False


class RegisterReply(Reply, frozen=True):
    """The member as registered; ``points`` are the welcome that the programme gives."""

    member: str
    card_no: str
    tier: str
    registered_at: str
    points: int
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


def lookup(shop: Shop, terminal: str, request: LookupRequest) -> LookupReply:
    """The member, or masked candidates; raises 1201 and 1202."""
    members = shop.snapshot.members
    if request.by == "phone":
        return _by_phone(shop, request.value)
    found = members.by_id(request.value) if request.by == "id" else members.by_card(request.value)
    if found is None:
        raise _nobody()
    return LookupReply(member=whole_member(shop, in_good_standing(found)))


def whole_member(shop: Shop, member: Member) -> MemberReply:
    """Everything a till shows of a member, in one reply."""
    return MemberReply(
        id=member.id,
        card_no=member.card_no,
        name=member.name,
        phone=masked_number(member.phone),
        tier=member.tier,
        tier_label=shop.programme.tier_label(member.tier),
        home=member.home,
        registered_at=shop.local_time(member.registered_ms),
        cumulative_fen=member.cumulative_fen,
        visits=member.visits,
        balances=shop.balances(member.id),
        next_tier=next_tier(shop.programme, member.tier, member.cumulative_fen),
        birthday_in_days=_days_to_birthday(shop, member),
        referrer=member.referrer,
        coupons=_held_coupons(shop, member),
        offline=shop.offline,
    )


async def register(shop: Shop, terminal: str, request: RegisterRequest) -> RegisterReply:
    """Register a member; raises -32602 for a card number that is not ours or is taken, 1201 for the referrer."""
    if not shop.is_member_number(request.card_no):
        raise bad("/card_no", "this is not a member card number", "不是本店会员卡号")
    birthday = _birthday(request.birthday, request.birthday_calendar)

    def decide(transaction: Transaction) -> RegisterReply:
        if transaction.members.by_card(request.card_no) is not None:
            raise bad("/card_no", "this card belongs to a member already", "此卡号已登记")
        member = _new_member(shop, transaction, request, birthday)
        transaction.members.insert(member)
        points = welcome_bonus(shop, transaction, member.id)
        _thank_referrers(shop, transaction, member.id)
        seq = tell_hq(shop, transaction, "member", member.id, _for_hq(member, request))
        registered_at = shop.local_time(transaction.now_ms)
        return RegisterReply(member.id, member.card_no, member.tier, registered_at, points, seq, shop.offline)

    reply, duplicate = await shop.write(terminal, "member.register", request, RegisterReply, decide)
    return msgspec.structs.replace(reply, duplicate=duplicate)


def _new_member(
    shop: Shop, transaction: Transaction, request: RegisterRequest, birthday: int | None
) -> Member:
    referrer = None
    if request.referrer is not None:
        members = transaction.members
        referrer = members.by_id(request.referrer) or members.by_card(request.referrer)
        if referrer is None:
            raise PosError(
                ErrorCode.NO_SUCH_MEMBER, "no such referrer", zh="没有这个介绍人", path="/referrer"
            )
    return Member(
        id=member_id(transaction.now_ms),
        card_no=request.card_no,
        name=request.name,
        tier=shop.programme.tiers[0].id,
        home=shop.config.store.id,
        registered_ms=transaction.now_ms,
        phone=request.phone,
        gender=request.gender,
        birthday=birthday,
        birthday_calendar=request.birthday_calendar,
        referrer=referrer.id if referrer else None,
    )


def _thank_referrers(shop: Shop, transaction: Transaction, member: str) -> None:
    levels = shop.programme.referral
    for reward in welcome_rewards(levels, transaction.members.referrers(member, len(levels))):
        transaction.ledger.earn(reward.member, "points", reward.points, f"referral{reward.level}")


def _for_hq(member: Member, request: RegisterRequest) -> dict[str, object]:
    return {
        "home": member.home,
        "card_no": member.card_no,
        "name": member.name,
        "phone": member.phone,
        "gender": member.gender,
        "birthday": request.birthday,
        "birthday_calendar": request.birthday_calendar,
        "tier": member.tier,
        "referrer": member.referrer,
        "salesperson": request.salesperson,
        "region": request.region,
        "consent": request.consent,
    }


def _by_phone(shop: Shop, digits: str) -> LookupReply:
    if not digits.isdigit() or len(digits) < PHONE_SUFFIX_MIN:
        raise bad("/value", f"give at least the last {PHONE_SUFFIX_MIN} digits", "请输入手机号后四位或更多")
    found = shop.snapshot.members.by_phone(digits)
    if not found:
        raise _nobody()
    if len(found) == 1:
        return LookupReply(member=whole_member(shop, in_good_standing(found[0])))
    if len(found) > CANDIDATES_MAX:
        raise bad("/value", "too many members match: give more digits", "匹配会员过多，请输入更多位数")
    return LookupReply(
        candidates=tuple(
            Candidate(m.id, masked_name(m.name), masked_number(m.card_no), masked_number(m.phone))
            for m in found
        )
    )


def _birthday(text: str | None, calendar: Calendar) -> int | None:
    if text is None:
        return None
    month, day = int(text[-5:-3]), int(text[-2:])
    exists = is_mmdd if calendar == "solar" else is_lunar_mmdd
    if not exists(mmdd(month, day)):
        raise bad("/birthday", f"there is no such day: {text}", "生日日期不存在")
    return mmdd(month, day)


def _held_coupons(shop: Shop, member: Member) -> tuple[HeldCoupon, ...]:
    kinds = shop.programme.coupons
    today = shop.business_date(shop.clock.now_ms()).isoformat()
    return tuple(
        HeldCoupon(coupon.code, coupon.kind, kinds[coupon.kind].name, coupon.last_day)
        for coupon in shop.snapshot.coupons.of_member(member.id, today)
        if coupon.kind in kinds
    )


def _days_to_birthday(shop: Shop, member: Member, near_days: int = 14) -> int | None:
    """Days until the birthday, 0 on the day, None when it is not near."""
    if member.birthday is None:
        return None
    today = shop.business_date(shop.clock.now_ms())
    if member.birthday_calendar == "lunar":
        ahead = (today + timedelta(days=days) for days in range(near_days + 1))
        near = (birthday_state(member.birthday, "lunar", day) & LUNAR_DAY for day in ahead)
        return next((days for days, is_it in enumerate(near) if is_it), None)
    month, day = divmod(member.birthday, 100)
    for year in (today.year, today.year + 1):
        # 29 February is kept on the last day of February where there is none.
        held = min(day, monthrange(year, month)[1])
        days = (date(year, month, held) - today).days
        if 0 <= days <= near_days:
            return days
    return None


def _nobody() -> PosError:
    return PosError(ErrorCode.NO_SUCH_MEMBER, "no such member", zh="没有这个会员", path="/value")
