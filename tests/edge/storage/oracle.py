"""The shop's books in plain Python: what every balance, lot, right and receipt must be, worked out on its own.

Nothing here is shared with the box. It is slow and small, and says in lists and dicts what the ledger says in SQL.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

NEVER_MS = 2**62
FEN_PER_POINT_REDEEMED = 10
REFERRAL_FEN = (500, 2000)
REFUND_DAYS = 30
TIERS = (("plain", None, None), ("gold", 20_000, 12_000), ("diamond", 60_000, 40_000))

SHORT, NOT_GRANTED, NOT_PAID, NO_MEMBER = 1205, 1601, 1304, 1201
GONE, LATE, TOO_MANY, TAKEN = 1308, 1309, 1310, -32602


class Refused(Exception):
    """The box must answer with this code, and change nothing."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Lot:
    remaining: int
    expires_ms: int


@dataclass
class Use:
    lot: Lot
    left: int


@dataclass
class Account:
    """``rights`` by the names that the ledger has for them."""

    balance: int = 0
    debt: int = 0
    lots: list[Lot] = field(default_factory=list)
    rights: Counter[str] = field(default_factory=Counter)

    def lapsed(self, now_ms: int) -> int:
        """What nobody may count any more, although nobody has booked it yet."""
        return sum(lot.remaining for lot in self.lots if lot.expires_ms <= now_ms)

    def live(self, now_ms: int) -> int:
        return self.balance - self.lapsed(now_ms)

    def spendable(self, now_ms: int) -> int:
        """Lapsing uses rights up, as taking back does."""
        r = self.rights
        right = r["granted"] - (r["spent"] - r["reversed"]) - r["clawed"] - self.lapsed(now_ms)
        return max(0, min(self.live(now_ms), right))

    def credit(self, amount: int, expires_ms: int = NEVER_MS) -> None:
        """A debt is paid before anything can be spent."""
        self.balance += amount
        paid = min(self.debt, amount)
        self.debt -= paid
        self.lots.append(Lot(amount - paid, expires_ms))

    def debit(self, amount: int) -> list[Use]:
        """The lot that lapses first goes first, the older of two; what is missing becomes a debt."""
        self.balance -= amount
        uses = []
        for lot in sorted(self.lots, key=lambda lot: lot.expires_ms):
            part = min(lot.remaining, amount)
            lot.remaining -= part
            amount -= part
            uses.append(Use(lot, part))
        self.debt += amount
        return uses

    def give_back(self, uses: list[Use], amount: int) -> None:
        """Into the lots it came from, the last one used first."""
        self.balance += amount
        for use in reversed(uses):
            part = min(use.left, amount)
            use.left -= part
            amount -= part
            paid = min(self.debt, part)
            self.debt -= paid
            use.lot.remaining += part - paid
        assert not amount, "nothing is given back that was not taken"


@dataclass
class Person:
    referrer: str | None = None
    tier: int = 0
    spent_fen: int = 0
    visits: int = 0


@dataclass
class Line:
    qty: int
    net: int
    points: int
    paid: int = 0
    used: int = 0
    back: int = 0

    def share(self, amount: int, qty: int) -> int:
        return amount * (self.back + qty) // self.qty - amount * self.back // self.qty


@dataclass
class Sale:
    member: str | None
    day: date
    lines: list[Line]
    stored: int
    rewards: list[tuple[str, int]] = field(default_factory=list)
    uses: dict[str, list[Use]] = field(default_factory=dict)
    refunded: int = 0
    points_taken: int = 0
    points_back: int = 0
    rewards_taken: list[int] = field(default_factory=list)

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def due(self) -> int:
        return sum(line.net - line.paid for line in self.lines)

    @property
    def earned(self) -> int:
        return sum(line.points for line in self.lines)


@dataclass(frozen=True)
class GivenBack:
    """What a refund hands out and takes."""

    amount: int
    stored: int
    points_back: int
    clawed: int
    short: int
    debt: int


