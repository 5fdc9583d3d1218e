"""Charts: sober, without fills that hide one another, and with words for those who cannot see them.

The values that a chart shows before anything is recalculated are taken from the document.  XlsxWriter would take them
from its own table and would show a gap (an empty cell, ``""`` or ``#N/A``) as nought.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import UNSEEN, Chart, Formula, Link, RangeRef, Rich, Series, Sheet
from kil_xlsx.writing.checks import check_range, check_words
from kil_xlsx.writing.engine import Book, SheetWriter
from kil_xlsx.writing.theme import Theme

_KINDS: dict[str, dict[str, str]] = {
    "radar": {"type": "radar", "subtype": "with_markers"},
    "bar": {"type": "bar"},
    "stacked_bar": {"type": "bar", "subtype": "stacked"},
    "column": {"type": "column"},
    "line": {"type": "line"},
}
_LYING = ("bar", "stacked_bar")
_FLAT = (*_LYING, "column")
_HATCHES = {"dash": "wide_upward_diagonal", "round_dot": "wide_downward_diagonal", "long_dash": "narrow_horizontal"}
"""What the bars of a series are filled with where its line would not be solid: colour is never the only sign."""

_LOOKS_LIKE_A_PLACE = re.compile(r"!(?=\$?[A-Z]+\$?\d)")


def insert_chart(
    book: Book, target: SheetWriter, chart: Chart, sheet: Sheet, sheets: Mapping[str, Sheet], theme: Theme
) -> int:
    """Draw a chart on a sheet.  Gives XlsxWriter's return code: nought when all is well."""
    where = f"The chart {chart.title!r} on the sheet {sheet.name!r}"
    if not chart.series:
        raise LayoutError(f"{where} has no series.")
    if not chart.description.strip():
        raise LayoutError(f"{where} has no description for people who cannot see it.")
    check_words(chart.description, f"{where}: the description", 8192)
    drawing = book.add_chart(dict(_KINDS[chart.kind]))
    palette, font = theme.palette, theme.font
    for at, series in enumerate(chart.series):
        # Numbers of neighbouring lines stand on different sides of them, since lines often lie close together.
        beside = "below" if at % 2 else "above"
        drawing.add_series(_series(chart, series, theme, where, sheets, beside))
    small = {"name": font, "size": 9, "color": palette.ink, "bold": False}
    grid = {"visible": True, "line": {"color": palette.rule, "width": 0.75}}
    drawing.set_title(
        {
            "name": _literal(chart.title, where),
            "name_font": {"name": font, "size": 12, "bold": True, "color": palette.accent},
            "overlay": False,
        }
        if chart.title
        else {"none": True}
    )
    categories: dict[str, Any] = {"num_font": small, "line": {"color": palette.quiet, "width": 0.75}}
    values: dict[str, Any] = {"num_font": small, "line": {"none": True}, "major_gridlines": grid}
    for key, number in (("min", chart.minimum), ("max", chart.maximum), ("major_unit", chart.major_unit)):
        if number is not None:
            values[key] = number
    if chart.value_format:
        values["num_format"] = chart.value_format
    if chart.value_title:
        values["name"] = _literal(chart.value_title, where)
        values["name_font"] = {**small, "color": palette.quiet}
    if chart.kind == "radar":
        categories["major_gridlines"] = grid
        values["line"] = {"color": palette.rule, "width": 0.75}
        values["num_font"] = {**small, "size": 9, "color": palette.quiet}
    if chart.kind in _LYING:  # drawn lying down: the categories stand on the y axis
        categories["reverse"] = True  # the first category on top, as in the table beside it
        values["label_position"] = "high"  # which is the bottom, the categories being turned round
        drawing.set_x_axis(values)
        drawing.set_y_axis({**categories, "major_gridlines": {"visible": False}})
    else:
        drawing.set_x_axis(categories)
        drawing.set_y_axis(values)
    drawing.set_legend({"position": "bottom", "font": small} if chart.legend else {"none": True})
    drawing.set_chartarea({"border": {"color": palette.rule, "width": 0.75}, "fill": {"color": palette.paper}})
    drawing.set_plotarea({"fill": {"none": True}})
    drawing.show_hidden_data()
    drawing.show_blanks_as("gap")
    drawing.set_size({"width": chart.width, "height": chart.height})
    code: int = target.insert_chart(
        chart.row, chart.column, drawing, {"description": chart.description, "object_position": 2}
    )
    return code


def _series(
    chart: Chart, series: Series, theme: Theme, where: str, sheets: Mapping[str, Sheet], beside: str
) -> dict[str, Any]:
    for area in (series.categories, series.values):
        check_range(area, where, sheets)
        if area.first_row != area.last_row and area.first_column != area.last_column:
            raise LayoutError(f"{where}: {area.absolute()} is neither one row nor one column.")
    numbers, labels = _shown(series.values, sheets), _shown(series.categories, sheets)
    if len(numbers) != len(labels):
        raise LayoutError(f"{where}: {len(labels)} categories for {len(numbers)} values.")
    options: dict[str, Any] = {
        "name": _literal(series.name, where),
        "categories": f"={series.categories.absolute()}",
        "values": f"={series.values.absolute()}",
        "categories_data": ["" if label is None else str(label) for label in labels],
        "values_data": [n if isinstance(n, int | float) and not isinstance(n, bool) else None for n in numbers],
    }
    if series.role == UNSEEN:
        return options | {"fill": {"none": True}, "border": {"none": True}, "gap": 40}
    look = theme.line(series.role)
    if chart.kind in _FLAT:
        options |= {"fill": {"color": look.colour}, "border": {"none": True}, "gap": 60}
        if chart.kind == "stacked_bar":
            # Seen apart by a line between them, where two shades are much alike.
            options |= {"border": {"color": theme.palette.quiet, "width": 0.75}, "gap": 40}
        elif look.dash in _HATCHES and len(chart.series) > 1:
            hatch = {"pattern": _HATCHES[look.dash], "fg_color": look.colour, "bg_color": theme.palette.paper}
            options |= {"pattern": hatch, "border": {"color": look.colour, "width": 0.75}}
            del options["fill"]
    else:
        line = {"color": look.colour, "width": look.width, "dash_type": look.dash}
        dot = {"type": look.marker, "size": 6, "fill": {"color": look.colour}, "border": {"color": look.colour}}
        options |= {"line": line, "marker": dot}
    if chart.label_format:
        font = {"name": theme.font, "size": 9, "color": look.ink or theme.palette.ink}
        options["data_labels"] = {"value": True, "num_format": chart.label_format, "font": font}
        if chart.kind == "stacked_bar":
            options["data_labels"]["position"] = "center"
        elif chart.kind in _FLAT:
            options["data_labels"]["position"] = "outside_end"
        else:
            options["data_labels"]["position"] = beside
    return options


def _shown(area: RangeRef, sheets: Mapping[str, Sheet]) -> list[Any]:
    """What the cells of a range show; ``None`` where there is nothing."""
    cells = sheets[area.sheet].cells
    found = []
    for place in area.cells():
        cell = cells.get(place)
        value = None if cell is None else cell.value
        if isinstance(value, Formula):
            value = value.value
        elif isinstance(value, Link | Rich):
            value = value.text
        found.append(value)
    return found


def _literal(words: str, where: str) -> str:
    """Words for a title or a legend, so put that they cannot be taken for a reference to a cell."""
    check_words(words, f"{where}: {words[:40]!r}", 255)
    return _LOOKS_LIKE_A_PLACE.sub("! ", words)
