"""The one place that reads a clock or sleeps; everybody else is handed a Clock."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Wall time, monotonic time and sleep, as one thing that tests can turn by hand."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Come back after ``seconds``."""
        ...


class SystemClock:
    """The machine's own clock, shifted by ``offset_ms`` (the demo plays a birthday and a member day)."""

    def __init__(self, offset_ms: int = 0) -> None:
        self._offset_ms = offset_ms

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._offset_ms

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - this is the Clock that others take


class ManualClock:
    """A clock that a test sets; ``sleep`` moves it forward and yields to the loop once."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def set_ms(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._now_ms / 1000

    async def sleep(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
        await asyncio.sleep(0)  # noqa: TID251 - a yield, not a wait


def rfc3339(at_ms: int, zone: ZoneInfo) -> str:
    """``at_ms`` as RFC 3339 with the store's offset, to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).isoformat(timespec="milliseconds")
