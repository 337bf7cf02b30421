"""The ESC/POS driver against the virtual printer, on TCP and on a pty."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from drivers.api import (
    BadPort,
    Cut,
    DeviceBlocked,
    DeviceOffline,
    DeviceTimeout,
    Option,
    Outcome,
    Pair,
    Paper,
    PrinterStatus,
    Proof,
    QrCode,
    ReceiptPrinter,
    Text,
)
from drivers.printers import escpos_printer
from drivers.printers.escpos_printer import EscposPrinter
from drivers.protocols import escpos
from drivers.testing import VirtualPrinter
from drivers.transports.ports import open_link

Kind = Literal["tcp", "pty"]
RECEIPT = (Text("好邻居便利店", align="center"), Pair("实收", "￥7.00"), QrCode("x.cn"), Cut())
LINES = ["                  好邻居便利店", "实收                                      ￥7.00"]

KINDS = pytest.mark.parametrize("kind", ["tcp", "pty"])


@asynccontextmanager
async def printer_on(device: VirtualPrinter, **options: Option) -> AsyncIterator[EscposPrinter]:
    printer = EscposPrinter(open_link(device.port), options)
    await printer.open()
    try:
        yield printer
    finally:
        await printer.close()


@KINDS
async def test_a_receipt_is_printed_and_confirmed(kind: Kind) -> None:
    async with VirtualPrinter(kind) as device, printer_on(device) as printer:
        job, counts = printer.encode(RECEIPT), list[int]()
        result = await printer.send(job, counts.append)
        assert (result.outcome, result.proof, result.accepted) == (
            Outcome.PRINTED,
            Proof.STATUS_OK,
            len(job),
        )
        assert counts[-1] == len(job)
        assert device.receipts[0].splitlines()[:2] == LINES


async def test_it_is_a_receipt_printer() -> None:
    printer: ReceiptPrinter = EscposPrinter(open_link("tcp://127.0.0.1:9100"), {})
    assert printer.encode(RECEIPT) == printer.encode(RECEIPT)


@KINDS
async def test_a_held_job_completes_after_the_new_roll(kind: Kind) -> None:
    """Paper out at the start, cover open for the change: still one receipt, still proven."""
    async with VirtualPrinter(kind) as device, printer_on(device, confirm_s=1) as printer:
        device.set_paper(Paper.OUT)
        sending = asyncio.create_task(printer.send(printer.encode(RECEIPT)))
        await asyncio.sleep(1.2)
        device.set_cover(open=True)
        await asyncio.sleep(0.2)
        device.set_paper(Paper.OK)
        assert not sending.done()
        device.set_cover(open=False)
        result = await asyncio.wait_for(sending, 5)
    assert (result.outcome, result.proof) == (Outcome.PRINTED, Proof.STATUS_OK)
    assert len(device.receipts) == 1


async def test_a_job_held_for_too_long_is_unknown_and_says_why() -> None:
    async with VirtualPrinter() as device, printer_on(device, confirm_s=1, hold_s=0) as printer:
        device.set_cover(open=True)
        result = await printer.send(printer.encode(RECEIPT))
    assert result.outcome is Outcome.UNKNOWN
    assert result.accepted > 0
    assert "cover is open" in result.why


async def test_silence_after_sending_is_unknown_never_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printer may well have printed: only it knows."""
    async with VirtualPrinter() as device, printer_on(device, confirm_s=1) as printer:
        monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.3)
        device.silent = True
        result = await printer.send(printer.encode(RECEIPT))
        assert (result.outcome, result.accepted) == (Outcome.UNKNOWN, len(printer.encode(RECEIPT)))
        await device.finished(1)


