"""One life of one database: a random nonce that HQ grants rights to, replaced whenever the life may have forked."""

import os
import sqlite3
from pathlib import Path

from sync.envelope import GENESIS


def fresh_incarnation(db: sqlite3.Connection, now_ms: int, why: str, *, authority: bool = False) -> str:
    """Begin a new incarnation with zero rights, inside the caller's transaction; returns its nonce.

    Balances stay: what the ledger holds now becomes the part that came from ``elsewhere``. A store that is its
    own ``authority`` grants all of it to itself again: there is nobody else who could spend it too.
    """
    nonce = os.urandom(16).hex()
    db.execute("INSERT INTO incarnation(nonce, opened_ms, why) VALUES(?, ?, ?)", (nonce, now_ms, why))
    db.execute(
        "INSERT INTO sync_line VALUES(1, ?, 1, 1, 0, ?, ?, 0, 1, 0) ON CONFLICT(one) DO UPDATE"
        " SET nonce=excluded.nonce, grants_version=0, fence=next",
        (nonce, GENESIS, GENESIS),
    )
    db.execute("DELETE FROM rights")
    db.execute(
        "INSERT INTO rights(account, elsewhere, granted)"
        " SELECT id, credits - debits, iif(?, max(0, credits - debits), 0) FROM account"
        " WHERE substr(owner, 1, 1) <> '#'",
        (authority,),
    )
    return nonce


def same_place(db: sqlite3.Connection, path: Path, *, mark: bool = False) -> bool:
    """Whether the file still lies where its incarnation began (machine id and inode); ``mark`` writes it anew.

    A copy has another inode, a disk put into another box another machine id: both could spend twice.
    """
    place = f"{_machine_id()}:{path.stat().st_ino}"
    known = db.execute("SELECT value FROM meta WHERE key='place'").fetchone()
    if known is None or mark:
        db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('place', ?)", (place,))
        return True
    return bool(known[0] == place)


def _machine_id() -> str:
    try:
        return Path("/etc/machine-id").read_text("ascii").strip()
    except OSError:
        return "unknown"
