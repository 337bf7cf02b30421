"""Ports as a technician writes them, and the links they stand for."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from drivers.api import BadPort, Link, Option
from drivers.transports.serial_port import SerialLink, SerialSettings
from drivers.transports.tcp import TcpLink


def open_link(port: str, options: Mapping[str, Option] | None = None) -> Link:
    """The link, not opened yet, for ``tcp://HOST:PORT`` or ``serial:PATH[?baud=9600&parity=N...]``.

    ``options`` may hold line settings for what the port leaves out (a driver's ``wire``); other
    names in it are the driver's. Raises BadPort that says what is wrong.
    """
    if port.startswith("tcp://"):
        return _tcp(port)
    if port.startswith("serial:"):
        return _serial(port, options or {})
    raise BadPort(f"port {port!r}: write tcp://HOST:PORT or serial:PATH")


def _tcp(port: str) -> Link:
    parts = urlsplit(port)
    try:
        number = parts.port
    except ValueError:
        number = None
    if not parts.hostname:
        raise BadPort(f"port {port!r}: the host is missing")
    if not number:
        raise BadPort(f"port {port!r}: the port number is missing or not 1 to 65535")
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise BadPort(f"port {port!r}: nothing may follow the port number")
    return TcpLink(parts.hostname, number)


def _serial(port: str, options: Mapping[str, Option]) -> Link:
    path, _, query = port.removeprefix("serial:").partition("?")
    if not path.startswith("/"):
        raise BadPort(f"port {port!r}: the path must be absolute (serial:/dev/serial/by-id/...)")
    line: dict[str, Option] = {
        name: options[name] for name in SerialSettings.__struct_fields__ if name in options
    }
    try:
        line.update(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        settings = msgspec.convert(line, SerialSettings, strict=False)
    except ValueError as error:
        raise BadPort(f"port {port!r}: {error}") from None
    return SerialLink(path, settings)
