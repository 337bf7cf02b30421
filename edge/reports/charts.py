"""Native Excel charts over the rows of a sheet: bars of a change, and old beside new."""

from typing import Any, Literal, NamedTuple

OLD_COLOUR, NEW_COLOUR, GRID_COLOUR = "#9AA5B1", "#C4372B", "#DDDDDD"
WIDE_PX = {"width": 700, "height": 380}
HALF_PX = {"width": 520, "height": 320}

WIDE_ROWS = 20
"""Rows of a sheet that a wide chart covers."""

DATES_MAX = 12
"""Days named below a chart."""


class Rows(NamedTuple):
    """Rows of a sheet, from 0, both inclusive; their names stand in the first column."""

    sheet: str
    first: int
    last: int


def bars(book: Any, title: str, rows: Rows, column: int, name: str) -> Any:
    """One bar a row, the first row on top."""
    chart = _chart(book, "bar", title)
    _series(chart, rows, column, name, NEW_COLOUR)
    chart.set_legend({"none": True})
    # On top the first row, and at the bottom the figures all the same.
    chart.set_x_axis({**_figures(), "label_position": "high"})
    chart.set_y_axis({"reverse": True, "label_position": "low", "major_gridlines": {"visible": False}})
    return chart


def old_and_new(
    book: Any,
    kind: Literal["column", "line"],
    title: str,
    rows: Rows,
    columns: tuple[int, int],
    names: tuple[str, str],
) -> Any:
    """Two series in two colours; lines run over days."""
    chart = _chart(book, kind, title)
    for column, name, colour in zip(columns, names, (OLD_COLOUR, NEW_COLOUR), strict=True):
        _series(chart, rows, column, name, colour)
    chart.set_legend({"position": "top"})
    chart.set_y_axis(_figures())
    if kind == "line":
        every = -(-(rows.last - rows.first + 1) // DATES_MAX)
        dates = {"date_axis": True, "major_unit": every, "major_unit_type": "days"}
        chart.set_x_axis({"num_format": "mm-dd", **dates})
    return chart


def _chart(book: Any, kind: str, title: str) -> Any:
    chart = book.add_chart({"type": kind})
    chart.set_title({"name": title, "name_font": {"size": 12}})
    return chart


def _figures() -> dict[str, Any]:
    return {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": GRID_COLOUR}}}


def _series(chart: Any, rows: Rows, column: int, name: str, colour: str) -> None:
    chart.add_series(
        {
            "name": name,
            "categories": [rows.sheet, rows.first, 0, rows.last, 0],
            "values": [rows.sheet, rows.first, column, rows.last, column],
            "fill": {"color": colour},
            "line": {"color": colour, "width": 1.75},
            "gap": 60,
        }
    )
