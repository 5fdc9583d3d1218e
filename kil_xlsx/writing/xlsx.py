"""From a document to the bytes of an .xlsx file.

The same document and theme give the same bytes, as long as Python's zlib is the same.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Literal

from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]  # no type information

from kil_xlsx.errors import LayoutError, OutputError
from kil_xlsx.layout import a1
from kil_xlsx.layout.document import (
    CellRef,
    ConditionalFormat,
    Document,
    Formula,
    Link,
    PrintSetup,
    Rich,
    Sheet,
    Style,
    Table,
    Validation,
)
from kil_xlsx.layout.text_fit import utf16_length
from kil_xlsx.writing.charts import insert_chart
from kil_xlsx.writing.checks import (
    MAX_TEXT,
    check_cell,
    check_document,
    check_formula,
    check_range,
    check_runs,
    check_words,
    place,
)
from kil_xlsx.writing.engine import Book, SheetWriter
from kil_xlsx.writing.images import insert_image
from kil_xlsx.writing.notes import insert_notes
from kil_xlsx.writing.theme import MEASURED_FONT, Theme

_A4 = 9
_FIRST_DATE = date(1900, 1, 1)
_ALMOST_ENDLESS = 1e300
_EXACT = 2**53
_HIDE_GRIDLINES_EVERYWHERE = 2
_FONT_KEYS = ("font_name", "font_size", "font_color", "bold", "italic", "underline")
_ALLOWED_WHEN_PROTECTED = {
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "autofilter": True,
    "sort": False,
    "insert_rows": False,
    "insert_columns": False,
    "insert_hyperlinks": False,
    "delete_rows": False,
    "delete_columns": False,
    "objects": False,
    "scenarios": False,
}


def write(document: Document, theme: Theme) -> bytes:
    """Render a workbook.

    OutputError for a text that no cell can hold, LayoutError for anything else that Excel would refuse or repair.
    Nothing is ever shortened.
    """
    sheets = check_document(document)
    with _complaints_are_errors():
        # Columns are counted in digits of a workbook's own font, and what stands in them is measured for this one.
        book = Book(MEASURED_FONT, document.created, any(sheet.protect for sheet in document.sheets))
        book.describe(document.title, document.subject, document.keywords, document.language)
        for key, value in document.properties.items():
            _must(book.set_custom_property(key, value, "text"), f"the property {key!r}")
        styles = _Styles(book, theme)
        writers = {sheet.name: book.add_worksheet(sheet.name) for sheet in document.sheets}
        for sheet in document.sheets:
            _write_sheet(book, writers[sheet.name], sheet, sheets, styles)
        for name in document.names:
            _must(book.define_name(name.name, _meaning(name.refers_to)), f"the name {name.name!r}")
        writers[document.active_sheet].activate()
        writers[next(sheet.name for sheet in document.sheets if sheet.state == "visible")].set_first_sheet()
        book.close()
    return book.target.getvalue()


@contextmanager
def _complaints_are_errors() -> Iterator[None]:
    """Turn whatever XlsxWriter only warns about into an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            yield
    except (XlsxWriterException, UserWarning) as complaint:
        raise LayoutError(f"The workbook cannot be written: {complaint}") from complaint
    except UnicodeEncodeError as complaint:
        raise OutputError(
            f"A text holds U+{ord(complaint.object[complaint.start]):04X}, half of a character.",
            "Type the character before or after it again.",
        ) from complaint


def _must(code: int | None, what: str) -> None:
    """LayoutError for a return code other than nought."""
    if code:
        raise LayoutError(f"The workbook cannot be written: XlsxWriter gave {code} for {what}.")


def _meaning(target: Any) -> str:
    if isinstance(target, str):
        return '="' + target.replace('"', '""') + '"'
    return f"={target.absolute()}"


