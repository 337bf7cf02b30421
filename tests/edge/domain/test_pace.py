"""Pace: the worked example, and what holds at any pace."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.pace import Prize, pace, weeks_left, weeks_since

TEA, WOK = Prize("茶具", 2_000, 20_000), Prize("炒锅", 2_900, 50_000)


def test_a6_at_this_pace_a_gift_worth_200_at_800_a_week_one_worth_500() -> None:
    """500 yuan and 50 points a week, 500 points held, three weeks to go."""
    found = pace(500_000, 5_000, 10, 500, 3, [TEA, WOK])
    assert found is not None
    assert (found.week_fen, found.prize, found.better, found.better_week_fen) == (50_000, TEA, WOK, 80_000)


prizes = st.lists(st.builds(Prize, st.just("g"), st.integers(1, 10**6), st.integers(1, 10**7)), max_size=6)


@given(
    st.integers(1, 10**8),
    st.integers(1, 10**6),
    st.integers(1, 12),
    st.integers(0, 10**6),
    st.integers(1, 53),
    prizes,
)
def test_the_better_pace_reaches_the_better_gift(
    spent_fen: int, earned: int, weeks: int, held: int, left: int, ahead: list[Prize]
) -> None:
    found = pace(spent_fen, earned, weeks, held, left, ahead)
    assert found is not None
    if found.better:
        assert found.better_week_fen * left * earned >= (found.better.points - held) * spent_fen
        assert found.better_week_fen % 100 == 0
    if found.prize:
        assert found.prize.points <= held + earned * left // weeks
    assert (found.prize is None) == all(one.points > held + earned * left // weeks for one in ahead)


def test_weeks_are_counted_whole_and_to_the_end_of_the_year() -> None:
    today = date(2026, 12, 24)
    assert weeks_left(today) == 2
    assert weeks_left(date(2026, 12, 31)) == 1
    assert [weeks_since(date(2026, month, 1), today) for month in (1, 12)] == [12, 3]
    assert weeks_since(today, today) == 1
