"""Gifts of the member day and the birthday through the socket: one for each member and period."""

from pathlib import Path
from typing import Any

from tests.edge.business.floor import Floor, open_floor, published


async def gifts(floor: Floor, member: str) -> list[str]:
    """What goes with a purchase of 100 yuan; it is bought."""
    sold = await floor.till.sell(10_000, member=member)
    record: dict[str, Any] = await floor.till.call("sale.get", sale=sold["sale"])
    return [gift["rule"] for gift in record["decision"]["gifts"]]


async def test_c7_the_member_day_gift_is_given_once_a_month(tmp_path: Path) -> None:
    async with open_floor(tmp_path, published("ruyishu"), at="2026-11-15T10:00") as floor:
        one, other = await floor.till.register("80000001"), await floor.till.register("80000002")
        assert await gifts(floor, one) == ["MEMBER-DAY-GIFT"]
        assert await gifts(floor, one) == []
        assert await gifts(floor, other) == ["MEMBER-DAY-GIFT"]
        floor.at("2026-11-16T10:00")
        assert await gifts(floor, one) == []
        floor.at("2026-12-15T10:00")
        await floor.restart()
        assert await gifts(floor, one) == ["MEMBER-DAY-GIFT"]


async def test_c7_the_birthday_gift_is_given_once_a_year_by_the_moon_too(tmp_path: Path) -> None:
    """The 10th of the 10th lunar month: 18 November in 2026, 7 November in 2027."""
    async with open_floor(tmp_path, published("ruyishu"), at="2026-11-18T10:00") as floor:
        member = await floor.till.register("80000001", birthday="10-10", birthday_calendar="lunar")
        assert await gifts(floor, member) == ["BIRTHDAY-GIFT"]
        assert await gifts(floor, member) == []
        floor.at("2027-11-07T10:00")
        assert await gifts(floor, member) == ["BIRTHDAY-GIFT"]


async def test_c7_a_refund_in_full_lets_the_gift_be_given_again(tmp_path: Path) -> None:
    async with open_floor(tmp_path, published("ruyishu"), at="2026-11-15T10:00") as floor:
        member = await floor.till.register("80000001")
        sold = await floor.till.sell(10_000, member=member)
        await floor.till.take_back(sold["sale"])
        assert await gifts(floor, member) == ["MEMBER-DAY-GIFT"]
