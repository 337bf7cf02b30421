"""What HQ can say about accounts and stores, straight from the tables."""

from msgspec import Struct

from sync.hq.schema import Connection


class AccountTotal(Struct, frozen=True):
    """One account: its ``balance``, what HQ may still grant, and what boxes may spend unheard."""

    member: str
    unit: str
    balance: int
    hq_credits: int
    pool: int
    exposed: int


class StoreTotal(Struct, frozen=True):
    """One store and unit over all its incarnations; ``exposed`` is the most that a dead box could cost."""

    store: str
    unit: str
    earned: int
    spent: int
    exposed: int


class StoreProgress(Struct, frozen=True):
    """What has come in from a store."""

    store: str
    epoch: int
    upto: int
    events: int
    quarantined: int


class Suspended(Struct, frozen=True):
    """Rights that a closed incarnation still holds of one account: ``held`` is what release would free."""

    store: str
    incarnation: str
    member: str
    unit: str
    held: int


_NET = "earned - spent + reversed - clawed"
_EXPOSED = "greatest(granted - returned - spent + reversed - clawed, 0)"


async def accounts(conn: Connection, member: str | None = None) -> list[AccountTotal]:
    """All accounts, or those of one member, by member and unit."""
    cursor = await conn.execute(
        f"select a.member, a.unit, (a.hq_credits + coalesce(sum({_NET}), 0))::bigint, a.hq_credits, a.pool,"
        f" coalesce(sum({_EXPOSED}), 0)::bigint"
        " from hq_account a left join hq_rights r using (member, unit)"
        " where %(member)s::text is null or a.member = %(member)s"
        " group by a.member, a.unit order by a.member, a.unit",
        {"member": member},
    )
    return [AccountTotal(*row) for row in await cursor.fetchall()]


async def stores(conn: Connection) -> list[StoreTotal]:
    """Every store's sums per unit."""
    cursor = await conn.execute(
        "select store, unit, sum(earned - clawed)::bigint, sum(spent - reversed)::bigint,"
        f" sum({_EXPOSED})::bigint from hq_rights group by store, unit order by store, unit"
    )
    return [StoreTotal(*row) for row in await cursor.fetchall()]


async def suspense(conn: Connection) -> list[Suspended]:
    """What boxes that are no more could still have spent, by store, incarnation and account."""
    cursor = await conn.execute(
        f"select store, nonce, member, unit, {_EXPOSED} as held from hq_rights"
        " join hq_incarnation using (store, nonce)"
        f" where state = 'closed' and {_EXPOSED} > 0 order by store, nonce, member, unit"
    )
    return [Suspended(*row) for row in await cursor.fetchall()]


async def progress(conn: Connection) -> list[StoreProgress]:
    """How far each store's line has come in."""
    cursor = await conn.execute(
        "select c.store, c.epoch, c.next_seq - 1,"
        " (select count(*) from hq_event e where e.store = c.store),"
        " (select count(*) from hq_quarantine q where q.store = c.store) from hq_cursor c order by c.store"
    )
    return [StoreProgress(*row) for row in await cursor.fetchall()]
