"""What a basket costs and earns, and why: the rule kernel asked, its answer as a Decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import msgspec

from edge.domain.basket import Line
from edge.domain.limits import Used
from edge.domain.member import Member
from edge.domain.money import MILLI, spread
from edge.domain.rules.compile import Programme


class Fired(msgspec.Struct, frozen=True):
    """A rule that gave something: fen off in the discount phase, points in the points phase."""

    rule: str
    name: str
    value: int


class Skipped(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule that gave nothing, and why; ``short_fen``/``short_qty`` say how little was missing."""

    rule: str
    name: str
    why: str
    short_fen: int | None = None
    short_qty: int | None = None
    by: str | None = None
    to: str | None = None


class GivenGift(msgspec.Struct, frozen=True):
    """A gift that goes with the purchase: ``qty`` of ``item``, by ``rule``."""

    rule: str
    name: str
    item: str
    qty: int


class DecidedLine(msgspec.Struct, frozen=True):
    """One line after the rules; ``points_used`` and ``points_paid_fen`` are its share of what points pay."""

    sku: str
    name: str
    qty_milli: int
    unit_price_fen: int
    list_fen: int
    discount_fen: int
    net_fen: int
    points_used: int
    points_paid_fen: int
    points: int
    rules: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True):
    """Everything about one basket that has been decided; stored with the sale and never computed again.

    ``redeemed_by`` is the rule on whose terms points pay, where the programme has such rules.
    """

    lines: tuple[DecidedLine, ...]
    list_fen: int
    discount_fen: int
    net_fen: int
    redeem_points: int
    points_paid_fen: int
    points: int
    discounts: tuple[Fired, ...]
    bonuses: tuple[Fired, ...]
    skipped: tuple[Skipped, ...]
    gifts: tuple[GivenGift, ...] = ()
    redeemed_by: str | None = None

    @property
    def due_fen(self) -> int:
        """What is left to pay with money."""
        return self.net_fen - self.points_paid_fen

    @property
    def given(self) -> dict[str, int]:
        """What each rule, coupon or gift gave, by its id: fen, points or pieces; terms of redemption, points taken."""
        taken = {self.redeemed_by: self.redeem_points} if self.redeemed_by else {}
        gifts = {gift.rule: gift.qty for gift in self.gifts}
        return {fired.rule: fired.value for fired in self.discounts + self.bonuses} | taken | gifts


@dataclass(frozen=True, slots=True)
class Occasion:
    """When, where and how a basket is bought; ``first`` is a member's first purchase.

    ``coupons`` are the kinds presented; ``used`` says what limited rules gave before; ``birthday_state`` is set
    where the calendar of the kernel does not do (cext.request.Member).
    """

    at_ms: int
    store: str
    channel: str = "till"
    pay: str = ""
    first: bool = False
    coupons: tuple[str, ...] = ()
    used: Mapping[str, Used] = field(default_factory=dict)
    birthday_state: int | None = None


class _Trace(msgspec.Struct):
    """One rule's entry in the kernel's explanation."""

    rule: str
    state: str
    value: int = 0
    lines: tuple[int, ...] = ()
    shares: tuple[int, ...] = ()
    why: str = ""
    short_fen: int | None = None
    short_qty: int | None = None
    by: str | None = None
    to: str | None = None


class _Result(msgspec.Struct):
    gross: int
    discount: int
    payable: int
    points: int
    line_net: list[int]
    line_points: list[int]


class _Explained(msgspec.Struct):
    result: _Result
    trace: list[_Trace]


class _AskedLine(msgspec.Struct):
    """A line as ``kernel_request`` wrote it."""

    sku: str
    cat: str
    brand: str
    qty: int
    unit: int
    fen: int
    nd: bool
    np: bool
    milli: int = 0

    def named(self, name: str | None) -> Line:
        qty_milli = self.qty * MILLI + self.milli
        return Line(
            self.sku, name or "", qty_milli, self.unit, self.fen, self.cat, self.brand, self.nd, self.np
        )


class _Asked(msgspec.Struct):
    points_used: int
    lines: list[_AskedLine]


_explained = msgspec.json.Decoder(_Explained)
_asked = msgspec.json.Decoder(_Asked)


def kernel_request(
    occasion: Occasion, lines: Sequence[Line], member: Member | None, redeem_points: int
) -> bytes:
    """The basket in the kernel's packed form (JSON); stored with the sale so that it can be replayed."""
    return msgspec.json.encode(
        {
            "ts": occasion.at_ms // 1000,
            "store": occasion.store,
            "member": _kernel_member(member, occasion) if member else None,
            "pay": occasion.pay,
            "channel": occasion.channel,
            "points_used": redeem_points,
            **({"coupons": occasion.coupons} if occasion.coupons else {}),
            **({"used": occasion.used} if occasion.used else {}),
            "lines": [_kernel_line(line) for line in lines],
        }
    )


