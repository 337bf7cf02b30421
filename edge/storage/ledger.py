"""Accounts, transfers, lots and rights in SQL: every change of a balance goes through here.

All functions run inside the caller's transaction on the writing connection.
"""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from edge.domain.ledger import NEVER_MS, Lot, Use, use_up
from edge.domain.rights import Rights
from edge.domain.units import Unit
from edge.storage.balances import (
    Balance,
    Held,
    read_balance,
    read_held,
    read_live,
    read_restorable,
    read_returning,
)

Kind = Literal["earn", "spend", "reverse", "claw"]
_TOTAL_OF: dict[Kind, str] = {"earn": "earned", "spend": "spent", "reverse": "reversed", "claw": "clawed"}

ISSUED = "#issued"
REDEEMED = "#redeemed"
CLAWED = "#clawed"
ELSEWHERE = "#elsewhere"
EXPIRED = "#expired"


class Short(Exception):
    """A spend beyond the balance or the rights: ``balance`` and ``spendable`` are what there was."""

    def __init__(self, balance: int, spendable: int) -> None:
        super().__init__(f"balance {balance}, spendable {spendable}")
        self.balance = balance
        self.spendable = spendable


@dataclass(frozen=True, slots=True)
class Posting:
    """One change of a member's account, as HQ's books get it."""

    member: str
    unit: Unit
    kind: Kind
    amount: int
    code: str


