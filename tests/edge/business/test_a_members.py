"""A1 and A6 at the till: registering, changing, and seeing the whole member."""

from pathlib import Path

import msgspec

from tests.edge.business.floor import Floor, corner_shop, open_floor

ANSWERED = {"reason": "顾客申请", "approve": "店长"}


async def test_a1_registering_keeps_every_particular_and_tells_hq(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"valid_months": 12}), with_hq=True) as floor:
        friend = await floor.till.register("80000001")
        made = await floor.till.call(
            "member.register",
            card_no="80000002",
            name="李雷",
            phone="138-0000-1234",
            gender="m",
            birthday="1990-08-15",
            birthday_calendar="lunar",
            region="滨江",
            salesperson="阿芳",
            consent=True,
            referrer="80000001",
            tags=["茶友"],
            uid="04a1b2c3d4e5f6",
            family=[{"name": "小李", "relation": "女儿", "birthday": "02-29"}],
            cashier="小王",
        )
        assert made["valid_until"] == "2027-11-24"
        await floor.restart()
        row = floor.sql(
            "SELECT phone, gender, birthday, birth_year, birthday_calendar, region, salesperson, consent, tags,"
            " referrer FROM member WHERE id=?",
            made["member"],
        )
        assert row == [("13800001234", "m", 815, 1990, "lunar", "滨江", "阿芳", 1, '["茶友"]', friend)]
        assert floor.sql("SELECT name, relation, birthday FROM kin") == [("小李", "女儿", 229)]
        assert floor.sql("SELECT number, medium, state FROM card WHERE member=?", made["member"]) == [
            ("04A1B2C3D4E5F6", "uid", "active"),
            ("80000002", "card", "active"),
        ]
        (event,) = floor.sql("SELECT body FROM outbox ORDER BY seq DESC LIMIT 1")
        told = msgspec.json.decode(event[0])
        assert (told["kind"], told["member"]) == ("member", made["member"])
        assert told["body"]["family"][0]["name"] == "小李"
        assert {told["body"][key] for key in ("region", "salesperson", "phone")} == {
            "滨江",
            "阿芳",
            "13800001234",
        }
        found = await floor.till.call("member.lookup", by="uid", value="04A1b2C3d4e5f6")
        assert found["member"]["id"] == made["member"]


async def test_a1_a_registration_is_made_once_however_often_it_is_sent(floor: Floor) -> None:
    asked = {"idem": "11111111-2222-3333-4444-555555555555", "card_no": "80000001", "name": "王"}
    made = await floor.till.call("member.register", **asked)
    await floor.restart()
    again = await floor.till.call("member.register", **asked)
    assert again == {**made, "duplicate": True}
    await floor.till.refused(1302, "member.register", **{**asked, "name": "李"})
    assert floor.sql("SELECT count(*) FROM member") == [(1,)]


async def test_a1_one_person_has_one_card(floor: Floor) -> None:
    member = await floor.till.register("80000001", phone="13800001234")
    refusal = await floor.till.refused(
        -32602, "member.register", card_no="80000002", name="李", phone="138-0000-1234"
    )
    assert (refusal.data["path"], refusal.data["card"]) == ("/phone", "80**0001")
    other = await floor.till.register("80000002", phone="13800005678")
    refusal = await floor.till.refused(
        -32602, "member.update", member=other, cashier="小王", phone="13800001234"
    )
    assert refusal.data["path"] == "/phone"
    await floor.till.call("member.update", member=member, cashier="小王", status="cancelled", **ANSWERED)
    await floor.till.call("member.update", member=other, cashier="小王", phone="13800001234")
    refusal = await floor.till.refused(-32602, "member.register", card_no="80000001", name="赵")
    assert refusal.data["path"] == "/card_no", "a number that led to somebody leads to nobody else"


async def test_a1_a_family_may_share_a_phone_where_the_programme_allows_it(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"one_per_phone": False})) as floor:
        await floor.till.register("80000001", phone="13800001234")
        await floor.till.register("80000002", phone="13800001234")
        found = await floor.till.call("member.lookup", by="phone", value="1234")
        assert len(found["candidates"]) == 2


