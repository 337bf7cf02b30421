"""Rows of the gift catalogue and of draws."""

from typing import Any

from edge.counter import gifts
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import FUNDS, MEMBER, WRITE, Desk, writing


def gift_rows(desk: Desk) -> tuple[Method[Any], ...]:
    """Redeeming and entering."""
    shop = desk.shop

    def list_gifts(session: Session, params: gifts.ListRequest) -> gifts.ListReply:
        return gifts.list_gifts(shop, session.terminal, params)

    return (
        Method(
            "gift.redeem",
            gifts.RedeemRequest,
            gifts.RedeemReply,
            writing(desk, gifts.redeem),
            (*WRITE, *MEMBER, *FUNDS),
            summary="Give a gift of the catalogue for points.",
        ),
        Method(
            "gift.list",
            gifts.ListRequest,
            gifts.ListReply,
            list_gifts,
            MEMBER,
            summary="The catalogue, and what a member can have of it.",
        ),
        Method(
            "draw.enter",
            gifts.EnterRequest,
            gifts.EnterReply,
            writing(desk, gifts.enter),
            (*WRITE, *MEMBER, *FUNDS),
            summary="Let a member take part in a draw.",
        ),
    )
