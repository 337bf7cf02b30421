"""Pricing a basket: pure, no write, no await, kept open for the customer for a while."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

import cext
from cext.limits import COUPONS_MAX
from edge.counter.coupons import CouponState, Presented, presented, states
from edge.counter.honesty import Inflated, inflated
from edge.counter.occasions import occasion_of
from edge.counter.records import QuotedPoints, Totals, points_of, totals_of
from edge.counter.refusals import bad, out_of_funds
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import Day, Fen, Name, PointsCount, QtyMilli, Reply, Request, TenderKind, Text
from edge.domain.basket import Line, priced
from edge.domain.checkout import Decision, GivenGift, Occasion, decide
from edge.domain.member import Member
from edge.domain.money import FEN_MAX, yuan
from edge.domain.rules.compile import Programme
from edge.errors import Code, PosError
from edge.storage.ids import uuid7

QUOTE_LIFE_MS = 10 * 60 * 1000
"""How long a quoted price is kept open for its customer."""

QUOTES_MAX = 4096
"""Open quotes the box remembers; the oldest go first, and their tills quote again."""

QUICK_SALE = "快速消费"


class BasketLine(Request, frozen=True):
    """One line as scanned: ``sku`` or ``name``; ``amount_fen`` where a scale decided it."""

    qty_milli: QtyMilli
    unit_price_fen: Fen
    sku: Text = ""
    name: Text = ""
    amount_fen: Fen | None = None
    category: Text = ""
    brand: Text = ""
    flags: tuple[Literal["no_discount", "no_points"], ...] = ()


class QuoteRequest(Request, frozen=True):
    """A basket to be priced: ``lines``, or ``quick_fen`` for an amount without goods."""

    cashier: Name
    lines: Annotated[tuple[BasketLine, ...], msgspec.Meta(max_length=256)] = ()
    quick_fen: Annotated[int, msgspec.Meta(ge=1, lt=FEN_MAX)] | None = None
    member: Word | None = None
    salesperson: Text = ""
    channel: Word = "till"
    business_date: Day | None = None
    coupons: Annotated[tuple[Word, ...], msgspec.Meta(max_length=COUPONS_MAX)] = ()
    redeem_points: PointsCount = 0
    tender_hint: TenderKind | None = None


class QuotedLine(Reply, frozen=True):
    """One line after the rules, and which rules touched it."""

    sku: str
    name: str
    list_fen: int
    discount_fen: int
    net_fen: int
    points: int
    rules: tuple[str, ...]


class Applied(Reply, frozen=True):
    """A rule that gave something: fen off, or points."""

    rule: str
    name: str
    value: int
    unit: Literal["fen", "points"]


class NotApplied(Reply, frozen=True, omit_defaults=True):
    """A rule that gave nothing, and why."""

    rule: str
    name: str
    why: str
    short_fen: int | None = None


class Hint(Reply, frozen=True):
    """Something worth telling the customer: how little is missing for a rule."""

    rule: str
    short_fen: int
    zh: str
    en: str


class QuoteReply(Reply, frozen=True):
    """A price that is kept open until ``expires_at``; ``digest`` names basket and decision."""

    quote_id: str
    digest: str
    rules_version: int
    expires_at: str
    lines: tuple[QuotedLine, ...]
    totals: Totals
    points: QuotedPoints
    applied: tuple[Applied, ...]
    skipped: tuple[NotApplied, ...]
    hints: tuple[Hint, ...]
    coupons: tuple[CouponState, ...]
    gifts: tuple[GivenGift, ...]
    inflated: tuple[Inflated, ...]
    offline: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote that is still open."""

    id: str
    digest: str
    terminal: str
    expires_ms: int
    request: QuoteRequest
    member: Member | None
    programme: Programme
    occasion: Occasion
    coupons: tuple[Presented, ...]
    inflated: tuple[Inflated, ...]
    decision: Decision
    kernel_request: bytes


class Quotes:
    """The open quotes of all tills, oldest first."""

    def __init__(self) -> None:
        self._open: dict[str, Quote] = {}

    def keep(self, quote: Quote) -> None:
        """Remember ``quote``; the oldest one goes when there are too many."""
        self._open[quote.id] = quote
        if len(self._open) > QUOTES_MAX:
            del self._open[next(iter(self._open))]

    def find(self, quote_id: str, now_ms: int) -> Quote | None:
        """The quote, unless it has expired."""
        quote = self._open.get(quote_id)
        return quote if quote and quote.expires_ms > now_ms else None


def quote(shop: Shop, quotes: Quotes, terminal: str, request: QuoteRequest) -> QuoteReply:
    """Price a basket. No write, no await; raises 1201, 1202, 1205, -32602."""
    priced_quote = price(shop, terminal, request)
    quotes.keep(priced_quote)
    return quote_reply(shop, priced_quote)


