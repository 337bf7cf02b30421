"""A shop floor: a real ledger behind a real socket, tills that call methods by name, a clock that tests turn."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from edge.app import hello_facts
from edge.clock import ManualClock, SystemClock
from edge.config import Config, DeviceConfig, Hq, Paths, Programme, Store, read_bundle_file
from edge.counter.print_store import LedgerPrintStore
from edge.counter.quoting import Quotes
from edge.counter.shop import Keyed, Shop
from edge.counter.uplink_state import UplinkState
from edge.devices.displays import IdleText
from edge.devices.printers import Printer
from edge.devices.registry import build_printer
from edge.devices.spooler import Spooler
from edge.devices.supervisor import Supervisor
from edge.domain.rules.compile import load_programme
from edge.rpc.events import Broadcast
from edge.rpc.methods import session_methods
from edge.rpc.openrpc import discoverable
from edge.rpc.rows.desk import Desk
from edge.rpc.server import Server
from edge.rpc.till_methods import till_methods
from edge.storage.invariants import violations
from edge.storage.reader import Snapshot
from edge.storage.writer import Writer
from tests.edge.counter.conftest import BUNDLE

PROGRAMMES = Path(__file__).parents[3] / "docs" / "programmes"
OPENING = "2026-11-24T10:00:00+08:00"
"""An ordinary Tuesday."""


class Refused(Exception):
    """The box's error: ``code``, ``message`` and ``data`` as a till sees them."""

    def __init__(self, code: int, message: str, data: dict[str, Any]) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.data = data


@dataclass
class Till:
    """One connection that has said hello; params without ``idem`` get a fresh one where the method wants it."""

    terminal: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    writes: frozenset[str]
    last_id: int = 0

    async def call(self, method: str, /, **params: Any) -> Any:
        """The method's result; raises Refused."""
        if method in self.writes:
            params.setdefault("idem", str(uuid.uuid4()))
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.writer.write(msgspec.json.encode(request) + b"\n")
        while True:
            message = msgspec.json.decode(await self.reader.readline())
            if message.get("id") == self.last_id:
                break
        if "error" in message:
            error = message["error"]
            raise Refused(error["code"], error["message"], error.get("data", {}))
        return message["result"]

    async def refused(self, code: int, method: str, /, **params: Any) -> Refused:
        """The refusal, which must have this code."""
        try:
            result = await self.call(method, **params)
        except Refused as refusal:
            if refusal.code != code:
                raise
            return refusal
        raise AssertionError(f"{method} was not refused: {result}")

    async def register(self, card_no: str, **params: Any) -> str:
        """A new member; the id."""
        made = await self.call("member.register", card_no=card_no, **{"name": "王小明", **params})
        return str(made["member"])

    async def whole(self, member: str) -> dict[str, Any]:
        """The member as ``member.lookup`` shows it."""
        found = await self.call("member.lookup", by="id", value=member)
        return dict(found["member"])

    async def sell(self, *lines: dict[str, Any] | int, **more: Any) -> dict[str, Any]:
        """Quote and commit: a line is fen for one piece, or the line itself; paid in cash unless ``tenders`` say how.

        ``tenders`` may leave out the cash part. Other keys go to the quote, ``commit`` to the commit.
        """
        tenders = list(more.pop("tenders", ()))
        commit = more.pop("commit", {})
        basket = [
            {"name": f"货{line}", "sku": f"P{line}", "qty_milli": 1000, "unit_price_fen": line}
            if isinstance(line, int)
            else {"qty_milli": 1000, **line}
            for line in lines
        ]
        quote = await self.call("sale.quote", **{"cashier": "小王", "lines": basket, **more})
        rest = quote["totals"]["due_fen"] - sum(t["amount_fen"] for t in tenders if t["kind"] != "points")
        if rest > 0:
            tenders.append({"kind": "cash", "amount_fen": rest})
        return dict(
            await self.call(
                "sale.commit",
                quote_id=quote["quote_id"],
                digest=quote["digest"],
                tenders=tenders,
                **commit,
            )
        )

    async def take_back(self, sale: str, *lines: tuple[int, int], **more: Any) -> dict[str, Any]:
        """A refund in cash, of (line, qty_milli) or of all that is left."""
        parts = [{"line": line, "qty_milli": qty} for line, qty in lines]
        return dict(
            await self.call(
                "sale.refund", **{"sale": sale, "lines": parts, "tender": {"kind": "cash"}, **more}
            )
        )