async def test_a1_a_card_that_is_sold_costs_its_fee(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"issue_fee_fen": 1000})) as floor:
        asked = {"card_no": "80000001", "name": "王", "cashier": "小王"}
        cash = [{"kind": "cash", "amount_fen": 2000}]
        await floor.till.refused(1304, "member.register", **asked, fee="pay")
        refusal = await floor.till.refused(-32602, "member.register", **asked, tenders=cash)
        assert refusal.data["path"] == "/tenders"
        made = await floor.till.call("member.register", **asked, fee="pay", tenders=cash)
        assert (made["fee_fen"], made["change_fen"]) == (1000, 1000)
        assert floor.sql("SELECT tender, amount_fen, why FROM money") == [("cash", 1000, "card")]
        assert floor.sql("SELECT kind, receipt_no FROM slip") == [("card", made["receipt_no"])]


async def test_a1_bad_particulars_are_refused_by_name(floor: Floor) -> None:
    for wrong, path in (
        ({"birthday": "02-30"}, "/birthday"),
        ({"family": [{"name": "甲"}, {"name": "乙", "birthday": "13-01"}]}, "/family/1/birthday"),
        ({"uid": "xyz"}, "/uid"),
        ({"card_no": "6222020200112233"}, "/card_no"),
    ):
        params = {"card_no": "80000001", "name": "王", **wrong}
        refusal = await floor.till.refused(-32602, "member.register", **params)
        assert refusal.data["path"] == path
    await floor.till.refused(1201, "member.register", card_no="80000001", name="王", referrer="80000009")
    assert floor.sql("SELECT count(*) FROM member") == [(0,)]


async def test_a1_an_update_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register(
            "80000001", phone="13800001234", birthday="1990-02-28", region="城东"
        )
        changed = await floor.till.call(
            "member.update", member="80000001", cashier="小王", name="王大明", region="城东", consent=True
        )
        assert changed["changed"] == ["name", "consent"]
        assert changed["queue_seq"] == 2
        row = floor.sql("SELECT name, phone, birthday, birth_year, region, consent FROM member")
        assert row == [("王大明", "13800001234", 228, 1990, "城东", 1)]
        (event,) = floor.sql("SELECT body FROM outbox ORDER BY seq DESC LIMIT 1")
        told = msgspec.json.decode(event[0])
        assert (told["kind"], told["body"]["cashier"]) == ("member_changed", "小王")
        nothing = await floor.till.call("member.update", member=member, cashier="小王", name="王大明")
        assert (nothing["changed"], nothing["queue_seq"]) == ([], None)
        await floor.till.call("member.update", member=member, cashier="小王", birthday=None)
        assert floor.sql("SELECT birthday, birth_year FROM member") == [(None, None)]
        assert (await floor.till.whole(member))["name"] == "王大明"


async def test_a5_a_tier_by_hand_wants_a_reason_and_somebody_who_answers_for_it(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    asked = {"member": member, "cashier": "小王", "tier": "gold"}
    refusal = await floor.till.refused(-32602, "member.update", **asked)
    assert refusal.data["path"] == "/reason"
    await floor.till.refused(1306, "member.update", **asked, reason="老顾客")
    refusal = await floor.till.refused(-32602, "member.update", **{**asked, "tier": "iron"}, **ANSWERED)
    assert refusal.data["path"] == "/tier"
    changed = await floor.till.call("member.update", **asked, **ANSWERED)
    assert changed["tier"] == "gold"
    assert (await floor.till.whole(member))["tier_label"] == "金卡"
    assert floor.sql("SELECT tier, tier_since FROM member") == [("gold", "2026-11-24")]


async def test_a1_the_contact_log_keeps_notes_and_calls_until_they_are_made(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        for number in range(6):
            await floor.till.call("note.add", member=member, text=f"第{number}次", cashier="小王")
            floor.minutes_later(1)
        idem = "11111111-2222-3333-4444-555555555555"
        asked = {
            "member": "80000001",
            "text": "问口味",
            "kind": "call",
            "due": "2026-12-01",
            "cashier": "小王",
        }
        call = await floor.till.call("note.add", **asked, idem=idem)
        assert await floor.till.call("note.add", **asked, idem=idem) == {**call, "duplicate": True}
        today = await floor.till.call("note.add", member=member, text="送样品", kind="call", cashier="小王")
        assert today["due"] == "2026-11-24"
        await floor.restart()
        shown = await floor.till.whole(member)
        assert [note["text"] for note in shown["notes"]] == ["第5次", "第4次", "第3次", "第2次", "第1次"]
        assert [(one["id"], one["due"]) for one in shown["calls"]] == [
            (today["note"], "2026-11-24"),
            (call["note"], "2026-12-01"),
        ]
        floor.minutes_later(5)
        made = {"call": today["note"], "outcome": "已约周六", "cashier": "小李"}
        await floor.till.call("call.done", **made)
        refusal = await floor.till.refused(-32602, "call.done", **made)
        assert refusal.data["path"] == "/call"
        shown = await floor.till.whole(member)
        assert [one["id"] for one in shown["calls"]] == [call["note"]]
        told = [msgspec.json.decode(body) for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")]
        assert [event["kind"] for event in told] == ["member"] + ["note"] * 8 + ["call_done"]
        assert told[-1]["body"] == {"call": today["note"], "outcome": "已约周六", "cashier": "小李"}


async def test_a1_a_call_that_makes_no_sense_is_refused(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    for wrong, path in (
        ({"kind": "call", "due": "2026-02-30"}, "/due"),
        ({"kind": "note", "due": "2026-12-01"}, "/due"),
        ({"text": ""}, "/text"),
    ):
        params = {"member": member, "text": "问", "cashier": "小王", **wrong}
        assert (await floor.till.refused(-32602, "note.add", **params)).data["path"] == path
    note = await floor.till.call("note.add", member=member, text="问", cashier="小王")
    await floor.till.refused(-32602, "call.done", call=note["note"], outcome="好", cashier="小王")
    await floor.till.refused(1201, "note.add", member="80000009", text="问", cashier="小王")


async def test_a6_the_till_sees_the_whole_member_in_one_call(tmp_path: Path) -> None:
    raw = corner_shop(
        cards={"valid_months": 24},
        tiers=[
            {"id": "plain", "label": "普通卡"},
            {"id": "gold", "label": "金卡", "cumulative_fen": 20_000, "benefits": ["礼品包装", "免费停车"]},
            {"id": "diamond", "label": "钻石卡", "cumulative_fen": 60_000},
        ],
        groups=[
            {"id": "base", "phase": "points", "order": 1, "mode": "all"},
            {"id": "coupon", "phase": "discount", "order": 1, "mode": "best"},
        ],
        coupons=[
            {
                "id": "C5",
                "name": "95折券",
                "group": "coupon",
                "do": {"op": "off_bp", "bp": 500},
                "valid_days": 30,
            }
        ],
    )
    async with open_floor(tmp_path, raw) as floor:
        member = await floor.till.register(
            "80000001",
            phone="13800001234",
            gender="f",
            birthday="1990-12-01",
            family=[
                # 24 November 2026 is the 16th day of the 10th lunar month.
                {"name": "小李", "relation": "女儿", "birthday": "10-20", "birthday_calendar": "lunar"},
                {"name": "老李", "relation": "父亲", "birthday": "06-01"},
            ],
            consent=True,
            tags=["茶友"],
        )
        await floor.till.sell(20_000, member=member)
        coupon = await floor.till.call(
            "coupon.issue", kind="C5", member=member, reason="回访", approve="店长"
        )
        await floor.restart()
        shown = await floor.till.whole(member)
        assert (shown["phone"], shown["birthday"], shown["birthday_in_days"]) == (
            "138****1234",
            "1990-12-01",
            7,
        )
        assert (shown["tier_label"], shown["tier_benefits"]) == ("金卡", ["礼品包装", "免费停车"])
        assert (shown["next_tier"]["label"], shown["next_tier"]["short_fen"]) == ("钻石卡", 40_000)
        assert [(one["name"], one["birthday_in_days"]) for one in shown["family"]] == [
            ("小李", 4),
            ("老李", None),
        ]
        assert (shown["status"], shown["valid_until"], shown["tags"]) == ("active", "2028-11-24", ["茶友"])
        assert [one["code"] for one in shown["coupons"]] == [coupon["code"]]
        assert shown["balances"]["points"]["balance"] == 200
        assert shown["points_confirmed"] is None, "a single shop has nobody to confirm anything"


async def test_a6_points_are_told_as_confirmed_by_hq_plus_this_store_since(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(10_000, member=member)
        ((epoch, upto, tip),) = floor.sql("SELECT epoch, next - 1, tip FROM sync_line")
        assert await floor.shop.writer.submit(lambda tx: tx.outbox.acknowledge(epoch, upto, tip))
        whole = (await floor.till.whole(member))["points_confirmed"]
        assert whole == {"points": 100, "at": "2026-11-24T10:00:00.000+08:00", "since_here": 0}
        floor.minutes_later(60)
        sold = await floor.till.sell(5_000, member=member)
        await floor.till.sell(3_000)
        await floor.till.take_back(sold["sale"], (0, 500))
        shown = (await floor.till.whole(member))["points_confirmed"]
        assert (shown["points"], shown["since_here"]) == (100, 25)
        assert shown["at"] == "2026-11-24T11:00:00.000+08:00"
