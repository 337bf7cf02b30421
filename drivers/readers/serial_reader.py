"""What a card reader and a scanner on a serial line have in common: silence ends what they say."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from drivers.api import Link, Refused, Scan

GAP_S = 0.3


class SerialReader(ABC):
    """``api.CardReader`` without its framing."""

    def __init__(self, link: Link) -> None:
        self.on_scan: Callable[[Scan | Refused], None] = lambda _event: None
        self.on_lost: Callable[[str], None] = lambda _why: None
        self._link = link
        self._silence: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Start listening."""
        self._link.on_bytes = self._receive
        self._link.on_lost = self._lost
        await self._link.open()

    async def close(self) -> None:
        self._stop()
        await self._link.close()

    @abstractmethod
    def _read(self, chunk: bytes) -> None:
        """Bytes came."""

    @abstractmethod
    def _gap(self) -> None:
        """Nothing came for ``GAP_S``: whatever is unfinished will stay so."""

    @abstractmethod
    def _wipe(self) -> None:
        """Overwrite what was read."""

    def _receive(self, chunk: bytes) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(GAP_S, self._gap)
        self._read(chunk)

    def _stop(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._wipe()

    def _lost(self, why: str) -> None:
        self._stop()
        self.on_lost(why)