@dataclass
class Floor:
    """The shop. ``till`` is the first till; ``restart`` closes the ledger and opens it again, tills included."""

    folder: Path
    clock: ManualClock
    raw: bytes
    config: Config
    printers: tuple[str, ...]
    ports: dict[str, str]
    shop: Shop = field(init=False)
    till: Till = field(init=False)
    server: Server = field(init=False)
    online: bool = False
    tills: dict[str, Till] = field(default_factory=dict)
    workers: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self) -> None:
        programme = load_programme(self.raw)
        database = self.config.paths.database
        writer = Writer(database, self.config.store.id, self.clock, authority=self.config.hq is None)
        await writer.start()
        version = programme.bundle.version
        await writer.submit(lambda tx: tx.bundles.keep(programme.hash, version, self.raw, tx.now_ms))
        serving = (lambda: True) if self.config.hq is None else (lambda: self.online)
        self.shop = Shop(
            self.config, self.clock, writer, Snapshot(database), programme, serving, self.printers
        )
        broadcast = Broadcast(self.clock.now_ms())
        devices = Supervisor(
            (),
            self.config.programme.member_numbers,
            self.clock,
            lambda _: None,
            lambda _: None,
            IdleText(("", "")),
        )
        spooler = self._spooler()
        uplink = UplinkState(configured=self.config.hq is not None)
        desk = Desk(self.shop, Quotes(), devices, spooler, uplink, lambda: _wake(spooler, self.printers))
        rows = (
            *session_methods(broadcast, lambda *_: hello_facts(self.shop), lambda: ""),
            *till_methods(desk),
        )
        self.server = Server(discoverable(rows, "test"), broadcast)
        self._writes = frozenset(row.name for row in rows if issubclass(row.params, Keyed))
        await self.server.serve_unix(self.config.paths.pos_socket, "pos")
        await self.server.serve_unix(self.config.paths.admin_socket, "admin")
        self.tills = {}
        self.till = await self.another_till("T1")

    def _spooler(self) -> Spooler:
        """The print queue; it works where printers have a port, and by the machine's clock: turn the shop's to it."""
        clock = SystemClock()
        configs = [
            DeviceConfig(name, "printer", "escpos", port, {"confirm_s": 1})
            for name, port in self.ports.items()
        ]
        printers = {c.name: Printer(c, build_printer(c), clock, lambda _: None) for c in configs}
        spooler = Spooler(printers, LedgerPrintStore(self.shop), clock, lambda *_: None)
        if printers:
            runs = (*(printer.run() for printer in printers.values()), spooler.run())
            self.workers = [asyncio.create_task(run) for run in runs]
        return spooler

    async def another_till(self, terminal: str, *, admin: bool = False) -> Till:
        """A till on the pos socket, or a technician on the other; said hello."""
        path = self.config.paths.admin_socket if admin else self.config.paths.pos_socket
        reader, writer = await asyncio.open_unix_connection(str(path), limit=2**22)
        till = Till(terminal, reader, writer, self._writes)
        await till.call("session.hello", terminal=terminal, client="test", version="1", protocol=[1])
        self.tills[f"{terminal}{admin:d}"] = till
        return till

    async def close(self) -> None:
        for till in self.tills.values():
            till.writer.close()
        await self.server.stop(grace_s=1)
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)
        self.shop.snapshot.close()
        await self.shop.writer.stop()

    async def restart(self) -> None:
        """As after a power cut between two requests."""
        await self.close()
        await self.open()

    def at(self, moment: str) -> None:
        """Turn the clock to ``2026-12-01T10:00`` (in Shanghai, unless it says where)."""
        when = datetime.fromisoformat(moment if "+" in moment else f"{moment}+08:00")
        self.clock.set_ms(int(when.timestamp() * 1000))

    def minutes_later(self, minutes: float) -> None:
        self.clock.set_ms(self.clock.now_ms() + round(minutes * 60_000))

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the file says."""
        with closing(sqlite3.connect(f"file:{self.config.paths.database}?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()

    def broken(self) -> list[str]:
        """Invariants that do not hold."""
        with closing(sqlite3.connect(f"file:{self.config.paths.database}?mode=ro", uri=True)) as db:
            return [str(found) for found in violations(db)]


def _wake(spooler: Spooler, printers: tuple[str, ...]) -> None:
    for printer in printers:
        spooler.wake(printer)


def corner_shop(**sections: Any) -> bytes:
    """The small programme of the counter's tests (a point per yuan, ten fen per point) with more sections."""
    return msgspec.json.encode({**BUNDLE, "refunds": {"shortfall": "cash", "days": 30}, **sections})


def published(name: str) -> bytes:
    """A programme of docs/programmes."""
    return read_bundle_file(PROGRAMMES / f"{name}.yaml")


@asynccontextmanager
async def open_floor(
    folder: Path,
    raw: bytes | None = None,
    *,
    with_hq: bool = False,
    printers: tuple[str, ...] = (),
    at: str = OPENING,
    store: dict[str, Any] | None = None,
    ports: dict[str, str] | None = None,
) -> AsyncIterator[Floor]:
    """Open a shop under ``raw``, with these keys of ``[store]``, printing at ``ports``.

    Invariants are checked at the end.
    """
    config = Config(
        Store(**{"id": "S001", "tenant": "corner", "name": "街角", **(store or {})}),
        Paths(str(folder), str(folder)),
        Programme("", (r"8\d{7}",)),
        Hq("mqtt://hq") if with_hq else None,
    )
    floor = Floor(
        folder, ManualClock(), raw or corner_shop(), config, printers or tuple(ports or ()), ports or {}
    )
    floor.at(at)
    await floor.open()
    try:
        yield floor
    finally:
        await floor.close()
    broken = floor.broken()
    assert not broken, broken
