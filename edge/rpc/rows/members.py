"""Rows of members and cards."""

from collections.abc import Coroutine
from typing import Any

from edge.counter import cards, ecards, lookup, member_changes, members, notes
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import MEMBER, PAYING, WRITE, Desk, writing

OWNER = (Code.NO_SUCH_MEMBER, Code.CARD_STOPPED)
"""Of methods that take an expired card too."""


def member_rows(desk: Desk) -> tuple[Method[Any], ...]:
    shop = desk.shop

    def look_up(
        session: Session, params: lookup.LookupRequest
    ) -> lookup.LookupReply | Coroutine[Any, Any, lookup.LookupReply]:
        if params.by == "qr":
            return lookup.lookup_ecard(shop, session.terminal, params)
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
            (*WRITE, Code.NO_SUCH_MEMBER, *PAYING),
            summary="Register a member, with a referrer.",
        ),
        Method(
            "member.update",
            member_changes.UpdateRequest,
            member_changes.UpdateReply,
            writing(desk, member_changes.update),
            (*WRITE, *OWNER, Code.APPROVAL_NEEDED),
            summary="Change particulars, tier or standing of a member.",
        ),
        *card_rows(desk),
        *note_rows(desk),
    )


def card_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (
        Method(
            "card.lost",
            cards.LostRequest,
            cards.LostReply,
            writing(desk, cards.report_lost),
            (*WRITE, *OWNER),
            summary="Stop a lost card: nothing is spent, redeemed or quoted with it any more.",
        ),
        Method(
            "card.replace",
            cards.ReplaceRequest,
            cards.CardReply,
            writing(desk, cards.replace),
            (*WRITE, *OWNER, *PAYING, Code.APPROVAL_NEEDED),
            summary="Give a member another card, for the fee of the programme.",
        ),
        Method(
            "card.extend",
            cards.ExtendRequest,
            cards.CardReply,
            writing(desk, cards.extend),
            (*WRITE, *OWNER, *PAYING, Code.APPROVAL_NEEDED),
            summary="Let a card be valid for longer, an expired one too.",
        ),
        Method(
            "card.ecard",
            ecards.EcardRequest,
            ecards.EcardReply,
            writing(desk, ecards.issue),
            (*WRITE, *OWNER, Code.APPROVAL_NEEDED),
            summary="Put the member's card on the member's phone.",
        ),
    )


def note_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (
        Method(
            "note.add",
            notes.NoteRequest,
            notes.NoteReply,
            writing(desk, notes.add),
            (*WRITE, *OWNER),
            summary="Write into a member's contact log, or set a call.",
        ),
        Method(
            "call.done",
            notes.DoneRequest,
            notes.DoneReply,
            writing(desk, notes.done),
            WRITE,
            summary="Say what came of a call.",
        ),
    )
