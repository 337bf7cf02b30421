"""The general scheme of card-points systems over a real ledger: points that lead to tiers, bonuses, referrals."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edge.counter.programme_counter import ProgrammeCounter, open_programme


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[ProgrammeCounter]:
    async with open_programme("band-shop", tmp_path) as opened:
        yield opened


async def test_d8_a_registration_brings_the_welcome_bonus(counter: ProgrammeCounter) -> None:
    """200 points, and 100 more in May."""
    counter.at("2026-05-31T23:59:59+08:00")
    assert counter.points(await counter.member()) == 300
    counter.at("2026-06-01T00:00:00+08:00")
    assert counter.points(await counter.member()) == 200


async def test_d7_a_registration_rewards_three_levels_of_referrers(counter: ProgrammeCounter) -> None:
    """100, 50 and 20 points; the fourth above gets nothing from it."""
    chain = [await counter.member()]
    for _ in range(4):
        chain.append(await counter.member(referrer=chain[-1]))
    assert [counter.points(member) - 200 for member in chain] == [170, 170, 150, 100, 0]


async def test_d5_points_lead_to_the_next_tier_from_the_next_purchase_on(counter: ProgrammeCounter) -> None:
    """1,000 points silver, 2,001 gold, 6,001 diamond; the first purchase brings 100, a registration 200."""
    member = await counter.member()
    bought = [await counter.buy(member, yuan) for yuan in (500, 1000, 2000, 1000)]
    assert [sold.points.earn for sold in bought] == [100, 1000, 3400, 1500]
    assert [sold.tier_reached for sold in bought] == [None, "silver", "gold", "diamond"]
    assert (counter.points(member), counter.tier(member)) == (6200, "diamond")


async def test_d5_points_that_were_spent_take_no_tier_away(counter: ProgrammeCounter) -> None:
    member = await counter.member()
    await counter.buy(member, 1000)
    assert counter.tier(member) == "silver"
    await counter.buy(member, 13, redeem=1300)
    assert (counter.points(member), counter.tier(member)) == (0, "silver")
