"""Which drivers there are: the built-in ones, and those that other distributions offer.

A driver is a class that takes a link and its options, and a reader's also the member numbers to let
through (``allow``). It is imported when a store has such a device, not before. Other distributions
name theirs in the entry-point group ``tillside.drivers``.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from drivers.api import BadPort, CardReader, CustomerDisplay, ReceiptPrinter
from drivers.transports.ports import open_link
from edge.config import DeviceConfig
from edge.devices.health import Kind
from edge.errors import ConfigError

ENTRY_POINTS = "tillside.drivers"


class BuiltIn(NamedTuple):
    """Where a driver of ours lives: ``module:Class``."""

    kind: Kind
    where: str


BUILT_IN: Mapping[str, BuiltIn] = {
    "escpos": BuiltIn("printer", "drivers.printers.escpos_printer:EscposPrinter"),
    "cd5220": BuiltIn("display", "drivers.displays.cd5220_display:Cd5220Display"),
    "led8": BuiltIn("display", "drivers.displays.led8_display:Led8Display"),
    "magstripe": BuiltIn("reader", "drivers.readers.serial_magstripe:SerialMagstripe"),
    "barcode": BuiltIn("reader", "drivers.readers.serial_barcode:SerialBarcode"),
}


def build_printer(config: DeviceConfig) -> ReceiptPrinter:
    """The driver of one printer, not opened yet; ConfigError names device and key."""
    printer: ReceiptPrinter = _build(config)
    return printer


def build_display(config: DeviceConfig) -> CustomerDisplay:
    """The driver of one display, not opened yet; ConfigError names device and key."""
    display: CustomerDisplay = _build(config)
    return display


def build_reader(config: DeviceConfig, member_numbers: tuple[str, ...]) -> CardReader:
    """The driver of one reader that lets only ``member_numbers`` through; ConfigError names the key."""
    reader: CardReader = _build(config, allow=member_numbers)
    return reader


def _build(config: DeviceConfig, **extra: object) -> Any:
    driver = _driver_class(config)
    try:
        return driver(open_link(config.port, driver.wire), config.options, **extra)
    except BadPort as error:
        raise ConfigError(f"device {config.name!r}: {error}") from error  # it begins with the key


def _driver_class(config: DeviceConfig) -> Any:
    built_in = BUILT_IN.get(config.driver)
    if built_in is None:
        return _offered_class(config)
    if built_in.kind != config.kind:
        raise ConfigError(
            f"device {config.name!r}: driver: {config.driver!r} drives a {built_in.kind}, not a {config.kind}"
        )
    module, _, name = built_in.where.partition(":")
    return getattr(import_module(module), name)


def _offered_class(config: DeviceConfig) -> Any:
    """A class from another distribution. What its import raises is the technician's to read."""
    offered = entry_points(group=ENTRY_POINTS)
    if config.driver not in offered.names:
        known = ", ".join(sorted({*BUILT_IN, *offered.names}))
        raise ConfigError(f"device {config.name!r}: driver: no driver {config.driver!r}; there are {known}")
    try:
        return offered[config.driver].load()
    except Exception as error:  # somebody else's module can fail in any way
        raise ConfigError(
            f"device {config.name!r}: driver: {config.driver!r} cannot load: {error}"
        ) from error
