"""Quotes at the pace of a scanner: from the till's bytes to the reply's bytes, without an object for any line.

A till quotes again after every scan. The compiled kernel reads the params and writes the reply; this module
knows the member and the coupons, and keeps what it knows for as long as nothing is written to the ledger. It
means what ``edge.counter.quoting`` means, byte for byte, and leaves to it whatever is out of the ordinary.
"""

import msgspec

from cext.quotes import Label, Patron, Quoter, Sums
from edge.counter.coupons import Presented, presented
from edge.counter.occasions import occasion_of
from edge.counter.quoting import Quotes, check_redeemable, digest_of, open_day
from edge.counter.shop import Shop
from edge.counter.terms import PointsBalance
from edge.domain.checkout import kernel_request
from edge.domain.member import Member
from edge.domain.rules.compile import Programme

KNOWN_MAX = 256
"""Members and hands of coupons remembered between two scans; the tills of a store serve fewer at a time."""


class Visitor(msgspec.Struct, frozen=True):
    """A member at a till: known to the rules as ``patron``."""

    member: Member
    points: PointsBalance
    patron: Patron


class Scanner:
    """Answers ``sale.quote`` with bytes. One per shop; used on the loop's thread only."""

    def __init__(self, shop: Shop, quotes: Quotes) -> None:
        self._shop = shop
        self._quotes = quotes
        self._programme: Programme | None = None
        self._quoter: Quoter | None = None
        self._seen: tuple[int, str] = (-1, "")
        self._visitors: dict[str, Visitor] = {}
        self._brought: dict[tuple[tuple[str, ...], str], tuple[Presented, ...]] = {}

    def quote(self, params: bytes) -> msgspec.Raw | None:
        """The reply to a quote, or None where it has to go the careful way; raises 1201, 1202, 1205, 1501, 1601."""
        quoter = self._quoter_of_now()
        heading = quoter.read(params) if quoter else None
        if quoter is None or heading is None:
            return None
        reference, codes, redeem_points = heading
        shop, now_ms = self._shop, self._shop.clock.now_ms()
        today = open_day(shop, now_ms)
        self._forget_what_may_be_old(today)
        visitor = self._visitor(quoter, reference, now_ms) if reference is not None else None
        member, held = (visitor.member, visitor.points) if visitor else (None, None)
        if redeem_points:
            check_redeemable(member, held, redeem_points)
        coupons = self._coupons(codes, member, today) if codes else ()
        kinds = tuple([coupon.kind for coupon in coupons if not coupon.why])
        body, sums, whys = quoter.price(now_ms // 1000, visitor.patron if visitor else None, kinds)
        if coupons:
            reasons = dict(zip(kinds, whys, strict=True))
            told = msgspec.json.encode(tuple([coupon.state(reasons) for coupon in coupons]))
            body = b"".join((body, b',"coupons":', told))
        return self._seal(body, sums, member, held, params, now_ms)

    def _quoter_of_now(self) -> Quoter | None:
        """The quoter of the present rules; None where there is no compiled kernel, or discounts are watched."""
        programme = self._shop.programme
        if programme is not self._programme:
            self._programme, self._seen = programme, (-1, "")
            make = programme.kernel.quoter
            watched = programme.bundle.honest is not None
            self._quoter = (
                None
                if make is None or watched
                else make(_labels(programme), self._shop.config.store.id, programme.bundle.version)
            )
        return self._quoter

    def _forget_what_may_be_old(self, today: str) -> None:
        """Look everything up again once anything was written, or the day has turned."""
        seen = (self._shop.writer.batches, today)
        if seen != self._seen or len(self._visitors) + len(self._brought) > KNOWN_MAX:
            self._visitors.clear()
            self._brought.clear()
            self._seen = seen

    def _visitor(self, quoter: Quoter, reference: str, now_ms: int) -> Visitor:
        visitor = self._visitors.get(reference)
        if visitor is None:
            visitor = self._visitors[reference] = self._look_up(quoter, reference, now_ms)
        return visitor

    def _coupons(self, codes: tuple[str, ...], member: Member | None, today: str) -> tuple[Presented, ...]:
        key = (codes, member.id if member else "")
        brought = self._brought.get(key)
        if brought is None:
            brought = self._brought[key] = presented(self._shop, codes, member, today)
        return brought

    def _look_up(self, quoter: Quoter, reference: str, now_ms: int) -> Visitor:
        member = self._shop.find_member(reference)
        occasion = occasion_of(self._shop, member, (), "", "", now_ms)
        patron = quoter.patron(kernel_request(occasion, (), member, 0))
        return Visitor(member, self._shop.balances(member.id).points, patron)

    def _seal(
        self,
        body: bytes,
        sums: Sums,
        member: Member | None,
        held: PointsBalance | None,
        params: bytes,
        now_ms: int,
    ) -> msgspec.Raw:
        """Keep the price open, and write the reply around its body."""
        earn, redeem, redeem_fen, due_fen = sums
        digest = digest_of(body, member)
        opened = self._quotes.open(digest, now_ms, due_fen, params)
        after = held.balance + earn - redeem if held else "null"
        offline = "true" if self._shop.offline else "false"
        expires_at = self._shop.local_time(opened.expires_ms)
        tail = (
            f',"inflated":[],"points":{{"earn":{earn},"redeem":{redeem},"redeem_fen":{redeem_fen},"after":{after}}}'
            f',"quote_id":"{opened.id}","digest":"{digest}","expires_at":"{expires_at}","offline":{offline}}}'
        )
        return msgspec.Raw(b"".join((b"{", body, tail.encode())))


def _labels(programme: Programme) -> tuple[Label, ...]:
    gifts = programme.gifts
    return tuple(
        (rule, programme.rule_names[rule], gifts[rule].item if rule in gifts else None)
        for rule in programme.kernel.rule_ids
    )
