"""Birthdays by the moon: today's lunar day, found once a business day, against the month and day of a member.

Policy: day 30 in a month of 29 days is its last day; a leap month counts not, the plain month before it does.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

Calendar = Literal["solar", "lunar"]

SOLAR_MONTH, SOLAR_DAY, LUNAR_MONTH, LUNAR_DAY = 1, 2, 4, 8
"""The bits of a birthday state, as the rule kernel takes it."""


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day by the lunar calendar; ``last`` is the last day of its month, ``leap`` a month that is there twice."""

    month: int
    day: int
    leap: bool
    last: bool


@lru_cache(maxsize=8)
def lunar_day(today: date) -> LunarDay:
    """``today``, from 31 January 1900 to 28 January 2101; raises ValueError outside."""
    from borax.calendars.lunardate import LCalendars, LunarDate  # only where somebody has a lunar birthday

    lunar = LunarDate.from_solar(today)
    length = LCalendars.ndays(lunar.year, lunar.month, lunar.leap)
    return LunarDay(lunar.month, lunar.day, bool(lunar.leap), lunar.day == length)


def birthday_state(birthday: int | None, calendar: Calendar, today: date) -> int:
    """How near a birthday (MMDD in ``calendar``) is to ``today``: the bits of its month and of its day."""
    if birthday is None:
        return 0
    month, day = divmod(birthday, 100)
    if calendar == "solar":
        return SOLAR_MONTH * (month == today.month) | SOLAR_DAY * ((month, day) == (today.month, today.day))
    lunar = lunar_day(today)
    if lunar.leap or lunar.month != month:
        return 0
    return LUNAR_MONTH | LUNAR_DAY * (day == lunar.day or (lunar.last and day > lunar.day))


def is_lunar_mmdd(value: int) -> bool:
    """True for a day that some lunar year has: twelve months, thirty days."""
    month, day = divmod(value, 100)
    return 1 <= month <= 12 and 1 <= day <= 30
