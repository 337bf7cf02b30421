"""A virtual card reader and barcode scanner on a pty."""

from pathlib import Path

from drivers.testing.wire import PtyEnd, VirtualDevice


class VirtualReader(VirtualDevice):
    """Swipes and scans on demand; what comes before a driver has opened the port is lost."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(PtyEnd(path))

    def swipe(self, track2: str, track1: str = "") -> None:
        """Draw a card through: contents of the tracks, without sentinels."""
        first = f"%{track1}?" if track1 else ""
        self.send(f"{first};{track2}?\r".encode("ascii"))

    def scan(self, code: str, aim: str = "") -> None:
        """Read a code; ``aim`` is its symbology prefix (``]E0``)."""
        self.send(f"{aim}{code}\r\n".encode())

    def send(self, raw: bytes) -> None:
        """Any bytes, whole or in pieces."""
        self.wire.send(raw)

    def _receive(self, chunk: bytes) -> None:
        """A reader listens to nothing."""
