"""What the shelf said when: a row for every change of a price."""

import sqlite3
from collections.abc import Iterable


class ShelfPrices:
    """The table of shelf prices on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def lowest(self, sku: str, since_ms: int) -> int | None:
        """The lowest price (fen) in force at ``since_ms`` or after it; None where none is known."""
        row = self._db.execute(
            "SELECT min(price_fen) FROM shelf_price WHERE sku=?1 AND since_ms >= coalesce("
            " (SELECT max(since_ms) FROM shelf_price WHERE sku=?1 AND since_ms <= ?2), 0)",
            (sku, since_ms),
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def see(self, prices: Iterable[tuple[str, int]], now_ms: int) -> None:
        """Note what the shelf says now, as (sku, fen); only a change makes a row."""
        self._db.executemany(
            "INSERT INTO shelf_price(sku, since_ms, price_fen) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT"
            " (SELECT price_fen FROM shelf_price WHERE sku=?1 ORDER BY since_ms DESC LIMIT 1)"
            " ON CONFLICT DO UPDATE SET price_fen = min(price_fen, excluded.price_fen)",
            [(sku, now_ms, fen) for sku, fen in prices],
        )
