"""Reminders through the socket: one list of everything that is due, and what its kinds leave out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor

SECTIONS: dict[str, Any] = {
    "passes": [
        {
            "id": "CUT-10",
            "name": "剪发十次卡",
            "price_fen": 1000,
            "services": ["CUT"],
            "visits": 10,
            "valid_days": 30,
        },
        {"id": "GYM-30", "name": "健身月卡", "price_fen": 1000, "services": ["GYM"], "valid_days": 30},
    ],
    "tiers": [
        {"id": "silver", "label": "银卡"},
        {"id": "gold", "label": "金卡", "cumulative_fen": 50_000},
    ],
    "downgrade": {"idle_months": 6, "warn_days": 30},
    "cards": {"valid_months": 12},
}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, corner_shop(**SECTIONS)) as floor:
        yield floor


async def due(floor: Floor, *kinds: str, **more: Any) -> list[tuple[str, str, str]]:
    """(day, name, Chinese text) of each."""
    found = await floor.till.call("reminder.list", kinds=list(kinds), **more)
    return [(one["due"], one["name"], one["text"]["zh"]) for one in found["reminders"]]


async def test_i1_birthdays_by_sun_and_by_moon_and_in_the_family(shop: Floor) -> None:
    """24 November 2026 is the 16th of the tenth lunar month; the 30th of it is 8 December."""
    await shop.till.register("80000001", name="阳", birthday="1990-11-26")
    await shop.till.register("80000002", name="阴", birthday="10-20", birthday_calendar="lunar")
    await shop.till.register("80000003", name="远", birthday="12-24")
    family = [{"name": "小宝", "relation": "儿子", "birthday": "11-25"}]
    await shop.till.register("80000004", name="家", family=family)
    assert await due(shop, "birthday") == [
        ("2026-11-25", "家", "家 的儿子 小宝 生日"),
        ("2026-11-26", "阳", "阳 生日"),
        ("2026-11-28", "阴", "阴 生日"),
    ]
    assert await due(shop, "birthday", until_day="2026-11-25") == [
        ("2026-11-25", "家", "家 的儿子 小宝 生日")
    ]
    (told,) = (await shop.till.call("reminder.list", kinds=["birthday"], until_day="2026-11-25"))["reminders"]
    assert (told["days"], told["subject"]) == (1, "80**0004")


async def test_i1_calls_until_they_are_made(shop: Floor) -> None:
    member = await shop.till.register("80000001", name="王", phone="13800001234")
    call = await shop.till.call(
        "note.add", member=member, kind="call", text="问问新品", due="2026-11-25", cashier="小王"
    )
    assert await due(shop, "call") == [("2026-11-25", "王", "回访 王：问问新品")]
    (told,) = (await shop.till.call("reminder.list", kinds=["call"]))["reminders"]
    assert (told["subject"], told["phone"]) == (call["note"], "138****1234")
    await shop.till.call("call.done", call=call["note"], outcome="会来", cashier="小王")
    assert await due(shop, "call") == []


async def test_i1_passes_and_cards_that_are_about_to_end(shop: Floor) -> None:
    member = await shop.till.register("80000001", name="王")
    pay = [{"kind": "cash", "amount_fen": 1000}]
    for kind in ("CUT-10", "GYM-30"):
        await shop.till.call("pass.sell", member=member, **{"pass": kind}, tenders=pay, cashier="小王")
    await shop.till.call("pass.use", member=member, service="CUT", visits=4, cashier="小王")
    assert await due(shop, "pass") == []
    shop.at("2026-12-20T10:00")
    assert await due(shop, "pass") == [
        ("2026-12-23", "王", "王 的健身月卡 2026-12-23 到期"),
        ("2026-12-23", "王", "王 的剪发十次卡 还有 6 次，2026-12-23 到期"),
    ]
    await shop.till.call("pass.sell", member=member, **{"pass": "GYM-30"}, tenders=pay, cashier="小王")
    assert [text for *_, text in await due(shop, "pass")] == ["王 的剪发十次卡 还有 6 次，2026-12-23 到期"]
    shop.at("2026-12-24T10:00")
    assert await due(shop, "pass") == []
    shop.at("2027-11-20T10:00")
    (card,) = await due(shop, "card")
    assert card[1:] == ("王", f"王 的会员卡 {card[0]} 到期")


async def test_i1_a_tier_that_idleness_will_cost(shop: Floor) -> None:
    gold = await shop.till.register("80000001", name="金")
    await shop.till.register("80000002", name="银")
    await shop.till.sell(50_000, member=gold)
    shop.at("2027-04-16T10:00")
    assert await due(shop, "tier") == []
    shop.at("2027-04-17T10:00")
    assert await due(shop, "tier") == [("2027-05-24", "金", "金（金卡）2027-05-24 前无消费将降级")]
    await shop.till.sell(100, member=gold)
    assert await due(shop, "tier") == []


async def test_i1_who_stays_away_and_who_breaks_a_habit(shop: Floor) -> None:
    member = await shop.till.register("80000001", name="王")
    for day in ("2026-11-24", "2026-12-01", "2026-12-08", "2026-12-15"):
        shop.at(f"{day}T10:00")
        await shop.till.sell(100, member=member)
    assert await due(shop, "cycle") == []
    shop.at("2026-12-22T10:00")
    assert await due(shop, "cycle") == [("2026-12-29", "王", "王 平均 7 天来一次，上次 2026-12-15")]
    assert await due(shop, "idle") == []
    assert await due(shop, "idle", idle_days=10) == [("2026-12-25", "王", "王 自 2026-12-15 起未消费")]
    shop.at("2027-03-15T10:00")
    assert await due(shop, "idle") == [("2027-03-15", "王", "王 自 2026-12-15 起未消费")]
    shop.at("2027-05-15T10:00")
    assert await due(shop, "idle", "cycle") == [], "what was told for a month is no news any more"


async def test_i1_goods_that_run_short_and_goods_that_grow_old(shop: Floor) -> None:
    admin = await shop.another_till("A1", admin=True)
    shared: dict[str, Any] = {"price_fen": 500, "alert_milli": 2000}
    goods = [
        {"sku": "TEA", "name": "茶", "best_before": "2026-12-01", **shared},
        {"sku": "RICE", "name": "米", "best_before": "2026-12-02", **shared},
        {"sku": "CUT", "name": "剪发", "price_fen": 500, "is_service": True},
    ]
    await admin.call("goods.put", goods=goods)
    lines = [
        {"sku": "TEA", "qty_milli": 1500, "cost_fen": 100},
        {"sku": "RICE", "qty_milli": 2001, "cost_fen": 100},
    ]
    await shop.till.call("stock.in", lines=lines, cashier="小王")
    assert await due(shop, "stock") == [("2026-11-24", "", "茶 库存仅剩 1.5，请补货")]
    assert await due(shop, "best_before") == [("2026-12-01", "", "茶 2026-12-01 到保质期，库存 1.5")]


async def test_i1_one_list_in_order_with_bounds(shop: Floor) -> None:
    members = [
        await shop.till.register(f"8000000{place}", name=f"客{place}", birthday="11-30") for place in range(3)
    ]
    for member in members:
        await shop.till.call(
            "note.add", member=member, kind="call", text="问候", due="2026-11-30", cashier="小王"
        )
    await shop.till.call("delivery.add", what="茶", day="2026-11-25", cashier="小王")
    told = await shop.till.call("reminder.list", limit=2)
    assert [(one["kind"], one["due"]) for one in told["reminders"]] == [
        ("delivery", "2026-11-25"),
        *[("call", "2026-11-30")] * 2,
        *[("birthday", "2026-11-30")] * 2,
    ]
    assert (told["today"], told["until_day"], told["cut"]) == (
        "2026-11-24",
        "2026-12-01",
        ["call", "birthday"],
    )
    assert (await shop.till.call("reminder.list"))["cut"] == []
    for day in ("2026-11-23", "2028-01-01", "2026-02-30"):
        refusal = await shop.till.refused(-32602, "reminder.list", until_day=day)
        assert refusal.data["path"] == "/until_day"
    await shop.till.refused(-32602, "reminder.list", kinds=["weather"])


async def test_i1_a_stopped_card_is_not_reminded_of(shop: Floor) -> None:
    await shop.till.register("80000001", name="王", birthday="11-26")
    assert len(await due(shop, "birthday")) == 1
    await shop.till.call("card.lost", member="80000001", cashier="小王")
    assert await due(shop, "birthday") == []
