"""The shopping day: two days of the ruyishu programme and one with every kind of card, on everything that a chain has.

It raises StageFailed at the first figure that is not what the programme promises.
"""

import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from time import perf_counter, perf_counter_ns
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.money import yuan
from edge.testing import goods
from edge.testing.cashier import Cashier
from edge.testing.comparison import compare, events_at_hq
from edge.testing.errors import StageFailed
from edge.testing.every_card import TEA_MINUTES, EveryCard
from edge.testing.goods import Bought, Customer
from edge.testing.screen import Screen, Slip
from edge.testing.stage import LOOK_S, Stage
from edge.testing.timing import COLUMNS, timing

SHANGHAI = ZoneInfo("Asia/Shanghai")
MEMBER_DAY = 15
OPENING_HOUR = 10
RUSH_SALES = 200
WATCHED_SALES = 20
HQ_S_MAX = 30.0
POLL_S = 0.002
BANK_CARD = "6222020000000000000=29121010000000000"


async def play(stage: Stage, screen: Screen) -> None:
    """The whole day; returns when HQ's books were shown to equal the box's."""
    await _Day(stage, screen).play()


def coming_eve(now: datetime) -> datetime:
    """The next day before a member day, at opening time."""
    eve = now.replace(day=MEMBER_DAY - 1, hour=OPENING_HOUR, minute=0, second=0, microsecond=0)
    if eve > now:
        return eve
    return (eve.replace(day=1) + timedelta(days=32)).replace(day=MEMBER_DAY - 1)


