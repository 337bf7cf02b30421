"""Pricing a basket: pure, no write, no await, kept open for the customer for a while."""

import zlib
from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Literal
from uuid import uuid4

import msgspec
import xxhash

import cext
from cext.limits import COUPONS_MAX
from edge.counter.coupons import CouponState, Presented, presented, states
from edge.counter.honesty import Inflated, inflated
from edge.counter.occasions import occasion_of
from edge.counter.records import QuotedPoints, Totals, points_of, totals_of
from edge.counter.refusals import bad, out_of_funds
from edge.counter.shop import Shop
from edge.counter.terms import Code as Word
from edge.counter.terms import (
    Day,
    Fen,
    Name,
    PointsBalance,
    PointsCount,
    QtyMilli,
    Reply,
    Request,
    Text,
)
from edge.domain.basket import Line, priced
from edge.domain.checkout import Decision, GivenGift, Occasion, decide
from edge.domain.member import Member
from edge.domain.money import FEN_MAX, yuan
from edge.domain.rules.compile import Programme
from edge.domain.tenders import TenderKind
from edge.errors import Code, PosError

QUOTE_LIFE_MS = 10 * 60 * 1000
"""How long a quoted price is kept open for its customer."""

QUOTES_MAX = 1024
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


class QuoteBody(Reply, frozen=True):
    """What a basket costs and why; ``digest`` of the reply names it and its member."""

    rules_version: int
    lines: tuple[QuotedLine, ...]
    totals: Totals
    applied: tuple[Applied, ...]
    skipped: tuple[NotApplied, ...]
    hints: tuple[Hint, ...]
    gifts: tuple[GivenGift, ...]
    coupons: tuple[CouponState, ...]


class QuoteReply(QuoteBody, frozen=True):
    """A price that is kept open until ``expires_at``."""

    inflated: tuple[Inflated, ...]
    points: QuotedPoints
    quote_id: str
    digest: str
    expires_at: str
    offline: bool


@dataclass(frozen=True, slots=True)
class Priced:
    """A basket as the rules decided it at ``at_ms``."""

    request: QuoteRequest
    at_ms: int
    member: Member | None
    programme: Programme
    occasion: Occasion
    coupons: tuple[Presented, ...]
    inflated: tuple[Inflated, ...]
    decision: Decision
    kernel_request: bytes

    def body(self) -> QuoteBody:
        """What the till is told of it."""
        decision = self.decision
        return QuoteBody(
            rules_version=self.programme.bundle.version,
            lines=tuple(
                QuotedLine(
                    line.sku,
                    line.name,
                    line.list_fen,
                    line.discount_fen,
                    line.net_fen,
                    line.points,
                    line.rules,
                )
                for line in decision.lines
            ),
            totals=totals_of(decision),
            applied=tuple(Applied(f.rule, f.name, f.value, "fen") for f in decision.discounts)
            + tuple(Applied(f.rule, f.name, f.value, "points") for f in decision.bonuses),
            skipped=tuple(NotApplied(s.rule, s.name, s.why, s.short_fen) for s in decision.skipped),
            hints=_hints(decision),
            gifts=decision.gifts,
            coupons=states(self.coupons, decision),
        )

    @property
    def digest(self) -> str:
        """The name of the body and its member."""
        return digest_of(msgspec.json.encode(self.body())[1:-1], self.member)


class OpenQuote(msgspec.Struct, frozen=True, gc=False):
    """A price that was told to a till. ``asked`` are the params as they came, and are read again when it is sold."""

    id: str
    digest: str
    expires_ms: int
    at_ms: int
    due_fen: int
    asked: "bytes | QuoteRequest"

    @property
    def request(self) -> QuoteRequest:
        """The params of the quote."""
        return self.asked if isinstance(self.asked, QuoteRequest) else _requests.decode(self.asked)


