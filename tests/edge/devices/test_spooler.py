"""The print queue on a real database file and real (virtual) printers: once, or somebody is asked."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from drivers.api import Cut, DeviceBlocked, Document, Feed, Pair, Paper, Proof, SendResult, Text
from drivers.testing import VirtualPrinter
from edge.clock import Clock, SystemClock
from edge.config import DeviceConfig
from edge.devices.health import DeviceEvent
from edge.devices.print_queue import STATE_OF, Job, JobState
from edge.devices.printers import Printer
from edge.devices.registry import build_printer
from edge.devices.spooler import Spooler
from edge.errors import Code, PosError, StorageFull
from edge.receipts.parts import reprinted

TEN_MINUTES_MS = 10 * 60 * 1000


class SqliteQueue:
    """A PrintStore on a database file, as durable as the ledger's: it outlives every Spooler."""

    COLUMNS = "id, printer, state, queued_ms, copy, tries, accepted, proof, why"

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS job(id INTEGER PRIMARY KEY, printer, state, queued_ms, copy DEFAULT 0,"
            " tries DEFAULT 0, accepted DEFAULT 0, proof DEFAULT 'none', why DEFAULT '', sha, size)"
        )
        self.fault: Exception | None = None
        self.before_sending: Callable[[], None] = lambda: None
        self.documents: dict[int, Document] = {}

    def add(self, printer: str, queued_ms: int) -> int:
        row = self._db.execute(
            "INSERT INTO job(printer, state, queued_ms) VALUES(?, 'queued', ?) RETURNING id",
            (printer, queued_ms),
        ).fetchone()
        return int(row[0])

    def close(self) -> None:
        self._db.close()

    async def job(self, job_id: int) -> Job | None:
        return next(iter(self._where("id=?", job_id)), None)

    async def next_job(self, printer: str) -> Job | None:
        if self.fault is not None:
            raise self.fault
        return next(iter(self._where("printer=? AND state='queued' ORDER BY id LIMIT 1", printer)), None)

    async def cut_short(self) -> Sequence[Job]:
        return self._where("state IN ('sending', 'sent')")

    async def mark_sending(self, job: Job, payload_sha: str, size: int) -> bool:
        self.before_sending()
        return self._move(
            job, "state='queued' AND printer=?", (job.printer,), state="sending", sha=payload_sha, size=size
        )

    async def mark_accepted(self, job: Job, accepted: int) -> bool:
        return self._move(job, "state='sending'", (), state="sent", accepted=accepted)

    async def finish(self, job: Job, result: SendResult) -> bool:
        return self._move(
            job,
            "state IN ('sending', 'sent')",
            (),
            state=STATE_OF[result.outcome],
            proof=result.proof,
            accepted=result.accepted,
            why=result.why,
        )

    async def cancel(self, job: Job, why: str) -> bool:
        return self._move(job, "state IN ('queued', 'held')", (), state="failed", why=why)

    async def hold(self, job: Job, why: str) -> bool:
        return self._move(job, "state='queued'", (), state="held", why=why)

    async def requeue(self, job: Job, again: Job) -> bool:
        return self._move(
            job,
            "state=?",
            (job.state,),
            state="queued",
            printer=again.printer,
            copy=again.copy,
            tries=again.tries,
            queued_ms=again.queued_ms,
            why=again.why,
            accepted=0,
        )

    def _where(self, condition: str, *values: object) -> list[Job]:
        rows = self._db.execute(f"SELECT {self.COLUMNS} FROM job WHERE {condition}", values)
        return [
            Job(
                number,
                printer,
                self.documents.get(number) or slip(number, copy),
                JobState(state),
                at,
                copy,
                tries,
                taken,
                Proof(proof),
                why,
            )
            for number, printer, state, at, copy, tries, taken, proof, why in rows
        ]

    def _move(self, job: Job, condition: str, values: tuple[object, ...], **news: object) -> bool:
        names = ", ".join(f"{name}=?" for name in news)
        done = self._db.execute(
            f"UPDATE job SET {names} WHERE id=? AND {condition}",
            (*(str(new) if isinstance(new, str) else new for new in news.values()), job.id, *values),
        )
        return done.rowcount == 1


