"""Members who no longer come: when they are warned, when they go down, and where to."""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from edge.domain.member import Tier, tier_below
from edge.domain.rules.model import Downgrade

Step = Literal["keep", "warn", "downgrade"]


def idle_step(terms: Downgrade, since: date, warned_on: date | None, today: date) -> Step:
    """What is due today for a member who last bought, or last went down, on ``since``.

    Nobody goes down unwarned: whoever was warned late has the whole ``warn_days`` from then.
    """
    due = idle_until(terms, since)
    notice = timedelta(days=terms.warn_days)
    if warned_on is not None and warned_on >= since:  # an older warning ended with the purchase after it
        return "downgrade" if today >= max(due, warned_on + notice) else "keep"
    return "warn" if today >= due - notice else "keep"


def idle_until(terms: Downgrade, since: date) -> date:
    """The day on which ``idle_months`` are full; the last of the month where the month has no such day."""
    years, month = divmod(since.year * 12 + since.month - 1 + terms.idle_months, 12)
    return date(years, month + 1, min(since.day, calendar.monthrange(years, month + 1)[1]))


def tier_after_idleness(terms: Downgrade, tiers: Sequence[Tier], present: str) -> str | None:
    """The tier that is left to the member; None: the membership is cancelled."""
    match terms.to:
        case "previous":
            return tier_below(tiers, present)
        case "lowest":
            return tiers[0].id
        case "cancelled":
            return None
