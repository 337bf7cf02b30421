"""Terms of a programme beside its rules: going down, rebates, bonuses, grades."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.bonuses import bonuses_on
from edge.domain.grades import Grade, grade_of
from edge.domain.idleness import idle_step, idle_until, tier_after_idleness
from edge.domain.member import Tier
from edge.domain.rebates import Vouchers, period_of, rebate, unpaid_periods
from edge.domain.rules.model import Bundle, Downgrade, Rebate

TIERS = (Tier("ordinary", "普通卡"), Tier("gold", "金卡"), Tier("diamond", "钻石卡"))
TWO_YEARS = Downgrade(idle_months=24, warn_days=30)
QUARTER = Rebate("Q", "季度返券", bp=100, every="quarter", voucher_fen=500)
MONTHLY = (Grade("A", 150_000), Grade("B", 100_000), Grade("C", 50_000), Grade("D", 0))
MAY = ("2026-05-01T00:00:00", "2026-06-01T00:00:00")
SMALLEST = {
    "schema": "points-bundle/1",
    "programme": "p",
    "version": 1,
    "valid_from": "2026-01-01T00:00:00",
    "points": {"fen_per_point": 100, "fen_per_redeemed_point": 2},
    "groups": [],
    "rules": [],
}
days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
fen = st.integers(0, 2**31 - 1)


def test_a5_two_years_without_a_purchase_warn_and_then_downgrade() -> None:
    """Bought on 10 November 2024: warned from 11 October 2026 on, down on 10 November 2026."""
    since = date(2024, 11, 10)
    assert idle_step(TWO_YEARS, since, None, date(2026, 10, 10)) == "keep"
    assert idle_step(TWO_YEARS, since, None, date(2026, 10, 11)) == "warn"
    warned = date(2026, 10, 11)
    assert idle_step(TWO_YEARS, since, warned, date(2026, 11, 9)) == "keep"
    assert idle_step(TWO_YEARS, since, warned, date(2026, 11, 10)) == "downgrade"


def test_a5_who_was_warned_late_has_the_whole_notice() -> None:
    """A box that was off for a month warns first, and waits."""
    since, warned = date(2024, 11, 10), date(2026, 12, 1)
    assert idle_step(TWO_YEARS, since, None, warned) == "warn"
    assert idle_step(TWO_YEARS, since, warned, date(2026, 12, 30)) == "keep"
    assert idle_step(TWO_YEARS, since, warned, date(2026, 12, 31)) == "downgrade"


@given(days, st.none() | days, days)
def test_a5_nobody_goes_down_unwarned_or_before_the_time(
    since: date, warned_on: date | None, today: date
) -> None:
    """A warning from before the last purchase is none."""
    if idle_step(TWO_YEARS, since, warned_on, today) == "downgrade":
        assert warned_on is not None
        assert since <= warned_on <= today - timedelta(days=TWO_YEARS.warn_days)
        assert today >= idle_until(TWO_YEARS, since)


@pytest.mark.parametrize(("since", "until"), [("2024-02-29", "2026-02-28"), ("2024-11-10", "2026-11-10")])
def test_two_years_end_on_the_same_day_or_the_last_of_its_month(since: str, until: str) -> None:
    assert idle_until(TWO_YEARS, date.fromisoformat(since)) == date.fromisoformat(until)


@pytest.mark.parametrize(
    ("to", "left"),
    [
        ("previous", {"ordinary": "ordinary", "gold": "ordinary", "diamond": "gold", "gone": "ordinary"}),
        ("lowest", {"ordinary": "ordinary", "gold": "ordinary", "diamond": "ordinary", "gone": "ordinary"}),
        ("cancelled", {"ordinary": None, "gold": None, "diamond": None, "gone": None}),
    ],
)
def test_a5_a_downgrade_leads_where_the_terms_say(
    to: Literal["previous", "lowest", "cancelled"], left: dict[str, str | None]
) -> None:
    terms = Downgrade(24, to=to)
    assert {tier: tier_after_idleness(terms, TIERS, tier) for tier in left} == left


def test_d13_one_percent_of_a_quarters_spend_comes_back_as_vouchers() -> None:
    """CNY 12,345.67: 123.45 are 24 vouchers of 5, and 3.45 lapse."""
    assert rebate(QUARTER, 1_234_567) == Vouchers(24, 500, 345)
    assert rebate(QUARTER, 1_234_567).fen == 12_000


@given(fen, st.integers(1, 10_000), st.integers(1, 100_000), fen)
def test_d13_a_rebate_is_its_share_down_to_the_fen(spent: int, bp: int, voucher: int, least: int) -> None:
    """Vouchers and what lapses are the share; less than a voucher lapses; below the minimum all does."""
    terms = Rebate("R", "返券", bp=bp, voucher_fen=voucher, min_spend_fen=least)
    given_back = rebate(terms, spent)
    if spent < least:
        assert given_back == Vouchers(0, voucher, 0)
    else:
        assert given_back.fen + given_back.lapsed_fen == spent * bp // 10_000
        assert 0 <= given_back.lapsed_fen < voucher


@given(days, st.sampled_from(["month", "quarter", "year"]))
def test_periods_are_of_the_calendar_and_leave_no_day_out(
    day: date, every: Literal["month", "quarter", "year"]
) -> None:
    first, after = period_of(every, day)
    assert first <= day < after
    assert (first.day, after.day) == (1, 1)
    assert period_of(every, after)[0] == after
    assert period_of(every, first - timedelta(days=1))[1] == first


@given(days, st.sampled_from(["month", "quarter", "year"]), st.integers(0, 12))
def test_d13_every_period_that_ended_is_due_once(
    today: date, every: Literal["month", "quarter", "year"], missed: int
) -> None:
    """From the one after that which was paid last to the last that has ended, without a gap."""
    first, after = period_of(every, today - timedelta(days=missed * 31))
    due = unpaid_periods(every, first.toordinal(), today)
    assert all(end <= today for _, end in due)
    if period_of(every, today)[0] <= after:
        assert not due
    else:
        assert due[0][0] == after
        assert due[-1][1] == period_of(every, today)[0]
        assert all(one[1] == other[0] for one, other in pairwise(due))


def test_d13_a_rebate_that_is_new_pays_one_period() -> None:
    assert unpaid_periods("quarter", 0, date(2027, 1, 1)) == [(date(2026, 10, 1), date(2027, 1, 1))]


def test_a_quarter_is_january_to_march_and_so_on() -> None:
    assert period_of("quarter", date(2026, 11, 26)) == (date(2026, 10, 1), date(2027, 1, 1))
    assert period_of("year", date(2026, 11, 26)) == (date(2026, 1, 1), date(2027, 1, 1))


def test_d8_a_bonus_is_for_its_occasion_while_it_is_open() -> None:
    """From ``from`` on, before ``to``, in the zone of the bundle."""
    bonuses = [
        {"id": "REG", "name": "注册送分", "on": "register", "points": 200},
        {"id": "MAY", "name": "五月送分", "on": "register", "points": 100, "from": MAY[0], "to": MAY[1]},
        {"id": "SURVEY", "name": "问卷送分", "on": "survey", "points": 50},
    ]
    bundle = msgspec.convert({**SMALLEST, "bonuses": bonuses}, Bundle)
    shanghai = ZoneInfo("Asia/Shanghai")

    def granted(
        occasion: Literal["register", "survey", "event"],
        year: int,
        month: int,
        day: int,
        hour: int = 0,
        minute: int = 0,
    ) -> list[str]:
        at = datetime(year, month, day, hour, minute, tzinfo=shanghai)
        return [bonus.id for bonus in bonuses_on(bundle, occasion, at)]

    assert granted("register", 2026, 4, 30, 23, 59) == ["REG"]
    assert granted("register", 2026, 5, 1) == ["REG", "MAY"]
    assert granted("register", 2026, 6, 1) == ["REG"]
    assert (granted("survey", 2026, 5, 1), granted("event", 2026, 5, 1)) == (["SURVEY"], [])


@pytest.mark.parametrize(
    ("yuan", "grade"),
    [(0, "D"), (499, "D"), (500, "C"), (999, "C"), (1000, "B"), (1499, "B"), (1500, "A"), (9000, "A")],
)
def test_k1_a_grade_follows_the_spend_of_the_month(yuan: int, grade: str) -> None:
    """1,500 and more A, 1,000-1,500 B, 500-1,000 C, below 500 D; a boundary belongs to the upper band."""
    assert grade_of(MONTHLY, yuan * 100) == grade


@given(fen, fen)
def test_k1_who_spends_more_has_no_lower_grade(one: int, other: int) -> None:
    ids = [grade.id for grade in MONTHLY]
    less, more = sorted((one, other))
    assert ids.index(grade_of(MONTHLY, more)) <= ids.index(grade_of(MONTHLY, less))
