"""Quotes at the pace of a scanner: from the till's bytes to the reply's bytes, without an object for any line.

A till quotes again after every scan. The compiled kernel reads the params and writes the reply; this module
knows the member and the coupons, and keeps what it knows for as long as nothing is written to the ledger. It
means what ``edge.counter.quoting`` means, byte for byte, and leaves to it whatever is out of the ordinary.
"""

import msgspec
import xxhash

from cext.quotes import Label, Patron, Quoter, Sums
from edge.counter.coupons import Presented, presented
from edge.counter.honesty import compared, lowest_fen
from edge.counter.occasions import occasion_of
from edge.counter.quoting import QUOTE_LIFE_MS, Quotes, check_redeemable, open_day, seed_of
from edge.counter.shop import Shop
from edge.counter.terms import PointsBalance
from edge.domain.checkout import kernel_request
from edge.domain.member import Member
from edge.domain.rules.compile import Programme
from edge.domain.rules.model import HonestDiscount


class Visitor(msgspec.Struct, frozen=True):
    """A member at a till, known to the rules as ``patron``; ``seed`` names whom a digest is for."""

    member: Member
    points: PointsBalance
    patron: Patron
    seed: int


class Hand(msgspec.Struct, frozen=True):
    """The coupons that came with a basket; ``kinds`` are those that count."""

    coupons: tuple[Presented, ...]
    kinds: tuple[str, ...]

    def told(self, whys: tuple[str, ...]) -> bytes:
        """What became of them, as the reply says it; ``whys`` by kind."""
        reasons = dict(zip(self.kinds, whys, strict=True))
        states = tuple([coupon.state(reasons) for coupon in self.coupons])
        return b',"coupons":' + msgspec.json.encode(states)


class Scanner:
    """Answers ``sale.quote`` with bytes. One per shop; used on the loop's thread only.

    Most of a quote's time is for memory that was not touched since the last one, so little is looked at: what
    holds for a minute, or until something is written, is worked out once.
    """

    def __init__(self, shop: Shop, quotes: Quotes) -> None:
        self._shop = shop
        self._quotes = quotes
        self._minute = self._batches = -1
        self._programme: Programme | None = None
        self._quoter: Quoter | None = None
        self._honest: HonestDiscount | None = None
        self._lowest: dict[str, int | None] = {}
        self._today = ""
        self._expiry = ("", "")
        self._visitors: dict[str, Visitor] = {}
        self._hands: dict[tuple[str | None, tuple[str, ...]], Hand] = {}
        self._told: dict[tuple[str | None, tuple[str, ...], tuple[str, ...]], bytes] = {}

    def quote(self, params: bytes) -> tuple[bytes, ...] | None:
        """The reply in pieces, or None where it has to go the careful way; raises 1201, 1202, 1205, 1501, 1601."""
        shop = self._shop
        now_ms = shop.now_ms()
        if (
            now_ms // 60_000 != self._minute
            or shop.writer.batches != self._batches
            or shop.programme is not self._programme
        ):
            self._look_around(now_ms)
        quoter = self._quoter
        if quoter is None or (heading := quoter.read(params)) is None:
            return None
        reference, codes, redeem_points = heading
        visitor = None
        if reference is not None:
            visitor = self._visitors.get(reference) or self._look_up(quoter, reference, now_ms)
        if redeem_points:
            check_redeemable(visitor.points if visitor else None, redeem_points)
        kinds = self._hand(reference, codes, visitor).kinds if codes else ()
        body, sums, whys = quoter.price(now_ms // 1000, visitor.patron if visitor else None, kinds)
        if codes:
            body += self._coupons_told(reference, codes, whys)
        inflated = self._inflated(quoter, now_ms) if self._honest else "[]"
        return self._seal(body, sums, visitor, params, now_ms, inflated)

    def _look_around(self, now_ms: int) -> None:
        """Forget what may be old: the minute has turned, something was written, or other rules hold."""
        shop, programme = self._shop, self._shop.programme
        self._today = open_day(shop, now_ms)
        if programme is not self._programme:
            make = programme.kernel.quoter
            labels, store = _labels(programme), shop.config.store.id
            self._quoter = make(labels, store, programme.bundle.version) if make else None
            self._programme, self._honest = programme, programme.bundle.honest
        expires_at = shop.local_time(now_ms - now_ms % 60_000 + QUOTE_LIFE_MS)
        self._expiry = expires_at[:17], expires_at[23:]
        self._visitors.clear()
        self._hands.clear()
        self._told.clear()
        self._lowest.clear()
        self._minute, self._batches = now_ms // 60_000, shop.writer.batches

    def _look_up(self, quoter: Quoter, reference: str, now_ms: int) -> Visitor:
        member = self._shop.find_member(reference)
        occasion = occasion_of(self._shop, member, (), "", "", now_ms)
        patron = quoter.patron(kernel_request(occasion, (), member, 0))
        found = Visitor(member, self._shop.balances(member.id).points, patron, seed_of(member))
        self._visitors[reference] = found
        return found

    def _hand(self, reference: str | None, codes: tuple[str, ...], visitor: Visitor | None) -> Hand:
        hand = self._hands.get((reference, codes))
        if hand is None:
            coupons = presented(self._shop, codes, visitor.member if visitor else None, self._today)
            hand = Hand(coupons, tuple([coupon.kind for coupon in coupons if not coupon.why]))
            self._hands[reference, codes] = hand
        return hand

    def _coupons_told(self, reference: str | None, codes: tuple[str, ...], whys: tuple[str, ...]) -> bytes:
        told = self._told.get((reference, codes, whys))
        if told is None:
            told = self._told[reference, codes, whys] = self._hands[reference, codes].told(whys)
        return told

    def _inflated(self, quoter: Quoter, now_ms: int) -> str:
        """Lines that are reduced from a price put up for it, as JSON; raises -32602 where they are refused."""
        assert self._honest is not None
        honest, lowest = self._honest, self._lowest

        def known(sku: str) -> int | None:
            if sku not in lowest:
                lowest[sku] = lowest_fen(self._shop, honest, sku, now_ms)
            return lowest[sku]

        return msgspec.json.encode(compared(honest, quoter.reduced(), known)).decode()

    def _seal(
        self,
        body: bytes,
        sums: Sums,
        visitor: Visitor | None,
        params: bytes,
        now_ms: int,
        inflated: str,
    ) -> tuple[bytes, bytes, bytes]:
        """Keep the price open, and write the rest of the reply around its body."""
        earn, redeem, redeem_fen, due_fen = sums
        digest = xxhash.xxh3_128_hexdigest(body, visitor.seed if visitor else 0)
        name = self._quotes.open(digest, now_ms, due_fen, params).id
        after = visitor.points.balance + earn - redeem if visitor else "null"
        date_and_minute, offset = self._expiry
        tail = (
            f',"inflated":{inflated},"points":{{"earn":{earn},"redeem":{redeem},"redeem_fen":{redeem_fen},"after":{after}}}'
            f',"quote_id":"{name}","digest":"{digest}",'
            f'"expires_at":"{date_and_minute}{now_ms // 1000 % 60:02d}.{now_ms % 1000:03d}{offset}",'
            f'"offline":{"true" if self._shop.offline else "false"}}}'
        )
        return b"{", body, tail.encode()


def _labels(programme: Programme) -> tuple[Label, ...]:
    gifts = programme.gifts
    return tuple(
        (rule, programme.rule_names[rule], gifts[rule].item if rule in gifts else None)
        for rule in programme.kernel.rule_ids
    )
