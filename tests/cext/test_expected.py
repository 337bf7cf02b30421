"""Both kernels give what an independent implementation gave for 400 receipts under two bundles."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import cext

Load = Callable[[object], cext.Program]


@pytest.mark.parametrize("size", [10, 50])
def test_every_expected_result_is_reproduced(load: Load, rules: Path, size: int) -> None:
    """Each line of the expected results is equal as JSON."""
    program = load((rules / f"bundle_{size}.json").read_bytes())
    requests = (rules / "requests.jsonl").read_bytes().splitlines()
    expected = (rules / f"expected_{size}.jsonl").read_bytes().splitlines()
    assert len(requests) == len(expected) == 400
    for request, wanted in zip(requests, expected, strict=True):
        assert json.loads(program.evaluate(request)) == json.loads(wanted)


@pytest.mark.parametrize("size", [10, 50])
def test_an_explanation_holds_the_result_and_a_step_for_every_rule(
    load: Load, rules: Path, size: int
) -> None:
    """Steps come in the order of the bundle, and those that fired are those that the result names."""
    program = load((rules / f"bundle_{size}.json").read_bytes())
    for request in (rules / "requests.jsonl").read_bytes().splitlines()[:50]:
        explained = json.loads(program.explain(request))
        assert explained["result"] == json.loads(program.evaluate(request))
        assert tuple(step["rule"] for step in explained["trace"]) == program.rule_ids
        fired = {step["rule"]: step["value"] for step in explained["trace"] if step["state"] == "fired"}
        assert fired == dict(explained["result"]["fired"])


def test_the_reply_is_compact(load: Load, rules: Path) -> None:
    """No blank is written, and the keys come in one order."""
    program = load((rules / "bundle_50.json").read_bytes())
    reply = program.evaluate((rules / "requests.jsonl").read_bytes().splitlines()[1])
    assert reply == json.dumps(json.loads(reply), separators=(",", ":")).encode()
    assert list(json.loads(reply)) == [
        "gross",
        "discount",
        "payable",
        "points",
        "fired",
        "line_net",
        "line_points",
    ]
