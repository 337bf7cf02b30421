"""Voiding 作废: a sale of today that should not have been, undone whole; every tender goes back the way it came."""

from typing import Literal

import msgspec

from edge.counter.approvals import approved_by
from edge.counter.payment import MONEY
from edge.counter.records import SaleRecord, TenderPaid
from edge.counter.refund import Refunding, RefundReply, RefundRequest, RefundTender
from edge.counter.refund_plan import Plan
from edge.counter.refusals import no_such_sale
from edge.counter.shop import Keyed, Shop
from edge.counter.stock import goods_never_left
from edge.counter.terms import Code as Word
from edge.counter.terms import Name, Text
from edge.domain.tenders import back_as_paid
from edge.errors import Code, PosError
from edge.storage.sales import SaleRow
from edge.storage.transaction import Transaction


class VoidRequest(Keyed, frozen=True):
    """Undo a sale: ``sale`` is an id or a receipt number, ``approve`` names who allowed it."""

    sale: Word
    reason: Name
    cashier: Name
    approve: Text = ""
    print: Literal["auto", "none"] = "auto"


class VoidReply(RefundReply, frozen=True):
    """What came back, as of a refund of everything; ``tenders`` say how the money is to be handed out."""

    approved_by: str = ""


async def void(shop: Shop, terminal: str, request: VoidRequest) -> VoidReply:
    """Undo a sale of this business day; raises 1306, 1307, and 1311 where it is of another day or not whole."""

    def decide(transaction: Transaction) -> VoidReply:
        row = transaction.sales.by_id(request.sale)
        if row is None:
            raise no_such_sale()
        approver = approved_by(transaction, terminal, "sale.void", request.approve)
        reply = _Voiding(shop, transaction, terminal, row, _as_refund(request, approver)).carry_out()
        transaction.timed.unbill(row.id)
        return VoidReply(**msgspec.structs.asdict(reply), approved_by=approver)

    return await shop.write(terminal, "sale.void", request, VoidReply, decide)


class _Voiding(Refunding):
    """A refund of everything: the refund period is not asked, and no way of paying back is chosen."""

    kind = "void"

    def _check(self) -> None:
        why = _hindrance(self._shop, self._transaction, self._row)
        if why is not None:
            raise PosError(
                Code.VOID_NOT_ALLOWED,
                f"this sale cannot be voided: {why}",
                zh=_ZH[why],
                path="/sale",
                why=why,
            )

    def _put_back(self, plan: Plan) -> None:
        """The gifts come back too."""
        goods_never_left(self._shop, self._transaction, self._row.id)

    def _tenders(self, plan: Plan, sale: SaleRecord) -> tuple[TenderPaid, ...]:
        paid = [tender for tender in sale.tenders if tender.kind in MONEY]
        more_fen = plan.amount_fen - sum(tender.amount_fen for tender in paid)
        if more_fen > 0:  # sold on credit that has been repaid since
            paid.append(TenderPaid("cash", more_fen))
        back = back_as_paid([(tender.kind, tender.amount_fen) for tender in paid], plan.amount_fen)
        return tuple(TenderPaid(t.kind, fen, t.ref) for t, fen in zip(paid, back, strict=True) if fen)


# --- the pieces ---

_ZH = {
    "other_day": "只能作废当日的销售，请办理退货",
    "refunded": "该单已有退货，不能作废",
    "voided": "该单已作废",
}


def _hindrance(shop: Shop, transaction: Transaction, row: SaleRow) -> str | None:
    """Why this sale cannot be voided any more: ``voided``, ``refunded`` or ``other_day``."""
    if transaction.sales.voided(row.id):
        return "voided"
    if any(line.refunded_milli for line in transaction.sales.lines(row.id)):
        return "refunded"
    if row.business_date != shop.business_date(transaction.now_ms).isoformat():
        return "other_day"
    return None


def _as_refund(request: VoidRequest, approver: str) -> RefundRequest:
    """The same as a refund would ask it; the tender named here is never used."""
    return RefundRequest(
        idem=request.idem,
        sale=request.sale,
        tender=RefundTender("other"),
        reason=request.reason,
        cashier=request.cashier,
        print=request.print,
        approve=approver,
    )
