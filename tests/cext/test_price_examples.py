"""Worked examples of prices, promotions and gifts, by the number that each has in the catalogue: C1 to C7."""

from collections.abc import Callable
from datetime import datetime
from itertools import combinations, product

import pytest

import cext
from tests.cext.documents import JsonObject, basket, bundle, explain, group, line, off, rule

Load = Callable[[object], cext.Program]

YUAN = 100


def noon(day: str) -> int:
    """Epoch seconds of a day's noon in China."""
    return int(datetime.fromisoformat(f"{day}T12:00:00+08:00").timestamp())


def percent_off(bp: int) -> JsonObject:
    return {"op": "off_bp", "bp": bp, "round": "half_up"}


# --- C1: card discounts ---

CARDS = ("silver", "gold", "diamond")
CATEGORIES = tuple(f"C{number:02}" for number in range(15))


def rate_bp(card: str, category: str) -> int:
    """What a card pays for a category, from 0.80 to 0.98."""
    place = 15 * CARDS.index(card) + CATEGORIES.index(category)
    return 9800 - 1800 * place // 44


def test_c1_a_matrix_of_cards_and_categories(load: Load) -> None:
    """Three card classes and fifteen categories: each line costs what its own pair says."""
    rules = [
        rule(f"{card}-{category}", percent_off(10_000 - rate_bp(card, category)),
             when={"tiers": [card]}, select={"cats": [category]})
        for card, category in product(CARDS, CATEGORIES)
    ]  # fmt: skip
    assert [rate_bp("silver", "C00"), rate_bp("diamond", "C14")] == [9800, 8000]
    program = load(bundle([group("g")], rules))
    goods = [line(100 * YUAN, cat=category) for category in CATEGORIES]
    for card in CARDS:
        result, _ = explain(program, basket(*goods, member={"tier": card}))
        assert result["line_net"] == [rate_bp(card, category) for category in CATEGORIES]
    assert explain(program, basket(*goods))[0]["discount"] == 0


def test_c1_members_pay_0_95_for_a_and_0_98_for_b(load: Load) -> None:
    """The two-class store: a stranger pays the shelf price."""
    rules = [
        rule("A", percent_off(500), when={"tiers": ["member"]}, select={"cats": ["A"]}),
        rule("B", percent_off(200), when={"tiers": ["member"]}, select={"cats": ["B"]}),
    ]
    program = load(bundle([group("g")], rules))
    goods = (line(99_90, cat="A"), line(59_90, cat="B"), line(10_00, cat="C"))
    assert explain(program, basket(*goods, member={"tier": "member"}))[0]["line_net"] == [94_90, 58_70, 10_00]
    assert explain(program, basket(*goods))[0]["line_net"] == [99_90, 59_90, 10_00]


def test_c1_a_member_price_is_for_members(load: Load) -> None:
    """What was already cheaper stays as it is."""
    price = rule("PRICE", {"op": "fixed_price", "fen": 49_90}, when={"tiers": ["member"]})
    program = load(bundle([group("g")], [price]))
    goods = (line(3 * 59_90, 3), line(39_90))
    assert explain(program, basket(*goods, member={"tier": "member"}))[0]["line_net"] == [3 * 49_90, 39_90]
    assert explain(program, basket(*goods))[0]["line_net"] == [3 * 59_90, 39_90]


# --- C2: threshold reductions ---


@pytest.mark.parametrize(
    ("fen", "discount"), [(199_99, 0), (200_00, 100_00), (399_99, 100_00), (800_00, 100_00)]
)
def test_c2_200_less_100_once(load: Load, fen: int, discount: int) -> None:
    """满200减100."""
    do = {"op": "every_off", "every_fen": 200_00, "off_fen": 100_00, "max_times": 1}
    program = load(bundle([group("g", mode="best")], [rule("FULL", do)]))
    assert explain(program, basket(line(fen)))[0]["discount"] == discount


