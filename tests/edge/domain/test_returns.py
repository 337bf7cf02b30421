"""From a basket to its last return: what was decided is what comes back, under discounts, terms and weights."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import Line, priced
from edge.domain.checkout import Decision, Occasion, decide
from edge.domain.member import Member
from edge.domain.refunds import SoldLine, refund_line
from edge.domain.rules.compile import Programme, load_programme

NOON = Occasion(at_ms=1_795_320_000_000, store="S001", pay="cash")
MEMBER = Member("M1", "80000001", "王芳", "member", "S001", 0)


def programme(*more: object) -> Programme:
    """A price by weight, every second piece at half, a full reduction, and points on the rest."""
    discount, points = {"phase": "discount"}, {"phase": "points", "group": "base"}
    bundle = {
        "schema": "points-bundle/1",
        "programme": "returns",
        "version": 1,
        "valid_from": "2026-11-01T00:00:00+08:00",
        "points": {"fen_per_point": 100, "fen_per_redeemed_point": 3},
        "groups": [
            {"id": "item", "phase": "discount", "order": 1},
            {"id": "full", "phase": "discount", "order": 2, "basis": "running"},
            {"id": "base", "phase": "points", "order": 3},
        ],
        "rules": [
            {
                **discount,
                "id": "BULK",
                "name": "散装特价",
                "group": "item",
                "select": {"cats": ["bulk"]},
                "do": {"op": "fixed_price", "fen": 990},
            },
            {
                **discount,
                "id": "SECOND",
                "name": "第二件半价",
                "group": "item",
                "select": {"not_cats": ["bulk"]},
                "do": {"op": "nth_item_bp", "n": 2, "bp": 5000},
            },
            {
                **discount,
                "id": "FULL",
                "name": "满50减7",
                "group": "full",
                "do": {"op": "every_off", "every_fen": 5000, "off_fen": 700, "max_times": 99},
            },
            {**points, "id": "BASE", "name": "消费积分", "do": {"op": "mult_bp", "bp": 10_000}},
            *more,
        ],
    }
    return load_programme(msgspec.json.encode(bundle))


TERMS = {
    "id": "PAY",
    "name": "积分抵现",
    "phase": "points",
    "group": "base",
    "select": {"not_cats": ["bulk"]},
    "do": {"op": "redeem", "fen_per_point": 7, "max_bp": 5000, "step": 3},
}
BONUS = {
    "id": "NEW",
    "name": "新品加100分",
    "phase": "points",
    "group": "base",
    "do": {"op": "fixed", "pts": 100},
}
PROGRAMMES = {"its own rate": programme(), "terms of redemption": programme(TERMS), "bonus": programme(BONUS)}


@st.composite
def baskets(draw: st.DrawFn) -> list[Line]:
    """Up to five lines, by the piece and by weight."""
    lines = []
    for place in range(draw(st.integers(1, 5))):
        weighed = draw(st.booleans())
        qty_milli = draw(st.integers(1, 5000)) if weighed else 1000 * draw(st.integers(1, 5))
        unit_fen = draw(st.integers(1, 9999))
        category = "bulk" if weighed else "tin"
        lines.append(
            Line(
                f"S{place}",
                "货",
                qty_milli,
                unit_fen,
                priced(unit_fen, qty_milli, None),
                category=category,
                no_points=draw(st.booleans()),
            )
        )
    return lines


def sold(decision: Decision) -> list[SoldLine]:
    """The lines of a decision as a sale stores them."""
    return [
        SoldLine(one.qty_milli, 0, one.net_fen, one.points_paid_fen, one.points, one.points_used)
        for one in decision.lines
    ]


@pytest.mark.parametrize("terms", PROGRAMMES)
@given(baskets(), st.integers(0, 3000), st.data())
def test_all_that_was_decided_comes_back_in_any_parts(
    terms: str, lines: list[Line], redeem_points: int, data: st.DataObject
) -> None:
    """Of a receipt with discounts and points paid: its money, its points, and the points that paid."""
    decision, _ = decide(PROGRAMMES[terms], NOON, lines, MEMBER, redeem_points)
    assert all(0 <= line.points_paid_fen <= line.net_fen for line in sold(decision))
    now, cash_fen, points, points_back = sold(decision), 0, 0, 0
    while left := [place for place, line in enumerate(now) if line.refunded_milli < line.qty_milli]:
        place = data.draw(st.sampled_from(left))
        line = now[place]
        part = data.draw(st.integers(1, line.qty_milli - line.refunded_milli))
        part = max(part, (line.qty_milli - line.refunded_milli) // 4)
        back = refund_line(line, part)
        assert min(back.cash_fen, back.points_taken, back.points_back) >= 0
        now[place] = replace(line, refunded_milli=line.refunded_milli + part)
        cash_fen += back.cash_fen
        points += back.points_taken
        points_back += back.points_back
    assert (cash_fen, points, points_back) == (decision.due_fen, decision.points, decision.redeem_points)
    assert decision.redeem_points <= redeem_points


def test_a_bonus_for_what_points_paid_goes_back_with_it() -> None:
    """All of 30.00 is paid with points, the bonus of 100 comes all the same: the line carries it."""
    decision, _ = decide(PROGRAMMES["bonus"], NOON, [Line("S1", "货", 1000, 3000, 3000)], MEMBER, 1000)
    (line,) = sold(decision)
    assert (decision.due_fen, decision.points, line.points) == (0, 100, 100)
    assert refund_line(line, 1000).points_taken == 100
