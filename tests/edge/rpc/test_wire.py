"""Framing and JSON-RPC: any cut of the stream gives the same frames, noise gives only the wire's own errors."""

from itertools import pairwise
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import Code, PosError
from edge.rpc import wire
from edge.rpc.wire import BOM, Framer, FrameTooLarge


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    qty_milli: Annotated[int, msgspec.Meta(ge=1, le=10**9)]


class Basket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: list[Item] = []
    notes: dict[str, str] = {}


BASKET = msgspec.json.Decoder(Basket)
LIMIT = 64


def frames(stream: bytes, cuts: list[int], limit: int = LIMIT) -> tuple[list[bytes], bool]:
    """Every frame of the stream received in the given pieces, and whether it ended in FrameTooLarge."""
    framer = Framer(limit)
    found: list[bytes] = []
    edges = [0, *sorted(cuts), len(stream)]
    try:
        for begin, end in pairwise(edges):
            if (only := framer.only_frame(stream[begin:end])) is not None:
                found.append(only)
                continue
            framer.feed(stream[begin:end])
            while (frame := framer.next_frame()) is not None:
                found.append(frame)
    except FrameTooLarge:
        return found, True
    return found, False


def request(params: bytes, method: str = "sale.quote") -> bytes:
    return b'{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}' % (method.encode(), params)


def refusal(frame: bytes) -> PosError:
    """The error that the frame meets on its way to a Basket."""
    with pytest.raises(PosError) as caught:
        wire.read_params(BASKET, wire.read_request(frame), frame)
    return caught.value


CHARACTERS = st.characters(codec="utf-8")
LINES = st.lists(
    (st.binary(max_size=90) | st.binary(max_size=70).map(lambda b: b"{" + b)).map(
        lambda b: b.replace(b"\n", b"")
    ),
    max_size=8,
)


@given(LINES, st.booleans(), st.data())
def test_any_cut_gives_the_same_frames(lines: list[bytes], bom: bool, data: st.DataObject) -> None:
    """Whole, one byte at a time or cut anywhere: same frames, same end."""
    stream = (BOM if bom else b"") + b"\n".join(lines)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    line_ends = [index + 1 for index, byte in enumerate(stream) if byte == 10]
    whole = frames(stream, [])
    assert frames(stream, line_ends) == whole
    assert frames(stream, cuts) == whole
    assert frames(stream, list(range(len(stream)))) == whole


@given(st.lists(st.binary(min_size=1, max_size=LIMIT).filter(lambda b: b"\n" not in b and not b.isspace())))
def test_frames_within_the_limit_arrive_as_sent(lines: list[bytes]) -> None:
    stream = BOM + b"".join(line + b"\n" for line in lines)
    assert frames(stream, []) == (lines, False)


def test_bom_is_dropped_once_and_only_at_the_start() -> None:
    stream = BOM + BOM + b"1\n" + BOM + b"2\n"
    assert frames(stream, [1, 2])[0] == [BOM + b"1", BOM + b"2"]


def test_empty_lines_are_no_frames() -> None:
    assert frames(b"\r\n\n \n{}\r\n", []) == ([b"{}\r"], False)


@pytest.mark.parametrize("tail", [b"", b"\n"])
def test_a_line_over_the_limit_is_refused_finished_or_not(tail: bytes) -> None:
    assert frames(b"x" * LIMIT + tail, []) == ([b"x" * LIMIT] if tail else [], False)
    assert frames(b"x" * (LIMIT + 1) + tail, []) == ([], True)


def test_the_limit_holds_for_a_frame_that_arrives_alone() -> None:
    whole = b"{" + b"x" * (LIMIT - 1) + b"\n"
    assert frames(whole * 2, [len(whole)]) == ([whole[:-1]] * 2, False)
    assert frames(whole + b"{" + whole, [len(whole)]) == ([whole[:-1]], True)


def test_the_limit_may_rise_between_two_frames_of_one_read() -> None:
    framer = Framer(4)
    framer.feed(b"1234\n" + b"x" * 10 + b"\n")
    assert framer.next_frame() == b"1234"
    framer.limit = 10
    assert framer.next_frame() == b"x" * 10


def fate(frame: bytes) -> bytes:
    """What the frame becomes: a result line or an error line; anything else raised is a bug."""
    try:
        read = wire.read_request(frame)
        return wire.result_line(1, wire.read_params(BASKET, read, frame))
    except PosError as error:
        return wire.error_line(wire.read_id(frame), error)


@given(st.binary(max_size=200))
def test_noise_raises_nothing_but_a_pos_error(noise: bytes) -> None:
    for frame in (noise, request(noise), request(b'{"notes":{"a":"' + noise + b'"}}')):
        assert fate(frame).endswith(b"}\n")


ANY_JSON = st.recursive(
    st.none() | st.text(CHARACTERS) | st.integers(-(2**63), 2**63) | st.floats(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(CHARACTERS) | st.sampled_from(["lines", "notes"]), inner)
    ),
)


@given(ANY_JSON)
def test_any_json_as_request_or_params_raises_nothing_but_a_pos_error(tree: Any) -> None:
    text = msgspec.json.encode(tree)
    for frame in (text, request(text)):
        assert fate(frame).endswith(b"}\n")


def test_crlf_is_whitespace() -> None:
    assert wire.read_request(request(b"{}") + b"\r").id == 1


def test_a_lone_brace_is_told_about_lines() -> None:
    error = refusal(b"{\r")
    assert (error.code, "one line" in error.message) == (Code.PARSE, True)


