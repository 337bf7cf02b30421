"""Printing at the counter: an intent written with the sale, a reprint marked as one, the drawer kicked once."""

from typing import Annotated, Literal

import msgspec

from drivers.api import DeviceTimeout, DriverError
from edge.counter.refusals import bad, no_such_sale
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Name, Reply, Request, Text
from edge.devices.health import Power
from edge.devices.printers import Printer
from edge.devices.spooler import Spooler
from edge.devices.supervisor import Supervisor
from edge.errors import Code, PosError
from edge.storage.print_jobs import PrintJob
from edge.storage.transaction import Transaction

WAIT_MS_MAX = 30_000

State = Literal["queued", "printing", "done", "held", "failed", "unknown"]
Kind = Literal["sale", "refund", "slip"]
STATE_OF_JOB: dict[str, State] = {
    "queued": "queued",
    "sending": "printing",
    "sent": "printing",
    "done": "done",
    "held": "held",
    "failed": "failed",
    "unknown": "unknown",
}


class PrintRequest(Keyed, frozen=True):
    """Print a receipt: ``sale`` is the id or receipt number of a sale, a refund, a void or a slip.

    The first one is the original, every later one is marked 补打 with its count; ``copy`` marks even the first.
    """

    sale: Word
    copy: bool = False
    printer: Name | None = None
    wait_ms: Annotated[int, msgspec.Meta(ge=0, le=WAIT_MS_MAX)] = 0


class JobRequest(Request, frozen=True):
    """A job by its number; ``wait_ms`` waits for its end."""

    job: int
    wait_ms: Annotated[int, msgspec.Meta(ge=0, le=WAIT_MS_MAX)] = 0


class JobReply(Reply, frozen=True):
    """Where a job stands, and what that rests on: nothing, the bytes sent, or the printer's own word."""

    job: int
    printer: str
    state: State
    proof: str
    copy: int
    why: str = ""
    duplicate: bool = False


class CancelRequest(Keyed, frozen=True):
    """Take a job that has not begun out of the queue."""

    job: int


class RetryRequest(CancelRequest, frozen=True):
    """A person wants the job on paper: on its own printer, or on another."""

    printer: Name | None = None
    wait_ms: Annotated[int, msgspec.Meta(ge=0, le=WAIT_MS_MAX)] = 0


class DrawerRequest(Keyed, frozen=True):
    """Open the drawer of ``printer``, or of the default one; ``approve`` names who allowed it."""

    printer: Name | None = None
    cashier: Name | None = None
    approve: Text = ""


class DrawerReply(Reply, frozen=True):
    """The kick was sent; no drawer of this kind confirms."""

    printer: str
    opened: Literal["unverified"]
    duplicate: bool = False


def queue_print(shop: Shop, transaction: Transaction, kind: Kind, subject: str) -> int | None:
    """Write the print intent of a sale or refund in its own transaction; None where there is no printer."""
    if not shop.printers:
        return None
    return transaction.print_jobs.insert(
        transaction.seq + 1, shop.printers[0], kind, subject, 0, transaction.now_ms
    )


async def print_receipt(shop: Shop, spooler: Spooler, terminal: str, request: PrintRequest) -> JobReply:
    """Queue a receipt, marked 补打 with its count when it is not the first; raises 1307 and 1401."""
    printer = _printer(shop, request.printer)

    def decide(transaction: Transaction) -> JobReply:
        kind, subject = _subject(transaction, request.sale)
        copy = max(transaction.print_jobs.copies(subject), int(request.copy))
        job = transaction.print_jobs.insert(
            transaction.seq + 1, printer, kind, subject, copy, transaction.now_ms
        )
        return JobReply(job, printer, "queued", "none", copy)

    queued = await shop.write(terminal, "print.receipt", request, JobReply, decide)
    if not queued.duplicate:
        spooler.wake(printer)
    if request.wait_ms:
        await spooler.wait(queued.job, request.wait_ms / 1000)
    return msgspec.structs.replace(_state(shop, queued.job), duplicate=queued.duplicate)


async def print_job(shop: Shop, spooler: Spooler, terminal: str, request: JobRequest) -> JobReply:
    """Where a job stands; raises -32602 for a number that was never given."""
    _state(shop, request.job)
    if request.wait_ms:
        await spooler.wait(request.job, request.wait_ms / 1000)
    return _state(shop, request.job)


