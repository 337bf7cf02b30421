"""Promotions through the counter: coupons, gifts, limits, honest discounts, bonuses, points by hand, the moon."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import ManualClock
from edge.counter import coupons, lookup, members, points, quoting, refund, sale
from edge.counter.records import stored_sale
from edge.domain.rules.compile import load_programme
from edge.errors import Code, PosError
from tests.edge.counter.conftest import BUNDLE, DAY_MS, NOW_MS, Counter, bundle, new_idem, open_counter

OFF = {"phase": "discount", "mode": "best"}
PROMOTIONS: dict[str, Any] = {
    "groups": [
        *BUNDLE["groups"],
        {"id": "member", "order": 2, **OFF},
        {"id": "coupon", "order": 3, "basis": "running", **OFF},
        {"id": "extra", "order": 4, "basis": "running", **OFF},
        {"id": "rounding", "order": 9, "basis": "running", **OFF},
    ],
    "rules": [
        *BUNDLE["rules"],
        {
            "id": "ONCE",
            "name": "新客立减",
            "phase": "discount",
            "group": "member",
            "select": {"skus": ["once"]},
            "do": {"op": "every_off", "every_fen": 1, "off_fen": 500},
            "limit": {"per_member": 1, "period": "month"},
        },
        {
            "id": "SALE",
            "name": "特价八折",
            "phase": "discount",
            "group": "member",
            "select": {"skus": ["tea"]},
            "do": {"op": "off_bp", "bp": 2000},
        },
    ],
    "coupons": [
        {
            "id": "C20",
            "name": "20元券",
            "group": "coupon",
            "need": {"min_fen": 10000},
            "do": {"op": "every_off", "every_fen": 1, "off_fen": 2000},
            "valid_days": 30,
            "points_price": 199,
        },
        {"id": "C5", "name": "95折券", "group": "coupon", "do": {"op": "off_bp", "bp": 500}},
        {
            "id": "PLUS",
            "name": "叠加5元券",
            "group": "extra",
            "do": {"op": "every_off", "every_fen": 1, "off_fen": 500},
        },
    ],
    "gifts": [
        {
            "id": "CUP",
            "name": "会员马克杯",
            "item": "G-CUP",
            "need": {"min_fen": 10000},
            "limit": {"per_member": 1, "period": "year"},
        }
    ],
    "bonuses": [
        {"id": "WELCOME", "name": "入会礼", "on": "register", "points": 50},
        {"id": "SURVEY", "name": "问卷", "on": "survey", "points": 20},
    ],
    "referral": [{"fen_per_point": 1000, "register_points": 10}, {"register_points": 5}],
}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    """A shop with coupons, a gift, limits and bonuses."""
    opened = await open_counter(tmp_path, ManualClock(NOW_MS), raw=bundle(**PROMOTIONS))
    yield opened
    await opened.close()


async def refused(work: Awaitable[Any]) -> PosError:
    """The refusal that ``work`` ends in."""
    with pytest.raises(PosError) as caught:
        await work
    return caught.value


def basket(price_fen: int, sku: str = "", **more: Any) -> quoting.QuoteRequest:
    """One piece at ``price_fen``."""
    line = quoting.BasketLine(1000, price_fen, sku=sku, name="茶")
    return quoting.QuoteRequest(cashier="小王", lines=(line,), **more)


def quoted(shop: Counter, request: quoting.QuoteRequest) -> quoting.QuoteReply:
    return quoting.quote(shop.shop, shop.quotes, "T1", request)


async def sold(shop: Counter, request: quoting.QuoteRequest) -> sale.CommitReply:
    """Quote and commit for cash."""
    quote = quoted(shop, request)
    return await committed(shop, quote)


async def committed(shop: Counter, quote: quoting.QuoteReply) -> sale.CommitReply:
    asked = sale.CommitRequest(
        idem=new_idem(),
        quote_id=quote.quote_id,
        digest=quote.digest,
        tenders=(sale.Tender("cash", quote.totals.due_fen),),
    )
    return await sale.commit(shop.shop, shop.quotes, "T1", asked)


async def at_once(shop: Counter, *quotes: quoting.QuoteReply) -> list[sale.CommitReply | BaseException]:
    """Commit them all while the writer is busy, so that none of them knows of another."""
    busy = threading.Event()
    holding = asyncio.ensure_future(shop.shop.writer.submit(lambda _: busy.wait()))
    commits = [asyncio.ensure_future(committed(shop, quote)) for quote in quotes]
    await asyncio.sleep(0.01)
    busy.set()
    await holding
    return await asyncio.gather(*commits, return_exceptions=True)


def wait(shop: Counter, days: int) -> None:
    """Let days go by."""
    shop.clock.set_ms(shop.clock.now_ms() + days * DAY_MS)


async def issued(shop: Counter, kind: str, member: str | None = None, **more: Any) -> str:
    asked = coupons.IssueRequest(idem=new_idem(), kind=kind, member=member, **more)
    return (await coupons.issue(shop.shop, "T1", asked)).code


async def back(shop: Counter, sold_sale: str, *lines: tuple[int, int]) -> refund.RefundReply:
    return await shop.take_back(sold_sale, *lines)


async def test_c4_the_best_combination_of_coupons_is_taken_and_explained(shop: Counter) -> None:
    """Of one stacking group the better coupon, beside it the one that stacks; the other is told it was left out."""
    codes = tuple([await issued(shop, kind) for kind in ("C20", "C5", "PLUS")])
    reply = quoted(shop, basket(12_000, coupons=codes))
    assert reply.totals.discount_fen == 2000 + 500
    assert [(one.kind, one.state, one.why) for one in reply.coupons] == [
        ("C20", "applied", ""),
        ("C5", "left_out", "lost"),
        ("PLUS", "applied", ""),
    ]
    reply = quoted(shop, basket(100_000, coupons=codes))
    assert [one.state for one in reply.coupons] == ["left_out", "applied", "applied"]
    assert reply.totals.discount_fen == 5000 + 500


async def test_a_coupon_is_used_once_and_is_good_again_when_the_sale_comes_back(shop: Counter) -> None:
    """The sale uses up what it took, not what it left out; a full refund gives it back, a part of one does not."""
    code, other = await issued(shop, "C20"), await issued(shop, "C5")
    sale_reply = await sold(shop, basket(12_000, coupons=(code, other)))
    row = shop.shop.snapshot.sales.by_id(sale_reply.sale)
    assert row is not None
    assert stored_sale(row).coupons == (code,)
    again = quoted(shop, basket(12_000, coupons=(code, other)))
    assert [(one.state, one.why) for one in again.coupons] == [("refused", "used"), ("applied", "")]
    part = await back(shop, sale_reply.sale, (0, 500))
    assert part.coupons_restored == ()
    rest = await back(shop, sale_reply.sale)
    assert rest.coupons_restored == (code,)
    assert quoted(shop, basket(12_000, coupons=(code,))).coupons[0].state == "applied"


async def test_two_tills_cannot_use_one_coupon(shop: Counter) -> None:
    """Of two who pay at once the second hears 1502; who comes later is shown what the basket costs without it."""
    code = await issued(shop, "C20")
    first, second, third = (quoted(shop, basket(12_000, coupons=(code,))) for _ in range(3))
    outcomes = await at_once(shop, first, second)
    assert [isinstance(one, PosError) and one.code for one in outcomes] == [False, Code.COUPON]
    late = await refused(committed(shop, third))
    assert (late.code, late.data["new_quote"]["coupons"][0]["why"]) == (Code.RULES_CHANGED, "used")
    assert shop.shop.snapshot.sales_count() == 1


async def test_what_is_wrong_with_a_coupon_is_said_in_one_word(shop: Counter) -> None:
    """Unknown, expired, another member's, a second one of its kind, and a minimum that is not reached."""
    mary = (await shop.register("80000001")).member
    code, twin, hers = [await issued(shop, *kind) for kind in (("C20",), ("C20",), ("C5", mary))]
    states = {
        one.code: one.why for one in quoted(shop, basket(12_000, coupons=("X1", code, twin, hers))).coupons
    }
    assert states == {"X1": "unknown", code: "", twin: "one_of_a_kind", hers: "other_member"}
    assert quoted(shop, basket(9_999, coupons=(code,))).coupons[0].why == "need"
    wait(shop, 30)
    assert quoted(shop, basket(12_000, coupons=(code,))).coupons[0].why == "expired"


