"""A4 and A2 at the till: cards that are lost, replaced, extended; what a stopped card shows."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from edge.counter.print_store import LedgerPrintStore
from edge.storage.transaction import Operation, Transaction
from tests.edge.business.floor import Floor, Refused, corner_shop, open_floor

TEA = {"name": "茶", "qty_milli": 1000, "unit_price_fen": 500}


async def test_a4_a_card_past_its_last_day_is_refused_with_that_day(floor: Floor) -> None:
    member = await floor.till.register("80000001", phone="13800001234")
    sold = await floor.till.sell(10_000, member=member)
    await floor.shop.writer.submit(
        lambda tx: tx.db.execute("UPDATE member SET valid_until='2026-11-24'").rowcount
    )
    await floor.till.sell(10_000, member=member)
    floor.at("2026-11-25T10:00")
    for by, value in (("card", "80000001"), ("id", member), ("phone", "1234")):
        refusal = await floor.till.refused(1203, "member.lookup", by=by, value=value)
        assert refusal.data["last_day"] == "2026-11-24"
    await floor.till.refused(1203, "sale.quote", cashier="小王", member="80000001", lines=[TEA])
    await floor.till.refused(
        1203, "points.adjust", member=member, points=1, reason="补", approve="店长", cashier="小王"
    )
    await floor.till.take_back(sold["sale"])
    assert floor.sql("SELECT sum(refunded_fen) FROM sale") == [(10_000,)]


async def test_a4_a_lost_card_says_so_and_shows_nothing(tmp_path: Path) -> None:
    """挂失: from that moment nothing is spent, redeemed or quoted with the member, by whatever number."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        till = floor.till
        member = await till.register("80000001", phone="13800001234", uid="04A1B2C3")
        other = await floor.another_till("T2")
        open_quote = await other.call("sale.quote", cashier="小李", member=member, lines=[TEA])
        lost = await till.call("card.lost", member="80000001", cashier="小王", reason="顾客来电")
        assert (lost["member"], lost["status"]) == (member, "lost")
        for by, value in (
            ("card", "80000001"),
            ("id", member),
            ("phone", "1234"),
            ("phone", "13800001234"),
            ("uid", "04a1b2c3"),
        ):
            refusal = await other.refused(1202, "member.lookup", by=by, value=value)
            assert refusal.data["hint"]["zh"] == "此卡已挂失"
            assert "王小明" not in str(refusal.data)
            assert "1234" not in str(refusal.data)
        for reference in ("80000001", member, "04A1B2C3"):
            await other.refused(1202, "sale.quote", cashier="小李", member=reference, lines=[TEA])
            await other.refused(
                1202, "points.adjust", member=reference, points=1, reason="补", approve="店长"
            )
        paid = [{"kind": "cash", "amount_fen": 500}]
        await other.refused(1202, "sale.commit", quote_id=open_quote["quote_id"], tenders=paid)
        await floor.restart()
        await floor.till.refused(1202, "card.lost", member=member, cashier="小王")
        kinds = [
            msgspec.json.decode(body)["kind"] for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")
        ]
        assert kinds == ["member", "card_lost"]


