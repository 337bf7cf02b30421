"""What another bundle would have done: real sales in a real ledger, replayed and added up."""

import json
import sqlite3
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import cext
from edge.clock import ManualClock
from edge.counter.simulating import Simulator, candidate
from edge.domain.rules.compile import BundleRefused, compile_bundle
from edge.domain.simulation import MOVERS_MAX, STRANGER, Report, Sums
from edge.errors import StorageCorrupt
from edge.storage.history import PastSale, Span, history
from tests.edge.counter.conftest import BUNDLE, DAY_MS, NOW_MS, bundle, open_counter
from tests.edge.counter.test_proving import GROUPS, PROMOTIONS, RULES

DOUBLE = bundle(version=2, rules=[{**BUNDLE["rules"][0], "do": {"op": "mult_bp", "bp": 20_000}}])
EVERYTHING = Span()
MINUTE_MS = 60_000


async def two_days(folder: Path, raw: bytes) -> Path:
    """Four receipts of members on one day, a stranger's on the next; the ledger."""
    counter = await open_counter(folder, ManualClock(NOW_MS), raw=raw)
    await counter.register("80000001")
    for minute, price in enumerate((1000, 5000, 6000, 20_000)):
        counter.clock.set_ms(NOW_MS + minute * MINUTE_MS)
        await counter.sell(price, member="80000001")
    counter.clock.set_ms(NOW_MS + DAY_MS)
    await counter.sell(5000)
    await counter.close()
    return counter.shop.config.paths.database


def simulated(ledger: Path, new: bytes, old: bytes | None = None, span: Span = EVERYTHING) -> Report:
    simulator = Simulator(candidate(new), candidate(old) if old else None)
    with history(ledger) as past:
        simulator.run(past, span)
    return simulator.report()


def summed(sums: Sequence[Sums]) -> tuple[int, ...]:
    names = ("receipts", "changed", "old_fen", "new_fen", "old_points", "new_points")
    return tuple(sum(getattr(one, name) for one in sums) for name in names)


async def test_the_bundle_that_decided_changes_nothing_anywhere(tmp_path: Path) -> None:
    report = simulated(await two_days(tmp_path, PROMOTIONS), PROMOTIONS)
    assert (report.receipts, report.changed, report.winners, report.losers) == (5, 0, 0, 0)
    assert (report.cost_fen, report.unfaithful, report.gainers, report.payers) == (0, 0, (), ())
    for sums in (report.totals, *report.tiers, *report.days, *report.stores):
        assert (sums.changed, sums.new_fen, sums.new_points) == (0, sums.old_fen, sums.old_points)
    for rule in report.rules:
        assert (rule.new_times, rule.new_value) == (rule.old_times, rule.old_value)


async def test_a_changed_rule_by_hand(tmp_path: Path) -> None:
    """满100减10 becomes 满100减15, of receipts of 20, 100, 120, 400 and 100 yuan.

    The first stays. 400 yuan took 满300减50 and still does. The member reached gold after the 100 and 120 of
    that day, so the 400 are 10 % off: 315. The other three pay 5 yuan less, and members earn 5 points less.
    """
    fuller = [{**RULES[0], "do": {"op": "every_off", "every_fen": 10_000, "off_fen": 1500}}, *RULES[1:]]
    report = simulated(await two_days(tmp_path, PROMOTIONS), bundle(version=2, groups=GROUPS, rules=fuller))
    totals = report.totals
    assert (totals.old_fen, totals.new_fen) == (
        2000 + 9000 + 11_000 + 31_500 + 9000,
        2000 + 8500 + 10_500 + 31_500 + 8500,
    )
    assert (totals.old_points, totals.new_points) == (20 + 90 + 110 + 315, 20 + 85 + 105 + 315)
    assert (report.changed, report.winners, report.losers) == (3, 3, 0)
    assert report.cost_fen == 3 * 500 - 10 * 10
    given = {
        rule.rule: (rule.old_times, rule.old_value, rule.new_times, rule.new_value) for rule in report.rules
    }
    assert given == {
        "FULL": (3, 3000, 3, 4500),
        "FULLER": (1, 5000, 1, 5000),
        "GOLD": (1, 3500, 1, 3500),
        "BASE": (4, 535, 4, 525),
    }
    assert [(day.key, day.receipts, day.old_fen - day.new_fen) for day in report.days] == [
        ("2026-11-22", 4, 1000),
        ("2026-11-23", 1, 500),
    ]
    assert [(tier.key, tier.label, tier.changed) for tier in report.tiers] == [
        (STRANGER, "", 1),
        ("plain", "普通卡", 2),
        ("gold", "金卡", 0),
    ]
    assert [(mover.receipt_no, mover.gain_fen) for mover in report.gainers] == [
        ("S001-261123-0001", 500),
        ("S001-261122-0002", 450),
        ("S001-261122-0003", 450),
    ]


