"""What a checkout costs beside the disk: 20 lines, a member, as a ratio to the fsync floor of the same run.

``python -m benchmarks.commit`` measures on this machine's disk, then once more with an fsync that takes 8 ms (an
LD_PRELOAD, built with any C compiler), as the disks of shops do. The floor is a 4 KiB overwrite and fdatasync.
"""

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from edge.clock import SystemClock
from edge.config import Config, Paths, Programme, Store, read_bundle_file
from edge.counter import members, quoting, sale
from edge.counter.shop import Shop
from edge.domain.rules.compile import load_programme
from edge.storage import writer as storage_writer
from edge.storage.reader import Snapshot
from edge.storage.writer import Writer

SALES = 256
LINES = 20
ROUNDS = 3
MEMBERS = 64
SLOW_FSYNC_US = 8000
FLOOR_MS_MIN = 2.0
"""A disk that is done sooner does not flush (a virtual one, say): the targets are for those that do."""
BUNDLE = Path(__file__).parents[1] / "docs" / "programmes" / "ruyishu.yaml"
SLOW_FSYNC_C = Path(__file__).parent / "commit_floor" / "slow_fsync.c"
SWITCH_S = 0.0005
"""As the daemon sets it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Latencies of one load, in ms, and what it took as a whole."""

    took_ms: list[float]
    wall_s: float
    cpu_s: float
    batches: int

    def percentile(self, number: int) -> float:
        return quantiles(self.took_ms, n=100)[number - 1]

    @property
    def per_s(self) -> float:
        return len(self.took_ms) / self.wall_s


