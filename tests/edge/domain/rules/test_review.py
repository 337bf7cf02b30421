"""The checker: says everything at once, is never surprised, and agrees with what a box would take."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.rules.authoring.draft import plain_bundle, read_draft
from edge.domain.rules.authoring.findings import Finding
from edge.domain.rules.authoring.review import review
from edge.domain.rules.compile import BundleRefused, load_programme

JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["金卡", "95折", "200元", "2026-12-24", "gold", "item", "base", "mon-sun", "9999-12-31", "Asia"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a document."""
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from places(part, (*path, step))


@st.composite
def mutated(draw: st.DrawFn, raw: bytes) -> Any:
    """A document with some of its parts replaced, taken away, doubled or called otherwise."""
    document = json.loads(raw)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(list(places(document))[1:]))
        *above, last = path
        home: Any = document
        for step in above:
            home = home[step]
        match draw(st.sampled_from(["replace", "drop", "double", "rename", "swap"])):
            case "replace":
                home[last] = draw(JUNK)
            case "drop":
                del home[last]
            case "double" if isinstance(home, list):
                home.insert(0, home[last])
            case "rename" if isinstance(home, dict):
                home[f"{last}s"] = home.pop(last)
            case _:
                home[last] = draw(st.sampled_from(list(home.values() if isinstance(home, dict) else home)))
        if len(list(places(document))) < 2:
            break
    return document


@given(data=st.data(), form=st.sampled_from(["json", "yaml"]))
@settings(max_examples=150, deadline=None)
def test_no_document_surprises_the_checker(data: st.DataObject, form: str, whole: bytes) -> None:
    """Each error has a place and a sentence; what has none is what a box takes."""
    document = data.draw(mutated(plain_bundle(whole, "yaml")))
    raw = json.dumps(document, allow_nan=False, default=str).encode() if finite(document) else b"{}"
    said = review(raw, form)
    assert all(one.why and one.line >= 1 and one.column >= 1 for one in said.findings)
    if not said.errors:
        assert load_programme(plain_bundle(raw, form)).bundle == said.bundle
    else:
        assert said.bundle is None or any(one.path.startswith("/vectors") for one in said.findings)


def finite(document: Any) -> bool:
    """Whether the document is JSON at all: no NaN, no infinity."""
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return False
    return True


@given(at=st.integers(0, 5000), noise=st.binary(max_size=4), form=st.sampled_from(["json", "yaml"]))
@settings(max_examples=100, deadline=None)
def test_no_slip_of_the_keyboard_surprises_the_checker(
    at: int, noise: bytes, form: str, whole: bytes
) -> None:
    text = whole[:at] + noise + whole[at + 1 :]
    said = review(text, form)
    assert said.bundle is not None or said.errors


def test_what_people_write_is_what_the_model_takes(whole: bytes) -> None:
    """Every form of the vocabulary, beside its plain value."""
    plain = json.loads(plain_bundle(whole, "yaml"))
    rules = {rule["id"]: rule for rule in plain["rules"]}
    assert rules["CLEARANCE"]["select"]["skus"] == ["0012", "C9"]
    assert rules["SECOND-HALF"]["when"] == {"dow": [5, 6], "minutes": [480, 1320]}
    assert rules["SECOND-HALF"]["do"] == {"op": "nth_item_bp", "n": 2, "bp": 5000, "max_times": 3}
    assert rules["GOLD-95"]["when"] == {
        "tiers": ["gold", "diamond"],
        "dow": [5, 6],
        "from": "2026-12-01T00:00:00",
    }
    assert rules["FULL-200"]["when"] == {"dom": [1, 2, 3, 15], "min_total": 10_000, "max_total": 1_000_000}
    assert rules["FIRST"]["when"] == {"first": True, "tags": ["new_app"]}
    assert rules["PAY"]["do"] == {"op": "redeem", "fen_per_point": 2, "max_bp": 5000, "step": 50}
    assert plain["tiers"][2]["cumulative_fen"] == 1_600_000
    request = plain["vectors"][0]["request"]
    assert (request["ts"], request["lines"][0]["fen"]) == (1796436000, 10_000)


def test_a_plain_bundle_stays_as_it_is(whole: bytes) -> None:
    """Byte for byte: its hash names it in every sale."""
    plain = plain_bundle(whole, "yaml")
    assert plain_bundle(plain, "json") == plain
    assert msgspec.json.decode(plain_bundle(plain, "yaml")) == msgspec.json.decode(plain)


def test_a_core_bundle_is_not_touched() -> None:
    raw = b'{"schema": "points-bundle/core-1", "anything": [1, 2]}'
    assert plain_bundle(raw, "json") == raw


HEAD = """\
schema: points-bundle/1
programme: p
version: 1
valid_from: 2026-12-01
points: {fen_per_point: 100, fen_per_redeemed_point: 2}
tiers:
  - {id: member, label: 会员}
  - {id: gold, label: 金卡, cumulative_fen: 700000}
"""
GROUPS = """\
groups:
  - {id: item, phase: discount, order: 1}
  - {id: base, phase: points, order: 2}
"""


