"""The workbook of a simulation: exact figures, a formula for each change, charts that point at them."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from io import BytesIO
from typing import get_args
from zipfile import ZipFile

import msgspec
import pytest

from edge.domain.rules.terms import BundleName
from edge.domain.simulation import Mover, OldBundle, Report, RuleSums, Sums
from edge.reports.explanation_words import Lang
from edge.reports.workbook import workbook
from edge.reports.workbook_words import WORKBOOK_WORDS

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
LANGS: tuple[Lang, ...] = get_args(Lang)


def sums(key: str, label: str = "") -> Sums:
    return Sums(key, label, 10, 3, 123_456_789, 123_456_701, 1000, 1010)


REPORT = Report(
    new=BundleName("corner", 2, "b" * 64),
    old=(OldBundle(BundleName("corner", 1, "a" * 64), 10),),
    receipts=10,
    changed=3,
    winners=2,
    losers=1,
    fen_per_point=2,
    cost_fen=108,
    totals=sums(""),
    rules=(
        RuleSums("BASE", "消费积分", "points", 3, 3, 100, 110),
        RuleSums("FULL", "满100减10", "fen", 1, 1, 1000, 1088),
        RuleSums("TEA", "买茶送杯", "gifts", 0, 1, 0, 2),
    ),
    tiers=(sums("-"), sums("gold", "金卡")),
    days=(sums("2026-11-22"), sums("2026-11-23")),
    stores=(sums("S001"),),
    gainers=(Mover("S001-261122-0001", "2026-11-22", "gold", 1000, 900, 10, 9, 98),),
    payers=(Mover("S001-261122-0002", "2026-11-22", "-", 1000, 1100, 0, 0, -100),),
    unfaithful=0,
    unfaithful_first=None,
    recounted=(),
)


class Opened:
    """A workbook as its parts say it, without a library that would mend what is wrong."""

    def __init__(self, raw: bytes) -> None:
        self._zip = ZipFile(BytesIO(raw))
        book = self._part("xl/workbook.xml")
        self.sheets = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        self.charts = [name for name in self._zip.namelist() if name.startswith("xl/charts/chart")]

    def cells(self, sheet: str) -> dict[str, str]:
        """What stands in each cell: a text, or a number as it was written."""
        part = self._part(f"xl/worksheets/sheet{self.sheets.index(sheet) + 1}.xml")
        return {cell.attrib["r"]: "".join(cell.itertext()) for cell in part.iter(f"{MAIN}c")}

    def values(self, chart: str) -> list[str]:
        """The ranges that a chart draws."""
        return [found.text or "" for found in self._part(chart).iter(f"{CHART}f")]

    def _part(self, name: str) -> ET.Element:
        return ET.fromstring(self._zip.read(name))


@pytest.mark.parametrize("lang", LANGS)
def test_every_language_has_its_sheets(lang: Lang) -> None:
    words = WORKBOOK_WORDS[lang]
    assert Opened(workbook(REPORT, lang)).sheets == [
        words.summary,
        words.by_rule,
        words.by_tier,
        words.by_day,
        words.movers,
    ]


def test_money_is_exact_and_a_change_is_a_formula() -> None:
    """1,234,567.89 yuan as it is, no nearest binary fraction."""
    cells = Opened(workbook(REPORT, "en")).cells("Summary")
    assert (cells["B4"], cells["C4"]) == ("1234567.89", "1234567.01")
    assert cells["D4"].startswith("C4-B4")
    assert Decimal(cells["D4"].removeprefix("C4-B4")) == Decimal("-0.88")


def test_the_bundles_stand_there_with_their_whole_hashes() -> None:
    text = " ".join(Opened(workbook(REPORT, "en")).cells("Summary").values())
    assert "a" * 64 in text
    assert "b" * 64 in text


def test_rules_whose_limits_were_counted_anew_are_named() -> None:
    counted = msgspec.structs.replace(REPORT, recounted=("DAILY", "WELCOME"))
    assert "DAILY, WELCOME" in Opened(workbook(counted, "en")).cells("Summary").values()


def test_rules_of_one_unit_stand_together() -> None:
    cells = Opened(workbook(REPORT, "en")).cells("By rule")
    assert [cells[f"A{row}"] for row in (2, 3, 4)] == ["FULL", "BASE", "TEA"]
    assert [cells[f"C{row}"] for row in (2, 3, 4)] == ["yuan", "points", "gifts"]


def test_winners_come_before_losers() -> None:
    cells = Opened(workbook(REPORT, "en")).cells("Movers")
    assert [(cells[f"A{row}"], cells[f"J{row}"]) for row in (2, 3)] == [
        ("S001-261122-0001", "0.98"),
        ("S001-261122-0002", "-1.00"),
    ]


def test_charts_draw_the_rows_that_are_there() -> None:
    opened = Opened(workbook(REPORT, "en"))
    drawn = [opened.values(chart) for chart in sorted(opened.charts)]
    assert ["'By day'!$A$2:$A$3", "'By day'!$D$2:$D$3", "'By day'!$A$2:$A$3", "'By day'!$E$2:$E$3"] in drawn
    assert ["'By rule'!$A$2", "'By rule'!$I$2"] in drawn
    assert len(drawn) == 1 + 2 + 2 + 2


def test_stores_have_a_sheet_where_there_is_more_than_one() -> None:
    two = msgspec.structs.replace(REPORT, stores=(sums("S001"), sums("S002")))
    assert "By store" in Opened(workbook(two, "en")).sheets


def test_an_empty_report_is_a_workbook_too() -> None:
    empty = msgspec.structs.replace(
        REPORT, old=(), rules=(), tiers=(), days=(), stores=(), gainers=(), payers=()
    )
    opened = Opened(workbook(empty, "en"))
    assert (len(opened.sheets), opened.charts) == (5, [])