class Counter:
    """A shop with some members, and quotes that wait to be committed."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.quotes = shop, quoting.Quotes()
        self._customers = itertools.count()

    def basket(self) -> sale.CommitRequest:
        lines = tuple(quoting.BasketLine(2000, 250, sku=f"A{n}", name="灵芝孢子粉") for n in range(LINES))
        card = f"800000{next(self._customers) % MEMBERS:02d}"
        asked = quoting.QuoteRequest(cashier="小王", member=card, lines=lines)
        quoted = quoting.quote(self.shop, self.quotes, "T1", asked)
        tender = sale.Tender("cash", quoted.totals.due_fen)
        return sale.CommitRequest(idem=str(uuid.uuid4()), quote_id=quoted.quote_id, tenders=(tender,))

    async def load(self, clients: int, sales: int) -> Run:
        """``sales`` checkouts by ``clients`` tills, each waiting for its answer before the next."""
        waiting = [self.basket() for _ in range(sales)]
        took_ms: list[float] = []

        async def till() -> None:
            while waiting:
                request = waiting.pop()
                start = time.perf_counter()
                await sale.commit(self.shop, self.quotes, "T1", request)
                took_ms.append((time.perf_counter() - start) * 1000)

        batches, cpu_s, start = self.shop.writer.batches, time.process_time(), time.perf_counter()
        await asyncio.gather(*(till() for _ in range(clients)))
        return Run(
            took_ms,
            time.perf_counter() - start,
            time.process_time() - cpu_s,
            self.shop.writer.batches - batches,
        )


async def open_counter(folder: Path) -> Counter:
    config = Config(Store("S001", "t", "t"), Paths(str(folder), str(folder)), Programme("", (r"8\d{7}",)))
    raw = read_bundle_file(BUNDLE)
    programme = load_programme(raw)
    clock = SystemClock()
    writer = Writer(config.paths.database, "S001", clock, authority=True)
    await writer.start()
    await writer.submit(lambda tx: tx.bundles.keep(programme.hash, 1, raw, tx.now_ms))
    shop = Shop(config, clock, writer, Snapshot(config.paths.database), programme, lambda: True, ("p1",))
    for number in range(MEMBERS):
        card = f"800000{number:02d}"
        await members.register(
            shop, "T1", members.RegisterRequest(idem=str(uuid.uuid4()), card_no=card, name="张三")
        )
    return Counter(shop)


def floor(folder: Path, count: int) -> Run:
    """The least that durable can cost here."""
    took_ms = []
    handle = os.open(folder / "floor", os.O_RDWR | os.O_CREAT, 0o600)
    block = os.urandom(4096)
    os.pwrite(handle, block, 0)
    os.fsync(handle)
    start = time.perf_counter()
    for _ in range(count):
        before = time.perf_counter()
        os.pwrite(handle, block, 0)
        os.fdatasync(handle)
        took_ms.append((time.perf_counter() - before) * 1000)
    os.close(handle)
    return Run(took_ms, time.perf_counter() - start, 0, count)


async def measure(folder: Path) -> dict[str, Run]:
    """Floor and loads in turn, so that what else the machine does meets all of them."""
    counter = await open_counter(folder)
    await counter.load(8, 64)
    runs: dict[str, list[Run]] = {}
    for _ in range(ROUNDS):
        runs.setdefault("floor", []).append(floor(folder, SALES))
        for clients in (1, 8, 32):
            sales = SALES // 2 if clients == 1 else SALES
            runs.setdefault(f"{clients}", []).append(await counter.load(clients, sales))
        storage_writer.BATCH_MAX = 1
        runs.setdefault("each", []).append(await counter.load(32, SALES // 2))
        storage_writer.BATCH_MAX = 64
    counter.shop.snapshot.close()
    await counter.shop.writer.stop()
    return {name: joined(parts) for name, parts in runs.items()}


def joined(runs: list[Run]) -> Run:
    return Run(
        [took for run in runs for took in run.took_ms],
        sum(run.wall_s for run in runs),
        sum(run.cpu_s for run in runs),
        sum(run.batches for run in runs),
    )


def report(runs: dict[str, Run], title: str) -> None:
    base, one, eight, many, each = (runs[name] for name in ("floor", "1", "8", "32", "each"))
    fsync_ms = base.percentile(50)
    print(f"{title}: fsync p50 {fsync_ms:.2f} ms, p99 {base.percentile(99):.2f} ms")
    at_most: Callable[[float, float], bool] = lambda got, target: got <= target  # noqa: E731 - a name for a sign
    at_least: Callable[[float, float], bool] = lambda got, target: got >= target  # noqa: E731 - as above
    rows = (
        ("p50, 1 client, to the floor", one.percentile(50) / fsync_ms, 1.15, at_most),
        ("p50, 8 clients, to the floor", eight.percentile(50) / fsync_ms, 1.3, at_most),
        ("p99, 8 clients, to the floor's p50", eight.percentile(99) / fsync_ms, 2.2, at_most),
        ("throughput, 32 clients, to 1/fsync", many.per_s * fsync_ms / 1000, 12.0, at_least),
        ("throughput, 32 clients, to a commit each", many.per_s / each.per_s, 10.0, at_least),
    )
    for name, got, target, holds in rows:
        verdict = "" if fsync_ms < FLOOR_MS_MIN else "ok" if holds(got, target) else "MISSED"
        print(f"  {name:42} {got:6.2f}x  (target {target:5.2f}x)  {verdict}".rstrip())
    cpu_us = many.cpu_s / len(many.took_ms) * 1e6
    print(
        f"  32 clients: {many.per_s:.0f} checkouts/s, {cpu_us:.0f} us of CPU each,"
        f" {len(many.took_ms) / many.batches:.1f} to a COMMIT"
    )


def on_a_slow_disk() -> None:
    """The same once more in a process whose fsync takes SLOW_FSYNC_US."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        print("no C compiler: the slow disk is left out")
        return
    with tempfile.TemporaryDirectory() as folder:
        library = f"{folder}/slow_fsync.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SLOW_FSYNC_C], check=True)
        environment = {**os.environ, "LD_PRELOAD": library, "FSYNC_US": str(SLOW_FSYNC_US)}
        subprocess.run(
            [sys.executable, "-m", "benchmarks.commit", "a disk of 8 ms"], env=environment, check=True
        )


def main(arguments: list[str]) -> None:
    sys.setswitchinterval(SWITCH_S)
    with tempfile.TemporaryDirectory() as folder:
        report(asyncio.run(measure(Path(folder))), arguments[0] if arguments else "this disk")
    if not arguments:
        on_a_slow_disk()


if __name__ == "__main__":
    main(sys.argv[1:])