class Books:
    """All of one shop. ``authority``: there is no HQ, the shop grants to itself."""

    def __init__(self, authority: bool, shortfall: str) -> None:
        self.authority, self.shortfall = authority, shortfall
        self.accounts: dict[tuple[str, str], Account] = {}
        self.members: dict[str, Person] = {}
        self.sales: dict[str, Sale] = {}
        self.receipts: Counter[date] = Counter()

    def account(self, member: str, unit: str) -> Account:
        return self.accounts.setdefault((member, unit), Account())

    # --- postings ---

    def earn(self, member: str, unit: str, amount: int, expires_ms: int = NEVER_MS) -> None:
        if amount:
            account = self.account(member, unit)
            account.credit(amount, expires_ms)
            account.rights["earned"] += amount
            account.rights["granted"] += amount if self.authority else 0

    def expire(self, member: str, unit: str, now_ms: int) -> int:
        account = self.account(member, unit)
        lapsed = 0
        for lot in account.lots:
            if lot.expires_ms <= now_ms:
                lapsed += lot.remaining
                lot.remaining = 0
        account.balance -= lapsed
        account.rights["clawed"] += lapsed
        return lapsed

    def spend(self, member: str, unit: str, amount: int, now_ms: int) -> list[Use]:
        if not amount:
            return []
        self.expire(member, unit, now_ms)
        account = self.account(member, unit)
        self.check(account, amount, now_ms)
        account.rights["spent"] += amount
        return account.debit(amount)

    def check(self, account: Account, amount: int, now_ms: int) -> None:
        if amount > account.spendable(now_ms):
            raise Refused(SHORT if account.live(now_ms) < amount else NOT_GRANTED)

    def stored_here(self, member: str, now_ms: int) -> int:
        """Both parts of stored value."""
        return sum(self.account(member, unit).spendable(now_ms) for unit in ("fen", "gift_fen"))

    def spend_stored(self, member: str, amount: int, now_ms: int) -> dict[str, list[Use]]:
        """What was paid in goes first, then what was given."""
        own, gift = self.account(member, "fen"), self.account(member, "gift_fen")
        if amount > self.stored_here(member, now_ms):
            raise Refused(SHORT if own.live(now_ms) + gift.live(now_ms) < amount else NOT_GRANTED)
        part = min(amount, own.spendable(now_ms))
        return {
            "fen": self.spend(member, "fen", part, now_ms),
            "gift_fen": self.spend(member, "gift_fen", amount - part, now_ms),
        }

    def unspend(self, member: str, unit: str, amount: int, uses: list[Use]) -> None:
        account = self.account(member, unit)
        account.give_back(uses, amount)
        reversible = min(amount, account.rights["spent"] - account.rights["reversed"])
        account.rights["reversed"] += reversible
        account.rights["earned"] += amount - reversible
        account.rights["granted"] += amount - reversible if self.authority else 0

    def claw(self, member: str, unit: str, amount: int, now_ms: int) -> None:
        if not amount:
            return
        self.expire(member, unit, now_ms)
        account = self.account(member, unit)
        account.debit(amount)
        account.rights["clawed"] += amount

    def grant(self, member: str, unit: str, granted: int, elsewhere: int | None) -> None:
        account = self.account(member, unit)
        account.rights["granted"] = max(account.rights["granted"], granted)
        if elsewhere is not None:
            change = elsewhere - account.rights["elsewhere"]
            account.rights["elsewhere"] = elsewhere
            if change > 0:
                account.credit(change)
            elif change < 0:
                account.debit(-change)

    def fresh_life(self) -> None:
        """What is held counts as coming from elsewhere; only a shop without HQ may spend it at once."""
        for account in self.accounts.values():
            granted = max(0, account.balance) if self.authority else 0
            account.rights = Counter(elsewhere=account.balance, granted=granted)

    # --- business ---

    def register(self, member: str, referrer: str | None) -> None:
        self.members[member] = Person(referrer)

    def sell(self, sale: Sale, redeem: int, now_ms: int) -> None:
        """Everything a sale changes, in the order of the counter; raises Refused."""
        weights = [line.net for line in sale.lines]
        for line, used, paid in zip(
            sale.lines,
            spread(redeem, weights),
            spread(redeem * FEN_PER_POINT_REDEEMED, weights),
            strict=True,
        ):
            line.used, line.paid = used, paid
        self.receipts[sale.day] += 1
        if sale.member is None:
            return
        sale.uses["points"] = self.spend(sale.member, "points", redeem, now_ms)
        sale.uses |= self.spend_stored(sale.member, sale.stored, now_ms)
        self.earn(sale.member, "points", sale.earned)
        self.reward(sale)
        self.promote(sale)

    def reward(self, sale: Sale) -> None:
        above = self.members[sale.member or ""].referrer
        for fen_per_point in REFERRAL_FEN:
            if above is None:
                break
            points = sale.due // fen_per_point
            if points:
                self.earn(above, "points", points)
                sale.rewards.append((above, points))
                sale.rewards_taken.append(0)
            above = self.members[above].referrer

    def promote(self, sale: Sale) -> None:
        person = self.members[sale.member or ""]
        person.spent_fen += sale.due
        person.visits += 1
        today = sale.due + sum(
            other.due for other in self.sales.values() if (other.member, other.day) == (sale.member, sale.day)
        )
        for rank, (_, in_all, in_a_day) in enumerate(TIERS):
            if (
                in_all is not None
                and in_a_day is not None
                and (person.spent_fen >= in_all or today >= in_a_day)
            ):
                person.tier = max(person.tier, rank)

    def refund(self, sale: Sale, asked: list[tuple[int, int]], today: date, now_ms: int) -> GivenBack:
        """Take ``asked`` (line, quantity) back, or with nothing asked all that is left; raises Refused."""
        if (today - sale.day).days > REFUND_DAYS:
            raise Refused(LATE)
        if all(line.back == line.qty for line in sale.lines):
            raise Refused(GONE)
        parts = [(sale.lines[index], qty) for index, qty in asked] or [
            (line, line.qty - line.back) for line in sale.lines if line.back < line.qty
        ]
        if any(line.back + qty > line.qty for line, qty in parts):
            raise Refused(TOO_MANY)
        cash = sum(line.share(line.net - line.paid, qty) for line, qty in parts)
        net = cash + sum(line.share(line.paid, qty) for line, qty in parts)
        back = sum(line.share(line.used, qty) for line, qty in parts)
        taken = sum(line.share(line.points, qty) for line, qty in parts)
        given = self.settle_refund(sale, cash, back, taken, now_ms)
        self.take_rewards(sale, net, now_ms)
        for line, qty in parts:
            line.back += qty
        sale.refunded += net
        sale.points_taken += taken
        sale.points_back += back
        self.receipts[today] += 1
        return given

    def settle_refund(self, sale: Sale, cash: int, back: int, taken: int, now_ms: int) -> GivenBack:
        """What comes back into a lot that has lapsed is gone again before earned points are taken."""
        held = self.account(sale.member, "points").live(now_ms) if sale.member else 0
        held += sum(part for part, lot in returning(sale, back) if lot.expires_ms > now_ms)
        missing = taken - min(taken, max(0, held))
        kept = min(missing, cash // FEN_PER_POINT_REDEEMED) if self.shortfall == "cash" else 0
        money = cash - kept * FEN_PER_POINT_REDEEMED
        gift = min(money, sum(use.left for use in sale.uses.get("gift_fen", [])))
        own = min(money - gift, sum(use.left for use in sale.uses.get("fen", [])))
        stored = own + gift
        if sale.member:
            self.unspend(sale.member, "points", back, sale.uses["points"])
            self.unspend(sale.member, "fen", own, sale.uses["fen"])
            self.unspend(sale.member, "gift_fen", gift, sale.uses["gift_fen"])
            self.claw(sale.member, "points", taken - kept, now_ms)
            self.members[sale.member].spent_fen -= cash
        return GivenBack(money - stored, stored, back, taken - kept, missing, missing - kept)

    def take_rewards(self, sale: Sale, net: int, now_ms: int) -> None:
        for index, (member, points) in enumerate(sale.rewards):
            upto = points * (sale.refunded + net) // sale.net
            self.claw(member, "points", upto - sale.rewards_taken[index], now_ms)
            sale.rewards_taken[index] = upto


def returning(sale: Sale, amount: int) -> list[tuple[int, Lot]]:
    """Where ``amount`` points go, the lot used last first."""
    parts = []
    for use in reversed(sale.uses.get("points", [])):
        part = min(use.left, amount)
        amount -= part
        parts.append((part, use.lot))
    return parts


def spread(amount: int, weights: list[int]) -> list[int]:
    """Share by share, each what the running total is due so far less what was given."""
    total = sum(weights)
    due = [amount * sum(weights[: n + 1]) // total if total else 0 for n in range(len(weights))]
    return [share - former for share, former in zip(due, [0, *due], strict=False)]


def business_day(at_ms: int) -> date:
    """In Shanghai (UTC+8) the day starts at four in the morning."""
    return date(1970, 1, 1) + timedelta(days=(at_ms // 1000 + 4 * 3600) // 86_400)
