"""Timed services: begun, paused, stopped and then sold; the ledger's time runs, whatever the box does."""

from typing import Annotated

import msgspec

from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Name, Reply, Request, Text
from edge.domain.rules.model import TimedService
from edge.domain.timed import charge
from edge.storage.ids import uuid7
from edge.storage.timed import TimedRow
from edge.storage.transaction import Transaction

OPEN = ("running", "paused", "stopped")
"""States of a service that nobody has paid for."""

TimedIds = Annotated[tuple[Word, ...], msgspec.Meta(max_length=64)]


class StartRequest(Keyed, frozen=True):
    """Begin ``service`` for somebody at ``label`` (a table, a room); or go on with the paused ``timed``."""

    cashier: Name
    service: Word | None = None
    label: Text = ""
    member: Word | None = None
    timed: Word | None = None


class ChangeRequest(Keyed, frozen=True):
    """Pause or stop a service."""

    timed: Word
    cashier: Name


class CancelRequest(ChangeRequest, frozen=True):
    """Nobody shall pay for ``timed``: it was begun by mistake, or the guest is gone."""

    reason: Text = ""
    approve: Text = ""


class ServiceLine(Reply, frozen=True):
    """A line of a basket that pays for a service."""

    sku: str
    name: str
    qty_milli: int
    unit_price_fen: int
    category: str = "service"


class TimedReply(Reply, frozen=True):
    """Where a service stands now: what has run, and what that costs. ``line`` is for the basket once it has stopped."""

    timed: str
    service: str
    name: str
    label: str
    member: str | None
    state: str
    started_at: str
    minutes: int
    units: int
    amount_fen: int
    line: ServiceLine | None
    queue_seq: int | None = None
    offline: bool = False
    duplicate: bool = False


class ListRequest(Request, frozen=True):
    """What is not paid yet, of ``member`` or of everybody."""

    member: Word | None = None


class ListReply(Reply, frozen=True):
    """Running, paused and stopped services that nobody has paid for, the oldest first."""

    services: tuple[TimedReply, ...]


async def start(shop: Shop, terminal: str, request: StartRequest) -> TimedReply:
    """Begin a service or go on with a paused one; raises -32602, 1201-1203."""

    def decide(transaction: Transaction) -> TimedReply:
        if request.timed is not None:
            return _enter(shop, transaction, request.timed, "running", ("paused",), request.cashier)
        if request.service is None:
            raise bad("/service", "which service, or which paused one (timed)?", "请选择计时项目")
        terms = _terms(shop, request.service)
        member = shop.member_in(transaction, request.member).id if request.member else None
        now_ms = transaction.now_ms
        row = TimedRow(
            uuid7(now_ms),
            member,
            terms.id,
            _kept(terms),
            request.label,
            "running",
            now_ms,
            now_ms,
            0,
            None,
            None,
        )
        transaction.timed.insert(row, transaction.seq + 1)
        return _told(shop, transaction, row, request.cashier, {})

    return await shop.write(terminal, "timed.start", request, TimedReply, decide)


async def pause(shop: Shop, terminal: str, request: ChangeRequest) -> TimedReply:
    """Stop the clock for a while; raises -32602."""

    def decide(transaction: Transaction) -> TimedReply:
        return _enter(shop, transaction, request.timed, "paused", ("running",), request.cashier)

    return await shop.write(terminal, "timed.pause", request, TimedReply, decide)


async def stop(shop: Shop, terminal: str, request: ChangeRequest) -> TimedReply:
    """End a service: its price stands, and a sale has to pay for it, unless it costs nothing. Raises -32602."""

    def decide(transaction: Transaction) -> TimedReply:
        return _enter(shop, transaction, request.timed, "stopped", ("running", "paused"), request.cashier)

    return await shop.write(terminal, "timed.stop", request, TimedReply, decide)


async def cancel(shop: Shop, terminal: str, request: CancelRequest) -> TimedReply:
    """Let a service cost nothing; raises 1306, -32602 where it is paid already."""

    def decide(transaction: Transaction) -> TimedReply:
        approved = approved_by(transaction, terminal, "timed.cancel", request.approve)
        why: dict[str, object] = {"reason": request.reason, "approve": approved}
        return _enter(shop, transaction, request.timed, "cancelled", OPEN, request.cashier, why)

    return await shop.write(terminal, "timed.cancel", request, TimedReply, decide)


