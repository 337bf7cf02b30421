"""A sale as a receipt: original price, discount and money received on one slip, then the points.

Some tax offices accept a discount only when list price, discount and amount received stand together.
"""

from drivers.api import Block, Divider, Document, Feed, Pair, Text
from edge.domain.money import yuan
from edge.receipts.parts import foot, head, origin, quantity, who
from edge.receipts.slips import SaleSlip, SlipLine, SlipMember
from edge.receipts.wording import WORDING, Lang, Wording


def sale_document(slip: SaleSlip, lang: Lang) -> Document:
    """The receipt of ``slip``, ready for any printer."""
    words = WORDING[lang]
    blocks = [
        *head(slip.shop, words.sale, words),
        *origin(slip, words),
        Divider(),
        *_goods(slip, words),
        Divider(),
        *_totals(slip, words),
        Divider(),
        *_payment(slip, words),
    ]
    if slip.member:
        blocks += [Divider(), *_points(slip.member, words)]
    if slip.messages:
        blocks += [Divider(), *(Text(message) for message in slip.messages)]
    if slip.credit_due:
        blocks += [Divider(), Pair(words.credit_due, slip.credit_due), Feed(), Text(words.signature), Feed(2)]
    thanks = [Text(words.thanks, "center", bold=True), Text(words.keep_slip, "center")]
    return (*blocks, Divider(), *thanks, *foot(slip, words))


def _goods(slip: SaleSlip, words: Wording) -> list[Block]:
    blocks: list[Block] = [Pair(words.item, words.amount)]
    for line in slip.lines:
        blocks += _line(line, words)
    return blocks + [Pair(words.gift.format(gift.name), f"{words.times} {gift.qty}") for gift in slip.gifts]


def _line(line: SlipLine, words: Wording) -> list[Block]:
    """The name, then what it would cost, then what the rules took off."""
    count = f"{quantity(line.qty_milli)} {words.times} {yuan(line.unit_price_fen)}"
    blocks: list[Block] = [Text(line.name), Pair(f"  {count}", yuan(line.list_fen))]
    if line.discount_fen:
        why = words.separator.join(line.labels) or words.promotion
        blocks.append(Pair(f"  {why}", yuan(-line.discount_fen)))
    return blocks


def _totals(slip: SaleSlip, words: Wording) -> list[Block]:
    blocks: list[Block] = [
        Text(words.pieces.format(len(slip.lines))),
        Pair(words.list_total, yuan(slip.list_fen)),
        Pair(words.discount, yuan(-slip.discount_fen)),
    ]
    if slip.points_paid_fen:
        blocks.append(Pair(words.points_paid.format(slip.points_redeemed), yuan(-slip.points_paid_fen)))
    received = f"{words.currency}{yuan(slip.received_fen)}"
    return [*blocks, Pair(words.received, received, bold=True, size=2)]


def _payment(slip: SaleSlip, words: Wording) -> list[Block]:
    blocks: list[Block] = []
    for tender in slip.tenders:
        name = words.tender(tender.kind)
        blocks.append(Pair(f"{name} {tender.ref}" if tender.ref else name, yuan(tender.amount_fen)))
    return [*blocks, Pair(words.change, yuan(slip.change_fen))]


def _points(member: SlipMember, words: Wording) -> list[Block]:
    blocks: list[Block] = [who(member, words), Pair(words.points_earned, f"{member.points_earned:+d}")]
    if len(member.earned_by) > 1:
        blocks += [Pair(f"  {part.name}", f"{part.points:+d}") for part in member.earned_by]
    if member.points_used:
        blocks.append(Pair(words.points_used, str(-member.points_used)))
    blocks.append(Pair(words.points_balance, str(member.points_balance), bold=True))
    if member.stored_value_fen is not None:
        blocks.append(Pair(words.stored_value, yuan(member.stored_value_fen)))
    return blocks
