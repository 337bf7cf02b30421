"""Stored value at the counter: topped up with what the programme adds, and paid out again where it allows that."""

from typing import Annotated, Any

import msgspec

from edge.counter.account_slips import Given, SlipRequest, fact, give_slip
from edge.counter.approvals import approved_by
from edge.counter.commissions import earn_commission
from edge.counter.events import tell_hq
from edge.counter.payment import MoneyKind, MoneyTenders, hand_out, take
from edge.counter.points import earn_points
from edge.counter.refusals import bad
from edge.counter.shop import Shop, balances_in, spend
from edge.counter.terms import Balances, Reply, Request, Text
from edge.counter.terms import Code as Word
from edge.counter.tiers import promote
from edge.domain.dates import last_day_of
from edge.domain.ledger import NEVER_MS
from edge.domain.member import Member
from edge.domain.money import FEN_MAX, yuan
from edge.domain.rules.model import TopUp, TopUpLevel
from edge.domain.stored_value import Parts, forfeited_fen, gift_fen, reached_level
from edge.domain.units import GIFT, STORED
from edge.errors import Code, PosError
from edge.receipts.account_slip import Fact
from edge.storage.transaction import Transaction

SomeFen = Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]


class TopUpRequest(SlipRequest, frozen=True):
    """Pay ``amount_fen`` into a member's stored value."""

    member: Word
    amount_fen: SomeFen
    tenders: MoneyTenders
    salesperson: Text = ""


class TopUpReply(Reply, frozen=True):
    """What was paid in, what the programme added to it, and the tier that this top-up led to (or null)."""

    slip: str
    receipt_no: str
    amount_fen: int
    gift_fen: int
    points: int
    change_fen: int
    tier_reached: str | None
    balances: Balances
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def top_up(shop: Shop, terminal: str, request: TopUpRequest) -> TopUpReply:
    """Take money into stored value; raises 1201-1203, 1304, and -32602 below the least that may be topped up."""

    def decide(transaction: Transaction) -> TopUpReply:
        member = shop.member_in(transaction, request.member)
        terms = shop.programme.bundle.topup
        if request.amount_fen < terms.min_fen:
            zh = f"最低充值 {yuan(terms.min_fen)} 元"
            raise bad("/amount_fen", f"a top-up is at least {terms.min_fen} fen", zh)
        change_fen = take(shop, transaction, terminal, request.amount_fen, request.tenders, "topup")
        level = reached_level(terms.levels, request.amount_fen)
        gift = gift_fen(level, request.amount_fen)
        _credit(shop, transaction, member, request.amount_fen, gift, level)
        tier = promote(shop, transaction, member, topup_fen=request.amount_fen)
        points = level.points if level else 0
        facts = _topup_facts(request, gift, points, change_fen, tier, shop)
        given = give_slip(shop, transaction, terminal, "topup", request, member, facts)
        told = _topup_told(request, given, gift, points, change_fen, tier)
        told |= earn_commission(
            shop, transaction, "topup", request.salesperson, request.amount_fen, given.slip
        )
        seq = tell_hq(shop, transaction, "topup", member.id, told)
        balances = balances_in(transaction.ledger, member.id)
        return TopUpReply(
            given.slip,
            given.receipt_no,
            request.amount_fen,
            gift,
            points,
            change_fen,
            tier,
            balances,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "account.topup", request, TopUpReply, decide)


class PaidOut(Request, frozen=True):
    """How a withdrawal is handed out."""

    kind: MoneyKind


class WithdrawRequest(SlipRequest, frozen=True):
    """Pay ``amount_fen`` of a member's own money out again; ``approve`` names who allowed it."""

    member: Word
    amount_fen: SomeFen
    tender: PaidOut
    approve: Text = ""


