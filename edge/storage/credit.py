"""Credit sales in SQL: what was sold on credit, when it is due, and how much of it has been settled."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreditSale:
    """A sale on credit. ``settled_fen`` was repaid or refunded; ``overdue_ms`` is when its last day is over."""

    sale: str
    member: str
    amount_fen: int
    settled_fen: int
    due_day: str
    overdue_ms: int

    @property
    def open_fen(self) -> int:
        return self.amount_fen - self.settled_fen


COLUMNS = ", ".join(CreditSale.__slots__)


class Credit:
    """The table of credit sales on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, sold: CreditSale) -> None:
        """Write a new credit sale; the sale itself is there already."""
        self._db.execute(
            f"INSERT INTO credit_sale({COLUMNS}) VALUES(?, ?, ?, ?, ?, ?)",
            tuple(getattr(sold, column) for column in CreditSale.__slots__),
        )

    def of_sale(self, sale: str) -> CreditSale | None:
        """What ``sale`` left owing."""
        row = self._db.execute(f"SELECT {COLUMNS} FROM credit_sale WHERE sale=?", (sale,)).fetchone()
        return CreditSale(*row) if row else None

    def open_of(self, member: str) -> list[CreditSale]:
        """What the member still owes, the oldest day first; of one day in the order of the sales."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM credit_sale WHERE member=? AND settled_fen < amount_fen"
            " ORDER BY due_day, (SELECT op FROM sale WHERE id = credit_sale.sale)",
            (member,),
        )
        return [CreditSale(*row) for row in rows]

    def settle(self, sale: str, fen: int) -> None:
        """Count ``fen`` of what was owed as settled."""
        self._db.execute("UPDATE credit_sale SET settled_fen = settled_fen + ? WHERE sale=?", (fen, sale))

    def owing(self, overdue_by_ms: int | None, limit: int) -> list[CreditSale]:
        """All that is owed, the oldest day first; only what was overdue at ``overdue_by_ms`` where that is given."""
        where, values = ("", ()) if overdue_by_ms is None else (" AND overdue_ms <= ?", (overdue_by_ms,))
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM credit_sale WHERE settled_fen < amount_fen{where}"
            " ORDER BY due_day, sale LIMIT ?",
            (*values, limit),
        )
        return [CreditSale(*row) for row in rows]
