"""Taking goods back: the stored shares of each line, under the rules of the original sale, in one transaction."""

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from edge.counter.commissions import take_back_commission
from edge.counter.coupons import restore
from edge.counter.events import tell_hq
from edge.counter.payment import MoneyKind, note_money
from edge.counter.printing import queue_print
from edge.counter.records import (
    HeldVoucher,
    RefundedLine,
    RefundRecord,
    SaleRecord,
    TenderPaid,
    stored_sale,
)
from edge.counter.refund_plan import Plan, plan_refund
from edge.counter.refund_plan import ReturnedLine as ReturnedLine
from edge.counter.refund_sources import VouchersBack, give_back, paid_from
from edge.counter.refusals import no_such_sale
from edge.counter.shop import Keyed, Shop, balances_in
from edge.counter.stock import goods_back
from edge.counter.terms import Code as Word
from edge.counter.terms import Reply, Request, Text
from edge.domain.limits import counted
from edge.domain.money import telescope
from edge.domain.rules.compile import read_stored_bundle
from edge.domain.rules.core import limits_of
from edge.domain.rules.model import Bundle
from edge.domain.units import POINTS
from edge.errors import Code, PosError
from edge.storage.bundles import Bundles
from edge.storage.ids import uuid7
from edge.storage.sales import SaleRow
from edge.storage.transaction import Transaction


class RefundTender(Request, frozen=True):
    """How the money is handed out; what was paid from stored value goes back there by itself."""

    kind: MoneyKind


class RefundQuoteRequest(Request, frozen=True):
    """What a refund would bring: ``sale`` is an id or a receipt number; no lines means all that is left."""

    sale: Word
    lines: Annotated[tuple[ReturnedLine, ...], msgspec.Meta(max_length=256)] = ()


class RefundRequest(Keyed, frozen=True):
    """Take goods back and hand the money out."""

    sale: Word
    tender: RefundTender
    lines: Annotated[tuple[ReturnedLine, ...], msgspec.Meta(max_length=256)] = ()
    reason: Text = ""
    cashier: Text = ""
    print: Literal["auto", "none"] = "auto"
    approve: Text = ""


class RefundReply(Reply, frozen=True):
    """What came back. ``points_short`` were earned, already spent, and so kept from the money."""

    refund: str | None
    receipt_no: str | None
    sale: str
    lines: tuple[RefundedLine, ...]
    amount_fen: int
    stored_value_back_fen: int
    points_back: int
    points_clawed: int
    points_short: int
    points_short_fen: int
    points_debt: int
    coupons_restored: tuple[str, ...] = ()
    gift_back_fen: int = 0
    credit_back_fen: int = 0
    voucher_back_fen: int = 0
    vouchers_restored: tuple[str, ...] = ()
    vouchers_new: tuple[HeldVoucher, ...] = ()
    tenders: tuple[TenderPaid, ...] = ()
    print_job: int | None = None
    queue_seq: int | None = None
    offline: bool = False
    duplicate: bool = False


def quote_refund(shop: Shop, terminal: str, request: RefundQuoteRequest) -> RefundReply:
    """What the refund would bring now; writes nothing. Raises 1307-1310."""
    sales = shop.snapshot.sales
    row = sales.by_id(request.sale)
    if row is None:
        raise no_such_sale()
    now_ms = shop.now_ms()

    def held_after(back: int) -> int:
        if row.member is None:
            return 0
        held = shop.snapshot.live(row.member, POINTS, now_ms).balance
        return held + shop.snapshot.returning(row.member, POINTS, row.id, back, now_ms)

    terms, sale = _terms(shop, row, shop.snapshot.bundles), stored_sale(row)
    _in_time(shop, row, terms)
    paid = paid_from(shop.snapshot, sale, terms)
    plan = plan_refund(sales.lines(row.id), request.lines, terms, held_after, paid)
    return _reply(plan, row, sale, None, None)


async def refund(shop: Shop, terminal: str, request: RefundRequest) -> RefundReply:
    """Refund: money, points, referral points and tier progress go back in one transaction. Raises 1307-1310."""

    def decide_refund(transaction: Transaction) -> RefundReply:
        row = transaction.sales.by_id(request.sale)
        if row is None:
            raise no_such_sale()
        return Refunding(shop, transaction, terminal, row, request).carry_out()

    return await shop.write(terminal, "sale.refund", request, RefundReply, decide_refund)


