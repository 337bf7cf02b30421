"""``tillside rules``: what a rule author and a shadow run call, over the given bundles and receipts."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cext
from edge.cli.main import tillside
from edge.cli.output import Exit

RULES = Path(__file__).parents[2] / "data" / "rules"
REQUESTS = RULES / "requests.jsonl"
BUNDLE = RULES / "bundle_10.json"
WHOLE = RULES / "whole.yaml"
KERNELS = ["c", "py"] if cext.COMPILED else ["py"]


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


def test_check_says_what_it_loaded() -> None:
    said = rules("check", BUNDLE, "--json")
    loaded = json.loads(said.stdout)
    assert (loaded["bundle"], loaded["version"], loaded["rules"]) == ("bundle_10.json", 7, 10)


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


HQ_BUNDLE = {
    "schema": "points-bundle/1",
    "programme": "test",
    "version": 3,
    "valid_from": "2026-01-01T00:00:00",
    "tz": "Asia/Shanghai",
    "points": {"fen_per_point": 100, "fen_per_redeemed_point": 2},
    "groups": [{"id": "full", "phase": "discount", "order": 1, "mode": "best"}],
    "rules": [
        {
            "id": "R0002",
            "name": "满200减100",
            "phase": "discount",
            "group": "full",
            "priority": 10,
            "need": {"min_fen": 20000},
            "do": {"op": "every_off", "every_fen": 20000, "off_fen": 10000, "max_times": 1},
        }
    ],
}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_bundle_as_hq_writes_it_evaluates_too(tmp_path: Path, form: str) -> None:
    """满200减100 on a basket of 313.72 yuan leaves 213.72 to pay."""
    bundle = tmp_path / f"hq.{form}"
    bundle.write_text(json.dumps(HQ_BUNDLE))  # JSON is YAML too
    said = rules("eval", bundle, "-", stdin=first_requests(1))
    result = json.loads(said.stdout)
    assert (result["gross"], result["payable"], result["fired"]) == (31372, 21372, [["R0002", 10000]])


def test_a_wrong_bundle_of_hq_is_named_by_line_and_pointer(tmp_path: Path) -> None:
    """One line a mistake, as editors know it; the sum of them, and what to do, on the other stream."""
    bundle = tmp_path / "hq.json"
    wrong = HQ_BUNDLE | {"tz": "Asia/Shangai", "versoin": 3}
    bundle.write_text(json.dumps(wrong, indent=1, ensure_ascii=False))
    said = rules("check", bundle)
    assert said.exit_code == Exit.FAILED
    assert said.stdout.splitlines() == [
        f"{bundle}:6:2: error: /tz: no such time zone 'Asia/Shangai' → did you mean Asia/Shanghai?",
        f"{bundle}:37:2: error: /versoin: no key 'versoin' here → did you mean version?",
    ]
    assert said.stderr == (
        f"error: {bundle}: 2 errors, 0 warnings → mend the bundle, then: tillside rules check {bundle}\n"
    )


def test_findings_come_as_json_too(tmp_path: Path) -> None:
    bundle = tmp_path / "hq.json"
    bundle.write_text(json.dumps(HQ_BUNDLE | {"tz": "Asia/Shangai"}))
    said = json.loads(rules("check", bundle, "--json").stdout)
    assert (said["ok"], [one["path"] for one in said["findings"]]) == (False, ["/tz"])


def test_warnings_count_only_when_asked(tmp_path: Path) -> None:
    """A best of one is a warning: 0, or 4 with --strict."""
    bundle = tmp_path / "hq.json"
    bundle.write_text(json.dumps(HQ_BUNDLE))
    assert [rules("check", bundle, *strict).exit_code for strict in ([], ["--strict"])] == [0, Exit.DEGRADED]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_check_explains_every_rule_in_words(lang: str) -> None:
    said = rules("check", WHOLE, "--explain", "--lang", lang, "--json")
    words = json.loads(said.stdout)["words"]
    assert len(words) == json.loads(said.stdout)["rules"]
    assert (
        words["GOLD-95"]
        == {
            "en": "金卡95折: gold and diamond members get 5 % off on everything but tea,"
            " on Saturdays and Sundays, from 2026-12-01",
            "zh": "金卡95折: 金卡、钻石卡会员，2026-12-01 起，周六、周日：全部商品（除 tea） 95折",
        }[lang]
    )


def test_vectors_run_on_both_kernels() -> None:
    """And rules that none of them tries are named."""
    said = json.loads(rules("test", WHOLE, "--json").stdout)
    assert (said["vectors"], said["failed"], said["kernels"]) == (2, [], KERNELS)
    assert said["fired"]["CLEARANCE"] == 1
    assert "MUG" in said["untried"]


def test_a_vector_that_fails_is_shown_key_by_key(tmp_path: Path) -> None:
    bundle = tmp_path / "wrong.yaml"
    text = WHOLE.read_text().replace(
        "payable: 95元, points: 95, fired: [GOLD-95", "payable: 94元, fired: [CASH-98"
    )
    bundle.write_text(text)
    said = rules("test", bundle)
    assert said.exit_code == Exit.FAILED
    assert said.stdout.splitlines()[:4] == [
        f"FAIL /vectors/0 金卡周六买蛋糕 ({', '.join(KERNELS)})",
        "  payable      expected 9400  got 9500",
        "  fired        CASH-98 missing",
        "  fired        GOLD-95 500 unexpected",
    ]
    assert said.stderr.startswith(f"error: {bundle}: 1 of 2 vectors failed → ")


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        (
            "en",
            "~ GOLD-95 金卡95折: gold and diamond members now get 8 % off instead of 5 % off"
            " on everything but tea, on Saturdays and Sundays, from 2026-12-01",
        ),
        (
            "zh",
            "~ GOLD-95 金卡95折: 金卡、钻石卡会员，2026-12-01 起，周六、周日：全部商品（除 tea） 现为92折（原为95折）",
        ),
    ],
)
def test_diff_says_in_words_what_changes_for_whom(lang: str, line: str, tmp_path: Path) -> None:
    text = WHOLE.read_text().replace("version: 8", "version: 9").replace("bp: 95折", "bp: 92折")
    new = tmp_path / "new.yaml"
    new.write_text(
        text.replace("  - name: 金卡周六买蛋糕", "  - name: x").replace("payable: 95元, points: 95, ", "")
    )
    said = rules("diff", WHOLE, new, "--lang", lang)
    assert (said.exit_code, said.stderr) == (Exit.OK, "")
    assert said.stdout.splitlines()[4:] == [line]


def test_a_vector_that_fails_is_explained_when_asked(tmp_path: Path) -> None:
    bundle = tmp_path / "wrong.yaml"
    bundle.write_text(WHOLE.read_text().replace("payable: 95元", "payable: 94元"))
    said = rules("test", bundle, "--explain", "--kernel", "py")
    assert (said.exit_code, "kernels  py" in said.stdout) == (Exit.FAILED, True)
    assert "CASH-98      skipped  -      tier" in said.stdout


NASTY = [
    "[" * 200_000,
    '{"a":' * 200_000,
    "- " * 100_000,
    "\x00",
    '{"schema": "\\ud800"}',
    '{"rules": [7]}',
    "1e999",
    "~",
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("verb", ["check", "test", "eval"])
def test_nothing_that_is_written_ends_in_a_traceback(verb: str, form: str, text: str, tmp_path: Path) -> None:
    """Depth, halves of characters, documents of another kind: a sentence, and exit 2."""
    bundle = tmp_path / f"nasty.{form}"
    bundle.write_bytes(text.encode() + b"\xff" * (verb == "eval"))
    said = rules(verb, bundle, *([REQUESTS] if verb == "eval" else []))
    assert (said.exit_code, said.stderr.startswith("error: ")) == (Exit.FAILED, True)


def test_diff_of_a_bundle_with_itself_is_nothing() -> None:
    """But its version does not grow, and that is said."""
    said = rules("diff", WHOLE, WHOLE)
    assert said.stdout.endswith("the same for everybody\n")
    assert "not above 8" in said.stderr
    assert json.loads(rules("diff", WHOLE, WHOLE, "--json").stdout)["changes"] == []


def test_the_schema_is_printed_as_the_guides_have_it() -> None:
    page = Path(__file__).parents[3] / "docs" / "points-bundle-1.schema.json"
    assert rules("schema").stdout_bytes == page.read_bytes()