class _Styles:
    """XlsxWriter formats, made once for each look."""

    def __init__(self, book: Book, theme: Theme) -> None:
        self.theme = theme
        self._book = book
        self._cells: dict[Style, Any] = {}
        self._conditions: dict[Style, Any] = {}
        self._runs: dict[tuple[Style, str], Any] = {}
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def cell(self, style: Style) -> Any:
        """Format of a cell."""
        found = self._cells.get(style)
        if found is None:
            found = self._cells[style] = self._format(self.theme.properties(style))
        return found

    def dated(self, style: Style) -> Any:
        """Format of a cell that holds a date: it has a date format even when its style has none."""
        if style.number_format is None and "num_format" not in self.theme.properties(style):
            return self.cell(Style(style.role, self.theme.date_format))
        return self.cell(style)

    def run(self, style: Style, look: Literal["plain", "strong", "quiet"]) -> Any:
        """Font of a stretch of text in a cell of that style."""
        found = self._runs.get((style, look))
        if found is None:
            properties = self.theme.properties(style)
            font = {key: properties[key] for key in _FONT_KEYS if key in properties}
            if look == "strong":
                font["bold"] = 1
            elif look == "quiet":
                font["font_color"] = self.theme.palette.quiet
            found = self._runs[style, look] = self._format(font)
        return found

    def condition(self, style: Style) -> Any:
        """Format that a rule lays over a cell."""
        found = self._conditions.get(style)
        if found is None:
            found = self._conditions[style] = self._book.add_format(self.theme.condition(style))
        return found

    def _format(self, properties: dict[str, object]) -> Any:
        # Two formats with the same properties would make XlsxWriter compare them at every cell.
        key = tuple(sorted(properties.items()))
        found = self._formats.get(key)
        if found is None:
            found = self._formats[key] = self._book.add_format(properties)
        return found


def _write_sheet(book: Book, target: SheetWriter, sheet: Sheet, sheets: Mapping[str, Sheet], styles: _Styles) -> None:
    _set_sizes(target, sheet)
    _spread(target, sheet, styles)
    for table in sheet.tables:
        _must(_make_table(target, table, sheet), f"the table {table.name!r}")
    if sheet.filter is not None:
        area = sheet.filter
        check_range(area, f"The filter of {sheet.name!r}", {sheet.name: sheet})
        code = target.autofilter(area.first_row, area.first_column, area.last_row, area.last_column)
        _must(code, f"the filter of {sheet.name!r}")
    _write_cells(target, sheet, sheets, styles)
    for rule in sheet.validations:
        _add_validation(target, rule, sheet, sheets)
    for condition in sheet.conditional_formats:
        _add_conditional_format(target, condition, sheet, sheets, styles)
    for chart in sheet.charts:
        _must(insert_chart(book, target, chart, sheet, sheets, styles.theme), f"a chart on {sheet.name!r}")
    for image in sheet.images:
        _must(insert_image(target, image, sheet, sheets), f"a picture on {sheet.name!r}")
    _must(insert_notes(target, sheet, sheets), f"a note on {sheet.name!r}")
    _set_view(target, sheet, styles.theme)
    _set_printing(target, sheet, styles.theme)


def _set_sizes(target: SheetWriter, sheet: Sheet) -> None:
    for index, column in sorted(sheet.columns.items()):
        if not 0 <= column.width <= 255:
            raise LayoutError(f"Column {index} of {sheet.name!r} is {column.width} wide.", "Excel takes 0 to 255.")
        hidden = {"hidden": 1} if column.hidden else None
        _must(target.set_column(index, index, column.width, None, hidden), f"column {index} of {sheet.name!r}")
    for row in sorted(sheet.row_heights.keys() | sheet.hidden_rows):
        height = sheet.row_heights.get(row)
        if height is not None and not 0 < height <= 409:
            raise LayoutError(f"Row {row + 1} of {sheet.name!r} is {height} points high.", "Excel takes 1 to 409.")
        hidden = {"hidden": 1} if row in sheet.hidden_rows else None
        _must(target.set_row(row, height, None, hidden), f"row {row + 1} of {sheet.name!r}")


