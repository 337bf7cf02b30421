"""What a driver is: the only module of ours that a driver, built in or third-party, needs to import.

A driver turns a device's bytes into meaning. It is opened and closed by the supervisor, never retries by
itself, and reports through callbacks on the event loop's thread. Vocabulary: UnifiedPOS (javapos-contracts).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, TypeVar

import msgspec

API_VERSION = 1

Option = str | int | bool
_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class DriverError(Exception):
    """Root of what a driver raises; ``upos`` is the UnifiedPOS (ErrorCode, ErrorCodeExtended)."""

    upos = (111, 0)


class DeviceOffline(DriverError):
    """The device cannot be reached, or the link went away. ``sent`` counts bytes the kernel had accepted."""

    upos = (108, 0)

    def __init__(self, message: str, sent: int = 0) -> None:
        super().__init__(message)
        self.sent = sent


class DeviceTimeout(DriverError):
    """The device did not take or answer bytes in time. ``sent`` counts bytes the kernel had accepted."""

    upos = (112, 0)

    def __init__(self, message: str, sent: int = 0) -> None:
        super().__init__(message)
        self.sent = sent


class BadPort(DriverError):
    """The port or an option in the configuration cannot be used; the text names it."""

    upos = (106, 0)


class DeviceBlocked(DriverError):
    """Refused: the printer is out of paper, open or in error, and would act later instead of now.

    ``extended`` is 201 for an open cover and 203 for missing paper.
    """

    upos = (114, 0)

    def __init__(self, message: str, extended: int = 0) -> None:
        super().__init__(message)
        self.upos = (114, extended)


@dataclass(frozen=True, slots=True)
class QualitySheet:
    """What a driver has been proven against, and what it can never know; shown to technicians."""

    proven: tuple[str, ...]
    limits: tuple[str, ...] = ()


def read_options(options: Mapping[str, Option], into: type[_Struct]) -> _Struct:
    """The options of a device as a Struct with ``forbid_unknown_fields``; BadPort names the wrong one."""
    try:
        return msgspec.convert(dict(options), into)
    except msgspec.ValidationError as error:
        raise BadPort(f"options: {error}") from None


# --- wires ---


class Link(Protocol):
    """One open wire to a device. ``on_bytes`` and ``on_lost`` are called on the loop's thread.

    After ``on_lost`` the link is closed and every write raises DeviceOffline.
    """

    on_bytes: Callable[[bytes], None]
    on_lost: Callable[[str], None]

    async def open(self) -> None:
        """Open and configure; raises DeviceOffline or BadPort."""
        ...

    async def write(
        self, payload: bytes, timeout_s: float, on_sent: Callable[[int], None] | None = None
    ) -> int:
        """Write all of ``payload``; ``on_sent`` hears the running count; raises with ``.sent``.

        ``timeout_s`` limits each wait for the device to take more, so a slow device is not a stalled one.
        """
        ...

    async def close(self) -> None:
        """Close now, discarding what the device has not taken; never blocks the loop."""
        ...


# --- receipt printers ---

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; wrapped at the paper's width by the driver. ``size`` 2 doubles width and height."""

    text: str
    align: Align = "left"
    bold: bool = False
    size: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """Left text and right text on one line (a label and its amount)."""

    left: str
    right: str
    bold: bool = False
    size: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in columns: ``widths`` are shares of the paper; first cell left-, others right-aligned."""

    cells: tuple[str, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across the paper."""

    char: str = "-"


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code of ``text``, printed natively where the printer can."""

    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed to the knife and cut."""


Block = Text | Pair | Row | Divider | Feed | QrCode | Cut
Document = tuple[Block, ...]


class Paper(StrEnum):
    OK = "ok"
    NEAR_END = "near_end"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer last said about itself; ``known`` is False for a printer that never says anything."""

    known: bool = False
    online: bool = True
    paper: Paper = Paper.UNKNOWN
    cover_open: bool = False
    error: bool = False
    drawer_open: bool = False

    @property
    def blocked(self) -> bool:
        """True while the printer would hold a job back rather than print it."""
        return self.cover_open or self.paper is Paper.OUT or self.error


class Outcome(StrEnum):
    """What is known of a job after sending it: the end states of the job state machine."""

    PRINTED = "printed"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Proof(StrEnum):
    """What the outcome rests on."""

    NONE = "none"
    SENT = "sent"
    STATUS_OK = "status_ok"


@dataclass(frozen=True, slots=True)
class SendResult:
    """``accepted`` bytes of the job went to the device; FAILED means none did, so it may be sent again."""

    outcome: Outcome
    proof: Proof
    accepted: int
    why: str = ""


class ReceiptPrinter(Protocol):
    """A receipt printer that is opened, asked for its status, and sent one job at a time."""

    on_status: Callable[[PrinterStatus], None]
    on_lost: Callable[[str], None]

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def encode(self, document: Document) -> bytes:
        """The whole job as the device's bytes, completion request included; pure and repeatable."""
        ...

    async def status(self) -> PrinterStatus:
        """Ask now; raises DeviceTimeout when a device that answers in general does not."""
        ...

    async def send(self, payload: bytes, on_sent: Callable[[int], None] | None = None) -> SendResult:
        """Send one encoded job and wait until the printer says it is done, or nothing more can be known."""
        ...

    async def kick_drawer(self, pin: Literal[2, 5] = 2) -> None:
        """Open the cash drawer now; refused (DriverError) where a blocked printer would hold the kick back."""
        ...


# --- customer displays ---


class Lamp(StrEnum):
    """What a figure on a digits-only display means."""

    NONE = "none"
    PRICE = "price"
    TOTAL = "total"
    PAID = "paid"
    CHANGE = "change"


class CustomerDisplay(Protocol):
    """A write-only display: the last frame wins, nothing is ever confirmed."""

    columns: int
    rows: int
    charset: Literal["digits", "ascii", "gb2312", "gbk", "utf8"]
    on_lost: Callable[[str], None]

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def show(self, lines: tuple[str, ...]) -> None:
        """Show these lines, cut and padded to the display; characters it has not become ``?``."""
        ...

    async def show_amount(self, lamp: Lamp, label: str, amount_fen: int) -> None:
        """Show one amount: digits and a lamp on LED8, label and amount on the others."""
        ...

    async def clear(self) -> None: ...


# --- card readers and scanners ---


@dataclass(frozen=True, slots=True)
class Scan:
    """One accepted swipe or scan: ``number`` passed the member-number allow-list."""

    number: str
    source: Literal["magstripe", "barcode", "rfid", "nfc", "keyboard"]

    @property
    def masked(self) -> str:
        """The number with its middle hidden, fit for logs and displays."""
        shown = self.number
        return shown if len(shown) <= 4 else shown[:2] + "*" * (len(shown) - 4) + shown[-2:]


@dataclass(frozen=True, slots=True)
class Refused:
    """A swipe that is not ours, or cannot be read. Carries no digit of the card."""

    why: Literal["not_a_member_card", "unreadable"]


class CardReader(Protocol):
    """A reader: raises no events before ``open``; every card is one event."""

    on_scan: Callable[[Scan | Refused], None]
    on_lost: Callable[[str], None]

    async def open(self) -> None: ...

    async def close(self) -> None: ...


Driver = ReceiptPrinter | CustomerDisplay | CardReader
