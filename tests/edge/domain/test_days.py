"""Days that lie months ahead, and how long it is to a birthday."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.birthdays import NEAR_DAYS, days_to_birthday
from edge.domain.dates import months_later
from edge.domain.lunar import LUNAR_DAY, SOLAR_DAY, birthday_state

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(DAYS, st.integers(0, 120))
def test_months_later_keeps_the_day_of_the_month_where_there_is_one(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(DAYS, st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_a_solar_birthday_is_near_exactly_when_its_day_comes_soon(today: date, born: date) -> None:
    birthday = born.month * 100 + born.day
    left = days_to_birthday(birthday, "solar", today)
    ahead = [birthday_state(birthday, "solar", today + timedelta(days=n)) for n in range(NEAR_DAYS + 1)]
    days = [n for n, state in enumerate(ahead) if state & SOLAR_DAY]
    if birthday != 229:
        assert left == (days[0] if days else None)
    elif days:
        assert left == days[0]


@given(DAYS, st.integers(1, 12), st.integers(1, 30))
def test_a_lunar_birthday_is_near_exactly_when_its_day_comes_soon(today: date, month: int, day: int) -> None:
    left = days_to_birthday(month * 100 + day, "lunar", today)
    ahead = [
        birthday_state(month * 100 + day, "lunar", today + timedelta(days=n)) for n in range(NEAR_DAYS + 1)
    ]
    days = [n for n, state in enumerate(ahead) if state & LUNAR_DAY]
    assert left == (days[0] if days else None)


def test_a_birthday_on_29_february_is_kept_on_the_28th() -> None:
    assert days_to_birthday(229, "solar", date(2027, 2, 28)) == 0
    assert days_to_birthday(229, "solar", date(2028, 2, 28)) == 1
    assert days_to_birthday(229, "solar", date(2027, 3, 1)) is None
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
