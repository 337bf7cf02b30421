"""What a day in the shop must come to, in plain Python: who holds what, what each till has moved, what is used up.

Nothing here is shared with the box. Each method is one thing that happens at the counter: it changes the book and says
what the box must answer, or raises Refused with the code that it must answer.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

FEN_PER_POINT, FEN_PER_POINT_PAID = 100, 10
COUPON_FROM, COUPON_OFF, COUPON_POINTS = 5_000, 1_000, 50
PASS_FEN, PASS_VISITS = 10_000, 5
NEW_CARD_FEN = 500
GIFT_POINTS = 30
ROOM_HOUR_FEN, ROOM_CAP_FEN = 3_000, 15_000
SHORT, CREDIT, COUPON, REFUNDED, STOPPED, NOT_SO = 1205, 1206, 1502, 1308, 1202, -32602

PROGRAMME: dict[str, Any] = {
    "referral": [],
    "topup": {
        "levels": [
            {"min_fen": 20_000, "gift_fen": 1_000},
            {"min_fen": 50_000, "gift_bp": 1_000, "points": 30},
        ],
        "withdraw": "keep_gift",
    },
    "credit": {"days": 30, "max_limit_fen": 50_000, "refuse_overdue": True},
    "passes": [
        {
            "id": "WASH-5",
            "name": "洗发五次卡",
            "price_fen": PASS_FEN,
            "services": ["WASH"],
            "visits": PASS_VISITS,
        }
    ],
    "catalogue": [{"id": "CUP", "name": "杯子", "points": GIFT_POINTS, "sku": "CUP"}],
    "services": [
        {
            "id": "ROOM",
            "name": "包间",
            "fen_per_unit": ROOM_HOUR_FEN,
            "unit_minutes": 60,
            "round": "up",
            "cap_fen": ROOM_CAP_FEN,
        }
    ],
    "cards": {"replace_fee_fen": NEW_CARD_FEN},
    "groups": [
        {"id": "coupon", "phase": "discount", "order": 0},
        {"id": "base", "phase": "points", "order": 1},
    ],
    "coupons": [
        {
            "id": "TEN-OFF",
            "name": "满50减10券",
            "group": "coupon",
            "do": {"op": "every_off", "every_fen": COUPON_FROM, "off_fen": COUPON_OFF},
            "points_price": COUPON_POINTS,
        }
    ],
}


class Refused(Exception):
    """The box must answer with this code, and change nothing."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class Person:
    """A member. Whoever deals with one holds ``busy``: then the answer is known beforehand."""

    id: str
    card: str
    points: int = 0
    own: int = 0
    gift: int = 0
    limit: int = 0
    owed: int = 0
    visits: int = 0
    spent: int = 0
    bought: int = 0
    had_pass: bool = False
    sales: "list[Sale]" = field(default_factory=list)
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    def balances(self) -> dict[str, Any]:
        """As a reply says them."""
        return {
            "points": {"balance": self.points, "spendable": max(0, self.points)},
            "stored_value": {
                "balance_fen": self.own + self.gift,
                "spendable_fen": self.own + self.gift,
                "gift_fen": self.gift,
            },
            "credit": {
                "limit_fen": self.limit,
                "owed_fen": self.owed,
                "spendable_fen": max(0, self.limit - self.owed),
                "overdue_fen": 0,
            }
            if self.limit or self.owed
            else None,
        }

    def accounts(self) -> dict[str, int]:
        """As the ledger has them; an account with nothing on it may be missing."""
        held = {
            "points": self.points,
            "fen": self.own,
            "gift_fen": self.gift,
            "credit_fen": self.limit - self.owed,
            "visits:WASH-5": self.visits,
        }
        return {unit: amount for unit, amount in held.items() if amount}


@dataclass
class Voucher:
    value: int
    good: bool = True


@dataclass
class Sale:
    """What was sold, and how it was paid: ``money`` net of change, by tender."""

    person: Person | None
    due: int
    points_used: int
    earned: int
    own: int = 0
    gift: int = 0
    on_credit: int = 0
    settled: int = 0
    voucher: str | None = None
    voucher_fen: int = 0
    coupon: str | None = None
    teas: int = 0
    money: Counter[str] = field(default_factory=Counter)
    id: str = ""
    undone: str = ""


@dataclass(frozen=True)
class Back:
    """What a refund of everything brings back, and to where."""

    handed_out: int
    stored: int
    gift: int
    on_credit: int
    voucher: int
    points_back: int
    clawed: int
    short: int


