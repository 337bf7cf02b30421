"""Buying on credit: the limit, repayment (what is due first is settled first), and who owes what."""

from typing import Annotated

import msgspec

from edge.counter.account_slips import SlipRequest, fact, give_slip
from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.payment import MoneyTenders, take
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, balances_in
from edge.counter.terms import Balances, Fen, Reply, Request, Text
from edge.counter.terms import Code as Word
from edge.domain.credit import Debt, settled
from edge.domain.member import masked_name, masked_number
from edge.domain.money import FEN_MAX, yuan
from edge.domain.rules.model import Credit as Terms
from edge.domain.units import CREDIT
from edge.storage.credit import CreditSale
from edge.storage.transaction import Transaction


class LimitRequest(Keyed, frozen=True):
    """Set how much a member may owe; 0 ends it. ``approve`` names who answers for it."""

    member: Word
    limit_fen: Fen
    cashier: Text = ""
    reason: Text = ""
    approve: Text = ""


class LimitReply(Reply, frozen=True):
    """The limit before and after."""

    before_fen: int
    limit_fen: int
    balances: Balances
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def limit(shop: Shop, terminal: str, request: LimitRequest) -> LimitReply:
    """Raise or lower a limit; raises 1201-1203, 1306, and -32602 above what the programme allows.

    A limit below what is owed is no debt that is due: nothing more may be bought until enough is repaid.
    """

    def decide(transaction: Transaction) -> LimitReply:
        terms = _terms(shop)
        member = shop.member_in(transaction, request.member)
        if request.limit_fen > terms.max_limit_fen:
            zh = f"赊账额度最高 {yuan(terms.max_limit_fen)} 元"
            raise bad("/limit_fen", f"no limit is above {terms.max_limit_fen} fen", zh)
        approver = approved_by(transaction, terminal, "credit.limit", request.approve)
        ledger = transaction.ledger
        held = ledger.held(member.id)
        before_fen = held.credit.balance + held.owed_fen if held.credit else 0
        ledger.earn(member.id, CREDIT, max(0, request.limit_fen - before_fen), "limit")
        ledger.claw(member.id, CREDIT, max(0, before_fen - request.limit_fen), "limit")
        told = {
            "before_fen": before_fen,
            "limit_fen": request.limit_fen,
            "reason": request.reason,
            "cashier": request.cashier,
            "approved_by": approver,
        }
        seq = tell_hq(shop, transaction, "credit_limit", member.id, told)
        balances = balances_in(ledger, member.id)
        return LimitReply(before_fen, request.limit_fen, balances, seq, shop.offline)

    return await shop.write(terminal, "credit.limit", request, LimitReply, decide)


class RepayRequest(SlipRequest, frozen=True):
    """Pay ``amount_fen`` of what a member owes."""

    member: Word
    amount_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    tenders: MoneyTenders


class SettledSale(Reply, frozen=True):
    """What of a credit sale was paid now, and what is left of it."""

    sale: str
    receipt_no: str
    due_day: str
    paid_fen: int
    left_fen: int


