"""What the till's socket costs: a 20-line basket there and back, as a ratio to a C epoll echo of the same frames.

``python -m benchmarks.rpc`` builds the echo and the load generator (benchmarks/rpc/*.c, any C compiler), runs all
servers in turn for some rounds, and prints medians; then it measures what one till's greed costs another.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated, Any

import msgspec
import structlog

from edge.rpc.events import Broadcast
from edge.rpc.methods import HelloFacts, Method, session_methods
from edge.rpc.openrpc import discoverable
from edge.rpc.server import Server

ROUNDS = 9
ROUND_S = 2.0
CONNECTIONS = 8
RATE_HZ = 40
HOG_ROUNDS = 3
TARGETS = {"C epoll echo": (2.0, 2.5), "asyncio echo": (1.5, 2.0)}
HOG_P99_MS_MAX = 10.0
HOG_MIB_MAX = 5.0
SOURCES = Path(__file__).parent / "rpc"
NAMES = ("农夫山泉550ml", "可口可乐330ml", "清风抽纸3包", "伊利纯牛奶250ml", "青岛啤酒500ml")  # fmt: skip

Fen = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sku: str
    name: str
    qty_milli: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    unit_price_fen: Fen
    category: str
    flags: list[str] = []


class Basket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cashier: str
    member: str
    business_date: str
    lines: list[Line]
    coupons: list[str]
    redeem_points: Fen


# --- the servers under test, each in a process of its own ---


async def serve_tillside(path: Path) -> None:
    broadcast = Broadcast()
    facts = HelloFacts("s001", "", "2026-11-22", 1, False, "i1", 0, ())
    session = session_methods(broadcast, lambda _, __: facts, lambda: "")
    echo = Method("basket.echo", Basket, Basket, lambda _, basket: basket)
    server = Server(discoverable((*session, echo), "0"), broadcast)
    await server.serve_unix(path, "pos")
    await asyncio.Event().wait()


class Echo(asyncio.Protocol):
    """What asyncio costs by itself."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, received: bytes) -> None:
        self._transport.write(received)


async def serve_echo(path: Path) -> None:
    await asyncio.get_running_loop().create_unix_server(Echo, path)
    await asyncio.Event().wait()


def hog(path: Path, reads: bool) -> None:
    """Pipeline baskets for ever, reading the answers or not; comes back when it is cut off."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(str(path))
    peer.setblocking(False)
    pending = hello_frame()
    load = basket_frame() * 32
    while True:
        pending = pending or load
        try:
            pending = pending[peer.send(pending) :]
        except BlockingIOError:
            time.sleep(0.0005)
        except OSError:
            return
        if reads:
            with suppress(BlockingIOError):
                peer.recv(1 << 20)


# --- frames ---


def frame(method: str, params: Any) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 184467, "method": method, "params": params}) + b"\n"


def hello_frame() -> bytes:
    hello = {"terminal": "bench", "client": "bench", "version": "1", "protocol": [1]}
    return frame("session.hello", hello)


def basket_frame() -> bytes:
    random = Random(7)
    lines = [
        Line(
            sku=f"69{random.randrange(10**11):011d}",
            name=NAMES[index % len(NAMES)],
            qty_milli=1000 * random.randrange(1, 4),
            unit_price_fen=random.randrange(150, 9900),
            category=random.choice(["food", "drink", "home"]),
            flags=["promo"] if index % 5 == 0 else [],
        )
        for index in range(20)
    ]
    basket = Basket("1021", "M0000123456", "2026-11-22", lines, ["C2026-777"], 500)
    return frame("basket.echo", basket)


# --- the bench ---


class Bench:
    """Programs and frames in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        compiler = os.environ.get("CC", "cc")
        for name in ("echo", "load"):
            subprocess.run([compiler, "-O2", "-o", folder / name, SOURCES / f"{name}.c"], check=True)
        (folder / "hello").write_bytes(hello_frame())
        (folder / "basket").write_bytes(basket_frame())

    @contextmanager
    def serving(self, name: str, *command: str | Path) -> Iterator[tuple[Path, int]]:
        """Run a server; its socket and process id."""
        path = self.folder / f"{name}.sock"
        process = subprocess.Popen([*command, path])
        try:
            while not path.exists():
                time.sleep(0.01)
            time.sleep(0.1)
            yield path, process.pid
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def load(self, path: Path) -> tuple[float, float]:
        """One round: (p50, p99) in microseconds."""
        files = (self.folder / "hello", self.folder / "basket")
        pace = (str(CONNECTIONS), str(ROUND_S), str(RATE_HZ))
        said = subprocess.run(
            [self.folder / "load", path, *files, *pace], check=True, capture_output=True, text=True
        )
        _, p50_ns, p99_ns, _ = map(int, said.stdout.split())
        return p50_ns / 1000, p99_ns / 1000


