"""Commission at the counter: what a salesperson earns with a sale, a top-up, a pass or a member, and the sums of it."""

from collections.abc import Iterable, Sequence

from edge.counter.quoting import Priced
from edge.counter.records import stored_sale
from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Day, Reply, Request, Text
from edge.domain.checkout import goods_asked
from edge.domain.commission import Earned, GoodsLine, On, earned_on, earned_on_sale, taken_back
from edge.domain.money import divide
from edge.domain.refunds import SoldLine
from edge.domain.rules.model import Bundle
from edge.storage.commission_sums import commission_sums
from edge.storage.sales import SaleRow
from edge.storage.transaction import Transaction


def earn_commission(
    shop: Shop, transaction: Transaction, on: On, salesperson: str, base_fen: int, subject: str
) -> dict[str, object]:
    """What ``salesperson`` has of a top-up, a pass or a new member: written down; returns what HQ's event says of it.

    ``subject`` is the id of the slip or member. Nothing where nobody is named.
    """
    if not salesperson:
        return {}
    earned = earned_on(shop.programme.bundle.commissions, on, base_fen)
    return _written(shop, transaction, salesperson, subject, earned)


def earn_on_sale(shop: Shop, transaction: Transaction, quote: Priced, sale: str) -> dict[str, object]:
    """What the salesperson of ``quote`` has of the sale that came of it; returns what HQ's event says of it."""
    salesperson, terms = quote.request.salesperson, quote.programme.bundle
    if not salesperson or not terms.commissions:
        return {}
    sold = [SoldLine(line.qty_milli, 0, line.net_fen, 0, 0, 0) for line in quote.decision.lines]
    earned = earned_on_sale(terms.commissions, _goods(quote.kernel_request, sold))
    return _written(shop, transaction, salesperson, sale, earned)


def take_back_commission(
    shop: Shop,
    transaction: Transaction,
    terms: Bundle,
    row: SaleRow,
    back: Iterable[tuple[int, int]],
    subject: str,
) -> dict[str, object]:
    """Take back the share of (line, qty_milli) of the sale; call it before they are written down as returned.

    ``subject`` is the id of the refund, ``terms`` are those of the sale.
    """
    salesperson = stored_sale(row).salesperson
    if not salesperson or not terms.commissions:
        return {}
    goods = _goods(row.kernel_request.encode(), transaction.sales.lines(row.id))
    earned = taken_back(terms.commissions, goods, dict(back))
    return _written(shop, transaction, salesperson, subject, earned)


def take_back_share(
    shop: Shop, transaction: Transaction, sold: str, back_fen: int, paid_fen: int, subject: str
) -> dict[str, object]:
    """Take back what was earned with slip ``sold``, as much of it as ``back_fen`` is of ``paid_fen``."""
    told: dict[str, object] = {}
    for salesperson, rule, base_fen, fen in transaction.commissions.of_subject(sold) if paid_fen else ():
        back = [-divide(one * back_fen, paid_fen, "half_up") for one in (base_fen, fen)]
        told = _written(shop, transaction, salesperson, subject, [Earned(rule, *back)])
    return told


class ReportRequest(Request, frozen=True):
    """Commission of the business days from ``from_day`` to ``to_day``, both included."""

    from_day: Day
    to_day: Day
    salesperson: Text | None = None


class CommissionRow(Reply, frozen=True):
    """What one salesperson has by one rule; ``receipts`` are the sales, refunds and slips that it comes from."""

    salesperson: str
    rule: str
    name: str
    receipts: int
    base_fen: int
    fen: int


class CommissionReport(Reply, frozen=True):
    """Commission by salesperson and rule, refunds taken off."""

    from_day: str
    to_day: str
    rows: tuple[CommissionRow, ...]
    total_fen: int


async def report(shop: Shop, request: ReportRequest) -> CommissionReport:
    """The sums; raises -32602 where the days are the wrong way round."""
    if request.from_day > request.to_day:
        raise bad("/to_day", "before from_day", "结束日期早于开始日期")
    path = shop.config.paths.database
    sums = await commission_sums(path, request.from_day, request.to_day, request.salesperson)
    names = {rule.id: rule.name for rule in shop.programme.bundle.commissions}
    rows = tuple(
        CommissionRow(one.salesperson, one.rule, names.get(one.rule, ""), one.receipts, one.base_fen, one.fen)
        for one in sums
    )
    return CommissionReport(request.from_day, request.to_day, rows, sum(row.fen for row in rows))


# --- the pieces ---


def _goods(kernel_request: bytes, sold: Sequence[SoldLine]) -> list[GoodsLine]:
    asked = goods_asked(kernel_request)
    return [
        GoodsLine(
            line.sku,
            line.category,
            line.brand,
            line.unit_price_fen,
            one.qty_milli,
            one.net_fen,
            one.refunded_milli,
        )
        for line, one in zip(asked, sold, strict=True)
    ]


def _written(
    shop: Shop, transaction: Transaction, salesperson: str, subject: str, earned: Sequence[Earned]
) -> dict[str, object]:
    """Write it down; returns what HQ's event says of it beside its own body."""
    day = shop.business_date(transaction.now_ms).isoformat()
    transaction.commissions.insert(transaction.seq + 1, salesperson, subject, day, earned)
    return {"commission": [(one.rule, one.fen) for one in earned]} if earned else {}
