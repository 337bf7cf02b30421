"""What is written down of a sale and of a refund: decided once, read back as it was."""

import msgspec

from edge.counter.paces import PaceReply
from edge.counter.terms import Balances, Reply
from edge.domain.checkout import Decision
from edge.domain.member import to_next_tier
from edge.domain.rules.compile import Programme
from edge.storage.sales import SaleRow


class Totals(Reply, frozen=True):
    """原价, 折扣, 实收 of a basket; ``due_fen`` is left to pay with money after points paid their part."""

    list_fen: int
    discount_fen: int
    net_fen: int
    points_paid_fen: int
    due_fen: int


class QuotedPoints(Reply, frozen=True):
    """Points a basket earns and redeems, and the balance after it."""

    earn: int
    redeem: int
    redeem_fen: int
    after: int | None


class NextTier(Reply, frozen=True):
    """How far it is to the next tier up; ``short_today_fen`` if it is all spent today, None: no such way."""

    tier: str
    label: str
    short_fen: int
    short_today_fen: int | None = None


class TenderPaid(msgspec.Struct, frozen=True):
    """One way in which a sale was paid, as handed over."""

    kind: str
    amount_fen: int
    ref: str = ""


class SaleRecord(Reply, frozen=True):
    """A sale as it was decided; ``refunded_*`` say what has come back since.

    ``tier`` is the one it was decided under, ``tier_reached`` the one it led to; ``coupons`` are the codes that it
    used up.
    """

    sale: str
    receipt_no: str
    terminal: str
    cashier: str
    salesperson: str
    channel: str
    committed_at: str
    business_date: str
    member: str | None
    tier: str | None
    decision: Decision
    tenders: tuple[TenderPaid, ...]
    change_fen: int
    balances: Balances | None
    rules_version: int
    bundle: str
    offline: bool
    tier_reached: str | None = None
    next_tier: NextTier | None = None
    refunded_fen: int = 0
    points_taken: int = 0
    points_back: int = 0
    coupons: tuple[str, ...] = ()
    voided: bool = False
    clock_untrusted: bool = False
    pace: PaceReply | None = None
    credit_due: str | None = None

    def for_hq(self) -> dict[str, object]:
        """The sale as HQ's books get it: lines as (sku, quantity, list, net, points), names left out."""
        decision = self.decision
        return {
            "sale": self.sale,
            "receipt_no": self.receipt_no,
            "terminal": self.terminal,
            "cashier": self.cashier,
            "salesperson": self.salesperson,
            "channel": self.channel,
            "totals": totals_of(decision),
            "points": {"earn": decision.points, "redeem": decision.redeem_points},
            "lines": [
                (line.sku, line.qty_milli, line.list_fen, line.net_fen, line.points)
                for line in decision.lines
            ],
            "rules": list(decision.given.items()),
            "coupons": self.coupons,
            "tenders": [(tender.kind, tender.amount_fen) for tender in self.tenders],
            "change_fen": self.change_fen,
            **({"credit_due": self.credit_due} if self.credit_due else {}),
            "bundle": self.bundle,
            "clock_untrusted": self.clock_untrusted,
        }


class RefundedLine(Reply, frozen=True):
    """What came back of one line of the sale; ``line`` is its index from 0."""

    line: int
    name: str
    qty_milli: int
    net_fen: int
    points_paid_fen: int
    points_back: int
    points_clawed: int


class HeldVoucher(Reply, frozen=True):
    """A voucher that is good; ``last_day`` is None for ever."""

    code: str
    value_fen: int
    last_day: str | None


class RefundRecord(Reply, frozen=True):
    """A refund or a void as it was decided. ``amount_fen`` is handed out as ``tenders`` say; ``points_short_fen`` was
    kept from it.

    ``gift_back_fen`` is of ``stored_value_back_fen``; vouchers come back themselves (``vouchers_restored``) or, where
    only a part does, as ``vouchers_new``.
    """

    refund: str
    receipt_no: str
    sale: str
    sale_receipt_no: str
    terminal: str
    cashier: str
    reason: str
    committed_at: str
    business_date: str
    member: str | None
    tender: str
    lines: tuple[RefundedLine, ...]
    amount_fen: int
    stored_value_back_fen: int
    points_back: int
    points_back_fen: int
    points_clawed: int
    points_short: int
    points_short_fen: int
    balances: Balances | None
    offline: bool
    coupons_restored: tuple[str, ...] = ()
    gift_back_fen: int = 0
    credit_back_fen: int = 0
    voucher_back_fen: int = 0
    vouchers_restored: tuple[str, ...] = ()
    vouchers_new: tuple[HeldVoucher, ...] = ()
    tenders: tuple[TenderPaid, ...] = ()
    approved_by: str = ""
    void: bool = False
    clock_untrusted: bool = False


def next_tier(programme: Programme, tier: str, cumulative_fen: int, day_fen: int) -> NextTier | None:
    """What is still to spend for the next tier, in all or today; None at the top."""
    ahead = to_next_tier(programme.tiers, tier, cumulative_fen)
    if ahead is None:
        return None
    up, short_fen = ahead
    short_today_fen = max(0, up.one_day_fen - day_fen) if up.one_day_fen is not None else None
    return NextTier(up.id, up.label, short_fen, short_today_fen)


def totals_of(decision: Decision) -> Totals:
    """The sums of a decision."""
    return Totals(
        decision.list_fen,
        decision.discount_fen,
        decision.net_fen,
        decision.points_paid_fen,
        decision.due_fen,
    )


def points_of(decision: Decision, balance: int | None, *, already: bool = False) -> QuotedPoints:
    """The points of a decision beside the member's ``balance``, before it or (``already``) after it."""
    change = 0 if already else decision.points - decision.redeem_points
    return QuotedPoints(
        decision.points,
        decision.redeem_points,
        decision.points_paid_fen,
        None if balance is None else balance + change,
    )


def stored_sale(row: SaleRow, *, voided: bool = False) -> SaleRecord:
    """The record of a sale, with what has been refunded of it so far."""
    record = msgspec.json.decode(row.record, type=SaleRecord)
    return msgspec.structs.replace(
        record,
        refunded_fen=row.refunded_fen,
        points_taken=row.points_taken,
        points_back=row.points_back,
        voided=voided,
    )
