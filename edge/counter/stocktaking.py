"""Stock by hand: goods that come in, leave, are counted, and travel between stores."""

from typing import Annotated, Any

import msgspec

from edge.counter.events import tell_hq
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.stock import StockBook, book_of_lines
from edge.counter.terms import Code as Word
from edge.counter.terms import Fen, Reply, Request, Text
from edge.domain import stock as average
from edge.domain.money import MILLI, divide
from edge.domain.stock import Moved
from edge.storage.stock import Movement
from edge.storage.transaction import Transaction

Pieces = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Counted = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class ComingLine(Request, frozen=True):
    """``cost_fen`` is of one unit, ``amount_fen`` of the whole line; with neither it is the cost that is known."""

    sku: Word
    qty_milli: Pieces
    cost_fen: Fen | None = None
    amount_fen: Fen | None = None


class Line(Request, frozen=True):
    """So much of an article."""

    sku: Word
    qty_milli: Pieces


class CountedLine(Request, frozen=True):
    """So much of an article is really there."""

    sku: Word
    counted_milli: Counted


Lines = Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=200)]


class InRequest(Keyed, frozen=True):
    """Goods have come; ``ref`` is the supplier's delivery note."""

    lines: Annotated[tuple[ComingLine, ...], msgspec.Meta(min_length=1, max_length=200)]
    supplier: Text = ""
    ref: Text = ""
    cashier: Text = ""


class OutRequest(Keyed, frozen=True):
    """Goods have gone without being sold: broken, used in the shop, sent back."""

    lines: Lines
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    ref: Text = ""
    cashier: Text = ""
    approve: Text = ""


class CountRequest(Keyed, frozen=True):
    """What somebody counted; articles that are not named stay as they are."""

    lines: Annotated[tuple[CountedLine, ...], msgspec.Meta(min_length=1, max_length=200)]
    reason: Text = ""
    cashier: Text = ""
    approve: Text = ""


class SendRequest(Keyed, frozen=True):
    """Goods leave for another store of the chain."""

    to_store: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    lines: Lines
    cashier: Text = ""
    approve: Text = ""


class ReceiveRequest(Keyed, frozen=True):
    """A transfer is here: all of it, or ``lines`` as counted. A transfer this box has not heard of needs them."""

    transfer: Word
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=200)] = ()
    from_store: Text = ""
    cashier: Text = ""


class StockMoved(Reply, frozen=True):
    """One line: what came (above 0) or went at which value, and what there is now, at which average cost a unit."""

    sku: str
    qty_milli: int
    value_fen: int
    left_milli: int
    average_fen: int | None


class StockReply(Reply, frozen=True):
    """Every line as booked, and their value in all; for a count these are the differences."""

    lines: tuple[StockMoved, ...]
    value_fen: int
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class SendReply(StockReply, frozen=True, kw_only=True):
    """``transfer`` goes with the goods: the other store receives them under it."""

    transfer: str


class ReceivedLine(Reply, frozen=True):
    """What was sent of an article and what arrived."""

    sku: str
    sent_milli: int
    received_milli: int
    difference_milli: int


class ReceiveReply(StockReply, frozen=True, kw_only=True):
    """``arrived`` compares with what was sent, line by line."""

    transfer: str
    from_store: str
    arrived: tuple[ReceivedLine, ...]


async def stock_in(shop: Shop, terminal: str, request: InRequest) -> StockReply:
    """Book goods in; raises -32602 for what is not kept in stock."""

    def decide(transaction: Transaction) -> StockReply:
        book = book_of_lines(shop, transaction, [line.sku for line in request.lines])
        moved = []
        for line in request.lines:
            value_fen = _value(book, line)
            step = book.put(
                "in", line.sku, line.qty_milli, value_fen, subject=request.ref, why=request.supplier
            )
            moved.append(_moved(line.sku, line.qty_milli, step))
        book.close()
        told = {"supplier": request.supplier, "ref": request.ref, "cashier": request.cashier}
        return _reply(shop, transaction, "in", moved, told)

    return await shop.write(terminal, "stock.in", request, StockReply, decide)


