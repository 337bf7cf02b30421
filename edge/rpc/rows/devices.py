"""Rows of devices: readers, displays, and what all of them are."""

from typing import Any

import msgspec

from edge.counter import displays
from edge.counter.terms import Name, Request
from edge.devices.health import Health
from edge.errors import Code
from edge.rpc.methods import BOTH, Method, Nothing, Session
from edge.rpc.rows.desk import Desk


class DeviceList(msgspec.Struct, frozen=True):
    """Every configured device, in UnifiedPOS terms."""

    devices: tuple[Health, ...]


class ArmRequest(Request, frozen=True):
    """Cards at ``reader`` go to this session; ``take`` takes it over from another till."""

    reader: Name | None = None
    take: bool = False


class DisarmRequest(Request, frozen=True):
    """This session listens to ``reader`` no more."""

    reader: Name | None = None


class Armed(msgspec.Struct, frozen=True):
    """Which reader, and whether it is armed for this session now."""

    reader: str
    armed: bool


def device_rows(desk: Desk) -> tuple[Method[Any], ...]:
    devices = desk.devices
    errors = (Code.NO_SUCH_DEVICE,)

    def list_devices(session: Session, params: Nothing) -> DeviceList:
        return DeviceList(tuple(devices.health()))

    def arm(session: Session, params: ArmRequest) -> Armed:
        reader = devices.reader(params.reader)
        reader.arm(session.id, take=params.take)
        return Armed(reader.name, True)

    def disarm(session: Session, params: DisarmRequest) -> Armed:
        reader = devices.reader(params.reader)
        reader.disarm(session.id)
        return Armed(reader.name, False)

    def show(session: Session, params: displays.ShowRequest) -> displays.ShownReply:
        return displays.show(devices, params)

    def total(session: Session, params: displays.TotalRequest) -> displays.ShownReply:
        return displays.show_total(desk.shop, desk.quotes, devices, params)

    def clear(session: Session, params: displays.ClearRequest) -> displays.ShownReply:
        return displays.clear(devices, params)

    shown = displays.ShownReply
    return (
        Method("device.list", Nothing, DeviceList, list_devices, (), BOTH, "Every device and its state."),
        Method("reader.arm", ArmRequest, Armed, arm, (*errors, Code.CLAIMED), summary="Cards come to me."),
        Method("reader.disarm", DisarmRequest, Armed, disarm, errors, summary="No more cards to me."),
        Method("display.show", displays.ShowRequest, shown, show, errors, summary="Two lines of text."),
        Method("display.total", displays.TotalRequest, shown, total, errors, summary="An amount."),
        Method("display.clear", displays.ClearRequest, shown, clear, errors, summary="The idle text."),
    )