async def test_sums_agree_with_each_other_and_with_the_kernel(tmp_path: Path) -> None:
    """Tiers, days and stores each add up to the totals, and those to what the kernel says receipt by receipt."""
    ledger = await two_days(tmp_path, PROMOTIONS)
    report = simulated(ledger, DOUBLE)
    for sums in (report.tiers, report.days, report.stores):
        assert summed(sums) == summed([report.totals])
    program = cext.load(compile_bundle(DOUBLE))
    with history(ledger) as past:
        results = [json.loads(program.evaluate(sale.request)) for sale in past.past(EVERYTHING)]
    assert report.totals.new_fen == sum(result["payable"] for result in results)
    assert report.totals.new_points == sum(result["points"] for result in results)


async def test_each_receipt_is_held_against_the_bundle_that_decided_it(tmp_path: Path) -> None:
    """Single points, then double: double points for all change only the first day."""
    counter = await open_counter(tmp_path, ManualClock(NOW_MS))
    await counter.register("80000001")
    await counter.sell(5000, member="80000001")
    await counter.close()
    counter = await open_counter(tmp_path, ManualClock(NOW_MS + DAY_MS), raw=DOUBLE)
    await counter.sell(5000, member="80000001")
    await counter.close()
    ledger = counter.shop.config.paths.database
    report = simulated(ledger, DOUBLE)
    assert [(old.bundle.version, old.receipts) for old in report.old] == [(1, 1), (2, 1)]
    assert [(day.old_points, day.new_points) for day in report.days] == [(100, 200), (200, 200)]
    assert report.unfaithful == 0
    held_against_single = simulated(ledger, DOUBLE, old=bundle())
    assert [(day.old_points, day.new_points) for day in held_against_single.days] == [(100, 200), (100, 200)]
    assert held_against_single.old[0].receipts == 2


async def test_only_the_days_and_the_store_asked_for(tmp_path: Path) -> None:
    ledger = await two_days(tmp_path, PROMOTIONS)
    assert simulated(ledger, DOUBLE, span=Span(last="2026-11-22")).receipts == 4
    assert simulated(ledger, DOUBLE, span=Span(first="2026-11-23")).receipts == 1
    for store, receipts in (("S001", 5), ("S002", 0)):
        simulator = Simulator(candidate(DOUBLE), store=store)
        with history(ledger) as past:
            simulator.run(past, EVERYTHING)
        assert simulator.report().receipts == receipts


