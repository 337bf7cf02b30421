"""What a scale prints: EAN-13 codes that begin with 2 and hold a price or a weight."""

from dataclasses import dataclass

from edge.domain.money import MILLI, divide

ARTICLE_DIGITS = 7
VALUE_DIGITS = slice(7, 12)
WEIGHT_FROM = "25"
"""Codes below it hold fen, from it on grams: scales can be set to either."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The barcode of the article (its first seven digits), and the price in fen or the weight in grams."""

    article: str
    amount_fen: int | None = None
    qty_milli: int | None = None

    def bought(self, unit_price_fen: int) -> tuple[int, int | None]:
        """(qty_milli, amount_fen) as a line has them; a weight's price is the till's ordinary multiplication."""
        if self.qty_milli is not None:
            return self.qty_milli, None
        assert self.amount_fen is not None
        quantity = divide(self.amount_fen * MILLI, unit_price_fen, "half_up") if unit_price_fen else MILLI
        return max(1, quantity), self.amount_fen


def weighed(code: str) -> Weighed | None:
    """What a scale's code says; None for any other code, and for one that is misread."""
    if len(code) != 13 or not (code.isascii() and code.isdigit()) or code[0] != "2" or not is_ean13(code):
        return None
    value = int(code[VALUE_DIGITS])
    if not value:
        return None
    if code[:2] < WEIGHT_FROM:
        return Weighed(code[:ARTICLE_DIGITS], amount_fen=value)
    return Weighed(code[:ARTICLE_DIGITS], qty_milli=value)


def is_ean13(code: str) -> bool:
    """Whether the last of 13 digits checks the others."""
    digits = [int(digit) for digit in code]
    return (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0
