"""What a till asks: one basket, its member and the occasion. Keys that are not named here are passed over."""

from typing import Annotated

import msgspec
from msgspec import Meta

from cext.document import read
from cext.errors import RequestError
from cext.limits import COUPONS_MAX, FEN_MAX, LINES_MAX, MILLI_MAX, QTY_MAX, TS_MAX, USED_MAX

Fen = Annotated[int, Meta(ge=0, le=FEN_MAX)]
Counter = Annotated[int, Meta(ge=0, le=USED_MAX)]


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

    ``birthday_state`` overrules ``bday``, because a lunar birthday is resolved outside: bit 0 this month,
    bit 1 today by the sun; bit 2 this month, bit 3 today by the moon.
    """

    tier: str | None = None
    bday: Annotated[int, Meta(ge=0, le=1231)] | None = None
    first: bool = False
    tags: tuple[str, ...] = ()
    birthday_state: Annotated[int, Meta(ge=0, le=15)] | None = None


class Used(msgspec.Struct, frozen=True, array_like=True):
    """What a rule has given so far: in receipts to the member, ever and today; in value to both, and to all."""

    times_member: Counter = 0
    times_day: Counter = 0
    value_member: Counter = 0
    value_day: Counter = 0
    value_total: Counter = 0


class Request(msgspec.Struct, frozen=True):
    """One basket at ``ts`` (epoch seconds); ``points_used`` are paid with, ``member`` is null for a stranger.

    ``coupons`` are the kinds presented; ``used`` counts by rule id, and passes over rules that it does not know.
    """

    ts: Annotated[int, Meta(ge=0, le=TS_MAX)]
    store: str
    pay: str
    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
    member: Member | None = None
    points_used: Fen = 0
    channel: str | None = None
    coupons: Annotated[tuple[str, ...], Meta(max_length=COUPONS_MAX)] = ()
    used: dict[str, Used] = {}


_decoder = msgspec.json.Decoder(Request)


def read_request(raw: bytes) -> Request:
    """Read one request; raises RequestError."""
    request = read(raw, _decoder, RequestError)
    if sum(line.fen for line in request.lines) > FEN_MAX:
        raise RequestError("/lines", f"the receipt comes to more than {FEN_MAX} fen")
    if len(set(request.coupons)) < len(request.coupons):
        raise RequestError("/coupons", "the same kind of coupon twice")
    return request
