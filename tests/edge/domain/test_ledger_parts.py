"""Lots and rights as pure arithmetic, and JSON pointers into what HQ wrote."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.json_path import pointer
from edge.domain.ledger import Lot, use_up
from edge.domain.rights import Rights
from edge.domain.rules.compile import BundleRefused, load_programme
from edge.domain.rules.model import Bundle
from tests.edge.counter.conftest import BUNDLE, bundle

counts = st.integers(0, 10_000)
lots = st.lists(st.builds(Lot, counts, counts, counts), max_size=8)


@given(lots, counts)
def test_lots_are_used_up_in_order_and_what_is_missing_is_said(held: list[Lot], amount: int) -> None:
    uses, short = use_up(held, amount)
    assert sum(use.amount for use in uses) + short == amount
    assert short == max(0, amount - sum(lot.remaining for lot in held))
    assert all(use.amount > 0 for use in uses)
    emptied = [lot.remaining for lot in held if lot.remaining][: len(uses)]
    assert [use.amount for use in uses][:-1] == emptied[:-1]


@given(counts, counts, counts, counts, counts)
def test_what_may_be_spent_is_never_more_than_was_granted(
    granted: int, returned: int, spent: int, reversed_: int, clawed: int
) -> None:
    """I1, with reversals no larger than spends."""
    reversed_ = min(reversed_, spent)
    rights = Rights(granted, returned, 0, spent, reversed_, clawed)
    assert rights.available == max(0, granted - returned - spent + reversed_ - clawed)
    assert rights.available <= granted


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"points": {"fen_per_point": 0, "fen_per_redeemed_point": 1}}, "/points/fen_per_point"),
        ({"pionts": {}}, "/pionts"),
        ({"tz": "Moon/Sea"}, "/tz"),
        ({"rules": [{**BUNDLE["rules"][0], "when": {"tiers": ["golden"]}}]}, "/rules/0/when/tiers/0"),
        ({"rules": [{**BUNDLE["rules"][0], "do": {"op": "mult_bp"}}]}, "/rules/0/do/bp"),
        ({"tiers": [{"id": "a b", "label": ""}]}, "/tiers/0/id"),
    ],
)
def test_a_wrong_bundle_is_refused_with_the_pointer_of_what_is_wrong(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(BundleRefused) as refused:
        load_programme(bundle(**changes))
    assert refused.value.path == path


def test_a_pointer_escapes_what_rfc_6901_says() -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert({**BUNDLE, "a/b~c": 1}, Bundle)
    assert pointer(error.value)[0] == "/a~1b~0c"


@given(st.text(max_size=60))
def test_any_error_text_has_a_pointer(text: str) -> None:
    path, _ = pointer(ValueError(text))
    assert path == "" or path.startswith("/")
