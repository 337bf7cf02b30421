"""The right to spend without asking: what HQ granted this box and what is left of it (design: sync §1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rights:
    """Cumulative totals of one account under one incarnation; every one of them only grows.

    ``clawed`` are earned points taken back by refunds: no spend, so not bound by the rights, but they
    use them up.
    ``elsewhere`` is the balance that HQ says came from outside this incarnation; it may go either way.
    """

    granted: int = 0
    returned: int = 0
    earned: int = 0
    spent: int = 0
    reversed: int = 0
    clawed: int = 0
    elsewhere: int = 0

    @property
    def available(self) -> int:
        """I1: a spend commits only within this."""
        left = self.granted - self.returned - (self.spent - self.reversed) - self.clawed
        return max(0, left)
