"""A two-line pole display with the CD5220 command set."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from drivers.api import Lamp, Link, Option, QualitySheet, read_options
from drivers.displays.wired_display import WiredDisplay, yuan
from drivers.protocols import cd5220

_WORDS = {Lamp.NONE: "", Lamp.PRICE: "PRICE", Lamp.TOTAL: "TOTAL", Lamp.PAID: "PAY", Lamp.CHANGE: "CHANGE"}


class Cd5220Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``brightness`` 1 (dim) to 4."""

    brightness: Annotated[int, msgspec.Meta(ge=1, le=4)] = 4


class Cd5220Display(WiredDisplay):
    """Two lines of 20 ASCII characters; labels in other scripts become the English word of the lamp."""

    wire: Mapping[str, Option] = {"baud": 9600}
    sheet = QualitySheet(
        proven=("drivers.testing.VirtualDisplay",),
        limits=("nothing shown is ever confirmed",),
    )
    columns, rows = cd5220.COLUMNS, cd5220.ROWS
    charset: Literal["digits", "ascii", "gb2312", "gbk", "utf8"] = "ascii"

    def __init__(self, link: Link, options: Mapping[str, Option]) -> None:
        super().__init__(link)
        self._options = read_options(options, Cd5220Options)

    async def show(self, lines: tuple[str, ...]) -> None:
        await self._write(cd5220.frame(lines))

    async def show_amount(self, lamp: Lamp, label: str, amount_fen: int) -> None:
        word = label if label.isascii() and label else _WORDS[lamp]
        await self.show((word, yuan(amount_fen).rjust(self.columns)))

    async def clear(self) -> None:
        await self._write(cd5220.CLEAR)

    def _start(self) -> bytes:
        return cd5220.INIT + cd5220.brightness(self._options.brightness) + cd5220.CLEAR
