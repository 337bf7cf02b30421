"""Goods and services in SQL, with their barcodes. What is in stock is in stock.py."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """An article or a service as the shop knows it; ``version`` is HQ's, 0 for the shop's own."""

    sku: str
    name: str
    cat1: str
    cat2: str
    cat3: str
    brand: str
    unit: str
    price_fen: int
    cost_fen: int | None
    is_service: int
    alert_milli: int | None
    best_before: str | None
    active: int
    version: int = 0


COLUMNS = ", ".join(GoodsRow.__slots__)
_UPDATES = ", ".join(f"{column}=excluded.{column}" for column in GoodsRow.__slots__[1:])


class Goods:
    """The tables goods and barcode on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def by_sku(self, sku: str) -> GoodsRow | None:
        return self.of([sku]).get(sku)

    def of(self, skus: Iterable[str]) -> dict[str, GoodsRow]:
        """Those of ``skus`` that are known, in one look-up."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM goods WHERE sku IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(list(skus)).decode(),),
        )
        return {row[0]: GoodsRow(*row) for row in rows}

    def by_barcode(self, code: str) -> GoodsRow | None:
        row = self._db.execute("SELECT sku FROM barcode WHERE code=?", (code,)).fetchone()
        return self.by_sku(row[0]) if row else None

    def beginning(self, text: str, limit: int) -> list[str]:
        """Numbers of goods on sale whose name begins with ``text``: a look into the index."""
        rows = self._db.execute(
            "SELECT sku FROM goods INDEXED BY goods_name WHERE active AND name >= ?1 AND name < ?1 || char(1114111)"
            " ORDER BY name LIMIT ?2",
            (text, limit),
        )
        return [sku for (sku,) in rows]

    def barcodes(self, skus: Sequence[str]) -> dict[str, list[str]]:
        """The barcodes of each of ``skus``, in order."""
        rows = self._db.execute(
            "SELECT sku, code FROM barcode WHERE sku IN (SELECT value FROM json_each(?)) ORDER BY code",
            (msgspec.json.encode(skus).decode(),),
        )
        found: dict[str, list[str]] = {sku: [] for sku in skus}
        for sku, code in rows:
            found[sku].append(code)
        return found

    def owners(self, codes: Sequence[str]) -> dict[str, str]:
        """Whose each of these barcodes is, as far as they are somebody's: {code: sku}."""
        rows = self._db.execute(
            "SELECT code, sku FROM barcode WHERE code IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(codes).decode(),),
        )
        return dict(rows.fetchall())

    def put(self, goods: GoodsRow, barcodes: Sequence[str] | None, op: int) -> None:
        """Write an article as it is now, with these barcodes (None: as they were), which are nobody else's any more."""
        self._db.execute(
            f"INSERT INTO goods({COLUMNS}, op) VALUES({', '.join('?' for _ in GoodsRow.__slots__)}, ?)"
            f" ON CONFLICT(sku) DO UPDATE SET {_UPDATES}, op=excluded.op",
            (*(getattr(goods, column) for column in GoodsRow.__slots__), op),
        )
        if barcodes is None:
            return
        self._db.execute("DELETE FROM barcode WHERE sku=?", (goods.sku,))
        self._db.executemany(
            "INSERT INTO barcode(code, sku) VALUES(?, ?) ON CONFLICT(code) DO UPDATE SET sku=excluded.sku",
            [(code, goods.sku) for code in barcodes],
        )
