"""Batches and hellos into PostgreSQL: one transaction each, answered only after its commit."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import psycopg
from msgspec import Struct

from sync.envelope import Ack, Batch, EnvelopeError, Event, Hello, Reject, Welcome
from sync.hq.accounts import announce, grants_version, settle
from sync.hq.cursor import Cursor, News, Verdict, greet, judge
from sync.hq.directory import directory_version, pass_on
from sync.hq.events import home_of, read_event, reports
from sync.hq.rights import Incarnation
from sync.hq.schema import Connection

_ADOPTION_ACCOUNTS = 1000  # accounts per transaction when a new incarnation takes a store over
_REASON_CHARS_MAX = 200
_REJECTS_TOLD_MAX = 50


class _Arrival(Struct, frozen=True):
    """One event of a batch: ``event`` is None where it could not be read, then ``reason`` says why."""

    seq: int
    body: bytes
    event: Event | None = None
    reason: str = ""


async def ingest(conn: Connection, store: str, batch: Batch) -> Ack | Verdict:
    """Commit what is new in ``batch`` and return the ack to send; a Verdict where no ack may be sent yet.

    GAP may be tried again when the missing batch has come; FOREIGN is not answered.
    """
    try:
        return await _ingest(conn, store, batch, one_by_one=False)
    except (psycopg.DataError, psycopg.IntegrityError):
        # PostgreSQL cannot hold one of the events: find out which, so that the others pass.
        return await _ingest(conn, store, batch, one_by_one=True)


async def _ingest(conn: Connection, store: str, batch: Batch, one_by_one: bool) -> Ack | Verdict:
    async with conn.transaction():
        cursor = await _cursor(conn, store)
        verdict = judge(cursor, batch) if cursor is not None else Verdict.FOREIGN
        if cursor is None or verdict is Verdict.FOREIGN or verdict is Verdict.GAP:
            return verdict if isinstance(verdict, Verdict) else Verdict.FOREIGN
        rejects: list[Reject] = []
        if isinstance(verdict, News):
            arrivals = _read(store, batch, verdict.skip)
            rejects = await _take_in(conn, store, batch.epoch, arrivals, one_by_one)
            cursor = verdict.cursor
            await _save_cursor(conn, store, cursor)
        ack = await _ack(conn, store, cursor.epoch, cursor.next, cursor.hash)
    return msgspec.structs.replace(ack, reject=tuple(rejects[:_REJECTS_TOLD_MAX]))


def _read(store: str, batch: Batch, skip: int) -> list[_Arrival]:
    arrivals = []
    for seq, body in enumerate(batch.bodies[skip:], batch.first + skip):
        try:
            arrivals.append(_Arrival(seq, body, read_event(store, body)))
        except EnvelopeError as error:
            arrivals.append(_Arrival(seq, body, reason=str(error)))
    return arrivals


async def _take_in(
    conn: Connection, store: str, epoch: int, arrivals: Sequence[_Arrival], one_by_one: bool
) -> list[Reject]:
    good = [arrival for arrival in arrivals if arrival.event is not None]
    bad = [arrival for arrival in arrivals if arrival.event is None]
    if one_by_one:
        for arrival in good:
            try:
                async with conn.transaction():
                    await _apply(conn, store, epoch, [arrival])
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                bad.append(msgspec.structs.replace(arrival, reason=str(error)))
    elif good:
        await _apply(conn, store, epoch, good)
    await _quarantine(conn, store, epoch, bad)
    return [Reject(arrival.seq, arrival.reason[:_REASON_CHARS_MAX]) for arrival in bad]


async def _apply(conn: Connection, store: str, epoch: int, arrivals: Sequence[_Arrival]) -> None:
    """Insert by id; only what was not there before has effects."""
    new = await _insert_events(conn, store, epoch, arrivals)
    events = [a.event for a in arrivals if a.event is not None and a.event.id in new]
    if not events:
        return
    await _insert_postings(conn, events)
    await _place_members(conn, store, events)
    nonces = sorted({event.nonce for event in events})
    await conn.execute(
        "insert into hq_incarnation (store, nonce, state) select %s, n, 'heard' from unnest(%b::text[]) n"
        " on conflict do nothing",
        [store, nonces],
    )
    news = await settle(conn, reports(store, events))
    await announce(conn, news - {store})  # the ack itself tells this store
    await pass_on(conn, events)


async def _insert_events(conn: Connection, store: str, epoch: int, arrivals: Sequence[_Arrival]) -> set[str]:
    rows = [(a.seq, a.body, a.event) for a in arrivals if a.event is not None]
    cursor = await conn.execute(
        "insert into hq_event (store, epoch, id, nonce, seq, op, at, business_date, kind, member, event)"
        " select %s, %s, * from unnest(%b::text[]::uuid[], %b::text[], %b::bigint[], %b::bigint[],"
        " %b::timestamptz[], %b::date[], %b::text[], %b::text[], %b::text[]::jsonb[])"
        " on conflict do nothing returning id::text",
        [
            store,
            epoch,
            [event.id for _, _, event in rows],
            [event.nonce for _, _, event in rows],
            [seq for seq, _, _ in rows],
            [event.op for _, _, event in rows],
            [event.at for _, _, event in rows],
            [event.business_date for _, _, event in rows],
            [event.kind for _, _, event in rows],
            [event.member for _, _, event in rows],
            [body.decode() for _, body, _ in rows],
        ],
    )
    return {id for (id,) in await cursor.fetchall()}


async def _insert_postings(conn: Connection, events: Sequence[Event]) -> None:
    rows = [(event.id, line, p) for event in events for line, p in enumerate(event.postings)]
    await conn.execute(
        "insert into hq_posting (event, line, member, unit, kind, amount, code)"
        " select * from unnest(%b::text[]::uuid[], %b::int[], %b::text[], %b::text[], %b::text[], %b::bigint[],"
        " %b::text[])",
        [
            [id for id, _, _ in rows],
            [line for _, line, _ in rows],
            [p.member for _, _, p in rows],
            [p.unit for _, _, p in rows],
            [p.kind for _, _, p in rows],
            [p.amount for _, _, p in rows],
            [p.code for _, _, p in rows],
        ],
    )


async def _place_members(conn: Connection, store: str, events: Sequence[Event]) -> None:
    """A member's home is what the first member event says, else the first store that posts."""
    posted = sorted({total.member for event in events for total in event.totals})
    await conn.execute(
        "insert into hq_member (member, home, declared) select m, %s, false from unnest(%b::text[]) m"
        " on conflict do nothing",
        [store, posted],
    )
    homes: dict[str, str] = {}
    for event in events:
        if event.kind == "member" and event.member is not None:
            homes.setdefault(event.member, home_of(event))
    members = sorted(homes)
    await conn.execute(
        "insert into hq_member (member, home, declared) select m, h, true from unnest(%b::text[], %b::text[])"
        " x(m, h) on conflict (member) do update set home = excluded.home, declared = true"
        " where not hq_member.declared",
        [members, [homes[member] for member in members]],
    )


