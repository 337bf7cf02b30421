"""What a till asks: one basket, its member and the occasion. Keys that are not named here are passed over."""

from typing import Annotated

import msgspec
from msgspec import Meta

from cext.document import read
from cext.errors import RequestError
from cext.limits import FEN_MAX, LINES_MAX, MILLI_MAX, QTY_MAX, TS_MAX

Fen = Annotated[int, Meta(ge=0, le=FEN_MAX)]


class Line(msgspec.Struct, frozen=True):
    """One line: ``unit`` and ``fen`` in fen, ``nd`` gets no discount, ``np`` earns no points.

    ``qty`` counts whole units, ``milli`` the thousandths of a unit beyond them.
    """

    sku: str
    qty: Annotated[int, Meta(ge=0, le=QTY_MAX)]
    unit: Fen
    fen: Fen
    cat: str | None = None
    brand: str | None = None
    nd: bool = False
    np: bool = False
    milli: Annotated[int, Meta(ge=0, le=MILLI_MAX)] = 0


class Member(msgspec.Struct, frozen=True):
    """The member: ``bday`` is MMDD.

    ``birthday_state`` (bit 0 this month, bit 1 today) overrules ``bday``: a lunar birthday is resolved outside.
    """

    tier: str | None = None
    bday: Annotated[int, Meta(ge=0, le=1231)] | None = None
    first: bool = False
    tags: tuple[str, ...] = ()
    birthday_state: Annotated[int, Meta(ge=0, le=3)] | None = None


class Request(msgspec.Struct, frozen=True):
    """One basket at ``ts`` (epoch seconds); ``points_used`` are paid with, ``member`` is null for a stranger."""

    ts: Annotated[int, Meta(ge=0, le=TS_MAX)]
    store: str
    pay: str
    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
    member: Member | None = None
    points_used: Fen = 0
    channel: str | None = None


_decoder = msgspec.json.Decoder(Request)


def read_request(raw: bytes) -> Request:
    """Read one request; raises RequestError."""
    request = read(raw, _decoder, RequestError)
    if sum(line.fen for line in request.lines) > FEN_MAX:
        raise RequestError("/lines", f"the receipt comes to more than {FEN_MAX} fen")
    return request
