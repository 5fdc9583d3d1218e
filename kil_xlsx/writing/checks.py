"""What Excel can hold, checked before anything is written.

XlsxWriter stops at some of these, warns at others, and lets the rest through to a file that Excel offers to repair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.a1 import MAX_COLUMNS, MAX_ROWS
from kil_xlsx.layout.document import CellRef, DefinedName, Document, RangeRef, Rich, Run, Sheet, Table
from kil_xlsx.layout.text_fit import utf16_length

MAX_TEXT = 32_767
MAX_FORMULA = 8_192
MAX_LITERAL = 255
MAX_SHEET_NAME = 31
MAX_HEADING = 255
LOOKS = ("plain", "strong", "quiet")

_DEFINED_NAME = re.compile(r"kil_[A-Za-z0-9_]+", re.IGNORECASE)
_TABLE_NAME = re.compile(r"(?!_xl)[A-Z_][A-Z0-9_.]{0,254}", re.IGNORECASE | re.ASCII)
# Excel reads these as a cell, a row, a column or a truth value.
_READ_AS_SOMETHING_ELSE = re.compile(r"[A-Z]{1,3}[0-9]+|R[0-9]*(C[0-9]*)?|C[0-9]*|TRUE|FALSE", re.IGNORECASE)
_NOT_IN_HEADINGS = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_SHEET_NAMES = re.compile(r"[&<>'\"\[\]:*?/\\\x00-\x1f]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')


def place(area: RangeRef | CellRef) -> str:
    """A place as people read it, ``'About you'!C7``, even when no sheet has it."""
    try:
        return area.absolute().replace("$", "")
    except ValueError:
        return f"a place outside the sheet {area.sheet!r}"


def check_words(text: str, what: str, limit: int) -> None:
    """LayoutError for a text that is too long for its place or holds what no file can hold."""
    if utf16_length(text) > limit:
        raise LayoutError(f"{what} has {utf16_length(text)} characters.", f"Excel takes {limit}.")
    found = _NOT_IN_XML.search(text)
    if found:
        raise LayoutError(f"{what} holds the control character U+{ord(found[0]):04X}.", "Remove it.")


def check_runs(text: Rich, where: str) -> list[Run]:
    """The parts of a text that hold words.  LayoutError when none does, or when one has a look that nobody knows."""
    runs = [run for run in text.runs if run.text]
    if not runs:
        raise LayoutError(f"{where}: the text with several looks has no words.")
    unknown = next((run.look for run in runs if run.look not in LOOKS), None)
    if unknown is not None:
        raise LayoutError(f"{where}: no text can look {unknown!r}.", f"Use one of {', '.join(LOOKS)}.")
    return runs


def check_formula(text: str, where: str) -> None:
    """LayoutError for a formula that is empty or longer than Excel takes."""
    if not text:
        raise LayoutError(f"{where}: the formula is empty.")
    check_words(text, f"{where}: the formula", MAX_FORMULA)
    if len(text) > MAX_LITERAL and '"' in text:
        for literal in _LITERAL.findall(text):
            check_words(literal.replace('""', '"'), f"{where}: the text {literal[:30]!r}… in the formula", MAX_LITERAL)


def check_range(area: RangeRef, where: str, sheets: Mapping[str, Sheet]) -> None:
    """LayoutError unless a range lies on one of the sheets, first corner first."""
    if area.sheet not in sheets:
        raise LayoutError(f"{where} refers to the sheet {area.sheet!r}, which does not exist.")
    rows_fit = 0 <= area.first_row <= area.last_row < MAX_ROWS
    if not (rows_fit and 0 <= area.first_column <= area.last_column < MAX_COLUMNS):
        rows, columns = (area.first_row, area.last_row), (area.first_column, area.last_column)
        raise LayoutError(f"{where} refers to the rows {rows} and columns {columns}, which no sheet has.")


def check_cell(cell: CellRef, where: str, sheets: Mapping[str, Sheet]) -> None:
    """LayoutError unless a cell lies on one of the sheets."""
    check_range(RangeRef(cell.sheet, cell.row, cell.column, cell.row, cell.column), where, sheets)


def check_document(document: Document) -> dict[str, Sheet]:
    """Check names, sheets, tables and properties.  Gives the sheets by name.  LayoutError for the first thing wrong."""
    sheets = _sheets_by_name(document)
    visible = [sheet.name for sheet in document.sheets if sheet.state == "visible"]
    if not visible:
        raise LayoutError("Every sheet is hidden.", "At least one must be visible.")
    if document.active_sheet not in visible:
        raise LayoutError(f"The workbook should open on {document.active_sheet!r}, which is not a visible sheet.")
    seen: set[str] = set()
    for name in document.names:
        _check_name(name, sheets)
        if name.name.lower() in seen:
            raise LayoutError(f"The name {name.name!r} is defined twice (capitals do not count).")
        seen.add(name.name.lower())
    for sheet in document.sheets:
        for table in sheet.tables:
            _check_table(table, sheet, sheets)
            if table.name.lower() in seen:
                raise LayoutError(
                    f"The name {table.name!r} of a table is that of another table or of a defined name.",
                    "Choose another (capitals do not count).",
                )
            seen.add(table.name.lower())
    for what in ("title", "subject", "keywords", "language"):
        check_words(getattr(document, what), f"The {what} of the workbook", 255)
    for key, value in document.properties.items():
        if not key:
            raise LayoutError("A property of the workbook has no name.")
        check_words(key, f"The name of the property {key[:30]!r}", 255)
        check_words(value, f"The property {key!r}", 255)
    return sheets


def _sheets_by_name(document: Document) -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = {}
    seen: set[str] = set()
    for sheet in document.sheets:
        name = sheet.name
        found = _NOT_IN_SHEET_NAMES.search(name)
        if found:
            raise LayoutError(f"The sheet name {name!r} holds {found[0]!r}.", "Use letters, digits and spaces.")
        if not name.strip() or name != name.strip():
            raise LayoutError(f"The sheet name {name!r} is empty, or begins or ends with a space.")
        if utf16_length(name) > MAX_SHEET_NAME:
            raise LayoutError(f"The sheet name {name!r} is too long.", f"Excel takes {MAX_SHEET_NAME} characters.")
        if name.lower() == "history":
            raise LayoutError(f"Excel keeps the sheet name {name!r} for itself.", "Choose another.")
        if name.lower() in seen:
            raise LayoutError(f"Two sheets are called {name!r} (capitals do not count).")
        seen.add(name.lower())
        sheets[name] = sheet
    return sheets


def _check_name(name: DefinedName, sheets: Mapping[str, Sheet]) -> None:
    if not _DEFINED_NAME.fullmatch(name.name) or not name.name.startswith("kil_") or len(name.name) > 255:
        raise LayoutError(
            f"{name.name[:80]!r} cannot be a name in a workbook.",
            "Begin with 'kil_' and go on with letters without accents, digits and underscores, 255 in all.",
        )
    where = f"The name {name.name!r}"
    if isinstance(name.refers_to, str):
        check_words(name.refers_to, f"{where}: its text", MAX_LITERAL)
    elif isinstance(name.refers_to, CellRef):
        check_cell(name.refers_to, where, sheets)
    else:
        check_range(name.refers_to, where, sheets)


def _check_table(table: Table, sheet: Sheet, sheets: Mapping[str, Sheet]) -> None:
    name, area = table.name, table.area
    if not _TABLE_NAME.fullmatch(name) or _READ_AS_SOMETHING_ELSE.fullmatch(name):
        raise LayoutError(
            f"{name[:80]!r} cannot be the name of a table.",
            "Begin with a letter and go on with letters without accents, digits and underscores, 255 in all, "
            "and not so that it reads like the address of a cell.",
        )
    where = f"The table {name!r}"
    check_range(area, where, sheets)
    if area.sheet != sheet.name:
        raise LayoutError(f"{where} on the sheet {sheet.name!r} lies on the sheet {area.sheet!r}.")
    if area.first_row == area.last_row:
        raise LayoutError(f"{where} has headings but no rows below them.")
    for other in sheet.tables:
        if other is not table and _meet(other.area, area):
            raise LayoutError(f"{where} and the table {other.name!r} share cells.")
    for spread in sheet.spreads:
        if _meet(spread, area):
            raise LayoutError(f"{where} meets the text that runs over {place(spread)}.")
    _check_headings(area, where, sheet)


def _check_headings(area: RangeRef, where: str, sheet: Sheet) -> None:
    seen: set[str] = set()
    for column in range(area.first_column, area.last_column + 1):
        cell = sheet.cells.get((area.first_row, column))
        heading = None if cell is None else cell.value
        at = place(CellRef(sheet.name, area.first_row, column))
        if not isinstance(heading, str) or not heading.strip():
            raise LayoutError(f"{where} has no heading at {at}.", "Put a text there.")
        # Line breaks as well: programs store them in such headings in different ways, and others call that damage.
        found = _NOT_IN_HEADINGS.search(heading)
        if found:
            raise LayoutError(f"{where}: the heading at {at} holds {found[0]!r}.", "Write it on one line.")
        check_words(heading, f"{where}: the heading at {at}", MAX_HEADING)
        if heading.casefold() in seen:
            raise LayoutError(f"{where} has two headings {heading!r} (capitals do not count).")
        seen.add(heading.casefold())


def _meet(one: RangeRef, other: RangeRef) -> bool:
    """Whether two ranges of one sheet have a cell in common."""
    rows = one.first_row <= other.last_row and other.first_row <= one.last_row
    return rows and one.first_column <= other.last_column and other.first_column <= one.last_column
