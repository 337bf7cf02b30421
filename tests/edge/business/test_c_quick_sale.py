"""Quick sale 快速消费: an amount without goods, through the socket."""

from tests.edge.business.floor import Floor


async def test_c5_an_amount_without_goods_is_sold_and_earns(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    quote = await floor.till.call("sale.quote", cashier="小王", quick_fen=12_345, member=member)
    assert [(line["name"], line["net_fen"]) for line in quote["lines"]] == [("快速消费", 12_345)]
    sold = await floor.till.call(
        "sale.commit",
        quote_id=quote["quote_id"],
        digest=quote["digest"],
        tenders=[{"kind": "cash", "amount_fen": 13_000}],
    )
    assert (sold["change_fen"], sold["points"]["earn"]) == (655, 123)
    await floor.restart()
    assert (await floor.till.call("sale.get", sale=sold["sale"]))["decision"]["net_fen"] == 12_345
    assert (await floor.till.take_back(sold["sale"]))["amount_fen"] == 12_345


async def test_c5_an_amount_and_goods_do_not_go_together(floor: Floor) -> None:
    lines = [{"sku": "A", "qty_milli": 1000, "unit_price_fen": 100}]
    refused = await floor.till.refused(-32602, "sale.quote", cashier="小王", quick_fen=100, lines=lines)
    assert refused.data["path"] == "/quick_fen"
    for wrong in (0, -1):
        refused = await floor.till.refused(-32602, "sale.quote", cashier="小王", quick_fen=wrong)
        assert refused.data["path"] == "/quick_fen"


async def test_c5_a_quick_sale_can_be_held_and_voided(floor: Floor) -> None:
    hold = await floor.till.call("sale.hold", basket={"cashier": "小王", "quick_fen": 500})
    (waiting,) = (await floor.till.call("sale.held"))["held"]
    assert (waiting["list_fen"], waiting["lines"]) == (500, 0)
    basket = (await floor.till.call("sale.recall", hold=hold["hold"]))["basket"]
    sold = await floor.till.call("sale.commit", basket=basket, tenders=[{"kind": "cash", "amount_fen": 500}])
    done = await floor.till.call("sale.void", sale=sold["sale"], reason="错", cashier="小王", approve="店长")
    assert done["amount_fen"] == 500
