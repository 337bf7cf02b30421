"""Rows of accounts: points, stored value, passes, credit, coupons, gifts."""

from typing import Any

from edge.counter import coupons, points
from edge.errors import Code
from edge.rpc.methods import Method
from edge.rpc.rows.desk import FUNDS, MEMBER, WRITE, Desk, writing


def account_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (
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
