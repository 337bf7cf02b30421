"""Carries out print jobs: each comes out once, or is UNKNOWN and somebody is asked. Never twice by itself.

A timeout is UNKNOWN, not failed: the printer may hold every byte. Only a job of which no byte was
accepted goes back into the queue. The cash drawer is not here: a kick is never queued and never repeated.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable

import structlog

from drivers.api import DriverError, Outcome, Proof, SendResult
from edge.clock import Clock
from edge.devices.print_queue import STATE_OF, Job, JobState, PrintStore
from edge.devices.printers import Printer
from edge.errors import Code, PosError

log = structlog.get_logger(__name__)

# A receipt that comes out later than this is a ghost to whoever stands at the till by then.
AGE_MS_MAX = 10 * 60 * 1000
TRIES_MAX = 8
BACKOFF_S_MIN = 0.2
BACKOFF_S_MAX = 2.0

OnPrint = Callable[[int, JobState, Proof], None]


class Spooler:
    """The one worker on the queue of one printer. ``on_print`` hears every change of a job."""

    def __init__(self, printer: Printer, store: PrintStore, clock: Clock, on_print: OnPrint) -> None:
        self._printer, self._store, self._clock, self._on_print = printer, store, clock, on_print
        self._work = asyncio.Event()
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Print until cancelled. A job that is being sent then is UNKNOWN at the next start."""
        await self._settle_former_life()
        while True:
            self._work.clear()
            job = await self._store.next_job(self._printer.name)
            if job is None:
                await self._work.wait()
            elif self._too_old(job):
                await self._hold(job)
            elif await self._can_print():
                await self._print(job)

    def wake(self) -> None:
        """There is a new job in the store."""
        self._work.set()

    async def wait(self, job_id: int, timeout_s: float) -> Job | None:
        """The job as soon as it is settled, or as it is after ``timeout_s``; None if there is none."""
        settled = asyncio.Event()
        self._waiting[job_id].add(settled)
        try:
            job = await self._store.job(job_id)
            if job is None or job.state.settled:
                return job
            async with asyncio.timeout(timeout_s):
                await settled.wait()
        except TimeoutError:
            pass
        finally:
            self._forget(job_id, settled)
        return await self._store.job(job_id)

    async def retry(self, job_id: int, printer: str | None = None) -> Job:
        """A person wants the job on paper: here, or moved to ``printer`` (wake its spooler then).

        A HELD or FAILED job was never printed and comes out plain; an UNKNOWN one may have been, and
        comes out as a marked copy. A job that is done or on its way is refused (PosError BUSY).
        """
        job = await self._store.job(job_id)
        if job is None:
            raise PosError(Code.NO_SUCH_SALE, f"there is no print job {job_id}", zh="没有这个打印任务")
        may_be_printed = job.state is JobState.UNKNOWN
        movable = job.state is JobState.QUEUED and printer not in (None, job.printer)
        if not (may_be_printed or movable or job.state in (JobState.HELD, JobState.FAILED)):
            raise PosError(Code.BUSY, f"print job {job_id} is {job.state}", zh="打印任务正在进行或已完成")
        changed = await self._store.requeue(
            job,
            printer=printer or job.printer,
            copy=job.copy + may_be_printed,
            tries=0,
            queued_ms=self._clock.now_ms(),
            why="asked for again",
        )
        if not changed:
            raise PosError(Code.BUSY, f"print job {job_id} was changed by another till", zh="打印任务已变化")
        self._tell(job, JobState.QUEUED, Proof.NONE)
        self.wake()
        return job

    async def cancel(self, job_id: int) -> bool:
        """Take a job that has not begun out of the queue; False when it is too late."""
        job = await self._store.job(job_id)
        if job is None or job.state not in (JobState.QUEUED, JobState.HELD):
            return False
        cancelled = await self._store.finish(job, Outcome.FAILED, Proof.NONE, 0, "cancelled")
        if cancelled:
            self._tell(job, JobState.FAILED, Proof.NONE)
        return cancelled

    # --- one job ---

    async def _settle_former_life(self) -> None:
        """Bytes of these jobs may be on paper: nobody here knows."""
        for job in await self._store.cut_short(self._printer.name):
            proof = Proof.SENT if job.state is JobState.SENT else Proof.NONE
            await self._finish(job, SendResult(Outcome.UNKNOWN, proof, job.accepted, "the box was restarted"))

    async def _can_print(self) -> bool:
        """Wait until the printer is ready, and ask it once more. The job meanwhile stays QUEUED."""
        await self._printer.ready()
        try:
            await self._printer.status()
        except DriverError:
            await self._clock.sleep(BACKOFF_S_MIN)
        return self._printer.health.ready

    async def _print(self, job: Job) -> None:
        if self._too_old(job):  # the printer was not ready for that long
            await self._hold(job)
            return
        payload = self._printer.encode(job.document)
        if not await self._store.mark_sending(job, hashlib.sha256(payload).hexdigest(), len(payload)):
            return  # cancelled in this moment
        self._tell(job, JobState.SENDING, Proof.NONE)
        result = await self._send(job, payload)
        if result.outcome is Outcome.FAILED and job.tries + 1 < TRIES_MAX:
            await self._try_again(job, result.why)
        else:
            await self._finish(job, result)

    async def _send(self, job: Job, payload: bytes) -> SendResult:
        """Send, and note durably when the device has taken all of it: that is news to whoever is asked."""
        all_taken = asyncio.Event()

        def count(sent: int) -> None:
            if sent >= len(payload):
                all_taken.set()

        async def note() -> None:
            await all_taken.wait()
            if await self._store.mark_accepted(job, len(payload)):
                self._tell(job, JobState.SENT, Proof.SENT)

        noting = asyncio.create_task(note())
        try:
            return await self._printer.send(payload, count)
        finally:
            if not all_taken.is_set():
                noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)

    async def _try_again(self, job: Job, why: str) -> None:
        """Not one byte was accepted, so sending again cannot print twice."""
        await self._store.requeue(
            job, printer=job.printer, copy=job.copy, tries=job.tries + 1, queued_ms=job.queued_ms, why=why
        )
        self._tell(job, JobState.QUEUED, Proof.NONE)
        await self._clock.sleep(min(BACKOFF_S_MIN * 2**job.tries, BACKOFF_S_MAX))

    async def _hold(self, job: Job) -> None:
        if await self._store.hold(job, "too old to be printed by itself"):
            self._tell(job, JobState.HELD, Proof.NONE)

    async def _finish(self, job: Job, result: SendResult) -> None:
        await self._store.finish(job, result.outcome, result.proof, result.accepted, result.why)
        state = STATE_OF[result.outcome]
        if state is not JobState.DONE:
            log.warning("print_job_" + state, job=job.id, accepted=result.accepted, why=result.why)
        self._tell(job, state, result.proof)

    def _too_old(self, job: Job) -> bool:
        return self._clock.now_ms() - job.queued_ms > AGE_MS_MAX

    def _tell(self, job: Job, state: JobState, proof: Proof) -> None:
        if state.settled:
            for settled in self._waiting.get(job.id, ()):
                settled.set()
        self._on_print(job.id, state, proof)

    def _forget(self, job_id: int, settled: asyncio.Event) -> None:
        self._waiting[job_id].discard(settled)
        if not self._waiting[job_id]:
            del self._waiting[job_id]
