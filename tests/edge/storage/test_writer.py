"""The one writer: shared commits, separate failures, and what it says when the disk does not take it."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.errors import OutcomeUnknown, StorageCorrupt, StorageError, StorageFull
from edge.storage import database
from edge.storage.invariants import violations
from edge.storage.reader import Snapshot
from edge.storage.transaction import Answer, Operation, Transaction
from edge.storage.writer import CHECKPOINT_ROWS, LULL_S, Writer
from tests.edge.counter.conftest import NOW_MS
from tests.edge.storage.conftest import Open


class Paid(msgspec.Struct, frozen=True):
    """The answer of the operations below."""

    amount: int


def earn(key: str, amount: int = 5, text: str = "") -> Callable[[Transaction], Answer]:
    """An operation that credits member M1, under ``key``."""

    def work(transaction: Transaction) -> Answer:
        def decide() -> Paid:
            transaction.ledger.earn("M1", "points", amount, "test")
            return Paid(amount)

        content = msgspec.json.encode({"amount": amount, "text": text})
        return transaction.perform(Operation("T1", key, "test.earn", content), decide)

    return work


def fail(transaction: Transaction) -> None:
    transaction.ledger.earn("M1", "points", 1000, "test")
    raise ValueError("a bug in one request")


def balance(path: Path) -> int:
    snapshot = Snapshot(path)
    found = snapshot.balance("M1", "points")
    snapshot.close()
    return found.balance if found else 0


def sound(path: Path) -> bool:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as db:
        return violations(db) == []


class Gate:
    """Holds the writer's thread in a request of its own, so that a batch can gather behind it."""

    def __init__(self, writer: Writer) -> None:
        self._open = threading.Event()
        self.passed = asyncio.ensure_future(writer.submit(lambda tx: self._open.wait(5)))

    async def open(self) -> None:
        self._open.set()
        await self.passed


async def test_requests_that_wait_share_one_commit(open_writer: Open, ledger: Path) -> None:
    writer = await open_writer()
    gate = Gate(writer)
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(writer.submit(earn(f"k{n}"))) for n in range(40)]
    await asyncio.sleep(0)
    before = writer.batches
    await gate.open()
    await asyncio.gather(*waiting)
    assert writer.batches - before == 2  # the gate's own, and one for all forty
    assert balance(ledger) == 200


async def test_a_request_that_fails_takes_nothing_else_with_it(open_writer: Open, ledger: Path) -> None:
    writer = await open_writer()
    gate = Gate(writer)
    waiting = [asyncio.ensure_future(writer.submit(work)) for work in (earn("a"), fail, earn("b"))]
    await asyncio.sleep(0)
    await gate.open()
    first, second, third = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(first, Answer)
    assert isinstance(second, ValueError)
    assert isinstance(third, Answer)
    assert balance(ledger) == 10
    assert sound(ledger)


async def test_a_caller_that_is_cancelled_undoes_nothing(open_writer: Open, ledger: Path) -> None:
    """Its till retries with the same key and gets the answer that was stored."""
    writer = await open_writer()
    gate = Gate(writer)
    task = asyncio.ensure_future(writer.submit(earn("k")))
    await asyncio.sleep(0)
    task.cancel()
    await gate.open()
    again = await writer.submit(earn("k"))
    assert again.duplicate
    assert balance(ledger) == 5


async def test_answers_outlive_the_writer(open_writer: Open, ledger: Path) -> None:
    first = await open_writer()
    answer = await first.submit(earn("k"))
    await first.stop()
    again = await (await open_writer()).submit(earn("k"))
    assert (again.body, again.duplicate) == (answer.body, True)
    assert sound(ledger)


def locked_by_another_process(path: Path) -> str:
    """What a second process says that wants to write; empty when it could."""
    program = (
        "import sys; from pathlib import Path; from edge.storage.database import only_writer\n"
        "with only_writer(Path(sys.argv[1])): pass"
    )
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def inode(path: Path) -> int:
    return path.stat().st_ino


async def test_a_second_process_is_refused(open_writer: Open, ledger: Path) -> None:
    await open_writer()
    assert "one writer per store" in locked_by_another_process(ledger)


async def test_a_second_writer_does_not_touch_the_file(open_writer: Open, ledger: Path) -> None:
    """Not even while there is none yet: two that create would replace each other's."""
    writer = await open_writer()
    await writer.submit(earn("k"))
    place = inode(ledger)
    with pytest.raises(StorageError, match="one writer per store"):
        await open_writer()
    assert inode(ledger) == place


@pytest.mark.parametrize("authority", [False, True])
async def test_a_copied_file_starts_another_life(
    open_writer: Open, ledger: Path, tmp_path: Path, authority: bool
) -> None:
    """Both could spend the same rights otherwise (sync: I5); a shop without HQ grants them to itself again."""
    first = await open_writer()
    await first.submit(earn("k"))
    nonce = await first.submit(lambda tx: tx.outbox.line().nonce)
    await first.stop()
    copy = tmp_path / "copy.db"
    shutil.copy(ledger, copy)
    writer = await open_writer(copy, authority=authority)
    held = await writer.submit(lambda tx: tx.ledger.balance("M1", "points"))
    assert (held.balance, held.spendable, held.rights.elsewhere) == (5, 5 if authority else 0, 5)
    second = await writer.submit(lambda tx: tx.outbox.line().nonce)
    assert second != nonce
    await writer.stop()
    again = await open_writer(copy)
    assert await again.submit(lambda tx: tx.outbox.line().nonce) == second
    assert sound(copy)


