"""Accounts and their rights in PostgreSQL: take reports in, grant the pool, number the changes.

Lock order everywhere: store cursor, members, accounts, incarnations; each kind sorted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from sync.envelope import MAX_PAGE_ITEMS, GrantItem, GrantPage, Total
from sync.hq.rights import Account, Incarnation, Line, merge, place, pool
from sync.hq.schema import Connection

GRANTS_CHANNEL = "tillside_grants"


class _Ledger(Struct):
    """Accounts under lock, as read and as they shall be."""

    credits: dict[Account, int]
    homes: dict[Account, str]
    lines: dict[Account, dict[Incarnation, Line]]
    versions: dict[tuple[Account, Incarnation], int]
    open: dict[str, tuple[str, int]]  # store -> (nonce, gver)

    def home(self, account: Account) -> Incarnation | None:
        store = self.homes.get(account, "")
        return (store, self.open[store][0]) if store in self.open else None

    def is_open(self, at: Incarnation) -> bool:
        return at[0] in self.open and self.open[at[0]][0] == at[1]


async def settle(
    conn: Connection,
    reports: Mapping[tuple[Account, Incarnation], Total],
    others: Iterable[Account] = (),
    newcomer: Incarnation | None = None,
    tell_all: bool = False,
) -> set[str]:
    """Merge ``reports``, grant every pool at its home, number what changed; returns stores with news.

    ``others`` are accounts to place without a report; all accounts get a line at ``newcomer``. ``tell_all``
    when HQ's own credits changed. Runs inside the caller's transaction; the incarnations must exist.
    """
    accounts = sorted({account for account, _ in reports} | set(others))
    if not accounts:
        return set()
    stores = {at[0] for _, at in reports} | ({newcomer[0]} if newcomer else set())
    ledger = await _lock(conn, accounts, stores)
    after = {account: dict(ledger.lines[account]) for account in accounts}
    for lines in after.values():
        if newcomer is not None:
            lines.setdefault(newcomer, Line())
    for (account, at), total in reports.items():
        after[account][at] = merge(after[account].get(at, Line()), total)
    placed = {
        account: place(ledger.credits[account], lines, ledger.home(account))
        for account, lines in after.items()
    }
    return await _write(conn, ledger, placed, tell_all, newcomer)


async def _lock(conn: Connection, accounts: list[Account], stores: set[str]) -> _Ledger:
    keys = [[member for member, _ in accounts], [unit for _, unit in accounts]]
    await conn.execute(
        "insert into hq_account (member, unit) select * from unnest(%b::text[], %b::text[])"
        " on conflict do nothing",
        keys,
    )
    cursor: AsyncCursor[TupleRow] = await conn.execute(
        "select a.member, a.unit, a.hq_credits from hq_account a"
        " join unnest(%b::text[], %b::text[]) k(member, unit) using (member, unit)"
        " order by a.member, a.unit for update of a",
        keys,
    )
    credits = {(member, unit): amount for member, unit, amount in await cursor.fetchall()}
    cursor = await conn.execute("select member, home from hq_member where member = any(%s)", [keys[0]])
    home: dict[str, str] = dict(await cursor.fetchall())
    homes = {account: home[account[0]] for account in accounts if account[0] in home}
    lines: dict[Account, dict[Incarnation, Line]] = {account: {} for account in accounts}
    versions: dict[tuple[Account, Incarnation], int] = {}
    cursor = await conn.execute(
        "select r.member, r.unit, r.store, r.nonce, r.version, r.granted, r.earned, r.spent, r.reversed,"
        " r.clawed, r.returned from hq_rights r"
        " join unnest(%b::text[], %b::text[]) k(member, unit) using (member, unit)",
        keys,
    )
    for member, unit, store, nonce, version, *figures in await cursor.fetchall():
        lines[member, unit][store, nonce] = Line(*figures)
        versions[(member, unit), (store, nonce)] = version
    stores = stores | set(homes.values()) | {store for _, (store, _) in versions}
    return _Ledger(credits, homes, lines, versions, await _lock_open(conn, stores))


async def _lock_open(conn: Connection, stores: set[str]) -> dict[str, tuple[str, int]]:
    cursor = await conn.execute(
        "select store, nonce, gver from hq_incarnation where state = 'open' and store = any(%s)"
        " order by store for update",
        [sorted(stores)],
    )
    return {store: (nonce, gver) for store, nonce, gver in await cursor.fetchall()}


async def _write(
    conn: Connection,
    ledger: _Ledger,
    changed: Mapping[Account, Mapping[Incarnation, Line]],
    tell_all: bool,
    newcomer: Incarnation | None,
) -> set[str]:
    newest = {store: gver for store, (_, gver) in ledger.open.items()}
    rows, news = [], set()
    for account, lines in changed.items():
        before = ledger.lines[account]
        moved = {at for at, line in lines.items() if at not in before or line.net != before[at].net}
        for at, line in lines.items():
            version = ledger.versions.get((account, at), 0)
            told = tell_all or at == newcomer or _tells(at, line, before.get(at), moved)
            if told and ledger.is_open(at):
                version = newest[at[0]] = newest[at[0]] + 1
                news.add(at[0])
            elif line == before.get(at):
                continue
            rows.append((*account, *at, line, version))
    await _write_rights(conn, rows)
    await _write_pools(conn, ledger, changed)
    await conn.execute(
        "update hq_incarnation i set gver = n.gver from unnest(%b::text[], %b::bigint[]) n(store, gver)"
        " where i.store = n.store and i.state = 'open'",
        [sorted(news), [newest[store] for store in sorted(news)]],
    )
    return news


def _tells(at: Incarnation, line: Line, before: Line | None, moved: set[Incarnation]) -> bool:
    """Whether the box at ``at`` has something to hear: a new line, a grant, or a change elsewhere."""
    return before is None or line.granted != before.granted or bool(moved - {at})


async def _write_rights(conn: Connection, rows: list[tuple[str, str, str, str, Line, int]]) -> None:
    columns: dict[str, list[object]] = defaultdict(list)
    for member, unit, store, nonce, line, version in rows:
        key = (member, unit, store, nonce)
        for name, field in zip(("member", "unit", "store", "nonce"), key, strict=True):
            columns[name].append(field)
        for name in Line.__struct_fields__:
            columns[name].append(getattr(line, name))
        columns["version"].append(version)
    if not rows:
        return
    await conn.execute(
        "insert into hq_rights (member, unit, store, nonce, granted, earned, spent, reversed, clawed,"
        " returned, version) select * from unnest(%(member)b::text[], %(unit)b::text[], %(store)b::text[],"
        " %(nonce)b::text[], %(granted)b::bigint[], %(earned)b::bigint[], %(spent)b::bigint[],"
        " %(reversed)b::bigint[], %(clawed)b::bigint[], %(returned)b::bigint[], %(version)b::bigint[])"
        " on conflict (member, unit, store, nonce) do update set granted = excluded.granted,"
        " earned = excluded.earned, spent = excluded.spent, reversed = excluded.reversed,"
        " clawed = excluded.clawed, returned = excluded.returned, version = excluded.version",
        columns,
    )


async def _write_pools(
    conn: Connection, ledger: _Ledger, changed: Mapping[Account, Mapping[Incarnation, Line]]
) -> None:
    free = [pool(ledger.credits[account], lines.values()) for account, lines in changed.items()]
    await conn.execute(
        "update hq_account a set pool = n.pool"
        " from unnest(%b::text[], %b::text[], %b::bigint[]) n(member, unit, pool)"
        " where a.member = n.member and a.unit = n.unit and a.pool <> n.pool",
        [[member for member, _ in changed], [unit for _, unit in changed], free],
    )


async def announce(conn: Connection, stores: Iterable[str]) -> None:
    """On commit, let the workers tell ``stores`` that there are grants to fetch."""
    for store in sorted(stores):
        await conn.execute("select pg_notify(%s, %s)", [GRANTS_CHANNEL, store])


async def grants_version(conn: Connection, store: str) -> int:
    """Latest grants version of the store's open incarnation; 0 without one."""
    cursor = await conn.execute(
        "select gver from hq_incarnation where store = %s and state = 'open'", [store]
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def grant_page(
    conn: Connection, store: str, nonce: str, since: int, limit: int = MAX_PAGE_ITEMS
) -> GrantPage:
    """Rights of (store, nonce) changed after version ``since``, oldest change first."""
    cursor = await conn.execute(
        "select r.version, r.member, r.unit, r.granted, a.hq_credits + coalesce(sum("
        "   o.earned - o.spent + o.reversed - o.clawed), 0)::bigint"
        " from (select * from hq_rights where store = %(store)s and nonce = %(nonce)s"
        "   and version > %(since)s order by version limit %(limit)s) r"
        " join hq_account a using (member, unit)"
        " left join hq_rights o on o.member = r.member and o.unit = r.unit"
        "   and (o.store, o.nonce) <> (r.store, r.nonce)"
        " group by r.version, r.member, r.unit, r.granted, a.hq_credits order by r.version",
        {"store": store, "nonce": nonce, "since": since, "limit": limit + 1},
    )
    rows = await cursor.fetchall()
    items = tuple(GrantItem(*row[1:]) for row in rows[:limit])
    version = rows[len(items) - 1][0] if items else since
    return GrantPage(nonce, version, items, more=len(rows) > limit)
