"""Tiers through the socket: every way up, the warning, the way down, and what counts afterwards."""

from pathlib import Path
from typing import Any

import pytest

from edge.counter.night import is_due
from tests.edge.business.floor import Floor, corner_shop, open_floor, published

BANDS = [
    {"id": "plain", "label": "普通卡"},
    {"id": "silver", "label": "银卡", "points": 1_000},
    {"id": "gold", "label": "金卡", "points": 2_001, "benefits": ["礼品包装", "免费停车"]},
    {"id": "diamond", "label": "钻石卡", "points": 6_001},
]
VISITS = [{"id": "plain", "label": "普通卡"}, {"id": "regular", "label": "常客", "visits": 3}]
TOPUP = [{"id": "plain", "label": "普通卡"}, {"id": "gold", "label": "金卡", "topup_fen": 200_000}]
IDLE = {"idle_months": 24, "warn_days": 30, "to": "previous"}


async def night(floor: Floor) -> dict[str, Any]:
    technician = await floor.another_till("tech", admin=True)
    return dict(await technician.call("admin.night.run"))


@pytest.mark.parametrize(
    ("yuan", "tier"),
    [
        (999, "plain"),
        (1_000, "silver"),
        (2_000, "silver"),
        (2_001, "gold"),
        (6_000, "gold"),
        (6_001, "diamond"),
    ],
)
async def test_a5_points_lead_to_the_tier_of_their_band(tmp_path: Path, yuan: int, tier: str) -> None:
    """1,000-2,000 silver, 2,001-6,000 gold, 6,001 and more diamond."""
    async with open_floor(tmp_path, corner_shop(tiers=BANDS)) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(yuan * 100, member=member)
        assert (await floor.till.whole(member))["tier"] == tier


@pytest.mark.parametrize(
    ("days_yuan", "tier"),
    [
        ((4_999,), "ordinary"),
        ((5_000,), "gold"),
        ((12_000,), "diamond"),
        ((4_000, 2_999), "ordinary"),
        ((4_000, 3_000), "gold"),
        ((4_999, 4_999, 4_999, 1_003), "diamond"),
    ],
)
async def test_a5_spend_in_a_day_or_in_all_leads_up(
    tmp_path: Path, days_yuan: tuple[int, ...], tier: str
) -> None:
    """Ruyishu: 7,000 in all or 5,000 in a day is gold; 16,000 or 12,000 diamond."""
    async with open_floor(tmp_path, published("ruyishu")) as floor:
        member = await floor.till.register("80000001")
        for day, yuan in enumerate(days_yuan):
            floor.at(f"2026-11-{24 + day}T10:00")
            sold = await floor.till.sell(yuan * 100, member=member)
        told = await floor.till.whole(member)
        assert told["tier"] == tier
        assert (sold["tier_reached"] == tier) == (tier != "ordinary")


async def test_a5_visits_lead_up_and_benefits_are_shown(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(tiers=VISITS)) as floor:
        member = await floor.till.register("80000001")
        reached = [(await floor.till.sell(100, member=member))["tier_reached"] for _ in range(4)]
        assert reached == [None, None, "regular", None]
    (tmp_path / "bands").mkdir()
    async with open_floor(tmp_path / "bands", corner_shop(tiers=BANDS)) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(250_000, member=member)
        assert (await floor.till.whole(member))["tier_benefits"] == ["礼品包装", "免费停车"]


async def test_a5_one_top_up_leads_up_and_two_of_half_do_not(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(tiers=TOPUP, topup={"min_fen": 100})) as floor:
        member = await floor.till.register("80000001")
        reached = []
        for fen in (100_000, 100_000, 200_000, 200_000):
            cash = [{"kind": "cash", "amount_fen": fen}]
            told = await floor.till.call(
                "account.topup", member=member, amount_fen=fen, tenders=cash, cashier="小王"
            )
            reached.append(told["tier_reached"])
        assert reached == [None, None, "gold", None]
        assert (await floor.till.whole(member))["tier"] == "gold"


