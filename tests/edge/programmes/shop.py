"""A shop under one of the programmes in docs/programmes: what it sells is decided as at a till, and not stored."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edge.config import read_bundle_file
from edge.domain.basket import Line
from edge.domain.checkout import Decision, Occasion, decide
from edge.domain.member import Member
from edge.domain.rules.compile import Programme, load_programme

PROGRAMMES = Path(__file__).parents[3] / "docs" / "programmes"
AN_ORDINARY_TUESDAY = "2026-11-10T12:00:00"


def goods(fen: int, category: str = "", sku: str = "X", qty: int = 1) -> Line:
    """``qty`` units at ``fen`` each."""
    return Line(sku, sku, qty * 1000, fen, qty * fen, category)


def card(tier: str = "member", *tags: str, birthday: int | None = None) -> Member:
    """A member of that tier."""
    return Member("M1", "80000001", "王小明", tier, "S001", 0, birthday=birthday, tags=tags)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop under ``programme``."""

    programme: Programme

    def sells(
        self,
        *lines: Line,
        to: Member | None,
        at: str = AN_ORDINARY_TUESDAY,
        points: int = 0,
        **occasion: Any,
    ) -> Decision:
        """The decision at this local time; ``points`` are offered in payment."""
        local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(self.programme.bundle.tz))
        moment = Occasion(int(local.timestamp() * 1000), "S001", **{"pay": "cash", **occasion})
        return decide(self.programme, moment, lines, to, points)[0]


@cache
def shop(name: str) -> Shop:
    """The shop of the programme of that name, compiled once."""
    return Shop(load_programme(read_bundle_file(PROGRAMMES / f"{name}.yaml")))


def why(decision: Decision) -> dict[str, str]:
    """Why each rule that gave nothing gave nothing."""
    return {skipped.rule: skipped.why for skipped in decision.skipped}
