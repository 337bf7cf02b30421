"""The contact log in SQL: notes of what was said, and calls that somebody still has to make."""

import sqlite3
from dataclasses import dataclass
from typing import Literal

NoteKind = Literal["note", "call"]
COLUMNS = "id, member, kind, text, by, at_ms, due, outcome, done_by, done_ms"


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note, or a call with the day it is due; a call with an ``outcome`` has been made."""

    id: str
    member: str
    kind: NoteKind
    text: str
    by: str
    at_ms: int
    due: str | None = None
    outcome: str | None = None
    done_by: str | None = None
    done_ms: int | None = None


class Notes:
    """The note table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, note: NoteRow, op: int) -> None:
        """Write a new entry."""
        self._db.execute(
            f"INSERT INTO note({COLUMNS}, op) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*(getattr(note, column) for column in NoteRow.__slots__), op),
        )

    def by_id(self, note: str) -> NoteRow | None:
        """One entry."""
        row = self._db.execute(f"SELECT {COLUMNS} FROM note WHERE id=?", (note,)).fetchone()
        return NoteRow(*row) if row else None

    def latest(self, member: str, limit: int) -> list[NoteRow]:
        """What is behind the member: notes, and calls that were made; the newest first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM note WHERE member=? AND (kind='note' OR outcome IS NOT NULL)"
            " ORDER BY at_ms DESC, id DESC LIMIT ?",
            (member, limit),
        )
        return [NoteRow(*row) for row in rows]

    def open_calls(self, member: str, limit: int) -> list[NoteRow]:
        """Calls still to be made, the one that is due first first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM note WHERE member=? AND kind='call' AND outcome IS NULL"
            " ORDER BY due, id LIMIT ?",
            (member, limit),
        )
        return [NoteRow(*row) for row in rows]

    def done(self, call: str, outcome: str, by: str, now_ms: int) -> None:
        """Write down what came of a call."""
        self._db.execute(
            "UPDATE note SET outcome=?, done_by=?, done_ms=? WHERE id=?", (outcome, by, now_ms, call)
        )
