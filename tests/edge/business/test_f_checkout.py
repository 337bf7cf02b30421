"""Checkout through the socket: held baskets, voids, reprints, a clock that was set back, days without HQ."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.counter.slips import document_of
from edge.receipts.preview import preview
from tests.edge.business.floor import Floor, Refused, corner_shop, open_floor

BASKET = {
    "cashier": "小王",
    "lines": [{"sku": "A1", "name": "茶", "qty_milli": 2000, "unit_price_fen": 2_500}],
}
IDEM = "00000000-0000-4000-8000-000000000001"


def printed(floor: Floor, job: int) -> list[str]:
    """The lines that this job puts on paper."""
    row = floor.shop.snapshot.print_jobs.by_id(job)
    assert row is not None
    return preview(document_of(row, floor.shop.snapshot, floor.config.store, floor.shop.programme))


def events(floor: Floor, kind: str) -> list[dict[str, Any]]:
    """What HQ will hear of this kind, in order."""
    bodies = [msgspec.json.decode(body) for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")]
    return [event for event in bodies if event["kind"] == kind]


# --- F1: hold and recall ---


async def test_f1_a_held_basket_is_taken_up_once_at_any_till_over_a_restart(floor: Floor) -> None:
    held = await floor.till.call("sale.hold", basket=BASKET, label="红衣女士")
    await floor.restart()
    listed = (await floor.till.call("sale.held"))["held"]
    assert [(one["hold"], one["label"], one["lines"], one["list_fen"], one["old"]) for one in listed] == [
        (held["hold"], "红衣女士", 1, 5_000, False)
    ]
    other = await floor.another_till("T2")
    basket = (await other.call("sale.recall", hold=held["hold"]))["basket"]
    assert (await other.call("sale.quote", **basket))["totals"]["due_fen"] == 5_000
    assert (await floor.till.call("sale.held"))["held"] == []
    late = await floor.till.refused(1307, "sale.recall", hold=held["hold"])
    assert (late.data["path"], late.data["gone"], late.data["terminal"]) == ("/hold", "recalled", "T2")


async def test_f1_of_two_tills_that_recall_at_once_one_gets_the_basket(floor: Floor) -> None:
    hold = (await floor.till.call("sale.hold", basket=BASKET))["hold"]
    tills = [floor.till, await floor.another_till("T2")]
    answers = await asyncio.gather(
        *(till.call("sale.recall", hold=hold) for till in tills), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer["basket"]["lines"][0]["sku"] for answer in answers if isinstance(answer, dict)] == ["A1"]
    winner = tills[answers.index(next(answer for answer in answers if isinstance(answer, dict)))]
    assert [(refusal.code, refusal.data["terminal"]) for refusal in lost] == [(1307, winner.terminal)]


async def test_f1_a_recall_is_answered_again_to_the_till_that_asked(floor: Floor) -> None:
    hold = (await floor.till.call("sale.hold", idem=IDEM, basket=BASKET))["hold"]
    again = await floor.till.call("sale.hold", idem=IDEM, basket=BASKET)
    assert (again["hold"], again["duplicate"]) == (hold, True)
    await floor.till.refused(1302, "sale.hold", idem=IDEM, basket=BASKET, label="another")
    idem = IDEM.replace("1", "2")
    first = await floor.till.call("sale.recall", idem=idem, hold=hold)
    assert await floor.till.call("sale.recall", idem=idem, hold=hold) == {**first, "duplicate": True}


async def test_f1_a_basket_of_yesterday_is_old_and_can_be_dropped(floor: Floor) -> None:
    basket = {**BASKET, "business_date": "2026-11-24"}
    hold = (await floor.till.call("sale.hold", basket=basket))["hold"]
    floor.at("2026-11-25T10:00")
    assert [one["old"] for one in (await floor.till.call("sale.held"))["held"]] == [True]
    assert (await floor.till.call("sale.held", terminal="T9"))["held"] == []
    dropped = await floor.till.call("sale.drop", hold=hold)
    assert (await floor.till.call("sale.quote", **dropped["basket"]))["totals"]["due_fen"] == 5_000
    late = await floor.till.refused(1307, "sale.recall", hold=hold)
    assert (late.data["gone"], late.data["terminal"]) == ("dropped", "T1")


async def test_f1_an_empty_or_an_unknown_basket_is_refused_by_field(floor: Floor) -> None:
    empty = await floor.till.refused(-32602, "sale.hold", basket={"cashier": "小王"})
    assert empty.data["path"] == "/basket/lines"
    unknown = await floor.till.refused(1307, "sale.recall", hold="none")
    assert (unknown.data["path"], "gone" in unknown.data) == ("/hold", False)


# --- F1: void ---


async def test_f1_a_void_undoes_the_sale_and_pays_back_as_it_was_paid(tmp_path: Path) -> None:
    """135.00: 40 by card, 60 by WeChat, 40 in cash with 5 change; 100 + 35 points and one visit go again."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        paid = [
            {"kind": "card", "amount_fen": 4_000, "ref": "C-77"},
            {"kind": "wechat", "amount_fen": 6_000, "ref": "W-9"},
            {"kind": "cash", "amount_fen": 4_000},
        ]
        sold = await floor.till.sell(10_000, 3_500, member=member, tenders=paid)
        assert sold["change_fen"] == 500
        asked = {"sale": sold["receipt_no"], "reason": "错扫", "cashier": "小王", "approve": "店长"}
        done = await floor.till.call("sale.void", idem=IDEM, **asked)
        assert done["amount_fen"] == 13_500
        assert done["tenders"] == [
            {"kind": "card", "amount_fen": 4_000, "ref": "C-77"},
            {"kind": "wechat", "amount_fen": 6_000, "ref": "W-9"},
            {"kind": "cash", "amount_fen": 3_500, "ref": ""},
        ]
        assert (done["points_clawed"], done["approved_by"], done["duplicate"]) == (135, "店长", False)
        whole = await floor.till.whole(member)
        assert (whole["balances"]["points"]["balance"], whole["visits"]) == (0, 0)
        assert floor.sql("SELECT tender, sum(amount_fen) FROM money GROUP BY tender ORDER BY tender") == [
            ("card", 0),
            ("cash", 0),
            ("wechat", 0),
        ]
        await floor.restart()
        assert await floor.till.call("sale.void", idem=IDEM, **asked) == {**done, "duplicate": True}
        await floor.till.refused(1302, "sale.void", idem=IDEM, **{**asked, "reason": "另"})
        (told,) = events(floor, "void")
        assert (told["body"]["sale"], told["body"]["approved_by"]) == (sold["sale"], "店长")
        assert [(p["kind"], p["amount"]) for p in told["postings"]] == [("claw", 135)]


