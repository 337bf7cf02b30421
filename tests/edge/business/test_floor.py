"""The floor itself: a sale and its refund through the socket, over a restart."""

from tests.edge.business.floor import Floor


async def test_a_sale_through_the_socket_survives_a_restart(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    sold = await floor.till.sell(10_000, member=member)
    await floor.restart()
    assert (await floor.till.call("sale.get", sale=sold["sale"]))["receipt_no"] == sold["receipt_no"]
    assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 100
    await floor.till.take_back(sold["sale"])
    assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 0
    assert floor.sql("SELECT tender, sum(amount_fen) FROM money GROUP BY tender") == [("cash", 0)]
