"""Lunar birthdays (D9): days that everybody knows, and the policy for days that a year does not have."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.lunar import LunarDay, birthday_state, is_lunar_mmdd, lunar_day

SPRING_FESTIVALS = """
1950-02-17 1955-01-24 1960-01-28 1965-02-02 1970-02-06 1975-02-11 1980-02-16 1985-02-20 1990-01-27
1995-01-31 2000-02-05 2005-02-09 2010-02-14 2015-02-19 2020-01-25 2023-01-22 2024-02-10 2025-01-29
2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2033-01-31 2034-02-19 2040-02-12 2050-01-23
"""
days = st.dates(date(1950, 1, 1), date(2050, 12, 31))
birthdays = st.builds(lambda month, day: month * 100 + day, st.integers(1, 12), st.integers(1, 30))


@pytest.mark.parametrize("festival", SPRING_FESTIVALS.split())
def test_the_lunar_year_begins_with_the_spring_festival(festival: str) -> None:
    day = lunar_day(date.fromisoformat(festival))
    assert (day.month, day.day, day.leap) == (1, 1, False)
    eve = lunar_day(date.fromisoformat(festival) - timedelta(days=1))
    assert (eve.month, eve.last) == (12, True)


@pytest.mark.parametrize(
    ("day", "month_day"),
    [
        ("2024-06-10", (5, 5)),
        ("2025-05-31", (5, 5)),
        ("2026-06-19", (5, 5)),
        ("2024-09-17", (8, 15)),
        ("2025-10-06", (8, 15)),
        ("2026-09-25", (8, 15)),
    ],
)
def test_the_dragon_boat_and_the_mid_autumn_festival_are_where_they_were(
    day: str, month_day: tuple[int, int]
) -> None:
    lunar = lunar_day(date.fromisoformat(day))
    assert (lunar.month, lunar.day) == month_day


@pytest.mark.parametrize(
    ("year", "month"),
    [(2012, 4), (2014, 9), (2017, 6), (2020, 4), (2023, 2), (2025, 6), (2028, 5), (2033, 11)],
)
def test_the_leap_months_are_those_of_the_almanac(year: int, month: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    assert {lunar.month for lunar in map(lunar_day, days) if lunar.leap} == {month}


@given(days)
def test_the_next_day_is_the_next_of_the_month_or_the_first(today: date) -> None:
    """A month ends on its day 29 or 30, and nowhere else."""
    lunar, after = lunar_day(today), lunar_day(today + timedelta(days=1))
    if lunar.last:
        assert lunar.day in (29, 30)
        assert after.day == 1
    else:
        assert after == LunarDay(lunar.month, lunar.day + 1, lunar.leap, after.last)


def test_d9_a_lunar_birthday_is_kept_on_its_lunar_day() -> None:
    """Born on the 1st of the 1st: on 17 February 2026. The bits are 4, this month, and 8, today."""
    assert birthday_state(101, "lunar", date(2026, 2, 17)) == 4 | 8
    assert birthday_state(101, "lunar", date(2026, 2, 18)) == 4
    assert birthday_state(101, "lunar", date(2026, 2, 16)) == 0


def test_d9_day_30_in_a_month_of_29_days_is_its_last_day() -> None:
    """The 12th month before the Spring Festival of 2026 has 29 days; the one before that of 2024 has 30."""
    assert lunar_day(date(2026, 2, 16)) == LunarDay(12, 29, leap=False, last=True)
    assert birthday_state(1230, "lunar", date(2026, 2, 16)) == 4 | 8
    assert birthday_state(1229, "lunar", date(2026, 2, 16)) == 4 | 8
    assert birthday_state(1230, "lunar", date(2024, 2, 8)) == 4
    assert birthday_state(1230, "lunar", date(2024, 2, 9)) == 4 | 8


def test_d9_in_a_leap_month_nobody_has_a_lunar_birthday() -> None:
    """2025 had its 6th month twice: 25 June is its 1st day, 25 July the 1st day of the leap month."""
    assert birthday_state(601, "lunar", date(2025, 6, 25)) == 4 | 8
    assert birthday_state(601, "lunar", date(2025, 7, 25)) == 0


def test_a_solar_birthday_is_kept_by_the_sun_alone() -> None:
    """On 17 February 2026, lunar 1-1: the bits are 1, this month, and 2, today."""
    today = date(2026, 2, 17)
    assert birthday_state(217, "solar", today) == 1 | 2
    assert birthday_state(218, "solar", today) == 1
    assert birthday_state(101, "solar", today) == 0
    assert birthday_state(None, "solar", today) == birthday_state(None, "lunar", today) == 0


@given(birthdays, st.integers(1950, 2049))
def test_d9_every_lunar_birthday_comes_exactly_once_in_a_lunar_year(birthday: int, year: int) -> None:
    """Whatever the year lacks or has twice."""
    firsts = (date(year, 1, 20) + timedelta(days=n) for n in range(35))
    first = next(day for day in firsts if (lunar_day(day).month, lunar_day(day).day) == (1, 1))
    kept = 0
    for n in range(353, 386):  # a lunar year has 353 to 385 days
        end = lunar_day(first + timedelta(days=n))
        if (end.month, end.day) == (1, 1):
            kept = sum(birthday_state(birthday, "lunar", first + timedelta(days=d)) & 8 > 0 for d in range(n))
            break
    assert kept == 1


def test_a_lunar_birthday_is_in_one_of_twelve_months_of_thirty_days() -> None:
    assert [is_lunar_mmdd(value) for value in (101, 1230, 230, 0, 1301, 131, 100)] == [True] * 3 + [False] * 4


def test_outside_the_almanac_there_is_no_lunar_day() -> None:
    assert lunar_day(date(1900, 1, 31)) == LunarDay(1, 1, leap=False, last=False)
    assert lunar_day(date(2101, 1, 28)).last
    with pytest.raises(ValueError, match="range"):
        lunar_day(date(2101, 1, 29))
