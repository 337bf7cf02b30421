"""Printing at the counter: an intent written with the sale, a reprint marked as one, the drawer kicked once."""

from typing import Annotated, Literal, Protocol

import msgspec

from edge.counter.refusals import no_such_sale
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Name, Reply, Request
from edge.errors import Code, PosError
from edge.storage.print_jobs import PrintJob
from edge.storage.transaction import Transaction

WAIT_MS_MAX = 30_000

State = Literal["queued", "printing", "done", "held", "failed", "unknown"]
Kind = Literal["sale", "refund"]
_STATE_OF: dict[str, State] = {
    "queued": "queued",
    "sending": "printing",
    "sent": "printing",
    "done": "done",
    "held": "held",
    "failed": "failed",
    "unknown": "unknown",
}


class Spool(Protocol):
    """What carries print jobs out; told after the intent is durable."""

    def wake(self, printer: str) -> None:
        """There is a new job for ``printer``."""
        ...

    async def wait(self, job: int, timeout_s: float) -> None:
        """Come back when the job has ended, or after ``timeout_s``."""
        ...

    async def kick_drawer(self, printer: str) -> None:
        """Open the drawer at ``printer`` now; raises PosError 1403-1406."""
        ...


class PrintRequest(Keyed, frozen=True):
    """Print a receipt again: ``sale`` is the id or receipt number of a sale, or the id of a refund."""

    sale: Word
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


class DrawerRequest(Keyed, frozen=True):
    """Open the drawer of ``printer``, or of the default one."""

    printer: Name | None = None
    cashier: Name | None = None


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


async def print_receipt(shop: Shop, spool: Spool, terminal: str, request: PrintRequest) -> JobReply:
    """Queue another copy, marked 补打 with its count; raises 1307 and 1401."""
    printer = _printer(shop, request.printer)

    def decide(transaction: Transaction) -> JobReply:
        kind, subject = _subject(transaction, request.sale)
        copy = transaction.print_jobs.copies(subject)
        job = transaction.print_jobs.insert(
            transaction.seq + 1, printer, kind, subject, copy, transaction.now_ms
        )
        return JobReply(job, printer, "queued", "none", copy)

    queued, duplicate = await shop.write(terminal, "print.receipt", request, JobReply, decide)
    if not duplicate:
        spool.wake(printer)
    if request.wait_ms:
        await spool.wait(queued.job, request.wait_ms / 1000)
    return msgspec.structs.replace(_state(shop, queued.job), duplicate=duplicate)


async def print_job(shop: Shop, spool: Spool, terminal: str, request: JobRequest) -> JobReply:
    """Where a job stands; raises 1307 for a number that was never given."""
    _state(shop, request.job)
    if request.wait_ms:
        await spool.wait(request.job, request.wait_ms / 1000)
    return _state(shop, request.job)


async def open_drawer(shop: Shop, spool: Spool, terminal: str, request: DrawerRequest) -> DrawerReply:
    """Write down who opened the drawer, then kick it: a retry of the same intent kicks no second time."""
    printer = _printer(shop, request.printer)

    def decide(transaction: Transaction) -> DrawerReply:
        return DrawerReply(printer, "unverified")

    reply, duplicate = await shop.write(terminal, "drawer.open", request, DrawerReply, decide)
    if not duplicate:
        await spool.kick_drawer(printer)
    return msgspec.structs.replace(reply, duplicate=duplicate)


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
    if transaction.sales.refund_record(reference) is not None:
        return "refund", reference
    raise no_such_sale()


def _state(shop: Shop, number: int) -> JobReply:
    job: PrintJob | None = shop.snapshot.print_jobs.by_id(number)
    if job is None:
        raise PosError(Code.NO_SUCH_SALE, "no such print job", zh="没有这个打印任务", path="/job")
    return JobReply(job.id, job.printer, _STATE_OF[job.state], job.proof, job.copy, job.why)
