"""Baskets and results as a bundle's vectors have them: the kernel's own form, or the way people write one."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from cext.limits import COUPONS_MAX, FEN_MAX, LINES_MAX, MILLI_MAX, QTY_MAX, TS_MAX
from edge.domain.money import line_amount
from edge.domain.rules.model import Id

Fen = Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
Amount = int
"""What a result may hold; it is compared, nothing is computed with it."""


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Keys that are not known are refused here; the kernel passes over them."""


class AskedLine(_Asked, frozen=True):
    """A line: ``unit`` or ``fen`` in fen, one follows from the other; ``nd`` no discount, ``np`` no points."""

    sku: str = ""
    cat: str | None = None
    brand: str | None = None
    name: str | None = None
    qty: Annotated[int, msgspec.Meta(ge=0, le=QTY_MAX)] = 1
    milli: Annotated[int, msgspec.Meta(ge=0, le=MILLI_MAX)] = 0
    unit: Fen | None = None
    fen: Fen | None = None
    nd: bool = False
    np: bool = False


class AskedMember(_Asked, frozen=True):
    """Who buys: ``bday`` is MMDD by the sun; ``birthday_state`` says the moon's too (docs/rule-authoring.md)."""

    id: str | None = None
    tier: Id | None = None
    bday: Annotated[int, msgspec.Meta(ge=0, le=1231)] | None = None
    birthday_state: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None
    first: bool = False
    tags: tuple[str, ...] = ()


class Asked(_Asked, frozen=True):
    """A basket: ``at`` is a local time, ``ts`` the same in epoch seconds."""

    lines: Annotated[tuple[AskedLine, ...], msgspec.Meta(max_length=LINES_MAX)]
    id: str | None = None
    at: datetime | None = None
    ts: Annotated[int, msgspec.Meta(ge=0, le=TS_MAX)] | None = None
    store: str = "S001"
    pay: str = "cash"
    channel: str | None = None
    member: AskedMember | None = None
    points_used: Fen = 0
    coupons: Annotated[tuple[Id, ...], msgspec.Meta(max_length=COUPONS_MAX)] = ()
    used: dict[str, tuple[Amount, ...]] = {}


class Expected(_Asked, frozen=True):
    """The keys of the result that matter; ``fired`` names rules, or rules with what each gave."""

    gross: Amount | None = None
    discount: Amount | None = None
    payable: Amount | None = None
    points: Amount | None = None
    fired: tuple[str | tuple[str, Amount], ...] | dict[str, Amount] | None = None
    line_net: tuple[Amount, ...] | None = None
    line_points: tuple[Amount, ...] | None = None


def plain_request(asked: dict[str, Any], zone: ZoneInfo, default_ts: int) -> dict[str, Any]:
    """``asked`` as the kernel takes it: at ``default_ts`` where it names no moment."""
    request = {"store": "S001", "pay": "cash", **asked}
    at = request.pop("at", None)
    if at is not None:
        moment = datetime.fromisoformat(at)
        request["ts"] = int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())
    request.setdefault("ts", default_ts)
    request["lines"] = [_plain_line(line) for line in asked.get("lines", ())]
    return request


def plain_expected(expected: dict[str, Any]) -> dict[str, Any]:
    """``fired`` as a list, which keeps the order of application: of ids, or of pairs with values."""
    fired = expected.get("fired")
    if isinstance(fired, dict):
        return {**expected, "fired": [[rule, value] for rule, value in fired.items()]}
    return expected


def _plain_line(line: dict[str, Any]) -> dict[str, Any]:
    plain = {"sku": "", "qty": 1, **line}
    unit, fen = plain.get("unit"), plain.get("fen")
    quantity_milli = plain["qty"] * 1000 + plain.get("milli", 0)
    if fen is None and unit is not None:
        plain["fen"] = line_amount(unit, quantity_milli)
    if unit is None and fen is not None:
        plain["unit"] = fen * 1000 // quantity_milli if quantity_milli else fen
    return plain