async def _quarantine(conn: Connection, store: str, epoch: int, bad: Sequence[_Arrival]) -> None:
    for arrival in bad:
        digest = blake2b(arrival.body, digest_size=16).digest()
        await conn.execute(
            "insert into hq_quarantine (store, digest, epoch, seq, body, reason)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [store, digest, epoch, arrival.seq, arrival.body, arrival.reason[:_REASON_CHARS_MAX]],
        )


# --- hello ---


async def welcome(conn: Connection, store: str, hello: Hello) -> Welcome | None:
    """Answer a hello: agree on a line, open or fence the nonce. None for a late or repeated one."""
    async with conn.transaction():
        cursor = await _cursor(conn, store)
        if not await _is_new(conn, store, hello):
            return None
        greeting = greet(cursor, hello)
        await _save_cursor(conn, store, greeting.cursor, hello.bd)
        if greeting.rolled_back:
            await conn.execute(
                "update hq_incarnation set state = 'closed' where store = %s and nonce = %s",
                [store, hello.nonce],
            )
        is_new = await _open(conn, store, hello.nonce)
    if is_new:
        await _adopt(conn, (store, hello.nonce))
    nonce = await _open_nonce(conn, store)
    at = greeting.cursor
    return Welcome(
        bd=hello.bd,
        n=hello.n,
        epoch=at.epoch,
        upto=at.next - 1,
        h=at.hash,
        nonce=nonce,
        gver=await grants_version(conn, store) if nonce == hello.nonce else 0,
        rebase=greeting.rebase,
        fenced=nonce != hello.nonce,
        dver=await directory_version(conn, store),
    )


