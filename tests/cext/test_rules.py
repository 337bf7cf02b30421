"""What the rules mean, one property at a time, on both kernels."""

import json
from collections.abc import Callable

import pytest

import cext
from tests.cext.documents import NOON, JsonObject, basket, bundle, explain, group, line, off, rule

Load = Callable[[object], cext.Program]


def test_a_discount_is_spread_by_cumulative_floor(load: Load) -> None:
    """100 fen on three equal lines are 33, 33 and 34."""
    program = load(bundle([group("g")], [rule("r", off(100))]))
    result, steps = explain(program, basket(line(500), line(500), line(500)))
    assert result["line_net"] == [467, 467, 466]
    assert steps["r"] == {
        "rule": "r",
        "state": "fired",
        "value": 100,
        "lines": [0, 1, 2],
        "shares": [33, 33, 34],
    }


def test_a_discount_is_clipped_to_what_is_left(load: Load) -> None:
    """The second of two discounts gets the rest, the third finds nothing."""
    program = load(bundle([group("g")], [rule("a", off(70)), rule("b", off(70)), rule("c", off(70))]))
    result, steps = explain(program, basket(line(100)))
    assert result["fired"] == [["a", 70], ["b", 30]]
    assert steps["c"] == {"rule": "c", "state": "skipped", "why": "no_value"}


def test_lines_without_discount_are_left_alone(load: Load) -> None:
    """A line marked ``nd`` is not selected, and a basket of nothing else has no line for the rule."""
    program = load(bundle([group("g")], [rule("r", off(50))]))
    result, _ = explain(program, basket(line(100, nd=True), line(100)))
    assert result["line_net"] == [100, 50]
    assert explain(program, basket(line(100, nd=True)))[1]["r"]["why"] == "no_line"


@pytest.mark.parametrize(("mode", "winner"), [("best", "large"), ("first", "small")])
def test_a_group_chooses_by_its_mode(load: Load, mode: str, winner: str) -> None:
    """``best`` takes the larger value, ``first`` the smaller priority; the other lost to it."""
    rules = [rule("large", off(50), priority=2), rule("small", off(10), priority=1)]
    result, steps = explain(load(bundle([group("g", mode=mode)], rules)), basket(line(100)))
    assert [fired for fired, _ in result["fired"]] == [winner]
    (loser,) = {"large", "small"} - {winner}
    assert steps[loser] == {"rule": loser, "state": "skipped", "why": "lost", "to": winner}


def test_ties_go_to_priority_and_then_to_the_order_of_the_bundle(load: Load) -> None:
    """Of three equal values the smaller priority wins, and the earlier of two with the same."""
    rules = [rule("c", off(9), priority=2), rule("a", off(9), priority=1), rule("b", off(9), priority=1)]
    result, _ = explain(load(bundle([group("g", mode="best")], rules)), basket(line(100)))
    assert result["fired"] == [["a", 9]]


def test_the_basis_says_what_a_group_measures(load: Load) -> None:
    """After 50 % off, 10 % is 100 fen of the gross or 50 fen of what is left; the need is measured alike."""
    half = rule("half", {"op": "off_bp", "bp": 5000})
    tenth = rule("tenth", {"op": "off_bp", "bp": 1000}, group="later", need={"min_fen": 400})
    needy = rule("needy", off(1), group="later", need={"min_fen": 600})
    for basis, value in (("gross", 100), ("running", 50)):
        groups = [group("g"), group("later", order=2, basis=basis)]
        result, steps = explain(load(bundle(groups, [half, tenth, needy])), basket(line(1000)))
        assert ["tenth", value] in result["fired"]
        if basis == "running":
            assert steps["needy"] == {
                "rule": "needy",
                "state": "skipped",
                "why": "need",
                "short_fen": 100,
                "short_qty": 0,
            }


