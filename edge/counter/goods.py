"""Goods and services: found by number, barcode or name; put there by an import or by HQ, prices with their history."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec

from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Fen, Name, Reply, Request, Text
from edge.domain.barcodes import weighed
from edge.domain.dates import DAY_MS
from edge.storage.goods import Goods, GoodsRow
from edge.storage.stock_reports import named, prices_of
from edge.storage.transaction import Transaction

HISTORY_DAYS = 30
"""The days whose lowest price a reduced price is compared with (EU Omnibus), unless the programme says other ones."""

Milli = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Barcode = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,32}$")]


class LookupRequest(Request, frozen=True):
    """By number or barcode, of which there is one at most; or by a part of the name, up to ``limit``."""

    by: Literal["sku", "barcode", "name"]
    value: Word
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20


class Article(Reply, frozen=True):
    """An article or service; ``category`` is the narrowest of its levels, as a basket's line takes it.

    ``lowest_fen`` is the lowest shelf price of late; ``stock_milli`` is null for what is not kept in stock.
    """

    sku: str
    name: str
    category: str
    categories: tuple[str, ...]
    brand: str
    unit: str
    price_fen: int
    lowest_fen: int
    is_service: bool
    active: bool
    barcodes: tuple[str, ...]
    stock_milli: int | None
    best_before: str | None


class LookupReply(Reply, frozen=True):
    """What was found; ``qty_milli`` and ``amount_fen`` are what a scale printed into the barcode."""

    goods: tuple[Article, ...]
    qty_milli: int | None = None
    amount_fen: int | None = None


class PricesRequest(Request, frozen=True):
    """The shelf prices of an article, newest first."""

    sku: Word
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ShelfPrice(Reply, frozen=True):
    """What the shelf said from ``since`` on."""

    since: str
    price_fen: int


class PricesReply(Reply, frozen=True):
    """Every price that the box has seen; ``lowest_fen`` is the lowest of the last ``days`` (null: none known)."""

    sku: str
    days: int
    lowest_fen: int | None
    prices: tuple[ShelfPrice, ...]


class GoodsEntry(Request, frozen=True):
    """An article as it shall be. What is left out is empty: an entry says all that is known."""

    sku: Word
    name: Name
    price_fen: Fen
    cat1: Text = ""
    cat2: Text = ""
    cat3: Text = ""
    brand: Text = ""
    unit: Text = ""
    cost_fen: Fen | None = None
    barcodes: Annotated[tuple[Barcode, ...], msgspec.Meta(max_length=32)] = ()
    is_service: bool = False
    alert_milli: Milli | None = None
    best_before: Day | None = None
    active: bool = True


class PutRequest(Keyed, frozen=True):
    """Make these goods what they shall be; ``check`` says what would change and changes nothing."""

    goods: Annotated[tuple[GoodsEntry, ...], msgspec.Meta(min_length=1, max_length=200)]
    check: bool = False


Outcome = Literal["new", "changed", "unchanged", "refused"]


class PutRow(Reply, frozen=True):
    """What became of one entry; ``field`` and ``why`` say what is wrong with a refused one."""

    sku: str
    outcome: Outcome
    field: str = ""
    why: str = ""


class PutReply(Reply, frozen=True):
    """One row for each entry, in order; HQ is not told, for goods come from there."""

    rows: tuple[PutRow, ...]
    offline: bool
    queue_seq: int | None = None
    duplicate: bool = False


async def lookup_name(shop: Shop, terminal: str, request: LookupRequest) -> LookupReply:
    """Find goods by a part of the name, those that begin with it first."""
    goods, limit = shop.snapshot.goods, request.limit
    skus = goods.beginning(request.value, limit)
    if len(skus) < limit:
        anywhere = await named(shop.config.paths.database, request.value, limit)
        skus = list(dict.fromkeys(skus + anywhere))[:limit]
    found = goods.of(skus)
    return LookupReply(_articles(shop, [found[sku] for sku in skus if sku in found]))


def lookup(shop: Shop, terminal: str, request: LookupRequest) -> LookupReply:
    """Find goods by number or barcode; none is an empty list."""
    goods = shop.snapshot.goods
    found = goods.by_sku(request.value) if request.by == "sku" else goods.by_barcode(request.value)
    if found is not None:
        return LookupReply(_articles(shop, [found]))
    scale = weighed(request.value) if request.by == "barcode" else None
    found = goods.by_barcode(scale.article) if scale else None
    if scale is None or found is None:
        return LookupReply(())
    return LookupReply(_articles(shop, [found]), *scale.bought(found.price_fen))


async def prices(shop: Shop, terminal: str, request: PricesRequest) -> PricesReply:
    """The history of one price."""
    rows = await prices_of(shop.config.paths.database, request.sku, request.limit)
    history = tuple(ShelfPrice(shop.local_time(since), fen) for since, fen in rows)
    return PricesReply(request.sku, _history_days(shop), _lowest(shop, request.sku), history)


async def put(shop: Shop, terminal: str, request: PutRequest) -> PutReply:
    """Write goods; a row that is refused takes no other with it."""

    def decide(transaction: Transaction) -> PutReply:
        return PutReply(put_goods(transaction, request.goods, check=request.check), shop.offline)

    return await shop.write(terminal, "goods.put", request, PutReply, decide)


def put_goods(
    transaction: Transaction,
    entries: Sequence[GoodsEntry],
    versions: Sequence[int] | None = None,
    *,
    check: bool = False,
) -> tuple[PutRow, ...]:
    """Make goods what they shall be, prices with their history; returns what became of each.

    Entries with ``versions`` are HQ's and believed: a barcode moves to whom HQ says it belongs.
    """
    known = transaction.goods.of([entry.sku for entry in entries])
    codes = transaction.goods.barcodes(list(known))
    rows, prices = [], []
    moved_codes: set[str] = set()
    for entry, version in zip(entries, versions or [0] * len(entries), strict=True):
        refused = None if version else _refused(transaction.goods, entry)
        if refused is not None:
            rows.append(refused)
            continue
        before, barcodes = known.get(entry.sku), sorted(set(entry.barcodes))
        row = _row_of(entry, version or (before.version if before else 0))
        same_codes = codes.get(entry.sku, []) == barcodes and moved_codes.isdisjoint(barcodes)
        outcome = _outcome(before, row, same_codes)
        rows.append(PutRow(entry.sku, outcome))
        if outcome == "unchanged" or check:
            continue
        transaction.goods.put(row, None if same_codes else barcodes, transaction.seq + 1)
        known[entry.sku], codes[entry.sku] = row, barcodes
        moved_codes.update(() if same_codes else barcodes)
        prices.append((entry.sku, entry.price_fen))
    transaction.shelf_prices.see(prices, transaction.now_ms)
    return tuple(rows)


# --- the pieces ---


def _articles(shop: Shop, rows: Sequence[GoodsRow]) -> tuple[Article, ...]:
    skus = [row.sku for row in rows]
    barcodes = shop.snapshot.goods.barcodes(skus)
    holdings = shop.snapshot.stock.holdings(skus)

    def article(row: GoodsRow) -> Article:
        categories = tuple(category for category in (row.cat1, row.cat2, row.cat3) if category)
        lowest_fen = _lowest(shop, row.sku)
        held = holdings[row.sku].qty_milli if row.sku in holdings else 0
        return Article(
            row.sku,
            row.name,
            categories[-1] if categories else "",
            categories,
            row.brand,
            row.unit,
            row.price_fen,
            row.price_fen if lowest_fen is None else lowest_fen,
            bool(row.is_service),
            bool(row.active),
            tuple(barcodes[row.sku]),
            None if row.is_service else held,
            row.best_before,
        )

    return tuple(article(row) for row in rows)


def _history_days(shop: Shop) -> int:
    honest = shop.programme.bundle.honest
    return honest.days if honest else HISTORY_DAYS


def _lowest(shop: Shop, sku: str) -> int | None:
    since_ms = shop.now_ms() - _history_days(shop) * DAY_MS
    return shop.snapshot.shelf_prices.lowest(sku, since_ms)


def _row_of(entry: GoodsEntry, version: int) -> GoodsRow:
    return GoodsRow(
        entry.sku,
        entry.name,
        entry.cat1,
        entry.cat2,
        entry.cat3,
        entry.brand,
        entry.unit,
        entry.price_fen,
        entry.cost_fen,
        int(entry.is_service),
        entry.alert_milli,
        entry.best_before,
        int(entry.active),
        version,
    )


def _outcome(known: GoodsRow | None, row: GoodsRow, same_codes: bool) -> Outcome:
    if known is None:
        return "new"
    return "unchanged" if known == row and same_codes else "changed"


def _refused(goods: Goods, entry: GoodsEntry) -> PutRow | None:
    """Why this entry cannot be, by the field that says so."""
    if (entry.cat3 and not entry.cat2) or (entry.cat2 and not entry.cat1):
        return PutRow(entry.sku, "refused", "cat1", "a category needs the one above it")
    if entry.best_before is not None:
        try:
            date.fromisoformat(entry.best_before)
        except ValueError as error:
            return PutRow(entry.sku, "refused", "best_before", str(error))
    for code, owner in goods.owners(list(entry.barcodes)).items():
        if owner != entry.sku:
            return PutRow(entry.sku, "refused", "barcodes", f"{code} is the barcode of {owner}")
    return None