async def cancel(shop: Shop, spooler: Spooler, terminal: str, request: CancelRequest) -> JobReply:
    """Write down who gave a receipt up, then take it out of the queue; raises BUSY where it has begun or ended."""

    def decide(transaction: Transaction) -> JobReply:
        job = _job_in(transaction, request.job)
        if job.state not in ("queued", "held"):
            raise _too_late(job)
        return _told(job)

    asked = await shop.write(terminal, "print.cancel", request, JobReply, decide)
    if not asked.duplicate and not await spooler.cancel(request.job):
        raise _too_late(_job(shop, request.job))  # it began in this moment
    return msgspec.structs.replace(_state(shop, request.job), duplicate=asked.duplicate)


async def retry(shop: Shop, spooler: Spooler, terminal: str, request: RetryRequest) -> JobReply:
    """Write down who asked, then queue the job again: a job that may be on paper comes out marked 补打.

    Raises 1401, and BUSY for a job that is printing or done, or waits for that very printer.
    """
    if request.printer is not None:
        _printer(shop, request.printer)

    def decide(transaction: Transaction) -> JobReply:
        job = _job_in(transaction, request.job)
        moved = job.state == "queued" and request.printer not in (None, job.printer)
        if not moved and job.state not in ("unknown", "held", "failed"):
            raise _too_late(job)
        return _told(job)

    asked = await shop.write(terminal, "print.retry", request, JobReply, decide)
    if not asked.duplicate:
        await spooler.retry(request.job, request.printer)
    if request.wait_ms:
        await spooler.wait(request.job, request.wait_ms / 1000)
    return msgspec.structs.replace(_state(shop, request.job), duplicate=asked.duplicate)


async def open_drawer(shop: Shop, devices: Supervisor, terminal: str, request: DrawerRequest) -> DrawerReply:
    """Write down who opened the drawer, then kick it: a retry of the same intent kicks no second time."""
    printer = _printer(shop, request.printer)

    def decide(transaction: Transaction) -> DrawerReply:
        return DrawerReply(printer, "unverified")

    reply = await shop.write(terminal, "drawer.open", request, DrawerReply, decide)
    if not reply.duplicate:
        await _kick(devices.printer(printer))
    return reply


async def _kick(printer: Printer) -> None:
    """Open the drawer now; a driver's error becomes the till's."""
    try:
        await printer.kick_drawer()
    except DriverError as error:
        blocked = printer.health.power is Power.ONLINE and not printer.health.ready
        raise PosError(
            _code_of(error, blocked),
            str(error),
            zh="钱箱未打开，请检查打印机",
            upos={"code": error.upos[0], "ext": error.upos[1]},
        ) from error


def _code_of(error: DriverError, blocked: bool) -> Code:
    if blocked:
        return Code.PAPER_OR_COVER
    return Code.DEVICE_TIMEOUT if isinstance(error, DeviceTimeout) else Code.DEVICE_OFFLINE


def _printer(shop: Shop, asked: str | None) -> str:
    if asked is None and shop.printers:
        return shop.printers[0]
    if asked is None or asked not in shop.printers:
        raise PosError(Code.NO_SUCH_DEVICE, "no such printer", zh="没有这台打印机", path="/printer")
    return asked


def _subject(transaction: Transaction, reference: str) -> tuple[Kind, str]:
    sale = transaction.sales.by_id(reference)
    if sale is not None:
        return "sale", sale.id
    refund = transaction.sales.find_refund(reference)
    if refund is not None:
        return "refund", refund
    slip = transaction.slips.by_id(reference)
    if slip is not None:
        return "slip", slip.id
    raise no_such_sale()


def _state(shop: Shop, number: int) -> JobReply:
    return _told(_job(shop, number))


def _job(shop: Shop, number: int) -> PrintJob:
    job = shop.snapshot.print_jobs.by_id(number)
    if job is None:
        raise _no_such_job()
    return job


def _job_in(transaction: Transaction, number: int) -> PrintJob:
    job = transaction.print_jobs.by_id(number)
    if job is None:
        raise _no_such_job()
    return job


def _no_such_job() -> PosError:
    return bad("/job", "no such print job", "没有这个打印任务")


def _told(job: PrintJob) -> JobReply:
    return JobReply(job.id, job.printer, STATE_OF_JOB[job.state], job.proof, job.copy, job.why)


def _too_late(job: PrintJob) -> PosError:
    state = STATE_OF_JOB[job.state]
    return PosError(
        Code.BUSY,
        f"print job {job.id} is {state}",
        zh="打印任务正在进行、已完成或已变化",
        path="/job",
        state=state,
        printer=job.printer,
    )
