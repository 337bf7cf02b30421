"""What every kind of peer meets at the socket: mistakes, greed, silence, and the box going down."""

import asyncio
import errno
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import pytest
from structlog.testing import capture_logs

from edge.rpc.server import Server, bind_unix

Start = Callable[..., Awaitable[Any]]
HELLO = {"terminal": "till-1", "client": "test", "version": "1", "protocol": [1]}
PATIENCE_S = 20
MIB = 1024 * 1024


class Till:
    """A peer that may say anything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, path: Path) -> Self:
        return cls(*await asyncio.open_unix_connection(path, limit=4 * MIB))

    @classmethod
    async def greeted(cls, path: Path, terminal: str = "till-1") -> Self:
        till = await cls.connect(path)
        assert "result" in await till.call("session.hello", **{**HELLO, "terminal": terminal})
        return till

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    def ask(self, id: int | None, method: str, **params: Any) -> None:
        self.send(frame(id, method, **params))

    async def read(self) -> Any:
        """The next message; None when the box hung up."""
        line = await asyncio.wait_for(self.reader.readline(), PATIENCE_S)
        return json.loads(line) if line else None

    async def call(self, method: str, **params: Any) -> Any:
        self.ask(0, method, **params)
        return await self.read()

    async def code(self, sent: bytes) -> Any:
        """The code of the error that these bytes get."""
        self.send(sent)
        return (await self.read())["error"]["code"]

    async def is_alive(self) -> bool:
        return "result" in await self.call("session.ping")


def frame(id: int | None, method: str, **params: Any) -> bytes:
    request = {"jsonrpc": "2.0", "method": method, "params": params, **({} if id is None else {"id": id})}
    return json.dumps(request, ensure_ascii=False).encode() + b"\n"


BASKET = {"lines": [{"name": "农夫山泉550ml", "qty_milli": 1000}]}


async def test_hello_says_what_a_till_needs_to_know(start: Start) -> None:
    box = await start()
    till = await Till.connect(box.pos)
    told = (await till.call("session.hello", **HELLO, last_seen={"incarnation": "i1", "seq": 40}))["result"]
    assert told["protocol"] == 1
    assert (told["store"], told["seq"], told["limits"]["frame_bytes"]) == ("s001", 41, 256 * 1024)
    assert (box.hellos[0].terminal, box.hellos[0].last_seen.seq) == ("till-1", 40)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"protocol": [2]}, 1003),
        ({"token": "wrong"}, 1001),
        ({"terminal": "till 1"}, -32602),
        ({"terminal": ""}, -32602),
    ],
)
async def test_a_wrong_hello_is_refused_and_may_be_said_again(
    start: Start, change: dict[str, Any], code: int
) -> None:
    till = await Till.connect((await start()).pos)
    assert (await till.call("session.hello", **{**HELLO, **change}))["error"]["code"] == code
    assert "result" in await till.call("session.hello", **HELLO)


async def test_a_terminal_name_with_a_line_break_is_refused(start: Start) -> None:
    """A pattern's $ would let it through."""
    till = await Till.connect((await start()).pos)
    error = (await till.call("session.hello", **{**HELLO, "terminal": "till-1\n"}))["error"]
    assert (error["code"], error["data"]["path"]) == (-32602, "/terminal")


async def test_hello_comes_first_and_once(start: Start) -> None:
    till = await Till.connect((await start()).pos)
    assert await till.is_alive()
    assert "result" in await till.call("rpc.discover")
    error = (await till.call("basket.echo", **BASKET))["error"]
    assert (error["code"], error["data"]["hint"]["en"]) == (1002, "say session.hello first")
    await till.call("session.hello", **HELLO)
    assert (await till.call("basket.echo", **BASKET))["result"] == BASKET
    assert (await till.call("session.hello", **HELLO))["error"]["code"] == 1002


async def test_who_says_no_hello_is_told_so_and_cut_off(start: Start) -> None:
    till = await Till.connect((await start(hello_ms=50)).pos)
    assert (await till.read())["error"]["code"] == 1002
    assert await till.read() is None


