"""Cards that HQ has stopped, whether or not this store knows them."""

import sqlite3


class HotCards:
    """The hot_card table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def state(self, number: str) -> str | None:
        """What HQ says of a number; None where it says nothing."""
        row = self._db.execute("SELECT state FROM hot_card WHERE number=?", (number,)).fetchone()
        return str(row[0]) if row else None

    def put(self, number: str, state: str) -> None:
        """HQ says that the number is in this state; an active one is not hot."""
        self._db.execute("DELETE FROM hot_card WHERE number=?", (number,))
        if state != "active":
            self._db.execute("INSERT INTO hot_card(number, state) VALUES(?, ?)", (number, state))
