"""The cashier: works a till process, and looks at what display and printer make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from drivers.readers.serial_reader import GAP_S
from edge.domain.money import yuan
from edge.rpc.client import RemoteError
from edge.testing.goods import Basket, Customer
from edge.testing.screen import Shown, Slip
from edge.testing.stage import Stage
from edge.testing.till import Till

CASHIER = "小陈"
TERMINAL = "T1"
PRINT_S_MAX = 60.0
POLE_COLUMNS = 20

Pay = Literal["cash", "card", "wechat", "alipay", "stored_value", "credit"]

NOT_GRANTED = 1601
GRANT_S_MAX = 15.0
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Sold:
    """A quote and the sale that it became."""

    quote: dict[str, Any]
    sale: dict[str, Any]

    @property
    def points(self) -> int:
        return int(self.quote["points"]["earn"])

    @property
    def due_fen(self) -> int:
        return int(self.quote["totals"]["due_fen"])

    @property
    def why(self) -> str:
        """The rules that gave something, as the box names them."""
        return " + ".join(f"{rule['name']} {rule['value']}" for rule in self.quote["applied"])


class Cashier:
    """Inside ``async with`` at the till; may come back after the box was restarted.

    ``writes`` counts what HQ must hear of, ``slips`` what must be on paper.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.till: Till
        self.writes = 0
        self.slips = 0

    async def __aenter__(self) -> Self:
        self.till = self._stage.till(TERMINAL)
        await self.till.__aenter__()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.till.child.end()

    # --- members ---

    async def register(self, customer: Customer) -> None:
        """Give the customer a card."""
        await self.till.write(
            "member.register",
            card_no=customer.card_no,
            name=customer.name,
            phone=customer.phone,
            birthday=customer.birthday,
            referrer=customer.referrer,
        )
        self.writes += 1

    async def member(self, customer: Customer) -> dict[str, Any]:
        """The whole member."""
        found: dict[str, Any] = await self.till.call("member.lookup", by="card", value=customer.card_no)
        return dict(found["member"])

    async def swipe(self, track2: str) -> dict[str, Any]:
        """Arm the reader, draw a card through it, and hear what the box tells of it."""
        await self.till.call("events.subscribe", topics=["card"])
        await self.till.call("reader.arm", reader="cards", take=True)
        self._stage.hardware.cards.swipe(track2)
        _, told = await self.till.next_notification()
        await self.till.call("reader.disarm", reader="cards")
        # Nobody draws two cards within the silence by which a driver knows the end of a swipe.
        await self._stage.clock.sleep(2 * GAP_S)
        return told

    async def deed(self, method: str, slips: int, **params: Any) -> dict[str, Any]:
        """Any other write, which prints so many slips; asked again while HQ has yet to grant what it spends."""
        clock = self._stage.clock
        deadline = clock.monotonic() + GRANT_S_MAX
        while True:
            try:
                done: dict[str, Any] = await self.till.write(method, **params)
                break
            except RemoteError as refusal:
                if refusal.code != NOT_GRANTED or clock.monotonic() > deadline:
                    raise
            await clock.sleep(LOOK_AGAIN_S)
        self.writes += 1
        self.slips += slips
        return done

    # --- selling ---

    async def sell(
        self,
        basket: Basket,
        customer: Customer | None = None,
        *,
        redeem: int = 0,
        pay: Pay = "cash",
        handed_fen: int | None = None,
    ) -> Sold:
        """Quote and commit; paid exactly unless more cash is ``handed_fen``."""
        quote = await self._quote(basket, customer, redeem)
        return await self._commit(quote, pay, handed_fen)

    async def sell_in_view(
        self,
        basket: Basket,
        customer: Customer,
        notes: Sequence[str],
        *,
        redeem: int = 0,
        handed_fen: int | None = None,
    ) -> tuple[Sold, Slip]:
        """``sell`` for cash with item, total and change on the displays, and the receipt off the printer."""
        first = basket[0].goods
        await self.till.call(
            "display.show", device="pole", lines=[first.pole, yuan(first.price_fen).rjust(POLE_COLUMNS)]
        )
        shown = [await self._seen("商品 item", "price", first.price_fen, pole=False)]
        quote = await self._quote(basket, customer, redeem)
        due_fen = quote["totals"]["due_fen"]
        shown.append(await self._seen("合计 total", "total", due_fen))
        sold = await self._commit(quote, "cash", handed_fen)
        shown.append(await self._seen("找零 change", "change", sold.sale["change_fen"]))
        return sold, Slip(await self.last_slip(), shown, notes)

    async def quote_with(self, coupon: str, basket: Basket, customer: Customer) -> dict[str, Any]:
        """A quote with a coupon, asked again while HQ has yet to grant it to this store."""
        clock = self._stage.clock
        deadline = clock.monotonic() + GRANT_S_MAX
        while True:
            quote: dict[str, Any] = await self.till.call(
                "sale.quote",
                cashier=CASHIER,
                member=customer.card_no,
                lines=[bought.line() for bought in basket],
                coupons=[coupon],
            )
            if quote["coupons"][0]["why"] != "not_here" or clock.monotonic() > deadline:
                return quote
            await clock.sleep(LOOK_AGAIN_S)

    async def refund(self, sold: Sold, line: int, qty_milli: int, reason: str) -> dict[str, Any]:
        """Take back part of one line; the money goes out in cash."""
        back: dict[str, Any] = await self.till.write(
            "sale.refund",
            sale=sold.sale["sale"],
            tender={"kind": "cash"},
            lines=[{"line": line, "qty_milli": qty_milli}],
            reason=reason,
            cashier=CASHIER,
        )
        self.writes += 1
        self.slips += 1
        return back

    async def last_slip(self) -> str:
        """What came out of the printer last, once everything asked for has come out."""
        printed = await self._stage.hardware.printer.finished(self.slips, PRINT_S_MAX)
        return printed[self.slips - 1]

    async def _quote(self, basket: Basket, customer: Customer | None, redeem: int) -> dict[str, Any]:
        quote: dict[str, Any] = await self.till.call(
            "sale.quote",
            cashier=CASHIER,
            member=customer.card_no if customer else None,
            lines=[bought.line() for bought in basket],
            redeem_points=redeem,
        )
        return quote

    async def _commit(self, quote: dict[str, Any], pay: Pay, handed_fen: int | None) -> Sold:
        due_fen = quote["totals"]["due_fen"]
        sale = await self.till.write(
            "sale.commit",
            quote_id=quote["quote_id"],
            digest=quote["digest"],
            tenders=[{"kind": pay, "amount_fen": handed_fen or due_fen}],
        )
        self.writes += 1
        self.slips += 1
        return Sold(quote, sale)

    # --- what the customer sees ---

    async def _seen(self, moment: str, kind: str, amount_fen: int, *, pole: bool = True) -> Shown:
        """Send the amount to the displays, and look at them until they show it."""
        hardware = self._stage.hardware
        for device in ("pole", "led8") if pole else ("led8",):
            await self.till.call("display.total", device=device, amount_fen=amount_fen, kind=kind)
        digits = yuan(amount_fen)
        await hardware.pole.until(lambda: hardware.pole.lines[1].strip() == digits)
        await hardware.led.until(lambda: hardware.led.digits == digits)
        return Shown(moment, hardware.pole.lines, hardware.led.digits, hardware.led.lamp.value)
