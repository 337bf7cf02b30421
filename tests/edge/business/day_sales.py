"""Selling and taking back on a random day, with every way of paying; and tills that race for the same thing."""

import asyncio
from collections import Counter
from typing import Any

from tests.edge.business import floor as shop_floor
from tests.edge.business.day_book import (
    COUPON,
    COUPON_FROM,
    COUPON_OFF,
    FEN_PER_POINT,
    FEN_PER_POINT_PAID,
    SHORT,
    Back,
    Person,
    Sale,
    same,
)
from tests.edge.business.day_tills import ANSWERED, QUOTE_GONE, Day, Hand

NO_SALE, PRICE_CHANGED = 1307, 1303
TEA_FEN = 1_000
PRICES = (1, 99, 250, 1_000, 4_999, 5_000, 12_345, 20_000)
MONEY = ("cash", "cash", "card", "wechat", "alipay", "other")


# --- selling ---


async def sell(day: Day, hand: Hand) -> None:
    """To a member or to nobody, with a coupon or without."""
    person = day.chance.choice([None, *day.book.people])
    coupon = day.take_up(day.book.coupons, 0.4)
    try:
        if person is None:
            await _sell_to(hand, None, coupon)
            return
        async with person.busy:
            await _sell_to(hand, person, coupon)
    finally:
        day.taken.discard(coupon or "")


