"""What every counter function works with: this store, its ledger, its programme, its clock."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Never, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from edge.clock import Clock, rfc3339
from edge.config import Config
from edge.counter.acting import ACTING
from edge.counter.approvals import judge
from edge.counter.pins import Patience
from edge.counter.refusals import expired, no_such_member, out_of_funds, stopped
from edge.counter.terms import (
    Balances,
    CreditBalance,
    Expiring,
    Idem,
    PointsBalance,
    Request,
    StoredValueBalance,
)
from edge.domain.dates import business_date, day_begins_ms, local
from edge.domain.ledger import NEVER_MS
from edge.domain.member import Member
from edge.domain.rules.compile import Programme
from edge.domain.units import Unit
from edge.errors import Code, PosError, Retry, StorageError, StorageFull
from edge.storage.balances import Held
from edge.storage.ledger import Ledger, Short
from edge.storage.reader import Snapshot
from edge.storage.transaction import CLOCK_SLACK_MS, Answer, Operation, Transaction
from edge.storage.writer import Writer

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(slots=True)
class Shop:
    """One store at work. ``online`` says whether HQ answers; a store without HQ is never offline.

    ``printers`` are the receipt printers by name, the default one first.
    """

    config: Config
    clock: Clock
    writer: Writer
    snapshot: Snapshot
    programme: Programme
    online: Callable[[], bool]
    printers: tuple[str, ...] = ()
    patience: Patience = field(default_factory=Patience)
    zone: ZoneInfo = field(init=False)
    _ledger_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self.zone = self.config.store.zone
        self._ledger_ms = self.snapshot.last_ms()

    def now_ms(self) -> int:
        """The clock's time, but never before the last row of the ledger: a price is of the day it is sold on."""
        return max(self.clock.now_ms(), self._ledger_ms)

    @property
    def clock_untrusted(self) -> bool:
        """Whether the clock is behind the ledger: it was set back, or it was ahead before."""
        return self._ledger_ms - self.clock.now_ms() > CLOCK_SLACK_MS

    def is_member_number(self, number: str) -> bool:
        """Whether a card number is one of ours: the same allow-list that the readers have."""
        return any(re.fullmatch(pattern, number) for pattern in self.config.programme.member_numbers)

    def is_bank_card(self, reference: str | None) -> bool:
        """Whether somebody gave the number of a payment card (ISO/IEC 7812) for one of ours."""
        return bool(
            reference and re.fullmatch(r"[0-9]{15,19}", reference) and not self.is_member_number(reference)
        )

    def is_staff_number(self, number: str) -> bool:
        """Whether a card number may be one of our staff's."""
        return any(re.fullmatch(pattern, number) for pattern in self.config.programme.staff_numbers)

    @property
    def open_to_all(self) -> bool:
        """True while no staff is registered: whoever stands at a till may do everything of a till."""
        return not self.snapshot.staff.anybody()

    @property
    def offline(self) -> bool:
        """True while HQ is configured and out of reach."""
        return not self.online()

    def business_date(self, at_ms: int) -> date:
        """The business day of a moment."""
        return business_date(at_ms, self.zone, self.config.store.business_day_start)

    def day_ends_ms(self, day: date) -> int:
        """The moment with which business day ``day`` is over."""
        return day_begins_ms(day + timedelta(days=1), self.zone, self.config.store.business_day_start)

    def good_until_ms(self, last_day: str | None) -> int:
        """When a business day (ISO 8601) is over, ``NEVER_MS`` for None."""
        return NEVER_MS if last_day is None else self.day_ends_ms(date.fromisoformat(last_day))

    def moment(self, at_ms: int) -> datetime:
        """A moment in the store's own time zone."""
        return local(at_ms, self.zone)

    def local_time(self, at_ms: int) -> str:
        """RFC 3339 in the store's time."""
        return rfc3339(at_ms, self.zone)

    def next_receipt_no(self, transaction: Transaction, day: str) -> str:
        """The next receipt number of business day ``day`` (ISO 8601): ``S001-261122-0007``."""
        number = transaction.sales.next_receipt(day)
        return f"{self.config.store.id}-{day.replace('-', '')[2:]}-{number:04d}"

    def find_member(self, reference: str) -> Member:
        """The member with this id, card number or UID; raises 1201, 1202 (card stopped), 1203 (expired)."""
        return self.usable(self.known_member(reference), self.now_ms())

    def known_member(self, reference: str) -> Member:
        """As ``find_member``, for those who only look back: an expired card will do."""
        found = self.snapshot.members.by_id(reference) or self.snapshot.members.by_card(reference)
        return in_good_standing(found or nobody(self.snapshot, reference))

    def member_in(self, transaction: Transaction, reference: str) -> Member:
        """The member as the ledger knows it within ``transaction``; raises 1201-1203."""
        found = transaction.members.by_id(reference) or transaction.members.by_card(reference)
        return self.usable(found or nobody(transaction, reference), transaction.now_ms)

    def usable(self, member: Member, at_ms: int) -> Member:
        """``member``, unless the card is stopped (1202) or past its last day at ``at_ms`` (1203)."""
        in_good_standing(member)
        if member.valid_until and member.valid_until < self.business_date(at_ms).isoformat():
            raise expired(member.valid_until)
        return member

    def balances(self, member: str) -> Balances:
        """The member's accounts as the last COMMIT left them, without what has lapsed since."""
        now_ms = self.now_ms()
        held = self.snapshot.held(member, now_ms)
        found = balances_of(held)
        if self.programme.bundle.points.expire_months is None or not held.points.account:
            return found
        return replace(
            found, points=replace(found.points, expiring=self._expiring(held.points.account, now_ms))
        )

    def _expiring(self, account: int, now_ms: int) -> Expiring | None:
        coming = self.snapshot.expiring(account, now_ms)
        if coming is None:
            return None
        points, over_ms = coming
        return Expiring(points, self.business_date(over_ms - 1).isoformat())

    async def write(
        self,
        till: str,
        kind: str,
        request: "Keyed",
        reply: type[S],
        decide: Callable[[Transaction], S],
    ) -> S:
        """Carry out one write under the till's key; the reply says ``duplicate`` where it was given before.

        What the table of permissions wants approved is judged first, in the same transaction.
        """
        named = (getattr(part, "member", None) for part in (request, getattr(request, "basket", None)))
        if any(self.is_bank_card(member) for member in named):
            raise no_such_member()  # and not a digit of it is written down
        operation = Operation(till, request.idem, kind, msgspec.json.encode(request))
        actor = ACTING.get()

        def judged(transaction: Transaction) -> S:
            judge(transaction, till, kind, request)
            return decide(transaction)

        def work(transaction: Transaction) -> Answer:
            answer = transaction.perform(operation, lambda: judged(transaction), actor)
            if not answer.duplicate:
                self._ledger_ms = transaction.now_ms
            return answer

        try:
            answer = await self.writer.submit(work)
        except StorageError as error:
            raise _not_written(error) from error
        return msgspec.structs.replace(answer.decoded(reply), duplicate=answer.duplicate)

    async def mark(self, work: Callable[[Transaction], T]) -> T:
        """Carry out a write that is no operation: nothing of it is told to HQ, and the next one overtakes it."""
        try:
            return await self.writer.submit(work)
        except StorageError as error:
            raise _not_written(error) from error


