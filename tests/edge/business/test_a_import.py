"""A7 on the technicians' socket: members of an old system, taken over a part of the table at a time."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.counter.member_import import EVENT_BYTES, PART_BYTES, ImportRow, weight
from sync.envelope import MAX_EVENT_BYTES
from tests.edge.business.floor import Floor, Till, corner_shop, open_floor, published


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"row": number, "card_no": f"8000{number:04d}", "name": "王小明", **more}


async def technician(floor: Floor) -> Till:
    return await floor.another_till("office", admin=True)


async def take_over(floor: Floor, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return dict(await (await technician(floor)).call("admin.members.import", rows=rows, **more))


def states(reply: dict[str, Any]) -> list[str]:
    return [result["state"] for result in reply["results"]]


async def test_a7_a_member_comes_over_whole(floor: Floor) -> None:
    told = row(
        2,
        name="李雷",
        phone="138-0000-1234",
        gender="m",
        birthday="1990-08-15",
        birthday_calendar="lunar",
        points=120,
        stored_fen=5_000,
        gift_fen=500,
        cumulative_fen=90_000,
        visits=12,
        registered="2019-05-01",
        tags=["茶友"],
    )
    assert states(await take_over(floor, told)) == ["imported"]
    await floor.restart()
    found = await floor.till.call("member.lookup", by="phone", value="1234")
    accounts = "SELECT unit, credits - debits FROM account WHERE owner=? ORDER BY unit"
    assert floor.sql(accounts, found["member"]["id"]) == [
        ("fen", 5_000),
        ("gift_fen", 500),
        ("points", 120),
    ]
    assert floor.sql(
        "SELECT birthday, birthday_calendar, birth_year, cumulative_fen, visits, bought_on, tags,"
        " date(registered_ms / 1000, 'unixepoch') FROM member"
    ) == [(815, "lunar", 1990, 90_000, 12, "2026-11-24", '["茶友"]', "2019-05-01")]
    assert floor.sql("SELECT DISTINCT code FROM transfer") == [("import",)]
    await floor.till.sell(10_000, member="80000002", tenders=[{"kind": "stored_value", "amount_fen": 1_000}])


async def test_a7_old_spending_counts_for_the_tier_and_not_for_points(tmp_path: Path) -> None:
    """The example programme: cards migrate, spend from before counts for gold and brings no points."""
    async with open_floor(tmp_path, published("ruyishu")) as floor:
        gold = row(1, cumulative_fen=700_000)
        nearly = row(2, cumulative_fen=699_999, points=10)
        assert states(await take_over(floor, gold, nearly)) == ["imported", "imported"]
        assert floor.sql("SELECT card_no, tier FROM member ORDER BY card_no") == [
            ("80000001", "gold"),
            ("80000002", "ordinary"),
        ]
        assert floor.sql("SELECT credits FROM account WHERE owner LIKE 'M%'") == [(10,)]


async def test_a7_old_spending_brings_points_where_that_is_asked_for(floor: Floor) -> None:
    spent = row(1, cumulative_fen=123_456, points=10)
    await take_over(floor, spent, history="points")
    assert floor.sql("SELECT credits FROM account WHERE owner LIKE 'M%'") == [(1_244,)]
    again = await take_over(floor, spent, history="points")
    assert states(again) == ["unchanged"]


async def test_a7_the_same_rows_again_change_nothing(floor: Floor) -> None:
    rows = [row(number, points=10) for number in range(5)]
    await take_over(floor, *rows)
    written = floor.sql("SELECT count(*) FROM op")
    await floor.restart()
    assert states(await take_over(floor, *rows)) == ["unchanged"] * 5
    assert floor.sql("SELECT count(*) FROM op") == written
    more = await take_over(floor, *rows, row(7, points=10))
    assert states(more) == ["unchanged"] * 5 + ["imported"]
    assert floor.sql("SELECT sum(credits) FROM account WHERE owner LIKE 'M%'") == [(60,)]


async def test_a7_a_call_that_is_sent_twice_is_answered_as_before(floor: Floor) -> None:
    office = await technician(floor)
    asked = {"idem": "11111111-2222-3333-4444-555555555555", "rows": [row(1, points=5)]}
    first = await office.call("admin.members.import", **asked)
    again = await office.call("admin.members.import", **asked)
    assert again == {**first, "duplicate": True}
    assert states(first) == ["imported"]
    await office.refused(1302, "admin.members.import", idem=asked["idem"], rows=[row(2)])
    assert floor.sql("SELECT sum(credits) FROM account WHERE owner LIKE 'M%'") == [(5,)]


async def test_a7_bad_rows_are_named_and_stop_no_other(floor: Floor) -> None:
    await floor.till.register("80000099", phone="13800000099")
    reply = await take_over(
        floor,
        row(1, phone="13800000001"),
        {**row(2), "card_no": "12345"},
        row(99),
        row(3, phone="13800000099"),
        row(4, phone="13800000001"),
        row(5, tier="白金"),
        row(6, referrer="80000777"),
        row(7, referrer="80000007"),
        row(8, birthday="02-30"),
        row(9, registered="2026-02-30"),
        row(10),
    )
    named = [(result["row"], result.get("field", "")) for result in reply["results"]]
    assert named == [
        (1, ""),
        (2, "card_no"),
        (99, "card_no"),
        (3, "phone"),
        (4, "phone"),
        (5, "tier"),
        (6, "referrer"),
        (7, "referrer"),
        (8, "birthday"),
        (9, "registered"),
        (10, ""),
    ]
    assert all(result["why"] and result["zh"] for result in reply["results"] if result["state"] == "rejected")
    assert floor.sql("SELECT count(*) FROM member") == [(3,)]
    corrected = await take_over(floor, row(5, tier="gold"), row(8, birthday="02-29"))
    assert states(corrected) == ["imported", "imported"]


async def test_a7_a_dry_run_says_the_same_and_writes_nothing(floor: Floor) -> None:
    rows = [row(1, points=5, phone="13800000001"), row(2, phone="13800000001"), row(3, tier="?")]
    before = floor.sql("SELECT (SELECT count(*) FROM op), (SELECT count(*) FROM member)")
    tried = await take_over(floor, *rows, dry_run=True)
    assert floor.sql("SELECT (SELECT count(*) FROM op), (SELECT count(*) FROM member)") == before
    assert tried["results"] == (await take_over(floor, *rows))["results"]


async def test_a7_referrers_may_come_further_down(floor: Floor) -> None:
    first = await take_over(
        floor,
        row(1, referrer="80000002"),
        row(2, referrer="80000009", referrer_follows=True),
        row(3, referrer="80000009", referrer_follows=True),
    )
    assert states(first) == ["rejected", "imported", "imported"]
    assert (first["waiting"], first["linked"]) == (2, 0)
    second = await take_over(floor, row(9), row(1, referrer="80000002"))
    assert (second["waiting"], second["linked"]) == (0, 2)
    cards = dict(floor.sql("SELECT id, card_no FROM member"))
    assert {
        (card, cards.get(referrer)) for card, referrer in floor.sql("SELECT card_no, referrer FROM member")
    } == {("80000001", "80000002"), ("80000002", "80000009"), ("80000003", "80000009"), ("80000009", None)}
    assert floor.sql("SELECT count(*) FROM imported WHERE awaits IS NOT NULL") == [(0,)]


async def test_a7_a_row_with_other_words_changes_what_differs(floor: Floor) -> None:
    """What the till has changed meanwhile stays; amounts move by the difference."""
    await take_over(floor, row(1, phone="13800000001", points=100, cumulative_fen=5_000, visits=2))
    await floor.till.call(
        "member.update", member="80000001", cashier="小王", region="滨江", phone="13900000001"
    )
    await floor.till.sell(1_000, member="80000001")
    (earned,) = floor.sql("SELECT credits FROM account WHERE owner LIKE 'M%' AND unit='points'")[0]
    changed = row(1, name="王大明", phone="13800000001", points=130, cumulative_fen=6_000, visits=3)
    assert states(await take_over(floor, changed)) == ["updated"]
    assert floor.sql("SELECT name, phone, region, cumulative_fen, visits FROM member") == [
        ("王大明", "13900000001", "滨江", 7_000, 4)
    ]
    balance = "SELECT credits - debits FROM account WHERE owner LIKE 'M%' AND unit='points'"
    assert floor.sql(balance) == [(earned + 30,)]
    assert states(await take_over(floor, {**changed, "points": 50})) == ["updated"]
    assert floor.sql(balance) == [(earned - 50,)]


async def test_a7_what_is_spent_already_cannot_be_taken_back(floor: Floor) -> None:
    await take_over(floor, row(1, stored_fen=5_000))
    await floor.till.sell(4_000, member="80000001", tenders=[{"kind": "stored_value", "amount_fen": 4_000}])
    reply = await take_over(floor, row(1, stored_fen=3_000))
    assert (states(reply), reply["results"][0]["field"]) == (["rejected"], "stored")
    assert states(await take_over(floor, row(1, stored_fen=4_000))) == ["updated"]


async def test_a7_hq_hears_of_a_part_in_one_event_that_fits(tmp_path: Path) -> None:
    async with open_floor(tmp_path, with_hq=True) as floor:
        rows: list[dict[str, Any]] = []
        heavy = 0
        while heavy < PART_BYTES:
            told = row(
                len(rows),
                name="龘" * 60,
                points=2**31 - 1,
                stored_fen=2**31 - 1,
                gift_fen=2**31 - 1,
                tags=["靐" * 20],
            )
            heavy += weight(msgspec.convert(told, ImportRow))
            rows.append(told)
        office = await technician(floor)
        refusal = await office.refused(-32602, "admin.members.import", rows=rows)
        assert refusal.data["path"] == "/rows"
        reply = await office.call("admin.members.import", rows=rows[:-1])
        assert reply["queue_seq"] is not None
        ((body,),) = floor.sql("SELECT body FROM outbox")
        assert len(body) <= MAX_EVENT_BYTES
        assert len(body) > MAX_EVENT_BYTES - 4096 - len(rows) * EVENT_BYTES
        told = msgspec.json.decode(body)
        assert (told["kind"], told["member"], len(told["body"]["members"])) == (
            "members",
            None,
            len(rows) - 1,
        )
        assert {posting["code"] for posting in told["postings"]} == {"import"}
        assert len(told["totals"]) == 3 * (len(rows) - 1)
        unchanged = await office.call("admin.members.import", rows=rows[:2])
        assert unchanged["queue_seq"] is None


async def test_a7_cashiers_cannot_import(floor: Floor) -> None:
    refusal = await floor.till.refused(1002, "admin.members.import", rows=[row(1)])
    assert "admin.sock" in refusal.message


async def test_a7_cards_are_valid_as_long_as_the_programme_or_the_table_says(tmp_path: Path) -> None:
    async with open_floor(tmp_path, corner_shop(cards={"valid_months": 12})) as floor:
        await take_over(floor, row(1), row(2, valid_until="2027-01-31", bought_on="2026-05-05"))
        assert floor.sql("SELECT valid_until, bought_on FROM member ORDER BY card_no") == [
            ("2027-11-24", "2026-11-24"),
            ("2027-01-31", "2026-05-05"),
        ]


async def test_a7_points_lapse_as_if_they_were_earned_today(tmp_path: Path) -> None:
    lapsing = {"fen_per_point": 100, "fen_per_redeemed_point": 10, "expire_months": 6}
    async with open_floor(tmp_path, corner_shop(points=lapsing)) as floor:
        await take_over(floor, row(1, points=50, stored_fen=100))
        floor.at("2027-05-24T10:00")
        assert (await floor.till.call("sale.quote", cashier="王", member="80000001", quick_fen=1000))[
            "points"
        ]["after"] == 60
        floor.at("2027-05-25T10:00")
        assert (await floor.till.call("sale.quote", cashier="王", member="80000001", quick_fen=1000))[
            "points"
        ]["after"] == 10


@pytest.mark.parametrize("rows", [[], [{"row": 1, "card_no": "80000001"}], [{**row(1), "surname": "王"}]])
async def test_a7_rows_have_to_have_the_right_form(floor: Floor, rows: list[dict[str, Any]]) -> None:
    refusal = await (await technician(floor)).refused(-32602, "admin.members.import", rows=rows)
    assert refusal.data["path"].startswith("/rows")
