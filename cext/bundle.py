"""What a bundle says, in the ``points-bundle/core-1`` vocabulary: the shapes, and the checks between them.

In every maximum (``cap``, ``max_times``, ``max_total``, ``receipt_cap``, the limits) 0 means that there is none.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cext.document import read
from cext.errors import BundleError
from cext.limits import FEN_MAX, GROUPS_MAX, LINES_MAX, QTY_MAX, RULES_MAX, TAGS_MAX

FOREVER = 2**62

Fen = Annotated[int, Meta(ge=0, le=FEN_MAX)]
Positive = Annotated[int, Meta(ge=1, le=FEN_MAX)]
Qty = Annotated[int, Meta(ge=0, le=LINES_MAX * QTY_MAX)]
Epoch = Annotated[int, Meta(ge=0, le=FOREVER)]
Minute = Annotated[int, Meta(ge=0, le=1440)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Bp = Annotated[int, Meta(ge=0, le=10_000)]
Phase = Literal["discount", "points", "gifts"]
PHASES: tuple[Phase, ...] = ("discount", "points", "gifts")
Rounding = Literal["down", "half_up"]
Names = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
Weekdays = Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1)]
Monthdays = Annotated[tuple[Annotated[int, Meta(ge=1, le=31)], ...], Meta(min_length=1)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a bundle; a key that is not in the vocabulary is refused."""


class Points(_Part, frozen=True):
    """What a point costs to earn and is worth when spent; ``receipt_cap`` bounds what one receipt earns."""

    fen_per_point: Positive
    fen_per_redeemed_point: Fen
    receipt_cap: Fen = 0


class Group(_Part, frozen=True):
    """Rules that compete (``best``, ``first``) or add up (``all``); groups apply by ``order``."""

    id: Id
    phase: Phase
    mode: Literal["all", "best", "first"]
    order: Annotated[int, Meta(ge=-FEN_MAX, le=FEN_MAX)]
    suppressed_by: tuple[str, ...] = ()
    basis: Literal["gross", "running"] = "gross"


class When(_Part, frozen=True, rename={"from_s": "from", "to_s": "to"}):
    """Which baskets; a key that is left out asks nothing. ``to`` and the end of ``minutes`` are outside.

    ``coupon`` names the kind of coupon that must be presented, and chosen, for the rule to live.
    """

    from_s: Epoch = 0
    to_s: Epoch = FOREVER
    dow: Weekdays = ()
    dom: Monthdays = ()
    minutes: tuple[Minute, Minute] = (0, 1440)
    tiers: Names = ()
    stores: Names = ()
    pay: Names = ()
    channel: Names = ()
    first: bool = False
    birthday: Literal["day", "month"] | UnsetType = UNSET
    birthday_calendar: Literal["solar", "lunar", "either"] = "either"
    tags: Names = ()
    coupon: Id | UnsetType = UNSET
    min_total: Fen = 0
    max_total: Fen = 0


class Select(_Part, frozen=True):
    """Which lines of the basket; ``min_unit`` is the least unit price in fen."""

    cats: Names = ()
    brands: Names = ()
    skus: Names = ()
    not_cats: Names = ()
    not_skus: Names = ()
    min_unit: Fen = 0


class Need(_Part, frozen=True):
    """What the selected lines must come to before the rule gives anything."""

    min_fen: Fen = 0
    min_qty: Qty = 0


class Limit(_Part, frozen=True):
    """How often and how much the rule gives, by the counters that come with the request.

    ``per_member`` and ``per_day`` count receipts of the member; ``member_value``, ``day_value`` and
    ``total_value`` bound what the rule gives to the member, to the member in a day, and in all.
    """

    per_member: Fen = 0
    per_day: Fen = 0
    member_value: Fen = 0
    day_value: Fen = 0
    total_value: Fen = 0


class EveryOff(_Part, frozen=True, tag_field="op", tag="every_off"):
    """``off_fen`` off for each full ``every_fen``, at most ``max_times``."""

    every_fen: Positive
    off_fen: Fen
    max_times: Fen = 0


class OffBp(_Part, frozen=True, tag_field="op", tag="off_bp"):
    """``bp`` basis points off."""

    bp: Bp
    round: Rounding = "down"


class FixedPrice(_Part, frozen=True, tag_field="op", tag="fixed_price"):
    """Each selected unit costs ``fen``, a part of one its share, half up; what is already cheaper stays."""

    fen: Fen


class NthItemBp(_Part, frozen=True, tag_field="op", tag="nth_item_bp"):
    """Of the selected units, dearest first, every ``n``-th is ``bp`` basis points off, at most ``max_times``.

    So in each ``n`` the cheapest one is. Weighed lines take no part.
    """

    n: Annotated[int, Meta(ge=2, le=QTY_MAX)]
    bp: Bp
    max_times: Fen = 0
    round: Rounding = "down"


class RoundTo(_Part, frozen=True, tag_field="op", tag="round_to"):
    """The selected amount rounded down to a multiple of ``fen``."""

    fen: Annotated[int, Meta(ge=2, le=FEN_MAX)]


class MultBp(_Part, frozen=True, tag_field="op", tag="mult_bp"):
    """Points at ``bp`` basis points of the base rate."""

    bp: Annotated[int, Meta(ge=0, le=1_000_000)]
    round: Rounding = "down"


class PerQty(_Part, frozen=True, tag_field="op", tag="per_qty"):
    """``pts`` points for each whole unit."""

    pts: Fen


class Fixed(_Part, frozen=True, tag_field="op", tag="fixed"):
    """``pts`` points, once."""

    pts: Fen


