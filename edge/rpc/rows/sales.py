"""Rows of sales and refunds."""

from collections.abc import Awaitable
from typing import Any

from edge.counter import quoting, refund, sale, sale_history, voiding
from edge.counter.records import SaleRecord
from edge.counter.scanning import Scanner
from edge.counter.shop import Shop
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import MEMBER, PAYING, WRITE, Desk, writing

COMMITTING = (
    *WRITE,
    Code.CARD_STOPPED,
    Code.CARD_EXPIRED,
    Code.BALANCE_SHORT,
    Code.CREDIT_LIMIT,
    Code.QUOTE_EXPIRED,
    Code.RULES_CHANGED,
    *PAYING,
    Code.COUPON,
    Code.OFFLINE_LIMIT,
)


def sale_rows(desk: Desk) -> tuple[Method[Any], ...]:
    shop, quotes = desk.shop, desk.quotes

    scanner = Scanner(shop, quotes)

    def quote(session: Session, params: quoting.QuoteRequest) -> quoting.QuoteReply:
        return quoting.quote(shop, quotes, session.terminal, params)

    def commit(shop: Shop, terminal: str, params: sale.CommitRequest) -> Awaitable[sale.CommitReply]:
        return sale.commit(shop, quotes, terminal, params)

    def get(session: Session, params: sale_history.GetRequest) -> SaleRecord:
        return sale_history.get(shop, session.terminal, params)

    async def find(session: Session, params: sale_history.FindRequest) -> sale_history.FindReply:
        return await sale_history.find(shop, session.terminal, params)

    def last(session: Session, params: sale_history.LastRequest) -> SaleRecord:
        return sale_history.last(shop, session.terminal, params)

    no_sale = (Code.NO_SUCH_SALE,)
    return (
        Method(
            "sale.quote",
            quoting.QuoteRequest,
            quoting.QuoteReply,
            quote,
            (*MEMBER, Code.BALANCE_SHORT, Code.NO_VALID_RULES, Code.OFFLINE_LIMIT),
            summary="Price a basket; writes nothing.",
            from_bytes=lambda _, params: scanner.quote(params),
        ),
        Method(
            "sale.commit",
            sale.CommitRequest,
            sale.CommitReply,
            writing(desk, commit),
            COMMITTING,
            summary="Sell what was quoted; durable before the reply.",
        ),
        Method("sale.get", sale_history.GetRequest, SaleRecord, get, no_sale, summary="One sale as decided."),
        Method(
            "sale.find",
            sale_history.FindRequest,
            sale_history.FindReply,
            find,
            MEMBER,
            summary="Sales, newest first.",
        ),
        Method(
            "sale.last",
            sale_history.LastRequest,
            SaleRecord,
            last,
            no_sale,
            summary="The latest sale of a terminal.",
        ),
    )


def refund_rows(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop
    errors = (Code.NO_SUCH_SALE, Code.ALREADY_REFUNDED, Code.TOO_LATE, Code.OVER_QUANTITY)

    def quote_refund(session: Session, params: refund.RefundQuoteRequest) -> refund.RefundReply:
        return refund.quote_refund(shop, session.terminal, params)

    return (
        Method(
            "refund.quote",
            refund.RefundQuoteRequest,
            refund.RefundReply,
            quote_refund,
            errors,
            summary="What a refund would bring; writes nothing.",
        ),
        Method(
            "sale.refund",
            refund.RefundRequest,
            refund.RefundReply,
            writing(desk, refund.refund),
            (*WRITE, *errors, Code.SHIFT),
            summary="Take goods back, by line.",
        ),
        Method(
            "sale.void",
            voiding.VoidRequest,
            voiding.VoidReply,
            writing(desk, voiding.void),
            (*WRITE, Code.NO_SUCH_SALE, Code.VOID_NOT_ALLOWED, Code.APPROVAL_NEEDED, Code.SHIFT),
            summary="Undo a sale of today, whole.",
        ),
    )
