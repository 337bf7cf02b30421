"""One request's view of the ledger: the tables by noun, and the rule that every decision is stored under its key."""

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from edge.clock import Clock
from edge.domain.staff import NOBODY, Actor
from edge.errors import Code, PosError, Retry
from edge.storage.attendance import Attendance
from edge.storage.bundles import Bundles
from edge.storage.cards import Cards
from edge.storage.commissions import Commissions
from edge.storage.coupons import Coupons
from edge.storage.credit import Credit
from edge.storage.deliveries import Deliveries
from edge.storage.gifts import Gifts
from edge.storage.goods import Goods
from edge.storage.held import HeldBaskets
from edge.storage.hot_cards import HotCards
from edge.storage.imports import Imports
from edge.storage.incarnation import fresh_incarnation
from edge.storage.kin import Kin
from edge.storage.ledger import Ledger
from edge.storage.members import Members
from edge.storage.money import Money
from edge.storage.notes import Notes
from edge.storage.outbox import Outbox
from edge.storage.passes import Passes
from edge.storage.print_jobs import PrintJobs
from edge.storage.rule_uses import RuleUses
from edge.storage.sales import Sales
from edge.storage.shelf_prices import ShelfPrices
from edge.storage.shifts import Shifts
from edge.storage.slips import Slips
from edge.storage.staff import Staff
from edge.storage.stock import Stock
from edge.storage.timed import Timed
from edge.storage.vouchers import Vouchers

T = TypeVar("T")

_NOT_DECIDED = {Code.QUOTE_EXPIRED, Code.RULES_CHANGED}

CLOCK_SLACK_MS = 1000
"""A clock that is set right goes back by less; one that is further behind the ledger is not to be trusted."""

