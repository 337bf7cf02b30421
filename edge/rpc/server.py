"""The socket: connections, their limits, and fairness between them. What a frame means is in wire and methods."""

import asyncio
import errno
import os
import socket
import stat
import struct
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import CoroutineType
from typing import Any
from uuid import uuid4

import structlog
from msgspec import UnsetType

from edge.errors import Code, PosError, Retry
from edge.rpc import wire
from edge.rpc.events import Broadcast
from edge.rpc.methods import Call, Limits, Method, Session, SocketName, Table, check_allowed

BACKLOG = 128
_PEERCRED = struct.Struct("3i")  # pid, uid, gid: unix(7)
_LATER = (CoroutineType, asyncio.Future)
_log = structlog.get_logger(__name__)


class Server:
    """Answers tills on any number of sockets from one table of methods.

    ``on_session_end`` hears the id of every session that is over: what it held is free again.
    """

    def __init__(
        self,
        table: Table,
        broadcast: Broadcast,
        limits: Limits | None = None,
        on_session_end: Callable[[str], None] = lambda session: None,
    ) -> None:
        self.table = table
        self.on_session_end = on_session_end
        self.broadcast = broadcast
        self.limits = limits or Limits()
        self.stopping = False
        self._connections: set[Connection] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._listeners: list[asyncio.Server] = []
        self._made: list[tuple[Path, int | None]] = []

    async def serve_unix(self, path: Path, name: SocketName, mode: int = 0o660) -> None:
        """Listen on ``path``; raises OSError EADDRINUSE where somebody already does."""
        listener = bind_unix(path, mode)
        self._made.append((path, _inode(path)))
        await self.serve_socket(listener, name)

    async def serve_socket(self, listener: socket.socket, name: SocketName) -> None:
        """Accept from a socket that is bound already, such as one inherited from systemd."""
        # Not create_unix_server: from Python 3.13 on it would remove the socket file, which is systemd's.
        serving = asyncio.get_running_loop().create_server(
            lambda: Connection(self, name), sock=listener, backlog=BACKLOG
        )
        self._listeners.append(await serving)

    async def stop(self, grace_s: float = 20.0) -> None:
        """Take nothing new, say goodbye, let running calls finish and answers leave, then close."""
        self.stopping = True
        for listener in self._listeners:
            listener.close()
        self.broadcast.bye()
        deadline = asyncio.get_running_loop().time() + grace_s
        if self._calls:
            await asyncio.wait(self._calls, timeout=grace_s)
        for call in self._calls:
            _log.warning("till.call_cut_off", call=call.get_name())
            call.cancel()
        await self._close_all(deadline)
        for path, inode in self._made:
            if _inode(path) == inode:
                path.unlink()

    async def _close_all(self, deadline: float) -> None:
        """Close every connection once its answers are out; cut off those that do not read by the deadline."""
        closing = [connection.close() for connection in tuple(self._connections)]
        if closing:
            await asyncio.wait(closing, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
        for connection in tuple(self._connections):
            connection.abort("did not read its answers")
        await asyncio.gather(*closing)

    def admit(self, connection: "Connection") -> bool:
        """Count the connection in, unless its socket is full."""
        name = connection.session.socket
        if sum(other.session.socket == name for other in self._connections) >= self.limits.connections:
            return False
        self._connections.add(connection)
        return True

    def discard(self, connection: "Connection") -> None:
        """The connection is gone."""
        self._connections.discard(connection)
        self.broadcast.forget(connection.session.id)
        self.on_session_end(connection.session.id)

    def start(self, call: asyncio.Task[None]) -> None:
        """Keep a running call; it is finished even when its caller hangs up."""
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)


