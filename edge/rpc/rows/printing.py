"""Rows of receipts, print jobs and the drawer."""

from typing import Any

from edge.counter import printing
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import PRINTER, WRITE, Desk


def printing_rows(desk: Desk) -> tuple[Method[Any], ...]:
    shop, spooler = desk.shop, desk.spooler

    async def receipt(session: Session, params: printing.PrintRequest) -> printing.JobReply:
        return await printing.print_receipt(shop, spooler, session.terminal, params)

    async def job(session: Session, params: printing.JobRequest) -> printing.JobReply:
        return await printing.print_job(shop, spooler, session.terminal, params)

    async def cancel(session: Session, params: printing.CancelRequest) -> printing.JobReply:
        return await printing.cancel(shop, spooler, session.terminal, params)

    async def retry(session: Session, params: printing.RetryRequest) -> printing.JobReply:
        return await printing.retry(shop, spooler, session.terminal, params)

    async def drawer(session: Session, params: printing.DrawerRequest) -> printing.DrawerReply:
        return await printing.open_drawer(shop, desk.devices, session.terminal, params)

    return (
        Method(
            "print.receipt",
            printing.PrintRequest,
            printing.JobReply,
            receipt,
            (*WRITE, Code.NO_SUCH_SALE, Code.NO_SUCH_DEVICE),
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
            "print.cancel",
            printing.CancelRequest,
            printing.JobReply,
            cancel,
            WRITE,
            summary="Give up a receipt that has not begun to print.",
        ),
        Method(
            "print.retry",
            printing.RetryRequest,
            printing.JobReply,
            retry,
            (*WRITE, Code.NO_SUCH_DEVICE),
            summary="Print a job again, here or on another printer.",
        ),
        Method(
            "drawer.open",
            printing.DrawerRequest,
            printing.DrawerReply,
            drawer,
            (*WRITE, *PRINTER),
            summary="Open the cash drawer, once per idem.",
        ),
    )
