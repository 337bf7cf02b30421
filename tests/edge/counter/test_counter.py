"""At the counter: the worked examples, and what a till hears when it asks for what cannot be."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import ManualClock
from edge.counter import lookup, quoting, refund, sale, sale_history
from edge.domain.rules.compile import load_programme
from edge.errors import Code, PosError
from sync.envelope import Event
from tests.edge.counter.conftest import DAY_MS, NOW_MS, Counter, bundle, new_idem, open_counter

TEA = quoting.BasketLine(2000, 2500, name="茶")


async def refused(work: Awaitable[Any]) -> PosError:
    """The refusal that ``work`` ends in."""
    with pytest.raises(PosError) as caught:
        await work
    return caught.value


def quoted(counter: Counter, **more: Any) -> quoting.QuoteReply:
    return quoting.quote(
        counter.shop, counter.quotes, "T1", quoting.QuoteRequest(cashier="小王", lines=(TEA,), **more)
    )


def paid(*tenders: tuple[Any, int], **more: Any) -> sale.CommitRequest:
    return sale.CommitRequest(
        tenders=tuple(sale.Tender(*tender) for tender in tenders), **{"idem": new_idem(), **more}
    )


def commit(
    counter: Counter, request: sale.CommitRequest, terminal: str = "T1"
) -> Awaitable[sale.CommitReply]:
    return sale.commit(counter.shop, counter.quotes, terminal, request)


async def test_a_quote_is_sold_once_and_answered_alike_on_every_retry(counter: Counter) -> None:
    quote = quoted(counter)
    request = paid(("cash", 6000), quote_id=quote.quote_id, digest=quote.digest)
    first, *again = await asyncio.gather(*(commit(counter, request) for _ in range(5)))
    assert (first.totals.due_fen, first.change_fen, first.duplicate) == (5000, 1000, False)
    assert again == [msgspec.structs.replace(first, duplicate=True)] * 4
    assert counter.shop.snapshot.sales_count() == 1


async def test_the_same_key_from_another_till_is_another_sale(counter: Counter) -> None:
    quote = quoted(counter)
    request = paid(("cash", 5000), quote_id=quote.quote_id)
    replies = [await commit(counter, request, terminal) for terminal in ("T1", "T2")]
    assert len({reply.receipt_no for reply in replies}) == 2


async def test_a_quote_that_expired_leaves_its_key_free(counter: Counter) -> None:
    quote = quoted(counter)
    counter.clock.set_ms(NOW_MS + quoting.QUOTE_LIFE_MS)
    request = paid(("cash", 5000), quote_id=quote.quote_id)
    assert (await refused(commit(counter, request))).code == Code.QUOTE_EXPIRED
    fresh = msgspec.structs.replace(request, quote_id=quoted(counter).quote_id)
    assert not (await commit(counter, fresh)).duplicate


async def test_rules_that_changed_since_the_quote_are_shown_before_they_are_sold(counter: Counter) -> None:
    quote = quoted(counter)
    raw = bundle(version=2)
    counter.shop.programme = load_programme(raw)
    await counter.shop.writer.submit(
        lambda tx: tx.bundles.keep(counter.shop.programme.hash, 2, raw, tx.now_ms)
    )
    request = paid(("cash", 5000), quote_id=quote.quote_id)
    refusal = await refused(commit(counter, request))
    assert refusal.code == Code.RULES_CHANGED
    shown = refusal.data["new_quote"]["quote_id"]
    assert (await commit(counter, msgspec.structs.replace(request, quote_id=shown))).totals.due_fen == 5000


@pytest.mark.parametrize(
    "tenders",
    [
        (("cash", 4999),),
        (("card", 5001),),
        (("card", 3000), ("wechat", 2001)),
        (("card", 5100), ("cash", 50)),
        (("points", 1), ("cash", 5000)),
        (),
    ],
)
async def test_tenders_pay_what_is_due_and_only_cash_gives_change(
    counter: Counter, tenders: tuple[tuple[Any, int], ...]
) -> None:
    refusal = await refused(commit(counter, paid(*tenders, quote_id=quoted(counter).quote_id)))
    assert refusal.code == Code.TENDERS_MISMATCH
    assert refusal.data["due_fen"] == 5000
    assert counter.shop.snapshot.sales_count() == 0


async def test_a_refusal_is_remembered_and_another_key_goes_through(counter: Counter) -> None:
    request = paid(("cash", 1), quote_id=quoted(counter).quote_id)
    first = await refused(commit(counter, request))
    again = await refused(commit(counter, request))
    assert (again.message, again.data) == (first.message, first.data)
    assert first.data["retry"] == "new_idem"
    right = paid(("cash", 5000), quote_id=request.quote_id)
    assert (await commit(counter, right)).receipt_no.endswith("-0001")


async def test_a_friend_brings_points_and_a_refund_takes_their_share_back(counter: Counter) -> None:
    """One point per 5 yuan at the first level, per 20 at the second; a quarter comes back, then the rest."""
    above = (await counter.register("80000001")).member
    friend = (await counter.register("80000002", referrer="80000001")).member
    buyer = (await counter.register("80000003", referrer=friend)).member
    sold = await counter.sell(5000, 5000, member="80000003")
    assert [counter.points(member) for member in (buyer, friend, above)] == [200, 40, 10]
    await counter.take_back(sold.sale, (0, 1000))
    assert [counter.points(member) for member in (buyer, friend, above)] == [150, 30, 8]
    await counter.take_back(sold.sale)
    assert [counter.points(member) for member in (buyer, friend, above)] == [0, 0, 0]
    assert counter.shop.find_member(buyer).cumulative_fen == 0


async def test_points_that_were_spent_already_are_kept_from_the_refund(counter: Counter) -> None:
    """100 points earned, 60 of them spent: 60 are missing, at ten fen each."""
    member = (await counter.register("80000001")).member
    sold = await counter.sell(5000, member=member)
    await counter.sell(300, member=member, redeem=60)
    back = await counter.take_back(sold.sale)
    assert (back.points_clawed, back.points_short, back.points_short_fen) == (40, 60, 600)
    assert (back.amount_fen, back.points_debt, counter.points(member)) == (9400, 0, 0)


async def test_a_day_of_spending_reaches_the_tier_and_a_refund_leaves_it(counter: Counter) -> None:
    member = (await counter.register("80000001")).member
    await counter.sell(3000, member=member)
    sold = await counter.sell(2999, member=member)
    assert counter.shop.find_member(member).tier == "plain"
    await counter.sell(1, member=member)
    assert counter.shop.find_member(member).tier == "gold"
    await counter.take_back(sold.sale)
    assert counter.shop.find_member(member).tier == "gold"


async def test_a_refund_after_its_days_or_beyond_what_is_left_is_refused(counter: Counter) -> None:
    sold = await counter.sell(2500, 100)
    await counter.take_back(sold.sale, (0, 1500))
    too_much = await refused(counter.take_back(sold.sale, (0, 501)))
    assert (too_much.code, too_much.data["left_milli"]) == (Code.OVER_QUANTITY, 500)
    for lines in (((2, 1),), ((0, 1), (0, 1))):
        assert (await refused(counter.take_back(sold.sale, *lines))).code == Code.INVALID_PARAMS
    counter.clock.set_ms(NOW_MS + 31 * DAY_MS)
    with pytest.raises(PosError) as too_late:  # writes nothing: what is written, time never goes back behind
        refund.quote_refund(counter.shop, "T1", refund.RefundQuoteRequest(sale=sold.sale))
    assert too_late.value.code == Code.TOO_LATE
    counter.clock.set_ms(NOW_MS + 30 * DAY_MS)
    await counter.take_back(sold.sale)
    assert (await refused(counter.take_back(sold.sale))).code == Code.ALREADY_REFUNDED
    assert (await refused(counter.take_back("no such"))).code == Code.NO_SUCH_SALE


async def test_a_refund_is_quoted_as_it_will_be(counter: Counter) -> None:
    member = (await counter.register("80000001")).member
    sold = await counter.sell(2500, 99, member=member)
    asked = refund.RefundQuoteRequest(sale=sold.receipt_no, lines=(refund.ReturnedLine(0, 700),))
    quote = refund.quote_refund(counter.shop, "T1", asked)
    done = await counter.take_back(sold.sale, (0, 700))
    same = {"refund": None, "receipt_no": None, "print_job": None, "tenders": ()}
    assert msgspec.structs.replace(done, **same) == quote


async def test_a_card_that_was_stopped_since_the_quote_buys_nothing(counter: Counter) -> None:
    member = (await counter.register("80000001")).member
    quote = quoted(counter, member=member)
    await counter.shop.writer.submit(
        lambda tx: tx.db.execute("UPDATE member SET status='lost' WHERE id=?", (member,)).rowcount
    )
    refusal = await refused(commit(counter, paid(("cash", 5000), quote_id=quote.quote_id)))
    assert refusal.code == Code.CARD_STOPPED
    with pytest.raises(PosError, match="lost"):
        lookup.lookup(counter.shop, "T1", lookup.LookupRequest("card", "80000001"))


async def test_a_card_number_is_registered_once_and_only_if_it_is_ours(counter: Counter) -> None:
    await counter.register("80000001")
    for card in ("80000001", "6222020200112233445", "8000000"):
        refusal = await refused(counter.register(card))
        assert (refusal.code, refusal.data["path"]) == (Code.INVALID_PARAMS, "/card_no")
    assert (await refused(counter.register("80000002", referrer="80000009"))).code == Code.NO_SUCH_MEMBER


async def test_a_sale_is_found_by_id_receipt_key_and_terminal(counter: Counter) -> None:
    request = paid(("cash", 5000), quote_id=quoted(counter).quote_id)
    sold = await commit(counter, request)
    asked = (
        sale_history.GetRequest(sale=sold.sale),
        sale_history.GetRequest(receipt_no=sold.receipt_no),
        sale_history.GetRequest(idem=request.idem),
    )
    found = [sale_history.get(counter.shop, "T1", one) for one in asked]
    found.append(sale_history.last(counter.shop, "T1", sale_history.LastRequest()))
    assert [one.sale for one in found] == [sold.sale] * 4
    listed = await sale_history.find(counter.shop, "T1", sale_history.FindRequest(terminal="T1"))
    assert [one.sale for one in listed.sales] == [sold.sale]


async def test_hq_hears_of_every_sale_with_the_totals_after_it(tmp_path: Path) -> None:
    counter = await open_counter(tmp_path, ManualClock(NOW_MS), with_hq=True)
    member = (await counter.register("80000001")).member
    sold = await counter.sell(5000, member=member)
    await counter.take_back(sold.sale, (0, 500))
    rows = await counter.shop.writer.submit(lambda tx: tx.outbox.after(0, 10))
    await counter.close()
    events = [msgspec.json.decode(body, type=Event) for _, body, _ in rows]
    assert [event.kind for event in events] == ["member", "sale", "refund"]
    assert [(t.earned, t.clawed) for event in events for t in event.totals] == [(100, 0), (100, 25)]
    assert [(p.kind, p.amount) for event in events for p in event.postings] == [("earn", 100), ("claw", 25)]
