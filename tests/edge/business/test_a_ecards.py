"""A2 at the till: the code on a member's phone, which counts once, and every other way to a member."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

from edge.counter.lookup import whose
from edge.domain.ecards import code_of, step_at
from tests.edge.business.floor import Floor, corner_shop, open_floor


def key_of(issued: dict[str, Any]) -> str:
    """What the member's phone takes from the URI."""
    query = parse_qs(urlparse(issued["uri"]).query)
    assert query["digits"] == ["8"]
    return str(query["secret"][0])


def text(floor: Floor, key: str, *, steps: int = 0, card_no: str = "80000001") -> str:
    """What the phone shows now, or some steps away."""
    return f"TS1.{card_no}.{code_of(key, step_at(floor.clock.now_ms()) + steps)}"


async def test_a2_a_code_is_good_once_and_a_picture_of_it_is_not(tmp_path: Path) -> None:
    """Offline: with an HQ that is out of reach."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        key = key_of(await floor.till.call("card.ecard", member=member, cashier="小王"))
        shown = text(floor, key)
        found = await floor.till.call("member.lookup", by="qr", value=shown)
        assert (found["member"]["id"], found["member"]["ecard"]) == (member, True)
        other = await floor.another_till("T2")
        refusal = await other.refused(1201, "member.lookup", by="qr", value=shown)
        assert (refusal.data["reason"], refusal.data["path"]) == ("used_code", "/value")
        await floor.restart()
        refusal = await floor.till.refused(1201, "member.lookup", by="qr", value=shown)
        assert refusal.data["reason"] == "used_code", "it is durable"
        floor.minutes_later(5)
        refusal = await floor.till.refused(1201, "member.lookup", by="qr", value=shown)
        assert refusal.data["reason"] == "stale_code"
        assert "截图" in refusal.data["hint"]["zh"]
        await floor.till.call("member.lookup", by="qr", value=text(floor, key))


async def test_a2_a_phone_may_be_half_a_minute_off_but_never_goes_back(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    key = key_of(await floor.till.call("card.ecard", member=member, cashier="小王"))
    for steps in (-2, 2):
        refusal = await floor.till.refused(
            1201, "member.lookup", by="qr", value=text(floor, key, steps=steps)
        )
        assert refusal.data["reason"] == "stale_code"
    await floor.till.call("member.lookup", by="qr", value=text(floor, key, steps=-1))
    await floor.till.call("member.lookup", by="qr", value=text(floor, key, steps=1))
    refusal = await floor.till.refused(1201, "member.lookup", by="qr", value=text(floor, key))
    assert refusal.data["reason"] == "used_code", "older than the last one that counted"


async def test_a2_an_ecard_has_one_key_that_no_kept_answer_tells(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        asked = {"member": member, "cashier": "小王", "idem": "11111111-2222-3333-4444-555555555555"}
        issued = await floor.till.call("card.ecard", **asked)
        await floor.restart()
        assert await floor.till.call("card.ecard", **asked) == {**issued, "duplicate": True}
        key = key_of(issued)
        kept = floor.sql("SELECT request || answer FROM op UNION ALL SELECT cast(body AS text) FROM outbox")
        assert not [row for (row,) in kept if key in row]

        await floor.till.refused(1306, "card.ecard", member=member, cashier="小王")
        again = await floor.till.call("card.ecard", member=member, cashier="小王", approve="店长")
        assert key_of(again) != key
        assert (await floor.till.call("card.ecard", **asked))["uri"] is None
        refusal = await floor.till.refused(1201, "member.lookup", by="qr", value=text(floor, key))
        assert refusal.data["reason"] == "stale_code"
        await floor.till.call("member.lookup", by="qr", value=text(floor, key_of(again)))


async def test_a2_a_lost_card_takes_its_ecard_with_it(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    key = key_of(await floor.till.call("card.ecard", member=member, cashier="小王"))
    await floor.till.call("card.lost", member=member, cashier="小王")
    refusal = await floor.till.refused(1202, "member.lookup", by="qr", value=text(floor, key))
    assert refusal.data["state"] == "lost"
    await floor.till.refused(1202, "card.ecard", member=member, cashier="小王", approve="店长")
    await floor.till.call("card.replace", member=member, card_no="80000002", cashier="小王")
    await floor.till.refused(1202, "member.lookup", by="qr", value=text(floor, key))
    await floor.till.refused(1201, "member.lookup", by="qr", value=text(floor, key, card_no="80000002"))
    new = key_of(await floor.till.call("card.ecard", member=member, cashier="小王"))
    found = await floor.till.call("member.lookup", by="qr", value=text(floor, new, card_no="80000002"))
    assert found["member"]["card_no"] == "80000002"


async def test_a2_an_expired_card_uses_up_no_code(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"valid_months": 1})) as floor:
        member = await floor.till.register("80000001")
        key = key_of(await floor.till.call("card.ecard", member=member, cashier="小王"))
        floor.at("2027-01-10T10:00")
        shown = text(floor, key)
        refusal = await floor.till.refused(1203, "member.lookup", by="qr", value=shown)
        assert refusal.data["last_day"] == "2026-12-24"
        await floor.till.call("card.extend", member=member, cashier="小王")
        assert (await floor.till.call("member.lookup", by="qr", value=shown))["member"]["id"] == member


async def test_a2_what_is_no_ecard_is_refused_by_name(floor: Floor) -> None:
    await floor.till.register("80000001")
    for value in ("80000001", "TS1.80000001.1234567", "TS2.80000001.12345678"):
        refusal = await floor.till.refused(-32602, "member.lookup", by="qr", value=value)
        assert refusal.data["path"] == "/value"
    for card_no in ("80000001", "80000009"):
        await floor.till.refused(1201, "member.lookup", by="qr", value=f"TS1.{card_no}.12345678")


async def test_a2_a_phone_suffix_of_several_members_returns_all_of_them_masked(floor: Floor) -> None:
    await floor.till.register("80000001", name="王小明", phone="13800001234")
    lost = await floor.till.register("80000002", name="欧阳小红", phone="13900001234")
    third = await floor.till.register("80000003", name="李雷", phone="13700005678")
    await floor.till.call("card.lost", member=lost, cashier="小王")
    found = await floor.till.call("member.lookup", by="phone", value="1234")
    assert [(one["name"], one["card_no"], one["phone"], one["status"]) for one in found["candidates"]] == [
        ("王**", "80**0001", "138****1234", "active"),
        ("", "80**0002", "139****1234", "lost"),
    ]
    assert "member" not in found
    assert (await floor.till.call("member.lookup", by="phone", value="5678"))["member"]["id"] == third
    await floor.till.refused(-32602, "member.lookup", by="phone", value="123")
    await floor.till.refused(1201, "member.lookup", by="phone", value="9999")


async def test_a2_a_reader_says_that_a_card_is_stopped_and_not_whose(floor: Floor) -> None:
    member = await floor.till.register("80000001", uid="04A1B2C3")
    assert whose(floor.shop, "04A1B2C3") == {"member": member}
    assert whose(floor.shop, "80000009") == {"member": None}
    await floor.till.call("card.lost", member="04A1B2C3", cashier="小王")
    assert whose(floor.shop, "80000001") == {"member": None, "stopped": "lost"}
    await floor.till.call("card.replace", member=member, card_no="80000002", cashier="小王")
    assert whose(floor.shop, "80000001") == {"member": None, "stopped": "replaced"}
    assert whose(floor.shop, "80000002") == {"member": member}
