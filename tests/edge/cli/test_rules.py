"""``tillside rules``: what a rule author and a shadow run call, over the given bundles and receipts."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.cli.output import Exit

RULES = Path(__file__).parents[2] / "data" / "rules"
REQUESTS = RULES / "requests.jsonl"
BUNDLE = RULES / "bundle_10.json"


def rules(*args: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(tillside, ["rules", *map(str, args)], input=stdin)


def first_requests(count: int) -> bytes:
    return b"\n".join(REQUESTS.read_bytes().splitlines()[:count])


@pytest.mark.parametrize("size", [10, 50])
def test_every_result_is_the_expected_one(size: int) -> None:
    """All 400 receipts under each bundle, field for field, computed elsewhere."""
    said = rules("eval", RULES / f"bundle_{size}.json", REQUESTS)
    assert (said.exit_code, said.stderr) == (Exit.OK, "")
    expected = (RULES / f"expected_{size}.jsonl").read_text().splitlines()
    assert list(map(json.loads, said.stdout.splitlines())) == list(map(json.loads, expected))


def test_requests_may_come_from_stdin_with_blank_lines() -> None:
    said = rules("eval", BUNDLE, "-", "--json", stdin=b"\n" + first_requests(2) + b"\n\n")
    assert (said.exit_code, len(said.stdout.splitlines())) == (Exit.OK, 2)


def test_a_wrong_request_is_named_by_line_and_pointer() -> None:
    """What came before it is printed: a shadow run sees how far it got."""
    good, wrong = first_requests(2).splitlines()
    said = rules("eval", BUNDLE, "-", stdin=good + b"\n" + wrong.replace(b'"qty":', b'"qt":', 1))
    assert (said.exit_code, len(said.stdout.splitlines())) == (Exit.FAILED, 1)
    assert said.stderr.startswith("error: request in line 2: /lines/0")


def test_check_counts_what_it_loaded() -> None:
    said = rules("check", BUNDLE, "--json")
    assert json.loads(said.stdout) == {
        "bundle": "bundle_10.json",
        "schema": "points-bundle/core-1",
        "version": 7,
        "rules": 10,
    }


def test_check_names_the_pointer_of_what_is_wrong(tmp_path: Path) -> None:
    bundle = json.loads(BUNDLE.read_bytes())
    bundle["rules"][3]["group"] = "no such group"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(bundle))
    said = rules("check", wrong)
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert said.stderr.startswith(f"error: {wrong}: /rules/3/group")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "points-bundle/9"}', '{"schema": 1}'])
def test_what_is_no_bundle_is_refused_not_crashed_on(tmp_path: Path, text: str) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(text)
    said = rules("check", wrong)
    assert said.exit_code == Exit.FAILED
    assert said.stderr.startswith(f"error: {wrong}: ")


def test_explain_accounts_for_every_rule_of_the_bundle() -> None:
    """Each rule fired or says why not; the values of those that fired are those of the result."""
    said = rules("explain", BUNDLE, "-", "--json", stdin=first_requests(1))
    explained = json.loads(said.stdout)
    ids = [rule["id"] for rule in json.loads(BUNDLE.read_bytes())["rules"]]
    assert [step["rule"] for step in explained["trace"]] == ids
    fired = {step["rule"]: step["value"] for step in explained["trace"] if step["state"] == "fired"}
    assert fired == dict(explained["result"]["fired"])
    assert all(step["why"] for step in explained["trace"] if step["state"] != "fired")


def test_explain_reads_as_a_table() -> None:
    said = rules("explain", BUNDLE, "-", stdin=first_requests(1))
    total, head, *steps = said.stdout.splitlines()
    assert total == "gross 31372  discount 1956  payable 29416  points 0"
    assert head.split() == ["rule", "state", "value", "why"]
    assert len(steps) == 10
