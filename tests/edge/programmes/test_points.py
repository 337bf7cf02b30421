"""Rules of points (D1-D14) and of tiers (A5) in the programmes that show them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import read_bundle_file
from edge.domain.idleness import idle_step, idle_until, tier_after_idleness
from edge.domain.lunar import birthday_state
from edge.domain.member import tier_after
from edge.domain.rebates import rebate
from edge.domain.referrals import Reward, rewards, welcome_rewards
from edge.domain.rules.compile import BundleRefused, load_programme
from tests.edge.programmes.shop import PROGRAMMES, card, goods, shop, why

BANDS, RUYISHU, SUPERMARKET = shop("band-shop"), shop("ruyishu"), shop("club-supermarket")
CLASSES, BABIES = shop("two-class-store"), shop("mother-baby")
NEW_YEARS_EVE_BY_THE_MOON = "2026-02-16T12:00:00"
"""The 29th and last day of a 12th month."""


@pytest.mark.parametrize(
    ("fen", "points"),
    [(99_999, 0), (100_000, 1000), (199_999, 1999), (200_000, 3000), (499_999, 7499), (500_000, 10_000)],
)
def test_d1_a_boundary_belongs_to_the_upper_band(fen: int, points: int) -> None:
    """1,000-2,000 once, 2,000-5,000 one and a half times, 5,000 and more twice; below 1,000 nothing."""
    assert BANDS.sells(goods(fen), to=card("ordinary")).points == points


@given(st.integers(0, 2_400_000))
def test_d1_the_whole_receipt_counts_at_the_rate_of_its_band(fen: int) -> None:
    """Below the most that a receipt earns."""
    halves = 4 if fen >= 500_000 else 3 if fen >= 200_000 else 2 if fen >= 100_000 else 0
    assert BANDS.sells(goods(fen), to=card("ordinary")).points == fen * halves // 200


@pytest.mark.parametrize(
    ("tier", "points"), [("ordinary", 1000), ("silver", 1200), ("gold", 1500), ("diamond", 2000)]
)
def test_d2_a_tier_multiplies_the_base_points(tier: str, points: int) -> None:
    assert BANDS.sells(goods(100_000), to=card(tier)).points == points


def test_d2_band_and_tier_add_up_and_do_not_multiply() -> None:
    """Gold, 2,000: 3,000 for the band and half of 2,000 for the card; not 4,500."""
    assert BANDS.sells(goods(200_000), to=card("gold")).given == {"BAND-2000": 3000, "TIER-GOLD": 1000}


@pytest.mark.parametrize(
    ("at", "points"),
    [
        ("2026-12-23T23:59:59", 1000),
        ("2026-12-24T00:00:00", 3000),
        ("2026-12-25T23:59:59", 3000),
        ("2026-12-26T00:00:00", 1000),
    ],
)
def test_d3_from_24_to_25_december_points_are_multiplied(at: str, points: int) -> None:
    assert BANDS.sells(goods(100_000), to=card("ordinary"), at=at).points == points


def test_d4_a_new_product_adds_100_per_purchase_beside_the_ordinary_points() -> None:
    """Once, however many; and also where the amount is too small for any other points."""
    decided = BANDS.sells(goods(98_000), goods(1000, "new", qty=2), to=card("ordinary"))
    assert decided.given == {"BAND-1000": 1000, "NEW-PRODUCT": 100}
    assert BANDS.sells(goods(1000, "new"), to=card("ordinary")).points == 100


@pytest.mark.parametrize(
    ("points", "tier"),
    [
        (999, "ordinary"),
        (1000, "silver"),
        (2000, "silver"),
        (2001, "gold"),
        (6000, "gold"),
        (6001, "diamond"),
    ],
)
def test_d5_points_lead_to_the_tier_of_their_band(points: int, tier: str) -> None:
    assert tier_after(BANDS.programme.tiers, "ordinary", 0, 0, points=points) == tier


@pytest.mark.parametrize(
    ("all_yuan", "day_yuan", "tier"),
    [
        (6999, 4999, "ordinary"),
        (7000, 0, "gold"),
        (5000, 5000, "gold"),
        (15_999, 11_999, "gold"),
        (16_000, 0, "diamond"),
        (12_000, 12_000, "diamond"),
    ],
)
def test_a5_a_tier_is_reached_by_cumulative_or_by_one_days_spend(
    all_yuan: int, day_yuan: int, tier: str
) -> None:
    assert tier_after(RUYISHU.programme.tiers, "ordinary", all_yuan * 100, day_yuan * 100) == tier


def test_a5_two_years_without_a_purchase_downgrade_after_a_warning() -> None:
    """Bought last on 10 November 2024: warned on 11 October 2026, a tier down on 10 November."""
    terms, since = RUYISHU.programme.bundle.downgrade, date(2024, 11, 10)
    assert terms is not None
    assert idle_until(terms, since) == date(2026, 11, 10)
    assert idle_step(terms, since, None, date(2026, 10, 11)) == "warn"
    assert idle_step(terms, since, date(2026, 10, 11), date(2026, 11, 10)) == "downgrade"
    assert tier_after_idleness(terms, RUYISHU.programme.tiers, "diamond") == "gold"


@given(st.integers(0, 5000))
def test_d6_fifty_points_are_one_yuan_and_what_they_pay_earns_nothing(points: int) -> None:
    """Of CNY 100; 5,000 points are all of it."""
    decided = RUYISHU.sells(goods(10_000), to=card("ordinary"), points=points)
    assert decided.points_paid_fen == points * 2
    assert decided.points == (10_000 - points * 2) // 100


def test_d6_points_are_exchanged_for_goods() -> None:
    """10,000 points: a gift worth CNY 100; more than that is paid."""
    decided = CLASSES.sells(goods(10_000, "gift"), goods(5000, "C"), to=card(), coupons=("GIFT-100",))
    assert (decided.net_fen, decided.points) == (5000, 50)


@pytest.mark.parametrize(
    ("tags", "offered", "taken"),
    [(("active",), 8000, 5000), ((), 8000, 2000), (("active",), 250, 200), (("active",), 99, 0)],
)
def test_d6_points_pay_on_the_terms_of_the_programme(tags: tuple[str, ...], offered: int, taken: int) -> None:
    """Of CNY 100 at most half for active members, a fifth for others, in steps of 100 points."""
    decided = BABIES.sells(goods(10_000, "nappies"), to=card("member", *tags), points=offered)
    assert (decided.redeem_points, decided.points_paid_fen) == (taken, taken)
    assert decided.points == (10_000 - taken) // 100


def test_d6_what_may_not_be_promoted_is_not_paid_with_points() -> None:
    decided = BABIES.sells(goods(30_000, "formula-1"), to=card("member", "active"), points=1000)
    assert (decided.redeem_points, decided.due_fen, decided.points) == (0, 30_000, 0)


def test_d7_a_friends_500_bring_50_and_a_friends_friends_1000_bring_10() -> None:
    levels = RUYISHU.programme.referral
    assert rewards(levels, ["A"], 50_000) == [Reward("A", 1, 50)]
    assert rewards(levels, ["B", "A"], 100_000) == [Reward("B", 1, 100), Reward("A", 2, 10)]


def test_d7_a_registration_rewards_as_many_levels_as_the_programme_has() -> None:
    levels = BANDS.programme.referral
    assert [reward.points for reward in welcome_rewards(levels, ["C", "B", "A", "Z"])] == [100, 50, 20]
    assert rewards(levels, ["C", "B", "A"], 100_000) == []


def test_d8_registration_event_survey_and_special_purchase_have_their_bonus() -> None:
    bonuses = {(bonus.on, bonus.points) for bonus in BANDS.programme.bundle.bonuses}
    assert bonuses >= {("register", 200), ("event", 50), ("survey", 30), ("special", 300)}


@pytest.mark.parametrize(("tier", "points"), [("ordinary", 200), ("gold", 300), ("diamond", 600)])
def test_d9_a_birthday_doubles_what_the_card_brings(tier: str, points: int) -> None:
    born = card(tier, birthday=1110)
    assert RUYISHU.sells(goods(10_000), to=born).points == points
    assert RUYISHU.sells(goods(10_000), to=born, at="2026-11-11T00:00:00").points == points // 2


def test_d9_a_birthday_by_the_moon_doubles_on_its_day_of_this_year() -> None:
    """Born on day 30 of a 12th month; this year's has 29 days, so the last of them is the day."""
    state = birthday_state(1230, "lunar", date(2026, 2, 16))
    kept = RUYISHU.sells(
        goods(10_000), to=card("ordinary"), at=NEW_YEARS_EVE_BY_THE_MOON, birthday_state=state
    )
    assert (kept.points, [gift.item for gift in kept.gifts]) == (200, ["GIFT-BD"])
    assert RUYISHU.sells(goods(10_000), to=card("ordinary"), at=NEW_YEARS_EVE_BY_THE_MOON).points == 100


