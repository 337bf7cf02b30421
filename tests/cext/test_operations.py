"""What the operations and limits mean beyond their worked examples, one property at a time, on both kernels."""

from collections.abc import Callable

import pytest

import cext
from tests.cext.documents import NOON, JsonObject, basket, bundle, explain, group, line, off, rule

Load = Callable[[object], cext.Program]


def one_rule(do: JsonObject, **keys: object) -> JsonObject:
    """A bundle of one discount."""
    return bundle([group("g")], [rule("r", do, **keys)])


# --- nth_item_bp ---


def nth(n: int, bp: int, **keys: object) -> JsonObject:
    return {"op": "nth_item_bp", "n": n, "bp": bp, **keys}


def test_the_cheapest_of_each_pair_is_reduced_and_all_lines_share_it(load: Load) -> None:
    """Of units at 50, 30, 30 and 10 the second and the fourth: 30 and 10 at half price."""
    lines = (line(10), line(60, 2), line(50))
    result, steps = explain(load(one_rule(nth(2, 5000))), basket(*lines))
    assert result["fired"] == [["r", 20]]
    assert (steps["r"]["lines"], steps["r"]["shares"]) == ([0, 1, 2], [1, 10, 9])


@pytest.mark.parametrize(("most", "value"), [(0, 30), (1, 20), (2, 30)])
def test_at_most_so_many_units_are_reduced_the_dearest_first(load: Load, most: int, value: int) -> None:
    """Every second unit is free: the one at 20 before the one at 10."""
    lines = (line(10), line(20, 1), line(30), line(15))
    assert explain(load(one_rule(nth(2, 10_000, max_times=most))), basket(*lines))[0]["discount"] == value


def test_weighed_goods_are_not_counted_but_share(load: Load) -> None:
    """Half a kilo is no unit; of two pieces the cheaper is free, and the discount lies on every line."""
    lines = (line(100), line(40), line(60, 0, milli=500, unit=120))
    result, steps = explain(load(one_rule(nth(2, 10_000))), basket(*lines))
    assert (result["discount"], steps["r"]["shares"]) == (40, [20, 8, 12])
    assert explain(load(one_rule(nth(2, 10_000))), basket(lines[0], lines[2]))[1]["r"]["why"] == "no_value"


def test_units_of_one_price_are_counted_line_by_line(load: Load) -> None:
    """Three and three at the same price: the fourth unit is the first of the second line."""
    lines = (line(300, 3, unit=100), line(270, 3, unit=100))
    assert explain(load(one_rule(nth(4, 10_000))), basket(*lines))[0]["discount"] == 90
    assert explain(load(one_rule(nth(4, 10_000))), basket(*reversed(lines)))[0]["discount"] == 100


@pytest.mark.parametrize(("direction", "value"), [("down", 4), ("half_up", 6)])
def test_each_line_is_rounded_by_itself(load: Load, direction: str, value: int) -> None:
    """Two lines of two units at 5: half of one of each is 2.5."""
    lines = (line(10, 2), line(10, 2))
    assert explain(load(one_rule(nth(2, 5000, round=direction))), basket(*lines))[0]["discount"] == value


def test_a_running_group_reduces_what_is_left_of_a_unit(load: Load) -> None:
    """After half off, the second one free is half as much."""
    for basis, value in (("gross", 100), ("running", 50)):
        groups = [group("half"), group("g", order=2, basis=basis)]
        rules = [rule("h", {"op": "off_bp", "bp": 5000}, group="half"), rule("r", nth(2, 10_000))]
        result, _ = explain(load(bundle(groups, rules)), basket(line(200, 2)))
        assert result["fired"] == [["h", 100], ["r", value]]


# --- round_to ---


def test_rounding_off_wants_to_see_what_is_left(load: Load) -> None:
    """In a group that measures the gross it is refused."""
    with pytest.raises(cext.BundleError) as refused:
        load(one_rule({"op": "round_to", "fen": 100}))
    assert refused.value.path == "/rules/0/group"
    rounding = rule("r", {"op": "round_to", "fen": 100})
    result, _ = explain(load(bundle([group("g", basis="running")], [rounding])), basket(line(1234)))
    assert (result["fired"], result["payable"]) == ([["r", 34]], 1200)


