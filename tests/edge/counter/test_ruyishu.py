"""The ruyishu programme by its own published numbers, sold over a real ledger."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.counter import refund
from edge.errors import Code, PosError
from tests.edge.counter.programme_counter import TILL, ProgrammeCounter, open_programme

MEMBER_DAY = "2026-11-15T12:00:00+08:00"


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[ProgrammeCounter]:
    async with open_programme("ruyishu", tmp_path) as opened:
        yield opened


async def test_one_yuan_is_one_point_and_fifty_points_are_one_yuan(counter: ProgrammeCounter) -> None:
    member = await counter.member()
    await counter.buy(member, 500)
    assert counter.points(member) == 500
    paid = await counter.buy(member, 100, redeem=500)
    assert (paid.totals.points_paid_fen, paid.totals.due_fen) == (1000, 9000)


async def test_what_points_pay_earns_nothing(counter: ProgrammeCounter) -> None:
    """CNY 100 of which 500 points pay 10: 90 points."""
    member = await counter.member()
    await counter.buy(member, 500)
    assert (await counter.buy(member, 100, redeem=500)).points.earn == 90


@pytest.mark.parametrize(("tier", "points"), [("ordinary", 100), ("gold", 150), ("diamond", 300)])
async def test_ordinary_once_gold_one_and_a_half_diamond_three_times(
    counter: ProgrammeCounter, tier: str, points: int
) -> None:
    member = await counter.member()
    for yuan in {"ordinary": (), "gold": (5000,), "diamond": (12000,)}[tier]:
        await counter.buy(member, yuan)
    assert counter.tier(member) == tier
    assert (await counter.buy(member, 100)).points.earn == points


@pytest.mark.parametrize(
    ("days_yuan", "tier"),
    [
        ([4999, 2000], "ordinary"),
        ([4999, 2001], "gold"),
        ([5000], "gold"),
        ([4500, 4500, 4500, 2499], "gold"),
        ([4500, 4500, 4500, 2500], "diamond"),
        ([12000], "diamond"),
        ([11999], "gold"),
    ],
)
async def test_a_tier_is_reached_by_cumulative_or_one_day_spend(
    counter: ProgrammeCounter, days_yuan: list[int], tier: str
) -> None:
    """7,000 and 16,000 in all, or 5,000 and 12,000 in one day; the boundary belongs to the upper band."""
    member = await counter.member()
    for day, yuan in enumerate(days_yuan, start=16):
        counter.at(f"2026-11-{day:02d}T12:00:00+08:00")
        await counter.buy(member, yuan)
    assert counter.tier(member) == tier


async def test_a_birthday_doubles_that_day_only(counter: ProgrammeCounter) -> None:
    member = await counter.member(birthday="1980-11-10")
    assert (await counter.buy(member, 100)).points.earn == 200
    counter.at("2026-11-11T12:00:00+08:00")
    assert (await counter.buy(member, 100)).points.earn == 100


async def test_the_member_day_has_special_prices_and_triple_points(counter: ProgrammeCounter) -> None:
    """CNY 100 of a member-day product costs 90 on the 15th and earns 270; elsewhere the price stands."""
    member = await counter.member()
    counter.at(MEMBER_DAY)
    sold = await counter.buy(member, 100, category="member-day")
    assert (sold.totals.due_fen, sold.points.earn) == (9000, 270)
    assert (await counter.buy(member, 100)).totals.due_fen == 10000


async def test_a_friends_spend_earns_ten_to_one_and_the_friends_friends_a_hundred_to_one(
    counter: ProgrammeCounter,
) -> None:
    """500 by the friend: 50 points. 1,000 by the friend's friend: 10 points, and 100 for the friend."""
    referrer = await counter.member()
    friend = await counter.member(referrer)
    friends_friend = await counter.member(friend)
    await counter.buy(friend, 500)
    assert counter.points(referrer) == 50
    await counter.buy(friends_friend, 1000)
    assert counter.points(referrer) == 60
    assert counter.points(friend) == 500 + 100


