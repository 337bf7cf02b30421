"""A receipt printer as the daemon uses it: ready or not, its status watched, one job at a time."""

from collections.abc import Callable
from typing import Literal

import structlog

from drivers.api import (
    DeviceOffline,
    DeviceTimeout,
    Document,
    Outcome,
    PrinterStatus,
    Proof,
    ReceiptPrinter,
    SendResult,
)
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices.connection import Connection, OnEvent
from edge.devices.health import Health, Power

log = structlog.get_logger(__name__)

# Below a second, so that a till hears of an empty roll in time even where the printer only answers.
POLL_S = 0.7
# A printer that misses one answer is busy; one that misses three is gone.
MISSES_MAX = 3


class Printer:
    """One configured printer, whether it is there or not."""

    def __init__(self, config: DeviceConfig, driver: ReceiptPrinter, clock: Clock, on_event: OnEvent) -> None:
        self.name = config.name
        self._driver, self._clock = driver, clock
        self._connection = Connection(config, driver, clock, on_event, self._watch)
        self._at_work = False
        driver.on_status = self._connection.heard

    @property
    def health(self) -> Health:
        return self._connection.health

    async def run(self) -> None:
        """Keep the printer open until cancelled."""
        await self._connection.run()

    async def ready(self) -> None:
        """Come back when a job would come out: online, paper in, cover closed."""
        await self._connection.ready.wait()

    def encode(self, document: Document) -> bytes:
        """The job as this printer's bytes."""
        return self._driver.encode(document)

    async def status(self) -> PrinterStatus:
        """Ask now; raises DriverError."""
        status = await self._driver.status()
        self._connection.heard(status)
        return status

    async def send(self, payload: bytes, on_sent: Callable[[int], None]) -> SendResult:
        """Send one job. A driver's error becomes what is known: FAILED only if no byte was accepted."""
        accepted = 0

        def count(sent: int) -> None:
            nonlocal accepted
            accepted = sent
            on_sent(sent)

        self._at_work = True
        self._connection.busy(True)
        try:
            return await self._driver.send(payload, count)
        except (DeviceOffline, DeviceTimeout) as error:
            accepted = max(accepted, error.sent)
            outcome = Outcome.UNKNOWN if accepted else Outcome.FAILED
            return SendResult(outcome, Proof.NONE, accepted, str(error))
        except Exception as error:
            # A driver's own bug: whether it had written anything, nobody can say.
            log.exception("device_driver_failed", device=self.name)
            return SendResult(Outcome.UNKNOWN, Proof.NONE, accepted, repr(error))
        finally:
            self._at_work = False
            self._connection.busy(False)

    async def kick_drawer(self, pin: Literal[2, 5] = 2) -> None:
        """Open the drawer now, before the receipt; raises DriverError. Never queued, never repeated."""
        if self.health.power is not Power.ONLINE:
            raise DeviceOffline(f"{self.name}: {self.health.last_error or 'not open'}")
        await self._driver.kick_drawer(pin)

    async def _watch(self) -> None:
        misses = 0
        while True:
            await self._clock.sleep(POLL_S)
            if self._at_work:
                continue
            try:
                await self.status()
                misses = 0
            except DeviceTimeout:
                misses += 1
                if misses == MISSES_MAX:
                    raise