def test_a_group_that_fired_silences_another(load: Load) -> None:
    """The later group is silent only when the earlier one really gave something."""
    groups = [group("g"), group("later", order=2, suppressed_by=["g"])]
    rules = [rule("a", off(5), when={"pay": ["wechat"]}), rule("b", off(7), group="later")]
    program = load(bundle(groups, rules))
    result, steps = explain(program, basket(line(100), pay="wechat"))
    assert result["fired"] == [["a", 5]]
    assert steps["b"] == {"rule": "b", "state": "skipped", "why": "suppressed", "by": "g"}
    assert explain(program, basket(line(100)))[0]["fired"] == [["b", 7]]


def test_groups_apply_by_their_order(load: Load) -> None:
    """The order in the bundle does not matter where the groups' orders differ."""
    groups = [group("g", order=9), group("early", order=-9)]
    rules = [rule("late", off(1)), rule("soon", off(1), group="early")]
    result, _ = explain(load(bundle(groups, rules)), basket(line(100)))
    assert result["fired"] == [["soon", 1], ["late", 1]]


def test_a_fixed_price_takes_each_line_down_to_it(load: Load) -> None:
    """Each line loses what is above the price; a line that is cheaper stays as it is."""
    program = load(bundle([group("g")], [rule("r", {"op": "fixed_price", "fen": 990})]))
    result, steps = explain(program, basket(line(3000), line(2 * 1200, qty=2), line(500)))
    assert result["line_net"] == [990, 1980, 500]
    assert steps["r"]["shares"] == [2010, 420, 0]


@pytest.mark.parametrize(
    ("price", "fen", "qty", "milli", "net"),
    [
        (1000, 2000, 0, 500, 500),
        (1000, 7600, 1, 900, 1900),
        (1000, 8000, 2, 0, 2000),
        (333, 2000, 0, 500, 167),
        (333, 2000, 0, 499, 166),
        (1, 2000, 3, 499, 3),
        (1000, 400, 0, 500, 400),
        (1000, 2000, 0, 0, 0),
        (2**31 - 1, 2**31, 0, 999, 2_145_336_163),
        (2**31, 2**31, 2**16, 999, 2**31),
    ],
)
def test_a_fixed_price_of_weighed_goods_goes_by_weight(
    load: Load, price: int, fen: int, qty: int, milli: int, net: int
) -> None:
    """Half a kilo costs half the price, half a fen rounded up, and no more than it cost before."""
    program = load(bundle([group("g")], [rule("r", {"op": "fixed_price", "fen": price})]))
    assert explain(program, basket(line(fen, qty, milli=milli)))[0]["line_net"] == [net]


def test_thousandths_are_read_wherever_they_stand(load: Load) -> None:
    """Each place among the keys of a line gives the same price; a line after it has none of its own."""
    program = load(bundle([group("g")], [rule("r", {"op": "fixed_price", "fen": 1000})]))
    whole = list(line(9000, qty=1, nd=False, np=False).items())
    for place in range(len(whole) + 1):
        weighed = dict([*whole[:place], ("milli", 900), *whole[place:]])
        request = json.loads(basket(weighed, dict(whole), weighed))
        for separators in ((",", ":"), (", ", ": ")):
            raw = json.dumps(request, separators=separators).encode()
            assert explain(program, raw)[0]["line_net"] == [1900, 1000, 1900]


def test_rules_that_count_units_count_whole_ones(load: Load) -> None:
    """1.9 kg are one unit to ``per_qty`` and ``min_qty``; nor do two times 0.9 kg make one."""
    rules = [
        rule("each", {"op": "per_qty", "pts": 10}, phase="points", group="p"),
        rule("two", off(5), need={"min_qty": 2}),
    ]
    program = load(bundle([group("g"), group("p", phase="points", order=2)], rules))
    goods = (line(1900, qty=1, milli=900), line(900, qty=0, milli=900))
    result, steps = explain(program, basket(*goods, member={}))
    assert result["fired"] == [["each", 10]]
    assert (steps["two"]["why"], steps["two"]["short_qty"]) == ("need", 1)


@pytest.mark.parametrize(("most", "value"), [(0, 500), (2, 200), (9, 500)])
def test_every_off_counts_full_steps(load: Load, most: int, value: int) -> None:
    """100 off for each full 200 of 1,099; a maximum of 0 is none."""
    do = {"op": "every_off", "every_fen": 200, "off_fen": 100, "max_times": most}
    assert explain(load(bundle([group("g")], [rule("r", do)])), basket(line(1099)))[0]["fired"] == [
        ["r", value]
    ]


