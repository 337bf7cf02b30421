"""Rows of members and cards."""

from typing import Any

from edge.counter import lookup, members
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import MEMBER, WRITE, Desk, writing


def member_rows(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop

    def look_up(session: Session, params: lookup.LookupRequest) -> lookup.LookupReply:
        return lookup.lookup(shop, session.terminal, params)

    return (
        Method(
            "member.lookup",
            lookup.LookupRequest,
            lookup.LookupReply,
            look_up,
            MEMBER,
            summary="The whole member by card, phone or id; or masked candidates.",
        ),
        Method(
            "member.register",
            members.RegisterRequest,
            members.RegisterReply,
            writing(desk, members.register),
            (*WRITE, Code.NO_SUCH_MEMBER),
            summary="Register a member, with a referrer.",
        ),
    )
