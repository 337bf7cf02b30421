"""What the night has to look at, read beside the shop's business on connections of its own."""

from collections.abc import Callable
from pathlib import Path

from edge.domain.member import Member
from edge.storage.members import COLUMNS, member_of
from edge.storage.reader import reading


async def idle_members(path: Path, quiet_since: str, wanted: Callable[[Member], bool]) -> list[str]:
    """The ``wanted`` of all active members who have not bought, nor changed their tier, after ``quiet_since``.

    They are asked about a few rows at a time, so that tills get their turn between.
    """
    async with reading(path) as db:
        rows = await db.execute(
            f"SELECT {COLUMNS} FROM member WHERE status='active'"
            " AND max(coalesce(bought_on, ''), coalesce(tier_since, ''),"
            "  iif(bought_on IS NULL AND tier_since IS NULL, date(registered_ms / 1000, 'unixepoch'), '')) <= ?"
            " ORDER BY id",
            (quiet_since,),
        )
        return [row[0] async for row in rows if wanted(member_of(row))]


async def lapsing(path: Path, now_ms: int) -> list[tuple[str, str]]:
    """(owner, unit) of the accounts that hold lots whose time has come."""
    async with reading(path) as db:
        rows = await db.execute_fetchall(
            "SELECT DISTINCT a.owner, a.unit FROM lot l JOIN account a ON a.id = l.account"
            " WHERE l.remaining > 0 AND l.expires_ms <= ? ORDER BY a.owner, a.unit",
            (now_ms,),
        )
    return [(row[0], row[1]) for row in rows]


async def spent_between(path: Path, first_day: str, after: str) -> list[tuple[str, int]]:
    """(member, fen paid) of everybody who bought from ``first_day`` until before ``after``, less what came back."""
    async with reading(path) as db:
        rows = await db.execute_fetchall(
            "SELECT member, sum(due_fen * (net_fen - refunded_fen) / max(net_fen, 1)) FROM sale"
            " WHERE member IS NOT NULL AND business_date >= ? AND business_date < ? GROUP BY member ORDER BY member",
            (first_day, after),
        )
    return [(row[0], row[1]) for row in rows]
