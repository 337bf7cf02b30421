"""A receipt explained is the receipt that was sold, whatever has happened to the rules since."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

import cext
from edge.clock import ManualClock
from edge.counter import coupons, quoting, sale
from edge.counter.proving import Proof, explained, find_refund, prove
from edge.domain.rules.compile import BundleRefused, compile_bundle, load_programme
from edge.errors import PosError, StorageCorrupt
from edge.reports.explanation import Explanation
from edge.storage.history import Span, history
from tests.edge.counter.conftest import BUNDLE, DAY_MS, NOW_MS, Counter, bundle, new_idem, open_counter

STORED = sorted((Path(__file__).parents[2] / "databases").glob("*.db"))

GROUPS: list[dict[str, Any]] = [
    {"id": "full", "phase": "discount", "order": 1, "mode": "best"},
    {"id": "tier", "phase": "discount", "order": 2, "basis": "running"},
    *BUNDLE["groups"],
]
RULES: list[dict[str, Any]] = [
    {
        "id": "FULL",
        "name": "满100减10",
        "phase": "discount",
        "group": "full",
        "need": {"min_fen": 10_000},
        "do": {"op": "every_off", "every_fen": 10_000, "off_fen": 1000},
    },
    {
        "id": "FULLER",
        "name": "满300减50",
        "phase": "discount",
        "group": "full",
        "need": {"min_fen": 30_000},
        "do": {"op": "every_off", "every_fen": 30_000, "off_fen": 5000},
    },
    {
        "id": "GOLD",
        "name": "金卡9折",
        "phase": "discount",
        "group": "tier",
        "when": {"tiers": ["gold"]},
        "do": {"op": "off_bp", "bp": 1000},
    },
    *BUNDLE["rules"],
]
PROMOTIONS = bundle(groups=GROUPS, rules=RULES)
"""100 less 10, 300 less 50, 10 % off for gold, a point a yuan."""


def proof_of(folder: Path, receipt: str) -> Proof:
    with history(folder / "ledger.db") as past:
        proof = prove(past, receipt)
    assert proof is not None
    return proof


def in_english(folder: Path, receipt: str) -> Explanation:
    return explained(proof_of(folder, receipt), "en")


async def promotional(folder: Path) -> Counter:
    return await open_counter(folder, ManualClock(NOW_MS), raw=PROMOTIONS)


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
def test_d15_every_receipt_of_every_release_still_replays(stored: Path) -> None:
    """Bit for bit, years later: ledgers of every schema that was ever released."""
    with history(stored) as past:
        receipts = [sale.receipt_no for sale in past.past(Span())]
        proofs = [prove(past, receipt) for receipt in receipts]
    assert receipts
    assert [proof.differences if proof else None for proof in proofs] == [()] * len(receipts)


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
def test_both_kernels_replay_it_to_the_byte(stored: Path) -> None:
    """A box without a compiler says the same of an old receipt."""
    if not cext.COMPILED:
        pytest.skip("the kernel is not built")
    with history(stored) as past:
        for sold in past.past(Span()):
            core = compile_bundle(past.bundles.body(sold.bundle) or b"")
            plain, compiled = cext.load(core, "py"), cext.load(core, "c")
            assert plain.explain(sold.request) == compiled.explain(sold.request)


async def test_d15_the_explanation_adds_up_to_what_was_sold(tmp_path: Path) -> None:
    """Two of 60.00 and two of 20.00, 10.00 off: each line's shares lead from its list price to its net."""
    counter = await promotional(tmp_path)
    await counter.register("80000001")
    sold = await counter.sell(6000, 2000, member="80000001")
    told = in_english(tmp_path, sold.receipt_no)
    await counter.close()
    assert (told.match, told.differences) == (True, ())
    assert (told.list_fen, told.net_fen, told.points) == (16_000, 15_000, sold.points.earn)
    assert [(line.list_fen, line.net_fen) for line in told.lines] == [(12_000, 11_250), (4000, 3750)]
    for line in told.lines:
        assert line.list_fen - sum(s.value for s in line.shares if s.unit == "fen") == line.net_fen
    assert [(share.rule, share.unit, share.value) for share in told.gave] == [
        ("FULL", "fen", 1000),
        ("BASE", "points", 150),
    ]


