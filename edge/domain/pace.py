"""Pace (增值量化): what a member's way of buying brings by the end of the year, and what a little more would."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WEEK_DAYS = 7
WEEKS_LOOKED_AT = 12
YUAN = 100


@dataclass(frozen=True, slots=True)
class Prize:
    """A gift of the catalogue: what it takes, and what it is worth."""

    name: str
    points: int
    worth_fen: int


@dataclass(frozen=True, slots=True)
class Pace:
    """``week_fen`` is the weekly average; ``prize`` is what it leads to by the year's end (None: to nothing yet).

    ``better`` is the next prize, reached at ``better_week_fen`` a week.
    """

    week_fen: int
    points: int
    prize: Prize | None
    better: Prize | None
    better_week_fen: int


def weeks_since(first: date, today: date) -> int:
    """Whole weeks that count for the average: at least one, at most those that are looked at."""
    return max(1, min(WEEKS_LOOKED_AT, (today - first).days // WEEK_DAYS))


def weeks_left(today: date) -> int:
    """Weeks until the year ends, the present one included."""
    return (date(today.year, 12, 31) - today).days // WEEK_DAYS + 1


def pace(
    spent_fen: int, earned: int, weeks: int, held: int, left: int, prizes: Sequence[Prize]
) -> Pace | None:
    """The pace of whoever spent ``spent_fen`` and earned so many points over ``weeks``, with ``left`` to go.

    None for somebody who earned nothing lately: there is no pace to speak of.
    """
    if spent_fen <= 0 or earned <= 0:
        return None
    # As if each week brought the average: all weeks together, so that no point is rounded away.
    at_year_end = held + earned * left // weeks
    ahead = sorted(prizes, key=lambda prize: (prize.points, prize.worth_fen))
    reached = [prize for prize in ahead if prize.points <= at_year_end]
    beyond = next((prize for prize in ahead if prize.points > at_year_end), None)
    needed_fen = _week_fen_for(beyond.points - held, spent_fen, earned, left) if beyond else 0
    best = max(reached, key=lambda prize: prize.worth_fen, default=None)
    return Pace(spent_fen // weeks, held, best, beyond, needed_fen)


def _week_fen_for(points: int, spent_fen: int, earned: int, left: int) -> int:
    """The weekly spend that earns ``points`` in ``left`` weeks at the member's own rate, in whole yuan, rounded up."""
    fen = -(-points * spent_fen // (earned * left))
    return -(-fen // YUAN) * YUAN
