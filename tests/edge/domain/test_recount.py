"""Limits of a rule that nobody has counted for: counted receipt by receipt, on both kernels."""

from typing import Any

import msgspec
import pytest

import cext
from edge.domain.recount import Recount
from edge.domain.replay import Batch
from edge.domain.rules.model import Limit

MONDAY, TUESDAY, NEXT_MONTH = "2026-11-23", "2026-11-24", "2026-12-01"


def program(kernel: cext.KernelName, limit: dict[str, int]) -> cext.Program:
    """A point a yuan, and 10 points on top within the limit."""
    bundle = {
        "schema": "points-bundle/core-1",
        "version": 1,
        "tz_offset_s": 28_800,
        "points": {"fen_per_point": 100, "fen_per_redeemed_point": 0, "receipt_cap": 0},
        "groups": [{"id": "base", "phase": "points", "order": 1, "mode": "all"}],
        "rules": [
            {
                "id": "WELCOME",
                "phase": "points",
                "group": "base",
                "priority": 1,
                "do": {"op": "fixed", "pts": 10},
                "limit": limit,
            }
        ],
    }
    return cext.load(msgspec.json.encode(bundle), kernel)


def receipt(member: str | None, store: str = "S001", **more: Any) -> bytes:
    line = {"sku": "A", "qty": 1, "unit": 1000, "fen": 1000}
    asked = {
        "ts": 1_795_312_800,
        "store": store,
        "pay": "",
        "member": member and {"id": member},
        "lines": [line],
    }
    return msgspec.json.encode(asked | more)


@pytest.fixture(params=["py", "c"])
def kernel(request: pytest.FixtureRequest) -> cext.KernelName:
    if request.param == "c" and not cext.COMPILED:
        pytest.skip("the kernel is not built")
    name: cext.KernelName = request.param
    return name


def replayed(kernel: cext.KernelName, limit: Limit, receipts: list[tuple[bytes, str]]) -> Batch:
    packed = {key: value for key, value in msgspec.to_builtins(limit).items() if key != "period"}
    return Recount().replay(program(kernel, packed), receipts, {"WELCOME": limit})


@pytest.mark.parametrize(
    ("limit", "points"),
    [
        (Limit(per_member=1), [10, 0, 0, 0, 10]),
        (Limit(per_member=2), [10, 10, 0, 0, 10]),
        (Limit(per_member=1, period="day"), [10, 0, 10, 10, 10]),
        (Limit(per_member=1, period="month"), [10, 0, 0, 10, 10]),
        (Limit(per_day=1), [10, 0, 10, 10, 10]),
        (Limit(member_value=25), [10, 10, 5, 0, 10]),
        (Limit(day_value=15), [10, 5, 10, 10, 10]),
        (Limit(total_value=35), [10, 10, 10, 5, 0]),
    ],
)
def test_a_limit_holds_over_the_receipts(kernel: cext.KernelName, limit: Limit, points: list[int]) -> None:
    """One member on Monday twice, on Tuesday, in the next month; then somebody else."""
    days = [("M1", MONDAY), ("M1", MONDAY), ("M1", TUESDAY), ("M1", NEXT_MONTH), ("M2", NEXT_MONTH)]
    batch = replayed(kernel, limit, [(receipt(member), day) for member, day in days])
    assert list(batch.points) == points
    assert batch.fired == {"WELCOME": (sum(map(bool, points)), sum(points))}


def test_what_all_members_may_get_is_counted_by_store(kernel: cext.KernelName) -> None:
    receipts = [(receipt("M1", store), MONDAY) for store in ("S001", "S001", "S002")]
    assert list(replayed(kernel, Limit(total_value=10), receipts).points) == [10, 0, 10]


def test_counters_of_other_rules_stay_as_they_were_asked(kernel: cext.KernelName) -> None:
    """Of the rule in question what was asked is set aside: it counted another rule of that name."""
    asked = receipt("M1", used={"WELCOME": [5, 5, 50, 50, 50], "OTHER": [1, 1, 1, 1, 1]})
    assert list(replayed(kernel, Limit(per_member=1), [(asked, MONDAY)]).points) == [10]


def test_a_stranger_is_asked_for_as_before(kernel: cext.KernelName) -> None:
    assert list(replayed(kernel, Limit(per_member=1), [(receipt(None), MONDAY)]).points) == [0]


def test_a_request_that_is_refused_is_named_by_its_place(kernel: cext.KernelName) -> None:
    wrong = receipt("M1", pay=7)
    assert list(
        replayed(kernel, Limit(per_member=1), [(receipt("M1"), MONDAY), (wrong, MONDAY)]).refused
    ) == [1]
