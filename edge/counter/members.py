"""Registering a member: the card, the welcome, and the fee where one is taken, in one transaction."""

from typing import Annotated, Literal

import msgspec

from edge.counter.account_slips import Given, SlipRequest, fact, give_slip
from edge.counter.commissions import earn_commission
from edge.counter.events import tell_hq
from edge.counter.particulars import (
    Birthday,
    Family,
    Phone,
    Uid,
    day_of,
    kin_of,
    plain_phone,
    refuse_foreign_number,
    refuse_taken_number,
    refuse_taken_phone,
    year_of,
)
from edge.counter.payment import MoneyTenders, take
from edge.counter.points import earn_points, welcome_bonus
from edge.counter.refusals import bad, no_such_member
from edge.counter.shop import Shop
from edge.counter.terms import Code, Name, Reply, Text
from edge.domain.dates import months_later
from edge.domain.lunar import Calendar
from edge.domain.member import Member, masked_number
from edge.domain.referrals import welcome_rewards
from edge.storage.cards import CardRow
from edge.storage.ids import member_id
from edge.storage.transaction import Transaction

Gender = Literal["", "f", "m", "x"]
Tags = Annotated[tuple[Name, ...], msgspec.Meta(max_length=32)]


class RegisterRequest(SlipRequest, frozen=True, kw_only=True):
    """A new member. ``birthday`` is ``YYYY-MM-DD`` or ``MM-DD``; ``referrer`` an id or a card number.

    A ``lunar`` birthday is the month and day of that calendar, a leap month written as the plain one.
    ``uid`` is a second way to the member: an RFID or NFC chip. ``fee`` says whether the card is paid for.
    """

    card_no: Code
    name: Name
    cashier: Text = ""
    phone: Phone = ""
    gender: Gender = ""
    birthday: Birthday | None = None
    birthday_calendar: Calendar = "solar"
    referrer: Code | None = None
    salesperson: Text = ""
    region: Text = ""
    consent: bool = False
    tags: Tags = ()
    family: Family = ()
    uid: Uid | None = None
    fee: Literal["none", "pay"] = "none"
    tenders: MoneyTenders = ()


class RegisterReply(Reply, frozen=True):
    """The member as registered; ``points`` are the welcome that the programme gives.

    ``valid_until`` is the card's last day, None for ever. A slip is given where a fee was taken.
    """

    member: str
    card_no: str
    tier: str
    registered_at: str
    points: int
    queue_seq: int | None
    offline: bool
    valid_until: str | None = None
    fee_fen: int = 0
    change_fen: int = 0
    slip: str | None = None
    receipt_no: str | None = None
    print_job: int | None = None
    duplicate: bool = False


async def register(shop: Shop, terminal: str, request: RegisterRequest) -> RegisterReply:
    """Register a member; raises -32602 for a number or phone that is taken, 1201 for the referrer, 1304."""

    refuse_foreign_number(shop, request.card_no)  # before it is written down: it may be a bank card's

    def decide(transaction: Transaction) -> RegisterReply:
        return _Registration(shop, transaction, terminal, request).carry_out()

    return await shop.write(terminal, "member.register", request, RegisterReply, decide)


