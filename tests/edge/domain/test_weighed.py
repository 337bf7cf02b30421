"""Weighed goods through the rules: a fixed price goes by weight, what counts units counts whole ones."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import Line, priced
from edge.domain.checkout import Decision, Occasion, decide, kernel_request
from edge.domain.member import Member
from edge.domain.money import line_amount
from edge.domain.rules.compile import load_programme

PRICE_FEN = 1000
BUNDLE = {
    "schema": "points-bundle/1",
    "programme": "weighed",
    "version": 1,
    "valid_from": "2026-11-01T00:00:00+08:00",
    "points": {"fen_per_point": 100, "fen_per_redeemed_point": 1},
    "groups": [
        {"id": "item", "phase": "discount", "order": 1},
        {"id": "bonus", "phase": "points", "order": 2},
    ],
    "rules": [
        {
            "id": "BULK",
            "name": "散装特价",
            "phase": "discount",
            "group": "item",
            "select": {"cats": ["bulk"]},
            "do": {"op": "fixed_price", "fen": PRICE_FEN},
        },
        {
            "id": "EACH",
            "name": "每件加10分",
            "phase": "points",
            "group": "bonus",
            "do": {"op": "per_qty", "pts": 10},
        },
    ],
}
PROGRAMME = load_programme(msgspec.json.encode(BUNDLE))
NOON = Occasion(at_ms=1_795_320_000_000, store="S001", pay="cash")
MEMBER = Member("M1", "80000001", "王芳", "member", "S001", 0)


def weighed(qty_milli: int, unit_price_fen: int = 4000, amount_fen: int | None = None) -> Line:
    """Goods by the kilo."""
    amount = priced(unit_price_fen, qty_milli, amount_fen)
    return Line("B7", "枸杞(散装)", qty_milli, unit_price_fen, amount, category="bulk")


def decision(*lines: Line) -> Decision:
    """What the rules say of a member's basket."""
    return decide(PROGRAMME, NOON, lines, MEMBER)[0]


@pytest.mark.parametrize(
    ("qty_milli", "net_fen"),
    [(500, 500), (1900, 1900), (2000, 2000), (1, 1), (1234, 1234), (65_535_000, 65_535_000)],
)
def test_a_fixed_price_goes_by_weight(qty_milli: int, net_fen: int) -> None:
    """At 10.00 a kilo half a kilo costs 5.00 and 1.9 kg cost 19.00."""
    decided = decision(weighed(qty_milli))
    assert decided.net_fen == net_fen
    assert [fired.rule for fired in decided.discounts] == ["BULK"]


@given(st.integers(1, 500_000), st.integers(0, 4000))
def test_a_fixed_price_is_the_price_of_the_line_unless_it_was_cheaper(
    qty_milli: int, unit_price_fen: int
) -> None:
    """The kernel rounds a weighed line as the till does."""
    line = weighed(qty_milli, unit_price_fen)
    fixed_fen = line_amount(PRICE_FEN, qty_milli)
    assert decision(line).net_fen == min(line.amount_fen, fixed_fen)


def test_what_the_scale_decided_stays_where_it_is_cheaper() -> None:
    """The label's amount is the line's price; a fixed price only takes off what is above it."""
    assert decision(weighed(500, amount_fen=499)).net_fen == 499
    assert decision(weighed(500, amount_fen=501)).net_fen == 500


def test_points_for_each_unit_count_whole_ones() -> None:
    """1.9 kg and 0.9 kg are one unit."""
    assert decision(weighed(1900), weighed(900)).points == 10


def test_only_a_part_of_a_unit_is_told_to_the_kernel() -> None:
    """Whole pieces ask the kernel what they always asked; thousandths come last in a line."""
    asked = json.loads(kernel_request(NOON, [weighed(2000), weighed(1900), weighed(500)], None, 0))
    whole, more, less = asked["lines"]
    assert (whole["qty"], "milli" in whole) == (2, False)
    assert (more["qty"], less["qty"]) == (1, 0)
    assert [list(line.items())[-1] for line in (more, less)] == [("milli", 900), ("milli", 500)]
