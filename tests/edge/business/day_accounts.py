"""Accounts, cards, coupons and shifts on a random day."""

from tests.edge.business.day_book import NEW_CARD_FEN, PASS_FEN, STOPPED, Person, same
from tests.edge.business.day_sales import told
from tests.edge.business.day_tills import ANSWERED, Day, Hand

LIMITS = (0, 0, 3_000, 20_000)
FLOAT_FEN = 10_000


async def register(day: Day, hand: Hand) -> None:
    """A new member; some may buy on credit."""
    card = day.card()
    made = await hand.write("member.register", card_no=card, name="王小明")
    person = Person(made["member"], card)
    limit = day.chance.choice(LIMITS)
    if limit:
        person.limit = limit
        await hand.write("credit.limit", member=person.id, limit_fen=limit, cashier="小王", **ANSWERED)
    day.book.people.append(person)


async def top_up(day: Day, hand: Hand) -> None:
    person = day.person()
    fen, tender = day.chance.choice((1, 5_000, 19_999, 20_000, 50_000)), day.chance.choice(("cash", "wechat"))
    async with person.busy:
        gift, points = day.book.top_up(hand.terminal, person, fen, tender)
        answer = await hand.write(
            "account.topup",
            member=person.card,
            amount_fen=fen,
            tenders=[{"kind": tender, "amount_fen": fen}],
            cashier="小王",
        )
        same((answer["gift_fen"], answer["points"]), (gift, points))
        same(told(answer), person.balances())


async def withdraw(day: Day, hand: Hand) -> None:
    person = day.person()
    async with person.busy:
        fen = max(1, day.chance.choice((1, person.own // 2, person.own, person.own + 1)))
        answer = await hand.agreed(
            lambda: day.book.withdraw(hand.terminal, person, fen),
            "account.withdraw",
            member=person.id,
            amount_fen=fen,
            tender={"kind": "cash"},
            cashier="小王",
            approve="店长",
        )
        if answer is not None:
            same(told(answer), person.balances())


async def repay(day: Day, hand: Hand) -> None:
    person = day.person()
    async with person.busy:
        if not person.owed:
            return
        fen = day.chance.choice((1, (person.owed + 1) // 2, person.owed))
        day.book.repay(hand.terminal, person, fen)
        answer = await hand.write(
            "credit.repay",
            member=person.id,
            amount_fen=fen,
            tenders=[{"kind": "cash", "amount_fen": fen}],
            cashier="小王",
        )
        same(answer["owed_fen"], person.owed)
        same(told(answer), person.balances())


async def adjust(day: Day, hand: Hand) -> None:
    person = day.person()
    async with person.busy:
        points = day.chance.choice((1, 60, 300, -1, -max(1, person.points), -max(0, person.points) - 1))
        answer = await hand.agreed(
            lambda: day.book.adjust(person, points),
            "points.adjust",
            member=person.card,
            points=points,
            cashier="小王",
            **ANSWERED,
        )
        if answer is not None:
            same(told(answer), person.balances())


async def sell_pass(day: Day, hand: Hand) -> None:
    person, qty = day.person(), day.chance.choice((1, 1, 2))
    async with person.busy:
        day.book.sell_pass(hand.terminal, person, qty)
        params = {"member": person.id, "pass": "WASH-5", "qty": qty, "cashier": "小王"}
        tenders = [{"kind": "cash", "amount_fen": qty * PASS_FEN + 100}]
        answer = await hand.write("pass.sell", tenders=tenders, **params)
        same((answer["visits_left"], answer["change_fen"]), (person.visits, 100))


async def use_pass(day: Day, hand: Hand) -> None:
    """Once or more; some uses are given back."""
    person, visits = day.person(), day.chance.choice((1, 1, 2, 6))
    async with person.busy:
        answer = await hand.agreed(
            lambda: day.book.use_pass(person, visits),
            "pass.use",
            member=person.card,
            service="WASH",
            visits=visits,
            cashier="小王",
        )
        if answer is None:
            return
        same(answer["visits_left"], person.visits)
        if day.chance.random() < 0.3:
            person.visits += visits
            given = await hand.write("pass.give_back", slip=answer["slip"], cashier="小王", **ANSWERED)
            same(given["visits_left"], person.visits)


async def give_coupon(day: Day, hand: Hand) -> None:
    answer = await hand.write("coupon.issue", kind="TEN-OFF", **ANSWERED)
    day.book.coupons[answer["code"]] = True


async def buy_coupon(day: Day, hand: Hand) -> None:
    """For points; it is the member's, who may not be there when somebody else brings it: so it is kept aside."""
    person = day.person()
    async with person.busy:
        answer = await hand.agreed(
            lambda: day.book.buy_coupon(person),
            "coupon.issue",
            kind="TEN-OFF",
            member=person.id,
            pay="points",
        )
        if answer is not None:
            same(answer["balances"]["points"]["balance"], person.points)
            day.book.coupons[answer["code"]] = True
            day.taken.add(answer["code"])


async def give_voucher(day: Day, hand: Hand) -> None:
    """Given, or sold over the counter."""
    value = day.chance.choice((100, 2_000, 10_000))
    if day.chance.random() < 0.5:
        answer = await hand.write("voucher.issue", value_fen=value, cashier="小王", **ANSWERED)
    else:
        tenders = [{"kind": "cash", "amount_fen": value}]
        answer = await hand.write("voucher.issue", value_fen=value, cashier="小王", tenders=tenders)
        day.book.move(hand.terminal, {"cash": value})
    day.book.new_voucher(answer["code"], value)


async def lose_card(day: Day, hand: Hand) -> None:
    """Nothing is done with a lost card; the new one leads to all that the member had."""
    person = day.person()
    async with person.busy:
        former, card = person.card, day.card()
        await hand.write("card.lost", member=former, cashier="小王")
        for reference in (former, person.id):
            await hand.refused(STOPPED, "sale.quote", cashier="小王", member=reference, quick_fen=100)
        person.card = card
        day.book.move(hand.terminal, {"cash": NEW_CARD_FEN})
        tenders = [{"kind": "cash", "amount_fen": NEW_CARD_FEN}]
        answer = await hand.write(
            "card.replace", member=former, card_no=card, tenders=tenders, cashier="小王"
        )
        same(answer["fee_fen"], NEW_CARD_FEN)
        await hand.refused(STOPPED, "member.lookup", by="card", value=former)


async def open_shift(day: Day, hand: Hand) -> None:
    opened = await hand.write("shift.open", cashier="小王", float_fen=FLOAT_FEN)
    day.book.shifts[hand.terminal] = (opened["shift"], day.book.of(hand.terminal))


async def change_shift(day: Day, hand: Hand) -> None:
    """One closes, the next one opens."""
    shift, before = day.book.shifts[hand.terminal]
    expected = FLOAT_FEN + day.book.of(hand.terminal) - before
    report = await hand.ask("shift.report")
    same((report["shift"], report["expected_fen"]), (shift, expected))
    if expected >= 5:
        answer = await hand.write("shift.close", cashier="小李", counted_fen=expected - 5)
        same(answer["difference_fen"], -5)
        await open_shift(day, hand)
