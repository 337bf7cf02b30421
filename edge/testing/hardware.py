"""The devices on the counter: a printer on TCP, two displays and two readers on ptys, and what they leave behind."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from drivers.testing import VirtualDisplay, VirtualPrinter, VirtualReader

FIFO_BYTES = 4096


class Hardware:
    """Alive inside ``async with``. Every printed receipt becomes a file in ``receipts``."""

    def __init__(self, devices: Path, receipts: Path) -> None:
        self._devices, self._receipts = devices, receipts
        self.printer = VirtualPrinter()
        self.pole = VirtualDisplay("cd5220", devices / "pole")
        self.led = VirtualDisplay("led8", devices / "led8")
        self.cards = VirtualReader(devices / "cards")
        self.scanner = VirtualReader(devices / "scanner")
        self._stack = AsyncExitStack()
        self._printed = len(list(receipts.glob("*.txt")))

    async def __aenter__(self) -> Self:
        self.printer.on_receipt = self._keep
        for device in (self.printer, self.pole, self.led, self.cards, self.scanner):
            await self._stack.enter_async_context(device)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    def config(self) -> list[dict[str, Any]]:
        """The ``[[device]]`` tables of the box."""
        return [
            {"name": "receipt", "kind": "printer", "driver": "escpos", "port": self.printer.port},
            {"name": "pole", "kind": "display", "driver": "cd5220", "port": self.pole.port},
            {"name": "led8", "kind": "display", "driver": "led8", "port": self.led.port},
            {"name": "cards", "kind": "reader", "driver": "magstripe", "port": self.cards.port},
            {"name": "scanner", "kind": "reader", "driver": "barcode", "port": self.scanner.port},
        ]

    def open_to_hand(self) -> None:
        """Let a person swipe, scan and look: fifos ``swipe`` and ``scan`` take a card a line, and what the
        displays show stands in ``pole.txt`` and ``led8.txt``.
        """
        for name, act in (("swipe", self.cards.swipe), ("scan", self.scanner.scan)):
            fifo = _Fifo(self._devices / name, act)
            self._stack.callback(fifo.close)
        for name, display, shown in (
            ("pole.txt", self.pole, lambda: "\n".join(self.pole.lines)),
            ("led8.txt", self.led, lambda: f"{self.led.digits} {self.led.lamp.value}"),
        ):
            mirror = asyncio.create_task(_mirror(self._devices / name, display, shown), name=name)
            self._stack.callback(mirror.cancel)

    def _keep(self, receipt: str) -> None:
        self._printed += 1
        _write_whole(self._receipts / f"{self._printed:05d}.txt", receipt + "\n")


_FOREVER_S = 10.0**9


async def _mirror(file: Path, display: VirtualDisplay, shown: Callable[[], str]) -> None:
    while True:
        now = shown()
        _write_whole(file, now + "\n")
        await display.until(partial(_differs, shown, now), _FOREVER_S)


def _differs(shown: Callable[[], str], from_what: str) -> bool:
    return shown() != from_what


class _Fifo:
    """Each line that comes in is given to ``act``."""

    def __init__(self, path: Path, act: Callable[[str], None]) -> None:
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        # Open for writing too: otherwise every writer that leaves would be an end of file.
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._path, self._act, self._pending = path, act, b""
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        self._path.unlink(missing_ok=True)

    def _readable(self) -> None:
        *lines, self._pending = (self._pending + os.read(self._fd, FIFO_BYTES)).split(b"\n")
        for line in lines:
            if line.strip():
                self._act(line.decode("ascii", "replace").strip())


def _write_whole(file: Path, text: str) -> None:
    """Nobody ever sees half of it."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
