"""Members at the counter: registered in one transaction."""

from typing import Annotated, Literal

import msgspec

from edge.counter.events import tell_hq
from edge.counter.points import welcome_bonus
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code, Name, Reply, Text
from edge.domain.dates import is_mmdd, mmdd
from edge.domain.lunar import Calendar, is_lunar_mmdd
from edge.domain.member import Member
from edge.domain.referrals import welcome_rewards
from edge.errors import Code as ErrorCode
from edge.errors import PosError
from edge.storage.ids import member_id
from edge.storage.transaction import Transaction


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


def _birthday(text: str | None, calendar: Calendar) -> int | None:
    if text is None:
        return None
    month, day = int(text[-5:-3]), int(text[-2:])
    exists = is_mmdd if calendar == "solar" else is_lunar_mmdd
    if not exists(mmdd(month, day)):
        raise bad("/birthday", f"there is no such day: {text}", "生日日期不存在")
    return mmdd(month, day)
