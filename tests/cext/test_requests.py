"""The request reader takes what tills send, names what is wrong, and never falls over."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cext

Load = Callable[[object], cext.Program]

BUNDLE = (Path(__file__).parents[1] / "data" / "rules" / "bundle_10.json").read_bytes()
LINE = {
    "sku": "6901000000000",
    "cat": "C29",
    "brand": "B57",
    "qty": 2,
    "unit": 1690,
    "fen": 3380,
    "nd": False,
    "np": False,
}
MEMBER = {"id": "M1", "tier": "diamond", "bday": 509, "first": False, "tags": ["senior"]}
REQUEST: dict[str, Any] = {
    "id": "T1",
    "ts": 1_781_341_732,
    "store": "S001",
    "member": MEMBER,
    "pay": "wechat",
    "points_used": 10,
    "lines": [LINE, LINE],
}
FULL: dict[str, Any] = {
    **REQUEST,
    "member": {**MEMBER, "birthday_state": 12},
    "lines": [LINE, {**LINE, "milli": 500}],
    "coupons": ["满减券", "c2"],
    "used": {"LIMITED": [1, 0, 5, 0, 7], "gone": []},
}
"""Every key that there is."""


def asking_for_everything() -> bytes:
    """The bundle of ten rules, and two whose answers depend on the keys that not every till sends."""
    bundle = json.loads(BUNDLE)
    rule = {"phase": "discount", "group": "item", "priority": 1}
    off = {"op": "every_off", "every_fen": 1, "off_fen": 70, "max_times": 1}
    bundle["rules"] += [
        {**rule, "id": "COUPON", "do": off, "when": {"coupon": "满减券"}},
        {**rule, "id": "LIMITED", "do": off, "when": {"birthday": "day"}, "limit": {"total_value": 50}},
    ]
    return json.dumps(bundle).encode()


WIDE = asking_for_everything()


@pytest.fixture
def wide(load: Load) -> cext.Program:
    """The bundle that asks for everything."""
    return load(WIDE)


@pytest.fixture
def program(load: Load) -> cext.Program:
    """The bundle of ten rules."""
    return load(BUNDLE)


def compact(request: object) -> bytes:
    """Write JSON as tills do."""
    return json.dumps(request, separators=(",", ":")).encode()


def shuffled(value: Any, random: Random) -> Any:
    """Put the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(one, random) for one in value]
    if isinstance(value, dict):
        return {key: shuffled(value[key], random) for key in random.sample(list(value), len(value))}
    return value


@pytest.mark.parametrize("request_of", [REQUEST, FULL], ids=["usual", "full"])
def test_any_order_of_keys_and_any_blanks_are_read(wide: cext.Program, request_of: dict[str, Any]) -> None:
    """Two hundred orders, compact and spread out, all give the same answer."""
    expected = wide.evaluate(compact(request_of))
    assert json.loads(expected)["fired"]
    random = Random(1)
    for _ in range(100):
        request = shuffled(request_of, random)
        assert wide.evaluate(compact(request)) == expected
        assert wide.evaluate(json.dumps(request, indent="\t\r\n ").encode()) == expected


def test_every_key_counts(wide: cext.Program) -> None:
    """The coupon gives its 70, the limited rule the 43 that its limit leaves on a lunar birthday."""
    assert (
        dict(json.loads(wide.evaluate(compact(FULL)))["fired"]).items()
        >= {"COUPON": 70, "LIMITED": 43}.items()
    )
    assert not {"COUPON", "LIMITED"} & dict(json.loads(wide.evaluate(compact(REQUEST)))["fired"]).keys()


def test_unknown_keys_are_passed_over(program: cext.Program) -> None:
    """Plain and nested values, at every level, with any key."""
    expected = program.evaluate(compact(REQUEST))
    for more in ({"zz": "收银"}, {"zz": [1.5e3, {"a": None}, "\\"]}, {"": True}, {"z\\z": -1}, {"tss": 7}):
        line, member = {**more, **LINE}, {**MEMBER, **more}
        request = {**more, **REQUEST, "lines": [line, LINE], "member": member}
        assert program.evaluate(compact(request)) == expected


