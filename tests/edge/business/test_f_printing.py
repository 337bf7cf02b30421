"""Print jobs through the socket: given up, printed again, on another printer; a real (virtual) printer."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.testing import VirtualPrinter
from edge.counter.slips import document_of
from edge.receipts.preview import preview
from tests.edge.business.floor import Floor, open_floor

IDEM = "00000000-0000-4000-8000-000000000001"


def now() -> str:
    """The print queue works by the machine's clock: a job must not be older than ten minutes to it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).isoformat()


async def settled(floor: Floor, job: int) -> str:
    return str((await floor.till.call("print.job", job=job, wait_ms=10_000))["state"])


async def test_f3_a_receipt_that_is_given_up_is_not_printed(tmp_path: Path) -> None:
    async with open_floor(tmp_path, printers=("p1",)) as floor:
        job = (await floor.till.sell(10_000))["print_job"]
        given_up = await floor.till.call("print.cancel", idem=IDEM, job=job)
        assert (given_up["state"], given_up["why"], given_up["duplicate"]) == ("failed", "cancelled", False)
        again = await floor.till.call("print.cancel", idem=IDEM, job=job)
        assert again == {**given_up, "duplicate": True}
        await floor.till.refused(1302, "print.cancel", idem=IDEM, job=job + 1)
        late = await floor.till.refused(-32001, "print.cancel", job=job)
        assert (late.data["path"], late.data["state"]) == ("/job", "failed")
        for method in ("print.cancel", "print.retry"):
            assert (await floor.till.refused(-32602, method, job=999)).data["path"] == "/job"
        await floor.till.refused(1401, "print.retry", job=job, printer="nowhere")
        await floor.restart()
        assert (await floor.till.call("print.job", job=job))["state"] == "failed"


async def test_f3_a_receipt_that_was_given_up_comes_out_when_asked_for(tmp_path: Path) -> None:
    """Nothing of it was printed: it is the original, without the mark."""
    async with VirtualPrinter() as printer:
        async with open_floor(tmp_path, printers=("p1",), at=now()) as floor:
            job = (await floor.till.sell(10_000))["print_job"]
            await floor.till.call("print.cancel", job=job)
        async with open_floor(tmp_path, ports={"p1": printer.port}, at=now()) as floor:
            asked = {"idem": IDEM, "job": job, "wait_ms": 10_000}
            again = await floor.till.call("print.retry", **asked)
            assert (again["state"], again["copy"]) == ("done", 0)
            assert "补打" not in printer.receipts[0]
            assert (await floor.till.call("print.retry", **asked))["duplicate"] is True
            done = await floor.till.refused(-32001, "print.retry", job=job)
            assert done.data["state"] == "done"
        assert len(printer.receipts) == 1


async def test_f3_a_doubtful_receipt_goes_to_another_printer_with_a_mark(tmp_path: Path) -> None:
    """The link was cut in the middle of it: it may be on paper, so the second one says 补打."""
    async with VirtualPrinter() as front, VirtualPrinter() as back:
        ports = {"front": front.port, "back": back.port}
        async with open_floor(tmp_path, ports=ports, at=now()) as floor:
            first = await floor.till.sell(500)
            assert await settled(floor, first["print_job"]) == "done"
            front.drop_after(150)
            sold = await floor.till.sell(10_000)
            assert await settled(floor, sold["print_job"]) == "unknown"
            again = await floor.till.call(
                "print.retry", job=sold["print_job"], printer="back", wait_ms=10_000
            )
            assert (again["state"], again["printer"], again["copy"]) == ("done", "back", 1)
        assert "补打" in back.receipts[0]
        assert sold["receipt_no"] in back.receipts[0]


async def test_f3_a_slip_of_any_kind_is_reprinted_with_its_mark(tmp_path: Path) -> None:
    async with open_floor(tmp_path, printers=("p1",)) as floor:
        paid = await floor.till.call("drawer.pay_in", amount_fen=100, reason="换零", cashier="小王")
        again = await floor.till.call("print.receipt", sale=paid["slip"])
        row = floor.shop.snapshot.print_jobs.by_id(again["job"])
        assert row is not None
        document = document_of(row, floor.shop.snapshot, floor.config.store, floor.shop.programme)
        paper = "\n".join(preview(document))
        assert again["copy"] == 1
        for said in ("补打", paid["receipt_no"], "钱箱存入现金", "换零"):
            assert said in paper
