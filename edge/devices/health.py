"""What is known about a device, in the words and numbers of UnifiedPOS (javapos-contracts)."""

from enum import StrEnum
from typing import Literal

import msgspec

from drivers.api import Paper

Kind = Literal["printer", "display", "reader"]


class State(StrEnum):
    """UnifiedPOS ControlState: JPOS_S_CLOSED, IDLE, BUSY, ERROR."""

    CLOSED = "closed"
    IDLE = "idle"
    BUSY = "busy"
    ERROR = "error"

    @property
    def upos(self) -> int:
        """The number of the state: 1 to 4."""
        return list(State).index(self) + 1


class Power(StrEnum):
    """UnifiedPOS PowerState; UNKNOWN until the device was first tried."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Health(msgspec.Struct, frozen=True):
    """One device as device.list shows it. ``since_ms``: since when it has been in this state.

    ``opens`` and ``losses`` count since the daemon started; ``dropped`` counts cards that nobody asked for.
    """

    name: str
    kind: Kind
    driver: str
    port: str
    since_ms: int
    state: State = State.CLOSED
    power: Power = Power.UNKNOWN
    paper: Paper = Paper.UNKNOWN
    cover_open: bool = False
    error: bool = False
    last_error: str = ""
    opens: int = 0
    losses: int = 0
    dropped: int = 0

    @property
    def ready(self) -> bool:
        """True while a job sent now would come out now."""
        blocked = self.cover_open or self.error or self.paper is Paper.OUT
        return self.power is Power.ONLINE and not blocked


class DeviceEvent(msgspec.Struct, frozen=True):
    """One change that a till hears of (event.device); ``upos`` is the StatusUpdateEvent's number, 0 if none."""

    device: str
    kind: Kind
    what: Literal["power", "paper", "cover", "error"]
    value: str
    upos: int
    at_ms: int
    why: str = ""


_PAPER_UPOS = {Paper.OUT: 24, Paper.NEAR_END: 25, Paper.OK: 26}
_POWER_UPOS = {Power.ONLINE: 2001, Power.OFFLINE: 2004}


def changes(before: Health, after: Health, at_ms: int) -> list[DeviceEvent]:
    """What a till must hear when ``before`` became ``after``."""
    events: list[DeviceEvent] = []

    def tell(what: Literal["power", "paper", "cover", "error"], value: str, upos: int, why: str = "") -> None:
        events.append(DeviceEvent(after.name, after.kind, what, value, upos, at_ms, why))

    if after.power is not before.power:
        why = "" if after.power is Power.ONLINE else after.last_error
        tell("power", after.power, _POWER_UPOS.get(after.power, 0), why)
    if after.paper is not before.paper:
        tell("paper", after.paper, _PAPER_UPOS.get(after.paper, 0))
    if after.cover_open != before.cover_open:
        tell("cover", "open" if after.cover_open else "closed", 11 if after.cover_open else 12)
    if after.error != before.error:
        tell("error", "error" if after.error else "ok", 0)
    return events
