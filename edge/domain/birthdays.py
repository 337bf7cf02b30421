"""How long it is to somebody's birthday, by the sun or by the moon."""

from calendar import monthrange
from datetime import date, timedelta

from edge.domain.lunar import LUNAR_DAY, Calendar, birthday_state

NEAR_DAYS = 14
"""A birthday that is further away is not worth a word at the till."""


def days_to_birthday(birthday: int | None, calendar: Calendar, today: date) -> int | None:
    """Days until the birthday (MMDD in ``calendar``), 0 on the day, None when it is more than NEAR_DAYS away."""
    if birthday is None:
        return None
    if calendar == "lunar":
        ahead = (today + timedelta(days=days) for days in range(NEAR_DAYS + 1))
        near = (birthday_state(birthday, "lunar", day) & LUNAR_DAY for day in ahead)
        return next((days for days, is_it in enumerate(near) if is_it), None)
    month, day = divmod(birthday, 100)
    for year in (today.year, today.year + 1):
        # 29 February is kept on the last day of February where there is none.
        held = min(day, monthrange(year, month)[1])
        days = (date(year, month, held) - today).days
        if 0 <= days <= NEAR_DAYS:
            return days
    return None