def slip(number: int, copy: int) -> Document:
    """A receipt that says which job it is."""
    body: Document = (
        Text(f"小票 JOB-{number}."),
        *(Pair(f"商品 {row}", "12.34") for row in range(12)),
        Feed(2),
        Cut(),
    )
    return reprinted(body, copy, "zh-CN")


@dataclass
class Box:
    """The parts around one or more printers, and what was heard of them."""

    queue: SqliteQueue
    printers: dict[str, Printer]
    spooler: Spooler
    clock: Clock
    told: list[tuple[int, JobState, Proof]] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)

    def add(self, printer: str = "front", age_ms: int = 0) -> int:
        job_id = self.queue.add(printer, self.clock.now_ms() - age_ms)
        self.spooler.wake(printer)
        return job_id

    async def settled(self, job_id: int, timeout_s: float = 20) -> Job:
        job = await self.spooler.wait(job_id, timeout_s)
        assert job is not None
        assert job.state.settled, job
        return job

    def heard(self, what: str, value: str) -> bool:
        return any((event.what, event.value) == (what, value) for event in self.events)


@asynccontextmanager
async def box(
    path: Path, options: dict[str, str | int | bool] | None = None, **ports: str
) -> AsyncIterator[Box]:
    """A running box: its devices and its print queue in ``path``; stopped like a killed process stops."""
    clock, events, told = SystemClock(), list[DeviceEvent](), list[tuple[int, JobState, Proof]]()
    queue = SqliteQueue(path)
    printers = {}
    for name, port in ports.items():
        config = DeviceConfig(name, "printer", "escpos", port, options or {})
        printers[name] = Printer(config, build_printer(config), clock, events.append)
    spooler = Spooler(printers, queue, clock, lambda *news: told.append(news))
    tasks = [asyncio.create_task(printer.run()) for printer in printers.values()]
    tasks.append(asyncio.create_task(spooler.run()))
    try:
        yield Box(queue, printers, spooler, clock, told, events)
        assert not [task for task in tasks if task.done()], "a part of the box died"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        queue.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is another party's state
            await asyncio.sleep(0.01)


