"""Customer displays against a screen model on a pty."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import BadPort, CustomerDisplay, DeviceOffline, Lamp
from drivers.displays.cd5220_display import Cd5220Display
from drivers.displays.led8_display import Led8Display
from drivers.displays.wired_display import yuan
from drivers.protocols import cd5220, led8
from drivers.testing import VirtualDisplay
from drivers.transports.ports import open_link


async def test_cd5220_shows_two_lines_cut_and_padded() -> None:
    async with VirtualDisplay() as screen:
        display: CustomerDisplay = Cd5220Display(
            open_link(screen.port, Cd5220Display.wire), {"brightness": 2}
        )
        await display.open()
        await display.show(("Cola 330ml 可乐 and more words", "2 x 3.50"))
        await screen.until(lambda: screen.frames == 2)
        assert screen.lines == ("Cola 330ml ?? and mo", "2 x 3.50            ")
        assert screen.brightness == 2
        await display.clear()
        await screen.until(lambda: screen.lines == (" " * 20, " " * 20))
        await display.close()


@pytest.mark.parametrize(
    ("lamp", "label", "upper"),
    [
        (Lamp.TOTAL, "合计", "TOTAL"),
        (Lamp.PAID, "", "PAY"),
        (Lamp.CHANGE, "找零", "CHANGE"),
        (Lamp.PRICE, "Cola", "Cola"),
    ],
)
async def test_cd5220_says_in_ascii_what_an_amount_is(lamp: Lamp, label: str, upper: str) -> None:
    async with VirtualDisplay() as screen:
        display = Cd5220Display(open_link(screen.port), {})
        await display.open()
        await display.show_amount(lamp, label, 123405)
        await screen.until(lambda: screen.frames == 2)
        assert screen.lines == (upper.ljust(20), "1234.05".rjust(20))
        await display.close()


async def test_led8_shows_figure_and_lamp() -> None:
    async with VirtualDisplay("led8") as screen:
        display: CustomerDisplay = Led8Display(open_link(screen.port, Led8Display.wire), {})
        await display.open()
        await display.show_amount(Lamp.CHANGE, "找零", 300)
        await screen.until(lambda: (screen.digits, screen.lamp) == ("3.00", Lamp.CHANGE))
        await display.show_amount(Lamp.TOTAL, "合计", 10**9)
        await screen.until(lambda: screen.digits == "--------")
        await display.show(("Item 12",))
        await screen.until(lambda: (screen.digits, screen.lamp) == ("", Lamp.NONE))
        await display.close()


async def test_a_display_that_was_unplugged_is_redrawn_after_opening_again(tmp_path: Path) -> None:
    async with VirtualDisplay(path=tmp_path / "pole") as screen:
        display = Cd5220Display(open_link(screen.port), {})
        await display.open()
        lost = asyncio.Event()
        display.on_lost = lambda _why: lost.set()
        screen.unplug()
        await asyncio.wait_for(lost.wait(), 5)
        with pytest.raises(DeviceOffline):
            await display.show(("gone",))
        screen.replug()
        await display.open()
        await display.show(("back",))
        await screen.until(lambda: screen.lines[0].startswith("back"))
        await display.close()


@given(st.tuples(st.text(), st.text()))
def test_a_cd5220_frame_has_its_size_whatever_the_text(lines: tuple[str, str]) -> None:
    """No control character of a text reaches the display, where it would change mode."""
    frame = cd5220.frame(lines)
    assert len(frame) == 2 * (3 + 20 + 1)
    assert all(0x20 <= byte < 0x7F for byte in frame[3:23] + frame[27:47])


@given(st.text(), st.integers(-(10**10), 10**10))
def test_an_led8_figure_is_whole_or_not_shown(text: str, amount_fen: int) -> None:
    """A customer never sees part of an amount."""
    shown = led8.figure(yuan(amount_fen))[3:-1].decode()
    assert shown in (yuan(amount_fen), "--------")
    figure = led8.figure(text)
    assert figure == led8.CLEAR or figure[3:-1].decode() in (text.strip(), "--------")


@pytest.mark.parametrize(
    ("amount_fen", "digits"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123456, "1234.56"), (-100, "-1.00")]
)
def test_fen_as_digits(amount_fen: int, digits: str) -> None:
    assert yuan(amount_fen) == digits


@pytest.mark.parametrize("driver", [Cd5220Display, Led8Display])
def test_a_wrong_option_is_named(driver: type[Cd5220Display] | type[Led8Display]) -> None:
    with pytest.raises(BadPort, match="volume"):
        driver(open_link("serial:/dev/ttyS0"), {"volume": 11})
