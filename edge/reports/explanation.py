"""One receipt in words: what each rule gave to each line, why the others gave nothing, whether the ledger agrees."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from edge.domain.checkout import DecidedLine, Decision
from edge.domain.money import yuan
from edge.domain.replay import Difference, Replayed, RuleStep
from edge.domain.rules.compile import Programme
from edge.domain.rules.model import When
from edge.reports.explanation_words import WORDS, Lang, Words

Unit = Literal["fen", "points", "redeemed", "gifts"]

NEAREST = ("need", "left_out", "lost", "suppressed", "limit", "total", "coupon", "no_value")
"""Reasons that came close, closest first; every other one comes after them."""


class Heading(msgspec.Struct, frozen=True):
    """Which receipt it is, and which rules decided it; ``bundle`` is sha256 of the bundle's bytes."""

    receipt_no: str
    sale: str
    committed_at: str
    business_date: str
    terminal: str
    member: str | None
    tier: str | None
    tier_label: str | None
    programme: str
    version: int
    bundle: str


class Share(msgspec.Struct, frozen=True):
    """What one rule gave, to one line or in all, in ``unit``; fen are fen off."""

    rule: str
    name: str
    unit: Unit
    value: int


class ExplainedLine(msgspec.Struct, frozen=True):
    """One line: its list price, each rule's share, what was paid and what it earned."""

    line: int
    sku: str
    name: str
    qty_milli: int
    unit_price_fen: int
    list_fen: int
    shares: tuple[Share, ...]
    net_fen: int
    points_used: int
    points_paid_fen: int
    points: int


class GaveNothing(msgspec.Struct, frozen=True):
    """A rule that gave nothing: ``why`` for programs, ``words`` for people."""

    rule: str
    name: str
    why: str
    words: str
    short_fen: int | None
    short_qty: int | None


class CameBack(msgspec.Struct, frozen=True):
    """A refund of this sale, or its ``void``."""

    receipt_no: str
    committed_at: str
    amount_fen: int
    points_clawed: int
    points_back: int
    void: bool = False


class Explanation(msgspec.Struct, frozen=True):
    """The whole of it; ``match`` says that the replay equals the ledger in every figure."""

    heading: Heading
    lines: tuple[ExplainedLine, ...]
    gave: tuple[Share, ...]
    gave_nothing: tuple[GaveNothing, ...]
    list_fen: int
    discount_fen: int
    net_fen: int
    points_used: int
    points_paid_fen: int
    points: int
    refunds: tuple[CameBack, ...]
    match: bool
    differences: tuple[Difference, ...]


def explanation(
    heading: Heading,
    decision: Decision,
    programme: Programme,
    replayed: Replayed,
    differences: Sequence[Difference],
    refunds: Sequence[CameBack],
    lang: Lang,
) -> Explanation:
    """The stored decision, with the shares and the reasons that its replay gives."""
    applied = [rule for rule, _ in replayed.result.fired]
    fired = sorted((step for step in replayed.trace if step.fired), key=lambda step: applied.index(step.rule))
    return Explanation(
        heading=heading,
        lines=tuple(_line(index, line, fired, programme) for index, line in enumerate(decision.lines)),
        gave=tuple(_share(step, step.value, programme) for step in fired),
        gave_nothing=tuple(_gave_nothing(replayed, programme, WORDS[lang])),
        list_fen=decision.list_fen,
        discount_fen=decision.discount_fen,
        net_fen=decision.net_fen,
        points_used=decision.redeem_points,
        points_paid_fen=decision.points_paid_fen,
        points=decision.points,
        refunds=tuple(refunds),
        match=not differences,
        differences=tuple(differences),
    )


def _line(index: int, line: DecidedLine, fired: Sequence[RuleStep], programme: Programme) -> ExplainedLine:
    parts = ((step, dict(zip(step.lines, step.shares, strict=True)).get(index, 0)) for step in fired)
    shares = (_share(step, value, programme) for step, value in parts if value)
    return ExplainedLine(
        line=index + 1,
        sku=line.sku,
        name=line.name,
        qty_milli=line.qty_milli,
        unit_price_fen=line.unit_price_fen,
        list_fen=line.list_fen,
        # What points pay and what is given away stand in fields of their own.
        shares=tuple(share for share in shares if share.unit in ("fen", "points")),
        net_fen=line.net_fen,
        points_used=line.points_used,
        points_paid_fen=line.points_paid_fen,
        points=line.points,
    )


def _share(step: RuleStep, value: int, programme: Programme) -> Share:
    return Share(step.rule, programme.rule_names[step.rule], _unit(step.rule, programme), value)


def _unit(rule: str, programme: Programme) -> Unit:
    phase = programme.phases[rule]
    if phase != "points":
        return "fen" if phase == "discount" else "gifts"
    return "redeemed" if rule in programme.redeeming else "points"


# --- why not ---


def _gave_nothing(replayed: Replayed, programme: Programme, words: Words) -> Iterator[GaveNothing]:
    """Near misses first: the least that is missing, then what another rule kept away, then all the others."""
    for step in sorted((step for step in replayed.trace if not step.fired), key=_distance):
        yield GaveNothing(
            step.rule,
            programme.rule_names[step.rule],
            step.why,
            _why(step, programme, words),
            step.short_fen or None,
            step.short_qty or None,
        )


def _distance(step: RuleStep) -> tuple[int, int, int]:
    place = NEAREST.index(step.why) if step.why in NEAREST else len(NEAREST)
    return place, step.short_fen, step.short_qty


def _why(step: RuleStep, programme: Programme, words: Words) -> str:
    """The reason with what would have been wanted, as the bundle has it."""
    if step.why == "need":
        missing = (
            words.why["need_fen"].format(yuan(step.short_fen)) if step.short_fen else "",
            words.why["need_qty"].format(step.short_qty) if step.short_qty else "",
        )
        return words.any_of.join(filter(None, missing))
    if step.why == "lost":
        return words.why["lost"].format(programme.rule_names.get(step.to or "", step.to))
    if step.why == "suppressed":
        return words.why["suppressed"].format(step.by)
    when = _when_of(step.rule, programme)
    if step.why == "birthday" and when.birthday == "month":
        return words.why["birthday_month"]
    return words.why.get(step.why, step.why).format(_wanted(step, when, programme, words))


def _when_of(rule: str, programme: Programme) -> When:
    bundle = programme.bundle
    sections = (bundle.rules, bundle.coupons, bundle.gifts)
    return next((one.when for section in sections for one in section if one.id == rule), When())


def _wanted(step: RuleStep, when: When, programme: Programme, words: Words) -> str:
    """What the condition asks for, as far as it can be listed."""
    match step.why:
        case "window":
            return " – ".join((_moment(when.from_), _moment(when.to)))
        case "weekday":
            return words.any_of.join(words.weekdays[day] for day in when.dow)
        case "monthday":
            return words.any_of.join(map(str, when.dom))
        case "minutes":
            return " – ".join(map(_clock, when.minutes or ()))
        case "tier":
            return words.any_of.join(map(programme.tier_label, when.tiers))
        case "coupon" | "left_out":
            return programme.rule_names[step.rule]
        case "total":
            most = yuan(when.max_total) if when.max_total else "∞"
            return f"{yuan(when.min_total or 0)} – {most}"
    names = {"store": when.stores, "pay": when.pay, "channel": when.channel, "tags": when.tags}
    return words.any_of.join(names.get(step.why, ()))


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else ""


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
