"""Commission as arithmetic: a share of what was paid for what a rule selects, exact however the goods come back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.commission import (
    Earned,
    GoodsLine,
    earned_on,
    earned_on_sale,
    selects,
    taken_back,
)
from edge.domain.rules.compile import BundleRefused, load_programme, read_bundle
from edge.domain.rules.model import Commission, Select
from edge.domain.rules.words.diff import changes
from tests.edge.business.floor import corner_shop

SHARE = Commission("ALL", "销售提成", bp=150)
HEALTH = Commission(
    "HEALTH", "保健品提成", bp=800, fixed_fen=300, select=Select(cats=("health",), not_skus=("P9",))
)
RULES = (SHARE, HEALTH, Commission("TOP", "储值提成", on="topup", bp=100))

LINES = st.lists(
    st.builds(
        GoodsLine,
        sku=st.sampled_from(("P1", "P9")),
        category=st.sampled_from(("health", "food")),
        brand=st.just(""),
        unit_price_fen=st.integers(0, 50_000),
        qty_milli=st.integers(1, 20_000),
        net_fen=st.integers(0, 10**8),
    ),
    min_size=1,
    max_size=6,
)


def goods(net_fen: int, category: str = "food", sku: str = "P1", qty_milli: int = 1000) -> GoodsLine:
    return GoodsLine(sku, category, "", net_fen, qty_milli, net_fen)


def test_a_share_of_all_and_a_share_of_what_is_selected() -> None:
    """100.00 of food and 50.00 of health goods: 1.5 % of 150.00, and 8 % of 50.00 with 3.00 beside."""
    found = earned_on_sale(RULES, [goods(10_000), goods(5_000, "health"), goods(2_000, "health", "P9")])
    assert found == [Earned("ALL", 17_000, 255), Earned("HEALTH", 5_000, 700)]


def test_nothing_paid_is_no_commission() -> None:
    assert earned_on_sale(RULES, [goods(0, "health")]) == []


def test_a_topup_and_a_new_member_have_no_lines() -> None:
    member = Commission("NEW", "发展会员", on="register", fixed_fen=500)
    assert earned_on((*RULES, member), "topup", 100_000) == [Earned("TOP", 100_000, 1_000)]
    assert earned_on((*RULES, member), "register", 0) == [Earned("NEW", 0, 500)]


def test_one_of_two_pieces_takes_back_its_half() -> None:
    line = goods(999, qty_milli=2000)
    assert earned_on_sale([SHARE], [line]) == [Earned("ALL", 999, 14)]
    assert taken_back([SHARE], [line], {0: 1000}) == [Earned("ALL", -499, -7)]


def test_a_selection_is_that_of_the_rules() -> None:
    line = GoodsLine("P1", "health", "A", 500, 1000, 500)
    asked = (
        Select(),
        Select(brands=("A",)),
        Select(min_unit=500),
        Select(min_unit=501),
        Select(brands=("B",)),
        Select(not_cats=("health",)),
    )
    assert [selects(select, line) for select in asked] == [True, True, True, False, False, False]


@given(LINES, st.data())
def test_whatever_comes_back_in_whatever_parts_adds_up(lines: list[GoodsLine], data: st.DataObject) -> None:
    """Never more than was earned on the way, nothing left at the end."""
    earned = {one.rule: one for one in earned_on_sale(RULES, lines)}
    back = dict.fromkeys(earned, (0, 0))
    while any(line.refunded_milli < line.qty_milli for line in lines):
        part = {
            index: data.draw(st.integers(1, line.qty_milli - line.refunded_milli))
            for index, line in enumerate(lines)
            if line.refunded_milli < line.qty_milli
        }
        for one in taken_back(RULES, lines, part):
            base_fen, fen = back[one.rule]
            back[one.rule] = (base_fen - one.base_fen, fen - one.fen)
            assert one.fen <= 0
            assert 0 <= back[one.rule][1] <= earned[one.rule].fen
        lines = [_returned(line, part.get(index, 0)) for index, line in enumerate(lines)]
    assert back == {rule: (one.base_fen, one.fen) for rule, one in earned.items()}


def _returned(line: GoodsLine, qty_milli: int) -> GoodsLine:
    return GoodsLine(
        line.sku,
        line.category,
        line.brand,
        line.unit_price_fen,
        line.qty_milli,
        line.net_fen,
        line.refunded_milli + qty_milli,
    )


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({}, "/commissions/0"),
        ({"on": "register", "bp": 100}, "/commissions/0/bp"),
        ({"on": "topup", "bp": 100, "select": {"cats": ["tea"]}}, "/commissions/0/select"),
    ],
)
def test_a_commission_without_sense_keeps_a_bundle_out(rule: dict[str, Any], path: str) -> None:
    with pytest.raises(BundleRefused) as refused:
        load_programme(corner_shop(commissions=[{"id": "C", "name": "提成", **rule}]))
    assert refused.value.path == path


def test_a_change_of_commission_is_told_in_both_languages() -> None:
    old = read_bundle(corner_shop(commissions=[{"id": "TEA", "name": "茶叶提成", "bp": 500}]))
    rule = {"id": "TEA", "name": "茶叶提成", "bp": 800, "fixed_fen": 300, "select": {"cats": ["tea"]}}
    new = read_bundle(corner_shop(commissions=[rule]))
    (english,), (chinese,) = changes(old, new), changes(old, new, "zh")
    assert english.text == (
        "茶叶提成: the salesperson has 8 % and 3 yuan of each sale (cats tea)"
        " (was: 茶叶提成: the salesperson has 5 % of each sale)"
    )
    assert chinese.text == "茶叶提成：销售提成 8% 加 3 元（品类 tea）（原为：茶叶提成：销售提成 5%）"
