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