# --- redeem ---


def points_rule(id: str, do: JsonObject, **keys: object) -> JsonObject:
    return rule(id, do, **{"phase": "points", "group": "p", **keys})


def redeem(fen_per_point: int = 1, **keys: int) -> JsonObject:
    return {"op": "redeem", "fen_per_point": fen_per_point, **keys}


POINTS = group("p", phase="points", order=2)
EACH = points_rule("EACH", {"op": "mult_bp", "bp": 10_000})


def redeeming(*rules: JsonObject, groups: tuple[JsonObject, ...] = (group("g"), POINTS)) -> JsonObject:
    """One point for a fen, and terms of redemption."""
    return bundle(list(groups), [*rules, EACH], fen_per_point=1, fen_per_redeemed_point=9)


def test_points_pay_for_lines_that_earn_nothing_too(load: Load) -> None:
    """And only for those that the terms select: 60 are paid on the tea, the salt earns in full."""
    program = load(redeeming(points_rule("PAY", redeem(), select={"cats": ["tea"]})))
    lines = (line(40, cat="tea", np=True), line(50, cat="salt"), line(80, cat="tea"))
    result, steps = explain(program, basket(*lines, member={}, points_used=60))
    assert (steps["PAY"]["lines"], steps["PAY"]["shares"]) == ([0, 2], [20, 40])
    assert (result["points"], result["line_points"]) == (90, [0, 50, 40])


def test_where_no_terms_apply_points_pay_nothing(load: Load) -> None:
    """A bundle without terms lets them pay at its own rate."""
    asked = basket(line(100), member={"tier": "silver"}, points_used=5)
    gold = points_rule("PAY", redeem(), when={"tiers": ["gold"]})
    assert explain(load(redeeming(gold)), asked)[0]["points"] == 100
    assert explain(load(redeeming()), asked)[0]["points"] == 100 - 5 * 9


def test_terms_are_taken_even_where_they_let_nothing_pay(load: Load) -> None:
    """The first that apply are the terms: those after them have lost, whatever they would have given."""
    none, some = points_rule("NONE", redeem(1000)), points_rule("SOME", redeem())
    result, steps = explain(load(redeeming(none, some)), basket(line(100), member={}, points_used=50))
    assert (steps["NONE"]["why"], result["points"]) == ("no_value", 100)
    assert steps["SOME"] == {"rule": "SOME", "state": "skipped", "why": "lost", "to": "NONE"}


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"need": {"min_fen": 91}}, "need"),
        ({"need": {"min_fen": 90}}, None),
        ({"when": {"min_total": 91}}, "total"),
        ({"select": {"cats": ["gone"]}}, "no_line"),
        ({"limit": {"per_day": 1}}, "limit"),
    ],
)
def test_terms_ask_of_what_is_left_to_pay(load: Load, keys: JsonObject, why: str | None) -> None:
    """After a discount of 10 there are 90."""
    program = load(redeeming(rule("off", off(10)), points_rule("PAY", redeem(), **keys)))
    request = basket(line(100), member={}, points_used=50, used={"PAY": [0, 1, 0, 0, 0]})
    assert explain(program, request)[1]["PAY"].get("why") == why


def test_terms_of_a_silenced_group_do_not_apply_and_terms_that_do_silence(load: Load) -> None:
    """A discount silences redemption, redemption the bonus; each only where it gave something."""
    groups = (
        group("g"),
        group("pay", phase="points", order=3, suppressed_by=["g"]),
        group("p", phase="points", order=2, suppressed_by=["pay"]),
    )
    rules = (rule("off", off(10), when={"coupon": "A"}), points_rule("PAY", redeem(), group="pay"))
    program = load(redeeming(*rules, groups=groups))

    def whys(**keys: object) -> list[str | None]:
        steps = explain(program, basket(line(100), member={}, **keys))[1]
        return [steps[name].get("why") for name in ("PAY", "EACH")]

    assert whys(points_used=50) == [None, "suppressed"]
    assert whys(points_used=0) == ["no_value", None]
    assert whys(points_used=50, coupons=["A"]) == ["suppressed", None]


