"""Stored value by its parts, and refunded money by its sources: whatever the split, every fen adds up."""

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.credit import Debt, settled
from edge.domain.refund_sources import Paid, Returned, share_out
from edge.domain.rules.model import TopUpLevel
from edge.domain.stored_value import (
    First,
    Parts,
    forfeited_fen,
    gift_fen,
    reached_level,
    returned_parts,
    spent_parts,
)

some_fen = st.integers(0, 200_000)
firsts: st.SearchStrategy[First] = st.sampled_from(("principal", "gift", "proportional"))
parts = st.builds(Parts, some_fen, some_fen)


@given(held=parts, first=firsts, share=st.integers(0, 100))
def test_a_payment_takes_all_it_asks_and_no_more_of_a_part_than_it_has(
    held: Parts, first: First, share: int
) -> None:
    amount = held.sum_fen * share // 100
    spent = spent_parts(amount, held, first)
    assert spent.sum_fen == amount
    assert 0 <= spent.principal_fen <= held.principal_fen
    assert 0 <= spent.gift_fen <= held.gift_fen
    if first == "principal":
        assert spent.gift_fen == max(0, amount - held.principal_fen)
    if first == "gift":
        assert spent.principal_fen == max(0, amount - held.gift_fen)
    if first == "proportional" and held.sum_fen:
        assert abs(spent.gift_fen * held.sum_fen - amount * held.gift_fen) < held.sum_fen


@given(held=parts, first=firsts, share=st.integers(0, 100), cuts=st.lists(st.integers(0, 100), max_size=4))
def test_however_a_payment_comes_back_each_part_has_its_own_again(
    held: Parts, first: First, share: int, cuts: list[int]
) -> None:
    spent = spent_parts(held.sum_fen * share // 100, held, first)
    left, whole = spent, spent.sum_fen
    for upto in sorted(whole * cut // 100 for cut in [*cuts, 100]):
        back = returned_parts(upto - (whole - left.sum_fen), left, first)
        left = Parts(left.principal_fen - back.principal_fen, left.gift_fen - back.gift_fen)
        assert min(left.principal_fen, left.gift_fen) >= 0
    assert left == Parts(0, 0)


@given(paid=some_fen, gift=some_fen, cuts=st.lists(st.integers(0, 100), max_size=4))
def test_withdrawals_never_leave_a_gift_without_principal(paid: int, gift: int, cuts: list[int]) -> None:
    held = Parts(paid, gift)
    for cut in [*cuts, 100]:
        amount = held.principal_fen * cut // 100
        gone = forfeited_fen(amount, held)
        assert 0 <= gone <= held.gift_fen
        # At least in proportion: no withdrawal in small pieces keeps more of the gift than one at once.
        assert gone * max(1, held.principal_fen) >= held.gift_fen * amount
        held = Parts(held.principal_fen - amount, held.gift_fen - gone)
    assert held.principal_fen == 0
    assert held.gift_fen == (0 if paid else gift)


def test_a_level_begins_at_its_own_amount_and_the_highest_counts() -> None:
    levels = (TopUpLevel(200_000, gift_bp=1_000), TopUpLevel(500_000, gift_fen=60_000), TopUpLevel(800_000))
    assert reached_level(levels, 199_999) is None
    assert gift_fen(reached_level(levels, 200_000), 200_000) == 20_000
    assert gift_fen(reached_level(levels, 499_999), 499_999) == 49_999
    assert gift_fen(reached_level(levels, 500_000), 500_000) == 60_000
    assert gift_fen(reached_level(levels, 900_000), 900_000) == 0
    assert gift_fen(None, 100) == 0


# --- refunds to their sources ---


class _Payment:
    """A sale's payment, and what of it has gone back: the books beside the function."""

    def __init__(self, vouchers: list[int], credit: int, stored: Parts, money: int, first: First) -> None:
        self.vouchers, self.credit, self.stored, self.money, self.first = (
            vouchers,
            credit,
            stored,
            money,
            first,
        )
        self.vouchers_back = 0

    @property
    def whole(self) -> int:
        return sum(self.vouchers) + self.credit + self.stored.sum_fen + self.money

    def give_back(self, fen: int) -> Returned:
        paid = Paid(tuple(self.vouchers), self.vouchers_back, self.credit, self.stored, self.first)
        found = share_out(fen, paid)
        self.vouchers_back += found.vouchers_fen
        self.credit -= found.credit_fen
        self.stored = Parts(
            self.stored.principal_fen - found.stored.principal_fen,
            self.stored.gift_fen - found.stored.gift_fen,
        )
        self.money -= found.rest_fen
        return found


payments = st.builds(
    _Payment,
    st.lists(st.integers(1, 5_000), max_size=3),
    st.integers(0, 5_000),
    st.builds(Parts, st.integers(0, 5_000), st.integers(0, 5_000)),
    st.integers(0, 5_000),
    firsts,
)


@given(payment=payments, cuts=st.lists(st.integers(0, 100), max_size=4))
def test_every_split_of_a_refund_gives_each_source_what_it_paid(payment: _Payment, cuts: list[int]) -> None:
    whole, vouchers, done = payment.whole, list(payment.vouchers), 0
    by_voucher = [0] * len(vouchers)
    for upto in sorted(whole * cut // 100 for cut in [*cuts, 100]):
        found = payment.give_back(upto - done)
        sums = (found.vouchers_fen, found.credit_fen, found.stored.sum_fen, found.rest_fen)
        assert sum(sums) == upto - done
        assert min(*sums, 0) == 0
        # A later source gets nothing while an earlier one lacks something.
        if found.credit_fen or found.stored.sum_fen or found.rest_fen:
            assert payment.vouchers_back == sum(vouchers)
        if found.stored.sum_fen or found.rest_fen:
            assert payment.credit == 0
        if found.rest_fen:
            assert payment.stored == Parts(0, 0)
        for back in found.vouchers:
            assert back.whole == (back.fen == vouchers[back.index])
            by_voucher[back.index] += back.fen
        done = upto
    assert by_voucher == vouchers
    assert (payment.credit, payment.stored, payment.money) == (0, Parts(0, 0), 0)


@given(debts=st.lists(st.integers(1, 10_000), max_size=5), share=st.integers(0, 100))
def test_a_repayment_fills_the_oldest_debt_before_the_next(debts: list[int], share: int) -> None:
    amount = sum(debts) * share // 100
    owed = [Debt(str(place), fen) for place, fen in enumerate(debts)]
    paid = settled(owed, amount)
    assert sum(one.fen for one in paid) == amount
    assert [one.sale for one in paid] == [str(place) for place in range(len(paid))]
    assert all(one.fen == debts[place] for place, one in enumerate(paid[:-1]))
