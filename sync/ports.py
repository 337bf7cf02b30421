"""The seams of sync: a broker, a clock, and the box's ledger as the uplink sees it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from sync.envelope import DirectoryPage, GrantPage


class BrokerError(Exception):
    """The broker cannot be reached, refused us, or went away; the text says which."""


class Message(Struct, frozen=True):
    """One publication, in or out."""

    topic: str
    payload: bytes
    retain: bool = False


class Link(Protocol):
    """One connection to a broker. Every method raises BrokerError once the connection is gone."""

    async def subscribe(self, *filters: str) -> None:
        """Take in what matches ``filters`` at QoS 1; raises BrokerError if the broker refuses one."""
        ...

    async def publish(self, message: Message) -> None:
        """Hand over at QoS 1. Returning means only that the broker has it, not that HQ has."""
        ...

    def messages(self) -> AsyncIterator[Message]:
        """What arrives; ends by raising BrokerError when the connection does."""
        ...


class Broker(Protocol):
    """Where connections come from; ``will`` is published by the broker if this one breaks."""

    def connect(self, will: Message | None = None) -> AbstractAsyncContextManager[Link]:
        """A fresh connection; raises BrokerError."""
        ...


class Clock(Protocol):
    """Time, as ``edge.clock`` has it."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Come back after ``seconds``."""
        ...


class Position(Struct, frozen=True):
    """Where the outbox stands: ``next`` is the seq of the event to come, ``tip`` the hash of the newest.

    ``acked_hash`` and ``tip`` are GENESIS where there is no such event. ``nonce`` names this life of this
    database, ``grants_version`` and ``directory_version`` the newest pages that it has applied.
    """

    epoch: int
    next: int
    acked: int
    acked_hash: bytes
    tip: bytes
    nonce: str
    grants_version: int
    directory_version: int = 0


class OutboxRow(Struct, frozen=True):
    """One event that HQ has not acked."""

    seq: int
    body: bytes
    hash: bytes


class BoxStore(Protocol):
    """The box's ledger, as far as sync may touch it. Each method is one transaction."""

    async def position(self) -> Position:
        """Where the outbox stands now."""
        ...

    async def events(self, after: int, limit: int) -> Sequence[OutboxRow]:
        """Up to ``limit`` rows with seq > ``after``, in order, of the present epoch."""
        ...

    async def acknowledge(self, epoch: int, upto: int, hash: bytes) -> bool:
        """Drop rows up to ``upto``; False, and nothing dropped, if that row has another hash."""
        ...

    async def rebase(self, epoch: int) -> None:
        """Begin ``epoch``: renumber what is left from 1, keep ids and bodies, hash again from GENESIS."""
        ...

    async def apply_grants(self, page: GrantPage) -> None:
        """Merge ``granted`` by max, replace ``elsewhere``, remember the page's version; if the nonce is ours.

        Called only with a version beyond ``Position.grants_version``.
        """
        ...

    async def apply_directory(self, page: DirectoryPage) -> None:
        """Take over what HQ says, in order, and remember the page's version.

        Called only with a page that follows on ``Position.directory_version``.
        """
        ...


class SyncStatus(Struct, frozen=True):
    """What ``sync.status`` tells a till: facts, not advice.

    ``since_ms`` is when ``online`` last changed; ``next_try_s`` is 0 unless waiting to reconnect. ``fenced``:
    HQ has closed this nonce. ``alarm`` is a code for the technician, empty when all is well.
    """

    online: bool = False
    state: str = "offline"
    since_ms: int = 0
    queued: int = 0
    last_error: str = ""
    next_try_s: float = 0.0
    fenced: bool = False
    alarm: str = ""
