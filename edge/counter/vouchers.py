"""Vouchers at the counter: sold, or given with somebody's approval. A sale pays with them (account_tenders)."""

from typing import Annotated

import msgspec

from edge.counter.account_slips import SlipRequest, fact, give_slip
from edge.counter.account_tenders import unusable, why_not
from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.payment import MoneyTenders, take
from edge.counter.refund_sources import issue_voucher
from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Reply, Request, Text
from edge.domain.money import FEN_MAX
from edge.domain.units import VOUCHER
from edge.storage.transaction import Transaction


class IssueRequest(SlipRequest, frozen=True):
    """A voucher of ``value_fen``: sold for ``tenders`` that pay it, or given (without any) if ``approve`` says who."""

    value_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    tenders: MoneyTenders = ()
    member: Word | None = None
    last_day: Day | None = None
    reason: Text = ""
    approve: Text = ""


class IssueReply(Reply, frozen=True):
    """The voucher's code; ``last_day`` is null for ever."""

    code: str
    value_fen: int
    last_day: str | None
    slip: str
    receipt_no: str
    change_fen: int
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def issue(shop: Shop, terminal: str, request: IssueRequest) -> IssueReply:
    """Make a voucher; raises 1201-1203, 1304, 1306, and -32602 for a last day that is over."""

    def decide(transaction: Transaction) -> IssueReply:
        member = shop.member_in(transaction, request.member) if request.member else None
        today = shop.business_date(transaction.now_ms).isoformat()
        if request.last_day is not None and request.last_day < today:
            raise bad("/last_day", "this day is over", "有效期已过")
        change_fen, approver = 0, ""
        if request.tenders:
            change_fen = take(shop, transaction, terminal, request.value_fen, request.tenders, "voucher")
        else:
            approver = approved_by(transaction, terminal, "voucher.issue:free", request.approve)
        why = "sold" if request.tenders else "given"
        made = issue_voucher(
            shop, transaction, member.id if member else None, request.value_fen, request.last_day, why
        )
        facts = [fact("voucher_code", made.code), fact("voucher_value", made.value_fen, "fen")]
        facts += [fact("last_day", made.last_day)] if made.last_day else []
        facts += [fact(tender.kind, tender.amount_fen, "fen") for tender in request.tenders]
        facts += [fact("change", change_fen, "fen")] if change_fen else []
        facts += [fact("reason", request.reason)] if request.reason else []
        given = give_slip(shop, transaction, terminal, "voucher", request, member, facts)
        told = {
            "slip": given.slip,
            "receipt_no": given.receipt_no,
            "code": made.code,
            "value_fen": made.value_fen,
            "last_day": made.last_day,
            "tenders": [(tender.kind, tender.amount_fen) for tender in request.tenders],
            "change_fen": change_fen,
            "reason": request.reason,
            "cashier": request.cashier,
            "approved_by": approver,
        }
        seq = tell_hq(shop, transaction, "voucher", member.id if member else None, told)
        return IssueReply(
            made.code,
            made.value_fen,
            made.last_day,
            given.slip,
            given.receipt_no,
            change_fen,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "voucher.issue", request, IssueReply, decide)


class LookupRequest(Request, frozen=True):
    """Is this voucher good? ``member`` is who brings it."""

    code: Word
    member: Word | None = None


class LookupReply(Reply, frozen=True):
    """What it is worth and until when; ``why`` is "" for a good one, else as the commit would say it."""

    code: str
    value_fen: int
    last_day: str | None
    why: str


def lookup(shop: Shop, terminal: str, request: LookupRequest) -> LookupReply:
    """One voucher; raises 1502 for a code that there is not, 1201-1203 for the member."""
    member = shop.find_member(request.member) if request.member else None
    now_ms = shop.now_ms()
    voucher = shop.snapshot.vouchers.by_code(request.code)
    if voucher is None:
        raise unusable("unknown", "/code")
    account = shop.snapshot.live(voucher.code, VOUCHER, now_ms)
    why = why_not(voucher, account, member, shop.business_date(now_ms).isoformat())
    if not why and account.spendable < voucher.value_fen:
        why = "not_here"
    return LookupReply(voucher.code, voucher.value_fen, voucher.last_day, why)
