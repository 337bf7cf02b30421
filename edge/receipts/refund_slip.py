"""A refund as a slip: what came back, what the points did, what the customer was handed."""

from drivers.api import Block, Divider, Document, Feed, Pair, Text
from edge.domain.money import yuan
from edge.receipts.parts import foot, head, origin, quantity, who
from edge.receipts.slips import RefundLine, RefundSlip, SlipMember
from edge.receipts.wording import WORDING, Lang, Wording


def refund_document(slip: RefundSlip, lang: Lang) -> Document:
    """The slip of one refund, with room for the customer's signature."""
    words = WORDING[lang]
    blocks = [
        *head(slip.shop, words.void if slip.void else words.refund, words),
        *origin(slip, words),
        Text(f"{words.original} {slip.sale_receipt_no}"),
        Divider(),
        *_goods(slip, words),
        Divider(),
        *_totals(slip, words),
    ]
    if slip.member:
        blocks += [Divider(), *_points(slip, slip.member, words)]
    return (*blocks, Divider(), Feed(), Text(words.signature), Feed(2), Divider(), *foot(slip, words))


def _goods(slip: RefundSlip, words: Wording) -> list[Block]:
    blocks: list[Block] = [Pair(words.item_returned, words.amount)]
    for line in slip.lines:
        blocks += _line(line, words)
    return blocks


def _line(line: RefundLine, words: Wording) -> list[Block]:
    return [Text(line.name), Pair(f"  {words.times} {quantity(line.qty_milli)}", yuan(-line.amount_fen))]


def _totals(slip: RefundSlip, words: Wording) -> list[Block]:
    goods_fen = sum(line.amount_fen for line in slip.lines)
    blocks: list[Block] = [Pair(words.goods_value, yuan(goods_fen))]
    if slip.points_back_fen:
        blocks.append(Pair(words.points_back_worth, yuan(-slip.points_back_fen)))
    if slip.points_short_fen:
        blocks.append(Pair(words.points_short, yuan(-slip.points_short_fen)))
    blocks += _to_accounts(slip, words)
    refunded = f"{words.currency}{yuan(slip.amount_fen)}"
    blocks.append(Pair(words.refunded, refunded, bold=True, size=2))
    blocks += _paid_back(slip, words)
    blocks += [Pair(words.coupon_restored, coupon) for coupon in slip.coupons_restored]
    if slip.reason:
        blocks.append(Text(f"{words.reason} {slip.reason}"))
    if slip.approved_by:
        blocks.append(Text(f"{words.approved_by} {slip.approved_by}"))
    return blocks


def _paid_back(slip: RefundSlip, words: Wording) -> list[Block]:
    """How the money goes back: the tenders one by one, or the only one."""
    if len(slip.tenders) < 2 and not slip.void:
        return [Pair(words.refund_by, words.tender(slip.tenders[0].kind if slip.tenders else slip.tender))]
    blocks: list[Block] = []
    for tender in slip.tenders:
        kind = " ".join(part for part in (words.tender(tender.kind), tender.ref) if part)
        blocks.append(Pair(f"{words.refund_by} {kind}", yuan(tender.amount_fen)))
    return blocks


def _to_accounts(slip: RefundSlip, words: Wording) -> list[Block]:
    """What goes back to where it came from, and so is not handed out."""
    back = (
        (words.voucher_back, slip.voucher_back_fen),
        (words.credit_back, slip.credit_back_fen),
        (words.stored_value_back, slip.stored_value_back_fen),
        (words.of_it_gift, slip.gift_back_fen),
    )
    blocks: list[Block] = [Pair(label, yuan(fen)) for label, fen in back if fen]
    blocks += [Pair(words.voucher_back, code) for code in slip.vouchers_restored]
    return blocks + [
        Pair(f"{words.voucher_new} {made.code}", yuan(made.value_fen)) for made in slip.vouchers_new
    ]


def _points(slip: RefundSlip, member: SlipMember, words: Wording) -> list[Block]:
    blocks: list[Block] = [who(member, words)]
    if slip.points_back:
        blocks.append(Pair(words.points_back, f"{slip.points_back:+d}"))
    if slip.points_clawed:
        blocks.append(Pair(words.points_clawed, f"{-slip.points_clawed:+d}"))
    blocks.append(Pair(words.points_balance, str(member.points_balance), bold=True))
    if member.stored_value_fen is not None:
        blocks.append(Pair(words.stored_value, yuan(member.stored_value_fen)))
    return blocks