async def test_a_coupon_is_bought_with_points(shop: Counter) -> None:
    """199 points for 20 yuan; who has fewer is refused, and a kind without a price has none."""
    mary = (await shop.register("80000001")).member
    assert (await refused(issued(shop, "C20", mary, pay="points"))).code == Code.BALANCE_SHORT
    await sold(shop, basket(30_000, member=mary))
    held = shop.points(mary)
    code = await issued(shop, "C20", mary, pay="points")
    assert shop.points(mary) == held - 199
    found = lookup.lookup(shop.shop, "T1", lookup.LookupRequest("id", mary)).member
    assert found is not None
    assert [(one.code, one.kind, one.last_day) for one in found.coupons] == [(code, "C20", "2026-12-21")]
    assert (await refused(issued(shop, "C5", mary, pay="points"))).data["path"] == "/pay"
    assert (await refused(issued(shop, "C99"))).code == Code.COUPON


async def test_c5_a_quick_sale_is_an_amount_without_goods(shop: Counter) -> None:
    """88.80 yuan, nothing else: the member earns on it, a coupon comes off it, and it can be taken back."""
    mary = (await shop.register("80000001")).member
    code = await issued(shop, "PLUS")
    quick = quoting.QuoteRequest(cashier="小王", quick_fen=8880, member=mary, coupons=(code,))
    reply = quoted(shop, quick)
    assert [(line.name, line.net_fen) for line in reply.lines] == [("快速消费", 8380)]
    assert (reply.totals.due_fen, reply.points.earn) == (8380, 83)
    assert (await back(shop, (await committed(shop, reply)).sale)).amount_fen == 8380


