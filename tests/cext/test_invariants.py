"""What holds of every basket: sums, bounds, and what a customer may count on; on both kernels."""

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate, combinations
from math import floor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cext
from tests.cext.documents import JsonObject, basket, bundle, explain, group, line, off, rule
from tests.cext.invention import Invention

Load = Callable[[object], cext.Program]

# ``load`` keeps nothing from one example to the next.
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

fen = st.integers(0, 2000)
rates_bp = st.integers(0, 10_000)
categories = st.sampled_from(("tea", "salt", "rice"))


@st.composite
def goods(draw: st.DrawFn) -> JsonObject:
    """A line of whole pieces."""
    unit, qty = draw(fen), draw(st.integers(1, 4))
    return line(unit * qty, qty, cat=draw(categories))


modes = st.sampled_from(("all", "best", "first"))
baskets = st.lists(goods(), min_size=1, max_size=6)

moderate: st.SearchStrategy[JsonObject] = st.one_of(
    st.builds(lambda bp: {"op": "off_bp", "bp": bp, "round": "half_up"}, rates_bp),
    st.builds(lambda price: {"op": "fixed_price", "fen": price}, fen),
    st.builds(lambda n, bp: {"op": "nth_item_bp", "n": n, "bp": bp}, st.integers(2, 4), rates_bp),
)
"""Discounts that are never worth more than the lines that they are taken from."""

discounts = st.one_of(moderate, st.builds(off, fen))


@st.composite
def rules(draw: st.DrawFn, do: st.SearchStrategy[JsonObject]) -> list[JsonObject]:
    """One to four rules of group ``g``, on some of the categories."""
    found = []
    for nth in range(draw(st.integers(1, 4))):
        chosen = draw(st.lists(categories, max_size=2, unique=True))
        select = {"cats": chosen} if chosen else {}
        cap, priority = draw(st.sampled_from((0, 0, 50, 500))), draw(st.integers(0, 2))
        found.append(rule(f"R{nth}", draw(do), select=select, cap=cap, priority=priority))
    return found


# --- sums ---


@many
@given(baskets, st.integers(0, 20_000))
def test_a_discount_is_shared_by_prefixes(load: Load, lines: list[JsonObject], asked: int) -> None:
    """The lines up to each one have together what is due to them, rounded down; each is within a fen."""
    total = sum(one["fen"] for one in lines)
    result, steps = explain(load(bundle([group("g")], [rule("r", off(asked))])), basket(*lines))
    value = min(asked, total)
    assert result["discount"] == value
    if value:
        shares = steps["r"]["shares"]
        due = [floor(Fraction(value * upto, total)) for upto in accumulate(one["fen"] for one in lines)]
        assert list(accumulate(shares)) == due
        exact = [Fraction(value * one["fen"], total) for one in lines]
        assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))


@many
@given(st.integers(0, 2**31), rates_bp, st.integers(1, 1000), st.integers(0, 1_000_000))
def test_rates_are_rounded_once_and_as_they_say(
    load: Load, amount: int, off_bp: int, fen_per_point: int, mult_bp: int
) -> None:
    """Down drops a part of a fen or a point, half up gives it from a half on."""
    for direction, half in (("down", Fraction(0)), ("half_up", Fraction(1, 2))):
        discount = rule("off", {"op": "off_bp", "bp": off_bp, "round": direction})
        program = load(bundle([group("g")], [discount]))
        exact = Fraction(amount * off_bp, 10_000)
        assert explain(program, basket(line(amount)))[0]["discount"] == floor(exact + half)
        points = rule("x", {"op": "mult_bp", "bp": mult_bp, "round": direction}, phase="points")
        program = load(bundle([group("g", phase="points")], [points], fen_per_point=fen_per_point))
        exact = Fraction(amount * mult_bp, 10_000 * fen_per_point)
        result, _ = explain(program, basket(line(amount), member={}))
        assert result["points"] == min(floor(exact + half), 2**31)


