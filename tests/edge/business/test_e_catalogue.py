"""Gifts for points and draws through the socket."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor

CATALOGUE = [
    {"id": "CUP", "name": "保温杯", "points": 500, "worth_fen": 5_000, "per_member": 2, "period": "month"},
    {"id": "BAG", "name": "礼品袋", "points": 100, "worth_fen": 500, "sku": "BAG"},
    {"id": "ICE", "name": "冰皮月饼", "points": 50, "from": "2027-09-01", "to": "2027-10-01"},
    {"id": "GOLD", "name": "金卡礼", "points": 10, "tiers": ["gold"]},
    {"id": "HOME", "name": "国内游", "points": 80_000, "worth_fen": 400_000},
    {"id": "ABROAD", "name": "出境游", "points": 120_000, "min_points": 130_000, "worth_fen": 800_000},
]
DRAWS = [{"id": "MONTHLY", "name": "月度抽奖", "points": 10, "per_member": 2, "to": "2026-11-30"}]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, corner_shop(catalogue=CATALOGUE, draws=DRAWS)) as floor:
        yield floor


async def member_with(floor: Floor, points: int) -> str:
    member = await floor.till.register("80000001")
    params = {"points": points, "reason": "开业", "approve": "店长", "cashier": "小王"}
    await floor.till.call("points.adjust", member=member, **params)
    return member


async def redeem(floor: Floor, member: str, gift: str, **more: Any) -> dict[str, Any]:
    return dict(await floor.till.call("gift.redeem", member=member, gift=gift, cashier="小王", **more))


async def test_e1_a_trip_takes_its_points(shop: Floor) -> None:
    """80,000-120,000 points: a trip at home; from 120,000 abroad."""
    member = await member_with(shop, 125_000)
    refusal = await shop.till.refused(1205, "gift.redeem", member=member, gift="ABROAD", cashier="小王")
    assert (refusal.data["asked"], refusal.data["path"]) == (130_000, "/gift")
    for _ in range(2):
        told = await redeem(shop, member, "HOME", idem=str(uuid.UUID(int=1)))
        assert (told["points"], told["balances"]["points"]["balance"]) == (80_000, 45_000)
    await shop.restart()
    await shop.till.refused(1205, "gift.redeem", member=member, gift="HOME", cashier="小王")


async def test_e1_the_list_says_what_can_be_had_and_what_is_short(shop: Floor) -> None:
    member = await member_with(shop, 79_000)
    gifts = (await shop.till.call("gift.list", member=member))["gifts"]
    assert {gift["gift"]: (gift["why"], gift["short_points"]) for gift in gifts} == {
        "CUP": ("", 0),
        "BAG": ("stock", 0),
        "ICE": ("season", 0),
        "GOLD": ("tier", 0),
        "HOME": ("points", 1_000),
        "ABROAD": ("points", 51_000),
    }


async def test_e1_a_retry_gets_its_answer_and_hq_hears_once(tmp_path: Path) -> None:
    """Of gifts and of entries; the same key for something else is refused."""
    async with open_floor(tmp_path, corner_shop(catalogue=CATALOGUE, draws=DRAWS), with_hq=True) as floor:
        member = await member_with(floor, 1_000)
        await floor.shop.writer.submit(lambda tx: tx.ledger.grant(member, "points", 1_000, 0))
        first = await redeem(floor, member, "CUP", idem=str(uuid.UUID(int=1)))
        entry = {"member": member, "draw": "MONTHLY", "cashier": "小王", "idem": str(uuid.UUID(int=2))}
        entered = await floor.till.call("draw.enter", **entry)
        await floor.restart()
        assert await redeem(floor, member, "CUP", idem=str(uuid.UUID(int=1))) == {**first, "duplicate": True}
        assert await floor.till.call("draw.enter", **entry) == {**entered, "duplicate": True}
        await floor.till.refused(1302, "draw.enter", **{**entry, "cashier": "小李"})
        other = {"member": member, "gift": "CUP", "qty": 2, "cashier": "小王", "idem": str(uuid.UUID(int=1))}
        await floor.till.refused(1302, "gift.redeem", **other)
        told = floor.sql("SELECT json_extract(CAST(body AS TEXT), '$.kind') FROM outbox ORDER BY seq")
        assert [kind for (kind,) in told[-2:]] == ["redemption", "draw_entry"]
        assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 490


async def test_e1_season_tier_and_limit_hold(shop: Floor) -> None:
    member = await member_with(shop, 5_000)
    for gift in ("ICE", "GOLD", "NONE"):
        refusal = await shop.till.refused(-32602, "gift.redeem", member=member, gift=gift, cashier="小王")
        assert refusal.data["path"] == "/gift"
    await redeem(shop, member, "CUP", qty=2)
    await shop.till.refused(-32602, "gift.redeem", member=member, gift="CUP", cashier="小王")
    shop.at("2026-12-01T10:00")
    await redeem(shop, member, "CUP")


async def test_e1_stock_is_taken_and_does_not_go_below_nothing(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(catalogue=CATALOGUE), with_hq=True) as floor:
        technician = await floor.another_till("tech", admin=True)
        rows = [{"sku": "BAG", "name": "礼品袋", "price_fen": 500}]
        await technician.call("goods.put", goods=rows)
        lines = [{"sku": "BAG", "qty_milli": 2_000, "cost_fen": 100}]
        await floor.till.call("stock.in", lines=lines, cashier="小王")
        member = await member_with(floor, 1_000)
        floor.online = True
        await floor.shop.writer.submit(lambda tx: tx.ledger.grant(member, "points", 1_000, 0))
        await redeem(floor, member, "BAG", qty=2)
        refusal = await floor.till.refused(-32602, "gift.redeem", member=member, gift="BAG", cashier="小王")
        assert refusal.message.endswith("out of stock")
        assert floor.sql("SELECT qty_milli FROM stock") == [(0,)]


async def test_e2_a_draw_is_entered_as_often_as_allowed(shop: Floor) -> None:
    member = await member_with(shop, 100)
    entries = [
        (await shop.till.call("draw.enter", member=member, draw="MONTHLY", cashier="小王"))["entries"]
        for _ in range(2)
    ]
    assert entries == [1, 2]
    await shop.till.refused(-32602, "draw.enter", member=member, draw="MONTHLY", cashier="小王")
    assert (await shop.till.whole(member))["balances"]["points"]["balance"] == 80
    shop.at("2026-12-01T10:00")
    other = await shop.till.register("80000002")
    await shop.till.refused(-32602, "draw.enter", member=other, draw="MONTHLY", cashier="小王")
