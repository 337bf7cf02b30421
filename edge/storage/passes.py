"""Passes in SQL: those without a count, and every use of any. Counted visits are accounts (ledger.py)."""

import sqlite3
from dataclasses import dataclass

from edge.domain.units import visits_of


@dataclass(frozen=True, slots=True)
class PeriodPass:
    """A pass without a count; days are ISO 8601 business days, both included."""

    id: str
    member: str
    pass_id: str
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class PassUse:
    """One use; ``visits`` is 0 on a pass without a count. ``slip`` names it."""

    slip: str
    member: str
    pass_id: str
    service: str
    visits: int
    business_date: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What one sale brought, in operation ``op``: so many ``visits``, or a ``period``."""

    op: int
    pass_id: str
    visits: int | None
    period: PeriodPass | None


class Passes:
    """The tables of passes on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def sell(self, sold: PeriodPass, op: int) -> None:
        """Write a new pass without a count."""
        self._db.execute(
            "INSERT INTO period_pass(id, op, member, pass, first_day, last_day) VALUES(?, ?, ?, ?, ?, ?)",
            (sold.id, op, sold.member, sold.pass_id, sold.first_day, sold.last_day),
        )

    def periods(self, member: str, since: str = "") -> list[PeriodPass]:
        """The member's passes without a count that end on ``since`` or later, the first to end first."""
        rows = self._db.execute(
            "SELECT id, member, pass, first_day, last_day FROM period_pass WHERE member=? AND last_day >= ?"
            " ORDER BY last_day, id",
            (member, since),
        )
        return [PeriodPass(*row) for row in rows]

    def lots(self, member: str, pass_id: str, now_ms: int) -> list[tuple[int, int]]:
        """(visits left, end in ms) of each purchase of a counted pass that is still good, the first to end first."""
        rows = self._db.execute(
            "SELECT l.remaining, l.expires_ms FROM lot l JOIN account a ON a.id = l.account"
            " WHERE a.owner=? AND a.unit=? AND l.remaining > 0 AND l.expires_ms > ? ORDER BY l.expires_ms, l.id",
            (member, visits_of(pass_id), now_ms),
        )
        return rows.fetchall()

    def last_end_ms(self, member: str, pass_id: str) -> int | None:
        """When the last purchase of a counted pass ends or ended; None where there was none."""
        row = self._db.execute(
            "SELECT max(l.expires_ms) FROM lot l JOIN account a ON a.id = l.account WHERE a.owner=? AND a.unit=?",
            (member, visits_of(pass_id)),
        ).fetchone()
        return row[0] if row else None

    def brought_by(self, slip: str) -> Brought | None:
        """What the sale of this slip (its id) brought: visits, or a pass without a count."""
        row = self._db.execute(
            "SELECT s.op, substr(a.unit, 8), l.amount FROM slip s JOIN lot l ON l.op = s.op"
            " JOIN account a ON a.id = l.account WHERE s.id=? AND a.unit GLOB 'visits:*'",
            (slip,),
        ).fetchone()
        if row is not None:
            return Brought(row[0], row[1], row[2], None)
        row = self._db.execute(
            "SELECT p.op, p.id, p.member, p.pass, p.first_day, p.last_day FROM slip s"
            " JOIN period_pass p ON p.op = s.op WHERE s.id=?",
            (slip,),
        ).fetchone()
        return Brought(row[0], row[3], None, PeriodPass(*row[1:])) if row else None

    def used_on(self, member: str, pass_id: str, day: str) -> bool:
        """Whether a pass of this kind was used that day, and not given back."""
        row = self._db.execute(
            "SELECT 1 FROM pass_use WHERE member=? AND business_date=? AND pass=? AND NOT given_back LIMIT 1",
            (member, day, pass_id),
        ).fetchone()
        return row is not None

    def end_on(self, period: str, last_day: str) -> None:
        """Let a pass without a count end on another day."""
        self._db.execute("UPDATE period_pass SET last_day=? WHERE id=?", (last_day, period))

    def use(self, used: PassUse, op: int) -> None:
        """Write down one use."""
        self._db.execute(
            "INSERT INTO pass_use(slip, op, member, pass, service, visits, business_date) VALUES(?, ?, ?, ?, ?, ?, ?)",
            (used.slip, op, used.member, used.pass_id, used.service, used.visits, used.business_date),
        )

    def use_by_slip(self, slip: str) -> tuple[PassUse, bool] | None:
        """A use by the id of its slip, and whether it has been given back."""
        row = self._db.execute(
            "SELECT slip, member, pass, service, visits, business_date, given_back FROM pass_use WHERE slip=?",
            (slip,),
        ).fetchone()
        return (PassUse(*row[:-1]), bool(row[-1])) if row else None

    def give_back(self, slip: str) -> None:
        """The use did not take place."""
        self._db.execute("UPDATE pass_use SET given_back=1 WHERE slip=?", (slip,))