async def test_a5_points_given_by_hand_lead_up_at_once(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(tiers=BANDS), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        by_hand = {"member": member, "reason": "开业", "approve": "店长", "cashier": "小王"}
        told = [await floor.till.call("points.adjust", points=points, **by_hand) for points in (999, 1, 1)]
        assert [one["tier_reached"] for one in told] == [None, "silver", None]
        assert (await floor.till.whole(member))["tier"] == "silver"
        (told_hq,) = floor.sql(
            "SELECT CAST(body AS TEXT) FROM outbox WHERE CAST(body AS TEXT) LIKE '%silver%'"
        )
        assert '"tier_reached":"silver"' in told_hq[0]


async def test_a5_the_next_tier_is_told_in_all_and_today(tmp_path: Path) -> None:
    """Ruyishu's gold: 7,000 in all, or 5,000 in a day; tomorrow what was spent today is no day's spend."""
    async with open_floor(tmp_path, published("ruyishu")) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(400_000, member=member)
        for day, today_fen in ((24, 100_000), (25, 500_000)):
            floor.at(f"2026-11-{day}T20:00")
            ahead = (await floor.till.whole(member))["next_tier"]
            assert (ahead["tier"], ahead["short_fen"], ahead["short_today_fen"]) == (
                "gold",
                300_000,
                today_fen,
            )


async def test_a5_two_years_without_a_purchase_lead_down_after_a_warning(tmp_path: Path) -> None:
    """And what led to the tier before counts no more: the next purchase does not bring it back."""
    async with open_floor(tmp_path, corner_shop(downgrade=IDLE), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(60_000, member=member)
        assert (await floor.till.whole(member))["tier"] == "diamond"
        floor.at("2028-10-24T10:00")
        assert (await night(floor))["warned"] == 0, "a day too early"
        floor.at("2028-10-25T10:00")
        assert (await night(floor))["warned"] == 1
        assert (await night(floor))["warned"] == 0, "the same night again changes nothing"
        told = await floor.till.whole(member)
        assert told["tier_warning"] == {"on": "2028-11-24", "tier_after": "gold", "label": "金卡"}
        assert [call["text"] for call in told["calls"]] == ["2028-11-24 前未消费将降为金卡，请提醒"]
        floor.at("2028-11-24T10:00")
        await floor.restart()
        assert (await night(floor))["lowered"] == 1
        assert (await floor.till.whole(member))["tier"] == "gold"
        assert floor.sql('SELECT count(*) FROM outbox WHERE CAST(body AS TEXT) LIKE \'%"kind":"tier%\'') == [
            (2,)
        ]
        sold = await floor.till.sell(100, member=member)
        assert sold["tier_reached"] is None
        assert (await floor.till.whole(member))["next_tier"] == {
            "tier": "diamond", "label": "钻石卡", "short_fen": 59_900, "short_today_fen": 39_900,
        }  # fmt: skip


async def test_a5_a_purchase_in_time_keeps_the_tier(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(downgrade=IDLE)) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(20_000, member=member)
        floor.at("2028-11-20T10:00")
        assert (await night(floor))["warned"] == 1
        await floor.till.sell(100, member=member)
        assert (await floor.till.whole(member))["tier_warning"] is None
        floor.at("2028-12-30T10:00")
        assert (await night(floor))["lowered"] == 0


async def test_a5_nobody_goes_down_unwarned(tmp_path: Path) -> None:
    """A box that was away for years warns first, and gives the whole time from then."""
    async with open_floor(tmp_path, corner_shop(downgrade=IDLE)) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(20_000, member=member)
        floor.at("2030-01-01T10:00")
        first = await night(floor)
        assert (first["warned"], first["lowered"]) == (1, 0)
        floor.at("2030-01-30T10:00")
        assert (await night(floor))["lowered"] == 0
        floor.at("2030-01-31T10:00")
        assert (await night(floor))["lowered"] == 1


async def test_a5_idleness_can_end_the_membership(tmp_path: Path) -> None:
    raw = corner_shop(downgrade={**IDLE, "to": "cancelled"})
    async with open_floor(tmp_path, raw) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(100, member=member)
        floor.at("2028-11-24T10:00")
        await night(floor)
        floor.at("2028-12-24T10:00")
        assert (await night(floor))["cancelled"] == 1
        await floor.till.refused(1202, "member.lookup", by="id", value=member)


async def test_a5_whoever_keeps_the_tier_leaves_no_trace_of_the_night(tmp_path: Path) -> None:
    """Most members change nothing: those of the lowest tier, those just warned. 40 that do share few commits."""
    async with open_floor(tmp_path, corner_shop(downgrade=IDLE)) as floor:
        await floor.till.register("80000099")
        for number in range(40):
            member = await floor.till.register(f"800001{number:02d}")
            await floor.till.sell(20_000, member=member)
        for day, warned, lowered in (("10-25", 40, 0), ("10-26", 0, 0), ("11-24", 0, 40), ("11-25", 0, 0)):
            floor.at(f"2028-{day}T10:00")
            done = await night(floor)
            assert (done["warned"], done["lowered"]) == (warned, lowered)
        asked = floor.sql(
            "SELECT json_extract(answer, '$.step'), count(*) FROM op WHERE till='#night' GROUP BY 1"
        )
        assert sorted(asked) == [("downgrade", 40), ("warn", 40)]


async def test_a5_a_night_is_due_once_every_business_day(tmp_path: Path) -> None:
    """Whoever opens the box in the afternoon has it then; a restart does not bring it again."""
    async with open_floor(tmp_path, corner_shop(downgrade=IDLE), at="2026-11-24T15:00") as floor:
        due = []
        for moment in ("2026-11-24T15:00", "2026-11-24T23:59", "2026-11-26T00:00"):
            floor.at(moment)
            due.append(is_due(floor.shop))
            await night(floor)
            await floor.restart()
            due.append(is_due(floor.shop))
        assert due == [True, False, False, False, True, False]


async def test_b1_points_lapse_by_night_with_their_day(tmp_path: Path) -> None:
    points = {"fen_per_point": 100, "fen_per_redeemed_point": 10, "expire_months": 12}
    async with open_floor(tmp_path, corner_shop(points=points), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(10_000, member=member)
        floor.at("2027-11-24T10:00")
        assert (await night(floor))["lapsed"] == 0
        floor.at("2027-11-25T04:00")
        assert (await night(floor))["lapsed"] == 1
        assert (await floor.till.whole(member))["balances"]["points"]["balance"] == 0
        assert floor.sql("SELECT kind FROM op WHERE till='#night' AND key LIKE 'lapse%'") == [("night",)]


async def test_b7_a_voucher_lapses_by_night_and_hq_hears_whose_it_was(tmp_path: Path) -> None:
    """The account is the code's; the event names the member, or nobody for one that whoever brings it has."""
    async with open_floor(tmp_path, corner_shop(), with_hq=True) as floor:
        member = await floor.till.register("80000001")
        given = {
            "value_fen": 500,
            "last_day": "2026-12-31",
            "reason": "开业",
            "approve": "店长",
            "cashier": "小王",
        }
        codes = [
            (await floor.till.call("voucher.issue", **given, **whose))["code"]
            for whose in ({"member": member}, {})
        ]
        floor.at("2026-12-31T23:59")
        assert (await night(floor))["lapsed"] == 0
        floor.at("2027-01-01T10:00")
        assert (await night(floor))["lapsed"] == 2
        told = floor.sql(
            "SELECT json_extract(CAST(body AS TEXT), '$.body.code'), json_extract(CAST(body AS TEXT), '$.member')"
            " FROM outbox WHERE json_extract(CAST(body AS TEXT), '$.kind') = 'lapsed'"
        )
        assert sorted(told) == sorted(zip(codes, (member, None), strict=True))


async def test_a5_idleness_ends_no_membership_with_money_on_the_card(tmp_path: Path) -> None:
    """Nobody could pay it out any more."""
    raw = corner_shop(downgrade={**IDLE, "to": "cancelled"}, topup={"min_fen": 100})
    async with open_floor(tmp_path, raw) as floor:
        member = await floor.till.register("80000001")
        await floor.till.sell(100, member=member)
        cash = [{"kind": "cash", "amount_fen": 100}]
        await floor.till.call("account.topup", member=member, amount_fen=100, tenders=cash, cashier="小王")
        floor.at("2028-11-24T10:00")
        await night(floor)
        floor.at("2028-12-24T10:00")
        assert (await night(floor))["cancelled"] == 0
        assert (await floor.till.whole(member))["balances"]["stored_value"]["balance_fen"] == 100
