"""The durable print queue on the ledger: what the spooler asks for, each change one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.api import Proof, SendResult
from edge.counter.shop import Shop
from edge.counter.slips import document_of
from edge.devices.print_queue import STATE_OF, Job, JobState
from edge.storage.print_jobs import PrintJob


@dataclass(frozen=True, slots=True)
class LedgerPrintStore:
    """Implements ``edge.devices.print_queue.PrintStore``."""

    shop: Shop

    async def job(self, job_id: int) -> Job | None:
        """The job as it is now."""
        row = self.shop.snapshot.print_jobs.by_id(job_id)
        return self._job(row) if row else None

    async def next_job(self, printer: str) -> Job | None:
        """The oldest job that waits for ``printer``."""
        row = self.shop.snapshot.print_jobs.next_queued(printer)
        return self._job(row) if row else None

    async def cut_short(self) -> Sequence[Job]:
        """Jobs that a former life was sending."""
        return [self._job(row) for row in self.shop.snapshot.print_jobs.cut_short()]

    async def mark_sending(self, job: Job, payload_sha: str, size: int) -> bool:
        """Durable before the first byte goes out."""
        return await self._change(
            job, (JobState.QUEUED,), state=JobState.SENDING, payload_sha=payload_sha, size=size
        )

    async def mark_accepted(self, job: Job, accepted: int) -> bool:
        """The device has taken everything."""
        return await self._change(
            job, (JobState.SENDING,), state=JobState.SENT, accepted=accepted, proof=Proof.SENT
        )

    async def finish(self, job: Job, result: SendResult) -> bool:
        """The end of the job, as far as this box can know it."""
        return await self._change(
            job,
            (JobState.SENDING, JobState.SENT),
            state=STATE_OF[result.outcome],
            proof=result.proof,
            accepted=result.accepted,
            why=result.why,
        )

    async def cancel(self, job: Job, why: str) -> bool:
        """Out of the queue before anything was sent."""
        return await self._change(job, (JobState.QUEUED, JobState.HELD), state=JobState.FAILED, why=why)

    async def hold(self, job: Job, why: str) -> bool:
        """Not printed by itself any more."""
        return await self._change(job, (JobState.QUEUED,), state=JobState.HELD, why=why)

    async def requeue(self, job: Job, again: Job) -> bool:
        """Back into the queue of ``again.printer``."""
        return await self._change(
            job,
            (job.state,),
            state=JobState.QUEUED,
            printer=again.printer,
            copy=again.copy,
            tries=again.tries,
            queued_ms=again.queued_ms,
            why=again.why,
            accepted=0,
            proof=Proof.NONE,
        )

    async def _change(self, job: Job, was: tuple[JobState, ...], **columns: str | int) -> bool:
        """Set ``columns`` if the job is still in one of the states ``was``; durable on return."""
        return await self.shop.writer.submit(
            lambda transaction: transaction.print_jobs.change(job.id, was, **columns)
        )

    def _job(self, row: PrintJob) -> Job:
        return Job(
            id=row.id,
            printer=row.printer,
            document=document_of(row, self.shop.snapshot, self.shop.config.store, self.shop.programme),
            state=JobState(row.state),
            queued_ms=row.queued_ms,
            copy=row.copy,
            tries=row.tries,
            accepted=row.accepted,
            proof=Proof(row.proof),
            why=row.why,
        )
