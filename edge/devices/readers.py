"""A card reader as the daemon uses it: armed for one till's session, and deaf to everybody else.

One swipe is one event, to the session that armed the reader only; a card that nobody asked for is
counted and forgotten.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from drivers.api import CardReader, Refused, Scan
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices.connection import Connection, OnEvent
from edge.devices.health import Health
from edge.errors import Code, PosError


@dataclass(frozen=True, slots=True)
class CardSeen:
    """One card at ``reader``, for ``session`` alone."""

    reader: str
    session: str
    card: Scan | Refused


OnCard = Callable[[CardSeen], None]


class Reader:
    """One configured reader or scanner, whether it is there or not."""

    def __init__(
        self, config: DeviceConfig, driver: CardReader, clock: Clock, on_event: OnEvent, on_card: OnCard
    ) -> None:
        self.name = config.name
        self.armed_for: str | None = None
        self._on_card = on_card
        self._connection = Connection(config, driver, clock, on_event, _wait_for_cards)
        driver.on_scan = self._seen

    @property
    def health(self) -> Health:
        return self._connection.health

    async def run(self) -> None:
        """Keep the reader open until cancelled."""
        await self._connection.run()

    def arm(self, session: str, *, take: bool = False) -> None:
        """Cards go to ``session`` from now on; PosError 1402 if another one holds it, unless ``take``."""
        if self.armed_for not in (None, session) and not take:
            raise PosError(
                Code.CLAIMED,
                f"reader {self.name} is armed for another till",
                zh=f"读卡器 {self.name} 正由另一台收银机使用",
            )
        self.armed_for = session

    def disarm(self, session: str) -> None:
        """Stop listening for ``session``; nothing happens if it does not hold the reader."""
        if self.armed_for == session:
            self.armed_for = None

    def _seen(self, card: Scan | Refused) -> None:
        if self.armed_for is None:
            self._connection.dropped()
        else:
            self._on_card(CardSeen(self.name, self.armed_for, card))


async def _wait_for_cards() -> None:
    """Cards come by callback: there is nothing to do while the reader is open."""
    await asyncio.Event().wait()