class _Registration:
    """One registration, step by step, inside its transaction."""

    def __init__(self, shop: Shop, transaction: Transaction, terminal: str, request: RegisterRequest) -> None:
        self._shop = shop
        self._transaction = transaction
        self._terminal = terminal
        self._request = request

    def carry_out(self) -> RegisterReply:
        """Check, write down, welcome, take the fee, tell HQ."""
        shop, transaction = self._shop, self._transaction
        self._refuse_what_is_taken()
        member = self._member()
        self._store(member)
        points = welcome_bonus(shop, transaction, member.id)
        _thank_referrers(shop, transaction, member.id)
        change_fen, given = self._take_fee(member)
        commission = earn_commission(shop, transaction, "register", member.salesperson, 0, member.id)
        return RegisterReply(
            member=member.id,
            card_no=member.card_no,
            tier=member.tier,
            registered_at=shop.local_time(transaction.now_ms),
            points=points,
            queue_seq=tell_hq(shop, transaction, "member", member.id, self._for_hq(member) | commission),
            offline=shop.offline,
            valid_until=member.valid_until,
            fee_fen=self._fee_fen,
            change_fen=change_fen,
            slip=given.slip if given else None,
            receipt_no=given.receipt_no if given else None,
            print_job=given.print_job if given else None,
        )

    def _refuse_what_is_taken(self) -> None:
        request, transaction = self._request, self._transaction
        refuse_taken_number(transaction, request.card_no, "/card_no")
        if request.uid:
            refuse_taken_number(transaction, request.uid.upper(), "/uid")
        refuse_taken_phone(self._shop, transaction, plain_phone(request.phone))

    def _member(self) -> Member:
        request, shop, now_ms = self._request, self._shop, self._transaction.now_ms
        return Member(
            id=member_id(now_ms),
            card_no=request.card_no,
            name=request.name,
            tier=shop.programme.tiers[0].id,
            home=shop.config.store.id,
            registered_ms=now_ms,
            phone=plain_phone(request.phone),
            gender=request.gender,
            birthday=day_of(request.birthday, request.birthday_calendar),
            birthday_calendar=request.birthday_calendar,
            birth_year=year_of(request.birthday),
            referrer=self._referrer(),
            region=request.region,
            salesperson=request.salesperson,
            consent=request.consent,
            tags=request.tags,
            valid_until=self._valid_until(),
        )

    def _referrer(self) -> str | None:
        reference, members = self._request.referrer, self._transaction.members
        if reference is None:
            return None
        found = members.by_id(reference) or members.by_card(reference)
        if found is None:
            refusal = no_such_member("/referrer")
            refusal.data["hint"]["zh"] = "没有这个介绍人"
            raise refusal
        return found.id

    def _valid_until(self) -> str | None:
        months = self._shop.programme.bundle.cards.valid_months
        today = self._shop.business_date(self._transaction.now_ms)
        return months_later(today, months).isoformat() if months is not None else None

    def _store(self, member: Member) -> None:
        transaction, request = self._transaction, self._request
        transaction.members.insert(member)
        transaction.kin.rewrite(member.id, kin_of(request.family))
        if request.uid:
            uid = CardRow(request.uid.upper(), member.id, "uid", "active")
            transaction.cards.issue(uid, transaction.now_ms)

    @property
    def _fee_fen(self) -> int:
        return self._shop.programme.bundle.cards.issue_fee_fen if self._request.fee == "pay" else 0

    def _take_fee(self, member: Member) -> tuple[int, Given | None]:
        """The change, and the slip; nothing where the card costs nothing."""
        request, fee_fen = self._request, self._fee_fen
        if request.fee == "none":
            if request.tenders:
                raise bad("/tenders", "no fee is to be paid", "无需付款")
            return 0, None
        change_fen = take(self._shop, self._transaction, self._terminal, fee_fen, request.tenders, "card")
        facts = [
            fact("new_card", masked_number(member.card_no)),
            fact("fee", fee_fen, "fen"),
            fact("paid", fee_fen + change_fen, "fen"),
            fact("change", change_fen, "fen"),
        ]
        given = give_slip(self._shop, self._transaction, self._terminal, "card", request, member, facts)
        return change_fen, given

    def _for_hq(self, member: Member) -> dict[str, object]:
        request = self._request
        return {
            "home": member.home,
            "card_no": member.card_no,
            "uid": request.uid.upper() if request.uid else None,
            "name": member.name,
            "phone": member.phone,
            "gender": member.gender,
            "birthday": request.birthday,
            "birthday_calendar": request.birthday_calendar,
            "family": msgspec.to_builtins(request.family),
            "tier": member.tier,
            "referrer": member.referrer,
            "salesperson": request.salesperson,
            "region": request.region,
            "consent": request.consent,
            "tags": request.tags,
            "valid_until": member.valid_until,
            "fee_fen": self._fee_fen,
            "cashier": request.cashier,
        }


def _thank_referrers(shop: Shop, transaction: Transaction, member: str) -> None:
    levels = shop.programme.referral
    for reward in welcome_rewards(levels, transaction.members.referrers(member, len(levels))):
        earn_points(shop, transaction, reward.member, reward.points, f"referral{reward.level}")
