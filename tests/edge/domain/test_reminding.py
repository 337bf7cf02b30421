"""Birthdays of the days ahead agree with how near each birthday is; a tier is never lost without its notice."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.birthdays import NEAR_DAYS, days_to_birthday
from edge.domain.idleness import idle_step, tier_ends
from edge.domain.lunar import Calendar
from edge.domain.reminding import lunar_birthdays, solar_birthdays
from edge.domain.rules.model import Downgrade

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(DAYS, st.sampled_from(("solar", "lunar")), st.integers(1, 12), st.integers(1, 30))
def test_a_birthday_is_on_the_list_on_the_day_that_the_till_counts_to(
    today: date, calendar: Calendar, month: int, day: int
) -> None:
    listed = (solar_birthdays if calendar == "solar" else lunar_birthdays)(
        today, today + timedelta(days=NEAR_DAYS)
    )
    if calendar == "solar" and day > 28:
        day = 28
    days = days_to_birthday(month * 100 + day, calendar, today)
    assert listed.get(month * 100 + day) == (None if days is None else today + timedelta(days=days))


@pytest.mark.parametrize(("year", "kept"), [(2027, date(2027, 2, 28)), (2028, date(2028, 2, 29))])
def test_29_february_is_kept_every_year(year: int, kept: date) -> None:
    assert solar_birthdays(date(year, 2, 20), date(year, 3, 5))[229] == kept
    assert days_to_birthday(229, "solar", date(year, 2, 20)) == (kept - date(year, 2, 20)).days


@given(DAYS, st.integers(1, 36), st.integers(0, 90), st.none() | st.integers(0, 1500))
def test_the_day_that_is_told_is_the_day_of_the_review(
    since: date, months: int, notice: int, warned_after: int | None
) -> None:
    """With a warning written down the review goes down on just that day; without, never before it."""
    terms = Downgrade(months, notice)
    warned = None if warned_after is None else since + timedelta(days=warned_after)
    ends = tier_ends(terms, since, warned)
    assert idle_step(terms, since, warned, ends - timedelta(days=1)) != "downgrade"
    if warned is not None:
        assert idle_step(terms, since, warned, ends) == "downgrade"
