"""The one place that reads a clock or sleeps; everybody else is handed a Clock."""

import asyncio
import time
from datetime import UTC, datetime
from functools import lru_cache
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
    minute, rest_ms = divmod(at_ms, 60_000)
    date_and_minute, offset = _minute(minute, zone)
    return f"{date_and_minute}:{rest_ms // 1000:02d}.{rest_ms % 1000:03d}{offset}"


@lru_cache(maxsize=64)
def _minute(minute: int, zone: ZoneInfo) -> tuple[str, str]:
    """A minute's text up to its seconds, and its offset: every reply has a time of this minute or of a near one."""
    text = datetime.fromtimestamp(minute * 60, UTC).astimezone(zone).isoformat(timespec="minutes")
    return text[:16], text[16:]