async def test_f1_a_voided_sale_says_so_and_cannot_be_refunded(floor: Floor) -> None:
    sold = await floor.till.sell(10_000)
    await _void(floor, sold["sale"])
    kept = await floor.till.call("sale.get", sale=sold["sale"])
    assert (kept["voided"], kept["refunded_fen"]) == (True, 10_000)
    assert (await floor.till.call("sale.last"))["voided"] is True
    await floor.till.refused(1308, "sale.refund", sale=sold["sale"], tender={"kind": "cash"})
    again = await floor.till.refused(1311, "sale.void", sale=sold["sale"], **WHY)
    assert again.data["why"] == "voided"


async def test_f1_a_void_is_of_today_and_of_the_whole_sale(floor: Floor) -> None:
    part, late = await floor.till.sell(10_000, 500), await floor.till.sell(10_000)
    await floor.till.take_back(part["sale"], (1, 1000))
    refunded = await floor.till.refused(1311, "sale.void", sale=part["sale"], **WHY)
    assert (refunded.data["path"], refunded.data["why"]) == ("/sale", "refunded")
    floor.at("2026-11-25T03:59")
    await _void(floor, (await floor.till.sell(700))["sale"])
    floor.at("2026-11-25T04:00")
    other_day = await floor.till.refused(1311, "sale.void", sale=late["sale"], **WHY)
    assert other_day.data["why"] == "other_day"
    assert (await floor.till.call("sale.get", sale=late["sale"]))["voided"] is False


