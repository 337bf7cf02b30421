"""How fast a backlog reaches HQ, over a real broker into a real PostgreSQL: ``python -m benchmarks.sync``.

Targets (docs: sync): 20,000 events in 10 s; batch ingest 12 times single; 2 s median to the next ack after
the broker is killed.
"""

import asyncio
import contextlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from sync.envelope import Ack, Batch, Hello
from sync.hq.ingest import ingest, welcome
from sync.hq.schema import Connection
from sync.hq.server import connect
from sync.mqtt import run_box
from sync.ports import SyncStatus
from sync.testing import LoopClock, MemoryBox, Service, start_mosquitto, start_postgres

BACKLOG = 20_000
SINGLES = 400
KILLS = 15


def trade(box: MemoryBox, count: int) -> None:
    """``count`` sales of 5,000 members; every third spends what it may."""
    rng = random.Random(count)
    for _ in range(count):
        member = f"M{rng.randrange(5000):05d}"
        spendable = box.available(member)
        if spendable and rng.random() < 0.33:
            box.book(member, "spend", spendable)
        else:
            box.book(member, "earn", rng.randint(1, 500))


async def until(true: Callable[[], bool], limit_s: float = 120) -> float:
    """Seconds until ``true()``."""
    began = time.monotonic()
    async with asyncio.timeout(limit_s):
        while not true():  # noqa: ASYNC110 - it looks at processes
            await asyncio.sleep(0.005)
    return time.monotonic() - began


@contextlib.asynccontextmanager
async def running(box: MemoryBox, url: str, wake: asyncio.Event) -> AsyncIterator[list[SyncStatus]]:
    """The box on the broker; the list holds its newest status."""
    newest = [SyncStatus()]

    def heard(status: SyncStatus) -> None:
        newest[0] = status

    task = asyncio.create_task(run_box(box, url, f"t-{box.store}", LoopClock(), heard, wake))
    try:
        yield newest
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def drain(url: str) -> float:
    """Seconds for a backlog on a standing connection, from the first batch to the last ack."""
    box, wake = MemoryBox("S1"), asyncio.Event()
    async with running(box, url, wake) as status:
        await until(lambda: status[0].online)
        trade(box, BACKLOG)
        wake.set()
        return await until(lambda: not box.rows)


async def recover(broker: Service) -> float:
    """Median seconds from a new broker process to the ack of a sale made while it was dead."""
    box, wake, times = MemoryBox("S2"), asyncio.Event(), []
    async with running(box, broker.url, wake) as status:
        for _ in range(KILLS):
            await until(lambda: status[0].online and not box.rows)
            broker.kill()
            trade(box, 1)
            wake.set()
            await asyncio.sleep(0.3)
            broker.restart()
            times.append(await until(lambda: not box.rows))
    return statistics.median(times)


async def ingest_rate(conn: Connection, store: str, events: int, size: int) -> float:
    """Events per second into PostgreSQL in batches of ``size``."""
    box = MemoryBox(store)
    trade(box, events)
    for n in (1, 2):
        at = await box.position()
        hello = Hello("b", n, at.epoch, at.next, at.acked, at.acked_hash, at.tip, at.nonce)
        answer = await welcome(conn, store, hello)
        if answer is not None and answer.rebase is not None:
            await box.rebase(answer.rebase)
    began = time.monotonic()
    while box.rows:
        at = await box.position()
        rows = await box.events(at.acked, size)
        batch = Batch(at.epoch, at.acked + 1, at.acked_hash, tuple(row.body for row in rows))
        ack = await ingest(conn, store, batch)
        assert isinstance(ack, Ack)
        await box.acknowledge(ack.epoch, ack.upto, ack.h)
    return events / (time.monotonic() - began)


async def measure(broker: Service, postgres: Service) -> list[tuple[str, str, str]]:
    """Rows of (what, measured, target)."""
    drained_s, recovered_s = await drain(broker.url), await recover(broker)
    async with await connect(postgres.url) as conn:
        batched = await ingest_rate(conn, "S8", 50 * 200, 200)
        single = await ingest_rate(conn, "S9", SINGLES, 1)
    return [
        (f"drain {BACKLOG:,} events", f"{drained_s:.1f} s", "<= 10 s"),
        ("ingest in batches of 200", f"{batched:,.0f} events/s", ""),
        ("ingest one by one", f"{single:,.0f} events/s", ""),
        ("batch to single", f"{batched / single:.0f} x", ">= 12 x"),
        (f"next ack after a broker kill, median of {KILLS}", f"{recovered_s:.2f} s", "<= 2 s"),
    ]


def main() -> None:
    """Start the services, measure, print."""
    with tempfile.TemporaryDirectory(prefix="tillside-bench-") as name:
        directory = Path(name)
        (directory / "pg").mkdir()
        # With fsync, as in production: the single case would look too good without.
        postgres = start_postgres(directory / "pg", fsync=True)
        broker = start_mosquitto(directory)
        argv = [sys.executable, "-m", "sync.testing.worker", postgres.url, broker.url, "t", "hq-1"]
        worker = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        try:
            rows = asyncio.run(measure(broker, postgres))
        finally:
            worker.kill()
            worker.wait()
            broker.stop()
            postgres.stop()
    for what, measured, target in rows:
        print(f"{what:<46}{measured:>18}   {target}")


if __name__ == "__main__":
    main()
