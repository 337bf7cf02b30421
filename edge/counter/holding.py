"""Holding a basket and taking it up again 挂单/取单: at any till, once, over restarts."""

from typing import Literal

import msgspec

from edge.counter.quoting import QuoteRequest
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Reply, Request, Text
from edge.domain.basket import priced
from edge.errors import Code, PosError
from edge.storage.held import HeldRow
from edge.storage.ids import uuid7
from edge.storage.transaction import Transaction


class HoldRequest(Keyed, frozen=True):
    """Put a basket (the params of a quote) aside; ``label`` is what the staff will know it by."""

    basket: QuoteRequest
    label: Text = ""


class HoldReply(Reply, frozen=True):
    """The basket waits under ``hold``."""

    hold: str
    label: str
    at: str
    duplicate: bool = False


class HeldRequest(Request, frozen=True):
    """Every basket that waits; or those of one terminal."""

    terminal: Word | None = None


class HeldBasket(Reply, frozen=True):
    """One that waits; ``old``: since a former business day. ``list_fen`` is before any rule."""

    hold: str
    label: str
    at: str
    business_date: str
    old: bool
    terminal: str
    cashier: str
    member: str | None
    lines: int
    list_fen: int


class HeldReply(Reply, frozen=True):
    """The baskets that wait, oldest first."""

    held: tuple[HeldBasket, ...]


class RecallRequest(Keyed, frozen=True):
    """Take up a basket, or drop it: it waits no more."""

    hold: Word


class RecallReply(Reply, frozen=True):
    """The basket, to be quoted again: prices and rules may have changed since."""

    hold: str
    label: str
    at: str
    terminal: str
    basket: QuoteRequest
    duplicate: bool = False


async def hold(shop: Shop, terminal: str, request: HoldRequest) -> HoldReply:
    """Put a basket aside. Nothing is reserved by it: no price, no coupon, no points."""

    def decide(transaction: Transaction) -> HoldReply:
        if not request.basket.lines and request.basket.quick_fen is None:
            raise bad("/basket/lines", "there is nothing to hold", "购物篮为空，无需挂单")
        # A basket may be taken up on another day; the day is the box's business then.
        basket = msgspec.structs.replace(request.basket, business_date=None)
        row = HeldRow(
            id=uuid7(transaction.now_ms),
            terminal=terminal,
            at_ms=transaction.now_ms,
            business_date=shop.business_date(transaction.now_ms).isoformat(),
            label=request.label,
            basket=msgspec.json.encode(basket).decode(),
        )
        transaction.held_baskets.insert(row, transaction.seq + 1)
        return HoldReply(row.id, row.label, shop.local_time(row.at_ms))

    return await shop.write(terminal, "sale.hold", request, HoldReply, decide)


def held(shop: Shop, terminal: str, request: HeldRequest) -> HeldReply:
    """What waits, at this till and at the others."""
    rows = shop.snapshot.held_baskets.waiting()
    return HeldReply(
        tuple(_told(shop, row) for row in rows if request.terminal in (None, row.terminal)),
    )


async def recall(shop: Shop, terminal: str, request: RecallRequest) -> RecallReply:
    """Take up a basket; raises 1307 where there is none, or where it has gone, and then says to whom."""
    return await _let_go(shop, terminal, request, "recalled")


async def drop(shop: Shop, terminal: str, request: RecallRequest) -> RecallReply:
    """Give up a basket whose customer does not come back; raises 1307 like ``recall``."""
    return await _let_go(shop, terminal, request, "dropped")


# --- the pieces ---


async def _let_go(
    shop: Shop, terminal: str, request: RecallRequest, gone: Literal["recalled", "dropped"]
) -> RecallReply:
    def decide(transaction: Transaction) -> RecallReply:
        row = _waiting(shop, transaction, request.hold)
        transaction.held_baskets.go(row.id, gone, terminal, transaction.now_ms)
        return RecallReply(
            row.id,
            row.label,
            shop.local_time(row.at_ms),
            row.terminal,
            msgspec.json.decode(row.basket, type=QuoteRequest),
        )

    kind = {"recalled": "sale.recall", "dropped": "sale.drop"}[gone]
    return await shop.write(terminal, kind, request, RecallReply, decide)


def _waiting(shop: Shop, transaction: Transaction, hold: str) -> HeldRow:
    row = transaction.held_baskets.by_id(hold)
    if row is None:
        raise PosError(Code.NO_SUCH_SALE, "no such held basket", zh="没有这个挂单", path="/hold")
    if row.gone is not None:
        how = "取走" if row.gone == "recalled" else "删除"
        raise PosError(
            Code.NO_SUCH_SALE,
            f"this basket was {row.gone} at {row.gone_to}",
            zh=f"该挂单已在 {row.gone_to} {how}",
            path="/hold",
            gone=row.gone,
            terminal=row.gone_to,
            at=shop.local_time(row.gone_ms or 0),
        )
    return row


def _told(shop: Shop, row: HeldRow) -> HeldBasket:
    basket = msgspec.json.decode(row.basket, type=QuoteRequest)
    lines_fen = sum(priced(line.unit_price_fen, line.qty_milli, line.amount_fen) for line in basket.lines)
    return HeldBasket(
        hold=row.id,
        label=row.label,
        at=shop.local_time(row.at_ms),
        business_date=row.business_date,
        old=row.business_date < shop.business_date(shop.now_ms()).isoformat(),
        terminal=row.terminal,
        cashier=basket.cashier,
        member=basket.member,
        lines=len(basket.lines),
        list_fen=basket.quick_fen or lines_fen,
    )