def test_escapes_mean_what_they_stand_for(program: cext.Program, wide: cext.Program) -> None:
    """A key or value written with escapes is the same key or value."""
    plain = compact(REQUEST)
    for text in (b"6901000000000", b"fen", b"wechat", b"diamond", b"lines"):
        escaped = b"".join(b"\\u%04x" % byte for byte in text)
        assert program.evaluate(plain.replace(text, escaped)) == program.evaluate(plain)
    written = json.dumps(FULL, ensure_ascii=False).encode()
    assert wide.evaluate(compact(FULL)) == wide.evaluate(written)
    for text in (b"LIMITED", b"used", b"coupons", b"birthday_state"):
        escaped = b"".join(b"\\u%04x" % byte for byte in text)
        assert wide.evaluate(written.replace(text, escaped)) == wide.evaluate(written)


def test_the_last_of_two_equal_keys_counts(program: cext.Program) -> None:
    """As JSON readers commonly have it, on both kernels."""
    plain = compact(REQUEST)
    assert program.evaluate(plain.replace(b'"ts":', b'"ts":5,"ts":')) == program.evaluate(plain)
    assert program.evaluate(plain.replace(b'"nd":', b'"nd":true,"nd":')) == program.evaluate(plain)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (b'"ts":1781341732', b'"ts":-1', "/ts"),
        (b'"ts":1781341732', b'"ts":68719476737', "/ts"),
        (b'"ts":1781341732,', b"", "/ts"),
        (b'"store":"S001"', b'"store":1', "/store"),
        (b'"store":"S001",', b"", "/store"),
        (b'"pay":"wechat"', b'"pay":null', "/pay"),
        (b'"points_used":10', b'"points_used":10.0', "/points_used"),
        (b'"points_used":10', b'"points_used":2147483649', "/points_used"),
        (b'"tier":"diamond"', b'"tier":[]', "/member/tier"),
        (b'"bday":509', b'"bday":1232', "/member/bday"),
        (b'"bday":509', b'"birthday_state":16', "/member/birthday_state"),
        (b'"first":false', b'"first":0', "/member/first"),
        (b'["senior"]', b'["senior",1]', "/member/tags/1"),
        (b'["senior"]', b'"senior"', "/member/tags"),
        (b'"qty":2', b'"qty":65537', "/lines/0/qty"),
        (b'"qty":2', b'"qty":-2', "/lines/0/qty"),
        (b'"qty":2', b'"qty":2e0', "/lines/0/qty"),
        (b'"qty":2', b'"qty":true', "/lines/0/qty"),
        (b'"fen":3380', b'"fen":2147483649', "/lines/0/fen"),
        (b'"fen":3380', b'"fen":33.80', "/lines/0/fen"),
        (b'"fen":3380', b'"fen":"3380"', "/lines/0/fen"),
        (b'"fen":3380', b'"fen":99999999999999999999999999', "/lines/0/fen"),
        (b'"fen":3380', b'"fen":2147483648', "/lines"),
        (b',"fen":3380', b"", "/lines/0/fen"),
        (b'"unit":1690', b'"unit":-1', "/lines/0/unit"),
        (b'"sku":"6901000000000"', b'"sku":6901000000000', "/lines/0/sku"),
        (b'"nd":false', b'"nd":0', "/lines/0/nd"),
        (b'"np":false', b'"np":"no"', "/lines/0/np"),
        (b'"np":false', b'"np":false,"milli":1000', "/lines/0/milli"),
        (b'"pay":"wechat"', b'"pay":"wechat","coupons":null', "/coupons"),
        (b'"pay":"wechat"', b'"pay":"wechat","coupons":["a",1]', "/coupons/1"),
        (b'"pay":"wechat"', b'"pay":"wechat","coupons":["a","b","a"]', "/coupons"),
        (b'"pay":"wechat"', b'"pay":"wechat","coupons":["a","b","c","d","e","f","g"]', "/coupons"),
        (b'"pay":"wechat"', b'"pay":"wechat","used":[]', "/used"),
        (b'"np":false', b'"np":false,"milli":-1', "/lines/0/milli"),
        (b'"np":false', b'"np":false,"milli":0.5', "/lines/0/milli"),
        (b'"np":false', b'"np":false,"milli":null', "/lines/0/milli"),
        (b'"qty":2', b'"qty":2,"milli":1000', "/lines/0/milli"),
        (b'"np":false', b'"np":false,"milli":05', ""),
        (b'"fen":3380', b'"fen":03380', ""),
        (b'"fen":3380', b'"fen":+3380', ""),
        (b'"fen":3380', b'"fen":', ""),
        (b'"nd":false', b'"nd":False', ""),
        (b'"S001"', b'"S\x01"', ""),
        (b'"S001"', b'"S\xff"', ""),
        (b'"S001"', b'"S\xed\xa0\x80"', ""),
        (b'"S001"', b'"S\xc0\x80"', ""),
        (b'"S001"', b'"S\xf4\x90\x80\x80"', ""),
        (b'"S001"', b'"S\\ud800"', ""),
        (b'"id":"T1"', b'"id":NaN', ""),
        (b'"id":"T1"', b'"id":"\xe9"', ""),
        (b'"id":"T1"', b'"id":' + b"[" * 100_000, ""),
        (b'"id":"T1",', b'"id":"T1",,', ""),
        (b'["senior"]', b'["senior",]', ""),
    ],
)
def test_what_is_malformed_is_refused_with_its_path(
    program: cext.Program, old: bytes, new: bytes, path: str
) -> None:
    """The error carries the JSON pointer; what is not JSON or not UTF-8 is the whole document."""
    with pytest.raises(cext.RequestError) as refused:
        program.evaluate(compact(REQUEST).replace(old, new, 1))
    assert refused.value.path == path
    assert refused.value.why
    with pytest.raises(cext.RequestError):
        program.explain(compact(REQUEST).replace(old, new, 1))


