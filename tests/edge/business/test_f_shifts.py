"""Shifts through the socket 交接班: float, what moved, cash count, handover; cash in and out; jobs of the printer."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.counter.account_slips import SlipRecord
from edge.counter.slips import account_slip
from edge.receipts.account_slip import account_document
from edge.receipts.preview import preview
from edge.receipts.wording import Lang
from tests.edge.business.floor import Floor, Refused, open_floor

IDEM = "00000000-0000-4000-8000-000000000001"


async def busy_shift(floor: Floor) -> dict[str, Any]:
    """Float 200.00; sold 100.00 in cash and 50.00 by card, 100.00 back in cash, 30.00 in, 20.00 to the bank."""
    opened = await floor.till.call("shift.open", cashier="小王", float_fen=20_000)
    first = await floor.till.sell(10_000)
    await floor.till.sell(5_000, tenders=[{"kind": "card", "amount_fen": 5_000}])
    await floor.till.take_back(first["sale"])
    await floor.till.call("drawer.pay_in", amount_fen=3_000, reason="换零", cashier="小王")
    await floor.till.call("drawer.pay_out", amount_fen=2_000, reason="存行", cashier="小王", approve="店长")
    return dict(opened)


async def test_f5_a_shift_adds_up_what_moved_and_counts_the_drawer(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        opened = await busy_shift(floor)
        report = await floor.till.call("shift.report")
        assert report["tenders"] == [
            {"tender": "cash", "amount_fen": 1_000},
            {"tender": "card", "amount_fen": 5_000},
        ]
        assert {part["why"]: part["amount_fen"] for part in report["whys"]} == {
            "sale": 15_000,
            "refund": -10_000,
            "pay_in": 3_000,
            "pay_out": -2_000,
        }
        assert report["receipts"] == {
            "sales": 2,
            "refunds": 1,
            "voids": 0,
            "slips": 2,
            "first": "S001-261124-0001",
            "last": "S001-261124-0005",
        }
        assert (report["expected_fen"], report["closed_at"]) == (21_000, None)
        await floor.restart()
        counted = {"denominations": {"10000": 2, "500": 1, "100": 4}}
        closed = await floor.till.call("shift.close", idem=IDEM, cashier="小李", note="少一元", **counted)
        assert (closed["counted_fen"], closed["difference_fen"]) == (20_900, -100)
        assert (closed["cashier"], closed["closed_by"], closed["shift"]) == ("小王", "小李", opened["shift"])
        again = await floor.till.call("shift.close", idem=IDEM, cashier="小李", note="少一元", **counted)
        assert again == {**closed, "duplicate": True}
        kept = await floor.till.call("shift.report", shift=opened["shift"])
        assert kept == {key: closed[key] for key in kept}
        told = [msgspec.json.decode(body) for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")]
        assert [event["kind"] for event in told if event["kind"] not in ("sale", "refund")] == [
            "shift",
            "pay_in",
            "pay_out",
            "shift",
        ]
        assert [e["body"]["state"] for e in told if e["kind"] == "shift"] == ["opened", "closed"]
        assert told[-1]["body"]["difference_fen"] == -100


async def test_f5_one_closes_and_the_next_one_opens(floor: Floor) -> None:
    first = await floor.till.call("shift.open", cashier="小王", float_fen=20_000)
    await floor.till.sell(10_000)
    busy = await floor.till.refused(1312, "shift.open", cashier="小李", float_fen=0)
    assert (busy.data["why"], busy.data["cashier"], busy.data["shift"]) == (
        "already_open",
        "小王",
        first["shift"],
    )
    await floor.till.call("shift.close", cashier="小王", counted_fen=30_000)
    second = await floor.till.call("shift.open", cashier="小李", float_fen=30_000)
    report = await floor.till.call("shift.report")
    assert (report["shift"], report["moved"], report["receipts"]["first"]) == (second["shift"], [], None)
    listed = (await floor.till.call("shift.list"))["shifts"]
    assert [(one["cashier"], one["counted_fen"], one["difference_fen"]) for one in listed] == [
        ("小王", 30_000, 0),
        ("小李", None, None),
    ]
    assert (await floor.till.call("shift.list", business_date="2026-11-23"))["shifts"] == []
    assert (await floor.till.call("shift.list", terminal="T2"))["shifts"] == []


async def test_f5_a_shift_is_of_one_terminal(floor: Floor) -> None:
    other = await floor.another_till("T2")
    await floor.till.call("shift.open", cashier="小王", float_fen=0)
    await other.call("shift.open", cashier="小李", float_fen=500)
    await floor.till.sell(10_000)
    assert (await other.call("shift.report"))["expected_fen"] == 500
    assert (await floor.till.call("shift.report"))["expected_fen"] == 10_000


async def test_f5_a_close_says_what_was_counted_in_one_way(floor: Floor) -> None:
    none = await floor.till.refused(1312, "shift.close", cashier="小王", counted_fen=0)
    assert none.data["why"] == "none_open"
    assert (await floor.till.refused(1312, "shift.report")).data["why"] == "none_open"
    assert (await floor.till.refused(-32602, "shift.report", shift="none")).data["path"] == "/shift"
    await floor.till.call("shift.open", cashier="小王")
    for counted in ({}, {"counted_fen": 1, "denominations": {"1": 1}}):
        refused = await floor.till.refused(-32602, "shift.close", cashier="小王", **counted)
        assert refused.data["path"] == "/counted_fen"
    for wrong in ({"0": 1}, {"x": 1}, {"100": -1}):
        await floor.till.refused(-32602, "shift.close", cashier="小王", denominations=wrong)
    much = {"9999999": 100_000}
    refused = await floor.till.refused(-32602, "shift.close", cashier="小王", denominations=much)
    assert refused.data["path"] == "/denominations"


async def test_f5_where_a_shift_is_required_no_money_moves_without_one(tmp_path: Path) -> None:
    async with open_floor(tmp_path, store={"shifts": "required"}) as floor:
        with pytest.raises(Refused) as refused:
            await floor.till.sell(10_000)
        assert (refused.value.code, refused.value.data["why"]) == (1312, "none_open")
        paying = {"amount_fen": 100, "reason": "零钱", "cashier": "小王", "approve": "店长"}
        for method in ("drawer.pay_in", "drawer.pay_out"):
            await floor.till.refused(1312, method, **paying)
        cash = [{"kind": "cash", "amount_fen": 500}]
        top_up = {"member": await floor.till.register("80000001"), "amount_fen": 500, "cashier": "小王"}
        await floor.till.refused(1312, "account.topup", tenders=cash, **top_up)
        await floor.till.call("shift.open", cashier="小王")
        sold = await floor.till.sell(10_000)
        await floor.till.call("shift.close", cashier="小王", counted_fen=10_000)
        back = {"sale": sold["sale"], "tender": {"kind": "cash"}}
        assert (await floor.till.refused(1312, "sale.refund", **back)).data["why"] == "none_open"
        voided = {"sale": sold["sale"], "reason": "错", "cashier": "小王", "approve": "店长"}
        await floor.till.refused(1312, "sale.void", **voided)
        assert floor.sql("SELECT sum(amount_fen), count(*) FROM money") == [(10_000, 1)]


async def test_f5_a_shift_that_is_not_required_is_not_asked_for(floor: Floor) -> None:
    await floor.till.sell(10_000)
    assert floor.sql("SELECT shift, amount_fen FROM money") == [(None, 10_000)]


async def test_f5_cash_leaves_the_drawer_only_with_approval(floor: Floor) -> None:
    refused = await floor.till.refused(1306, "drawer.pay_out", amount_fen=100, reason="存行", cashier="小王")
    assert refused.data["path"] == "/approve"
    asked = {"idem": IDEM, "amount_fen": 100, "reason": "换零", "cashier": "小王"}
    paid = await floor.till.call("drawer.pay_in", **asked)
    assert await floor.till.call("drawer.pay_in", **asked) == {**paid, "duplicate": True}
    await floor.till.refused(1302, "drawer.pay_in", **{**asked, "amount_fen": 200})
    assert floor.sql("SELECT why, tender, amount_fen FROM money") == [("pay_in", "cash", 100)]


async def test_f5_sales_paid_from_accounts_stand_beside_the_money(floor: Floor) -> None:
    """100 points pay 10.00 of 200.00; the sale that was voided stands nowhere."""
    member = await floor.till.register("80000001")
    await floor.till.call("shift.open", cashier="小王")
    await floor.till.sell(10_000, member=member)
    second = await floor.till.sell(20_000, member=member, redeem_points=100)
    assert (await floor.till.call("shift.report"))["accounts"] == [{"tender": "points", "amount_fen": 1_000}]
    why = {"reason": "错", "cashier": "小王", "approve": "店长"}
    await floor.till.call("sale.void", sale=second["sale"], **why)
    report = await floor.till.call("shift.report")
    assert (report["accounts"], report["expected_fen"], report["receipts"]["voids"]) == ([], 10_000, 1)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh-CN", ("交接班", "应有现金", "长短款", "销售收款", "银行卡")),
        ("zh-TW", ("交接班", "應有現金", "長短款", "銷售收款")),
        ("en", ("Shift report", "Cash expected", "Over or short", "Sales", "Cash paid out")),
    ],
)
async def test_f5_the_shift_slip_shows_the_count(tmp_path: Path, lang: Lang, said: tuple[str, ...]) -> None:
    async with open_floor(tmp_path, printers=("p1",)) as floor:
        await busy_shift(floor)
        closed = await floor.till.call("shift.close", cashier="小李", counted_fen=20_900)
        kept = floor.shop.snapshot.slips.by_id(closed["slip"])
        assert kept is not None
        record = msgspec.json.decode(kept.record, type=SlipRecord)
        slip = account_slip(record, floor.shop.snapshot, floor.config.store, floor.shop.programme)
        paper = "\n".join(preview(account_document(slip, lang)))
        for words in (*said, "210.00", "209.00", "-1.00", "S001-261124-0005"):
            assert words in paper
        again = await floor.till.call("print.receipt", sale=closed["receipt_no"])
        assert again["copy"] == 1