class Redeem(_Part, frozen=True, tag_field="op", tag="redeem"):
    """Points pay at ``fen_per_point``, at most ``max_bp`` of the selected amount, in multiples of ``step`` points."""

    fen_per_point: Positive
    max_bp: Bp = 10_000
    step: Positive = 1


class Gift(_Part, frozen=True, tag_field="op", tag="gift"):
    """``qty`` gifts, once or for each full ``every_fen``, then at most ``max_times``."""

    qty: Annotated[int, Meta(ge=1, le=QTY_MAX)]
    every_fen: Fen = 0
    max_times: Fen = 0


Operation = EveryOff | OffBp | FixedPrice | NthItemBp | RoundTo | MultBp | PerQty | Fixed | Redeem | Gift
PHASE_OF: dict[type[Operation], Phase] = {
    EveryOff: "discount",
    OffBp: "discount",
    FixedPrice: "discount",
    NthItemBp: "discount",
    RoundTo: "discount",
    MultBp: "points",
    PerQty: "points",
    Fixed: "points",
    Redeem: "points",
    Gift: "gifts",
}


class Rule(_Part, frozen=True):
    """One promotion; within a group the smaller ``priority`` comes first, then the order in the bundle."""

    id: Id
    phase: Phase
    group: str
    priority: Annotated[int, Meta(ge=-FEN_MAX, le=FEN_MAX)]
    do: Operation
    when: When = When()
    select: Select = Select()
    need: Need = Need()
    cap: Fen = 0
    limit: Limit = Limit()


class Bundle(_Part, frozen=True):
    """A bundle as the kernel sees it; ``tz_offset_s`` is seconds east of Greenwich.

    The business day, by which weekday, day of the month and birthday go, begins ``day_start_s`` after midnight.
    """

    schema: Literal["points-bundle/core-1"]
    version: Annotated[int, Meta(ge=0, le=FOREVER)]
    tz_offset_s: Annotated[int, Meta(ge=-86_400, le=86_400)]
    points: Points
    groups: Annotated[tuple[Group, ...], Meta(max_length=GROUPS_MAX)]
    rules: Annotated[tuple[Rule, ...], Meta(max_length=RULES_MAX)]
    day_start_s: Annotated[int, Meta(ge=0, lt=86_400)] = 0


_decoder = msgspec.json.Decoder(Bundle)


def read_bundle(raw: bytes) -> Bundle:
    """Read and check a bundle; raises BundleError."""
    bundle = read(raw, _decoder, BundleError)
    _check_groups(bundle)
    _check_rules(bundle)
    return bundle


def ranked_groups(bundle: Bundle) -> list[Group]:
    """Groups in the order in which they apply; equal ``order`` keeps the order in the bundle."""
    return sorted(bundle.groups, key=lambda group: group.order)


def ranked_rules(bundle: Bundle, phase: Phase) -> list[tuple[int, int, Rule]]:
    """Rules of ``phase`` in execution order, as (rank of the group, place in the bundle, rule)."""
    rank = {group.id: place for place, group in enumerate(ranked_groups(bundle))}
    rules = [
        (rank[rule.group], place, rule) for place, rule in enumerate(bundle.rules) if rule.phase == phase
    ]
    return sorted(rules, key=lambda ranked: (ranked[0], ranked[2].priority, ranked[1]))


def _check_groups(bundle: Bundle) -> None:
    ids = [group.id for group in bundle.groups]
    _refuse_twice(ids, "/groups")
    for place, group in enumerate(bundle.groups):
        for nth, other in enumerate(group.suppressed_by):
            path = f"/groups/{place}/suppressed_by/{nth}"
            if other not in ids:
                raise BundleError(path, f"no group {other!r}")
            if other == group.id:
                raise BundleError(path, "a group cannot silence itself")


def _check_rules(bundle: Bundle) -> None:
    _refuse_twice([rule.id for rule in bundle.rules], "/rules")
    groups = {group.id: group for group in bundle.groups}
    tags: set[str] = set()
    for place, rule in enumerate(bundle.rules):
        path = f"/rules/{place}"
        _check_group_of(rule, groups, path)
        _check_times(rule.when, path)
        tags.update(rule.when.tags)
        if len(tags) > TAGS_MAX:
            raise BundleError(f"{path}/when/tags", f"more than {TAGS_MAX} different tags in the bundle")


def _check_group_of(rule: Rule, groups: dict[str, Group], path: str) -> None:
    group = groups.get(rule.group)
    if group is None:
        raise BundleError(f"{path}/group", f"no group {rule.group!r}")
    if group.phase != rule.phase:
        raise BundleError(f"{path}/group", f"group {rule.group!r} is of the {group.phase} phase")
    if PHASE_OF[type(rule.do)] != rule.phase:
        raise BundleError(f"{path}/do/op", f"not an operation of the {rule.phase} phase")
    if isinstance(rule.do, RoundTo) and group.basis != "running":
        raise BundleError(
            f"{path}/group", f"round_to needs a group whose basis is running, not {rule.group!r}"
        )


def _check_times(when: When, path: str) -> None:
    if when.from_s >= when.to_s:
        raise BundleError(f"{path}/when/to", "not after `from`")
    if when.minutes[0] >= when.minutes[1]:
        raise BundleError(f"{path}/when/minutes", "the second is not after the first")


def _refuse_twice(ids: Iterable[str], path: str) -> None:
    seen: set[str] = set()
    for place, one in enumerate(ids):
        if one in seen:
            raise BundleError(f"{path}/{place}/id", f"{one!r} is there twice")
        seen.add(one)
