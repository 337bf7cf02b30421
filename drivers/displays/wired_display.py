"""What every customer display on a wire has in common: written to, never heard."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

from drivers.api import Lamp, Link

WRITE_S = 1.0


def yuan(amount_fen: int) -> str:
    """``amount_fen`` as digits: 123456 is ``1234.56``."""
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{whole}.{fen:02}"


class WiredDisplay(ABC):
    """``api.CustomerDisplay`` without its command set."""

    columns: int
    rows: int
    charset: Literal["digits", "ascii", "gb2312", "gbk", "utf8"]

    def __init__(self, link: Link) -> None:
        self.on_lost: Callable[[str], None] = lambda _why: None
        self._link = link

    async def open(self) -> None:
        """Open the link and put the display into its start state."""
        self._link.on_lost = self._lost
        await self._link.open()
        await self._write(self._start())

    async def close(self) -> None:
        await self._link.close()

    @abstractmethod
    async def show(self, lines: tuple[str, ...]) -> None:
        """Show these lines."""

    @abstractmethod
    async def show_amount(self, lamp: Lamp, label: str, amount_fen: int) -> None:
        """Show one amount."""

    @abstractmethod
    async def clear(self) -> None:
        """Show nothing."""

    @abstractmethod
    def _start(self) -> bytes:
        """What the display is told after opening."""

    async def _write(self, payload: bytes) -> None:
        await self._link.write(payload, WRITE_S)

    def _lost(self, why: str) -> None:
        self.on_lost(why)
