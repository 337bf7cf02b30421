"""The ledger as the sync session sees it: where the outbox stands, what HQ confirmed, what HQ granted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import structlog

from edge.counter.shop import Shop
from edge.storage.outbox import Line
from edge.storage.transaction import Operation, Transaction
from edge.uplink.directory import take_over
from sync.envelope import DirectoryPage, GrantPage
from sync.ports import OutboxRow, Position

log = structlog.get_logger(__name__)

HQ_TILL = "#hq"
"""Who asks, in the operation log, when HQ's word changes an account."""


class Applied(msgspec.Struct, frozen=True):
    """The answer written down for a page of grants."""

    version: int
    items: int
    believed: bool


class Directed(msgspec.Struct, frozen=True):
    """The answer written down for a page of the directory; ``ignored`` are the rows that mean nothing here."""

    version: int
    items: int
    ignored: tuple[str, ...]


@dataclass(slots=True)
class LedgerBox:
    """Implements ``sync.ports.BoxStore``: each method is one transaction on the writer."""

    shop: Shop

    async def position(self) -> Position:
        """Where the outbox stands now."""
        return await self.shop.writer.submit(lambda transaction: _position(transaction.outbox.line()))

    async def events(self, after: int, limit: int) -> Sequence[OutboxRow]:
        """Up to ``limit`` events after ``after``."""
        rows = await self.shop.writer.submit(lambda transaction: transaction.outbox.after(after, limit))
        return [OutboxRow(seq, body, digest) for seq, body, digest in rows]

    async def acknowledge(self, epoch: int, upto: int, hash: bytes) -> bool:
        """HQ has committed everything up to ``upto``; False where it holds another line than ours."""
        return await self.shop.writer.submit(
            lambda transaction: transaction.outbox.acknowledge(epoch, upto, hash)
        )

    async def rebase(self, epoch: int) -> None:
        """Number what is left anew, under a fresh incarnation with no rights."""
        await self.shop.writer.submit(
            lambda transaction: transaction.outbox.rebase(epoch, transaction.now_ms)
        )

    async def fence(self, why: str) -> None:
        """HQ has closed this incarnation for ever: begin a fresh one, with no rights."""
        await self.shop.writer.submit(lambda transaction: transaction.begin_incarnation(why))

    async def apply_grants(self, page: GrantPage) -> None:
        """Merge one page of grants; an operation of its own, so that the chain of the ledger covers it."""
        await self.shop.writer.submit(partial(_apply, page))

    async def apply_directory(self, page: DirectoryPage) -> None:
        """Take over one page of what HQ says, as one operation."""
        for ignored in await self.shop.writer.submit(partial(_take_over, self.shop, page)):
            log.warning("directory_row_ignored", why=ignored)


def _position(line: Line) -> Position:
    return Position(
        line.epoch,
        line.next,
        line.acked,
        line.acked_hash,
        line.tip,
        line.nonce,
        line.grants_version,
        line.directory_version,
    )


def _apply(page: GrantPage, transaction: Transaction) -> None:
    line = transaction.outbox.line()
    if page.nonce != line.nonce or page.version <= line.grants_version:
        return
    # Until HQ has heard all that happened before this incarnation, its idea of what came from elsewhere
    # lacks some of it: then only the grants count, and the page will be asked for again.
    believed = line.acked + 1 >= line.fence
    content = msgspec.json.encode(page)
    # Keyed by what it says: HQ may send a version again with more in it, and that is no conflict.
    key = f"{page.version}:{believed:d}:{hashlib.sha256(content).hexdigest()}"
    operation = Operation(HQ_TILL, key, "grants", content)

    def decide() -> Applied:
        for item in page.items:
            elsewhere = item.elsewhere if believed else None
            transaction.ledger.grant(item.member, item.unit, item.granted, elsewhere)
        if believed:
            transaction.outbox.grants_seen(page.version)
        return Applied(page.version, len(page.items), believed)

    transaction.perform(operation, decide)


def _take_over(shop: Shop, page: DirectoryPage, transaction: Transaction) -> tuple[str, ...]:
    if not page.since <= transaction.outbox.line().directory_version < page.version:
        return ()
    content = msgspec.json.encode(page)
    key = f"{page.version}:{hashlib.sha256(content).hexdigest()}"

    def decide() -> Directed:
        ignored = take_over(shop, transaction, page.items)
        transaction.outbox.directory_seen(page.version)
        return Directed(page.version, len(page.items), ignored)

    answer = transaction.perform(Operation(HQ_TILL, key, "directory", content), decide)
    return answer.decoded(Directed).ignored
