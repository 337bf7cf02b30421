"""A4 and A2 at the till: cards that are lost, replaced, extended; what a stopped card shows."""

from tests.edge.business.floor import Floor


async def test_a4_a_card_past_its_last_day_is_refused_with_that_day(floor: Floor) -> None:
    member = await floor.till.register("80000001", phone="13800001234")
    sold = await floor.till.sell(10_000, member=member)
    await floor.shop.writer.submit(
        lambda tx: tx.db.execute("UPDATE member SET valid_until='2026-11-24'").rowcount
    )
    await floor.till.sell(10_000, member=member)
    floor.at("2026-11-25T10:00")
    for by, value in (("card", "80000001"), ("id", member), ("phone", "1234")):
        refusal = await floor.till.refused(1203, "member.lookup", by=by, value=value)
        assert refusal.data["last_day"] == "2026-11-24"
    line = {"name": "茶", "qty_milli": 1000, "unit_price_fen": 500}
    await floor.till.refused(1203, "sale.quote", cashier="小王", member="80000001", lines=[line])
    await floor.till.refused(
        1203, "points.adjust", member=member, points=1, reason="补", approve="店长", cashier="小王"
    )
    await floor.till.take_back(sold["sale"])
    assert floor.sql("SELECT sum(refunded_fen) FROM sale") == [(10_000,)]