async def test_rules_that_gave_nothing_say_why_the_nearest_first(tmp_path: Path) -> None:
    """A stranger with 80.00: 20.00 short of one rule, 220.00 of the other; the rest asks for a member."""
    counter = await promotional(tmp_path)
    sold = await counter.sell(4000)
    told = in_english(tmp_path, sold.receipt_no)
    await counter.close()
    assert [(rule.rule, rule.words, rule.short_fen) for rule in told.gave_nothing] == [
        ("FULL", "20.00 yuan short", 2000),
        ("FULLER", "220.00 yuan short", 22_000),
        ("GOLD", "not its tier (金卡)", None),
        ("BASE", "no member card", None),
    ]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-CN", "还差 20.00 元"), ("zh-TW", "還差 20.00 元"), ("en", "20.00 yuan short")]
)
async def test_reasons_are_said_in_the_language_asked_for(tmp_path: Path, lang: Any, words: str) -> None:
    counter = await promotional(tmp_path)
    sold = await counter.sell(4000)
    assert explained(proof_of(tmp_path, sold.receipt_no), lang).gave_nothing[0].words == words
    await counter.close()


async def test_what_points_paid_is_shown_on_its_lines(tmp_path: Path) -> None:
    """50 points pay 5.00 of 2 x 50.00 less 10.00, and earn nothing: 85 points."""
    counter = await promotional(tmp_path)
    await counter.register("80000001")
    await counter.sell(4000, member="80000001")
    sold = await counter.sell(5000, member="80000001", redeem=50)
    told = in_english(tmp_path, sold.receipt_no)
    await counter.close()
    assert told.match
    assert (told.points_used, told.points_paid_fen, told.points) == (50, 500, 85)
    assert [(line.net_fen, line.points_paid_fen) for line in told.lines] == [(9000, 500)]


REDEEMING = bundle(
    groups=[*GROUPS, {"id": "coupon", "phase": "discount", "order": 3, "basis": "running"}],
    rules=[
        *RULES,
        {
            "id": "PAY",
            "name": "积分抵现",
            "phase": "points",
            "group": "base",
            "do": {"op": "redeem", "fen_per_point": 20, "max_bp": 1000},
        },
    ],
    coupons=[
        {
            "id": "C5",
            "name": "5元券",
            "group": "coupon",
            "do": {"op": "every_off", "every_fen": 1, "off_fen": 500},
        }
    ],
    gifts=[{"id": "CUP", "name": "送马克杯", "item": "G-CUP", "limit": {"per_member": 1}}],
)
"""Points pay 20 fen each, a tenth of the basket at most; a coupon of 5 yuan; a cup, once."""


async def test_coupons_gifts_limits_and_terms_of_redemption_replay_too(tmp_path: Path) -> None:
    """100 less 10 less 5 by coupon leave 85; a tenth of it is 42 points at 20 fen; the cup comes once only.

    Rules are told in the order in which they were applied.
    """
    counter = await open_counter(tmp_path, ManualClock(NOW_MS), raw=REDEEMING)
    mary = (await counter.register("80000001")).member
    await counter.sell(4500, member=mary)
    issue = coupons.IssueRequest(idem=new_idem(), kind="C5")
    code = (await coupons.issue(counter.shop, "T1", issue)).code
    line = quoting.BasketLine(1000, 10_000, name="茶")
    basket = quoting.QuoteRequest(
        cashier="小王", member=mary, lines=(line,), redeem_points=90, coupons=(code,)
    )
    quote = quoting.quote(counter.shop, counter.quotes, "T1", basket)
    paid = (sale.Tender("cash", quote.totals.due_fen),)
    asked = sale.CommitRequest(idem=new_idem(), quote_id=quote.quote_id, tenders=paid)
    sold = await sale.commit(counter.shop, counter.quotes, "T1", asked)
    told = in_english(tmp_path, sold.receipt_no)
    await counter.close()
    assert told.differences == ()
    assert (told.net_fen, told.points_used, told.points_paid_fen, told.points) == (8500, 42, 840, 76)
    assert [(share.rule, share.unit, share.value) for share in told.gave] == [
        ("FULL", "fen", 1000),
        ("C5", "fen", 500),
        ("PAY", "redeemed", 42),
        ("BASE", "points", 76),
    ]
    assert {rule.rule: rule.words for rule in told.gave_nothing}["CUP"] == "its limit is used up"


async def test_a_gift_stands_on_the_receipt_that_it_came_with(tmp_path: Path) -> None:
    counter = await open_counter(tmp_path, ManualClock(NOW_MS), raw=REDEEMING)
    mary = (await counter.register("80000001")).member
    sold = await counter.sell(1000, member=mary)
    told = in_english(tmp_path, sold.receipt_no)
    await counter.close()
    assert ("CUP", "gifts", 1) in [(share.rule, share.unit, share.value) for share in told.gave]
    assert told.match


