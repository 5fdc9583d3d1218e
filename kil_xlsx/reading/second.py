"""A second opinion: the same cells, read by openpyxl.

The program's own reader decides; this one only says where openpyxl takes a cell for something else.  It is given files
that the first reader has already found to be sound, so nothing hostile reaches it.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from collections.abc import Iterable
from typing import Any

from kil_xlsx.core.returns import Entry, Typed
from kil_xlsx.layout import a1
from kil_xlsx.reading.exchange import Difference, SecondOpinion
from kil_xlsx.reading.model import to_serial

KINDS = ("xlsx", "xlsm")
"""The kinds of file that openpyxl reads."""


def second_opinion(data: bytes, kind: str, entries: Iterable[Entry]) -> SecondOpinion:
    """Read the cell of every entry again and compare what stands there."""
    if kind not in KINDS:
        return SecondOpinion(failed=f"the second reader cannot read files of the kind {kind}")
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    except Exception as error:  # whatever a file does to another reader, the first reading stands
        return SecondOpinion(failed=f"the second reader stopped: {type(error).__name__}")
    compared = 0
    differences: list[Difference] = []
    sheets = {name.casefold(): book[name] for name in book.sheetnames}
    for entry in entries:
        if entry.place is None:
            continue
        sheet: Any = sheets.get(entry.place.sheet.casefold())
        row, column = a1.parse_cell_name(entry.place.cell)
        value = sheet.cell(row + 1, column + 1).value if sheet is not None else None
        theirs = _typed(value)
        compared += 1
        if not _same(entry.typed, theirs):
            differences.append(Difference(entry.place.sheet, entry.place.cell, entry.key.item, entry.typed, theirs))
    return SecondOpinion(compared, tuple(differences))


def _typed(value: object) -> Typed:
    """A value of openpyxl in the terms of this program: dates and durations are serial numbers, counted from 1900."""
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        return to_serial(value)
    if value is None or isinstance(value, bool | str):
        return value
    return float(value) if isinstance(value, int | float) else str(value)


def _same(ours: Typed, theirs: Typed) -> bool:
    """Whether two readings mean the same: line ends and blank cells are written in more than one way."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return abs(ours - theirs) <= 1e-9 * max(1.0, abs(ours))
    return _text(ours) == _text(theirs)


def _text(value: Typed) -> str:
    return "" if value is None else str(value).replace("_x000D_", "\r").replace("\r\n", "\n").replace("\r", "\n")
