"""Rows of accounts: points, stored value, passes, credit, coupons, gifts."""

from typing import Any

from edge.counter import coupons, credit, points, stored_value, vouchers
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import FUNDS, MEMBER, PAYING, WRITE, Desk, writing


def money_rows(desk: Desk) -> tuple[Method[Any], ...]:
    def voucher(session: Session, params: vouchers.LookupRequest) -> vouchers.LookupReply:
        return vouchers.lookup(desk.shop, session.terminal, params)

    def owing(session: Session, params: credit.ListRequest) -> credit.ListReply:
        return credit.owing(desk.shop, session.terminal, params)

    return (
        Method(
            "account.topup",
            stored_value.TopUpRequest,
            stored_value.TopUpReply,
            writing(desk, stored_value.top_up),
            (*WRITE, *MEMBER, *PAYING),
            summary="Take money into stored value, with what the programme adds.",
        ),
        Method(
            "account.withdraw",
            stored_value.WithdrawRequest,
            stored_value.WithdrawReply,
            writing(desk, stored_value.withdraw),
            (*WRITE, *MEMBER, *FUNDS, Code.APPROVAL_NEEDED, Code.SHIFT),
            summary="Pay out of a member's own stored value.",
        ),
        Method(
            "credit.limit",
            credit.LimitRequest,
            credit.LimitReply,
            writing(desk, credit.limit),
            (*WRITE, *MEMBER, Code.APPROVAL_NEEDED),
            summary="Set how much a member may owe.",
        ),
        Method(
            "credit.repay",
            credit.RepayRequest,
            credit.RepayReply,
            writing(desk, credit.repay),
            (*WRITE, *MEMBER, *PAYING),
            summary="Take money for what a member owes, the oldest first.",
        ),
        Method(
            "credit.list",
            credit.ListRequest,
            credit.ListReply,
            owing,
            (),
            summary="Sales on credit that are not paid yet.",
        ),
        Method(
            "voucher.issue",
            vouchers.IssueRequest,
            vouchers.IssueReply,
            writing(desk, vouchers.issue),
            (*WRITE, *MEMBER, *PAYING, Code.APPROVAL_NEEDED),
            summary="Sell or give a voucher.",
        ),
        Method(
            "voucher.lookup",
            vouchers.LookupRequest,
            vouchers.LookupReply,
            voucher,
            (*MEMBER, Code.COUPON),
            summary="What a voucher is worth, and whether it is good.",
        ),
    )


def account_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (
        *money_rows(desk),
        Method(
            "points.adjust",
            points.AdjustRequest,
            points.AdjustReply,
            writing(desk, points.adjust),
            (*WRITE, *MEMBER, *FUNDS, Code.APPROVAL_NEEDED),
            summary="Add or take points by hand, or give a bonus.",
        ),
        Method(
            "coupon.issue",
            coupons.IssueRequest,
            coupons.IssueReply,
            writing(desk, coupons.issue),
            (*WRITE, *MEMBER, *FUNDS, Code.COUPON),
            summary="Issue a coupon, free or for points.",
        ),
    )
