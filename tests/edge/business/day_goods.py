"""Goods, gifts from stock, and services by the minute on a random day."""

import asyncio
from collections import Counter
from typing import Any

from tests.edge.business import floor as shop_floor
from tests.edge.business.day_book import GIFT_POINTS, ROOM_CAP_FEN, ROOM_HOUR_FEN, Sale, same
from tests.edge.business.day_sales import told
from tests.edge.business.day_tills import Day, Hand

GOODS = ({"sku": "TEA", "name": "茶", "price_fen": 1_000}, {"sku": "CUP", "name": "杯子", "price_fen": 900})
NOT_SO = -32602


async def put_goods(day: Day) -> None:
    """The technician's part of the morning."""
    office = await day.floor.another_till("office", admin=True)
    await office.call("goods.put", goods=list(GOODS))
    day.book.decided += 1


async def stock_in(day: Day, hand: Hand) -> None:
    """What is sold is not waited for: stock may be below nothing until the delivery is booked."""
    sku, pieces = day.chance.choice(("TEA", "TEA", "CUP")), day.chance.choice((1, 2, 5))
    async with day.shelf:
        line = {"sku": sku, "qty_milli": pieces * 1_000, "cost_fen": 700}
        await hand.write("stock.in", lines=[line], cashier="小王")
        day.book.stock[sku] += pieces


async def redeem(day: Day, hand: Hand) -> None:
    """A gift for points, while there are points and gifts."""
    person, pieces = day.person(), day.chance.choice((1, 1, 2))
    async with person.busy, day.shelf:
        answer = await hand.agreed(
            lambda: day.book.redeem(person, pieces),
            "gift.redeem",
            member=person.id,
            gift="CUP",
            qty=pieces,
            cashier="小王",
        )
        if answer is not None:
            same(told(answer), person.balances())


async def race_for_the_last_gift(day: Day, hand: Hand) -> None:
    """Two members at two tills want all that is left: one gets it."""
    two = sorted(day.chance.sample(day.book.people, 2), key=lambda person: person.id)
    async with two[0].busy, two[1].busy, day.shelf:
        pieces = day.book.stock["CUP"]
        if pieces <= 0 or any(person.points < pieces * GIFT_POINTS for person in two):
            return

        async def take(one: Hand, member: str) -> int:
            params = {"member": member, "gift": "CUP", "qty": pieces, "cashier": "小王"}
            try:
                await one.ask("gift.redeem", idem=day.key(), **params)
            except shop_floor.Refused as refusal:
                return refusal.code
            return 0

        codes = await asyncio.gather(take(hand, two[0].id), take(hand.beside("T9"), two[1].id))
        same(sorted(codes), [NOT_SO, 0])
        day.book.redeem(two[codes.index(0)], pieces)
        day.book.decided += 2
        day.note("race for a gift")


async def start_service(day: Day, hand: Hand) -> None:
    before = day.floor.clock.now_ms()
    answer = await hand.write("timed.start", service="ROOM", label="3号", cashier="小王")
    if day.floor.clock.now_ms() == before:
        day.book.rooms[answer["timed"]] = before


async def pay_service(day: Day, hand: Hand) -> None:
    """Stopped and paid, at whatever till; then nobody pays it again."""
    room = day.take_up(day.book.rooms, 1)
    if room is None:
        return
    since = day.book.rooms.pop(room)
    before = day.floor.clock.now_ms()
    stopped = await hand.write("timed.stop", timed=room, cashier="小王")
    due = stopped["amount_fen"]
    if day.floor.clock.now_ms() == before:
        hours = max(1, -(-((before - since) // 60_000) // 60))  # one that has begun counts
        same(due, min(ROOM_CAP_FEN, hours * ROOM_HOUR_FEN))
    params: dict[str, Any] = {
        "basket": {"cashier": "小王", "lines": [stopped["line"]]},
        "tenders": [{"kind": "cash", "amount_fen": due}] if due else [],
        "timed": [room],
    }
    answer = await hand.write("sale.commit", **params)
    sale = Sale(None, due, 0, 0, money=Counter(cash=due), id=answer["sale"])
    day.book.sell(hand.terminal, sale, 0)
    await hand.refused(NOT_SO, "sale.commit", idem=day.key(), **params)
    day.book.decided += 1
