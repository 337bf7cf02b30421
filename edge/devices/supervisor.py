"""All devices of the store: one task for each, found by name."""

import asyncio
from collections.abc import Mapping
from itertools import chain
from typing import TypeVar

from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices.connection import OnEvent
from edge.devices.displays import Display, IdleText
from edge.devices.health import Health
from edge.devices.printers import Printer
from edge.devices.readers import OnCard, Reader
from edge.devices.registry import build_display, build_printer, build_reader
from edge.errors import Code, PosError

_Device = TypeVar("_Device", Printer, Display, Reader)


class Supervisor:
    """Builds every configured device (ConfigError if one cannot be) and keeps each open by itself."""

    def __init__(
        self,
        devices: tuple[DeviceConfig, ...],
        member_numbers: tuple[str, ...],
        clock: Clock,
        on_event: OnEvent,
        on_card: OnCard,
        idle: IdleText,
    ) -> None:
        self.printers: dict[str, Printer] = {}
        self.displays: dict[str, Display] = {}
        self.readers: dict[str, Reader] = {}
        for config in devices:
            match config.kind:
                case "printer":
                    self.printers[config.name] = Printer(config, build_printer(config), clock, on_event)
                case "display":
                    self.displays[config.name] = Display(config, build_display(config), clock, on_event, idle)
                case "reader":
                    driver = build_reader(config, member_numbers)
                    self.readers[config.name] = Reader(config, driver, clock, on_event, on_card)

    async def run(self) -> None:
        """Keep all devices open until cancelled, each in a task of its own."""
        async with asyncio.TaskGroup() as tasks:
            for device in self._all():
                tasks.create_task(device.run(), name=f"device {device.name}")

    def health(self) -> list[Health]:
        """Every device, for device.list."""
        return [device.health for device in self._all()]

    def printer(self, name: str | None = None) -> Printer:
        """The printer called ``name``, or the first one; PosError 1401."""
        return _find(self.printers, name, "printer")

    def display(self, name: str | None = None) -> Display:
        """The display called ``name``, or the first one; PosError 1401."""
        return _find(self.displays, name, "display")

    def reader(self, name: str | None = None) -> Reader:
        """The reader called ``name``, or the first one; PosError 1401."""
        return _find(self.readers, name, "reader")

    def disarm_all(self, session: str) -> None:
        """The session is over: its readers are free again."""
        for reader in self.readers.values():
            reader.disarm(session)

    def _all(self) -> chain[Printer | Display | Reader]:
        return chain(self.printers.values(), self.displays.values(), self.readers.values())


def _find(devices: Mapping[str, _Device], name: str | None, kind: str) -> _Device:
    found = next(iter(devices.values()), None) if name is None else devices.get(name)
    if found is None:
        wanted = f"{kind} {name}" if name else kind
        raise PosError(Code.NO_SUCH_DEVICE, f"there is no {wanted}", zh=f"没有这个设备：{wanted}")
    return found
