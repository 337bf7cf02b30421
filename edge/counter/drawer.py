"""Cash that goes into a drawer or out of it and belongs to no sale: change fetched, the takings taken to the bank."""

from typing import Annotated, Literal

import msgspec

from edge.counter.account_slips import SlipRequest, fact, give_slip
from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.payment import note_money
from edge.counter.shop import Shop
from edge.counter.terms import Name, Reply, Text
from edge.domain.money import FEN_MAX
from edge.storage.transaction import Transaction

Direction = Literal["pay_in", "pay_out"]


class PayRequest(SlipRequest, frozen=True, kw_only=True):
    """``amount_fen`` of cash, and what for; ``approve`` names who allowed it."""

    amount_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)]
    reason: Name
    approve: Text = ""


class PayReply(Reply, frozen=True):
    """The slip to keep with it."""

    slip: str
    receipt_no: str
    amount_fen: int
    approved_by: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def pay_in(shop: Shop, terminal: str, request: PayRequest) -> PayReply:
    """Cash goes into the drawer; raises 1312 where that needs a shift."""
    return await _pay(shop, terminal, request, "pay_in")


async def pay_out(shop: Shop, terminal: str, request: PayRequest) -> PayReply:
    """Cash leaves the drawer; raises 1306, and 1312 where that needs a shift."""
    return await _pay(shop, terminal, request, "pay_out")


async def _pay(shop: Shop, terminal: str, request: PayRequest, direction: Direction) -> PayReply:
    def decide(transaction: Transaction) -> PayReply:
        approver = request.approve
        if direction == "pay_out":
            approver = approved_by(transaction, terminal, "drawer.pay_out", request.approve)
        fen = request.amount_fen if direction == "pay_in" else -request.amount_fen
        note_money(shop, transaction, terminal, direction, [("cash", fen)])
        facts = [fact("amount", request.amount_fen, "fen"), fact("reason", request.reason)]
        if approver:
            facts.append(fact("approved_by", approver))
        given = give_slip(shop, transaction, terminal, direction, request, None, facts)
        told = {
            "receipt_no": given.receipt_no,
            "terminal": terminal,
            "cashier": request.cashier,
            "amount_fen": fen,
            "reason": request.reason,
            "approved_by": approver,
        }
        seq = tell_hq(shop, transaction, direction, None, told)
        return PayReply(
            given.slip, given.receipt_no, request.amount_fen, approver, given.print_job, seq, shop.offline
        )

    return await shop.write(terminal, f"drawer.{direction}", request, PayReply, decide)
