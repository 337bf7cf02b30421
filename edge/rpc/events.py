"""What the box tells tills unasked: one ring of numbered events, and a cursor in it for every subscriber."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, Protocol, get_args

import msgspec

from edge.rpc import wire

Topic = Literal["card", "device", "print", "sync", "rules", "display"]
TOPICS: tuple[str, ...] = get_args(Topic)
RING = 1000


class Outlet(Protocol):
    """The way to one till. ``write`` never blocks; nothing is written while ``writable`` is False."""

    @property
    def writable(self) -> bool: ...

    def write(self, line: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class _Event:
    """``to`` is the one session that may see it; None means every subscriber."""

    seq: int
    topic: str
    to: str | None
    line: bytes


@dataclass(slots=True)
class _Subscription:
    """``cursor`` is the last event that was dealt with: written, or not for this subscriber."""

    session: str
    outlet: Outlet
    topics: frozenset[str]
    cursor: int

    def wants(self, event: _Event) -> bool:
        return event.topic in self.topics and event.to in (None, self.session)


class Broadcast:
    """Events to all subscribers. One that reads slowly costs no memory: what left the ring is a gap to it.

    Begin at the boot's wall time in milliseconds, and a number from before a restart is seen as a gap too.
    """

    def __init__(self, start: int = 0, keep: int = RING) -> None:
        self.seq = start
        self._ring: deque[_Event] = deque(maxlen=keep)
        self._subscriptions: dict[str, _Subscription] = {}

    def publish(self, topic: Topic, event: msgspec.Struct | dict[str, Any], to: str | None = None) -> int:
        """Tell the subscribers of ``topic``, or of them only session ``to``; the event's number."""
        self.seq += 1
        params = {"seq": self.seq, **msgspec.to_builtins(event)}
        self._ring.append(_Event(self.seq, topic, to, wire.notification_line(f"event.{topic}", params)))
        for session in tuple(self._subscriptions):
            self.catch_up(session)
        return self.seq

    def subscribe(self, session: str, outlet: Outlet, topics: Sequence[str], since: int | None) -> int:
        """Begin after event ``since``, else where this session was, else now; the newest number.

        Nothing is written before ``catch_up``. A number of the future is of another run: everything is replayed.
        """
        known = self._subscriptions.get(session)
        cursor = since if since is not None else known.cursor if known else self.seq
        if cursor > self.seq:
            cursor = 0
        self._subscriptions[session] = _Subscription(session, outlet, frozenset(topics), cursor)
        return self.seq

    def catch_up(self, session: str) -> None:
        """Write what ``session`` has not had, until there is no more or its outlet is full."""
        subscription = self._subscriptions.get(session)
        if subscription is None or subscription.cursor == self.seq or not subscription.outlet.writable:
            return
        oldest = self.seq - len(self._ring) + 1
        if subscription.cursor < oldest - 1:
            gap = {"from": subscription.cursor + 1, "to": oldest - 1}
            subscription.cursor = oldest - 1
            subscription.outlet.write(wire.notification_line("event.gap", gap))
        for event in self._after(subscription.cursor):
            if not subscription.outlet.writable:
                return
            subscription.cursor = event.seq
            if subscription.wants(event):
                subscription.outlet.write(event.line)

    def forget(self, session: str) -> None:
        """The session is over."""
        self._subscriptions.pop(session, None)

    def bye(self) -> None:
        """Tell every subscriber that can hear it that the box is going down."""
        line = wire.notification_line("event.bye", {"seq": self.seq})
        for subscription in self._subscriptions.values():
            if subscription.outlet.writable:
                subscription.outlet.write(line)

    def _after(self, cursor: int) -> Sequence[_Event]:
        behind = self.seq - cursor
        newest = tuple(islice(reversed(self._ring), behind))
        return newest[::-1]
