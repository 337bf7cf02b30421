"""From what was written down of a sale or refund to the slip that is printed: the stored facts, nothing else."""

import msgspec

from drivers.api import Document
from edge.config import Store
from edge.counter.account_slips import SlipRecord
from edge.counter.records import RefundRecord, SaleRecord
from edge.counter.terms import Balances
from edge.domain.checkout import DecidedLine, Decision
from edge.domain.member import Member, masked_name, masked_number
from edge.domain.money import yuan
from edge.domain.rules.compile import Programme
from edge.receipts.account_slip import AccountSlip, account_document
from edge.receipts.parts import reprinted
from edge.receipts.refund_slip import refund_document
from edge.receipts.sale_slip import sale_document
from edge.receipts.slips import (
    PointsPart,
    RefundLine,
    RefundSlip,
    SaleSlip,
    Shop,
    SlipGift,
    SlipLine,
    SlipMember,
    Tender,
    VoucherBack,
)
from edge.receipts.wording import WORDING
from edge.storage.print_jobs import PrintJob
from edge.storage.reader import Snapshot


def document_of(job: PrintJob, snapshot: Snapshot, store: Store, programme: Programme) -> Document:
    """The document that ``job`` prints; the same facts give the same document, however late it is printed."""
    if job.kind == "sale":
        row = snapshot.sales.by_id(job.subject)
        assert row is not None, "a print intent refers to its sale"
        sale = msgspec.json.decode(row.record, type=SaleRecord)
        return _copy(job, sale_document(sale_slip(sale, snapshot, store, programme), store.lang), store)
    if job.kind == "slip":
        kept = snapshot.slips.by_id(job.subject)
        assert kept is not None, "a print intent refers to its slip"
        record = msgspec.json.decode(kept.record, type=SlipRecord)
        slip = account_slip(record, snapshot, store, programme)
        return _copy(job, account_document(slip, store.lang), store)
    stored = snapshot.sales.refund_record(job.subject)
    assert stored is not None, "a print intent refers to its refund"
    refund = msgspec.json.decode(stored[2], type=RefundRecord)
    return _copy(job, refund_document(refund_slip(refund, snapshot, store, programme), store.lang), store)


def sale_slip(sale: SaleRecord, snapshot: Snapshot, store: Store, programme: Programme) -> SaleSlip:
    """The facts of a sale as its slip shows them."""
    decision = sale.decision
    return SaleSlip(
        shop=_shop(store),
        receipt_no=sale.receipt_no,
        terminal=sale.terminal,
        cashier=sale.cashier,
        committed_at=sale.committed_at,
        business_date=sale.business_date,
        lines=tuple(_line(line, decision) for line in decision.lines),
        list_fen=decision.list_fen,
        discount_fen=decision.discount_fen,
        net_fen=decision.net_fen,
        tenders=tuple(Tender(t.kind, t.amount_fen, t.ref) for t in sale.tenders if t.kind != "points"),
        change_fen=sale.change_fen,
        credit_due=sale.credit_due,
        gifts=tuple(SlipGift(gift.name, gift.qty) for gift in decision.gifts),
        points_redeemed=decision.redeem_points,
        points_paid_fen=decision.points_paid_fen,
        member=_member(snapshot, sale.member, sale.tier, sale.balances, programme, decision),
        messages=_messages(sale, store, programme),
        offline=sale.offline,
        clock_untrusted=sale.clock_untrusted,
    )