@dataclass
class Book:
    """The whole shop. ``coupons`` are good (True) or used up; ``moved`` is money by (till, tender).

    ``shifts`` are a till's open one, and its cash before it; ``decided`` counts the keys that were answered;
    ``rooms`` are services that run, since when (ms).
    """

    people: list[Person] = field(default_factory=list)
    vouchers: dict[str, Voucher] = field(default_factory=dict)
    coupons: dict[str, bool] = field(default_factory=dict)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    sales: list[Sale] = field(default_factory=list)
    shifts: dict[str, tuple[str, int]] = field(default_factory=dict)
    decided: int = 0
    stock: Counter[str] = field(default_factory=Counter)
    rooms: dict[str, int] = field(default_factory=dict)

    # --- selling ---

    def sell(self, till: str, sale: Sale, stored: int) -> None:
        """Everything that a sale changes of which ``stored`` is paid from stored value; the rest is in ``sale``."""
        person = sale.person
        if person is not None:
            spend(person.points, sale.points_used)
            spend(person.own + person.gift, stored)
            if sale.on_credit > max(0, person.limit - person.owed):
                raise Refused(CREDIT)
        if sale.voucher is not None and not self.vouchers[sale.voucher].good:
            raise Refused(COUPON)
        sale.own = min(stored, person.own) if person else 0
        sale.gift = stored - sale.own
        if sale.voucher is not None:
            self.vouchers[sale.voucher].good = False
        if sale.coupon is not None:
            self.coupons[sale.coupon] = False
        if person is not None:
            self._count(person, sale)
        self.stock["TEA"] -= sale.teas
        self.move(till, sale.money)
        self.sales.append(sale)

    def _count(self, person: Person, sale: Sale) -> None:
        person.points += sale.earned - sale.points_used
        person.own -= sale.own
        person.gift -= sale.gift
        person.owed += sale.on_credit
        person.spent += sale.due
        person.bought += 1
        person.sales.append(sale)

    def refund(self, till: str, sale: Sale) -> Back:
        """All of a sale comes back, in cash where it was paid with money; raises Refused."""
        if sale.undone:
            raise Refused(REFUNDED)
        held = sale.person.points if sale.person else 0
        missing = sale.earned - min(sale.earned, max(0, held + sale.points_used))
        kept = min(missing, sale.due // FEN_PER_POINT_PAID)
        money = sale.due - kept * FEN_PER_POINT_PAID
        voucher = min(money, sale.voucher_fen)
        on_credit = min(money - voucher, sale.on_credit - sale.settled)
        gift = min(money - voucher - on_credit, sale.gift)
        own = min(money - voucher - on_credit - gift, sale.own)
        rest = money - voucher - on_credit - gift - own
        back = Back(rest, own + gift, gift, on_credit, voucher, sale.points_used, sale.earned - kept, missing)
        self._undo(sale, back, own, "refunded")
        self.move(till, {"cash": -rest})
        return back

    def void(self, till: str, sale: Sale) -> Back:
        """A sale of today is undone, every tender the way it came; only where no point of it is missing."""
        back = Back(
            sum(sale.money.values()),
            sale.own + sale.gift,
            sale.gift,
            sale.on_credit,
            sale.voucher_fen,
            sale.points_used,
            sale.earned,
            0,
        )
        self._undo(sale, back, sale.own, "voided")
        self.move(till, {tender: -fen for tender, fen in sale.money.items()})
        if sale.person:
            sale.person.bought -= 1
        return back

    def _undo(self, sale: Sale, back: Back, own: int, how: str) -> None:
        sale.undone = how
        self.stock["TEA"] += sale.teas
        if sale.coupon is not None:
            self.coupons[sale.coupon] = True
        if sale.voucher is not None and back.voucher == sale.voucher_fen:
            self.vouchers[sale.voucher].good = True
        if sale.person is not None:
            sale.person.points += back.points_back - back.clawed
            sale.person.own += own
            sale.person.gift += back.gift
            sale.person.owed -= back.on_credit
            sale.person.spent -= sale.due
            sale.settled += back.on_credit

    # --- accounts ---

    def top_up(self, till: str, person: Person, fen: int, tender: str) -> tuple[int, int]:
        """(gift, points) that come with it."""
        gift, points = (fen // 10, 30) if fen >= 50_000 else (1_000, 0) if fen >= 20_000 else (0, 0)
        person.own += fen
        person.gift += gift
        person.points += points
        self.move(till, {tender: fen})
        return gift, points

    def withdraw(self, till: str, person: Person, fen: int) -> None:
        spend(person.own, fen)
        person.own -= fen
        self.move(till, {"cash": -fen})

    def repay(self, till: str, person: Person, fen: int) -> None:
        """The oldest debt first."""
        person.owed -= fen
        self.move(till, {"cash": fen})
        for sale in person.sales:
            part = min(fen, sale.on_credit - sale.settled)
            sale.settled += part
            fen -= part

    def adjust(self, person: Person, points: int) -> None:
        spend(person.points, -points)
        person.points += points

    def sell_pass(self, till: str, person: Person, qty: int) -> None:
        person.visits += qty * PASS_VISITS
        person.had_pass = True
        self.move(till, {"cash": qty * PASS_FEN})

    def use_pass(self, person: Person, visits: int) -> None:
        spend(person.visits, visits)
        person.visits -= visits

    def buy_coupon(self, person: Person) -> None:
        spend(person.points, COUPON_POINTS)
        person.points -= COUPON_POINTS

    def redeem(self, person: Person, pieces: int) -> None:
        """Points first, then the shelf."""
        spend(person.points, pieces * GIFT_POINTS)
        if pieces > self.stock["CUP"]:
            raise Refused(NOT_SO)
        person.points -= pieces * GIFT_POINTS
        self.stock["CUP"] -= pieces

    def new_voucher(self, code: str, value: int) -> None:
        self.vouchers[code] = Voucher(value)

    # --- money ---

    def of(self, till: str) -> int:
        """The cash that a till has moved so far."""
        return self.moved[till, "cash"]

    def move(self, till: str, money: "Counter[str] | dict[str, int]") -> None:
        for tender, fen in money.items():
            self.moved[till, tender] += fen


def same(found: object, wanted: object) -> None:
    """Raises AssertionError that shows both: this is no module that pytest rewrites."""
    assert found == wanted, f"the box says\n  {found}\nthe book\n  {wanted}"


def spend(held: int, amount: int) -> None:
    """Raises Refused where there is too little."""
    if amount > max(0, held):
        raise Refused(SHORT)
