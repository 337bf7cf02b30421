"""A barcode scanner on a serial line: one code per line, perhaps after an AIM symbology prefix.

A QR code may be somebody's payment code, so it is treated like a card: one ``bytearray``, wiped.
"""

import re

CAP_BYTES = 256

_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")  # ISO/IEC 15424, for example ]E0 before an EAN-13
_LINE_ENDS = b"\r\n"

Span = tuple[int, int]


class ScanBuffer:
    """One scanned code, in pieces of any size."""

    def __init__(self) -> None:
        self.raw = bytearray()

    @property
    def empty(self) -> bool:
        """True while no code has begun."""
        return not self.raw

    def feed(self, chunk: bytes) -> tuple[bool, int]:
        """Add the first line of ``chunk``: whether the code is whole, and how many bytes were used."""
        for used, byte in enumerate(chunk, start=1):
            if byte not in _LINE_ENDS:
                # One more than may be: enough to tell that it was too long.
                self.raw += bytes((byte,)) if len(self.raw) <= CAP_BYTES else b""
            elif self.raw:
                return True, used
        return False, len(chunk)

    def number(self) -> Span | None:
        """Where the code stands in ``raw``; None when it was too long."""
        if len(self.raw) > CAP_BYTES:
            return None
        prefix = _AIM.match(self.raw)
        return (prefix.end() if prefix else 0), len(self.raw)

    def wipe(self) -> None:
        """Overwrite what was read, and begin again."""
        self.raw[:] = bytes(len(self.raw))
        self.raw.clear()
