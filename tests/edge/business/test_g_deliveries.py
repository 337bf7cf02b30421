"""Deliveries through the socket: promised, brought, given up, and on the list of what is due."""

import uuid
from pathlib import Path
from typing import Any

import msgspec

from tests.edge.business.floor import Floor, open_floor


async def promise(floor: Floor, **more: Any) -> dict[str, Any]:
    params = {"what": "冰箱一台", "day": "2026-11-26", "cashier": "小王", **more}
    return dict(await floor.till.call("delivery.add", **params))


async def due(floor: Floor, **more: Any) -> list[tuple[str, str, int]]:
    found = await floor.till.call("reminder.list", kinds=["delivery"], **more)
    return [(one["subject"], one["due"], one["days"]) for one in found["reminders"]]


async def test_g3_a_delivery_says_what_when_who_and_for_which_member(floor: Floor) -> None:
    member = await floor.till.register("80000001", phone="13800001234")
    sold = await floor.till.sell(100_000, member=member)
    asked = {"sale": sold["receipt_no"], "hours": "14-16", "who": "老张", "address": "人民路 1 号"}
    made = await promise(floor, **asked)
    assert (made["member"], made["sale"], made["state"]) == (member, sold["sale"], "open")
    assert (made["phone"], made["hours"], made["who"]) == ("13800001234", "14-16", "老张")
    await floor.restart()
    (listed,) = (await floor.till.call("delivery.list", member=member))["deliveries"]
    assert listed == {key: made[key] for key in listed}
    assert await due(floor) == [(made["delivery"], "2026-11-26", 2)]
    assert await due(floor, until_day="2026-11-25") == []
    brought = await floor.till.call("delivery.done", delivery=made["delivery"], cashier="小王", who="小李")
    assert (brought["state"], brought["who"], brought["done_at"][:16]) == ("done", "小李", "2026-11-24T10:00")
    assert await due(floor) == []
    assert (await floor.till.call("delivery.list"))["deliveries"] == []
    (listed,) = (await floor.till.call("delivery.list", day="2026-11-26", open_only=False))["deliveries"]
    assert listed["state"] == "done"


async def test_g3_what_was_not_brought_in_time_stays_on_the_list(floor: Floor) -> None:
    made = await promise(floor, phone="13900000000")
    floor.at("2026-11-29T10:00")
    assert await due(floor) == [(made["delivery"], "2026-11-26", -3)]
    cancelled = await floor.till.call(
        "delivery.cancel", delivery=made["delivery"], cashier="小王", reason="顾客自提"
    )
    assert cancelled["state"] == "cancelled"
    for method in ("delivery.done", "delivery.cancel"):
        refusal = await floor.till.refused(-32602, method, delivery=made["delivery"], cashier="小王")
        assert refusal.data["path"] == "/delivery"
    assert await due(floor) == []


async def test_g3_bad_promises_name_their_field(floor: Floor) -> None:
    asked = {"what": "冰箱", "cashier": "小王"}
    for day in ("2026-11-23", "2026-02-30"):
        refusal = await floor.till.refused(-32602, "delivery.add", **asked, day=day)
        assert refusal.data["path"] == "/day"
    asked["day"] = "2026-11-26"
    assert (await floor.till.refused(1307, "delivery.add", **asked, sale="NONE")).data["path"] == "/sale"
    await floor.till.refused(1201, "delivery.add", **asked, member="80000009")
    refusal = await floor.till.refused(-32602, "delivery.done", delivery="NONE", cashier="小王")
    assert refusal.data["path"] == "/delivery"
    assert (await floor.till.refused(-32602, "delivery.list", open_only=False)).data["path"] == "/day"


async def test_g3_a_retry_promises_once_and_hq_hears_of_it(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        idem = str(uuid.UUID(int=1))
        first, again = [await promise(floor, idem=idem) for _ in range(2)]
        assert again == {**first, "duplicate": True}
        refused = {"what": "洗衣机", "day": "2026-11-26", "cashier": "小王", "idem": idem}
        await floor.till.refused(1302, "delivery.add", **refused)
        await floor.till.call("delivery.done", delivery=first["delivery"], cashier="小王")
        events = [msgspec.json.decode(body) for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")]
        assert [(event["kind"], event["body"]["state"]) for event in events] == [
            ("delivery", "open"),
            ("delivery", "done"),
        ]