@pytest.mark.parametrize(("fen", "discount"), [(99_99, 0), (100_00, 5_00), (350_00, 15_00), (400_00, 20_00)])
def test_c2_every_full_100_less_5(load: Load, fen: int, discount: int) -> None:
    """For every full step, over all lines together."""
    do = {"op": "every_off", "every_fen": 100_00, "off_fen": 5_00, "max_times": 0}
    program = load(bundle([group("g", mode="best")], [rule("EVERY", do)]))
    assert explain(program, basket(line(fen - 30_00), line(30_00)))[0]["discount"] == discount


# --- C3: prices of a day ---


@pytest.mark.parametrize(
    ("day", "net"),
    [
        ("2026-11-12", 80_00),  # a Thursday
        ("2026-11-13", 100_00),
        ("2026-11-15", 50_00),  # the 15th, a Sunday
        ("2026-10-15", 50_00),  # the 15th, a Thursday: the better price
        ("2026-11-11", 1_00),  # for one day only
    ],
)
def test_c3_prices_of_a_weekday_of_the_member_day_and_of_a_limited_time(
    load: Load, day: str, net: int
) -> None:
    """Every Thursday 0.8, every 15th 0.5, and on one day in November a yuan."""
    start = noon("2026-11-11") - 12 * 3600
    rules = [
        rule("THURSDAY", percent_off(2000), when={"dow": [3]}),
        rule("MEMBER-DAY", percent_off(5000), when={"dom": [15]}),
        rule("RUSH", {"op": "fixed_price", "fen": 1_00}, when={"from": start, "to": start + 86_400}),
    ]
    program = load(bundle([group("g", mode="best")], rules))
    assert explain(program, basket(line(100_00), ts=noon(day)))[0]["payable"] == net


# --- C4: coupons ---


def coupon(kind: str, do: JsonObject, **keys: object) -> JsonObject:
    """A rule that lives by a coupon of its own name."""
    return rule(kind, do, when={"coupon": kind}, **keys)


STACK = bundle(
    [
        group("g", mode="best", order=2),
        group("top", order=3),
        group("alone", order=4, suppressed_by=["g"]),
    ],
    [
        coupon("TEN", off(10_00)),
        coupon("FIFTEEN", percent_off(1500), cap=12_00),
        coupon("TEA", off(3_00), group="top", select={"cats": ["tea"]}),
        coupon("ALONE", off(14_00), group="alone", need={"min_fen": 50_00}),
    ],
)
"""TEN or FIFTEEN, TEA on top of either, and ALONE with neither of the two."""

CHOICES = [
    ((60_00, 0), ["TEN", "FIFTEEN"], ["TEN"], 10_00),
    ((70_00, 0), ["TEN", "FIFTEEN"], ["FIFTEEN"], 10_50),
    ((200_00, 0), ["TEN", "FIFTEEN"], ["FIFTEEN"], 12_00),
    ((60_00, 10_00), ["TEN", "TEA"], ["TEN", "TEA"], 13_00),
    ((60_00, 0), ["TEN", "ALONE"], ["ALONE"], 14_00),
    ((40_00, 0), ["TEN", "ALONE"], ["TEN"], 10_00),
    ((50_00, 10_00), ["TEN", "TEA", "ALONE"], ["TEA", "ALONE"], 17_00),
    ((60_00, 0), ["TEA", "GONE"], [], 0),
]


@pytest.mark.parametrize(("fen", "presented", "chosen", "discount"), CHOICES)
def test_c4_the_best_combination_is_chosen(
    load: Load, fen: tuple[int, int], presented: list[str], chosen: list[str], discount: int
) -> None:
    """Stacked where groups add up, one where they compete, and the cap of a coupon bounds it."""
    program = load(STACK)
    goods = (line(fen[0]), line(fen[1], cat="tea"))[: 1 + bool(fen[1])]
    result, _ = explain(program, basket(*goods, coupons=presented))
    assert ([fired for fired, _ in result["fired"]], result["discount"]) == (chosen, discount)
    for count in range(len(presented) + 1):
        for fewer in combinations(presented, count):
            assert explain(program, basket(*goods, coupons=fewer))[0]["discount"] <= discount


