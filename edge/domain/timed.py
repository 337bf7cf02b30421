"""What time costs: a service that is paid by the unit, whole minutes counted and the customer's favour kept."""

from dataclasses import dataclass

from edge.domain.rules.model import TimedService

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Charge:
    """``minutes`` that ran, the ``units`` that they count as, and what those cost."""

    minutes: int
    units: int
    amount_fen: int


def charge(terms: TimedService, run_ms: int) -> Charge:
    """What a service that ran for ``run_ms`` costs; a minute counts once it is full.

    90 minutes at 30 yuan per started hour are 60 yuan.
    """
    minutes = run_ms // MINUTE_MS
    paid_minutes = max(0, minutes - terms.free_minutes)
    units = _units(terms, paid_minutes)
    if paid_minutes or not terms.free_minutes:
        units = max(units, terms.min_units)
    amount_fen = units * terms.fen_per_unit
    return Charge(minutes, units, min(amount_fen, terms.cap_fen) if terms.cap_fen else amount_fen)


def _units(terms: TimedService, minutes: int) -> int:
    whole, rest = divmod(minutes, terms.unit_minutes)
    match terms.round:
        case "up":
            return whole + (rest > 0)
        case "down":
            return whole
        case "half_up":
            return whole + (2 * rest >= terms.unit_minutes)
