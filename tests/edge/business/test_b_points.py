"""B1 through the socket: points that lapse by lot, the oldest first, and are not counted from then on."""

from pathlib import Path
from typing import Any

from tests.edge.business.floor import Floor, corner_shop, open_floor

YEARLY = corner_shop(
    points={"fen_per_point": 100, "fen_per_redeemed_point": 10, "expire_months": 12},
    bonuses=[
        {"id": "WELCOME", "name": "入会", "on": "register", "points": 7},
        {"id": "SURVEY", "name": "问卷", "on": "survey", "points": 5},
    ],
)


async def points(floor: Floor, member: str) -> dict[str, Any]:
    return dict((await floor.till.whole(member))["balances"]["points"])


async def test_b1_points_never_lapse_where_the_programme_says_nothing(floor: Floor) -> None:
    member = await floor.till.register("80000001")
    await floor.till.sell(10_000, member=member)
    floor.at("2046-11-24T10:00")
    assert await points(floor, member) == {"balance": 100, "spendable": 100, "expiring": None}


async def test_b1_points_lapse_at_the_end_of_the_day_on_which_they_are_a_year_old(tmp_path: Path) -> None:
    """Earned on 24 November 2026 at ten, they count until four in the morning of 25 November 2027."""
    async with open_floor(tmp_path, YEARLY) as floor:
        member = await floor.till.register("80000001")
        floor.at("2026-12-31T10:00")
        await floor.till.sell(10_000, member=member)
        next_to_go = {"points": 7, "on": "2027-11-24"}
        assert await points(floor, member) == {"balance": 107, "spendable": 107, "expiring": next_to_go}
        floor.at("2027-11-25T03:59")
        assert (await points(floor, member))["balance"] == 107
        floor.at("2027-11-25T04:00")
        told = {"balance": 100, "spendable": 100, "expiring": {"points": 100, "on": "2027-12-31"}}
        assert await points(floor, member) == told
        await floor.restart()
        assert await points(floor, member) == told
        # Nobody has booked it yet; the quote and the next spend know all the same.
        basket = {"cashier": "小王", "member": member, "quick_fen": 5_000}
        refusal = await floor.till.refused(1205, "sale.quote", **basket, redeem_points=101)
        assert (refusal.data["balance"], refusal.data["path"]) == (100, "/redeem_points")
        await floor.till.sell(5_000, member=member, redeem_points=100)
        assert floor.sql("SELECT amount FROM transfer WHERE code='expired'") == [(7,)]
        assert (await points(floor, member))["balance"] == 40


async def test_b1_the_oldest_points_go_first(tmp_path: Path) -> None:
    async with open_floor(tmp_path, YEARLY) as floor:
        member = await floor.till.register("80000001")
        for month in ("2026-12", "2027-01", "2027-02"):
            floor.at(f"{month}-10T10:00")
            await floor.till.sell(10_000, member=member)
        await floor.till.sell(1_500, member=member, redeem_points=150)
        assert (await points(floor, member))["expiring"] == {"points": 57, "on": "2028-01-10"}


async def test_b1_every_way_of_earning_sets_the_same_term(tmp_path: Path) -> None:
    """A sale, a friend's sale, a welcome, a bonus, a correction: whatever is earned on a day lapses with one."""
    async with open_floor(tmp_path, YEARLY) as floor:
        member = await floor.till.register("80000001")
        friend = await floor.till.register("80000002", referrer="80000001")
        await floor.till.sell(10_000, member=member)
        await floor.till.sell(10_000, member=friend)
        await floor.till.call("points.adjust", member=member, bonus="SURVEY", cashier="小王")
        await floor.till.call(
            "points.adjust", member=member, points=11, reason="补录", approve="店长", cashier="小王"
        )
        ends = floor.sql(
            "SELECT DISTINCT expires_ms FROM lot JOIN account a ON a.id = account WHERE unit='points'"
        )
        assert len(ends) == 1
        assert (await points(floor, member))["expiring"] == {
            "points": 7 + 100 + 20 + 5 + 11,
            "on": "2027-11-24",
        }


async def test_b1_the_last_day_of_a_short_month(tmp_path: Path) -> None:
    """Earned on 31 January with a month to live: the last day is 28 February."""
    monthly = corner_shop(points={"fen_per_point": 100, "fen_per_redeemed_point": 10, "expire_months": 1})
    async with open_floor(tmp_path, monthly, at="2027-01-31T10:00:00+08:00") as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(10_000, member=member)
        assert (await points(floor, member))["expiring"] == {"points": 100, "on": "2027-02-28"}


async def test_b1_a_refund_returns_points_to_their_lot_and_they_lapse_with_it(tmp_path: Path) -> None:
    async with open_floor(
        tmp_path, corner_shop(points={"fen_per_point": 100, "fen_per_redeemed_point": 10, "expire_months": 1})
    ) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(10_000, member=member)
        floor.at("2026-12-20T10:00")
        sold = await floor.till.sell(5_000, member=member, redeem_points=60)
        assert (await points(floor, member))["balance"] == 40 + 44
        floor.at("2026-12-26T10:00")  # what was earned in November has lapsed meanwhile
        back = await floor.till.take_back(sold["sale"])
        assert (back["points_back"], back["points_clawed"]) == (60, 44)
        assert (await points(floor, member))["balance"] == 0
        assert floor.sql("SELECT sum(debt) FROM account") == [(0,)]
