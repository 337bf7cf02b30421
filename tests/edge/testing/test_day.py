"""The parts of the play that can be asked without a stage; the play itself is tests/system/test_demo.py."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from edge.testing.day import MEMBER_DAY, OPENING_HOUR, coming_eve
from edge.testing.timing import timing

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENTS = st.integers(1_767_225_600, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s, SHANGHAI))


@given(MOMENTS)
def test_the_play_begins_in_the_future_on_the_day_before_a_member_day(now: datetime) -> None:
    """On whatever day it is shown: ledger time never goes back, and the 14th is nobody's member day."""
    eve = coming_eve(now)
    assert now < eve <= now + timedelta(days=32)
    assert (eve.day, eve.hour) == (MEMBER_DAY - 1, OPENING_HOUR)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=300))
def test_a_percentile_is_a_duration_that_was_measured(took_ns: list[int]) -> None:
    """With at least its share of all durations at or below it."""
    found = timing("", took_ns)
    for percent, ns in ((50, found.p50_ns), (99, found.p99_ns)):
        assert ns in took_ns
        assert 100 * sum(other <= ns for other in took_ns) >= percent * len(took_ns)
        assert 100 * sum(other < ns for other in took_ns) < percent * len(took_ns)
    assert found.max_ns == max(took_ns)
