"""The demo in plain lines: columns stand under each other although half of the words are Chinese."""

import pytest

from edge.cli.demo_plain import PlainScreen, paper_lines, width
from edge.testing.screen import Shown, Slip


def test_columns_stand_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    PlainScreen().table(("会员 member", "分"), [("王芳", "7"), ("Li", "1000")])
    assert capsys.readouterr().out == "  会员 member  分\n  王芳            7\n  Li           1000\n"


def test_a_receipt_is_framed_as_wide_as_its_widest_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The feed before the cut is left out; the displays and the notes stand below."""
    seen = Shown("合计 total", ("TOTAL".ljust(20), "9.00".rjust(20)), "9.00", "total")
    PlainScreen().slip(Slip("小票\n2 × 4.50   9.00\n\n\n", [seen], ["注意"]))
    *frame, display, note = capsys.readouterr().out.splitlines()
    assert len({width(line) for line in frame}) == 1
    assert [line.strip("│ ") for line in frame[1:-1]] == ["小票", "2 ×  4.50   9.00"]
    assert display == f"  合计 total: [{'TOTAL':20}|{'9.00':>20}] LED8 总计 9.00"
    assert note == "  注意"


def test_what_is_two_cells_wide_on_paper_is_so_on_the_terminal() -> None:
    """A printer sets × as wide as a hanzi, a terminal does not."""
    (line,) = paper_lines("1 × 2")
    assert width(line) == len("1 × 2".encode("gb18030"))