def findings(text: str, head: str = HEAD + GROUPS) -> list[Finding]:
    return review((head + text).encode(), "yaml").findings


def rule(text: str, group: str = "item", phase: str = "discount", do: str = "{op: off_bp, bp: 500}") -> str:
    return f"rules:\n  - {{id: A, name: a, phase: {phase}, group: {group}, do: {do}{text}}}\n"


@pytest.mark.parametrize(
    ("text", "path", "why", "hint"),
    [
        (rule(", when: {weekday: 5}"), "/rules/0/when/weekday", "no key 'weekday'", "it is called dow"),
        (rule(", dow: [5]"), "/rules/0/dow", "no key 'dow'", "dow stands under when"),
        (rule(", whem: {}"), "/rules/0/whem", "no key 'whem'", "did you mean when?"),
        (rule("", group="itm"), "/rules/0/group", "no group 'itm'", "did you mean item?"),
        (rule("", group="base"), "/rules/0/group", "of the points phase", "item"),
        (rule(", when: {tiers: [glod]}"), "/rules/0/when/tiers/0", "no tier 'glod'", "did you mean gold?"),
        (rule(", when: {tiers: 金咔}"), "/rules/0/when/tiers", "no tier '金咔'", "金卡"),
        (rule(", when: {tiers: []}"), "/rules/0/when/tiers", "an empty list", "leave the key out"),
        (
            rule("", do="{op: of_bp, bp: 500}"),
            "/rules/0/do/op",
            "no operation 'of_bp'",
            "did you mean off_bp?",
        ),
        (rule("", do="{op: off_bp}"), "/rules/0/do/bp", "bp is missing", ""),
        (rule("", do="{op: off_bp, bp: 20000}"), "/rules/0/do/bp", "from 0 to 10000", "95折"),
        (
            rule("", do="{op: off_bp, bp: 5, round: up}"),
            "/rules/0/do/round",
            "down or half_up, not 'up'",
            "down",
        ),
        (rule("", do="{op: mult_bp, bp: 5}"), "/rules/0/do/op", "of the points phase", "every_off"),
        (rule("", do="{op: round_to, fen: 10}"), "/rules/0/group", "measured on the gross", "basis: running"),
        (rule(", when: {minutes: 22:00-02:00}"), "/rules/0/when/minutes", "02:00 is not after", "two rules"),
        (
            rule(", when: {from: 2026-12-25, to: 2026-12-25}"),
            "/rules/0/when/to",
            "not after `from`",
            "the next day",
        ),
        (rule("") + "gifts:\n  - {id: A, name: g, item: cup}\n", "/gifts/0/id", "there twice", "unique"),
        (rule("") + "tz: Asia/Shangai\n", "/tz", "no such time zone", "did you mean Asia/Shanghai?"),
        (
            rule("") + "notice: {announced: 2026-11-20}\n",
            "/valid_from",
            "not before 2026-12-04",
            "valid_from: 2026-12-04",
        ),
        (rule("") + "version: 2\n", "/version", "there twice, first in line 3", "keep one"),
        (
            rule("") + "vectors:\n  - {request: {lines: [{unit: 1元}]}, expected: {payable: 1元}}\n",
            "/vectors/0",
            "payable is 95, not 100",
            "tillside rules test",
        ),
        (
            rule("") + "vectors:\n  - {request: {lines: [{unit: 1元}]}, expected: {fired: [AA]}}\n",
            "/vectors/0/expected/fired/0",
            "no rule 'AA'",
            "A",
        ),
    ],
)
def test_a_mistake_is_named_with_its_cure(text: str, path: str, why: str, hint: str) -> None:
    """One mistake, one error: where, what, and what would be right."""
    (found,) = [one for one in findings(text) if one.level == "error"]
    assert (found.path, why in found.why, hint in found.hint) == (path, True, True), found


