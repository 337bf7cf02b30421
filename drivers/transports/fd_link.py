"""A wire that is a file descriptor: what a socket and a serial port have in common.

The loop watches the descriptor; nothing here blocks. A subclass says how it is opened and given back.
"""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from drivers.api import DeviceOffline, DeviceTimeout

READ_BYTES = 4096
WRITE_BYTES = 4096


class FdLink(ABC):
    """An ``api.Link`` on a non-blocking descriptor. One payload at a time is on the wire, whole."""

    def __init__(self) -> None:
        self.on_bytes: Callable[[bytes], None] = lambda _chunk: None
        self.on_lost: Callable[[str], None] = lambda _why: None
        self._fd = -1
        self._endings = 0  # how many times an open link ended
        self._turn = asyncio.Lock()
        self._room: asyncio.Future[None] | None = None

    @abstractmethod
    async def _acquire(self) -> int:
        """Open and configure; the descriptor. Raises DeviceOffline or BadPort."""

    @abstractmethod
    async def _release(self) -> None:
        """Give the descriptor back without waiting for the device."""

    @abstractmethod
    def __str__(self) -> str:
        """The port, as configured: every error names it."""

    async def open(self) -> None:
        """Open and start listening; raises DeviceOffline or BadPort."""
        if self._fd >= 0:
            raise DeviceOffline(f"{self}: already open")
        self._fd = await self._acquire()
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    async def close(self) -> None:
        """Close now, discarding what the device has not taken."""
        self._detach()
        await self._release()

    async def write(
        self, payload: bytes, timeout_s: float, on_sent: Callable[[int], None] | None = None
    ) -> int:
        """Write all of ``payload``; errors carry how many bytes the kernel had accepted."""
        try:
            async with asyncio.timeout(timeout_s):  # wait_for() of 3.11 can swallow a cancel
                await self._turn.acquire()
        except TimeoutError:
            raise DeviceTimeout(f"{self}: busy with the bytes before") from None
        try:
            return await self._write(memoryview(payload), timeout_s, on_sent)
        finally:
            self._turn.release()

    async def _write(
        self, payload: memoryview, timeout_s: float, on_sent: Callable[[int], None] | None
    ) -> int:
        loop, endings = asyncio.get_running_loop(), self._endings
        sent, progress_at = 0, loop.time()
        while sent < len(payload):
            if self._fd < 0 or self._endings != endings:  # it may even be open again by now
                raise DeviceOffline(f"{self}: the link is down, {sent} bytes accepted", sent)
            taken = self._try_write(payload[sent : sent + WRITE_BYTES], sent)
            if taken:
                sent, progress_at = sent + taken, loop.time()
                if on_sent is not None:
                    on_sent(sent)
            elif (patience_s := progress_at + timeout_s - loop.time()) > 0:
                await self._wait_for_room(patience_s)
            else:
                raise DeviceTimeout(f"{self}: stalled, {sent} of {len(payload)} bytes accepted", sent)
        return sent

    def _try_write(self, part: memoryview, sent: int) -> int:
        """Bytes the kernel took now: 0 when it is full."""
        try:
            return os.write(self._fd, part)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._lost(error.strerror or str(error))
            raise DeviceOffline(f"{self}: {error.strerror}, {sent} bytes accepted", sent) from None

    async def _wait_for_room(self, timeout_s: float) -> None:
        """Until the kernel reports room, the link is lost, or ``timeout_s`` has passed.

        No report does not mean no room: a tty reports only when its buffer is nearly empty, which
        takes 17 s at 2400 baud, and takes bytes long before. So the caller tries again in any case.
        """
        loop = asyncio.get_running_loop()
        room = self._room = loop.create_future()
        loop.add_writer(self._fd, _resolve, room)
        try:
            await asyncio.wait({room}, timeout=timeout_s)
        finally:
            self._room = None
            if self._fd >= 0:
                loop.remove_writer(self._fd)

    def _readable(self) -> None:
        try:
            chunk = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            # A serial port that was pulled out reports EIO.
            self._lost(error.strerror or str(error))
            return
        if chunk:
            self.on_bytes(chunk)
        else:
            self._lost("hung up")

    def _lost(self, why: str) -> None:
        if self._detach():
            releasing = asyncio.get_running_loop().create_task(self._release())
            releasing.add_done_callback(_swallow)
            self.on_lost(f"{self}: {why}")

    def _detach(self) -> bool:
        """Stop watching the descriptor and wake the write in progress; False when not open."""
        if self._fd < 0:
            return False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.remove_writer(self._fd)
        self._fd = -1
        self._endings += 1
        if self._room is not None:
            _resolve(self._room)
        return True


def _resolve(room: asyncio.Future[None]) -> None:
    if not room.done():
        room.set_result(None)


def _swallow(task: asyncio.Task[None]) -> None:
    """A lost device may fail to close too: there is nobody left to tell."""
    with suppress(Exception, asyncio.CancelledError):
        task.result()
