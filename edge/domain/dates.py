"""Days as a shop counts them: business days that start at four, birthdays, member days."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """The store's wall time at ``at_ms`` (milliseconds since 1970, UTC)."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def business_date(at_ms: int, zone: ZoneInfo, starts: str) -> date:
    """The business day that ``at_ms`` belongs to; ``starts`` is ``HH:MM`` local time."""
    return _business_date(at_ms // 60_000, zone, starts)


@lru_cache(maxsize=64)
def _business_date(minute: int, zone: ZoneInfo, starts: str) -> date:
    hours, minutes = int(starts[:2]), int(starts[3:])
    return (local(minute * 60_000, zone) - timedelta(hours=hours, minutes=minutes)).date()


def day_begins_ms(day: date, zone: ZoneInfo, starts: str) -> int:
    """The moment at which business day ``day`` begins (milliseconds since 1970, UTC)."""
    at = datetime(day.year, day.month, day.day, int(starts[:2]), int(starts[3:]), tzinfo=zone)
    return int(at.timestamp() * 1000)


def mmdd(month: int, day: int) -> int:
    """A birthday as the rule kernel takes it: 0229 is 229."""
    return month * 100 + day


def is_mmdd(value: int) -> bool:
    """True for a day that exists in some year."""
    month, day = divmod(value, 100)
    try:
        date(2024, month, day)
    except ValueError:
        return False
    return True


def clock(minute: int) -> str:
    """``08:00`` for 480 minutes since midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def shown_moment(at: datetime) -> str:
    """``2026-12-24``, or with its time where that is not midnight."""
    return at.isoformat(timespec="minutes").removesuffix("T00:00")


def last_day_of(valid_days: int, first_day: date) -> date:
    """The last of ``valid_days`` business days of which ``first_day`` is the first."""
    return first_day + timedelta(days=valid_days - 1)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months on; the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
