"""The durable print queue as the spooler sees it: jobs, their states, and the store that keeps them.

    QUEUED -> SENDING -> SENT -> DONE | UNKNOWN     QUEUED -> HELD: too old to come out by itself
    SENDING -> QUEUED: no byte was accepted         SENDING -> FAILED: the same, too many times

A job is written with its sale. It leaves QUEUED durably before any byte of it leaves the box, so that
after a crash a job that may have been printed is UNKNOWN, and a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.api import Document, Outcome, Proof, SendResult


class JobState(StrEnum):
    """How far a job has come; the values are those of the ledger and of print.job."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DONE = "done"
    UNKNOWN = "unknown"
    FAILED = "failed"
    HELD = "held"

    @property
    def settled(self) -> bool:
        """True when nothing more happens to the job until a person says so."""
        return self in (JobState.DONE, JobState.UNKNOWN, JobState.FAILED, JobState.HELD)


STATE_OF = {
    Outcome.PRINTED: JobState.DONE,
    Outcome.UNKNOWN: JobState.UNKNOWN,
    Outcome.FAILED: JobState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Job:
    """One print job. ``document`` carries the mark of a reprint (补打) when ``copy`` is above 0.

    ``queued_ms`` is when somebody last asked for it; ``accepted`` and ``proof`` say what is known of it.
    """

    id: int
    printer: str
    document: Document
    state: JobState
    queued_ms: int
    copy: int = 0
    tries: int = 0
    accepted: int = 0
    proof: Proof = Proof.NONE
    why: str = ""


class PrintStore(Protocol):
    """Where jobs live. Every call returns when its change is durable.

    A change that does not find the job in a state it starts from (a till was quicker) changes nothing
    and returns False.
    """

    async def job(self, job_id: int) -> Job | None:
        """The job as it is now."""
        ...

    async def next_job(self, printer: str) -> Job | None:
        """The oldest QUEUED job of ``printer``."""
        ...

    async def cut_short(self) -> Sequence[Job]:
        """Jobs in SENDING or SENT: asked once, before anything is sent."""
        ...

    async def mark_sending(self, job: Job, payload_sha: str, size: int) -> bool:
        """QUEUED at ``job.printer`` -> SENDING, with digest and size of the bytes about to be sent."""
        ...

    async def mark_accepted(self, job: Job, accepted: int) -> bool:
        """SENDING -> SENT: the device has taken all ``accepted`` bytes."""
        ...

    async def finish(self, job: Job, result: SendResult) -> bool:
        """SENDING or SENT -> DONE, UNKNOWN or FAILED, as STATE_OF the outcome."""
        ...

    async def cancel(self, job: Job, why: str) -> bool:
        """QUEUED or HELD -> FAILED: nothing was sent, nothing will be."""
        ...

    async def hold(self, job: Job, why: str) -> bool:
        """QUEUED -> HELD."""
        ...

    async def requeue(self, job: Job, again: Job) -> bool:
        """``job.state`` -> QUEUED with printer, copy, tries, queued_ms and why of ``again``, accepted 0.

        From ``next_job`` the document then comes with the mark of ``again.copy``.
        """
        ...
