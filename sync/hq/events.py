"""What HQ reads in an event's body. Pure."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from sync.envelope import EnvelopeError, Event, StoreId, Total, decode
from sync.hq.rights import Account, Incarnation


def read_event(store: str, body: bytes) -> Event:
    """The event in ``body``, which must be the store's own; raises EnvelopeError."""
    event = decode(body, Event)
    if event.store != store:
        raise EnvelopeError(f"Event: store {event.store!r} spoke as {store!r}")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError(f"Event: {error}") from error
    return event


class _Home(Struct):
    """What HQ reads in the body of a member event."""

    home: StoreId | None = None


def home_of(event: Event) -> str:
    """Home store that a member event declares: ``body.home``, else where it happened."""
    try:
        return decode(bytes(event.body), _Home).home or event.store
    except EnvelopeError:
        return event.store


def reports(store: str, events: Iterable[Event]) -> dict[tuple[Account, Incarnation], Total]:
    """The highest totals per line among the store's ``events``."""
    merged: dict[tuple[Account, Incarnation], Total] = {}
    for event in events:
        for total in event.totals:
            key = ((total.member, total.unit), (store, event.nonce))
            merged[key] = _highest(merged.get(key), total)
    return merged


def _highest(known: Total | None, total: Total) -> Total:
    if known is None:
        return total
    figures = ("earned", "spent", "reversed", "clawed", "returned")
    return replace(total, **{name: max(getattr(known, name), getattr(total, name)) for name in figures})
