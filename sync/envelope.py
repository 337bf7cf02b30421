"""What a store and HQ say to each other (``ts/v1``): messages, topics and the hash chain.

Pure values: no clock, no I/O. Messages are JSON that ignores unknown fields, so that either end can be
upgraded first. An event batch is zlib over a JSON line and the event bodies back to back: to the transport
a body is opaque bytes, and a body that is not even JSON spoils no other.
"""

import zlib
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

ROOT = "ts/v1"
HQ_STATE = f"{ROOT}/hq/state"
MAX_TOPIC_CHARS = 64
MAX_PAYLOAD_BYTES = 48 * 1024
MAX_BATCH_EVENTS = 200
MAX_BATCH_RAW_BYTES = 1024 * 1024
MAX_EVENT_BYTES = 40 * 1024
MAX_PAGE_ITEMS = 200
MAX_DIRECTORY_BYTES = 32 * 1024
"""Bodies of one page; a row's key and version come on top."""

MAX_ROW_BYTES = 12 * 1024
"""One body of the directory."""

HASH_BYTES = 8
GENESIS = bytes(HASH_BYTES)
_BATCH_HEAD_BYTES_MAX = 4096

Count = Annotated[int, Meta(ge=0, le=2**53)]
Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
EventId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
StoreId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
MemberId = Annotated[str, Meta(pattern=r"^[!-~]{1,64}$")]
Unit = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}(:[A-Za-z0-9_.-]{1,64})?$")]
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


class EnvelopeError(ValueError):
    """The bytes are not the message they should be; the text names message and field."""


# --- what a box sends ---


class State(Struct, frozen=True):
    """Retained birth and death (the will) of one end; ``bd`` is the birth that speaks."""

    online: bool
    bd: str = ""
    epoch: int = 0
    ver: str = ""


class Hello(Struct, frozen=True):
    """Where the box's outbox stands. ``bd`` is random per process, ``n`` counts its hellos from 1.

    ``ah`` is the hash of the last acked event, ``tip`` of the newest one; ``rebase`` says that HQ acked
    a line that is not ours.
    """

    bd: Word
    n: Count
    epoch: Count
    next: Annotated[int, Meta(ge=1, le=2**53)]
    acked: Count
    ah: Hash
    tip: Hash
    nonce: Nonce
    rebase: bool = False
    sw: str = ""


class Batch(Struct, frozen=True):
    """Events ``first``, ``first+1``, … of one epoch; ``prev`` is the hash of the event before ``first``."""

    epoch: int
    first: int
    prev: bytes
    bodies: tuple[bytes, ...]

    @property
    def last(self) -> int:
        """Sequence number of the last event."""
        return self.first + len(self.bodies) - 1


class Req(Struct, frozen=True):
    """A question to HQ: which grants of ``nonce``, or which rows of the directory, changed after version ``since``."""

    rid: Word
    nonce: Nonce
    since: Count
    kind: Literal["grants", "directory"] = "grants"


# --- what HQ sends ---


class Welcome(Struct, frozen=True):
    """Answer to hello ``n`` of birth ``bd``: HQ holds events up to ``upto`` of ``epoch`` with hash ``h``.

    ``rebase`` asks for a new epoch. ``nonce`` echoes the incarnation that HQ now grants to; ``fenced``
    says that the box's nonce is closed for ever: it must take a fresh one and starts with no rights.
    ``gver`` and ``dver`` are the latest versions of the store's grants and of its directory.
    """

    bd: Word
    n: Count
    epoch: Count
    upto: Count
    h: Hash
    nonce: str
    gver: Count = 0
    rebase: int | None = None
    fenced: bool = False
    dver: Count = 0


class Reject(Struct, frozen=True):
    """An event that HQ holds in quarantine: acked, but without effect."""

    seq: int
    reason: str


class Ack(Struct, frozen=True):
    """HQ has committed everything up to ``upto``; ``gver`` and ``dver`` as in Welcome."""

    epoch: Count
    upto: Count
    h: Hash
    gver: Count = 0
    reject: tuple[Reject, ...] = ()
    dver: Count = 0


class GrantItem(Struct, frozen=True):
    """Rights of one account: cumulative ``granted`` here, and what the balance is beside this incarnation."""

    member: str
    unit: str
    granted: int
    elsewhere: int


class GrantPage(Struct, frozen=True):
    """Items changed since the asked version, oldest change first; ``version`` is where to ask from next."""

    nonce: str
    version: int
    items: tuple[GrantItem, ...]
    more: bool = False


class DirectoryItem(Struct, frozen=True):
    """What HQ says of one thing of a ``kind`` (goods, hot, coupon, call, transfer); ``body`` is JSON."""

    kind: Word
    id: str
    version: int
    body: msgspec.Raw


class DirectoryPage(Struct, frozen=True):
    """Rows changed since version ``since``, oldest change first; ``version`` is where to ask from next."""

    since: int
    version: int
    items: tuple[DirectoryItem, ...]
    more: bool = False


class Rep(Struct, frozen=True):
    """Answer to request ``rid``: the page of its kind. ``dver`` as in Welcome, 0 where HQ does not say."""

    rid: str
    page: GrantPage | None = None
    directory: DirectoryPage | None = None
    dver: Count = 0


# --- an event's body: what HQ must know of one ledger operation ---


class Total(Struct, frozen=True):
    """Cumulative totals of (store, nonce, member, unit) after this operation; merged by max, never added."""

    member: MemberId
    unit: Unit
    earned: Count = 0
    spent: Count = 0
    reversed: Count = 0
    clawed: Count = 0
    returned: Count = 0


