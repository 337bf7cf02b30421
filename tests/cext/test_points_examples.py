"""Worked examples of points rules, by the number that each has in the catalogue of features: D1 to D12."""

from collections.abc import Callable
from datetime import datetime

import pytest

import cext
from tests.cext.documents import NOON, JsonObject, basket, bundle, explain, group, line, rule

Load = Callable[[object], cext.Program]

YUAN = 100


def china(local: str) -> int:
    """Epoch seconds of a time in China."""
    return int(datetime.fromisoformat(f"{local}+08:00").timestamp())


def earning(id: str, bp: int, **keys: object) -> JsonObject:
    """A rule that gives points at this part of the base rate, in group ``base`` unless the keys say otherwise."""
    return rule(id, {"op": "mult_bp", "bp": bp}, **{"phase": "points", "group": "base", **keys})


def points_bundle(*rules: JsonObject, **keys: object) -> JsonObject:
    """One point a yuan: ``base`` adds up, then of each of the groups ``band``, ``card`` and ``day`` the best."""
    groups = [group("base", phase="points")]
    groups += [group(id, phase="points", mode="best", order=2) for id in ("band", "card", "day")]
    groups += [group("gift", phase="gifts")]
    return {**bundle(groups, list(rules), fen_per_redeemed_point=2), **keys}


def earned(program: cext.Program, fen: int, **keys: object) -> int:
    """Points of a member's basket of one line."""
    points: int = explain(program, basket(line(fen), **{"member": {}, **keys}))[0]["points"]
    return points


BASE = earning("BASE", 10_000)
DOUBLE = 10_000
"""As much again as the base gives."""


# --- D1: bands of spend; a boundary belongs to the upper band ---

BANDS = (
    (999_99, 0),
    (1000_00, 1000),
    (1999_99, 1999),
    (2000_00, 3000),
    (4999_99, 7499),
    (5000_00, 10_000),
    (80_000_00, 160_000),
)


@pytest.mark.parametrize(("fen", "points"), BANDS)
def test_d1_the_band_of_the_total_multiplies(load: Load, fen: int, points: int) -> None:
    """From 1,000 once, from 2,000 one and a half, from 5,000 twice."""
    rates = ((1000_00, 1999_99, 10_000), (2000_00, 4999_99, 15_000), (5000_00, 0, 20_000))
    bands = [
        earning(f"BAND-{low}", bp, group="band", when={"min_total": low, "max_total": high})
        for low, high, bp in rates
    ]
    program = load(points_bundle(*bands))
    assert earned(program, fen) == points


@pytest.mark.parametrize(("fen", "points"), BANDS)
def test_d1_bands_may_be_needs_of_which_the_best_counts(load: Load, fen: int, points: int) -> None:
    """The same bands, each open to the top: the largest is the one that is reached."""
    rates = ((1000_00, 10_000), (2000_00, 15_000), (5000_00, 20_000))
    bands = [earning(f"BAND-{low}", bp, group="band", need={"min_fen": low}) for low, bp in rates]
    program = load(points_bundle(*bands))
    assert earned(program, fen) == points
    if points:
        assert len(explain(program, basket(line(fen), member={}))[0]["fired"]) == 1


# --- D2: coefficients of the tiers ---


@pytest.mark.parametrize(
    ("tier", "points"), [("ordinary", 256), ("silver", 307), ("gold", 384), ("diamond", 512)]
)
def test_d2_a_tier_adds_its_part_of_the_base(load: Load, tier: str, points: int) -> None:
    """256 yuan: silver 1.2 times, gold 1.5 times, diamond twice; a part of a point is dropped."""
    parts = {"silver": 2000, "gold": 5000, "diamond": DOUBLE}
    tiers = [earning(name, bp, group="card", when={"tiers": [name]}) for name, bp in parts.items()]
    assert earned(load(points_bundle(BASE, *tiers)), 256 * YUAN, member={"tier": tier}) == points


# --- D3: a window of time ---


@pytest.mark.parametrize(
    ("local", "points"),
    [
        ("2026-12-23T23:59:59", 100),
        ("2026-12-24T00:00:00", 300),
        ("2026-12-25T23:59:59", 300),
        ("2026-12-26T00:00:00", 100),
    ],
)
def test_d3_a_window_multiplies_from_its_first_to_its_last_second(
    load: Load, local: str, points: int
) -> None:
    """On 24 and 25 December three times."""
    window = {"from": china("2026-12-24T00:00:00"), "to": china("2026-12-26T00:00:00")}
    program = load(points_bundle(BASE, earning("XMAS", 2 * DOUBLE, group="day", when=window)))
    assert earned(program, 100 * YUAN, ts=china(local)) == points


