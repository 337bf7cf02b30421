"""Referral through the socket: any number of levels, on registration and on spend, and back with a refund."""

from pathlib import Path

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor, published

LEVELS = [
    {"fen_per_point": 1_000, "register_points": 40},
    {"fen_per_point": 10_000, "register_points": 30},
    {"register_points": 20},
    {"fen_per_point": 100_000, "register_points": 10},
]


async def chain(floor: Floor, length: int) -> list[str]:
    """Members each brought by the one before."""
    members: list[str] = []
    for place in range(length):
        referrer = members[-1] if members else None
        members.append(await floor.till.register(f"8000000{place}", referrer=referrer))
    return members


async def points(floor: Floor, members: list[str]) -> list[int]:
    return [(await floor.till.whole(member))["balances"]["points"]["balance"] for member in members]


async def test_d7_registering_thanks_four_levels_above(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(referral=LEVELS)) as floor:
        members = await chain(floor, 6)
        # Each registration gives 40, 30, 20, 10 to those above it, nearest first.
        assert await points(floor, members) == [100, 100, 90, 70, 40, 0]


async def test_d7_a_friends_500_bring_50_and_the_friends_friends_1000_bring_10(tmp_path: Path) -> None:
    async with open_floor(tmp_path, published("ruyishu")) as floor:
        first, second, third = await chain(floor, 3)
        await floor.till.sell(50_000, member=second)
        assert await points(floor, [first, second]) == [50, 500]
        await floor.till.sell(100_000, member=third)
        assert await points(floor, [first, second, third]) == [60, 600, 1_000]


@pytest.mark.parametrize("parts", [[1_000], [300, 300, 400], [1, 998, 1]])
async def test_d7_what_a_spend_brought_goes_back_with_its_refund_in_any_parts(
    tmp_path: Path, parts: list[int]
) -> None:
    async with open_floor(
        tmp_path, corner_shop(referral=LEVELS, refunds={"shortfall": "debt", "days": 30})
    ) as floor:
        members = await chain(floor, 5)
        before = await points(floor, members)
        sold = await floor.till.sell(123_456, member=members[-1])
        assert await points(floor, members) == [
            before[0] + 1,
            before[1],
            before[2] + 12,
            before[3] + 123,
            1_234,
        ]
        for part in parts:
            await floor.till.take_back(sold["sale"], (0, part))
        assert await points(floor, members) == before


async def test_d7_only_what_money_paid_brings_points(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(referral=LEVELS)) as floor:
        first, second = await chain(floor, 2)
        await floor.till.sell(50_000, member=second)
        before = await points(floor, [first])
        await floor.till.sell(10_000, member=second, redeem_points=500)
        assert await points(floor, [first]) == [before[0] + 5]
