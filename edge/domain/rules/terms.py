"""A bundle of either schema as reports and replays name it: its rules, what they give in, their limits."""

import hashlib
from typing import Literal

import msgspec

from cext import bundle as core
from edge.domain.rules.compile import compile_bundle, read_stored_bundle
from edge.domain.rules.core import limits_of
from edge.domain.rules.model import SCHEMA, Limit

Unit = Literal["fen", "points", "redeemed", "gifts"]


class RuleTerms(msgspec.Struct, frozen=True):
    """One rule; ``unit`` is what its value counts, ``asks`` all that decides what it gives."""

    id: str
    name: str
    unit: Unit
    limit: Limit
    asks: core.Rule


class BundleName(msgspec.Struct, frozen=True):
    """Which bundle: ``hash`` is sha256 of its bytes."""

    programme: str
    version: int
    hash: str


class BundleTerms(msgspec.Struct, frozen=True):
    """As much of a bundle as reports and replays need; ``fen_per_point`` is the most that a point pays."""

    name: BundleName
    fen_per_point: int
    rules: tuple[RuleTerms, ...]
    tiers: dict[str, str]

    def limits_unlike(self, old: "BundleTerms") -> dict[str, Limit]:
        """The limits of rules that ``old`` does not have just so: what those gave before, nobody has counted."""
        known = {rule.id: (rule.asks, rule.limit) for rule in old.rules}
        return {
            rule.id: rule.limit
            for rule in self.rules
            if rule.limit != Limit() and known.get(rule.id) != (rule.asks, rule.limit)
        }


def terms_of(raw: bytes) -> BundleTerms:
    """Read the terms of a bundle; raises BundleRefused, and cext.BundleError of a kernel's own document."""
    packed = core.read_bundle(compile_bundle(raw))
    written = msgspec.json.decode(raw, type=_Written)
    limits = _limits(packed) if written.schema != SCHEMA else limits_of(read_stored_bundle(raw))
    names = {one.id: one.name for one in (*written.rules, *written.coupons, *written.gifts)}
    return BundleTerms(
        name=BundleName(written.programme, packed.version, hashlib.sha256(raw).hexdigest()),
        fen_per_point=max(
            (rule.do.fen_per_point for rule in packed.rules if isinstance(rule.do, core.Redeem)),
            default=packed.points.fen_per_redeemed_point,
        ),
        rules=tuple(
            RuleTerms(rule.id, names.get(rule.id, ""), _unit(rule), limits.get(rule.id, Limit()), rule)
            for rule in packed.rules
        ),
        tiers={tier.id: tier.label for tier in written.tiers},
    )


def _unit(rule: core.Rule) -> Unit:
    if isinstance(rule.do, core.Redeem):
        return "redeemed"
    units: dict[core.Phase, Unit] = {"discount": "fen", "points": "points", "gifts": "gifts"}
    return units[rule.phase]


def _limits(packed: core.Bundle) -> dict[str, Limit]:
    """The kernel's document has no periods: its limits hold for ever."""
    return {rule.id: msgspec.convert(msgspec.to_builtins(rule.limit), Limit) for rule in packed.rules}


class _Named(msgspec.Struct):
    id: str
    name: str = ""


class _Tier(msgspec.Struct):
    id: str
    label: str


class _Written(msgspec.Struct):
    """What only HQ's schema has; of a kernel's document nothing but ``schema`` is found."""

    schema: str = ""
    programme: str = ""
    tiers: list[_Tier] = []
    rules: list[_Named] = []
    coupons: list[_Named] = []
    gifts: list[_Named] = []
