"""The part of a bundle that the kernel sees, in its packed vocabulary: coupons and gifts become rules as well."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from edge.domain.rules.model import Bundle, Coupon, EveryOff, Gift, Group, Limit, MultBp, Rule, When

CORE_SCHEMA = "points-bundle/core-1"

GIFTS_GROUP = "gifts"
"""The group of gifts that name none: all are given."""

FOREVER_S = 2**40


def core_bundle(bundle: Bundle) -> dict[str, Any]:
    """``bundle`` for ``cext.load``; ``origin`` leads a pointer into it back to ``bundle``."""
    zone = ZoneInfo(bundle.tz)
    offset = aware(bundle.valid_from, zone).utcoffset()
    hours, minutes = bundle.business_day_start.split(":")
    rules = [_rule(rule, bundle, zone) for rule in bundle.rules]
    rules += [_coupon(coupon, bundle, zone) for coupon in bundle.coupons]
    rules += [_gift(gift, zone) for gift in bundle.gifts]
    return {
        "schema": CORE_SCHEMA,
        "version": bundle.version,
        "tz_offset_s": int(offset.total_seconds()) if offset else 0,
        "day_start_s": int(hours) * 3600 + int(minutes) * 60,
        "points": {
            "fen_per_point": bundle.points.fen_per_point,
            "fen_per_redeemed_point": bundle.points.fen_per_redeemed_point,
            "receipt_cap": bundle.points.receipt_cap,
        },
        "groups": [_group(group) for group in (*bundle.groups, *_gifts_group(bundle))],
        "rules": rules,
    }


def origin(bundle: Bundle, path: str) -> str:
    """The JSON pointer in ``bundle`` of what stands at ``path`` in its core: /rules/7 may be /coupons/2."""
    found = re.match(r"/rules/(\d+)", path)
    if not found:
        return path
    place = int(found[1])
    for section in ("rules", "coupons", "gifts"):
        if place < len(getattr(bundle, section)):
            return f"/{section}/{place}{path[found.end() :]}"
        place -= len(getattr(bundle, section))
    return path


def names_of(bundle: Bundle) -> dict[str, str]:
    """The name of every rule, coupon and gift, by its id."""
    named: tuple[Rule | Coupon | Gift, ...] = (*bundle.rules, *bundle.coupons, *bundle.gifts)
    return {one.id: one.name for one in named}


def limits_of(bundle: Bundle) -> dict[str, Limit]:
    """The limits of every rule and gift that has one, by its id."""
    limited: tuple[Rule | Gift, ...] = (*bundle.rules, *bundle.gifts)
    return {one.id: one.limit for one in limited if one.limit != Limit()}


def aware(at: datetime, zone: ZoneInfo) -> datetime:
    """``at``, local to ``zone`` unless it says otherwise."""
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _gifts_group(bundle: Bundle) -> Iterable[Group]:
    if any(gift.group is None for gift in bundle.gifts):
        yield Group(GIFTS_GROUP, "gifts", max((group.order for group in bundle.groups), default=0))


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "phase": group.phase,
        "mode": group.mode,
        "order": group.order,
        "basis": group.basis,
        "suppressed_by": list(group.suppressed_by),
    }


def _rule(rule: Rule | Coupon, bundle: Bundle, zone: ZoneInfo) -> dict[str, Any]:
    phases = {group.id: group.phase for group in bundle.groups}
    return {
        "id": rule.id,
        "phase": rule.phase if isinstance(rule, Rule) else phases.get(rule.group, "discount"),
        "group": rule.group,
        "priority": rule.priority,
        "when": _when(rule.when, zone),
        "select": msgspec.to_builtins(rule.select),
        "need": msgspec.to_builtins(rule.need),
        "do": _operation(rule.do, bundle),
        "cap": rule.cap,
        "limit": _limit(rule.limit) if isinstance(rule, Rule) else {},
    }


def _operation(do: msgspec.Struct, bundle: Bundle) -> dict[str, Any]:
    operation: dict[str, Any] = msgspec.to_builtins(do)
    if isinstance(do, EveryOff):
        operation["max_times"] = do.max_times  # 1 here, none in the kernel
    if isinstance(do, MultBp):
        operation["round"] = do.round or bundle.points.round
    return operation


def _coupon(coupon: Coupon, bundle: Bundle, zone: ZoneInfo) -> dict[str, Any]:
    core = _rule(coupon, bundle, zone)
    core["when"]["coupon"] = coupon.id
    return core


def _gift(gift: Gift, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": gift.id,
        "phase": "gifts",
        "group": gift.group or GIFTS_GROUP,
        "priority": gift.priority,
        "when": _when(gift.when, zone),
        "select": msgspec.to_builtins(gift.select),
        "need": msgspec.to_builtins(gift.need),
        "do": {"op": "gift", "qty": gift.qty, "every_fen": gift.every_fen, "max_times": gift.max_times},
        "cap": gift.cap,
        "limit": _limit(gift.limit),
    }


def _when(when: When, zone: ZoneInfo) -> dict[str, Any]:
    core: dict[str, Any] = msgspec.to_builtins(when)
    if when.from_ is not None or when.to is not None:
        core["from"] = int(aware(when.from_, zone).timestamp()) if when.from_ else 0
        core["to"] = int(aware(when.to, zone).timestamp()) if when.to else FOREVER_S
    return core


def _limit(limit: Limit) -> dict[str, Any]:
    """The limit without its period: what counts in it is the counters' business, which come with the request."""
    return {key: value for key, value in msgspec.to_builtins(limit).items() if key != "period"}
