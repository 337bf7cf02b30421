"""Members by whatever a technician knows of them, read from a ledger that may be in use."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from edge.domain.member import Member
from edge.domain.units import GIFT, POINTS, STORED
from edge.errors import StorageError
from edge.storage.balances import read_balance
from edge.storage.history import open_unwritten
from edge.storage.members import COLUMNS, member_of

PHONE_DIGITS_MIN = 4


class Found(NamedTuple):
    """A member, and what they hold; ``stored_fen`` with what came as a gift."""

    member: Member
    points: int
    stored_fen: int


def search(path: Path, query: str, limit: int) -> list[Found]:
    """Whoever has this id, number (an old card's too) or phone end, or this in the name; raises StorageError."""
    if not path.is_file():
        raise StorageError(f"{path}: no such ledger")
    number = query.replace("-", "").replace(" ", "").upper()
    phone = number if number.isdigit() and len(number) >= PHONE_DIGITS_MIN else "-"
    try:
        with closing(open_unwritten(path)) as db:
            rows = db.execute(
                f"SELECT {COLUMNS} FROM member WHERE id IN (:number, :query) OR id IN"
                " (SELECT member FROM card WHERE number IN (:number, :query))"
                " OR phone LIKE '%' || :phone OR instr(name, :query) ORDER BY card_no LIMIT :limit",
                {"number": number, "query": query, "phone": phone, "limit": limit},
            )
            return [_found(db, member_of(row)) for row in rows.fetchall()]
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error


def _found(db: sqlite3.Connection, member: Member) -> Found:
    points, *stored = (read_balance(db, member.id, unit) for unit in (POINTS, STORED, GIFT))
    return Found(member, points.balance if points else 0, sum(held.balance for held in stored if held))
