"""The ESC/POS driver against emupos, which shares no line with it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from drivers.api import (
    Cut,
    DeviceBlocked,
    DeviceOffline,
    Divider,
    Feed,
    Option,
    Outcome,
    Pair,
    Paper,
    PrinterStatus,
    Proof,
    QrCode,
    Row,
    Scan,
    Text,
)
from drivers.printers.escpos_printer import EscposPrinter
from drivers.readers.serial_barcode import SerialBarcode
from drivers.transports.ports import open_link
from tests.drivers.conftest import Emupos

RECEIPT = (
    Text("好邻居便利店", align="center", size=2),
    Divider(),
    Row(("可口可乐 330ml", "2", "￥7.00"), (6, 2, 3)),
    Row(("农夫山泉饮用天然水 550ml", "12", "￥24.00"), (6, 2, 3)),
    Pair("实收金额", "￥31.00", bold=True),
    Text("会员积分：31，余额：1,204 ①②③"),
    Feed(1),
    QrCode("https://example.cn/r/1"),
    Text("谢谢惠顾，欢迎再次光临！"),
    Cut(),
)
PROVEN = (Outcome.PRINTED, Proof.STATUS_OK)

WIRES = pytest.mark.parametrize("wire", ["network", "serial"])


@asynccontextmanager
async def printer_on(port: str, **options: Option) -> AsyncIterator[EscposPrinter]:
    printer = EscposPrinter(open_link(port), options)
    await printer.open()
    try:
        yield printer
    finally:
        await printer.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the peer is another process
            await asyncio.sleep(0.02)


def said(printer: EscposPrinter) -> list[PrinterStatus]:
    """What the printer says from now on, without being asked."""
    statuses: list[PrinterStatus] = []
    printer.on_status = statuses.append
    return statuses


@WIRES
async def test_a_chinese_receipt_comes_out_whole_and_is_confirmed(emupos: Emupos, wire: str) -> None:
    """GBK text survives an interpreter that thinks in code page 437; lines stay as they were laid out."""
    async with printer_on(emupos.ports[wire]) as printer:
        result = await printer.send(printer.encode(RECEIPT))
    assert (result.outcome, result.proof) == PROVEN
    lines = emupos.receipts(wire)[-1].splitlines()
    assert lines[0].strip() == "好邻居便利店"
    assert lines[1] == "-" * 48
    assert lines[2].startswith("可口可乐 330ml")
    assert [len(line.encode("gbk")) for line in lines[2:5]] == [48, 48, 48]
    assert "会员积分：31，余额：1,204 ①②③" in lines
    assert lines[-1] == "谢谢惠顾，欢迎再次光临！"


@WIRES
async def test_a_job_sent_without_paper_completes_after_the_new_roll(emupos: Emupos, wire: str) -> None:
    """The completion request is held with the job: one receipt, and it is known to be printed."""
    async with printer_on(emupos.ports[wire]) as printer:
        before = len(emupos.receipts(wire))
        emupos.fault(wire, "paper-out")
        sending = asyncio.create_task(printer.send(printer.encode(RECEIPT)))
        await asyncio.sleep(1.5)
        assert not sending.done()
        assert len(emupos.receipts(wire)) == before
        emupos.fault(wire, "paper-out", active=False)
        result = await asyncio.wait_for(sending, 5)
    assert (result.outcome, result.proof) == PROVEN
    assert len(emupos.receipts(wire)) == before + 1


@WIRES
async def test_paper_and_cover_are_told_without_being_asked(emupos: Emupos, wire: str) -> None:
    """Automatic Status Back: running low, running out, opening and closing each arrive as an event."""
    async with printer_on(emupos.ports[wire]) as printer:
        statuses = said(printer)
        for name, expected in (
            ("paper-near-end", PrinterStatus(True, True, Paper.NEAR_END)),
            ("paper-out", PrinterStatus(True, False, Paper.OUT)),
            ("cover-open", PrinterStatus(True, False, Paper.OK, cover_open=True)),
        ):
            emupos.fault(wire, name)
            await until(partial(lambda told: told in statuses, expected))
            emupos.reset()
            await until(lambda: statuses[-1] == PrinterStatus(True, True, Paper.OK))


@WIRES
async def test_a_printer_that_only_answers_says_the_same(emupos: Emupos, wire: str) -> None:
    """DLE EOT gives the same status as Automatic Status Back."""
    async with printer_on(emupos.ports[wire], status="poll") as printer:
        assert await printer.status() == PrinterStatus(True, True, Paper.OK)
        emupos.fault(wire, "cover-open")
        assert (await printer.status()).cover_open
        emupos.reset()
        emupos.fault(wire, "paper-out")
        assert (await printer.status()).paper is Paper.OUT
        emupos.reset()
        emupos.fault(wire, "paper-near-end")
        assert (await printer.status()).paper is Paper.NEAR_END


async def test_the_status_is_still_reported_by_itself_after_a_job(emupos: Emupos) -> None:
    """A job resets the printer, which switches the automatic status off: the job arms it again."""
    async with printer_on(emupos.ports["network"]) as printer:
        await printer.send(printer.encode(RECEIPT))
        statuses = said(printer)
        emupos.fault("network", "cover-open")
        await until(lambda: bool(statuses) and statuses[-1].cover_open)


@WIRES
@pytest.mark.parametrize("drawer", ["pulse", "realtime"])
async def test_the_drawer_opens_and_is_seen_open(emupos: Emupos, wire: str, drawer: str) -> None:
    async with printer_on(emupos.ports[wire], drawer=drawer) as printer:
        statuses = said(printer)
        await printer.kick_drawer(5)
        await until(lambda: bool(statuses) and statuses[-1].drawer_open)
    assert emupos.state(wire)["drawer"] == "open"


async def test_a_pulse_that_would_wait_for_paper_is_refused(emupos: Emupos) -> None:
    """Without paper ESC p is kept and the drawer would pop open at the roll change."""
    async with printer_on(emupos.ports["network"]) as printer:
        emupos.fault("network", "paper-out")
        with pytest.raises(DeviceBlocked, match="out of paper"):
            await printer.kick_drawer()
        emupos.reset()
    assert emupos.state("network")["drawer"] == "closed"


async def test_the_real_time_pulse_works_without_paper(emupos: Emupos) -> None:
    async with printer_on(emupos.ports["network"], drawer="realtime") as printer:
        emupos.fault("network", "paper-out")
        await printer.kick_drawer()
        await until(lambda: emupos.state("network")["drawer"] == "open")


async def test_a_job_given_up_is_unknown_and_does_not_confirm_the_next_one(emupos: Emupos) -> None:
    """The printer had every byte of the first job, so nobody may say that it failed; and its late
    answer is not taken for the second job's."""
    async with printer_on(emupos.ports["network"], confirm_s=1, hold_s=0) as printer:
        before = len(emupos.receipts("network"))
        emupos.fault("network", "paper-out")
        first = await printer.send(printer.encode(RECEIPT))
        assert (first.outcome, first.accepted) == (Outcome.UNKNOWN, len(printer.encode(RECEIPT)))
        refused = await printer.send(printer.encode(RECEIPT))
        assert (refused.outcome, refused.accepted) == (Outcome.FAILED, 0)
        emupos.reset()
        second = await printer.send(printer.encode(RECEIPT))
    assert (second.outcome, second.proof) == PROVEN
    assert len(emupos.receipts("network")) == before + 2


