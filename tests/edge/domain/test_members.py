"""Tiers, referrals, masks and days: the worked examples of the programmes, and their boundaries."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.dates import business_date, is_mmdd, mmdd
from edge.domain.member import Tier, masked_name, masked_number, tier_after, to_next_tier
from edge.domain.referrals import Level, Reward, rewards, welcome_rewards

TIERS = (
    Tier("ordinary", "普通卡"),
    Tier("gold", "金卡", 700_000, 500_000),
    Tier("diamond", "钻石卡", 1_600_000, 1_200_000),
)
LEVELS = (Level(1000), Level(10_000))
SHANGHAI = ZoneInfo("Asia/Shanghai")
ids = [tier.id for tier in TIERS]
fen = st.integers(0, 3_000_000)


@pytest.mark.parametrize(
    ("cumulative_fen", "day_fen", "tier"),
    [
        (699_999, 0, "ordinary"),
        (700_000, 0, "gold"),
        (0, 499_999, "ordinary"),
        (0, 500_000, "gold"),
        (1_599_999, 0, "gold"),
        (1_600_000, 0, "diamond"),
        (700_000, 1_200_000, "diamond"),
    ],
)
def test_a_boundary_belongs_to_the_upper_band(cumulative_fen: int, day_fen: int, tier: str) -> None:
    assert tier_after(TIERS, "ordinary", cumulative_fen, day_fen) == tier


@given(st.sampled_from(ids), fen, fen)
def test_a_purchase_never_lowers_a_tier(present: str, cumulative_fen: int, day_fen: int) -> None:
    assert ids.index(tier_after(TIERS, present, cumulative_fen, day_fen)) >= ids.index(present)


BANDS = (
    Tier("member", "会员"),
    Tier("silver", "银卡", points=1000),
    Tier("gold", "金卡", points=2001),
    Tier("diamond", "钻石卡", points=6001),
)
EVERY_PATH = (
    Tier("none", "普通"),
    Tier("one", "一级", cumulative_fen=100, one_day_fen=50, points=10, visits=3, topup_fen=70),
    Tier("two", "二级", cumulative_fen=200, topup_fen=140),
    Tier("three", "三级", points=40, visits=9),
)
counts = st.integers(0, 250)


@pytest.mark.parametrize(
    ("points", "tier"),
    [(999, "member"), (1000, "silver"), (2000, "silver"), (2001, "gold"), (6000, "gold"), (6001, "diamond")],
)
def test_d5_points_lead_to_the_tier_of_their_band(points: int, tier: str) -> None:
    """1,000-2,000 silver, 2,001-6,000 gold, 6,001 and more diamond."""
    assert tier_after(BANDS, "member", 0, 0, points=points) == tier


@given(st.sampled_from(EVERY_PATH), counts, counts, counts, counts, counts)
def test_a5_no_tier_that_was_reached_is_passed_over(
    present: Tier, cumulative_fen: int, day_fen: int, points: int, visits: int, topup_fen: int
) -> None:
    """By whichever path; and no tier is given that neither was held nor is reached."""
    after = tier_after(
        EVERY_PATH, present.id, cumulative_fen, day_fen, points=points, visits=visits, topup_fen=topup_fen
    )
    rank = [tier.id for tier in EVERY_PATH].index
    reached = {
        tier.id
        for tier in EVERY_PATH
        if (tier.cumulative_fen is not None and cumulative_fen >= tier.cumulative_fen)
        or (tier.one_day_fen is not None and day_fen >= tier.one_day_fen)
        or (tier.points is not None and points >= tier.points)
        or (tier.visits is not None and visits >= tier.visits)
        or (tier.topup_fen is not None and topup_fen >= tier.topup_fen)
    }
    assert rank(after) == max(map(rank, reached | {present.id}))


@pytest.mark.parametrize("path", ["points", "visits", "topup_fen"])
@given(threshold=st.integers(1, 10_000), so_far=st.integers(0, 20_000))
def test_a5_on_every_path_the_boundary_belongs_to_the_upper_band(
    path: str, threshold: int, so_far: int
) -> None:
    tiers = (Tier("lower", "下"), Tier("upper", "上", **{path: threshold}))  # type: ignore[arg-type]  # ints by name
    after = tier_after(tiers, "lower", 0, 0, **{path: so_far})
    assert after == ("upper" if so_far >= threshold else "lower")


def test_a_tier_that_the_programme_has_no_more_counts_as_the_lowest() -> None:
    assert tier_after(TIERS, "platinum", 0, 0) == "ordinary"


@given(st.sampled_from(ids), fen)
def test_spending_what_is_short_reaches_the_next_tier(present: str, cumulative_fen: int) -> None:
    ahead = to_next_tier(TIERS, present, cumulative_fen)
    if ahead is None:
        assert present == "diamond"
    else:
        tier, short_fen = ahead
        reached = tier_after(TIERS, present, cumulative_fen + short_fen, 0)
        assert ids.index(reached) >= ids.index(tier.id)


def test_a_friend_who_spends_500_brings_50_and_a_friends_friend_who_spends_1000_brings_10() -> None:
    assert rewards(LEVELS, ["A"], 50_000) == [Reward("A", 1, 50)]
    assert rewards(LEVELS, ["B", "A"], 100_000) == [Reward("B", 1, 100), Reward("A", 2, 10)]


def test_d7_a_registration_brings_every_level_its_points() -> None:
    """As many levels as the programme has; those without points give no entry."""
    levels = (Level(None, 100), Level(1000), Level(None, 20))
    assert welcome_rewards(levels, ["C", "B", "A", "Z"]) == [Reward("C", 1, 100), Reward("A", 3, 20)]
    assert welcome_rewards(levels, ["A"]) == [Reward("A", 1, 100)]
    assert welcome_rewards(levels, []) == []


@given(st.lists(st.sampled_from("ABCDE"), max_size=5), fen)
def test_rewards_are_whole_points_for_the_levels_there_are(above: list[str], cash_fen: int) -> None:
    found = rewards(LEVELS, above, cash_fen)
    assert [reward.member for reward in found] == above[: len(found)]
    for reward in found:
        per_point = LEVELS[reward.level - 1].fen_per_point
        assert per_point is not None
        assert reward.points * per_point <= cash_fen < (reward.points + 1) * per_point


@given(st.text(st.sampled_from("欧阳张三ab"), min_size=1, max_size=8))
def test_a_masked_name_keeps_its_length_and_hides_its_end(name: str) -> None:
    masked = masked_name(name)
    assert len(masked) == len(name)
    assert len(name) == 1 or masked.endswith("*")


@given(st.text(st.sampled_from("0123456789"), min_size=5, max_size=20))
def test_a_masked_number_shows_seven_digits_at_most(number: str) -> None:
    masked = masked_number(number)
    assert masked.endswith(number[-4:])
    assert sum(char.isdigit() for char in masked) <= 7
    assert "*" in masked or len(number) == 7


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 23), st.integers(0, 59))
def test_a_business_day_lasts_24_hours_from_its_start(at_ms: int, hour: int, minute: int) -> None:
    starts = f"{hour:02d}:{minute:02d}"
    day = business_date(at_ms, ZoneInfo("UTC"), starts)
    into_ms = (at_ms - (hour * 60 + minute) * 60_000) % 86_400_000
    assert business_date(at_ms - into_ms, ZoneInfo("UTC"), starts) == day
    assert business_date(at_ms - into_ms - 1, ZoneInfo("UTC"), starts) < day


def test_a_sale_at_half_past_three_is_still_yesterdays() -> None:
    half_past_three_ms = 1_795_289_400_000  # 22 November 2026 in Shanghai
    assert business_date(half_past_three_ms, SHANGHAI, "04:00") == date(2026, 11, 21)
    assert business_date(half_past_three_ms + 1_800_000, SHANGHAI, "04:00") == date(2026, 11, 22)


@given(st.integers(0, 99), st.integers(0, 99))
def test_a_birthday_is_a_day_of_some_year(month: int, day: int) -> None:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    assert is_mmdd(mmdd(month, day)) == (1 <= month <= 12 and 1 <= day <= longest)