async def test_f1_a_void_needs_a_sale_a_reason_and_somebody_who_answers_for_it(floor: Floor) -> None:
    sold = await floor.till.sell(10_000)
    nobody = await floor.till.refused(1306, "sale.void", sale=sold["sale"], reason="错", cashier="小王")
    assert nobody.data["path"] == "/approve"
    await floor.till.refused(1307, "sale.void", sale="S001-000000-0001", **WHY)
    unexplained = await floor.till.refused(-32602, "sale.void", sale=sold["sale"], **{**WHY, "reason": ""})
    assert unexplained.data["path"] == "/reason"


async def test_f1_a_void_gives_spent_points_and_stored_value_back(floor: Floor) -> None:
    """100 points by a first sale pay 10.00 of the second; the void of that gives them back and takes its 190."""
    member = await floor.till.register("80000001")
    await floor.till.sell(10_000, member=member)
    second = await floor.till.sell(20_000, member=member, redeem_points=100)
    done = await _void(floor, second["sale"])
    assert (done["points_back"], done["points_clawed"], done["amount_fen"]) == (100, 190, 19_000)
    assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 100


async def test_f1_points_that_are_gone_are_kept_from_the_cash_first(floor: Floor) -> None:
    """200 points by a sale of 200.00, spent at once: voided, they cost 20.00, kept from 50.00 of cash."""
    member = await floor.till.register("80000001")
    card = [{"kind": "card", "amount_fen": 15_000, "ref": "C-1"}]
    first = await floor.till.sell(20_000, member=member, tenders=card)
    spent = [{"kind": "cash", "amount_fen": 8_000}]
    await floor.till.sell(10_000, member=member, redeem_points=200, tenders=spent)
    done = await _void(floor, first["sale"])
    short = 200 - 80
    assert (done["points_short"], done["points_short_fen"]) == (short, short * 10)
    assert done["tenders"] == [
        {"kind": "card", "amount_fen": 15_000, "ref": "C-1"},
        {"kind": "cash", "amount_fen": 5_000 - short * 10, "ref": ""},
    ]


async def test_f1_a_void_gives_every_account_its_own_back(tmp_path: Path) -> None:
    """100.00: 30 stored, 20 on credit, a voucher of 10, 40 in cash. Only the cash is handed out."""
    raw = corner_shop(topup={"min_fen": 100, "withdraw": "no"}, credit={"days": 30, "max_limit_fen": 50_000})
    async with open_floor(tmp_path, raw) as floor:
        member = await floor.till.register("80000001")
        staff = {"cashier": "小王", "approve": "店长"}
        topped = [{"kind": "cash", "amount_fen": 5_000}]
        await floor.till.call(
            "account.topup", member=member, amount_fen=5_000, tenders=topped, cashier="小王"
        )
        await floor.till.call("credit.limit", member=member, limit_fen=5_000, **staff)
        voucher = await floor.till.call("voucher.issue", value_fen=1_000, reason="客诉", **staff)
        before = (await floor.till.whole(member))["balances"]
        tenders = [
            {"kind": "stored_value", "amount_fen": 3_000},
            {"kind": "credit", "amount_fen": 2_000},
            {"kind": "voucher", "amount_fen": 1_000, "ref": voucher["code"]},
        ]
        sold = await floor.till.sell(10_000, member=member, tenders=tenders)
        done = await _void(floor, sold["sale"])
        assert done["tenders"] == [{"kind": "cash", "amount_fen": 4_000, "ref": ""}]
        assert (done["stored_value_back_fen"], done["credit_back_fen"], done["vouchers_restored"]) == (
            3_000,
            2_000,
            [voucher["code"]],
        )
        assert (await floor.till.whole(member))["balances"] == before