async def _sell_to(hand: Hand, person: Person | None, coupon: str | None) -> None:
    day, chance = hand.day, hand.day.chance
    prices = chance.choices(PRICES, k=chance.choice((1, 1, 2, 3)))
    basket = _basket(prices)
    good = coupon is not None and day.book.coupons[coupon] and sum(prices) >= COUPON_FROM
    if coupon is not None:
        basket["coupons"] = [coupon]
    redeem = 0
    if person is not None:
        basket["member"] = chance.choice((person.id, person.card))
        if chance.random() < 0.3:
            redeem = chance.choice((1, 7, max(1, person.points), max(0, person.points) + 1))
            basket["redeem_points"] = redeem
        if redeem > max(0, person.points):
            await hand.refused(SHORT, "sale.quote", **basket)
            return
    quote = await hand.ask("sale.quote", **basket)
    net = sum(prices) - (COUPON_OFF if good else 0)
    used = min(redeem, net // FEN_PER_POINT_PAID)
    due = net - used * FEN_PER_POINT_PAID
    same((quote["totals"]["due_fen"], quote["points"]["redeem"]), (due, used))
    earned, teas = due // FEN_PER_POINT if person else 0, prices.count(TEA_FEN)
    sale = Sale(person, due, used, earned, coupon=coupon if good else None, teas=teas)
    await _pay(hand, sale, basket, quote)


def _basket(prices: list[int]) -> dict[str, Any]:
    lines = [
        {
            "sku": "TEA" if fen == TEA_FEN else f"P{fen}",
            "name": "货",
            "qty_milli": 1000,
            "unit_price_fen": fen,
        }
        for fen in prices
    ]
    return {"cashier": "小王", "lines": lines}


async def _pay(hand: Hand, sale: Sale, basket: dict[str, Any], quote: dict[str, Any]) -> None:
    day = hand.day
    voucher = day.take_up(day.book.vouchers, 0.4)
    try:
        tenders, stored = _tenders(day, sale, voucher)
        params: dict[str, Any] = {"quote_id": quote["quote_id"], "digest": quote["digest"]}
        if day.chance.random() < 0.5:
            params = {"basket": basket}
        answer = await _commit(hand, sale, stored, {"tenders": tenders, **params}, basket)
    finally:
        day.taken.discard(voucher or "")
    if answer is None:
        return
    sale.id = answer["sale"]
    same((answer["totals"]["due_fen"], answer["points"]["earn"]), (sale.due, sale.earned))
    if sale.person is not None:
        same(told(answer), sale.person.balances())


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """The balances of a reply, without what only a look-up says."""
    balances = dict(answer["balances"])
    balances["points"] = {key: balances["points"][key] for key in ("balance", "spendable")}
    return balances


async def _commit(
    hand: Hand, sale: Sale, stored: int, params: dict[str, Any], basket: dict[str, Any]
) -> dict[str, Any] | None:
    """A quote that went down with the box is made anew: its basket is sent instead."""
    try:
        answer = await hand.agreed(
            lambda: hand.day.book.sell(hand.terminal, sale, stored), "sale.commit", **params
        )
    except shop_floor.Refused as refusal:
        if refusal.code != QUOTE_GONE:
            raise
        hand.day.note("quote gone")
        answer = await hand.write("sale.commit", tenders=params["tenders"], basket=basket)
    return dict(answer) if answer is not None else None


def _tenders(day: Day, sale: Sale, voucher: str | None) -> tuple[list[dict[str, Any]], int]:
    """How it is paid, and how much of it from stored value. At most one of the tenders is more than there is."""
    chance, person, rest = day.chance, sale.person, sale.due
    tenders: list[dict[str, Any]] = []
    sound = True
    if voucher is not None and rest:
        sound = day.book.vouchers[voucher].good
        sale.voucher, sale.voucher_fen = voucher, min(rest, day.book.vouchers[voucher].value)
        tenders.append({"kind": "voucher", "amount_fen": sale.voucher_fen, "ref": voucher})
        rest -= sale.voucher_fen
    stored = 0
    if person is not None and chance.random() < 0.4:
        held = person.own + person.gift
        stored = min(rest, chance.choice((held, held // 2, held, held + sound)))
        sound = sound and stored <= held
        tenders += [{"kind": "stored_value", "amount_fen": stored}] if stored else []
    if person is not None and chance.random() < 0.4:
        free = max(0, person.limit - person.owed)
        sale.on_credit = min(rest - stored, chance.choice((free, free // 2, free + sound)))
        tenders += [{"kind": "credit", "amount_fen": sale.on_credit}] if sale.on_credit else []
    tenders += _money(day, sale, rest - stored - sale.on_credit)
    chance.shuffle(tenders)
    return tenders, stored


def _money(day: Day, sale: Sale, rest: int) -> list[dict[str, Any]]:
    """With one kind of money or two; cash may bring change."""
    if not rest:
        return []
    part = rest if day.chance.random() < 0.7 else day.chance.randrange(rest)
    sale.money = Counter({day.chance.choice(MONEY): part})
    sale.money["cash"] += rest - part
    change = day.chance.choice((0, 0, 1, 5_000)) if sale.money["cash"] else 0
    handed = {**sale.money, "cash": sale.money["cash"] + change}
    return [{"kind": tender, "amount_fen": fen} for tender, fen in handed.items() if fen]


async def hold(day: Day, hand: Hand) -> None:
    """A basket waits, is taken up once, and sold to whoever comes."""
    basket = _basket(day.chance.choices(PRICES, k=2))
    held = await hand.write("sale.hold", basket=basket, label="等一下")
    recalled = await hand.write("sale.recall", hold=held["hold"])
    same(recalled["basket"]["lines"][0]["unit_price_fen"], basket["lines"][0]["unit_price_fen"])
    await hand.refused(NO_SALE, "sale.drop", idem=day.key(), hold=held["hold"])
    day.book.decided += 1


# --- taking back ---


async def refund(day: Day, hand: Hand) -> None:
    """All of a sale, or of one that came back before."""
    sale = _some_sale(day)
    if sale is None:
        return
    try:
        if sale.person is None:
            await _refund(hand, sale)
            return
        async with sale.person.busy:
            await _refund(hand, sale)
    finally:
        _let_go(day, sale)


def _some_sale(day: Day) -> Sale | None:
    """A sale that no other till deals with, nor with its coupon or voucher."""
    sales = [
        sale
        for sale in day.book.sales[-40:]
        if sale.id and not {sale.id, sale.coupon, sale.voucher} & day.taken
    ]
    if not sales:
        return None
    sale = day.chance.choice(sales)
    day.taken |= {sale.id, sale.coupon or "", sale.voucher or ""} - {""}
    return sale


def _let_go(day: Day, sale: Sale) -> None:
    day.taken -= {sale.id, sale.coupon, sale.voucher}


async def _refund(hand: Hand, sale: Sale) -> None:
    backs: list[Back] = []
    params = {"sale": sale.id, "tender": {"kind": "cash"}, "cashier": "小王", "reason": "不合适"}
    answer = await hand.agreed(
        lambda: backs.append(hand.day.book.refund(hand.terminal, sale)), "sale.refund", **params
    )
    if answer is None:
        return
    _came_back(hand.day, sale, answer, backs[0])
    same(answer["amount_fen"], backs[0].handed_out)


def _came_back(day: Day, sale: Sale, answer: dict[str, Any], back: Back) -> None:
    """The answer says what the book says; a voucher of which a part came back is a new one."""
    for new in answer["vouchers_new"]:
        day.book.new_voucher(new["code"], new["value_fen"])
    whole = back.voucher == sale.voucher_fen
    same(sum(new["value_fen"] for new in answer["vouchers_new"]), (0 if whole else back.voucher))
    same(answer["vouchers_restored"], ([sale.voucher] if sale.voucher and whole else []))
    found = Back(
        back.handed_out,
        answer["stored_value_back_fen"],
        answer["gift_back_fen"],
        answer["credit_back_fen"],
        answer["voucher_back_fen"],
        answer["points_back"],
        answer["points_clawed"],
        answer["points_short"],
    )
    same(found, back)
    same(answer["coupons_restored"], ([sale.coupon] if sale.coupon else []))


async def void(day: Day, hand: Hand) -> None:
    """A sale of today is undone at any till, where no point of it is missing."""
    sale = _some_sale(day)
    if sale is None:
        return
    try:
        if sale.person is None:
            await _void(hand, sale)
            return
        async with sale.person.busy:
            if sale.person.points + sale.points_used >= sale.earned and not sale.settled:
                await _void(hand, sale)
    finally:
        _let_go(day, sale)


async def _void(hand: Hand, sale: Sale) -> None:
    if sale.undone:
        return
    back = hand.day.book.void(hand.terminal, sale)
    answer = await hand.write("sale.void", sale=sale.id, cashier="小王", **ANSWERED)
    _came_back(hand.day, sale, answer, back)
    tenders = {one["kind"]: one["amount_fen"] for one in answer["tenders"] if one["kind"] in MONEY}
    same(tenders, {kind: fen for kind, fen in sale.money.items() if fen})


# --- races ---


async def race_for_stored_value(day: Day, hand: Hand) -> None:
    """Two tills spend all that a member has at the same moment: one may."""
    person = day.person()
    async with person.busy:
        held = person.own + person.gift
        if not held:
            return
        sale = Sale(person, held, 0, held // FEN_PER_POINT, teas=int(held == TEA_FEN))
        params = {
            "basket": {**_basket([held]), "member": person.id},
            "tenders": [{"kind": "stored_value", "amount_fen": held}],
        }
        winner, answer = await _race(hand, SHORT, params)
        day.book.sell(winner.terminal, sale, held)
        sale.id = answer["sale"]


async def race_for_a_voucher(day: Day, hand: Hand) -> None:
    """Two tills pay with the same voucher: one may."""
    code = day.take_up(day.book.vouchers, 1)
    if code is None:
        return
    try:
        value = day.book.vouchers[code].value
        if not day.book.vouchers[code].good:
            return
        tenders = [{"kind": "voucher", "amount_fen": value, "ref": code}]
        winner, answer = await _race(hand, COUPON, {"basket": _basket([value]), "tenders": tenders})
        sale = Sale(None, value, 0, 0, voucher=code, voucher_fen=value, id=answer["sale"])
        sale.teas = int(value == TEA_FEN)
        day.book.sell(winner.terminal, sale, 0)
    finally:
        day.taken.discard(code)


async def race_for_a_coupon(day: Day, hand: Hand) -> None:
    """Two tills have quoted with one coupon, and commit: one may, the other quotes again."""
    code = day.take_up(day.book.coupons, 1)
    if code is None:
        return
    try:
        if not day.book.coupons[code]:
            return
        due = COUPON_FROM - COUPON_OFF
        tenders = [{"kind": "cash", "amount_fen": due}]
        basket = {**_basket([COUPON_FROM]), "coupons": [code]}
        quote = await hand.ask("sale.quote", **basket)
        params = {"basket": basket, "digest": quote["digest"], "tenders": tenders}
        winner, answer = await _race(hand, COUPON, params)
        sale = Sale(None, due, 0, 0, coupon=code, money=Counter(cash=due), id=answer["sale"])
        day.book.sell(winner.terminal, sale, 0)
    finally:
        day.taken.discard(code)


async def _race(hand: Hand, code: int, params: dict[str, Any]) -> tuple[Hand, dict[str, Any]]:
    """Which of two tills may commit, and its answer; the other is refused with ``code``.

    Where the other's price has changed by then (1303) nothing is decided: it would quote again.
    """
    other = hand.beside("T9")

    async def commit(one: Hand) -> dict[str, Any] | int:
        try:
            return dict(await one.ask("sale.commit", idem=hand.day.key(), **params))
        except shop_floor.Refused as refusal:
            return refusal.code

    answers = dict(zip((hand, other), await asyncio.gather(commit(hand), commit(other)), strict=True))
    ((winner, answer),) = ((one, answer) for one, answer in answers.items() if isinstance(answer, dict))
    (refused,) = (answer for answer in answers.values() if isinstance(answer, int))
    if refused != PRICE_CHANGED or code != COUPON:
        same(refused, code)
    hand.day.book.decided += 1 + (refused == code)
    hand.day.note(f"race {refused}")
    return winner, answer


async def race_with_one_key(day: Day, hand: Hand) -> None:
    """A till whose line hung sends the same again on a new one, while the first is on its way: it is sold once."""
    params = {
        "idem": day.key(),
        "basket": _basket([1_000]),
        "tenders": [{"kind": "cash", "amount_fen": 1_000}],
    }
    hands = (hand, hand.beside(hand.terminal))
    answers = await asyncio.gather(*(one.ask("sale.commit", **params) for one in hands))
    same(answers[0]["sale"], answers[1]["sale"])
    assert any(answer["duplicate"] for answer in answers)
    day.book.decided += 1
    sale = Sale(None, 1_000, 0, 0, teas=1, money=Counter(cash=1_000), id=answers[0]["sale"])
    day.book.sell(hand.terminal, sale, 0)