@pytest.mark.parametrize("text", ["可口可乐", "旺旺雪饼"])
def test_gbk_is_told_where_it_stops_being_utf8(text: str) -> None:
    frame = request(b'{"lines":[{"name":"' + text.encode("gbk") + b'","qty_milli":1}]}')
    error = refusal(frame)
    at = frame.index(text.encode("gbk"))
    assert error.code == Code.PARSE
    assert f"not UTF-8 at byte {at} " in error.message
    assert error.data["byte"] == at


def test_gbk_in_a_method_name_is_a_parse_error_too() -> None:
    assert refusal(b'{"jsonrpc":"2.0","id":1,"method":"\xbf\xc9"}').code == Code.PARSE


@pytest.mark.parametrize(
    ("frame", "path"),
    [
        (b'{"id":1,"method":"a"}', "/jsonrpc"),
        (b'{"jsonrpc":"1.0","id":1,"method":"a"}', "/jsonrpc"),
        (b'{"jsonrpc":"2.0","id":1}', "/method"),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', "/method"),
        (b'{"jsonrpc":"2.0","id":null,"method":"a"}', "/id"),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"a"}', "/id"),
        (b'{"jsonrpc":"2.0","id":99999999999999999999,"method":"a"}', "/id"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","extra":1}', "/extra"),
        (b'"text"', ""),
    ],
)
def test_what_is_no_request_is_refused_with_the_member_at_fault(frame: bytes, path: str) -> None:
    error = refusal(frame)
    assert (error.code, error.data["path"]) == (Code.INVALID_REQUEST, path)


def test_a_batch_is_refused_in_words() -> None:
    error = refusal(b"[" + request(b"{}") + b"]")
    assert (error.code, "batch" in error.message) == (Code.INVALID_REQUEST, True)


def test_positional_params_are_refused_in_words() -> None:
    error = refusal(request(b"[1,2]"))
    assert (error.code, "by name" in error.message) == (Code.INVALID_PARAMS, True)


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    for frame in (b"[" * 100_000, request(b'{"notes":' + b'{"a":' * 30_000 + b"1" + b"}" * 30_000 + b"}")):
        assert refusal(frame).code in (Code.PARSE, Code.INVALID_REQUEST, Code.INVALID_PARAMS)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        (b'{"lines":[{"name":"a","qty_milli":1,"qty":2}]}', "/lines/0/qty"),
        (b'{"lines":[{"name":"a","qty_milli":1},{"name":"b"}]}', "/lines/1/qty_milli"),
        (b'{"lines":[{"name":"a","qty_milli":"1"}]}', "/lines/0/qty_milli"),
        (b'{"lines":[{"name":"a","qty_milli":1.5}]}', "/lines/0/qty_milli"),
        (b'{"lines":[{"name":"a","qty_milli":1000000000000000000000}]}', "/lines/0/qty_milli"),
        (b'{"till/~1":1}', "/till~1~01"),
        (b'{"lines":{}}', "/lines"),
    ],
)
def test_wrong_params_are_refused_with_the_path(params: bytes, path: str) -> None:
    error = refusal(request(params))
    assert (error.code, error.data["path"]) == (Code.INVALID_PARAMS, path)


@pytest.mark.parametrize("control", [*range(0x20), 0x7F, *range(0x80, 0xA0)])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_control_character_is_refused_where_it_stands(control: int, ascii_only: bool) -> None:
    """Escaped or raw, in values and in keys: ESC p in an item's name would open the drawer."""
    written = f'"\\u{control:04x}p"'.encode() if ascii_only else msgspec.json.encode(chr(control) + "p")
    text = written[1:-1]
    line = b'{"lines":[{"name":"ok","qty_milli":1},{"name":"' + text + b'","qty_milli":1}]}'
    error = refusal(request(line))
    assert (error.code, error.data["path"]) == (Code.INVALID_PARAMS, "/lines/1/name")
    assert f"U+{control:04X}" in error.message
    assert refusal(request(b'{"notes":{"' + text + b'":"x"}}')).code == Code.INVALID_PARAMS


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))), st.booleans())
def test_every_other_text_arrives_as_written(text: str, ascii_only: bool) -> None:
    """Quotes, backslashes, ¥ and emoji are no control characters."""
    escaped = (
        "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H"))
        if ascii_only
        else ""
    )
    written = f'"{escaped}"'.encode() if ascii_only else msgspec.json.encode(text)
    frame = request(b'{"notes":{"a":' + written + b"}}")
    assert wire.read_params(BASKET, wire.read_request(frame), frame).notes == {"a": text}


@given(st.integers(-(2**63), 2**63 - 1) | st.text(CHARACTERS, max_size=128))
def test_the_id_comes_back_as_it_went(id: int | str) -> None:
    frame = msgspec.json.encode({"jsonrpc": "2.0", "id": id, "method": "a"})
    read = wire.read_request(frame).id
    assert not isinstance(read, msgspec.UnsetType)
    assert msgspec.json.decode(wire.result_line(read, None)) == {"jsonrpc": "2.0", "id": id, "result": None}
    broken = msgspec.json.encode({"id": id, "method": 1})
    assert wire.read_id(broken) == id


def test_an_error_line_has_code_message_and_the_hint_in_two_languages() -> None:
    line = wire.error_line(7, PosError(Code.IDEM_CONFLICT, "same idem", zh="重复"))
    assert msgspec.json.decode(line) == {
        "jsonrpc": "2.0",
        "id": 7,
        "error": {
            "code": 1302,
            "message": "same idem",
            "data": {"name": "idem_conflict", "retry": "never", "hint": {"zh": "重复", "en": "same idem"}},
        },
    }