class RepayReply(Reply, frozen=True):
    """Which sales were paid, and what is still owed."""

    slip: str
    receipt_no: str
    amount_fen: int
    change_fen: int
    settled: tuple[SettledSale, ...]
    owed_fen: int
    balances: Balances
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def repay(shop: Shop, terminal: str, request: RepayRequest) -> RepayReply:
    """Take money for what is owed, the oldest day first; raises 1201-1203, 1304, and -32602 above what is owed."""

    def decide(transaction: Transaction) -> RepayReply:
        member = shop.member_in(transaction, request.member)
        owing = transaction.credit.open_of(member.id)
        owed_fen = sum(sold.open_fen for sold in owing)
        if request.amount_fen > owed_fen:
            zh = f"该会员欠款 {yuan(owed_fen)} 元，还款不能多于欠款"
            refusal = bad("/amount_fen", f"{owed_fen} fen are owed", zh)
            refusal.data["owed_fen"] = owed_fen
            raise refusal
        change_fen = take(shop, transaction, terminal, request.amount_fen, request.tenders, "credit")
        paid = _settle(transaction, owing, request.amount_fen)
        left_fen = owed_fen - request.amount_fen
        facts = [fact("repaid", request.amount_fen, "fen")]
        facts += [fact(tender.kind, tender.amount_fen, "fen") for tender in request.tenders]
        facts += [fact("change", change_fen, "fen")] if change_fen else []
        facts += [fact(sold.receipt_no, sold.paid_fen, "fen") for sold in paid]
        facts.append(fact("still_owed", left_fen, "fen"))
        given = give_slip(shop, transaction, terminal, "credit_repaid", request, member, facts)
        told = {
            "slip": given.slip,
            "receipt_no": given.receipt_no,
            "amount_fen": request.amount_fen,
            "tenders": [(tender.kind, tender.amount_fen) for tender in request.tenders],
            "change_fen": change_fen,
            "settled": [(sold.sale, sold.paid_fen) for sold in paid],
            "cashier": request.cashier,
        }
        seq = tell_hq(shop, transaction, "credit_repaid", member.id, told)
        return RepayReply(
            given.slip,
            given.receipt_no,
            request.amount_fen,
            change_fen,
            paid,
            left_fen,
            balances_in(transaction.ledger, member.id),
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "credit.repay", request, RepayReply, decide)


class ListRequest(Request, frozen=True):
    """Who owes what: all, or only what is overdue."""

    overdue_only: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class Owing(Reply, frozen=True):
    """One sale that is not paid yet; the member is masked. ``overdue`` once its due day is over."""

    sale: str
    receipt_no: str
    member: str
    name: str
    phone: str
    amount_fen: int
    open_fen: int
    due_day: str
    overdue: bool


class ListReply(Reply, frozen=True):
    """The oldest due day first."""

    owing: tuple[Owing, ...]


def owing(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """Credit sales that are still open."""
    now_ms = shop.now_ms()
    found = shop.snapshot.credit.owing(now_ms if request.overdue_only else None, request.limit)
    return ListReply(tuple(_owing(shop, sold, now_ms) for sold in found))


# --- the pieces ---


def _terms(shop: Shop) -> Terms:
    terms = shop.programme.bundle.credit
    if terms is None:
        raise bad("/member", "this programme sells nothing on credit", "本店不开放赊账")
    return terms


def _settle(transaction: Transaction, owing: list[CreditSale], amount_fen: int) -> tuple[SettledSale, ...]:
    """Pay off one sale after the other; what is paid may be spent again."""
    paid = []
    for part in settled([Debt(sold.sale, sold.open_fen) for sold in owing], amount_fen):
        sold = next(one for one in owing if one.sale == part.sale)
        transaction.ledger.unspend(sold.member, CREDIT, part.fen, "repaid", sold.sale)
        transaction.credit.settle(sold.sale, part.fen)
        row = transaction.sales.by_id(sold.sale)
        assert row is not None, "a credit sale refers to its sale"
        left_fen = sold.open_fen - part.fen
        paid.append(SettledSale(sold.sale, row.receipt_no, sold.due_day, part.fen, left_fen))
    return tuple(paid)


def _owing(shop: Shop, sold: CreditSale, now_ms: int) -> Owing:
    row, member = shop.snapshot.sales.by_id(sold.sale), shop.snapshot.members.by_id(sold.member)
    assert row is not None, "a credit sale refers to its sale"
    assert member is not None, "and to its member"
    return Owing(
        sold.sale,
        row.receipt_no,
        sold.member,
        masked_name(member.name),
        masked_number(member.phone),
        sold.amount_fen,
        sold.open_fen,
        sold.due_day,
        sold.overdue_ms <= now_ms,
    )
