"""Which of a member's passes pays for a visit, and how long a pass is good."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Held:
    """A pass that the member holds: ``visits`` are left (None: no count), ``last_day`` is its last (None: for ever)."""

    pass_id: str
    visits: int | None
    last_day: date | None
    first_day: date = date.min

    def pays(self, visits: int, today: date) -> bool:
        """Whether it is good for so many visits today."""
        runs = self.first_day <= today and (self.last_day is None or today <= self.last_day)
        return runs and (self.visits is None or self.visits >= visits)


def choose(held: Iterable[Held], visits: int, today: date) -> Held | None:
    """The pass that costs the member least: one without a count, then the one that ends first."""
    good = [one for one in held if one.pays(visits, today)]
    return min(good, key=lambda one: (one.visits is not None, one.last_day or date.max), default=None)


def unused_days(first_day: date, last_day: date, from_day: date) -> int:
    """How many days of a pass without a count there are from ``from_day`` on."""
    return max(0, (last_day - max(first_day, from_day)).days + 1)


def next_first_day(today: date, running_until: date | None) -> date:
    """When a pass that is sold today begins: the day after the one that still runs."""
    return today if running_until is None or running_until < today else running_until + timedelta(days=1)