@pytest.mark.parametrize(
    ("keys", "taken"), [({"cap": 30}, 30), ({"limit": {"member_value": 70}}, 20), ({"cap": 0}, 60)]
)
def test_a_cap_and_a_limit_bound_the_points_that_pay(load: Load, keys: JsonObject, taken: int) -> None:
    """Points, not fen; 50 have been taken from the member before."""
    program = load(redeeming(points_rule("PAY", redeem(), **keys)))
    request = basket(line(100), member={}, points_used=60, used={"PAY": [1, 1, 50, 50, 50]})
    assert explain(program, request)[0]["fired"][0] == ["PAY", taken]


# --- gifts ---

GIFTS = group("gifts", phase="gifts")


def gift(id: str, **keys: object) -> JsonObject:
    return rule(id, {"op": "gift", "qty": 1}, **{"phase": "gifts", "group": "gifts", **keys})


def test_gifts_look_at_what_is_left_to_pay_and_at_every_line(load: Load) -> None:
    """Also for strangers, and for lines without discount or points; they come last."""
    rules = [
        rule("off", off(10)),
        gift("need", need={"min_fen": 91}),
        gift("total", when={"min_total": 91}),
        gift("cup", need={"min_fen": 90, "min_qty": 2}),
    ]
    lines = (line(50, nd=True), line(50, np=True))
    result, steps = explain(load(bundle([group("g"), GIFTS], rules)), basket(*lines))
    assert [steps[name].get("why") for name in ("need", "total", "cup")] == ["need", "total", None]
    assert result["fired"] == [["off", 10], ["cup", 1]]
    assert steps["cup"]["lines"] == [0, 1]


def test_one_gift_of_a_group_may_be_the_one_of_all(load: Load) -> None:
    """Groups choose among gifts as among discounts, and are silenced by them."""
    groups = [
        group("g"),
        {**GIFTS, "mode": "first"},
        group("late", phase="gifts", order=9, suppressed_by=["g"]),
    ]
    rules = [rule("off", off(10)), gift("second"), gift("first", priority=1), gift("late", group="late")]
    _, steps = explain(load(bundle(groups, rules)), basket(line(50)))
    assert [steps[name].get("why") for name in ("first", "second", "late")] == [None, "lost", "suppressed"]


# --- limits ---


def test_a_limit_is_of_members_and_is_asked_before_the_lines(load: Load) -> None:
    """A stranger has none; a member's is reached before anything is looked for."""
    program = load(one_rule(off(5), limit={"per_member": 2}, select={"cats": ["gone"]}))
    used = {"r": [2, 0, 0, 0, 0]}
    for keys, why in (
        ({"used": used}, "no_member"),
        ({"used": used, "member": {}}, "limit"),
        ({"member": {}}, "no_line"),
    ):
        assert explain(program, basket(line(100), **keys))[1]["r"]["why"] == why


def test_what_a_limit_leaves_counts_in_the_group(load: Load) -> None:
    """Of 50 only 8 are left, so that 10 are the best."""
    rules = [rule("much", off(50), limit={"total_value": 100}), rule("little", off(10))]
    program = load(bundle([group("g", mode="best")], rules))
    for given, fired in ((0, ["much", 50]), (60, ["much", 40]), (92, ["little", 10])):
        request = basket(line(100), member={}, used={"much": [0, 0, 0, 0, given]})
        assert explain(program, request)[0]["fired"] == [fired]


# --- the day ---


def test_the_business_day_moves_days_and_not_the_clock(load: Load) -> None:
    """At 03:00 on a Monday it is still Sunday the 22nd, somebody's birthday, and three in the morning."""
    night = NOON + 15 * 3600
    asked = {"dow": [6], "dom": [22], "birthday": "day", "minutes": [180, 181]}
    whole = one_rule(off(5), when=asked)
    request = basket(line(100), ts=night, member={"bday": 1122})
    assert explain(load({**whole, "day_start_s": 4 * 3600}), request)[1]["r"]["state"] == "fired"
    assert explain(load({**whole, "day_start_s": 3 * 3600}), request)[1]["r"]["why"] == "weekday"