class Quotes:
    """The open quotes of all tills, oldest first. Their names are of this life of the daemon, which forgets them."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, OpenQuote] = OrderedDict()
        self._life = uuid4().hex[:16]
        self._opened = count()

    def open(self, digest: str, at_ms: int, due_fen: int, asked: "bytes | QuoteRequest") -> OpenQuote:
        """Keep a price open; the oldest one goes when there are too many."""
        name = f"{self._life}-{next(self._opened)}"
        quote = self._open[name] = OpenQuote(name, digest, at_ms + QUOTE_LIFE_MS, at_ms, due_fen, asked)
        if len(self._open) > QUOTES_MAX:
            self._open.popitem(last=False)
        return quote

    def find(self, quote_id: str, now_ms: int) -> OpenQuote | None:
        """The quote, unless it has expired."""
        quote = self._open.get(quote_id)
        return quote if quote and quote.expires_ms > now_ms else None


_requests = msgspec.json.Decoder(QuoteRequest)


def digest_of(body: bytes, member: Member | None) -> str:
    """Names what a customer was told: the body of the reply as JSON, without its braces, and whom it is for."""
    return xxhash.xxh3_128_hexdigest(body, seed_of(member) if member else 0)


def seed_of(member: Member) -> int:
    """Sets the digests of one member apart from those of others."""
    return zlib.crc32(member.id.encode()) + 1


def quote(shop: Shop, quotes: Quotes, terminal: str, request: QuoteRequest) -> QuoteReply:
    """Price a basket. No write, no await; raises 1201, 1202, 1205, 1501, -32602."""
    return told(shop, quotes, price(shop, request, shop.now_ms()))


def told(shop: Shop, quotes: Quotes, priced: Priced) -> QuoteReply:
    """What the till is told of a price, which is kept open for it."""
    body, member = priced.body(), priced.member
    digest = digest_of(msgspec.json.encode(body)[1:-1], member)
    opened = quotes.open(digest, priced.at_ms, priced.decision.due_fen, priced.request)
    return QuoteReply(
        **{field: getattr(body, field) for field in body.__struct_fields__},
        inflated=priced.inflated,
        points=points_of(priced.decision, shop.balances(member.id).points.balance if member else None),
        quote_id=opened.id,
        digest=digest,
        expires_at=shop.local_time(opened.expires_ms),
        offline=shop.offline,
    )


def price(shop: Shop, request: QuoteRequest, at_ms: int) -> Priced:
    """Decide the basket under the rules of now, as of ``at_ms``."""
    today = open_day(shop, at_ms)
    if request.business_date not in (None, today):
        raise bad("/business_date", f"this store's business day is {today}", f"本店营业日为 {today}")
    member = shop.find_member(request.member) if request.member else None
    lines = _lines(request)
    if request.redeem_points:
        check_redeemable(shop.balances(member.id).points if member else None, request.redeem_points)
    coupons = presented(shop, request.coupons, member, today)
    occasion = occasion_of(shop, member, coupons, request.channel, request.tender_hint or "", at_ms)
    try:
        decision, asked = decide(shop.programme, occasion, lines, member, request.redeem_points)
    except cext.RequestError as error:
        raise bad(error.path, error.why, "购物篮超出限制") from error
    return Priced(
        request=request,
        at_ms=at_ms,
        member=member,
        programme=shop.programme,
        occasion=occasion,
        coupons=coupons,
        inflated=inflated(shop, lines, decision, at_ms),
        decision=decision,
        kernel_request=asked,
    )


def open_day(shop: Shop, at_ms: int) -> str:
    """The business day (ISO 8601) of ``at_ms``; raises 1501 before the rules are valid."""
    if at_ms < shop.programme.valid_from_ms:
        starts = shop.local_time(shop.programme.valid_from_ms)
        raise PosError(
            Code.NO_VALID_RULES, f"the rules are valid from {starts}", zh=f"规则自 {starts} 起生效"
        )
    return shop.business_date(at_ms).isoformat()


def check_redeemable(held: PointsBalance | None, points: int) -> None:
    """Raises -32602 where nobody holds any, 1205 or 1601 where fewer may be spent."""
    if held is None:
        raise bad("/redeem_points", "redeeming points needs a member", "积分抵现需要会员")
    if points > held.spendable:
        refusal = out_of_funds(held.balance, held.spendable, points, "points")
        refusal.data["path"] = "/redeem_points"
        raise refusal


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
