"""Timed services through the socket: started, paused, over a restart, stopped, sold."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor

SERVICES = [
    {
        "id": "ROOM",
        "name": "包间",
        "fen_per_unit": 3_000,
        "unit_minutes": 60,
        "round": "up",
        "cap_fen": 15_000,
    },
    {
        "id": "NET",
        "name": "上网",
        "fen_per_unit": 100,
        "unit_minutes": 10,
        "round": "down",
        "free_minutes": 15,
    },
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, corner_shop(services=SERVICES)) as floor:
        yield floor


async def do(floor: Floor, what: str, **params: Any) -> dict[str, Any]:
    return dict(await floor.till.call(f"timed.{what}", cashier="小王", **params))


async def test_b5_ninety_minutes_at_thirty_per_started_hour_are_sixty(house: Floor) -> None:
    started = await do(house, "start", service="ROOM", label="3号")
    house.minutes_later(90)
    stopped = await do(house, "stop", timed=started["timed"])
    assert (stopped["minutes"], stopped["units"], stopped["amount_fen"]) == (90, 2, 6_000)
    assert stopped["line"] == {
        "sku": "ROOM", "name": "包间 3号", "qty_milli": 1000, "unit_price_fen": 6_000, "category": "service",
    }  # fmt: skip


async def test_b5_a_pause_does_not_count_and_a_restart_forgets_no_minute(house: Floor) -> None:
    timed = (await do(house, "start", service="ROOM"))["timed"]
    house.minutes_later(40)
    assert (await do(house, "pause", timed=timed))["minutes"] == 40
    house.minutes_later(100)
    await house.restart()
    assert (await do(house, "start", timed=timed))["state"] == "running"
    house.minutes_later(20)
    await house.restart()
    (running,) = (await house.till.call("timed.list"))["services"]
    assert (running["minutes"], running["amount_fen"]) == (60, 3_000)
    assert (await do(house, "stop", timed=timed))["amount_fen"] == 3_000


async def test_b5_the_cap_holds_and_free_minutes_cost_nothing(house: Floor) -> None:
    room = (await do(house, "start", service="ROOM"))["timed"]
    net = (await do(house, "start", service="NET"))["timed"]
    house.minutes_later(15)
    free = await do(house, "stop", timed=net)
    assert (free["amount_fen"], free["state"], free["line"]) == (0, "billed", None)
    assert [one["timed"] for one in (await house.till.call("timed.list"))["services"]] == [room]
    house.minutes_later(600)
    assert (await do(house, "stop", timed=room))["amount_fen"] == 15_000


async def test_b5_a_sale_pays_once_and_only_with_the_line_of_the_service(house: Floor) -> None:
    member = await house.till.register("80000001")
    timed = (await do(house, "start", service="ROOM", member=member))["timed"]
    house.minutes_later(30)
    line = (await do(house, "stop", timed=timed))["line"]
    quote = await house.till.call("sale.quote", cashier="小王", lines=[{**line, "sku": "TEA"}])
    pay = {"tenders": [{"kind": "cash", "amount_fen": 3_000}], "timed": [timed]}
    refusal = await house.till.refused(-32602, "sale.commit", quote_id=quote["quote_id"], **pay)
    assert refusal.data["path"] == "/timed/0"
    sold = await house.till.sell(line, member=member, commit={"timed": [timed]})
    assert house.sql("SELECT state, sale FROM timed") == [("billed", sold["sale"])]
    assert (await house.till.call("timed.list"))["services"] == []
    quote = await house.till.call("sale.quote", cashier="小王", lines=[line])
    await house.till.refused(-32602, "sale.commit", quote_id=quote["quote_id"], **pay)


async def test_b5_a_service_does_only_what_its_state_allows(house: Floor) -> None:
    timed = (await do(house, "start", service="ROOM"))["timed"]
    refusal = await house.till.refused(-32602, "timed.start", timed=timed, cashier="小王")
    assert refusal.data["path"] == "/timed"
    await do(house, "stop", timed=timed)
    await house.till.refused(-32602, "timed.pause", timed=timed, cashier="小王")
    await house.till.refused(-32602, "timed.stop", timed=timed, cashier="小王")
    assert (await house.till.refused(-32602, "timed.start", cashier="小王")).data["path"] == "/service"


async def test_b5_a_clock_that_goes_back_takes_no_time_back(house: Floor) -> None:
    timed = (await do(house, "start", service="ROOM"))["timed"]
    house.minutes_later(30)
    await house.till.register("80000001")
    house.minutes_later(-600)
    (running,) = (await house.till.call("timed.list"))["services"]
    assert running["minutes"] == 30
    assert (await do(house, "stop", timed=timed))["minutes"] == 30


async def test_b5_what_was_agreed_at_the_start_stands_when_the_programme_changes(house: Floor) -> None:
    timed = (await do(house, "start", service="ROOM", label="3号"))["timed"]
    house.minutes_later(90)
    house.raw = corner_shop(services=[{**SERVICES[0], "id": "HALL", "fen_per_unit": 9_000}])
    await house.restart()
    (running,) = (await house.till.call("timed.list"))["services"]
    assert (running["name"], running["amount_fen"]) == ("包间", 6_000)
    assert (await do(house, "stop", timed=timed))["amount_fen"] == 6_000
    refusal = await house.till.refused(-32602, "timed.start", service="ROOM", cashier="小王")
    assert refusal.data["path"] == "/service"


async def test_b5_a_service_begun_by_mistake_is_cancelled_with_an_approval(house: Floor) -> None:
    timed = (await do(house, "start", service="ROOM"))["timed"]
    house.minutes_later(90)
    await do(house, "stop", timed=timed)
    await house.till.refused(1306, "timed.cancel", timed=timed, cashier="小王")
    gone = await do(house, "cancel", timed=timed, approve="店长", reason="开错")
    assert (gone["state"], gone["amount_fen"], gone["line"]) == ("cancelled", 0, None)
    assert (await house.till.call("timed.list"))["services"] == []
    refusal = await house.till.refused(-32602, "timed.cancel", timed=timed, cashier="小王", approve="店长")
    assert refusal.data["path"] == "/timed"
