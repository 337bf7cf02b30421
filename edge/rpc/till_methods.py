"""The till's methods: one row each, from name to counter function, with its types and errors."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from edge.counter import coupons, displays, members, points, printing, quoting, refund, sale, sale_history
from edge.counter.quoting import Quotes
from edge.counter.records import SaleRecord
from edge.counter.scanning import Scanner
from edge.counter.shop import Shop
from edge.counter.terms import Name, Request
from edge.counter.uplink_state import SyncReply, UplinkState, sync_status
from edge.devices.health import Health
from edge.devices.spooler import Spooler
from edge.devices.supervisor import Supervisor
from edge.errors import Code
from edge.rpc.methods import BOTH, Method, Nothing, Session

P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R")

_MEMBER = (Code.NO_SUCH_MEMBER, Code.CARD_STOPPED)
_WRITE = (Code.IDEM_CONFLICT,)
_FUNDS = (Code.BALANCE_SHORT, Code.OFFLINE_LIMIT)
_PRINTER = (Code.NO_SUCH_DEVICE, Code.DEVICE_OFFLINE, Code.DEVICE_TIMEOUT, Code.PAPER_OR_COVER)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the rows below reach for."""

    shop: Shop
    quotes: Quotes
    devices: Supervisor
    spooler: Spooler
    uplink: UplinkState
    written: Callable[[], None]
    """Called after a write: there is something for the printers and for HQ."""


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


def till_methods(desk: Desk) -> tuple[Method[Any], ...]:
    """All rows beside the session's own."""
    return (*_members(desk), *_sales(desk), *_refunds(desk), *_printers(desk), *_devices(desk), *_sync(desk))


def _writing(
    desk: Desk, write: Callable[[Shop, str, P], Awaitable[R]]
) -> Callable[[Session, P], Coroutine[Any, Any, R]]:
    """A call that writes: once it has, printers and HQ may have something to do."""

    async def call(session: Session, params: P) -> R:
        reply = await write(desk.shop, session.terminal, params)
        desk.written()
        return reply

    return call


