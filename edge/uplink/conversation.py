"""Keeps the box in step with HQ: drives the session, wakes it when the outbox grows, fences when HQ says so."""

import asyncio
from collections.abc import Callable

import structlog

from edge.clock import Clock
from edge.counter.uplink_state import UplinkState
from edge.uplink.ledger_box import LedgerBox
from sync.mqtt import drive
from sync.ports import Broker, SyncStatus

log = structlog.get_logger(__name__)


class Conversation:
    """One box's conversation with HQ over its broker; ``on_change`` hears when it came, went or failed."""

    def __init__(
        self,
        box: LedgerBox,
        broker: Broker,
        node: str,
        clock: Clock,
        state: UplinkState,
        on_change: Callable[[], None],
    ) -> None:
        self._box = box
        self._broker = broker
        self._node = node
        self._clock = clock
        self._state = state
        self._on_change = on_change
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._fencing: asyncio.Task[None] | None = None
        state.hurry = self.hurry

    def hurry(self) -> None:
        """Somebody waits: try now what would be tried later."""
        self._hurry.set()
        self._wake.set()

    def wake(self) -> None:
        """The outbox has grown."""
        self._wake.set()

    async def run(self) -> None:
        """Talk until cancelled."""
        await drive(self._box, self._broker, self._node, self._clock, self._heard, self._wake, self._hurry)

    def _heard(self, status: SyncStatus) -> None:
        state = self._state
        before = (state.online, state.alarm, state.last_error)
        if status.online != state.online:
            log.info("hq_online" if status.online else "hq_offline", why=status.last_error)
        if status.alarm and status.alarm != state.alarm:
            log.warning("hq_alarm", alarm=status.alarm, why=status.last_error)
        state.online, state.since_ms = status.online, status.since_ms
        state.last_error, state.next_try_s = status.last_error, status.next_try_s
        state.alarm = status.alarm
        if status.fenced and not state.fenced:
            self._fencing = asyncio.create_task(self._fence())
        state.fenced = status.fenced
        if (state.online, state.alarm, state.last_error) != before:  # not for every event that leaves
            self._on_change()

    async def _fence(self) -> None:
        log.warning("incarnation_closed_by_hq")
        await self._box.fence("HQ has closed the former incarnation")
        self._wake.set()
