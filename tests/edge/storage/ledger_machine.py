"""A shop driven at random, on a real ledger: after every step the books of the oracle and the file must agree."""

import asyncio
import copy
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.clock import ManualClock
from edge.counter import members, quoting, refund, sale
from edge.counter.refusals import out_of_funds
from edge.counter.shop import Keyed
from edge.domain.units import Unit
from edge.errors import PosError
from edge.storage.invariants import violations
from edge.storage.ledger import Short
from edge.storage.transaction import Transaction
from tests.edge.counter.conftest import DAY_MS, NOW_MS, bundle, new_idem, open_counter
from tests.edge.storage import oracle

RAM = Path("/dev/shm")
"""Without a disk under it a commit costs nothing; what a disk may do has tests of its own."""

CONFLICT = 1302
numbers = st.integers(0, 4)
few = st.integers(0, 2)
quarters = st.sampled_from((1, 2, 3, 4))
amounts = st.sampled_from((1, 2, 7, 30, 200, 1000))
units = st.sampled_from(
    (
        *("points", "points", "points", "points", "fen", "fen", "gift_fen"),
        *("credit_fen", "visits:WASH", "coupon", "voucher_fen"),
    )
)
"""Every kind of account; the first three are those that sales and refunds move."""
basket_lines = st.lists(
    st.tuples(
        st.sampled_from((1000, 1000, 2000, 3333, 500, 1)),
        st.sampled_from((0, 1, 99, 333, 2500, 7777, 15_000)),
    ),
    min_size=1,
    max_size=3,
)


class Booking(Keyed, frozen=True):
    """A change of one account that no counter makes yet: a top-up with an expiry, a pass, a correction."""

    do: Literal["earn", "spend", "claw", "expire"]
    member: str
    unit: Unit
    amount: int
    expires_ms: int


class Booked(msgspec.Struct, frozen=True):
    amount: int
    duplicate: bool = False