async def _is_new(conn: Connection, store: str, hello: Hello) -> bool:
    """Whether the hello is later than all heard: of the newest birth a higher ``n``, or a new birth."""
    result = await conn.execute(
        "insert into hq_birth as b (store, bd, n) values (%(store)s, %(bd)s, %(n)s)"
        " on conflict (store, bd) do update set n = excluded.n where b.n < excluded.n and exists"
        " (select 1 from hq_cursor c where c.store = b.store and c.birth = b.bd)",
        {"store": store, "bd": hello.bd, "n": hello.n},
    )
    return result.rowcount == 1


async def _open(conn: Connection, store: str, nonce: str) -> bool:
    """Make ``nonce`` the open incarnation unless it is closed; True if it has yet to be told of the store."""
    result = await conn.execute(
        "select state, adopted from hq_incarnation where store = %s and nonce = %s", [store, nonce]
    )
    row = await result.fetchone()
    if row is not None and row[0] in ("open", "closed"):
        return bool(row[0] == "open" and not row[1])
    await conn.execute(
        "update hq_incarnation set state = 'closed' where store = %s and state = 'open'", [store]
    )
    await conn.execute(
        "insert into hq_incarnation (store, nonce, state) values (%s, %s, 'open')"
        " on conflict (store, nonce) do update set state = 'open', opened_at = now()",
        [store, nonce],
    )
    return True


async def _adopt(conn: Connection, newcomer: Incarnation) -> None:
    """Tell a new incarnation of every account that the store knew, and grant it what has no place.

    Not one transaction, as a store may know a million accounts; begun again if it was cut short.
    """
    store = newcomer[0]
    result = await conn.execute(
        "select member, unit from hq_rights where store = %s"
        " union select a.member, a.unit from hq_account a join hq_member m using (member)"
        " where m.home = %s and a.pool > 0 order by member, unit",
        [store, store],
    )
    accounts = [(member, unit) for member, unit in await result.fetchall()]
    for at in range(0, len(accounts), _ADOPTION_ACCOUNTS):
        async with conn.transaction():
            await settle(conn, {}, accounts[at : at + _ADOPTION_ACCOUNTS], newcomer)
    await conn.execute(
        "update hq_incarnation set adopted = true where store = %s and nonce = %s", [*newcomer]
    )


async def _open_nonce(conn: Connection, store: str) -> str:
    result = await conn.execute(
        "select nonce from hq_incarnation where store = %s and state = 'open'", [store]
    )
    row = await result.fetchone()
    return str(row[0]) if row else ""


# --- cursor ---


async def _cursor(conn: Connection, store: str) -> Cursor | None:
    """The store's cursor, locked until the transaction ends."""
    result = await conn.execute(
        "select epoch, next_seq, hash, adopted from hq_cursor where store = %s for update", [store]
    )
    row = await result.fetchone()
    return Cursor(*row) if row else None


async def _save_cursor(conn: Connection, store: str, cursor: Cursor, birth: str | None = None) -> None:
    await conn.execute(
        "insert into hq_cursor (store, epoch, next_seq, hash, adopted, birth)"
        " values (%(store)s, %(epoch)s, %(next)s, %(hash)s, %(adopted)s, coalesce(%(birth)s, ''))"
        " on conflict (store) do update set epoch = excluded.epoch, next_seq = excluded.next_seq,"
        " hash = excluded.hash, adopted = excluded.adopted, heard_at = now(),"
        " birth = coalesce(%(birth)s, hq_cursor.birth)",
        {**msgspec.structs.asdict(cursor), "store": store, "birth": birth},
    )


async def latest_ack(conn: Connection, store: str) -> Ack | None:
    """What HQ would say to the store now; None for a store it has never heard."""
    result = await conn.execute("select epoch, next_seq, hash from hq_cursor where store = %s", [store])
    row = await result.fetchone()
    return await _ack(conn, store, *row) if row else None


async def _ack(conn: Connection, store: str, epoch: int, next_seq: int, hash: bytes) -> Ack:
    gver, dver = await grants_version(conn, store), await directory_version(conn, store)
    return Ack(epoch, next_seq - 1, hash, gver, dver=dver)
