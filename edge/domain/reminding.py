"""Which birthdays fall on the days ahead: what the shop wants to know beforehand."""

from collections.abc import Mapping
from datetime import date, timedelta

from edge.domain.dates import mmdd
from edge.domain.lunar import lunar_day

Birthdays = Mapping[int, date]
"""The first day ahead on which a birthday (MMDD) is kept."""


def solar_birthdays(first: date, last: date) -> Birthdays:
    """Birthdays by the sun; those of 29 February are kept on the 28th where there is none."""
    found: dict[int, date] = {}
    for day in _days(first, last):
        found.setdefault(mmdd(day.month, day.day), day)
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            found.setdefault(229, day)
    return found


def lunar_birthdays(first: date, last: date) -> Birthdays:
    """Birthdays by the moon; day 30 of a short month is its last day, a leap month has none."""
    found: dict[int, date] = {}
    for day in _days(first, last):
        lunar = lunar_day(day)
        if lunar.leap:
            continue
        kept = range(lunar.day, 31) if lunar.last else (lunar.day,)
        for number in kept:
            found.setdefault(mmdd(lunar.month, number), day)
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
