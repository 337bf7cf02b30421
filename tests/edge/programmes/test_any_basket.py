"""Whatever is bought under any of the programmes: both kernels agree, and what a customer may count on holds."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cext
from edge.config import read_bundle_file
from edge.domain.rules.compile import compile_bundle, read_bundle
from edge.domain.rules.core import limits_of, names_of
from edge.domain.rules.model import Bundle, Coupon, Gift, Rule

YEAR_2026_S = (1_767_196_800, 1_798_732_800)
# The fixtures hold two loaded programs and a strategy, which no basket changes.
ONE_PROGRAM_MANY_BASKETS = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)

Basket = dict[str, Any]


@pytest.fixture
def bundle(bundle_file: Path) -> Bundle:
    return read_bundle(read_bundle_file(bundle_file))


@pytest.fixture
def any_basket(bundle: Bundle) -> st.SearchStrategy[Basket]:
    """Made of what the programme names, and of other things."""
    return baskets(bundle)


@pytest.fixture
def programs(bundle_file: Path) -> list[cext.Program]:
    """The programme in both kernels; in one where the other is not built."""
    core = compile_bundle(read_bundle_file(bundle_file))
    return [cext.load(core, "py"), *([cext.load(core, "c")] if cext.COMPILED else [])]


def price(program: cext.Program, basket: Basket) -> Basket:
    result: Basket = msgspec.json.decode(program.evaluate(msgspec.json.encode(basket)))
    return result


def lines_of(bundle: Bundle) -> st.SearchStrategy[Basket]:
    """Lines of the goods that the programme names, and of others."""
    parts: tuple[Rule | Coupon | Gift, ...] = (*bundle.rules, *bundle.coupons, *bundle.gifts)
    cats = sorted({cat for part in parts for cat in (*part.select.cats, *part.select.not_cats)}) or [""]
    skus = sorted({sku for part in parts for sku in part.select.skus}) or ["X"]
    return st.builds(
        lambda sku, cat, qty, unit, np: {
            "sku": sku, "cat": cat, "qty": qty, "unit": unit, "fen": qty * unit, "np": np
        },
        st.sampled_from([*skus, "OTHER"]),
        st.sampled_from([*cats, "other"]),
        st.integers(0, 7),
        st.sampled_from([1, 1999, 10_000, 30_000]) | st.integers(0, 300_000),
        st.booleans(),
    )  # fmt: skip


def members_of(bundle: Bundle) -> st.SearchStrategy[Basket]:
    parts: tuple[Rule | Coupon, ...] = (*bundle.rules, *bundle.coupons)
    tags = sorted({tag for part in parts for tag in part.when.tags}) or ["none"]
    return st.fixed_dictionaries(
        {
            "tier": st.sampled_from([tier.id for tier in bundle.tiers]),
            "tags": st.lists(st.sampled_from(tags), unique=True, max_size=3),
            "first": st.booleans(),
            "birthday_state": st.integers(0, 15),
        }
    )


def baskets(bundle: Bundle) -> st.SearchStrategy[Basket]:
    kinds = [coupon.id for coupon in bundle.coupons] or ["none"]
    rules = [*names_of(bundle)]
    counters = st.lists(st.integers(0, 600), min_size=5, max_size=5)
    return st.fixed_dictionaries(
        {
            "ts": st.integers(*YEAR_2026_S),
            "store": st.just("S001"),
            "pay": st.sampled_from(["cash", "wechat", "card"]),
            "channel": st.sampled_from(["till", "mini"]),
            "member": st.none() | members_of(bundle),
            "points_used": st.just(0) | st.integers(0, 20_000),
            "coupons": st.lists(st.sampled_from(kinds), unique=True, max_size=3),
            "used": st.dictionaries(st.sampled_from(rules), counters, max_size=3),
            "lines": st.lists(lines_of(bundle), min_size=1, max_size=6),
        }
    )


@ONE_PROGRAM_MANY_BASKETS
@given(data=st.data())
def test_both_kernels_agree(
    any_basket: st.SearchStrategy[Basket], programs: list[cext.Program], data: st.DataObject
) -> None:
    """To the byte, and in the explanation too."""
    basket = msgspec.json.encode(data.draw(any_basket))
    assert len({program.evaluate(basket) for program in programs}) == 1
    assert len({program.explain(basket) for program in programs}) == 1


@ONE_PROGRAM_MANY_BASKETS
@given(data=st.data())
def test_the_sums_are_right(
    bundle: Bundle, any_basket: st.SearchStrategy[Basket], programs: list[cext.Program], data: st.DataObject
) -> None:
    """Nothing is negative, lines add up to the receipt, and a stranger earns nothing.

    Points that are given once per receipt stand on no line where none has anything that earns.
    """
    basket = data.draw(any_basket)
    result = price(programs[-1], basket)
    assert result["gross"] == sum(line["fen"] for line in basket["lines"])
    assert result["payable"] == result["gross"] - result["discount"] == sum(result["line_net"])
    assert all(0 <= net <= line["fen"] for net, line in zip(result["line_net"], basket["lines"], strict=True))
    assert 0 <= result["points"] <= bundle.points.receipt_cap
    assert sum(result["line_points"]) in (result["points"], 0)
    assert basket["member"] or result["points"] == 0


@ONE_PROGRAM_MANY_BASKETS
@given(data=st.data())
def test_b7_presenting_coupons_never_costs_more(
    any_basket: st.SearchStrategy[Basket], programs: list[cext.Program], data: st.DataObject
) -> None:
    basket = data.draw(any_basket)
    with_coupons, without = (
        price(programs[-1], basket),
        price(programs[-1], {**basket, "coupons": []}),
    )
    assert with_coupons["payable"] <= without["payable"]


@ONE_PROGRAM_MANY_BASKETS
@given(data=st.data())
def test_d12_a_limit_that_is_used_up_gives_nothing(
    bundle: Bundle, any_basket: st.SearchStrategy[Basket], programs: list[cext.Program], data: st.DataObject
) -> None:
    basket = data.draw(any_basket)
    limits = limits_of(bundle).items()
    limited = {rule for rule, limit in limits if limit.per_member or limit.per_day or limit.total_value}
    basket["used"] = {rule: [10**9] * 5 for rule in limited}
    fired = {rule for rule, _ in price(programs[-1], basket)["fired"]}
    assert fired & limited == set()
