"""Passes that come back unused: visits and days that are left are taken back, and paid for as they were bought."""

from datetime import date, timedelta

import msgspec

from edge.counter.account_slips import SlipRecord, SlipRequest, fact, give_slip
from edge.counter.approvals import approved_by
from edge.counter.commissions import take_back_share
from edge.counter.events import tell_hq
from edge.counter.payment import MoneyKind, hand_out
from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Reply, Text
from edge.domain.member import Member
from edge.domain.money import divide
from edge.domain.passes import unused_days
from edge.domain.units import visits_of
from edge.storage.passes import Brought, PeriodPass
from edge.storage.transaction import Transaction


class RefundRequest(SlipRequest, frozen=True, kw_only=True):
    """Take back what is left of the pass that ``slip`` (id or number) sold; ``tender`` is how the money goes out."""

    slip: Word
    tender: MoneyKind = "cash"
    reason: Text = ""
    approve: Text = ""


class RefundReply(Reply, frozen=True):
    """``unused`` of ``bought`` visits (or days, of a pass without a count) came back for ``amount_fen``."""

    pass_: str = msgspec.field(name="pass")
    member: str
    unused: int
    bought: int
    amount_fen: int
    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def refund(shop: Shop, terminal: str, request: RefundRequest) -> RefundReply:
    """Pay back the unused part, in proportion; raises 1306, -32602 where nothing is left or the slip sold no pass."""

    def decide(transaction: Transaction) -> RefundReply:
        sold, member, brought = _sold(transaction, request.slip)
        approved = approved_by(transaction, terminal, "pass.refund", request.approve)
        unused, bought = _take_back(shop, transaction, member, brought)
        if not unused:
            raise bad("/slip", "nothing of this pass is left", "此卡已无剩余可退")
        paid_fen = next(int(one.value) for one in sold.facts if one.key == "amount")
        amount_fen = divide(paid_fen * unused, bought, "half_up")
        if amount_fen:
            hand_out(shop, transaction, terminal, request.tender, amount_fen, "pass")
        facts = [fact("sold_slip", sold.receipt_no), fact("unused", f"{unused} / {bought}")]
        facts += [fact("refunded", amount_fen, "fen"), fact("reason", request.reason or "-")]
        given = give_slip(shop, transaction, terminal, "pass_refunded", request, member, facts)
        told: dict[str, object] = {"pass": brought.pass_id, "unused": unused, "bought": bought}
        told |= {"amount_fen": amount_fen, "tender": request.tender, "sold": sold.slip, "slip": given.slip}
        told |= {"receipt_no": given.receipt_no, "reason": request.reason, "approve": approved}
        told |= {"cashier": request.cashier}
        told |= take_back_share(shop, transaction, sold.slip, amount_fen, paid_fen, given.slip)
        seq = tell_hq(shop, transaction, "pass_refunded", member.id, told)
        return RefundReply(
            brought.pass_id,
            member.id,
            unused,
            bought,
            amount_fen,
            given.slip,
            given.receipt_no,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "pass.refund", request, RefundReply, decide)


# --- the pieces ---


def _sold(transaction: Transaction, reference: str) -> tuple[SlipRecord, Member, Brought]:
    slip = transaction.slips.by_id(reference)
    brought = transaction.passes.brought_by(slip.id) if slip and slip.kind == "pass_sold" else None
    if slip is None or slip.member is None or brought is None:
        raise bad("/slip", "this slip sold no pass", "没有这张售卡单")
    owner = transaction.members.by_id(slip.member)
    assert owner is not None, "members are never deleted"
    return msgspec.json.decode(slip.record, type=SlipRecord), owner, brought


def _take_back(shop: Shop, transaction: Transaction, member: Member, brought: Brought) -> tuple[int, int]:
    """(What is left of it and now taken, what was bought): visits, or days."""
    if brought.visits is not None:
        unit = visits_of(brought.pass_id)
        return transaction.ledger.claw_rest(member.id, unit, brought.op, "pass"), brought.visits
    assert brought.period is not None, "a sale brings visits or a period"
    return _shortened(shop, transaction, brought.period)


def _shortened(shop: Shop, transaction: Transaction, period: PeriodPass) -> tuple[int, int]:
    today = shop.business_date(transaction.now_ms)
    first, last = date.fromisoformat(period.first_day), date.fromisoformat(period.last_day)
    used_today = transaction.passes.used_on(period.member, period.pass_id, today.isoformat())
    unused = unused_days(first, last, today + timedelta(days=used_today))
    transaction.passes.end_on(period.id, (last - timedelta(days=unused)).isoformat())
    return unused, (last - first).days + 1
