"""Stock as goods come and go: with every sale and refund by itself, by hand otherwise, each movement with its cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.domain import stock as average
from edge.domain.checkout import Decision
from edge.domain.money import MILLI
from edge.domain.refunds import LineRefund
from edge.domain.stock import Holding, Moved
from edge.storage.goods import GoodsRow
from edge.storage.stock import Movement
from edge.storage.transaction import Transaction


@dataclass(slots=True)
class StockBook:
    """The stock of some articles during one operation. ``goods`` are those that are known and kept in stock.

    What moves is written at once by ``close``.
    """

    transaction: Transaction
    day: str
    goods: dict[str, GoodsRow]
    holdings: dict[str, Holding]
    movements: list[Movement] = field(default_factory=list)

    def take(
        self,
        kind: str,
        sku: str,
        qty_milli: int,
        *,
        net_fen: int = 0,
        subject: str = "",
        line: int | None = None,
        why: str = "",
    ) -> Moved:
        """Goods leave at their average cost."""
        moved = average.take(self.held(sku), qty_milli, self.cost_fen(sku))
        movement = Movement(sku, kind, -qty_milli, moved.value_fen, net_fen, subject, line, why)
        return self.book(moved, movement)

    def put(
        self,
        kind: str,
        sku: str,
        qty_milli: int,
        value_fen: int,
        *,
        net_fen: int = 0,
        subject: str = "",
        line: int | None = None,
        why: str = "",
    ) -> Moved:
        """Goods come in for ``value_fen`` in all."""
        moved = average.put(self.held(sku), qty_milli, value_fen)
        return self.book(moved, Movement(sku, kind, qty_milli, value_fen, net_fen, subject, line, why))

    def book(self, moved: Moved, movement: Movement) -> Moved:
        """Note a movement, and how wrong the cost of what had left before was, if it was."""
        self.movements.append(movement)
        if moved.correction_fen:
            wrong = Movement(movement.sku, "cost", 0, -moved.correction_fen, subject=movement.subject)
            self.movements.append(wrong)
        self.holdings[movement.sku] = moved.holding
        return moved

    def close(self) -> None:
        """Write the movements down, and what there is after them."""
        moved = dict.fromkeys(movement.sku for movement in self.movements)
        holdings = {sku: self.holdings[sku] for sku in moved}
        self.transaction.stock.moved(self.transaction.seq + 1, self.day, holdings, self.movements)

    def held(self, sku: str) -> Holding:
        """What there is now."""
        return self.holdings.get(sku, Holding())

    def cost_fen(self, sku: str) -> int | None:
        """What one unit is known to cost, where there is none in stock to tell."""
        return self.goods[sku].cost_fen if sku in self.goods else None


def open_book(shop: Shop, transaction: Transaction, skus: Iterable[str]) -> StockBook:
    """The stock of ``skus``: one look-up, and a second one only where some of them are kept."""
    known = transaction.goods.of(sku for sku in dict.fromkeys(skus) if sku)
    goods = {sku: row for sku, row in known.items() if not row.is_service}
    holdings = transaction.stock.holdings(goods) if goods else {}
    return StockBook(transaction, shop.business_date(transaction.now_ms).isoformat(), goods, holdings)


def book_of_lines(
    shop: Shop, transaction: Transaction, skus: Sequence[str], path: str = "/lines/{}/sku"
) -> StockBook:
    """The stock of the articles that a request names line by line; raises -32602 for one that has none."""
    book = open_book(shop, transaction, skus)
    for place, sku in enumerate(skus):
        if sku not in book.goods:
            raise bad(path.format(place), f"no goods {sku!r} that are kept in stock", "没有这个库存商品")
    return book


# --- what goes with a purchase ---


def goods_sold(shop: Shop, transaction: Transaction, sale: str, decision: Decision) -> None:
    """What was sold leaves the stock, and so do the gifts that are goods of ours. Never refused: it is sold."""
    gifts = [(gift.item, gift.qty * MILLI) for gift in decision.gifts]
    book = open_book(
        shop, transaction, [*(line.sku for line in decision.lines), *(item for item, _ in gifts)]
    )
    if not book.goods:
        return
    for place, line in enumerate(decision.lines):
        if line.sku in book.goods:
            book.take("sale", line.sku, line.qty_milli, net_fen=line.net_fen, subject=sale, line=place)
    for item, qty_milli in gifts:
        if item in book.goods:
            book.take("gift", item, qty_milli, subject=sale)
    book.close()


def goods_back(
    shop: Shop, transaction: Transaction, sale: str, parts: Sequence[tuple[int, LineRefund]]
) -> None:
    """Lines that were refunded are in stock again, for what they cost when they left."""
    left = {out.line: out for out in transaction.stock.out_with(sale) if out.line is not None}
    back = [(left[line], part) for line, part in parts if line in left and left[line].qty_milli > 0]
    book = open_book(shop, transaction, [out.sku for out, _ in back])
    for out, part in back:
        qty_milli = min(part.qty_milli, out.qty_milli)
        value_fen = out.value_fen * qty_milli // out.qty_milli
        book.put("refund", out.sku, qty_milli, value_fen, net_fen=-part.net_fen, subject=sale, line=out.line)
    book.close()


def goods_never_left(shop: Shop, transaction: Transaction, sale: str) -> None:
    """A sale is void: all that is still out with it is in stock again, gifts too."""
    left = [out for out in transaction.stock.out_with(sale) if out.qty_milli > 0]
    book = open_book(shop, transaction, [out.sku for out in left])
    for out in left:
        book.put(
            "refund", out.sku, out.qty_milli, out.value_fen, net_fen=-out.net_fen, subject=sale, line=out.line
        )
    book.close()


def take_from_stock(
    shop: Shop, transaction: Transaction, sku: str, qty: int, subject: str, kind: str = "gift"
) -> bool:
    """Take ``qty`` pieces for ``subject``; False, and nothing taken, where there are not so many.

    True also for what is not kept in stock at all.
    """
    book = open_book(shop, transaction, [sku])
    if sku not in book.goods:
        return True
    if book.held(sku).qty_milli < qty * MILLI:
        return False
    book.take(kind, sku, qty * MILLI, subject=subject)
    book.close()
    return True
