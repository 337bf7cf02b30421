"""The changelog is made of the fragments, each under the people it concerns."""

from pathlib import Path

import pytest

from changes.assemble import KINDS, fragments, section


def test_each_fragment_stands_once_under_its_kind(tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / f"a-change.{kind}.md").write_text(f"About {kind},\nin two lines.\n")
    (tmp_path / "README.md").write_text("not a fragment")
    text = section("1.2.0", fragments(tmp_path))
    assert text.startswith("## 1.2.0\n\n### Tills\n\n- About pos, in two lines.\n\n### HQ\n")
    assert [text.count(f"- About {kind}, in two lines.\n") for kind in KINDS] == [1] * len(KINDS)
    assert "not a fragment" not in text


def test_an_unknown_kind_is_refused_rather_than_left_out(tmp_path: Path) -> None:
    (tmp_path / "a-change.feature.md").write_text("Lost?")
    with pytest.raises(KeyError, match="feature"):
        fragments(tmp_path)
