"""What HQ says, at the till: goods and prices, stopped cards, coupons, calls, transfers, staff; once, in order."""

from pathlib import Path
from typing import Any

import msgspec

from edge.uplink.ledger_box import LedgerBox
from sync.envelope import DirectoryItem, DirectoryPage, GrantItem, GrantPage
from tests.edge.business.floor import Floor, corner_shop, open_floor

RICE = {"name": "东北大米", "price_fen": 4_990, "cat1": "食品", "barcodes": ["6901234567892"]}


def item(version: int, kind: str, key: str, body: Any) -> DirectoryItem:
    return DirectoryItem(kind, key, version, msgspec.Raw(msgspec.json.encode(body)))


async def said(floor: Floor, *items: DirectoryItem, since: int = 0, version: int = 0) -> None:
    """HQ's page, as it comes over the uplink."""
    page = DirectoryPage(since, version or max(one.version for one in items), tuple(items))
    await LedgerBox(floor.shop).apply_directory(page)


async def heard(floor: Floor) -> int:
    return (await LedgerBox(floor.shop).position()).directory_version


async def test_g1_goods_and_prices_from_hq_with_their_history(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        await said(floor, item(5, "goods", "R1", RICE))
        floor.at("2026-11-25T10:00")
        dearer = {**RICE, "price_fen": 5_990, "colour": "a field of a later version"}
        await said(floor, item(8, "goods", "R1", dearer), since=5)
        await floor.restart()
        found = await floor.till.call("goods.lookup", by="barcode", value="6901234567892")
        (rice,) = found["goods"]
        assert (rice["sku"], rice["price_fen"], rice["lowest_fen"]) == ("R1", 5_990, 4_990)
        assert floor.sql("SELECT version FROM goods") == [(8,)]
        assert await heard(floor) == (await floor.till.call("sync.status"))["directory_version"] == 8


async def test_g1_a_page_counts_once_and_only_where_it_follows(tmp_path: Path) -> None:
    """Repeated, late, or for a disk that has been put back: nothing is changed, and nothing skipped."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        await said(floor, item(5, "goods", "R1", RICE))
        await said(floor, item(9, "goods", "R1", {**RICE, "price_fen": 1}), since=7)
        await said(floor, item(4, "goods", "R1", {**RICE, "price_fen": 2}))
        await said(floor, item(5, "goods", "R1", RICE))
        assert floor.sql("SELECT price_fen FROM goods") == [(4_990,)]
        assert floor.sql("SELECT count(*) FROM op WHERE kind='directory'") == [(1,)]
        assert await heard(floor) == 5
        await said(floor, since=5, version=7)
        assert await heard(floor) == 7


async def test_g1_a_barcode_moves_to_whom_hq_says_and_a_bad_row_stops_no_other(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        await said(
            floor,
            item(1, "goods", "R1", RICE),
            item(2, "goods", "R2", {**RICE, "name": "新米"}),
            item(3, "goods", "R3", {"name": "无价"}),
            item(4, "goods", "R4", {**RICE, "best_before": "2026-02-30", "barcodes": []}),
            item(5, "weather", "today", {}),
            item(6, "hot", "80000001", {"state": "melted"}),
            item(7, "goods", "R5", {**RICE, "barcodes": []}),
        )
        found = await floor.till.call("goods.lookup", by="barcode", value="6901234567892")
        assert [goods["sku"] for goods in found["goods"]] == ["R2"]
        assert floor.sql("SELECT sku FROM goods ORDER BY sku") == [("R1",), ("R2",), ("R5",)]
        answer = msgspec.json.decode(floor.sql("SELECT answer FROM op WHERE kind='directory'")[0][0])
        assert [row.partition(":")[0] for row in answer["ignored"]] == [
            "goods at version 3",
            "goods at version 4",
            "weather at version 5",
            "hot at version 6",
        ]


async def test_g1_of_two_claims_to_a_barcode_the_last_one_counts(tmp_path: Path) -> None:
    """Also where it is the former owner who claims it back, in the same page."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        await said(floor, item(1, "goods", "R1", RICE))
        again = {**RICE, "price_fen": 5_990}
        await said(floor, item(2, "goods", "R2", RICE), item(3, "goods", "R1", again), since=1)
        found = await floor.till.call("goods.lookup", by="barcode", value="6901234567892")
        assert [(goods["sku"], goods["price_fen"]) for goods in found["goods"]] == [("R1", 5_990)]


async def test_a4_a_card_that_hq_stops_is_stopped_here(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        await said(
            floor,
            item(1, "hot", "80000001", {"state": "lost"}),
            item(2, "hot", "80000002", {"state": "lost"}),
        )
        await floor.till.refused(1202, "member.lookup", by="card", value="80000001")
        for number in ("80000001", "80000002"):
            refusal = await floor.till.refused(1202, "member.lookup", by="card", value=number)
            assert refusal.data["state"] == "lost", "of a stranger's card too"
        stranger = await floor.till.refused(-32602, "member.register", card_no="80000002", name="王小明")
        assert stranger.data["path"] == "/card_no"
        await said(
            floor,
            item(3, "hot", "80000001", {"state": "active"}),
            item(4, "hot", "80000002", {"state": "active"}),
            since=2,
        )
        assert (await floor.till.call("member.lookup", by="card", value="80000001"))["member"]["id"] == member
        await floor.till.register("80000002")
        await said(floor, item(5, "hot", "80000002", {"state": "cancelled"}), since=4)
        refusal = await floor.till.refused(
            1202, "sale.quote", cashier="小王", member="80000002", quick_fen=100
        )
        assert refusal.data["state"] == "cancelled"


async def test_a4_a_new_card_outlives_the_news_of_the_lost_one(tmp_path: Path) -> None:
    """The store where the card was lost has replaced it when HQ's word comes round."""
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        await floor.till.call("card.lost", member=member, cashier="小王")
        await floor.till.call("card.replace", member=member, card_no="80000009", cashier="小王")
        await said(floor, item(1, "hot", "80000001", {"state": "lost"}))
        assert (await floor.till.call("member.lookup", by="card", value="80000009"))["member"]["id"] == member


async def test_c2_a_coupon_from_hq_counts_once_its_right_is_here(tmp_path: Path) -> None:
    off = {"id": "off", "phase": "discount", "order": 2, "mode": "all"}
    five = {
        "id": "C5",
        "name": "5元券",
        "group": "off",
        "do": {"op": "every_off", "every_fen": 1, "off_fen": 500},
    }
    base = msgspec.json.decode(corner_shop())
    raw = corner_shop(groups=[*base["groups"], off], coupons=[five])
    async with open_floor(tmp_path, raw, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        await said(
            floor,
            item(1, "coupon", "HQ5", {"kind": "C5", "member": member, "last_day": "2026-12-31"}),
            item(2, "coupon", "HQ6", {"kind": "C5", "member": "nobody"}),
        )
        line = {"name": "茶", "qty_milli": 1000, "unit_price_fen": 10_000}
        basket = {"cashier": "小王", "lines": [line], "member": member, "coupons": ["HQ5"]}
        assert (await floor.till.call("sale.quote", **basket))["totals"]["due_fen"] == 10_000
        nonce = floor.shop.snapshot.identity()[0]
        grant = GrantItem("HQ5", "coupon", 1, 1)
        await LedgerBox(floor.shop).apply_grants(GrantPage(nonce, 1, (grant,)))
        assert (await floor.till.call("sale.quote", **basket))["totals"]["due_fen"] == 9_500
        assert floor.sql("SELECT code FROM coupon") == [("HQ5",)]


async def test_e5_a_call_from_hq_is_on_the_members_list(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        member = await floor.till.register("80000001")
        call = {"member": "80000001", "text": "生日回访", "due": "2026-11-30"}
        await said(
            floor, item(1, "call", "CALL-1", call), item(2, "call", "CALL-2", {**call, "member": "none"})
        )
        await said(floor, item(3, "call", "CALL-1", {**call, "text": "again"}), since=2)
        assert floor.sql("SELECT id, member, text, due, by, outcome FROM note") == [
            ("CALL-1", member, "生日回访", "2026-11-30", "HQ", None)
        ]


async def test_g2_a_transfer_from_another_store_is_received_as_it_was_sent(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        transfer = {"from_store": "S002", "lines": [["R1", 10_000, 31_000]]}
        await said(floor, item(1, "transfer", "S002-261124-T01", transfer))
        early = await floor.till.refused(-32602, "stock.receive", transfer="S002-261124-T01")
        assert early.data["path"] == "/transfer"
        await said(floor, item(2, "goods", "R1", RICE), since=1)
        await said(floor, item(3, "transfer", "S002-261124-T01", transfer), since=2)
        came = await floor.till.call("stock.receive", transfer="S002-261124-T01")
        assert (came["from_store"], came["value_fen"]) == ("S002", 31_000)
        assert [line["difference_milli"] for line in came["arrived"]] == [0]


async def test_h1_staff_from_hq_keep_the_card_that_the_store_gave(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        admin = await floor.another_till("office", admin=True)
        await admin.call("admin.staff.put", id="M1", name="李", role="cashier", card="990001")
        await said(
            floor,
            item(1, "staff", "M1", {"name": "李店长", "role": "manager"}),
            item(2, "staff", "C1", {"name": "小王", "role": "cashier"}),
            item(3, "staff", "C1", {"name": "小王", "role": "cashier", "active": False}),
        )
        assert floor.sql("SELECT id, name, role, card, active FROM staff ORDER BY id") == [
            ("C1", "小王", "cashier", None, 0),
            ("M1", "李店长", "manager", "990001", 1),
        ]
