"""Magnetic stripe cards as a reader sends them: ISO/IEC 7811 tracks in ASCII between sentinels.

Track 1 is ``%`` ... ``?`` with ``^`` between fields, track 2 ``;`` ... ``?`` with ``=``; each may be
followed by its LRC, the XOR of all its characters. What is read may be a payment card: it lives in one
``bytearray`` that is overwritten with zeros, and nothing here returns or raises a character of it.
"""

import re

CAP_BYTES = 256
END = 0x3F  # ?

_STARTS = {0x25: 0x20, 0x3B: 0x30}  # % and ;, with what ASCII adds to a character of that track
_TRACK_2 = re.compile(rb";(\d{1,19})(?:=[\d=]*)?\?")
# %E? and ;E? are what readers send for a track that they could not read.
_TRACK_1 = re.compile(rb"%(?!E\?)B?([0-9A-Za-z]{1,19})(?:\^[^?]*)?\?")

Span = tuple[int, int]


class SwipeBuffer:
    """The tracks of one swipe, in pieces of any size. ``lrc``: the reader sends the LRC too."""

    def __init__(self, lrc: bool = False) -> None:
        self.raw = bytearray()
        self._lrc = lrc
        self._start = -1
        self._ended = False
        self._spoilt = False

    @property
    def empty(self) -> bool:
        """True while no track has begun."""
        return not self.raw

    def feed(self, chunk: bytes) -> bool:
        """Add ``chunk`` up to where track 2 is whole, or the swipe cannot be one any more: then True."""
        return any(self._add(byte) for byte in chunk)

    def number(self) -> Span | None:
        """Where the card number stands in ``raw``: in track 2, or else in track 1."""
        if self._spoilt:
            return None
        found = _TRACK_2.search(self.raw) or _TRACK_1.search(self.raw)
        return found.span(1) if found else None

    def wipe(self) -> None:
        """Overwrite what was read, and begin again."""
        self.raw[:] = bytes(len(self.raw))
        self.raw.clear()
        self._start, self._ended, self._spoilt = -1, False, False

    def _add(self, byte: int) -> bool:
        if self._start < 0:
            if byte not in _STARTS:
                return False  # line ends and noise between tracks
            self._start = len(self.raw)
        if len(self.raw) >= CAP_BYTES:
            self._spoilt = True
            return True
        if self._ended:
            return self._finish(byte)
        self.raw.append(byte)
        if byte != END:
            return False
        self._ended = self._lrc
        return False if self._lrc else self._close()

    def _finish(self, lrc: int) -> bool:
        """``lrc`` came after the end sentinel."""
        offset = _STARTS[self.raw[self._start]]
        check = 0
        for byte in self.raw[self._start :]:
            check ^= byte - offset
        self._spoilt |= check + offset != lrc
        return self._close() or self._spoilt

    def _close(self) -> bool:
        """A track is whole; whether it was track 2."""
        track_2 = self.raw[self._start] == 0x3B
        self._start, self._ended = -1, False
        return track_2