GENESIS = bytes(32)
"""What the first operation's hash is chained to."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A write that somebody asked for: who (till), under which key, what kind, and its content (JSON)."""

    till: str
    key: str
    kind: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored answer of an operation, byte for byte the same on every retry; ``ok`` False is a refusal."""

    body: bytes
    ok: bool
    duplicate: bool

    def decoded(self, reply: type[T]) -> T:
        """The answer as ``reply``; raises the PosError that was stored for a refused request."""
        if self.ok:
            return msgspec.json.decode(self.body, type=reply)
        stored = msgspec.json.decode(self.body)
        refusal = PosError(Code(stored["code"]), stored["message"])
        refusal.data = stored["data"]
        raise refusal


class Transaction:
    """Handed to the work that runs on the writer thread; lives as long as the writer."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, *, authority: bool) -> None:
        self.db = db
        self.clock = clock
        self.now_ms = 0
        self.clock_untrusted = False
        self.seq = 0
        self._authority = authority
        self.ledger = Ledger(db, authority)
        self.members = Members(db)
        self.cards = Cards(db)
        self.kin = Kin(db)
        self.imports = Imports(db)
        self.notes = Notes(db)
        self.sales = Sales(db)
        self.outbox = Outbox(db)
        self.print_jobs = PrintJobs(db)
        self.bundles = Bundles(db)
        self.coupons = Coupons(db)
        self.rule_uses = RuleUses(db)
        self.shelf_prices = ShelfPrices(db)
        self.slips = Slips(db)
        self.passes = Passes(db)
        self.deliveries = Deliveries(db)
        self.gifts = Gifts(db)
        self.timed = Timed(db)
        self.money = Money(db)
        self.staff = Staff(db)
        self.attendance = Attendance(db)
        self.commissions = Commissions(db)
        self.actor: Actor = NOBODY
        self.goods = Goods(db)
        self.hot_cards = HotCards(db)
        self.stock = Stock(db)
        self.credit = Credit(db)
        self.vouchers = Vouchers(db)
        self.shifts = Shifts(db)
        self.held_baskets = HeldBaskets(db)
        self._head = GENESIS
        self._last_ms = 0
        self.forget()

    def open_batch(self) -> None:
        """Called by the writer after BEGIN. Time never goes below the last row of the ledger."""
        wall_ms = self.clock.now_ms()
        self.now_ms = max(wall_ms, self._last_ms)
        self.clock_untrusted = self.now_ms - wall_ms > CLOCK_SLACK_MS

    def forget(self) -> None:
        """Read the chain's head from the file again: after a rollback the remembered one may be wrong."""
        row = self.db.execute("SELECT seq, hash, at_ms FROM op ORDER BY seq DESC LIMIT 1").fetchone()
        self.seq, self._head, self._last_ms = row or (0, GENESIS, 0)

    def mark(self, counter: str, value: int) -> None:
        """Set a counter: how far something has come."""
        self.db.execute(
            "INSERT INTO counter(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value=excluded.value",
            (counter, value),
        )

    def begin_incarnation(self, why: str) -> str:
        """The life of this ledger may have forked: a fresh nonce, and rights to be granted anew."""
        return fresh_incarnation(self.db, self.now_ms, why, authority=self._authority)

    def perform(self, operation: Operation, decide: Callable[[], Any], actor: Actor = NOBODY) -> Answer:
        """Decide once and for ever: the answer, a refusal too, is stored with its effects under the key.

        ``decide`` returns the reply (a Struct) or raises PosError, which undoes its effects and is stored;
        only a quote that is no longer good is refused without a trace, since a new one may use the key.
        The same key with the same content gets the stored answer; with other content PosError 1302.
        ``actor`` is who asks.
        """
        fingerprint = hashlib.sha256(operation.kind.encode() + b"\0" + operation.request).digest()
        known = self.db.execute(
            "SELECT fingerprint, ok, answer FROM op WHERE till=? AND key=?", (operation.till, operation.key)
        ).fetchone()
        if known is not None:
            return _remembered(operation, fingerprint, *known)
        self.actor = actor
        self.ledger.begin(self.seq + 1, self.now_ms)
        self.outbox.begin(self.now_ms)
        self.db.execute("SAVEPOINT decision")
        try:
            body, ok = msgspec.json.encode(decide()), True
        except PosError as refusal:
            if refusal.code in _NOT_DECIDED:
                raise
            self.db.execute("ROLLBACK TO decision")
            self.outbox.begin(self.now_ms)
            refusal.data["retry"] = Retry.NEW_IDEM
            body, ok = _refusal_body(refusal), False
        self.db.execute("RELEASE decision")
        self._append(operation, fingerprint, ok, body)
        return Answer(body, ok, duplicate=False)

    def _append(self, operation: Operation, fingerprint: bytes, ok: bool, body: bytes) -> None:
        seq = self.seq + 1
        digest = chain(self._head, seq, operation.till, operation.key, operation.request, body)
        self.db.execute(
            "INSERT INTO op(seq, at_ms, till, key, kind, fingerprint, ok, event, request, answer, hash)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                self.now_ms,
                operation.till,
                operation.key,
                operation.kind,
                fingerprint,
                int(ok),
                self.outbox.event,
                operation.request.decode(),
                body.decode(),
                digest,
            ),
        )
        if self.actor.staff:
            self.staff.signed_in(seq, self.actor)
        self.seq, self._head, self._last_ms = seq, digest, self.now_ms


def chain(head: bytes, seq: int, till: str, key: str, request: bytes, answer: bytes) -> bytes:
    """The next link: sha256 over the last one and everything that was asked and answered."""
    link = hashlib.sha256(head)
    for part in (b"%d" % seq, till.encode(), key.encode(), request, answer):
        link.update(b"%d:" % len(part))
        link.update(part)
    return link.digest()


def _remembered(operation: Operation, fingerprint: bytes, stored: bytes, ok: int, answer: str) -> Answer:
    if stored != fingerprint:
        raise PosError(
            Code.IDEM_CONFLICT,
            f"idem {operation.key} was used before for other content",
            zh="同一幂等号已用于不同内容的请求",
            path="/idem",
            retry=Retry.NEW_IDEM,
        )
    return Answer(answer.encode(), bool(ok), duplicate=True)


def _refusal_body(refusal: PosError) -> bytes:
    return msgspec.json.encode({"code": int(refusal.code), "message": refusal.message, "data": refusal.data})
