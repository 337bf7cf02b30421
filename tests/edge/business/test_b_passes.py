"""Passes through the socket: ten visits for nine, as often as one likes for a month, and the day after."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor, published

PASSES = [
    {
        "id": "CUT-10",
        "name": "剪发十次卡",
        "price_fen": 45_000,
        "services": ["CUT"],
        "visits": 10,
        "valid_days": 90,
    },
    {"id": "WASH-5", "name": "洗发五次卡", "price_fen": 10_000, "services": ["WASH"], "visits": 5},
    {"id": "GYM-30", "name": "健身月卡", "price_fen": 29_900, "services": ["GYM", "CUT"], "valid_days": 30},
]


@pytest.fixture
async def salon(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, corner_shop(passes=PASSES)) as floor:
        yield floor


async def sold(floor: Floor, member: str, kind: str, fen: int, **more: Any) -> dict[str, Any]:
    tenders = [{"kind": "cash", "amount_fen": fen}]
    params: dict[str, Any] = {"member": member, "pass": kind, "tenders": tenders, "cashier": "小王", **more}
    return dict(await floor.till.call("pass.sell", **params))


async def used(floor: Floor, member: str, service: str, **more: Any) -> dict[str, Any]:
    return dict(await floor.till.call("pass.use", member=member, service=service, cashier="小王", **more))


async def test_b3_ten_visits_for_the_price_of_nine(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    told = await sold(salon, member, "CUT-10", 50_000)
    assert (told["visits_left"], told["change_fen"], told["last_day"]) == (10, 5_000, "2027-02-21")
    assert (await used(salon, member, "CUT"))["visits_left"] == 9
    await salon.restart()
    assert (await used(salon, member, "CUT", visits=4))["visits_left"] == 5
    refusal = await salon.till.refused(
        1205, "pass.use", member=member, service="CUT", visits=6, cashier="小王"
    )
    assert refusal.data["balance"] == 5
    again = await sold(salon, member, "CUT-10", 90_000, qty=2)
    assert (again["visits_left"], again["amount_fen"]) == (25, 90_000), "a recharge adds to what is left"
    assert salon.sql("SELECT sum(amount_fen) FROM money WHERE why='pass'") == [(135_000,)]


async def test_b3_a_retry_sells_and_uses_once(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    first, again = [await sold(salon, member, "CUT-10", 45_000, idem=str(uuid.UUID(int=1))) for _ in range(2)]
    assert (again["receipt_no"], again["duplicate"]) == (first["receipt_no"], True)
    for _ in range(2):
        told = await used(salon, member, "CUT", idem=str(uuid.UUID(int=2)))
        assert told["visits_left"] == 9
    other = {"member": member, "service": "WASH", "cashier": "小王", "idem": str(uuid.UUID(int=2))}
    await salon.till.refused(1302, "pass.use", **other)


async def test_b3_a_pass_is_for_its_services_only(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    await sold(salon, member, "WASH-5", 10_000)
    refusal = await salon.till.refused(-32602, "pass.use", member=member, service="SPA", cashier="小王")
    assert refusal.data["path"] == "/service"
    await salon.till.refused(1205, "pass.use", member=member, service="CUT", cashier="小王")
    params = {"member": member, "pass": "NONE", "cashier": "小王"}
    assert (await salon.till.refused(-32602, "pass.sell", **params)).data["path"] == "/pass"


async def test_b3_a_use_of_today_is_given_back_once(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    await sold(salon, member, "CUT-10", 45_000)
    slip = (await used(salon, member, "CUT", visits=3))["slip"]
    request = {"slip": slip, "cashier": "小王", "approve": "店长"}
    assert (await salon.till.call("pass.give_back", **request))["visits_left"] == 10
    assert (await salon.till.refused(-32602, "pass.give_back", **request)).data["path"] == "/slip"
    old = (await used(salon, member, "CUT"))["slip"]
    salon.at("2026-11-25T10:00")
    await salon.till.refused(-32602, "pass.give_back", slip=old, cashier="小王", approve="店长")
    await salon.till.refused(-32602, "pass.give_back", slip="nothing", cashier="小王", approve="店长")


async def test_b3_visits_are_spent_within_rights(tmp_path: Path) -> None:
    """With HQ out of reach what this box sold itself is not spendable before HQ has granted it."""
    async with open_floor(tmp_path, corner_shop(passes=PASSES), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        told = await sold(floor, member, "CUT-10", 45_000)
        assert (told["offline"], told["queue_seq"]) == (True, 2)
        await floor.till.refused(1601, "pass.use", member=member, service="CUT", cashier="小王")
        (body,) = floor.sql("SELECT body FROM outbox WHERE seq=2")[0]
        assert b'"unit":"visits:CUT-10"' in body


async def test_b4_the_day_after_the_last_one_is_refused_with_the_date(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    told = await sold(salon, member, "GYM-30", 29_900)
    assert (told["first_day"], told["last_day"], told["visits_left"]) == ("2026-11-24", "2026-12-23", None)
    salon.at("2026-12-24T03:59")
    for _ in range(3):
        assert (await used(salon, member, "GYM"))["visits"] == 0, "the business day ends at four"
    salon.at("2026-12-24T04:00")
    refusal = await salon.till.refused(1203, "pass.use", member=member, service="GYM", cashier="小王")
    assert refusal.data["last_day"] == "2026-12-23"


async def test_b4_a_pass_bought_while_one_runs_begins_after_it(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    await sold(salon, member, "GYM-30", 29_900)
    told = await sold(salon, member, "GYM-30", 59_800, qty=2)
    assert (told["first_day"], told["last_day"]) == ("2026-12-24", "2027-02-21")


async def test_b4_a_pass_without_a_count_is_used_before_counted_visits(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    await sold(salon, member, "CUT-10", 45_000)
    await sold(salon, member, "GYM-30", 29_900)
    assert (await used(salon, member, "CUT"))["pass"] == "GYM-30"
    assert (await used(salon, member, "CUT", **{"pass": "CUT-10"}))["visits_left"] == 9
    holds = (await salon.till.call("pass.list", member=member))["holds"]
    assert [(one["pass"], one["visits"]) for one in holds] == [("GYM-30", None), ("CUT-10", 9)]


async def test_b3_counted_visits_lapse_with_their_last_day(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    await sold(salon, member, "CUT-10", 45_000)
    salon.at("2027-02-22T04:00")
    refusal = await salon.till.refused(1203, "pass.use", member=member, service="CUT", cashier="小王")
    assert refusal.data["last_day"] == "2027-02-21"
    assert (await salon.till.call("pass.list", member=member))["holds"] == []


async def test_b3_what_is_left_of_a_pass_comes_back_for_its_share_of_the_price(tmp_path: Path) -> None:
    """Nine of ten visits of 450 yuan are 405; the other purchase of the same kind is not touched."""
    async with open_floor(tmp_path, corner_shop(passes=PASSES)) as floor:
        member = await floor.till.register("80000001")
        first = await sold(floor, member, "CUT-10", 45_000)
        await used(floor, member, "CUT")
        floor.at("2026-11-25T10:00")
        other = await sold(floor, member, "CUT-10", 45_000)
        request = {"slip": first["receipt_no"], "cashier": "小王", "reason": "搬家"}
        await floor.till.refused(1306, "pass.refund", **request)
        request |= {"approve": "店长", "tender": "wechat", "idem": str(uuid.UUID(int=7))}
        back = await floor.till.call("pass.refund", **request)
        assert (back["unused"], back["bought"], back["amount_fen"], back["member"]) == (9, 10, 40_500, member)
        assert (await floor.till.call("pass.refund", **request))["duplicate"] is True
        assert floor.sql("SELECT amount_fen FROM money WHERE tender='wechat'") == [(-40_500,)]
        (left,) = (await floor.till.call("pass.list", member=member))["holds"]
        assert (left["visits"], left["last_day"]) == (10, other["last_day"])
        again = {"slip": first["slip"], "cashier": "小王", "approve": "店长"}
        assert (await floor.till.refused(-32602, "pass.refund", **again)).data["path"] == "/slip"
        all_of_it = await floor.till.call("pass.refund", **{**again, "slip": other["slip"]})
        assert all_of_it["amount_fen"] == 45_000
        await floor.till.refused(-32602, "pass.refund", **{**again, "slip": all_of_it["slip"]})


async def test_b4_days_that_are_left_come_back_and_end_the_pass(salon: Floor) -> None:
    member = await salon.till.register("80000001")
    slip = (await sold(salon, member, "GYM-30", 29_900))["slip"]
    salon.at("2026-12-04T10:00")
    await used(salon, member, "GYM")
    request = {"slip": slip, "cashier": "小王", "approve": "店长"}
    back = await salon.till.call("pass.refund", **request)
    assert (back["unused"], back["bought"], back["amount_fen"]) == (19, 30, 18_937)
    assert (await used(salon, member, "GYM"))["last_day"] == "2026-12-04", "the day that was paid for"
    await salon.till.refused(-32602, "pass.refund", **request)
    salon.at("2026-12-05T10:00")
    refusal = await salon.till.refused(1203, "pass.use", member=member, service="GYM", cashier="小王")
    assert refusal.data["last_day"] == "2026-12-04"
    mistake = (await sold(salon, member, "GYM-30", 29_900))["slip"]
    whole = await salon.till.call("pass.refund", **{**request, "slip": mistake})
    assert whole["amount_fen"] == 29_900


async def test_b3_commission_of_a_pass_goes_back_with_it(tmp_path: Path) -> None:
    rule = {"id": "P", "name": "售卡提成", "on": "pass", "bp": 1000}
    async with open_floor(tmp_path, corner_shop(passes=PASSES, commissions=[rule]), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        slip = (await sold(floor, member, "WASH-5", 10_000, salesperson="小李"))["slip"]
        await floor.till.call("pass.refund", slip=slip, cashier="小王", approve="店长")
        assert floor.sql("SELECT salesperson, fen FROM commission ORDER BY id") == [
            ("小李", 1_000),
            ("小李", -1_000),
        ]
        (body,) = floor.sql("SELECT body FROM outbox ORDER BY seq DESC LIMIT 1")[0]
        assert b'"pass_refunded"' in body
        assert b'"kind":"claw","amount":5' in body


async def test_b3_the_look_up_shows_passes_and_services_that_run(tmp_path: Path) -> None:
    services = [{"id": "ROOM", "name": "包间", "fen_per_unit": 3_000}]
    async with open_floor(tmp_path, corner_shop(passes=PASSES, services=services)) as floor:
        member = await floor.till.register("80000001")
        await sold(floor, member, "CUT-10", 45_000)
        timed = (await floor.till.call("timed.start", service="ROOM", member=member, cashier="小王"))["timed"]
        floor.minutes_later(61)
        shown = await floor.till.whole(member)
        assert [(one["pass"], one["visits"]) for one in shown["passes"]] == [("CUT-10", 10)]
        assert [(one["timed"], one["amount_fen"]) for one in shown["services"]] == [(timed, 6_000)]


async def test_b3_the_band_shop_sells_all_its_kinds_of_card(tmp_path: Path) -> None:
    """A discount card is a tag, a visit card and a time-limited one are passes, a credit card is an account."""
    async with open_floor(tmp_path, published("band-shop")) as floor:
        till = floor.till
        member = await till.register("80000001", tags=["discount-card"])
        assert (await sold(floor, member, "WASH-10", 45_000))["visits_left"] == 10
        assert (await sold(floor, member, "GYM-YEAR", 198_000))["last_day"] == "2027-11-23"
        assert (await used(floor, member, "WASH"))["visits_left"] == 9
        assert (await used(floor, member, "POOL"))["visits_left"] is None
        await till.call("credit.limit", member=member, limit_fen=300_000, approve="店长", cashier="小王")
        bought = await till.sell(111_100, member=member, tenders=[{"kind": "credit", "amount_fen": 99_990}])
        assert bought["totals"]["due_fen"] == 99_990
        room = (await till.call("timed.start", service="TEA-ROOM", member=member, cashier="小王"))["timed"]
        floor.minutes_later(90)
        assert (await till.call("timed.stop", timed=room, cashier="小王"))["amount_fen"] == 6_000
