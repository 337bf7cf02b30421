"""What a printer says, told apart byte by byte."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Paper, PrinterStatus
from drivers.protocols.escpos_status import (
    Answer,
    Block,
    Flow,
    Noise,
    PaperSensor,
    Realtime,
    StatusBack,
    StatusDecoder,
    from_realtime,
    from_status_back,
)

OK = PrinterStatus(True, True, Paper.OK)
NEAR_END = PrinterStatus(True, True, Paper.NEAR_END)
PAPER_OUT = PrinterStatus(True, False, Paper.OUT)
COVER_OPEN = PrinterStatus(True, False, Paper.OK, cover_open=True)

TABLE = [
    (OK, "16 12 12", "14 00 00 00"),
    (NEAR_END, "16 12 1e", "14 00 03 00"),
    (PAPER_OUT, "1e 32 7e", "1c 00 0f 00"),
    (COVER_OPEN, "1e 16 12", "3c 00 00 00"),
]

answers = st.one_of(
    st.builds(Flow, st.booleans()),
    st.integers(0, 255).filter(lambda byte: byte & 0x93 == 0x12).map(Realtime),
    st.integers(0, 15).map(PaperSensor),
    st.tuples(
        st.integers(0, 255).filter(lambda byte: byte & 0x93 == 0x10),
        *[st.integers(0, 255).filter(lambda byte: not byte & 0x90)] * 3,
    ).map(lambda raw: StatusBack(bytes(raw))),
    st.builds(
        Block, st.sampled_from([0x37, 0x3D, 0x5F]), st.binary(max_size=0) | st.just(b"EPSON TM-T20III")
    ),
)


def wire(answer: Answer) -> bytes:
    match answer:
        case Flow(go):
            return b"\x11" if go else b"\x13"
        case Block(head, text):
            return bytes((head,)) + text + b"\x00"
        case StatusBack(raw):
            return raw
    return bytes((answer.byte,))


@given(st.lists(answers), st.data())
def test_answers_come_out_whatever_pieces_they_come_in(sent: list[Answer], cut: st.DataObject) -> None:
    """Whole, one byte at a time, and cut in the middle."""
    raw = b"".join(wire(answer) for answer in sent)
    assert StatusDecoder().feed(raw) == sent
    bytewise = StatusDecoder()
    assert [answer for byte in raw for answer in bytewise.feed(bytes((byte,)))] == sent
    halves, middle = StatusDecoder(), cut.draw(st.integers(0, len(raw)))
    assert halves.feed(raw[:middle]) + halves.feed(raw[middle:]) == sent


@given(st.binary(max_size=300), st.sampled_from(TABLE))
def test_noise_never_breaks_the_decoder_for_long(noise: bytes, row: tuple[PrinterStatus, str, str]) -> None:
    """Nothing is raised, and the second status after any noise is understood."""
    decoder = StatusDecoder()
    decoder.feed(noise)
    status = StatusBack(bytes.fromhex(row[2]))
    said = [answer for _ in range(3) for answer in decoder.feed(status.raw)]
    assert status in said


def test_flow_control_may_come_inside_a_status() -> None:
    decoder = StatusDecoder()
    assert decoder.feed(b"\x14\x00\x13\x00\x11\x00") == [Flow(False), Flow(True), StatusBack(b"\x14\0\0\0")]


def test_a_status_cut_off_is_noise_and_the_next_one_is_heard() -> None:
    assert StatusDecoder().feed(b"\x14\x00\x16") == [Noise(0x14), Noise(0x00), Realtime(0x16)]


def test_a_text_without_an_end_does_not_swallow_the_wire() -> None:
    decoder = StatusDecoder()
    heard = decoder.feed(b"_" + b"x" * 200)
    assert heard
    assert all(isinstance(one, Noise) for one in heard)


@pytest.mark.parametrize(("status", "eot", "asb"), TABLE)
def test_both_tables_give_the_same_status(status: PrinterStatus, eot: str, asb: str) -> None:
    one, two, four = bytes.fromhex(eot)
    assert from_realtime({1: one, 2: two, 4: four}, "low") == status
    assert from_status_back(StatusBack(bytes.fromhex(asb)), "low") == status


@pytest.mark.parametrize(
    ("level", "byte", "opened"), [("low", 0x12, True), ("high", 0x16, True), ("high", 0x12, False)]
)
def test_the_drawer_switch_has_a_polarity(level: Literal["low", "high"], byte: int, opened: bool) -> None:
    assert from_realtime({1: byte, 2: 0x12, 4: 0x12}, level).drawer_open is opened


def test_errors_block() -> None:
    assert from_realtime({1: 0x1E, 2: 0x52, 4: 0x12}, "low").blocked
    assert from_status_back(StatusBack(b"\x1c\x08\x00\x00"), "low").blocked