async def test_d12_a_limit_per_member_holds_over_its_period(shop: Counter) -> None:
    """Once a month: not twice in November, again in December, and again after a refund; strangers get nothing."""
    mary = (await shop.register("80000001")).member
    assert quoted(shop, basket(1000, "once")).totals.discount_fen == 0
    first = await sold(shop, basket(1000, "once", member=mary))
    assert first.totals.discount_fen == 500
    reply = quoted(shop, basket(1000, "once", member=mary))
    assert (reply.totals.discount_fen, {s.rule: s.why for s in reply.skipped}["ONCE"]) == (0, "limit")
    await back(shop, first.sale)
    assert (await sold(shop, basket(1000, "once", member=mary))).totals.discount_fen == 500
    wait(shop, 9)
    assert quoted(shop, basket(1000, "once", member=mary)).totals.discount_fen == 500


async def test_two_quotes_cannot_both_take_what_is_limited_to_one(shop: Counter) -> None:
    """Of two who pay at once the second is told to quote again; who comes later is shown the new price."""
    mary = (await shop.register("80000001")).member
    first, second, third = (quoted(shop, basket(1000, "once", member=mary)) for _ in range(3))
    outcomes = await at_once(shop, first, second)
    assert [isinstance(one, PosError) and one.code for one in outcomes] == [False, Code.QUOTE_EXPIRED]
    late = await refused(committed(shop, third))
    assert (late.code, late.data["new_quote"]["totals"]["due_fen"]) == (Code.RULES_CHANGED, 1000)