def refund_slip(refund: RefundRecord, snapshot: Snapshot, store: Store, programme: Programme) -> RefundSlip:
    """The facts of a refund as its slip shows them."""
    return RefundSlip(
        shop=_shop(store),
        receipt_no=refund.receipt_no,
        sale_receipt_no=refund.sale_receipt_no,
        terminal=refund.terminal,
        cashier=refund.cashier,
        committed_at=refund.committed_at,
        business_date=refund.business_date,
        lines=tuple(RefundLine(line.name, line.qty_milli, line.net_fen) for line in refund.lines),
        amount_fen=refund.amount_fen,
        tender=refund.tender,
        reason=refund.reason,
        points_back=refund.points_back,
        points_back_fen=refund.points_back_fen,
        points_clawed=refund.points_clawed,
        points_short_fen=refund.points_short_fen,
        coupons_restored=refund.coupons_restored,
        voucher_back_fen=refund.voucher_back_fen,
        vouchers_restored=refund.vouchers_restored,
        vouchers_new=tuple(VoucherBack(made.code, made.value_fen) for made in refund.vouchers_new),
        credit_back_fen=refund.credit_back_fen,
        stored_value_back_fen=refund.stored_value_back_fen,
        gift_back_fen=refund.gift_back_fen,
        member=_member(snapshot, refund.member, None, refund.balances, programme, None),
        offline=refund.offline,
        clock_untrusted=refund.clock_untrusted,
        void=refund.void,
        approved_by=refund.approved_by,
        tenders=tuple(Tender(t.kind, t.amount_fen, t.ref) for t in refund.tenders),
    )


def account_slip(record: SlipRecord, snapshot: Snapshot, store: Store, programme: Programme) -> AccountSlip:
    """The facts of a slip as it shows them."""
    return AccountSlip(
        shop=_shop(store),
        kind=record.kind,
        receipt_no=record.receipt_no,
        terminal=record.terminal,
        cashier=record.cashier,
        committed_at=record.committed_at,
        business_date=record.business_date,
        facts=record.facts,
        member=_member(snapshot, record.member, None, record.balances, programme, None),
        signed=record.kind in ("withdraw", "pay_out", "shift"),
        offline=record.offline,
        clock_untrusted=record.clock_untrusted,
    )


def _copy(job: PrintJob, document: Document, store: Store) -> Document:
    return reprinted(document, job.copy, store.lang)


def _shop(store: Store) -> Shop:
    return Shop(store.name, store.address, store.phone)


def _line(line: DecidedLine, decision: Decision) -> SlipLine:
    names = {fired.rule: fired.name for fired in decision.discounts}
    return SlipLine(
        name=line.name,
        qty_milli=line.qty_milli,
        unit_price_fen=line.unit_price_fen,
        list_fen=line.list_fen,
        discount_fen=line.discount_fen,
        net_fen=line.net_fen,
        labels=tuple(names[rule] for rule in line.rules if rule in names),
    )


def _messages(sale: SaleRecord, store: Store, programme: Programme) -> tuple[str, ...]:
    """What this customer is glad to hear: the tier reached, how far it is to the next."""
    words, said = WORDING[store.lang], []
    if sale.tier_reached is not None:
        said.append(words.tier_reached.format(programme.tier_label(sale.tier_reached)))
    if sale.next_tier is not None:
        said.append(words.to_next_tier.format(yuan(sale.next_tier.short_fen), sale.next_tier.label))
    if sale.pace is not None:
        said.append(sale.pace.said(store.lang))
    return tuple(said)


def _member(
    snapshot: Snapshot,
    identity: str | None,
    tier: str | None,
    balances: Balances | None,
    programme: Programme,
    decision: Decision | None,
) -> SlipMember | None:
    """The member masked; the tier is the one the sale was decided under."""
    member: Member | None = snapshot.members.by_id(identity) if identity else None
    if member is None:
        return None
    bonuses = decision.bonuses if decision else ()
    stored = balances.stored_value.balance_fen if balances else 0
    return SlipMember(
        name=masked_name(member.name),
        number=masked_number(member.card_no),
        tier=programme.tier_label(tier or member.tier),
        points_earned=decision.points if decision else 0,
        points_used=decision.redeem_points if decision else 0,
        points_balance=balances.points.balance if balances else 0,
        earned_by=tuple(PointsPart(fired.name, fired.value) for fired in bonuses),
        stored_value_fen=stored or None,
    )