# --- D4: a bonus for a product ---


def test_d4_a_new_product_brings_a_hundred_more_per_purchase(load: Load) -> None:
    """Beside the ordinary points, and once however many are bought."""
    new = rule("NEW", {"op": "fixed", "pts": 100}, phase="points", group="base", select={"skus": ["N1"]})
    program = load(points_bundle(BASE, new))
    assert earned(program, 60 * YUAN) == 60
    for qty in (1, 3):
        result, _ = explain(program, basket(line(60 * YUAN, qty, sku="N1"), line(40 * YUAN), member={}))
        assert (result["fired"], result["points"]) == ([["BASE", 100], ["NEW", 100]], 200)


# --- D6: points pay ---


def redeeming(**terms: int) -> JsonObject:
    """50 points are a yuan."""
    do = {"op": "redeem", "fen_per_point": 2, **terms}
    return rule("PAY", do, phase="points", group="base", priority=1)


def test_d6_fifty_points_are_a_yuan_and_what_they_pay_earns_nothing(load: Load) -> None:
    """500 points pay 10 of 100 yuan; the other 90 earn."""
    program = load(points_bundle(BASE, redeeming()))
    result, steps = explain(program, basket(line(60 * YUAN), line(40 * YUAN), member={}, points_used=500))
    assert (result["payable"], result["points"]) == (100 * YUAN, 90)
    assert result["fired"] == [["PAY", 500], ["BASE", 90]]
    assert steps["PAY"]["shares"] == [600, 400]


@pytest.mark.parametrize(
    ("terms", "offered", "taken"),
    [
        ({}, 9999, 5000),
        ({"max_bp": 5000}, 9999, 2500),
        ({"max_bp": 3333, "step": 50}, 9999, 1650),
        ({"step": 50}, 549, 500),
        ({"step": 50}, 49, 0),
        ({}, 0, 0),
    ],
)
def test_d6_terms_bound_what_points_pay(load: Load, terms: dict[str, int], offered: int, taken: int) -> None:
    """At most the amount, or the share that the terms allow, in whole steps."""
    program = load(points_bundle(BASE, redeeming(**terms)))
    result, steps = explain(program, basket(line(100 * YUAN), member={}, points_used=offered))
    assert dict(result["fired"]).get("PAY", 0) == taken
    assert result["points"] == (100 * YUAN - 2 * taken) // 100
    assert taken or steps["PAY"]["why"] == "no_value"


def test_d6_the_first_terms_that_apply_are_the_terms(load: Load) -> None:
    """A gold card's better rate comes first; without one the ordinary rate counts, and without either none."""
    gold = rule(
        "PAY-GOLD",
        {"op": "redeem", "fen_per_point": 4},
        phase="points",
        group="base",
        priority=0,
        when={"tiers": ["gold"]},
    )
    any_card = {**redeeming(), "when": {"tiers": ["gold", "ordinary"]}}
    program = load(points_bundle(BASE, gold, any_card))
    for tier, fired, points in (
        ("gold", {"PAY-GOLD": 500}, 80),
        ("ordinary", {"PAY": 500}, 90),
        ("staff", {}, 100),
    ):
        result, steps = explain(program, basket(line(100 * YUAN), member={"tier": tier}, points_used=500))
        assert dict(result["fired"]) == {**fired, "BASE": points}
        assert (steps["PAY"].get("to") == "PAY-GOLD") == (tier == "gold")


# --- D9: birthdays, by the sun or by the moon ---


@pytest.mark.parametrize(
    ("calendar", "state", "points"),
    [
        ("solar", 0b0011, 200),
        ("solar", 0b0001, 100),
        ("solar", 0b1100, 100),
        ("lunar", 0b1100, 200),
        ("lunar", 0b0100, 100),
        ("lunar", 0b0011, 100),
        ("either", 0b0011, 200),
        ("either", 0b1100, 200),
        ("either", 0b0101, 100),
    ],
)
def test_d9_points_are_doubled_on_the_day(load: Load, calendar: str, state: int, points: int) -> None:
    """On the day of the calendar that the rule asks for, not in its month; and there is a gift."""
    when = {"birthday": "day", "birthday_calendar": calendar}
    cake = rule("CAKE", {"op": "gift", "qty": 1}, phase="gifts", group="gift", when=when)
    program = load(points_bundle(BASE, earning("TWICE", DOUBLE, group="day", when=when), cake))
    result, _ = explain(program, basket(line(100 * YUAN), member={"birthday_state": state}))
    assert result["points"] == points
    assert dict(result["fired"]).get("CAKE", 0) == (points == 200)


