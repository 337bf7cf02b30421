"""What a person at HQ does to an account: credit it, or release rights that a lost box held."""

from sync.hq.accounts import announce, settle
from sync.hq.schema import Connection


async def credit(
    conn: Connection, id: str, member: str, unit: str, amount: int, reason: str, home: str | None = None
) -> bool:
    """Add ``amount`` to the account's own credits; False if the credit ``id`` (uuid) was booked before.

    It becomes spendable at the member's home store; ``home`` is used for a member without one.
    Raises ValueError for an amount that is not positive: HQ cannot take back what a dark store may spend.
    """
    if amount <= 0:
        raise ValueError(f"credit of {amount} {unit}: must be positive")
    async with conn.transaction():
        booked = await conn.execute(
            "insert into hq_credit (id, member, unit, amount, reason) values (%s, %s, %s, %s, %s)"
            " on conflict do nothing",
            [id, member, unit, amount, reason],
        )
        if not booked.rowcount:
            return False
        if home is not None:
            await conn.execute(
                "insert into hq_member values (%s, %s, false) on conflict do nothing", [member, home]
            )
        await conn.execute(
            "insert into hq_account as a (member, unit, hq_credits) values (%s, %s, %s)"
            " on conflict (member, unit) do update set hq_credits = a.hq_credits + excluded.hq_credits",
            [member, unit, amount],
        )
        await announce(conn, await settle(conn, {}, [(member, unit)], tell_all=True))
    return True


async def release(conn: Connection, store: str, nonce: str, member: str, unit: str) -> int:
    """Free what a closed incarnation still held of one account, and grant it anew; returns the amount.

    The person vouches that the box is gone: what it sold unreported since becomes the chain's loss.
    Raises ValueError while the incarnation is open.
    """
    key = [store, nonce, member, unit]
    async with conn.transaction():
        await conn.execute(
            "select 1 from hq_account where member = %s and unit = %s for update", [member, unit]
        )
        found = await conn.execute(
            "select r.granted - r.returned - greatest(r.spent - r.reversed, 0) - r.clawed, i.state"
            " from hq_rights r join hq_incarnation i using (store, nonce)"
            " where store = %s and nonce = %s and member = %s and unit = %s",
            key,
        )
        row = await found.fetchone()
        if row is None or row[1] == "open":
            raise ValueError(f"store {store}: rights of {member} in {unit} are not in suspense")
        freed = max(0, int(row[0]))
        await conn.execute(
            "update hq_rights set returned = returned + %s"
            " where store = %s and nonce = %s and member = %s and unit = %s",
            [freed, *key],
        )
        await announce(conn, await settle(conn, {}, [(member, unit)]))
    return freed
