"""Vectors: partial results, values written as people do, and failures that say which key."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

import cext
from edge.domain.rules.authoring.draft import plain_bundle
from edge.domain.rules.authoring.review import review
from edge.domain.rules.core import core_bundle
from edge.domain.rules.model import Bundle, Vector
from edge.domain.rules.vectors import Difference, failures, fired_by

KERNELS: list[cext.KernelName] = ["c", "py"] if cext.COMPILED else ["py"]
REQUEST = {
    "ts": 1796436000,
    "store": "S001",
    "pay": "card",
    "member": {"tier": "gold"},
    "lines": [{"sku": "A1", "qty": 1, "unit": 10_000, "fen": 10_000}],
}


@pytest.fixture(scope="session")
def bundle(whole: bytes) -> Bundle:
    return msgspec.json.decode(plain_bundle(whole, "yaml"), type=Bundle)


@pytest.fixture(params=KERNELS)
def program(request: pytest.FixtureRequest, bundle: Bundle) -> cext.Program:
    return cext.load(msgspec.json.encode(core_bundle(bundle)), request.param)


def with_vector(bundle: Bundle, expected: dict[str, Any], request: dict[str, Any] | None = None) -> Bundle:
    return msgspec.structs.replace(bundle, vectors=(Vector(request or REQUEST, expected),))


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"payable": 9500},
        {"fired": ["GOLD-95", "BASE"]},
        {"fired": [["GOLD-95", 500], "BASE"], "line_net": [9500]},
        {"gross": 10_000, "discount": 500, "points": 95, "line_points": [95]},
    ],
)
def test_only_the_keys_that_are_there_count(expected: Any, bundle: Bundle, program: cext.Program) -> None:
    """``fired`` may name rules without what each gave."""
    assert failures(with_vector(bundle, expected), program) == []


@pytest.mark.parametrize(
    ("expected", "key", "got"),
    [
        ({"payable": 9400}, "payable", 9500),
        ({"fired": ["BASE", "GOLD-95"]}, "fired", [["GOLD-95", 500], ["BASE", 95]]),
        ({"fired": ["GOLD-95"]}, "fired", [["GOLD-95", 500], ["BASE", 95]]),
        ({"fired": [["GOLD-95", 501], "BASE"]}, "fired", [["GOLD-95", 500], ["BASE", 95]]),
        ({"pay": 9500}, "pay", None),
    ],
)
def test_a_failure_names_the_key(
    expected: Any, key: str, got: Any, bundle: Bundle, program: cext.Program
) -> None:
    """A key that no result has is never as expected."""
    (failed,) = failures(with_vector(bundle, expected), program)
    assert failed.differences == (Difference(key, expected[key], got),)
    assert failed.path == "/vectors/0"


def test_a_request_that_the_kernel_refuses_fails_its_vector(bundle: Bundle, program: cext.Program) -> None:
    (failed,) = failures(with_vector(bundle, {}, {"ts": 1}), program)
    assert "the request is refused" in str(failed)
    assert fired_by(with_vector(bundle, {}, {"ts": 1}), program)["BASE"] == 0


def test_rules_that_no_vector_tries_are_counted_as_0(bundle: Bundle, program: cext.Program) -> None:
    fired = fired_by(with_vector(bundle, {}), program)
    assert {rule for rule, times in fired.items() if times} == {"GOLD-95", "BASE"}
    assert len(fired) == len(program.rule_ids)


def test_a_vector_in_json_may_be_written_by_hand_too(whole: bytes) -> None:
    """Amounts in yuan, a local time, a tier by its label: turned into what the kernel takes."""
    document = msgspec.json.decode(plain_bundle(whole, "yaml"))
    written = {
        "request": {
            "at": "2026-12-05",
            "member": {"tier": "金卡"},
            "lines": [{"unit": "100元", "qty": "2件"}],
        },
        "expected": {"payable": "190元", "fired": {"GOLD-95": "10元"}},
    }
    plain = plain_bundle(msgspec.json.encode(document | {"vectors": [written]}), "json")
    (vector,) = msgspec.json.decode(plain, type=Bundle).vectors
    assert vector.request["lines"] == [{"sku": "", "qty": 2, "unit": 10_000, "fen": 20_000}]
    assert (vector.request["member"], vector.request["ts"]) == ({"tier": "gold"}, 1796400000)
    assert vector.expected == {"payable": 19_000, "fired": [["GOLD-95", 1000]]}


def test_requests_of_the_ledger_are_vectors_as_they_are(whole: bytes) -> None:
    """With their ids, a member without a birthday (0), and counters."""
    lines = (Path(__file__).parents[3] / "data" / "rules" / "requests.jsonl").read_bytes().splitlines()[:40]
    asked = [msgspec.json.decode(line) for line in lines]
    asked[1]["member"]["bday"] = 0
    asked[1] |= {"used": {"FULL-200": [1, 0, 0, 0, 0]}, "coupons": ["C20"]}
    document = msgspec.json.decode(plain_bundle(whole, "yaml"))
    document["vectors"] = [{"request": one, "expected": {}} for one in asked]
    assert review(msgspec.json.encode(document), "json").errors == 0
