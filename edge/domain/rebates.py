"""A part of a period's spend that comes back as vouchers: 1 % each quarter."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from edge.domain.dates import months_later
from edge.domain.rules.model import Rebate

Every = Literal["month", "quarter", "year"]
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Vouchers:
    """``count`` vouchers of ``voucher_fen``; what is too little for one more is ``lapsed_fen``."""

    count: int
    voucher_fen: int
    lapsed_fen: int = 0

    @property
    def fen(self) -> int:
        return self.count * self.voucher_fen


def rebate(terms: Rebate, spent_fen: int) -> Vouchers:
    """What the spend of one whole period brings; a spend of exactly ``min_spend_fen`` is enough."""
    if spent_fen < terms.min_spend_fen:
        return Vouchers(0, terms.voucher_fen)
    count, lapsed_fen = divmod(spent_fen * terms.bp // 10_000, terms.voucher_fen)
    return Vouchers(count, terms.voucher_fen, lapsed_fen)


def unpaid_periods(every: Every, paid: int, today: date) -> list[tuple[date, date]]:
    """The periods that have ended by ``today`` after the one that began on ordinal ``paid``, oldest first.

    0: none was ever paid. Then the last one is, and no earlier: they ended before the rebate was there.
    """
    found = [period_of(every, period_of(every, today)[0] - timedelta(days=1))]
    while paid and found[0][0].toordinal() > paid:
        found.insert(0, period_of(every, found[0][0] - timedelta(days=1)))
    return [period for period in found if period[0].toordinal() > paid]


def period_of(every: Every, day: date) -> tuple[date, date]:
    """The calendar period of ``day``: its first day, and the first day of the next."""
    months = MONTHS[every]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return first, months_later(first, months)