def list_timed(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """What is not paid yet; raises 1201-1203."""
    member = shop.find_member(request.member).id if request.member else None
    return ListReply(unpaid(shop, member))


def unpaid(shop: Shop, member: str | None = None) -> tuple[TimedReply, ...]:
    """Services that nobody has paid for, as the last COMMIT left them."""
    now_ms = shop.now_ms()
    return tuple(_reply(shop, row, now_ms) for row in shop.snapshot.timed.unpaid(member))


def bill(transaction: Transaction, timed: tuple[str, ...], sold: dict[str, int], sale: str) -> None:
    """Let ``sale`` pay for services; ``sold`` is the price of its lines by sku. Raises -32602."""
    for place, identity in enumerate(timed):
        row = transaction.timed.by_id(identity)
        if row is None or not transaction.timed.bill(identity, sale):
            raise bad(
                f"/timed/{place}", "this service has not stopped, or is paid", "该计时项目未结束或已结账"
            )
        sold[row.service] = sold.get(row.service, 0) - (row.amount_fen or 0)
        if sold[row.service] < 0:
            raise bad(f"/timed/{place}", "the basket lacks the line of this service", "购物篮缺少该计时项目")


# --- the pieces ---


def _terms(shop: Shop, name: str) -> TimedService:
    for service in shop.programme.bundle.services:
        if service.id == name:
            return service
    raise bad("/service", f"no timed service {name!r} in the programme", "没有这个计时项目")


def _kept(terms: TimedService) -> str:
    return msgspec.json.encode(terms).decode()


def _terms_of(row: TimedRow) -> TimedService:
    """What was agreed when it began."""
    return msgspec.json.decode(row.terms, type=TimedService)


def _enter(
    shop: Shop,
    transaction: Transaction,
    timed: str,
    state: str,
    was: tuple[str, ...],
    cashier: str,
    why: dict[str, object] | None = None,
) -> TimedReply:
    row = transaction.timed.by_id(timed)
    if row is None or row.state not in was:
        raise bad("/timed", f"this service is not {' or '.join(was)}", "该计时项目的状态不允许此操作")
    now_ms = transaction.now_ms
    run_ms = row.ran_ms(now_ms)
    amount_fen = _final_fen(row, state, run_ms)
    if state == "stopped" and not amount_fen:
        state = "billed"  # there is nothing to pay, and no sale to wait for
    transaction.timed.change(timed, state, now_ms, run_ms, amount_fen)
    changed = transaction.timed.by_id(timed)
    assert changed is not None, "it was there a line ago"
    return _told(shop, transaction, changed, cashier, why or {})


def _final_fen(row: TimedRow, state: str, run_ms: int) -> int | None:
    """What it costs once and for all; None while it may still run."""
    if state == "cancelled":
        return 0
    return charge(_terms_of(row), run_ms).amount_fen if state == "stopped" else None


def _told(
    shop: Shop, transaction: Transaction, row: TimedRow, cashier: str, why: dict[str, object]
) -> TimedReply:
    reply = _reply(shop, row, transaction.now_ms)
    told: dict[str, object] = {"timed": row.id, "service": row.service, "label": row.label}
    told |= {"state": row.state, "minutes": reply.minutes, "amount_fen": reply.amount_fen, "cashier": cashier}
    seq = tell_hq(shop, transaction, "timed", row.member, told | why)
    return msgspec.structs.replace(reply, queue_seq=seq, offline=shop.offline)


def _reply(shop: Shop, row: TimedRow, now_ms: int) -> TimedReply:
    terms = _terms_of(row)
    so_far = charge(terms, row.ran_ms(now_ms))
    # What a stopped service costs was decided when it stopped.
    amount_fen = so_far.amount_fen if row.amount_fen is None else row.amount_fen
    stopped = row.state == "stopped"
    return TimedReply(
        timed=row.id,
        service=row.service,
        name=terms.name,
        label=row.label,
        member=row.member,
        state=row.state,
        started_at=shop.local_time(row.started_ms),
        minutes=so_far.minutes,
        units=so_far.units,
        amount_fen=amount_fen,
        line=ServiceLine(row.service, f"{terms.name} {row.label}".strip(), 1000, amount_fen)
        if stopped
        else None,
    )
