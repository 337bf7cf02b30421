"""Members in SQL. Balances are not here: they are accounts (ledger.py)."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from edge.domain.member import Member

COLUMNS = (
    "id, card_no, name, tier, home, registered_ms, phone, gender, birthday, referrer, cumulative_fen,"
    " visits, status, birthday_calendar, valid_until, birth_year, region, salesperson, consent, base_fen,"
    " base_visits, tier_since, bought_on, warned_on, tags"
)

CANDIDATES_MAX = 20
"""A phone suffix that matches more members than this is too short to choose from."""

WHOLE_PHONE_DIGITS = 11
"""So many digits are a whole number; fewer, at least four, the end of one."""


def member_of(row: Sequence[Any]) -> Member:
    """A row of ``COLUMNS`` as a Member."""
    fields: list[Any] = [*row[:-1], tuple(msgspec.json.decode(row[-1]))]
    return Member(*fields)


class Members:
    """The member table on one connection, for reading and for writing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def by_id(self, member: str) -> Member | None:
        return self._one("id=?", member)

    def by_card(self, card_no: str) -> Member | None:
        """The member whom an active number leads to: a card's, or a UID. Others lead to nobody (cards.py)."""
        return self._one("id = (SELECT member FROM card WHERE number=? AND state='active')", card_no)

    def by_phone(self, digits: str) -> list[Member]:
        """Members whose phone ends in ``digits``, at most CANDIDATES_MAX + 1."""
        # Both by index: this is looked up on the loop, where a scan of 100,000 members would be felt.
        found = "INDEXED BY member_phone WHERE phone = :digits"
        if len(digits) < WHOLE_PHONE_DIGITS:
            end = "substr(phone, -4) = substr(:digits, -4) AND phone LIKE '%' || :digits"
            found = f"INDEXED BY member_phone_end WHERE {end}"
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM member {found} AND phone <> '' ORDER BY card_no LIMIT :most",
            {"digits": digits, "most": CANDIDATES_MAX + 1},
        )
        return [member_of(row) for row in rows]

    def holders(self, phone: str) -> list[Member]:
        """Whoever gave just this phone, those apart whose membership was cancelled."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM member WHERE phone=? AND phone <> '' AND status <> 'cancelled' LIMIT 8",
            (phone,),
        )
        return [member_of(row) for row in rows]

    def referrers(self, member: str, levels: int) -> list[str]:
        """The chain above ``member``, nearest first, at most ``levels`` long and never in a circle."""
        chain: list[str] = []
        seen = {member}
        row = self._db.execute("SELECT referrer FROM member WHERE id=?", (member,)).fetchone()
        while row and row[0] and row[0] not in seen and len(chain) < levels:
            chain.append(row[0])
            seen.add(row[0])
            row = self._db.execute("SELECT referrer FROM member WHERE id=?", (row[0],)).fetchone()
        return chain

    def insert(self, member: Member) -> None:
        """Write a new member, and the card as active; nobody may ever have had its number."""
        self._db.execute(
            f"INSERT INTO member({COLUMNS}) VALUES({', '.join('?' for _ in Member.__slots__)})",
            (
                *(getattr(member, field) for field in Member.__slots__[:-1]),
                msgspec.json.encode(member.tags).decode(),
            ),
        )
        self._db.execute(
            "INSERT INTO card(number, member, medium, state, since_ms) VALUES(?, ?, 'card', 'active', ?)",
            (member.card_no, member.id, member.registered_ms),
        )

    def rewrite(self, former: Member, changed: Member) -> tuple[str, ...]:
        """Write what differs; returns the names of the columns."""
        columns = tuple(name for name in Member.__slots__ if getattr(former, name) != getattr(changed, name))
        values = [getattr(changed, name) for name in columns]
        stored = [msgspec.json.encode(v).decode() if isinstance(v, tuple) else v for v in values]
        if columns:
            assignments = ", ".join(f"{name}=?" for name in columns)
            self._db.execute(f"UPDATE member SET {assignments} WHERE id=?", (*stored, former.id))
        return columns

    def ecard(self, member: str) -> tuple[str | None, int]:
        """The key of the member's e-card (None: there is none), and the time step of its last code that counted."""
        row = self._db.execute("SELECT qr_key, qr_step FROM member WHERE id=?", (member,)).fetchone()
        return row[0], row[1]

    def set_ecard(self, member: str, key: str | None) -> None:
        """Give the member a new key, or none: codes of the former one count no more."""
        self._db.execute("UPDATE member SET qr_key=?, qr_step=0 WHERE id=?", (key, member))

    def ecard_shown(self, member: str, step: int) -> None:
        """The code of this time step has counted."""
        self._db.execute("UPDATE member SET qr_step=? WHERE id=?", (step, member))

    def bought(self, member: str, due_fen: int, tier: str, day: str) -> None:
        """Count a purchase towards the tier; the tier it led to is held since business day ``day``."""
        self._db.execute(
            "UPDATE member SET cumulative_fen = cumulative_fen + ?, visits = visits + 1, bought_on = ?,"
            " warned_on = NULL, tier_since = iif(tier = ?, tier_since, ?), tier = ? WHERE id=?",
            (due_fen, day, tier, day, tier, member),
        )

    def set_tier(self, member: str, tier: str, since: str) -> None:
        """Move a member to a tier on business day ``since``."""
        self._db.execute("UPDATE member SET tier=?, tier_since=? WHERE id=?", (tier, since, member))

    def brought_back(self, member: str, fen: int, visits: int = 0) -> None:
        """Take a refund, or the visit too, off what counts towards the tier; the tier itself stays until its review."""
        self._db.execute(
            "UPDATE member SET cumulative_fen = cumulative_fen - ?, visits = visits - ? WHERE id=?",
            (fen, visits, member),
        )

    def _one(self, where: str, value: str) -> Member | None:
        row = self._db.execute(f"SELECT {COLUMNS} FROM member WHERE {where}", (value,)).fetchone()
        return member_of(row) if row else None
