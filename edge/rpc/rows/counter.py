"""Rows of the counter itself: shifts, the drawer's cash, and baskets that wait."""

from typing import Any

from edge.counter import drawer, holding, shifts
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import WRITE, Desk, writing


def counter_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (*_holding(desk), *_shifts(desk), *_drawer(desk))


def _holding(desk: Desk) -> tuple[Method[Any], ...]:
    def held(session: Session, params: holding.HeldRequest) -> holding.HeldReply:
        return holding.held(desk.shop, session.terminal, params)

    taking = (*WRITE, Code.NO_SUCH_SALE)
    return (
        Method(
            "sale.hold",
            holding.HoldRequest,
            holding.HoldReply,
            writing(desk, holding.hold),
            WRITE,
            summary="Put a basket aside.",
        ),
        Method("sale.held", holding.HeldRequest, holding.HeldReply, held, (), summary="Baskets that wait."),
        Method(
            "sale.recall",
            holding.RecallRequest,
            holding.RecallReply,
            writing(desk, holding.recall),
            taking,
            summary="Take up a basket, at any till.",
        ),
        Method(
            "sale.drop",
            holding.RecallRequest,
            holding.RecallReply,
            writing(desk, holding.drop),
            taking,
            summary="Give up a basket that waits.",
        ),
    )


def _shifts(desk: Desk) -> tuple[Method[Any], ...]:
    def report(session: Session, params: shifts.ReportRequest) -> shifts.ShiftReport:
        return shifts.report(desk.shop, session.terminal, params)

    def list_shifts(session: Session, params: shifts.ListRequest) -> shifts.ListReply:
        return shifts.list_shifts(desk.shop, session.terminal, params)

    return (
        Method(
            "shift.open",
            shifts.OpenRequest,
            shifts.OpenReply,
            writing(desk, shifts.open_shift),
            (*WRITE, Code.SHIFT),
            summary="Begin a shift with a float.",
        ),
        Method(
            "shift.close",
            shifts.CloseRequest,
            shifts.CloseReply,
            writing(desk, shifts.close_shift),
            (*WRITE, Code.SHIFT),
            summary="Count the drawer and end the shift.",
        ),
        Method(
            "shift.report",
            shifts.ReportRequest,
            shifts.ShiftReport,
            report,
            (Code.SHIFT,),
            summary="A shift so far, or as closed; writes nothing.",
        ),
        Method(
            "shift.list", shifts.ListRequest, shifts.ListReply, list_shifts, (), summary="Shifts of a day."
        ),
    )


def _drawer(desk: Desk) -> tuple[Method[Any], ...]:
    return (
        Method(
            "drawer.pay_in",
            drawer.PayRequest,
            drawer.PayReply,
            writing(desk, drawer.pay_in),
            (*WRITE, Code.SHIFT),
            summary="Cash into the drawer that belongs to no sale.",
        ),
        Method(
            "drawer.pay_out",
            drawer.PayRequest,
            drawer.PayReply,
            writing(desk, drawer.pay_out),
            (*WRITE, Code.APPROVAL_NEEDED, Code.SHIFT),
            summary="Cash out of the drawer that belongs to no sale.",
        ),
    )