async def test_a4_a_new_card_costs_five_yuan_and_all_history_follows(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"replace_fee_fen": 500})) as floor:
        member = await floor.till.register("80000001", phone="13800001234", uid="04A1B2C3")
        sold = await floor.till.sell(10_000, member=member)
        await floor.till.call("card.lost", member="13800001234", cashier="小王", reason="丢失")
        asked = {"member": "80000001", "card_no": "80000007", "cashier": "小王"}
        await floor.till.refused(1304, "card.replace", **asked)
        refusal = await floor.till.refused(-32602, "card.replace", **{**asked, "card_no": "6222020200112233"})
        assert refusal.data["path"] == "/card_no"
        idem = "11111111-2222-3333-4444-555555555555"
        cash = [{"kind": "cash", "amount_fen": 1000}]
        made = await floor.till.call("card.replace", **asked, idem=idem, tenders=cash)
        assert (made["member"], made["card_no"], made["fee_fen"], made["change_fen"], made["status"]) == (
            member,
            "80000007",
            500,
            500,
            "active",
        )
        await floor.restart()
        again = await floor.till.call("card.replace", **asked, idem=idem, tenders=cash)
        assert again == {**made, "duplicate": True}
        await floor.till.refused(1302, "card.replace", **asked, idem=idem)
        for gone in ("80000001", "04A1B2C3"):
            refusal = await floor.till.refused(1202, "member.lookup", by="card", value=gone)
            assert refusal.data["state"] == "replaced"
            await floor.till.refused(1202, "sale.quote", cashier="小王", member=gone, lines=[TEA])
            await floor.till.refused(1202, "card.lost", member=gone, cashier="小王")
        found = (await floor.till.call("member.lookup", by="card", value="80000007"))["member"]
        assert (found["id"], found["balances"]["points"]["balance"], found["cumulative_fen"]) == (
            member,
            100,
            10_000,
        )
        sales = await floor.till.call("sale.find", member="80000007")
        assert [one["sale"] for one in sales["sales"]] == [sold["sale"]]
        assert floor.sql("SELECT sum(amount_fen) FROM money WHERE why='card'") == [(500,)]
        ((record,),) = floor.sql("SELECT record FROM slip")
        assert '"80**0001"' in record
        assert '"80**0007"' in record
        await floor.till.refused(-32602, "member.register", card_no="80000001", name="赵")


async def test_a4_a_worn_card_is_changed_without_a_loss(floor: Floor) -> None:
    """换卡: the chip on the key ring stays good."""
    member = await floor.till.register("80000001", uid="04A1B2C3")
    await floor.till.call("card.replace", member=member, card_no="80000002", cashier="小王")
    for number in ("80000002", "04A1B2C3"):
        found = await floor.till.call("member.lookup", by="card", value=number)
        assert found["member"]["card_no"] == "80000002"
    await floor.till.call("card.replace", member=member, card_no="80000003", uid="04FFFFFF", cashier="小王")
    await floor.till.refused(1202, "member.lookup", by="uid", value="04A1B2C3")


async def test_a4_an_expired_card_is_extended_for_the_fee(tmp_path: Path) -> None:
    terms = {"valid_months": 1, "extend_months": 12, "extend_fee_fen": 2000}
    async with open_floor(tmp_path, corner_shop(cards=terms), at="2027-01-31T10:00") as floor:
        member = await floor.till.register("80000001")
        assert (await floor.till.whole(member))["valid_until"] == "2027-02-28"
        wechat = [{"kind": "wechat", "amount_fen": 2000, "ref": "W1"}]
        longer = await floor.till.call("card.extend", member=member, cashier="小王", tenders=wechat)
        assert longer["valid_until"] == "2028-02-28"
        floor.at("2028-03-10T10:00")
        await floor.till.refused(1203, "sale.quote", cashier="小王", member=member, lines=[TEA])
        longer = await floor.till.call("card.extend", member="80000001", cashier="小王", tenders=wechat)
        assert longer["valid_until"] == "2029-03-10", "from today, where the last day has passed"
        await floor.till.sell(1000, member=member)
        assert floor.sql("SELECT tender, sum(amount_fen) FROM money WHERE why='card' GROUP BY 1") == [
            ("wechat", 4000)
        ]


