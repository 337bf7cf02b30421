"""Whole money: nothing is lost in rounding, in spreading, or in taking back by parts."""

from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cext.kernel_py import spread as kernel_spread
from edge.domain.money import FEN_MAX, Rounding, divide, line_amount, spread, telescope, yuan

fen = st.integers(0, FEN_MAX - 1)
weights = st.lists(fen, min_size=1, max_size=20)


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, list[int]]:
    """A whole, and parts that add up to it."""
    parts = draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=12))
    return sum(parts), parts


@given(st.integers(0, 2**62), st.integers(1, 2**31))
def test_rounding_is_exact_and_named(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    down, half_up, up = (divide(numerator, denominator, how) for how in ("down", "half_up", "up"))
    assert down <= exact < down + 1
    assert up - 1 < exact <= up
    assert half_up - Fraction(1, 2) <= exact < half_up + Fraction(1, 2)


@pytest.mark.parametrize(
    ("rounding", "rounded"), [("down", [0, 0, 1]), ("half_up", [0, 1, 1]), ("up", [1, 1, 1])]
)
def test_half_a_fen_goes_up(rounding: Rounding, rounded: list[int]) -> None:
    assert [divide(thousandths, 1000, rounding) for thousandths in (499, 500, 1000)] == rounded


@given(fen, weights)
def test_a_spread_adds_up_and_no_share_is_a_fen_off(amount: int, parts: list[int]) -> None:
    shares, total = spread(amount, parts), sum(parts)
    assert sum(shares) == (amount if total else 0)
    for share, weight in zip(shares, parts, strict=True):
        assert share >= 0
        assert not total or abs(share - Fraction(amount * weight, total)) < 1


@given(weights)
def test_a_spread_of_the_whole_is_the_weights(parts: list[int]) -> None:
    assert spread(sum(parts), parts) == parts


@given(fen, fen, weights)
def test_of_more_the_first_lines_get_no_less_together(one: int, other: int, parts: list[int]) -> None:
    """Single shares may lose a fen to their neighbour when more is spread; what all up to a line have may not."""
    less, more = (list(accumulate(spread(amount, parts))) for amount in sorted((one, other)))
    assert all(before <= after for before, after in zip(less, more, strict=True))


@given(fen, weights, st.data())
def test_a_line_rung_up_in_two_parts_changes_no_other_share(
    amount: int, parts: list[int], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(parts) - 1))
    first = data.draw(st.integers(0, parts[place]))
    halves = spread(amount, [*parts[:place], first, parts[place] - first, *parts[place + 1 :]])
    together = [*halves[:place], halves[place] + halves[place + 1], *halves[place + 2 :]]
    assert together == spread(amount, parts)


@given(st.integers(0, 200), st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_fen_by_fen_each_goes_to_the_first_line_that_is_owed_it(amount: int, parts: list[int]) -> None:
    """The closed formula against handing out one fen after the other."""
    total, shares = sum(parts), [0] * len(parts)
    reached = list(accumulate(parts))
    for nth in range(1, amount + 1 if total else 1):
        shares[next(place for place, upto in enumerate(reached) if upto * amount >= nth * total)] += 1
    assert spread(amount, parts) == kernel_spread(amount, parts) == shares


@given(fen, splits())
def test_parts_that_come_back_add_up_however_the_whole_is_split(
    amount: int, split: tuple[int, list[int]]
) -> None:
    whole, parts = split
    done = [sum(parts[:index]) for index in range(len(parts))]
    back = [telescope(amount, whole, before, part) for before, part in zip(done, parts, strict=True)]
    assert sum(back) == amount
    assert all(share >= 0 for share in back)


def test_nothing_comes_back_of_nothing() -> None:
    assert telescope(100, 0, 0, 0) == 0


@given(fen, st.integers(1, 65_535_000))
def test_a_line_costs_its_price_times_its_quantity(unit_price_fen: int, qty_milli: int) -> None:
    exact = Fraction(unit_price_fen * qty_milli, 1000)
    assert abs(line_amount(unit_price_fen, qty_milli) - exact) <= Fraction(1, 2)


@given(st.integers(-FEN_MAX, FEN_MAX))
def test_yuan_reads_back_as_the_same_fen(amount_fen: int) -> None:
    text = yuan(amount_fen)
    assert Fraction(text) * 100 == amount_fen
    assert text[-3] == "."
