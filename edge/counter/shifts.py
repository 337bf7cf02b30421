"""Shifts 交接班: a drawer opened with a float, counted at the end, and what moved through the terminal between."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from edge.counter.account_slips import SlipRequest, fact, give_slip
from edge.counter.events import tell_hq
from edge.counter.refusals import bad, no_shift_open
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Fen, Name, Reply, Request, Text
from edge.domain.denominations import counted
from edge.domain.money import FEN_MAX
from edge.errors import Code, PosError
from edge.receipts.account_slip import Fact
from edge.storage.ids import uuid7
from edge.storage.shifts import ShiftRow, Shifts
from edge.storage.transaction import Transaction

Denomination = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,6}$")]
Pieces = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class OpenRequest(Keyed, frozen=True):
    """Begin a shift at this terminal with ``float_fen`` in the drawer."""

    cashier: Name
    float_fen: Fen = 0


class OpenReply(Reply, frozen=True):
    """The shift that has begun."""

    shift: str
    cashier: str
    business_date: str
    opened_at: str
    float_fen: int
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class CloseRequest(SlipRequest, frozen=True):
    """End this terminal's shift: what is in the drawer, as a sum or as pieces of each denomination (in fen)."""

    counted_fen: Fen | None = None
    denominations: Annotated[dict[Denomination, Pieces], msgspec.Meta(max_length=32)] | None = None
    note: Text = ""


class Moved(Reply, frozen=True):
    """Money that moved for one reason in one tender: taken above 0, handed out below."""

    why: str
    tender: str
    amount_fen: int
    times: int


class TenderSum(Reply, frozen=True):
    """All that moved in one tender."""

    tender: str
    amount_fen: int


class WhySum(Reply, frozen=True):
    """All money that moved for one reason."""

    why: str
    amount_fen: int


class Receipts(Reply, frozen=True):
    """How many slips the terminal has written, and the first and last of their numbers."""

    sales: int
    refunds: int
    voids: int
    slips: int
    first: str | None
    last: str | None


class ShiftReport(Reply, frozen=True):
    """A shift so far, or as it was closed: ``expected_fen`` is what the drawer should hold.

    ``accounts`` are sales paid with stored value, points, vouchers and credit; ``timed_running`` are services that
    nobody has paid for yet, in the whole shop. ``difference_fen`` is below 0 where cash is missing.
    """

    shift: str
    terminal: str
    cashier: str
    business_date: str
    opened_at: str
    float_fen: int
    moved: tuple[Moved, ...]
    tenders: tuple[TenderSum, ...]
    whys: tuple[WhySum, ...]
    accounts: tuple[TenderSum, ...]
    receipts: Receipts
    timed_running: int
    expected_fen: int
    closed_at: str | None = None
    closed_by: str | None = None
    counted_fen: int | None = None
    difference_fen: int | None = None
    denominations: dict[str, int] = msgspec.field(default_factory=dict)
    note: str = ""


class CloseReply(ShiftReport, frozen=True, kw_only=True):
    """The shift as closed, and its slip."""

    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class ReportRequest(Request, frozen=True):
    """A shift by its id, or the one that is open at this terminal."""

    shift: Word | None = None


class ListRequest(Request, frozen=True):
    """The shifts of a business day (today's), of all terminals or of one."""

    business_date: Day | None = None
    terminal: Word | None = None


class ShiftSummary(Reply, frozen=True):
    """One shift in a list."""

    shift: str
    terminal: str
    cashier: str
    opened_at: str
    closed_at: str | None
    float_fen: int
    counted_fen: int | None
    difference_fen: int | None


class ListReply(Reply, frozen=True):
    """The shifts, in the order in which they began."""

    business_date: str
    shifts: tuple[ShiftSummary, ...]


async def open_shift(shop: Shop, terminal: str, request: OpenRequest) -> OpenReply:
    """Begin a shift; raises 1312 where this terminal is in one already."""

    def decide(transaction: Transaction) -> OpenReply:
        running = transaction.shifts.open_at(terminal)
        if running is not None:
            raise _already_open(shop, running)
        row = ShiftRow(
            id=uuid7(transaction.now_ms),
            op=transaction.seq + 1,
            terminal=terminal,
            cashier=request.cashier,
            business_date=shop.business_date(transaction.now_ms).isoformat(),
            opened_ms=transaction.now_ms,
            float_fen=request.float_fen,
        )
        transaction.shifts.insert(row)
        opened_at = shop.local_time(row.opened_ms)
        told = {
            "shift": row.id,
            "state": "opened",
            "terminal": terminal,
            "cashier": row.cashier,
            "float_fen": row.float_fen,
        }
        seq = tell_hq(shop, transaction, "shift", None, told)
        return OpenReply(row.id, row.cashier, row.business_date, opened_at, row.float_fen, seq, shop.offline)

    return await shop.write(terminal, "shift.open", request, OpenReply, decide)


async def close_shift(shop: Shop, terminal: str, request: CloseRequest) -> CloseReply:
    """Count the drawer and end the shift, whoever began it; raises 1312 where none is open."""

    def decide(transaction: Transaction) -> CloseReply:
        counted_fen = _counted(request)
        row = transaction.shifts.open_at(terminal)
        if row is None:
            raise no_shift_open(terminal)
        so_far = _report(shop, transaction.shifts, row)
        report = msgspec.structs.replace(
            so_far,
            closed_at=shop.local_time(transaction.now_ms),
            closed_by=request.cashier,
            counted_fen=counted_fen,
            difference_fen=counted_fen - so_far.expected_fen,
            denominations=request.denominations or {},
            note=request.note,
        )
        transaction.shifts.close(
            row.id, transaction.now_ms, counted_fen, msgspec.json.encode(report).decode()
        )
        given = give_slip(shop, transaction, terminal, "shift", request, None, _facts(report))
        body = {"state": "closed", "receipt_no": given.receipt_no, **msgspec.to_builtins(report)}
        seq = tell_hq(shop, transaction, "shift", None, body)
        return CloseReply(
            **msgspec.structs.asdict(report),
            slip=given.slip,
            receipt_no=given.receipt_no,
            print_job=given.print_job,
            queue_seq=seq,
            offline=shop.offline,
        )

    return await shop.write(terminal, "shift.close", request, CloseReply, decide)