@pytest.mark.parametrize(("tier", "points"), [("ordinary", 300), ("gold", 450), ("diamond", 900)])
def test_d10_the_15th_triples_what_the_card_brings(tier: str, points: int) -> None:
    assert RUYISHU.sells(goods(10_000), to=card(tier), at="2026-11-15T12:00:00").points == points


def test_d10_a_birthday_on_the_member_day_counts_once() -> None:
    """The better of the two."""
    born = card("ordinary", birthday=1115)
    decided = RUYISHU.sells(goods(10_000), to=born, at="2026-11-15T12:00:00")
    assert (decided.points, why(decided)["BIRTHDAY-ORDINARY"]) == (300, "lost")


def test_d12_a_receipt_earns_at_most_its_cap() -> None:
    assert BANDS.sells(goods(3_000_000), to=card("diamond")).points == 50_000


def test_d12_a_rule_is_capped_by_receipt_and_by_day() -> None:
    """A tenth more through the mini program: at most 300 a receipt and 500 a day."""
    assert BANDS.sells(goods(500_000), to=card("ordinary"), channel="mini").given["MINI-PROGRAM"] == 300
    late = BANDS.sells(
        goods(500_000), to=card("ordinary"), channel="mini", used={"MINI-PROGRAM": (2, 2, 450, 450, 450)}
    )
    assert late.given["MINI-PROGRAM"] == 50


