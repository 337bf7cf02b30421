"""What HQ says of goods, cards, coupons, calls, transfers and staff, taken over by this store, a row at a time.

A row that makes no sense here is left out and named; it stops no other, for HQ cannot be asked to take it back.
"""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

import msgspec

from edge.counter import coupons
from edge.counter.goods import GoodsEntry, put_goods
from edge.counter.shop import Shop
from edge.counter.terms import Code, Day, Name, Text
from edge.domain.member import Member
from edge.domain.staff import Role
from edge.storage.notes import NoteRow
from edge.storage.staff import StaffRow
from edge.storage.transaction import Transaction
from sync.envelope import DirectoryItem

BY_HQ = "HQ"


class Ignored(Exception):
    """This row means nothing here; the text says why."""


class HotBody(msgspec.Struct):
    """A card that HQ stops, or lets go on (``active``)."""

    state: Literal["active", "lost", "frozen", "cancelled"]


class CouponBody(msgspec.Struct):
    """A coupon that HQ has issued; the right to use it comes with the grants (account: its code)."""

    kind: Code
    member: Code | None = None
    last_day: Day | None = None


class CallBody(msgspec.Struct):
    """Somebody shall call the member (id or card number) on a day."""

    member: Code
    text: Text
    due: Day


class TransferBody(msgspec.Struct):
    """Goods are on their way here: [sku, quantity, value] each."""

    from_store: Text
    lines: tuple[tuple[str, int, int], ...]


class StaffBody(msgspec.Struct):
    """Somebody works here; card and PIN are given at the store."""

    name: Name
    role: Role
    active: bool = True


BODIES: dict[str, type[msgspec.Struct]] = {
    "hot": HotBody,
    "coupon": CouponBody,
    "call": CallBody,
    "transfer": TransferBody,
    "staff": StaffBody,
}
"""What each kind says; goods say what a goods.put says."""


def take_over(shop: Shop, transaction: Transaction, items: Sequence[DirectoryItem]) -> tuple[str, ...]:
    """Make this store's what HQ says in ``items``; returns what was ignored, and why."""
    goods: list[GoodsEntry] = []
    versions: list[int] = []
    ignored = []
    for item in items:
        try:
            if item.kind == "goods":
                goods.append(_goods(item))
                versions.append(item.version)
            else:
                _take(shop, transaction, item)
        except (Ignored, msgspec.MsgspecError, ValueError) as why:
            ignored.append(f"{item.kind} at version {item.version}: {why}")
    put_goods(transaction, goods, versions)
    return tuple(ignored)


def _take(shop: Shop, transaction: Transaction, item: DirectoryItem) -> None:
    take = _KINDS.get(item.kind)
    if take is None:
        raise Ignored("a kind that this version does not know")
    take(shop, transaction, item)


def _goods(item: DirectoryItem) -> GoodsEntry:
    """An article; fields of a later version are left out."""
    said = msgspec.json.decode(item.body, type=dict[str, object])
    known = {name: said[name] for name in GoodsEntry.__struct_fields__ if name in said}
    entry = msgspec.convert({**known, "sku": item.id}, GoodsEntry)
    if entry.best_before is not None:
        date.fromisoformat(entry.best_before)
    return entry


def _hot(shop: Shop, transaction: Transaction, item: DirectoryItem) -> None:
    state = msgspec.json.decode(item.body, type=HotBody).state
    transaction.hot_cards.put(item.id, state)
    card = transaction.cards.by_number(item.id)
    # A number that was replaced meanwhile leads to nobody any more: the new card goes on.
    if card is None or card.state not in ("active", "lost"):
        return
    member = transaction.members.by_id(card.member)
    assert member is not None, "members are never deleted"
    if member.status == "cancelled":
        return
    transaction.members.rewrite(member, dataclasses.replace(member, status=state))
    transaction.cards.follow(member.id, state, transaction.now_ms)


def _coupon(shop: Shop, transaction: Transaction, item: DirectoryItem) -> None:
    said = msgspec.json.decode(item.body, type=CouponBody)
    member = _member(transaction, said.member).id if said.member is not None else None
    if said.last_day is not None:
        date.fromisoformat(said.last_day)
    coupons.receive(transaction, item.id, said.kind, member, said.last_day)


def _call(shop: Shop, transaction: Transaction, item: DirectoryItem) -> None:
    said = msgspec.json.decode(item.body, type=CallBody)
    due = date.fromisoformat(said.due).isoformat()
    member = _member(transaction, said.member)
    if transaction.notes.by_id(item.id) is None:
        note = NoteRow(item.id, member.id, "call", said.text, BY_HQ, transaction.now_ms, due)
        transaction.notes.add(note, transaction.seq + 1)


def _transfer(shop: Shop, transaction: Transaction, item: DirectoryItem) -> None:
    said = msgspec.json.decode(item.body, type=TransferBody)
    if transaction.stock.transfer(item.id) is None:
        lines = [list(line) for line in said.lines]
        stores = (said.from_store, shop.config.store.id)
        transaction.stock.send(item.id, transaction.seq + 1, stores, lines, transaction.now_ms)


def _staff(shop: Shop, transaction: Transaction, item: DirectoryItem) -> None:
    said = msgspec.json.decode(item.body, type=StaffBody)
    known = transaction.staff.by_id(item.id)
    kept = (known.card, known.pin) if known and said.active else (None, None)
    row = StaffRow(item.id, said.name, said.role, *kept, said.active)
    transaction.staff.put(row, transaction.seq + 1)


_KINDS: dict[str, Callable[[Shop, Transaction, DirectoryItem], None]] = {
    "hot": _hot,
    "coupon": _coupon,
    "call": _call,
    "transfer": _transfer,
    "staff": _staff,
}


def _member(transaction: Transaction, reference: str) -> Member:
    """Whom a row is about, by id or card number; of members that are not this store's it says nothing here."""
    members = transaction.members
    found = members.by_id(reference) or members.by_card(reference)
    if found is None:
        raise Ignored("a member whom this store does not know")
    return found