@pytest.mark.parametrize(("direction", "value"), [("down", 7), ("half_up", 8)])
def test_rates_round_as_they_say(load: Load, direction: str, value: int) -> None:
    """15 % of 50 fen is 7.5."""
    do = {"op": "off_bp", "bp": 1500, "round": direction}
    assert explain(load(bundle([group("g")], [rule("r", do)])), basket(line(50)))[0]["fired"] == [
        ["r", value]
    ]


POINTS = group("g", phase="points")
EACH = rule("r", {"op": "mult_bp", "bp": 10_000}, phase="points")


def test_a_stranger_earns_nothing(load: Load) -> None:
    """Without a member every points rule is skipped for that."""
    result, steps = explain(load(bundle([POINTS], [EACH])), basket(line(1000)))
    assert result["points"] == 0
    assert steps["r"] == {"rule": "r", "state": "skipped", "why": "no_member"}


def test_points_are_earned_on_what_money_paid_for(load: Load) -> None:
    """Half paid with points earns half; a line that earns nothing gets none."""
    program = load(bundle([POINTS], [EACH]))
    result, _ = explain(program, basket(line(1000), line(1000, np=True), member={}, points_used=1000))
    assert (result["points"], result["line_points"]) == (5, [5, 0])


def test_points_that_no_line_earned_stand_on_the_first_that_may(load: Load) -> None:
    """A bonus on a receipt that points pay in full: a refund must find it."""
    bonus = {**EACH, "do": {"op": "fixed", "pts": 100}}
    program = load(bundle([POINTS], [bonus]))
    goods = (line(1000, np=True), line(1000), line(1000))
    result, _ = explain(program, basket(*goods, member={}, points_used=3000))
    assert (result["points"], result["line_points"]) == (100, [0, 100, 0])


def test_the_receipt_cap_is_last(load: Load) -> None:
    """Rules give what they give; the receipt keeps at most the cap, spread over its lines."""
    program = load(bundle([POINTS], [EACH], receipt_cap=7))
    result, _ = explain(program, basket(line(1000), line(1000), member={}))
    assert (result["fired"], result["points"], result["line_points"]) == ([["r", 20]], 7, [3, 4])


@pytest.mark.parametrize(
    ("when", "why", "met"),
    [
        ({"from": NOON + 1, "to": NOON + 9}, "window", {"ts": NOON + 1}),
        ({"from": NOON - 9, "to": NOON}, "window", {"ts": NOON - 1}),
        ({"dow": [5]}, "weekday", {"ts": NOON - 86_400}),
        ({"dom": [1, 21]}, "monthday", {"ts": NOON - 86_400}),
        ({"minutes": [480, 720]}, "minutes", {"ts": NOON - 1}),
        ({"tiers": ["gold", "金卡"]}, "tier", {"member": {"tier": "金卡"}}),
        ({"stores": ["S2"]}, "store", {"store": "S2"}),
        ({"pay": ["wechat"]}, "pay", {"pay": "wechat"}),
        ({"channel": ["till"]}, "channel", {"channel": "till"}),
        ({"first": True}, "first", {"member": {"first": True}}),
        ({"birthday": "month"}, "birthday", {"member": {"bday": 1101}}),
        ({"birthday": "day"}, "birthday", {"member": {"bday": 1122}}),
        ({"birthday": "day"}, "birthday", {"member": {"bday": 101, "birthday_state": 3}}),
        ({"birthday": "day"}, "birthday", {"member": {"birthday_state": 8}}),
        ({"birthday": "day", "birthday_calendar": "solar"}, "birthday", {"member": {"bday": 1122}}),
        (
            {"birthday": "month", "birthday_calendar": "lunar"},
            "birthday",
            {"member": {"bday": 1, "birthday_state": 4}},
        ),
        ({"tags": ["x", "y" * 90]}, "tags", {"member": {"tags": ["z", "y" * 90]}}),
        ({"coupon": "满减券"}, "coupon", {"coupons": ["x", "满减券"]}),
        ({"min_total": 2000}, "total", {"lines": [line(2000)]}),
        ({"max_total": 999}, "total", {"lines": [line(999)]}),
    ],
)
def test_a_condition_that_is_not_met_is_named(
    load: Load, when: JsonObject, why: str, met: JsonObject
) -> None:
    """The rule says which condition kept it out, and fires as soon as that one is met."""
    program = load(bundle([group("g")], [rule("r", off(5), when=when)]))
    assert explain(program, basket(line(1000)))[1]["r"] == {"rule": "r", "state": "skipped", "why": why}
    assert explain(program, basket(line(1000), **met))[1]["r"]["state"] == "fired"


