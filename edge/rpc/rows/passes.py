"""Rows of passes and timed services."""

from typing import Any

from edge.counter import pass_refund, passes, timed
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import FUNDS, MEMBER, PAYING, WRITE, Desk, writing


def pass_rows(desk: Desk) -> tuple[Method[Any], ...]:
    """Passes sold, used and given back."""
    shop = desk.shop

    def list_passes(session: Session, params: passes.ListRequest) -> passes.ListReply:
        return passes.list_passes(shop, session.terminal, params)

    return (
        Method(
            "pass.sell",
            passes.SellRequest,
            passes.SellReply,
            writing(desk, passes.sell),
            (*WRITE, *MEMBER, *PAYING),
            summary="Sell a pass, or recharge one.",
        ),
        Method(
            "pass.use",
            passes.UseRequest,
            passes.UseReply,
            writing(desk, passes.use),
            (*WRITE, *MEMBER, *FUNDS),
            summary="Use a pass for a service.",
        ),
        Method(
            "pass.give_back",
            passes.GiveBackRequest,
            passes.GiveBackReply,
            writing(desk, passes.give_back),
            (*WRITE, Code.APPROVAL_NEEDED),
            summary="Undo a use of today.",
        ),
        Method(
            "pass.refund",
            pass_refund.RefundRequest,
            pass_refund.RefundReply,
            writing(desk, pass_refund.refund),
            (*WRITE, Code.APPROVAL_NEEDED),
            summary="Take back what is left of a pass, and pay for it.",
        ),
        Method(
            "pass.list",
            passes.ListRequest,
            passes.ListReply,
            list_passes,
            MEMBER,
            summary="Passes on sale, and those of a member.",
        ),
    )


def timed_rows(desk: Desk) -> tuple[Method[Any], ...]:
    """Services that are paid by the time they take."""
    shop = desk.shop

    def list_timed(session: Session, params: timed.ListRequest) -> timed.ListReply:
        return timed.list_timed(shop, session.terminal, params)

    return (
        Method(
            "timed.start",
            timed.StartRequest,
            timed.TimedReply,
            writing(desk, timed.start),
            (*WRITE, *MEMBER),
            summary="Begin a timed service, or go on with a paused one.",
        ),
        Method(
            "timed.pause",
            timed.ChangeRequest,
            timed.TimedReply,
            writing(desk, timed.pause),
            WRITE,
            summary="Stop the clock of a service for a while.",
        ),
        Method(
            "timed.stop",
            timed.ChangeRequest,
            timed.TimedReply,
            writing(desk, timed.stop),
            WRITE,
            summary="End a timed service; a sale pays for it.",
        ),
        Method(
            "timed.cancel",
            timed.CancelRequest,
            timed.TimedReply,
            writing(desk, timed.cancel),
            (*WRITE, Code.APPROVAL_NEEDED),
            summary="Let a timed service cost nothing.",
        ),
        Method(
            "timed.list",
            timed.ListRequest,
            timed.ListReply,
            list_timed,
            MEMBER,
            summary="Services that nobody has paid for.",
        ),
    )
