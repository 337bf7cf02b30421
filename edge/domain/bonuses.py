"""Points for something other than a purchase: joining, an event, a survey, something special."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from edge.domain.rules.core import aware
from edge.domain.rules.model import Bonus, Bundle

Occasion = Literal["register", "event", "survey", "special"]


def bonuses_on(bundle: Bundle, occasion: Occasion, at: datetime) -> list[Bonus]:
    """The bonuses for ``occasion`` that are open at ``at``: from ``from``, before ``to``."""
    return list(_open(bundle.bonuses, occasion, at, ZoneInfo(bundle.tz)))


def _open(bonuses: Iterable[Bonus], occasion: Occasion, at: datetime, zone: ZoneInfo) -> Iterable[Bonus]:
    now = aware(at, zone)
    for bonus in bonuses:
        begun = bonus.from_ is None or aware(bonus.from_, zone) <= now
        if bonus.on == occasion and begun and (bonus.to is None or now < aware(bonus.to, zone)):
            yield bonus
