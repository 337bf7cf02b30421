"""What a slip says: the facts of one sale or refund, already decided. No layout, no language.

Everything here is a value that survives JSON. Money is fen, quantities thousandths, points whole.
Texts (names, labels of rules, messages) come in the language they are to be printed in.
"""

import msgspec


class Shop(msgspec.Struct, frozen=True):
    """The head of every slip."""

    name: str
    address: str = ""
    phone: str = ""


class SlipLine(msgspec.Struct, frozen=True):
    """One thing sold. ``labels`` name the rules that made ``discount_fen`` (positive)."""

    name: str
    qty_milli: int
    unit_price_fen: int
    list_fen: int
    discount_fen: int
    net_fen: int
    labels: tuple[str, ...] = ()


class Tender(msgspec.Struct, frozen=True):
    """One way of paying, as handed over: cash before change. Points are not a tender here."""

    kind: str
    amount_fen: int
    ref: str = ""


class PointsPart(msgspec.Struct, frozen=True):
    """How many of the earned points one rule gave."""

    name: str
    points: int


class SlipMember(msgspec.Struct, frozen=True):
    """The member as a slip may show one: ``name`` and ``number`` come masked."""

    name: str
    number: str
    tier: str = ""
    points_earned: int = 0
    points_used: int = 0
    points_balance: int = 0
    earned_by: tuple[PointsPart, ...] = ()
    stored_value_fen: int | None = None


class SlipGift(msgspec.Struct, frozen=True):
    """A gift that goes with the purchase."""

    name: str
    qty: int


class SaleSlip(msgspec.Struct, frozen=True):
    """One committed sale. ``list_fen - discount_fen == net_fen``; of that, points pay ``points_paid_fen``
    and the tenders, less change, the rest.

    ``committed_at`` is RFC 3339 in the store's own time; ``messages`` is what the till says to this
    customer (pace to the next gift, coupons given). What is bought on credit is signed for, and due on
    ``credit_due``.
    """

    shop: Shop
    receipt_no: str
    terminal: str
    cashier: str
    committed_at: str
    business_date: str
    lines: tuple[SlipLine, ...]
    list_fen: int
    discount_fen: int
    net_fen: int
    tenders: tuple[Tender, ...]
    change_fen: int = 0
    points_redeemed: int = 0
    points_paid_fen: int = 0
    gifts: tuple[SlipGift, ...] = ()
    member: SlipMember | None = None
    messages: tuple[str, ...] = ()
    offline: bool = False
    clock_untrusted: bool = False
    credit_due: str | None = None

    @property
    def received_fen(self) -> int:
        """实收: what the shop really took in money."""
        return self.net_fen - self.points_paid_fen


class RefundLine(msgspec.Struct, frozen=True):
    """Goods that came back; ``amount_fen`` is what they had really cost."""

    name: str
    qty_milli: int
    amount_fen: int


class VoucherBack(msgspec.Struct, frozen=True):
    """A voucher that was made for a part of another."""

    code: str
    value_fen: int


class RefundSlip(msgspec.Struct, frozen=True):
    """One committed refund of ``sale_receipt_no``.

    ``points_back`` were spent on the sale as ``points_back_fen`` and return to the member;
    ``points_clawed`` were earned by it and go; ``points_short_fen`` pays for points that the member no
    longer had. What came from vouchers, credit and stored value goes back there; ``amount_fen`` is what the
    customer is handed after all that, as ``tenders``, or ``tender`` where there are none. A ``void`` undoes the
    whole sale.
    """

    shop: Shop
    receipt_no: str
    sale_receipt_no: str
    terminal: str
    cashier: str
    committed_at: str
    business_date: str
    lines: tuple[RefundLine, ...]
    amount_fen: int
    tender: str
    reason: str = ""
    points_back: int = 0
    points_back_fen: int = 0
    points_clawed: int = 0
    points_short_fen: int = 0
    coupons_restored: tuple[str, ...] = ()
    voucher_back_fen: int = 0
    vouchers_restored: tuple[str, ...] = ()
    vouchers_new: tuple[VoucherBack, ...] = ()
    credit_back_fen: int = 0
    stored_value_back_fen: int = 0
    gift_back_fen: int = 0
    member: SlipMember | None = None
    offline: bool = False
    clock_untrusted: bool = False
    void: bool = False
    tenders: tuple[Tender, ...] = ()
    approved_by: str = ""
