"""A daemon with a printer, as a process that tests start, kill and question."""

import asyncio
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.testing import VirtualPrinter
from edge.rpc.client import Client

PROGRAMME = Path(__file__).parents[2] / "docs" / "programmes" / "ruyishu.yaml"

CONFIG = """
[store]
id = "S001"
tenant = "corner"
name = "街角"
[paths]
state = "{folder}"
run = "{folder}"
[programme]
bundle = "{programme}"
member_numbers = ["8\\\\d{{7}}"]
[[device]]
name = "p1"
kind = "printer"
driver = "escpos"
port = "{printer}"
"""


@dataclass
class Box:
    """The daemon, as a process that can be killed."""

    folder: Path
    config: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "edge.cli.main",
            "run",
            "--config",
            str(self.config),
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(self.answers):
                assert self.process.returncode is None, "the daemon ended by itself"
                await asyncio.sleep(0.02)

    def answers(self) -> bool:
        try:
            with Client(self.folder / "pos.sock") as box:
                box.hello("watch")
        except OSError:
            return False
        return True

    async def end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(how)
            await self.process.wait()


@asynccontextmanager
async def running(printer: VirtualPrinter) -> AsyncIterator[Box]:
    """A running daemon with two members; its folder has a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="tillside-"))
    config = folder / "tillside.toml"
    config.write_text(CONFIG.format(folder=folder, programme=PROGRAMME, printer=printer.port))
    daemon = Box(folder, config)
    try:
        await daemon.start()
        await asyncio.to_thread(register, folder)
        yield daemon
    finally:
        await daemon.end(signal.SIGKILL)
        shutil.rmtree(folder)


def register(folder: Path) -> None:
    with Client(folder / "pos.sock") as box:
        box.hello("T0")
        for card, referrer in (("80000000", None), ("80000001", "80000000")):
            box.call("member.register", idem=str(uuid.uuid4()), card_no=card, name="张三", referrer=referrer)
