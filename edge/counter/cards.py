"""A card's life after it was issued: reported lost, replaced by another, valid for longer."""

import dataclasses
from typing import Literal

from edge.counter.account_slips import Given, SlipRequest, fact, give_slip
from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.owners import owner_in
from edge.counter.particulars import Uid, refuse_foreign_number, refuse_taken_number
from edge.counter.payment import MoneyTenders, take
from edge.counter.refusals import bad, stopped
from edge.counter.shop import Keyed, Shop, in_good_standing
from edge.counter.terms import Code, Name, Reply, Text
from edge.domain.dates import months_later
from edge.domain.member import Member, masked_number
from edge.receipts.account_slip import Fact
from edge.storage.cards import CardRow
from edge.storage.transaction import Transaction

Fee = Literal["pay", "waive"]


class LostRequest(Keyed, frozen=True):
    """Stop the cards of ``member``: an id, a card number, a UID or a whole phone number."""

    member: Code
    cashier: Name
    reason: Text = ""


class LostReply(Reply, frozen=True):
    """Nothing of the member but the id, by which the card can be replaced."""

    member: str
    status: str
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class ReplaceRequest(SlipRequest, frozen=True, kw_only=True):
    """A new card for ``member`` (as in card.lost), and perhaps a new ``uid``; ``tenders`` pay the fee.

    ``fee`` may be waived by somebody who may.
    """

    member: Code
    card_no: Code
    uid: Uid | None = None
    fee: Fee = "pay"
    tenders: MoneyTenders = ()
    reason: Text = ""
    approve: Text = ""


class ExtendRequest(SlipRequest, frozen=True, kw_only=True):
    """Let the card of ``member`` (as in card.lost) be valid for longer; ``tenders`` pay the fee, or it is waived."""

    member: Code
    fee: Fee = "pay"
    tenders: MoneyTenders = ()
    approve: Text = ""


class CardReply(Reply, frozen=True):
    """The card as it is now, what it cost, and the slip that says so."""

    member: str
    card_no: str
    status: str
    valid_until: str | None
    fee_fen: int
    change_fen: int
    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def report_lost(shop: Shop, terminal: str, request: LostRequest) -> LostReply:
    """From this COMMIT on nobody spends, redeems or earns with the member; raises 1201, and 1202 if so already."""

    def decide(transaction: Transaction) -> LostReply:
        owner = in_good_standing(owner_in(transaction, request.member))
        lost = dataclasses.replace(owner, status="lost")
        transaction.members.rewrite(owner, lost)
        transaction.cards.follow(owner.id, "lost", transaction.now_ms)
        told: dict[str, object] = {
            "card_no": owner.card_no,
            "reason": request.reason,
            "cashier": request.cashier,
        }
        seq = tell_hq(shop, transaction, "card_lost", owner.id, told)
        return LostReply(owner.id, "lost", seq, shop.offline)

    return await shop.write(terminal, "card.lost", request, LostReply, decide)


async def replace(shop: Shop, terminal: str, request: ReplaceRequest) -> CardReply:
    """Give the member another card: all that was stays with the member. Raises -32602, 1201, 1202, 1304."""
    refuse_foreign_number(shop, request.card_no)  # before it is written down: it may be a bank card's

    def decide(transaction: Transaction) -> CardReply:
        owner = owner_in(transaction, request.member)
        if owner.status not in ("active", "lost"):
            raise stopped(owner.status)
        _refuse_numbers(transaction, request)
        _exchange(transaction, owner, request)
        renewed = dataclasses.replace(owner, card_no=request.card_no, status="active")
        transaction.members.rewrite(owner, renewed)
        terms = shop.programme.bundle.cards
        fee_fen = _fee(transaction, terminal, "card.replace:without_fee", request, terms.replace_fee_fen)
        numbers = [
            fact("old_card", masked_number(owner.card_no)),
            fact("new_card", masked_number(renewed.card_no)),
        ]
        change_fen, given = _paid(shop, transaction, terminal, request, renewed, fee_fen, numbers)
        told: dict[str, object] = {
            "old_card_no": owner.card_no,
            "card_no": renewed.card_no,
            "uid": request.uid.upper() if request.uid else None,
            "was": owner.status,
            "fee_fen": fee_fen,
            "reason": request.reason,
            "cashier": request.cashier,
            "approve": request.approve,
        }
        seq = tell_hq(shop, transaction, "card_replaced", owner.id, told)
        return _reply(shop, renewed, fee_fen, change_fen, given, seq)

    return await shop.write(terminal, "card.replace", request, CardReply, decide)


