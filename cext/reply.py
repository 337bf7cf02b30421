"""What the kernel answers: the result, and on request one step for every rule of the bundle."""

import msgspec
from msgspec import UNSET, UnsetType

WHYS = (
    "window",
    "weekday",
    "monthday",
    "minutes",
    "tier",
    "store",
    "pay",
    "channel",
    "first",
    "birthday",
    "tags",
    "coupon",
    "left_out",
    "total",
    "limit",
    "no_member",
    "no_line",
    "need",
    "suppressed",
    "no_value",
    "lost",
)
"""Why a rule gave nothing, in the order in which it is asked; ``left_out`` is a coupon that was presented in vain."""


class Result(msgspec.Struct, frozen=True):
    """The decided receipt, in fen and points; ``fired`` in the order of application."""

    gross: int
    discount: int
    payable: int
    points: int
    fired: list[tuple[str, int]]
    line_net: list[int]
    line_points: list[int]


class Step(msgspec.Struct, frozen=True):
    """What one rule did, or why it did nothing; unset fields are not written."""

    rule: str
    state: str
    value: int | UnsetType = UNSET
    lines: list[int] | UnsetType = UNSET
    shares: list[int] | UnsetType = UNSET
    why: str | UnsetType = UNSET
    short_fen: int | UnsetType = UNSET
    short_qty: int | UnsetType = UNSET
    by: str | UnsetType = UNSET
    to: str | UnsetType = UNSET


class Explanation(msgspec.Struct, frozen=True):
    """A result and its steps, in the order of the bundle."""

    result: Result
    trace: list[Step]


def fired(rule: str, value: int, lines: list[int], shares: list[int]) -> Step:
    """The rule gave ``value``, ``shares`` of it to ``lines``."""
    return Step(rule, "fired", value=value, lines=lines, shares=shares)


def skipped(rule: str, why: str) -> Step:
    """The rule gave nothing."""
    return Step(rule, "skipped", why=why)


def in_need(rule: str, short_fen: int, short_qty: int) -> Step:
    """The selected lines do not come to what the rule needs."""
    return Step(rule, "skipped", why="need", short_fen=short_fen, short_qty=short_qty)


def suppressed(rule: str, by: str) -> Step:
    """Group ``by`` fired, and silences the rule's group."""
    return Step(rule, "skipped", why="suppressed", by=by)


def lost(rule: str, to: str) -> Step:
    """Rule ``to`` won in the group."""
    return Step(rule, "skipped", why="lost", to=to)
