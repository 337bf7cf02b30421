"""A magnetic stripe reader on a serial line."""

from collections.abc import Mapping, Sequence

import msgspec

from drivers.api import Link, Option, QualitySheet, read_options
from drivers.protocols.magstripe import SwipeBuffer
from drivers.readers.allow_list import AllowList
from drivers.readers.serial_reader import SerialReader


class MagstripeOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``lrc``: the reader sends each track's LRC after its end sentinel."""

    lrc: bool = False


class SerialMagstripe(SerialReader):
    """One swipe is one event, told at the end of track 2 or, without one, when the reader falls silent."""

    wire: Mapping[str, Option] = {"baud": 9600}
    sheet = QualitySheet(
        proven=("drivers.testing.VirtualReader",),
        limits=("what the kernel and the interpreter held for a moment while reading cannot be wiped",),
    )

    def __init__(self, link: Link, options: Mapping[str, Option], *, allow: Sequence[str] = ()) -> None:
        super().__init__(link)
        self._swipe = SwipeBuffer(read_options(options, MagstripeOptions).lrc)
        self._allow = AllowList(allow)
        self._told = False

    def _read(self, chunk: bytes) -> None:
        if not self._told and self._swipe.feed(chunk):
            self._tell()

    def _gap(self) -> None:
        if not self._told and not self._swipe.empty:
            self._tell()
        self._told = False

    def _tell(self) -> None:
        self._told = True  # the rest of this swipe is track 3, or noise
        try:
            event = self._allow.judge(self._swipe.raw, self._swipe.number(), "magstripe")
        finally:
            self._wipe()
        self.on_scan(event)

    def _wipe(self) -> None:
        self._swipe.wipe()
