"""A barcode and QR scanner on a serial line that reads member cards."""

from collections.abc import Mapping, Sequence

import msgspec

from drivers.api import Link, Option, QualitySheet, read_options
from drivers.protocols.barcode import ScanBuffer
from drivers.readers.allow_list import AllowList
from drivers.readers.serial_reader import SerialReader


class BarcodeOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to set: suffix CR, LF or both, AIM prefix or none, are all understood."""


class SerialBarcode(SerialReader):
    """One line is one event."""

    wire: Mapping[str, Option] = {"baud": 9600}
    sheet = QualitySheet(
        proven=(
            "emupos 0.4.0 on pty",
            "drivers.testing.VirtualReader",
        ),
        limits=("what the kernel and the interpreter held for a moment while reading cannot be wiped",),
    )

    def __init__(self, link: Link, options: Mapping[str, Option], *, allow: Sequence[str] = ()) -> None:
        super().__init__(link)
        read_options(options, BarcodeOptions)
        self._scan = ScanBuffer()
        self._allow = AllowList(allow)

    def _read(self, chunk: bytes) -> None:
        at = 0
        while at < len(chunk):
            whole, used = self._scan.feed(chunk[at:])
            at += used
            if whole:
                self._tell()

    def _gap(self) -> None:
        if not self._scan.empty:
            self._tell(cut_off=True)

    def _tell(self, cut_off: bool = False) -> None:
        try:
            span = None if cut_off else self._scan.number()
            event = self._allow.judge(self._scan.raw, span, "barcode")
        finally:
            self._wipe()
        self.on_scan(event)

    def _wipe(self) -> None:
        self._scan.wipe()
