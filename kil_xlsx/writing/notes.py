"""Notes on cells."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kil_xlsx.errors import LayoutError
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, Sheet
from kil_xlsx.layout.text_fit import utf16_length
from kil_xlsx.writing.checks import MAX_TEXT, check_cell, place
from kil_xlsx.writing.engine import AUTHOR, SheetWriter

_WIDTH = 330
"""Of the box, in pixels."""

_COLUMNS = 44.0
"""How many digits of the default font go into a line."""

_NOT_IN_FILES = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}

_LINE, _MARGIN, _LEAST = 16, 14, 60
"""Height of a line, what is left free, and the smallest box, in pixels."""


def insert_notes(target: SheetWriter, sheet: Sheet, sheets: Mapping[str, Sheet]) -> int | None:
    """Put the notes of a sheet on their cells: hidden until a cell is pointed at, as large as their words.

    Gives what XlsxWriter complains of.  LayoutError for a cell that is not there, one with two notes, and no words.
    """
    seen: set[tuple[int, int]] = set()
    for note in sorted(sheet.notes, key=lambda one: (one.row, one.column)):
        cell = CellRef(sheet.name, note.row, note.column)
        where = f"The note on {place(cell)}"
        check_cell(cell, where, sheets)
        if (note.row, note.column) in seen:
            raise LayoutError(f"{where} is one of two.", "A cell has one note.")
        seen.add((note.row, note.column))
        if not note.text.strip():
            raise LayoutError(f"{where} has no words.")
        if utf16_length(note.text) > MAX_TEXT:
            raise LayoutError(f"{where} is longer than {MAX_TEXT:,} characters.")
        height = max(_LEAST, math.ceil(text_fit.lines(note.text, _COLUMNS) * _LINE) + _MARGIN)
        look = {"author": AUTHOR, "width": _WIDTH, "height": height, "font_size": 9, "visible": False}
        # XlsxWriter codes control characters in notes, but not these two.
        words = note.text.translate(_NOT_IN_FILES)
        code: int | None = target.write_comment(note.row, note.column, words, look)
        if code:
            return code
    return None
