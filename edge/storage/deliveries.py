"""Deliveries in SQL: what was promised to be brought, when, by whom and to whom."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery; ``day`` is an ISO 8601 day, ``hours`` and ``who`` (brings it) are words."""

    id: str
    member: str | None
    sale: str | None
    what: str
    day: str
    hours: str
    who: str
    address: str
    phone: str
    state: str
    done_ms: int | None = None


COLUMNS = ", ".join(DeliveryRow.__slots__)


class Deliveries:
    """The delivery table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, row: DeliveryRow, op: int) -> None:
        """Write a new delivery."""
        marks = ", ".join("?" for _ in DeliveryRow.__slots__)
        values = (getattr(row, column) for column in DeliveryRow.__slots__)
        self._db.execute(f"INSERT INTO delivery({COLUMNS}, op) VALUES({marks}, ?)", (*values, op))

    def by_id(self, delivery: str) -> DeliveryRow | None:
        """One delivery."""
        row = self._db.execute(f"SELECT {COLUMNS} FROM delivery WHERE id=?", (delivery,)).fetchone()
        return DeliveryRow(*row) if row else None

    def end(self, delivery: str, state: str, who: str, at_ms: int) -> None:
        """It was brought, or nobody wants it any more."""
        self._db.execute(
            "UPDATE delivery SET state=?, who=?, done_ms=? WHERE id=?", (state, who, at_ms, delivery)
        )

    def open_until(self, day: str, limit: int) -> list[DeliveryRow]:
        """What is still to be brought on ``day`` or before, the earliest first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM delivery WHERE state='open' AND day <= ? ORDER BY day, hours, op LIMIT ?",
            (day, limit),
        )
        return [DeliveryRow(*row) for row in rows]

    def of_day(self, day: str, limit: int) -> list[DeliveryRow]:
        """All of one day, whatever became of them."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM delivery WHERE day=? ORDER BY hours, op LIMIT ?", (day, limit)
        )
        return [DeliveryRow(*row) for row in rows]

    def of_member(self, member: str, limit: int) -> list[DeliveryRow]:
        """All of one member, the latest first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM delivery WHERE member=? ORDER BY day DESC, op DESC LIMIT ?",
            (member, limit),
        )
        return [DeliveryRow(*row) for row in rows]
