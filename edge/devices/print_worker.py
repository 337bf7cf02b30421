"""One printer's worker on the print queue: the next job, at most once, when the printer is ready.

A timeout is UNKNOWN, not failed: the printer may hold every byte. Only a job of which no byte was
accepted goes back into the queue. The cash drawer is not here: a kick is never queued and never repeated.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace

import structlog

from drivers.api import DriverError, Outcome, Proof, SendResult
from edge.clock import Clock
from edge.devices.print_queue import STATE_OF, Job, JobState, PrintStore
from edge.devices.printers import Printer
from edge.errors import StorageError

log = structlog.get_logger(__name__)

# A receipt that comes out later than this is a ghost to whoever stands at the till by then.
AGE_MS_MAX = 10 * 60 * 1000
TRIES_MAX = 8
BACKOFF_S_MIN = 0.2
BACKOFF_S_MAX = 2.0

OnPrint = Callable[[int, JobState, Proof], None]


class PrintWorker:
    """Prints for ``printer`` until cancelled; a job that is being sent then is UNKNOWN at the next start."""

    def __init__(self, printer: Printer, store: PrintStore, clock: Clock, tell: OnPrint) -> None:
        self._printer, self._store, self._clock, self._tell = printer, store, clock, tell
        self._news = asyncio.Event()
        self._closing = False
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    def wake(self) -> None:
        """There is a new job in the store."""
        self._news.set()

    async def finish(self) -> None:
        """Begin no more jobs; come back when the one that is being sent has ended."""
        self._closing = True
        await self._at_rest.wait()

    async def run(self) -> None:
        while True:
            try:
                await self._next()
            except Exception as error:
                # The edge of the task: a ledger that cannot be written stops printing, not the box.
                # Whatever was being sent stays SENDING in the store, and is UNKNOWN after a restart.
                expected = isinstance(error, StorageError)
                log.error(
                    "print_queue_stalled", printer=self._printer.name, why=repr(error), exc_info=not expected
                )
                await self._clock.sleep(BACKOFF_S_MAX)

    async def _next(self) -> None:
        self._news.clear()
        job = await self._store.next_job(self._printer.name)
        if job is None or self._closing:
            await self._news.wait()
        elif self._too_old(job):
            await self._hold(job)
        elif await self._ready() and not self._closing:
            self._at_rest.clear()
            try:
                await self._print(job)
            finally:
                self._at_rest.set()

    async def _ready(self) -> bool:
        """Wait until the printer can print, and ask it once more. The job meanwhile stays QUEUED."""
        await self._printer.ready()
        try:
            await self._printer.status()
        except DriverError:
            await self._clock.sleep(BACKOFF_S_MIN)
            return False
        return self._printer.health.ready

    async def _print(self, job: Job) -> None:
        if self._too_old(job):  # the printer was not ready for that long
            await self._hold(job)
            return
        payload = await self._encoded(job)
        if payload is None:
            return
        if not await self._store.mark_sending(job, hashlib.sha256(payload).hexdigest(), len(payload)):
            return  # cancelled or moved in this moment
        self._tell(job.id, JobState.SENDING, Proof.NONE)
        result = await self._send(job, payload)
        if result.outcome is Outcome.FAILED and job.tries + 1 < TRIES_MAX:
            await self._try_again(job, result.why)
        else:
            await self._finish(job, result)

    async def _encoded(self, job: Job) -> bytes | None:
        """The job's bytes; a document that this driver cannot encode must not stop the queue."""
        try:
            return self._printer.encode(job.document)
        except Exception as error:
            log.exception("print_job_not_encoded", job=job.id, printer=self._printer.name)
            if await self._store.cancel(job, f"not encoded: {error!r}"):
                self._tell(job.id, JobState.FAILED, Proof.NONE)
            return None

    async def _send(self, job: Job, payload: bytes) -> SendResult:
        """Send, and note durably when the device has taken all of it: that is news to whoever is asked."""
        all_taken = asyncio.Event()

        def count(sent: int) -> None:
            if sent >= len(payload):
                all_taken.set()

        async def note() -> None:
            await all_taken.wait()
            if await self._store.mark_accepted(job, len(payload)):
                self._tell(job.id, JobState.SENT, Proof.SENT)

        noting = asyncio.create_task(note())
        try:
            return await self._printer.send(payload, count)
        finally:
            if not all_taken.is_set():
                noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)

    async def _try_again(self, job: Job, why: str) -> None:
        """Not one byte was accepted, so sending again cannot print twice."""
        sending = replace(job, state=JobState.SENDING)
        again = replace(job, tries=job.tries + 1, why=why)
        await self._store.requeue(sending, again)
        self._tell(job.id, JobState.QUEUED, Proof.NONE)
        await self._clock.sleep(min(BACKOFF_S_MIN * 2**job.tries, BACKOFF_S_MAX))

    async def _hold(self, job: Job) -> None:
        if await self._store.hold(job, "too old to be printed by itself"):
            self._tell(job.id, JobState.HELD, Proof.NONE)

    async def _finish(self, job: Job, result: SendResult) -> None:
        state = STATE_OF[result.outcome]
        if state is not JobState.DONE:
            log.warning("print_job_" + state, job=job.id, accepted=result.accepted, why=result.why)
        await self._store.finish(job, result)
        self._tell(job.id, state, result.proof)

    def _too_old(self, job: Job) -> bool:
        return self._clock.now_ms() - job.queued_ms > AGE_MS_MAX
