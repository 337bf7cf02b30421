"""What verbs print: plain and whole when piped, JSON when asked."""

import os
import pty
import subprocess
import sys
from dataclasses import dataclass

import msgspec
import pytest

from edge.cli.output import emit

ROWS = [{"name": "热敏打印机", "ok": True, "queued": 3}, {"name": "pole", "ok": False, "queued": None}]


@dataclass(frozen=True, slots=True)
class Health:
    store: str
    queued: int


def test_a_table_lines_up_even_where_characters_are_two_cells_wide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    emit(ROWS, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "name        ok   queued",
        "热敏打印机  yes  3",
        "pole        no   -",
    ]


def test_a_dataclass_prints_one_line_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Health("S001", 17), as_json=False)
    assert capsys.readouterr().out == "store   S001\nqueued  17\n"


def test_no_rows_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], as_json=False)
    assert capsys.readouterr().out == ""


def test_json_is_the_result_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    """A script reads back what the verb computed, Chinese and nulls included."""
    emit(ROWS, as_json=True)
    assert msgspec.json.decode(capsys.readouterr().out) == ROWS


def test_a_long_cell_is_neither_cut_nor_wrapped_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"path": "x" * 500}], as_json=False)
    assert capsys.readouterr().out == f"path\n{'x' * 500}\n"


def test_brackets_in_a_cell_reach_the_terminal() -> None:
    """Rich reads [red] as markup; a receipt's text is not markup."""
    program = "from edge.cli.output import emit; emit([{'text': '[red]满减[/red]'}], False)"
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", program], stdout=slave, check=True, timeout=30)
    os.close(slave)
    shown = os.read(master, 4096).decode()
    os.close(master)
    assert "[red]满减[/red]" in shown
