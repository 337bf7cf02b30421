"""Box, mosquitto, HQ workers and PostgreSQL as real processes: killed and frozen; nothing missing or doubled."""

import asyncio
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from sync import envelope
from sync.hq import totals
from sync.hq.credit import credit
from sync.hq.schema import Connection
from sync.hq.server import connect
from sync.mqtt import MqttBroker, run_box
from sync.ports import BrokerError, Message, SyncStatus
from sync.testing import LoopClock, MemoryBox, Service, start_iotcore, start_postgres


class Workers:
    """HQ worker processes by number."""

    def __init__(self, dsn: str, url: str, log: Path) -> None:
        self._argv = [sys.executable, "-m", "sync.testing.worker", dsn, url, "t"]
        self._log = log
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, number: int) -> None:
        with self._log.open("ab") as log:
            argv = [*self._argv, f"hq-{number}"]
            self.running[number] = subprocess.Popen(argv, stdout=log, stderr=log)

    def kill(self, number: int) -> None:
        process = self.running.pop(number)
        process.kill()
        process.wait()


@pytest.fixture
def workers(dsn: str, mosquitto: Service, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(dsn, mosquitto.url, tmp_path / "workers.log")
    yield workers
    for number in list(workers.running):
        workers.kill(number)


class Shop:
    """A box on the real broker; ``status`` is the newest."""

    def __init__(self, store: str, url: str) -> None:
        self.box, self.url = MemoryBox(store), url
        self.status = SyncStatus()
        self.wake = asyncio.Event()

    def heard(self, status: SyncStatus) -> None:
        self.status = status

    def earn(self, count: int) -> None:
        for n in range(count):
            self.box.book(f"M{n % 50}", "earn", 1 + n % 9)
        self.wake.set()

    @contextlib.asynccontextmanager
    async def open(self) -> "AsyncIterator[Shop]":
        run = run_box(self.box, self.url, f"t-{self.box.store}", LoopClock(), self.heard, self.wake)
        task = asyncio.create_task(run)
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @property
    def drained(self) -> bool:
        return not self.box.rows and self.status.online


async def wait_for(true: Callable[[], bool], within_s: float = 40) -> float:
    """Seconds until ``true()``."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - it looks at processes
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def assert_books_agree(books: Connection, *shops: Shop) -> None:
    """0 missing, 0 doubled, balances equal."""
    booked = sorted(event.id for shop in shops for event in shop.box.booked)
    rows = await (await books.execute("select id::text from hq_event order by id::text")).fetchall()
    assert [id for (id,) in rows] == booked
    posted: dict[str, int] = {}
    for shop in shops:
        for event in shop.box.booked:
            for posting in event.postings:
                sign = 1 if posting.kind == "earn" else -1
                posted[posting.member] = posted.get(posting.member, 0) + sign * posting.amount
    accounts = await totals.accounts(books)
    assert {account.member: account.balance for account in accounts} == posted


async def test_two_workers_drain_a_backlog_and_grants_come_back(
    books: Connection, mosquitto: Service, workers: Workers
) -> None:
    shop = Shop("S1", mosquitto.url)
    shop.earn(3000)
    workers.start(1)
    workers.start(2)
    async with shop.open():
        await wait_for(lambda: shop.drained)
        await wait_for(lambda: shop.box.available("M1") == shop.box.balance("M1") > 0)
    await assert_books_agree(books, shop)


async def test_killed_broker_killed_worker_and_frozen_broker_cost_nothing(
    books: Connection, mosquitto: Service, workers: Workers
) -> None:
    shop = Shop("S1", mosquitto.url)
    workers.start(1)
    async with shop.open():
        await wait_for(lambda: shop.drained)

        shop.earn(1000)
        mosquitto.kill()
        await wait_for(lambda: not shop.status.online)
        mosquitto.restart()
        await wait_for(lambda: shop.drained)

        shop.earn(1000)
        await asyncio.sleep(0.05)
        workers.kill(1)
        shop.earn(100)
        workers.start(1)
        await wait_for(lambda: shop.drained)

        mosquitto.freeze()
        shop.earn(1000)
        await wait_for(lambda: not shop.status.online)
        mosquitto.thaw()
        await wait_for(lambda: shop.drained)
    await assert_books_agree(books, shop)


async def test_a_stopped_postgres_is_waited_out(mosquitto: Service, tmp_path: Path) -> None:
    # Not in tmp_path: pytest keeps that to its own user, and PostgreSQL may run as another.
    directory = Path(tempfile.mkdtemp(prefix="tillside-pg-"))
    postgres = start_postgres(directory)
    workers = Workers(postgres.url, mosquitto.url, tmp_path / "workers.log")
    workers.start(1)
    shop = Shop("S1", mosquitto.url)
    try:
        async with shop.open():
            await wait_for(lambda: shop.drained)
            postgres.stop()
            shop.earn(500)
            await asyncio.sleep(0.5)
            postgres.restart()
            await wait_for(lambda: shop.drained)
        async with await connect(postgres.url) as books:
            await assert_books_agree(books, shop)
    finally:
        workers.kill(1)
        postgres.stop()
        shutil.rmtree(directory)


async def test_a_credit_booked_by_another_process_reaches_an_idle_box(
    books: Connection, mosquitto: Service, workers: Workers
) -> None:
    shop = Shop("S1", mosquitto.url)
    workers.start(1)
    async with shop.open():
        await wait_for(lambda: shop.drained)
        await credit(books, "00000000-0000-7000-8000-000000000001", "M1", "fen", 500, "top-up", home="S1")
        await wait_for(lambda: shop.box.available("M1", "fen") == 500, within_s=5)


async def test_a_rolled_back_box_begins_a_new_epoch_and_loses_no_acked_event(
    books: Connection, mosquitto: Service, workers: Workers
) -> None:
    workers.start(1)
    shop = Shop("S1", mosquitto.url)
    async with shop.open():
        shop.earn(50)
        await wait_for(lambda: shop.drained)
        old_disk = shop.box.backup()
        shop.earn(70)
        await wait_for(lambda: shop.drained)
    restored = Shop("S1", mosquitto.url)
    restored.box = old_disk
    old_disk.fence()
    restored.earn(100)
    async with restored.open():
        await wait_for(lambda: restored.drained)
        assert (await old_disk.position()).epoch == 2
    rows = await (await books.execute("select id::text from hq_event")).fetchall()
    assert {id for (id,) in rows} == {event.id for event in shop.box.booked + old_disk.booked}


async def test_the_will_tells_of_a_box_that_died(mosquitto: Service) -> None:
    topic = envelope.up("t-S1", "state")
    dead = Message(topic, envelope.encode(envelope.State(online=False, bd="x")), retain=True)
    async with MqttBroker(mosquitto.url, "watcher").connect() as watcher:
        await watcher.subscribe(topic)
        with contextlib.suppress(BrokerError):
            # The same client id twice: the broker throws the first one out without a goodbye.
            first, second = (MqttBroker(mosquitto.url, "t-S1") for _ in range(2))
            async with first.connect(will=dead) as link, second.connect():
                async for _ in link.messages():
                    pass
        async with asyncio.timeout(5):
            assert (await anext(watcher.messages())).payload == dead.payload


async def test_a_box_that_is_stopped_says_so(mosquitto: Service) -> None:
    shop = Shop("S1", mosquitto.url)
    async with MqttBroker(mosquitto.url, "watcher").connect() as watcher:
        await watcher.subscribe(envelope.up("t-S1", "state"))
        states = watcher.messages()
        async with asyncio.timeout(5):
            async with shop.open():
                assert envelope.decode((await anext(states)).payload, envelope.State).online
            assert not envelope.decode((await anext(states)).payload, envelope.State).online


async def test_no_broker_is_a_broker_error() -> None:
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1:"):
        async with MqttBroker("mqtt://127.0.0.1:1", "c").connect():
            pass


async def test_the_pip_broker_carries_full_payloads_and_shared_subscriptions(
    dsn: str, books: Connection, tmp_path: Path
) -> None:
    pytest.importorskip("iotcore", reason="iotcore is not installed")
    broker = start_iotcore(tmp_path)
    workers = Workers(dsn, broker.url, tmp_path / "workers.log")
    workers.start(1)
    shop = Shop("S1", broker.url)
    shop.earn(1500)
    try:
        async with shop.open():
            await wait_for(lambda: shop.drained)
        await assert_books_agree(books, shop)
    finally:
        workers.kill(1)
        broker.stop()


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(3))
async def test_twenty_random_faults_lose_and_double_nothing(
    seed: int, books: Connection, mosquitto: Service, workers: Workers
) -> None:
    rng = random.Random(seed)
    shops = [Shop("S1", mosquitto.url), Shop("S2", mosquitto.url)]
    for number in (1, 2):
        workers.start(number)
    async with shops[0].open(), shops[1].open():
        for _ in range(20):
            rng.choice(shops).earn(rng.randint(1, 600))
            await _fault(rng, mosquitto, workers)
            await asyncio.sleep(rng.uniform(0, 1.5))
        await wait_for(lambda: all(shop.drained for shop in shops), within_s=120)
    await assert_books_agree(books, *shops)


async def _fault(rng: random.Random, mosquitto: Service, workers: Workers) -> None:
    pause_s = rng.uniform(0, 1.5)
    match rng.choice(["broker", "worker", "freeze"]):
        case "broker":
            mosquitto.kill()
            await asyncio.sleep(pause_s)
            mosquitto.restart()
        case "worker":
            number = rng.choice(list(workers.running))
            workers.kill(number)
            await asyncio.sleep(pause_s)
            workers.start(number)
        case "freeze":
            mosquitto.freeze()
            await asyncio.sleep(pause_s)
            mosquitto.thaw()
