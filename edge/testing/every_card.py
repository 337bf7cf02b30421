"""The third day: every kind of card on one member, under the programme ``every-card``, over a restart of the box."""

from collections.abc import Awaitable, Callable
from typing import Any

from edge.domain.money import yuan
from edge.rpc.client import RemoteError
from edge.testing import goods
from edge.testing.cashier import CASHIER, Cashier
from edge.testing.goods import Bought
from edge.testing.screen import Screen, Slip

CARD_LOST = 1202
TEA_MINUTES = 90
MANAGER = "店长"

Expect = Callable[[str, object, object], None]
Spendable = Callable[[goods.Customer, str, int], Awaitable[None]]


class EveryCard:
    """The scenes of one member with all cards; ``spendable`` waits until HQ has granted so much of an account."""

    def __init__(self, screen: Screen, cashier: Cashier, expect: Expect, spendable: Spendable) -> None:
        self._screen, self._cashier = screen, cashier
        self._expect, self._spendable = expect, spendable
        self._card = goods.CHEN.card_no
        self._timed = ""

    async def before_the_restart(self) -> None:
        """A new member; stored value, a discount, passes; the tea room's clock starts."""
        screen = self._screen
        screen.scene(
            "一卡多用", "Every kind of card on one member: the box runs the programme every-card now"
        )
        await self._cashier.register(goods.CHEN)
        await self._shift_opens()
        await self._stored_value()
        await self._passes()
        started = await self._deed("timed.start", slips=0, service="TEA-ROOM", label="兰亭")
        self._timed = started["timed"]
        # A slip that waits over the restart would be ninety minutes old, and held rather than printed.
        await self._cashier.last_slip()
        screen.say(
            "茶室 兰亭 开始计时，主机随后断电 · the tea room's clock starts, then the box is switched off"
        )

    async def after_the_restart(self) -> None:
        """The tea room is paid; credit; a coupon for points; the card is lost and replaced; the shift is counted."""
        await self._timed_service()
        await self._credit()
        await self._coupon()
        await self._lost()
        await self._shift_closes()

    # --- the cards ---

    async def _stored_value(self) -> None:
        told = await self._deed(
            "account.topup", amount_fen=200_000, tenders=[{"kind": "wechat", "amount_fen": 200_000}]
        )
        self._screen.slip(
            Slip(
                await self._cashier.last_slip(),
                (),
                (
                    "储值卡：充 2000 送 200",
                    "一次充 2000 升金卡",
                    "top up 2,000: 200 as a gift,",
                    "and gold at once",
                ),
            )
        )
        held = told["balances"]["stored_value"]
        self._expect(
            "储值 2000 + 赠 200 · stored value, gift apart",
            (held["balance_fen"], held["gift_fen"]),
            (220_000, 20_000),
        )
        await self._spendable(goods.CHEN, "stored_value", 220_000)
        sold = await self._cashier.sell((Bought(goods.FISH_OIL, 2),), goods.CHEN, pay="stored_value")
        self._expect("折扣卡：金卡 9 折，200 元付 180 元 · gold pays 180 of 200", sold.due_fen, 18_000)

    async def _passes(self) -> None:
        await self._sell_pass("WASH-10", 45_000)
        await self._sell_pass("GYM-30", 29_900)
        used = await self._deed("pass.use", service="WASH")
        self._expect("计次卡：10 次用 1 次，余 9 次 · ten visits, one used", used["visits_left"], 9)
        for _ in range(2):
            gym = await self._deed("pass.use", service="GYM")
        self._expect("限时卡：30 天内不限次 · as often as one likes for 30 days", gym["visits_left"], None)

    async def _timed_service(self) -> None:
        stopped = await self._deed("timed.stop", slips=0, member=False, timed=self._timed)
        self._expect("计时：90 分钟 × 每小时 30 元 = 60 元 · over the restart", stopped["amount_fen"], 6_000)
        quote = await self._cashier.till.call("sale.quote", cashier=CASHIER, lines=[stopped["line"]])
        tenders = [{"kind": "cash", "amount_fen": quote["totals"]["due_fen"]}]
        await self._deed(
            "sale.commit",
            member=False,
            cashier=False,
            quote_id=quote["quote_id"],
            tenders=tenders,
            timed=[self._timed],
        )

    async def _credit(self) -> None:
        await self._deed("credit.limit", slips=0, limit_fen=100_000, approve=MANAGER)
        await self._spendable(goods.CHEN, "credit", 27_000)
        await self._cashier.sell((Bought(goods.FISH_OIL, 3),), goods.CHEN, pay="credit")
        told = await self._deed(
            "credit.repay", amount_fen=10_000, tenders=[{"kind": "cash", "amount_fen": 10_000}]
        )
        owed = told["balances"]["credit"]["owed_fen"]
        self._expect("赊账：赊 270 还 100，欠 170 元 · 270 on credit, 100 repaid", owed, 17_000)

    async def _coupon(self) -> None:
        await self._spendable(goods.CHEN, "points", 199)
        issued = await self._deed("coupon.issue", slips=0, cashier=False, kind="C20", pay="points")
        quote = await self._cashier.quote_with(issued["code"], (Bought(goods.FISH_OIL),), goods.CHEN)
        self._expect(
            "199 分换 20 元券，与 9 折取其优：100 元付 80 · the better of coupon and card",
            quote["totals"]["due_fen"],
            8_000,
        )

    async def _lost(self) -> None:
        await self._deed("card.lost", slips=0, reason="顾客来电挂失")
        try:
            await self._cashier.member(goods.CHEN)
            code = 0
        except RemoteError as refusal:
            code = refusal.code
        self._expect("挂失：刷旧卡只说已挂失 · the lost card says so, and shows nothing", code, CARD_LOST)
        await self._deed(
            "card.replace", card_no=goods.CHEN_AGAIN.card_no, tenders=[{"kind": "cash", "amount_fen": 500}]
        )
        self._card = goods.CHEN_AGAIN.card_no
        whole = await self._cashier.member(goods.CHEN_AGAIN)
        stored = whole["balances"]["stored_value"]["balance_fen"]
        self._expect("补卡 5 元，余额随卡 · replaced for 5 yuan, everything follows", stored, 202_000)

    # --- the shift ---

    async def _shift_opens(self) -> None:
        await self._deed("shift.open", slips=0, member=False, float_fen=50_000)

    async def _shift_closes(self) -> None:
        expected_fen = 50_000 + 45_000 + 29_900 + 6_000 + 10_000 + 500
        closed = await self._deed("shift.close", member=False, counted_fen=expected_fen)
        self._screen.slip(
            Slip(
                await self._cashier.last_slip(),
                (),
                (
                    f"备用金 500，应有 {yuan(expected_fen)}",
                    "每一分都有出处",
                    "every fen in the drawer",
                    "is accounted for",
                ),
            )
        )
        self._expect("交接班：钱箱与账一致 · the drawer is what the books say", closed["difference_fen"], 0)

    # --- the pieces ---

    async def _sell_pass(self, name: str, price_fen: int) -> None:
        tenders = [{"kind": "cash", "amount_fen": price_fen}]
        params: dict[str, Any] = {"pass": name, "tenders": tenders}
        await self._deed("pass.sell", **params)

    async def _deed(
        self, method: str, *, slips: int = 1, member: bool = True, cashier: bool = True, **params: Any
    ) -> dict[str, Any]:
        """A write for this member by this cashier, counted with the others; tried again while HQ has yet to grant."""
        if member:
            params["member"] = self._card
        if cashier:
            params["cashier"] = CASHIER
        return await self._cashier.deed(method, slips, **params)