def test_c4_the_choice_is_explained(load: Load) -> None:
    """What was presented in vain was left out; what was not presented wants its coupon."""
    _, steps = explain(load(STACK), basket(line(60_00), coupons=["TEN", "ALONE"]))
    whys = {name: step.get("why", step["state"]) for name, step in steps.items()}
    assert whys == {"TEN": "left_out", "FIFTEEN": "coupon", "TEA": "coupon", "ALONE": "fired"}


def test_c4_equal_coupons_cost_as_few_as_possible(load: Load) -> None:
    """More points win before fewer coupons; of equals in a group the first rule is used, not both."""
    groups = [group("g", mode="best"), group("p", phase="points", order=2)]
    rules = [
        coupon("A", off(5_00)),
        coupon("B", off(5_00)),
        coupon("P", {"op": "fixed", "pts": 7}, phase="points", group="p"),
    ]
    program = load(bundle(groups, rules))
    for presented, chosen in ((["A", "B"], ["A"]), (["B", "A"], ["A"]), (["A", "P", "B"], ["A", "P"])):
        result, _ = explain(program, basket(line(60_00), member={}, coupons=presented))
        assert [fired for fired, _ in result["fired"]] == chosen


# --- C7: gifts ---


def gift(id: str, do: JsonObject, **keys: object) -> JsonObject:
    return rule(id, {"op": "gift", **do}, **{"phase": "gifts", "group": "gifts", **keys})


def gifts(*rules: JsonObject) -> JsonObject:
    return bundle([group("g"), group("gifts", phase="gifts")], [rule("HALF", percent_off(5000)), *rules])


@pytest.mark.parametrize(
    ("do", "given"),
    [
        ({"qty": 1}, [1, 1, 1]),
        ({"qty": 2, "every_fen": 100_00}, [0, 2, 8]),
        ({"qty": 2, "every_fen": 100_00, "max_times": 3}, [0, 2, 6]),
    ],
)
def test_c7_a_gift_comes_with_what_is_paid(load: Load, do: JsonObject, given: list[int]) -> None:
    """One, or so many for each full 100 yuan after discounts; gifts are not points, and cost nothing."""
    program = load(gifts(gift("CUP", do)))
    for fen, qty in zip((199_98, 200_00, 800_00), given, strict=True):
        result, _ = explain(program, basket(line(fen)))
        assert dict(result["fired"]).get("CUP", 0) == qty
        assert (result["payable"], result["points"]) == (fen // 2, 0)


@pytest.mark.parametrize(
    ("when", "on", "off_day"),
    [
        ({"dom": [15]}, {"ts": noon("2026-11-15"), "member": {}}, {"ts": noon("2026-11-16"), "member": {}}),
        ({"birthday": "day"}, {"member": {"bday": 1122}}, {"member": {"bday": 1123}}),
    ],
)
def test_c7_a_gift_of_the_day_is_one_per_member(
    load: Load, when: JsonObject, on: JsonObject, off_day: JsonObject
) -> None:
    """On the member day and on a birthday: to members, once."""
    program = load(gifts(gift("CUP", {"qty": 1}, when=when, limit={"per_member": 1})))

    def why(**keys: object) -> str:
        step = explain(program, basket(line(10_00), **keys))[1]["CUP"]
        return str(step.get("why", step["state"]))

    assert why(**on) == "fired"
    assert why(**on, used={"CUP": [1, 0, 1, 0, 1]}) == "limit"
    assert why(**off_day) != "fired"
    if "ts" in on:
        assert why(**{**on, "member": None}) == "no_member"


def test_c7_gifts_end_with_the_campaign(load: Load) -> None:
    """Of a stock of 100 two are left, and three were earned: two are given, and then none."""
    program = load(gifts(gift("CUP", {"qty": 3}, limit={"total_value": 100})))
    request = basket(line(10_00), member={}, used={"CUP": [0, 0, 0, 0, 98]})
    assert explain(program, request)[0]["fired"][-1] == ["CUP", 2]
    request = basket(line(10_00), member={}, used={"CUP": [0, 0, 0, 0, 100]})
    assert explain(program, request)[1]["CUP"]["why"] == "limit"