async def test_f1_credit_that_was_repaid_is_handed_out_in_cash(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(credit={"days": 30, "max_limit_fen": 50_000})) as floor:
        member = await floor.till.register("80000001")
        await floor.till.call("credit.limit", member=member, limit_fen=5_000, cashier="小王", approve="店长")
        on_credit = [{"kind": "credit", "amount_fen": 5_000}]
        sold = await floor.till.sell(5_000, member=member, tenders=on_credit)
        repaid = [{"kind": "wechat", "amount_fen": 2_000}]
        await floor.till.call("credit.repay", member=member, amount_fen=2_000, tenders=repaid, cashier="小王")
        done = await _void(floor, sold["sale"])
        assert (done["credit_back_fen"], done["tenders"]) == (
            3_000,
            [{"kind": "cash", "amount_fen": 2_000, "ref": ""}],
        )


async def test_f1_a_timed_service_has_to_be_paid_again_after_a_void(tmp_path: Path) -> None:
    room = {"id": "ROOM", "name": "包间", "fen_per_unit": 3_000, "unit_minutes": 60, "round": "up"}
    async with open_floor(tmp_path, corner_shop(services=[room])) as floor:
        timed = (await floor.till.call("timed.start", service="ROOM", cashier="小王"))["timed"]
        floor.minutes_later(30)
        line = (await floor.till.call("timed.stop", timed=timed, cashier="小王"))["line"]
        sold = await floor.till.sell(line, commit={"timed": [timed]})
        await _void(floor, sold["sale"])
        (unpaid,) = (await floor.till.call("timed.list"))["services"]
        assert (unpaid["timed"], unpaid["state"], unpaid["amount_fen"]) == (timed, "stopped", 3_000)
        await floor.till.sell(line, commit={"timed": [timed]})
        assert (await floor.till.call("timed.list"))["services"] == []


async def test_f1_a_voided_sale_counts_for_no_one_day_tier(floor: Floor) -> None:
    """120.00 in one day is gold: 80.00 that were voided and 80.00 are not."""
    member = await floor.till.register("80000001")
    await _void(floor, (await floor.till.sell(8_000, member=member))["sale"])
    await floor.till.sell(8_000, member=member)
    assert (await floor.till.whole(member))["tier"] == "plain"
    assert (await floor.till.sell(4_000, member=member))["tier_reached"] == "gold"


async def test_f1_the_void_slip_says_void_and_how_it_was_paid_back(tmp_path: Path) -> None:
    async with open_floor(tmp_path, printers=("p1",)) as floor:
        card = [{"kind": "card", "amount_fen": 4_000, "ref": "C-77"}]
        sold = await floor.till.sell(10_000, tenders=card)
        done = await _void(floor, sold["sale"])
        paper = "\n".join(printed(floor, done["print_job"]))
        for said in ("作废小票", sold["receipt_no"], "C-77", "40.00", "60.00", "授权人 店长"):
            assert said in paper
        again = await floor.till.call("print.receipt", sale=done["receipt_no"])
        assert (again["copy"], "补打" in "\n".join(printed(floor, again["job"]))) == (1, True)


# --- F3: reprints, and a clock that is not to be trusted ---


async def test_f3_every_reprint_is_marked_and_counted(tmp_path: Path) -> None:
    async with open_floor(tmp_path, printers=("p1",)) as floor:
        sold = await floor.till.sell(10_000)
        original = printed(floor, sold["print_job"])
        assert not any("补打" in line for line in original)
        for count in (1, 2):
            again = await floor.till.call("print.receipt", sale=sold["receipt_no"])
            paper = printed(floor, again["job"])
            assert again["copy"] == count
            assert (paper[0].strip(), str(count) in paper[1], paper[-len(original) :]) == (
                "补打",
                True,
                original,
            )


async def test_f3_a_refund_is_reprinted_by_its_receipt_number(tmp_path: Path) -> None:
    async with open_floor(tmp_path, printers=("p1",)) as floor:
        back = await floor.till.take_back((await floor.till.sell(10_000))["sale"])
        for reference in (back["refund"], back["receipt_no"]):
            again = await floor.till.call("print.receipt", sale=reference)
            assert back["receipt_no"] in "\n".join(printed(floor, again["job"]))
        assert again["copy"] == 2


