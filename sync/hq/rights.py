"""Rights to spend, as integers: what HQ may grant and what a balance is. Pure.

An account is (member, unit). A line is one account at one incarnation (store, nonce) of a box; all its
figures only grow and are merged by max, so loss, repetition and reordering of messages cannot harm.

    credits C  = HQ's own credits + Σ earned
    pool    P  = C − Σ (granted − returned), closed incarnations included: their remainder is in suspense
    granting   = out of P only, so net spent ≤ Σ (granted − returned) ≤ C
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from sync.envelope import Total

Account = tuple[str, str]  # member, unit
Incarnation = tuple[str, str]  # store, nonce


class Line(Struct, frozen=True):
    """One account at one incarnation; all but ``granted`` is what the box reported."""

    granted: int = 0
    earned: int = 0
    spent: int = 0
    reversed: int = 0
    clawed: int = 0
    returned: int = 0

    @property
    def net(self) -> int:
        """What this incarnation adds to the balance."""
        return self.earned - (self.spent - self.reversed) - self.clawed

    @property
    def held(self) -> int:
        """Rights that are out and not given back."""
        return self.granted - min(self.returned, self.granted)

    @property
    def available(self) -> int:
        """What the box may still spend without asking."""
        return max(0, self.granted - self.returned - (self.spent - self.reversed) - self.clawed)


def merge(line: Line, total: Total) -> Line:
    """``line`` with the report ``total`` taken in; any order and any number of times is the same."""
    return replace(
        line,
        earned=max(line.earned, total.earned),
        spent=max(line.spent, total.spent),
        reversed=max(line.reversed, total.reversed),
        clawed=max(line.clawed, total.clawed),
        returned=max(line.returned, total.returned),
    )


def pool(hq_credits: int, lines: Iterable[Line]) -> int:
    """What HQ may grant; never below 0, since grants come only out of it."""
    return hq_credits + sum(line.earned - line.held for line in lines)


def balance(hq_credits: int, lines: Iterable[Line]) -> int:
    """What the member has, as far as HQ has heard."""
    return hq_credits + sum(line.net for line in lines)


def elsewhere(hq_credits: int, lines: Mapping[Incarnation, Line], here: Incarnation) -> int:
    """The balance without incarnation ``here``, which adds its own."""
    return balance(hq_credits, (line for at, line in lines.items() if at != here))


def place(
    hq_credits: int, lines: Mapping[Incarnation, Line], home: Incarnation | None
) -> dict[Incarnation, Line]:
    """``lines`` with all of the pool granted at ``home``, an open incarnation; unchanged without one."""
    free = pool(hq_credits, lines.values())
    if home is None or free <= 0:
        return dict(lines)
    line = lines.get(home, Line())
    return {**lines, home: replace(line, granted=line.granted + free)}
