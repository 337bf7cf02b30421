"""Text on a grid of cells, where a Chinese character takes two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cli.cells import Column, padded, row, width, wrapped

TEXT = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Zs"], codec="utf-8"), max_size=60)


@given(TEXT, st.integers(2, 40))
def test_a_padded_text_fills_its_column_exactly(text: str, cells: int) -> None:
    assert width(padded(text, Column(cells))) == cells


@given(st.integers(), st.integers(2, 40))
def test_a_figure_is_never_cut(figure: int, cells: int) -> None:
    shown = padded(str(figure), Column(cells, "right"))
    assert shown.lstrip() == str(figure)
    assert width(shown) == max(cells, len(str(figure)))


@given(st.lists(st.text("ab 满减积分", max_size=20), max_size=8), st.integers(2, 20))
def test_wrapping_loses_nothing_but_blanks_and_keeps_within_the_cells(words: list[str], cells: int) -> None:
    text = " ".join(words).strip()
    lines = list(wrapped(text, cells))
    assert all(width(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_line_breaks_at_a_blank_where_there_is_one() -> None:
    assert list(wrapped("spend a little more", 9)) == ["spend a", "little", "more"]


def test_chinese_breaks_anywhere() -> None:
    assert list(wrapped("还差二十元可享满减", 8)) == ["还差二十", "元可享满", "减"]


@pytest.mark.parametrize(
    ("text", "cut"), [("会员日特价", "会员… "), ("member day", "membe…"), ("会员", "会员  ")]
)
def test_what_does_not_fit_is_cut_and_says_so(text: str, cut: str) -> None:
    assert padded(text, Column(6)) == cut


def test_a_row_puts_every_column_at_its_place() -> None:
    assert (
        row(("茶", "12.00", "7"), (Column(6), Column(8, "right"), Column(3, "right")))
        == "茶         12.00    7"
    )