async def all_of(rounds: Sequence[Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for one in rounds:
            tasks.create_task(_awaited(one))


async def _awaited(one: Awaitable[None]) -> None:
    await one


def printed(printer: VirtualPrinter, job_id: int) -> list[str]:
    return [receipt for receipt in printer.receipts if f"JOB-{job_id}." in receipt]


async def test_jobs_come_out_in_order_each_once_and_are_confirmed(tmp_path: Path) -> None:
    """Every job is DONE with the printer's own word for it, told as queued -> sending -> … -> done."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        jobs = [shop.add() for _ in range(3)]
        ends = [await shop.settled(job) for job in jobs]
        assert [(end.state, end.proof) for end in ends] == [(JobState.DONE, Proof.STATUS_OK)] * 3
        assert len(printer.receipts) == 3
        assert all(f"JOB-{job}." in receipt for job, receipt in zip(jobs, printer.receipts, strict=True))
        states = [state for job, state, _ in shop.told if job == jobs[0]]
        assert (states[0], states[-1]) == (JobState.SENDING, JobState.DONE)
        assert printer.kicks == []


async def test_no_byte_leaves_before_the_job_is_durably_on_its_way(tmp_path: Path) -> None:
    """When the store is asked to note SENDING, the printer has nothing of the job yet."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        seen = list[bytes]()
        shop.queue.before_sending = lambda: seen.append(bytes(printer.received))
        assert (await shop.settled(shop.add())).state is JobState.DONE
        assert len(seen) == 1
        assert b"JOB-" not in seen[0]
        assert b"JOB-" in printer.received


async def test_a_link_cut_at_any_byte_prints_once_or_asks(tmp_path: Path) -> None:
    """Whatever byte is the last: the job ends DONE or UNKNOWN, and no receipt comes out twice."""
    ends: list[JobState] = []

    async def one_round(cut_after: int) -> None:
        async with VirtualPrinter() as printer, box(tmp_path / f"{cut_after}.db", front=printer.port) as shop:
            await shop.printers["front"].ready()
            printer.drop_after(cut_after)
            for job in (shop.add(), shop.add()):
                end = await shop.settled(job)
                ends.append(end.state)
                assert len(printed(printer, job)) in ((1,) if end.state is JobState.DONE else (0, 1))

    await all_of([one_round(cut_after) for cut_after in range(1, 800, 13)])
    assert set(ends) == {JobState.DONE, JobState.UNKNOWN}
    assert ends.count(JobState.UNKNOWN) <= len(ends) // 2  # one cut is one doubtful receipt


async def test_a_retried_unknown_job_is_marked_as_a_copy(tmp_path: Path) -> None:
    """It may have been printed: the second slip says 补打, and so does the one on another printer."""
    async with VirtualPrinter() as front, VirtualPrinter() as back:
        ports = {"front": front.port, "back": back.port}
        async with box(tmp_path / "q.db", {"confirm_s": 1}, **ports) as shop:
            await shop.printers["front"].ready()
            front.drop_after(200)
            job = shop.add()
            assert (await shop.settled(job)).state is JobState.UNKNOWN
            await shop.spooler.retry(job, "back")
            assert (await shop.settled(job)).state is JobState.DONE
            assert "第 1 次补打" in printed(back, job)[0]
            with pytest.raises(PosError) as refused:
                await shop.spooler.retry(job)
            assert refused.value.code is Code.BUSY


async def test_a_job_that_was_being_sent_at_a_crash_is_unknown_and_not_sent_again(tmp_path: Path) -> None:
    """The box stops with half a receipt in the printer; the next life asks instead of printing."""
    async with VirtualPrinter() as printer:
        async with box(tmp_path / "q.db", front=printer.port) as shop:
            await shop.printers["front"].ready()
            printer.wire.bytes_per_s = 500
            job = shop.add()
            await until(lambda: len(printer.received) > 150)
        printer.wire.bytes_per_s = None
        received = bytes(printer.received)
        async with box(tmp_path / "q.db", front=printer.port) as shop:
            end = await shop.settled(job)
            assert (end.state, end.why) == (JobState.UNKNOWN, "the box was restarted")
            assert (await shop.settled(shop.add())).state is JobState.DONE
            assert f"JOB-{job}.".encode() not in printer.received[len(received) :]
            assert len(printed(printer, job)) <= 1


async def test_a_box_that_stops_in_order_ends_the_receipt_it_is_printing(tmp_path: Path) -> None:
    """The one being sent comes out and is DONE; the one behind it waits for the next life."""
    async with VirtualPrinter() as printer:
        async with box(tmp_path / "q.db", front=printer.port) as shop:
            await shop.printers["front"].ready()
            printer.wire.bytes_per_s = 2000
            job, behind = shop.add(), shop.add()
            await until(lambda: len(printer.received) > 150)
            await shop.spooler.finish(20)
            assert (await shop.settled(job)).state is JobState.DONE
            waiting = await shop.spooler.wait(behind, 0)
            assert waiting is not None
            assert waiting.state is JobState.QUEUED
        assert len(printer.receipts) == 1


async def test_out_of_paper_the_job_waits_and_comes_out_once_after_the_new_roll(tmp_path: Path) -> None:
    """Nothing is sent to a printer without paper; the till hears of it, and of the new roll."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        await shop.printers["front"].ready()
        printer.set_paper(Paper.OUT)
        await until(lambda: shop.heard("paper", "out"))
        job = shop.add()
        waiting = await shop.spooler.wait(job, 0.5)
        assert waiting is not None
        assert waiting.state is JobState.QUEUED
        with pytest.raises(DeviceBlocked):
            await shop.printers["front"].kick_drawer()
        printer.set_paper(Paper.OK)
        assert (await shop.settled(job)).state is JobState.DONE
        assert len(printed(printer, job)) == 1
        assert printer.kicks == []


async def test_paper_that_ends_within_a_receipt_holds_it_until_the_new_roll(tmp_path: Path) -> None:
    """The printer has the rest of the job: it is not sent again, and done when the printer says so."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        await shop.printers["front"].ready()
        printer.wire.bytes_per_s = 1000
        job = shop.add()
        await until(lambda: len(printer.received) > 150)
        printer.set_paper(Paper.OUT)
        await until(lambda: shop.heard("paper", "out"))
        printer.set_paper(Paper.OK)
        assert (await shop.settled(job)).state is JobState.DONE
        assert len(printed(printer, job)) == 1


async def test_a_job_older_than_ten_minutes_is_held_until_somebody_presses(tmp_path: Path) -> None:
    """No ghost receipts; once asked for, it comes out plain, because it never had been printed."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        job = shop.add(age_ms=TEN_MINUTES_MS + 1000)
        assert (await shop.settled(job)).state is JobState.HELD
        assert printer.receipts == []
        await shop.spooler.retry(job)
        assert (await shop.settled(job)).state is JobState.DONE
        assert "补打" not in printed(printer, job)[0]


async def test_silence_after_the_last_byte_is_unknown_not_failed(tmp_path: Path) -> None:
    """The printer took every byte and then said nothing: it may well have printed."""
    async with (
        VirtualPrinter() as printer,
        box(tmp_path / "q.db", {"confirm_s": 1}, front=printer.port) as shop,
    ):
        await shop.printers["front"].ready()
        printer.wire.bytes_per_s = 1000
        job = shop.add()
        await until(lambda: len(printer.received) > 150)
        printer.silent = True
        end = await shop.settled(job)
        assert end.state is JobState.UNKNOWN
        assert end.accepted > 0


async def test_a_cancelled_job_never_comes_out_and_a_queued_one_can_move(tmp_path: Path) -> None:
    """While the front printer is away, its jobs can be cancelled or go to the other printer."""
    async with (
        VirtualPrinter() as back,
        box(tmp_path / "q.db", front="tcp://127.0.0.1:1", back=back.port) as shop,
    ):
        cancelled, moved = shop.add(), shop.add()
        assert await shop.spooler.cancel(cancelled)
        assert not await shop.spooler.cancel(cancelled)
        await shop.spooler.retry(moved, "back")
        assert (await shop.settled(moved)).state is JobState.DONE
        assert (await shop.settled(cancelled)).state is JobState.FAILED
        assert "补打" not in printed(back, moved)[0]
        assert len(back.receipts) == 1


async def test_waiting_for_a_job_that_does_not_come_gives_its_state(tmp_path: Path) -> None:
    """print.receipt with wait_ms answers in time; no such job is None, and its retry is refused."""
    async with box(tmp_path / "q.db", front="tcp://127.0.0.1:1") as shop:
        job = await shop.spooler.wait(shop.add(), 0.05)
        assert job is not None
        assert job.state is JobState.QUEUED
        assert await shop.spooler.wait(999, 0.05) is None
        for number, printer in ((999, None), (job.id, "nowhere"), (job.id, None)):
            with pytest.raises(PosError):
                await shop.spooler.retry(number, printer)


async def test_the_drawer_opens_before_the_receipt_and_never_from_the_queue(tmp_path: Path) -> None:
    """One kick is one pulse; printing and reprinting adds none."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        await shop.printers["front"].ready()
        await shop.printers["front"].kick_drawer()
        job = shop.add()
        await shop.settled(job)
        assert printer.kicks == [2]


@pytest.mark.parametrize("fault", [StorageFull("disk full"), LookupError("no such sale")])
async def test_a_store_that_fails_stops_the_queue_and_not_the_box(tmp_path: Path, fault: Exception) -> None:
    """While the ledger cannot answer nothing is sent; printing goes on by itself afterwards."""
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        shop.queue.fault = fault
        job = shop.add()
        waiting = await shop.spooler.wait(job, 0.2)
        assert waiting is not None
        assert waiting.state is JobState.QUEUED
        shop.queue.fault = None
        assert (await shop.settled(job)).state is JobState.DONE


async def test_a_slip_that_cannot_be_encoded_fails_alone(tmp_path: Path) -> None:
    """The next one in the queue is printed; the broken one says why."""
    broken: Document = (cast(Text, "no block"), Cut())
    async with VirtualPrinter() as printer, box(tmp_path / "q.db", front=printer.port) as shop:
        shop.queue.documents[1] = broken
        jobs = [shop.add(), shop.add()]
        ends = [await shop.settled(job) for job in jobs]
        assert [end.state for end in ends] == [JobState.FAILED, JobState.DONE]
        assert ends[0].why.startswith("not encoded")
