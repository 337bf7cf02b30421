"""kill -9, again and again, while four tills sell as fast as they can: nothing is lost, nothing happens twice.

(kill -9 cannot show a missing fsync: the kernel still holds what was written.)
"""

import asyncio
import random
import signal
import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivers.testing import VirtualPrinter
from edge.rpc.client import Client, RemoteError
from edge.storage.invariants import violations
from tests.system.box_process import Box, running

TILLS = 4
PRINT_EVERY = 12
"""Sales per receipt: a printer is slower than four tills."""

REFUND_EVERY = 5


class Till:
    """Sells and takes back until told to go ``home``; every intent is retried under its key until it is answered."""

    def __init__(self, folder: Path, name: str, home: threading.Event) -> None:
        self.folder, self.name, self.home = folder, name, home
        self.acked: dict[tuple[str, str], bytes] = {}
        self.retries = 0
        self.box: Client | None = None
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)
        self.thread.start()

    def run(self) -> None:
        count = 0
        while not self.home.is_set():
            count += 1
            sold = self.sell(
                f"8000000{count % 2}", 100 + count % 7, "none" if count % PRINT_EVERY else "auto"
            )
            if count % REFUND_EVERY == 0:
                self.ask("sale.refund", sale=sold["sale"], tender={"kind": "cash"}, print="none")
        if self.box:
            self.box.close()

    def sell(self, card: str, price_fen: int, how: str) -> dict[str, Any]:
        basket = {
            "cashier": "小王",
            "member": card,
            "lines": [{"name": "茶", "qty_milli": 3000, "unit_price_fen": price_fen}],
        }
        tenders = [{"kind": "cash", "amount_fen": 3 * price_fen}]
        return self.ask("sale.commit", basket=basket, tenders=tenders, print=how)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer, however often the box has to be asked; kept as the bytes that the ledger must hold."""
        idem = str(uuid.uuid4())
        while True:
            try:
                answer: dict[str, Any] = self.connected().call(method, idem=idem, **params)
            except (OSError, RemoteError) as error:
                if isinstance(error, RemoteError) and error.data.get("retry") != "same_idem":
                    raise
                self.retries += 1
                self.hang_up()
                continue
            self.acked[self.name, idem] = msgspec.json.encode({**answer, "duplicate": False})
            return answer

    def connected(self) -> Client:
        """The box, as soon as it is there again."""
        while self.box is None:
            box = Client(self.folder / "pos.sock")
            box.hello(self.name)
            self.box = box
        return self.box

    def hang_up(self) -> None:
        if self.box is not None:
            self.box.close()
            self.box = None
        self.home.wait(0.02)


@pytest.fixture
async def printer() -> AsyncIterator[VirtualPrinter]:
    async with VirtualPrinter() as device:
        yield device


@pytest.fixture
async def box(printer: VirtualPrinter) -> AsyncIterator[Box]:
    async with running(printer) as daemon:
        yield daemon


async def trade_under_fire(box: Box, rounds: int, seed: int) -> list[Till]:
    """Tills sell while the daemon is killed ``rounds`` times; returns them when each got its last answer."""
    chance = random.Random(seed)
    home = threading.Event()
    tills = [Till(box.folder, f"T{number}", home) for number in range(1, TILLS + 1)]
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        await box.end(signal.SIGKILL)
        await box.start()
    await asyncio.sleep(0.3)
    home.set()
    for till in tills:
        await asyncio.to_thread(till.thread.join, 30)
        assert not till.thread.is_alive(), f"{till.name} still waits for an answer"
    return tills


def open_jobs(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as db:
        query = "SELECT count(*) FROM print_job WHERE state IN ('queued', 'sending', 'sent')"
        return int(db.execute(query).fetchone()[0])


async def printed_out(folder: Path) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(open_jobs, folder):  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.05)


def check_ledger(folder: Path, tills: list[Till]) -> None:
    """Every answer stands in the ledger as it was given, and there is nothing beside them."""
    acked = {key: answer for till in tills for key, answer in till.acked.items()}
    with closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True, isolation_level=None)) as db:
        assert violations(db, acked) == []
        asked = db.execute("SELECT count(*) FROM op WHERE kind <> 'member.register'").fetchone()[0]
        assert asked == len(acked)
        sold = db.execute("SELECT (SELECT count(*) FROM sale) + (SELECT count(*) FROM refund)").fetchone()[0]
        assert sold == len(acked)


def check_receipts(folder: Path, receipts: list[str]) -> int:
    """Each came out once, or it is not known whether it did; returns how many came out."""
    with closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as db:
        jobs = db.execute("SELECT receipt_no, state FROM print_job JOIN sale ON sale.id = subject").fetchall()
    out = Counter(number for receipt in receipts for number, _ in jobs if number in receipt)
    for number, state in jobs:
        assert out[number] == 1 if state == "done" else out[number] <= 1, (
            f"{number} is {state}: {out[number]} times"
        )
        assert state in ("done", "unknown"), f"{number} is {state}"
    return out.total()


async def play(box: Box, printer: VirtualPrinter, rounds: int, seed: int) -> None:
    tills = await trade_under_fire(box, rounds, seed)
    await printed_out(box.folder)
    await box.end(signal.SIGTERM)
    check_ledger(box.folder, tills)
    assert check_receipts(box.folder, printer.receipts)
    assert sum(till.retries for till in tills)


async def test_kill_9_under_load_loses_and_doubles_nothing(box: Box, printer: VirtualPrinter) -> None:
    await play(box, printer, rounds=5, seed=1)
    assert box.process is not None
    assert box.process.returncode == 0


@pytest.mark.soak
async def test_kill_9_fifty_times_loses_and_doubles_nothing(box: Box, printer: VirtualPrinter) -> None:
    await play(box, printer, rounds=60, seed=2)
    assert box.process is not None
