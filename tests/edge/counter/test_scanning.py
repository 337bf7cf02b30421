"""Quotes from bytes to bytes say what the careful way says, to the byte, or leave it to that way."""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

import cext
from edge.clock import ManualClock
from edge.config import read_bundle_file
from edge.counter import coupons, members, quoting
from edge.counter.scanning import Scanner
from edge.errors import Code, PosError
from edge.storage.transaction import Transaction
from tests.edge.counter.conftest import DAY_MS, NOW_MS, Counter, bundle, new_idem, open_counter
from tests.edge.counter.test_promotions import PROMOTIONS, sold

pytestmark = pytest.mark.skipif(not cext.COMPILED, reason="the kernel is not built")

PROGRAMMES = sorted((Path(__file__).parents[3] / "docs" / "programmes").glob("*.yaml"))
ROUNDS = 60


class Counterpart:
    """A counter that quotes both ways."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.scanner = Scanner(counter.shop, quoting.Quotes())
        self.careful = quoting.Quotes()

    def quick(self, params: bytes) -> dict[str, Any] | None:
        told = self.scanner.quote(params)
        return None if told is None else without_name(b"".join(told))

    def slow(self, params: bytes) -> dict[str, Any]:
        request = msgspec.json.decode(params, type=quoting.QuoteRequest)
        reply = quoting.quote(self.counter.shop, self.careful, "T1", request)
        return without_name(msgspec.json.encode(reply))


def answered(way: Callable[[bytes], dict[str, Any] | None], params: bytes) -> dict[str, Any] | None:
    """The reply, or the refusal."""
    try:
        return way(params)
    except PosError as refusal:
        return {"code": refusal.code, "path": refusal.data["path"]}


def without_name(reply: bytes) -> dict[str, Any]:
    """The reply with its keys in order, but for the quote's name: every quote has its own."""
    told: dict[str, Any] = json.loads(reply)
    told.pop("quote_id")
    return told


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counterpart]:
    """A shop with coupons, gifts and limits."""
    opened = await open_counter(tmp_path, ManualClock(NOW_MS), raw=bundle(**PROMOTIONS))
    yield Counterpart(opened)
    await opened.close()


def packed(params: Any) -> bytes:
    return msgspec.json.encode(params)


def words_of(raw: bytes, key: str) -> list[str]:
    """Every value that a bundle's rules name under ``key``."""
    document = json.loads(raw)
    parts = [part for section in ("rules", "coupons", "gifts") for part in document.get(section, ())]
    return sorted({word for part in parts for word in part.get("select", {}).get(key, ())}) or ["x"]


class Customer(Random):
    """Fills baskets with what the rules name, and other things."""

    def line(self, skus: list[str], cats: list[str], brands: list[str]) -> dict[str, Any]:
        line = {
            "sku": self.choice((*skus, "other", "")),
            "name": self.choice(("茶", "Tea 500g", "有机枸杞（散装）" * 3, "“引号”", "x")),
            "qty_milli": self.choice((1000, 2000, 485, 1, 12_345, self.randint(1, 9000))),
            "unit_price_fen": self.choice((self.randint(0, 50_000), 9900, 0, 100)),
            "category": self.choice((*cats, "", "other")),
            "brand": self.choice((*brands, "")),
            "amount_fen": self.choice((None, None, None, self.randint(0, 9000))),
            "flags": self.choice(([], [], ["no_discount"], ["no_points"], ["no_points", "no_discount"])),
        }
        kept = ["name", "qty_milli", "unit_price_fen"]
        kept += [key for key in line if key not in kept and self.random() < 0.7]
        order = sorted(kept, key=list(line).index) if self.random() < 0.6 else self.sample(kept, len(kept))
        return {key: line[key] for key in order}

    def basket(self, raw: bytes, cards: list[str], codes: list[str]) -> dict[str, Any]:
        named = [words_of(raw, key) for key in ("skus", "cats", "brands")]
        params: dict[str, Any] = {
            "cashier": "小王",
            "lines": [self.line(*named) for _ in range(self.choice((1, 2, 5, 40)))],
            "member": self.choice((*cards, None)),
            "coupons": self.sample(codes, self.randint(0, min(3, len(codes)))),
            "tender_hint": self.choice((None, "cash", "wechat", "alipay")),
            "redeem_points": self.choice((0, 0, 1, 50, 120)),
            "salesperson": "李",
            "channel": self.choice(("till", "app")),
        }
        if params["member"] is None:
            params["redeem_points"] = 0
        keys = self.sample(list(params), len(params))
        return {key: params[key] for key in keys if key in ("cashier", "lines") or self.random() < 0.8}


