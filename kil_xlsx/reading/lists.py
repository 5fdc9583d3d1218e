"""A list that the coordinator keeps, in a CSV file or a workbook, as rows of text.

Nothing is known here about what the columns mean.  Numbers lose the ``.0`` that spreadsheets add, dates are written as
2026-03-31, and leading zeros that a number format shows are kept.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import NamedTuple

from msgspec import Struct

from kil_xlsx.errors import FileRefused, UsageProblem
from kil_xlsx.reading.cells import Cell, CellKind, SheetData, WorkbookData, read_workbook
from kil_xlsx.reading.kinds import FileKind, sniff
from kil_xlsx.reading.model import is_date_format

MOST_ROWS = 20_000
"""More than this is no list of organisations."""

_REFUSALS = {
    "file-empty": ("The file {name} is empty.", "Save the list again."),
    "file-too-large": ("The file {name} is far too large for a list.", "Keep the list in a workbook of its own."),
    "file-password": ("The file {name} is locked with a password.", "Save a copy without the password."),
    "file-not-a-workbook": ("The file {name} is neither a CSV file nor a workbook.", "Save the list as .csv or .xlsx."),
}
_SEPARATORS = ",;\t|"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class ListRow(NamedTuple):
    """One row: its number as a spreadsheet shows it, and its cells as text, blanks around them removed."""

    number: int
    cells: tuple[str, ...]


class ListData(Struct, frozen=True):
    """The rows that are not blank, and ``notes`` on how the file was taken."""

    rows: tuple[ListRow, ...]
    notes: tuple[str, ...] = ()


def read_list(data: bytes, name: str) -> ListData:
    """The rows of a list.  ``name`` is only used in messages; what the file is, its content tells.

    :raises UsageProblem: the file is no list that can be read.
    """
    kind = sniff(data) if data else FileKind.EMPTY
    text = kind in (FileKind.TEXT, FileKind.UNKNOWN) and b"\x00" not in data[:4000]
    if text or data[:2] in _UTF_16:
        return _from_csv(data, name)
    try:
        return _from_workbook(read_workbook(data), name)
    except FileRefused as refusal:
        code = "file-not-a-workbook" if refusal.code.startswith("file-is-") else refusal.code
        message, remedy = _REFUSALS.get(
            code, ("The file {name} cannot be read.", "Open it, save it under a new name and use that.")
        )
        raise UsageProblem(message.format(name=name), remedy) from None


# CSV


def _from_csv(data: bytes, name: str) -> ListData:
    text, notes = _decoded(data, name)
    first, _, rest = text.partition("\n")
    announced = re.fullmatch(r"sep=(.)", first.strip(), re.IGNORECASE)
    if announced:  # a line that Excel takes for itself and does not show
        text, separator = rest, announced[1]
    else:
        separator = _separator(text)
    rows: list[ListRow] = []
    records = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 0
    try:
        for number, record in enumerate(records, start=1):
            _add(rows, number, record, name)
    except csv.Error as error:
        raise UsageProblem(
            f"The file {name} cannot be read after row {number}: {error}.", "Save the list again as CSV from Excel."
        ) from None
    return ListData(tuple(rows), notes)


def _decoded(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """The text of a CSV file: UTF-8, UTF-16 with its mark, or else the Windows code page that Excel's plain CSV has."""
    if data[:2] in _UTF_16:
        try:
            return data.decode("utf-16"), ()
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        pass
    note = f"{name} is not in UTF-8; it was read as Windows text (cp1252). Check that accents came out right."
    try:
        return data.decode("cp1252"), (note,)
    except UnicodeDecodeError:
        raise UsageProblem(
            f"The text of {name} is in an unknown encoding.", "In Excel, save the list as “CSV UTF-8” or as .xlsx."
        ) from None


def _separator(text: str) -> str:
    """The separator that stands most often in the first row, outside quotes; a comma where there is none."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", line)
    return max(_SEPARATORS, key=lambda each: (bare.count(each), -_SEPARATORS.index(each)))


# Workbooks


def _from_workbook(book: WorkbookData, name: str) -> ListData:
    """The first sheet that can be seen and has anything on it."""
    filled = [sheet for sheet in book.sheets if sheet.cells and sheet.state == "visible"]
    if not filled:
        return ListData(())
    sheet = filled[0]
    notes = []
    if len(filled) > 1:
        notes.append(f"{name} has {len(filled)} sheets; only the first, “{sheet.name}”, was read.")
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), cell in sheet.cells.items():
        by_row.setdefault(row, {})[column] = _shown(cell, book.date1904)
    rows: list[ListRow] = []
    width = _width(sheet)
    for row in sorted(by_row):
        _add(rows, row + 1, [by_row[row].get(column, "") for column in range(width)], name)
    return ListData(tuple(rows), tuple(notes))


def _width(sheet: SheetData) -> int:
    return min(max(column for _, column in sheet.cells) + 1, 1000)


def _shown(cell: Cell, date1904: bool) -> str:
    """What a cell says, near enough to how the spreadsheet shows it."""
    value = cell.value
    if value is None:
        return ""
    if cell.kind is CellKind.BOOLEAN:
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    shown = cell.number_format or "General"
    if is_date_format(shown):
        epoch = date(1904, 1, 1) if date1904 else date(1899, 12, 30)
        try:
            return (epoch + timedelta(days=int(value))).isoformat()
        except OverflowError:
            return repr(value)
    whole = float(value).is_integer() and abs(value) < 1e15
    if whole and re.fullmatch(r"0+", shown):
        return str(int(value)).zfill(len(shown))
    return str(int(value)) if whole else repr(float(value))


def _add(rows: list[ListRow], number: int, cells: list[str], name: str) -> None:
    trimmed = tuple(cell.replace("\ufeff", "").strip() for cell in cells)
    if not any(trimmed):
        return
    if len(rows) > MOST_ROWS:
        raise UsageProblem(f"The file {name} has more than {MOST_ROWS:,} rows.", "Check that it is the right file.")
    rows.append(ListRow(number, trimmed))
