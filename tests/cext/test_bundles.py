"""A bundle outside the vocabulary is refused, and the refusal points at the place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cext

Load = Callable[[object], cext.Program]

BUNDLE = (Path(__file__).parents[1] / "data" / "rules" / "bundle_10.json").read_bytes()
GONE = object()


def changed(path: str, value: object) -> dict[str, Any]:
    """The bundle of ten rules with one place set, or taken away."""
    bundle: dict[str, Any] = json.loads(BUNDLE)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")[1:]]
    part: Any = bundle
    for step in steps:
        part = part[step]
    if value is GONE:
        del part[last]
    else:
        part[last] = value
    return bundle


@pytest.mark.parametrize(
    ("place", "value", "inner"),
    [
        ("/schema", "points-bundle/1", ""),
        ("/schema", GONE, ""),
        ("/version", "7", ""),
        ("/tz_offset_s", 86_401, ""),
        ("/extra", 1, ""),
        ("/points/fen_per_point", 0, ""),
        ("/points/fen_per_redeemed_point", GONE, ""),
        ("/points/round", "down", ""),
        ("/groups/0/mode", "some", ""),
        ("/groups/0/order", 1.5, ""),
        ("/groups/0/basis", "net", ""),
        ("/groups/1/id", "item", ""),
        ("/groups/2/suppressed_by", ["nobody"], "/0"),
        ("/groups/2/suppressed_by", ["multi"], "/0"),
        ("/groups/2/until", 1, ""),
        ("/rules/1/id", "R0000", ""),
        ("/rules/0/id", "", ""),
        ("/rules/0/id", "r" * 65, ""),
        ("/rules/0/group", "nobody", ""),
        ("/rules/0/group", "base", ""),
        ("/rules/0/phase", "later", ""),
        ("/rules/0/name", "满100减15", ""),
        ("/rules/0/priority", GONE, ""),
        ("/rules/0/cap", -1, ""),
        ("/rules/0/when/weather", "fine", ""),
        ("/rules/0/when/dow", [7], "/0"),
        ("/rules/0/when/tiers", [], ""),
        ("/rules/0/when/tiers", "gold", ""),
        ("/rules/0/when/minutes", [60], ""),
        ("/rules/0/when/minutes", [60, 60], ""),
        ("/rules/0/when/birthday", "week", ""),
        ("/rules/1/when/to", 1, ""),
        ("/rules/1/when/from", -1, ""),
        ("/rules/0/select/colours", ["red"], ""),
        ("/rules/0/need/min_lines", 1, ""),
        ("/rules/0/do/op", "bonus", ""),
        ("/rules/0/do/op", GONE, ""),
        ("/rules/0/do/bp", 100, ""),
        ("/rules/0/do/every_fen", 0, ""),
        ("/rules/0/do/off_fen", GONE, ""),
        ("/rules/1/do/bp", 10_001, ""),
        ("/rules/1/do/round", "up", ""),
    ],
)
def test_what_is_wrong_is_pointed_at(load: Load, place: str, value: object, inner: str) -> None:
    """The JSON pointer is that of the wrong, unknown or missing key, or of what is wrong inside it."""
    with pytest.raises(cext.BundleError) as refused:
        load(changed(place, value))
    assert refused.value.path == place + inner
    assert refused.value.why


def test_an_operation_belongs_to_its_phase(load: Load) -> None:
    """Points are not given by the discount phase, nor money by the other."""
    with pytest.raises(cext.BundleError) as refused:
        load(changed("/rules/0/do", {"op": "fixed", "pts": 3}))
    assert refused.value.path == "/rules/0/do/op"
    with pytest.raises(cext.BundleError) as refused:
        load(changed("/rules/5/do", {"op": "off_bp", "bp": 3}))
    assert refused.value.path == "/rules/5/do/op"


def test_a_pointer_escapes_its_keys(load: Load) -> None:
    """RFC 6901: ``~`` is written ``~0``, ``/`` is written ``~1``."""
    bundle = changed("/rules/0/when", {"a/b~c": 1})
    with pytest.raises(cext.BundleError) as refused:
        load(bundle)
    assert refused.value.path == "/rules/0/when/a~1b~0c"


@pytest.mark.parametrize("count", [1024, 1025])
def test_1024_rules_are_taken_and_more_refused(load: Load, count: int) -> None:
    """The limit of rules is exact, and the last rule still works."""
    bundle = json.loads(BUNDLE)
    fixed = {"op": "every_off", "every_fen": 1, "off_fen": 1, "max_times": 1}
    bundle["rules"] = [
        {"id": f"r{nth}", "phase": "discount", "group": "item", "priority": 1, "do": fixed}
        for nth in range(count)
    ]
    if count > 1024:
        with pytest.raises(cext.BundleError) as refused:
            load(bundle)
        assert refused.value.path == "/rules"
        return
    line = {"sku": "s", "qty": 1, "unit": 9000, "fen": 9000}
    reply = json.loads(
        load(bundle).evaluate(json.dumps({"ts": 0, "store": "", "pay": "", "lines": [line]}).encode())
    )
    assert (len(reply["fired"]), reply["discount"]) == (1024, 1024)


def test_more_than_256_tags_are_refused(load: Load) -> None:
    """256 different tags work, the last one included; the 257th is pointed at."""
    bundle = changed("/rules/0/when", {"tags": [f"t{nth}" for nth in range(256)]})
    line = {"sku": "s", "qty": 1, "unit": 10_000, "fen": 10_000}
    request = {"ts": 0, "store": "", "pay": "", "lines": [line], "member": {"tags": ["t255"]}}
    assert json.loads(load(bundle).evaluate(json.dumps(request).encode()))["discount"] == 1500
    bundle["rules"][1]["when"]["tags"] = ["one more"]
    with pytest.raises(cext.BundleError) as refused:
        load(bundle)
    assert refused.value.path == "/rules/1/when/tags"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", BUNDLE[:-1], BUNDLE + b"}"])
def test_what_is_no_bundle_at_all_is_refused(load: Load, raw: bytes) -> None:
    """Not JSON, not UTF-8, not an object."""
    with pytest.raises(cext.BundleError) as refused:
        load(raw)
    assert refused.value.path == ""


def test_keys_that_ask_nothing_may_be_left_out(load: Load) -> None:
    """``when``, ``select``, ``need`` and ``cap`` have their neutral value when absent."""
    bundle = json.loads(BUNDLE)
    for rule in bundle["rules"]:
        for key in ("when", "select", "need"):
            if not rule[key]:
                del rule[key]
        if rule["cap"] == 0:
            del rule["cap"]
    assert load(bundle).blob_sha256 == load(BUNDLE).blob_sha256