def _spread(target: SheetWriter, sheet: Sheet, styles: _Styles) -> None:
    """Merge the cells that prose runs over; the text itself is written with the other cells afterwards."""
    for area in sheet.spreads:
        cell = sheet.cells.get((area.first_row, area.first_column))
        covered = [place for place in area.cells() if place in sheet.cells]
        if cell is None or len(covered) != 1:
            raise LayoutError(f"The text at {area.absolute()} cannot run over cells that hold something.")
        corners = (area.first_row, area.first_column, area.last_row, area.last_column)
        _must(target.merge_range(*corners, "", styles.cell(cell.style)), f"the text at {area.absolute()}")


def _make_table(target: SheetWriter, table: Table, sheet: Sheet) -> int:
    area = table.area
    places = [(area.first_row, column) for column in range(area.first_column, area.last_column + 1)]
    headings = [str(sheet.cells[place].value) for place in places]
    return target.make_table(area, table.name, headings, filtered=table.filtered)


def _write_cells(target: SheetWriter, sheet: Sheet, sheets: Mapping[str, Sheet], styles: _Styles) -> None:
    name, look = sheet.name, styles.cell
    write_string, write_formula, write_blank = target.write_string, target.write_formula, target.write_blank
    code: int | None
    for (row, column), cell in sorted(sheet.cells.items()):
        value = cell.value
        if isinstance(value, str):
            _check_text(value, name, row, column)
            code = (write_string if value else write_blank)(row, column, value, look(cell.style))
        elif value is None:
            code = write_blank(row, column, None, look(cell.style))
        elif isinstance(value, Formula):
            result = _checked_result(value, name, row, column)
            code = write_formula(row, column, value.text, look(cell.style), result)
        elif isinstance(value, bool):
            code = target.write_boolean(row, column, value, look(cell.style))
        elif isinstance(value, int | float):
            number = _finite(value, name, row, column)
            code = target.write_number(row, column, number, look(cell.style))
        elif isinstance(value, date):
            _check_date(value, _where(name, row, column))
            code = target.write_datetime(row, column, value, styles.dated(cell.style))
        elif isinstance(value, Link):
            code = _write_link(target, value, sheet, sheets, row, column, look(cell.style))
        elif isinstance(value, Rich):
            _check_text(value.text, name, row, column)
            runs = check_runs(value, _where(name, row, column))
            fonts = [(styles.run(cell.style, run.look), run.text) for run in runs]
            code = target.write_runs(row, column, fonts, look(cell.style))
        else:
            raise LayoutError(f"{_where(name, row, column)} holds a {type(value).__name__}, which no cell can hold.")
        if code:
            _must(code, _where(name, row, column))


def _where(sheet: str, row: int, column: int) -> str:
    return place(CellRef(sheet, row, column))


def _check_text(text: str, sheet: str, row: int, column: int) -> None:
    if len(text) > MAX_TEXT // 2 and utf16_length(text) > MAX_TEXT:
        raise OutputError(
            f"The text for {_where(sheet, row, column)} has {utf16_length(text):,} characters.",
            f"A cell holds {MAX_TEXT:,}; shorten it.",
        )


def _finite(value: float, sheet: str, row: int, column: int) -> float:
    # Subclasses, such as those of NumPy, are made plain: their text form is not a number.
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise LayoutError(f"{_where(sheet, row, column)} would hold {str(value)[:40]}, which is not a number to Excel.")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _checked_result(formula: Formula, sheet: str, row: int, column: int) -> str | float | bool:
    if len(formula.text) > 255 or not formula.text.isprintable():
        check_formula(formula.text, _where(sheet, row, column))
    elif not formula.text:
        raise LayoutError(f"{_where(sheet, row, column)}: the formula is empty.")
    value = formula.value
    if isinstance(value, str):
        _check_text(value, sheet, row, column)
    elif not isinstance(value, bool):
        if not isinstance(value, int | float):
            raise LayoutError(f"{_where(sheet, row, column)}: the formula has no value, but {value!r}.")
        value = _finite(value, sheet, row, column)
    return value


