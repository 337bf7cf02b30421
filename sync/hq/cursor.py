"""What HQ makes of a batch or a hello, given where it stands with the store. Pure."""

from enum import Enum

from msgspec import Struct

from sync.envelope import GENESIS, Batch, Hello, chain


class Cursor(Struct, frozen=True):
    """HQ's place in a store's line: ``next`` is the seq it waits for, ``hash`` that of the one before.

    ``adopted`` says that the box has been heard in this epoch.
    """

    epoch: int
    next: int = 1
    hash: bytes = GENESIS
    adopted: bool = False


class Verdict(Enum):
    """Why a batch brings nothing new; all but FOREIGN are answered with an ack of what HQ holds."""

    FOREIGN = "another epoch: the box will say hello"
    REPEATED = "everything is here already"
    GAP = "events before it are missing"
    FORK = "not the line that HQ holds; the ack's hash tells the box"


class News(Struct, frozen=True):
    """The batch continues our line: the first ``skip`` events are here already, ``cursor`` is where it ends."""

    skip: int
    cursor: Cursor


def judge(cursor: Cursor, batch: Batch) -> News | Verdict:
    """Whether ``batch`` continues the line at ``cursor``."""
    if batch.epoch != cursor.epoch:
        return Verdict.FOREIGN
    if batch.last < cursor.next:
        return Verdict.REPEATED
    if batch.first > cursor.next:
        return Verdict.GAP
    skip = cursor.next - batch.first
    hash = batch.prev
    for body in batch.bodies[:skip]:
        hash = chain(hash, body)
    if hash != cursor.hash:
        return Verdict.FORK
    for body in batch.bodies[skip:]:
        hash = chain(hash, body)
    return News(skip, Cursor(cursor.epoch, batch.last + 1, hash, adopted=True))


class Greeting(Struct, frozen=True):
    """Answer to a hello. ``rolled_back``: this box has forgotten what HQ knows, so its nonce must close."""

    cursor: Cursor
    rebase: int | None = None
    rolled_back: bool = False


def greet(cursor: Cursor | None, hello: Hello) -> Greeting:
    """Whether the box's line is ours; else the epoch to begin. Callers drop repeated hellos before."""
    if cursor is None:
        return _begin(hello.epoch + 1)
    if hello.epoch < cursor.epoch and not cursor.adopted:
        return Greeting(cursor, rebase=cursor.epoch)  # our last welcome was lost
    if hello.epoch == cursor.epoch and not hello.rebase and _same_line(cursor, hello):
        return Greeting(Cursor(cursor.epoch, cursor.next, cursor.hash, adopted=True))
    # A box that is ahead of HQ has not forgotten anything: it is HQ that was restored.
    hq_behind = hello.epoch > cursor.epoch or (hello.epoch == cursor.epoch and hello.acked >= cursor.next)
    return _begin(max(cursor.epoch, hello.epoch) + 1, rolled_back=not hq_behind)


def _begin(epoch: int, rolled_back: bool = False) -> Greeting:
    return Greeting(Cursor(epoch), rebase=epoch, rolled_back=rolled_back)


def _same_line(cursor: Cursor, hello: Hello) -> bool:
    if not hello.acked < cursor.next <= hello.next:
        return False
    if hello.acked == cursor.next - 1 and hello.ah != cursor.hash:
        return False
    return hello.next != cursor.next or hello.tip == cursor.hash
