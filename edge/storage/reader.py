"""Reading without the writer: a snapshot connection for look-ups of microseconds, aiosqlite for longer ones."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from edge.domain.units import Unit
from edge.storage.attendance import Attendance
from edge.storage.balances import (
    Balance,
    Held,
    read_balance,
    read_expiring,
    read_held,
    read_live,
    read_restorable,
    read_returning,
)
from edge.storage.bundles import Bundles
from edge.storage.cards import Cards
from edge.storage.confirmed import Confirmed, read_confirmed
from edge.storage.coupons import Coupons
from edge.storage.credit import Credit
from edge.storage.deliveries import Deliveries
from edge.storage.gifts import Gifts
from edge.storage.goods import Goods
from edge.storage.held import HeldBaskets
from edge.storage.hot_cards import HotCards
from edge.storage.imports import Imports
from edge.storage.kin import Kin
from edge.storage.members import Members
from edge.storage.notes import Notes
from edge.storage.passes import Passes
from edge.storage.print_jobs import PrintJobs
from edge.storage.rule_uses import RuleUses
from edge.storage.sales import COLUMNS, SaleRow, Sales
from edge.storage.shelf_prices import ShelfPrices
from edge.storage.shifts import Shifts
from edge.storage.slips import Slips
from edge.storage.staff import Staff
from edge.storage.stock import Stock
from edge.storage.timed import Timed
from edge.storage.transaction import Answer
from edge.storage.vouchers import Vouchers


class Snapshot:
    """A read-only connection on the loop's own thread; every look-up sees the last COMMIT."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(
            f"file:{path}?mode=ro", uri=True, isolation_level=None, cached_statements=256
        )
        self._db.execute("PRAGMA query_only=ON")
        self.members = Members(self._db)
        self.cards = Cards(self._db)
        self.hot_cards = HotCards(self._db)
        self.kin = Kin(self._db)
        self.imports = Imports(self._db)
        self.notes = Notes(self._db)
        self.sales = Sales(self._db)
        self.bundles = Bundles(self._db)
        self.print_jobs = PrintJobs(self._db)
        self.coupons = Coupons(self._db)
        self.rule_uses = RuleUses(self._db)
        self.shelf_prices = ShelfPrices(self._db)
        self.slips = Slips(self._db)
        self.staff = Staff(self._db)
        self.goods = Goods(self._db)
        self.stock = Stock(self._db)
        self.passes = Passes(self._db)
        self.deliveries = Deliveries(self._db)
        self.gifts = Gifts(self._db)
        self.timed = Timed(self._db)
        self.attendance = Attendance(self._db)
        self.credit = Credit(self._db)
        self.vouchers = Vouchers(self._db)
        self.shifts = Shifts(self._db)
        self.held_baskets = HeldBaskets(self._db)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def balance(self, owner: str, unit: Unit) -> Balance | None:
        """One account, or None where it was never opened."""
        return read_balance(self._db, owner, unit)

    def confirmed(self, owner: str, unit: Unit) -> Confirmed:
        """What HQ has confirmed of one account."""
        return read_confirmed(self._db, owner, unit)

    def live(self, owner: str, unit: Unit, now_ms: int) -> Balance:
        """One account without what has lapsed by ``now_ms``."""
        return read_live(self._db, owner, unit, now_ms)

    def held(self, member: str, now_ms: int) -> Held:
        """All of a member's accounts, without what has lapsed by ``now_ms``."""
        return read_held(self._db, member, now_ms)

    def expiring(self, account: int, now_ms: int) -> tuple[int, int] | None:
        """(amount, moment in ms) of what of an account will lapse next."""
        return read_expiring(self._db, account, now_ms)

    def restorable(self, owner: str, unit: Unit, sale: str) -> int:
        """How much of what ``sale`` spent from an account no refund has given back yet."""
        return read_restorable(self._db, owner, unit, sale)

    def returning(self, owner: str, unit: Unit, sale: str, amount: int, now_ms: int) -> int:
        """How much of ``amount`` would come back to lots that have not lapsed by ``now_ms``."""
        return read_returning(self._db, owner, unit, sale, amount, now_ms) if amount else 0

    def answer(self, till: str, key: str) -> Answer | None:
        """What ``till`` was answered under ``key``."""
        row = self._db.execute("SELECT ok, answer FROM op WHERE till=? AND key=?", (till, key)).fetchone()
        return Answer(row[1].encode(), bool(row[0]), duplicate=True) if row else None

    def request(self, till: str, key: str) -> bytes | None:
        """What ``till`` asked under ``key``, as it was written down."""
        row = self._db.execute("SELECT request FROM op WHERE till=? AND key=?", (till, key)).fetchone()
        return row[0].encode() if row else None

    def counter(self, name: str) -> int:
        """A counter's value, 0 where it has never been set."""
        row = self._db.execute("SELECT value FROM counter WHERE name=?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def queue(self) -> tuple[int, int, int | None]:
        """(events, bytes, time of the oldest in ms) that wait for HQ."""
        row = self._db.execute(
            "SELECT count(*), coalesce(sum(length(body)), 0),"
            " (SELECT at_ms FROM op WHERE event = (SELECT id FROM outbox ORDER BY seq LIMIT 1)) FROM outbox"
        ).fetchone()
        return row[0], row[1], row[2]

    def rights_out(self, unit: Unit) -> int:
        """Rights in ``unit`` that are granted to this box and not used up, over all accounts."""
        row = self._db.execute(
            "SELECT coalesce(sum(max(0, granted - returned - (spent - reversed) - clawed)), 0)"
            " FROM rights JOIN account ON account.id = rights.account WHERE unit=?",
            (unit,),
        ).fetchone()
        return int(row[0])

    def directory_version(self) -> int:
        """The version of the last page of HQ's directory that was applied."""
        row = self._db.execute("SELECT value FROM counter WHERE name='directory'").fetchone()
        return int(row[0]) if row else 0

    def sales_count(self) -> int:
        """How many sales the ledger holds."""
        return int(self._db.execute("SELECT count(*) FROM sale").fetchone()[0])

    def last_ms(self) -> int:
        """When the last operation was (ms), 0 for an empty ledger."""
        row = self._db.execute("SELECT at_ms FROM op ORDER BY seq DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def identity(self) -> tuple[str, int]:
        """(incarnation nonce, last operation's seq): what tills remember to notice a rolled-back box."""
        row = self._db.execute(
            "SELECT nonce, (SELECT coalesce(max(seq), 0) FROM op) FROM sync_line"
        ).fetchone()
        return row[0], row[1]


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A read-only connection in a thread of its own, for queries that take their time."""
    async with aiosqlite.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None) as db:
        await db.execute("PRAGMA query_only=ON")
        yield db


async def find_sales(path: Path, filters: dict[str, str], limit: int) -> list[SaleRow]:
    """Sales whose columns have these values, newest first."""
    where = " AND ".join(f"{column}=?" for column in filters) or "1"
    async with reading(path) as db:
        rows = await db.execute_fetchall(
            f"SELECT {COLUMNS} FROM sale WHERE {where} ORDER BY op DESC LIMIT ?", (*filters.values(), limit)
        )
    return [SaleRow(*row) for row in rows]