def _check_date(value: date, where: str) -> None:
    if isinstance(value, datetime) and value.tzinfo is not None:
        raise LayoutError(f"{where}: {value} has a time zone, which Excel does not know.")
    if (value.date() if isinstance(value, datetime) else value) < _FIRST_DATE:
        raise LayoutError(f"{where}: {value} is before 1900, where Excel's calendar begins.")


def _write_link(
    target: SheetWriter, link: Link, sheet: Sheet, sheets: Mapping[str, Sheet], row: int, column: int, look: Any
) -> int:
    where = _where(sheet.name, row, column)
    check_words(link.text, f"{where}: the text of the link", 255)
    check_words(link.tip, f"{where}: the tip of the link", 255)
    if isinstance(link.target, CellRef):
        check_cell(link.target, f"{where}: the link", sheets)
        address = f"internal:{a1.quote_sheet(link.target.sheet)}!{link.target.address}"
    elif link.target.lower().startswith(("http://", "https://")):
        check_words(link.target, f"{where}: the address of the link", 2_079)
        address = link.target
    else:
        raise LayoutError(f"{where}: the link leads to {link.target[:60]!r}.", "Use https:// or http://.")
    code: int = target.write_url(row, column, address, look, link.text, link.tip or None)
    return code


def _add_validation(target: SheetWriter, rule: Validation, sheet: Sheet, sheets: Mapping[str, Sheet]) -> None:
    area = rule.area
    where = f"The rule for {place(area)}"
    check_range(area, where, sheets)
    if area.sheet != sheet.name:
        raise LayoutError(f"{where} is on the sheet {sheet.name!r}.")
    options = _bounds(rule, where, sheets)
    for key, words, limit in (
        ("input_title", rule.title, 32),
        ("input_message", rule.message, 255),
        ("error_title", rule.error_title, 32),
        ("error_message", rule.error_message, 255),
    ):
        if words:
            check_words(words, f"{where}: the {key.replace('_', ' ')} {words[:30]!r}…", limit)
            options[key] = words
    if options["validate"] == "any" and not (rule.title or rule.message):
        raise LayoutError(f"{where} has nothing to say.")
    options["ignore_blank"] = True
    code = target.data_validation(area.first_row, area.first_column, area.last_row, area.last_column, options)
    _must(code, where)


def _bounds(rule: Validation, where: str, sheets: Mapping[str, Sheet]) -> dict[str, Any]:
    if rule.kind == "text":
        return {"validate": "any"}
    if rule.kind == "list":
        if rule.source is None:
            raise LayoutError(f"{where}: a list has no source.")
        check_range(rule.source, f"{where}: its list", sheets)
        if rule.source.first_row != rule.source.last_row and rule.source.first_column != rule.source.last_column:
            raise LayoutError(f"{where}: the list {rule.source.absolute()} is neither one row nor one column.")
        return {"validate": "list", "source": f"={rule.source.absolute()}"}
    lower, upper = rule.minimum, rule.maximum
    for bound in (lower, upper):
        if bound is None:
            continue
        if isinstance(bound, date) != (rule.kind == "date"):
            raise LayoutError(f"{where}: {bound!r} is no limit for a {rule.kind}.")
        if isinstance(bound, date):
            _check_date(bound, where)
        elif not math.isfinite(bound):
            raise LayoutError(f"{where}: {bound!r} is no limit.")
    if lower is not None and upper is not None:
        if lower > upper:  # type: ignore[operator]  # both are of the kind checked above
            raise LayoutError(f"{where}: nothing lies between {lower} and {upper}.")
        return {"validate": rule.kind, "criteria": "between", "minimum": lower, "maximum": upper}
    if upper is not None:
        return {"validate": rule.kind, "criteria": "<=", "value": upper}
    if lower is None:
        lower = _FIRST_DATE if rule.kind == "date" else -_ALMOST_ENDLESS
    return {"validate": rule.kind, "criteria": ">=", "value": lower}