def _not_written(error: StorageError) -> PosError:
    """What a till is told when the ledger fails: the same key again, in either case."""
    if isinstance(error, StorageFull):
        zh = "存储已满，本笔未成交，请联系技术员清理后重试"
        return PosError(Code.BUSY, str(error), zh=zh, retry=Retry.SAME_IDEM, reason="storage_full")
    zh = "账本写入结果未知，请用同一幂等号重试"
    return PosError(Code.INTERNAL, str(error), zh=zh, retry=Retry.SAME_IDEM, reason="outcome_unknown")


class Keyed(Request, frozen=True):
    """A write: ``idem`` is a UUID made by the till, the same on every retry of one intent."""

    idem: Idem


def in_good_standing(member: Member) -> Member:
    """``member``, unless the card is lost, frozen or cancelled: then 1202, and nothing of the member is said."""
    if member.status != "active":
        raise stopped(member.status)
    return member


def nobody(books: Transaction | Snapshot, number: str, path: str = "/member") -> Never:
    """Raises 1202 for a number that led to somebody once, or that HQ has stopped, and 1201 for any other."""
    known = books.cards.by_number(number)
    state = known.state if known is not None else books.hot_cards.state(number)
    raise no_such_member(path) if state is None else stopped(state, path)


def spend(
    ledger: Ledger,
    owner: str,
    unit: Unit,
    amount: int,
    code: str,
    sale: str | None = None,
    path: str = "/tenders",
) -> None:
    """Debit an account within balance and rights; raises 1205, and 1601 where only rights are short."""
    try:
        ledger.spend(owner, unit, amount, code, sale)
    except Short as short:
        raise out_of_funds(short.balance, short.spendable, amount, unit, path) from short


def balances_of(held: Held) -> Balances:
    """A member's accounts as a till sees them. The limit of credit is what may be spent and what is owed."""
    points, stored, gift, credit = held.points, held.stored, held.gift, held.credit
    return Balances(
        PointsBalance(points.balance, points.spendable),
        StoredValueBalance(
            stored.balance + gift.balance, stored.spendable + gift.spendable, max(0, gift.balance)
        ),
        None
        if credit is None
        else CreditBalance(credit.balance + held.owed_fen, held.owed_fen, credit.spendable, held.overdue_fen),
    )


def balances_in(ledger: Ledger, member: str) -> Balances:
    """The member's accounts within the present transaction."""
    return balances_of(ledger.held(member))
