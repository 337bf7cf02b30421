"""The report of a simulation on a screen of 80 columns."""

import msgspec

from edge.cli.cells import width
from edge.cli.rules.simulation_text import percent, signed, simulation_text
from edge.domain.money import yuan
from edge.domain.rules.terms import BundleName
from tests.edge.reports.test_workbook import REPORT, sums


def test_it_fits_80_columns_whatever_rules_are_called() -> None:
    long = [msgspec.structs.replace(rule, name="满三百减五十" * 9, rule="R" * 64) for rule in REPORT.rules]
    report = msgspec.structs.replace(REPORT, rules=tuple(long))
    assert max(map(width, simulation_text(report))) <= 80


def test_rules_that_never_fired_are_named_in_one_place() -> None:
    silent = msgspec.structs.replace(REPORT.rules[0], rule="SILENT", old_times=0, new_times=0)
    lines = list(simulation_text(msgspec.structs.replace(REPORT, rules=(*REPORT.rules, silent))))
    assert "never fired: SILENT" in lines
    assert sum("SILENT" in line for line in lines) == 1


def test_what_makes_the_figures_doubtful_is_said() -> None:
    doubtful = msgspec.structs.replace(
        REPORT, recounted=("DAILY",), unfaithful=2, unfaithful_first="S001-261122-0001"
    )
    notes = "\n".join(simulation_text(doubtful)).split("NOTE: ")[1:]
    assert notes[0].startswith("limits counted from the first of these receipts on: DAILY")
    assert notes[1].startswith("2 receipts are not what their old bundle makes of them")
    assert "NOTE" not in "\n".join(simulation_text(REPORT))


def test_stores_are_a_table_where_there_is_more_than_one() -> None:
    two = msgspec.structs.replace(REPORT, stores=(sums("S001"), sums("S002")))
    assert any(line.startswith("S002") for line in simulation_text(two))
    assert not any(line.startswith("store") for line in simulation_text(REPORT))


def test_a_kernels_own_bundle_has_no_name_but_its_hash() -> None:
    core = msgspec.structs.replace(REPORT, new=BundleName("", 7, "c" * 64))
    assert next(simulation_text(core)) == "new  core version 7 (cccccccccccc)"


def test_figures_are_written_without_a_float() -> None:
    assert (percent(1, 3), percent(0, 0), percent(3, 3)) == ("33.3 %", "0.0 %", "100.0 %")
    assert (signed(0, yuan), signed(-5, yuan), signed(5, yuan)) == ("0.00", "-0.05", "+0.05")
