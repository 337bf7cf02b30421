"""B1, B2, B6 and B7 through the socket: points that lapse, stored value in two parts, credit, coupons and vouchers."""

import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.api import Pair, Text
from edge.counter.coupons import receive
from edge.counter.night import run_night
from edge.counter.records import SaleRecord
from edge.counter.slips import sale_slip
from edge.receipts.sale_slip import sale_document
from edge.storage.transaction import Operation, Transaction
from edge.uplink.ledger_box import LedgerBox
from sync.envelope import GrantItem, GrantPage
from tests.edge.business.floor import Floor, corner_shop, open_floor, published

CASH = "cash"
TOPUP = {
    "levels": [
        {"min_fen": 20_000, "gift_fen": 1_000},
        {"min_fen": 50_000, "gift_bp": 1_000, "points": 30},
    ],
    "min_fen": 10_000,
}
CREDIT = {"days": 30, "max_limit_fen": 50_000, "refuse_overdue": True}
TEN_OFF = {
    "id": "TEN-OFF",
    "name": "满50减10券",
    "group": "coupon",
    "do": {"op": "every_off", "every_fen": 5_000, "off_fen": 1_000},
    "valid_days": 10,
    "points_price": 50,
}


def with_coupon() -> bytes:
    return corner_shop(
        groups=[
            {"id": "coupon", "phase": "discount", "order": 0},
            {"id": "base", "phase": "points", "order": 1},
        ],
        coupons=[TEN_OFF],
    )


def cash(fen: int) -> list[dict[str, Any]]:
    return [{"kind": CASH, "amount_fen": fen}]


async def top_up(floor: Floor, member: str, fen: int, **more: Any) -> dict[str, Any]:
    return dict(
        await floor.till.call(
            "account.topup",
            **{"member": member, "amount_fen": fen, "tenders": cash(fen), "cashier": "小王", **more},
        )
    )


async def stored(floor: Floor, member: str) -> tuple[int, int, int]:
    """(both parts, what may be spent here, the gift part)."""
    told = (await floor.till.whole(member))["balances"]["stored_value"]
    return told["balance_fen"], told["spendable_fen"], told["gift_fen"]


def events(floor: Floor, kind: str) -> list[dict[str, Any]]:
    """The bodies of events of a kind that wait for HQ."""
    found = [msgspec.json.decode(row[0]) for row in floor.sql("SELECT body FROM outbox ORDER BY seq")]
    return [event for event in found if event["kind"] == kind]


# --- B2 stored value ---


@pytest.mark.parametrize(
    ("paid_fen", "tier", "due_fen"),
    [(200_000, "silver", 25_920), (500_000, "gold", 23_040), (800_000, "diamond", 20_160)],
)
async def test_b2_one_top_up_of_2000_5000_or_8000_gives_10_20_or_30_percent_off(
    tmp_path: Path, paid_fen: int, tier: str, due_fen: int
) -> None:
    """The salon of docs/programmes: 288 yuan cost 259.20, 230.40 or 201.60, and are paid from what was topped up."""
    async with open_floor(tmp_path, published("salon")) as floor:
        member = await floor.till.register("80000001")
        told = await top_up(floor, member, paid_fen)
        assert (told["tier_reached"], told["amount_fen"]) == (tier, paid_fen)
        pays = [{"kind": "stored_value", "amount_fen": due_fen}]
        sold = await floor.till.sell(28_800, member=member, tenders=pays)
        assert sold["totals"]["net_fen"] == due_fen
        assert sold["balances"]["stored_value"]["balance_fen"] == paid_fen - due_fen
        await floor.restart()
        assert (await floor.till.whole(member))["tier"] == tier
        assert (await stored(floor, member))[0] == paid_fen - due_fen


async def test_b2_a_fen_below_the_level_does_not_reach_it(tmp_path: Path) -> None:
    async with open_floor(tmp_path, published("salon")) as floor:
        member = await floor.till.register("80000001")
        assert (await top_up(floor, member, 199_999))["tier_reached"] is None


