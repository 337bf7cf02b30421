"""Devices that come and go: each kept open by itself, its health and its changes told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from drivers.api import Lamp, Paper, Refused, Scan
from drivers.testing import VirtualDisplay, VirtualPrinter, VirtualReader
from edge.clock import SystemClock
from edge.config import DeviceConfig
from edge.devices.displays import Amount, IdleText, Lines
from edge.devices.health import DeviceEvent, Health, Power, State, changes
from edge.devices.readers import CardSeen
from edge.devices.supervisor import Supervisor
from edge.errors import Code, PosError

MEMBER = "8899001234"
IDLE = IdleText(("欢迎光临",), ("WELCOME",))


@dataclass
class Shop:
    """A running supervisor and what it told."""

    devices: Supervisor
    events: list[DeviceEvent] = field(default_factory=list)
    cards: list[CardSeen] = field(default_factory=list)

    def power(self, device: str) -> list[str]:
        return [event.value for event in self.events if (event.device, event.what) == (device, "power")]


@asynccontextmanager
async def shop(*configs: DeviceConfig) -> AsyncIterator[Shop]:
    events, cards = list[DeviceEvent](), list[CardSeen]()
    devices = Supervisor(configs, (r"8899\d{6}",), SystemClock(), events.append, cards.append, IDLE)
    task = asyncio.create_task(devices.run())
    try:
        yield Shop(devices, events, cards)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is another party's state
            await asyncio.sleep(0.01)


async def test_a_lost_device_is_one_line_when_it_goes_and_one_when_it_is_back(tmp_path: Path) -> None:
    """However often the box tries in between; health counts the loss."""
    async with VirtualDisplay(path=tmp_path / "pole") as pole:
        with capture_logs() as lines:
            async with shop(DeviceConfig("pole", "display", "cd5220", pole.port)) as running:
                display = running.devices.display("pole")
                await until(lambda: display.health.power is Power.ONLINE)
                pole.unplug()
                await until(lambda: display.health.power is Power.OFFLINE)
                assert display.health.state is State.ERROR
                assert display.health.last_error
                await asyncio.sleep(0.7)
                pole.replug()
                await until(lambda: display.health.power is Power.ONLINE)
                assert (display.health.opens, display.health.losses) == (2, 1)
        assert running.power("pole") == ["online", "offline", "online"]
        assert [line["event"] for line in lines] == ["device_open", "device_lost", "device_back"]
        assert [health.state for health in running.devices.health()] == [State.CLOSED]


async def test_an_absent_device_does_not_hold_up_the_others() -> None:
    """One line says that it is not there; the printer beside it works."""
    async with VirtualPrinter() as printer:
        with capture_logs() as lines:
            configs = (
                DeviceConfig("pole", "display", "cd5220", "serial:/dev/not-there"),
                DeviceConfig("front", "printer", "escpos", printer.port),
            )
            async with shop(*configs) as running:
                await asyncio.wait_for(running.devices.printer().ready(), 5)
                await asyncio.sleep(0.5)
                assert {health.name: health.power for health in running.devices.health()} == {
                    "pole": Power.OFFLINE,
                    "front": Power.ONLINE,
                }
        assert [line["event"] for line in lines if line["device"] == "pole"] == ["device_absent"]


async def test_a_display_shows_its_last_frame_again_after_a_replug(tmp_path: Path) -> None:
    """The customer sees the total again without the till asking for it."""
    async with VirtualDisplay(path=tmp_path / "pole") as pole:
        config = DeviceConfig("pole", "display", "cd5220", pole.port)
        async with shop(config) as running:
            display = running.devices.display()
            await pole.until(lambda: "WELCOME" in pole.lines[0])
            display.show(Amount(Lamp.TOTAL, 35376))
            await pole.until(lambda: pole.lines[0].startswith("TOTAL") and "353.76" in pole.lines[1])
            pole.unplug()
            await until(lambda: display.health.power is Power.OFFLINE)
            pole.replug()
            await pole.until(lambda: pole.lines[0].startswith("TOTAL") and "353.76" in pole.lines[1])
            display.clear()
            await pole.until(lambda: "WELCOME" in pole.lines[0])


async def test_of_many_frames_the_last_one_wins_and_few_are_drawn() -> None:
    """A hundred frames at once are at most two drawings, the last of them the last frame."""
    async with (
        VirtualDisplay() as pole,
        shop(DeviceConfig("pole", "display", "cd5220", pole.port)) as running,
    ):
        await pole.until(lambda: "WELCOME" in pole.lines[0])
        before = pole.frames
        for number in range(100):
            running.devices.display().show(Lines((f"FRAME {number}",)))
        await pole.until(lambda: "FRAME 99" in pole.lines[0])
        assert pole.frames - before <= 2 * 2  # two lines a drawing


async def test_a_frame_for_a_while_gives_way_to_the_idle_text() -> None:
    """Change 找零 stays for a moment, on digits with its lamp, then the display is free."""
    async with (
        VirtualDisplay("led8") as led,
        shop(DeviceConfig("led", "display", "led8", led.port)) as running,
    ):
        await until(lambda: running.devices.display().health.power is Power.ONLINE)
        running.devices.display().show(Amount(Lamp.CHANGE, 4624), for_s=0.3)
        await led.until(lambda: led.digits.strip() == "46.24" and led.lamp is Lamp.CHANGE)
        await led.until(lambda: led.digits.strip() == "")


async def test_cards_go_only_to_the_session_that_armed_the_reader() -> None:
    """Unarmed swipes are counted and forgotten; a second till is refused, unless it takes the reader."""
    async with VirtualReader() as msr, shop(DeviceConfig("msr", "reader", "magstripe", msr.port)) as running:
        reader = running.devices.reader("msr")
        await until(lambda: reader.health.power is Power.ONLINE)
        msr.swipe(MEMBER)
        await until(lambda: reader.health.dropped == 1)
        await asyncio.sleep(0.4)  # a reader's own pause between two cards
        reader.arm("till-1")
        with pytest.raises(PosError) as refused:
            reader.arm("till-2")
        assert refused.value.code is Code.CLAIMED
        msr.swipe(MEMBER)
        await until(lambda: len(running.cards) == 1)
        await asyncio.sleep(0.4)
        reader.arm("till-2", take=True)
        reader.disarm("till-1")
        msr.swipe("6222021234567890123=2512")
        await until(lambda: len(running.cards) == 2)
        await asyncio.sleep(0.4)
        running.devices.disarm_all("till-2")
        msr.swipe(MEMBER)
        await until(lambda: reader.health.dropped == 2)
        assert running.cards == [
            CardSeen("msr", "till-1", Scan(MEMBER, "magstripe")),
            CardSeen("msr", "till-2", Refused("not_a_member_card")),
        ]


async def test_paper_and_cover_are_told_and_shown() -> None:
    """Also for a printer that only answers when asked."""
    async with VirtualPrinter() as printer:
        config = DeviceConfig("front", "printer", "escpos", printer.port, {"status": "poll"})
        async with shop(config) as running:
            front = running.devices.printer("front")
            await asyncio.wait_for(front.ready(), 5)
            assert front.health.paper is Paper.OK
            printer.set_paper(Paper.NEAR_END)
            await until(lambda: front.health.paper is Paper.NEAR_END)
            assert front.health.ready
            printer.set_cover(open=True)
            await until(lambda: front.health.cover_open)
            assert not front.health.ready
            told = [(event.what, event.value, event.upos) for event in running.events]
            assert ("paper", "near_end", 25) in told
            assert ("cover", "open", 11) in told


def test_a_change_is_told_once_with_its_upos_number() -> None:
    """Nothing new is no event; each thing that changed is one."""
    before = Health("front", "printer", "escpos", "tcp://127.0.0.1:1", 0)
    after = Health(
        "front", "printer", "escpos", "tcp://127.0.0.1:1", 5, State.IDLE, Power.ONLINE, Paper.OUT, error=True
    )
    assert changes(after, after, 9) == []
    assert [(event.what, event.value, event.upos, event.at_ms) for event in changes(before, after, 9)] == [
        ("power", "online", 2001, 9),
        ("paper", "out", 24, 9),
        ("error", "error", 0, 9),
    ]
    assert [state.upos for state in State] == [1, 2, 3, 4]


def test_no_such_device_is_an_error_for_the_till() -> None:
    """1401, for a wrong name and for a store without such a device."""
    devices = Supervisor((), (), SystemClock(), lambda _event: None, lambda _card: None, IDLE)
    for find in (devices.printer, devices.display, devices.reader):
        with pytest.raises(PosError) as refused:
            find("nothing")
        assert refused.value.code is Code.NO_SUCH_DEVICE
