"""Honest discounts: a price that is struck through must be the lowest of the last days (EU Omnibus, features C6)."""

from collections.abc import Callable, Iterable, Sequence

from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Reply
from edge.domain.basket import Line
from edge.domain.checkout import Decision
from edge.domain.dates import DAY_MS
from edge.domain.money import yuan
from edge.domain.rules.model import HonestDiscount
from edge.storage.transaction import Transaction


class Inflated(Reply, frozen=True):
    """Line ``line`` (index from 0) is reduced from ``was_fen``, though its lowest price of late was ``lowest_fen``."""

    line: int
    sku: str
    was_fen: int
    lowest_fen: int


def inflated(shop: Shop, lines: Sequence[Line], decision: Decision, now_ms: int) -> tuple[Inflated, ...]:
    """Discounted lines whose price was put up before it was reduced; raises -32602 where the bundle refuses them."""
    honest = shop.programme.bundle.honest
    if honest is None:
        return ()
    reduced = (
        (place, line.sku, line.unit_price_fen)
        for place, (line, decided) in enumerate(zip(lines, decision.lines, strict=True))
        if decided.discount_fen and line.sku
    )
    return compared(honest, reduced, lambda sku: lowest_fen(shop, honest, sku, now_ms))


def lowest_fen(shop: Shop, honest: HonestDiscount, sku: str, now_ms: int) -> int | None:
    """The lowest shelf price of late; None where none is known."""
    return shop.snapshot.shelf_prices.lowest(sku, now_ms - honest.days * DAY_MS)


def compared(
    honest: HonestDiscount, reduced: Iterable[tuple[int, str, int]], lowest: Callable[[str], int | None]
) -> tuple[Inflated, ...]:
    """Those of the reduced lines, (place, sku, price before), that were cheaper of late; raises -32602."""
    found = []
    for place, sku, was_fen in reduced:
        of_late = lowest(sku)
        if of_late is not None and of_late < was_fen:
            found.append(Inflated(place, sku, was_fen, of_late))
    if found and honest.action == "refuse":
        raise _dishonest(found[0], honest.days)
    return tuple(found)


def note_shelf_prices(shop: Shop, transaction: Transaction, decision: Decision) -> None:
    """Keep what the shelf said of everything that was sold, where the programme watches it."""
    if shop.programme.bundle.honest is not None:
        prices = [(line.sku, line.unit_price_fen) for line in decision.lines if line.sku]
        transaction.shelf_prices.see(prices, transaction.now_ms)


def _dishonest(one: Inflated, days: int) -> Exception:
    was, lowest = yuan(one.was_fen), yuan(one.lowest_fen)
    return bad(
        f"/lines/{one.line}/unit_price_fen",
        f"reduced from {was}, but the lowest price of the last {days} days was {lowest}",
        f"原价 {was} 元高于近 {days} 天最低价 {lowest} 元，不能作为折扣前价格",
    )
