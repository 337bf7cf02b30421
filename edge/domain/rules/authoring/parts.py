"""A draft in the model's types, as far as it goes: the parts that are whole, each with its JSON pointer."""

from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from edge.domain.rules.authoring.draft import Draft, zone_of
from edge.domain.rules.model import Bonus, Coupon, Discount, Earning, Gift, Group, Rule, TierBand, When

Ruling = Rule | Coupon | Gift
Operation = Discount | Earning
Part = TypeVar("Part")
SECTIONS: dict[str, type[Ruling]] = {"rules": Rule, "coupons": Coupon, "gifts": Gift}


@dataclass(frozen=True, slots=True)
class Written:
    """What is whole of a rule, coupon or gift, however much of the rest is wrong."""

    path: str
    section: str
    group: str | None
    phase: str | None
    do: Operation | None
    when: When

    @property
    def own_phase(self) -> str | None:
        """The phase that its operation belongs to; None while nobody knows."""
        if self.section == "gifts":
            return "gifts"
        return phase_of(self.do) if self.do is not None else None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a draft that are whole, each with its JSON pointer; a faulty one is left out."""

    plain: dict[str, Any]
    zone: ZoneInfo
    groups: list[tuple[str, Group]]
    tiers: list[tuple[str, TierBand]]
    written: list[Written]
    rulings: list[tuple[str, Ruling]]
    bonuses: list[tuple[str, Bonus]]

    def ids(self, section: str) -> list[str]:
        """The ids in a section, of faulty parts as well: who refers to one of them is not wrong."""
        return [one["id"] for one in self.plain.get(section, ()) if isinstance(one.get("id"), str)]

    def tier_ids(self) -> list[str]:
        """The ids of tiers; a bundle that names none has one."""
        return self.ids("tiers") if "tiers" in self.plain else ["member"]


def parts_of(draft: Draft) -> Parts:
    """``draft`` in the model's types."""
    rulings: list[tuple[str, Ruling]] = []
    written: list[Written] = []
    for section, kind in SECTIONS.items():
        rulings += _whole(draft.plain, section, kind)
        written += [_written(one, section, at) for at, one in enumerate(draft.plain.get(section, ()))]
    return Parts(
        draft.plain,
        zone_of(draft.plain),
        _whole(draft.plain, "groups", Group),
        _whole(draft.plain, "tiers", TierBand),
        written,
        rulings,
        _whole(draft.plain, "bonuses", Bonus),
    )


def phase_of(do: Operation) -> str:
    """The phase that an operation belongs to."""
    return "discount" if isinstance(do, Discount) else "points"


def _written(one: dict[str, Any], section: str, at: int) -> Written:
    phase = one.get("phase") if section == "rules" else None
    when, do = _converted(one.get("when", {}), When), _converted(one.get("do"), Operation)
    return Written(f"/{section}/{at}", section, one.get("group"), phase, do, when or When())


def _converted(one: object, kind: Any) -> Any:
    try:
        return msgspec.convert(one, kind, strict=True)
    except msgspec.ValidationError:
        return None


def _whole(plain: dict[str, Any], section: str, kind: type[Part]) -> list[tuple[str, Part]]:
    # A part that is not whole has been found out already, each of its mistakes for itself.
    read = [(f"/{section}/{at}", _converted(one, kind)) for at, one in enumerate(plain.get(section, ()))]
    return [(path, part) for path, part in read if part is not None]
