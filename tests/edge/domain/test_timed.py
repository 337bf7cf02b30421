"""What time costs: bounds that hold for any terms, and passes that pay."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.dates import last_day_of
from edge.domain.passes import Held, choose, next_first_day, unused_days
from edge.domain.rules.model import TimedService
from edge.domain.timed import MINUTE_MS, charge

terms = st.builds(
    TimedService,
    id=st.just("S"),
    name=st.just("S"),
    fen_per_unit=st.integers(1, 10_000),
    unit_minutes=st.integers(1, 240),
    round=st.sampled_from(("up", "down", "half_up")),
    min_units=st.integers(0, 5),
    free_minutes=st.integers(0, 60),
    cap_fen=st.integers(0, 50_000),
)
ran_ms = st.integers(0, 10 * 24 * 60 * MINUTE_MS)
days = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
held = st.builds(Held, st.sampled_from("ABC"), st.none() | st.integers(0, 20), st.none() | days, days)


@given(terms, ran_ms, ran_ms)
def test_more_time_never_costs_less(terms: TimedService, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert charge(terms, less).amount_fen <= charge(terms, more).amount_fen


@given(terms, ran_ms)
def test_the_price_is_whole_units_within_the_cap(terms: TimedService, run_ms: int) -> None:
    found = charge(terms, run_ms)
    full_fen = found.units * terms.fen_per_unit
    assert found.amount_fen == (min(full_fen, terms.cap_fen) if terms.cap_fen else full_fen)
    assert found.minutes == run_ms // MINUTE_MS


@given(terms, ran_ms)
def test_rounding_up_is_at_most_one_unit_above_rounding_down(terms: TimedService, run_ms: int) -> None:
    units = {
        way: charge(TimedService("S", "S", 1, terms.unit_minutes, way, 0), run_ms).units
        for way in ("down", "half_up", "up")
    }
    assert units["down"] <= units["half_up"] <= units["up"] <= units["down"] + 1


@given(st.lists(held, max_size=6), st.integers(1, 5), days)
def test_a_pass_without_a_count_pays_first_then_the_one_that_ends_first(
    passes: list[Held], visits: int, today: date
) -> None:
    chosen = choose(passes, visits, today)
    good = [one for one in passes if one.pays(visits, today)]
    assert (chosen is None) == (not good)
    if chosen is not None:
        assert chosen.visits is None or all(one.visits is not None for one in good)
        rivals = [one for one in good if (one.visits is None) == (chosen.visits is None)]
        assert all((chosen.last_day or date.max) <= (one.last_day or date.max) for one in rivals)


@given(days, st.integers(1, 400), st.integers(1, 400))
def test_passes_one_after_the_other_leave_no_gap_and_do_not_overlap(first: date, one: int, two: int) -> None:
    ends = last_day_of(one, first)
    begins = next_first_day(first, ends)
    assert begins == ends + timedelta(days=1)
    assert (last_day_of(two, begins) - first).days + 1 == one + two


@given(days, st.integers(1, 400), st.integers(-30, 500))
def test_days_that_were_had_and_days_that_are_left_are_all_days(first: date, valid: int, after: int) -> None:
    last, today = last_day_of(valid, first), first + timedelta(days=after)
    assert unused_days(first, last, today) == valid - min(valid, max(0, after))
