"""One driver kept open: opened, watched, opened again after a loss; its health, and what changes in it.

A lost device is one line in the log when it goes and one when it is back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from msgspec import structs

from drivers.api import Driver, DriverError, PrinterStatus
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices.health import DeviceEvent, Health, Power, State, changes

log = structlog.get_logger(__name__)

BACKOFF_S_MIN = 0.2
BACKOFF_S_MAX = 2.0
OPEN_S_MAX = 10.0
# A device that was open for less has not really been back: the next pause is longer.
STEADY_S = 5.0

OnEvent = Callable[[DeviceEvent], None]


class Connection:
    """Owns the opening and closing of ``driver``; ``health`` is always current.

    ``while_open`` is what the device's kind does with it as long as it is open: it ends only by raising.
    """

    def __init__(
        self,
        config: DeviceConfig,
        driver: Driver,
        clock: Clock,
        on_event: OnEvent,
        while_open: Callable[[], Awaitable[None]],
    ) -> None:
        self.health = Health(config.name, config.kind, config.driver, config.port, clock.now_ms())
        self.ready = asyncio.Event()
        self._driver, self._clock, self._on_event, self._while_open = driver, clock, on_event, while_open
        self._lost: asyncio.Future[str] | None = None
        self._backoff_s = BACKOFF_S_MIN
        driver.on_lost = self._on_lost

    async def run(self) -> None:
        """Keep the device open until cancelled; then close it."""
        try:
            while True:
                await self._open()
                opened = self._clock.monotonic()
                why = await self._until_lost()
                await self._driver.close()
                if self._clock.monotonic() - opened >= STEADY_S:
                    self._backoff_s = BACKOFF_S_MIN
                self._went(why)
                await self._pause()
        finally:
            await self._driver.close()
            self._become(state=State.CLOSED)

    def busy(self, at_work: bool) -> None:
        """Show the device as BUSY while a job is with it."""
        if self.health.power is Power.ONLINE:
            self._become(state=State.BUSY if at_work else State.IDLE)

    def heard(self, status: PrinterStatus) -> None:
        """Take over what a printer said about itself."""
        if status.known:
            self._become(paper=status.paper, cover_open=status.cover_open, error=status.error)

    def dropped(self) -> None:
        """Count a card that nobody asked for."""
        self._become(dropped=self.health.dropped + 1)

    def _on_lost(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(why)

    async def _open(self) -> None:
        while True:
            self._lost = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(OPEN_S_MAX):
                    await self._driver.open()
            except TimeoutError:
                self._absent(f"did not open within {OPEN_S_MAX:g} s")
            except DriverError as error:
                self._absent(str(error))
            except Exception as error:
                # The edge of the device's task: a driver's own bug must not stop the other devices.
                log.exception("device_driver_failed", device=self.health.name)
                self._absent(repr(error))
            else:
                self._opened()
                return
            await self._pause()

    async def _until_lost(self) -> str:
        """Let the device's kind work until the device is lost; says why."""
        assert self._lost is not None
        work = asyncio.ensure_future(self._while_open())
        ends: tuple[asyncio.Future[Any], ...] = (work, self._lost)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._lost.done():
                return self._lost.result()
            work.result()
            return "closed by its driver"
        except DriverError as error:
            return str(error)
        except Exception as error:
            log.exception("device_driver_failed", device=self.health.name)
            return repr(error)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _pause(self) -> None:
        await self._clock.sleep(self._backoff_s)
        self._backoff_s = min(2 * self._backoff_s, BACKOFF_S_MAX)

    def _opened(self) -> None:
        before = self.health
        self._become(state=State.IDLE, power=Power.ONLINE, opens=before.opens + 1)
        event = "device_back" if before.power is Power.OFFLINE else "device_open"
        log.info(event, device=before.name, port=before.port, driver=before.driver)

    def _absent(self, why: str) -> None:
        if self.health.power is Power.UNKNOWN:
            log.warning("device_absent", device=self.health.name, port=self.health.port, why=why)
        self._become(state=State.ERROR, power=Power.OFFLINE, last_error=why)

    def _went(self, why: str) -> None:
        log.warning("device_lost", device=self.health.name, port=self.health.port, why=why)
        self._become(state=State.ERROR, power=Power.OFFLINE, last_error=why, losses=self.health.losses + 1)

    def _become(self, **news: Any) -> None:
        before, now_ms = self.health, self._clock.now_ms()
        after = structs.replace(before, **news)
        if (after.state, after.power) != (before.state, before.power):
            after = structs.replace(after, since_ms=now_ms)
        self.health = after
        if after.ready:
            self.ready.set()
        else:
            self.ready.clear()
        for event in changes(before, after, now_ms):
            self._on_event(event)