@many
@given(baskets, st.integers(2, 5), st.integers(0, 4))
def test_every_nth_unit_of_all_by_price_is_free(
    load: Load, lines: list[JsonObject], n: int, most: int
) -> None:
    """At all of the price off: the units in a row, dearest first, and every n-th of them."""
    do = {"op": "nth_item_bp", "n": n, "bp": 10_000, "max_times": most}
    units = sorted((one["unit"] for one in lines for _ in range(one["qty"])), reverse=True)
    free = units[n - 1 :: n][: most or None]
    result, _ = explain(load(bundle([group("g")], [rule("r", do)])), basket(*lines))
    assert result["discount"] == sum(free)


@many
@given(baskets, rates_bp, st.integers(2, 500))
def test_rounding_off_leaves_a_multiple(load: Load, lines: list[JsonObject], bp: int, multiple: int) -> None:
    """Less than one multiple is let off what earlier groups left."""
    groups = [group("g"), group("last", order=2, basis="running")]
    last = rule("last", {"op": "round_to", "fen": multiple}, group="last")
    program = load(bundle(groups, [rule("r", {"op": "off_bp", "bp": bp}), last]))
    result, _ = explain(program, basket(*lines))
    assert result["payable"] % multiple == 0
    assert dict(result["fired"]).get("last", 0) < multiple


# --- bounds ---


@many
@given(baskets, rules(discounts), modes)
def test_no_rule_gives_more_than_its_cap_or_than_its_lines(
    load: Load, lines: list[JsonObject], given_rules: list[JsonObject], mode: str
) -> None:
    """And nothing of it falls on a line that it does not select."""
    _, steps = explain(load(bundle([group("g", mode=mode)], given_rules)), basket(*lines))
    for one in given_rules:
        step = steps[one["id"]]
        if step["state"] == "fired":
            cats = one["select"].get("cats", ["tea", "salt", "rice"])
            chosen = [place for place, bought in enumerate(lines) if bought["cat"] in cats]
            assert step["lines"] == chosen
            assert step["value"] <= sum(lines[place]["fen"] for place in chosen)
            assert not one["cap"] or step["value"] <= one["cap"]


@many
@given(baskets, rules(moderate), st.integers(0, 3), st.integers(1, 2000))
def test_a_higher_cap_in_a_group_of_the_best_never_costs_more(
    load: Load, lines: list[JsonObject], given_rules: list[JsonObject], nth: int, more: int
) -> None:
    """Of discounts that are worth no more than their lines, in the first group."""
    chosen = given_rules[nth % len(given_rules)]
    raised = [
        {**one, "cap": one["cap"] + more if one["cap"] else 0} if one is chosen else one
        for one in given_rules
    ]
    before, after = (
        explain(load(bundle([group("g", mode="best")], some)), basket(*lines))[0]["payable"]
        for some in (given_rules, raised)
    )
    assert after <= before


@many
@given(baskets, rules(discounts), discounts)
def test_one_more_rule_at_the_end_changes_nothing_before_it(
    load: Load, lines: list[JsonObject], given_rules: list[JsonObject], do: JsonObject
) -> None:
    """It only takes off more."""
    groups = [group("g", mode="all"), group("last", order=2)]
    before, _ = explain(load(bundle(groups, given_rules)), basket(*lines))
    more = [*given_rules, rule("last", do, group="last")]
    after, _ = explain(load(bundle(groups, more)), basket(*lines))
    assert after["fired"][: len(before["fired"])] == before["fired"]
    assert after["payable"] <= before["payable"]


@many
@given(
    baskets, st.integers(0, 500), st.integers(0, 500), st.integers(1, 7), rates_bp, st.sampled_from((1, 10))
)
def test_whoever_pays_with_more_points_earns_no_more(
    load: Load, lines: list[JsonObject], few: int, more: int, worth: int, max_bp: int, step: int
) -> None:
    """What points pay stays within the terms, takes whole steps, and earns nothing."""
    do = {"op": "redeem", "fen_per_point": worth, "max_bp": max_bp, "step": step}
    points = [
        rule("pay", do, phase="points", priority=1),
        rule("earn", {"op": "mult_bp", "bp": 10_000}, phase="points"),
    ]
    program = load(bundle([group("g", phase="points")], points, fen_per_point=1))
    net = sum(one["fen"] for one in lines)
    earned = []
    for offered in (few, few + more):
        result, _ = explain(program, basket(*lines, member={}, points_used=offered))
        taken = dict(result["fired"]).get("pay", 0)
        assert taken <= offered
        assert taken % step == 0
        assert taken * worth <= Fraction(net * max_bp, 10_000)
        assert result["points"] == net - taken * worth
        earned.append(result["points"])
    assert earned[1] <= earned[0]