@pytest.mark.parametrize("raw", [b"", b" ", b"[]", b"null", b"{}", b"\xef\xbb\xbf{}", b'"', b"{", b"\x00"])
def test_what_is_no_request_at_all_is_refused(program: cext.Program, raw: bytes) -> None:
    """An empty, foreign or unfinished document is a RequestError."""
    with pytest.raises(cext.RequestError):
        program.evaluate(raw)


def test_256_lines_are_taken_and_257_refused(program: cext.Program) -> None:
    """The limit of lines is exact."""
    line = {**LINE, "fen": 1}
    assert json.loads(program.evaluate(compact({**REQUEST, "lines": [line] * 256})))["gross"] == 256
    with pytest.raises(cext.RequestError) as refused:
        program.evaluate(compact({**REQUEST, "lines": [line] * 257}))
    assert refused.value.path == "/lines"


def test_the_largest_numbers_are_taken(program: cext.Program) -> None:
    """A limit itself is inside."""
    line = {**LINE, "fen": 2**31, "unit": 2**31, "qty": 2**16, "milli": 999}
    request = {**REQUEST, "lines": [line], "points_used": 2**31, "ts": 2**36}
    assert json.loads(program.evaluate(compact(request)))["gross"] == 2**31


def test_text_in_any_script_is_read(program: cext.Program) -> None:
    """Characters of one to four bytes, at every offset within a word."""
    for pad in range(9):
        store = "s" * pad + "é店𠮷"
        raw = json.dumps({**REQUEST, "store": store}, ensure_ascii=False).encode()
        assert program.evaluate(raw) == program.evaluate(compact({**REQUEST, "store": "elsewhere"}))


def test_a_request_cut_anywhere_is_refused(program: cext.Program) -> None:
    """Every prefix is a RequestError and nothing else."""
    for raw in (
        compact(REQUEST),
        compact(FULL),
        json.dumps({**REQUEST, "store": "店", "zz": [1]}).encode(),
    ):
        for end in range(len(raw)):
            with pytest.raises(cext.RequestError):
                program.evaluate(raw[:end])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_noise_never_harms_and_both_kernels_judge_it_alike(seed: int) -> None:
    """Bytes changed, dropped, doubled and swapped at random: the same answer or the same refusal."""
    programs = [cext.load(WIDE, kernel) for kernel in ("c", "py") if kernel == "py" or cext.COMPILED]
    random = Random(seed)
    for _ in range(20):
        raw = noisy(random.choice((compact(FULL), json.dumps(FULL, ensure_ascii=False).encode())), random)
        assert len({verdict(program, raw) for program in programs}) == 1


def noisy(raw: bytes, random: Random) -> bytes:
    """Spoil one to four places."""
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(raw))
        upto = at + random.randint(0, 3)
        put = random.choice(
            (bytes([random.randrange(256)]), b'"', b"0", b"9", b",", b"}", b"\\", b"", raw[at:upto] * 2)
        )
        raw = raw[:at] + put + raw[upto:]
    return raw


def verdict(program: cext.Program, raw: bytes) -> bytes | tuple[str, str]:
    """The answer, or where and why it was refused."""
    try:
        return program.evaluate(raw)
    except cext.RequestError as error:
        return error.path, error.why
