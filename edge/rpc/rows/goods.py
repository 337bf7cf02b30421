"""Rows of goods, stock and deliveries."""

from typing import Any

from edge.counter import goods, stock_lists, stocktaking
from edge.errors import Code
from edge.rpc.methods import ADMIN, BOTH, Method, Session
from edge.rpc.rows.desk import WRITE, Desk, writing


def goods_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (*_articles(desk), *_movements(desk), *_lists(desk))


def _articles(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop

    def lookup(session: Session, params: goods.LookupRequest) -> object:
        find = goods.lookup_name if params.by == "name" else goods.lookup
        return find(shop, session.terminal, params)

    async def prices(session: Session, params: goods.PricesRequest) -> goods.PricesReply:
        return await goods.prices(shop, session.terminal, params)

    return (
        Method(
            "goods.lookup",
            goods.LookupRequest,
            goods.LookupReply,
            lookup,
            (),
            BOTH,
            "Goods by number, barcode (of a scale too) or name.",
        ),
        Method(
            "goods.prices",
            goods.PricesRequest,
            goods.PricesReply,
            prices,
            (),
            BOTH,
            "The shelf prices of an article, and the lowest of late.",
        ),
        Method(
            "goods.put",
            goods.PutRequest,
            goods.PutReply,
            writing(desk, goods.put),
            WRITE,
            ADMIN,
            "Make goods what they shall be; a row for each.",
        ),
    )


def _movements(desk: Desk) -> tuple[Method[Any], ...]:
    reply = stocktaking.StockReply
    return (
        Method(
            "stock.in",
            stocktaking.InRequest,
            reply,
            writing(desk, stocktaking.stock_in),
            WRITE,
            summary="Goods have come.",
        ),
        Method(
            "stock.out",
            stocktaking.OutRequest,
            reply,
            writing(desk, stocktaking.stock_out),
            (*WRITE, Code.APPROVAL_NEEDED),
            summary="Goods have gone without being sold.",
        ),
        Method(
            "stock.count",
            stocktaking.CountRequest,
            reply,
            writing(desk, stocktaking.stock_count),
            (*WRITE, Code.APPROVAL_NEEDED),
            summary="Make the stock what was counted; the differences and their value.",
        ),
        Method(
            "stock.send",
            stocktaking.SendRequest,
            stocktaking.SendReply,
            writing(desk, stocktaking.stock_send),
            (*WRITE, Code.APPROVAL_NEEDED),
            summary="Send goods to another store.",
        ),
        Method(
            "stock.receive",
            stocktaking.ReceiveRequest,
            stocktaking.ReceiveReply,
            writing(desk, stocktaking.stock_receive),
            WRITE,
            summary="Receive what another store sent, with the differences.",
        ),
    )


def _lists(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop

    async def stock(session: Session, params: stock_lists.ListRequest) -> stock_lists.ListReply:
        return await stock_lists.stock_list(shop, session.terminal, params)

    async def movements(session: Session, params: stock_lists.MovementsRequest) -> stock_lists.MovementsReply:
        return await stock_lists.stock_movements(shop, session.terminal, params)

    async def profit(session: Session, params: stock_lists.ProfitRequest) -> stock_lists.ProfitReply:
        return await stock_lists.stock_profit(shop, session.terminal, params)

    return (
        Method(
            "stock.list",
            stock_lists.ListRequest,
            stock_lists.ListReply,
            stock,
            (),
            BOTH,
            "What is in stock, or is running out.",
        ),
        Method(
            "stock.movements",
            stock_lists.MovementsRequest,
            stock_lists.MovementsReply,
            movements,
            (),
            BOTH,
            "How an article came and went.",
        ),
        Method(
            "stock.profit",
            stock_lists.ProfitRequest,
            stock_lists.ProfitReply,
            profit,
            (),
            BOTH,
            "What goods from stock brought and cost.",
        ),
    )
