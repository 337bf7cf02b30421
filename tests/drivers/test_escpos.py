"""ESC/POS jobs as bytes."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import BadPort, Block, Cut, Divider, Feed, Pair, QrCode, Row, Text
from drivers.printers.profiles import models, profile_for
from drivers.protocols import escpos
from drivers.protocols.escpos import Profile, drawer_kick, encode

GBK = Profile(status="poll")
words = st.text(max_size=40)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(
        Text, words, st.sampled_from(["left", "center", "right"]), st.booleans(), st.sampled_from([1, 2])
    ),
    st.builds(Pair, words, words, st.booleans(), st.sampled_from([1, 2])),
    st.builds(lambda a, b: Row((a, b), (2, 1)), words, words),
    st.builds(Divider, st.characters()),
    st.builds(Feed, st.integers(0, 5)),
    st.builds(QrCode, words),
    st.just(Cut()),
)


def test_a_job_begins_with_the_chinese_preamble_and_ends_asking_whether_it_is_done() -> None:
    job = encode((Text("可乐"), Cut()), GBK)
    assert job.startswith(bytes.fromhex("1b40 1b7400 1c26"))
    assert "可乐".encode("gbk") + b"\n" in job
    assert job.endswith(bytes.fromhex("1d564200 1d7201"))


@pytest.mark.parametrize(
    ("profile", "preamble"),
    [
        (Profile(), "1b40 1b7400 1c26 1d610f"),
        (Profile(hanzi="none", status="none"), "1b40 1b7400 1c2e"),
        (Profile(hanzi="utf8", status="none"), "1b40 1c284302003032"),
    ],
)
def test_the_preamble_says_which_text_follows(profile: Profile, preamble: str) -> None:
    """And it arms the automatic status again, which the reset switched off."""
    assert encode((Text("x"),), profile).startswith(bytes.fromhex(preamble) + b"\x1ba\x00x")


@given(st.lists(blocks, max_size=8), st.sampled_from(["gb2312", "gbk", "gb18030", "utf8", "none"]))
def test_every_document_can_be_encoded_and_always_alike(document: list[Block], hanzi: str) -> None:
    profile = profile_for({"hanzi": hanzi, "width": 32})
    assert encode(tuple(document), profile) == encode(tuple(document), profile)


@given(st.text(st.sampled_from("\x00\x04\x10\x14\x1b\x1c\x1d@pVa\x0f可"), max_size=30))
def test_text_cannot_carry_a_command(text: str) -> None:
    """No name of goods kicks a drawer or cuts paper: its control characters never reach the wire."""
    job = encode((Text(text), Pair(text, text), QrCode(text)), GBK)
    innocent = "".join(char for char in text if char >= " ")
    plain = encode((Text(innocent), Pair(innocent, innocent), QrCode(innocent)), GBK)
    controls = (0x10, 0x14, 0x1B, 0x1C, 0x1D)
    if "\x1c" not in text and "\x1d" not in text:  # these two break lines
        assert job == plain
    assert sum(job.count(one) for one in controls) == sum(plain.count(one) for one in controls)


def test_double_size_halves_the_line() -> None:
    job = encode((Text("一二三四五六七八九十", size=2),), Profile(width=32))
    assert "一二三四五六七八\n九十\n".encode("gbk") in job
    assert b"\x1d!\x11" in job
    assert job.index(b"\x1d!\x00") > job.index("九十".encode("gbk"))


def test_a_qr_code_is_printed_natively_or_as_text() -> None:
    native = encode((QrCode("https://x.cn"),), GBK)
    assert bytes.fromhex("1d286b 0f00 315030") + b"https://x.cn" in native
    assert native.index(b"1P0") < native.index(bytes.fromhex("1d286b 0300 315130"))
    plain = encode((QrCode("https://x.cn"),), Profile(qr=False, status="poll"))
    assert b"\x1d(k" not in plain
    assert b"https://x.cn\n" in plain


def test_a_printer_without_a_knife_feeds_to_where_paper_is_torn() -> None:
    assert encode((Cut(),), Profile(cut=False, status="poll", confirm="none")).endswith(b"&\n\n\n\n")


@pytest.mark.parametrize(
    ("pin", "drawer", "kick"),
    [(2, "pulse", "1b70003232"), (5, "pulse", "1b70013232"), (2, "realtime", "1014010001")],
)
def test_drawer_pulses(pin: int, drawer: str, kick: str) -> None:
    assert drawer_kick(2 if pin == 2 else 5, profile_for({"drawer": drawer})) == bytes.fromhex(kick)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"widht": 32}, "widht"),
        ({"width": "32"}, "width"),
        ({"hanzi": "big5"}, "hanzi"),
        ({"model": "TM-Unheard-Of"}, "TM-Unheard-Of"),
        ({"status": "none", "confirm": "gsr"}, "confirm"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, str | int | bool], named: str) -> None:
    with pytest.raises(BadPort, match=named):
        profile_for(options)


def test_a_model_brings_its_paper_and_options_overrule_it() -> None:
    """58 mm printers have 32 cells and no native QR code in the database."""
    assert profile_for({"model": "POS-5890"}) == Profile(width=32, qr=False, cut=False)
    assert profile_for({"model": "TM-T20II", "width": 42}).width == 42
    assert profile_for({"model": "NT-80-V-UL"}).width == 48


def test_every_model_of_the_database_is_usable() -> None:
    assert len(models()) > 25
    for model in models():
        assert profile_for({"model": model}).width >= 32


def test_a_printer_without_status_is_not_asked_to_confirm() -> None:
    profile = profile_for({"status": "none"})
    assert not encode((Cut(),), profile).endswith(escpos.CONFIRM)


def test_the_database_is_read_without_the_library() -> None:
    """Importing python-escpos costs 0.3 s at start, sets up logging and leaves a directory behind."""
    script = (
        "import sys; from drivers.printers import escpos_printer, profiles;"
        "assert profiles.profile_for({'model': 'TM-T88V'}).width == 42;"
        "print(*sorted({'escpos.capabilities', 'escpos.escpos', 'PIL', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