def report(shop: Shop, terminal: str, request: ReportRequest) -> ShiftReport:
    """A shift so far, or as it was closed; raises 1312 where none is open, -32602 for an id that was never given."""
    shifts = shop.snapshot.shifts
    row = shifts.by_id(request.shift) if request.shift else shifts.open_at(terminal)
    if row is None and request.shift:
        raise bad("/shift", "no such shift", "没有这个班次")
    if row is None:
        raise no_shift_open(terminal)
    if row.record is not None:
        return msgspec.json.decode(row.record, type=ShiftReport)
    return _report(shop, shifts, row)


def list_shifts(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """The shifts of a day."""
    day = request.business_date or shop.business_date(shop.now_ms()).isoformat()
    rows = shop.snapshot.shifts.of_day(day, request.terminal)
    return ListReply(day, tuple(_summary(shop, row) for row in rows))


# --- the pieces ---

_DIVIDER = fact("", "", "divider")


def _already_open(shop: Shop, running: ShiftRow) -> PosError:
    return PosError(
        Code.SHIFT,
        f"{running.cashier} has a shift open at this terminal: shift.close first",
        zh=f"本收银台 {running.cashier} 的班次尚未交班",
        why="already_open",
        shift=running.id,
        cashier=running.cashier,
        opened_at=shop.local_time(running.opened_ms),
    )


def _counted(request: CloseRequest) -> int:
    if (request.counted_fen is None) == (request.denominations is None):
        raise bad("/counted_fen", "say counted_fen, or denominations", "请填写点钞金额或各面额张数")
    if request.counted_fen is not None:
        return request.counted_fen
    total_fen = counted(request.denominations or {})
    if total_fen >= FEN_MAX:
        raise bad("/denominations", f"{total_fen} fen is more than a drawer holds", "点钞金额过大")
    return total_fen


def _report(shop: Shop, shifts: Shifts, row: ShiftRow) -> ShiftReport:
    moved = tuple(Moved(*part) for part in shifts.moved(row.id))
    tenders = _sums((part.tender, part.amount_fen) for part in moved)
    return ShiftReport(
        shift=row.id,
        terminal=row.terminal,
        cashier=row.cashier,
        business_date=row.business_date,
        opened_at=shop.local_time(row.opened_ms),
        float_fen=row.float_fen,
        moved=moved,
        tenders=tuple(TenderSum(*sum_) for sum_ in tenders.items()),
        whys=tuple(WhySum(*sum_) for sum_ in _sums((part.why, part.amount_fen) for part in moved).items()),
        accounts=tuple(TenderSum(*sum_) for sum_ in shifts.paid_from_accounts(row)),
        receipts=_receipts(shifts.receipts(row)),
        timed_running=shifts.timed_running(),
        expected_fen=row.float_fen + tenders.get("cash", 0),
    )


def _sums(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for key, fen in parts:
        sums[key] = sums.get(key, 0) + fen
    return sums


def _receipts(written: Sequence[tuple[str, str]]) -> Receipts:
    kinds = [kind for kind, _ in written]
    return Receipts(
        sales=kinds.count("sale"),
        refunds=kinds.count("refund"),
        voids=kinds.count("void"),
        slips=kinds.count("slip"),
        first=written[0][1] if written else None,
        last=written[-1][1] if written else None,
    )


def _facts(report: ShiftReport) -> list[Fact]:
    """The lines of the slip: who and when, what moved, what the drawer should hold and does."""
    receipts = report.receipts
    said = [
        fact("opened_by", report.cashier),
        fact("opened_at", report.opened_at[:19].replace("T", " ")),
        fact("receipts", receipts.sales + receipts.refunds + receipts.voids + receipts.slips, "count"),
    ]
    if receipts.first and receipts.last:
        said += [fact("first_receipt", receipts.first), fact("last_receipt", receipts.last)]
    said.append(_DIVIDER)
    said += [fact(f"why:{part.why}", part.amount_fen, "fen") for part in report.whys]
    said.append(_DIVIDER)
    said += [fact(f"tender:{part.tender}", part.amount_fen, "fen") for part in report.tenders]
    said += [fact(f"tender:{part.tender}", part.amount_fen, "fen") for part in report.accounts]
    if report.timed_running:
        said.append(fact("timed_running", report.timed_running, "count"))
    said += [
        _DIVIDER,
        fact("float", report.float_fen, "fen"),
        fact("expected", report.expected_fen, "fen"),
        fact("counted", report.counted_fen or 0, "fen"),
        fact("difference", report.difference_fen or 0, "fen"),
    ]
    return [*said, fact("note", report.note)] if report.note else said


def _summary(shop: Shop, row: ShiftRow) -> ShiftSummary:
    difference = msgspec.json.decode(row.record, type=ShiftReport).difference_fen if row.record else None
    return ShiftSummary(
        row.id,
        row.terminal,
        row.cashier,
        shop.local_time(row.opened_ms),
        shop.local_time(row.closed_ms) if row.closed_ms else None,
        row.float_fen,
        row.counted_fen,
        difference,
    )
