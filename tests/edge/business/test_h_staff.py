"""Staff at the till (H1): who may do what, who approves, and what is written down of it."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from edge.counter.permissions import level
from edge.domain.staff import ROLES, Role
from tests.edge.business.floor import Floor, Refused, Till, open_floor

MANAGER_CARD, CASHIER_CARD, PIN = "990001", "990002", "4711"


async def staffed(floor: Floor) -> Till:
    """A manager (M1, card and PIN), a cashier (C1), a technician (E1), somebody of HQ (H1); the technician's end."""
    admin = await floor.another_till("BOX", admin=True)
    await admin.call("admin.staff.put", id="M1", name="店长李", role="manager", card=MANAGER_CARD, pin=PIN)
    await admin.call("admin.staff.put", id="C1", name="小王", role="cashier", card=CASHIER_CARD, pin="1234")
    await admin.call("admin.staff.put", id="E1", name="工程师", role="technician", pin="2222")
    await admin.call("admin.staff.put", id="H1", name="总部", role="hq", pin="3333")
    return admin


async def test_h1_a_shop_without_staff_is_open_and_takes_any_name(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    sold = await floor.till.sell(10_000, member=member)
    await floor.till.take_back(sold["sale"])
    asked = {"member": member, "points": 5, "reason": "补登"}
    assert (await floor.till.refused(1306, "points.adjust", **asked)).data["path"] == "/approve"
    assert (await floor.till.call("points.adjust", **asked, approve="店长"))["points"] == 5


@pytest.mark.parametrize("approve", [MANAGER_CARD, f"M1:{PIN}"])
async def test_h1_a_managers_card_or_pin_approves_and_only_the_id_is_written_down(
    floor: Floor, approve: str
) -> None:
    await staffed(floor)
    sold = await floor.till.sell(10_000)
    refusal = await floor.till.refused(1306, "sale.refund", sale=sold["sale"], tender={"kind": "cash"})
    assert (refusal.data["path"], refusal.data["retry"]) == ("/approve", "new_idem")
    await floor.till.take_back(sold["sale"], approve=approve)
    request, answer = floor.sql("SELECT request, answer FROM op WHERE kind='sale.refund' AND ok")[0]
    assert '"approve":"M1"' in request
    assert approve not in request + answer


@pytest.mark.parametrize(
    "approve", [CASHIER_CARD, "C1:1234", "M1:0000", "M1", "M9:4711", "E1:2222", "990009"]
)
async def test_h1_nobody_but_a_manager_approves(floor: Floor, approve: str) -> None:
    await staffed(floor)
    member = await floor.till.register("80000001")
    asked = {"member": member, "points": 5, "reason": "补登", "approve": approve}
    await floor.till.refused(1306, "points.adjust", **asked)
    (request,) = floor.sql("SELECT request FROM op WHERE kind='points.adjust' AND NOT ok")[0]
    assert '"approve":"?"' in request or '"approve":"C1"' in request or '"approve":"E1"' in request
    assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 0


async def test_h1_a_retry_is_not_asked_for_the_approval_again(floor: Floor) -> None:
    """The manager has a new PIN, or is gone: what was approved then stays so, over a restart."""
    admin = await staffed(floor)
    member = await floor.till.register("80000001")
    idem = "0190f3a0-0000-7000-8000-000000000001"
    asked = {"idem": idem, "member": member, "points": 5, "reason": "补登", "approve": f"M1:{PIN}"}
    first = await floor.till.call("points.adjust", **asked)
    await admin.call("admin.staff.put", id="M1", name="店长李", role="manager", pin="9999")
    assert await floor.till.call("points.adjust", **asked) == first | {"duplicate": True}
    await floor.restart()
    assert await floor.till.call("points.adjust", **asked) == first | {"duplicate": True}
    await floor.till.refused(1302, "points.adjust", **{**asked, "points": 6})


async def test_h1_a_manager_who_has_signed_in_needs_no_approval(floor: Floor) -> None:
    await staffed(floor)
    member = await floor.till.register("80000001")
    asked = {"member": member, "points": 5, "reason": "补登"}
    signed = await floor.till.call("staff.signin", card=MANAGER_CARD)
    assert signed == {"staff": "M1", "name": "店长李", "role": "manager"}
    await floor.till.call("points.adjust", **asked)
    assert floor.sql("SELECT staff, role FROM op_staff") == [("M1", "manager")]
    other = await floor.another_till("T1")
    await other.refused(1306, "points.adjust", **asked)
    assert await floor.till.call("staff.signout") == {"staff": "", "name": "", "role": "cashier"}
    await floor.till.refused(1306, "points.adjust", **asked)


async def test_h1_somebody_who_leaves_is_signed_out_at_once(floor: Floor) -> None:
    admin = await staffed(floor)
    await floor.till.call("staff.signin", id="M1", pin=PIN)
    await admin.call("admin.staff.put", id="M1", name="店长李", role="manager", active=False)
    sold = await floor.till.sell(10_000)
    refund = {"sale": sold["sale"], "tender": {"kind": "cash"}}
    await floor.till.refused(1306, "sale.refund", **refund)
    await floor.till.refused(1306, "sale.refund", **refund, approve=MANAGER_CARD)
    refusal = await floor.till.refused(1002, "staff.signin", id="M1", pin=PIN)
    assert refusal.data["path"] == "/pin"


async def test_h1_a_till_that_was_open_is_bound_from_the_first_registration_on(floor: Floor) -> None:
    sold = await floor.till.sell(10_000)
    await staffed(floor)
    refusal = await floor.till.refused(1306, "sale.refund", sale=sold["sale"], tender={"kind": "cash"})
    assert refusal.data["action"] == "sale.refund"


async def test_h1_five_wrong_pins_in_a_row_wait_a_minute(floor: Floor) -> None:
    await staffed(floor)
    for _ in range(5):
        refusal = await floor.till.refused(1002, "staff.signin", id="M1", pin="0000")
        assert refusal.data["path"] == "/pin"
    # From another terminal, too, and with the right PIN; the others are not kept waiting.
    other = await floor.another_till("T2")
    waiting = await other.refused(1002, "staff.signin", id="M1", pin=PIN)
    assert waiting.data["after_s"] == 60
    await other.call("staff.signin", id="C1", pin="1234")
    floor.minutes_later(1)
    assert (await other.call("staff.signin", id="M1", pin=PIN))["role"] == "manager"


async def test_h1_roles_of_a_session_are_those_of_the_person(floor: Floor) -> None:
    await staffed(floor)
    sold = await floor.till.sell(10_000)
    await floor.till.call("staff.signin", id="H1", pin="3333")
    assert (await floor.till.call("sale.get", sale=sold["sale"]))["sale"] == sold["sale"]
    refusal = await floor.till.refused(1002, "sale.quote", cashier="x", lines=[])
    assert refusal.data["hint"]["zh"] == "总部人员无权执行 sale.quote"
    await floor.till.call("staff.signin", id="E1", pin="2222")
    assert "devices" in await floor.till.call("device.list")
    await floor.till.refused(1002, "sale.get", sale=sold["sale"])


async def test_h1_pins_and_cards_are_nowhere_in_the_clear(floor: Floor) -> None:
    admin = await staffed(floor)
    listed = await admin.call("admin.staff.list")
    assert listed["staff"][3] == {
        "id": "M1",
        "name": "店长李",
        "role": "manager",
        "card": "**01",
        "has_pin": True,
        "active": True,
    }
    for request, answer in floor.sql("SELECT request, answer FROM op WHERE kind='admin.staff.put'"):
        assert MANAGER_CARD not in request + answer
        assert '"4711"' not in request
    ((pin,),) = floor.sql("SELECT pin FROM staff WHERE id='M1'")
    assert pin.startswith("scrypt$")


async def test_h1_registering_is_idempotent_and_refuses_a_card_that_is_taken(floor: Floor) -> None:
    admin = await staffed(floor)
    idem = "0190f3a0-0000-7000-8000-000000000002"
    asked: dict[str, Any] = {"idem": idem, "id": "C2", "name": "小张", "role": "cashier", "pin": "5555"}
    first = await admin.call("admin.staff.put", **asked)
    assert await admin.call("admin.staff.put", **asked) == first | {"duplicate": True}
    await admin.refused(1302, "admin.staff.put", **{**asked, "pin": "5556"})
    taken = await admin.refused(
        -32602, "admin.staff.put", id="C3", name="小陈", role="cashier", card=MANAGER_CARD
    )
    assert taken.data["path"] == "/card"
    await floor.till.register("80000001")
    taken = await admin.refused(
        -32602, "admin.staff.put", id="C3", name="小陈", role="cashier", card="80000001"
    )
    assert taken.data["hint"]["zh"] == "此卡是会员卡"
    short = await admin.refused(-32602, "admin.staff.put", id="C3", name="小陈", role="cashier", pin="12")
    assert short.data["path"] == "/pin"
    await floor.till.refused(1002, "admin.staff.list")


async def test_h1_hq_hears_of_staff_without_what_opens_doors(tmp_path: Any) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        await staffed(floor)
        bodies = [body.decode() for (body,) in floor.sql("SELECT body FROM outbox")]
        assert '"body":{"id":"M1","name":"店长李","role":"manager","active":true}' in bodies[0]
        assert not any(MANAGER_CARD in body or "scrypt" in body for body in bodies)
        await floor.till.call("staff.signin", card=MANAGER_CARD)
        sold = await floor.till.sell(100)
        await floor.till.take_back(sold["sale"])
        bodies = [body.decode() for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")]
        assert ['"signed_in":"M1"' in body for body in bodies[-2:]] == [True, True]
        assert '"approved_by":"M1"' in bodies[-1]


async def test_h1_who_was_signed_in_cannot_be_rewritten(floor: Floor) -> None:
    await staffed(floor)
    await floor.till.call("staff.signin", card=MANAGER_CARD)
    await floor.till.sell(100)
    with closing(sqlite3.connect(floor.config.paths.database)) as db:
        for change in ("UPDATE op_staff SET staff='C1'", "DELETE FROM op_staff"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(change)


# --- the table of permissions through the socket: what each role hears of a sample of methods ---

OWED = "00000000-0000-0000-0000-000000000000"
SAMPLE: dict[str, dict[str, Any]] = {
    "member.register": {"card_no": "80000009", "name": "新会员"},
    "points.adjust": {"member": "80000001", "points": 1, "reason": "补登"},
    "coupon.issue": {"kind": "none", "pay": "free"},
    "sale.last": {},
    "sale.refund": {"sale": OWED, "tender": {"kind": "cash"}},
    "sale.quote": {"cashier": "x", "quick_fen": 100},
    "reader.arm": {},
    "device.list": {},
    "print.receipt": {"sale": OWED},
}
SIGN_IN: dict[str, dict[str, str]] = {
    "cashier": {"id": "C1", "pin": "1234"},
    "manager": {"id": "M1", "pin": PIN},
    "technician": {"id": "E1", "pin": "2222"},
    "hq": {"id": "H1", "pin": "3333"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_h1_each_role_may_what_the_table_says(floor: Floor, role: Role) -> None:
    await staffed(floor)
    await floor.till.register("80000001")
    await floor.till.call("staff.signin", **SIGN_IN[role])
    heard = {method: await _heard(floor.till, method, params) for method, params in SAMPLE.items()}
    parts = {"points.adjust": "points.adjust:by_hand", "coupon.issue": "coupon.issue:free"}
    assert heard == {method: level(role, parts.get(method, method)) for method in SAMPLE}


async def _heard(till: Till, method: str, params: dict[str, Any]) -> str:
    """Whether the box would do it, wants an approval, or will not."""
    try:
        await till.call(method, **params)
    except Refused as refusal:
        return {1002: "deny", 1306: "approve"}.get(refusal.code, "allow")
    return "allow"