def test_d12_a_member_is_given_once_a_day_and_so_much_a_month() -> None:
    """20 points for paying by WeChat."""

    def bonus(used: dict[str, tuple[int, int, int, int, int]]) -> int:
        decided = BANDS.sells(goods(1000), to=card("ordinary"), pay="wechat", used=used)
        return decided.given.get("WECHAT", 0)

    assert bonus({}) == 20
    assert bonus({"WECHAT": (1, 1, 20, 20, 20)}) == 0
    assert bonus({"WECHAT": (9, 0, 190, 0, 9999)}) == 10
    assert BANDS.sells(goods(1000), to=card("ordinary")).points == 0


def test_d12_a_campaign_gives_until_its_points_are_gone() -> None:
    """100,000 for all members together."""
    last = BANDS.sells(goods(1000, "new"), to=card("ordinary"), used={"NEW-PRODUCT": (0, 0, 0, 0, 99_960)})
    over = BANDS.sells(goods(1000, "new"), to=card("ordinary"), used={"NEW-PRODUCT": (0, 0, 0, 0, 100_000)})
    assert (last.points, over.points, why(over)["NEW-PRODUCT"]) == (40, 0, "limit")


def test_d12_the_first_purchase_has_its_bonus() -> None:
    assert BANDS.sells(goods(1000), to=card("ordinary"), first=True).given == {"FIRST-PURCHASE": 100}


def test_d13_one_percent_of_a_quarters_spend_comes_back_as_vouchers() -> None:
    """CNY 12,345.67: 123.45 are 24 vouchers of 5."""
    (terms,) = SUPERMARKET.programme.bundle.rebates
    assert terms.every == "quarter"
    assert rebate(terms, 1_234_567).fen == 12_000
    assert rebate(terms, 49_999).count == 0
    assert rebate(terms, 50_000).count == 1


def test_d14_a_change_that_was_announced_too_late_is_refused() -> None:
    """13 days before is one too few."""
    raw = read_bundle_file(PROGRAMMES / "ruyishu.yaml")
    with pytest.raises(BundleRefused, match="2026-01-02"):
        load_programme(raw.replace(b'"announced":"2025-12-15"', b'"announced":"2025-12-19"'))
    in_time = load_programme(raw.replace(b'"announced":"2025-12-15"', b'"announced":"2025-12-18"'))
    assert in_time.valid_from_ms == RUYISHU.programme.valid_from_ms