async def test_a_newer_schema_is_refused(open_writer: Open, ledger: Path) -> None:
    await (await open_writer()).stop()
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("PRAGMA user_version=9999")
    with pytest.raises(StorageError, match="newer release"):
        await open_writer()


async def test_another_stores_ledger_is_refused(ledger: Path) -> None:
    database.create(ledger, "S002", NOW_MS)
    with pytest.raises(StorageError, match="of store S002"):
        database.connect(ledger, "S001", NOW_MS)


async def test_a_half_made_ledger_is_ignored(open_writer: Open, ledger: Path) -> None:
    ledger.with_name("ledger.db.new").write_bytes(b"half")
    ledger.with_name("ledger.db.new-wal").write_bytes(b"made")
    await (await open_writer()).submit(earn("k"))
    assert balance(ledger) == 5
    assert not ledger.with_name("ledger.db.new").exists()


async def test_a_step_that_fails_leaves_the_schema_as_it_was(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.create(ledger, "S001", NOW_MS)
    steps = [*database.schema_steps(), "CREATE TABLE extra(x);\nSELECT * FROM nowhere;\n"]
    monkeypatch.setattr(database, "schema_steps", lambda: steps)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            database.migrate(db)
        assert db.execute("PRAGMA user_version").fetchone() == (len(steps) - 1,)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name='extra'").fetchone() == (0,)


async def test_an_unsound_ledger_is_not_opened(open_writer: Open, ledger: Path) -> None:
    writer = await open_writer()
    await writer.submit(earn("k"))
    await writer.stop()
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("UPDATE account SET credits = credits + 1 WHERE owner='M1'")
    with pytest.raises(StorageCorrupt, match="invariant 4"):
        await open_writer()


async def test_an_idle_writer_checkpoints_once_for_so_many_rows(open_writer: Open, ledger: Path) -> None:
    """The WAL keeps its size when it starts over: that must not mean a checkpoint after every sale."""
    writer = await open_writer()
    seen: list[str] = []

    def fill(tx: Transaction) -> None:
        tx.db.set_trace_callback(seen.append)
        for n in range(CHECKPOINT_ROWS):
            tx.db.execute("INSERT INTO counter VALUES(?, 1)", (f"c{n}",))

    await writer.submit(fill)
    async with asyncio.timeout(10):
        while not seen or "wal_checkpoint" not in seen[-1]:  # noqa: ASYNC110 - another thread does it
            await asyncio.sleep(LULL_S)
    for n in range(10):
        await writer.submit(earn(f"k{n}"))
        await asyncio.sleep(LULL_S)
    assert sum("wal_checkpoint" in statement for statement in seen) == 1


async def test_a_busy_writer_does_not_checkpoint_between_two_batches(
    open_writer: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here every gap between them is shorter than a lull."""
    monkeypatch.setattr("edge.storage.writer.LULL_S", 60)
    writer = await open_writer()
    seen: list[str] = []

    def write(tx: Transaction) -> None:
        tx.db.set_trace_callback(seen.append)
        for _ in range(CHECKPOINT_ROWS):
            tx.db.execute(
                "INSERT INTO counter VALUES('c', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1"
            )

    for _ in range(5):
        await writer.submit(write)
    assert not any("wal_checkpoint" in statement for statement in seen)


async def test_a_failing_disk_stops_the_ledger_for_good(open_writer: Open, ledger: Path) -> None:
    """The outcome of that batch is unknown; nothing is tried on the file again, and nobody waits for ever."""
    writer = await open_writer()

    def lose_the_file(tx: Transaction) -> None:
        tx.db.execute("PRAGMA writable_schema=ON")
        tx.db.execute("UPDATE sqlite_master SET rootpage=9999 WHERE name='counter'")
        tx.db.execute("PRAGMA schema_version=77")
        tx.db.execute("SELECT * FROM counter").fetchall()

    with pytest.raises(OutcomeUnknown):
        await writer.submit(lose_the_file)
    with pytest.raises(StorageError):
        await asyncio.wait_for(writer.submit(earn("k")), 5)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Two megabytes of disk."""
    if os.geteuid() != 0:
        pytest.skip("a full disk needs a small tmpfs, and mounting one needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def fill(writer: Writer) -> int:
    """Write until the disk is full; returns how many operations were answered."""
    for done in range(2000):
        try:
            await writer.submit(earn(f"k{done}", text="x" * 4000))
        except StorageFull:
            return done
    raise AssertionError("the disk takes everything")


async def test_a_full_disk_refuses_clearly_and_recovers(open_writer: Open, small_disk: Path) -> None:
    """Reads go on; the same key succeeds when there is room again."""
    path, ballast = small_disk / "ledger.db", small_disk / "ballast"
    writer = await open_writer(path)
    ballast.write_bytes(bytes(300_000))
    done = await fill(writer)
    assert balance(path) == 5 * done
    with pytest.raises(StorageFull):
        await writer.submit(earn(f"k{done}", text="x" * 4000))
    ballast.unlink()
    answer = await writer.submit(earn(f"k{done}", text="x" * 4000))
    assert not answer.duplicate
    assert balance(path) == 5 * (done + 1)
    assert sound(path)


async def test_a_copy_without_hq_grants_itself_what_it_holds(
    open_writer: Open, ledger: Path, tmp_path: Path
) -> None:
    """Nobody else could grant it: a restored standalone shop must not lose its members' points."""
    first = await open_writer()
    await first.submit(earn("k"))
    await first.stop()
    copy = tmp_path / "copy.db"
    shutil.copy(ledger, copy)
    writer = await open_writer(copy)
    held = await writer.submit(lambda tx: tx.ledger.balance("M1", "points"))
    assert (held.balance, held.spendable) == (5, 5)