async def test_f3_a_clock_behind_the_ledger_is_said_on_every_slip_and_to_hq(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True, printers=("p1",)) as floor:
        before = await floor.till.sell(10_000)
        floor.at("2020-01-01T00:00")
        after = await floor.till.sell(10_000)
        assert after["committed_at"] >= before["committed_at"]
        assert (await floor.till.call("sale.get", sale=after["sale"]))["clock_untrusted"] is True
        back = await floor.till.take_back(before["sale"])
        paid = await floor.till.call("drawer.pay_in", amount_fen=100, reason="零钱", cashier="小王")
        for job in (after["print_job"], back["print_job"], paid["print_job"]):
            assert "本机时间未校准" in "\n".join(printed(floor, job))
        assert "本机时间未校准" not in "\n".join(printed(floor, before["print_job"]))
        assert (await floor.till.call("sync.status"))["clock_untrusted"] is True
        assert [event["clock_untrusted"] for event in events(floor, "sale")] == [False, True]
        await floor.restart()
        assert (await floor.till.call("sync.status"))["clock_untrusted"] is True
        floor.at("2026-11-24T11:00")
        assert (await floor.till.call("sync.status"))["clock_untrusted"] is False
        assert (await floor.till.call("sale.get", sale=(await floor.till.sell(1))["sale"]))[
            "clock_untrusted"
        ] is False


async def test_f3_a_second_back_is_no_matter(floor: Floor) -> None:
    """NTP moves a clock back by a little; nobody needs to hear of it."""
    await floor.till.sell(10_000)
    floor.minutes_later(-1 / 60)
    sold = await floor.till.sell(10_000)
    assert (await floor.till.call("sale.get", sale=sold["sale"]))["clock_untrusted"] is False


async def test_f3_a_quote_is_of_the_day_that_the_sale_will_be_of(floor: Floor) -> None:
    """The clock falls back a year: the price is still that of the ledger's day, and so is the receipt number."""
    await floor.till.sell(10_000)
    floor.at("2025-11-24T10:00")
    quote = await floor.till.call("sale.quote", **BASKET, business_date="2026-11-24")
    assert quote["expires_at"] > "2026-11-24"
    assert (await floor.till.sell(500))["receipt_no"].startswith("S001-261124-")


# --- F6: HQ unreachable for days; 1305 ---


async def test_f6_three_days_without_hq_are_days_like_any_other(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        for day in (24, 25, 26):
            floor.at(f"2026-11-{day}T10:00")
            await floor.till.call("shift.open", cashier="小王", float_fen=10_000)
            sold = await floor.till.sell(10_000, member=member)
            await _void(floor, (await floor.till.sell(500))["sale"])
            closed = await floor.till.call("shift.close", cashier="小王", counted_fen=20_000)
            assert (sold["offline"], closed["offline"], closed["difference_fen"]) == (True, True, 0)
            await floor.restart()
        kinds = [
            event["kind"]
            for (body,) in floor.sql("SELECT body FROM outbox ORDER BY seq")
            for event in [msgspec.json.decode(body)]
        ]
        assert kinds == ["member", *(["shift", "sale", "sale", "void", "shift"] * 3)]
        assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 300


async def test_f6_a_tender_that_needs_hq_is_refused_while_it_is_away(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True, store={"not_offline": ("wechat",)}) as floor:
        wechat = [{"kind": "cash", "amount_fen": 1}, {"kind": "wechat", "amount_fen": 9_999}]
        with pytest.raises(Refused) as refused:
            await floor.till.sell(10_000, tenders=wechat)
        assert (refused.value.code, refused.value.data["path"]) == (1305, "/tenders/1")
        top_up = {"member": await floor.till.register("80000001"), "amount_fen": 9_999, "cashier": "小王"}
        refusal = await floor.till.refused(1305, "account.topup", tenders=wechat[1:], **top_up)
        assert refusal.data["path"] == "/tenders/0"
        await floor.till.sell(10_000)
        floor.online = True
        await floor.till.sell(10_000, tenders=wechat)


# --- the pieces ---

WHY = {"reason": "错扫", "cashier": "小王", "approve": "店长"}


async def _void(floor: Floor, sale: str) -> dict[str, Any]:
    return dict(await floor.till.call("sale.void", sale=sale, **WHY))