async def test_ledgers_of_several_stores_add_up(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    ledgers = [await two_days(tmp_path / name, PROMOTIONS) for name in ("one", "two")]
    simulator = Simulator(candidate(DOUBLE))
    for ledger in ledgers:
        with history(ledger) as past:
            simulator.run(past, EVERYTHING)
    report = simulator.report()
    assert report.receipts == 10
    assert summed([report.totals]) == tuple(
        2 * part for part in summed([simulated(ledgers[0], DOUBLE).totals])
    )


async def test_a_bundle_of_the_kernels_own_schema_will_do(tmp_path: Path) -> None:
    ledger = await two_days(tmp_path, PROMOTIONS)
    core, whole = simulated(ledger, compile_bundle(DOUBLE)), simulated(ledger, DOUBLE)
    assert core.totals == whole.totals
    assert core.new.version == whole.new.version


async def test_a_rule_that_is_gone_is_reported_too(tmp_path: Path) -> None:
    report = simulated(await two_days(tmp_path, PROMOTIONS), DOUBLE)
    assert {rule.rule: (rule.old_times, rule.new_times) for rule in report.rules} == {
        "BASE": (4, 4),
        "FULL": (3, 0),
        "FULLER": (1, 0),
        "GOLD": (1, 0),
    }


async def test_a_new_limit_is_counted_from_the_first_receipt_on(tmp_path: Path) -> None:
    """10 points for the first receipt of each day: of four receipts on one day the member gets them once."""
    welcome = {
        "id": "DAILY",
        "name": "每日首单",
        "phase": "points",
        "group": "base",
        "do": {"op": "fixed", "pts": 10},
        "limit": {"per_day": 1},
    }
    ledger = await two_days(tmp_path, PROMOTIONS)
    report = simulated(ledger, bundle(version=2, groups=GROUPS, rules=[*RULES, welcome]))
    assert report.recounted == ("DAILY",)
    assert (report.changed, report.totals.new_points - report.totals.old_points) == (1, 10)
    assert [mover.receipt_no for mover in report.gainers] == ["S001-261122-0001"]


async def test_a_limit_that_was_counted_at_the_time_is_not_counted_again(tmp_path: Path) -> None:
    limited = bundle(groups=GROUPS, rules=[{**RULES[0], "limit": {"per_day": 1}}, *RULES[1:]])
    report = simulated(await two_days(tmp_path, limited), limited)
    assert (report.recounted, report.changed, report.unfaithful) == ((), 0, 0)


async def test_the_biggest_movers_are_named_on_both_sides(tmp_path: Path) -> None:
    """Points go from one a yuan to five a receipt: small receipts win, large ones lose, equal ones by age."""
    counter = await open_counter(tmp_path, ManualClock(NOW_MS))
    await counter.register("80000001")
    for price in (*range(50, 150, 50), 250, *range(300, 300 + 50 * (MOVERS_MAX + 2), 50)):
        await counter.sell(price, member="80000001")
    await counter.close()
    five = bundle(version=2, rules=[{**BUNDLE["rules"][0], "do": {"op": "fixed", "pts": 5}}])
    report = simulated(counter.shop.config.paths.database, five)
    assert (report.winners, report.losers) == (2, MOVERS_MAX + 2)
    assert [mover.gain_fen for mover in report.gainers] == [40, 30]
    assert [mover.gain_fen for mover in report.payers] == [-10 * points for points in range(12, 2, -1)]


def tampered(ledger: Path, statement: str) -> None:
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        db.execute(statement)


async def test_a_receipt_that_its_own_bundle_decides_otherwise_is_counted(tmp_path: Path) -> None:
    ledger = await two_days(tmp_path, PROMOTIONS)
    tampered(ledger, "UPDATE sale SET points_earned=points_earned+1 WHERE receipt_no='S001-261122-0002'")
    report = simulated(ledger, PROMOTIONS)
    assert (report.unfaithful, report.unfaithful_first, report.changed) == (1, "S001-261122-0002", 0)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE sale SET kernel_request='{' WHERE receipt_no='S001-261122-0002'", "S001-261122-0002"),
        (
            "UPDATE sale SET kernel_request=replace(kernel_request, '\"qty\":2', '\"qty\":-2')"
            " WHERE receipt_no='S001-261122-0003'",
            "S001-261122-0003",
        ),
        ("UPDATE bundle SET body=CAST(body || ' ' AS BLOB)", "is not what its hash says"),
    ],
)
async def test_what_cannot_be_replayed_is_named(tmp_path: Path, statement: str, named: str) -> None:
    ledger = await two_days(tmp_path, PROMOTIONS)
    tampered(ledger, statement)
    with pytest.raises(StorageCorrupt, match=named):
        simulated(ledger, DOUBLE)


def test_a_wrong_bundle_is_refused_with_its_pointer() -> None:
    with pytest.raises(BundleRefused) as refused:
        candidate(bundle(rules=[{**BUNDLE["rules"][0], "group": "none"}]))
    assert refused.value.path == "/rules/0/group"


class Repeated:
    """A history whose sales come again and again, as those of a ledger of many years."""

    def __init__(self, sales: Sequence[PastSale], times: int, body: Callable[[str], bytes | None]) -> None:
        self._sales = sales
        self._times = times
        self.bundles: Any = self
        self.body = body

    def past(self, span: Span) -> Any:
        return (sale for _ in range(self._times) for sale in self._sales)


async def test_memory_does_not_grow_with_receipts(tmp_path: Path) -> None:
    ledger = await two_days(tmp_path, PROMOTIONS)
    with history(ledger) as past:
        sales = list(past.past(EVERYTHING))
        body = past.bundles.body(sales[0].bundle)

    def peak(times: int) -> int:
        many: Any = Repeated(sales, times, lambda digest: body)
        simulator = Simulator(candidate(DOUBLE))
        tracemalloc.start()
        simulator.run(many, EVERYTHING)
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert simulator.report().receipts == times * len(sales)
        return reached

    assert peak(2400) < 1.2 * peak(600)
