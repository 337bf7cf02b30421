"""What types cannot say about a bundle: names that lead somewhere, times in order, phases that fit, notice kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from cext.limits import GROUPS_MAX, RULES_MAX, TAGS_MAX
from edge.domain.dates import clock, shown_moment
from edge.domain.rules.authoring.findings import Finding, child, did_you_mean, error
from edge.domain.rules.authoring.parts import SECTIONS, Parts, Written
from edge.domain.rules.authoring.vector_checks import unknown_rules
from edge.domain.rules.core import GIFTS_GROUP, aware
from edge.domain.rules.model import (
    Bonus,
    Discount,
    Earning,
    Group,
    Notice,
    RoundTo,
    When,
)


def errors_in(parts: Parts) -> Iterator[Finding]:
    """Every mistake between the parts of a bundle."""
    for look in (_zone, _sizes, _twice, _silencers, _groups_of_rules, _tiers_of_rules, _times, _notice):
        yield from look(parts)
    yield from unknown_rules(parts)


def _zone(parts: Parts) -> Iterator[Finding]:
    name = parts.plain.get("tz", "UTC")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield error("/tz", f"no such time zone {name!r}", _zone_meant(name, available_timezones()))


def _zone_meant(name: str, zones: set[str]) -> str:
    """The likeliest zone; all of them would be hundreds."""
    lowered = {zone.lower(): zone for zone in zones}
    hint = did_you_mean(name, lowered)
    if not hint.startswith("did"):
        return "as in Asia/Shanghai"
    near = hint.removeprefix("did you mean ").rstrip("?")
    return f"did you mean {lowered[near]}?"


def _sizes(parts: Parts) -> Iterator[Finding]:
    groups, rules = len(parts.plain.get("groups", ())), len(parts.written)
    if groups > GROUPS_MAX:
        yield error("/groups", f"{groups} groups, at most {GROUPS_MAX}")
    if rules > RULES_MAX:
        yield error("/rules", f"{rules} rules, coupons and gifts, at most {RULES_MAX}")
    tags: set[str] = set()
    for one in parts.written:
        tags.update(one.when.tags)
        if len(tags) > TAGS_MAX:
            yield error(f"{one.path}/when/tags", f"more than {TAGS_MAX} different tags in the bundle")
            return


def _twice(parts: Parts) -> Iterator[Finding]:
    """Rules, coupons and gifts share one set of ids: a receipt names them alike."""
    for sections in (("groups",), ("tiers",), tuple(SECTIONS), ("bonuses",), ("rebates",)):
        seen: dict[str, str] = {}
        for section in sections:
            for at, one in enumerate(parts.plain.get(section, ())):
                path = f"/{section}/{at}/id"
                known = one.get("id")
                if known is not None and known in seen:
                    yield error(path, f"{known!r} is there twice, first at {seen[known]}", "ids are unique")
                elif known is not None:
                    seen[known] = path


def _silencers(parts: Parts) -> Iterator[Finding]:
    known = parts.ids("groups")
    for path, group in parts.groups:
        for at, other in enumerate(group.suppressed_by):
            place = f"{path}/suppressed_by/{at}"
            if other == group.id:
                yield error(
                    place, "a group cannot silence itself", "name another group, or leave the key out"
                )
            elif other not in known:
                yield error(place, f"no group {other!r} in /groups", did_you_mean(other, known))
    without = any(one.section == "gifts" and one.group is None for one in parts.written)
    if without and GIFTS_GROUP in known:
        place = f"/groups/{known.index(GIFTS_GROUP)}/id"
        why = f"{GIFTS_GROUP!r} is the group of gifts that name none"
        yield error(place, why, f"write group: {GIFTS_GROUP} in every gift, or call this one otherwise")


def _groups_of_rules(parts: Parts) -> Iterator[Finding]:
    groups = {group.id: group for _, group in parts.groups}
    known = parts.ids("groups")
    for one in parts.written:
        if one.phase and one.do is not None and one.own_phase != one.phase:
            op = one.do.__struct_config__.tag
            why = f"{op} is an operation of the {one.own_phase} phase, and the rule of the {one.phase} phase"
            yield error(f"{one.path}/do/op", why, f"for {one.phase}: {', '.join(operations(one.phase))}")
        if one.group is None:
            continue
        group = groups.get(one.group)
        if group is not None:
            yield from _fits(one, group, parts)
        elif one.group not in known:
            yield error(
                f"{one.path}/group", f"no group {one.group!r} in /groups", did_you_mean(one.group, known)
            )


def _fits(one: Written, group: Group, parts: Parts) -> Iterator[Finding]:
    phase = one.phase or one.own_phase
    if phase is not None and group.phase != phase:
        fitting = [other.id for _, other in parts.groups if other.phase == phase]
        hint = (
            f"groups of the {phase} phase: {', '.join(fitting)}"
            if fitting
            else f"add one of the {phase} phase"
        )
        yield error(f"{one.path}/group", f"group {group.id!r} is of the {group.phase} phase", hint)
    elif isinstance(one.do, RoundTo) and group.basis != "running":
        why = f"round_to rounds what is left, and group {group.id!r} is measured on the gross"
        yield error(f"{one.path}/group", why, f"basis: running in group {group.id}")


def operations(phase: str) -> list[str]:
    """The operations of a phase."""
    kinds = {"discount": Discount, "points": Earning}.get(phase)
    return [str(kind.__struct_config__.tag) for kind in kinds.__args__] if kinds else []


def _tiers_of_rules(parts: Parts) -> Iterator[Finding]:
    known = parts.tier_ids()
    labels = [tier.label for _, tier in parts.tiers]
    for one in parts.written:
        for at, tier in enumerate(one.when.tiers):
            if tier not in known:
                hint = did_you_mean(tier, [*known, *labels])
                yield error(f"{one.path}/when/tiers/{at}", f"no tier {tier!r} in /tiers", hint)


def _times(parts: Parts) -> Iterator[Finding]:
    for one in parts.written:
        yield from _window(f"{one.path}/when", one.when, parts.zone)
        if one.when.minutes and one.when.minutes[0] >= one.when.minutes[1]:
            start, end = map(clock, one.when.minutes)
            hint = f"over midnight it is two rules: {start}-24:00 and 00:00-{end}"
            yield error(f"{one.path}/when/minutes", f"{end} is not after {start}", hint)
    for path, bonus in parts.bonuses:
        yield from _window(path, bonus, parts.zone)


def _window(path: str, window: When | Bonus, zone: ZoneInfo) -> Iterator[Finding]:
    start, end = window.from_, window.to
    for key, at in (("from", start), ("to", end)):
        if at is not None and at.year < 1971:
            yield error(child(path, key), f"the year {at.year}", "from 1971 on")
            return
    if start and end and aware(start, zone) >= aware(end, zone):
        hint = "the moment of `to` is outside: for the whole of one day, `to` is the next day"
        yield error(
            child(path, "to"), f"{shown_moment(end)} is not after `from`, {shown_moment(start)}", hint
        )


def _notice(parts: Parts) -> Iterator[Finding]:
    try:
        notice = msgspec.convert(parts.plain.get("notice"), Notice | None)
        starts = msgspec.convert(parts.plain.get("valid_from"), datetime)
    except msgspec.ValidationError:
        return
    if notice is None:
        return
    try:
        earliest = notice.announced + timedelta(days=notice.days)
    except OverflowError:
        yield error("/notice/announced", f"the year {notice.announced.year}")
        return
    if aware(starts, parts.zone).date() < earliest:
        why = f"announced on {notice.announced}, {notice.days} days ahead: not before {earliest}"
        yield error("/valid_from", why, f"valid_from: {earliest}")