class Posting(Struct, frozen=True):
    """One line for the books; ``code`` says why (``sale``, ``referral1``)."""

    member: MemberId
    unit: Unit
    kind: Literal["earn", "spend", "reverse", "claw"]
    amount: Count
    code: Word


class Event(Struct, frozen=True):
    """One ledger operation. ``id`` (uuid7) makes it count once, whatever epoch and seq carried it.

    ``clock_untrusted``: the box's clock was behind its ledger, so ``at`` is the ledger's and not the day's.
    """

    v: Literal[1]
    id: EventId
    store: StoreId
    nonce: Nonce
    op: Count
    at: Annotated[datetime, Meta(tz=True)]
    business_date: date
    kind: Word
    member: MemberId | None = None
    totals: tuple[Total, ...] = ()
    postings: tuple[Posting, ...] = ()
    body: msgspec.Raw = msgspec.Raw(b"{}")
    clock_untrusted: bool = False


# --- codec ---

M = TypeVar("M")


def encode(message: Struct) -> bytes:
    """``message`` as JSON; raises EnvelopeError if it is over the payload limit."""
    payload = msgspec.json.encode(message)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise EnvelopeError(f"{type(message).__name__}: {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    return payload


def decode(payload: bytes, kind: type[M]) -> M:
    """The ``kind`` that ``payload`` holds; raises EnvelopeError that names the bad field."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise EnvelopeError(f"{kind.__name__}: {error}") from error


class _BatchHead(Struct, frozen=True):
    epoch: Count
    first: Annotated[int, Meta(ge=1, le=2**53)]
    prev: Hash
    sizes: Annotated[list[Annotated[int, Meta(ge=0)]], Meta(min_length=1, max_length=MAX_BATCH_EVENTS)]


def pack(epoch: int, first: int, prev: bytes, bodies: Sequence[bytes]) -> tuple[bytes, int]:
    """A payload with as many of ``bodies`` as the limits allow, and how many those are (at least one)."""
    count = _count_within(bodies)
    while True:
        head = _BatchHead(epoch, first, prev, [len(body) for body in bodies[:count]])
        raw = msgspec.json.encode(head) + b"\n" + b"".join(bodies[:count])
        payload = zlib.compress(raw, 1)
        if len(payload) <= MAX_PAYLOAD_BYTES:
            return payload, count
        if count == 1:
            raise EnvelopeError(f"event {first}: {len(bodies[0])} bytes do not fit a payload")
        # Events are alike, so this share of them is about a payload; the loop is for those that are not.
        count = max(1, min(count - 1, count * MAX_PAYLOAD_BYTES // len(payload)))


def _count_within(bodies: Sequence[bytes]) -> int:
    total = 0
    for count, body in enumerate(bodies[:MAX_BATCH_EVENTS]):
        total += len(body)
        if count and total > MAX_BATCH_RAW_BYTES:
            return count
    return min(len(bodies), MAX_BATCH_EVENTS)


def unpack(payload: bytes) -> Batch:
    """The batch in ``payload``; raises EnvelopeError. A payload that unfolds past the limits is refused."""
    raw = _inflate(payload)
    line, newline, rest = raw.partition(b"\n")
    if not newline:
        raise EnvelopeError("Batch: head line has no end")
    head = decode(line, _BatchHead)
    if sum(head.sizes) != len(rest):
        raise EnvelopeError(f"Batch: sizes add up to {sum(head.sizes)}, {len(rest)} bytes follow")
    bodies, at = [], 0
    for size in head.sizes:
        bodies.append(rest[at : at + size])
        at += size
    return Batch(head.epoch, head.first, head.prev, tuple(bodies))


def _inflate(payload: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(payload, MAX_BATCH_RAW_BYTES + MAX_EVENT_BYTES + _BATCH_HEAD_BYTES_MAX)
    except zlib.error as error:
        raise EnvelopeError(f"Batch: {error}") from error
    if not stream.eof or stream.unused_data:
        raise EnvelopeError("Batch: compressed data is cut, too large or followed by more")
    return raw


# --- hash chain ---


def chain(previous: bytes, body: bytes) -> bytes:
    """Hash of an event: ``blake2b(previous ‖ body)`` of 8 bytes; GENESIS comes before the first."""
    return blake2b(previous + body, digest_size=HASH_BYTES).digest()


# --- topics ---

Up = Literal["state", "hello", "ev", "req", "tel"]
Down = Literal["welcome", "ack", "rep", "cmd"]


def node_name(tenant: str, store: str) -> str:
    """MQTT client id and certificate name of a store."""
    return f"{tenant}-{store}"


def up(node: str, kind: Up) -> str:
    """Topic on which ``node`` speaks; raises EnvelopeError if the name is too long for every broker."""
    return _topic(node, "up", kind)


def down(node: str, kind: Down | Literal["#"]) -> str:
    """Topic on which ``node`` listens."""
    return _topic(node, "dn", kind)


def _topic(node: str, way: str, kind: str) -> str:
    topic = f"{ROOT}/{node}/{way}/{kind}"
    if not node or len(topic) > MAX_TOPIC_CHARS or set(node) & set("/+#\0"):
        raise EnvelopeError(f"topic {topic!r}: bad node name, or over {MAX_TOPIC_CHARS} characters")
    return topic


def split_topic(topic: str) -> tuple[str, str, str]:
    """(node, ``up`` or ``dn``, kind) of a node's topic; raises EnvelopeError."""
    parts = topic.split("/")
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT or parts[3] not in ("up", "dn") or not parts[2]:
        raise EnvelopeError(f"topic {topic!r} is not {ROOT}/NODE/up|dn/KIND")
    return parts[2], parts[3], parts[4]
