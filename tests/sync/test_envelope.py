"""Messages of ts/v1: what goes in comes out, and no bytes whatever raise anything but EnvelopeError."""

import contextlib
import json
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync import envelope
from sync.envelope import (
    GENESIS,
    MAX_BATCH_EVENTS,
    MAX_EVENT_BYTES,
    MAX_PAYLOAD_BYTES,
    Ack,
    EnvelopeError,
    Event,
    GrantItem,
    GrantPage,
    Hello,
    Rep,
    Req,
    State,
    Welcome,
    chain,
    decode,
    encode,
    pack,
    split_topic,
    unpack,
)
from sync.testing import MemoryBox

NONCE = "0123456789abcdef" * 2
MESSAGES: list[Any] = [
    State(online=True, bd="b1", epoch=3, ver="1"),
    Hello("b1", 1, 2, 30, 20, b"12345678", b"abcdefgh", NONCE, rebase=True),
    Welcome("b1", 1, 2, 29, GENESIS, NONCE, gver=4, rebase=5, fenced=True),
    Ack(2, 29, GENESIS, 4, (envelope.Reject(7, "no"),)),
    Req("r1", NONCE, 3),
    Rep("r1", GrantPage(NONCE, 9, (GrantItem("M1", "points", 5, -2),), more=True)),
]
bodies = st.lists(st.binary(max_size=2000), min_size=1, max_size=300)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_survives_the_wire_and_ignores_fields_of_a_newer_peer(message: Any) -> None:
    assert decode(encode(message), type(message)) == message
    newer = {**json.loads(encode(message)), "of_next_year": [1]}
    assert decode(json.dumps(newer).encode(), type(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_cut_anywhere_is_refused(message: Any) -> None:
    payload = encode(message)
    for at in range(len(payload)):
        with pytest.raises(EnvelopeError):
            decode(payload[:at], type(message))


@given(st.binary(max_size=300))
@example(b"[" * 20_000)
@example(b'{"online":true,"bd":"\xff"}')
def test_noise_is_refused_by_name(noise: bytes) -> None:
    for kind in (State, Hello, Welcome, Ack, Req, Rep, Event):
        with pytest.raises(EnvelopeError, match=f"^{kind.__name__}: "):
            decode(noise if noise[:1] != b"{" else noise + b"\x00", kind)


@pytest.mark.parametrize(
    ("field", "bad"),
    [("next", 0), ("acked", -1), ("acked", 1.5), ("ah", "AAAA"), ("nonce", "xyz"), ("bd", ""), ("n", None)],
)
def test_a_bad_field_is_named(field: str, bad: object) -> None:
    fields = {**json.loads(encode(MESSAGES[1])), field: bad}
    with pytest.raises(EnvelopeError, match=rf"\$\.{field}"):
        decode(json.dumps(fields).encode(), Hello)


@given(bodies)
def test_a_batch_holds_the_first_bodies_untouched_and_fits(events: list[bytes]) -> None:
    payload, count = pack(3, 17, b"12345678", events)
    batch = unpack(payload)
    assert 1 <= count <= MAX_BATCH_EVENTS
    assert len(payload) <= MAX_PAYLOAD_BYTES
    assert batch.bodies == tuple(events[:count])
    assert (batch.epoch, batch.first, batch.prev, batch.last) == (3, 17, b"12345678", 16 + count)


def test_a_batch_is_cut_by_its_compressed_size() -> None:
    import random

    events = [random.Random(n).randbytes(5000) for n in range(40)]
    payload, count = pack(1, 1, GENESIS, events)
    assert 5 <= count < 10
    assert len(payload) <= MAX_PAYLOAD_BYTES
    assert pack(1, 1, GENESIS, [b"{}" * 100] * 250)[1] == MAX_BATCH_EVENTS


def test_the_largest_event_fits_whatever_it_holds() -> None:
    import random

    assert pack(1, 1, GENESIS, [random.Random(1).randbytes(MAX_EVENT_BYTES)])[1] == 1
    with pytest.raises(EnvelopeError, match="do not fit"):
        pack(1, 1, GENESIS, [random.Random(1).randbytes(MAX_PAYLOAD_BYTES + 1)])


@given(bodies, st.data())
def test_a_damaged_batch_is_refused_or_reads_as_the_same(events: list[bytes], data: st.DataObject) -> None:
    payload, _ = pack(1, 1, GENESIS, events)
    at = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(EnvelopeError):
        unpack(payload[:at])
    damaged = payload[:at] + bytes([payload[at] ^ data.draw(st.integers(1, 255))]) + payload[at + 1 :]
    with contextlib.suppress(EnvelopeError):
        assert unpack(damaged) == unpack(payload)


@given(st.binary(max_size=500))
def test_noise_is_no_batch_compressed_or_not(noise: bytes) -> None:
    for payload in (noise, zlib.compress(noise)):
        with pytest.raises(EnvelopeError):
            unpack(payload)


def test_a_payload_that_unfolds_without_end_is_refused() -> None:
    bomb = zlib.compress(b"0" * 40_000_000)
    assert len(bomb) < MAX_PAYLOAD_BYTES
    with pytest.raises(EnvelopeError, match="too large"):
        unpack(bomb)


def test_sizes_that_do_not_add_up_are_refused() -> None:
    raw = b'{"epoch":1,"first":1,"prev":"AAAAAAAAAAA=","sizes":[3]}\nab'
    with pytest.raises(EnvelopeError, match="sizes add up to 3, 2 bytes follow"):
        unpack(zlib.compress(raw))


def test_the_chain_depends_on_every_event_before() -> None:
    one, other = chain(chain(GENESIS, b"a"), b"b"), chain(chain(GENESIS, b"x"), b"b")
    assert len(one) == 8
    assert one != other


def test_an_event_reads_back_with_its_body_as_written() -> None:
    box = MemoryBox("S1")
    event = box.book("M1", "earn", 5)
    again = decode(box.rows[1].body, Event)
    assert msgspec.json.encode(again) == msgspec.json.encode(event)
    assert bytes(again.body) == b"{}"


@pytest.mark.parametrize("kind", ["hello", "ev", "req", "state", "tel"])
def test_topics_say_who_and_what(kind: Any) -> None:
    assert split_topic(envelope.up("t-S1", kind)) == ("t-S1", "up", kind)
    assert split_topic(envelope.down("t-S1", "ack")) == ("t-S1", "dn", "ack")


@pytest.mark.parametrize("node", ["", "a/b", "a+", "#", "n" * 60])
def test_a_node_that_would_break_a_topic_is_refused(node: str) -> None:
    with pytest.raises(EnvelopeError):
        envelope.up(node, "hello")


@given(st.text(max_size=40))
def test_any_topic_is_split_or_refused(topic: str) -> None:
    for text in (topic, f"ts/v1/{topic}/up/ev"):
        with contextlib.suppress(EnvelopeError):
            assert all(split_topic(text))
