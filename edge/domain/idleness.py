"""Members who no longer come: when they are warned, when they go down, and where to."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from edge.domain.dates import months_later
from edge.domain.member import Tier, tier_below
from edge.domain.rules.model import Downgrade

Step = Literal["keep", "warn", "downgrade"]


def idle_step(terms: Downgrade, since: date, warned_on: date | None, today: date) -> Step:
    """What is due today for a member who last bought, or last went down, on ``since``.

    Nobody goes down unwarned: whoever was warned late has the whole ``warn_days`` from then.
    """
    ends = tier_ends(terms, since, warned_on)
    if is_warned(since, warned_on):
        return "downgrade" if today >= ends else "keep"
    return "warn" if today >= ends - timedelta(days=terms.warn_days) else "keep"


def is_warned(since: date, warned_on: date | None) -> bool:
    """Whether a warning still stands: an older one ended with the purchase after it."""
    return warned_on is not None and warned_on >= since


def tier_ends(terms: Downgrade, since: date, warned_on: date | None) -> date:
    """The day from which idleness costs the tier: never before a warning has had its whole notice."""
    due = idle_until(terms, since)
    if warned_on is None or not is_warned(since, warned_on):
        return due
    return max(due, warned_on + timedelta(days=terms.warn_days))


def idle_until(terms: Downgrade, since: date) -> date:
    """The day on which ``idle_months`` are full; the last of the month where the month has no such day."""
    return months_later(since, terms.idle_months)


def tier_after_idleness(terms: Downgrade, tiers: Sequence[Tier], present: str) -> str | None:
    """The tier that is left to the member; None: the membership is cancelled."""
    match terms.to:
        case "previous":
            return tier_below(tiers, present)
        case "lowest":
            return tiers[0].id
        case "cancelled":
            return None