class LedgerMachine(RuleBasedStateMachine):
    """One shop. ``acked`` is every answer that a till got, by its key."""

    with_hq = False

    # --- the shop opens, closes, is copied ---

    @initialize(shortfall=st.sampled_from(("cash", "debt")))
    def open(self, shortfall: str) -> None:
        self.raw = bundle(shortfall)
        self.folder = Path(tempfile.mkdtemp(dir=RAM if RAM.is_dir() else None))
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock(NOW_MS)
        self.books = oracle.Books(not self.with_hq, shortfall)
        self.cards: list[str] = []
        self.asked: list[tuple[str, Keyed]] = []
        self.acked: dict[tuple[str, str], bytes] = {}
        self.hq_keys: set[str] = set()
        self.events = self.last_ms = 0
        self.begin()
        self.start()
        for number, referrer in ((0, None), (1, 0), (2, 1)):
            self.register(number, referrer)
            for points, days in ((20, 25), (30, None), (150, None)):
                self.book_directly("earn", number, "points", points, days)
            self.book_directly("earn", number, "fen", 1000, None)
            self.book_directly("earn", number, "gift_fen", 200, 25)

    def begin(self) -> None:
        """Before the first start."""

    def start(self) -> None:
        opening = open_counter(self.folder, self.clock, with_hq=self.with_hq, raw=self.raw, printers=("p1",))
        self.counter = self.run(opening)
        self.shop = self.counter.shop
        self.db = sqlite3.connect(f"file:{self.folder}/ledger.db?mode=ro", uri=True, isolation_level=None)

    def stop(self) -> None:
        self.db.close()
        self.run(self.counter.close())

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if hasattr(self, "counter"):
            self.stop()
            self.loop.close()
            shutil.rmtree(self.folder)

    @rule(copied=st.booleans())
    def restart(self, copied: bool) -> None:
        """From the same file, or from a copy in its place: that is another life."""
        self.stop()
        file = self.folder / "ledger.db"
        if copied:
            shutil.copy(file, file.with_suffix(".copy"))
            file.with_suffix(".copy").replace(file)
        self.start()
        if copied:
            self.new_life()

    def new_life(self) -> None:
        self.books.fresh_life()

    @rule(ms=st.sampled_from((1, 60_000, DAY_MS, 20 * DAY_MS, -3_600_000)))
    def turn_the_clock(self, ms: int) -> None:
        self.clock.set_ms(self.clock.now_ms() + ms)

    # --- what tills ask ---

    def ask(self, kind: str, request: Keyed, expected: Callable[[oracle.Books], Any]) -> Any:
        """Ask the box, and let ``expected`` change the books; both refuse with one code, or both agree."""
        self.now_ms = max(self.clock.now_ms(), self.last_ms)
        books = copy.deepcopy(self.books)
        try:
            wanted: Any = expected(books)
            code = None
        except oracle.Refused as refused:
            books, code = self.books, refused.code
        answer = self.answer(kind, request)
        assert (answer.code if isinstance(answer, PosError) else None) == code, answer
        self.books, self.last_ms = books, self.now_ms
        self.asked.append((kind, request))
        self.acked["T1", request.idem] = body_of(answer)
        if code is None and kind != "book":
            self.note_event(answer)
        return answer if code is not None else (answer, wanted)

    def answer(self, kind: str, request: Any) -> Any:
        """The reply or the refusal."""
        try:
            match kind:
                case "register":
                    return self.run(members.register(self.shop, "T1", request))
                case "sell":
                    return self.run(sale.commit(self.shop, self.counter.quotes, "T1", request))
                case "refund":
                    return self.run(refund.refund(self.shop, "T1", request))
                case _:
                    return self.run(self.book(request))
        except PosError as refusal:
            return refusal

    async def book(self, request: Booking) -> Booked:
        def decide(transaction: Transaction) -> Booked:
            ledger = transaction.ledger
            match request.do:
                case "earn":
                    ledger.earn(request.member, request.unit, request.amount, "test", request.expires_ms)
                case "claw":
                    ledger.claw(request.member, request.unit, request.amount, "test")
                case "expire":
                    return Booked(ledger.expire(request.member, request.unit))
                case "spend":
                    spend(transaction, request)
            return Booked(request.amount)

        reply: Booked = await self.shop.write("T1", "test.book", request, Booked, decide)
        return reply

    @rule(number=numbers, referrer=st.sampled_from((None, 0, 1, 2, 9)))
    def register(self, number: int, referrer: int | None) -> None:
        card, above = f"8000000{number}", f"8000000{referrer}" if referrer is not None else None
        known = {held: self.shop.find_member(held).id for held in self.cards}
        request = members.RegisterRequest(idem=new_idem(), card_no=card, name="张三", referrer=above)

        def expected(books: oracle.Books) -> None:
            if card in known:
                raise oracle.Refused(oracle.TAKEN)
            if above is not None and above not in known:
                raise oracle.Refused(oracle.NO_MEMBER)

        if not isinstance(self.ask("register", request, expected), PosError):
            self.cards.append(card)
            self.books.register(self.shop.find_member(card).id, known[above] if above else None)

    @rule(
        lines=basket_lines,
        member=st.sampled_from((None, 0, 1, 2, 2, 3, 4)),
        redeem=st.sampled_from((0, 3, 50, "all", "all", "more")),
        stored=st.sampled_from((0, 0, 1, 1, 2)),
        pays=st.sampled_from(("exactly", "exactly", "exactly", "with change", "too little")),
    )
    def sell(
        self, lines: list[tuple[int, int]], member: int | None, redeem: Any, stored: int, pays: str
    ) -> None:
        found = self.member(member)
        if found is None:
            redeem = stored = 0
        else:
            held = self.books.account(found, "points").spendable(self.shop.now_ms())
            redeem = held + 1 if redeem == "more" else min(held, int(redeem) if redeem != "all" else 999)
        basket = quoting.QuoteRequest(
            cashier="小王",
            member=found,
            redeem_points=redeem,
            lines=tuple(quoting.BasketLine(qty, price, name="茶") for qty, price in lines),
        )
        due_fen, sold = self.price(basket, stored)
        tenders = paying(due_fen, sold.stored, pays)
        request = sale.CommitRequest(idem=new_idem(), basket=basket, tenders=tenders)

        def expected(books: oracle.Books) -> oracle.Sale:
            if found is not None and redeem:
                books.check(books.account(found, "points"), redeem, self.shop.now_ms())
            if sum(t.amount_fen for t in tenders) < due_fen:
                raise oracle.Refused(oracle.NOT_PAID)
            mine: oracle.Sale = copy.deepcopy(sold)
            books.sell(mine, min(redeem, mine.net // oracle.FEN_PER_POINT_REDEEMED), self.now_ms)
            assert mine.earned == (mine.due // 100 if found else 0)
            assert mine.due == due_fen
            return mine

        told = self.ask("sell", request, expected)
        if not isinstance(told, PosError):
            reply, mine = told
            self.books.sales[reply.sale] = mine
            assert reply.receipt_no == f"S001-{mine.day:%y%m%d}-{self.books.receipts[mine.day]:04d}"

    def price(self, basket: quoting.QuoteRequest, stored: int) -> tuple[int, oracle.Sale]:
        """What the rules make of the basket (they have an oracle of their own): what is due, and the lines.

        ``stored`` of it is paid from stored value: nothing (0), as much as may be (1), all (2).
        """
        day_ms = max(self.clock.now_ms(), self.last_ms)
        day = oracle.business_day(day_ms)
        try:
            decision = quoting.price(self.shop, basket, self.shop.clock.now_ms()).decision
        except PosError:  # the box will refuse the commit too: the books say with which code
            return 0, oracle.Sale(basket.member, day, [], 0)
        lines = [oracle.Line(line.qty_milli, line.net_fen, line.points) for line in decision.lines]
        held_fen = self.books.stored_here(basket.member, day_ms) if basket.member and stored else 0
        stored_fen = decision.due_fen if stored == 2 else min(decision.due_fen, held_fen)
        return decision.due_fen, oracle.Sale(basket.member, day, lines, stored_fen)

    @rule(
        which=st.integers(0, 30),
        parts=st.lists(st.tuples(st.integers(0, 2), quarters), max_size=3),
    )
    @precondition(lambda self: self.books.sales)
    def refund(self, which: int, parts: list[tuple[int, int]]) -> None:
        """By line, in quarters of what is left; a thousandth of a line that is gone already is refused."""
        name, sold = self.pick(list(self.books.sales.items()), which)
        asked = {
            index: max(1, (sold.lines[index].qty - sold.lines[index].back) * part // 4)
            for index, part in parts
            if index < len(sold.lines)
        }
        request = refund.RefundRequest(
            idem=new_idem(),
            sale=name,
            tender=refund.RefundTender("cash"),
            lines=tuple(refund.ReturnedLine(*part) for part in asked.items()),
        )
        today = oracle.business_day(max(self.clock.now_ms(), self.last_ms))
        told = self.ask(
            "refund",
            request,
            lambda books: books.refund(books.sales[name], list(asked.items()), today, self.now_ms),
        )
        if not isinstance(told, PosError):
            reply, given = told
            assert given == oracle.GivenBack(
                reply.amount_fen,
                reply.stored_value_back_fen,
                reply.points_back,
                reply.points_clawed,
                reply.points_short,
                reply.points_debt,
            )

    @rule(
        lines=basket_lines,
        member=few,
        claw=st.booleans(),
        parts=st.lists(st.tuples(st.integers(0, 2), quarters)),
    )
    def redeem_and_return(self, lines: Any, member: int, claw: bool, parts: Any) -> None:
        """Points spent on what comes back, with a debt made in between: rare among random steps."""
        sales = len(self.books.sales)
        self.sell(lines, member, "all", 1, "exactly")
        if len(self.books.sales) > sales:
            if claw:
                self.book_directly("claw", member, "points", 1000, None)
            self.refund(-1, parts)

    @rule(
        do=st.sampled_from(("earn", "earn", "spend", "claw", "claw", "expire")),
        number=few,
        unit=units,
        amount=amounts,
        days=st.sampled_from((None, None, 0, 1, 25)),
    )
    def book_directly(self, do: Any, number: int, unit: Unit, amount: int, days: int | None) -> None:
        member = self.member(number)
        if member is None:
            return
        expires_ms = oracle.NEVER_MS if days is None else self.clock.now_ms() + days * DAY_MS
        request = Booking(new_idem(), do, member, unit, amount, expires_ms)

        def expected(books: oracle.Books) -> None:
            match do:
                case "earn":
                    books.earn(member, unit, amount, expires_ms)
                case "spend":
                    books.spend(member, unit, amount, self.now_ms)
                case "claw":
                    books.claw(member, unit, amount, self.now_ms)
                case _:
                    books.expire(member, unit, self.now_ms)

        self.ask("book", request, expected)

    @rule(which=st.integers(0, 99), other=st.booleans())
    def use_a_key_again(self, which: int, other: bool) -> None:
        """For the same, and get the same answer; or for something ``other``, and be told so."""
        kind, request = self.pick(self.asked, which)
        if other:
            answer = self.answer(kind, changed(kind, request))
            assert isinstance(answer, PosError)
            assert answer.code == CONFLICT
            return
        again = self.answer(kind, request)
        assert isinstance(again, PosError) or again.duplicate
        assert body_of(again) == self.acked["T1", request.idem]

    def note_event(self, reply: Any) -> None:
        """What must be there for HQ after an accepted operation: nothing, there is none."""
        assert reply.queue_seq is None

    # --- after every step ---

    @invariant()
    def the_ledger_is_sound(self) -> None:
        if hasattr(self, "counter"):
            assert violations(self.db, self.acked) == []

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "counter"):
            return
        expected = {
            key: (a.balance, a.debt, rights_row(a), [(lot.remaining, lot.expires_ms) for lot in a.lots])
            for key, a in self.books.accounts.items()
        }
        blank: Any = (0, 0, (0,) * 6, [])
        found = self.accounts()
        assert {k: v for k, v in found.items() if v != blank} == {
            k: v for k, v in expected.items() if v != blank
        }
        assert self.sales() == {
            name: (s.net, s.due, s.earned, s.refunded, s.points_taken, s.points_back, s.rewards_taken)
            for name, s in self.books.sales.items()
        }
        people = self.db.execute("SELECT id, tier, cumulative_fen, visits FROM member").fetchall()
        assert sorted(people) == sorted(
            (name, oracle.TIERS[p.tier][0], p.spent_fen, p.visits) for name, p in self.books.members.items()
        )
        assert self.counts() == (
            len(self.acked) + len(self.hq_keys),
            sum(self.books.receipts.values()),
            self.events,
        )

    def accounts(self) -> dict[tuple[str, str], Any]:
        lots: dict[int, list[tuple[int, int]]] = {}
        for account, remaining, expires_ms in self.db.execute(
            "SELECT account, remaining, expires_ms FROM lot ORDER BY id"
        ):
            lots.setdefault(account, []).append((remaining, expires_ms))
        rows = self.db.execute(
            "SELECT a.id, owner, unit, credits - debits, debt, coalesce(granted, 0), coalesce(earned, 0),"
            " coalesce(spent, 0), coalesce(reversed, 0), coalesce(clawed, 0), coalesce(elsewhere, 0)"
            " FROM account a LEFT JOIN rights r ON r.account = a.id WHERE owner NOT LIKE '#%'"
        )
        return {
            (owner, unit): (balance, debt, tuple(rights), lots.get(number, []))
            for number, owner, unit, balance, debt, *rights in rows
        }

    def sales(self) -> dict[str, Any]:
        taken: dict[str, list[int]] = {}
        for name, points in self.db.execute("SELECT sale, taken FROM referral ORDER BY sale, level"):
            taken.setdefault(name, []).append(points)
        rows = self.db.execute(
            "SELECT id, net_fen, due_fen, points_earned, refunded_fen, points_taken, points_back FROM sale"
        )
        return {name: (*figures, taken.get(name, [])) for name, *figures in rows}

    def counts(self) -> tuple[int, int, int]:
        row: tuple[int, int, int] = self.db.execute(
            "SELECT (SELECT count(*) FROM op), (SELECT count(*) FROM print_job),"
            " (SELECT acked_events + (SELECT count(*) FROM outbox) FROM sync_line)"
        ).fetchone()
        return row

    # --- the pieces ---

    def member(self, number: int | None) -> str | None:
        """One of the members there are."""
        if number is None or not self.cards:
            return None
        card: str = self.pick(self.cards, number)
        found: str = self.shop.find_member(card).id
        return found

    @staticmethod
    def pick(choices: Any, which: int) -> Any:
        """Late ones as often as early ones, whatever their number."""
        return choices[which % len(choices)]


def body_of(answer: Any) -> bytes:
    """What must be stored for ``answer``, byte for byte."""
    if isinstance(answer, PosError):
        told = {"code": int(answer.code), "message": answer.message, "data": answer.data}
        return msgspec.json.encode(told)
    return msgspec.json.encode(msgspec.structs.replace(answer, duplicate=False))


def changed(kind: str, request: Keyed) -> Keyed:
    """Another request under the same key."""
    match kind:
        case "book":
            return msgspec.structs.replace(request, amount=77)
        case "register":
            return msgspec.structs.replace(request, region="浦东")
        case _:
            return msgspec.structs.replace(request, approve="x")


def spend(transaction: Transaction, request: Booking) -> None:
    try:
        transaction.ledger.spend(request.member, request.unit, request.amount, "test")
    except Short as short:
        raise out_of_funds(short.balance, short.spendable, request.amount, request.unit) from short


def paying(due_fen: int, stored_fen: int, how: str) -> tuple[sale.Tender, ...]:
    change_fen = {"exactly": 0, "with change": 500, "too little": -1}[how]
    cash = sale.Tender("cash", max(0, due_fen - stored_fen + change_fen))
    return (cash, sale.Tender("stored_value", stored_fen)) if stored_fen else (cash,)


def rights_row(account: oracle.Account) -> tuple[int, ...]:
    return tuple(
        account.rights[name] for name in ("granted", "earned", "spent", "reversed", "clawed", "elsewhere")
    )