async def test_the_admin_socket_has_its_own_methods(start: Start) -> None:
    box = await start()
    till = await Till.greeted(box.pos)
    error = (await till.call("rules.list"))["error"]
    assert (error["code"], "admin.sock" in error["message"]) == (1002, True)
    technician = await Till.greeted(box.admin)
    assert (await technician.call("rules.list"))["result"] == [7]
    assert (await technician.call("basket.echo", **BASKET))["error"]["code"] == 1002


BAD = {
    "malformed": (b'{"jsonrpc":"2.0",\n', -32700),
    "a lone brace": (b"{\n", -32700),
    "gbk": (
        frame(1, "basket.echo", lines=[{"name": "可口可乐", "qty_milli": 1}]).decode().encode("gbk"),
        -32700,
    ),
    "no request": (b'{"id":1}\n', -32600),
    "a batch": (b"[" + frame(1, "session.ping").strip() + b"]\n", -32600),
    "unknown method": (frame(1, "sale.steal"), -32601),
    "by position": (b'{"jsonrpc":"2.0","id":1,"method":"fill","params":[1]}\n', -32602),
    "unknown field": (frame(1, "fill", size=1, colour=2), -32602),
    "wrong type": (frame(1, "fill", size="1"), -32602),
    "control character": (frame(1, "basket.echo", lines=[{"name": "\x1bp", "qty_milli": 1}]), -32602),
    "our own bug": (frame(1, "fail"), -32603),
    "our own bug, later": (frame(1, "fail.later"), -32603),
    "an answer that is no JSON": (frame(1, "unspeakable"), -32603),
    "a refusal": (frame(1, "refuse"), 1205),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_frame_gets_its_code_and_the_connection_lives(start: Start, name: str) -> None:
    till = await Till.greeted((await start()).pos)
    sent, code = BAD[name]
    assert await till.code(sent) == code
    assert await till.is_alive()


async def test_the_path_of_a_wrong_field_comes_back(start: Start) -> None:
    till = await Till.greeted((await start()).pos)
    lines = [{"name": "a", "qty_milli": 1}, {"name": "a", "qty_milli": 1, "qty": 1}]
    assert (await till.call("basket.echo", lines=lines))["error"]["data"]["path"] == "/lines/1/qty"


async def test_our_own_bug_is_logged_with_its_place_and_without_what_it_quotes(start: Start) -> None:
    box = await start()
    till = await Till.greeted(box.pos)
    with capture_logs() as logs:
        await till.call("fail")
    [entry] = [entry for entry in logs if entry["event"] == "till.method_failed"]
    assert (entry["method"], entry["error"], "in fail" in entry["stack"]) == ("fail", "KeyError", True)
    assert box.card not in str(logs)


async def test_bom_crlf_and_half_frames_are_taken(start: Start) -> None:
    till = await Till.connect((await start()).pos)
    sent = (
        b"\xef\xbb\xbf"
        + frame(1, "session.hello", **HELLO).replace(b"\n", b"\r\n")
        + frame(2, "session.ping")
    )
    for cut in (1, 2, 10, len(sent)):
        till.send(sent[:cut])
        sent = sent[cut:]
        await till.writer.drain()
        await asyncio.sleep(0.01)
    assert [(await till.read())["id"], (await till.read())["id"]] == [1, 2]


@pytest.mark.parametrize(("greeted", "size"), [(False, 4 * 1024), (True, 256 * 1024)])
async def test_a_frame_over_the_limit_is_refused_and_ends_the_connection(
    start: Start, greeted: bool, size: int
) -> None:
    box = await start()
    till = await (Till.greeted(box.pos) if greeted else Till.connect(box.pos))
    till.send(frame(1, "session.ping").strip().ljust(size) + b"\n")
    assert "result" in await till.read()
    assert await till.code(b"x" * (size + 1)) == -32600
    assert await till.read() is None


async def test_a_notification_is_done_and_never_answered(start: Start) -> None:
    box = await start()
    box.open.set()
    till = await Till.greeted(box.pos)
    for method in ("wait", "fail", "fail.later", "no.such"):
        till.ask(None, method)
    assert (await till.call("session.ping"))["id"] == 0
    await asyncio.wait_for(box.has_finished.wait(), PATIENCE_S)
    assert await till.is_alive()


async def test_plain_calls_are_answered_in_order_and_slow_ones_do_not_hold_them_up(start: Start) -> None:
    box = await start()
    till = await Till.greeted(box.pos)
    till.send(frame(1, "wait"), *(frame(n, "fill", size=n) for n in range(2, 30)))
    assert [(await till.read())["id"] for _ in range(2, 30)] == list(range(2, 30))
    box.open.set()
    assert await till.read() == {"jsonrpc": "2.0", "id": 1, "result": "done"}


async def test_too_many_slow_calls_of_one_till_are_busy(start: Start) -> None:
    box = await start(in_flight=3)
    till, other = await Till.greeted(box.pos), await Till.greeted(box.pos)
    till.send(*(frame(n, "wait") for n in range(4)))
    error = (await till.read())["error"]
    assert (error["code"], error["data"]["retry"]) == (-32001, "same_idem")
    assert await other.is_alive()
    box.open.set()
    assert {(await till.read())["id"] for _ in range(3)} == {0, 1, 2}


async def test_the_65th_connection_is_told_and_closed_and_admin_still_gets_in(start: Start) -> None:
    box = await start()
    tills = [await Till.greeted(box.pos, f"till-{n}") for n in range(64)]
    late = await Till.connect(box.pos)
    assert (await late.read())["error"]["code"] == -32005
    assert await late.read() is None
    assert await (await Till.greeted(box.admin)).is_alive()
    leaver = tills.pop()
    leaver.writer.write_eof()
    assert await leaver.read() is None
    assert await (await Till.greeted(box.pos)).is_alive()


async def test_who_half_closes_gets_every_answer(start: Start) -> None:
    """``printf ... | nc -N`` is how a technician asks."""
    box = await start()
    till = await Till.greeted(box.pos)
    till.send(frame(1, "wait"), *(frame(n, "session.ping") for n in range(2, 40)))
    till.writer.write_eof()
    assert [(await till.read())["id"] for _ in range(2, 40)] == list(range(2, 40))
    box.open.set()
    assert (await till.read())["id"] == 1
    assert await till.read() is None


async def test_a_call_is_finished_when_its_till_hangs_up(start: Start) -> None:
    box = await start()
    till = await Till.greeted(box.pos, "gone")
    till.ask(1, "wait")
    assert await till.is_alive()
    till.writer.transport.abort()
    assert await (await Till.greeted(box.pos)).is_alive()
    box.open.set()
    await asyncio.wait_for(box.has_finished.wait(), PATIENCE_S)
    assert box.finished == ["gone"]


# --- greed ---


async def test_a_till_that_pipelines_takes_turns_with_the_others(start: Start) -> None:
    """While thousands of frames wait, another till's answer is out before more than a few turns of them."""
    box = await start(frames_per_turn=8)
    hog, till = await Till.greeted(box.pos), await Till.greeted(box.pos)
    hog.send(frame(1, "fill", size=10) * 3000)
    await hog.read()
    assert await till.is_alive()
    answered = 1 + hog.reader._buffer.count(b"\n")  # type: ignore[attr-defined]  # what has arrived by now
    assert answered < 500
    assert [(await hog.read())["id"] for _ in range(2999)] == [1] * 2999


async def test_what_a_till_pipelines_waits_in_the_kernel_and_not_with_us(start: Start) -> None:
    box = await start()
    till = await Till.greeted(box.pos)
    flood = frame(1, "session.ping").strip().ljust(8191) + b"\n"
    flood *= 3000
    loop = asyncio.get_running_loop()
    peer = socket.socket(fileno=os.dup(till.writer.get_extra_info("socket").fileno()))
    before = resident_bytes()
    await loop.sock_sendall(peer, flood)
    assert resident_bytes() - before < 5 * MIB
    assert [(await till.read())["id"] for _ in range(3000)] == [1] * 3000
    peer.close()


@pytest.mark.parametrize("opening", [b"", frame(2, "fill", size=1_000_000)])
async def test_who_never_reads_is_not_read_costs_little_and_is_cut_off(start: Start, opening: bytes) -> None:
    """Whether its answers pile up while it pipelines, or one great answer blocks it before it does."""
    box = await start(stall_ms=300)
    till = await Till.greeted(box.pos)
    rude = socket.socket(socket.AF_UNIX)
    rude.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(rude, str(box.pos))
    for whole in (frame(1, "session.hello", **HELLO), opening):
        await loop.sock_sendall(rude, whole)
        assert await till.is_alive()
    flood = frame(3, "fill", size=50_000) * 400_000
    before = resident_bytes()
    peak = await asyncio.wait_for(push(rude, flood), PATIENCE_S)
    assert peak - before < 5 * MIB
    rude.close()
    assert await till.is_alive()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def push(peer: socket.socket, flood: bytes) -> int:
    """Write without ever reading until cut off; the most memory that was in use meanwhile."""
    rest = memoryview(flood)
    peak = 0
    while rest:
        peak = max(peak, resident_bytes())
        try:
            rest = rest[peer.send(rest[:65536]) :]
        except BlockingIOError:
            await asyncio.sleep(0.005)
        except (BrokenPipeError, ConnectionResetError):
            return peak
        await asyncio.sleep(0)
    raise AssertionError("everything was taken")


# --- the box goes down ---


async def test_stop_lets_running_calls_finish_says_bye_and_takes_nothing_new(start: Start) -> None:
    box = await start()
    till, listener, idle = [await Till.greeted(box.pos, name) for name in ("a", "b", "c")]
    await listener.call("events.subscribe", topics=["print"])
    till.ask(1, "wait")
    assert await till.is_alive()
    stopping = asyncio.create_task(box.server.stop())
    assert (await listener.read())["method"] == "event.bye"
    assert (await till.call("session.ping"))["error"]["code"] == -32002
    with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
        await Till.connect(box.pos)
    assert not stopping.done()
    box.open.set()
    assert (await till.read())["result"] == "done"
    await stopping
    assert [await peer.read() for peer in (till, listener, idle)] == [None] * 3
    assert not box.pos.exists()


async def test_stop_waits_no_longer_than_its_grace(start: Start) -> None:
    box = await start()
    till = await Till.greeted(box.pos)
    till.ask(1, "wait")
    assert await till.is_alive()
    await asyncio.wait_for(box.server.stop(grace_s=0.05), PATIENCE_S)
    assert await till.read() is None
    assert box.finished == []


# --- socket files ---


async def test_a_socket_that_somebody_listens_on_is_left_alone(start: Start) -> None:
    box = await start()
    with pytest.raises(OSError) as refused:  # noqa: PT011 - the errno is the match
        await Server(box.server.table, box.broadcast).serve_unix(box.pos, "pos")
    assert refused.value.errno == errno.EADDRINUSE
    assert await (await Till.greeted(box.pos)).is_alive()


async def test_a_stale_socket_is_replaced_with_the_right_mode(start: Start, tmp_path: Path) -> None:
    bind_unix(tmp_path / "pos.sock", 0o600).close()
    box = await start()
    assert stat.S_IMODE(os.stat(box.pos).st_mode) == 0o660
    assert await (await Till.greeted(box.pos)).is_alive()


def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "pos.sock").write_text("precious")
    with pytest.raises(OSError, match="not a socket"):
        bind_unix(tmp_path / "pos.sock", 0o660)
    assert (tmp_path / "pos.sock").read_text() == "precious"


async def test_an_inherited_socket_outlives_the_service(start: Start, tmp_path: Path) -> None:
    """systemd keeps the listening socket: who connects while we restart is served by the next one."""
    box = await start()
    inherited = bind_unix(tmp_path / "systemd.sock", 0o660)
    inherited.listen()
    first = Server(box.server.table, box.broadcast)
    await first.serve_socket(inherited.dup(), "pos")
    assert await (await Till.greeted(tmp_path / "systemd.sock")).is_alive()
    await first.stop()
    queued = await Till.connect(tmp_path / "systemd.sock")
    queued.ask(1, "session.ping")
    second = Server(box.server.table, box.broadcast)
    await second.serve_socket(inherited, "pos")
    assert "result" in await queued.read()
    await second.stop()