class Ledger:
    """The accounts on one connection. ``authority``: there is no HQ, credits are granted to ourselves.

    ``postings`` gathers what the present operation did; ``begin`` starts an operation.
    """

    def __init__(self, db: sqlite3.Connection, authority: bool) -> None:
        self._db = db
        self._authority = authority
        self._op = 0
        self._now_ms = 0
        self.postings: list[Posting] = []

    def begin(self, op: int, now_ms: int) -> None:
        """Everything until the next ``begin`` belongs to operation ``op``."""
        self._op = op
        self._now_ms = now_ms
        self.postings = []

    def balance(self, owner: str, unit: Unit) -> Balance:
        """The account of ``owner`` in ``unit``; opened when it is new."""
        return read_balance(self._db, owner, unit) or Balance(self._open(owner, unit), 0, 0, Rights())

    def live(self, owner: str, unit: Unit) -> Balance:
        """The account without what has lapsed by now, booked or not; never opened."""
        return read_live(self._db, owner, unit, self._now_ms)

    def held(self, member: str) -> Held:
        """All of a member's accounts, without what has lapsed by now."""
        return read_held(self._db, member, self._now_ms)

    def earn(self, member: str, unit: Unit, amount: int, code: str, expires_ms: int = NEVER_MS) -> None:
        """Credit what a sale, a top-up or a correction brought; a debt is paid first."""
        if not amount:
            return
        account = self.balance(member, unit).account
        self._credit(account, unit, ISSUED, amount, code, expires_ms)
        self._post(account, member, unit, "earn", amount, code)

    def spend(self, member: str, unit: Unit, amount: int, code: str, sale: str | None = None) -> None:
        """Debit within balance and rights (sync: I1), oldest lots first; raises Short and changes nothing."""
        if not amount:
            return
        self.expire(member, unit)
        held = self.balance(member, unit)
        if amount > held.spendable:
            raise Short(held.balance, held.spendable)
        uses, _ = use_up(self._lots(held.account), amount)
        self._use(uses, sale)
        self._move(held.account, self._house(REDEEMED, unit), amount, code)
        self._post(held.account, member, unit, "spend", amount, code)

    def unspend(self, member: str, unit: Unit, amount: int, code: str, sale: str) -> None:
        """Give back what ``sale`` spent, into the lots it came from, the last one used first."""
        if not amount:
            return
        held = self.balance(member, unit)
        self._move(self._house(REDEEMED, unit), held.account, amount, code)
        self._restore(held.account, sale, amount)
        # What an earlier incarnation spent is not reversed in this one (sync: I8): it comes back as a credit,
        # which HQ grants anew.
        reversible = min(amount, held.rights.spent - held.rights.reversed)
        self._post(held.account, member, unit, "reverse", reversible, code)
        self._post(held.account, member, unit, "earn", amount - reversible, code)

    def restorable(self, member: str, unit: Unit, sale: str) -> int:
        """How much of what ``sale`` spent has not been given back yet."""
        return read_restorable(self._db, member, unit, sale)

    def returning(self, member: str, unit: Unit, sale: str, amount: int) -> int:
        """How much of ``amount`` would come back to lots that have not lapsed."""
        return read_returning(self._db, member, unit, sale, amount, self._now_ms) if amount else 0

    def claw(self, member: str, unit: Unit, amount: int, code: str) -> int:
        """Take back earned ``amount``; what the live lots lack becomes a debt. Returns the debt made."""
        if not amount:
            return 0
        self.expire(member, unit)
        account = self.balance(member, unit).account
        debt = self._debit(account, unit, CLAWED, amount, code)
        self._post(account, member, unit, "claw", amount, code)
        return debt

    def claw_rest(self, member: str, unit: Unit, op: int, code: str) -> int:
        """Take back what is left of the credit that operation ``op`` brought; returns it. There is no debt."""
        self.expire(member, unit)
        account = self.balance(member, unit).account
        rows = self._db.execute(
            "SELECT id, remaining FROM lot WHERE account=? AND op=? AND remaining > 0", (account, op)
        ).fetchall()
        left = int(sum(remaining for _, remaining in rows))
        if left:
            self._use([Use(lot, remaining) for lot, remaining in rows], None)
            self._move(account, self._house(CLAWED, unit), left, code)
            self._post(account, member, unit, "claw", left, code)
        return left

    def expire(self, member: str, unit: Unit) -> int:
        """Let lots lapse whose time has come; returns how much lapsed."""
        account = self.balance(member, unit).account
        due = [lot for lot in self._lots(account) if lot.expires_ms <= self._now_ms]
        lapsed = sum(lot.remaining for lot in due)
        if lapsed:
            self._use([Use(lot.id, lot.remaining) for lot in due], None)
            self._move(account, self._house(EXPIRED, unit), lapsed, "expired")
            self._post(account, member, unit, "claw", lapsed, "expired")
        return lapsed

    def grant(self, member: str, unit: Unit, granted: int, elsewhere: int | None) -> None:
        """Merge what HQ says: rights by maximum; ``elsewhere`` (None: not yet to be believed) moves the balance."""
        held = self.balance(member, unit)
        if granted > held.rights.granted:
            self._total(held.account, "granted", granted - held.rights.granted)
        if elsewhere is None or elsewhere == held.rights.elsewhere:
            return
        change = elsewhere - held.rights.elsewhere
        if change > 0:
            self._credit(held.account, unit, ELSEWHERE, change, "elsewhere", NEVER_MS)
        else:
            self._debit(held.account, unit, ELSEWHERE, -change, "elsewhere")
        self._total(held.account, "elsewhere", change)

    # --- the pieces ---

    def _post(self, account: int, member: str, unit: Unit, kind: Kind, amount: int, code: str) -> None:
        """Count a change of ``account`` in its cumulative totals and note it for HQ's books."""
        if not amount:
            return
        self._total(account, _TOTAL_OF[kind], amount)
        if kind == "earn" and self._authority:
            self._total(account, "granted", amount)
        self.postings.append(Posting(member, unit, kind, amount, code))

    def _open(self, owner: str, unit: Unit) -> int:
        row = self._db.execute(
            "INSERT INTO account(owner, unit) VALUES(?, ?) RETURNING id", (owner, unit)
        ).fetchone()
        return int(row[0])

    def _house(self, owner: str, unit: Unit) -> int:
        return self.balance(owner, unit).account

    def _move(self, debit: int, credit: int, amount: int, code: str) -> None:
        self._db.execute(
            "INSERT INTO transfer(op, debit, credit, amount, code) VALUES(?, ?, ?, ?, ?)",
            (self._op, debit, credit, amount, code),
        )
        self._db.execute("UPDATE account SET debits = debits + ? WHERE id=?", (amount, debit))
        self._db.execute("UPDATE account SET credits = credits + ? WHERE id=?", (amount, credit))

    def _total(self, account: int, column: str, amount: int) -> None:
        # No upsert: the row it would insert first has to satisfy the table's CHECK by itself.
        change = f"UPDATE rights SET {column} = {column} + ? WHERE account=?"
        if not self._db.execute(change, (amount, account)).rowcount:
            self._db.execute("INSERT INTO rights(account) VALUES(?)", (account,))
            self._db.execute(change, (amount, account))

    def _credit(self, account: int, unit: Unit, house: str, amount: int, code: str, expires_ms: int) -> None:
        self._move(self._house(house, unit), account, amount, code)
        paid = self._pay_debt(account, amount)
        self._db.execute(
            "INSERT INTO lot(account, op, amount, remaining, expires_ms) VALUES(?, ?, ?, ?, ?)",
            (account, self._op, amount, amount - paid, expires_ms),
        )

    def _debit(self, account: int, unit: Unit, house: str, amount: int, code: str) -> int:
        uses, short = use_up(self._lots(account), amount)
        self._use(uses, None)
        self._move(account, self._house(house, unit), amount, code)
        if short:
            self._db.execute("UPDATE account SET debt = debt + ? WHERE id=?", (short, account))
        return short

    def _pay_debt(self, account: int, amount: int) -> int:
        debt = self._db.execute("SELECT debt FROM account WHERE id=?", (account,)).fetchone()[0]
        paid = min(int(debt), amount)
        if paid:
            self._db.execute("UPDATE account SET debt = debt - ? WHERE id=?", (paid, account))
        return paid

    def _lots(self, account: int) -> list[Lot]:
        rows = self._db.execute(
            "SELECT id, remaining, expires_ms FROM lot WHERE account=? AND remaining > 0"
            " ORDER BY expires_ms, id",
            (account,),
        )
        return [Lot(*row) for row in rows]

    def _use(self, uses: list[Use], sale: str | None) -> None:
        self._db.executemany(
            "UPDATE lot SET remaining = remaining - ? WHERE id=?", [(use.amount, use.lot) for use in uses]
        )
        self._db.executemany(
            "INSERT INTO lot_use(lot, op, sale, amount) VALUES(?, ?, ?, ?)",
            [(use.lot, self._op, sale, use.amount) for use in uses],
        )

    def _restore(self, account: int, sale: str, amount: int) -> None:
        open_uses = self._db.execute(
            "SELECT u.id, u.lot, u.amount - u.restored FROM lot_use u JOIN lot l ON l.id = u.lot"
            " WHERE u.sale=? AND l.account=? AND u.amount > u.restored ORDER BY u.id DESC",
            (sale, account),
        ).fetchall()
        for use, lot, left in open_uses:
            part = min(left, amount)
            if not part:
                break
            self._db.execute("UPDATE lot_use SET restored = restored + ? WHERE id=?", (part, use))
            paid = self._pay_debt(account, part)
            self._db.execute("UPDATE lot SET remaining = remaining + ? WHERE id=?", (part - paid, lot))
            amount -= part
        if amount:
            raise AssertionError(f"sale {sale} gives back {amount} more than it spent")