class _Day:
    """One play; what one scene leaves for the next."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self._stage, self._screen = stage, screen
        self._cashier = Cashier(stage)
        self._eve = coming_eve(self._now())
        self._birthday = goods.born_on(self._eve.month, self._eve.day)
        self._cast = (goods.WANG, goods.LI, goods.ZHANG, self._birthday)
        self._every_card = EveryCard(screen, self._cashier, self._expect, self._spendable)
        self._to_hq_ns: list[int] = []
        self._backlog = (0, 0.0)

    async def play(self) -> None:
        first = (self._opening, self._ordinary, self._tiers, self._points_and_stored_value, self._refund)
        second = (self._member_day, self._without_hq, self._hq_is_back)
        await self._open(self._eve, "ruyishu", *first)
        await self._open(self._eve + timedelta(days=1), "ruyishu", *second)
        third, cards = self._eve + timedelta(days=2), self._every_card
        await self._open(third, "every-card", cards.before_the_restart)
        later = third + timedelta(minutes=TEA_MINUTES)
        await self._open(later, "every-card", cards.after_the_restart, self._reckoning)

    async def _open(self, at: datetime, programme: str, *scenes: Callable[[], Awaitable[None]]) -> None:
        """Open the shop at this time under this programme, play the scenes, and close it again."""
        async with AsyncExitStack() as day:
            await self._stage.open_shop(round((at - self._now()).total_seconds()), programme)
            day.push_async_callback(self._stage.close_shop)
            await day.enter_async_context(self._cashier)
            for scene in scenes:
                await scene()

    # --- the first day: an ordinary one, and somebody's birthday ---

    async def _opening(self) -> None:
        screen = self._screen
        screen.scene("开门", "The shop opens: every part is a process of its own")
        screen.table(("进程 process", "pid"), [(name, str(pid)) for name, pid in self._processes()])
        for customer in self._cast:
            await self._cashier.register(customer)
        names = {customer.card_no: customer.name for customer in self._cast}
        screen.say("四位会员办卡，有介绍人 · four members get their cards, some brought by another")
        screen.table(
            ("卡号 card", "会员 member", "介绍人 brought by", "生日 birthday"),
            [(c.card_no, c.name, names.get(c.referrer or "", "-"), c.birthday) for c in self._cast],
        )
        told = await self._cashier.swipe(f"{goods.WANG.card_no}=0000")
        self._expect(
            "刷会员卡即识别 · a swipe on the reader finds the member", told.get("token"), goods.WANG.card_no
        )
        told = await self._cashier.swipe(BANK_CARD)
        self._expect(
            "银行卡拒读 · a bank card is refused, not a digit of it leaves the reader",
            told.get("refused"),
            "not_a_member_card",
        )

    async def _ordinary(self) -> None:
        self._screen.scene(
            "普通卡消费", "An ordinary card: 1 yuan is 1 point, and who brought whom earns too"
        )
        basket = (Bought(goods.GINSENG), Bought(goods.FISH_OIL, 4))
        notes = ("介绍人 who brought her:", "  直接 10:1  → 李强 Li +100", "  间接 100:1 → 王芳 Wang +10")
        sold, slip = await self._cashier.sell_in_view(basket, goods.ZHANG, notes, handed_fen=100500)
        self._screen.slip(slip)
        self._expect("张敏 1000 元 = 1000 分 · 1,000 yuan earn 1,000 points", sold.points, 1000)
        self._expect("李强 +100 · the friend's spend, 10:1", await self._points(goods.LI), 100)
        self._expect("王芳 +10 · the friend's friend's spend, 100:1", await self._points(goods.WANG), 10)

    async def _tiers(self) -> None:
        self._screen.scene("升级与生日", "Tiers by one day's spend, and a birthday")
        await self._cashier.sell((Bought(goods.CORDYCEPS, 2),), goods.WANG, pay="wechat")
        await self._cashier.sell((Bought(goods.CORDYCEPS, 5),), goods.LI, pay="card")
        await self._expect_tier(goods.WANG, "gold", "王芳一日 5200 元升金卡 · 5,200 in one day is gold")
        await self._expect_tier(
            goods.LI, "diamond", "李强一日 13000 元升钻石卡 · 13,000 in one day is diamond"
        )
        gold = await self._cashier.sell((Bought(goods.LINGZHI, 2),), goods.WANG, pay="alipay")
        diamond = await self._cashier.sell((Bought(goods.LINGZHI, 2),), goods.LI, pay="card")
        self._gift = await self._cashier.sell(
            (Bought(goods.PROPOLIS, 2), Bought(goods.FISH_OIL, 2)), self._birthday
        )
        rows = [
            ("王芳", "金卡 gold", gold),
            ("李强", "钻石卡 diamond", diamond),
            ("赵磊", "生日 birthday", self._gift),
        ]
        self._screen.table(
            ("会员 member", "", "实收 paid", "积分 points", "依据 by which rules"),
            [(name, what, yuan(sold.due_fen), str(sold.points), sold.why) for name, what, sold in rows],
        )
        self._expect("金卡 1.5 倍 · gold 1.5 times", gold.points, 384)
        self._expect("钻石卡 3 倍 · diamond 3 times", diamond.points, 768)
        self._expect("生日双倍 · double on the birthday", self._gift.points, 2 * 516)

    async def _points_and_stored_value(self) -> None:
        screen = self._screen
        screen.scene(
            "积分抵现，储值消费", "Points as cash, and stored value: spendable as far as HQ has granted"
        )
        await self._spendable(goods.WANG, "points", 2500)
        notes = (
            "50 分 = 1 元，2500 分抵 50 元",
            "积分支付部分不再积分",
            "250 元 × 金卡 1.5 = 375 分",
            "what points paid earns nothing",
        )
        basket = (Bought(goods.FISH_OIL, 3),)
        sold, slip = await self._cashier.sell_in_view(
            basket, goods.WANG, notes, redeem=2500, handed_fen=30000
        )
        screen.slip(slip)
        self._expect("积分支付部分不积分 · what points paid earns nothing", sold.points, 375)
        zhang = await self._cashier.member(goods.ZHANG)
        await self._stage.ask_hq("credit", zhang["id"], "20000", "--unit", "fen", "--reason", "demo top-up")
        screen.say(f"$ tillside hq credit {zhang['id']} 20000 --unit fen --reason 'demo top-up'")
        await self._spendable(goods.ZHANG, "stored_value", 20000)
        await self._cashier.sell((Bought(goods.LINGZHI),), goods.ZHANG, pay="stored_value")
        left = (await self._cashier.member(goods.ZHANG))["balances"]["stored_value"]["balance_fen"]
        self._expect(
            "总部充值 200 元，门店消费 128 元，余 72 元 · 200 at HQ, 128 spent here, 72 left", left, 7200
        )

    async def _refund(self) -> None:
        self._screen.scene("退货一行", "One line comes back, with the points it had earned")
        back = await self._cashier.refund(self._gift, line=1, qty_milli=2000, reason="顾客退货")
        notes = (
            "只退第二行 only line 2",
            "按原单规则扣回积分",
            "生日双倍：200 元 → 400 分",
            "by the rules of the original sale",
        )
        self._screen.slip(Slip(await self._cashier.last_slip(), (), notes))
        self._expect("退 200 元 · 200 yuan go back", back["amount_fen"], 20000)
        self._expect("扣回 400 分 · 400 points come off", back["points_clawed"], 400)

    # --- the second day: the 15th, member day ---

    async def _member_day(self) -> None:
        self._screen.scene("会员日 · 主机重启之后", "Member day, the 15th; the box was restarted in between")
        self._expect(
            "重启后积分仍在 · the points outlived the restart", await self._points(self._birthday), 632
        )
        notes = (
            "会员日特价 -10%",
            "钻石 3 倍 × 会员日 3 倍 = 9 倍",
            "108 元 → 972 分",
            "diamond 3 × member day 3 = 9",
        )
        basket = (Bought(goods.GOJI, 2),)
        sold, slip = await self._cashier.sell_in_view(basket, goods.LI, notes, handed_fen=20000)
        self._screen.slip(slip)
        self._expect("会员日特价 · ten percent off", sold.due_fen, 10800)
        self._expect("9 倍积分 · nine times the points", sold.points, 9 * 108)

    async def _without_hq(self) -> None:
        stage, screen, cashier = self._stage, self._screen, self._cashier
        screen.scene("总部断线", "HQ is cut off (broker: SIGKILL); the shop sells on")
        stage.cut_off_hq()
        await self._sync(online=False)
        await self._spendable(goods.WANG, "points", 1000)
        notes = (
            "1000 分抵 20 元，无需联网，",
            "在总部已授权的额度之内",
            "redeemed offline, within",
            "the rights HQ had granted",
        )
        basket = (Bought(goods.LINGZHI, 1),)
        _, slip = await cashier.sell_in_view(basket, goods.WANG, notes, redeem=1000, handed_fen=11000)
        screen.slip(slip)
        screen.progress("高峰时段", f"rush hour: {RUSH_SALES} sales, each with a printed receipt")
        await self._rush()
        status = await self._sync(online=False)
        screen.say(f"待发总部 queued for HQ: {status['queued']} 笔 events, {status['bytes'] // 1024} KiB")
        self._expect("断线不影响收银 · every sale went through", status["queued"] >= RUSH_SALES, True)

    async def _rush(self) -> None:
        chance = random.Random(15)
        self._cashier.till.took_ns.clear()
        for _ in range(RUSH_SALES):
            customer = chance.choice((*self._cast, None))
            await self._cashier.sell(goods.any_basket(chance), customer, pay="wechat")
        self._took_ns = {method: list(took) for method, took in self._cashier.till.took_ns.items()}

    async def _hq_is_back(self) -> None:
        stage, screen = self._stage, self._screen
        screen.scene("总部恢复", "HQ is back: what waited is sent, each event counts once")
        queued = (await self._status())["queued"]
        screen.progress("重启 MQTT 服务器", "the broker starts again, remembering nothing")
        await stage.bring_back_hq()
        await self._sync(online=True)
        began = perf_counter()
        await self._sent()
        self._backlog = (queued, perf_counter() - began)
        screen.say(f"{queued} 笔在 {self._backlog[1]:.2f} 秒内送达 · events reached HQ and were acknowledged")
        for _ in range(WATCHED_SALES):
            await self._cashier.sell((Bought(goods.FISH_OIL),), pay="wechat")
            sold_ns = perf_counter_ns()
            await self._sent()
            self._to_hq_ns.append(perf_counter_ns() - sold_ns)

    async def _reckoning(self) -> None:
        screen, cashier = self._screen, self._cashier
        screen.scene("对账", "The reckoning: box and HQ, per member and per account")
        compared = await compare(self._stage, cashier, (*self._cast, goods.CHEN_AGAIN))
        screen.table(
            ("会员 member", "账户 account", "门店 box", "总部 HQ", ""),
            [_compared_row(c.customer, c.unit, c.box, c.hq) for c in compared],
        )
        events, unread = await events_at_hq(self._stage)
        screen.progress("等打印机出完", "the printer catches up with the rush")
        await cashier.last_slip()
        printed = len(self._stage.hardware.printer.receipts)
        screen.scene("用时", "How long it took, as the till saw it")
        screen.table(COLUMNS, self._timings())
        count, took_s = self._backlog
        screen.say(f"断线积压 backlog: {count} 笔 events, {took_s:.2f} s, {round(count / took_s)}/s")
        self._expect(f"小票 {printed} 张，一笔一张 · every slip printed exactly once", printed, cashier.slips)
        self._expect(
            f"总部 {events} 笔 · HQ holds every event exactly once", (events, unread), (cashier.writes, 0)
        )
        self._expect(
            "总部与门店一致 · HQ equals the box, per member and per account",
            all(c.equal for c in compared),
            True,
        )

    def _timings(self) -> list[tuple[str, ...]]:
        rows = {"sale.quote": "报价 quote", "sale.commit": "成交 commit, on disk"}
        return [
            *(timing(what, self._took_ns[method]).row() for method, what in rows.items()),
            timing("总部确认 a sale at HQ, acknowledged", self._to_hq_ns).row(),
        ]

    # --- looking ---

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._stage.clock.now_ms() / 1000, SHANGHAI)

    def _expect(self, text: str, actual: object, promised: object) -> None:
        self._screen.verdict(actual == promised, text)
        if actual != promised:
            raise StageFailed(f"{text}: promised {promised!r}, found {actual!r}")

    async def _expect_tier(self, customer: Customer, tier: str, text: str) -> None:
        self._expect(text, (await self._cashier.member(customer))["tier"], tier)

    async def _points(self, customer: Customer) -> int:
        member = await self._cashier.member(customer)
        return int(member["balances"]["points"]["balance"])

    async def _spendable(self, customer: Customer, account: str, amount: int) -> None:
        """Wait until HQ has granted so much of the account."""
        key = "spendable" if account == "points" else "spendable_fen"
        await self._until(lambda member: member["balances"][account][key] >= amount, customer)

    async def _until(self, holds: Any, customer: Customer) -> None:
        deadline = perf_counter() + HQ_S_MAX
        while not holds(await self._cashier.member(customer)):
            self._in_time(deadline, f"HQ has not granted {customer.name} enough")
            await self._stage.clock.sleep(LOOK_S)

    async def _sync(self, *, online: bool) -> dict[str, Any]:
        """Wait until the box knows that HQ is there, or away."""
        deadline = perf_counter() + HQ_S_MAX
        while (status := await self._status())["online"] != online:
            self._in_time(deadline, f"the box still says online={not online}")
            await self._stage.clock.sleep(LOOK_S)
        return status

    async def _sent(self) -> None:
        """Wait until HQ has acknowledged everything."""
        deadline = perf_counter() + HQ_S_MAX
        while (status := await self._status())["queued"]:
            self._in_time(deadline, f"{status['queued']} events still wait")
            await self._stage.clock.sleep(POLL_S)

    async def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = await self._cashier.till.call("sync.status")
        return status

    def _in_time(self, deadline: float, why: str) -> None:
        if perf_counter() > deadline:
            self._stage.check()
            raise StageFailed(why, f"read {self._stage.premises.logs}")

    def _processes(self) -> list[tuple[str, int]]:
        till = self._cashier.till.child
        return [*self._stage.processes(), (till.name, till.pid)]


ACCOUNTS = {
    "points": "积分 points",
    "fen": "储值 stored value",
    "gift_fen": "储值赠送 its gift part",
    "credit_fen": "赊账余额 credit left",
}


def _compared_row(customer: Customer, unit: str, box: int, hq: int) -> tuple[str, ...]:
    in_fen = unit == "fen" or unit.endswith("_fen")
    amounts = (yuan(box), yuan(hq)) if in_fen else (str(box), str(hq))
    account = ACCOUNTS.get(unit, f"次数 visits {unit.partition(':')[2]}")
    return (customer.name, account, *amounts, "✓" if box == hq else "✗")
