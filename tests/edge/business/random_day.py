"""A day at several tills at once, at random: every answer is compared with the book, over restarts and retries.

One till deals with a member at a time, so that the book knows the answer; races between tills are staged on purpose.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.edge.business import day_accounts, day_goods, day_sales
from tests.edge.business.day_book import PROGRAMME, same
from tests.edge.business.day_sales import told
from tests.edge.business.day_tills import Day, Hand
from tests.edge.business.floor import corner_shop, open_floor

TILLS = ("T1", "T2", "T3", "T4")
MEMBERS = 6
RUSHES = 5

DOINGS: dict[Callable[[Day, Hand], Awaitable[None]], int] = {
    day_sales.sell: 14,
    day_sales.refund: 4,
    day_sales.void: 3,
    day_sales.hold: 2,
    day_sales.race_for_stored_value: 2,
    day_sales.race_for_a_voucher: 2,
    day_sales.race_for_a_coupon: 2,
    day_sales.race_with_one_key: 2,
    day_goods.stock_in: 2,
    day_goods.redeem: 3,
    day_goods.race_for_the_last_gift: 2,
    day_goods.start_service: 2,
    day_goods.pay_service: 2,
    day_accounts.register: 1,
    day_accounts.top_up: 4,
    day_accounts.withdraw: 2,
    day_accounts.repay: 3,
    day_accounts.adjust: 3,
    day_accounts.sell_pass: 2,
    day_accounts.use_pass: 4,
    day_accounts.give_coupon: 3,
    day_accounts.buy_coupon: 2,
    day_accounts.give_voucher: 3,
    day_accounts.lose_card: 1,
    day_accounts.change_shift: 1,
}
"""Everything that happens, and how often."""


async def live_a_day(folder: Path, seed: int, steps: int) -> Day:
    """``steps`` things happen in rushes, each with a restart in its midst; after each, ledger and book agree."""
    async with open_floor(folder, corner_shop(**PROGRAMME), printers=("p1",)) as floor:
        day = Day(floor, seed)
        hands = [Hand(day, terminal) for terminal in TILLS]
        await day_goods.put_goods(day)
        for hand in hands:
            await day_accounts.open_shift(day, hand)
        for _ in range(MEMBERS):
            await day_accounts.register(day, hands[0])
        for _ in range(RUSHES):
            await _rush(day, hands, steps // RUSHES)
            _reckon(day)
        for hand in hands:
            await day_accounts.change_shift(day, hand)
        await _look_up_everybody(day, hands[0])
    return day


async def _rush(day: Day, hands: list[Hand], steps: int) -> None:
    """All tills at once; in the midst of it the box goes down, with whatever is on its way, and comes up again."""
    left = steps
    down_at = day.chance.randrange(steps)

    async def work(hand: Hand) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            if left == down_at:
                await _restart(day)
            (doing,) = day.chance.choices(list(DOINGS), list(DOINGS.values()))
            await doing(day, hand)

    async with asyncio.TaskGroup() as tasks:
        for hand in hands:
            tasks.create_task(work(hand))


async def _restart(day: Day) -> None:
    day.opened.clear()
    await day.floor.restart()
    day.floor.minutes_later(day.chance.choice((0, 1, 11, 50)))
    day.opened.set()


def _reckon(day: Day) -> None:
    """Nobody is busy: the ledger and the book agree on everything, and the invariants hold."""
    book, sql = day.book, day.floor.sql
    accounts: dict[str, dict[str, int]] = {}
    held = "SELECT owner, unit, credits - debits FROM account WHERE owner NOT LIKE '#%' AND credits <> debits"
    for owner, unit, balance in sql(held):
        accounts.setdefault(owner, {})[unit] = balance
    wanted = {person.id: person.accounts() for person in book.people}
    wanted |= {code: {"coupon": 1} for code, good in book.coupons.items() if good}
    wanted |= {code: {"voucher_fen": one.value} for code, one in book.vouchers.items() if one.good}
    same(accounts, {owner: units for owner, units in wanted.items() if units})
    money = sql("SELECT terminal, tender, sum(amount_fen) AS fen FROM money GROUP BY 1, 2 HAVING fen <> 0")
    found = {(terminal, tender): fen for terminal, tender, fen in money}
    same(found, {key: fen for key, fen in book.moved.items() if fen})
    people = sql("SELECT id, card_no, cumulative_fen, visits FROM member ORDER BY id")
    same(people, sorted((one.id, one.card, one.spent, one.bought) for one in book.people))
    stock = dict(sql("SELECT sku, qty_milli FROM stock WHERE qty_milli <> 0"))
    same(stock, {sku: pieces * 1_000 for sku, pieces in book.stock.items() if pieces})
    same(sql("SELECT count(*) FROM sale"), [(len(book.sales),)])
    same(sql("SELECT count(*) FROM op"), [(book.decided,)])
    same(day.floor.broken(), [])


async def _look_up_everybody(day: Day, hand: Hand) -> None:
    for person in day.book.people:
        whole = await hand.ask("member.lookup", by="card", value=person.card)
        same(told(whole["member"]), person.balances())
