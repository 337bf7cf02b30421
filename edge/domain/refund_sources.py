"""Where refunded money goes: vouchers first, then what is owed, then stored value, and the rest is handed out."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain.stored_value import NO_PARTS, First, Parts, returned_parts


@dataclass(frozen=True, slots=True)
class Paid:
    """What of a sale's payment can still go back where it came from.

    ``vouchers_fen`` are all voucher tenders in order, ``vouchers_back_fen`` what went back to them before;
    ``credit_fen`` is still owed, ``stored`` has not been given back; ``first`` is the programme's order.
    """

    vouchers_fen: tuple[int, ...] = ()
    vouchers_back_fen: int = 0
    credit_fen: int = 0
    stored: Parts = NO_PARTS
    first: First = "principal"


@dataclass(frozen=True, slots=True)
class VoucherBack:
    """``fen`` of voucher tender ``index``; ``whole``: the voucher itself is good again, else a new one is made."""

    index: int
    fen: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """Refunded money by where it goes; the parts add up to what was to be shared."""

    vouchers: tuple[VoucherBack, ...]
    credit_fen: int
    stored: Parts
    rest_fen: int

    @property
    def vouchers_fen(self) -> int:
        return sum(back.fen for back in self.vouchers)


def share_out(money_fen: int, paid: Paid) -> Returned:
    """Share ``money_fen`` of a refund among its sources."""
    vouchers = _to_vouchers(money_fen, paid.vouchers_fen, paid.vouchers_back_fen)
    left_fen = money_fen - sum(back.fen for back in vouchers)
    credit_fen = min(left_fen, paid.credit_fen)
    stored_fen = min(left_fen - credit_fen, paid.stored.sum_fen)
    stored = returned_parts(stored_fen, paid.stored, paid.first)
    return Returned(vouchers, credit_fen, stored, left_fen - credit_fen - stored_fen)


def _to_vouchers(money_fen: int, tenders_fen: Sequence[int], back_fen: int) -> tuple[VoucherBack, ...]:
    """One after the other, as they were presented; what came back before has filled the first ones."""
    found = []
    for index, fen in enumerate(tenders_fen):
        before_fen = min(fen, back_fen)
        back_fen -= before_fen
        part_fen = min(fen - before_fen, money_fen)
        money_fen -= part_fen
        if part_fen:
            found.append(VoucherBack(index, part_fen, part_fen == fen))
    return tuple(found)
