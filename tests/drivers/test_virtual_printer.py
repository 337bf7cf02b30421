"""The virtual printer itself: product code that drivers and demos lean on."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Block, Cut, Divider, Feed, Pair, Paper, QrCode, Text
from drivers.protocols.escpos import Profile, encode
from drivers.testing import VirtualPrinter

words = st.text(st.sampled_from("可口可乐，。Cola 3.50￥-"), max_size=30)
documents = st.lists(
    st.one_of(
        st.builds(Text, words, st.sampled_from(["left", "center", "right"]), st.booleans()),
        st.builds(Pair, words, words),
        st.just(Divider()),
        st.builds(Feed, st.integers(0, 3)),
        st.builds(QrCode, words),
        st.just(Cut()),
    ),
    max_size=6,
)


def printed(job: bytes, pieces: list[bytes], device: VirtualPrinter | None = None) -> list[str]:
    assert b"".join(pieces) == job
    device = device or VirtualPrinter()
    for piece in pieces:
        device.wire.on_bytes(piece)
    return device.receipts


@given(documents, st.data())
def test_a_job_prints_the_same_in_any_pieces(document: list[Block], cut: st.DataObject) -> None:
    """Whole, one byte at a time, and cut in the middle of a hanzi or a command."""
    job = encode((*document, Cut()), Profile())
    whole = printed(job, [job])
    assert printed(job, [job[at : at + 1] for at in range(len(job))]) == whole
    middle = cut.draw(st.integers(0, len(job)))
    assert printed(job, [job[:middle], job[middle:]]) == whole
    assert len(whole) == 1 + sum(isinstance(block, Cut) for block in document)


@given(words)
def test_text_on_paper_is_the_text_of_the_document(text: str) -> None:
    receipt = printed(job := encode((Text(text), Cut()), Profile()), [job])[0]
    assert receipt.replace(" ", "").replace("\n", "") == text.replace(" ", "")


@given(documents, st.integers(0, 400))
def test_paper_running_out_anywhere_loses_and_doubles_nothing(document: list[Block], at: int) -> None:
    job = encode((*document, Cut()), Profile())
    device = VirtualPrinter()
    device.wire.on_bytes(job[:at])
    device.set_paper(Paper.OUT)
    held = len(device.receipts)
    device.wire.on_bytes(job[at:])
    assert len(device.receipts) == held
    device.set_paper(Paper.OK)
    assert device.receipts == printed(job, [job])


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(noise: bytes) -> None:
    """And none is lost: everything that came can be read back."""
    device = VirtualPrinter()
    device.wire.on_bytes(noise)
    assert device.received == noise
