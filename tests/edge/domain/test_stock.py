"""The moving average: whatever comes, goes and is counted, the fen add up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.barcodes import Weighed, weighed
from edge.domain.stock import Holding, Moved, cost_of, count, is_low, is_near, put, take

QTY = st.integers(1, 65_535_000)
FEN = st.integers(0, 10_000_000)
COST = st.none() | st.integers(0, 100_000)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), QTY, FEN),
        st.tuples(st.just("take"), QTY, COST),
        st.tuples(st.just("count"), st.integers(0, 65_535_000), COST),
    ),
    max_size=30,
)


def moved(holding: Holding, move: tuple[str, int, int | None]) -> Moved:
    kind, qty, fen = move
    if kind == "put":
        return put(holding, qty, fen or 0)
    return take(holding, qty, fen) if kind == "take" else count(holding, qty, fen)


@given(MOVES)
def test_no_fen_is_lost(moves: list[tuple[str, int, int | None]]) -> None:
    """What is left is what went in less what went out; where nothing is left, so is no value."""
    holding, value = Holding(), 0
    for move in moves:
        step = moved(holding, move)
        value += step.value_fen - step.correction_fen
        holding = step.holding
        assert holding.value_fen == value
        assert holding.value_fen * holding.qty_milli >= 0
        assert holding.qty_milli or not holding.value_fen


@given(QTY, FEN, st.lists(QTY, max_size=20))
def test_what_goes_out_costs_what_came_in(qty: int, value: int, parts: list[int]) -> None:
    """Any split into parts that uses all of it up costs the same in all."""
    holding, cost = put(Holding(), qty, value).holding, 0
    for part in parts:
        if part < holding.qty_milli:
            step = take(holding, part, None)
            cost, holding = cost - step.value_fen, step.holding
    cost -= take(holding, holding.qty_milli, None).value_fen if holding.qty_milli else 0
    assert cost == value


@given(QTY, FEN, QTY)
def test_one_take_is_within_a_fen_of_the_average(qty: int, value: int, part: int) -> None:
    if part <= qty:
        assert 0 <= value * part - -take(Holding(qty, value), part, None).value_fen * qty < qty


@given(QTY, COST, FEN)
def test_goods_sold_too_early_cost_what_they_did_in_the_end(
    qty: int, believed: int | None, real: int
) -> None:
    gone = take(Holding(), qty, believed)
    settled = put(gone.holding, qty, real)
    assert settled.holding == Holding()
    assert -gone.value_fen + settled.correction_fen == real


@given(QTY, FEN, st.integers(0, 65_535_000))
def test_a_count_leaves_what_was_counted(qty: int, value: int, counted: int) -> None:
    step = count(Holding(qty, value), counted, None)
    assert step.holding.qty_milli == counted
    assert (step.value_fen > 0) <= (counted > qty)
    assert (step.value_fen < 0) <= (counted < qty)


def test_the_average_moves() -> None:
    """10 at 8.00, 10 at 9.00: the average is 8.50; 15 go for 127.50; 5 are left for 42.50."""
    holding = put(Holding(10_000, 8_000), 10_000, 9_000).holding
    assert holding == Holding(20_000, 17_000)
    assert take(holding, 15_000, None) == Moved(Holding(5_000, 4_250), -12_750)
    assert cost_of(Holding(5_000, 4_250), 1_000, 700) == 850
    assert cost_of(Holding(), 1_500, 700) == 1_050


def test_alerts_at_the_level_and_near_the_date() -> None:
    assert [is_low(qty, 3_000) for qty in (2_999, 3_000, 3_001)] == [True, True, False]
    assert not is_low(-1, None)
    today = date(2026, 11, 24)
    assert [is_near(day, today) for day in (date(2026, 11, 1), date(2026, 12, 24), date(2026, 12, 25))] == [
        True,
        True,
        False,
    ]
    assert not is_near(None, today)


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("2112345012506", Weighed("2112345", amount_fen=1250)),
        ("2512345007500", Weighed("2512345", qty_milli=750)),
        ("2112345012507", None),
        ("6901234567892", None),
        ("211234501250", None),
        ("21123450125٣3", None),
    ],
    ids=["a price", "a weight", "misread", "an ordinary code", "too short", "not our digits"],
)
def test_what_a_scale_prints(code: str, means: Weighed | None) -> None:
    assert weighed(code) == means


def test_a_weighed_line() -> None:
    assert Weighed("2112345", amount_fen=1250).bought(2500) == (500, 1250)
    assert Weighed("2112345", amount_fen=1250).bought(0) == (1000, 1250)
    assert Weighed("2512345", qty_milli=750).bought(2500) == (750, None)
