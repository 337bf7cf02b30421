"""Stock in SQL: how much of each article, what it cost, every movement, transfers between stores."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.domain.stock import Holding


@dataclass(frozen=True, slots=True)
class Movement:
    """One article that came (above 0) or went; ``line`` is that of the sale ``subject``."""

    sku: str
    kind: str
    qty_milli: int
    value_fen: int
    net_fen: int = 0
    subject: str = ""
    line: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SoldPart:
    """What is still out of one line of a sale, or of one of its gifts: quantity, cost and price."""

    sku: str
    kind: str
    line: int | None
    qty_milli: int
    value_fen: int
    net_fen: int


class Stock:
    """The tables stock, movement and stock_transfer on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def holdings(self, skus: Iterable[str]) -> dict[str, Holding]:
        """What there is of each of ``skus``; what never moved is not named."""
        rows = self._db.execute(
            "SELECT sku, qty_milli, value_fen FROM stock WHERE sku IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(list(skus)).decode(),),
        )
        return {sku: Holding(qty, value) for sku, qty, value in rows}

    def holding(self, sku: str) -> Holding:
        return self.holdings([sku]).get(sku, Holding())

    def moved(
        self, op: int, day: str, holdings: Mapping[str, Holding], movements: Sequence[Movement]
    ) -> None:
        """Write movements, and what there is after them of each article that moved."""
        self._db.executemany(
            "INSERT INTO stock(sku, qty_milli, value_fen) VALUES(?, ?, ?) ON CONFLICT(sku)"
            " DO UPDATE SET qty_milli=excluded.qty_milli, value_fen=excluded.value_fen",
            [(sku, holding.qty_milli, holding.value_fen) for sku, holding in holdings.items()],
        )
        self._db.executemany(
            "INSERT INTO movement(op, business_date, sku, kind, qty_milli, value_fen, net_fen, subject, line, why)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (op, day, *(getattr(movement, column) for column in Movement.__slots__))
                for movement in movements
            ],
        )

    def out_with(self, sale: str) -> list[SoldPart]:
        """What went out with a sale and has not come back, by line; gifts have none. Amounts are above 0."""
        rows = self._db.execute(
            "SELECT sku, min(iif(kind = 'gift', 'gift', 'sale')), line, -sum(qty_milli), -sum(value_fen),"
            " sum(net_fen) FROM movement WHERE subject=? AND kind IN ('sale', 'refund', 'gift')"
            " GROUP BY line, sku ORDER BY line, sku",
            (sale,),
        )
        return [SoldPart(*row) for row in rows]

    # --- transfers ---

    def send(self, transfer: str, op: int, stores: tuple[str, str], lines: list[Any], now_ms: int) -> None:
        """Write down what was sent from one store to another: [[sku, qty_milli, value_fen], …]."""
        self._db.execute(
            "INSERT INTO stock_transfer(id, op, from_store, to_store, lines, sent_ms) VALUES(?, ?, ?, ?, ?, ?)",
            (transfer, op, *stores, msgspec.json.encode(lines).decode(), now_ms),
        )

    def transfer(self, transfer: str) -> tuple[str, str, list[tuple[str, int, int]], int | None] | None:
        """(from, to, lines, when it was received) of a transfer that this store has heard of."""
        row = self._db.execute(
            "SELECT from_store, to_store, lines, received_ms FROM stock_transfer WHERE id=?", (transfer,)
        ).fetchone()
        if row is None:
            return None
        return row[0], row[1], msgspec.json.decode(row[2], type=list[tuple[str, int, int]]), row[3]

    def received(self, transfer: str, now_ms: int) -> None:
        """It is here."""
        self._db.execute("UPDATE stock_transfer SET received_ms=? WHERE id=?", (now_ms, transfer))
