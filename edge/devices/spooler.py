"""The print queue of the store: each job comes out once, or is UNKNOWN and somebody is asked.

One worker per printer does the printing; this is where tills wait, retry and cancel.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from drivers.api import Outcome, Proof, SendResult
from edge.clock import Clock
from edge.devices.print_queue import Job, JobState, PrintStore
from edge.devices.print_worker import OnPrint, PrintWorker
from edge.devices.printers import Printer
from edge.errors import Code, PosError


class Spooler:
    """Workers for all ``printers``. ``on_print`` hears every change of a job, after it is durable."""

    def __init__(
        self, printers: Mapping[str, Printer], store: PrintStore, clock: Clock, on_print: OnPrint
    ) -> None:
        self._store, self._clock, self._on_print = store, clock, on_print
        self._workers = {
            name: PrintWorker(printer, store, clock, self._tell) for name, printer in printers.items()
        }
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Print until cancelled, after saying of every job that a former life was sending: UNKNOWN."""
        for job in await self._store.cut_short():
            proof = Proof.SENT if job.state is JobState.SENT else Proof.NONE
            await self._store.finish(
                job, SendResult(Outcome.UNKNOWN, proof, job.accepted, "the box was restarted")
            )
            self._tell(job.id, JobState.UNKNOWN, proof)
        async with asyncio.TaskGroup() as tasks:
            for name, worker in self._workers.items():
                tasks.create_task(worker.run(), name=f"print {name}")

    def wake(self, printer: str) -> None:
        """There is a new job for ``printer`` in the store."""
        if printer in self._workers:
            self._workers[printer].wake()

    async def finish(self, timeout_s: float) -> None:
        """Before stopping: let the jobs that are being sent end, so that nobody has to be asked about them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(*(worker.finish() for worker in self._workers.values()))

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
        """A person wants the job on paper, on its own printer or on ``printer``; the job as queued now.

        A HELD or FAILED job was never printed and comes out plain; an UNKNOWN one may have been, and
        comes out as a marked copy; a QUEUED one can only move. Otherwise PosError BUSY.
        """
        job = await self._store.job(job_id)
        if job is None:
            raise PosError(Code.INVALID_PARAMS, f"there is no print job {job_id}", zh="没有这个打印任务")
        target = printer or job.printer
        if target not in self._workers:
            raise PosError(Code.NO_SUCH_DEVICE, f"there is no printer {target}", zh=f"没有打印机 {target}")
        moved = job.state is JobState.QUEUED and target != job.printer
        if not moved and job.state not in (JobState.UNKNOWN, JobState.HELD, JobState.FAILED):
            raise _busy(job_id, job.state)
        again = replace(
            job,
            state=JobState.QUEUED,
            printer=target,
            copy=job.copy + (job.state is JobState.UNKNOWN),
            tries=0,
            queued_ms=self._clock.now_ms(),
            why="asked for again",
        )
        if not await self._store.requeue(job, again):
            raise _busy(job_id, "not what it was")
        self._tell(job_id, JobState.QUEUED, Proof.NONE)
        self.wake(target)
        return again

    async def cancel(self, job_id: int) -> bool:
        """Take a job that has not begun out of the queue; False when it is too late."""
        job = await self._store.job(job_id)
        cancelled = job is not None and await self._store.cancel(job, "cancelled")
        if cancelled:
            self._tell(job_id, JobState.FAILED, Proof.NONE)
        return cancelled

    def _tell(self, job_id: int, state: JobState, proof: Proof) -> None:
        if state.settled:
            for settled in self._waiting.get(job_id, ()):
                settled.set()
        self._on_print(job_id, state, proof)

    def _forget(self, job_id: int, settled: asyncio.Event) -> None:
        self._waiting[job_id].discard(settled)
        if not self._waiting[job_id]:
            del self._waiting[job_id]


def _busy(job_id: int, state: str) -> PosError:
    return PosError(Code.BUSY, f"print job {job_id} is {state}", zh="打印任务正在进行、已完成或已变化")
