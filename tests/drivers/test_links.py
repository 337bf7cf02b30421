"""Links on real sockets and ptys: stalls, losses and returns."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.api import BadPort, DeviceOffline, DeviceTimeout, Link
from drivers.testing.wire import PtyEnd, TcpEnd, WireEnd
from drivers.transports.ports import open_link

MUCH = bytes(8_000_000)  # more than the kernel keeps for any peer that does not read

ENDS = pytest.mark.parametrize("end", [TcpEnd, PtyEnd], ids=["tcp", "pty"])


class Heard:
    """What a link told."""

    def __init__(self, link: Link) -> None:
        self.chunks = bytearray()
        self.lost: list[str] = []
        link.on_bytes = self.chunks.extend
        link.on_lost = self.lost.append


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - changed by the far end of a real wire
            await asyncio.sleep(0.01)


@asynccontextmanager
async def linked(end: WireEnd) -> AsyncIterator[tuple[Link, Heard]]:
    end.start()
    link = open_link(end.port)
    heard = Heard(link)
    await link.open()
    try:
        yield link, heard
    finally:
        await link.close()
        end.stop()


@ENDS
async def test_bytes_go_both_ways_unchanged(end: type[WireEnd]) -> None:
    """All 256 values: no echo, no line-end translation, no flow control eats one."""
    far, got = end(), bytearray()
    far.on_bytes = got.extend
    every = bytes(range(256)) * 20
    async with linked(far) as (link, heard):
        counts: list[int] = []
        assert await link.write(every, 1.0, counts.append) == len(every)
        assert counts[-1] == len(every)
        far.send(every[:256])
        await until(lambda: heard.chunks == every[:256] and got == every)


@ENDS
async def test_a_stalled_write_gives_up_and_says_how_much_was_accepted(end: type[WireEnd]) -> None:
    far = end()
    async with linked(far) as (link, _):
        far.pause()
        counts: list[int] = []
        with pytest.raises(DeviceTimeout, match="stalled") as caught:
            await link.write(MUCH, 0.2, counts.append)
        assert 0 < caught.value.sent < len(MUCH)
        assert caught.value.sent == counts[-1]
        assert f"{caught.value.sent} of {len(MUCH)}" in str(caught.value)


async def test_a_slow_device_is_not_a_stalled_one() -> None:
    """The limit is for each wait, not for the whole job; and a tty that is never reported as writable
    (its buffer takes longer than the limit to run empty) still takes bytes."""
    far, got = PtyEnd(), bytearray()
    far.on_bytes = got.extend
    payload = bytes(20_000)
    async with linked(far) as (link, heard):
        far.bytes_per_s = 10_000
        assert await link.write(payload, 0.8) == len(payload)
        far.bytes_per_s = None
        await until(lambda: len(got) == len(payload))
        assert not heard.lost


@ENDS
async def test_a_pulled_plug_is_one_loss_and_then_every_write_fails(end: type[WireEnd]) -> None:
    far = end()
    async with linked(far) as (link, heard):
        far.stop()
        await until(lambda: bool(heard.lost))
        with pytest.raises(DeviceOffline) as caught:
            await link.write(b"x", 1.0)
        assert caught.value.sent == 0
        assert len(heard.lost) == 1


@ENDS
async def test_a_loss_in_the_middle_of_a_write_says_how_much_was_accepted(end: type[WireEnd]) -> None:
    far = end()
    async with linked(far) as (link, heard):
        far.pause()
        counts: list[int] = []
        writing = asyncio.create_task(link.write(MUCH, 5.0, counts.append))
        await asyncio.sleep(0.1)
        far.stop()
        with pytest.raises(DeviceOffline) as caught:
            await asyncio.wait_for(writing, 3)
        assert caught.value.sent == counts[-1]
        assert len(heard.lost) == 1


@ENDS
async def test_the_same_link_opens_again_after_a_loss(end: type[WireEnd], tmp_path: Path) -> None:
    """A replugged device has a new descriptor and perhaps a new tty behind the same name."""
    far: WireEnd = PtyEnd(tmp_path / "by-id") if end is PtyEnd else end()
    got = bytearray()
    far.on_bytes = got.extend
    async with linked(far) as (link, heard):
        far.stop()
        await until(lambda: bool(heard.lost))
        with pytest.raises(DeviceOffline):
            await link.open()
        far.start()
        await link.open()
        assert await link.write(b"back", 1.0) == 4
        far.send(b"\x16")
        await until(lambda: heard.chunks == b"\x16")


@ENDS
async def test_closing_a_stalled_link_is_quick_and_silent(end: type[WireEnd]) -> None:
    """What the device has not taken is discarded; closing is no loss."""
    far = end()
    async with linked(far) as (link, heard):
        far.pause()
        writing = asyncio.create_task(link.write(MUCH, 20.0))
        await asyncio.sleep(0.05)
        await asyncio.wait_for(link.close(), 2)
        with pytest.raises(DeviceOffline):
            await writing
        assert heard.lost == []


async def test_two_payloads_never_mix() -> None:
    """A status request waits for the job's bytes; when they stall, it gives up without a byte sent."""
    far = TcpEnd()
    async with linked(far) as (link, _):
        far.pause()
        writing = asyncio.create_task(link.write(MUCH, 5.0))
        await asyncio.sleep(0.05)
        with pytest.raises(DeviceTimeout, match="busy") as caught:
            await link.write(b"\x10\x04\x01", 0.1)
        assert caught.value.sent == 0
        writing.cancel()