async def test_an_answer_lost_for_good_does_not_spoil_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a job that nobody confirmed the driver asks first, and then counts from zero."""
    async with VirtualPrinter() as device, printer_on(device, confirm_s=1) as printer:
        monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.3)
        device.silent = True
        await printer.send(printer.encode(RECEIPT))
        device.silent = False
        for _ in range(2):
            result = await printer.send(printer.encode(RECEIPT))
            assert (result.outcome, result.proof) == (Outcome.PRINTED, Proof.STATUS_OK)
    assert len(device.receipts) == 3


async def test_late_answers_of_an_earlier_job_confirm_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers to a job given up and to the question after it come slowly, then the next job is
    never answered: it is UNKNOWN."""
    async with VirtualPrinter() as device, printer_on(device, confirm_s=1) as printer:
        monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.3)
        device.silent = True
        await printer.send(printer.encode(RECEIPT))
        sending = asyncio.create_task(printer.send(printer.encode(RECEIPT)))
        await device.until(lambda: device.received.count(escpos.CONFIRM) == 2)
        device.wire.send(b"\x00")
        await asyncio.sleep(0.3)
        device.wire.send(b"\x00")
        await device.finished(2)
        assert (await sending).outcome is Outcome.UNKNOWN


@KINDS
async def test_a_link_lost_in_a_job_is_unknown_with_what_was_accepted(kind: Kind) -> None:
    async with VirtualPrinter(kind) as device, printer_on(device) as printer:
        lost: list[str] = []
        printer.on_lost = lost.append
        device.drop_after(40)
        result = await asyncio.wait_for(printer.send(printer.encode(RECEIPT)), 5)
        assert result.outcome is Outcome.UNKNOWN
        assert result.accepted > 0
        assert len(lost) == 1
        assert device.receipts == []


@KINDS
async def test_a_job_for_a_lost_printer_has_failed_and_may_be_sent_again(kind: Kind, tmp_path: Path) -> None:
    """No byte accepted: FAILED. Plugged in again, the same driver object prints it."""
    async with VirtualPrinter(kind, tmp_path / "by-id") as device, printer_on(device) as printer:
        lost: list[str] = []
        printer.on_lost = lost.append
        device.unplug()
        async with asyncio.timeout(5):
            while not lost:  # noqa: ASYNC110 - told by a real wire
                await asyncio.sleep(0.01)
        result = await printer.send(printer.encode(RECEIPT))
        assert (result.outcome, result.proof, result.accepted) == (Outcome.FAILED, Proof.NONE, 0)
        with pytest.raises(DeviceOffline):
            await printer.open()
        device.replug()
        await printer.open()
        result = await printer.send(printer.encode(RECEIPT))
        assert result.outcome is Outcome.PRINTED


async def test_a_printer_that_takes_no_more_in_the_middle_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stalled write names what was accepted; nobody may call the job failed. The link ends with it:
    whatever came next would be printed as part of half a job."""
    monkeypatch.setattr(escpos_printer, "STALL_S", 0.2)
    async with VirtualPrinter("pty") as device, printer_on(device) as printer:
        lost: list[str] = []
        printer.on_lost = lost.append
        device.wire.pause()
        result = await printer.send(printer.encode((Text("字" * 50_000), Cut())))
        assert len(lost) == 1
        assert result.outcome is Outcome.UNKNOWN
        assert 0 < result.accepted < 100_000
        assert f"{result.accepted} of" in result.why


async def test_a_stall_for_want_of_paper_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer without paper may take no more bytes; the job goes on after the roll is changed."""
    monkeypatch.setattr(escpos_printer, "STALL_S", 0.2)
    async with VirtualPrinter("pty") as device, printer_on(device) as printer:
        await device.until(lambda: device.received.endswith(escpos.STATUS_BACK_ON))
        device.set_paper(Paper.OUT)
        device.wire.pause()
        document = (Text("字" * 20_000), Cut())
        sending = asyncio.create_task(printer.send(printer.encode(document)))
        await asyncio.sleep(0.6)
        assert not sending.done()
        device.set_paper(Paper.OK)
        device.wire.go_on()
        result = await asyncio.wait_for(sending, 10)
        assert (result.outcome, result.accepted) == (Outcome.PRINTED, len(printer.encode(document)))
        assert device.receipts[0].count("字") == 20_000


