"""A simulation as an Excel workbook: sums by rule, tier, day and store with charts, and the biggest movers."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, Literal

import xlsxwriter

from edge.domain.rules.terms import BundleName
from edge.domain.simulation import STRANGER, Mover, Report, RuleSums, Sums
from edge.reports.charts import HALF_PX, WIDE_PX, WIDE_ROWS, Rows, bars, old_and_new
from edge.reports.explanation_words import Lang
from edge.reports.workbook_words import WORKBOOK_WORDS, WorkbookWords

HEAD_COLOUR = "#E9ECEF"
UNITS = ("fen", "points", "redeemed", "gifts")
PAID_COLUMNS, POINTS_COLUMNS, COST_COLUMN = (3, 4), (6, 7), 9
"""Where a sheet of sums has old and new, and the cost."""

RULE_CHANGE_COLUMN = 8
BARS_MAX = 20
"""Rules in one chart: more are unreadable, and stand in the table anyway."""


def workbook(report: Report, lang: Lang) -> bytes:
    """The workbook's bytes; money in yuan, as exact decimals."""
    file = BytesIO()
    # Rows go to disk as they are written: a sheet may be as long as there are days and rules.
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        book.set_properties({"title": WORKBOOK_WORDS[lang].title, "author": "Tillside"})
        sheets = _Book(book, WORKBOOK_WORDS[lang])
        sheets.summary(report)
        sheets.rules(report.rules)
        sheets.tiers(report)
        sheets.days(report)
        if len(report.stores) > 1:
            sheets.stores(report)
        sheets.movers(report)
    return file.getvalue()