class Refunding:
    """One refund, step by step, inside its transaction. A void is one too, with other conditions and tenders."""

    kind: ClassVar[Literal["refund", "void"]] = "refund"

    def __init__(
        self, shop: Shop, transaction: Transaction, terminal: str, row: SaleRow, request: RefundRequest
    ) -> None:
        self._shop = shop
        self._transaction = transaction
        self._terminal = terminal
        self._row = row
        self._request = request
        self._refund = uuid7(transaction.now_ms)

    def carry_out(self) -> RefundReply:
        """Work it out, move points and stored value, write it down, tell HQ, queue the slip."""
        transaction, row = self._transaction, self._row
        sale = stored_sale(row)
        self._check()
        plan = self._plan(sale)
        vouchers = self._move_accounts(plan, sale)
        taken_back = self._take_referral_points(plan)
        restored = self._undo_what_rules_gave(plan, sale)
        commission = self._take_commission(plan)
        record = self._record(plan, sale, restored, vouchers)
        transaction.sales.refund(
            row.id,
            (
                self._refund,
                record.receipt_no,
                transaction.seq + 1,
                transaction.now_ms,
                msgspec.json.encode(record).decode(),
            ),
            plan.parts,
            taken_back,
        )
        self._put_back(plan)
        handed_out = [(tender.kind, -tender.amount_fen) for tender in record.tenders]
        note_money(self._shop, transaction, self._terminal, self.kind, handed_out)
        told = msgspec.to_builtins(record) | commission
        seq = tell_hq(self._shop, transaction, self.kind, row.member, told)
        job = None
        if self._request.print == "auto":
            job = queue_print(self._shop, transaction, "refund", self._refund)
        reply = _reply(plan, row, sale, self._refund, record.receipt_no)
        return msgspec.structs.replace(
            reply,
            print_job=job,
            queue_seq=seq,
            offline=self._shop.offline,
            coupons_restored=restored,
            vouchers_restored=vouchers.restored,
            vouchers_new=vouchers.made,
            tenders=record.tenders,
        )

    def _check(self) -> None:
        """Whether this sale may come back at all; raises 1309."""
        _in_time(self._shop, self._row, _terms(self._shop, self._row, self._transaction.bundles))

    def _tenders(self, plan: Plan, sale: SaleRecord) -> tuple[TenderPaid, ...]:
        """How the money is handed out."""
        kind = self._request.tender.kind
        return (TenderPaid(kind, plan.amount_fen),) if plan.amount_fen else ()

    def _put_back(self, plan: Plan) -> None:
        goods_back(self._shop, self._transaction, self._row.id, plan.parts)

    def _undo_what_rules_gave(self, plan: Plan, sale: SaleRecord) -> tuple[str, ...]:
        """Once all of a sale has come back its coupons are good again, and its limited rules have not given."""
        transaction, row = self._transaction, self._row
        left_milli = sum(line.qty_milli - line.refunded_milli for line in transaction.sales.lines(row.id))
        if sum(part.qty_milli for _, part in plan.parts) < left_milli:
            return ()
        if row.member:
            limits = limits_of(_terms(self._shop, row, transaction.bundles))
            uses = counted(limits, sale.decision.given, row.business_date)
            transaction.rule_uses.take_back(row.member, uses)
        return restore(transaction, row.id)

    def _take_commission(self, plan: Plan) -> dict[str, object]:
        terms = _terms(self._shop, self._row, self._transaction.bundles)
        back = [(line, part.qty_milli) for line, part in plan.parts]
        return take_back_commission(self._shop, self._transaction, terms, self._row, back, self._refund)

    def _plan(self, sale: SaleRecord) -> Plan:
        transaction, row = self._transaction, self._row
        ledger = transaction.ledger

        def held_after(back: int) -> int:
            if row.member is None:
                return 0
            return ledger.live(row.member, POINTS).balance + ledger.returning(
                row.member, POINTS, row.id, back
            )

        terms = _terms(self._shop, row, transaction.bundles)
        lines = transaction.sales.lines(row.id)
        paid = paid_from(transaction, sale, terms)
        return plan_refund(lines, self._request.lines, terms, held_after, paid)

    def _move_accounts(self, plan: Plan, sale: SaleRecord) -> VouchersBack:
        """Spent points return to their lots first, and lapse with them; then the earned ones are taken back."""
        member, ledger = self._row.member, self._transaction.ledger
        if member is not None:
            ledger.unspend(member, POINTS, plan.points_back, "refund", self._row.id)
            ledger.claw(member, POINTS, plan.claw.from_account + plan.claw.debt, "refund")
            self._transaction.members.brought_back(member, plan.cash_fen, visits=int(self.kind == "void"))
        return give_back(self._shop, self._transaction, self._row, sale, plan.returned)

    def _take_referral_points(self, plan: Plan) -> list[tuple[int, int]]:
        """What this part of the sale had brought those who recommended the member."""
        row, taken_back = self._row, []
        for reward in self._transaction.sales.rewards(row.id):
            points = telescope(reward.points, row.net_fen, row.refunded_fen, plan.net_fen)
            if points:
                self._transaction.ledger.claw(reward.member, "points", points, f"referral{reward.level}")
                taken_back.append((reward.level, points))
        return taken_back

    def _record(
        self, plan: Plan, sale: SaleRecord, restored: tuple[str, ...], vouchers: VouchersBack
    ) -> RefundRecord:
        transaction, row = self._transaction, self._row
        day = self._shop.business_date(transaction.now_ms).isoformat()
        return RefundRecord(
            refund=self._refund,
            receipt_no=self._shop.next_receipt_no(transaction, day),
            sale=row.id,
            sale_receipt_no=row.receipt_no,
            terminal=self._terminal,
            cashier=self._request.cashier or sale.cashier,
            reason=self._request.reason,
            committed_at=self._shop.local_time(transaction.now_ms),
            business_date=day,
            member=row.member,
            tender=self._request.tender.kind,
            lines=_refunded_lines(plan, sale),
            amount_fen=plan.amount_fen,
            stored_value_back_fen=plan.returned.stored.sum_fen,
            points_back=plan.points_back,
            points_back_fen=plan.net_fen - plan.cash_fen,
            points_clawed=plan.claw.from_account + plan.claw.debt,
            points_short=plan.claw.short,
            points_short_fen=plan.claw.from_cash_fen,
            balances=balances_in(transaction.ledger, row.member) if row.member else None,
            offline=self._shop.offline,
            coupons_restored=restored,
            gift_back_fen=plan.returned.stored.gift_fen,
            credit_back_fen=plan.returned.credit_fen,
            voucher_back_fen=plan.returned.vouchers_fen,
            vouchers_restored=vouchers.restored,
            vouchers_new=vouchers.made,
            tenders=self._tenders(plan, sale),
            approved_by=self._request.approve or transaction.actor.staff,
            void=self.kind == "void",
            clock_untrusted=transaction.clock_untrusted,
        )


