"""What HQ keeps for its stores (goods, stopped cards, coupons, calls, transfers) in PostgreSQL: rows with versions.

A version is given out under a lock that is held until COMMIT, so whoever sees one sees all below it. Versions follow
the clock too: an HQ that was restored goes on above what the stores have heard.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from sync.envelope import MAX_PAGE_ITEMS, MAX_ROW_BYTES, DirectoryItem, DirectoryPage, Event
from sync.hq.accounts import announce
from sync.hq.pages import ALL_STORES, page_of
from sync.hq.schema import Connection

ROWS_PER_TRANSACTION = 1000


class Row(Struct, frozen=True):
    """What HQ says of one thing; ``body`` is JSON, and what it means is between its writer and the boxes."""

    kind: str
    id: str
    body: bytes


async def publish(conn: Connection, rows: Sequence[Row], store: str = ALL_STORES) -> int:
    """Say ``rows`` to one store or to all; returns how many of them are news. The stores hear of it at once.

    Raises ValueError for a row that no page could carry.
    """
    for row in rows:
        if not _fits(row.body):
            raise ValueError(f"{row.kind} {row.id}: {len(row.body)} bytes, at most {MAX_ROW_BYTES}")
    news = 0
    for at in range(0, len(rows), ROWS_PER_TRANSACTION):
        async with conn.transaction():
            written = await _write(conn, rows[at : at + ROWS_PER_TRANSACTION], store)
            if written:
                await announce(conn, [store] if store else await _stores(conn))
        news += written
    return news


async def directory_page(conn: Connection, store: str, since: int) -> DirectoryPage:
    """Rows for ``store`` that changed after version ``since``, oldest change first."""
    head = await directory_version(conn, store)
    cursor = await conn.execute(
        "select d.kind, d.id, d.version, d.body::text from hq_directory d"
        " where d.store in ('', %(store)s) and d.version > %(since)s and d.version <= %(head)s"
        " and (d.store <> '' or not exists (select 1 from hq_directory own"
        "   where own.kind = d.kind and own.id = d.id and own.store = %(store)s))"
        " order by d.version limit %(limit)s",
        {"store": store, "since": since, "head": head, "limit": MAX_PAGE_ITEMS + 1},
    )
    rows = [
        DirectoryItem(kind, id, version, msgspec.Raw(body.encode()))
        for kind, id, version, body in await cursor.fetchall()
    ]
    return page_of(since, head, rows)


async def directory_version(conn: Connection, store: str) -> int:
    """The newest version among what is said to ``store``; 0 where nothing is."""
    cursor = await conn.execute(
        "select greatest((select max(version) from hq_directory where store = ''),"
        " (select max(version) from hq_directory where store = %s))",
        [store],
    )
    row = await cursor.fetchone()
    return int(row[0] or 0) if row else 0


async def rows_of(conn: Connection, kind: str, store: str, limit: int) -> list[dict[str, object]]:
    """What is said to ``store``, for a person to look at: the newest first."""
    cursor = await conn.execute(
        "select kind, id, store, version, body from hq_directory where kind = %s and store in ('', %s)"
        " order by version desc limit %s",
        [kind, store, limit],
    )
    names = ("kind", "id", "store", "version", "body")
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def pass_on(conn: Connection, events: Iterable[Event]) -> None:
    """What one store did and others must know: a transfer for its receiver, a stopped card for all.

    Inside the caller's transaction, and last in it: until COMMIT nobody else gets a version.
    """
    for event in events:
        told = _told(event)
        if told is not None:
            store, row = told
            if await _write(conn, [row], store):
                await announce(conn, [store] if store else await _stores(conn))


# --- the pieces ---


class _Sent(Struct):
    """What is read in the body of a stock event."""

    what: str = ""
    transfer: str = ""
    to_store: str = ""
    lines: list[tuple[str, int, int]] = []


class _Lost(Struct):
    """What is read in the body of a card_lost event."""

    card_no: str = ""


def _told(event: Event) -> tuple[str, Row] | None:
    """(store, row) that follows from an event; None from most, and from one that cannot be read."""
    try:
        if event.kind == "stock":
            sent = msgspec.json.decode(event.body, type=_Sent)
            if sent.what == "sent" and sent.transfer and sent.to_store:
                lines = [(sku, -qty, -value) for sku, qty, value in sent.lines]
                body = msgspec.json.encode({"from_store": event.store, "lines": lines})
                # One that no page could carry is received by what is counted.
                return (sent.to_store, Row("transfer", sent.transfer, body)) if _fits(body) else None
        elif event.kind == "card_lost":
            lost = msgspec.json.decode(event.body, type=_Lost)
            if lost.card_no:
                return ALL_STORES, Row("hot", lost.card_no, msgspec.json.encode({"state": "lost"}))
    except msgspec.MsgspecError:
        return None
    return None


def _fits(body: bytes) -> bool:
    return len(body) <= MAX_ROW_BYTES


async def _write(conn: Connection, rows: Sequence[Row], store: str) -> int:
    cursor = await conn.execute(
        "update hq_directory_version set version ="
        " greatest(version, (extract(epoch from clock_timestamp()) * 1000)::bigint) returning version"
    )
    found = await cursor.fetchone()
    assert found is not None, "a step of the schema wrote the row"
    newest = {(row.kind, row.id): row for row in rows}
    result = await conn.execute(
        "insert into hq_directory as d (store, kind, id, version, body)"
        " select %s, kind, id, %s::bigint + place, body from unnest(%b::text[], %b::text[], %b::text[]::jsonb[])"
        " with ordinality n(kind, id, body, place)"
        " on conflict (kind, id, store) do update set version = excluded.version, body = excluded.body"
        " where d.body is distinct from excluded.body",
        [
            store,
            found[0],
            [kind for kind, _ in newest],
            [id for _, id in newest],
            [row.body.decode() for row in newest.values()],
        ],
    )
    await conn.execute("update hq_directory_version set version = version + %s", [len(newest)])
    return result.rowcount


async def _stores(conn: Connection) -> list[str]:
    cursor = await conn.execute("select store from hq_cursor order by store")
    return [store for (store,) in await cursor.fetchall()]
