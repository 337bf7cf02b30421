"""送货: what is to be brought, when, by whom and to which member; done or given up."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from edge.counter.events import tell_hq
from edge.counter.refusals import bad, no_such_sale
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Name, Reply, Request, Text
from edge.domain.member import Member
from edge.storage.deliveries import DeliveryRow
from edge.storage.ids import uuid7
from edge.storage.transaction import Transaction

What = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Address = Annotated[str, msgspec.Meta(max_length=200)]
HOURS_MAX = 32
Hours = Annotated[str, msgspec.Meta(max_length=HOURS_MAX)]
FOR_EVER = "9999-12-31"


class AddRequest(Keyed, frozen=True, kw_only=True):
    """Promise to bring ``what`` on ``day``, of a ``sale`` (its id or receipt number), to a ``member`` or anybody."""

    what: What
    day: Day
    cashier: Name
    sale: Word | None = None
    member: Word | None = None
    hours: Hours = ""
    who: Text = ""
    address: Address = ""
    phone: Text = ""


class DoneRequest(Keyed, frozen=True):
    """``delivery`` was brought, by ``who`` where that was somebody else than was planned."""

    delivery: Word
    cashier: Name
    who: Text = ""


class CancelRequest(Keyed, frozen=True):
    """Nobody wants ``delivery`` any more."""

    delivery: Word
    cashier: Name
    reason: Text = ""


class Delivery(Reply, frozen=True):
    """One delivery; ``who`` brings it or brought it, ``done_at`` is when it was brought or given up."""

    delivery: str
    state: str
    what: str
    day: str
    hours: str
    who: str
    address: str
    phone: str
    member: str | None
    sale: str | None
    done_at: str | None


class DeliveryReply(Delivery, frozen=True):
    """The delivery as it stands now."""

    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class ListRequest(Request, frozen=True):
    """Those of ``day``, or of ``member``, or all; only what is still to be brought unless ``open_only`` is false."""

    day: Day | None = None
    member: Word | None = None
    open_only: bool = True
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class ListReply(Reply, frozen=True):
    """The deliveries, the earliest first; those of a member, the latest first."""

    deliveries: tuple[Delivery, ...]


async def add(shop: Shop, terminal: str, request: AddRequest) -> DeliveryReply:
    """Note a delivery; raises 1201-1203, 1307, -32602 for a day that there is not or that is over."""

    def decide(transaction: Transaction) -> DeliveryReply:
        sale, buyer = _sale(transaction, request.sale)
        member = shop.member_in(transaction, request.member) if request.member else buyer
        row = DeliveryRow(
            id=uuid7(transaction.now_ms),
            member=member.id if member else None,
            sale=sale,
            what=request.what,
            day=_day(request.day, shop.business_date(transaction.now_ms)),
            hours=request.hours,
            who=request.who,
            address=request.address,
            phone=request.phone or (member.phone if member else ""),
            state="open",
        )
        transaction.deliveries.add(row, transaction.seq + 1)
        return _told(shop, transaction, row, request.cashier)

    return await shop.write(terminal, "delivery.add", request, DeliveryReply, decide)


async def done(shop: Shop, terminal: str, request: DoneRequest) -> DeliveryReply:
    """It was brought; raises -32602 where there is no such delivery, or not any more."""

    def decide(transaction: Transaction) -> DeliveryReply:
        return _end(shop, transaction, request, "done", request.who)

    return await shop.write(terminal, "delivery.done", request, DeliveryReply, decide)


async def cancel(shop: Shop, terminal: str, request: CancelRequest) -> DeliveryReply:
    """Give a delivery up; raises -32602 where there is no such delivery, or not any more."""

    def decide(transaction: Transaction) -> DeliveryReply:
        return _end(shop, transaction, request, "cancelled", "")

    return await shop.write(terminal, "delivery.cancel", request, DeliveryReply, decide)


def list_deliveries(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """Deliveries by day or by member; raises 1201-1203."""
    stored, limit = shop.snapshot.deliveries, request.limit
    if request.member is not None:
        rows = stored.of_member(shop.find_member(request.member).id, limit)
    elif request.day is not None:
        rows = stored.of_day(request.day, limit)
    elif request.open_only:
        rows = stored.open_until(FOR_EVER, limit)
    else:
        raise bad("/day", "all deliveries of which day, or of which member?", "请指定日期或会员")
    wanted = (row for row in rows if row.state == "open" or not request.open_only)
    return ListReply(tuple(_delivery(shop, row) for row in wanted))


# --- the pieces ---


def _sale(transaction: Transaction, reference: str | None) -> tuple[str | None, Member | None]:
    """The sale's id, and who bought."""
    if reference is None:
        return None, None
    row = transaction.sales.by_id(reference)
    if row is None:
        raise no_such_sale()
    return row.id, transaction.members.by_id(row.member) if row.member else None


def _day(asked: str, today: date) -> str:
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        raise bad("/day", f"there is no such day: {asked}", "日期不存在") from None
    if day < today:
        raise bad("/day", f"{asked} is over", "送货日期已过")
    return day.isoformat()


def _end(
    shop: Shop,
    transaction: Transaction,
    request: DoneRequest | CancelRequest,
    state: Literal["done", "cancelled"],
    who: str,
) -> DeliveryReply:
    row = transaction.deliveries.by_id(request.delivery)
    if row is None:
        raise bad("/delivery", "no such delivery", "没有这条送货单")
    if row.state != "open":
        raise bad("/delivery", f"this delivery is {row.state}", "该送货单已完成或已取消")
    transaction.deliveries.end(row.id, state, who or row.who, transaction.now_ms)
    ended = transaction.deliveries.by_id(row.id)
    assert ended is not None, "it was there a line ago"
    reason = request.reason if isinstance(request, CancelRequest) else ""
    return _told(shop, transaction, ended, request.cashier, reason)


def _told(
    shop: Shop, transaction: Transaction, row: DeliveryRow, cashier: str, reason: str = ""
) -> DeliveryReply:
    shown = msgspec.structs.asdict(_delivery(shop, row))
    seq = tell_hq(shop, transaction, "delivery", row.member, {**shown, "cashier": cashier, "reason": reason})
    return DeliveryReply(**shown, queue_seq=seq, offline=shop.offline)


def _delivery(shop: Shop, row: DeliveryRow) -> Delivery:
    return Delivery(
        delivery=row.id,
        state=row.state,
        what=row.what,
        day=row.day,
        hours=row.hours,
        who=row.who,
        address=row.address,
        phone=row.phone,
        member=row.member,
        sale=row.sale,
        done_at=shop.local_time(row.done_ms) if row.done_ms is not None else None,
    )