def python(role: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.rpc", role)


def compare(bench: Bench) -> None:
    """Every server once per round, so that what the machine does meanwhile hits all alike."""
    with (
        bench.serving("c", bench.folder / "echo") as (c, _),
        bench.serving("asyncio", *python("echo")) as (plain, _),
        bench.serving("tillside", *python("tillside")) as (tillside, _),
    ):
        paths = {"C epoll echo": c, "asyncio echo": plain, "tillside": tillside}
        rounds = [{name: bench.load(path) for name, path in paths.items()} for _ in range(ROUNDS)]
    size = len(basket_frame())
    print(
        f"{size} byte basket, {CONNECTIONS} connections x {RATE_HZ}/s, median of {ROUNDS} rounds of {ROUND_S:g} s"
    )
    for name in paths:
        p50, p99 = (median(r[name][index] for r in rounds) for index in (0, 1))
        print(f"  {name:14} p50 {p50:7.1f} us   p99 {p99:7.1f} us")
    for name, targets in TARGETS.items():
        ratios = [median(r["tillside"][index] / r[name][index] for r in rounds) for index in (0, 1)]
        verdict = "ok" if all(r <= t for r, t in zip(ratios, targets, strict=True)) else "MISSED"
        print(
            f"  tillside / {name}: p50 {ratios[0]:.2f}x (target {targets[0]:g}x), "
            f"p99 {ratios[1]:.2f}x (target {targets[1]:g}x)  {verdict}"
        )


def greed(bench: Bench, kind: str) -> None:
    """The other tills' p99 and the server's memory, without and with a hog."""
    quiet: list[float] = []
    loud: list[float] = []
    with bench.serving(kind, *python("tillside")) as (path, pid):
        bench.load(path)
        before_kib = resident_kib(pid)
        for _ in range(HOG_ROUNDS):
            quiet.append(bench.load(path)[1])
            process = subprocess.Popen([*python(kind), path])
            try:
                time.sleep(0.3)
                loud.append(bench.load(path)[1])
            finally:
                process.kill()
                process.wait()
        grown_mib = (resident_kib(pid, "VmHWM") - before_kib) / 1024
    moved_ms = (median(loud) - median(quiet)) / 1000
    verdict = "ok" if moved_ms <= HOG_P99_MS_MAX and grown_mib <= HOG_MIB_MAX else "MISSED"
    print(
        f"  {kind}: p99 of the others moves {moved_ms:+.2f} ms (target {HOG_P99_MS_MAX:g}), "
        f"memory at most {grown_mib:+.1f} MiB (target {HOG_MIB_MAX:g})  {verdict}"
    )


def resident_kib(pid: int, field: str = "VmRSS") -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0])


def main(arguments: list[str]) -> None:
    match arguments:
        case ["tillside", path]:
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
            asyncio.run(serve_tillside(Path(path)))
        case ["echo", path]:
            asyncio.run(serve_echo(Path(path)))
        case ["hog-that-pipelines" | "hog-that-never-reads" as kind, path]:
            hog(Path(path), reads=kind == "hog-that-pipelines")
        case _:
            if not shutil.which(os.environ.get("CC", "cc")):
                sys.exit("the benchmark needs a C compiler")
            with tempfile.TemporaryDirectory() as folder:
                bench = Bench(Path(folder))
                compare(bench)
                print("one greedy till")
                for kind in ("hog-that-pipelines", "hog-that-never-reads"):
                    greed(bench, kind)


if __name__ == "__main__":
    main(sys.argv[1:])
