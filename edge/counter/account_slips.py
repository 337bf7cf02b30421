"""Slips of what is neither a sale nor a refund: numbered, kept as decided, printed and reprinted like the others."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from edge.counter.printing import queue_print
from edge.counter.shop import Keyed, Shop, balances_in
from edge.counter.terms import Balances, Name, Reply
from edge.domain.member import Member
from edge.receipts.account_slip import Fact, SlipKind, Value, ValueKind
from edge.storage.ids import uuid7
from edge.storage.slips import SlipRow
from edge.storage.transaction import Transaction


class SlipRequest(Keyed, frozen=True, kw_only=True):
    """A write that prints a slip: who did it, and whether it is printed."""

    cashier: Name
    print: Literal["auto", "none"] = "auto"


class SlipRecord(Reply, frozen=True):
    """A slip as it was decided: ``facts`` are its lines, in order."""

    slip: str
    receipt_no: str
    kind: SlipKind
    terminal: str
    cashier: str
    committed_at: str
    business_date: str
    member: str | None
    facts: tuple[Fact, ...]
    balances: Balances | None
    offline: bool
    clock_untrusted: bool = False


class Given(Reply, frozen=True):
    """A slip that was written, and the print job that puts it on paper."""

    slip: str
    receipt_no: str
    print_job: int | None


def fact(key: str, value: Value, kind: ValueKind = "text") -> Fact:
    """One line of a slip: ``key`` is one of edge.receipts.account_wording, ``value`` fen, a number or a text."""
    return Fact(key, value, kind)


def give_slip(
    shop: Shop,
    transaction: Transaction,
    terminal: str,
    kind: SlipKind,
    request: SlipRequest,
    member: Member | None,
    facts: Sequence[Fact],
    slip: str | None = None,
) -> Given:
    """Number a slip, write it down and queue it for the printer, in the operation's own transaction.

    ``slip`` is its id where something else is already called by it.
    """
    day = shop.business_date(transaction.now_ms).isoformat()
    record = SlipRecord(
        slip=slip or uuid7(transaction.now_ms),
        receipt_no=shop.next_receipt_no(transaction, day),
        kind=kind,
        terminal=terminal,
        cashier=request.cashier,
        committed_at=shop.local_time(transaction.now_ms),
        business_date=day,
        member=member.id if member else None,
        facts=tuple(facts),
        balances=balances_in(transaction.ledger, member.id) if member else None,
        offline=shop.offline,
        clock_untrusted=transaction.clock_untrusted,
    )
    row = SlipRow(
        record.slip,
        record.receipt_no,
        kind,
        record.member,
        terminal,
        day,
        transaction.now_ms,
        msgspec.json.encode(record).decode(),
    )
    transaction.slips.insert(row, transaction.seq + 1)
    job = queue_print(shop, transaction, "slip", record.slip) if request.print == "auto" else None
    return Given(record.slip, record.receipt_no, job)