async def test_a_printer_that_goes_and_comes_back_prints_on(emupos_command: Path, tmp_path: Path) -> None:
    """Lost while a job was held: UNKNOWN. The same driver object opens again and prints."""
    peer = Emupos(emupos_command, tmp_path)
    peer.start()
    try:
        printer = EscposPrinter(open_link(peer.ports["network"]), {})
        lost: list[str] = []
        printer.on_lost = lost.append
        await printer.open()
        peer.fault("network", "paper-out")
        sending = asyncio.create_task(printer.send(printer.encode(RECEIPT)))
        await asyncio.sleep(0.2)
        peer.stop()
        result = await asyncio.wait_for(sending, 5)
        assert result.outcome is Outcome.UNKNOWN
        assert result.accepted == len(printer.encode(RECEIPT))
        assert len(lost) == 1
        with pytest.raises(DeviceOffline):
            await printer.open()
        peer.start()
        await printer.open()
        again = await printer.send(printer.encode(RECEIPT))
        assert (again.outcome, again.proof) == PROVEN
        await printer.close()
    finally:
        peer.stop()


async def test_a_scan_on_a_serial_line_becomes_one_event(emupos: Emupos) -> None:
    """The independent scanner's frame (code, CR) is the line that the driver expects."""
    reader = SerialBarcode(open_link(emupos.ports["scanner"]), {}, allow=["8[0-9]{7}"])
    events: list[object] = []
    reader.on_scan = events.append
    await reader.open()
    emupos.scan("80001234")
    await until(lambda: bool(events))
    await reader.close()
    assert events == [Scan("80001234", "barcode")]