@many
@given(
    st.lists(baskets, min_size=1, max_size=5),
    discounts,
    st.fixed_dictionaries({"per_member": st.integers(0, 3), "member_value": st.integers(0, 3000)}),
)
def test_receipt_after_receipt_a_rule_gives_no_more_than_its_limits(
    load: Load, visits: list[list[JsonObject]], do: JsonObject, limit: dict[str, int]
) -> None:
    """With the counters carried on from one visit to the next."""
    program = load(bundle([group("g")], [rule("r", do, limit=limit)]))
    times = value = 0
    for lines in visits:
        used = {"r": [times, 0, value, 0, 0]}
        result, _ = explain(program, basket(*lines, member={}, used=used))
        for _, given_fen in result["fired"]:
            times, value = times + 1, value + given_fen
    assert not limit["per_member"] or times <= limit["per_member"]
    assert not limit["member_value"] or value <= limit["member_value"]


# --- what a customer may count on ---

KINDS = ("A", "B", "C", "D")


@st.composite
def couponed(draw: st.DrawFn) -> list[JsonObject]:
    """Rules of two groups, most of them for a coupon."""
    found: list[JsonObject] = []
    for one in [*draw(rules(discounts)), *draw(rules(discounts))]:
        kind = draw(st.sampled_from((*KINDS, None)))
        when = {"coupon": kind} if kind else {}
        found.append({**one, "id": f"R{len(found)}", "when": when, "group": draw(st.sampled_from("gh"))})
    return found


def without_coupons(given_rules: list[JsonObject], chosen: tuple[str, ...]) -> list[JsonObject]:
    """The rules that live under a choice of coupons, asking for none."""
    alive = [one for one in given_rules if one["when"].get("coupon") in (None, *chosen)]
    return [{**one, "when": {}} for one in alive]


@many
@given(
    baskets,
    couponed(),
    st.lists(st.sampled_from(KINDS), max_size=4, unique=True),
    st.tuples(modes, modes),
    st.booleans(),
)
def test_the_choice_of_coupons_is_as_good_as_any(
    load: Load,
    lines: list[JsonObject],
    given_rules: list[JsonObject],
    presented: list[str],
    chosen_modes: tuple[str, str],
    silencing: bool,
) -> None:
    """Exactly as good as the best of all sets of them, each tried as a bundle of its own."""
    first, second = chosen_modes
    groups = [group("g", mode=first), group("h", mode=second, suppressed_by=["g"] * silencing)]
    result, _ = explain(load(bundle(groups, given_rules)), basket(*lines, coupons=presented))
    sets = [chosen for count in range(5) for chosen in combinations(presented, count)]
    tried = [
        explain(load(bundle(groups, without_coupons(given_rules, chosen))), basket(*lines))[0]["payable"]
        for chosen in sets
    ]
    assert result["payable"] == min(tried)


@many
@given(st.integers(0, 2**32))
def test_what_gave_nothing_can_be_left_out(load: Load, seed: int) -> None:
    """The receipt stays as it is without a rule that was skipped, except that the terms of redemption are terms."""
    invention = Invention(seed)
    whole = invention.bundle()
    request = invention.basket(whole)
    request.pop("coupons", None)
    raw = basket(**request)
    result, steps = explain(load(whole), raw)
    winners = {step.get("to") for step in steps.values()}
    idle = [
        one
        for one in whole["rules"]
        if steps[one["id"]]["state"] == "skipped" and one["id"] not in winners and one["do"]["op"] != "redeem"
    ]
    for one in idle[:3]:
        fewer = {**whole, "rules": [other for other in whole["rules"] if other is not one]}
        assert explain(load(fewer), raw)[0] == result
