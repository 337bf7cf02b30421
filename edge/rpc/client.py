"""A till's end of the socket, blocking: for the command line and for showing how a till talks."""

import socket
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from edge.errors import TillsideError

_READ_BYTES = 64 * 1024


class RemoteError(TillsideError):
    """The box refused: stable ``code``, one sentence, and ``data`` as in the POS protocol."""

    def __init__(self, code: int, message: str, data: dict[str, Any]) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data


class Client:
    """One connection. Raises OSError when the box cannot be reached, TimeoutError when it does not answer."""

    def __init__(self, path: Path, timeout_s: float = 10.0) -> None:
        self.notifications: deque[tuple[str, dict[str, Any]]] = deque()
        self._received = bytearray()
        self._last_id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    def hello(
        self, terminal: str, client: str = "tillside", version: str = "0", **more: Any
    ) -> dict[str, Any]:
        """Say who is calling; what the box says of itself."""
        return self.call(  # type: ignore[no-any-return]  # hello's result is an object
            "session.hello", terminal=terminal, client=client, version=version, protocol=[1], **more
        )

    def call(self, method: str, **params: Any) -> Any:
        """The method's result; raises RemoteError. Notifications that come first are queued."""
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        # A box that refused us and hung up has said why: read that rather than raise the broken pipe.
        with suppress(BrokenPipeError):
            self._socket.sendall(msgspec.json.encode(request) + b"\n")
        while True:
            message = self._read()
            if "method" in message:
                self.notifications.append((message["method"], message["params"]))
            elif "error" in message and message["id"] in (None, self._last_id):
                error = message["error"]
                raise RemoteError(error["code"], error["message"], error.get("data", {}))
            elif message["id"] == self._last_id:
                return message["result"]

    def next_notification(self) -> tuple[str, dict[str, Any]]:
        """The next notification, waiting for it if none is queued: (method, params)."""
        while not self.notifications:
            message = self._read()
            if "method" in message:
                self.notifications.append((message["method"], message["params"]))
        return self.notifications.popleft()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> dict[str, Any]:
        """One message; raises ConnectionError when the box hangs up."""
        while b"\n" not in self._received:
            received = self._socket.recv(_READ_BYTES)
            if not received:
                raise ConnectionError("the box hung up")
            self._received += received
        line, _, rest = self._received.partition(b"\n")
        self._received = rest
        return msgspec.json.decode(line, type=dict[str, Any])