async def test_a_receipt_is_replayed_under_the_rules_that_decided_it(tmp_path: Path) -> None:
    """The bundle was replaced by one of double points: the old receipt still says what it said."""
    counter = await open_counter(tmp_path, ManualClock(NOW_MS))
    await counter.register("80000001")
    before = await counter.sell(5000, member="80000001")
    await counter.close()
    double = bundle(version=2, rules=[{**BUNDLE["rules"][0], "do": {"op": "mult_bp", "bp": 20_000}}])
    counter = await open_counter(tmp_path, ManualClock(NOW_MS + DAY_MS), raw=double)
    after = await counter.sell(5000, member="80000001")
    await counter.close()
    old, new = (in_english(tmp_path, sold.receipt_no) for sold in (before, after))
    assert [(told.heading.version, told.points, told.match) for told in (old, new)] == [
        (1, 100, True),
        (2, 200, True),
    ]


async def test_a_tier_reached_between_quote_and_sale_is_quoted_again(tmp_path: Path) -> None:
    """Quoted as plain; another till makes the member gold; the new quote is sold and recorded as it was decided."""
    counter = await promotional(tmp_path)
    await counter.register("80000001")
    line = quoting.BasketLine(1000, 5000, name="茶")
    basket = quoting.QuoteRequest(cashier="小王", member="80000001", lines=(line,))
    quote = quoting.quote(counter.shop, counter.quotes, "T1", basket)
    assert (await counter.sell(10_000, member="80000001")).tier_reached == "gold"
    paid = (sale.Tender("cash", quote.totals.due_fen),)
    asked = sale.CommitRequest(idem=new_idem(), quote_id=quote.quote_id, tenders=paid)
    with pytest.raises(PosError) as changed:
        await sale.commit(counter.shop, counter.quotes, "T1", asked)
    new = changed.value.data["new_quote"]
    assert new["totals"]["due_fen"] < quote.totals.due_fen
    paid = (sale.Tender("cash", new["totals"]["due_fen"]),)
    asked = msgspec.structs.replace(asked, quote_id=new["quote_id"], digest=new["digest"], tenders=paid)
    sold = await sale.commit(counter.shop, counter.quotes, "T1", asked)
    told = in_english(tmp_path, sold.receipt_no)
    await counter.close()
    assert (told.heading.tier, told.differences) == ("gold", ())


async def test_a_refund_leads_to_its_sale_and_the_sale_to_its_refund(tmp_path: Path) -> None:
    counter = await promotional(tmp_path)
    sold = await counter.sell(6000)
    back = await counter.take_back(sold.sale, (0, 1000))
    await counter.close()
    assert back.receipt_no is not None
    with history(tmp_path / "ledger.db") as past:
        refund = find_refund(past, back.receipt_no)
        assert prove(past, back.receipt_no) is None
    assert refund is not None
    assert (refund.sale, refund.sale_receipt_no) == (sold.sale, sold.receipt_no)
    told = in_english(tmp_path, sold.receipt_no)
    assert [(came.receipt_no, came.amount_fen) for came in told.refunds] == [(back.receipt_no, 5500)]
    assert told.match


async def test_a_sale_is_found_by_its_id_too(tmp_path: Path) -> None:
    counter = await promotional(tmp_path)
    sold = await counter.sell(6000)
    await counter.close()
    assert proof_of(tmp_path, sold.sale).sale == proof_of(tmp_path, sold.receipt_no).sale


# --- what somebody changed ---


def decision_with(**changes: Any) -> Callable[[sqlite3.Connection], object]:
    def tamper(db: sqlite3.Connection) -> None:
        record = msgspec.json.decode(db.execute("SELECT record FROM sale").fetchone()[0])
        record["decision"] |= changes
        db.execute("UPDATE sale SET record=?", (msgspec.json.encode(record).decode(),))

    return tamper


def line_with(**changes: Any) -> Callable[[sqlite3.Connection], object]:
    def tamper(db: sqlite3.Connection) -> None:
        record = msgspec.json.decode(db.execute("SELECT record FROM sale").fetchone()[0])
        record["decision"]["lines"][0] |= changes
        db.execute("UPDATE sale SET record=?", (msgspec.json.encode(record).decode(),))

    return tamper


