"""A virtual customer display: what a customer would see, as text."""

from pathlib import Path
from typing import Literal

from drivers.api import Lamp
from drivers.testing.wire import PtyEnd, VirtualDevice

COLUMNS = 20

_LAMPS = (Lamp.NONE, Lamp.PRICE, Lamp.TOTAL, Lamp.PAID, Lamp.CHANGE)


class VirtualDisplay(VirtualDevice):
    """``lines`` on a CD5220; ``digits`` and ``lamp`` on an LED8. ``frames`` counts what it was sent."""

    def __init__(self, model: Literal["cd5220", "led8"] = "cd5220", path: Path | None = None) -> None:
        super().__init__(PtyEnd(path))
        self.model = model
        self._connected()

    @property
    def lines(self) -> tuple[str, str]:
        """Both lines of a CD5220, 20 characters each."""
        return (self._rows["A"].ljust(COLUMNS), self._rows["B"].ljust(COLUMNS))

    @property
    def digits(self) -> str:
        """What an LED8 shows."""
        return self._rows["A"]

    def _connected(self) -> None:
        self._rows = {"A": "", "B": ""}
        self.lamp = Lamp.NONE
        self.brightness = 4
        self.frames = 0
        self._pending = b""

    def _receive(self, chunk: bytes) -> None:
        self._pending += chunk
        while (size := _size(self._pending)) is not None:
            command, self._pending = self._pending[:size], self._pending[size:]
            self._obey(command)
        self._changed.set()

    def _obey(self, command: bytes) -> None:
        match command[:2]:
            case b"\x0c" | b"\x1b@":
                self._rows = {"A": "", "B": ""}
            case b"\x1bQ":
                self.frames += 1
                self._rows[chr(command[2])] = command[3:-1].decode("ascii", "replace")
            case b"\x1b*":
                self.brightness = command[2]
            case b"\x1bs":
                self.lamp = _LAMPS[command[2] - 0x30]


def _size(pending: bytes) -> int | None:
    """Bytes of the first command; None when more must come."""
    if not pending:
        return None
    if pending[0] != 0x1B:
        return 1
    if len(pending) < 2:
        return None
    if pending[1:2] == b"Q":
        end = pending.find(b"\r")
        return end + 1 if end >= 0 else None
    size = {b"@": 2, b"*": 3, b"s": 3}.get(pending[1:2], 2)
    return size if len(pending) >= size else None