async def stock_out(shop: Shop, terminal: str, request: OutRequest) -> StockReply:
    """Book goods out; they may become fewer than none, for a box does not know better than the shelf."""

    def decide(transaction: Transaction) -> StockReply:
        book = book_of_lines(shop, transaction, [line.sku for line in request.lines])
        moved = []
        for line in request.lines:
            step = book.take("out", line.sku, line.qty_milli, subject=request.ref, why=request.reason)
            moved.append(_moved(line.sku, -line.qty_milli, step))
        book.close()
        told = {"reason": request.reason, "ref": request.ref, "cashier": request.cashier}
        return _reply(shop, transaction, "out", moved, told)

    return await shop.write(terminal, "stock.out", request, StockReply, decide)


async def stock_count(shop: Shop, terminal: str, request: CountRequest) -> StockReply:
    """Make the stock what was counted; says the differences and what they are worth."""

    def decide(transaction: Transaction) -> StockReply:
        skus = [line.sku for line in request.lines]
        book = book_of_lines(shop, transaction, skus)
        moved = []
        for place, line in enumerate(request.lines):
            if line.sku in skus[:place]:
                raise bad(f"/lines/{place}/sku", f"{line.sku} is counted twice", "同一商品盘点了两次")
            moved.append(_count(book, line, request.reason))
        book.close()
        told = {"reason": request.reason, "cashier": request.cashier}
        return _reply(shop, transaction, "count", moved, told)

    return await shop.write(terminal, "stock.count", request, StockReply, decide)


async def stock_send(shop: Shop, terminal: str, request: SendRequest) -> SendReply:
    """Send goods to another store at what they cost here."""

    def decide(transaction: Transaction) -> SendReply:
        here = shop.config.store.id
        if request.to_store == here:
            raise bad("/to_store", "the goods are here already", "不能调拨到本店")
        book = book_of_lines(shop, transaction, [line.sku for line in request.lines])
        number = transaction.sales.next_receipt(f"transfer {book.day}")
        transfer = f"{here}-{book.day.replace('-', '')[2:]}-T{number:02d}"
        moved = []
        for line in request.lines:
            step = book.take("sent", line.sku, line.qty_milli, subject=transfer, why=request.to_store)
            moved.append(_moved(line.sku, -line.qty_milli, step))
        book.close()
        lines = [[line.sku, -line.qty_milli, -line.value_fen] for line in moved]
        op, stores = transaction.seq + 1, (here, request.to_store)
        transaction.stock.send(transfer, op, stores, lines, transaction.now_ms)
        told = {"transfer": transfer, "to_store": request.to_store, "cashier": request.cashier}
        reply = _reply(shop, transaction, "sent", moved, told)
        return SendReply(**msgspec.structs.asdict(reply), transfer=transfer)

    return await shop.write(terminal, "stock.send", request, SendReply, decide)


async def stock_receive(shop: Shop, terminal: str, request: ReceiveRequest) -> ReceiveReply:
    """Receive what another store sent, once; says where it is not what was sent."""

    def decide(transaction: Transaction) -> ReceiveReply:
        from_store, sent = _sent(shop, transaction, request)
        lines = request.lines or tuple(Line(sku, qty) for sku, (qty, _) in sent.items())
        path = "/lines/{}/sku" if request.lines else "/transfer"
        book = book_of_lines(shop, transaction, [line.sku for line in lines], path)
        moved = []
        for line in lines:
            value_fen = _sent_value(book, line, sent)
            step = book.put("received", line.sku, line.qty_milli, value_fen, subject=request.transfer)
            moved.append(_moved(line.sku, line.qty_milli, step))
        book.close()
        arrived = _arrived(sent, lines)
        differences = [[d.sku, d.difference_milli] for d in arrived if d.difference_milli]
        told = {"transfer": request.transfer, "from_store": from_store, "differences": differences}
        reply = _reply(shop, transaction, "received", moved, {**told, "cashier": request.cashier})
        return ReceiveReply(
            **msgspec.structs.asdict(reply),
            transfer=request.transfer,
            from_store=from_store,
            arrived=arrived,
        )

    return await shop.write(terminal, "stock.receive", request, ReceiveReply, decide)