async def stocked(counter: Counter) -> tuple[list[str], list[str]]:
    """Three members with points and a birthday, and a coupon of every kind twice: (cards, codes)."""
    cards = ["80000001", "80000002", "80000003"]
    for card, birthday in zip(cards, ("09-18", "08-18", None), strict=True):
        asked = members.RegisterRequest(
            idem=new_idem(),
            card_no=card,
            name="张三",
            birthday=birthday,
            birthday_calendar="lunar" if card == cards[1] else "solar",
        )
        member = (await members.register(counter.shop, "T1", asked)).member
        await counter.shop.writer.submit(partial(give, member))
    codes = []
    for kind in counter.shop.programme.coupons:
        for owner in (None, cards[0]):
            asked_coupon = coupons.IssueRequest(idem=new_idem(), kind=kind, member=owner)
            codes.append((await coupons.issue(counter.shop, "T1", asked_coupon)).code)
    return cards, [*codes, "UNKNOWN"]


def give(member: str, transaction: Transaction) -> None:
    transaction.ledger.begin(transaction.seq, transaction.now_ms)
    transaction.ledger.earn(member, "points", 500, "test")


@pytest.mark.parametrize("file", [None, *PROGRAMMES], ids=lambda path: path.stem if path else "promotions")
async def test_both_ways_say_the_same_under_every_programme(tmp_path: Path, file: Path | None) -> None:
    """Members, coupons, points, weighed goods, any order of keys: nearly all go the quick way, and none differs."""
    raw = read_bundle_file(file) if file else bundle(**PROMOTIONS)
    counter = await open_counter(tmp_path, ManualClock(NOW_MS + 300 * DAY_MS), raw=raw)
    cards, codes = await stocked(counter)
    shop, customer, quick = Counterpart(counter), Customer(7), 0
    for _ in range(ROUNDS):
        params = packed(customer.basket(raw, cards, codes))
        told = answered(shop.quick, params)
        if told is not None:
            quick += 1
            careful = answered(shop.slow, params)
            assert told == careful
            assert list(told) == list(careful or ())
    await counter.close()
    assert quick > ROUNDS * 0.9


LINE: dict[str, Any] = {"name": "茶", "qty_milli": 1000, "unit_price_fen": 500}
BASKET: dict[str, Any] = {"cashier": "小王", "lines": [LINE]}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"cashier": "小王"},
        {"lines": BASKET["lines"]},
        {**BASKET, "cashier": ""},
        {**BASKET, "cashier": "王" * 65},
        {**BASKET, "lines": []},
        {**BASKET, "lines": BASKET["lines"] * 257},
        {**BASKET, "lines": [{**LINE, "qty_milli": 0}]},
        {**BASKET, "lines": [{**LINE, "qty_milli": 65_535_001}]},
        {**BASKET, "lines": [{**LINE, "unit_price_fen": -1}]},
        {**BASKET, "lines": [{**LINE, "unit_price_fen": 2**31}]},
        {**BASKET, "lines": [{**LINE, "unit_price_fen": 1.5}]},
        {**BASKET, "lines": [{**LINE, "unit_price_fen": 2**31 - 1, "qty_milli": 2000}]},
        {**BASKET, "lines": [{**LINE, "name": ""}]},
        {**BASKET, "lines": [{**LINE, "name": "x" * 65}]},
        {**BASKET, "lines": [{**LINE, "name": None}]},
        {**BASKET, "lines": [{**LINE, "weight": 1}]},
        {**BASKET, "lines": [{**LINE, "flags": ["free"]}]},
        {**BASKET, "lines": {}},
        {**BASKET, "coupons": ["a", "b", "c", "d", "e", "f", "g"]},
        {**BASKET, "coupons": [""]},
        {**BASKET, "member": ""},
        {**BASKET, "tender_hint": "gold"},
        {**BASKET, "redeem_points": -1},
        {**BASKET, "extra": 1},
        {**BASKET, "channel": None},
        [],
    ],
)
async def test_what_the_careful_way_refuses_is_left_to_it(shop: Counterpart, params: Any) -> None:
    """The quick way never answers what is not in order; the other names what is wrong."""
    assert shop.quick(packed(params)) is None
    with pytest.raises((msgspec.ValidationError, PosError)):
        shop.slow(packed(params))


