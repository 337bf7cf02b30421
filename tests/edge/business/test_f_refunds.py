"""F1 and F2: every way of paying, refunded in every way, leaves what was there before, to the fen."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.api import Pair
from edge.counter.records import RefundRecord
from edge.counter.slips import refund_slip
from edge.domain.money import yuan
from edge.receipts.refund_slip import refund_document
from tests.edge.business.floor import Floor, open_floor
from tests.edge.business.refund_cases import (
    PAYMENTS,
    REFUNDS,
    SHOP,
    Shopper,
    last_op,
    ledger,
    money,
    sell,
    shopper,
)

POINT_FEN = 10


def sums(floor: Floor, after: int, *units: str) -> dict[str, int]:
    """The change of each account of the case, by unit."""
    found = dict.fromkeys(units, 0)
    for _, _, unit, change, _ in ledger(floor, after):
        found[unit] = found.get(unit, 0) + change
    return found


def paid_back(told: dict[str, Any]) -> int:
    """All that one refund gives, wherever it goes, and what it keeps for points that are missing."""
    sources = (
        "amount_fen",
        "stored_value_back_fen",
        "credit_back_fen",
        "voucher_back_fen",
        "points_short_fen",
    )
    return sum(int(told[source]) for source in sources)


async def wealth(floor: Floor, who: Shopper) -> dict[str, Any]:
    """Every account of the case, and every voucher that is good."""
    accounts = dict(
        floor.sql(
            "SELECT unit, sum(credits - debits) FROM account WHERE substr(owner, 1, 1) <> '#' GROUP BY unit"
        )
    )
    return {
        **{unit: fen for unit, fen in accounts.items() if fen},
        "tier": (await floor.till.whole(who.member))["tier"],
    }


@pytest.mark.parametrize("paid", PAYMENTS)
@pytest.mark.parametrize("how", ["in full", "in three parts"])
async def test_f2_all_that_came_back_leaves_every_account_as_it_was(
    tmp_path: Path, paid: str, how: str
) -> None:
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        before, start = await wealth(floor, who), last_op(floor)
        sold = await sell(floor, who, PAYMENTS[paid])
        told = await REFUNDS[how](floor, who, sold["sale"])
        after = await wealth(floor, who)
        assert sum(paid_back(one) for one in told) == sold["totals"]["due_fen"]
        assert sum(one["points_back"] for one in told) == PAYMENTS[paid].points
        vouchers = [fen for kind, fen in PAYMENTS[paid].tenders if kind == "voucher"]
        if (
            how == "in three parts" and vouchers
        ):  # broken: what it paid is there in parts, its surplus is gone
            assert (
                after["voucher_fen"]
                == vouchers[0]
                == sum(new["value_fen"] for one in told for new in one["vouchers_new"])
            )
            before["voucher_fen"] = after["voucher_fen"]
        elif vouchers:
            assert told[0]["vouchers_restored"] == [who.voucher]
        assert after == before
        handed_out = sum(one["amount_fen"] for one in told)
        moved = money(floor, start)
        assert sum(fen for _, fen in moved) == 0
        assert sum(-fen for _, fen in moved if fen < 0) == handed_out
        await floor.restart()
        assert await wealth(floor, who) == after
        await floor.till.refused(1308, "sale.refund", sale=sold["sale"], tender={"kind": "cash"})


@pytest.mark.parametrize("paid", PAYMENTS)
async def test_f2_a_refund_is_what_its_quote_said_and_is_done_once(tmp_path: Path, paid: str) -> None:
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        sold = await sell(floor, who, PAYMENTS[paid])
        part = {"sale": sold["sale"], "lines": [{"line": 0, "qty_milli": 3_000}]}
        quoted = await floor.till.call("refund.quote", **part)
        asked = {**part, "tender": {"kind": "cash"}, "idem": "11111111-2222-3333-4444-555555555555"}
        done = await floor.till.call("sale.refund", **asked)
        figures = [name for name, told in quoted.items() if isinstance(told, int) and name != "offline"]
        assert {name: done[name] for name in figures} == {name: quoted[name] for name in figures}
        assert quoted["lines"] == done["lines"]
        assert await floor.till.call("sale.refund", **asked) == {**done, "duplicate": True}
        changed = {**asked, "lines": [{"line": 0, "qty_milli": 3_001}]}
        await floor.till.refused(1302, "sale.refund", **changed)
        rest = await floor.till.take_back(sold["sale"])
        assert paid_back(done) + paid_back(rest) == sold["totals"]["due_fen"]


@pytest.mark.parametrize("paid", PAYMENTS)
async def test_f2_a_part_comes_back_from_the_first_source_that_has_something(
    tmp_path: Path, paid: str
) -> None:
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        sold = await sell(floor, who, PAYMENTS[paid])
        (told,) = await REFUNDS["in part"](floor, who, sold["sale"])
        part = sold["totals"]["due_fen"] * 2 // 7
        assert paid_back(told) == part
        by_kind: dict[str, int] = {}
        for kind, fen in PAYMENTS[paid].tenders:
            by_kind[kind] = by_kind.get(kind, 0) + fen
        for kind, source in (
            ("voucher", "voucher_back_fen"),
            ("credit", "credit_back_fen"),
            ("stored_value", "stored_value_back_fen"),
        ):
            given = min(part, by_kind.get(kind, 0))
            assert told[source] == given
            part -= given
        assert told["amount_fen"] == part


@pytest.mark.parametrize("paid", PAYMENTS)
async def test_f2_a_tier_reached_since_changes_nothing_of_the_refund(tmp_path: Path, paid: str) -> None:
    """And the tier stays until its review."""
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        sold = await sell(floor, who, PAYMENTS[paid])
        (told,) = await REFUNDS["after the next tier"](floor, who, sold["sale"])
        assert paid_back(told) == sold["totals"]["due_fen"]
        assert (told["points_clawed"], told["points_short"]) == (sold["points"]["earn"], 0)
        assert (await floor.till.whole(who.member))["tier"] == "gold"
        assert (await floor.till.whole(who.member))["balances"]["points"]["balance"] == 200 + 600


@pytest.mark.parametrize("paid", PAYMENTS)
async def test_f2_points_spent_since_are_kept_from_the_money(tmp_path: Path, paid: str) -> None:
    """Never more points than the member has: what is missing comes off at what a point pays, and no debt is left."""
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        sold = await sell(floor, who, PAYMENTS[paid])
        (told,) = await REFUNDS["after the points were spent"](floor, who, sold["sale"])
        earned, redeemed = sold["points"]["earn"], PAYMENTS[paid].points
        short = max(0, earned - redeemed)
        assert (told["points_short"], told["points_debt"]) == (short, 0)
        assert told["points_short_fen"] == short * POINT_FEN
        assert paid_back(told) == sold["totals"]["due_fen"]
        assert (await floor.till.whole(who.member))["balances"]["points"]["balance"] == max(
            0, redeemed - earned
        )


async def test_f2_credit_that_was_repaid_comes_back_as_money(tmp_path: Path) -> None:
    """100 of 233.31 repaid: the refund takes off the 133.31 that are owed and hands out the 100."""
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        sold = await sell(floor, who, PAYMENTS["credit"])
        paid = [{"kind": "cash", "amount_fen": 10_000}]
        await floor.till.call(
            "credit.repay", member=who.member, amount_fen=10_000, tenders=paid, cashier="小王"
        )
        told = await floor.till.take_back(sold["sale"])
        assert (told["credit_back_fen"], told["amount_fen"]) == (13_331, 10_000)
        credit = (await floor.till.whole(who.member))["balances"]["credit"]
        assert (credit["owed_fen"], credit["spendable_fen"]) == (0, 50_000)


async def test_f2_the_slip_says_where_the_money_went(tmp_path: Path) -> None:
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        sold = await sell(floor, who, PAYMENTS["all at once"])
        told = await floor.till.take_back(sold["sale"])
        ((record,),) = floor.sql("SELECT record FROM refund")
        shop = floor.shop
        slip = refund_slip(
            msgspec.json.decode(record, type=RefundRecord), shop.snapshot, shop.config.store, shop.programme
        )
        said = {
            block.left: block.right for block in refund_document(slip, "zh-CN") if isinstance(block, Pair)
        }
        assert said["冲减赊账"] == "40.00"
        assert said["退回储值"] == "60.01"
        assert said["  其中赠送"] == yuan(told["gift_back_fen"])
        assert said["退回代金券"] == who.voucher
        assert said["实退"] == f"￥{yuan(told['amount_fen'])}"


@pytest.mark.parametrize("paid", PAYMENTS)
async def test_f1_a_void_gives_every_source_its_own_back(tmp_path: Path, paid: str) -> None:
    """And money the way it came: what was handed over by card goes back to the card."""
    async with open_floor(tmp_path, SHOP) as floor:
        who = await shopper(floor)
        before, start = await wealth(floor, who), last_op(floor)
        sold = await sell(floor, who, PAYMENTS[paid])
        asked = {"sale": sold["sale"], "reason": "录错", "cashier": "小王", "approve": "店长"}
        told = await floor.till.call("sale.void", **asked)
        assert paid_back(told) == sold["totals"]["due_fen"]
        assert await wealth(floor, who) == before
        by_tender: dict[str, int] = {}
        for tender, fen in money(floor, start):
            by_tender[tender] = by_tender.get(tender, 0) + fen
        assert set(by_tender.values()) <= {0}
