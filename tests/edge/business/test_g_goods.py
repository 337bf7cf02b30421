"""Goods, stock and prices at the counter (features G1, G2, C6)."""

import time
import uuid
from pathlib import Path
from typing import Any

import msgspec

from edge.counter.goods import GoodsEntry, put_goods
from edge.counter.stock import goods_never_left, take_from_stock
from edge.storage.transaction import Operation, Transaction
from tests.edge.business.floor import Floor, Till, corner_shop, open_floor
from tests.edge.counter.conftest import BUNDLE

RICE = {
    "sku": "R1",
    "name": "东北大米 5kg",
    "price_fen": 4_990,
    "cost_fen": 3_000,
    "cat1": "食品",
    "cat2": "粮油",
    "cat3": "大米",
    "brand": "北大荒",
    "unit": "袋",
    "barcodes": ["6901234567892"],
    "alert_milli": 2_000,
}
APPLE = {
    "sku": "F1",
    "name": "红富士苹果",
    "price_fen": 1_250,
    "unit": "kg",
    "barcodes": ["2112345", "2512345"],
}
MASSAGE = {"sku": "S1", "name": "肩颈按摩", "price_fen": 9_800, "is_service": True}


async def office(floor: Floor, *goods: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Put goods as a technician does; what became of each."""
    admin = floor.tills.get("office1") or await floor.another_till("office", admin=True)
    reply = await admin.call("goods.put", goods=list(goods), **more)
    return list(reply["rows"])


async def found(till: Till, by: str, value: str) -> list[dict[str, Any]]:
    return list((await till.call("goods.lookup", by=by, value=value))["goods"])


async def stocked(floor: Floor, sku: str) -> tuple[int, int]:
    """(quantity, value) as the list says it, which is what the movements add up to."""
    listed = (await floor.till.call("stock.list"))["goods"]
    (one,) = [goods for goods in listed if goods["sku"] == sku]
    rows = floor.sql("SELECT total(qty_milli), total(value_fen) FROM movement WHERE sku=?", sku)
    assert rows == [(one["qty_milli"], one["value_fen"])]
    return one["qty_milli"], one["value_fen"]


# --- G1 ---


async def test_g1_goods_are_found_by_number_barcode_and_name(floor: Floor) -> None:
    assert [row["outcome"] for row in await office(floor, RICE, APPLE, MASSAGE)] == ["new"] * 3
    (rice,) = await found(floor.till, "barcode", "6901234567892")
    assert rice == {
        "sku": "R1",
        "name": "东北大米 5kg",
        "category": "大米",
        "categories": ["食品", "粮油", "大米"],
        "brand": "北大荒",
        "unit": "袋",
        "price_fen": 4_990,
        "lowest_fen": 4_990,
        "is_service": False,
        "active": True,
        "barcodes": ["6901234567892"],
        "stock_milli": 0,
        "best_before": None,
    }
    await floor.restart()
    assert await found(floor.till, "sku", "R1") == [rice]
    assert [goods["sku"] for goods in await found(floor.till, "name", "大米")] == ["R1"]
    assert [goods["stock_milli"] for goods in await found(floor.till, "name", "按摩")] == [None]
    assert await found(floor.till, "sku", "nothing") == await found(floor.till, "name", "%") == []


async def test_g1_a_scales_barcode_says_how_much(floor: Floor) -> None:
    await office(floor, APPLE)
    price = await floor.till.call("goods.lookup", by="barcode", value="2112345012506")
    assert (price["goods"][0]["sku"], price["qty_milli"], price["amount_fen"]) == ("F1", 1000, 1250)
    weight = await floor.till.call("goods.lookup", by="barcode", value="2512345007500")
    assert (weight["goods"][0]["sku"], weight["qty_milli"], weight["amount_fen"]) == ("F1", 750, None)
    assert await found(floor.till, "barcode", "2112345012507") == []


async def test_g1_putting_again_changes_nothing_and_a_row_is_refused_alone(floor: Floor) -> None:
    key = str(uuid.uuid4())
    first = await office(floor, RICE, idem=key)
    assert await office(floor, RICE, idem=key) == first
    assert [row["outcome"] for row in await office(floor, RICE)] == ["unchanged"]
    other = {"sku": "R2", "name": "大米", "price_fen": 1}
    rows = await office(
        floor,
        {**other, "barcodes": RICE["barcodes"]},
        {**other, "cat2": "粮油"},
        {**other, "best_before": "2026-02-30"},
        {**RICE, "price_fen": 5_990},
    )
    assert [(row["outcome"], row["field"]) for row in rows] == [
        ("refused", "barcodes"),
        ("refused", "cat1"),
        ("refused", "best_before"),
        ("changed", ""),
    ]
    assert floor.sql("SELECT sku, price_fen FROM goods") == [("R1", 5_990)]
    admin = floor.tills["office1"]
    refusal = await admin.refused(-32602, "goods.put", goods=[{**RICE, "price_fen": -1}])
    assert refusal.data["path"] == "/goods/0/price_fen"
    await admin.refused(1302, "goods.put", goods=[MASSAGE], idem=key)
    await floor.till.refused(1002, "goods.put", goods=[RICE])


async def test_g1_a_check_says_what_would_change_and_changes_nothing(floor: Floor) -> None:
    assert [row["outcome"] for row in await office(floor, RICE, check=True)] == ["new"]
    assert floor.sql("SELECT count(*) FROM goods") == floor.sql("SELECT count(*) FROM shelf_price") == [(0,)]


async def test_g1_goods_off_the_shelf_are_found_by_number_only(floor: Floor) -> None:
    await office(floor, {**RICE, "active": False})
    assert await found(floor.till, "name", "大米") == []
    assert [goods["active"] for goods in await found(floor.till, "sku", "R1")] == [False]


async def test_g1_a_name_is_found_fast_among_20_000(floor: Floor) -> None:
    entries = [GoodsEntry(f"K{n}", f"商品{n:05} 规格甲", 100) for n in range(20_000)]
    await floor.shop.writer.submit(lambda transaction: _put(transaction, entries))
    took = []
    for _ in range(5):
        began = time.perf_counter()
        assert [goods["sku"] for goods in await found(floor.till, "name", "19999")] == ["K19999"]
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05


def _put(transaction: Transaction, entries: list[GoodsEntry]) -> None:
    """As one operation, for a frame does not hold them."""
    operation = Operation("#test", "goods", "goods.put", b"{}")
    transaction.perform(operation, lambda: put_goods(transaction, entries))


# --- G2 ---


async def test_g2_goods_come_at_their_cost_and_leave_at_the_average(floor: Floor) -> None:
    """10 bags at 30.00, 10 at 32.00; 5 broken: the average is 31.00."""
    await office(floor, RICE)
    key = str(uuid.uuid4())
    line = {"sku": "R1", "qty_milli": 10_000}
    came = await floor.till.call("stock.in", lines=[line], supplier="粮油批发", ref="D-1", idem=key)
    assert came["lines"] == [
        {"sku": "R1", "qty_milli": 10_000, "value_fen": 30_000, "left_milli": 10_000, "average_fen": 3_000}
    ]
    again = await floor.till.call("stock.in", lines=[line], supplier="粮油批发", ref="D-1", idem=key)
    assert again == {**came, "duplicate": True}
    await floor.till.refused(1302, "stock.in", lines=[{**line, "qty_milli": 1}], idem=key)
    came = await floor.till.call("stock.in", lines=[{**line, "amount_fen": 32_000}])
    assert came["lines"][0]["average_fen"] == 3_100
    await floor.restart()
    gone = await floor.till.call("stock.out", lines=[{"sku": "R1", "qty_milli": 5_000}], reason="破损")
    assert gone["value_fen"] == -15_500
    assert await stocked(floor, "R1") == (15_000, 46_500)


async def test_g2_sales_and_refunds_move_stock(floor: Floor) -> None:
    await office(floor, RICE, MASSAGE)
    await floor.till.call("stock.in", lines=[{"sku": "R1", "qty_milli": 3_000, "amount_fen": 10_000}])
    line = {"sku": "R1", "name": "大米", "unit_price_fen": 4_990}
    sold = await floor.till.sell(
        {**line, "qty_milli": 2_000},
        {"sku": "S1", "name": "按摩", "unit_price_fen": 9_800},
        {"sku": "unknown", "name": "散货", "unit_price_fen": 100},
        line,
    )
    assert await stocked(floor, "R1") == (0, 0)
    assert floor.sql("SELECT line, qty_milli, value_fen, net_fen FROM movement WHERE kind='sale'") == [
        (0, -2_000, -6_666, 9_980),
        (3, -1_000, -3_334, 4_990),
    ]
    await floor.till.take_back(sold["sale"], (0, 1_000))
    assert await stocked(floor, "R1") == (1_000, 3_333)
    await floor.till.take_back(sold["sale"])
    assert await stocked(floor, "R1") == (3_000, 10_000)
    (earned,) = (await floor.till.call("stock.profit"))["profits"]
    assert earned == {"what": "R1", "qty_milli": 0, "net_fen": 0, "cost_fen": 0, "profit_fen": 0}


async def test_g2_a_sale_is_never_blocked_and_what_it_cost_is_settled_later(floor: Floor) -> None:
    """Two bags sold before they are booked in, believed to cost 30.00 each; they come for 35.00 each."""
    await office(floor, RICE)
    await floor.till.sell({"sku": "R1", "name": "大米", "unit_price_fen": 4_990, "qty_milli": 2_000})
    assert await stocked(floor, "R1") == (-2_000, -6_000)
    came = await floor.till.call("stock.in", lines=[{"sku": "R1", "qty_milli": 5_000, "cost_fen": 3_500}])
    assert came["lines"][0]["left_milli"] == 3_000
    assert await stocked(floor, "R1") == (3_000, 10_500)
    (earned,) = (await floor.till.call("stock.profit", by="category"))["profits"]
    assert earned == {
        "what": "食品",
        "qty_milli": 2_000,
        "net_fen": 9_980,
        "cost_fen": 7_000,
        "profit_fen": 2_980,
    }
    assert (await floor.till.call("stock.profit", **{"from": "2026-11-25"}))["profits"] == []


async def test_g2_a_count_says_what_is_missing_and_its_value(floor: Floor) -> None:
    await office(floor, RICE, APPLE)
    lines = [{"sku": "R1", "qty_milli": 10_000}, {"sku": "F1", "qty_milli": 1_500, "cost_fen": 600}]
    await floor.till.call("stock.in", lines=lines)
    counted = [{"sku": "R1", "counted_milli": 9_000}, {"sku": "F1", "counted_milli": 2_000}]
    reply = await floor.till.call("stock.count", lines=counted, cashier="小王")
    assert [(line["qty_milli"], line["value_fen"]) for line in reply["lines"]] == [
        (-1_000, -3_000),
        (500, 300),
    ]
    assert reply["value_fen"] == -2_700
    again = await floor.till.call("stock.count", lines=counted)
    assert again["value_fen"] == 0
    assert floor.sql("SELECT count(*) FROM movement WHERE kind='count'") == [(2,)]
    twice = await floor.till.refused(-32602, "stock.count", lines=[counted[0], counted[0]])
    assert twice.data["path"] == "/lines/1/sku"


async def test_g2_what_is_no_stock_is_refused_by_its_field(floor: Floor) -> None:
    await office(floor, RICE, MASSAGE)
    for sku in ("S1", "unknown"):
        lines = [{"sku": "R1", "qty_milli": 1_000}, {"sku": sku, "qty_milli": 1_000}]
        refusal = await floor.till.refused(-32602, "stock.in", lines=lines)
        assert refusal.data["path"] == "/lines/1/sku"
    assert await stocked(floor, "R1") == (0, 0)


async def test_g2_goods_travel_between_stores(tmp_path: Path) -> None:
    """Five bags leave at 31.00 each; the other store counts four and says so."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        await office(floor, RICE)
        await floor.till.call("stock.in", lines=[{"sku": "R1", "qty_milli": 10_000, "amount_fen": 31_000}])
        line = {"sku": "R1", "qty_milli": 5_000}
        sent = await floor.till.call("stock.send", to_store="S002", lines=[line])
        assert sent["transfer"] == "S001-261124-T01"
        assert await stocked(floor, "R1") == (5_000, 15_500)
        (body,) = floor.sql("SELECT body FROM outbox ORDER BY seq DESC LIMIT 1")
        event = msgspec.json.decode(body[0])
        assert (event["kind"], event["body"]["what"]) == ("stock", "sent")
        assert event["body"]["lines"] == [["R1", -5_000, -15_500]]
        assert (event["body"]["transfer"], event["body"]["to_store"]) == (sent["transfer"], "S002")
        here = await floor.till.refused(-32602, "stock.send", to_store="S001", lines=[line])
        assert here.data["path"] == "/to_store"
        wrong = await floor.till.refused(-32602, "stock.receive", transfer=sent["transfer"])
        assert wrong.data["path"] == "/transfer"

        unknown = await floor.till.refused(-32602, "stock.receive", transfer="S002-261123-T07")
        assert unknown.data["path"] == "/transfer"
        here_now = await floor.till.call(
            "stock.receive",
            transfer="S002-261123-T07",
            from_store="S002",
            lines=[{**line, "qty_milli": 4_000}],
        )
        assert here_now["arrived"] == [
            {"sku": "R1", "sent_milli": 0, "received_milli": 4_000, "difference_milli": 4_000}
        ]
        assert await stocked(floor, "R1") == (9_000, 27_900)
        twice = await floor.till.refused(
            -32602, "stock.receive", transfer="S002-261123-T07", lines=[{**line, "qty_milli": 4_000}]
        )
        assert "has been received" in twice.message


async def test_g2_what_arrives_is_compared_with_what_was_sent(floor: Floor) -> None:
    """HQ has told of ten bags at 31.00 each; eight come, and an apple that nobody sent."""
    await office(floor, RICE, {**APPLE, "cost_fen": 600})
    lines = [["R1", 10_000, 31_000]]
    await floor.shop.writer.submit(
        lambda transaction: transaction.perform(
            Operation("#hq", "1", "directory", b"{}"),
            lambda: transaction.stock.send("X-T01", transaction.seq + 1, ("S002", "S001"), lines, 0),
        )
    )
    key, counted = str(uuid.uuid4()), [{"sku": "R1", "qty_milli": 8_000}, {"sku": "F1", "qty_milli": 1_000}]
    came = await floor.till.call("stock.receive", transfer="X-T01", lines=counted, idem=key)
    assert (came["from_store"], came["value_fen"]) == ("S002", 24_800 + 600)
    assert [(line["sku"], line["difference_milli"]) for line in came["arrived"]] == [
        ("R1", -2_000),
        ("F1", 1_000),
    ]
    again = await floor.till.call("stock.receive", transfer="X-T01", lines=counted, idem=key)
    assert again == {**came, "duplicate": True}
    await floor.till.refused(-32602, "stock.receive", transfer="X-T01")
    assert await stocked(floor, "R1") == (8_000, 24_800)


async def test_g2_gifts_are_taken_only_where_there_are_some_and_a_void_brings_all_back(floor: Floor) -> None:
    """The seams that redemptions and voids use."""
    await office(floor, RICE, MASSAGE)
    await floor.till.call("stock.in", lines=[{"sku": "R1", "qty_milli": 3_000}])
    sold = await floor.till.sell({"sku": "R1", "name": "大米", "unit_price_fen": 4_990, "qty_milli": 2_000})
    await floor.till.take_back(sold["sale"], (0, 1_000))
    taken = []

    def work(transaction: Transaction) -> None:
        for sku, pieces in (("R1", 3), ("R1", 2), ("S1", 9), ("unknown", 9)):
            taken.append(take_from_stock(floor.shop, transaction, sku, pieces, "slip"))
        goods_never_left(floor.shop, transaction, sold["sale"])
        goods_never_left(floor.shop, transaction, sold["sale"])

    await floor.shop.writer.submit(
        lambda transaction: transaction.perform(
            Operation("#test", "1", "gift", b"{}"), lambda: work(transaction)
        )
    )
    assert taken == [False, True, True, True]
    assert await stocked(floor, "R1") == (1_000, 3_000)
    (earned,) = (await floor.till.call("stock.profit"))["profits"]
    assert (earned["net_fen"], earned["cost_fen"]) == (0, 6_000)


async def test_g2_alerts_at_the_level_and_near_the_date(floor: Floor) -> None:
    milk = {"sku": "M1", "name": "鲜奶", "price_fen": 500, "best_before": "2026-12-01"}
    await office(floor, RICE, APPLE, MASSAGE, milk)
    lines = [{"sku": sku, "qty_milli": 3_000, "cost_fen": 1} for sku in ("R1", "F1", "M1")]
    await floor.till.call("stock.in", lines=lines)
    low = (await floor.till.call("stock.list", low_only=True))["goods"]
    assert [(goods["sku"], goods["low"], goods["near"]) for goods in low] == [("M1", False, True)]
    await floor.till.sell({"sku": "R1", "name": "大米", "unit_price_fen": 4_990})
    low = (await floor.till.call("stock.list", low_only=True))["goods"]
    assert [(goods["sku"], goods["low"], goods["near"]) for goods in low] == [
        ("M1", False, True),
        ("R1", True, False),
    ]
    page = await floor.till.call("stock.list", limit=2)
    assert ([goods["sku"] for goods in page["goods"]], page["next"]) == (["F1", "M1"], "M1")
    page = await floor.till.call("stock.list", after=page["next"], category="粮油")
    assert ([goods["sku"] for goods in page["goods"]], page["next"]) == (["R1"], None)


async def test_g2_movements_newest_first(floor: Floor) -> None:
    await office(floor, RICE)
    await floor.till.call("stock.in", lines=[{"sku": "R1", "qty_milli": 2_000}], ref="D-1")
    floor.at("2026-11-25T09:00")
    sold = await floor.till.sell({"sku": "R1", "name": "大米", "unit_price_fen": 4_990})
    moved = (await floor.till.call("stock.movements", sku="R1"))["movements"]
    assert [(m["kind"], m["qty_milli"], m["subject"]) for m in moved] == [
        ("sale", -1_000, sold["sale"]),
        ("in", 2_000, "D-1"),
    ]
    assert moved[0]["at"] == "2026-11-25T09:00:00.000+08:00"
    first = await floor.till.call("stock.movements", sku="R1", to="2026-11-24", **{"from": "2026-11-24"})
    assert [m["kind"] for m in first["movements"]] == ["in"]


async def test_g2_a_gift_with_a_purchase_leaves_the_stock(tmp_path: Path) -> None:
    gift = {"id": "RICE", "name": "满百送大米", "item": "R1", "need": {"min_fen": 10_000}}
    async with open_floor(tmp_path, corner_shop(gifts=[gift])) as floor:
        await office(floor, RICE)
        await floor.till.call("stock.in", lines=[{"sku": "R1", "qty_milli": 2_000}])
        sold = await floor.till.sell(10_000)
        assert floor.sql("SELECT kind, qty_milli, value_fen, subject FROM movement WHERE kind='gift'") == [
            ("gift", -1_000, -3_000, sold["sale"])
        ]
        assert (await floor.till.call("stock.profit"))["profits"][0]["profit_fen"] == -3_000
        await floor.till.call("sale.void", sale=sold["sale"], reason="误收", approve="店长", cashier="小王")
        assert await stocked(floor, "R1") == (2_000, 6_000)


# --- C6 ---


async def test_c6_every_shelf_price_is_kept_and_the_lowest_of_late_is_known(floor: Floor) -> None:
    await office(floor, {**RICE, "price_fen": 3_990})
    floor.at("2026-11-25T10:00")
    await office(floor, {**RICE, "price_fen": 4_990})
    await office(floor, {**RICE, "price_fen": 4_990, "brand": "其他"})
    floor.at("2026-12-24T10:00")
    (rice,) = await found(floor.till, "sku", "R1")
    assert (rice["price_fen"], rice["lowest_fen"]) == (4_990, 3_990)
    history = await floor.till.call("goods.prices", sku="R1")
    assert (history["lowest_fen"], history["days"]) == (3_990, 30)
    assert [price["price_fen"] for price in history["prices"]] == [4_990, 3_990]
    assert history["prices"][1]["since"] == "2026-11-24T10:00:00.000+08:00"
    floor.at("2026-12-26T10:00")
    (rice,) = await found(floor.till, "sku", "R1")
    assert rice["lowest_fen"] == 4_990
    assert (await floor.till.call("goods.prices", sku="none"))["lowest_fen"] is None


async def test_c6_a_price_put_up_before_the_sale_is_named(tmp_path: Path) -> None:
    """49.90 for years, 99.00 since yesterday: "half price" is no bargain, though nobody bought at 49.90."""
    half = {
        "id": "HALF",
        "name": "五折",
        "phase": "discount",
        "group": "sale",
        "select": {"skus": ["R1"]},
        "do": {"op": "off_bp", "bp": 5_000},
    }
    sale = {"id": "sale", "phase": "discount", "order": 2, "mode": "all"}
    raw = corner_shop(
        honest={"days": 30, "action": "flag"},
        groups=[*BUNDLE["groups"], sale],
        rules=[*BUNDLE["rules"], half],
    )
    async with open_floor(tmp_path, raw) as floor:
        await office(floor, RICE)
        floor.at("2026-11-25T10:00")
        await office(floor, {**RICE, "price_fen": 9_900})
        line = {"sku": "R1", "name": "大米", "qty_milli": 1_000, "unit_price_fen": 9_900}
        quote = await floor.till.call("sale.quote", cashier="小王", lines=[line])
        assert quote["inflated"] == [{"line": 0, "sku": "R1", "was_fen": 9_900, "lowest_fen": 4_990}]
