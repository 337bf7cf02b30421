"""Refunds: a line returns its amounts exactly, in any parts; points that are gone cost cash or make a debt."""

from dataclasses import replace
from fractions import Fraction

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


Step = tuple[int, int]
"""A line of the sale, and how many thousandths of it come back."""


@st.composite
def sales_and_visits(draw: st.DrawFn) -> tuple[list[SoldLine], list[Step]]:
    """Lines by the piece and by weight, and all of them coming back in parts, in any order."""
    lines, steps = [], []
    for place in range(draw(st.integers(1, 4))):
        unit = draw(st.sampled_from((1, 1000)))
        parts = [unit * part for part in draw(st.lists(st.integers(1, 3000 // unit), min_size=1, max_size=8))]
        net_fen, points = draw(amounts), draw(amounts)
        lines.append(SoldLine(sum(parts), 0, net_fen, draw(st.integers(0, net_fen)), points, draw(amounts)))
        steps += [(place, part) for part in parts]
    return lines, draw(st.permutations(steps))


def amounts_of(back: LineRefund) -> tuple[int, int, int, int]:
    """What a refund moves: cash, what points had paid, points given back, points taken."""
    return back.cash_fen, back.points_paid_fen, back.points_back, back.points_taken


@given(sales_and_visits())
def test_what_is_back_depends_on_how_much_came_back_and_not_on_how(
    sold: tuple[list[SoldLine], list[Step]],
) -> None:
    """After every part each line has brought back what it would have at once; in the end, everything."""
    lines, steps = sold
    now = list(lines)
    reached: list[tuple[int, ...]] = [(0, 0, 0, 0)] * len(lines)
    for place, part in steps:
        back = refund_line(now[place], part)
        assert min(amounts_of(back)) >= 0
        now[place] = replace(now[place], refunded_milli=now[place].refunded_milli + part)
        reached[place] = tuple(map(sum, zip(reached[place], amounts_of(back), strict=True)))
        at_once = refund_line(lines[place], now[place].refunded_milli)
        assert reached[place] == amounts_of(at_once)
    for line, all_of_it in zip(lines, reached, strict=True):
        paid_fen = line.points_paid_fen
        assert all_of_it == (line.net_fen - paid_fen, paid_fen, line.points_used, line.points)


@given(lines_and_parts())
def test_what_is_back_lags_less_than_one_behind_the_exact_part(sold: tuple[SoldLine, list[int]]) -> None:
    """Fen and points alike, after every part; it is never ahead."""
    line, parts = sold
    whole = amounts_of(refund_line(line, line.qty_milli))
    done, reached = 0, [0] * len(whole)
    for back in refund_in_parts(line, parts):
        done += back.qty_milli
        reached = [before + more for before, more in zip(reached, amounts_of(back), strict=True)]
        exact = [Fraction(amount * done, line.qty_milli) for amount in whole]
        assert all(0 <= part - so_far < 1 for part, so_far in zip(exact, reached, strict=True))


@given(
    sales_and_visits(), st.integers(-1000, 1_000_000), st.integers(1, 1000), st.sampled_from(("cash", "debt"))
)
def test_a_member_is_worth_the_same_however_the_goods_come_back(
    sold: tuple[list[SoldLine], list[Step]], balance: int, fen_per_point: int, policy: str
) -> None:
    """Cash in hand and points at their worth, a debt counted against them, are the same in the end."""
    lines, steps = sold
    now, cash_fen, points = list(lines), 0, balance
    for place, part in steps:
        back = refund_line(now[place], part)
        now[place] = replace(now[place], refunded_milli=now[place].refunded_milli + part)
        points += back.points_back
        claw = clawback(back.points_taken, points, back.cash_fen, fen_per_point, policy)
        points -= claw.from_account + claw.debt
        cash_fen += back.cash_fen - claw.from_cash_fen
        assert claw.from_cash_fen <= back.cash_fen
    given_back = sum(line.points_used - line.points for line in lines)
    paid_fen = sum(line.net_fen - line.points_paid_fen for line in lines)
    assert cash_fen + points * fen_per_point == paid_fen + (balance + given_back) * fen_per_point
