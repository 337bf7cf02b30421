"""联系记录: what was said with a member, and the calls that somebody still has to make."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from edge.counter.events import tell_hq
from edge.counter.owners import owner_in
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code, Day, Name, Reply
from edge.storage.ids import uuid7
from edge.storage.notes import NoteRow
from edge.storage.transaction import Transaction

NoteText = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class NoteRequest(Keyed, frozen=True, kw_only=True):
    """Something to remember of ``member``, or a ``call`` to make on day ``due`` (today where it is left out)."""

    member: Code
    text: NoteText
    cashier: Name
    kind: Literal["note", "call"] = "note"
    due: Day | None = None


class NoteReply(Reply, frozen=True):
    """``note`` is the id of the entry; that of a call goes to call.done."""

    note: str
    member: str
    due: str | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class DoneRequest(Keyed, frozen=True):
    """What came of ``call``."""

    call: Code
    outcome: NoteText
    cashier: Name


class DoneReply(Reply, frozen=True):
    """The call is off the list."""

    call: str
    member: str
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def add(shop: Shop, terminal: str, request: NoteRequest) -> NoteReply:
    """Write an entry into the contact log; raises 1201, 1202 and -32602 for a day that there is not."""

    def decide(transaction: Transaction) -> NoteReply:
        member = owner_in(transaction, request.member)
        note = NoteRow(
            id=uuid7(transaction.now_ms),
            member=member.id,
            kind=request.kind,
            text=request.text,
            by=request.cashier,
            at_ms=transaction.now_ms,
            due=_due(request, shop.business_date(transaction.now_ms)),
        )
        transaction.notes.add(note, transaction.seq + 1)
        told: dict[str, object] = {
            "note": note.id,
            "kind": note.kind,
            "text": note.text,
            "due": note.due,
            "cashier": note.by,
        }
        seq = tell_hq(shop, transaction, "note", member.id, told)
        return NoteReply(note.id, member.id, note.due, seq, shop.offline)

    return await shop.write(terminal, "note.add", request, NoteReply, decide)


async def done(shop: Shop, terminal: str, request: DoneRequest) -> DoneReply:
    """Write down what came of a call; raises -32602 where there is none, or it was made already."""

    def decide(transaction: Transaction) -> DoneReply:
        call = transaction.notes.by_id(request.call)
        if call is None or call.kind != "call":
            raise bad("/call", "no such call", "没有这条回访任务")
        if call.outcome is not None:
            raise bad("/call", f"{call.done_by} has made this call", f"该回访已由 {call.done_by} 完成")
        transaction.notes.done(call.id, request.outcome, request.cashier, transaction.now_ms)
        told: dict[str, object] = {"call": call.id, "outcome": request.outcome, "cashier": request.cashier}
        seq = tell_hq(shop, transaction, "call_done", call.member, told)
        return DoneReply(call.id, call.member, seq, shop.offline)

    return await shop.write(terminal, "call.done", request, DoneReply, decide)


def _due(request: NoteRequest, today: date) -> str | None:
    """The day of a call."""
    if request.kind == "note":
        if request.due is not None:
            raise bad("/due", "a note is due on no day", "普通记录没有回访日期")
        return None
    try:
        return date.fromisoformat(request.due).isoformat() if request.due else today.isoformat()
    except ValueError:
        raise bad("/due", f"there is no such day: {request.due}", "日期不存在") from None
