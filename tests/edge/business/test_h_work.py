"""The work of the staff (H2): coming and going by card, and commission by rule through sale and refund."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor
from tests.edge.business.test_h_staff import CASHIER_CARD, PIN, staffed

COMMISSIONS: list[dict[str, Any]] = [
    {"id": "ALL", "name": "销售提成", "bp": 100},
    {"id": "TEA", "name": "茶叶提成", "bp": 500, "select": {"cats": ["tea"]}},
    {"id": "TOP", "name": "储值提成", "on": "topup", "bp": 50},
    {"id": "PASS", "name": "次卡提成", "on": "pass", "bp": 1000},
    {"id": "NEW", "name": "发展会员", "on": "register", "fixed_fen": 500},
]
PASSES = [{"id": "TEN", "name": "十次卡", "price_fen": 9_000, "services": ["wash"], "visits": 10}]
IDEM = "0190f3a0-0000-7000-8000-000000000003"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Floor]:
    sold = corner_shop(commissions=COMMISSIONS, passes=PASSES)
    async with open_floor(tmp_path, sold, with_hq=True) as opened:
        yield opened


async def commission(floor: Floor, first: str = "2026-11-01", last: str = "2026-11-30", **more: Any) -> Any:
    found = await floor.till.call("report.commission", from_day=first, to_day=last, **more)
    return [(row["salesperson"], row["rule"], row["base_fen"], row["fen"]) for row in found["rows"]]


async def test_h2_commission_by_rule_on_what_was_paid(shop: Floor) -> None:
    tea = {"sku": "T1", "name": "龙井", "unit_price_fen": 20_000, "category": "tea"}
    await shop.till.sell(10_000, tea, salesperson="小李")
    await shop.till.sell(5_000, salesperson="小张")
    await shop.till.sell(7_000)
    rows = [("小张", "ALL", 5_000, 50), ("小李", "ALL", 30_000, 300), ("小李", "TEA", 20_000, 1_000)]
    assert sorted(await commission(shop)) == sorted(rows)
    assert await commission(shop, salesperson="小张") == [("小张", "ALL", 5_000, 50)]
    told = [body.decode() for (body,) in shop.sql("SELECT body FROM outbox ORDER BY seq")]
    assert '"commission":[["ALL",300],["TEA",1000]]' in told[0]
    assert "commission" not in told[2]


async def test_h2_a_refund_takes_its_share_back_on_its_own_day(shop: Floor) -> None:
    """Three pieces at 33.33, returned one by one: 99 fen in parts that add up, over a restart."""
    line = {"sku": "P1", "name": "货", "qty_milli": 3000, "unit_price_fen": 3_333}
    sold = await shop.till.sell(line, salesperson="小李")
    assert await commission(shop) == [("小李", "ALL", 9_999, 99)]
    shop.at("2026-12-01T10:00")
    for _ in range(2):
        await shop.till.take_back(sold["sale"], (0, 1000))
        await shop.restart()
    await shop.till.take_back(sold["sale"], (0, 1000))
    assert await commission(shop, "2026-12-01", "2026-12-01") == [("小李", "ALL", -9_999, -99)]
    assert await commission(shop) == [("小李", "ALL", 9_999, 99)]
    told = [body.decode() for (body,) in shop.sql("SELECT body FROM outbox ORDER BY seq")]
    assert '"commission":[["ALL",-33]]' in told[-1]


async def test_h2_a_new_member_a_topup_and_a_pass_bring_commission(shop: Floor) -> None:
    member = await shop.till.register("80000001", salesperson="小李")
    paid: dict[str, Any] = {"cashier": "小王", "member": member, "salesperson": "小李"}
    cash = [{"kind": "cash", "amount_fen": 100_000}]
    await shop.till.call("account.topup", **paid, amount_fen=100_000, tenders=cash)
    cash = [{"kind": "cash", "amount_fen": 9_000}]
    await shop.till.call("pass.sell", **{**paid, "pass": "TEN"}, tenders=cash)
    assert await commission(shop) == [
        ("小李", "NEW", 0, 500),
        ("小李", "PASS", 9_000, 900),
        ("小李", "TOP", 100_000, 500),
    ]
    told = [body.decode() for (body,) in shop.sql("SELECT body FROM outbox ORDER BY seq")]
    assert ['"commission":[["NEW",500]]' in told[0], '"commission":[["TOP",500]]' in told[1]] == [True, True]


async def test_h2_a_refund_goes_by_the_rules_of_its_sale(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(commissions=COMMISSIONS)) as floor:
        sold = await floor.till.sell(10_000, salesperson="小李")
        floor.raw = corner_shop(version=9, commissions=[{"id": "ALL", "name": "新提成", "bp": 300}])
        await floor.restart()
        await floor.till.take_back(sold["sale"])
        assert await commission(floor) == [("小李", "ALL", 0, 0)]


async def test_h2_the_days_of_a_report_are_the_right_way_round(shop: Floor) -> None:
    refusal = await shop.till.refused(-32602, "report.commission", from_day="2026-11-02", to_day="2026-11-01")
    assert refusal.data["path"] == "/to_day"


async def test_h2_commission_is_for_managers_to_see(shop: Floor) -> None:
    await staffed(shop)
    days = {"from_day": "2026-11-01", "to_day": "2026-11-30"}
    await shop.till.refused(1002, "report.commission", **days)
    await shop.till.refused(1002, "staff.attendance")
    await shop.till.call("staff.signin", id="M1", pin=PIN)
    assert (await shop.till.call("report.commission", **days))["total_fen"] == 0


async def test_h2_coming_and_going_by_card(shop: Floor) -> None:
    await staffed(shop)
    came = await shop.till.call("staff.clock", card=CASHIER_CARD)
    assert (came["staff"], came["name"], came["kind"], came["worked_ms"]) == ("C1", "小王", "in", None)
    shop.minutes_later(240)
    went = await shop.till.call("staff.clock", idem=IDEM, card=CASHIER_CARD)
    assert (went["kind"], went["worked_ms"]) == ("out", 240 * 60_000)
    assert await shop.till.call("staff.clock", idem=IDEM, card=CASHIER_CARD) == went | {"duplicate": True}
    shop.minutes_later(60)
    await shop.till.call("staff.clock", staff="C1")
    await shop.restart()
    shop.minutes_later(30)
    await shop.till.call("staff.clock", staff="C1")
    await shop.till.call("staff.signin", id="M1", pin=PIN)
    day = await shop.till.call("staff.attendance")
    assert [entry["kind"] for entry in day["entries"]] == ["in", "out", "in", "out"]
    person = {"staff": "C1", "name": "小王", "worked_ms": 270 * 60_000, "state": "out"}
    assert (day["day"], day["people"]) == ("2026-11-24", [person])
    (request,) = shop.sql("SELECT request FROM op WHERE kind='staff.clock'")[0]
    assert CASHIER_CARD not in request
    told = [body.decode() for (body,) in shop.sql("SELECT body FROM outbox ORDER BY seq")]
    assert '"kind":"attendance"' in told[-1]
    assert f'"worked_ms":{30 * 60_000}' in told[-1]


async def test_h2_whoever_forgot_to_go_comes_again_the_next_day(shop: Floor) -> None:
    await staffed(shop)
    await shop.till.call("staff.clock", staff="C1")
    shop.at("2026-11-25T10:00")
    assert (await shop.till.call("staff.clock", staff="C1"))["kind"] == "in"
    await shop.till.call("staff.signin", id="M1", pin=PIN)
    (person,) = (await shop.till.call("staff.attendance", day="2026-11-24"))["people"]
    assert (person["state"], person["worked_ms"]) == ("in", 0)


async def test_h2_a_night_shift_ends_on_the_next_business_day(shop: Floor) -> None:
    await staffed(shop)
    shop.at("2026-11-24T21:00")
    await shop.till.call("staff.clock", staff="C1")
    shop.at("2026-11-25T06:00")
    went = await shop.till.call("staff.clock", staff="C1")
    assert (went["kind"], went["worked_ms"]) == ("out", 9 * 3_600_000)
    await shop.till.call("staff.signin", id="M1", pin=PIN)
    (person,) = (await shop.till.call("staff.attendance"))["people"]
    assert (person["worked_ms"], person["state"]) == (9 * 3_600_000, "out")


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"card": "999999"}, "/card"),
        ({"staff": "C9"}, "/staff"),
        ({}, "/card"),
        ({"staff": "C1", "kind": "out"}, "/kind"),
    ],
)
async def test_h2_a_clock_says_what_is_wrong(shop: Floor, asked: dict[str, str], path: str) -> None:
    await staffed(shop)
    assert (await shop.till.refused(-32602, "staff.clock", **asked)).data["path"] == path
    await shop.till.call("staff.clock", staff="C1", kind="in")
    again = await shop.till.refused(-32602, "staff.clock", staff="C1", kind="in")
    assert again.data["hint"]["zh"] == "已签到，尚未签退"


async def test_h2_a_void_takes_all_of_it_back(shop: Floor) -> None:
    sold = await shop.till.sell(10_000, salesperson="小李")
    await shop.till.call("sale.void", sale=sold["sale"], cashier="小王", reason="打错", approve="店长")
    assert await commission(shop) == [("小李", "ALL", 0, 0)]
