"""TCP to a network printer (port 9100): quick to give up, quick to notice a dead peer."""

import asyncio
import socket

from drivers.api import DeviceOffline
from drivers.transports.fd_link import FdLink

CONNECT_S = 3.0
KEEPALIVE_IDLE_S = 10
KEEPALIVE_INTERVAL_S = 3
KEEPALIVE_PROBES = 3

# No TCP_USER_TIMEOUT: a printer that is out of paper closes its receive window, and the kernel would
# end the connection although the printer answers every probe. The job's own limits watch over it.
_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES),
)


class TcpLink(FdLink):
    """One connection to ``host`` (name, IPv4 or IPv6) and ``port``."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._host, self._port = host, port
        self._socket: socket.socket | None = None

    def __str__(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"tcp://{host}:{self._port}"

    async def _acquire(self) -> int:
        try:
            async with asyncio.timeout(CONNECT_S):
                self._socket = await self._connect_any()
        except TimeoutError:
            raise DeviceOffline(f"{self}: no answer in {CONNECT_S:g} s") from None
        except OSError as error:
            raise DeviceOffline(f"{self}: {error.strerror or error}") from None
        return self._socket.fileno()

    async def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _connect_any(self) -> socket.socket:
        """The first of the name's addresses that answers; the last one's OSError if none does."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        failure = OSError(f"no address for {self._host}")
        for family, kind, protocol, _, address in found:
            try:
                # A black hole among several addresses may not use up the time of the others.
                async with asyncio.timeout(CONNECT_S / len(found)):
                    return await _connect(socket.socket(family, kind, protocol), address)
            except OSError as error:
                failure = error
        raise failure


async def _connect(connection: socket.socket, address: tuple[object, ...]) -> socket.socket:
    try:
        connection.setblocking(False)
        for level, option, setting in _OPTIONS:
            connection.setsockopt(level, option, setting)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection
