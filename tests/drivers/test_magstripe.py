"""Magnetic stripe tracks and barcode lines, framed."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.protocols.barcode import ScanBuffer
from drivers.protocols.magstripe import CAP_BYTES, SwipeBuffer

numbers = st.text(st.sampled_from("0123456789"), min_size=1, max_size=19)


def read(swipe: SwipeBuffer) -> str | None:
    span = swipe.number()
    return None if span is None else swipe.raw[slice(*span)].decode()


def with_lrc(track: bytes) -> bytes:
    """The track and the XOR of its characters in the track's own code."""
    offset = 0x20 if track[0] == 0x25 else 0x30
    check = 0
    for byte in track:
        check ^= byte - offset
    return track + bytes((check + offset,))


@given(numbers, st.sampled_from(["", "=99121010000"]), st.sampled_from(["", "%B{}^WANG/LI^9912?\r"]))
def test_track_2_gives_the_number_one_byte_at_a_time(number: str, rest: str, first: str) -> None:
    raw = f"{first.format('7777')};{number}{rest}?".encode()
    swipe = SwipeBuffer()
    ends = [swipe.feed(bytes((byte,))) for byte in raw]
    assert ends == [False] * (len(raw) - 1) + [True]
    assert read(swipe) == number


@given(numbers)
def test_track_1_serves_when_track_2_cannot_be_read(number: str) -> None:
    swipe = SwipeBuffer()
    assert swipe.feed(f"%B{number}^WANG/LI^9912?;E?\r".encode())
    assert read(swipe) == number


@given(numbers, st.integers(0, 30))
def test_a_swipe_cut_in_the_middle_gives_no_number(number: str, cut: int) -> None:
    raw = f";{number}=9912?".encode()
    swipe = SwipeBuffer()
    assert not swipe.feed(raw[: min(cut, len(raw) - 1)])
    assert read(swipe) is None


@given(st.binary(max_size=600))
def test_noise_never_raises_nor_outgrows_the_cap(noise: bytes) -> None:
    for swipe in (SwipeBuffer(), SwipeBuffer(lrc=True)):
        swipe.feed(noise)
        assert len(swipe.raw) <= CAP_BYTES
        swipe.number()


@given(st.binary(max_size=60).filter(lambda noise: b"%" not in noise and b";" not in noise), numbers)
def test_noise_before_a_swipe_is_left_out(noise: bytes, number: str) -> None:
    swipe = SwipeBuffer()
    assert swipe.feed(noise + f";{number}?".encode())
    assert read(swipe) == number


@given(numbers, st.integers(1, 255))
def test_a_wrong_lrc_makes_the_swipe_unreadable(number: str, flip: int) -> None:
    track = f";{number}=9912?".encode()
    whole = with_lrc(track)
    good, bad = SwipeBuffer(lrc=True), SwipeBuffer(lrc=True)
    assert good.feed(with_lrc(b"%B12^A^99?") + b"\r" + whole)
    assert read(good) == number
    assert bad.feed(track + bytes((whole[-1] ^ flip,)))
    assert read(bad) is None


class Watched(bytearray):
    """Remembers what it held when it was emptied."""

    held = b""

    def clear(self) -> None:
        self.held = bytes(self)
        super().clear()


@given(numbers)
def test_wiping_overwrites_the_memory_before_giving_it_back(number: str) -> None:
    raw = f";{number}?".encode()
    swipe, scan = SwipeBuffer(), ScanBuffer()
    swipe.raw, scan.raw = memory, line = Watched(), Watched()
    swipe.feed(raw)
    scan.feed(number.encode())
    swipe.wipe()
    scan.wipe()
    assert memory.held == bytes(len(raw))
    assert line.held == bytes(len(number))
    assert swipe.empty
    assert scan.empty


@given(st.lists(numbers, max_size=5), st.sampled_from([b"\r", b"\n", b"\r\n"]), st.booleans())
def test_every_line_is_one_code_with_or_without_prefix(codes: list[str], end: bytes, aim: bool) -> None:
    raw = b"".join((b"]E0" if aim else b"") + code.encode() + end for code in codes)
    for pieces in ([raw], [raw[at : at + 1] for at in range(len(raw))]):
        assert lines(pieces) == codes


def test_a_line_too_long_gives_no_code() -> None:
    buffer = ScanBuffer()
    assert buffer.feed(b"1" * 1000 + b"\r") == (True, 1001)
    assert buffer.number() is None
    assert len(buffer.raw) <= CAP_BYTES + 1


def lines(pieces: list[bytes]) -> list[str]:
    """What a driver reads out of a buffer."""
    buffer, found, rest = ScanBuffer(), [], b""
    for piece in pieces:
        rest += piece
        while rest:
            whole, used = buffer.feed(rest)
            rest = rest[used:]
            if whole:
                span = buffer.number()
                found.append("" if span is None else buffer.raw[slice(*span)].decode())
                buffer.wipe()
    return found
