"""The table of permissions: complete, as the guide shows it, and named by whoever asks for an approval."""

import ast
from pathlib import Path
from typing import Any

import pytest

import edge
from edge.counter.permissions import MATRIX, as_markdown, barred_from, level, to_approve
from edge.domain.staff import ROLES, Role
from tests.edge.business.floor import open_floor

COUNTER = Path(edge.__file__).parent / "counter"
GUIDE = Path(edge.__file__).parents[1] / "docs" / "pos-methods.md"
MONEY = {"sale.commit", "sale.refund", "sale.void", "points.adjust", "account.topup", "account.withdraw"}


async def test_the_rows_are_those_of_both_sockets(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor:
        admin = await floor.another_till("BOX", admin=True)
        described = [await till.call("rpc.discover") for till in (floor.till, admin)]
    methods = {method["name"] for document in described for method in document["methods"]}
    assert {action.partition(":")[0] for action in MATRIX} == methods


def test_every_action_that_is_asked_for_has_a_row() -> None:
    asked = {
        str(node.args[2].value)
        for path in COUNTER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "approved_by"
        and isinstance(node.args[2], ast.Constant)
    }
    assert "points.adjust:by_hand" in asked
    assert sorted(asked - MATRIX.keys()) == []


def test_the_guide_shows_the_table() -> None:
    """If it does not: ``tillside staff matrix --markdown`` prints it."""
    shown = GUIDE.read_text().partition("<!-- tillside staff matrix -->\n")[2].partition("\n<!-- end -->")[0]
    assert shown == as_markdown()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", sorted(MATRIX))
def test_the_table_holds_together(action: str, role: Role) -> None:
    """Whoever may approve is a manager; technicians have nothing to do with money, HQ writes nothing at a till."""
    granted = level(role, action)
    assert (granted == "deny") is (role in barred_from(action))
    if granted == "approve":
        assert (role, level("manager", action)) == ("cashier", "allow")
    if role in ("technician", "hq"):
        assert action.partition(":")[0] not in MONEY or granted == "deny"


def test_what_nobody_thought_of_wants_a_manager() -> None:
    assert [level(role, "vault.open") for role in ROLES] == ["approve", "allow", "deny", "deny"]


def test_a_part_is_asked_for_only_where_it_shows() -> None:
    class Free:
        pay = "free"

    class Paid:
        pay = "points"

    found: list[Any] = [to_approve("cashier", "coupon.issue", asked()) for asked in (Free, Paid)]
    assert found == [["coupon.issue:free"], []]
    assert to_approve("manager", "coupon.issue", Free()) == []