async def extend(shop: Shop, terminal: str, request: ExtendRequest) -> CardReply:
    """Move the last day, from today where it has passed; raises 1202, 1304, -32602 for a card valid for ever."""

    def decide(transaction: Transaction) -> CardReply:
        owner = in_good_standing(owner_in(transaction, request.member))
        if owner.valid_until is None:
            raise bad("/member", "this card is valid for ever", "此卡长期有效，无需延期")
        terms = shop.programme.bundle.cards
        today = shop.business_date(transaction.now_ms)
        start = max(today, today.fromisoformat(owner.valid_until))
        fee_fen = _fee(transaction, terminal, "card.extend:without_fee", request, terms.extend_fee_fen)
        last_day = months_later(start, terms.extend_months).isoformat()
        extended = dataclasses.replace(owner, valid_until=last_day)
        transaction.members.rewrite(owner, extended)
        change_fen, given = _paid(
            shop,
            transaction,
            terminal,
            request,
            extended,
            fee_fen,
            [fact("last_day", last_day)],
        )
        told: dict[str, object] = {
            "valid_until": last_day,
            "fee_fen": fee_fen,
            "cashier": request.cashier,
            "approve": request.approve,
        }
        seq = tell_hq(shop, transaction, "card_extended", owner.id, told)
        return _reply(shop, extended, fee_fen, change_fen, given, seq)

    return await shop.write(terminal, "card.extend", request, CardReply, decide)


# --- the pieces ---


def _refuse_numbers(transaction: Transaction, request: ReplaceRequest) -> None:
    refuse_taken_number(transaction, request.card_no, "/card_no")
    if request.uid:
        refuse_taken_number(transaction, request.uid.upper(), "/uid")


def _exchange(transaction: Transaction, owner: Member, request: ReplaceRequest) -> None:
    """The former number and the e-card lead nowhere; a chip that was not lost stays good, unless a new one comes."""
    cards, now_ms = transaction.cards, transaction.now_ms
    cards.replace(owner.id, "card", now_ms)
    transaction.members.set_ecard(owner.id, None)
    cards.issue(CardRow(request.card_no, owner.id, "card", "active"), now_ms)
    if request.uid or owner.status == "lost":
        cards.replace(owner.id, "uid", now_ms)
    if request.uid:
        cards.issue(CardRow(request.uid.upper(), owner.id, "uid", "active"), now_ms)


def _fee(
    transaction: Transaction,
    terminal: str,
    waiving: str,
    request: ReplaceRequest | ExtendRequest,
    fee_fen: int,
) -> int:
    """What is to be paid; raises 1306 where nobody may waive it."""
    if request.fee == "waive":
        approved_by(transaction, terminal, waiving, request.approve)
        return 0
    return fee_fen


def _paid(
    shop: Shop,
    transaction: Transaction,
    terminal: str,
    request: ReplaceRequest | ExtendRequest,
    member: Member,
    fee_fen: int,
    facts: list[Fact],
) -> tuple[int, Given]:
    """Take the fee and give the slip; the change with it."""
    change_fen = take(shop, transaction, terminal, fee_fen, request.tenders, "card")
    money = [
        fact("fee", fee_fen, "fen"),
        fact("paid", fee_fen + change_fen, "fen"),
        fact("change", change_fen, "fen"),
    ]
    return change_fen, give_slip(
        shop, transaction, terminal, "card", request, member, [*facts, *(money if fee_fen else ())]
    )


def _reply(
    shop: Shop, member: Member, fee_fen: int, change_fen: int, given: Given, seq: int | None
) -> CardReply:
    return CardReply(
        member=member.id,
        card_no=member.card_no,
        status=member.status,
        valid_until=member.valid_until,
        fee_fen=fee_fen,
        change_fen=change_fen,
        slip=given.slip,
        receipt_no=given.receipt_no,
        print_job=given.print_job,
        queue_seq=seq,
        offline=shop.offline,
    )
