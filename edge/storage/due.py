"""What is due, in SQL: one query a kind, the earliest first.

They read whole tables where they must, so they run on a connection in a thread of its own.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiosqlite

from edge.domain.lunar import Calendar
from edge.errors import StorageError
from edge.storage.history import unwritten


@dataclass(frozen=True, slots=True)
class Due:
    """One thing: ``due`` an ISO 8601 day, ``subject`` the id of it, ``what`` a word about it, ``amount`` a number."""

    due: str
    member: str | None
    name: str
    phone: str
    subject: str
    what: str
    amount: int


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A member whose tier may be lost: idle ``since`` the last purchase or change of tier, None where neither was."""

    member: str
    name: str
    phone: str
    tier: str
    since: str | None
    registered_ms: int
    warned_on: str | None


_GOOD = "m.status='active'"

QUERIES: Mapping[str, str] = {
    "delivery": (
        "SELECT d.day, d.member, coalesce(m.name, ''), d.phone, d.id, d.what, 0 FROM delivery d"
        " LEFT JOIN member m ON m.id = d.member WHERE d.state='open' AND d.day <= :until"
        " ORDER BY d.day, d.hours, d.op"
    ),
    "call": (
        "SELECT n.due, n.member, m.name, m.phone, n.id, n.text, 0 FROM note n JOIN member m ON m.id = n.member"
        " WHERE n.kind='call' AND n.outcome IS NULL AND n.due <= :until ORDER BY n.due, n.op"
    ),
    "card": (
        "SELECT m.valid_until, m.id, m.name, m.phone, m.card_no, '', 0 FROM member m"
        f" WHERE {_GOOD} AND m.valid_until BETWEEN :today AND :until ORDER BY m.valid_until, m.card_no"
    ),
    "period_pass": (
        "SELECT max(p.last_day) AS due, p.member, m.name, m.phone, p.pass, '', 0 FROM period_pass p"
        f" JOIN member m ON m.id = p.member WHERE {_GOOD} GROUP BY p.member, p.pass"
        " HAVING due BETWEEN :today AND :until ORDER BY due, p.member"
    ),
    "coupon": (
        "SELECT c.last_day, c.member, m.name, m.phone, c.code, c.kind, 0 FROM coupon c"
        f" JOIN member m ON m.id = c.member WHERE c.sale IS NULL AND {_GOOD}"
        " AND c.last_day BETWEEN :today AND :until ORDER BY c.last_day, c.code"
    ),
    "voucher": (
        "SELECT v.last_day, v.member, m.name, m.phone, v.code, '', v.value_fen FROM voucher v"
        f" JOIN member m ON m.id = v.member WHERE v.sale IS NULL AND {_GOOD}"
        " AND v.last_day BETWEEN :today AND :until ORDER BY v.last_day, v.code"
    ),
    "credit": (
        "SELECT c.due_day, c.member, m.name, m.phone, s.receipt_no, '', c.amount_fen - c.settled_fen"
        " FROM credit_sale c JOIN member m ON m.id = c.member JOIN sale s ON s.id = c.sale"
        " WHERE c.settled_fen < c.amount_fen AND c.due_day <= :until ORDER BY c.due_day, s.receipt_no"
    ),
    "stock": (
        "SELECT :today, NULL, '', '', g.sku, g.name, coalesce(s.qty_milli, 0) FROM goods g"
        " LEFT JOIN stock s ON s.sku = g.sku WHERE g.active AND NOT g.is_service AND g.alert_milli IS NOT NULL"
        " AND coalesce(s.qty_milli, 0) <= g.alert_milli ORDER BY g.sku"
    ),
    "best_before": (
        "SELECT g.best_before, NULL, '', '', g.sku, g.name, s.qty_milli FROM goods g JOIN stock s ON s.sku = g.sku"
        " WHERE s.qty_milli > 0 AND g.best_before <= :until ORDER BY g.best_before, g.sku"
    ),
    "idle": (
        "SELECT date(m.bought_on, '+' || :idle_days || ' days') AS due, m.id, m.name, m.phone, m.card_no, m.bought_on,"
        f" 0 FROM member m WHERE {_GOOD} AND m.bought_on BETWEEN date(:since, '-' || :idle_days || ' days')"
        " AND date(:until, '-' || :idle_days || ' days') ORDER BY due, m.card_no"
    ),
    "cycle": (
        "WITH pace AS (SELECT member, max(business_date) AS last, count(*) - 1 AS gaps, CAST(julianday("
        " max(business_date)) - julianday(min(business_date)) AS INTEGER) AS span FROM (SELECT DISTINCT member,"
        " business_date FROM sale WHERE member IS NOT NULL) GROUP BY member HAVING gaps >= 3)"
        " SELECT date(last, '+' || (2 * span / gaps) || ' days') AS due, m.id, m.name, m.phone, m.card_no, last,"
        f" span / gaps FROM pace JOIN member m ON m.id = pace.member WHERE {_GOOD} AND due BETWEEN :since AND :until"
        " ORDER BY due, m.card_no"
    ),
    "low_balance": (
        "SELECT :today, m.id, m.name, m.phone, m.card_no, '', sum(a.credits - a.debits) AS held FROM account a"
        f" JOIN member m ON m.id = a.owner WHERE a.unit IN ('fen', 'gift_fen') AND {_GOOD}"
        " AND m.bought_on >= date(:today, '-' || :idle_days || ' days')"
        " GROUP BY m.id HAVING held < :low_fen AND sum(a.credits) > 0 ORDER BY held, m.card_no"
    ),
}
"""By kind. ``since`` is how far back it is still told that somebody stays away."""

