"""The device's end of a wire: the master of a pty, or a TCP server with one client."""

import asyncio
import os
import pty
import socket
import struct
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

READ_BYTES = 512
PORT_OF_ITS_OWN = 0


class WireEnd(ABC):
    """Bytes in and out, at a chosen pace, until somebody pulls the plug."""

    def __init__(self) -> None:
        self.on_bytes: Callable[[bytes], None] = lambda _chunk: None
        self.on_connect: Callable[[], None] = lambda: None
        self.bytes_per_s: float | None = None
        self._fd = -1
        self._paused = False
        self._resume: asyncio.TimerHandle | None = None

    @property
    @abstractmethod
    def port(self) -> str:
        """What ``open_link`` takes."""

    @abstractmethod
    def start(self) -> None:
        """Come into being, or back after ``stop``, under the same port."""

    @abstractmethod
    def stop(self) -> None:
        """Vanish."""

    def send(self, payload: bytes) -> None:
        """To whoever listens; lost when nobody does."""
        if self._fd >= 0:
            with suppress(OSError):
                os.write(self._fd, payload)

    def pause(self) -> None:
        """Take no more bytes: the peer's writes will stall."""
        self._paused = True
        self._unwatch()

    def go_on(self) -> None:
        """Take bytes again."""
        self._paused = False
        self._watch()

    def _watch(self) -> None:
        if self._fd >= 0 and not self._paused:
            asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def _unwatch(self) -> None:
        if self._resume is not None:
            self._resume.cancel()
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)

    def _readable(self) -> None:
        try:
            chunk = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._peer_left()
            return
        if self.bytes_per_s is not None:
            self._unwatch()
            loop = asyncio.get_running_loop()
            self._resume = loop.call_later(len(chunk) / self.bytes_per_s, self._watch)
        self.on_bytes(chunk)

    def _peer_left(self) -> None:
        self._unwatch()


class PtyEnd(WireEnd):
    """A pty; ``path`` is a name that stays the same when it is pulled out and put back."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self._path = path
        self._slave = -1

    @property
    def port(self) -> str:
        return f"serial:{self._path or os.ttyname(self._slave)}"

    def start(self) -> None:
        # Our own opening of the slave keeps the master readable while no driver has it open.
        self._fd, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._fd, False)
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path.symlink_to(os.ttyname(self._slave))
        self.on_connect()
        self._watch()

    def stop(self) -> None:
        if self._fd < 0:
            return
        self._unwatch()
        os.close(self._fd)
        os.close(self._slave)
        self._fd = self._slave = -1
        if self._path is not None:
            self._path.unlink(missing_ok=True)


class TcpEnd(WireEnd):
    """A server on loopback; the newest client is the one that counts."""

    def __init__(self, port: int = PORT_OF_ITS_OWN) -> None:
        super().__init__()
        self._port = port
        self._server: socket.socket | None = None
        self._client: socket.socket | None = None

    @property
    def port(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self._port))
        self._server.setblocking(False)
        self._port = self._server.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._server, self._accept)

    def stop(self) -> None:
        self.drop()
        if self._server is not None:
            asyncio.get_running_loop().remove_reader(self._server)
            self._server.close()
            self._server = None

    def drop(self) -> None:
        """Reset the connection, as a printer does that loses power."""
        if self._client is not None:
            self._unwatch()
            with suppress(OSError):
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._client.close()
            self._client, self._fd = None, -1

    def _accept(self) -> None:
        if self._server is None:
            return
        with suppress(OSError):
            client, _ = self._server.accept()
            self.drop()
            client.setblocking(False)
            client.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )  # a status byte waits for no second one
            self._client, self._fd = client, client.fileno()
            self.on_connect()
            self._watch()

    def _peer_left(self) -> None:
        self.drop()


class VirtualDevice:
    """A device on a wire, alive inside ``async with``."""

    def __init__(self, wire: WireEnd) -> None:
        self.wire = wire
        self._changed = asyncio.Event()
        wire.on_bytes = self._receive
        wire.on_connect = self._connected

    @property
    def port(self) -> str:
        """What ``open_link`` takes."""
        return self.wire.port

    async def __aenter__(self) -> Self:
        self.wire.start()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.wire.stop()

    def unplug(self) -> None:
        """Pull the cable out."""
        self.wire.stop()

    def replug(self) -> None:
        """Put it back; the device comes back under the same TCP port or ``path``."""
        self.wire.start()

    async def until(self, holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Come back when ``holds()``; TimeoutError otherwise."""
        async with asyncio.timeout(timeout_s):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def _receive(self, chunk: bytes) -> None:
        raise NotImplementedError

    def _connected(self) -> None:
        """Somebody connected, or the plug is in again."""