def test_every_mistake_is_told_at_once() -> None:
    """The faulty part of a rule does not hide the rest of it, nor the rules behind it."""
    text = rule(", when: {tier: gold, minutes: 22:00-02:00}, cats: tea", group="itm", do="{op: of_bp}")
    text += "  - {id: A, phase: points, group: base, do: {op: fixed, pts: many}}\n"
    assert [one.path for one in findings(text) if one.level == "error"] == [
        "/rules/0/group",
        "/rules/0/do/op",
        "/rules/0/when/tier",
        "/rules/0/when/minutes",
        "/rules/0/cats",
        "/rules/1/name",
        "/rules/1/id",
        "/rules/1/do/pts",
    ]


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        (rule(", when: {to: 2026-11-01}"), "/rules/0/when/to", "before the bundle is valid"),
        (
            rule(", when: {from: 2026-12-10, to: 2026-12-12, dow: mon}"),
            "/rules/0/when/dow",
            "no such weekday",
        ),
        (rule(", when: {min_total: 300, max_total: 200}"), "/rules/0/when/max_total", "below min_total"),
        (rule(", when: {max_total: 200}, need: {min_fen: 300}"), "/rules/0/need/min_fen", "never fires"),
        (rule(", select: {cats: [a], not_cats: [a, b]}"), "/rules/0/select/cats", "in not_cats"),
        (rule("", do="{op: off_bp, bp: 0}"), "/rules/0/do/bp", "never gives"),
        (
            rule(", cap: 50", do="{op: every_off, every_fen: 1000, off_fen: 100}"),
            "/rules/0/cap",
            "always gives 50",
        ),
        (rule(", limit: {period: month}"), "/rules/0/limit/period", "counts nothing"),
        (rule(", when: {birthday_calendar: lunar}"), "/rules/0/when/birthday_calendar", "without birthday"),
        (
            rule("") + "vectors:\n  - {request: {lines: [], member: {tier: glod}}, expected: {}}\n",
            "/vectors/0/request/member/tier",
            "no tier 'glod'",
        ),
        (
            rule("") + "vectors:\n  - {request: {lines: [], coupons: C20}, expected: {}}\n",
            "/vectors/0/request/coupons/0",
            "no coupon 'C20'",
        ),
    ],
)
def test_what_is_hardly_meant_is_a_warning(text: str, path: str, why: str) -> None:
    found = [one for one in findings(text) if one.path == path]
    assert [(one.level, why in one.why) for one in found] == [("warning", True)]


@pytest.mark.parametrize(
    ("head", "path", "why"),
    [
        (
            HEAD + "groups: [{id: item, phase: discount, order: 1, mode: best}]\n",
            "/groups/0/mode",
            "best of one",
        ),
        (HEAD + GROUPS, "/groups/1", "no rule is in group 'base'"),
        (
            HEAD + GROUPS.replace("order: 1", "order: 1, suppressed_by: [base]"),
            "/groups/0/suppressed_by/0",
            "too late",
        ),
        (HEAD.replace(", cumulative_fen: 700000", "") + GROUPS, "/tiers/1", "by hand only"),
        (
            HEAD.replace("label: 会员", "label: 会员, cumulative_fen: 700000") + GROUPS,
            "/tiers/1/cumulative_fen",
            "nobody stays in member",
        ),
    ],
)
def test_groups_and_tiers_that_do_nothing_are_warnings(head: str, path: str, why: str) -> None:
    found = [one for one in findings(rule(""), head) if one.path == path]
    assert [(one.level, why in one.why) for one in found] == [("warning", True)]


def test_a_rule_behind_one_that_always_gives_never_fires() -> None:
    head = HEAD + "groups: [{id: item, phase: discount, order: 1, mode: first}]\n"
    text = rule("") + "  - {id: B, name: b, phase: discount, group: item, do: {op: off_bp, bp: 1}}\n"
    assert [(one.path, one.level) for one in findings(text, head)] == [("/rules/1", "warning")]


def test_a_draft_keeps_what_is_whole() -> None:
    """A faulty rule keeps its place, so that pointers lead where they should."""
    text = HEAD + GROUPS + "rules:\n  - 7\n" + rule("").partition("\n")[2]
    draft = read_draft(text.encode(), "yaml")
    assert [one.get("id") for one in draft.plain["rules"]] == [None, "A"]


def test_a_box_refuses_a_bundle_whose_vectors_fail(whole: bytes) -> None:
    """It would decide other prices than its author has seen."""
    wrong = whole.replace("payable: 20元".encode(), "payable: 21元".encode())
    with pytest.raises(BundleRefused, match="/vectors/1: 路人: payable is 2000, not 2100"):
        load_programme(plain_bundle(wrong, "yaml"))


@pytest.mark.parametrize("section", ["tiers", "bonuses", "rebates", "groups", "rules"])
def test_neither_box_nor_checker_takes_a_name_twice(section: str, whole: bytes) -> None:
    document = json.loads(plain_bundle(whole, "yaml"))
    document[section].append(document[section][0])
    raw = json.dumps(document).encode()
    with pytest.raises(BundleRefused, match="there twice"):
        load_programme(raw)
    (found,) = review(raw, "json").findings
    assert (found.path, "there twice" in found.why) == (f"/{section}/{len(document[section]) - 1}/id", True)


def test_two_top_up_levels_do_not_begin_at_the_same_amount(whole: bytes) -> None:
    document = json.loads(plain_bundle(whole, "yaml"))
    document["topup"] = {"levels": [{"min_fen": 200_000}, {"min_fen": 500_000}, {"min_fen": 200_000}]}
    with pytest.raises(BundleRefused, match="/topup/levels/2/min_fen: 200000 fen is there twice"):
        load_programme(json.dumps(document).encode())