@pytest.mark.parametrize(
    ("select", "chosen"),
    [
        ({}, [0, 1, 2]),
        ({"cats": ["tea", "水果"]}, [0, 2]),
        ({"brands": ["b" * 80]}, [1]),
        ({"skus": ["690000000000012345"]}, [2]),
        ({"not_cats": ["tea"]}, [1, 2]),
        ({"not_skus": ["690000000000012345"]}, [0, 1]),
        ({"cats": ["tea", "水果"], "not_skus": ["690000000000012345"]}, [0]),
        ({"min_unit": 200}, [1, 2]),
    ],
)
def test_a_rule_works_on_the_lines_that_it_selects(load: Load, select: JsonObject, chosen: list[int]) -> None:
    """Names of any length and script are told apart by all of their bytes."""
    program = load(bundle([group("g")], [rule("r", off(5), select=select)]))
    lines = (
        line(100, cat="tea", brand="b" * 79),
        line(200, brand="b" * 80),
        line(300, cat="水果", sku="690000000000012345"),
    )
    assert explain(program, basket(*lines))[1]["r"]["lines"] == chosen


def test_what_is_short_of_the_need_is_told(load: Load) -> None:
    """A rule that needs more says how much more, in fen and in units."""
    program = load(bundle([group("g")], [rule("r", off(5), need={"min_fen": 2000, "min_qty": 3})]))
    step = explain(program, basket(line(1999, qty=1)))[1]["r"]
    assert (step["why"], step["short_fen"], step["short_qty"]) == ("need", 1, 2)
    assert explain(program, basket(line(2000, qty=3)))[1]["r"]["state"] == "fired"


def test_a_cap_bounds_a_rule(load: Load) -> None:
    """A rule gives at most its cap."""
    program = load(bundle([group("g")], [rule("r", off(50), cap=20)]))
    assert explain(program, basket(line(100)))[0]["fired"] == [["r", 20]]


def test_an_empty_basket_and_an_empty_bundle_are_priced(load: Load) -> None:
    """Nothing comes to nothing."""
    empty = explain(load(bundle([], [])), basket())[0]
    assert (empty["gross"], empty["payable"], empty["fired"], empty["line_net"]) == (0, 0, [], [])
    assert explain(load(bundle([], [])), basket(line(7)))[0]["payable"] == 7


def test_the_largest_receipt_does_not_overflow(load: Load) -> None:
    """256 lines that come to 2^31 fen, every number at its limit, come out exact."""
    most = 2**31
    rules = [
        rule("off", {"op": "every_off", "every_fen": 1, "off_fen": most}),
        rule("rate", {"op": "mult_bp", "bp": 1_000_000}, phase="points", group="p"),
        rule("each", {"op": "per_qty", "pts": most}, phase="points", group="p"),
    ]
    groups = [group("g"), group("p", phase="points", order=2)]
    lines = [line(2**23, qty=2**16) for _ in range(256)]
    program = load(bundle(groups, rules, fen_per_point=1, fen_per_redeemed_point=most))
    result, _ = explain(program, basket(*lines, member={}, points_used=most))
    assert (result["gross"], result["payable"]) == (most, 0)
    program = load(bundle(groups, rules[1:], fen_per_point=1))
    result, _ = explain(program, basket(*lines, member={}))
    assert (result["points"], sum(result["line_points"])) == (most, most)
