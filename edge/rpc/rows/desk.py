"""What the rows reach for, and how a row that writes is made."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from edge.counter.quoting import Quotes
from edge.counter.shop import Shop
from edge.counter.uplink_state import UplinkState
from edge.devices.spooler import Spooler
from edge.devices.supervisor import Supervisor
from edge.errors import Code
from edge.rpc.methods import Session

P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R")

MEMBER = (Code.NO_SUCH_MEMBER, Code.CARD_STOPPED, Code.CARD_EXPIRED)
WRITE = (Code.IDEM_CONFLICT,)
FUNDS = (Code.BALANCE_SHORT, Code.OFFLINE_LIMIT)
PAYING = (Code.TENDERS_MISMATCH, Code.TENDER_NOT_OFFLINE, Code.SHIFT)
PRINTER = (Code.NO_SUCH_DEVICE, Code.DEVICE_OFFLINE, Code.DEVICE_TIMEOUT, Code.PAPER_OR_COVER)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the rows below reach for."""

    shop: Shop
    quotes: Quotes
    devices: Supervisor
    spooler: Spooler
    uplink: UplinkState
    written: Callable[[], None]
    """Called after a write: there is something for the printers and for HQ."""


def writing(
    desk: Desk, write: Callable[[Shop, str, P], Awaitable[R]]
) -> Callable[[Session, P], Coroutine[Any, Any, R]]:
    """A call that writes: once it has, printers and HQ may have something to do."""

    async def call(session: Session, params: P) -> R:
        reply = await write(desk.shop, session.terminal, params)
        desk.written()
        return reply

    return call
