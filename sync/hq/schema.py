"""HQ's tables in PostgreSQL, as numbered steps that are only ever appended to.

Statements elsewhere in this package pass arrays as ``%b``: as text, escaping them took two thirds of an ingest.
"""

from typing import Any, LiteralString

from psycopg import AsyncConnection

Connection = AsyncConnection[Any]

_LOCK = 0x7111_51DE  # one migration at a time, whoever starts first

_STEPS: tuple[LiteralString, ...] = (
    """
    -- Where HQ stands with each store (sync.hq.cursor.Cursor).
    create table hq_cursor (
        store text primary key,
        epoch bigint not null,
        next_seq bigint not null,
        hash bytea not null,
        adopted boolean not null,
        birth text not null,              -- process that said the newest hello
        heard_at timestamptz not null default now()
    );
    -- Hellos heard, so that a late or repeated one is not taken for a restored disk.
    create table hq_birth (
        store text, bd text, n bigint not null,
        primary key (store, bd)
    );
    -- Lives of boxes. 'heard' has only been named by an event, 'closed' is never opened again.
    create table hq_incarnation (
        store text, nonce text,
        state text not null check (state in ('heard', 'open', 'closed')),
        gver bigint not null default 0,   -- newest version among its rights
        adopted boolean not null default false, -- it has been told of all accounts of the store
        opened_at timestamptz not null default now(),
        primary key (store, nonce)
    );
    create unique index hq_incarnation_open on hq_incarnation (store) where state = 'open';
    create table hq_member (
        member text primary key,
        home text not null,
        declared boolean not null         -- by a member event; else the first store that posted
    );
    create table hq_account (
        member text, unit text,
        hq_credits bigint not null default 0 check (hq_credits >= 0),
        pool bigint not null default 0 check (pool >= 0),
        primary key (member, unit)
    );
    create index hq_account_pool on hq_account (member) where pool > 0;
    create table hq_rights (
        member text, unit text, store text, nonce text,
        granted bigint not null, earned bigint not null, spent bigint not null,
        reversed bigint not null, clawed bigint not null, returned bigint not null,
        version bigint not null,
        primary key (member, unit, store, nonce),
        foreign key (store, nonce) references hq_incarnation
    );
    create index hq_rights_version on hq_rights (store, nonce, version);
    create table hq_event (
        id uuid primary key,
        store text not null, nonce text not null, epoch bigint not null, seq bigint not null,
        op bigint not null, at timestamptz not null, business_date date not null,
        kind text not null, member text,
        event jsonb not null,
        received_at timestamptz not null default now()
    );
    create index hq_event_day on hq_event (store, business_date);
    create index hq_event_member on hq_event (member);
    create table hq_posting (
        event uuid references hq_event, line integer,
        member text not null, unit text not null, kind text not null,
        amount bigint not null, code text not null,
        primary key (event, line)
    );
    create index hq_posting_account on hq_posting (member, unit);
    -- Events that could not be read: acked, without effect, kept for a person to look at.
    create table hq_quarantine (
        store text, digest bytea,
        epoch bigint not null, seq bigint not null,
        body bytea not null, reason text not null,
        received_at timestamptz not null default now(),
        primary key (store, digest)
    );
    create table hq_credit (
        id uuid primary key,
        member text not null, unit text not null,
        amount bigint not null check (amount > 0),
        reason text not null,
        at timestamptz not null default now()
    );
    """,
    """
    -- What HQ says to its stores, to all of them (store '') or to one; the newest word only (sync.hq.directory).
    create table hq_directory (
        kind text, id text, store text,
        version bigint not null,
        body jsonb not null,
        primary key (kind, id, store)
    );
    create index hq_directory_changes on hq_directory (store, version);
    create table hq_directory_version (
        one boolean primary key default true check (one),
        version bigint not null
    );
    insert into hq_directory_version (version) values (0);
    """,
)


async def migrate(conn: Connection) -> int:
    """Bring the schema up to date, in one transaction; returns its version. Safe to run at every start."""
    async with conn.transaction():
        await conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        await conn.execute("create table if not exists hq_schema (version integer primary key)")
        cursor = await conn.execute("select coalesce(max(version), 0) from hq_schema")
        row = await cursor.fetchone()
        done = int(row[0]) if row else 0
        for version, step in enumerate(_STEPS[done:], done + 1):
            await conn.execute(step)
            await conn.execute("insert into hq_schema values (%s)", [version])
    return len(_STEPS)
