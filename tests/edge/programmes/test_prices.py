"""Prices and promotions (C1-C4, C7), stored value and coupons (B2, B7) in the programmes that show them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.member import tier_after
from edge.domain.rules.model import OffBp, Rule
from tests.edge.programmes.shop import card, goods, shop, why

RUYISHU, MATRIX, CLASSES = shop("ruyishu"), shop("matrix-store"), shop("two-class-store")
COUPONS, SUPERMARKET, SALON = shop("rebate-coupons"), shop("club-supermarket"), shop("salon")
TEA_HOUSE, PHARMACY, BABIES = shop("tea-house"), shop("pharmacy"), shop("mother-baby")
CELLS = [rule for rule in MATRIX.programme.bundle.rules if rule.group == "matrix"]
fen = st.integers(0, 10_000_000)


def test_c1_members_pay_95_percent_for_class_a_and_98_for_class_b() -> None:
    decided = CLASSES.sells(goods(10_000, "A"), goods(10_000, "B"), goods(10_000, "C"), to=card())
    assert [line.net_fen for line in decided.lines] == [9500, 9800, 10_000]
    assert CLASSES.sells(goods(10_000, "A"), to=None).net_fen == 10_000


def test_c1_the_matrix_has_three_cards_by_fifteen_categories_from_80_to_98_percent() -> None:
    rates = [rule.do.bp for rule in CELLS if isinstance(rule.do, OffBp)]
    assert {(rule.when.tiers, rule.select.cats) for rule in CELLS} == {
        ((tier.id,), (category,))
        for tier in MATRIX.programme.tiers
        for category in {rule.select.cats[0] for rule in CELLS}
    }
    assert len(CELLS) == len(rates) == 45
    assert (min(rates), max(rates)) == (200, 2000)


@given(st.sampled_from(CELLS), fen)
def test_c1_every_cell_of_the_matrix_is_its_rate_and_touches_nothing_else(cell: Rule, price: int) -> None:
    """On any price the discount is the share, down to the fen."""
    assert isinstance(cell.do, OffBp)
    decided = MATRIX.sells(
        goods(price, cell.select.cats[0]), goods(price, "none"), to=card(cell.when.tiers[0])
    )
    assert [line.discount_fen for line in decided.lines] == [price * cell.do.bp // 10_000, 0]


def test_c1_a_better_card_never_pays_more() -> None:
    for category in {rule.select.cats[0] for rule in CELLS}:
        paid = [
            MATRIX.sells(goods(10_000, category), to=card(tier)).net_fen
            for tier in ("silver", "gold", "platinum")
        ]
        assert paid == sorted(paid, reverse=True)


def test_c1_a_member_price_is_for_members() -> None:
    """88 for what costs 100."""
    assert COUPONS.sells(goods(10_000, sku="T1"), to=card()).net_fen == 8800
    assert COUPONS.sells(goods(10_000, sku="T1"), to=None).net_fen == 10_000


@pytest.mark.parametrize(
    ("fen", "off_fen"), [(19_999, 0), (20_000, 10_000), (39_999, 10_000), (50_000, 10_000)]
)
def test_c2_full_200_less_100_is_given_once(fen: int, off_fen: int) -> None:
    decided = CLASSES.sells(goods(fen, "A"), to=None, at="2026-10-01T12:00:00")
    assert decided.discount_fen == off_fen


@given(st.integers(0, 2_000_000))
def test_c2_every_full_100_takes_5_off(fen: int) -> None:
    decided = SUPERMARKET.sells(goods(fen), to=None, at="2026-11-28T12:00:00", pay="card")
    assert decided.discount_fen == fen // 10_000 * 500


def test_c3_the_member_day_is_the_15th_from_midnight_to_midnight() -> None:
    """CNY 100 of a member-day product costs 90."""
    prices = [
        RUYISHU.sells(goods(10_000, "member-day"), to=card("ordinary"), at=f"2026-11-{at}").net_fen
        for at in ("14T23:59:59", "15T00:00:00", "15T23:59:59", "16T00:00:00")
    ]
    assert prices == [10_000, 9000, 9000, 10_000]


def test_c3_the_member_day_is_every_thursday() -> None:
    """26 November 2026 is one: food at 0.98, then 0.95 of it; with the points twice."""
    decided = {
        day: MATRIX.sells(goods(10_000, "food"), to=card("silver"), at=f"2026-{day}T12:00:00")
        for day in ("11-25", "11-26", "11-27", "12-03")
    }
    assert [decision.net_fen for decision in decided.values()] == [9800, 9310, 9800, 9310]
    assert [decision.points for decision in decided.values()] == [98, 186, 98, 186]


def test_c3_a_night_belongs_to_the_day_before_where_the_business_day_begins_at_four() -> None:
    """Saturday's and Sunday's offer ends on Monday at four."""
    given_off = [
        SUPERMARKET.sells(goods(10_000), to=None, at=f"2026-11-{at}").discount_fen
        for at in ("28T03:59:59", "28T04:00:00", "30T03:59:59", "30T04:00:00")
    ]
    assert given_off == [0, 500, 500, 0]


def test_c4_the_best_combination_is_chosen_and_the_choice_explained() -> None:
    """For one jar at 100 the coupon of 20 beats the member price of 88; for two it does not, and stays."""
    one = COUPONS.sells(goods(10_000, sku="T1"), to=card(), coupons=("COUPON-20",))
    assert (one.net_fen, one.given) == (8000, {"COUPON-20": 2000, "BASE": 80})
    assert why(one)["MEMBER-PRICE"] == "suppressed"
    two = COUPONS.sells(goods(10_000, sku="T1", qty=2), to=card(), coupons=("COUPON-20",))
    assert (two.net_fen, two.given) == (17_600, {"MEMBER-PRICE": 2400, "BASE": 176})
    assert why(two)["COUPON-20"] == "left_out"
    assert why(two)["COUPON-30"] == "coupon"


def test_c4_in_a_group_the_larger_discount_wins_and_the_loser_is_told_to_whom() -> None:
    """200 of class A in the holiday: 100 off beats 5 %; at 3,000 the rate gives more."""
    holiday = "2026-10-01T12:00:00"
    small = CLASSES.sells(goods(20_000, "A"), to=card(), at=holiday)
    assert small.given["FULL-200"] == 10_000
    assert next((one.rule, one.why, one.to) for one in small.skipped) == ("CLASS-A", "lost", "FULL-200")
    assert CLASSES.sells(goods(300_000, "A"), to=card(), at=holiday).given["CLASS-A"] == 15_000


def test_c4_a_cap_bounds_what_a_rule_gives() -> None:
    """A gift of 120 is exchanged for a coupon worth 100."""
    decided = CLASSES.sells(goods(12_000, "gift"), to=card(), coupons=("GIFT-100",))
    assert decided.net_fen == 2000


def test_c7_a_gift_on_the_member_day_is_one_for_each_member_each_time() -> None:
    gold = card("gold")
    first = RUYISHU.sells(goods(10_000), to=gold, at="2026-11-15T12:00:00")
    assert [(gift.item, gift.qty) for gift in first.gifts] == [("GIFT-MD", 1)]
    again = RUYISHU.sells(
        goods(10_000), to=gold, at="2026-11-15T18:00:00", used={"MEMBER-DAY-GIFT": (1, 1, 1, 1, 1)}
    )
    assert (again.gifts, why(again)["MEMBER-DAY-GIFT"]) == ((), "limit")
    assert RUYISHU.programme.limits["MEMBER-DAY-GIFT"].period == "month"


def test_c7_a_birthday_gift_is_one_a_year() -> None:
    """On a birthday that is the 15th, beside the gift of the day."""
    born = card("diamond", birthday=1115)
    decided = RUYISHU.sells(goods(10_000), to=born, at="2026-11-15T12:00:00")
    assert [gift.item for gift in decided.gifts] == ["GIFT-MD", "GIFT-BD"]
    assert RUYISHU.programme.limits["BIRTHDAY-GIFT"].period == "year"
    strangers = RUYISHU.sells(goods(10_000), to=None, at="2026-11-15T12:00:00")
    assert strangers.gifts == ()


def test_c7_a_gift_comes_with_the_purchase_that_earns_it() -> None:
    """Six tins bring one, five do not, and the till can say how many are missing."""
    assert [gift.qty for gift in BABIES.sells(goods(30_000, "formula-2", qty=6), to=card()).gifts] == [1]
    five = BABIES.sells(goods(30_000, "formula-2", qty=5), to=card())
    assert [one.short_qty for one in five.skipped if one.rule == "SIX-PLUS-ONE"] == [1]


@pytest.mark.parametrize(
    ("topup_yuan", "pays_fen"),
    [(1999, 10_000), (2000, 9000), (4999, 9000), (5000, 8000), (7999, 8000), (8000, 7000), (12_000, 7000)],
)
def test_b2_one_top_up_gives_the_level_and_the_level_its_rate(topup_yuan: int, pays_fen: int) -> None:
    """2,000 for 0.90, 5,000 for 0.80, 8,000 for 0.70; a boundary belongs to the upper level."""
    tier = tier_after(SALON.programme.tiers, "ordinary", 0, 0, topup_fen=topup_yuan * 100)
    assert SALON.sells(goods(10_000), to=card(tier)).net_fen == pays_fen


@pytest.mark.parametrize(("points", "yuan"), [(199, 20), (299, 30), (399, 40), (499, 50), (599, 60)])
def test_b7_points_buy_a_coupon_and_the_slip_has_original_discount_and_received(
    points: int, yuan: int
) -> None:
    kind = f"COUPON-{yuan}"
    assert COUPONS.programme.coupons[kind].points_price == points
    decided = COUPONS.sells(goods(10_000), to=card(), coupons=(kind,))
    assert (decided.list_fen, decided.discount_fen, decided.due_fen) == (
        10_000,
        yuan * 100,
        10_000 - yuan * 100,
    )
    assert COUPONS.sells(goods(yuan * 100 - 1), to=card(), coupons=(kind,)).discount_fen == 0


def test_b7_ten_thousand_points_are_a_voucher_or_a_gift_worth_100() -> None:
    prices = {coupon.points_price for coupon in CLASSES.programme.coupons.values()}
    assert prices == {10_000}
    assert CLASSES.sells(goods(10_000), to=card(), coupons=("VOUCHER-100",)).net_fen == 0
    assert CLASSES.sells(goods(10_000, "gift"), to=card(), coupons=("GIFT-100",)).net_fen == 0


def test_k2_the_halves_of_a_test_by_card_tail_cannot_use_each_others_coupon() -> None:
    """Odd tails get 30 off 100, even tails a dish; presented by the other half, neither gives anything."""
    both = ("WAKE-COUPON", "WAKE-DISH")
    basket = (goods(10_000), goods(2800, sku="DIM-SUM"))
    odd = TEA_HOUSE.sells(*basket, to=card("member", "tail-odd"), coupons=both)
    even = TEA_HOUSE.sells(*basket, to=card("member", "tail-even"), coupons=both)
    assert (odd.discount_fen, even.discount_fen) == (3000, 2800)
    assert (why(odd)["WAKE-DISH"], why(even)["WAKE-COUPON"]) == ("tags", "tags")


def test_k2_a_wave_is_for_those_who_answered_the_one_before() -> None:
    waves = ("WAVE-1", "WAVE-2", "WAVE-3")
    answered = [(), ("answered-1",), ("answered-1", "answered-2")]
    given_off = [
        TEA_HOUSE.sells(goods(10_000), to=card("member", *tags), coupons=waves).discount_fen
        for tags in answered
    ]
    assert given_off == [1500, 2500, 4000]


@pytest.mark.parametrize(("grade", "pays_fen"), [("a", 9200), ("b", 9500), ("c", 9800), ("d", 10_000)])
def test_k1_each_grade_has_its_benefits_and_prescriptions_none(grade: str, pays_fen: int) -> None:
    graded = card("member", f"grade-{grade}")
    decided = PHARMACY.sells(goods(10_000, "vitamins"), goods(10_000, "prescription"), to=graded)
    assert [line.net_fen for line in decided.lines] == [pays_fen, 10_000]
    assert decided.points == PHARMACY.sells(goods(10_000, "vitamins"), to=graded).points
