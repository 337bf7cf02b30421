"""Text as cells on paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.protocols.cells import Charset, Hanzi

EVERY_HANZI: tuple[Hanzi, ...] = ("gb2312", "gbk", "gb18030", "utf8", "none")
GBK = Charset("gbk")
charsets = st.sampled_from([Charset(hanzi) for hanzi in EVERY_HANZI])
shop_text = st.text(st.sampled_from("可乐 Cola 330ml，。￥¥7.50□😀é\t\u00a0ⅣA"), max_size=60)


@given(charsets, st.text())
def test_any_text_can_be_printed_without_control_characters(charset: Charset, text: str) -> None:
    """Whatever is in a name, the printer gets characters it has and no command."""
    raw = charset.encode(charset.printable(text))
    assert not [byte for byte in raw if byte < 0x20 or byte == 0x7F]


@given(st.text())
def test_a_gbk_text_is_as_wide_as_its_bytes_are_many(text: str) -> None:
    printable = GBK.printable(text)
    assert GBK.width(printable) == len(GBK.encode(printable))


@given(charsets, st.one_of(shop_text, st.text(max_size=40)), st.integers(2, 48))
def test_wrapping_fits_the_paper_and_loses_nothing_but_spaces(
    charset: Charset, text: str, limit: int
) -> None:
    lines = charset.wrap(text, limit)
    assert all(charset.width(line) <= limit for line in lines)
    whole = "".join(charset.printable(line) for line in text.splitlines())
    assert "".join(lines).replace(" ", "") == whole.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("可口可乐", ["可口", "可乐"]),
        ("ab cd ef", ["ab", "cd", "ef"]),
        ("a 可乐", ["a 可", "乐"]),
        ("abcdef", ["abcd", "ef"]),
        ("", [""]),
        ("a\nb", ["a", "b"]),
    ],
)
def test_lines_break_at_spaces_and_between_hanzi(text: str, lines: list[str]) -> None:
    assert GBK.wrap(text, 4) == lines


@given(shop_text, shop_text, st.integers(8, 48))
def test_both_ends_of_a_pair_are_on_the_paper(left: str, right: str, limit: int) -> None:
    lines = GBK.justify(left, right, limit)
    assert all(GBK.width(line) <= limit for line in lines)
    printed = "".join(lines).replace(" ", "")
    expected = "".join(GBK.printable(line) for line in (left + "\n" + right).splitlines())
    assert printed == expected.replace(" ", "")


def test_a_pair_that_fits_is_one_line_with_its_amount_at_the_edge() -> None:
    assert GBK.justify("合计", "￥7.00", 20) == ["合计" + " " * 10 + "￥7.00"]
    assert GBK.justify("很长很长的商品名", "￥7.00", 16) == ["很长很长的商品名", " " * 10 + "￥7.00"]


@given(
    st.lists(st.text(st.sampled_from("0123456789.￥可乐 "), max_size=20), min_size=2, max_size=4),
    st.sampled_from([32, 42, 48]),
)
def test_columns_never_touch_and_never_overflow(cells: list[str], limit: int) -> None:
    lines = GBK.columns(tuple(cells), (1,) * len(cells), limit)
    assert all(GBK.width(line) <= limit for line in lines)
    width = limit // len(cells)
    for line in lines:
        last = GBK.encode(line).ljust(limit)[-width:]
        assert last.startswith(b" ")


def test_a_row_needs_a_width_for_every_cell() -> None:
    with pytest.raises(ValueError, match="3 cells has 2 widths"):
        GBK.columns(("a", "b", "c"), (1, 1), 48)


@pytest.mark.parametrize(
    ("hanzi", "text", "printed"),
    [
        ("gbk", "¥7\u00a0−2•®", "￥7 -2·"),
        ("gbk", "😀é", "□é"),
        ("gb2312", "囍镕", "□□"),
        ("gb18030", "㐂", "㐂"),
        ("none", "¥7 可乐，é", "¥7 ??,é"),
        ("gbk", "\x1b@\x10\x14可\x7f\u200b乐", "@可乐"),
    ],
)
def test_what_a_printer_has_not_becomes_its_nearest_form(hanzi: Hanzi, text: str, printed: str) -> None:
    assert Charset(hanzi).printable(text) == printed
