"""What is in stock, what is running out, how it moved, and what was earned with it."""

from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from edge.clock import rfc3339
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Reply, Request, Text
from edge.domain.money import MILLI
from edge.domain.stock import NEAR_DAYS, Holding, cost_of, is_low, is_near
from edge.storage import stock_reports

Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
FIRST_DAY, LAST_DAY = "0000-01-01", "9999-12-31"


class ListRequest(Request, frozen=True):
    """Goods by number, from the one after ``after``; ``low_only`` leaves those that somebody must look after."""

    low_only: bool = False
    category: Text = ""
    after: Text = ""
    limit: Limit = 100


class InStock(Reply, frozen=True):
    """An article in stock: ``low`` at or below its alert level, ``near`` its best date, at an average cost a unit."""

    sku: str
    name: str
    unit: str
    qty_milli: int
    value_fen: int
    average_fen: int
    alert_milli: int | None
    best_before: str | None
    low: bool
    near: bool


class ListReply(Reply, frozen=True):
    """One page; ``next`` is the ``after`` of the next one, null on the last."""

    goods: tuple[InStock, ...]
    next: str | None


class MovementsRequest(Request, frozen=True):
    """Movements of an article on business days ``from`` to ``to``, newest first, before ``before`` (an id)."""

    sku: Word
    from_: Day = msgspec.field(name="from", default=FIRST_DAY)
    to: Day = LAST_DAY
    before: Annotated[int, msgspec.Meta(ge=1, le=2**53)] = 2**53
    limit: Limit = 50


class StockMovement(Reply, frozen=True):
    """What came (above 0) or went. The values of all movements of an article add up to its value in stock.

    ``net_fen`` is what the customer paid; ``subject`` the sale, slip, delivery note or transfer.
    """

    id: int
    at: str
    business_date: str
    kind: str
    qty_milli: int
    value_fen: int
    net_fen: int
    subject: str
    why: str


class MovementsReply(Reply, frozen=True):
    """The movements."""

    movements: tuple[StockMovement, ...]


class ProfitRequest(Request, frozen=True):
    """What goods from stock brought on business days ``from`` to ``to``, by article, category or brand."""

    from_: Day = msgspec.field(name="from", default=FIRST_DAY)
    to: Day = LAST_DAY
    by: Literal["sku", "category", "brand"] = "sku"
    limit: Limit = 50


class Profit(Reply, frozen=True):
    """``qty_milli`` went for ``net_fen``, cost ``cost_fen`` (gifts too) and so earned ``profit_fen``."""

    what: str
    qty_milli: int
    net_fen: int
    cost_fen: int
    profit_fen: int


class ProfitReply(Reply, frozen=True):
    """The greatest sales first."""

    profits: tuple[Profit, ...]


async def stock_list(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """A page of what is in stock."""
    today = shop.business_date(shop.now_ms())
    near = (today + timedelta(days=NEAR_DAYS)).isoformat() if request.low_only else None
    rows = await stock_reports.listed(
        shop.config.paths.database, near, request.category, request.after, request.limit + 1
    )
    found = tuple(_in_stock(today, *row) for row in rows[: request.limit])
    return ListReply(found, found[-1].sku if len(rows) > request.limit else None)


async def stock_movements(shop: Shop, terminal: str, request: MovementsRequest) -> MovementsReply:
    """How an article came and went."""
    rows = await stock_reports.movements_of(
        shop.config.paths.database, request.sku, request.from_, request.to, request.before, request.limit
    )
    return MovementsReply(
        tuple(StockMovement(number, rfc3339(at_ms, shop.zone), *rest) for number, *rest, at_ms in rows)
    )


async def stock_profit(shop: Shop, terminal: str, request: ProfitRequest) -> ProfitReply:
    """What was earned: sales less refunds, less what the goods cost."""
    rows = await stock_reports.profits(
        shop.config.paths.database, request.from_, request.to, request.by, request.limit
    )
    return ProfitReply(tuple(Profit(what, qty, net, cost, net - cost) for what, qty, net, cost in rows))


def _in_stock(
    today: date,
    sku: str,
    name: str,
    unit: str,
    qty_milli: int,
    value_fen: int,
    cost_fen: int | None,
    alert_milli: int | None,
    best_before: str | None,
) -> InStock:
    best = date.fromisoformat(best_before) if best_before else None
    return InStock(
        sku,
        name,
        unit,
        qty_milli,
        value_fen,
        cost_of(Holding(qty_milli, value_fen), MILLI, cost_fen),
        alert_milli,
        best_before,
        is_low(qty_milli, alert_milli),
        qty_milli > 0 and is_near(best, today),
    )
