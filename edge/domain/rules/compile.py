"""From what HQ wrote to what the kernel runs: ``points-bundle/1`` in, a loaded programme out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

import cext
from edge.domain.json_path import pointer
from edge.domain.member import Tier
from edge.domain.referrals import Level
from edge.domain.rules.model import SCHEMA, Bundle, Rule, When

CORE_SCHEMA = "points-bundle/core-1"


class BundleRefused(ValueError):
    """A bundle that cannot be used; ``path`` is the JSON pointer of what is wrong, ``why`` says it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or '/'}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Programme:
    """A bundle ready to run: its terms and the kernel's program. ``hash`` is sha256 of its bytes."""

    bundle: Bundle
    kernel: cext.Program
    hash: str
    valid_from_ms: int
    tiers: tuple[Tier, ...]
    referral: tuple[Level, ...]
    rule_names: dict[str, str]

    def redeemed_fen(self, points: int) -> int:
        """What ``points`` pay, in fen."""
        return points * self.bundle.points.fen_per_redeemed_point

    def tier_label(self, tier: str) -> str:
        """The tier as members call it."""
        return next((known.label for known in self.tiers if known.id == tier), tier)


def load_programme(raw: bytes) -> Programme:
    """Read, check and compile one bundle; raises BundleRefused naming the JSON pointer."""
    bundle = read_bundle(raw)
    try:
        kernel = cext.load(msgspec.json.encode(core_bundle(bundle)))
    except cext.BundleError as error:
        raise BundleRefused(error.path, error.why) from error
    return Programme(
        bundle=bundle,
        kernel=kernel,
        valid_from_ms=int(_aware(bundle.valid_from, ZoneInfo(bundle.tz)).timestamp() * 1000),
        hash=hashlib.sha256(raw).hexdigest(),
        tiers=tuple(Tier(t.id, t.label, t.cumulative_fen, t.one_day_fen) for t in bundle.tiers),
        referral=tuple(Level(level.fen_per_point) for level in bundle.referral),
        rule_names={rule.id: rule.name for rule in bundle.rules},
    )


def read_bundle(raw: bytes) -> Bundle:
    """Parse and check the vocabulary; raises BundleRefused."""
    try:
        bundle = msgspec.json.decode(raw, type=Bundle)
    except msgspec.ValidationError as error:
        raise BundleRefused(*pointer(error)) from error
    except ValueError as error:
        raise BundleRefused("", f"not JSON: {error}") from error
    try:
        ZoneInfo(bundle.tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BundleRefused("/tz", f"no such time zone {bundle.tz!r}") from error
    _known_tiers(bundle)
    return bundle


def compile_bundle(raw: bytes) -> bytes:
    """A ``points-bundle/1`` document as the kernel's ``core-1`` JSON; a core document passes through."""
    try:
        schema = msgspec.json.decode(raw).get("schema")
    except (ValueError, AttributeError) as error:
        raise BundleRefused("", "not a JSON object") from error
    if schema != SCHEMA:
        return raw
    return msgspec.json.encode(core_bundle(read_bundle(raw)))


def core_bundle(bundle: Bundle) -> dict[str, Any]:
    """The part of ``bundle`` that the kernel sees, in its packed vocabulary."""
    zone = ZoneInfo(bundle.tz)
    offset = _aware(bundle.valid_from, zone).utcoffset()
    return {
        "schema": CORE_SCHEMA,
        "version": bundle.version,
        "tz_offset_s": int(offset.total_seconds()) if offset else 0,
        "points": {
            "fen_per_point": bundle.points.fen_per_point,
            "fen_per_redeemed_point": bundle.points.fen_per_redeemed_point,
            "receipt_cap": bundle.points.receipt_cap,
        },
        "groups": [
            {
                "id": group.id,
                "phase": group.phase,
                "mode": group.mode,
                "order": group.order,
                "basis": group.basis,
                "suppressed_by": list(group.suppressed_by),
            }
            for group in bundle.groups
        ],
        "rules": [_core_rule(rule, zone) for rule in bundle.rules],
    }


def _core_rule(rule: Rule, zone: ZoneInfo) -> dict[str, Any]:
    operation = msgspec.to_builtins(rule.do)
    if rule.do.__struct_config__.tag in ("off_bp", "mult_bp"):
        operation.setdefault("round", "down")
    if rule.do.__struct_config__.tag == "every_off":
        operation.setdefault("max_times", 1)
    return {
        "id": rule.id,
        "phase": rule.phase,
        "group": rule.group,
        "priority": rule.priority,
        "when": _core_when(rule.when, zone),
        "select": msgspec.to_builtins(rule.select),
        "need": msgspec.to_builtins(rule.need),
        "do": operation,
        "cap": rule.cap,
    }


def _core_when(when: When, zone: ZoneInfo) -> dict[str, Any]:
    core: dict[str, Any] = msgspec.to_builtins(when)
    if when.from_ is not None or when.to is not None:
        core["from"] = int(_aware(when.from_, zone).timestamp()) if when.from_ else 0
        core["to"] = int(_aware(when.to, zone).timestamp()) if when.to else 2**40
    return core


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _known_tiers(bundle: Bundle) -> None:
    known = {tier.id for tier in bundle.tiers}
    for index, rule in enumerate(bundle.rules):
        for place, tier in enumerate(rule.when.tiers):
            if tier not in known:
                raise BundleRefused(f"/rules/{index}/when/tiers/{place}", f"no tier {tier!r} in /tiers")