@pytest.mark.parametrize(
    "params",
    [
        {**BASKET, "business_date": "2026-11-22"},
        {"cashier": "小王", "quick_fen": 500},
        {**BASKET, "lines": [{**LINE, "name": 'a "b"'}]},
        {**BASKET, "lines": [{**LINE, "name": "back\\slash"}]},
    ],
)
async def test_what_is_rare_is_left_to_the_careful_way(shop: Counterpart, params: Any) -> None:
    """A business date, a quick sale, texts with escapes."""
    assert shop.quick(packed(params)) is None
    assert shop.slow(packed(params))["totals"]["net_fen"] == 500


@pytest.mark.parametrize("damage", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x01", b"\n"])
async def test_damaged_text_is_never_answered(shop: Counterpart, damage: bytes) -> None:
    """Not UTF-8, or a control character, in the middle of a name and at its end."""
    for name in (b"tea-leaves-and-more", "茶叶和别的东西".encode(), b"x"):
        for at in (0, len(name) // 2, len(name)):
            raw = packed(BASKET).replace("茶".encode(), name[:at] + damage + name[at:])
            assert shop.quick(raw) is None


async def test_a_cut_in_the_middle_is_never_answered(shop: Counterpart) -> None:
    """Every proper beginning of the params is left to the careful way."""
    whole = packed({**BASKET, "member": None, "coupons": [], "tender_hint": "cash"})
    assert shop.quick(whole) is not None
    for end in range(len(whole)):
        assert shop.quick(whole[:end]) is None


async def test_spoilt_params_are_answered_alike_or_not_at_all(shop: Counterpart) -> None:
    """Three thousand baskets with bytes changed, lost, doubled: what the quick way takes means the same to both."""
    await shop.counter.register("80000001")
    random, taken = Customer(3), 0
    for _ in range(3000):
        raw = packed(random.basket(bundle(**PROMOTIONS), ["80000001"], ["X"]))
        for _ in range(random.randint(1, 3)):
            at, piece = (
                random.randrange(len(raw)),
                random.choice((b"", b"0", b'"', b",", b"}", b" ", b"-", b"9")),
            )
            raw = raw[:at] + piece + raw[at + random.randint(0, 2) :]
        told = answered(shop.quick, raw)
        if told is not None:
            taken += 1
            assert told == answered(shop.slow, raw)
    assert taken > 100


@pytest.mark.parametrize("action", ["flag", "refuse"])
async def test_both_ways_watch_over_honest_discounts(tmp_path: Path, action: str) -> None:
    """Prices of late are kept in the ledger, and baskets that were reduced from a higher one are told alike."""
    raw = bundle(**PROMOTIONS, honest={"days": 30, "action": action})
    counter = await open_counter(tmp_path, ManualClock(NOW_MS), raw=raw)
    shop = Counterpart(counter)
    line = {"sku": "tea", "name": "茶", "qty_milli": 1000, "unit_price_fen": 1000}
    for price_fen, honest in ((1000, True), (1250, False), (900, True)):
        params = packed({"cashier": "小王", "lines": [LINE, {**line, "unit_price_fen": price_fen}]})
        told = answered(shop.quick, params)
        assert told == answered(shop.slow, params)
        assert told is not None
        assert (told.get("inflated") == []) == honest
        if honest:
            await sold(counter, msgspec.json.decode(params, type=quoting.QuoteRequest))
    await counter.close()


async def test_the_next_scan_knows_what_was_written(shop: Counterpart) -> None:
    """A member who is new, points that were given, a coupon that was used: no quote lags behind the ledger."""
    params = packed({**BASKET, "member": "80000001", "redeem_points": 50})
    with pytest.raises(PosError) as nobody:
        shop.quick(params)
    assert nobody.value.code == Code.NO_SUCH_MEMBER
    member = (await shop.counter.register("80000001")).member
    assert shop.quick(params) == shop.slow(params)
    await shop.counter.sell(5000, member=member, redeem=10)
    with pytest.raises(PosError) as short:
        shop.quick(packed({**BASKET, "member": "80000001", "redeem_points": 5000}))
    assert short.value.code == Code.BALANCE_SHORT
    assert shop.quick(params) == shop.slow(params)
