"""What a returned workbook holds, whatever format it came in.

Plain values only: cells in a dictionary by place, so that one value in the last cell of a sheet costs one entry.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from functools import cached_property

from msgspec import Struct

from kil_xlsx.reading.kinds import FileKind

LONGEST_MARK = 40
"""Characters; nothing longer is a mark of ours."""


class CellKind(enum.StrEnum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ERROR = "error"  # the value is the error as shown: "#REF!"
    EMPTY = "empty"  # no value; such a cell is only kept when it has a formula that was never calculated


class Cell(Struct, frozen=True, gc=False):
    """One cell that is not blank.

    ``formula`` is without its ``=``; ``None`` if there is no formula, ``""`` if there is one that the file does not
    spell out.  A formula without a stored value has the kind ``EMPTY`` and the value ``None``.  Dates are numbers:
    days as the workbook counts them (see ``WorkbookData.date1904``); only the format tells them from other numbers.
    ``number_format`` is the format code, such as ``General``, ``0.0%`` or ``d mmm yyyy``; ``None`` if the file does
    not tell.
    """

    value: str | float | bool | None
    kind: CellKind
    formula: str | None = None
    number_format: str | None = None


class ValidationInfo(Struct, frozen=True):
    """A data validation: the ranges it covers (``D5``, ``D6:D7``), the title of its input message and its rule."""

    ranges: tuple[str, ...]
    prompt_title: str
    formula1: str


class DefinedName(Struct, frozen=True):
    """A defined name.  ``scope`` is the sheet's name, or ``None`` for the whole workbook."""

    name: str
    scope: str | None
    refers_to: str  # as the file has it, without "=": Sheet1!$A$1, "text", #REF!


class SheetData(Struct, frozen=True, dict=True):
    """One worksheet: its cells by (row, column), both counted from 0, and what marks places on it."""

    name: str
    state: str = "visible"  # or "hidden" or "veryHidden"
    cells: dict[tuple[int, int], Cell] = {}
    validations: tuple[ValidationInfo, ...] = ()
    merges: tuple[str, ...] = ()

    @cached_property
    def texts(self) -> list[tuple[int, int, str, Cell]]:
        """The cells that hold words, errors among them, in the order of the cells: row, column, words and cell."""
        return [
            (row, column, text, cell)
            for (row, column), cell in self.cells.items()
            if isinstance(text := cell.value, str) and text
        ]

    @cached_property
    def marks(self) -> list[tuple[int, int, str, Cell]]:
        """Those of :attr:`texts` that may be marks of ours, such as ``kil:version``: short, and with a colon."""
        return [each for each in self.texts if ":" in each[2] and len(each[2]) <= LONGEST_MARK]


class WorkbookData(Struct, frozen=True):
    """A whole workbook.  ``sheets`` are the worksheets in the order of their tabs; sheets of charts are left out.

    ``properties`` holds the custom properties by name, and ``title``, ``keywords`` and ``identifier``; blanks around
    the values are gone.  ``application`` is what the file says made it, or ``""``.
    """

    sheets: tuple[SheetData, ...]
    names: tuple[DefinedName, ...] = ()
    date1904: bool = False
    properties: dict[str, str] = {}
    application: str = ""
    kind: FileKind = FileKind.XLSX
    has_macros: bool = False
    is_strict: bool = False

    def sheet(self, name: str) -> SheetData | None:
        """The worksheet of that name, ignoring case as spreadsheet programs do; ``None`` if there is none."""
        folded = name.casefold()
        return next((sheet for sheet in self.sheets if sheet.name.casefold() == folded), None)


_TIME_ONLY = re.compile(r"T?\d\d:\d\d")


def to_serial(moment: dt.datetime | dt.date | dt.time | dt.timedelta, date1904: bool = False) -> float:
    """A date, time or duration as the number of days that a spreadsheet stores.

    In the 1900 system the days before 1 March 1900 are counted as Excel does, with its 29 February 1900.  Time
    zones are ignored.
    """
    if isinstance(moment, dt.timedelta):
        return moment / dt.timedelta(days=1)
    if isinstance(moment, dt.time):
        clock = dt.timedelta(
            hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
        )
        return clock / dt.timedelta(days=1)
    if isinstance(moment, dt.datetime):
        moment = moment.replace(tzinfo=None)
    else:
        moment = dt.datetime(moment.year, moment.month, moment.day)
    if date1904:
        return (moment - dt.datetime(1904, 1, 1)) / dt.timedelta(days=1)
    days = (moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    return days if days >= 61 else days - 1


_FIRST_SOUND, _AFTER_LAST = 61, 2_958_466
"""1 March 1900, before which Excel's days are one off, and the day after 31 December 9999."""


def from_serial(number: float) -> dt.datetime | None:
    """The moment of a serial number of the 1900 system, to the second; ``None`` if it stands for no day.

    The inverse of :func:`to_serial`.  Serial number 60 is no day: it is Excel's 29 February 1900.
    """
    seconds = round(number * 86_400) if 1 <= number < _AFTER_LAST else 0
    days = seconds // 86_400
    if not 1 <= days < _AFTER_LAST or days == _FIRST_SOUND - 1:
        return None
    return dt.datetime(1899, 12, 30 if days >= _FIRST_SOUND else 31) + dt.timedelta(seconds=seconds)


def iso_to_serial(text: str, date1904: bool = False) -> float | None:
    """The serial number of an ISO 8601 date, time or both; ``None`` if the text is no such thing."""
    text = text.strip()
    if not text.isascii():
        return None
    try:
        if _TIME_ONLY.match(text):
            return to_serial(dt.time.fromisoformat(text), date1904)
        return to_serial(dt.datetime.fromisoformat(text), date1904)
    except (ValueError, OverflowError):
        return None


def is_date_format(code: str) -> bool:
    """Whether a number format shows a day: it has a year or a day outside quotes, escapes and brackets."""
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", code.split(";")[0])
    return "general" not in bare.casefold() and re.search(r"[dDyY]", bare) is not None
