"""Customer displays at the counter: two lines, a total, or the idle text. Nothing shown is ever confirmed."""

from typing import Annotated, Literal

import msgspec

from drivers.api import Lamp
from edge.counter.quoting import Quotes
from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Fen, Name, Reply, Request, Text
from edge.devices.displays import Amount, Display, Lines
from edge.devices.supervisor import Supervisor

ForMs = Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]


class ShowRequest(Request, frozen=True):
    """Two lines of text, cut to the display; ``for_ms`` 0 keeps them until something else is shown."""

    lines: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=2)]
    device: Name | None = None
    for_ms: ForMs = 0


class TotalRequest(Request, frozen=True):
    """An amount under its lamp: of a quote, or given; ``kind`` says what the figure means."""

    quote_id: Word | None = None
    amount_fen: Fen | None = None
    kind: Literal["price", "total", "paid", "change"] = "total"
    device: Name | None = None
    for_ms: ForMs = 0


class ClearRequest(Request, frozen=True):
    """Back to the idle text."""

    device: Name | None = None


class ShownReply(Reply, frozen=True):
    """A pole display answers nothing: what it shows is unverified."""

    device: str
    shown: Literal["unverified"] = "unverified"


def show(devices: Supervisor, request: ShowRequest) -> ShownReply:
    """Show lines; raises 1401."""
    display = devices.display(request.device)
    display.show(Lines(request.lines), request.for_ms / 1000 or None)
    return ShownReply(display.name)


def show_total(shop: Shop, quotes: Quotes, devices: Supervisor, request: TotalRequest) -> ShownReply:
    """Show an amount; raises 1401, and -32602 where neither a live quote nor an amount is given."""
    display: Display = devices.display(request.device)
    amount_fen = request.amount_fen
    if request.quote_id is not None:
        quote = quotes.find(request.quote_id, shop.now_ms())
        if quote is None:
            raise bad("/quote_id", "this quote has expired", "报价已过期")
        amount_fen = quote.due_fen
    if amount_fen is None:
        raise bad("/amount_fen", "give quote_id or amount_fen", "缺少报价号或金额")
    display.show(Amount(Lamp(request.kind), amount_fen), request.for_ms / 1000 or None)
    return ShownReply(display.name)


def clear(devices: Supervisor, request: ClearRequest) -> ShownReply:
    """Show the idle text; raises 1401."""
    display = devices.display(request.device)
    display.clear()
    return ShownReply(display.name)
