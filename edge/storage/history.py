"""What has been sold, read without touching it: for explaining a receipt and for replaying all of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.errors import StorageError
from edge.storage.bundles import Bundles
from edge.storage.sales import SaleRow, Sales

FIRST_DAY, LAST_DAY = "0000-01-01", "9999-12-31"


@dataclass(frozen=True, slots=True)
class Span:
    """Business days from ``first`` to ``last`` (ISO 8601), both inclusive."""

    first: str = FIRST_DAY
    last: str = LAST_DAY


@dataclass(frozen=True, slots=True)
class PastSale:
    """As much of a sale as a replay needs; ``request`` is what the rules were asked (JSON)."""

    receipt_no: str
    business_date: str
    bundle: str
    net_fen: int
    points: int
    request: bytes


@dataclass(frozen=True, slots=True)
class PastRefund:
    """A refund: which sale it belongs to, and its record (JSON)."""

    receipt_no: str
    sale: str
    record: str


class History:
    """The sales of one ledger, their refunds, and the bundles that decided them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.sales = Sales(db)
        self.bundles = Bundles(db)

    def sale(self, reference: str) -> SaleRow | None:
        """A sale by its receipt number or its id."""
        return self.sales.by_id(reference)

    def refund(self, reference: str) -> PastRefund | None:
        """A refund by its receipt number or its id."""
        row = self._db.execute(
            "SELECT receipt_no, sale, record FROM refund WHERE receipt_no=? OR id=?", (reference, reference)
        ).fetchone()
        return PastRefund(*row) if row else None

    def refunds_of(self, sale: str) -> list[PastRefund]:
        """What came back of a sale, in order."""
        rows = self._db.execute(
            "SELECT receipt_no, sale, record FROM refund WHERE sale=? ORDER BY op", (sale,)
        )
        return [PastRefund(*row) for row in rows]

    def newest_day(self) -> str | None:
        """The business day of the latest sale."""
        row = self._db.execute("SELECT max(business_date) FROM sale").fetchone()
        return str(row[0]) if row[0] else None

    def count(self, span: Span) -> int:
        """How many sales ``past`` will give."""
        row = self._db.execute(
            "SELECT count(*) FROM sale WHERE business_date BETWEEN ? AND ?", (span.first, span.last)
        ).fetchone()
        return int(row[0])

    def past(self, span: Span) -> Iterator[PastSale]:
        """The sales of these days, oldest first, one at a time: memory does not grow with them."""
        rows = self._db.execute(
            "SELECT receipt_no, business_date, bundle, net_fen, points_earned, CAST(kernel_request AS BLOB)"
            " FROM sale WHERE business_date BETWEEN ? AND ? ORDER BY business_date, at_ms, id",
            (span.first, span.last),
        )
        return (PastSale(*row) for row in rows)


def unwritten(path: Path) -> str:
    """The URI that opens a ledger for reading, whether or not the daemon has it, and leaves nothing beside it.

    Without a WAL beside it the file was closed cleanly, and reading must not leave one there, owned by us.
    """
    how = "mode=ro" if _wal(path).exists() else "immutable=1"
    return f"file:{path}?{how}"


def open_unwritten(path: Path) -> sqlite3.Connection:
    """Open a ledger so (``unwritten``)."""
    return sqlite3.connect(unwritten(path), uri=True, isolation_level=None)


@contextmanager
def history(path: Path) -> Iterator[History]:
    """The history of the ledger at ``path``; raises StorageError where it cannot be read or changed meanwhile."""
    if not path.is_file():
        raise StorageError(f"{path}: no such ledger")
    at_rest = not _wal(path).exists()
    try:
        with closing(open_unwritten(path)) as db:
            db.execute("PRAGMA query_only=ON")
            yield History(db)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
    if at_rest and _wal(path).exists():
        raise StorageError(f"{path} was opened by the daemon while it was read: run the command again")


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
