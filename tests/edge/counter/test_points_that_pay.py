"""What points buy under three programmes, over a real ledger: coupons, a gift, a part of the price."""

from pathlib import Path

import pytest

from edge.errors import Code, PosError
from tests.edge.counter.programme_counter import open_programme


@pytest.mark.parametrize(("price", "yuan"), [(199, 20), (299, 30), (399, 40), (499, 50), (599, 60)])
async def test_b7_points_buy_a_coupon_and_one_slip_says_original_discount_and_received(
    tmp_path: Path, price: int, yuan: int
) -> None:
    """A point too few buys nothing; the coupon counts once."""
    async with open_programme("rebate-coupons", tmp_path) as counter:
        member, kind = await counter.member(), f"COUPON-{yuan}"
        await counter.buy(member, price - 1)
        with pytest.raises(PosError) as refused:
            await counter.coupon_for_points(member, kind)
        assert refused.value.code == Code.BALANCE_SHORT
        await counter.buy(member, 1)
        code = await counter.coupon_for_points(member, kind)
        assert counter.points(member) == 0
        slip = counter.slip(await counter.pay(counter.quote(member, 100, coupons=(code,))))
        assert (slip.list_fen, slip.discount_fen, slip.received_fen) == (
            10_000,
            yuan * 100,
            10_000 - yuan * 100,
        )
        assert counter.quote(member, 100, coupons=(code,)).totals.due_fen == 10_000


async def test_d6_ten_thousand_points_are_a_gift_worth_100(tmp_path: Path) -> None:
    async with open_programme("two-class-store", tmp_path) as counter:
        member = await counter.member()
        await counter.buy(member, 10_000)
        code = await counter.coupon_for_points(member, "GIFT-100")
        given = await counter.pay(counter.quote(member, 100, category="gift", coupons=(code,)))
        assert (given.totals.due_fen, counter.points(member)) == (0, 0)


async def test_d6_points_pay_at_most_a_fifth_and_only_what_is_taken_leaves_the_account(
    tmp_path: Path,
) -> None:
    """Of CNY 100 offered 8,000 points: 2,000 are taken, and the 80 paid with money earn."""
    async with open_programme("mother-baby", tmp_path) as counter:
        member = await counter.member()
        await counter.buy(member, 9000)
        held = counter.points(member)
        sold = await counter.buy(member, 100, redeem=8000)
        assert (sold.totals.points_paid_fen, sold.totals.due_fen) == (2000, 8000)
        assert counter.points(member) == held - 2000 + 80


async def test_where_points_are_no_money_they_pay_nothing(tmp_path: Path) -> None:
    """The supermarket gives vouchers for them each quarter."""
    async with open_programme("club-supermarket", tmp_path) as counter:
        member = await counter.member()
        await counter.buy(member, 100)
        assert counter.quote(member, 50, redeem=100).totals.due_fen == 5000


async def test_c6_an_inflated_price_gets_no_discount_where_the_programme_refuses_it(tmp_path: Path) -> None:
    """Sold at 100 last week, at 120 today: a coupon is refused with it, the full price is not."""
    async with open_programme("rebate-coupons", tmp_path) as counter:
        member = await counter.member()
        await counter.buy(member, 199)
        code = await counter.coupon_for_points(member, "COUPON-20")
        await counter.pay(counter.quote(member, 100, sku="P1"))
        counter.at("2026-11-17T12:00:00+08:00")
        with pytest.raises(PosError) as refused:
            counter.quote(member, 120, sku="P1", coupons=(code,))
        assert refused.value.data["path"] == "/lines/0/unit_price_fen"
        assert counter.quote(member, 120, sku="P1").totals.due_fen == 12_000
        assert counter.quote(member, 100, sku="P1", coupons=(code,)).totals.due_fen == 8000
