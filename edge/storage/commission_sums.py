"""Sums of commission, read in a thread of their own."""

from dataclasses import dataclass
from pathlib import Path

from edge.storage.reader import reading


@dataclass(frozen=True, slots=True)
class CommissionSum:
    """What one salesperson has by one rule: of so many receipts, on how much, how much."""

    salesperson: str
    rule: str
    receipts: int
    base_fen: int
    fen: int


async def commission_sums(
    path: Path, first_day: str, last_day: str, salesperson: str | None
) -> list[CommissionSum]:
    """The sums of business days, both inclusive, by salesperson and rule."""
    async with reading(path) as db:
        rows = await db.execute_fetchall(
            "SELECT salesperson, rule, count(DISTINCT subject), sum(base_fen), sum(fen) FROM commission"
            " WHERE business_date BETWEEN ? AND ? AND (? IS NULL OR salesperson = ?)"
            " GROUP BY salesperson, rule ORDER BY salesperson, rule",
            (first_day, last_day, salesperson, salesperson),
        )
    return [CommissionSum(*row) for row in rows]