def sql(statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.execute(statement)


def asked_with(old: str, new: str) -> Callable[[sqlite3.Connection], object]:
    statement = "UPDATE sale SET kernel_request=replace(kernel_request, ?, ?)"
    return lambda db: db.execute(statement, (old, new))


@pytest.mark.parametrize(
    ("tamper", "places"),
    [
        (decision_with(net_fen=1), {"/net_fen", "/ledger/net_fen", "/ledger/due_fen"}),
        (decision_with(points=999), {"/points", "/ledger/points_earned"}),
        (decision_with(redeem_points=9), {"/redeem_points", "/ledger/points_used"}),
        (line_with(net_fen=1), {"/lines/0/net_fen", "/ledger/lines/0/net_fen"}),
        (line_with(points=1), {"/lines/0/points", "/ledger/lines/0/points"}),
        (line_with(rules=[]), {"/lines/0/rules"}),
        (decision_with(discounts=[]), {"/discounts/FULL"}),
        (
            decision_with(bonuses=[{"rule": "BASE", "name": "", "value": 7}]),
            {"/bonuses/BASE/name", "/bonuses/BASE/value"},
        ),
        (decision_with(skipped=[]), {"/skipped/FULLER", "/skipped/GOLD"}),
        (sql("UPDATE sale SET points_earned=7"), {"/ledger/points_earned"}),
        (sql("UPDATE sale SET net_fen=net_fen+1"), {"/ledger/net_fen"}),
        (sql("UPDATE sale_line SET points=points+1"), {"/ledger/lines/0/points"}),
        (sql("UPDATE bundle SET body=CAST(body || ' ' AS BLOB)"), {"/bundle"}),
        (asked_with('"unit":6000', '"unit":6001'), {"/lines/0/unit_price_fen"}),
        (
            asked_with("plain", "gold"),
            {"/tier", "/discount_fen", "/net_fen", "/points", "/bonuses/BASE/value"}
            | {"/discounts/GOLD", "/skipped/GOLD"}
            | {f"/lines/0/{figure}" for figure in ("discount_fen", "net_fen", "points", "rules")},
        ),
        (
            asked_with('"fen":12000', '"fen":12100'),
            {"/list_fen", "/net_fen", "/points", "/bonuses/BASE/value", "/skipped/FULLER/short_fen"}
            | {f"/lines/0/{figure}" for figure in ("list_fen", "net_fen", "points")},
        ),
    ],
)
async def test_what_was_changed_afterwards_is_named(
    tmp_path: Path, tamper: Callable[[sqlite3.Connection], object], places: set[str]
) -> None:
    """Every figure of the record, the columns beside it, the bundle and the request."""
    counter = await promotional(tmp_path)
    await counter.register("80000001")
    sold = await counter.sell(6000, member="80000001")
    await counter.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as db:
        tamper(db)
    assert {difference.at for difference in proof_of(tmp_path, sold.receipt_no).differences} == places


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sale SET kernel_request='{'",
        "UPDATE sale SET record='{}'",
        "UPDATE bundle SET body=x'00'",
    ],
)
async def test_what_cannot_be_read_any_more_is_said_with_the_receipt(tmp_path: Path, statement: str) -> None:
    counter = await promotional(tmp_path)
    sold = await counter.sell(6000)
    await counter.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as db:
        db.execute(statement)
    with pytest.raises(StorageCorrupt, match=sold.receipt_no):
        proof_of(tmp_path, sold.receipt_no)


async def test_a_bundle_that_decided_receipts_is_taken_as_it_was(tmp_path: Path) -> None:
    """What is asked of new bundles later, here that the change was announced, is not asked of a stored one."""
    counter = await promotional(tmp_path)
    sold = await counter.sell(6000)
    await counter.close()
    late = {**msgspec.json.decode(PROMOTIONS), "notice": {"announced": "2026-01-01", "days": 14}}
    body = msgspec.json.encode(late)
    with pytest.raises(BundleRefused):
        load_programme(body)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        db.execute("PRAGMA foreign_keys=OFF")
        db.execute("UPDATE bundle SET body=?, hash=?", (body, hashlib.sha256(body).hexdigest()))
        db.execute("UPDATE sale SET bundle=?", (hashlib.sha256(body).hexdigest(),))
    with history(tmp_path / "ledger.db") as past:
        proof = prove(past, sold.receipt_no)
    assert proof is not None
    assert proof.programme.bundle.notice is not None
