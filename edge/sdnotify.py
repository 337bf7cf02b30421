"""What systemd hears from us and hands to us: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)."""

import os
import socket
from collections.abc import Mapping, MutableMapping

_FIRST_FD = 3


class Notifier:
    """Tells the service's supervisor how we are; silent where there is none. Never blocks."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        me = str(os.getpid())
        self._watchdog_us = (
            int(environ.get("WATCHDOG_USEC", "0")) if environ.get("WATCHDOG_PID", me) == me else 0
        )
        self._socket = socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        )

    @property
    def watchdog_s(self) -> float | None:
        """How long the supervisor waits for a ping before it kills us; ping twice as often. None: it does not wait."""
        return self._watchdog_us / 1_000_000 if self._watchdog_us else None

    def ready(self, status: str) -> bool:
        return self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> bool:
        return self._send(f"STATUS={status}")

    def watchdog(self) -> bool:
        return self._send("WATCHDOG=1")

    def extend(self, seconds: int, status: str) -> bool:
        """Ask for ``seconds`` more from now to start or stop; repeat until done."""
        return self._send(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}", f"STATUS={status}")

    def stopping(self, status: str) -> bool:
        return self._send("STOPPING=1", f"STATUS={status}")

    def close(self) -> None:
        self._socket.close()

    def _send(self, *assignments: str) -> bool:
        """One datagram; False where nobody took it (no supervisor, or its queue is full)."""
        if not self._address:
            return False
        # A name that begins with @ is in the abstract namespace; a line break would begin another assignment.
        address = self._address.replace("@", "\0", 1) if self._address.startswith("@") else self._address
        try:
            self._socket.sendto("\n".join(" ".join(a.splitlines()) for a in assignments).encode(), address)
        except OSError:
            return False
        return True


def listen_fds(environ: MutableMapping[str, str] = os.environ) -> dict[str, socket.socket]:
    """The sockets systemd opened for us, by FileDescriptorName; taken once, so that no child believes they are its."""
    count = int(environ.get("LISTEN_FDS", "0")) if environ.get("LISTEN_PID") == str(os.getpid()) else 0
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    for key in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
        environ.pop(key, None)
    sockets = {}
    for index in range(count):
        fd = _FIRST_FD + index
        os.set_inheritable(fd, False)
        name = names[index] if index < len(names) and names[index] else str(fd)
        sockets[name] = socket.socket(fileno=fd)
    return sockets