async def test_a4_a_card_without_an_end_needs_no_extension(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    refusal = await floor.till.refused(-32602, "card.extend", member=member, cashier="小王")
    assert refusal.data["path"] == "/member"


async def test_a4_a_frozen_member_waits_and_a_cancelled_one_is_gone(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    change = {"member": member, "cashier": "小王", "reason": "争议", "approve": "店长"}
    await floor.till.refused(
        1306, "member.update", member=member, cashier="小王", status="frozen", reason="争议"
    )
    await floor.till.call("member.update", **change, status="frozen")
    refusal = await floor.till.refused(1202, "member.lookup", by="card", value="80000001")
    assert refusal.data["state"] == "frozen"
    await floor.till.refused(1202, "card.replace", member=member, card_no="80000002", cashier="小王")
    await floor.till.call("member.update", **change, status="active")
    await floor.till.sell(1000, member="80000001")
    await floor.till.call("member.update", **change, status="cancelled")
    refusal = await floor.till.refused(1202, "sale.quote", cashier="小王", member="80000001", lines=[TEA])
    assert refusal.data["state"] == "cancelled"
    await floor.till.refused(1202, "member.update", **change, status="active")


async def test_a4_a_lost_card_that_is_found_is_good_again(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    await floor.till.call("card.lost", member=member, cashier="小王")
    change = {"member": member, "cashier": "小王", "reason": "找回", "approve": "店长"}
    await floor.till.refused(1202, "member.update", **change, status="frozen")
    await floor.till.call("member.update", **change, status="active")
    await floor.till.sell(1000, member="80000001")
    assert floor.sql("SELECT state FROM card") == [("active",)]


async def test_a4_nobody_is_cancelled_with_money_on_the_card(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    await floor.shop.writer.submit(lambda tx: _top_up(tx, member))
    refusal = await floor.till.refused(
        -32602,
        "member.update",
        member=member,
        cashier="小王",
        status="cancelled",
        reason="退会",
        approve="店长",
    )
    assert (refusal.data["path"], refusal.data["balance_fen"]) == ("/status", 5000)


def _top_up(transaction: Transaction, member: str) -> None:
    operation = Operation("T1", "stored", "test.topup", b"{}")

    def decide() -> dict[str, None]:
        transaction.ledger.earn(member, "fen", 5000, "topup")
        return {"queue_seq": None}

    transaction.perform(operation, decide)


async def test_a4_a_fee_is_waived_by_somebody_who_may(tmp_path: Path) -> None:
    terms = {"replace_fee_fen": 500, "extend_fee_fen": 2000, "valid_months": 12}
    async with open_floor(tmp_path, corner_shop(cards=terms)) as floor:
        member = await floor.till.register("80000001")
        for method, more in (("card.replace", {"card_no": "80000002"}), ("card.extend", {})):
            asked = {"member": member, "cashier": "小王", "fee": "waive", **more}
            await floor.till.refused(1306, method, **asked)
            done = await floor.till.call(method, **asked, approve="店长")
            assert done["fee_fen"] == 0
        assert floor.sql("SELECT count(*) FROM money") == [(0,)]


async def test_a4_a_replaced_card_is_on_paper(tmp_path: Path) -> None:
    """The slip says which card and what was paid, in the shop's language, and can be printed again."""
    raw = corner_shop(cards={"replace_fee_fen": 500})
    async with open_floor(tmp_path, raw, printers=("receipt",)) as floor:
        member = await floor.till.register("80000001")
        asked = {"member": member, "card_no": "80000002", "cashier": "小王"}
        cash = [{"kind": "cash", "amount_fen": 1000}]
        made = await floor.till.call("card.replace", **asked, tenders=cash)
        (job,) = floor.sql("SELECT id FROM print_job WHERE kind='slip'")
        assert job == (made["print_job"],)
        printed = await LedgerPrintStore(floor.shop).job(made["print_job"])
        assert printed is not None
        said = str(printed.document)
        for word in ("会员卡业务", "原卡号", "80**0001", "新卡号", "80**0002", "手续费", "5.00", "找零"):
            assert word in said
        again = await floor.till.call("print.receipt", sale=made["receipt_no"])
        assert again["copy"] == 1


async def test_a4_two_tills_cannot_give_one_card_to_two_members(floor: Floor) -> None:
    other = await floor.another_till("T2")
    asked = {"card_no": "80000001", "name": "王", "phone": "13800001234"}
    outcomes = await asyncio.gather(
        floor.till.call("member.register", **asked),
        other.call("member.register", **asked),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert [(one.code, one.data["path"]) for one in refused] == [(-32602, "/card_no")]
    assert floor.sql("SELECT count(*) FROM card") == [(1,)]


async def test_a4_sales_of_an_expired_card_can_still_be_looked_up(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"valid_months": 1})) as floor:
        member = await floor.till.register("80000001")
        sold = await floor.till.sell(1000, member=member)
        floor.at("2026-12-25T10:00")
        found = await floor.till.call("sale.find", member="80000001")
        assert [one["sale"] for one in found["sales"]] == [sold["sale"]]
        floor.at("2026-12-24T10:00")
        await floor.till.call("card.lost", member=member, cashier="小王")
        await floor.till.refused(1202, "sale.find", member=member)


async def test_a4_a_bank_card_in_place_of_ours_is_not_written_down(floor: Floor) -> None:
    await floor.till.register("80000001")
    number = "6222020200112233445"
    await floor.till.refused(1201, "card.lost", member=number, cashier="小王")
    await floor.till.refused(1201, "points.adjust", member=number, points=1, reason="补", approve="店长")
    asked = {"member": "80000001", "cashier": "小王"}
    await floor.till.refused(-32602, "card.replace", **asked, card_no=number)
    await floor.till.refused(-32602, "card.replace", **asked, card_no="80000002", uid=number)
    basket = {"cashier": "小王", "member": number, "lines": [{**TEA, "qty_milli": 1000}]}
    await floor.till.refused(1201, "sale.commit", basket=basket, tenders=[])
    await floor.till.refused(1201, "sale.hold", basket=basket)
    assert floor.sql("SELECT count(*) FROM op WHERE request LIKE ?", f"%{number[:-1]}%") == [(0,)]


async def test_a4_nothing_at_all_is_spent_or_booked_with_a_lost_card(tmp_path: Path) -> None:
    """Each method that moves something of a member, by the id and by the number."""
    raw = corner_shop(
        topup={"min_fen": 100},
        passes=[{"id": "CUT", "name": "剪发卡", "price_fen": 100, "services": ["CUT"], "visits": 3}],
        services=[{"id": "POOL", "name": "台球", "fen_per_unit": 3000}],
        catalogue=[{"id": "CUP", "name": "杯", "points": 10}],
        draws=[{"id": "MOON", "name": "抽奖", "points": 1, "from": "2026-01-01", "to": "2027-01-01"}],
        credit={"max_limit_fen": 10_000},
    )
    cash = [{"kind": "cash", "amount_fen": 100}]
    asked: dict[str, dict[str, Any]] = {
        "account.topup": {"amount_fen": 100, "tenders": cash},
        "account.withdraw": {"amount_fen": 100, "tender": {"kind": "cash"}, "approve": "店长"},
        "pass.sell": {"pass": "CUT", "tenders": cash},
        "pass.use": {"service": "CUT"},
        "timed.start": {"service": "POOL"},
        "gift.redeem": {"gift": "CUP"},
        "draw.enter": {"draw": "MOON"},
        "credit.repay": {"amount_fen": 100, "tenders": cash},
        "voucher.issue": {"value_fen": 100, "tenders": cash},
        "sale.quote": {"lines": [TEA]},
    }
    async with open_floor(tmp_path, raw) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(50_000, member=member)
        await floor.till.call("account.topup", member=member, cashier="小王", **asked["account.topup"])
        await floor.till.call("pass.sell", member=member, cashier="小王", **asked["pass.sell"])
        before = floor.sql("SELECT id, debits, credits FROM account")
        await floor.till.call("card.lost", member=member, cashier="小王")
        for method, params in asked.items():
            for reference in (member, "80000001"):
                refusal = await floor.till.refused(
                    1202, method, **{"member": reference, "cashier": "小王", **params}
                )
                assert refusal.data["state"] == "lost"
        assert floor.sql("SELECT id, debits, credits FROM account") == before
