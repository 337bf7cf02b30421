"""Family members in SQL: names and birthdays that a shop likes to know of."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain.lunar import Calendar


@dataclass(frozen=True, slots=True)
class KinRow:
    """Somebody of a member's family; ``birthday`` is MMDD."""

    name: str
    relation: str
    birthday: int | None
    birthday_calendar: Calendar


class Kin:
    """The kin table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of_member(self, member: str) -> list[KinRow]:
        """The member's family, as it was listed."""
        rows = self._db.execute(
            "SELECT name, relation, birthday, birthday_calendar FROM kin WHERE member=? ORDER BY place",
            (member,),
        )
        return [KinRow(*row) for row in rows]

    def rewrite(self, member: str, family: Sequence[KinRow]) -> None:
        """List the family anew."""
        self._db.execute("DELETE FROM kin WHERE member=?", (member,))
        self._db.executemany(
            "INSERT INTO kin(member, place, name, relation, birthday, birthday_calendar) VALUES(?, ?, ?, ?, ?, ?)",
            [
                (member, place, one.name, one.relation, one.birthday, one.birthday_calendar)
                for place, one in enumerate(family)
            ],
        )