def redeemable(programme: Programme, asked: int, net_fen: int) -> int:
    """How many of the ``asked`` points a receipt of ``net_fen`` can take; no point is spent for nothing."""
    worth = programme.bundle.points.fen_per_redeemed_point
    return min(asked, net_fen // worth) if worth else 0


def decide(
    programme: Programme,
    occasion: Occasion,
    lines: Sequence[Line],
    member: Member | None,
    redeem_points: int = 0,
) -> tuple[Decision, bytes]:
    """Decide a basket; returns the decision and the kernel request it came from.

    Raises cext.RequestError where the basket is beyond what the kernel takes.
    """
    request = kernel_request(occasion, lines, member, redeem_points)
    explained = _explained.decode(programme.kernel.explain(request))
    if not programme.redeeming:
        usable = redeemable(programme, redeem_points, explained.result.payable)
        if usable != redeem_points:
            return decide(programme, occasion, lines, member, usable)
    return _decision(programme, lines, explained, redeem_points), request


def decide_again(programme: Programme, request: bytes, names: Sequence[str]) -> Decision:
    """Decide once more what ``decide`` asked; ``names`` are those of the goods, which the kernel does not see.

    Raises cext.RequestError, and ValueError, where the request is not what ``decide`` wrote.
    """
    explained = _explained.decode(programme.kernel.explain(request))
    asked = _asked.decode(request)
    lines = [line.named(name) for line, name in zip_longest(asked.lines, names) if line]
    return _decision(programme, lines, explained, asked.points_used)


def goods_asked(request: bytes) -> list[Line]:
    """The goods that ``decide`` asked about, in order; their names are not in it."""
    return [line.named(None) for line in _asked.decode(request).lines]


def _paid(
    programme: Programme, lines: Sequence[Line], explained: _Explained, redeem_points: int
) -> tuple[int, list[int]]:
    """The points that are paid with, and the fen that they pay on each line."""
    if programme.redeeming:
        return _taken(programme, lines, explained)
    return redeem_points, spread(programme.redeemed_fen(redeem_points), explained.result.line_net)


def _taken(programme: Programme, lines: Sequence[Line], explained: _Explained) -> tuple[int, list[int]]:
    """The points that a redeem rule took, and the fen that they pay on each line."""
    paid = [0] * len(lines)
    for entry in explained.trace:
        if entry.state == "fired" and entry.rule in programme.redeeming:
            for line, share in zip(entry.lines, entry.shares, strict=True):
                paid[line] = share
            return entry.value, paid
    return 0, paid


def _decision(
    programme: Programme, lines: Sequence[Line], explained: _Explained, asked_points: int
) -> Decision:
    result, names, phases = explained.result, programme.rule_names, programme.phases
    redeem_points, paid = _paid(programme, lines, explained, asked_points)
    used = spread(redeem_points, paid if programme.redeeming else result.line_net)
    fired = [entry for entry in explained.trace if entry.state == "fired"]
    return Decision(
        lines=tuple(
            _decided_line(line, index, result, (used[index], paid[index]), fired)
            for index, line in enumerate(lines)
        ),
        list_fen=result.gross,
        discount_fen=result.discount,
        net_fen=result.payable,
        redeem_points=redeem_points,
        points_paid_fen=sum(paid),
        points=result.points,
        discounts=tuple(_fired(e, names) for e in fired if phases[e.rule] == "discount"),
        bonuses=tuple(
            _fired(e, names)
            for e in fired
            if phases[e.rule] == "points" and e.rule not in programme.redeeming
        ),
        skipped=tuple(_skipped(e, names) for e in explained.trace if e.state != "fired"),
        gifts=tuple(
            GivenGift(e.rule, names[e.rule], programme.gifts[e.rule].item, e.value)
            for e in fired
            if phases[e.rule] == "gifts"
        ),
        redeemed_by=next((e.rule for e in fired if e.rule in programme.redeeming), None),
    )


def _decided_line(
    line: Line, index: int, result: _Result, redeemed: tuple[int, int], fired: Sequence[_Trace]
) -> DecidedLine:
    net_fen = result.line_net[index]
    return DecidedLine(
        sku=line.sku,
        name=line.name,
        qty_milli=line.qty_milli,
        unit_price_fen=line.unit_price_fen,
        list_fen=line.amount_fen,
        discount_fen=line.amount_fen - net_fen,
        net_fen=net_fen,
        points_used=redeemed[0],
        points_paid_fen=redeemed[1],
        points=result.line_points[index],
        rules=tuple(entry.rule for entry in fired if index in entry.lines),
    )


def _fired(entry: _Trace, names: dict[str, str]) -> Fired:
    return Fired(entry.rule, names[entry.rule], entry.value)


def _skipped(entry: _Trace, names: dict[str, str]) -> Skipped:
    return Skipped(
        entry.rule, names[entry.rule], entry.why, entry.short_fen, entry.short_qty, entry.by, entry.to
    )


def _kernel_member(member: Member, occasion: Occasion) -> dict[str, Any]:
    state = occasion.birthday_state
    return {
        "id": member.id,
        "tier": member.tier,
        "bday": member.birthday or 0 if state is None else 0,
        "first": occasion.first,
        "tags": list(member.tags),
        **({} if state is None else {"birthday_state": state}),
    }


def _kernel_line(line: Line) -> dict[str, Any]:
    qty, milli = divmod(line.qty_milli, MILLI)
    return {
        "sku": line.sku,
        "cat": line.category,
        "brand": line.brand,
        "qty": qty,
        "unit": line.unit_price_fen,
        "fen": line.amount_fen,
        "nd": line.no_discount,
        "np": line.no_points,
        **({"milli": milli} if milli else {}),
    }