class _Book:
    """The sheets of one workbook; cells are written top to bottom, left to right, and never again."""

    def __init__(self, book: Any, words: WorkbookWords) -> None:
        self._book = book
        self._words = words
        bordered = {"bottom": 1, "bg_color": HEAD_COLOUR, "bold": True}
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._head = book.add_format({**bordered, "align": "right", "text_wrap": True, "valign": "top"})
        self._head_left = book.add_format({**bordered, "text_wrap": True, "valign": "top"})
        self._bold = book.add_format({"bold": True})
        self._indented = book.add_format({"indent": 1})
        self._note = book.add_format({"italic": True, "font_color": "#555555"})
        self._formats = {
            "count": book.add_format({"num_format": "#,##0"}),
            "yuan": book.add_format({"num_format": "#,##0.00"}),
            "count_change": book.add_format({"num_format": "+#,##0;-#,##0;0"}),
            "yuan_change": book.add_format({"num_format": "+#,##0.00;-#,##0.00;0.00"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        }

    # --- the sheets ---

    def summary(self, report: Report) -> None:
        """The figures that decide, and which bundles were compared."""
        words, totals = self._words, report.totals
        sheet = self._sheet(words.summary, (36, 18, 18, 18))
        sheet.write(0, 0, words.title, self._title)
        self._heads(sheet, 2, (words.figure, words.old, words.new, words.change))
        self._figure(sheet, 3, words.paid, totals.old_fen, totals.new_fen, "yuan")
        self._figure(sheet, 4, words.points, totals.old_points, totals.new_points, "count")
        counts = (
            (words.receipts, report.receipts),
            (words.changed, report.changed),
            (words.winners, report.winners),
            (words.losers, report.losers),
            (words.unfaithful, report.unfaithful),
        )
        for row, (label, count) in enumerate(counts, 6):
            sheet.write(row, 0, label)
            sheet.write(row, 1, count, self._formats["count"])
        sheet.write(11, 0, words.cost, self._bold)
        sheet.write(11, 1, _yuan(report.cost_fen), self._formats["yuan_change"])
        sheet.write(11, 2, words.point_worth.format(report.fen_per_point), self._indented)
        row = self._origin(sheet, 13, report)
        sheet.write(row + 1, 0, words.note, self._note)
        if report.tiers:
            tiers = Rows(words.by_tier, 1, len(report.tiers))
            chart = bars(self._book, words.cost_by_tier, tiers, COST_COLUMN, words.cost)
            self._place(sheet, row + 3, 0, chart, HALF_PX)
        sheet.fit_to_pages(1, 1)

    def rules(self, rules: Sequence[RuleSums]) -> None:
        """What each rule gives, old and new, the biggest change first."""
        words = self._words
        sheet = self._sheet(words.by_rule, (26, 26, 10, 11, 11, 11, 14, 14, 14))
        measures = (words.times, words.value)
        heads = [
            f"{measure}\n{kind}" for measure in measures for kind in (words.old, words.new, words.change)
        ]
        self._heads(sheet, 0, (words.rule, words.name, words.gives, *heads), texts=3)
        ranked = sorted(rules, key=_by_unit_and_change)
        for row, rule in enumerate(ranked, 1):
            self._rule(sheet, row, rule)
        self._ready(sheet, len(rules), RULE_CHANGE_COLUMN)
        for place, (unit, title) in enumerate((("fen", words.off_by_rule), ("points", words.points_by_rule))):
            rows = [row for row, rule in enumerate(ranked, 1) if rule.unit == unit][:BARS_MAX]
            if rows:
                drawn = Rows(words.by_rule, rows[0], rows[-1])
                chart = bars(self._book, title, drawn, RULE_CHANGE_COLUMN, words.change)
                self._place(sheet, 1 + WIDE_ROWS * place, RULE_CHANGE_COLUMN + 2, chart, WIDE_PX)

    def tiers(self, report: Report) -> None:
        """Which members gain."""
        words = self._words
        sheet = self._sums(words.by_tier, words.tier, report.tiers, report.fen_per_point)
        self._beneath(sheet, Rows(words.by_tier, 1, len(report.tiers)))

    def days(self, report: Report) -> None:
        """How it goes over time."""
        words = self._words
        sheet = self._sums(words.by_day, words.day, report.days, report.fen_per_point)
        titles = (words.paid_by_day, words.points_by_day)
        charts = self._old_and_new("line", Rows(words.by_day, 1, len(report.days)), titles)
        for place, chart in enumerate(charts):
            self._place(sheet, 1 + WIDE_ROWS * place, COST_COLUMN + 2, chart, WIDE_PX)

    def stores(self, report: Report) -> None:
        """Which stores pay for it."""
        words = self._words
        sheet = self._sums(words.by_store, words.store, report.stores, report.fen_per_point)
        self._beneath(sheet, Rows(words.by_store, 1, len(report.stores)))

    def movers(self, report: Report) -> None:
        """The receipts that change most, those whose customers gain first."""
        words = self._words
        sheet = self._sheet(words.movers, (24, 13, 14, 14, 14, 14, 11, 11, 11, 16))
        kinds = (words.old, words.new, words.change)
        heads = [f"{measure}\n{kind}" for measure in (words.paid, words.points) for kind in kinds]
        self._heads(sheet, 0, (words.receipt, words.day, words.tier, *heads, words.gain), texts=3)
        movers = (*report.gainers, *reversed(report.payers))
        for row, mover in enumerate(movers, 1):
            self._mover(sheet, row, mover)
        self._ready(sheet, len(movers), 9)

    # --- their parts ---

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def _heads(self, sheet: Any, row: int, heads: Sequence[str], texts: int = 1) -> None:
        if any("\n" in head for head in heads):
            sheet.set_row(row, 32)
        for column, head in enumerate(heads):
            sheet.write(row, column, head, self._head_left if column < texts else self._head)

    def _ready(self, sheet: Any, rows: int, last_column: int) -> None:
        """A table that stays readable: its head in place, a filter on every column."""
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        if rows:
            sheet.autofilter(0, 0, rows, last_column)

    def _figure(self, sheet: Any, row: int, label: str, old: int, new: int, unit: str) -> None:
        sheet.write(row, 0, label)
        self._change(sheet, row, 1, (old, new), unit)

    def _change(self, sheet: Any, row: int, column: int, values: tuple[int, int], unit: str) -> None:
        """Old, new, and their difference as a formula: the sheet goes on counting when somebody tries figures."""
        old, new = values
        shown = _yuan if unit == "yuan" else Decimal
        sheet.write(row, column, shown(old), self._formats[unit])
        sheet.write(row, column + 1, shown(new), self._formats[unit])
        formula = f"={_cell(row, column + 1)}-{_cell(row, column)}"
        sheet.write_formula(row, column + 2, formula, self._formats[f"{unit}_change"], shown(new - old))

    def _origin(self, sheet: Any, row: int, report: Report) -> int:
        """Which bundles and which days; returns the next free row."""
        words = self._words
        lines = [(words.new_bundle, _named(report.new))]
        lines += [(words.old_bundle.format(old.receipts), _named(old.bundle)) for old in report.old]
        if report.days:
            lines.append((words.period, f"{report.days[0].key} – {report.days[-1].key}"))
        if report.recounted:
            lines.append((words.recounted, ", ".join(report.recounted)))
        for label, text in lines:
            sheet.write(row, 0, label)
            sheet.write(row, 1, text)
            row += 1
        return row

    def _rule(self, sheet: Any, row: int, rule: RuleSums) -> None:
        sheet.write(row, 0, rule.rule)
        sheet.write(row, 1, rule.name)
        sheet.write(row, 2, self._words.units[rule.unit])
        self._change(sheet, row, 3, (rule.old_times, rule.new_times), "count")
        unit = "yuan" if rule.unit == "fen" else "count"
        self._change(sheet, row, 6, (rule.old_value, rule.new_value), unit)

    def _sums(self, name: str, key: str, sums: Sequence[Sums], fen_per_point: int) -> Any:
        """One sheet of sums: receipts, what is paid, points, and what the new bundle costs."""
        words = self._words
        sheet = self._sheet(name, (18, 11, 14, 15, 15, 14, 13, 13, 13, 15))
        kinds = (words.old, words.new, words.change)
        heads = [f"{measure}\n{kind}" for measure in (words.paid, words.points) for kind in kinds]
        self._heads(sheet, 0, (key, words.receipts, words.changed, *heads, words.cost))
        for row, one in enumerate(sums, 1):
            self._sum(sheet, row, one, fen_per_point)
        self._ready(sheet, len(sums), COST_COLUMN)
        return sheet

    def _sum(self, sheet: Any, row: int, one: Sums, fen_per_point: int) -> None:
        day = _as_day(one.key)
        if day:
            sheet.write_datetime(row, 0, day, self._formats["day"])
        else:
            label = self._words.stranger if one.key == STRANGER else one.label or one.key
            sheet.write(row, 0, label)
        sheet.write(row, 1, one.receipts, self._formats["count"])
        sheet.write(row, 2, one.changed, self._formats["count"])
        self._change(sheet, row, 3, (one.old_fen, one.new_fen), "yuan")
        self._change(sheet, row, 6, (one.old_points, one.new_points), "count")
        sheet.write(row, 9, _yuan(one.cost_fen(fen_per_point)), self._formats["yuan_change"])

    def _mover(self, sheet: Any, row: int, mover: Mover) -> None:
        sheet.write(row, 0, mover.receipt_no)
        sheet.write(row, 1, mover.business_date)
        sheet.write(row, 2, self._words.stranger if mover.tier == STRANGER else mover.tier)
        self._change(sheet, row, 3, (mover.old_fen, mover.new_fen), "yuan")
        self._change(sheet, row, 6, (mover.old_points, mover.new_points), "count")
        sheet.write(row, 9, _yuan(mover.gain_fen), self._formats["yuan_change"])

    def _beneath(self, sheet: Any, rows: Rows) -> None:
        """Both charts side by side below a short table."""
        charts = self._old_and_new("column", rows, (self._words.paid, self._words.points))
        for place, chart in enumerate(charts):
            self._place(sheet, rows.last + 3, 5 * place, chart, HALF_PX)

    def _old_and_new(
        self, kind: Literal["column", "line"], rows: Rows, titles: tuple[str, str]
    ) -> Iterator[Any]:
        """A chart of money and one of points, where there is anything to draw."""
        if rows.first > rows.last:
            return
        names = (self._words.old, self._words.new)
        for title, columns in zip(titles, (PAID_COLUMNS, POINTS_COLUMNS), strict=True):
            yield old_and_new(self._book, kind, title, rows, columns, names)

    def _place(self, sheet: Any, row: int, column: int, chart: Any, size: dict[str, int]) -> None:
        chart.set_size(size)
        sheet.insert_chart(row, column, chart)


def _by_unit_and_change(rule: RuleSums) -> tuple[int, int]:
    """Rules of one unit are neighbours, as a chart needs them; the biggest change first."""
    return UNITS.index(rule.unit), -abs(rule.new_value - rule.old_value)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _cell(row: int, column: int) -> str:
    return f"{chr(ord('A') + column)}{row + 1}"


def _as_day(key: str) -> date | None:
    try:
        return date.fromisoformat(key)
    except ValueError:
        return None


def _named(bundle: BundleName) -> str:
    return f"{bundle.programme or 'core-1'} v{bundle.version}  sha256 {bundle.hash}"
