"""How far a long piece of work has got."""

import pytest

from edge.cli.progress import Progress


def said(capsys: pytest.CaptureFixture[str], total: int, *counts: int) -> list[str]:
    with Progress("ledger", total) as progress:
        for count in counts:
            progress.add(count)
    return capsys.readouterr().err.splitlines()


def test_a_log_gets_one_line_for_each_tenth_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, 100, 5, 5, 5, 35, 50) == ["ledger: 10 %", "ledger: 50 %", "ledger: 100 %"]


def test_of_nothing_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, 0) == []


def test_more_than_was_counted_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The shop goes on selling while its ledger is read."""
    assert said(capsys, 0, 3) == ["ledger: 100 %"]
    assert said(capsys, 2, 2, 1) == ["ledger: 100 %"]
