"""LED8 客显: eight digits and four lamps."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from drivers.api import Lamp, Link, Option, QualitySheet, read_options
from drivers.displays.wired_display import WiredDisplay, yuan
from drivers.protocols import led8


class Led8Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to set: baud rate and mode live in the display's own memory."""


class Led8Display(WiredDisplay):
    """Shows figures; text that is not a figure is shown as nothing."""

    wire: Mapping[str, Option] = {"baud": 2400}
    sheet = QualitySheet(
        proven=("drivers.testing.VirtualDisplay",),
        limits=("nothing shown is ever confirmed",),
    )
    columns, rows = led8.DIGITS, 1
    charset: Literal["digits", "ascii", "gb2312", "gbk", "utf8"] = "digits"

    def __init__(self, link: Link, options: Mapping[str, Option]) -> None:
        super().__init__(link)
        read_options(options, Led8Options)

    async def show(self, lines: tuple[str, ...]) -> None:
        await self._write(led8.lamp(Lamp.NONE) + led8.figure(lines[0] if lines else ""))

    async def show_amount(self, lamp: Lamp, label: str, amount_fen: int) -> None:
        await self._write(led8.lamp(lamp) + led8.figure(yuan(amount_fen)))

    async def clear(self) -> None:
        await self._write(led8.lamp(Lamp.NONE) + led8.CLEAR)

    def _start(self) -> bytes:
        return led8.INIT + led8.lamp(Lamp.NONE) + led8.CLEAR
