"""Rebates by night: a part of a quarter's spend comes back as vouchers, once."""

from pathlib import Path

from tests.edge.business.floor import corner_shop, open_floor

REBATES = [{"id": "Q1", "name": "季度返券", "bp": 100, "every": "quarter", "voucher_fen": 500}]


async def test_d13_one_percent_of_a_quarters_spend_is_paid_as_vouchers(tmp_path: Path) -> None:
    """12,345.67 yuan: 24 vouchers of 5; what came back does not count, and the rest lapses."""
    async with open_floor(tmp_path, corner_shop(rebates=REBATES)) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(1_234_567, member=member)
        back = await floor.till.sell(900_000, member=member)
        await floor.till.take_back(back["sale"])
        technician = await floor.another_till("tech", admin=True)
        assert (await technician.call("admin.night.run"))["rebated"] == 0, "the quarter has not ended"
        floor.at("2027-01-01T10:00")
        assert (await technician.call("admin.night.run"))["rebated"] == 1
        await floor.restart()
        technician = await floor.another_till("tech", admin=True)
        assert (await technician.call("admin.night.run"))["rebated"] == 0
        vouchers = (await floor.till.whole(member))["vouchers"]
        assert [voucher["value_fen"] for voucher in vouchers] == [500] * 24
        paid = {"kind": "voucher", "amount_fen": 500, "ref": vouchers[0]["code"]}
        await floor.till.sell(2_000, member=member, tenders=[paid])
        assert len((await floor.till.whole(member))["vouchers"]) == 23


async def test_d13_a_box_that_was_away_pays_every_quarter_that_it_missed(tmp_path: Path) -> None:
    """And says what lapsed; who spent too little for a voucher leaves no trace, an ended membership gets none."""
    async with open_floor(tmp_path, corner_shop(rebates=REBATES), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        modest = await floor.till.register("80000002")
        technician = await floor.another_till("tech", admin=True)
        await technician.call("admin.night.run")
        for day, fen in (("2026-11-25", 60_000), ("2027-01-05", 134_500)):
            floor.at(f"{day}T10:00")
            await floor.till.sell(fen, member=member)
            await floor.till.sell(49_999, member=modest)
        floor.at("2027-04-02T10:00")
        assert (await technician.call("admin.night.run"))["rebated"] == 2, "two quarters of one member"
        assert [v["value_fen"] for v in (await floor.till.whole(member))["vouchers"]] == [500] * 3
        told = floor.sql(
            "SELECT json_extract(CAST(body AS TEXT), '$.body.spent_fen'),"
            " json_extract(CAST(body AS TEXT), '$.body.lapsed_fen') FROM outbox"
            " WHERE json_extract(CAST(body AS TEXT), '$.kind') = 'rebate' ORDER BY 1"
        )
        assert told == [(60_000, 100), (134_500, 345)]
        assert floor.sql("SELECT count(*) FROM op WHERE till='#night'") == [(2,)]
