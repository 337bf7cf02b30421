"""What HQ hears of an operation: its postings, and the accounts' cumulative totals after it."""

from typing import Any

import msgspec

from edge.counter.shop import Shop
from edge.storage.ledger import Posting
from edge.storage.transaction import Transaction
from sync import envelope


def tell_hq(
    shop: Shop, transaction: Transaction, kind: str, member: str | None, body: dict[str, Any]
) -> int | None:
    """Put one event into the outbox, in the operation's own transaction; returns its sequence number.

    A store without HQ has nobody to tell: None, and its outbox stays empty. Where somebody was signed in at the till
    the body says who (``signed_in``).
    """
    if shop.config.hq is None:
        return None
    if transaction.actor.staff:
        body = {**body, "signed_in": transaction.actor.staff}
    identity = transaction.outbox.new_id()
    event = envelope.Event(
        v=1,
        id=identity,
        store=shop.config.store.id,
        nonce=transaction.outbox.line().nonce,
        op=transaction.seq + 1,
        at=shop.moment(transaction.now_ms),
        business_date=shop.business_date(transaction.now_ms),
        kind=kind,
        member=member,
        totals=_totals(transaction),
        postings=tuple(_posting(posting) for posting in transaction.ledger.postings),
        body=msgspec.Raw(msgspec.json.encode(body)),
        clock_untrusted=transaction.clock_untrusted,
    )
    return transaction.outbox.put(identity, msgspec.json.encode(event))


def _totals(transaction: Transaction) -> tuple[envelope.Total, ...]:
    ledger = transaction.ledger
    touched = dict.fromkeys((posting.member, posting.unit) for posting in ledger.postings)
    totals = []
    for member, unit in touched:
        rights = ledger.balance(member, unit).rights
        totals.append(
            envelope.Total(
                member, unit, rights.earned, rights.spent, rights.reversed, rights.clawed, rights.returned
            )
        )
    return tuple(totals)


def _posting(posting: Posting) -> envelope.Posting:
    return envelope.Posting(posting.member, posting.unit, posting.kind, posting.amount, posting.code)
