"""ESC/POS, inwards: what a printer says about itself, told apart byte by byte.

One wire carries four kinds of answer without any framing. The fixed bits of the Epson tables (DLE EOT,
GS a, GS r, GS I) are what keeps them apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from drivers.api import Paper, PrinterStatus

BLOCK_BYTES_MAX = 80
ASB_TAIL_BYTES = 3

_XON, _XOFF = 0x11, 0x13
_BLOCK_HEADS = (0x37, 0x3D, 0x5F)


@dataclass(frozen=True, slots=True)
class Flow:
    """XON (``go``) or XOFF."""

    go: bool


@dataclass(frozen=True, slots=True)
class Realtime:
    """The answer to the one DLE EOT that was asked; which one, only the asker knows."""

    byte: int


@dataclass(frozen=True, slots=True)
class StatusBack:
    """Four bytes of Automatic Status Back."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class PaperSensor:
    """The answer to GS r 1: everything sent before it has been dealt with."""

    byte: int


@dataclass(frozen=True, slots=True)
class Block:
    """A text answer: identity (GS I) or process id (GS ( H)."""

    head: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """A byte that no printer status can be."""

    byte: int


Answer = Flow | Realtime | StatusBack | PaperSensor | Block | Noise


class StatusDecoder:
    """Splits a printer's bytes into answers, whatever pieces they come in."""

    def __init__(self) -> None:
        self._open = bytearray()

    def feed(self, chunk: bytes) -> list[Answer]:
        """The answers that ``chunk`` completes."""
        return [answer for byte in chunk for answer in self._next(byte)]

    def _next(self, byte: int) -> Iterator[Answer]:
        if byte in (_XON, _XOFF):
            yield Flow(byte == _XON)  # may come between the bytes of another answer
        elif not self._open:
            yield from self._first(byte)
        elif self._open[0] in _BLOCK_HEADS:
            yield from self._in_block(byte)
        else:
            yield from self._in_status_back(byte)

    def _first(self, byte: int) -> Iterator[Answer]:
        if byte in _BLOCK_HEADS or byte & 0x93 == 0x10:
            self._open.append(byte)
        elif byte & 0x93 == 0x12:
            yield Realtime(byte)
        elif byte & 0xF0 == 0x00:
            yield PaperSensor(byte)
        else:
            yield Noise(byte)

    def _in_status_back(self, byte: int) -> Iterator[Answer]:
        if byte & 0x90:  # bits 4 and 7 of the tail are fixed at 0: what was open was not a status
            yield from self._abandon(byte)
            return
        self._open.append(byte)
        if len(self._open) == 1 + ASB_TAIL_BYTES:
            yield StatusBack(self._take())

    def _in_block(self, byte: int) -> Iterator[Answer]:
        if byte == 0:
            raw = self._take()
            yield Block(raw[0], raw[1:])
        elif 0x20 <= byte <= 0x7E and len(self._open) <= BLOCK_BYTES_MAX:
            self._open.append(byte)
        else:
            yield from self._abandon(byte)

    def _abandon(self, byte: int) -> Iterator[Answer]:
        for lost in self._take():
            yield Noise(lost)
        yield from self._first(byte)

    def _take(self) -> bytes:
        raw = bytes(self._open)
        self._open.clear()
        return raw


def ask(n: Literal[1, 2, 4]) -> bytes:
    """DLE EOT n: answered at once, even out of paper. 1 printer, 2 cause of being offline, 4 paper."""
    return bytes((0x10, 0x04, n))


def from_realtime(answers: Mapping[int, int], drawer_open: Literal["low", "high"]) -> PrinterStatus:
    """The status in the answers to DLE EOT 1, 2 and 4."""
    printer, cause, paper = answers[1], answers[2], answers[4]
    return PrinterStatus(
        known=True,
        online=not printer & 0x08,
        paper=_paper(near=paper & 0x0C, out=paper & 0x60 or cause & 0x20),
        cover_open=bool(cause & 0x04),
        error=bool(cause & 0x40),
        drawer_open=bool(printer & 0x04) == (drawer_open == "high"),
    )


def from_status_back(answer: StatusBack, drawer_open: Literal["low", "high"]) -> PrinterStatus:
    """The status in four bytes of GS a."""
    printer, error, paper, _ = answer.raw
    return PrinterStatus(
        known=True,
        online=not printer & 0x08,
        paper=_paper(near=paper & 0x03, out=paper & 0x0C),
        cover_open=bool(printer & 0x20),
        error=bool(error & 0x6C),
        drawer_open=bool(printer & 0x04) == (drawer_open == "high"),
    )


def offline(last: PrinterStatus) -> PrinterStatus:
    """What remains known of a printer that stopped answering."""
    return replace(last, online=False)


def _paper(near: int, out: int) -> Paper:
    if out:
        return Paper.OUT
    return Paper.NEAR_END if near else Paper.OK