_VISITS = (
    "SELECT l.expires_ms, a.owner, m.name, m.phone, substr(a.unit, 8), sum(l.remaining) FROM account a"
    f" JOIN lot l ON l.account = a.id JOIN member m ON m.id = a.owner WHERE a.unit GLOB 'visits:*' AND {_GOOD}"
    " AND l.remaining > 0 AND l.expires_ms > ? AND l.expires_ms <= ? GROUP BY a.id, l.expires_ms"
    " ORDER BY l.expires_ms, a.owner LIMIT ?"
)


class DueThings:
    """One look through the ledger, on a connection in a thread of its own."""

    def __init__(self, db: aiosqlite.Connection, limit: int) -> None:
        self._db = db
        self._limit = limit

    async def plain(self, kind: str, terms: Mapping[str, object]) -> list[Due]:
        """The first things of ``kind``, one of QUERIES."""
        rows = await self._db.execute_fetchall(
            f"{QUERIES[kind]} LIMIT :limit", {**terms, "limit": self._limit}
        )
        return [Due(*row) for row in rows]

    async def visits_ending(self, now_ms: int, until_ms: int) -> list[tuple[int, Due]]:
        """Counted visits that lapse until then: (when, the rest; its ``subject`` is the pass)."""
        rows = await self._db.execute_fetchall(_VISITS, (now_ms, until_ms, self._limit))
        return [
            (ends_ms, Due("", owner, name, phone, kind, "", left))
            for ends_ms, owner, name, phone, kind, left in rows
        ]

    async def birthdays(self, calendar: Calendar, wanted: Iterable[int]) -> list[tuple[int, Due]]:
        """Members and their families whose birthday (MMDD) is one of ``wanted``: (birthday, the rest)."""
        marks = ", ".join(str(one) for one in wanted)
        rows = await self._db.execute_fetchall(
            f"SELECT m.birthday, m.id, m.name, m.phone, m.card_no, '' FROM member m WHERE {_GOOD}"
            f" AND m.birthday_calendar=?1 AND m.birthday IN ({marks})"
            " UNION ALL SELECT k.birthday, m.id, m.name, m.phone, m.card_no, trim(k.relation || ' ' || k.name)"
            f" FROM kin k JOIN member m ON m.id = k.member WHERE {_GOOD}"
            f" AND k.birthday_calendar=?1 AND k.birthday IN ({marks})",
            (calendar,),
        )
        return [
            (birthday, Due("", member, name, phone, card, kin, 0))
            for birthday, member, name, phone, card, kin in rows
        ]

    async def sleepers(self, lowest: str, before: str) -> list[Sleeper]:
        """Members above the lowest tier who have bought nothing since ``before``, a day; the longest first."""
        rows = await self._db.execute_fetchall(
            "WITH idle AS (SELECT *, nullif(max(coalesce(bought_on, ''), coalesce(tier_since, '')), '') AS since"
            " FROM member)"
            " SELECT m.id, m.name, m.phone, m.tier, since, m.registered_ms, m.warned_on,"
            " coalesce(since, date(m.registered_ms / 1000, 'unixepoch')) AS day FROM idle m"
            f" WHERE {_GOOD} AND m.tier <> ? AND day <= ? ORDER BY day, m.card_no LIMIT ?",
            (lowest, before, self._limit),
        )
        return [Sleeper(*row[:-1]) for row in rows]


@asynccontextmanager
async def due_things(path: Path, limit: int) -> AsyncIterator[DueThings]:
    """Open the ledger for one look; lists that could be long end after ``limit``. The daemon need not run."""
    async with aiosqlite.connect(_ledger(path), uri=True, isolation_level=None) as db:
        await db.execute("PRAGMA query_only=ON")
        yield DueThings(db, limit)


def _ledger(path: Path) -> str:
    if not path.is_file():
        raise StorageError(f"{path}: no such ledger")
    return unwritten(path)
