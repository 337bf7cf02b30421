"""Reading texts: the same values as the libraries', with places; and an end to everything that is meant to hurt."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.rules.authoring.findings import Place, Unreadable, child
from edge.domain.rules.authoring.source import read_source

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES, indent=st.sampled_from([None, 1, "\t"]))
def test_json_reads_as_with_the_library(value: Any, indent: int | str | None) -> None:
    """Whatever the spacing; and every part has a place."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    source = read_source(text.encode(), "json")
    assert source.value == value
    assert len(source.places) == parts(value)


@given(value=VALUES.filter(lambda value: is_simple(json.dumps(value))))
def test_json_reads_as_yaml_too(value: Any) -> None:
    """Brackets, commas, quotes and numbers mean the same in both; YAML knows fewer escapes."""
    assert read_source(json.dumps(value).encode(), "yaml").value == value


def is_simple(text: str) -> bool:
    return "\\u" not in text and "\x7f" not in text


def parts(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(parts, value.values()))
    return 1 + sum(map(parts, value)) if isinstance(value, list) else 1


def test_a_place_is_where_the_key_stands() -> None:
    """In a list it is the value; what is not there yet is in its parent."""
    text = "rules:\n  - {id: A,\n     do: {op: fixed}}\n"
    source = read_source(text.encode(), "yaml")
    assert source.place("/rules/0") == Place(2, 5)
    assert source.place("/rules/0/do/op") == Place(3, 11)
    assert source.place("/rules/0/do/pts") == Place(3, 6)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_key_that_is_there_twice_is_found_in_either_form(form: str) -> None:
    """The readers of libraries take the last one and say nothing."""
    (finding,) = read_source(b'{"a": 1,\n "a": 2}', form).findings
    assert (finding.path, finding.line, finding.column) == ("/a", 2, 2)


def test_values_are_those_of_yaml_1_2() -> None:
    """A time is not a number of base 60, Norway is not false, a date is text until somebody asks for a date."""
    text = "{a: 22:00, b: no, c: 2026-12-24, d: 0x10, e: 1_000, f: ~, g: true}"
    value = read_source(text.encode(), "yaml").value
    assert value == {"a": "22:00", "b": "no", "c": "2026-12-24", "d": "0x10", "e": 1000, "f": None, "g": True}


def test_anchors_and_merges_save_typing() -> None:
    text = "a: &gold {tiers: [gold], first: true}\nb: {<<: *gold, first: false}\nc: [*gold]"
    value = read_source(text.encode(), "yaml").value
    gold = {"tiers": ["gold"], "first": True}
    assert value == {"a": gold, "b": {"first": False, "tiers": ["gold"]}, "c": [gold]}


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
MERGES = (
    "a: &a {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\nb:\n" + "  - {<<: [*a, *a, *a, *a]}\n" * 2000
)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "- " * 100_000,
        "{a: " * 10_000,
        '{"a":' * 10_000,
        BOMB,
        MERGES,
        "a: &x [*x]",
        "? [a]\n: b",
        "a: !!python/object:os.system x",
        "a: 1\n---\nb: 2",
        "\x00",
        "",
        '"\\ud800',
        "{'a': 1",
        "\N{BYTE ORDER MARK}\N{BYTE ORDER MARK}[",
    ],
    ids=range(15),
)
@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.timeout(20)
def test_what_is_no_document_ends_in_unreadable(text: str, form: str) -> None:
    """Depth, aliases that multiply, tags that would make objects: all are refused, none of them slowly."""
    with pytest.raises(Unreadable) as refused:
        read_source(text.encode(), form)
    assert refused.value.finding.line >= 1


@given(raw=st.binary(max_size=60), form=st.sampled_from(["yaml", "json"]))
def test_noise_is_read_or_refused(raw: bytes, form: str) -> None:
    assert outcome(raw, form)


@given(cut=st.integers(0, 6000), form=st.sampled_from(["yaml", "json"]))
def test_a_text_cut_in_the_middle_is_read_or_refused(cut: int, form: str, whole: bytes) -> None:
    assert outcome(whole[:cut], form)


def outcome(raw: bytes, form: str) -> bytes | str:
    """The value as JSON, or why there is none."""
    try:
        return msgspec.json.encode(read_source(raw, form).value)
    except Unreadable as refused:
        return refused.finding.why


def test_a_pointer_escapes_what_it_must() -> None:
    assert child(child("", "a/b"), "c~d") == "/a~1b/c~0d"
