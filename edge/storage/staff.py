"""Staff in SQL: who works here, in which role, known by card or PIN; and who was signed in for an operation."""

import sqlite3
from dataclasses import dataclass

from edge.domain.staff import Actor, Role


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One person; ``pin`` is sealed (edge.counter.pins), nobody can read it back."""

    id: str
    name: str
    role: Role
    card: str | None
    pin: str | None
    active: bool


_SELECT = "SELECT id, name, role, card, pin, active FROM staff"


class Staff:
    """The staff table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def anybody(self) -> bool:
        """Whether anybody is registered and active; where nobody is the shop is an open one."""
        return self._db.execute("SELECT 1 FROM staff WHERE active=1 LIMIT 1").fetchone() is not None

    def by_id(self, person: str) -> StaffRow | None:
        """The person with this id, active or not."""
        row = self._db.execute(f"{_SELECT} WHERE id=?", (person,)).fetchone()
        return _person(row) if row else None

    def by_card(self, number: str) -> StaffRow | None:
        """The person who has this card, active or not."""
        row = self._db.execute(f"{_SELECT} WHERE card=?", (number,)).fetchone()
        return _person(row) if row else None

    def everybody(self) -> list[StaffRow]:
        """All who were ever registered, by id."""
        return [_person(row) for row in self._db.execute(f"{_SELECT} ORDER BY id")]

    def put(self, person: StaffRow, op: int) -> None:
        """Write a person, new or changed."""
        self._db.execute(
            "INSERT INTO staff(id, name, role, card, pin, active, op) VALUES(?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(id) DO UPDATE SET name=excluded.name, role=excluded.role, card=excluded.card,"
            " pin=excluded.pin, active=excluded.active, op=excluded.op",
            (person.id, person.name, person.role, person.card, person.pin, int(person.active), op),
        )

    def signed_in(self, op: int, actor: Actor) -> None:
        """Write down who was signed in at the till when it asked for operation ``op``."""
        self._db.execute(
            "INSERT INTO op_staff(op, staff, role) VALUES(?, ?, ?)", (op, actor.staff, actor.role)
        )


def _person(row: tuple[str, str, Role, str | None, str | None, int]) -> StaffRow:
    person, name, role, card, pin, active = row
    return StaffRow(person, name, role, card, pin, bool(active))