async def test_a_refund_takes_the_referral_points_back_too(counter: ProgrammeCounter) -> None:
    referrer = await counter.member()
    friend = await counter.member(referrer)
    sold = await counter.buy(friend, 500)
    request = refund.RefundRequest(idem=str(uuid.uuid4()), sale=sold.sale, tender=refund.RefundTender("cash"))
    back = await refund.refund(counter.shop, TILL, request)
    assert back.amount_fen == 50000
    assert (counter.points(referrer), counter.points(friend)) == (0, 0)


async def test_points_already_spent_are_kept_from_the_refunded_cash(counter: ProgrammeCounter) -> None:
    """500 points earned, 300 of them spent: the refund hands out CNY 500 less 300 points at 2 fen."""
    member = await counter.member()
    sold = await counter.buy(member, 500)
    await counter.buy(member, 6, redeem=300)
    request = refund.RefundRequest(idem=str(uuid.uuid4()), sale=sold.sale, tender=refund.RefundTender("cash"))
    back = await refund.refund(counter.shop, TILL, request)
    assert (back.points_clawed, back.points_short, back.points_short_fen) == (200, 300, 600)
    assert back.amount_fen == 49400
    assert counter.points(member) == 0


async def test_the_reply_and_the_slip_say_which_tier_was_reached_and_how_far_the_next_is(
    counter: ProgrammeCounter,
) -> None:
    """CNY 7,400 on one day: gold, and 8,600 more for diamond."""
    member = await counter.member()
    sold = await counter.buy(member, 7400)
    assert sold.tier_reached == "gold"
    assert counter.slip(sold).messages == ("恭喜升级为金卡", "再消费 8600.00 元即可升为钻石卡")


async def test_before_the_rules_are_valid_nothing_is_quoted(counter: ProgrammeCounter) -> None:
    """1501, with the moment from which they are."""
    counter.at("2025-12-31T23:59:59+08:00")
    member = await counter.member()
    with pytest.raises(PosError) as refused:
        await counter.buy(member, 100)
    assert refused.value.code == Code.NO_VALID_RULES
    assert "2026-01-01T00:00:00" in refused.value.message


async def test_c7_the_gift_of_a_member_day_is_one_for_each_member(counter: ProgrammeCounter) -> None:
    """However often she buys that day; on the next member day there is one again, and for others theirs."""
    counter.at(MEMBER_DAY)
    member, other = await counter.member(), await counter.member()
    first = counter.quote(member, 100)
    assert [(gift.item, gift.qty) for gift in first.gifts] == [("GIFT-MD", 1)]
    await counter.pay(first)
    assert counter.quote(member, 100).gifts == ()
    assert len(counter.quote(other, 100).gifts) == 1
    counter.at("2026-12-15T12:00:00+08:00")
    assert len(counter.quote(member, 100).gifts) == 1


async def test_c7_the_gift_of_a_birthday_is_one_a_year(counter: ProgrammeCounter) -> None:
    member = await counter.member(birthday="1980-11-10")
    first = counter.quote(member, 100)
    assert [gift.item for gift in first.gifts] == ["GIFT-BD"]
    await counter.pay(first)
    assert counter.quote(member, 100).gifts == ()
    counter.at("2027-11-10T12:00:00+08:00")
    assert [gift.item for gift in counter.quote(member, 100).gifts] == ["GIFT-BD"]


async def test_d9_a_birthday_by_the_moon_doubles_on_its_day_of_the_year(counter: ProgrammeCounter) -> None:
    """Born on the 1st of the 1st by the moon: 17 February 2026, 6 February 2027."""
    counter.at("2026-02-15T12:00:00+08:00")
    member = await counter.member(birthday="1980-01-01", calendar="lunar")
    earned = {}
    for day in ("2026-02-16", "2026-02-17", "2026-02-18", "2027-02-06", "2027-02-17"):
        counter.at(f"{day}T12:00:00+08:00")
        earned[day] = counter.quote(member, 100).points.earn
    assert list(earned.values()) == [100, 200, 100, 200, 100]
