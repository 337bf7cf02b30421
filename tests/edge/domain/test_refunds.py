"""Refunds: a line returns its amounts exactly, in any parts; points that are gone cost cash or make a debt."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.refunds import Clawback, LineRefund, SoldLine, clawback, refund_line

amounts = st.integers(0, 10_000_000)


@st.composite
def lines_and_parts(draw: st.DrawFn) -> tuple[SoldLine, list[int]]:
    """A sold line, and quantities that add up to it."""
    parts = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=10))
    net_fen = draw(amounts)
    paid_fen = draw(st.integers(0, net_fen))
    return SoldLine(sum(parts), 0, net_fen, paid_fen, draw(amounts), draw(amounts)), parts


def refund_in_parts(line: SoldLine, parts: list[int]) -> list[LineRefund]:
    refunds = []
    for part in parts:
        refunds.append(refund_line(line, part))
        line = replace(line, refunded_milli=line.refunded_milli + part)
    return refunds


@given(lines_and_parts())
def test_all_parts_together_return_all_of_the_line(sold: tuple[SoldLine, list[int]]) -> None:
    line, parts = sold
    back = refund_in_parts(line, parts)
    assert sum(part.net_fen for part in back) == line.net_fen
    assert sum(part.points_paid_fen for part in back) == line.points_paid_fen
    assert sum(part.points_back for part in back) == line.points_used
    assert sum(part.points_taken for part in back) == line.points


@given(lines_and_parts())
def test_a_line_refunded_at_once_is_the_line(sold: tuple[SoldLine, list[int]]) -> None:
    line, _ = sold
    back = refund_line(line, line.qty_milli)
    assert (back.net_fen, back.points_paid_fen) == (line.net_fen, line.points_paid_fen)
    assert (back.points_back, back.points_taken) == (line.points_used, line.points)


@given(
    amounts, st.integers(-1000, 10_000_000), amounts, st.integers(0, 1000), st.sampled_from(("cash", "debt"))
)
def test_a_clawback_is_the_account_then_the_cash_then_a_debt(
    taken: int, balance: int, cash_fen: int, fen_per_point: int, policy: str
) -> None:
    claw = clawback(taken, balance, cash_fen, fen_per_point, policy)
    assert claw.from_account + claw.from_cash_points + claw.debt == taken
    assert claw.from_account == min(taken, max(0, balance))
    assert claw.from_cash_fen == claw.from_cash_points * fen_per_point <= cash_fen
    assert claw.short == taken - claw.from_account
    if policy == "debt":
        assert claw.from_cash_points == 0
    elif fen_per_point:
        assert claw.debt == 0 or cash_fen - claw.from_cash_fen < fen_per_point


@given(amounts, amounts)
def test_whoever_still_has_the_points_loses_no_cash(taken: int, cash_fen: int) -> None:
    assert clawback(taken, taken, cash_fen, 2, "cash") == Clawback(taken, 0, 0, 0)


@pytest.mark.parametrize(
    ("balance", "cash_fen", "expected"),
    [
        (100, 5000, Clawback(100, 0, 0, 0)),
        (30, 5000, Clawback(30, 70, 140, 0)),
        (0, 99, Clawback(0, 49, 98, 51)),
        (-20, 0, Clawback(0, 0, 0, 100)),
    ],
)
def test_a_hundred_points_at_two_fen_each(balance: int, cash_fen: int, expected: Clawback) -> None:
    assert clawback(100, balance, cash_fen, 2, "cash") == expected


@given(lines_and_parts())
def test_no_part_of_a_refund_costs_the_customer_money(sold: tuple[SoldLine, list[int]]) -> None:
    """Of 3 fen, 2 of them paid with points, the third fifth once rounded to minus one fen in cash."""
    line, parts = sold
    assert all(part.cash_fen >= 0 for part in refund_in_parts(line, parts))
    fifths = refund_in_parts(SoldLine(5, 0, 3, 2, 0, 0), [1] * 5)
    assert min(part.cash_fen for part in fifths) == 0