def _members(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop

    def lookup(session: Session, params: members.LookupRequest) -> members.LookupReply:
        return members.lookup(shop, session.terminal, params)

    return (
        Method(
            "member.lookup",
            members.LookupRequest,
            members.LookupReply,
            lookup,
            _MEMBER,
            summary="The whole member by card, phone or id; or masked candidates.",
        ),
        Method(
            "member.register",
            members.RegisterRequest,
            members.RegisterReply,
            _writing(desk, members.register),
            (*_WRITE, Code.NO_SUCH_MEMBER),
            summary="Register a member, with a referrer.",
        ),
        Method(
            "points.adjust",
            points.AdjustRequest,
            points.AdjustReply,
            _writing(desk, points.adjust),
            (*_WRITE, *_MEMBER, *_FUNDS, Code.APPROVAL_NEEDED),
            summary="Add or take points by hand, or give a bonus.",
        ),
        Method(
            "coupon.issue",
            coupons.IssueRequest,
            coupons.IssueReply,
            _writing(desk, coupons.issue),
            (*_WRITE, *_MEMBER, *_FUNDS, Code.COUPON),
            summary="Issue a coupon, free or for points.",
        ),
    )


def _sales(desk: Desk) -> tuple[Method[Any], ...]:
    shop, quotes = desk.shop, desk.quotes

    scanner = Scanner(shop, quotes)

    def quote(session: Session, params: quoting.QuoteRequest) -> quoting.QuoteReply:
        return quoting.quote(shop, quotes, session.terminal, params)

    def commit(shop: Shop, terminal: str, params: sale.CommitRequest) -> Awaitable[sale.CommitReply]:
        return sale.commit(shop, quotes, terminal, params)

    def get(session: Session, params: sale_history.GetRequest) -> SaleRecord:
        return sale_history.get(shop, session.terminal, params)

    async def find(session: Session, params: sale_history.FindRequest) -> sale_history.FindReply:
        return await sale_history.find(shop, session.terminal, params)

    def last(session: Session, params: sale_history.LastRequest) -> SaleRecord:
        return sale_history.last(shop, session.terminal, params)

    committing = (
        *_WRITE,
        Code.CARD_STOPPED,
        Code.BALANCE_SHORT,
        Code.QUOTE_EXPIRED,
        Code.RULES_CHANGED,
        Code.TENDERS_MISMATCH,
        Code.COUPON,
        Code.OFFLINE_LIMIT,
    )
    no_sale = (Code.NO_SUCH_SALE,)
    return (
        Method(
            "sale.quote",
            quoting.QuoteRequest,
            quoting.QuoteReply,
            quote,
            (*_MEMBER, Code.BALANCE_SHORT, Code.NO_VALID_RULES, Code.OFFLINE_LIMIT),
            summary="Price a basket; writes nothing.",
            from_bytes=lambda _, params: scanner.quote(params),
        ),
        Method(
            "sale.commit",
            sale.CommitRequest,
            sale.CommitReply,
            _writing(desk, commit),
            committing,
            summary="Sell what was quoted; durable before the reply.",
        ),
        Method("sale.get", sale_history.GetRequest, SaleRecord, get, no_sale, summary="One sale as decided."),
        Method(
            "sale.find",
            sale_history.FindRequest,
            sale_history.FindReply,
            find,
            _MEMBER,
            summary="Sales, newest first.",
        ),
        Method(
            "sale.last",
            sale_history.LastRequest,
            SaleRecord,
            last,
            no_sale,
            summary="The latest sale of a terminal.",
        ),
    )


def _refunds(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop
    errors = (Code.NO_SUCH_SALE, Code.ALREADY_REFUNDED, Code.TOO_LATE, Code.OVER_QUANTITY)

    def quote_refund(session: Session, params: refund.RefundQuoteRequest) -> refund.RefundReply:
        return refund.quote_refund(shop, session.terminal, params)

    return (
        Method(
            "refund.quote",
            refund.RefundQuoteRequest,
            refund.RefundReply,
            quote_refund,
            errors,
            summary="What a refund would bring; writes nothing.",
        ),
        Method(
            "sale.refund",
            refund.RefundRequest,
            refund.RefundReply,
            _writing(desk, refund.refund),
            (*_WRITE, *errors),
            summary="Take goods back, by line.",
        ),
    )


def _printers(desk: Desk) -> tuple[Method[Any], ...]:
    shop, spooler = desk.shop, desk.spooler

    async def receipt(session: Session, params: printing.PrintRequest) -> printing.JobReply:
        return await printing.print_receipt(shop, spooler, session.terminal, params)

    async def job(session: Session, params: printing.JobRequest) -> printing.JobReply:
        return await printing.print_job(shop, spooler, session.terminal, params)

    async def drawer(session: Session, params: printing.DrawerRequest) -> printing.DrawerReply:
        return await printing.open_drawer(shop, desk.devices, session.terminal, params)

    return (
        Method(
            "print.receipt",
            printing.PrintRequest,
            printing.JobReply,
            receipt,
            (*_WRITE, Code.NO_SUCH_SALE, Code.NO_SUCH_DEVICE),
            summary="Print a receipt again, marked as a reprint.",
        ),
        Method(
            "print.job",
            printing.JobRequest,
            printing.JobReply,
            job,
            summary="Where a print job stands.",
        ),
        Method(
            "drawer.open",
            printing.DrawerRequest,
            printing.DrawerReply,
            drawer,
            (*_WRITE, *_PRINTER),
            summary="Open the cash drawer, once per idem.",
        ),
    )


def _devices(desk: Desk) -> tuple[Method[Any], ...]:
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


def _sync(desk: Desk) -> tuple[Method[Any], ...]:
    def status(session: Session, params: Nothing) -> SyncReply:
        return sync_status(desk.shop, desk.uplink)

    return (
        Method(
            "sync.status", Nothing, SyncReply, status, (), BOTH, "The queue to HQ, and whether HQ answers."
        ),
    )