class Connection(asyncio.Protocol):
    """One till. A till that pipelines takes turns with the others; one that does not read is not read either."""

    session: Session
    _transport: asyncio.Transport

    def __init__(self, server: Server, name: SocketName) -> None:
        self._server = server
        self._limits = server.limits
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._framer = wire.Framer(self._limits.frame_bytes_before_hello)
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._hello_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._turn_is_due = False
        self._peer_is_done = False
        self._in_flight = 0

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        credentials = transport.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, _PEERCRED.size
        )
        pid, uid, _gid = _PEERCRED.unpack(credentials)
        self.session = Session(uuid4().hex, self._name, uid, pid, self, self._limits)
        transport.set_write_buffer_limits(high=self._limits.write_high_bytes)
        if not self._server.admit(self):
            self._refuse_and_close(Code.TOO_MANY_CONNECTIONS, "too many connections", "连接数过多")
            return
        self._hello_timer = self._loop.call_later(self._limits.hello_ms / 1000, self._no_hello)

    def data_received(self, received: bytes) -> None:
        frame = self._framer.only_frame(received)
        if frame is not None and self.writable:
            self._answer(frame)
            return
        self._framer.feed(received)
        if not self._turn_is_due and self.writable:
            self._turn()

    def eof_received(self) -> bool:
        """The peer sends no more but still reads (``nc -N``): it gets its answers before we close."""
        self._peer_is_done = True
        if not self._turn_is_due and self.writable:
            self._turn()
        return True

    def pause_writing(self) -> None:
        self._transport.pause_reading()
        stall_s = self._limits.stall_ms / 1000
        self._stall_timer = self._loop.call_later(stall_s, self.abort, "did not read its answers")

    def resume_writing(self) -> None:
        if self._stall_timer:
            self._stall_timer.cancel()
            self._stall_timer = None
        self._server.broadcast.catch_up(self.session.id)
        self._turn_soon()

    def connection_lost(self, error: Exception | None) -> None:
        for timer in (self._hello_timer, self._stall_timer):
            if timer:
                timer.cancel()
        self._server.discard(self)
        self._closed.set_result(None)

    # --- the way out (an Outlet) ---

    @property
    def writable(self) -> bool:
        """False while the peer leaves its answers lying, and after the end."""
        return self._stall_timer is None and not self._transport.is_closing()

    def write(self, line: bytes) -> None:
        """Send now or buffer; dropped when the peer has hung up."""
        if not self._transport.is_closing():
            self._transport.write(line)

    def close(self) -> asyncio.Future[None]:
        """Close when everything written is sent; done when it is."""
        self._transport.close()
        return self._closed

    def abort(self, why: str) -> None:
        """Close now, answers or not."""
        _log.warning("till.cut_off", why=why, terminal=self.session.terminal, uid=self.session.uid)
        self._transport.abort()

    # --- turns ---

    def _turn(self) -> None:
        """Answer at most ``frames_per_turn`` frames, then let the other tills have the loop."""
        self._turn_is_due = False
        for _ in range(self._limits.frames_per_turn):
            if not self.writable:
                return
            try:
                frame = self._framer.next_frame()
            except wire.FrameTooLarge as error:
                self.write(wire.error_line(None, error))
                self._transport.close()
                return
            if frame is None:
                self._idle()
                return
            self._answer(frame)
        self._turn_soon()

    def _idle(self) -> None:
        """Everything received is answered or running."""
        if not self._peer_is_done:
            self._transport.resume_reading()
        elif not self._in_flight:
            self._transport.close()

    def _turn_soon(self) -> None:
        if not self._turn_is_due and not self._transport.is_closing():
            self._turn_is_due = True
            self._transport.pause_reading()
            self._loop.call_soon(self._turn)

    def _answer(self, frame: bytes) -> None:
        call = wire.read_in_one_pass(self._server.table.decoder, frame)
        if call is not None and call.row.from_bytes is not None and self._answered_from_bytes(call):
            return
        if call is None or call.row.from_bytes is not None:
            call = self._read_in_two_passes(frame)
        if call is not None:
            self._run(call)
            self._after_answer()

    def _answered_from_bytes(self, call: Call) -> bool:
        """Answer the quick way; False where the call has to be read after all."""
        assert call.row.from_bytes is not None
        try:
            self._check_now(call.row)
            pieces = call.row.from_bytes(self.session, bytes(call.params))
            if pieces is None:
                return False
            if not isinstance(call.id, UnsetType):
                self.write(wire.pieced_line(call.id, pieces))
        # The task's edge, as in _run.
        except Exception as error:
            self._refuse(call.id, self._as_refusal(call, error))
        return True

    def _read_in_two_passes(self, frame: bytes) -> Call | None:
        """The call, or None when what is wrong with it has been said."""
        try:
            request = wire.read_request(frame)
        except PosError as error:
            self.write(wire.error_line(wire.read_id(frame), error))
            return None
        table = self._server.table
        try:
            method = table.named(request.method)
            check_allowed(method, self.session)
            return table.call(method, wire.read_params(method.decoder, request, frame), request.id)
        except PosError as error:
            self._refuse(request.id, error)
            return None

    def _run(self, call: Call) -> None:
        try:
            self._check_now(call.row)
            outcome = call.row.call(self.session, call.params)
            if isinstance(outcome, _LATER):
                self._in_flight += 1
                self._server.start(self._loop.create_task(self._finish(call, outcome), name=call.row.name))
                return
            self._reply(call.id, outcome)
        # The task's edge: whatever a method raises becomes a reply and a line in the log.
        except Exception as error:
            self._refuse(call.id, self._as_refusal(call, error))

    def _check_now(self, method: Method[Any]) -> None:
        check_allowed(method, self.session)
        if self._server.stopping:
            raise PosError(Code.STOPPING, "the box is stopping", zh="主机正在停止", retry=Retry.SAME_IDEM)
        if self._in_flight >= self._limits.in_flight:
            raise PosError(
                Code.BUSY,
                f"{self._in_flight} calls of this connection are running",
                zh="本连接的请求过多，请稍后重试",
                retry=Retry.SAME_IDEM,
            )

    async def _finish(self, call: Call, outcome: Awaitable[object]) -> None:
        try:
            self._reply(call.id, await outcome)
        # The task's edge, as above.
        except Exception as error:
            self._refuse(call.id, self._as_refusal(call, error))
        finally:
            self._in_flight -= 1
            if self._peer_is_done:
                self._turn_soon()

    def _reply(self, id: wire.Id | UnsetType, result: object) -> None:
        if not isinstance(id, UnsetType):
            self.write(wire.result_line(id, result))

    def _refuse(self, id: wire.Id | UnsetType, error: PosError) -> None:
        if not isinstance(id, UnsetType):
            self.write(wire.error_line(id, error))

    def _as_refusal(self, call: Call, error: Exception) -> PosError:
        """What the till hears. Our own fault is logged by its place: its text may quote a card number of the params."""
        if isinstance(error, PosError):
            return error
        _log.error(
            "till.method_failed",
            method=call.row.name,
            terminal=self.session.terminal,
            error=type(error).__name__,
            stack="".join(traceback.format_tb(error.__traceback__)),
        )
        return PosError(Code.INTERNAL, "internal error; the box has logged it", zh="内部错误，主机已记录")

    # --- hello ---

    def _after_answer(self) -> None:
        """Hello lifts the limits of a stranger; a new subscriber hears what it missed after the reply, not before."""
        if self._hello_timer and self.session.terminal:
            self._hello_timer.cancel()
            self._hello_timer = None
            self._framer.limit = self._limits.frame_bytes
            who = self.session
            _log.info("till.hello", terminal=who.terminal, client=who.client, uid=who.uid, socket=who.socket)
        self._server.broadcast.catch_up(self.session.id)

    def _no_hello(self) -> None:
        limit_s = self._limits.hello_ms / 1000
        self._refuse_and_close(
            Code.NOT_ALLOWED,
            f"no session.hello within {limit_s:g} s",
            f"{limit_s:g} 秒内未收到 session.hello",
        )

    def _refuse_and_close(self, code: Code, message: str, zh: str) -> None:
        self.write(wire.error_line(None, PosError(code, message, zh=zh, retry=Retry.SAME_IDEM)))
        self._transport.close()


def bind_unix(path: Path, mode: int) -> socket.socket:
    """A bound unix socket with ``mode``, not listening yet. A file that nobody listens on is replaced."""
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        # Between bind and listen nobody can connect, so no umask (which is the whole process's) is needed.
        path.chmod(mode)
    except OSError:
        listener.close()
        raise
    return listener


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise OSError(errno.EEXIST, "there is a file, not a socket", os.fspath(path))
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, "another process listens on", os.fspath(path))