async def test_a_serial_port_has_one_owner() -> None:
    far = PtyEnd()
    async with linked(far):
        with pytest.raises(DeviceOffline, match="in use by another program"):
            await open_link(far.port).open()


async def test_a_serial_port_can_be_closed_and_opened_at_once() -> None:
    """The lock of the last opening is waited for."""
    far = PtyEnd()
    async with linked(far) as (link, _):
        for _ in range(5):
            await link.close()
            await link.open()
        assert await link.write(b"x", 1.0) == 1


async def test_an_opening_that_was_given_up_does_not_keep_the_port() -> None:
    """Opening waits in a thread; nobody being left to use the port, it is given back."""
    far = PtyEnd()
    far.start()
    opening = asyncio.create_task(open_link(far.port).open())
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    other = open_link(far.port)
    async with asyncio.timeout(5):
        while not await _opens(other):  # noqa: ASYNC110 - a thread gives it back
            await asyncio.sleep(0.01)
    await other.close()
    far.stop()


async def _opens(link: Link) -> bool:
    try:
        await link.open()
    except DeviceOffline:
        return False
    return True


async def test_line_settings_reach_the_port() -> None:
    far = PtyEnd()
    far.start()
    link = open_link(f"{far.port}?baud=2400&parity=E&bits=7&stop=2")
    await link.open()
    assert await link.write(b"x", 1.0) == 1
    await link.close()
    far.stop()


@pytest.mark.parametrize("there", [False, True], ids=["missing", "not a port"])
async def test_a_serial_port_that_is_none_is_offline(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "ttyUSB9"
    if there:
        path.write_text("")
    with pytest.raises(DeviceOffline, match="ttyUSB9"):
        await open_link(f"serial:{path}").open()


async def test_no_descriptor_is_left_behind(tmp_path: Path) -> None:
    """Hundreds of openings a day, for years."""
    far = PtyEnd(tmp_path / "port")
    far.start()
    refused = open_link(f"serial:{tmp_path}/none")
    link = open_link(far.port)
    await link.open()
    await link.close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        await link.open()
        await link.close()
        with pytest.raises(DeviceOffline):
            await refused.open()
    assert len(os.listdir("/proc/self/fd")) == before
    far.stop()


async def test_a_refused_connection_is_offline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DeviceOffline, match=f"tcp://127.0.0.1:{port}"):
        await open_link(f"tcp://127.0.0.1:{port}").open()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_ipv6_works_too() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 loopback: {error}")
    with server:
        link = open_link(f"tcp://[::1]:{server.getsockname()[1]}")
        await link.open()
        assert await link.write(b"x", 1.0) == 1
        await link.close()


@pytest.mark.parametrize(
    ("port", "named"),
    [
        ("usb:1", "write tcp://HOST:PORT or serial:PATH"),
        ("tcp://printer", "port number"),
        ("tcp://:9100", "host"),
        ("tcp://printer:99999", "port number"),
        ("tcp://printer:9100/x", "nothing may follow"),
        ("serial:ttyS0", "absolute"),
        ("serial:/dev/ttyS0?bauds=9600", "bauds"),
        ("serial:/dev/ttyS0?baud=fast", "baud"),
        ("serial:/dev/ttyS0?baud", "baud"),
        ("serial:/dev/ttyS0?parity=X", "parity"),
        ("serial:/dev/ttyS0?bits=6", "bits"),
    ],
)
def test_a_bad_port_is_named(port: str, named: str) -> None:
    with pytest.raises(BadPort, match=named) as caught:
        open_link(port)
    assert port in str(caught.value)


def test_a_driver_may_prefer_line_settings_and_the_port_overrules_them() -> None:
    """Options that are not about the line are the driver's own business."""
    open_link("serial:/dev/ttyS0", {"baud": 2400, "width": 32})
    open_link("tcp://printer:9100", {"baud": 2400})
    with pytest.raises(BadPort, match="baud"):
        open_link("serial:/dev/ttyS0", {"baud": 1})
    open_link("serial:/dev/ttyS0?baud=9600", {"baud": 1})
