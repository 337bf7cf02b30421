"""F2 through the socket: one receipt paid with every kind of tender, change, and each refusal naming its tender."""

from pathlib import Path
from typing import Any

import pytest

from tests.edge.business.floor import Floor, corner_shop, open_floor

WALLET = corner_shop(
    topup={"levels": [{"min_fen": 10_000, "gift_fen": 1_000}]},
    credit={"days": 30, "max_limit_fen": 100_000},
)
MONEY = ("cash", "card", "wechat", "alipay", "other")


def tender(kind: str, fen: int, ref: str = "") -> dict[str, Any]:
    return {"kind": kind, "amount_fen": fen, "ref": ref}


async def a_rich_member(floor: Floor) -> tuple[str, str]:
    """100 yuan and 10 of gift stored, 200 yuan of credit, 100 points; and a voucher of 20 yuan: (member, code)."""
    till = floor.till
    member = await till.register("80000001")
    await till.sell(10_000, member=member)
    cash = [tender("cash", 10_000)]
    await till.call("account.topup", member=member, amount_fen=10_000, tenders=cash, cashier="小王")
    await till.call("credit.limit", member=member, limit_fen=20_000, cashier="小王", approve="店长")
    made = await till.call("voucher.issue", value_fen=2_000, cashier="小王", approve="店长")
    return member, str(made["code"])


async def test_f2_every_kind_of_tender_on_one_receipt(tmp_path: Path) -> None:
    async with open_floor(tmp_path, WALLET, printers=("p1",)) as floor:
        member, code = await a_rich_member(floor)
        before = floor.sql("SELECT count(*) FROM money")[0][0]
        tenders = [
            tender("points", 1_000),
            tender("stored_value", 5_500),
            tender("stored_value", 5_000),
            tender("voucher", 2_000, code),
            tender("credit", 3_000),
            tender("card", 4_000, "6225…1234"),
            tender("wechat", 2_500, "4200001"),
            tender("wechat", 500, "4200002"),
            tender("alipay", 1_500, "2026112422001"),
            tender("other", 1_000, "购物卡"),
            tender("cash", 10_000),
            tender("cash", 5_000),
        ]
        sold = await floor.till.sell(40_000, member=member, redeem_points=100, tenders=tenders)
        assert sold["totals"]["due_fen"] == 39_000
        assert sold["change_fen"] == 40_000 - 39_000
        told = sold["balances"]
        assert told["stored_value"] == {"balance_fen": 500, "spendable_fen": 500, "gift_fen": 500}
        assert told["credit"] == {
            "limit_fen": 20_000,
            "owed_fen": 3_000,
            "spendable_fen": 17_000,
            "overdue_fen": 0,
        }
        assert told["points"]["balance"] == 390
        moved = floor.sql("SELECT tender, amount_fen FROM money ORDER BY id LIMIT -1 OFFSET ?", before)
        assert dict(moved) == {
            "card": 4_000,
            "wechat": 3_000,
            "alipay": 1_500,
            "other": 1_000,
            "cash": 14_000,
        }
        await floor.restart()
        kept = await floor.till.call("sale.get", sale=sold["sale"])
        assert [(t["kind"], t["amount_fen"], t["ref"]) for t in kept["tenders"]] == [
            (t["kind"], t["amount_fen"], t["ref"]) for t in tenders
        ]


@pytest.mark.parametrize("kind", MONEY)
async def test_f2_money_of_any_kind_pays_alone_and_only_cash_gives_change(floor: Floor, kind: str) -> None:
    exact = await floor.till.sell(5_000, tenders=[tender(kind, 5_000)])
    assert exact["change_fen"] == 0
    basket = {"cashier": "小王", "quick_fen": 5_000}
    too_much = {"basket": basket, "tenders": [tender(kind, 5_001)]}
    if kind == "cash":
        assert (await floor.till.call("sale.commit", **too_much))["change_fen"] == 1
    else:
        refusal = await floor.till.refused(1304, "sale.commit", **too_much)
        assert (refusal.data["due_fen"], refusal.data["path"]) == (5_000, "/tenders")
    short = await floor.till.refused(1304, "sale.commit", basket=basket, tenders=[tender(kind, 4_999)])
    assert short.data["due_fen"] == 5_000


@pytest.mark.parametrize("kind", ["stored_value", "credit", "voucher"])
async def test_f2_change_never_comes_from_an_account(tmp_path: Path, kind: str) -> None:
    """Cash of 10 over a debt of 5 that an account pays too: 5 too much of the account are not paid out as change."""
    async with open_floor(tmp_path, WALLET) as floor:
        member, code = await a_rich_member(floor)
        basket = {"cashier": "小王", "member": member, "quick_fen": 500}
        tenders = [tender("cash", 499), tender(kind, 1_500, code if kind == "voucher" else "")]
        await floor.till.refused(1304, "sale.commit", basket=basket, tenders=tenders)
        assert floor.sql("SELECT count(*) FROM sale") == [(1,)]


@pytest.mark.parametrize(
    ("kind", "fen", "code"),
    [("stored_value", 11_001, 1205), ("credit", 20_001, 1206), ("voucher", 2_001, -32602)],
)
async def test_f2_a_refusal_names_the_tender_and_leaves_nothing_behind(
    tmp_path: Path, kind: str, fen: int, code: int
) -> None:
    async with open_floor(tmp_path, WALLET) as floor:
        member, voucher = await a_rich_member(floor)
        before = (await floor.till.whole(member))["balances"]
        basket = {"cashier": "小王", "member": member, "quick_fen": 40_000}
        ref = voucher if kind == "voucher" else ""
        tenders = [
            tender("cash", 40_000 - 1_000 - fen),
            tender("stored_value" if kind != "stored_value" else "credit", 1_000),
            tender(kind, fen, ref),
        ]
        refusal = await floor.till.refused(code, "sale.commit", basket=basket, tenders=tenders)
        assert refusal.data["path"].startswith("/tenders/2")
        assert (await floor.till.whole(member))["balances"] == before


@pytest.mark.parametrize("kind", ["stored_value", "credit"])
async def test_f2_accounts_need_a_member(floor: Floor, kind: str) -> None:
    basket = {"cashier": "小王", "quick_fen": 5_000}
    refusal = await floor.till.refused(
        -32602, "sale.commit", basket=basket, tenders=[tender("cash", 4_000), tender(kind, 1_000)]
    )
    assert refusal.data["path"] == "/tenders/1"


async def test_f2_points_may_be_listed_as_the_quote_has_them_and_not_otherwise(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    await floor.till.sell(10_000, member=member)
    basket = {"cashier": "小王", "member": member, "quick_fen": 5_000, "redeem_points": 50}
    wrong = [tender("points", 501), tender("cash", 4_499)]
    await floor.till.refused(1304, "sale.commit", basket=basket, tenders=wrong)
    right = [tender("points", 500), tender("cash", 4_500)]
    sold = await floor.till.call("sale.commit", basket=basket, tenders=right)
    assert sold["totals"]["points_paid_fen"] == 500
