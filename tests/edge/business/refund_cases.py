"""The refund matrix: every way of paying, refunded in every way, with what the ledger did. Run it to print the ledger.

python -m tests.edge.business.refund_cases
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.edge.business.floor import Floor, corner_shop, open_floor

SHOP = corner_shop(
    tiers=[
        {"id": "plain", "label": "普通卡"},
        {"id": "gold", "label": "金卡", "cumulative_fen": 60_000},
    ],
    topup={"levels": [{"min_fen": 10_000, "gift_fen": 2_500}], "spend": "proportional"},
    credit={"days": 30, "max_limit_fen": 100_000},
)
PRICE_FEN, QTY_MILLI = 3_333, 7_000
"""Seven at 33.33: nothing of it divides evenly."""

Row = tuple[str, str, str, int, str]


@dataclass(frozen=True)
class Shopper:
    """A member with money in every account, and a voucher of 50 yuan."""

    member: str
    voucher: str


@dataclass(frozen=True)
class Payment:
    """A way of paying 233.31: tenders by kind, points redeemed besides; None of cash is the rest."""

    tenders: tuple[tuple[str, int], ...]
    points: int = 0


PAYMENTS = {
    "cash": Payment(()),
    "card": Payment((("card", 23_331),)),
    "points and cash": Payment((), points=77),
    "stored value": Payment((("stored_value", 23_331),)),
    "stored value and cash": Payment((("stored_value", 10_001),)),
    "voucher and cash": Payment((("voucher", 5_000),)),
    "part of a voucher and cash": Payment((("voucher", 4_321),)),
    "credit": Payment((("credit", 23_331),)),
    "credit and wechat": Payment((("credit", 9_999), ("wechat", 13_332))),
    "all at once": Payment(
        (("voucher", 5_000), ("credit", 4_000), ("stored_value", 6_001), ("alipay", 2_000)), points=50
    ),
}

Refunds = Callable[[Floor, Shopper, str], Awaitable[list[dict[str, Any]]]]


async def _in_full(floor: Floor, _: Shopper, sale: str) -> list[dict[str, Any]]:
    return [await floor.till.take_back(sale)]


async def _in_part(floor: Floor, _: Shopper, sale: str) -> list[dict[str, Any]]:
    return [await floor.till.take_back(sale, (0, 2_000))]


async def _in_three(floor: Floor, _: Shopper, sale: str) -> list[dict[str, Any]]:
    return [
        await floor.till.take_back(sale, (0, 1_000)),
        await floor.till.take_back(sale, (0, 3_500)),
        await floor.till.take_back(sale),
    ]


async def _after_a_tier(floor: Floor, shopper: Shopper, sale: str) -> list[dict[str, Any]]:
    """Bought on until gold: the sale comes back as it was sold."""
    await floor.till.sell(60_000, member=shopper.member)
    assert (await floor.till.whole(shopper.member))["tier"] == "gold"
    return [await floor.till.take_back(sale)]


async def _after_points_were_spent(floor: Floor, shopper: Shopper, sale: str) -> list[dict[str, Any]]:
    held = (await floor.till.whole(shopper.member))["balances"]["points"]["spendable"]
    await floor.till.sell(held * 10, member=shopper.member, redeem_points=held)
    return [await floor.till.take_back(sale)]


REFUNDS: dict[str, Refunds] = {
    "in full": _in_full,
    "in part": _in_part,
    "in three parts": _in_three,
    "after the next tier": _after_a_tier,
    "after the points were spent": _after_points_were_spent,
}


async def shopper(floor: Floor) -> Shopper:
    """200 points, 300 yuan and 25 of gift stored, 500 on credit, a voucher of 50."""
    till = floor.till
    member = await till.register("80000001")
    adjusted = {"points": 200, "reason": "开业", "approve": "店长", "cashier": "小王"}
    await till.call("points.adjust", member=member, **adjusted)
    cash = [{"kind": "cash", "amount_fen": 30_000}]
    await till.call("account.topup", member=member, amount_fen=30_000, tenders=cash, cashier="小王")
    await till.call("credit.limit", member=member, limit_fen=50_000, cashier="小王", approve="店长")
    made = await till.call("voucher.issue", value_fen=5_000, cashier="小王", approve="店长")
    return Shopper(member, str(made["code"]))


async def sell(floor: Floor, who: Shopper, payment: Payment) -> dict[str, Any]:
    tenders = [
        {"kind": kind, "amount_fen": fen, "ref": who.voucher if kind == "voucher" else ""}
        for kind, fen in payment.tenders
    ]
    line = {"name": "茶", "sku": "T1", "qty_milli": QTY_MILLI, "unit_price_fen": PRICE_FEN}
    return await floor.till.sell(line, member=who.member, tenders=tenders, redeem_points=payment.points)


def ledger(floor: Floor, after: int) -> list[Row]:
    """(operation, account, unit, change, why) of every transfer after operation ``after``; the house left out."""
    return [
        (str(kind), str(owner), str(unit), int(change), str(code))
        for kind, owner, unit, change, code in floor.sql(
            "SELECT o.kind, a.owner, a.unit, iif(t.credit = a.id, t.amount, -t.amount), t.code FROM transfer t"
            " JOIN op o ON o.seq = t.op JOIN account a ON a.id IN (t.debit, t.credit)"
            " WHERE t.op > ? AND substr(a.owner, 1, 1) <> '#' ORDER BY t.id",
            after,
        )
    ]


def money(floor: Floor, after: int) -> list[tuple[str, int]]:
    """(tender, fen) that moved after operation ``after``."""
    return [
        (str(kind), int(fen))
        for kind, fen in floor.sql("SELECT tender, amount_fen FROM money WHERE op > ? ORDER BY id", after)
    ]


def last_op(floor: Floor) -> int:
    return int(floor.sql("SELECT max(seq) FROM op")[0][0])


async def _print_all() -> None:
    for paid, payment in PAYMENTS.items():
        for how, refunds in REFUNDS.items():
            with tempfile.TemporaryDirectory() as folder:
                async with open_floor(Path(folder), SHOP) as floor:
                    who = await shopper(floor)
                    start = last_op(floor)
                    sold = await sell(floor, who, payment)
                    await refunds(floor, who, sold["sale"])
                    print(f"\n{paid}, refunded {how}")
                    for kind, owner, unit, change, code in ledger(floor, start):
                        whose = (
                            "member"
                            if owner == who.member
                            else "voucher"
                            if owner == who.voucher
                            else "new voucher"
                        )
                        print(f"  {kind:<12} {whose:<12} {unit:<12} {change:>+8} {code}")
                    for tender, fen in money(floor, start):
                        print(f"  {'money':<12} {tender:<12} {'fen':<12} {fen:>+8}")


if __name__ == "__main__":
    asyncio.run(_print_all())
