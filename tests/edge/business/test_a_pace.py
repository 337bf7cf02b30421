"""The pace message through the socket and on the receipt."""

from pathlib import Path

from edge.counter.sale_history import GetRequest, get
from edge.counter.slips import sale_slip
from tests.edge.business.floor import corner_shop, open_floor

CATALOGUE = [
    {"id": "TEA", "name": "茶具", "points": 7_000, "worth_fen": 20_000},
    {"id": "WOK", "name": "炒锅", "points": 8_500, "worth_fen": 50_000},
]


async def test_a6_the_pace_says_what_the_year_brings_and_what_a_little_more_would(tmp_path: Path) -> None:
    """500 a week on average: at this pace a gift worth 200; at 800 a week one worth 500."""
    async with open_floor(tmp_path, corner_shop(catalogue=CATALOGUE), at="2026-09-07T10:00") as floor:
        member = await floor.till.register("80000001")
        params = {"points": 0, "reason": "旧系统", "approve": "店长", "cashier": "小王"}
        for week in range(4):
            floor.minutes_later(7 * 24 * 60 if week else 0)
            sold = await floor.till.sell(50_000, member=member)
        floor.minutes_later(7 * 24 * 60)
        await floor.till.call("points.adjust", member=member, **{**params, "points": 100})
        pace = (await floor.till.whole(member))["pace"]
        # 2,100 and 13 weeks of 500 are 8,600: both gifts.
        assert (pace["week_fen"], pace["gift"], pace["better_gift"]) == (50_000, "炒锅", None)
        assert pace["en"] == (
            "You spend 500 a week on average, have 2100 points; at this pace year-end brings a gift worth 500"
        )
        floor.at("2026-11-30T10:00")
        pace = (await floor.till.whole(member))["pace"]
        # Four weeks' buying over twelve, and five weeks to go: 833 points more are no gift yet.
        assert (pace["gift"], pace["better_gift"]) == (None, "茶具")
        record = get(floor.shop, "T1", GetRequest(sale=sold["sale"]))
        slip = sale_slip(record, floor.shop.snapshot, floor.shop.config.store, floor.shop.programme)
        assert slip.messages[-1].startswith("每周平均消费")