# --- D10: the member day ---


@pytest.mark.parametrize(
    ("local", "points"),
    [
        ("2026-11-15T03:59:59", 100),
        ("2026-11-15T04:00:00", 300),
        ("2026-11-16T03:59:59", 300),
        ("2026-11-16T04:00:00", 100),
    ],
)
def test_d10_the_fifteenth_triples_for_a_whole_business_day(load: Load, local: str, points: int) -> None:
    """A shop whose day begins at four sells on the 15th until four in the morning."""
    triple = earning("MEMBER-DAY", 2 * DOUBLE, group="day", when={"dom": [15]})
    program = load(points_bundle(BASE, triple, day_start_s=4 * 3600))
    assert earned(program, 100 * YUAN, ts=china(local)) == points


def test_d10_a_birthday_on_the_member_day_counts_once(load: Load) -> None:
    """Of the two the better."""
    twice = earning("TWICE", DOUBLE, group="day", when={"birthday": "day"})
    triple = earning("MEMBER-DAY", 2 * DOUBLE, group="day", when={"dom": [15]})
    program = load(points_bundle(BASE, twice, triple))
    when = {"ts": china("2026-11-15T12:00:00"), "member": {"bday": 1115}}
    assert earned(program, 100 * YUAN, **when) == 300
    assert earned(program, 100 * YUAN, **{**when, "ts": NOON, "member": {"bday": 1122}}) == 200


# --- D12: caps and conditions ---


def test_d12_a_receipt_earns_at_most_its_cap(load: Load) -> None:
    """Whatever the rules give."""
    program = load(
        {
            **points_bundle(BASE),
            "points": {"fen_per_point": 100, "fen_per_redeemed_point": 2, "receipt_cap": 8000},
        }
    )
    assert [earned(program, fen) for fen in (7999_99, 8000_00, 90_000_00)] == [7999, 8000, 8000]


@pytest.mark.parametrize(("limit", "counter"), [("member_value", 2), ("day_value", 3), ("total_value", 4)])
def test_d12_a_rule_gives_what_its_limit_leaves(load: Load, limit: str, counter: int) -> None:
    """To a member in all, to a member a day, and in the whole campaign."""
    program = load(points_bundle({**BASE, "limit": {limit: 1000}}))
    for given, points in ((0, 600), (400, 600), (401, 599), (999, 1), (1000, 0), (5000, 0)):
        used = [0] * 5
        used[counter] = given
        result, steps = explain(program, basket(line(600 * YUAN), member={}, used={"BASE": used}))
        assert result["points"] == points
        assert points or steps["BASE"]["why"] == "limit"


@pytest.mark.parametrize(("limit", "counter"), [("per_member", 0), ("per_day", 1)])
def test_d12_a_rule_fires_as_often_as_its_limit_says(load: Load, limit: str, counter: int) -> None:
    """Twice for a member, or twice a day."""
    program = load(points_bundle({**BASE, "limit": {limit: 2}}))
    for times, points in ((0, 600), (1, 600), (2, 0), (3, 0)):
        used = [0] * 5
        used[counter] = times
        assert earned(program, 600 * YUAN, used={"BASE": used, "OTHER": [9] * 5}) == points


@pytest.mark.parametrize(
    ("when", "asked"),
    [
        ({"first": True}, {"member": {"first": True}}),
        ({"pay": ["wechat"]}, {"pay": "wechat"}),
        ({"channel": ["app"]}, {"channel": "app"}),
    ],
)
def test_d12_first_purchase_payment_and_channel_are_rewarded(
    load: Load, when: JsonObject, asked: JsonObject
) -> None:
    """Twice the points there, and the ordinary ones anywhere else."""
    program = load(points_bundle(BASE, earning("MORE", DOUBLE, group="day", when=when)))
    assert earned(program, 100 * YUAN, **asked) == 200
    assert earned(program, 100 * YUAN) == 100
