"""A customer display as the daemon uses it: the last frame wins, and is drawn again after a replug."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from drivers.api import CustomerDisplay, Lamp
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices.connection import Connection, OnEvent
from edge.devices.health import Health

# No more than five frames a second: slow displays fall behind and show the past.
FRAME_S = 0.2

_HANZI_LABELS: Mapping[Lamp, str] = {
    Lamp.NONE: "",
    Lamp.PRICE: "单价",
    Lamp.TOTAL: "总计",
    Lamp.PAID: "收款",
    Lamp.CHANGE: "找零",
}
_ASCII_LABELS: Mapping[Lamp, str] = {
    Lamp.NONE: "",
    Lamp.PRICE: "PRICE",
    Lamp.TOTAL: "TOTAL",
    Lamp.PAID: "PAY",
    Lamp.CHANGE: "CHANGE",
}


@dataclass(frozen=True, slots=True)
class Lines:
    """A frame of text; ``ascii_lines`` instead of it on a display without hanzi, where they are given."""

    lines: tuple[str, ...]
    ascii_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """A frame of one amount; without a ``label`` the lamp's own word in the display's script."""

    lamp: Lamp
    amount_fen: int
    label: str = ""


Frame = Lines | Amount


@dataclass(frozen=True, slots=True)
class IdleText:
    """What a display shows when nobody pays, and the same for displays without hanzi."""

    lines: tuple[str, ...]
    ascii_lines: tuple[str, ...] = ("WELCOME",)


class Display:
    """One configured display, whether it is there or not. Nothing it shows is ever confirmed."""

    def __init__(
        self, config: DeviceConfig, driver: CustomerDisplay, clock: Clock, on_event: OnEvent, idle: IdleText
    ) -> None:
        self.name = config.name
        self._driver, self._clock = driver, clock
        self._connection = Connection(config, driver, clock, on_event, self._draw)
        self._idle = idle
        self._frame: Frame | None = None
        self._until: float | None = None
        self._changed = asyncio.Event()

    @property
    def health(self) -> Health:
        return self._connection.health

    async def run(self) -> None:
        """Keep the display open and current until cancelled."""
        await self._connection.run()

    def show(self, frame: Frame, for_s: float | None = None) -> None:
        """Show ``frame`` from now on, or for ``for_s`` seconds and then the idle text."""
        self._frame = frame
        self._until = None if for_s is None else self._clock.monotonic() + for_s
        self._changed.set()

    def clear(self) -> None:
        """Back to the idle text."""
        self._frame, self._until = None, None
        self._changed.set()

    async def _draw(self) -> None:
        """Draw what is current, at once after opening, then whenever it changes."""
        while True:
            self._changed.clear()
            await self._paint(self._frame)
            await self._clock.sleep(FRAME_S)
            await self._news()

    async def _news(self) -> None:
        """Come back when there is something else to show."""
        left_s = None if self._until is None else max(0.0, self._until - self._clock.monotonic())
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await self._changed.wait()
        if not self._changed.is_set():
            self._frame, self._until = None, None

    async def _paint(self, frame: Frame | None) -> None:
        hanzi = self._driver.charset not in ("digits", "ascii")
        match frame:
            case Lines(lines, ascii_lines):
                await self._driver.show(lines if hanzi else ascii_lines or lines)
            case Amount(lamp, amount_fen, label):
                word = label or (_HANZI_LABELS if hanzi else _ASCII_LABELS)[lamp]
                await self._driver.show_amount(lamp, word, amount_fen)
            case None if self._driver.charset == "digits":
                await self._driver.clear()
            case None:
                await self._driver.show(self._idle.lines if hanzi else self._idle.ascii_lines)
