"""What goes back the way it came: nothing lost, nothing made, cash first to give way; and a drawer's count."""

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.denominations import counted
from edge.domain.tenders import back_as_paid

KINDS = st.sampled_from(["cash", "card", "wechat"])
PAID = st.lists(st.tuples(KINDS, st.integers(0, 10**6)), min_size=1, max_size=6)


@given(PAID, st.data())
def test_what_goes_back_is_what_is_due_and_no_tender_gets_more_than_it_gave(
    paid: list[tuple[str, int]], data: st.DataObject
) -> None:
    whole_fen = sum(fen for _, fen in paid)
    back_fen = data.draw(st.integers(0, whole_fen))
    back = back_as_paid(paid, back_fen)
    assert sum(back) == back_fen
    assert all(0 <= got <= gave for got, (_, gave) in zip(back, paid, strict=True))
    kept = {
        kind: sum(gave - got for got, (k, gave) in zip(back, paid, strict=True) if (k == "cash") == cash)
        for kind, cash in (("cash", True), ("other", False))
    }
    cash_fen = sum(fen for kind, fen in paid if kind == "cash")
    assert kept == {
        "cash": min(cash_fen, whole_fen - back_fen),
        "other": max(0, whole_fen - back_fen - cash_fen),
    }


def test_without_cash_the_last_tender_gives_way() -> None:
    assert back_as_paid([("card", 500), ("wechat", 300)], 700) == [500, 200]


@given(st.dictionaries(st.integers(1, 10**6), st.integers(0, 1000), max_size=13))
def test_a_drawer_holds_the_sum_of_its_pieces(pieces: dict[int, int]) -> None:
    one_by_one = [worth for worth, count in pieces.items() for _ in range(count)]
    assert counted({str(worth): count for worth, count in pieces.items()}) == sum(one_by_one)
