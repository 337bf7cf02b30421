"""What somebody wants to know of goods and stock that takes its time: read in a thread of its own."""

from pathlib import Path
from typing import Any

from edge.storage.reader import reading


async def named(path: Path, text: str, limit: int) -> list[str]:
    """Numbers of goods on sale with ``text`` anywhere in their name: a look at every name."""
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = (
        "SELECT sku FROM goods INDEXED BY goods_name WHERE active AND name LIKE '%' || ? || '%' ESCAPE '\\'"
        " ORDER BY name LIMIT ?"
    )
    return [str(sku) for (sku,) in await _asked(path, query, (pattern, limit))]


async def listed(
    path: Path, low_before: str | None, category: str, after: str, limit: int
) -> list[tuple[Any, ...]]:
    """Goods that are kept in stock, by sku: (sku, name, unit, qty, value, cost, alert, best date).

    ``low_before`` leaves only those at their alert level, or whose best date is not after it.
    """
    query = (
        "SELECT g.sku, g.name, g.unit, coalesce(s.qty_milli, 0), coalesce(s.value_fen, 0), g.cost_fen,"
        " g.alert_milli, g.best_before FROM goods g LEFT JOIN stock s ON s.sku = g.sku"
        " WHERE NOT g.is_service AND (g.active OR s.qty_milli <> 0) AND g.sku > :after"
        " AND (:category = '' OR :category IN (g.cat1, g.cat2, g.cat3))"
        " AND (:low IS NULL OR coalesce(s.qty_milli, 0) <= g.alert_milli"
        "   OR (g.best_before <= :low AND s.qty_milli > 0))"
        " ORDER BY g.sku LIMIT :limit"
    )
    return await _asked(
        path, query, {"after": after, "category": category, "low": low_before, "limit": limit}
    )


async def movements_of(
    path: Path, sku: str, first: str, last: str, before: int, limit: int
) -> list[tuple[Any, ...]]:
    """Movements of an article, newest first: (id, day, kind, qty, value, net, subject, why, time)."""
    query = (
        "SELECT m.id, m.business_date, m.kind, m.qty_milli, m.value_fen, m.net_fen, m.subject, m.why, o.at_ms"
        " FROM movement m JOIN op o ON o.seq = m.op WHERE m.sku = ? AND m.id < ?"
        " AND m.business_date BETWEEN ? AND ? ORDER BY m.id DESC LIMIT ?"
    )
    return await _asked(path, query, (sku, before, first, last, limit))


async def profits(path: Path, first: str, last: str, by: str, limit: int) -> list[tuple[Any, ...]]:
    """(what, quantity, net of the sales, cost) of what was sold from stock, the greatest sales first."""
    what = {"sku": "g.sku", "category": "g.cat1", "brand": "g.brand"}[by]
    query = (
        f"SELECT {what}, -sum(m.qty_milli), sum(m.net_fen), -sum(m.value_fen) FROM movement m"
        " JOIN goods g ON g.sku = m.sku WHERE m.kind IN ('sale', 'refund', 'gift', 'cost')"
        f" AND m.business_date BETWEEN ? AND ? GROUP BY {what} ORDER BY 3 DESC, 1 LIMIT ?"
    )
    return await _asked(path, query, (first, last, limit))


async def prices_of(path: Path, sku: str, limit: int) -> list[tuple[int, int]]:
    """(since when in ms, fen) of an article's shelf prices, newest first."""
    query = "SELECT since_ms, price_fen FROM shelf_price WHERE sku=? ORDER BY since_ms DESC LIMIT ?"
    return [(int(since), int(fen)) for since, fen in await _asked(path, query, (sku, limit))]


async def _asked(path: Path, query: str, values: Any) -> list[tuple[Any, ...]]:
    async with reading(path) as db:
        return [tuple(row) for row in await db.execute_fetchall(query, values)]
