"""What a customer brings to the till: lines in thousandths and fen, as quoted and as stored."""

from dataclasses import dataclass

from edge.domain.money import line_amount


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``amount_fen`` is the line's price before any rule: of a scale where one decided it."""

    sku: str
    name: str
    qty_milli: int
    unit_price_fen: int
    amount_fen: int
    category: str = ""
    brand: str = ""
    no_discount: bool = False
    no_points: bool = False


def priced(unit_price_fen: int, qty_milli: int, amount_fen: int | None) -> int:
    """The line's price: the given amount, or price times quantity with half a fen rounded up."""
    return line_amount(unit_price_fen, qty_milli) if amount_fen is None else amount_fen