# --- the pieces ---


def _value(book: StockBook, line: ComingLine) -> int:
    """What a line that comes in cost: as it says, else as the goods say, else like what is there."""
    if line.amount_fen is not None:
        return line.amount_fen
    unit_fen = line.cost_fen if line.cost_fen is not None else book.cost_fen(line.sku)
    if unit_fen is None:
        return average.cost_of(book.held(line.sku), line.qty_milli, None)
    return divide(unit_fen * line.qty_milli, MILLI, "half_up")


def _count(book: StockBook, line: CountedLine, why: str) -> StockMoved:
    before = book.held(line.sku)
    step = average.count(before, line.counted_milli, book.cost_fen(line.sku))
    difference = line.counted_milli - before.qty_milli
    if difference:
        book.book(step, Movement(line.sku, "count", difference, step.value_fen, why=why))
    return _moved(line.sku, difference, step)


def _sent(
    shop: Shop, transaction: Transaction, request: ReceiveRequest
) -> tuple[str, dict[str, tuple[int, int]]]:
    """(from which store, {sku: (quantity, value)} as it was sent there); marks the transfer as received."""
    known = transaction.stock.transfer(request.transfer)
    here = shop.config.store.id
    if known is None:
        if not request.lines:
            raise bad(
                "/transfer",
                "this transfer is not known here: say what arrived",
                "未收到该调拨单，请填写到货明细",
            )
        stores = (request.from_store, here)
        transaction.stock.send(request.transfer, transaction.seq + 1, stores, [], transaction.now_ms)
        known = (*stores, [], None)
    from_store, to_store, lines, received_ms = known
    if to_store != here:
        raise bad("/transfer", f"this transfer went to {to_store}", f"该调拨单发往 {to_store}")
    if received_ms is not None:
        raise bad("/transfer", "this transfer has been received", "该调拨单已收货")
    transaction.stock.received(request.transfer, transaction.now_ms)
    sent: dict[str, tuple[int, int]] = {}
    for sku, qty, value in lines:
        before = sent.get(sku, (0, 0))
        sent[sku] = (before[0] + qty, before[1] + value)
    return from_store, sent


def _sent_value(book: StockBook, line: Line, sent: dict[str, tuple[int, int]]) -> int:
    """The share of the value that it was sent for; of what was not sent, the cost that is known."""
    if line.sku not in sent:
        return average.cost_of(book.held(line.sku), line.qty_milli, book.cost_fen(line.sku))
    qty, value = sent[line.sku]
    return value * line.qty_milli // qty


def _arrived(sent: dict[str, tuple[int, int]], lines: tuple[Line, ...]) -> tuple[ReceivedLine, ...]:
    here: dict[str, int] = {}
    for line in lines:
        here[line.sku] = here.get(line.sku, 0) + line.qty_milli
    skus = dict.fromkeys((*sent, *here))
    return tuple(
        ReceivedLine(
            sku, sent.get(sku, (0, 0))[0], here.get(sku, 0), here.get(sku, 0) - sent.get(sku, (0, 0))[0]
        )
        for sku in skus
    )


def _moved(sku: str, qty_milli: int, step: Moved) -> StockMoved:
    held = step.holding
    mean = average.cost_of(held, MILLI, None) if held.qty_milli > 0 else None
    return StockMoved(sku, qty_milli, step.value_fen, held.qty_milli, mean)


def _reply(
    shop: Shop, transaction: Transaction, what: str, moved: list[StockMoved], told: dict[str, Any]
) -> StockReply:
    lines = [[line.sku, line.qty_milli, line.value_fen] for line in moved]
    seq = tell_hq(shop, transaction, "stock", None, {"what": what, "lines": lines, **told})
    return StockReply(tuple(moved), sum(line.value_fen for line in moved), seq, shop.offline)
