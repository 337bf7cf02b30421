"""Every rule bundle that a receipt was decided under, kept for as long as the receipt can be replayed."""

import sqlite3


class Bundles:
    """The bundle table on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def keep(self, digest: str, version: int, body: bytes, now_ms: int) -> None:
        """Store a bundle once."""
        self._db.execute(
            "INSERT OR IGNORE INTO bundle(hash, version, body, activated_ms) VALUES(?, ?, ?, ?)",
            (digest, version, body, now_ms),
        )

    def body(self, digest: str) -> bytes | None:
        """The bundle as it was when it decided."""
        row = self._db.execute("SELECT body FROM bundle WHERE hash=?", (digest,)).fetchone()
        return bytes(row[0]) if row else None