def price(shop: Shop, terminal: str, request: QuoteRequest) -> Quote:
    """Decide the basket under the rules of now."""
    now_ms = shop.clock.now_ms()
    if now_ms < shop.programme.valid_from_ms:
        starts = shop.local_time(shop.programme.valid_from_ms)
        raise PosError(
            Code.NO_VALID_RULES, f"the rules are valid from {starts}", zh=f"规则自 {starts} 起生效"
        )
    today = shop.business_date(now_ms).isoformat()
    if request.business_date not in (None, today):
        raise bad("/business_date", f"this store's business day is {today}", f"本店营业日为 {today}")
    member = shop.find_member(request.member) if request.member else None
    lines = _lines(request)
    if request.redeem_points:
        _check_redeemable(shop, member, request.redeem_points)
    coupons = presented(shop, request.coupons, member, today)
    occasion = occasion_of(shop, member, coupons, request.channel, request.tender_hint or "", now_ms)
    try:
        decision, asked = decide(shop.programme, occasion, lines, member, request.redeem_points)
    except cext.RequestError as error:
        raise bad(error.path, error.why, "购物篮超出限制") from error
    content = hashlib.sha256(msgspec.json.encode(request) + msgspec.json.encode(decision)).hexdigest()
    return Quote(
        id=uuid7(now_ms),
        digest=content[:32],
        terminal=terminal,
        expires_ms=now_ms + QUOTE_LIFE_MS,
        request=request,
        member=member,
        programme=shop.programme,
        occasion=occasion,
        coupons=coupons,
        inflated=inflated(shop, lines, decision, now_ms),
        decision=decision,
        kernel_request=asked,
    )


def quote_reply(shop: Shop, priced_quote: Quote) -> QuoteReply:
    """What the till is told of a quote."""
    decision, member = priced_quote.decision, priced_quote.member
    held = shop.balances(member.id).points.balance if member else None
    return QuoteReply(
        quote_id=priced_quote.id,
        digest=priced_quote.digest,
        rules_version=priced_quote.programme.bundle.version,
        expires_at=shop.local_time(priced_quote.expires_ms),
        lines=tuple(
            QuotedLine(
                line.sku, line.name, line.list_fen, line.discount_fen, line.net_fen, line.points, line.rules
            )
            for line in decision.lines
        ),
        totals=totals_of(decision),
        points=points_of(decision, held),
        applied=tuple(Applied(f.rule, f.name, f.value, "fen") for f in decision.discounts)
        + tuple(Applied(f.rule, f.name, f.value, "points") for f in decision.bonuses),
        skipped=tuple(NotApplied(s.rule, s.name, s.why, s.short_fen) for s in decision.skipped),
        hints=_hints(decision),
        coupons=states(priced_quote.coupons, decision),
        gifts=decision.gifts,
        inflated=priced_quote.inflated,
        offline=shop.offline,
    )


# --- the pieces ---


def _lines(request: QuoteRequest) -> list[Line]:
    if request.quick_fen is not None:
        if request.lines:
            raise bad("/quick_fen", "a quick sale has no lines", "快速消费不能带商品行")
        return [Line("", QUICK_SALE, 1000, request.quick_fen, request.quick_fen)]
    if not request.lines:
        raise bad("/lines", "a basket needs at least one line, or quick_fen", "购物篮为空")
    return [_line(line, index) for index, line in enumerate(request.lines)]


def _line(line: BasketLine, index: int) -> Line:
    if not line.sku and not line.name:
        raise bad(f"/lines/{index}/name", "a line needs a sku or a name", "商品行需要编码或名称")
    amount_fen = priced(line.unit_price_fen, line.qty_milli, line.amount_fen)
    if amount_fen >= FEN_MAX:
        raise bad(f"/lines/{index}/unit_price_fen", f"the line costs {amount_fen} fen", "金额过大")
    return Line(
        sku=line.sku,
        name=line.name or line.sku,
        qty_milli=line.qty_milli,
        unit_price_fen=line.unit_price_fen,
        amount_fen=amount_fen,
        category=line.category,
        brand=line.brand,
        no_discount="no_discount" in line.flags,
        no_points="no_points" in line.flags,
    )


def _check_redeemable(shop: Shop, member: Member | None, points: int) -> None:
    if member is None:
        raise bad("/redeem_points", "redeeming points needs a member", "积分抵现需要会员")
    held = shop.balances(member.id).points
    if points > held.spendable:
        refusal = out_of_funds(held.balance, held.spendable, points, "points")
        refusal.data["path"] = "/redeem_points"
        raise refusal


def _hints(decision: Decision) -> tuple[Hint, ...]:
    """Rules that only lack a little money, the nearest first."""
    near = sorted(
        (s for s in decision.skipped if s.why == "need" and s.short_fen), key=lambda s: s.short_fen or 0
    )
    return tuple(
        Hint(
            s.rule,
            s.short_fen or 0,
            f"再买 {yuan(s.short_fen or 0)} 元可享 {s.name}",
            f"spend {yuan(s.short_fen or 0)} more for {s.name}",
        )
        for s in near[:3]
    )