async def test_c7_a_gift_goes_with_the_purchase_once_per_member_and_year(shop: Counter) -> None:
    """It is quoted, stored with the sale, and not given twice."""
    mary = (await shop.register("80000001")).member
    reply = quoted(shop, basket(10_000, member=mary))
    assert [(gift.item, gift.qty) for gift in reply.gifts] == [("G-CUP", 1)]
    await committed(shop, reply)
    assert quoted(shop, basket(10_000, member=mary)).gifts == ()
    wait(shop, 60)
    assert quoted(shop, basket(10_000, member=mary)).gifts != ()


@pytest.mark.parametrize("action", ["flag", "refuse"])
async def test_c6_a_price_put_up_before_its_discount_is_not_honest(tmp_path: Path, action: str) -> None:
    """10 yuan was the price within 30 days, so 8 yuan is not "20 % off 12.50"; after 30 days it is."""
    raw = bundle(**PROMOTIONS, honest={"days": 30, "action": action})
    shop = await open_counter(tmp_path, ManualClock(NOW_MS), raw=raw)
    await sold(shop, basket(1000, "tea"))
    wait(shop, 1)
    await sold(shop, basket(1250, "other"))
    if action == "refuse":
        with pytest.raises(PosError) as caught:
            quoted(shop, basket(1250, "tea"))
        assert caught.value.data["path"] == "/lines/0/unit_price_fen"
    else:
        (found,) = quoted(shop, basket(1250, "tea")).inflated
        assert (found.line, found.sku, found.was_fen, found.lowest_fen) == (0, "tea", 1250, 1000)
    assert quoted(shop, basket(1000, "tea")).inflated == ()
    assert quoted(shop, basket(1250, "other")).inflated == ()
    await shop.close()


async def test_the_shelf_price_of_the_window_is_the_one_in_force_when_it_began(tmp_path: Path) -> None:
    """A price that ended 29 days ago still counts, one that ended 31 days ago does not."""
    raw = bundle(**PROMOTIONS, honest={"days": 30, "action": "flag"})
    shop = await open_counter(tmp_path, ManualClock(NOW_MS), raw=raw)
    await sold(shop, basket(1000, "tea"))
    wait(shop, 50)
    await sold(shop, basket(2000, "tea"))
    wait(shop, 29)
    assert [one.lowest_fen for one in quoted(shop, basket(2000, "tea")).inflated] == [1000]
    wait(shop, 2)
    assert quoted(shop, basket(2000, "tea")).inflated == ()
    await shop.close()


async def test_d8_joining_brings_a_bonus_and_d7_thanks_both_referrers(shop: Counter) -> None:
    """50 for the new member, 10 for the friend, 5 for the friend's friend."""
    anna = await shop.register("80000001")
    bert = await shop.register("80000002", anna.member)
    carl = await shop.register("80000003", bert.member)
    assert [one.points for one in (anna, bert, carl)] == [50, 50, 50]
    assert [shop.points(one.member) for one in (anna, bert, carl)] == [50 + 10 + 5, 50 + 10, 50]


async def test_d11_points_are_changed_by_hand_with_a_reason_and_an_approval(shop: Counter) -> None:
    """Added, taken, and never below what is there; a bonus of the bundle needs only its name."""
    mary = (await shop.register("80000001")).member

    async def adjust(**asked: Any) -> points.AdjustReply:
        return await points.adjust(
            shop.shop, "T1", points.AdjustRequest(idem=new_idem(), member=mary, **asked)
        )

    assert (await adjust(points=30, reason="投诉补偿", approve="M1")).balances.points.balance == 80
    assert (await adjust(points=-80, reason="更正", approve="M1")).balances.points.balance == 0
    assert (await refused(adjust(points=-1, reason="更正", approve="M1"))).code == Code.BALANCE_SHORT
    assert (await refused(adjust(points=5, reason="更正"))).code == Code.APPROVAL_NEEDED
    assert (await refused(adjust(points=5, approve="M1"))).data["path"] == "/reason"
    assert (await adjust(bonus="SURVEY")).points == 20
    assert (await refused(adjust(bonus="WELCOME"))).data["path"] == "/bonus"


