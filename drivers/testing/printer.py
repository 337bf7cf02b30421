"""A virtual receipt printer: a small ESC/POS interpreter with paper, a cover and a drawer.

Like a real one it answers real-time commands at once, and holds everything else while it is out of
paper or open, to print it after the roll is changed. Status bytes as in Epson's tables.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from drivers.api import Paper
from drivers.testing.wire import PtyEnd, TcpEnd, VirtualDevice, WireEnd

ASB_ON_CHANGE = 0x0F

# The parameter bytes after each command; those of GS ( and FS ( say themselves how many follow.
_COMMANDS = {
    b"\x10\x04": 1,
    b"\x10\x14": 3,
    b"\x1b@": 0,
    b"\x1bt": 1,
    b"\x1ba": 1,
    b"\x1bE": 1,
    b"\x1bd": 1,
    b"\x1bp": 3,
    b"\x1d!": 1,
    b"\x1dV": 1,
    b"\x1dr": 1,
    b"\x1da": 1,
    b"\x1c&": 0,
    b"\x1c.": 0,
    b"\x1d(": 3,
    b"\x1c(": 3,
}
_REALTIME = (b"\x10\x04", b"\x10\x14")
_PREFIXES = {command[:1] for command in _COMMANDS}


class VirtualPrinter(VirtualDevice):
    """On TCP, or with ``kind="pty"`` on a pty that ``path`` names. ``receipts`` are the finished ones."""

    def __init__(
        self,
        kind: Literal["tcp", "pty"] = "tcp",
        path: Path | None = None,
        codec: str = "gb18030",
        width: int = 48,
        port: int = 0,
    ) -> None:
        wire: WireEnd = TcpEnd(port) if kind == "tcp" else PtyEnd(path)
        super().__init__(wire)
        self.receipts: list[str] = []
        self.on_receipt: Callable[[str], None] = lambda _text: None
        self.received = bytearray()
        self.kicks: list[int] = []
        self.drawer_open = False
        self.silent = False
        self._codec, self._width = codec, width
        self._paper, self._cover_open = Paper.OK, False
        self._drop_after: int | None = None
        self._connected()

    # --- what happens to it ---

    def set_paper(self, paper: Paper) -> None:
        """Take the roll out, let it run low, put a new one in."""
        self._paper = paper
        self._state_changed()

    def set_cover(self, open: bool) -> None:
        """Open or close the cover."""
        self._cover_open = open
        self._state_changed()

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self.drawer_open = False
        self._state_changed()

    def drop_after(self, count: int) -> None:
        """Lose the link when ``count`` more bytes have come."""
        self._drop_after = len(self.received) + count

    async def finished(self, count: int, timeout_s: float = 5.0) -> list[str]:
        """The receipts, as soon as there are ``count``."""
        await self.until(lambda: len(self.receipts) >= count, timeout_s)
        return self.receipts

    @property
    def blocked(self) -> bool:
        return self._cover_open or self._paper is Paper.OUT

    # --- bytes in ---

    def _connected(self) -> None:
        self._pending = b""
        self._held: deque[bytes] = deque()
        self._line = b""
        self._lines: list[str] = []
        self._align = 0
        self._asb = 0
        self._code = ""

    def _receive(self, chunk: bytes) -> None:
        if self._drop_after is not None and len(self.received) + len(chunk) >= self._drop_after:
            chunk = chunk[: self._drop_after - len(self.received)]
            self._drop_after = None
            asyncio.get_running_loop().call_soon(self._drop)
        self.received += chunk
        self._pending += chunk
        while (size := _token_size(self._pending)) is not None:
            token, self._pending = self._pending[:size], self._pending[size:]
            if token[:2] in _REALTIME:
                self._realtime(token)
            else:
                self._held.append(token)
        self._work()

    def _work(self) -> None:
        while self._held and not self.blocked:
            self._print(self._held.popleft())
        self._changed.set()

    def _drop(self) -> None:
        if isinstance(self.wire, TcpEnd):
            self.wire.drop()
        else:
            self.unplug()

    # --- commands ---

    def _realtime(self, token: bytes) -> None:
        if token[:2] == b"\x10\x04":
            self._say(bytes((self._realtime_status(token[2]),)))
        elif token[2] == 1:
            self._kick(token[3])

    def _print(self, token: bytes) -> None:
        match token[:2]:
            case b"\n":
                self._end_line()
            case b"\x1b@":
                self._asb, self._align, self._line = 0, 0, b""
            case b"\x1ba":
                self._align = token[2] & 3
            case b"\x1bd":
                self._end_line()
                self._lines += [""] * (token[2] - 1)
            case b"\x1bp":
                self._kick(token[2])
            case b"\x1da":
                self._asb = token[2]
                self._push()
            case b"\x1dr":
                self._say(bytes((self._paper_bits(0x03, 0x0C),)))
            case b"\x1dV":
                self._cut()
            case b"\x1d(" if token[2:3] == b"k":
                self._qr(token[5:])
            case _ if token[0] >= 0x20:
                self._line += token

    def _qr(self, body: bytes) -> None:
        if body[:3] == b"1P0":
            self._code = body[3:].decode(errors="replace")
        elif body[:3] == b"1Q0":
            self._line += f"[QR {self._code}]".encode(self._codec, "replace")
            self._end_line()

    def _end_line(self) -> None:
        space = max(0, self._width - len(self._line))
        lead = (0, space // 2, space)[min(self._align, 2)] if self._line else 0
        self._lines.append(" " * lead + self._line.decode(self._codec, "replace"))
        self._line = b""

    def _cut(self) -> None:
        if self._line:
            self._end_line()
        receipt = "\n".join(self._lines)
        self._lines = []
        self.receipts.append(receipt)
        self.on_receipt(receipt)

    def _kick(self, line: int) -> None:
        self.kicks.append(5 if line in (1, 49) else 2)
        self.drawer_open = True
        self._state_changed()

    # --- status out ---

    def _state_changed(self) -> None:
        self._work()
        self._push()

    def _push(self) -> None:
        if self._asb & ASB_ON_CHANGE:
            self._say(bytes((self._printer_bits(0x20), 0, self._paper_bits(0x03, 0x0C), 0)))

    def _say(self, answer: bytes) -> None:
        if not self.silent:
            self.wire.send(answer)

    def _realtime_status(self, n: int) -> int:
        cover = 0x04 if self._cover_open else 0
        out = 0x20 if self._paper is Paper.OUT else 0
        return {1: 0x02 | self._printer_bits(0), 2: 0x12 | cover | out}.get(
            n, 0x12 | (self._paper_bits(0x0C, 0x60) if n == 4 else 0)
        )

    def _printer_bits(self, cover_bit: int) -> int:
        """The drawer's switch is low while open."""
        offline = 0x08 if self.blocked else 0
        return 0x10 | offline | (0 if self.drawer_open else 0x04) | (cover_bit if self._cover_open else 0)

    def _paper_bits(self, near: int, out: int) -> int:
        return {Paper.NEAR_END: near, Paper.OUT: near | out}.get(self._paper, 0)


def _token_size(pending: bytes) -> int | None:
    """Bytes of the first command or run of text; None when more must come."""
    if not pending:
        return None
    if pending[0] >= 0x20:
        return next((at for at, byte in enumerate(pending) if byte < 0x20), len(pending))
    if pending[:1] not in _PREFIXES:
        return 1
    if len(pending) < 2:
        return None
    if pending[:2] not in _COMMANDS:
        return 2
    return _command_size(pending)


def _command_size(pending: bytes) -> int | None:
    size = 2 + _COMMANDS[pending[:2]]
    if len(pending) < size:
        return None
    if pending[:2] in (b"\x1d(", b"\x1c("):
        size += int.from_bytes(pending[3:5], "little")
    elif pending[:2] == b"\x1dV" and pending[2] in (65, 66):
        size += 1
    return size if len(pending) >= size else None
