"""Drivers are found by name, and a wrong configuration is refused with the name of device and key."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from drivers.api import Driver
from drivers.displays.cd5220_display import Cd5220Display
from edge.config import DeviceConfig
from edge.devices import registry
from edge.devices.registry import BUILT_IN, build_display, build_printer, build_reader
from edge.errors import ConfigError


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_driver_can_be_built(name: str) -> None:
    """The table names classes that exist and take what the registry gives them."""
    config = DeviceConfig("one", BUILT_IN[name].kind, name, "serial:/dev/serial/by-id/none")
    build: dict[str, Callable[[DeviceConfig], Driver]] = {
        "printer": build_printer,
        "display": build_display,
        "reader": partial(build_reader, member_numbers=(r"88\d{8}",)),
    }
    built = build[config.kind](config)
    assert hasattr(built, "on_lost")


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (DeviceConfig("front", "printer", "escpos", "usb:1"), "port"),
        (DeviceConfig("front", "printer", "escpos", "tcp://127.0.0.1:1", {"colour": True}), "options"),
        (DeviceConfig("front", "printer", "teletype", "tcp://127.0.0.1:1"), "driver"),
        (DeviceConfig("front", "printer", "cd5220", "tcp://127.0.0.1:1"), "driver"),
    ],
)
def test_what_is_wrong_is_named(config: DeviceConfig, named: str) -> None:
    """ConfigError says which device and which of its keys."""
    with pytest.raises(ConfigError, match=rf"device 'front': {named}\b"):
        build_printer(config)


def test_a_wrong_pattern_of_member_numbers_is_named() -> None:
    """It stands in another part of the file, and the error says which."""
    with pytest.raises(ConfigError, match="device 'msr': member_numbers: "):
        build_reader(DeviceConfig("msr", "reader", "magstripe", "serial:/dev/none"), ("(",))


def test_a_driver_of_another_distribution_is_found_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A driver need not be ours; one that cannot be imported is reported like a wrong key."""
    where = "drivers.displays.cd5220_display:Cd5220Display"
    offered = EntryPoints(
        (
            EntryPoint("acme", where, "tillside.drivers"),
            EntryPoint("gone", "nowhere:Gone", "tillside.drivers"),
        )
    )
    monkeypatch.setattr(registry, "entry_points", lambda group: offered.select(group=group))
    built = build_display(DeviceConfig("pole", "display", "acme", "serial:/dev/none"))
    assert isinstance(built, Cd5220Display)
    with pytest.raises(ConfigError, match="device 'pole': driver: 'gone' cannot load"):
        build_display(DeviceConfig("pole", "display", "gone", "serial:/dev/none"))