def _add_conditional_format(
    target: SheetWriter, rule: ConditionalFormat, sheet: Sheet, sheets: Mapping[str, Sheet], styles: _Styles
) -> None:
    area = rule.area
    where = f"The conditional format of {place(area)}"
    check_range(area, where, sheets)
    if area.sheet != sheet.name:
        raise LayoutError(f"{where} is on the sheet {sheet.name!r}.")
    options: dict[str, Any]
    if rule.kind == "formula":
        check_formula(rule.formula, where)
        options = {"type": "formula", "criteria": f"={rule.formula}", "format": styles.condition(rule.style)}
    else:
        if not rule.minimum < rule.maximum:
            raise LayoutError(f"{where}: a bar from {rule.minimum} to {rule.maximum} has no length.")
        options = {
            "type": "data_bar",
            "data_bar_2010": True,
            "bar_solid": True,
            "bar_no_border": True,
            "bar_color": styles.theme.bar(rule.style.role),
            "min_type": "num",
            "max_type": "num",
            "min_value": rule.minimum,
            "max_value": rule.maximum,
        }
    code = target.conditional_format(area.first_row, area.first_column, area.last_row, area.last_column, options)
    _must(code, where)


def _set_view(target: SheetWriter, sheet: Sheet, theme: Theme) -> None:
    target.set_tab_color(theme.tab(sheet.tab))
    if sheet.state == "visible":
        target.hide_gridlines(_HIDE_GRIDLINES_EVERYWHERE)
    elif sheet.state == "hidden":
        target.hide()
    else:
        target.very_hidden()
    if sheet.freeze is not None:
        target.freeze_panes(*sheet.freeze)
    row, column = sheet.selection
    target.set_selection(row, column, row, column)
    target.set_zoom(sheet.zoom)
    if sheet.protect:
        target.protect("", _ALLOWED_WHEN_PROTECTED)
    if sheet.cells:
        last_row = max(row for row, _ in sheet.cells)
        last_column = max(column for _, column in sheet.cells)
        target.hide_green_corners(a1.range_name(0, 0, last_row, last_column))


def _set_printing(target: SheetWriter, sheet: Sheet, theme: Theme) -> None:
    setup: PrintSetup = sheet.printing
    where = f"The print setup of {sheet.name!r}"
    target.set_paper(_A4)
    if setup.landscape:
        target.set_landscape()
    if setup.scale is None:
        target.fit_to_pages(1, 1 if setup.one_page else 0)
    else:
        target.set_print_scale(setup.scale)
    if setup.break_before_column is not None:
        target.set_v_pagebreaks([setup.break_before_column])
    target.set_margins(left=0.5, right=0.5, top=0.75 if setup.header else 0.55, bottom=0.75)
    if setup.repeat_first_row is not None:
        last = setup.repeat_first_row if setup.repeat_last_row is None else setup.repeat_last_row
        if not 0 <= setup.repeat_first_row <= last < a1.MAX_ROWS:
            raise LayoutError(f"{where} repeats the rows {setup.repeat_first_row} to {last}.")
        target.repeat_rows(setup.repeat_first_row, last)
    if setup.repeat_first_column is not None:
        last = setup.repeat_first_column if setup.repeat_last_column is None else setup.repeat_last_column
        if not 0 <= setup.repeat_first_column <= last < a1.MAX_COLUMNS:
            raise LayoutError(f"{where} repeats the columns {setup.repeat_first_column} to {last}.")
        target.repeat_columns(setup.repeat_first_column, last)
    put: Callable[[str], None]
    for put, words in ((target.set_header, setup.header), (target.set_footer, setup.footer or theme.footer)):
        if words:
            check_words(words, f"{where}: {words[:30]!r}…", 255)
            if "&G" in words.replace("&&", "").upper():
                raise LayoutError(f"{where}: {words[:30]!r}… asks for a picture.", "Leave out '&G'.")
            put(words)
    if setup.area is not None:
        area = setup.area
        check_range(area, where, {sheet.name: sheet})
        code = target.print_area(area.first_row, area.first_column, area.last_row, area.last_column)
        _must(code, where)
    if setup.breaks_before:
        target.set_h_pagebreaks(sorted(set(setup.breaks_before)))
