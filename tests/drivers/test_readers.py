"""Readers on real ptys. What is not a member card leaves no digit anywhere."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType, ModuleType

import pytest

from drivers.api import BadPort, CardReader, Refused, Scan
from drivers.readers.serial_barcode import SerialBarcode
from drivers.readers.serial_magstripe import SerialMagstripe
from drivers.readers.serial_reader import GAP_S
from drivers.testing import VirtualReader
from drivers.transports.ports import open_link

OURS = ("8[0-9]{7}", "^VIP[0-9]{4}$")
PAYMENT_CARD = "6222021234567890128"
PAYMENT_CODE = "134567890123456789"

Event = Scan | Refused
READERS = pytest.mark.parametrize("driver", [SerialMagstripe, SerialBarcode])


@asynccontextmanager
async def reading(
    driver: type[SerialMagstripe] | type[SerialBarcode], **options: bool
) -> AsyncIterator[tuple[VirtualReader, CardReader, list[Event]]]:
    events: list[Event] = []
    async with VirtualReader() as device:
        reader = driver(open_link(device.port, driver.wire), options, allow=OURS)
        reader.on_scan = events.append
        await reader.open()
        try:
            yield device, reader, events
        finally:
            await reader.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - told by a real wire
            await asyncio.sleep(0.01)


async def test_one_swipe_of_a_member_card_is_one_event() -> None:
    """All three tracks, LRC and line ends behind it, in pieces: one event."""
    async with reading(SerialMagstripe) as (device, _, events):
        raw = b"%B80001234^WANG/LI^9912?\r;80001234=9912?\r;0180001234=?\r\n"
        for at in range(0, len(raw), 7):
            device.send(raw[at : at + 7])
            await asyncio.sleep(0.005)
        await asyncio.sleep(GAP_S * 1.5)
        assert events == [Scan("80001234", "magstripe")]
        device.swipe("80005678")
        await until(lambda: len(events) == 2)
        assert events[1] == Scan("80005678", "magstripe")


async def test_a_card_with_track_1_only_is_told_when_the_reader_falls_silent() -> None:
    async with reading(SerialMagstripe) as (device, _, events):
        device.send(b"%VIP0042?\r")
        await until(lambda: bool(events))
        assert events == [Scan("VIP0042", "magstripe")]


@pytest.mark.parametrize("raw", [b";8000", b"%E?;E?\r", b";" + b"1" * 400 + b"?\r"])
async def test_a_swipe_that_cannot_be_read_is_one_refusal(raw: bytes) -> None:
    async with reading(SerialMagstripe) as (device, _, events):
        device.send(raw)
        await until(lambda: bool(events))
        await asyncio.sleep(GAP_S * 1.5)
        assert events == [Refused("unreadable")]


async def test_the_lrc_is_checked_where_the_reader_sends_it() -> None:
    async with reading(SerialMagstripe, lrc=True) as (device, _, events):
        device.send(b";80001234?8\r")
        await until(lambda: bool(events))
        await asyncio.sleep(GAP_S * 1.5)
        device.send(b";80001234?1\r")
        await until(lambda: len(events) == 2)
        assert events == [Scan("80001234", "magstripe"), Refused("unreadable")]


async def test_noise_is_no_event() -> None:
    async with reading(SerialMagstripe) as (device, _, events):
        device.send(b"\x00\xff\r\n80001234\r\n")
        await asyncio.sleep(GAP_S * 1.5)
        assert events == []


async def test_every_scanned_line_is_one_event() -> None:
    async with reading(SerialBarcode) as (device, _, events):
        device.scan("80001234")
        device.scan("80005678", aim="]C0")
        device.scan("6901234567892", aim="]E0")
        await until(lambda: len(events) == 3)
        assert events == [
            Scan("80001234", "barcode"),
            Scan("80005678", "barcode"),
            Refused("not_a_member_card"),
        ]


async def test_half_a_code_is_not_joined_to_the_next_one() -> None:
    async with reading(SerialBarcode) as (device, _, events):
        device.send(b"8000")
        await until(lambda: bool(events))
        device.scan("1234")
        await until(lambda: len(events) == 2)
        assert events == [Refused("unreadable"), Refused("not_a_member_card")]


@READERS
@pytest.mark.parametrize("lines", ["80001234x", "180001234", "8000123"])
async def test_the_allow_list_matches_whole_numbers(
    driver: type[SerialMagstripe] | type[SerialBarcode], lines: str
) -> None:
    async with reading(driver) as (device, _, events):
        device.send(f"%{lines}?;{lines}?\r".encode() if driver is SerialMagstripe else f"{lines}\r".encode())
        await until(lambda: bool(events))
        assert not [event for event in events if isinstance(event, Scan)]


@READERS
async def test_a_payment_card_leaves_no_digit_anywhere(
    driver: type[SerialMagstripe] | type[SerialBarcode],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in the event, nor logged, printed, or kept in anything that the driver can reach."""
    caplog.set_level(logging.DEBUG)
    async with reading(driver) as (device, reader, events):
        secret = PAYMENT_CARD if driver is SerialMagstripe else PAYMENT_CODE
        if driver is SerialMagstripe:
            device.swipe(f"{secret}=30122010000012345678", track1=f"B{secret}^WANG/LI^3012")
        else:
            device.scan(secret, aim="]Q1")
        await until(lambda: bool(events))
        await asyncio.sleep(GAP_S * 1.5)
        assert events == [Refused("not_a_member_card")]
        kept = reachable_text(reader)
    captured = capfd.readouterr()
    seen = [*kept, caplog.text, captured.out, captured.err, repr(events), repr(vars(reader))]
    for text in seen:
        assert secret not in text
        assert secret[:6] not in text
        assert secret[-6:] not in text


@READERS
async def test_a_card_in_progress_is_wiped_when_the_reader_closes(
    driver: type[SerialMagstripe] | type[SerialBarcode],
) -> None:
    async with reading(driver) as (device, reader, events):
        device.send(b";" + PAYMENT_CARD[:12].encode())
        await asyncio.sleep(0.1)
        await reader.close()
        assert events == []
        assert not [text for text in reachable_text(reader) if PAYMENT_CARD[:6] in text]


@READERS
async def test_a_pulled_reader_is_one_loss(driver: type[SerialMagstripe] | type[SerialBarcode]) -> None:
    async with reading(driver) as (device, reader, events):
        lost: list[str] = []
        reader.on_lost = lost.append
        device.unplug()
        await until(lambda: bool(lost))
        assert len(lost) == 1
        assert events == []


@READERS
def test_wrong_options_and_patterns_are_named(driver: type[SerialMagstripe] | type[SerialBarcode]) -> None:
    link = open_link("serial:/dev/ttyS0")
    with pytest.raises(BadPort, match="beep"):
        driver(link, {"beep": True}, allow=OURS)
    with pytest.raises(BadPort, match="member_numbers"):
        driver(link, {}, allow=["8[0-9"])


def reachable_text(root: object) -> list[str]:
    """Every string and buffer that can be reached from ``root`` without leaving through code."""
    seen: dict[int, object] = {}
    waiting: list[object] = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FrameType):
            continue
        seen[id(one)] = one
        if not callable(one) or hasattr(one, "__self__"):
            waiting += gc.get_referents(one)
    found = [one for one in seen.values() if isinstance(one, str)]
    raw = [bytes(one) for one in seen.values() if isinstance(one, bytes | bytearray | memoryview)]
    return found + [one.decode("latin-1") for one in raw]
