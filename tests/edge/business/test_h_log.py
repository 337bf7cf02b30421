"""The operation log (H1): who asked for what, who answered for it, and that nobody can change it unnoticed."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.cli.main import tillside
from tests.edge.business.floor import Floor, Till
from tests.edge.business.test_h_staff import MANAGER_CARD, PIN, staffed


async def busy_day(floor: Floor) -> Till:
    """Four registrations of staff, a member, a sale, a refund that was refused and one that M1 approved."""
    admin = await staffed(floor)
    member = await floor.till.register("80000001")
    sold = await floor.till.sell(10_000, member=member)
    refund = {"sale": sold["sale"], "tender": {"kind": "cash"}, "cashier": "小王"}
    await floor.till.refused(1306, "sale.refund", **refund)
    await floor.till.refused(1306, "sale.refund", **refund, approve="C1:1234")
    await floor.till.call("sale.refund", **refund, approve=f"M1:{PIN}")
    return admin


async def listed(admin: Till, **asked: Any) -> list[tuple[Any, ...]]:
    found = await admin.call("admin.log.list", **asked)
    assert found["chain"]["ok"]
    return [(one["kind"], one["code"], one["cashier"], one["approved_by"]) for one in found["operations"]]


async def test_h1_the_log_says_who_asked_and_who_approved(floor: Floor) -> None:
    admin = await busy_day(floor)
    assert await listed(admin, terminal="T1") == [
        ("member.register", None, None, None),
        ("sale.commit", None, "小王", None),
        ("sale.refund", 1306, "小王", None),
        ("sale.refund", 1306, "小王", "C1"),
        ("sale.refund", None, "小王", "M1"),
    ]
    found = await admin.call("admin.log.list", limit=1)
    (last,) = found["operations"]
    assert (last["result"], last["receipt_no"], last["at"]) == (
        "ok",
        "S001-261124-0002",
        "2026-11-24T10:00:00.000+08:00",
    )
    assert found["chain"] == {"ok": True, "first": 9, "last": 9, "broken": None}


async def test_h1_the_log_is_searched_by_person_result_kind_and_time(floor: Floor) -> None:
    admin = await busy_day(floor)
    assert len(await listed(admin, staff="M1")) == 1
    assert len(await listed(admin, staff="小王")) == 4
    assert await listed(admin, only_refused=True, kind="sale.refund", staff="C1") == [
        ("sale.refund", 1306, "小王", "C1")
    ]
    floor.at("2026-11-25T10:00")
    await floor.till.call("staff.signin", card=MANAGER_CARD)
    await floor.till.sell(100)
    assert [kind for kind, *_ in await listed(admin, since="2026-11-25")] == ["sale.commit"]
    assert len(await listed(admin, until="2026-11-24")) == 9
    assert len(await listed(admin, until="2026-11-24T10:00:00+08:00")) == 0
    found = await admin.call("admin.log.list", staff="M1", since="2026-11-25T00:00")
    assert found["operations"][0]["signed_in"] == "M1"
    refusal = await admin.refused(-32602, "admin.log.list", since="gestern")
    assert refusal.data["path"] == "/since"


async def test_h1_the_log_is_for_technicians(floor: Floor) -> None:
    refusal = await floor.till.refused(1002, "admin.log.list")
    assert "admin.sock" in refusal.message


@pytest.mark.parametrize("change", ["UPDATE op SET ok=1 WHERE seq=7", "DELETE FROM op WHERE seq=7"])
async def test_h1_the_ledger_refuses_to_change_its_log(floor: Floor, change: str) -> None:
    await busy_day(floor)
    with (
        closing(sqlite3.connect(floor.config.paths.database)) as db,
        pytest.raises(sqlite3.IntegrityError, match="op is append-only"),
    ):
        db.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE op SET request=replace(request, '\"M1\"', '\"M2\"') WHERE seq=9",
        "UPDATE op SET answer='nothing' WHERE seq=9",
        "DELETE FROM op WHERE seq=9",
    ],
)
async def test_h1_whoever_changes_it_by_force_is_noticed(floor: Floor, tmp_path: Path, change: str) -> None:
    """A copy of the ledger without its triggers: one operation is rewritten, or taken out."""
    await busy_day(floor)
    await floor.till.sell(100)
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(floor.config.paths.database)) as db:
        db.execute("VACUUM INTO ?", (str(copy),))
    whole = CliRunner().invoke(tillside, ["log", "--db", str(copy)])
    assert (whole.exit_code, whole.output.splitlines()[-1]) == (
        0,
        "chain ok: operations 1 to 10 are what was written",
    )
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("DROP TRIGGER op_fixed")
        db.execute("DROP TRIGGER op_kept")
        db.execute(change)
    edited = CliRunner().invoke(tillside, ["log", "--db", str(copy)])
    assert edited.exit_code == 2
    assert edited.output.splitlines()[-1].startswith("CHAIN BROKEN: operation 9 is not what was written")
    before = CliRunner().invoke(
        tillside, ["log", "--db", str(copy), "--until", "2026-11-24", "--kind", "sale.commit"]
    )
    assert before.exit_code == 2
    early = CliRunner().invoke(tillside, ["log", "--db", str(copy), "--kind", "member.register", "--json"])
    assert (early.exit_code, '"chain":{"ok":true,"first":5,"last":5' in early.output) == (0, True)


def test_h1_a_moment_that_is_none_is_a_mistake_of_usage(tmp_path: Path) -> None:
    (tmp_path / "any.db").touch()
    said = CliRunner().invoke(tillside, ["log", "--db", str(tmp_path / "any.db"), "--since", "gestern"])
    assert (said.exit_code, said.stderr) == (
        1,
        "error: /since: a day, or a moment as RFC 3339 → tillside log --help\n",
    )
