"""A server on a real socket, with a small table of methods of the tests' own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from edge.errors import Code, PosError
from edge.rpc.events import Broadcast
from edge.rpc.methods import (
    ADMIN,
    HelloFacts,
    HelloParams,
    Limits,
    Method,
    Nothing,
    Session,
    session_methods,
)
from edge.rpc.openrpc import discoverable
from edge.rpc.server import Server

FACTS = HelloFacts("s001", "2026-11-22T09:00:00.000+08:00", "2026-11-22", 7, False, "i1", 41, ("print",))


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    qty_milli: Annotated[int, msgspec.Meta(ge=1, le=10**9)]


class Basket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: list[Item]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, msgspec.Meta(ge=0, le=10**6)]


@dataclass
class Box:
    """The running server, and the strings that a test pulls."""

    server: Server
    broadcast: Broadcast
    folder: Path
    card: str = "6222020200112233"
    open: asyncio.Event = field(default_factory=asyncio.Event)
    has_finished: asyncio.Event = field(default_factory=asyncio.Event)
    hellos: list[HelloParams] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    @property
    def pos(self) -> Path:
        return self.folder / "pos.sock"

    @property
    def admin(self) -> Path:
        return self.folder / "admin.sock"

    def methods(self) -> list[Method[Any]]:
        return [
            Method("basket.echo", Basket, Basket, lambda _, basket: basket, summary="The same basket."),
            Method("wait", Nothing, str, self.wait, (Code.DEVICE_TIMEOUT,)),
            Method("fail", Nothing, str, self.fail),
            Method("fail.later", Nothing, str, self.fail_later),
            Method("refuse", Nothing, str, self.refuse, (Code.BALANCE_SHORT,)),
            Method("unspeakable", Nothing, Any, lambda _, __: object()),
            Method("fill", Wanted, str, lambda _, wanted: "x" * wanted.size),
            Method("rules.list", Nothing, list[str], lambda _, __: [7], sockets=ADMIN),
        ]

    def welcome(self, session: Session, params: HelloParams) -> HelloFacts:
        if params.token == "wrong":
            raise PosError(Code.BAD_TOKEN, "no such token")
        self.hellos.append(params)
        return FACTS

    async def wait(self, session: Session, params: Nothing) -> str:
        await self.open.wait()
        self.finished.append(session.terminal)
        self.has_finished.set()
        return "done"

    def fail(self, session: Session, params: Nothing) -> str:
        raise KeyError(self.card)

    async def fail_later(self, session: Session, params: Nothing) -> str:
        return self.fail(session, params)

    def refuse(self, session: Session, params: Nothing) -> str:
        raise PosError(Code.BALANCE_SHORT, "30 points short", zh="积分不足", short=30)


Start = Callable[..., Awaitable[Box]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a box with these limits; stopped after the test."""
    boxes: list[Box] = []

    async def start_box(**limits: int) -> Box:
        broadcast = Broadcast(keep=20)
        box = Box(Server(discoverable((), ""), broadcast, Limits(**limits)), broadcast, tmp_path)
        rows = (*session_methods(broadcast, box.welcome, lambda: FACTS.server_time), *box.methods())
        box.server.table = discoverable(rows, "0.1.0")
        boxes.append(box)
        await box.server.serve_unix(box.pos, "pos")
        await box.server.serve_unix(box.admin, "admin")
        return box

    yield start_box
    for box in boxes:
        box.open.set()
        await box.server.stop(grace_s=1)