def _in_time(shop: Shop, row: SaleRow, terms: Bundle) -> None:
    today = shop.business_date(shop.now_ms())
    if (today - date.fromisoformat(row.business_date)).days > terms.refunds.days:
        raise PosError(
            Code.TOO_LATE,
            f"refunds are taken for {terms.refunds.days} days",
            zh=f"已超过 {terms.refunds.days} 天退货期",
            path="/sale",
        )


def _terms(shop: Shop, row: SaleRow, bundles: Bundles) -> Bundle:
    """The bundle that decided the sale: its terms hold for the refund too."""
    if row.bundle == shop.programme.hash:
        return shop.programme.bundle
    body = bundles.body(row.bundle)
    assert body is not None, "a sale refers to the bundle that decided it"
    return read_stored_bundle(body)


def _refunded_lines(plan: Plan, sale: SaleRecord) -> tuple[RefundedLine, ...]:
    return tuple(
        RefundedLine(
            line,
            sale.decision.lines[line].name,
            part.qty_milli,
            part.net_fen,
            part.points_paid_fen,
            part.points_back,
            part.points_taken,
        )
        for line, part in plan.parts
    )


def _reply(
    plan: Plan, row: SaleRow, sale: SaleRecord, refund: str | None, receipt_no: str | None
) -> RefundReply:
    return RefundReply(
        refund=refund,
        receipt_no=receipt_no,
        sale=row.id,
        lines=_refunded_lines(plan, sale),
        amount_fen=plan.amount_fen,
        stored_value_back_fen=plan.returned.stored.sum_fen,
        gift_back_fen=plan.returned.stored.gift_fen,
        credit_back_fen=plan.returned.credit_fen,
        voucher_back_fen=plan.returned.vouchers_fen,
        points_back=plan.points_back,
        points_clawed=plan.claw.from_account + plan.claw.debt,
        points_short=plan.claw.short,
        points_short_fen=plan.claw.from_cash_fen,
        points_debt=plan.claw.debt,
    )