async def test_b2_a_top_up_brings_its_gift_and_is_answered_once(tmp_path: Path) -> None:
    rules = corner_shop(
        topup=TOPUP, commissions=[{"id": "TOPUP", "name": "充值提成", "on": "topup", "bp": 50}]
    )
    async with open_floor(tmp_path, rules, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        key = str(uuid.uuid4())
        told = await top_up(floor, member, 60_000, tenders=cash(100_000), salesperson="小李", idem=key)
        assert (told["gift_fen"], told["points"], told["change_fen"]) == (6_000, 30, 40_000)
        again = await top_up(floor, member, 60_000, tenders=cash(100_000), salesperson="小李", idem=key)
        assert again == {**told, "duplicate": True}
        changed = {"member": member, "amount_fen": 60_001, "tenders": cash(60_001), "cashier": "小王"}
        await floor.till.refused(1302, "account.topup", idem=key, **changed)
        assert (await stored(floor, member)) == (66_000, 0, 6_000)  # HQ has granted nothing yet
        (event,) = events(floor, "topup")
        assert event["body"]["commission"] == [["TOPUP", 300]]
        assert (event["body"]["gift_fen"], event["body"]["salesperson"]) == (6_000, "小李")
        posted = [(p["unit"], p["kind"], p["amount"]) for p in event["postings"]]
        assert posted == [("fen", "earn", 60_000), ("gift_fen", "earn", 6_000), ("points", "earn", 30)]
        assert floor.sql("SELECT tender, amount_fen, why FROM money") == [("cash", 60_000, "topup")]
        pays = [{"kind": "stored_value", "amount_fen": 100}]
        refusal = await floor.till.refused(
            1601, "sale.commit", basket={"cashier": "小王", "member": member, "quick_fen": 100}, tenders=pays
        )
        assert (refusal.data["path"], refusal.data["balance"]) == ("/tenders/0", 66_000)


async def test_b2_a_top_up_that_is_too_small_or_not_paid_is_refused(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(topup=TOPUP)) as floor:
        member = await floor.till.register("80000001")
        asked = {"member": member, "amount_fen": 9_999, "tenders": cash(9_999), "cashier": "小王"}
        refusal = await floor.till.refused(-32602, "account.topup", **asked)
        assert refusal.data["path"] == "/amount_fen"
        await floor.till.refused(1304, "account.topup", **{**asked, "amount_fen": 10_000})
        await floor.till.refused(1201, "account.topup", **{**asked, "member": "80000099"})
        assert floor.sql("SELECT count(*) FROM lot") == [(0,)]


@pytest.mark.parametrize(
    ("spend", "gift_left", "gift_after_half_back"),
    [("principal", 1_000, 1_000), ("gift", 0, 0), ("proportional", 524, 762)],
)
async def test_b2_the_part_that_goes_first_is_the_programmes_and_comes_back_last(
    tmp_path: Path, spend: str, gift_left: int, gift_after_half_back: int
) -> None:
    """200 topped up, 10 given: of 100 spent the gift part is none, all, or its share; half comes back, then all."""
    async with open_floor(tmp_path, corner_shop(topup={**TOPUP, "spend": spend})) as floor:
        member = await floor.till.register("80000001")
        await top_up(floor, member, 20_000)
        pays = [{"kind": "stored_value", "amount_fen": 10_000}]
        line = {"name": "茶", "qty_milli": 2_000, "unit_price_fen": 5_000}
        sold = await floor.till.sell(line, member=member, tenders=pays)
        assert await stored(floor, member) == (11_000, 11_000, gift_left)
        half = await floor.till.take_back(sold["sale"], (0, 1_000))
        assert (half["amount_fen"], half["stored_value_back_fen"]) == (0, 5_000)
        assert half["gift_back_fen"] == gift_after_half_back - gift_left
        await floor.till.take_back(sold["sale"])
        assert await stored(floor, member) == (21_000, 21_000, 1_000)
        lots = floor.sql(
            "SELECT unit, remaining FROM lot JOIN account ON account.id = account ORDER BY lot.id"
        )
        assert [lot for lot in lots if lot[0] != "points"] == [("fen", 20_000), ("gift_fen", 1_000)]


@pytest.mark.parametrize(("policy", "gift_left"), [("forfeit_gift", 750), ("keep_gift", 1_000)])
async def test_b2_a_withdrawal_takes_principal_only_with_a_managers_word(
    tmp_path: Path, policy: str, gift_left: int
) -> None:
    async with open_floor(
        tmp_path, corner_shop(topup={**TOPUP, "withdraw": policy}), printers=("p",)
    ) as floor:
        member = await floor.till.register("80000001")
        await top_up(floor, member, 20_000)
        asked = {"member": member, "amount_fen": 5_000, "tender": {"kind": CASH}, "cashier": "小王"}
        await floor.till.refused(1306, "account.withdraw", **asked)
        told = await floor.till.call("account.withdraw", approve="店长", **asked)
        assert told["gift_forfeited_fen"] == 1_000 - gift_left
        assert await stored(floor, member) == (15_000 + gift_left, 15_000 + gift_left, gift_left)
        assert floor.sql("SELECT sum(amount_fen) FROM money") == [(15_000,)]
        assert told["print_job"] is not None
        await floor.till.refused(1205, "account.withdraw", **{**asked, "amount_fen": 15_001}, approve="店长")
        await floor.till.call("account.withdraw", **{**asked, "amount_fen": 15_000}, approve="店长")
        left = 0 if policy == "forfeit_gift" else 1_000
        assert await stored(floor, member) == (left, left, left)


async def test_b2_a_programme_may_pay_nothing_out(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(topup={**TOPUP, "withdraw": "no"})) as floor:
        member = await floor.till.register("80000001")
        await top_up(floor, member, 20_000)
        asked = {"member": member, "amount_fen": 1, "tender": {"kind": CASH}, "cashier": "小王"}
        await floor.till.refused(1002, "account.withdraw", approve="店长", **asked)


async def test_b2_a_gift_lapses_after_its_days_and_the_principal_does_not(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(topup={**TOPUP, "gift_days": 7})) as floor:
        member = await floor.till.register("80000001")
        await top_up(floor, member, 20_000)
        floor.at("2026-11-30T23:59")  # the seventh day
        assert await stored(floor, member) == (21_000, 21_000, 1_000)
        floor.at("2026-12-01T04:01")
        assert await stored(floor, member) == (20_000, 20_000, 0)
        refusal = await floor.till.refused(
            1205,
            "sale.commit",
            basket={"cashier": "小王", "member": member, "quick_fen": 20_500},
            tenders=[{"kind": "stored_value", "amount_fen": 20_500}],
        )
        assert refusal.data["balance"] == 20_000


# --- B6 credit ---


async def on_credit(floor: Floor, member: str, fen: int) -> dict[str, Any]:
    return await floor.till.sell(fen, member=member, tenders=[{"kind": "credit", "amount_fen": fen}])


async def give_limit(floor: Floor, member: str, fen: int) -> dict[str, Any]:
    return dict(
        await floor.till.call("credit.limit", member=member, limit_fen=fen, cashier="小王", approve="店长")
    )


async def credit(floor: Floor, member: str) -> dict[str, int]:
    return dict((await floor.till.whole(member))["balances"]["credit"])


async def test_b6_selling_on_credit_up_to_the_limit_and_repaying_the_oldest_first(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(credit=CREDIT)) as floor:
        member = await floor.till.register("80000001")
        assert (await floor.till.whole(member))["balances"]["credit"] is None
        await give_limit(floor, member, 10_000)
        first = await on_credit(floor, member, 4_000)
        floor.at("2026-11-25T10:00")
        second = await on_credit(floor, member, 5_000)
        refusal = await floor.till.refused(
            1206,
            "sale.commit",
            basket={"cashier": "小王", "member": member, "quick_fen": 1_001},
            tenders=[{"kind": "credit", "amount_fen": 1_001}],
        )
        assert (refusal.data["path"], refusal.data["left_fen"]) == ("/tenders/0", 1_000)
        assert await credit(floor, member) == {
            "limit_fen": 10_000,
            "owed_fen": 9_000,
            "spendable_fen": 1_000,
            "overdue_fen": 0,
        }
        asked = {"member": member, "cashier": "小王"}
        over = await floor.till.refused(
            -32602, "credit.repay", amount_fen=9_001, tenders=cash(9_001), **asked
        )
        assert (over.data["path"], over.data["owed_fen"]) == ("/amount_fen", 9_000)
        told = await floor.till.call("credit.repay", amount_fen=6_000, tenders=cash(10_000), **asked)
        paid = [(one["sale"], one["paid_fen"], one["left_fen"]) for one in told["settled"]]
        assert paid == [(first["sale"], 4_000, 0), (second["sale"], 2_000, 3_000)]
        assert (told["change_fen"], told["owed_fen"]) == (4_000, 3_000)
        await floor.restart()
        assert (await credit(floor, member))["spendable_fen"] == 7_000
        assert floor.sql("SELECT sum(amount_fen) FROM money WHERE why='credit'") == [(6_000,)]


async def test_b6_what_is_overdue_is_listed_and_stops_buying_on_credit(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(credit=CREDIT), with_hq=False) as floor:
        member = await floor.till.register("80000001", phone="13800001234")
        await give_limit(floor, member, 10_000)
        sold = await on_credit(floor, member, 4_000)
        assert sold["credit_due"] == "2026-12-24"
        ((record,),) = floor.sql("SELECT record FROM sale")
        slip = sale_slip(
            msgspec.json.decode(record, type=SaleRecord),
            floor.shop.snapshot,
            floor.shop.config.store,
            floor.shop.programme,
        )
        printed = sale_document(slip, "zh-CN")
        assert Pair("赊账还款日", "2026-12-24") in printed
        assert Text("顾客签名：") in printed
        floor.at("2026-12-24T23:00")  # the thirtieth day
        assert (await floor.till.call("credit.list", overdue_only=True))["owing"] == []
        floor.at("2026-12-25T10:00")
        (owing,) = (await floor.till.call("credit.list", overdue_only=True))["owing"]
        assert (owing["sale"], owing["open_fen"], owing["due_day"], owing["overdue"]) == (
            sold["sale"],
            4_000,
            "2026-12-24",
            True,
        )
        assert "13800001234" not in str(owing)
        assert (await credit(floor, member))["overdue_fen"] == 4_000
        basket = {"cashier": "小王", "member": member, "quick_fen": 100}
        pays = [{"kind": "credit", "amount_fen": 100}]
        refusal = await floor.till.refused(1206, "sale.commit", basket=basket, tenders=pays)
        assert (refusal.data["why"], refusal.data["overdue_fen"]) == ("overdue", 4_000)
        await floor.till.call(
            "credit.repay", member=member, amount_fen=4_000, tenders=cash(4_000), cashier="小王"
        )
        assert (await floor.till.call("credit.list"))["owing"] == []
        await on_credit(floor, member, 100)


async def test_b6_a_limit_lowered_below_what_is_owed_waits_for_repayment(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(credit=CREDIT), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        asked = {"member": member, "limit_fen": 10_000, "cashier": "小王"}
        await floor.till.refused(1306, "credit.limit", **asked)
        refusal = await floor.till.refused(
            -32602, "credit.limit", **{**asked, "limit_fen": 50_001}, approve="店长"
        )
        assert refusal.data["path"] == "/limit_fen"
        await give_limit(floor, member, 10_000)
        (event,) = events(floor, "credit_limit")
        assert (event["body"]["limit_fen"], event["body"]["approved_by"]) == (10_000, "店长")
        basket = {"cashier": "小王", "member": member, "quick_fen": 100}
        pays = [{"kind": "credit", "amount_fen": 100}]
        await floor.till.refused(
            1601, "sale.commit", basket=basket, tenders=pays
        )  # HQ has not granted it yet


async def test_b6_a_lowered_limit_counts_what_is_owed(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(credit=CREDIT)) as floor:
        member = await floor.till.register("80000001")
        await give_limit(floor, member, 10_000)
        sold = await on_credit(floor, member, 8_000)
        assert (await give_limit(floor, member, 5_000))["before_fen"] == 10_000
        assert await credit(floor, member) == {
            "limit_fen": 5_000,
            "owed_fen": 8_000,
            "spendable_fen": 0,
            "overdue_fen": 0,
        }
        back = await floor.till.take_back(sold["sale"])
        assert (back["credit_back_fen"], back["amount_fen"]) == (8_000, 0)
        assert (await credit(floor, member))["spendable_fen"] == 5_000


async def test_b6_debts_of_one_day_are_repaid_in_the_order_of_their_sales(tmp_path: Path) -> None:
    """Those of one millisecond too: the clock stands still here."""
    async with open_floor(tmp_path, corner_shop(credit=CREDIT)) as floor:
        member = await floor.till.register("80000001")
        await give_limit(floor, member, 50_000)
        sold = [(await on_credit(floor, member, fen))["sale"] for fen in range(1_000, 1_012)]
        told = await floor.till.call(
            "credit.repay", member=member, amount_fen=11_055, tenders=cash(11_055), cashier="小王"
        )
        assert [settled["sale"] for settled in told["settled"]] == sold[:11]


# --- B7 coupons and vouchers ---


@pytest.mark.parametrize(
    ("kind", "points", "fen"),
    [
        ("COUPON-20", 199, 2_000),
        ("COUPON-30", 299, 3_000),
        ("COUPON-40", 399, 4_000),
        ("COUPON-50", 499, 5_000),
        ("COUPON-60", 599, 6_000),
    ],
)
async def test_b7_points_buy_a_coupon_that_is_good_once(
    tmp_path: Path, kind: str, points: int, fen: int
) -> None:
    """199 / 299 / 399 / 499 / 599 points for 20 / 30 / 40 / 50 / 60 yuan off, as docs/programmes has it."""
    async with open_floor(tmp_path, published("rebate-coupons")) as floor:
        member = await floor.till.register("80000001")
        await floor.till.refused(1205, "coupon.issue", kind=kind, member=member, pay="points")
        await floor.till.sell(60_000, member=member)
        code = (await floor.till.call("coupon.issue", kind=kind, member=member, pay="points"))["code"]
        assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 600 - points
        sold = await floor.till.sell(10_000, member=member, coupons=[code])
        assert sold["totals"] == {
            "list_fen": 10_000,
            "discount_fen": fen,
            "net_fen": 10_000 - fen,
            "points_paid_fen": 0,
            "due_fen": 10_000 - fen,
        }
        assert floor.sql("SELECT credits - debits FROM account WHERE owner=? AND unit='coupon'", code) == [
            (0,)
        ]
        quote = await floor.till.call(
            "sale.quote", cashier="小王", member=member, quick_fen=10_000, coupons=[code]
        )
        assert [(c["state"], c["why"]) for c in quote["coupons"]] == [("refused", "used")]
        assert (await floor.till.take_back(sold["sale"]))["coupons_restored"] == [code]
        again = await floor.till.sell(10_000, member=member, coupons=[code])
        assert again["totals"]["discount_fen"] == fen


async def test_b7_a_coupon_that_hq_has_not_granted_does_not_count_here(tmp_path: Path) -> None:
    """Single use over all stores: until HQ has granted it to this box, the quote says not_here."""
    async with open_floor(tmp_path, with_coupon(), with_hq=True) as floor:
        code = (await floor.till.call("coupon.issue", kind="TEN-OFF"))["code"]
        quote = await floor.till.call("sale.quote", cashier="小王", quick_fen=10_000, coupons=[code])
        assert [(c["state"], c["why"]) for c in quote["coupons"]] == [("refused", "not_here")]
        await floor.shop.writer.submit(lambda tx: tx.ledger.grant(code, "coupon", 1, None))
        sold = await floor.till.sell(10_000, coupons=[code])
        assert sold["totals"]["discount_fen"] == 1_000
        (event,) = events(floor, "coupon")
        assert [(p["member"], p["unit"], p["amount"]) for p in event["postings"]] == [(code, "coupon", 1)]


async def test_b7_a_coupon_from_before_there_were_accounts_is_good_once(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_coupon(), with_hq=True) as floor:
        await floor.till.sell(100)
        await floor.shop.writer.submit(
            lambda tx: (
                tx.db.execute("INSERT INTO coupon(code, kind, op) VALUES('OLD1', 'TEN-OFF', 1)").rowcount
            )
        )
        sold = await floor.till.sell(10_000, coupons=["OLD1"])
        assert sold["totals"]["discount_fen"] == 1_000
        quote = await floor.till.call("sale.quote", cashier="小王", quick_fen=10_000, coupons=["OLD1"])
        assert quote["coupons"][0]["why"] == "used"
        assert (await floor.till.take_back(sold["sale"]))["coupons_restored"] == ["OLD1"]


async def a_voucher(floor: Floor, fen: int, **more: Any) -> str:
    told = await floor.till.call(
        "voucher.issue",
        **{"value_fen": fen, "approve": "店长", "cashier": "小王", "reason": "投诉补偿", **more},
    )
    return str(told["code"])


async def test_b7_a_voucher_pays_once_and_gives_no_change(floor: Floor) -> None:
    given = {"value_fen": 5_000, "cashier": "小王", "reason": "投诉补偿"}
    await floor.till.refused(1306, "voucher.issue", **given)
    code = await a_voucher(floor, 5_000)
    basket = {"cashier": "小王", "quick_fen": 8_000}

    async def refused(error: int, path: str, fen: int, ref: str) -> str:
        tenders = [*cash(8_000 - fen), {"kind": "voucher", "amount_fen": fen, "ref": ref}]
        refusal = await floor.till.refused(error, "sale.commit", basket=basket, tenders=tenders)
        assert refusal.data["path"] == path
        return str(refusal.data.get("why", ""))

    await refused(-32602, "/tenders/1/amount_fen", 5_001, code)
    assert await refused(1502, "/tenders/1/ref", 5_000, "NOBODY") == "unknown"
    sold = await floor.till.sell(8_000, tenders=[{"kind": "voucher", "amount_fen": 5_000, "ref": code}])
    assert sold["change_fen"] == 0
    assert await refused(1502, "/tenders/1/ref", 5_000, code) == "used"
    back = await floor.till.take_back(sold["sale"])
    assert (back["vouchers_restored"], back["voucher_back_fen"], back["amount_fen"]) == ([code], 5_000, 3_000)
    await floor.till.sell(5_000, tenders=[{"kind": "voucher", "amount_fen": 4_000, "ref": code}])
    assert await refused(1502, "/tenders/1/ref", 1_000, code) == "used"


async def test_b7_a_voucher_is_for_its_member_and_until_its_last_day(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    other = await floor.till.register("80000002")
    code = await a_voucher(floor, 5_000, member=member, last_day="2026-11-30")
    (held,) = (await floor.till.whole(member))["vouchers"]
    assert (held["code"], held["value_fen"], held["last_day"]) == (code, 5_000, "2026-11-30")
    told = await floor.till.call("voucher.lookup", code=code, member=member)
    assert told == {"code": code, "value_fen": 5_000, "last_day": "2026-11-30", "why": ""}
    assert (await floor.till.call("voucher.lookup", code=code))["why"] == "other_member"
    assert (await floor.till.refused(1502, "voucher.lookup", code="NOBODY")).data["path"] == "/code"
    pays = [{"kind": "voucher", "amount_fen": 5_000, "ref": code}]
    basket = {"cashier": "小王", "quick_fen": 5_000}
    for who in ({}, {"member": other}):
        refusal = await floor.till.refused(1502, "sale.commit", basket={**basket, **who}, tenders=pays)
        assert refusal.data["why"] == "other_member"
    assert (await floor.till.call("sync.status"))["exposure_fen"] == 5_000
    floor.at("2026-12-01T10:00")
    for _ in range(2):  # before the night has booked it, and after
        refusal = await floor.till.refused(
            1502, "sale.commit", basket={**basket, "member": member}, tenders=pays
        )
        assert refusal.data["why"] == "expired"
        await run_night(floor.shop)
    assert (await floor.till.call("sync.status"))["exposure_fen"] == 0
    assert (await floor.till.whole(member))["vouchers"] == []


async def test_b7_a_voucher_may_be_sold(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        asked = {"value_fen": 10_000, "cashier": "小王"}
        await floor.till.refused(1304, "voucher.issue", tenders=cash(9_999), **asked)
        told = await floor.till.call("voucher.issue", tenders=cash(10_000), **asked)
        assert floor.sql("SELECT amount_fen, why FROM money") == [(10_000, "voucher")]
        (event,) = events(floor, "voucher")
        assert event["body"]["code"] == told["code"]
        refusal = await floor.till.refused(
            1601,
            "sale.commit",
            basket={"cashier": "小王", "quick_fen": 100},
            tenders=[{"kind": "voucher", "amount_fen": 100, "ref": told["code"]}],
        )
        assert refusal.data["path"] == "/tenders/0/ref"
        assert (await floor.till.call("sync.status"))["exposure_fen"] == 0
        await floor.shop.writer.submit(lambda tx: tx.ledger.grant(told["code"], "voucher_fen", 10_000, None))
        assert (await floor.till.call("sync.status"))["exposure_fen"] == 10_000


async def test_b7_a_coupon_pushed_by_hq_counts_once_it_is_granted(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_coupon(), with_hq=True) as floor:
        await floor.till.sell(100)

        def pushed(tx: Transaction) -> None:
            receive(tx, "HQ1", "TEN-OFF", None, "2026-12-31")

        await floor.shop.writer.submit(
            lambda tx: tx.perform(Operation("#hq", "push", "push", b"{}"), lambda: pushed(tx))
        )
        asked = {"cashier": "小王", "quick_fen": 10_000, "coupons": ["HQ1"]}
        assert (await floor.till.call("sale.quote", **asked))["coupons"][0]["why"] == "not_here"
        page = GrantPage(floor.shop.snapshot.identity()[0], 1, (GrantItem("HQ1", "coupon", 1, 1),))
        await LedgerBox(floor.shop).apply_grants(page)
        sold = await floor.till.sell(10_000, coupons=["HQ1"])
        assert sold["totals"]["discount_fen"] == 1_000
        (event,) = (e for e in events(floor, "sale") if e["body"]["coupons"] == ["HQ1"])
        assert [(p["member"], p["unit"], p["kind"], p["amount"]) for p in event["postings"]] == [
            ("HQ1", "coupon", "spend", 1)
        ]
