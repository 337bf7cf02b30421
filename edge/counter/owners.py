"""Whose card is it? The member behind a number for those who stop, replace and mend cards: stopped ones too."""

from edge.counter.refusals import bad, no_such_member, stopped
from edge.domain.member import Member
from edge.storage.transaction import Transaction

PHONE_DIGITS_MIN = 7


def owner_in(transaction: Transaction, reference: str) -> Member:
    """The member by id, card number, UID or whole phone number, whatever state the card is in.

    Raises 1201; 1202 for a number that leads to nobody any more; -32602 where several have the phone.
    """
    found = transaction.members.by_id(reference)
    if found is not None:
        return found
    card = transaction.cards.by_number(reference)
    if card is None:
        return _by_phone(transaction, reference)
    if card.state in ("replaced", "cancelled"):
        raise stopped(card.state)
    owner = transaction.members.by_id(card.member)
    assert owner is not None, "a card belongs to a member"
    return owner


def _by_phone(transaction: Transaction, phone: str) -> Member:
    plain = phone.replace("-", "")
    holders = transaction.members.holders(plain) if len(plain) >= PHONE_DIGITS_MIN else []
    if not holders:
        raise no_such_member()
    if len(holders) > 1:
        raise bad(
            "/member", "several members have this phone: name the card", "多位会员使用该手机号，请用卡号"
        )
    return holders[0]
