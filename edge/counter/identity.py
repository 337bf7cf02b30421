"""Who somebody is: a staff card or a PIN, turned into the id of a person before anything is written down."""

import asyncio

import msgspec
import structlog

from edge.counter import pins
from edge.counter.shop import Shop
from edge.storage.staff import StaffRow

log = structlog.get_logger(__name__)

NOT_KNOWN = "?"
"""Stands for an approval that is nobody's: neither the card nor the PIN is ever written down."""


async def approver(shop: Shop, terminal: str, idem: str, approve: str) -> str:
    """The staff id behind ``approve``, a card's number or ``id:pin``; in a shop without staff the text itself.

    A retry is not looked at again: whoever approved the first time still stands for it, with a new PIN or gone.
    """
    if shop.open_to_all:
        return approve
    stored = shop.snapshot.request(terminal, idem)
    if stored is not None:
        return msgspec.json.decode(stored, type=_Approver).approve
    person = await known(shop, terminal, approve)
    return person.id if person else NOT_KNOWN


async def known(shop: Shop, terminal: str, credential: str) -> StaffRow | None:
    """The active person whose card number, or ``id:pin``, this is; raises 1002 after too many wrong ones."""
    person_id, colon, pin = credential.partition(":")
    tried = f"pin {person_id}" if colon and shop.snapshot.staff.by_id(person_id) else f"card {terminal}"
    shop.patience.ask(tried, shop.clock.now_ms())
    person = await _by_pin(shop, person_id, pin) if colon else shop.snapshot.staff.by_card(credential)
    if person is None or not person.active:
        shop.patience.wrong(tried, shop.clock.now_ms())
        log.warning("till.staff_not_known", terminal=terminal, by="pin" if colon else "card")
        return None
    shop.patience.right(tried)
    return person


async def _by_pin(shop: Shop, person_id: str, pin: str) -> StaffRow | None:
    person = shop.snapshot.staff.by_id(person_id)
    if person is None or person.pin is None or not await asyncio.to_thread(pins.opens, pin, person.pin):
        return None
    # Read again: it may have been changed while the hash was made.
    return person if shop.snapshot.staff.by_id(person_id) == person else None


class _Approver(msgspec.Struct):
    approve: str = ""