async def test_what_was_given_by_hand_is_answered_alike_when_the_rules_have_moved_on(tmp_path: Path) -> None:
    """A bonus that has ended, a kind of coupon that was withdrawn: a retry still hears the first answer."""
    until = {"id": "MAY", "name": "活动", "on": "event", "points": 5, "to": "2026-11-23T00:00:00"}
    shop = await open_counter(tmp_path, ManualClock(NOW_MS), raw=bundle(**{**PROMOTIONS, "bonuses": [until]}))
    mary = (await shop.register("80000001")).member
    given = points.AdjustRequest(idem=new_idem(), member=mary, bonus="MAY")
    coupon = coupons.IssueRequest(idem=new_idem(), kind="C5")
    first = (await points.adjust(shop.shop, "T1", given), await coupons.issue(shop.shop, "T1", coupon))
    wait(shop, 2)
    shop.shop.programme = load_programme(bundle())
    again = (await points.adjust(shop.shop, "T1", given), await coupons.issue(shop.shop, "T1", coupon))
    assert again == tuple(msgspec.structs.replace(one, duplicate=True) for one in first)
    assert shop.points(mary) == 5
    await shop.close()


async def test_d9_a_lunar_birthday_is_kept_by_the_moon(tmp_path: Path) -> None:
    """Twice the points on lunar 1-1, which is 6 February in 2027; not in January."""
    double = {
        "id": "BIRTHDAY",
        "name": "生日双倍",
        "phase": "points",
        "group": "base",
        "when": {"birthday": "day"},
        "do": {"op": "mult_bp", "bp": 10000},
    }
    shop = await open_counter(tmp_path, ManualClock(NOW_MS), raw=bundle(rules=[*BUNDLE["rules"], double]))
    asked = members.RegisterRequest(
        idem=new_idem(), card_no="80000001", name="李四", birthday="01-01", birthday_calendar="lunar"
    )
    li = (await members.register(shop.shop, "T1", asked)).member
    assert quoted(shop, basket(10_000, member=li)).points.earn == 100
    wait(shop, 31 - 22 + 31 + 1)  # to 2 January 2027
    assert quoted(shop, basket(10_000, member=li)).points.earn == 100
    wait(shop, 35)  # 6 February 2027 is lunar 1-1
    assert quoted(shop, basket(10_000, member=li)).points.earn == 200
    found = lookup.lookup(shop.shop, "T1", lookup.LookupRequest("id", li)).member
    assert found is not None
    assert found.birthday_in_days == 0
    await shop.close()


async def test_d12_a_campaign_ends_for_everybody_when_it_has_given_enough(tmp_path: Path) -> None:
    """300 points in all: 200 to one member, the last 100 to another the next day, and 200 again after a refund."""
    campaign = {
        "id": "CAMPAIGN",
        "name": "活动送分",
        "phase": "points",
        "group": "base",
        "do": {"op": "fixed", "pts": 200},
        "limit": {"total_value": 300},
    }
    shop = await open_counter(tmp_path, ManualClock(NOW_MS), raw=bundle(rules=[campaign]))
    mary, nina = [(await shop.register(card)).member for card in ("80000001", "80000002")]
    first = await sold(shop, basket(100, member=mary))
    wait(shop, 1)
    assert [reply.points.earn for reply in (first, await sold(shop, basket(100, member=nina)))] == [200, 100]
    assert quoted(shop, basket(100, member=mary)).points.earn == 0
    await back(shop, first.sale)
    assert quoted(shop, basket(100, member=nina)).points.earn == 200
    await shop.close()