class WithdrawReply(Reply, frozen=True):
    """What was handed out, and what of the gift part went with it."""

    slip: str
    receipt_no: str
    amount_fen: int
    gift_forfeited_fen: int
    balances: Balances
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def withdraw(shop: Shop, terminal: str, request: WithdrawRequest) -> WithdrawReply:
    """Hand out principal; raises 1002 where the programme pays nothing out, 1201-1203, 1205, 1306, 1601."""

    def decide(transaction: Transaction) -> WithdrawReply:
        member = shop.member_in(transaction, request.member)
        terms = shop.programme.bundle.topup
        if terms.withdraw == "no":
            zh = "本店储值不可取款"
            raise PosError(Code.NOT_ALLOWED, "this programme pays no stored value out", zh=zh)
        approver = approved_by(transaction, terminal, "account.withdraw", request.approve)
        forfeited = _forfeit(transaction, member, request.amount_fen, terms)
        spend(transaction.ledger, member.id, STORED, request.amount_fen, "withdraw", path="/amount_fen")
        transaction.ledger.claw(member.id, GIFT, forfeited, "withdraw")
        kind, amount_fen = request.tender.kind, request.amount_fen
        hand_out(shop, transaction, terminal, kind, amount_fen, "withdraw")
        facts = [fact("paid_out", amount_fen, "fen"), fact("paid_by", kind, "tender")]
        facts += [fact("gift_forfeited", forfeited, "fen")] if forfeited else []
        facts.append(fact("approved_by", approver))
        given = give_slip(shop, transaction, terminal, "withdraw", request, member, facts)
        told = {
            "slip": given.slip,
            "receipt_no": given.receipt_no,
            "amount_fen": amount_fen,
            "gift_forfeited_fen": forfeited,
            "tender": kind,
            "cashier": request.cashier,
            "approved_by": approver,
        }
        seq = tell_hq(shop, transaction, "withdraw", member.id, told)
        balances = balances_in(transaction.ledger, member.id)
        return WithdrawReply(
            given.slip,
            given.receipt_no,
            amount_fen,
            forfeited,
            balances,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "account.withdraw", request, WithdrawReply, decide)


# --- the pieces ---


def _credit(
    shop: Shop,
    transaction: Transaction,
    member: Member,
    paid_fen: int,
    gift: int,
    level: TopUpLevel | None,
) -> None:
    """Principal never lapses; a gift does with the last of its days, the first of which is today."""
    ledger, days = transaction.ledger, shop.programme.bundle.topup.gift_days
    ledger.earn(member.id, STORED, paid_fen, "topup")
    today = shop.business_date(transaction.now_ms)
    expires_ms = NEVER_MS if days is None else shop.day_ends_ms(last_day_of(days, today))
    ledger.earn(member.id, GIFT, gift, "topup", expires_ms)
    if level is not None and level.points:
        earn_points(shop, transaction, member.id, level.points, "topup")


def _forfeit(transaction: Transaction, member: Member, amount_fen: int, terms: TopUp) -> int:
    """What of the gift part goes with a withdrawal."""
    if terms.withdraw != "forfeit_gift":
        return 0
    transaction.ledger.expire(member.id, GIFT)
    held = transaction.ledger.held(member.id)
    return forfeited_fen(amount_fen, Parts(max(0, held.stored.balance), max(0, held.gift.balance)))


def _topup_facts(
    request: TopUpRequest, gift: int, points: int, change_fen: int, tier: str | None, shop: Shop
) -> list[Fact]:
    facts = [fact("topped_up", request.amount_fen, "fen")]
    facts += [fact("topup_gift", gift, "fen")] if gift else []
    facts += [fact("points", points, "count")] if points else []
    facts += [fact(tender.kind, tender.amount_fen, "fen") for tender in request.tenders]
    facts += [fact("change", change_fen, "fen")] if change_fen else []
    facts += [fact("new_tier", shop.programme.tier_label(tier))] if tier else []
    return facts


def _topup_told(
    request: TopUpRequest, given: Given, gift: int, points: int, change_fen: int, tier: str | None
) -> dict[str, Any]:
    return {
        "slip": given.slip,
        "receipt_no": given.receipt_no,
        "amount_fen": request.amount_fen,
        "gift_fen": gift,
        "points": points,
        "tenders": [(tender.kind, tender.amount_fen) for tender in request.tenders],
        "change_fen": change_fen,
        "cashier": request.cashier,
        "salesperson": request.salesperson,
        "tier": tier,
    }
