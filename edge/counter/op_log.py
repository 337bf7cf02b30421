"""The operation log 操作日志 as a person reads it: what was asked when, by whom, with what result; is it whole."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from edge.clock import rfc3339
from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Reply, Request, Text
from edge.errors import Code
from edge.storage.op_log import Asked, OpRow, op_log

NAMES = {int(code): code.name.lower() for code in Code}

VERIFIED_MAX = 20_000
"""Links that are verified at one call while tills wait for the same process."""


class LogRequest(Request, frozen=True):
    """The last ``limit`` operations that match; ``since`` and ``until`` are moments (RFC 3339) or whole days."""

    since: Text | None = None
    until: Text | None = None
    terminal: Text | None = None
    kind: Text | None = None
    staff: Text | None = None
    only_refused: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class LogEntry(Reply, frozen=True):
    """One operation; ``result`` is ``ok`` or the name of the refusal with this ``code``."""

    seq: int
    at: str
    terminal: str
    kind: str
    result: str
    code: int | None
    cashier: str | None
    signed_in: str | None
    approved_by: str | None
    member: str | None
    receipt_no: str | None


class Chain(Reply, frozen=True):
    """Whether the operations from ``first`` to ``last`` are what was written; ``broken`` is the first that is not."""

    ok: bool
    first: int | None
    last: int | None
    broken: int | None


class LogReply(Reply, frozen=True):
    """Operations, the oldest first, and what the hash chain says of the range that they span."""

    operations: tuple[LogEntry, ...]
    chain: Chain


async def list_log(shop: Shop, request: LogRequest) -> LogReply:
    """Read and verify in a thread of its own; raises -32602 for a moment that is none."""
    path = shop.config.paths.database
    return await asyncio.to_thread(read_log, path, request, shop.zone, VERIFIED_MAX)


def read_log(path: Path, request: LogRequest, zone: ZoneInfo, verified_max: int | None = None) -> LogReply:
    """The log in the ledger at ``path``; the daemon may run. Raises -32602."""
    asked = Asked(
        _moment(request.since, "/since", zone),
        _moment(request.until, "/until", zone, last=True),
        request.terminal,
        request.kind,
        request.staff,
        request.only_refused,
    )
    with op_log(path) as log:
        rows = log.last(asked, request.limit)
        if not rows:
            return LogReply((), Chain(True, None, None, None))
        first, last = rows[0].seq, rows[-1].seq
        if verified_max is not None:
            first = max(first, last - verified_max + 1)
        broken = log.first_broken(first, last)
    return LogReply(tuple(_entry(row, zone) for row in rows), Chain(broken is None, first, last, broken))


def _entry(row: OpRow, zone: ZoneInfo) -> LogEntry:
    return LogEntry(
        row.seq,
        rfc3339(row.at_ms, zone),
        row.terminal,
        row.kind,
        "ok" if row.code is None else NAMES.get(row.code, "refused"),
        row.code,
        row.cashier,
        row.signed_in,
        row.approved_by,
        row.member,
        row.receipt_no,
    )


def _moment(text: str | None, path: str, zone: ZoneInfo, *, last: bool = False) -> int | None:
    """In ms; a day is its first moment, or (``last``) the first after it, in the store's time."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad(path, "a day, or a moment as RFC 3339", "请填写日期或时间") from error
    if len(text) <= len("2026-11-24") and last:
        when += timedelta(days=1)
    return int((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp() * 1000)