async def test_a_mute_printer_prints_and_only_the_sending_is_proven() -> None:
    async with VirtualPrinter() as device, printer_on(device, status="none") as printer:
        device.silent = True
        assert await printer.status() == PrinterStatus()
        result = await printer.send(printer.encode(RECEIPT))
        assert (result.outcome, result.proof) == (Outcome.PRINTED, Proof.SENT)
        await device.finished(1)


async def test_a_mute_printer_is_online_again_after_it_was_plugged_in(tmp_path: Path) -> None:
    async with (
        VirtualPrinter("pty", tmp_path / "by-id") as device,
        printer_on(device, status="none") as printer,
    ):
        lost = asyncio.Event()
        printer.on_lost = lambda _why: lost.set()
        device.unplug()
        await asyncio.wait_for(lost.wait(), 5)
        assert not (await printer.status()).online
        device.replug()
        await printer.open()
        assert (await printer.status()).online


async def test_a_printer_that_should_answer_and_does_not_cannot_be_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.2)
    async with VirtualPrinter() as device:
        device.silent = True
        printer = EscposPrinter(open_link(device.port), {})
        with pytest.raises(DeviceTimeout, match="no answer"):
            await printer.open()
        device.silent = False
        await printer.open()
        await printer.close()


async def test_silence_after_earlier_answers_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.2)
    async with VirtualPrinter() as device, printer_on(device) as printer:
        statuses: list[PrinterStatus] = []
        printer.on_status = statuses.append
        device.silent = True
        with pytest.raises(DeviceTimeout):
            await printer.status()
        assert statuses[-1] == PrinterStatus(True, False, Paper.OK)


async def test_a_change_is_told_once() -> None:
    """Asked or not, the same status is no news."""
    async with VirtualPrinter() as device, printer_on(device) as printer:
        statuses: list[PrinterStatus] = []
        printer.on_status = statuses.append
        device.set_paper(Paper.NEAR_END)
        for _ in range(3):
            await printer.status()
        assert statuses == [PrinterStatus(True, True, Paper.NEAR_END)]


@pytest.mark.parametrize("drawer", ["pulse", "realtime"])
@pytest.mark.parametrize("pin", [2, 5])
async def test_the_drawer_opens_on_its_pin(drawer: str, pin: Literal[2, 5]) -> None:
    async with VirtualPrinter() as device, printer_on(device, drawer=drawer) as printer:
        await printer.kick_drawer(pin)
        await device.until(lambda: device.kicks == [pin])
        assert (await printer.status()).drawer_open


async def test_no_pulse_is_left_behind_in_a_blocked_printer() -> None:
    """It would open the drawer when somebody closes the cover, with nobody watching."""
    async with VirtualPrinter() as device, printer_on(device) as printer:
        device.set_cover(open=True)
        with pytest.raises(DeviceBlocked, match="cover is open") as refused:
            await printer.kick_drawer()
        assert refused.value.upos == (114, 201)
        device.set_cover(open=False)
        sending = asyncio.create_task(printer.send(printer.encode(RECEIPT)))
        await sending
        assert device.kicks == []


async def test_status_may_be_asked_while_a_job_is_under_way() -> None:
    """Requests and job bytes do not mix on the wire: every receipt comes out clean."""
    async with VirtualPrinter() as device, printer_on(device) as printer:
        for _ in range(10):
            sent, *_ = await asyncio.gather(
                printer.send(printer.encode(RECEIPT)), printer.status(), printer.status()
            )
            assert sent.outcome is Outcome.PRINTED
        assert set(device.receipts) == {device.receipts[0]}


@pytest.mark.parametrize("option", ["colour", "confirm_s", "width"])
def test_a_wrong_option_is_named(option: str) -> None:
    with pytest.raises(BadPort, match=option):
        EscposPrinter(open_link("tcp://127.0.0.1:9100"), {option: "x"})
