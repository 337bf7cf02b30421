"""Accounts as any connection sees them: balances, rights, and what has lapsed although nobody has booked it yet."""

import sqlite3
from dataclasses import dataclass, replace

from edge.domain.ledger import NEVER_MS
from edge.domain.rights import Rights
from edge.domain.units import CREDIT, GIFT, POINTS, STORED, Unit

_FIGURES = (
    "a.id, a.credits - a.debits, a.debt,"
    " r.granted, r.returned, r.earned, r.spent, r.reversed, r.clawed, r.elsewhere"
)
# The index lot_oldest answers this with one look: live lots of the account, the first to lapse first.
_LAPSED = "(SELECT coalesce(sum(remaining), 0) FROM lot WHERE account = a.id AND remaining > 0 AND expires_ms <= ?1)"
_FROM = "FROM account a LEFT JOIN rights r ON r.account = a.id"
_BOOKED = f"SELECT {_FIGURES} {_FROM} WHERE a.owner=? AND a.unit=?"
_LIVE = f"SELECT {_FIGURES}, {_LAPSED} {_FROM} WHERE a.owner=?2 AND a.unit=?3"
_HELD = (
    f"SELECT {_FIGURES}, {_LAPSED}, a.unit {_FROM} WHERE a.owner=?2"
    f" AND a.unit IN ('{POINTS}', '{STORED}', '{GIFT}', '{CREDIT}')"
)


@dataclass(frozen=True, slots=True)
class Balance:
    """One account: ``balance`` may be below 0 by its debt; ``spendable`` is what rights and lots both allow."""

    account: int
    balance: int
    debt: int
    rights: Rights

    @property
    def spendable(self) -> int:
        return max(0, min(self.balance, self.rights.available))

    def without(self, lapsed: int) -> "Balance":
        """As it will be once ``lapsed`` is booked: it uses rights up like points that are taken back."""
        if not lapsed:
            return self
        rights = replace(self.rights, clawed=self.rights.clawed + lapsed)
        return Balance(self.account, self.balance - lapsed, self.debt, rights)


NOTHING = Balance(0, 0, 0, Rights())


@dataclass(frozen=True, slots=True)
class Held:
    """A member's accounts at one moment, lapsed lots left out. ``credit`` is None where nothing was ever granted."""

    points: Balance = NOTHING
    stored: Balance = NOTHING
    gift: Balance = NOTHING
    credit: Balance | None = None
    owed_fen: int = 0
    overdue_fen: int = 0


def read_balance(db: sqlite3.Connection, owner: str, unit: Unit) -> Balance | None:
    """The account of ``owner`` in ``unit`` as booked; None where there is none yet."""
    row = db.execute(_BOOKED, (owner, unit)).fetchone()
    return _balance(row) if row else None


def read_live(db: sqlite3.Connection, owner: str, unit: Unit, now_ms: int) -> Balance:
    """The account without the lots whose time has come by ``now_ms``."""
    row = db.execute(_LIVE, (now_ms, owner, unit)).fetchone()
    return _balance(row[:-1]).without(row[-1]) if row else NOTHING


def read_held(db: sqlite3.Connection, member: str, now_ms: int) -> Held:
    """All that a till shows of the member's accounts."""
    found = {
        row[-1]: _balance(row[:-2]).without(row[-2]) for row in db.execute(_HELD, (now_ms, member)).fetchall()
    }
    owed_fen = overdue_fen = 0
    credit = found.get(CREDIT)
    if credit is not None:
        owed_fen, overdue_fen = read_owed(db, member, now_ms)
    return Held(
        found.get(POINTS, NOTHING),
        found.get(STORED, NOTHING),
        found.get(GIFT, NOTHING),
        credit,
        owed_fen,
        overdue_fen,
    )


def read_owed(db: sqlite3.Connection, member: str, now_ms: int) -> tuple[int, int]:
    """(fen that the member owes for credit sales of this store, fen of them whose day has passed)."""
    row = db.execute(
        "SELECT coalesce(sum(amount_fen - settled_fen), 0),"
        " coalesce(sum((amount_fen - settled_fen) * (overdue_ms <= ?)), 0)"
        " FROM credit_sale WHERE member=? AND settled_fen < amount_fen",
        (now_ms, member),
    ).fetchone()
    return int(row[0]), int(row[1])


def read_expiring(db: sqlite3.Connection, account: int, now_ms: int) -> tuple[int, int] | None:
    """(amount, moment in ms) of what will lapse next, None where nothing will."""
    row = db.execute(
        "SELECT sum(remaining), expires_ms FROM lot WHERE account=? AND remaining > 0 AND expires_ms > ?"
        " AND expires_ms < ? GROUP BY expires_ms ORDER BY expires_ms LIMIT 1",
        (account, now_ms, NEVER_MS),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else None


def read_restorable(db: sqlite3.Connection, owner: str, unit: Unit, sale: str) -> int:
    """How much of what ``sale`` spent from the account has not been given back yet."""
    row = db.execute(
        "SELECT coalesce(sum(u.amount - u.restored), 0) FROM lot_use u JOIN lot l ON l.id = u.lot"
        " JOIN account a ON a.id = l.account WHERE u.sale=? AND a.owner=? AND a.unit=?",
        (sale, owner, unit),
    ).fetchone()
    return int(row[0])


def read_returning(
    db: sqlite3.Connection, owner: str, unit: Unit, sale: str, amount: int, now_ms: int
) -> int:
    """How much of ``amount`` that ``sale`` gives back returns to lots that have not lapsed by ``now_ms``."""
    live = 0
    for left, expires_ms in db.execute(
        "SELECT u.amount - u.restored, l.expires_ms FROM lot_use u JOIN lot l ON l.id = u.lot"
        " JOIN account a ON a.id = l.account WHERE u.sale=? AND a.owner=? AND a.unit=? ORDER BY u.id DESC",
        (sale, owner, unit),
    ):
        part = min(left, amount)
        amount -= part
        live += part if expires_ms > now_ms else 0
    return live


def _balance(row: tuple[int, ...]) -> Balance:
    return Balance(row[0], row[1], row[2], Rights(*(value or 0 for value in row[3:])))
