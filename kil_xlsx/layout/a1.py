"""Names of cells and ranges in the A1 notation.

Rows and columns are counted from 0 everywhere in this package; only the text forms count from 1.  Pure functions,
no dependencies, so both the writing and the reading side may use them.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_PLAIN_SHEET = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# Both would be read as a place (or a truth value) in a formula, so Excel wants them between apostrophes.
_LIKE_A_PLACE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*([Cc][0-9]*)?|[Cc][0-9]*|true|false", re.IGNORECASE)


@lru_cache(maxsize=MAX_COLUMNS)
def column_name(index: int) -> str:
    """The letters of a column: 0 is ``A``, 25 is ``Z``, 26 is ``AA``.

    Raises ``ValueError`` for a column that no sheet has.
    """
    if not 0 <= index < MAX_COLUMNS:
        raise ValueError(f"no column {index}: columns run from 0 to {MAX_COLUMNS - 1}")
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=MAX_COLUMNS)
def column_index(letters: str) -> int:
    """The number of a column, from 0: ``A`` is 0, ``xfd`` is 16,383.  Raises ``ValueError`` for anything else."""
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise ValueError(f"not a column: {letters[:20]!r}")
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    if index > MAX_COLUMNS:
        raise ValueError(f"no column {letters!r}: the last one is XFD")
    return index - 1


@lru_cache(maxsize=MAX_COLUMNS)
def cell_name(row: int, col: int) -> str:
    """The name of a cell: (0, 0) is ``A1``.  Raises ``ValueError`` for a cell that no sheet has."""
    if not 0 <= row < MAX_ROWS:
        raise ValueError(f"no row {row}: rows run from 0 to {MAX_ROWS - 1}")
    return f"{column_name(col)}{row + 1}"


@lru_cache(maxsize=MAX_COLUMNS)
def parse_cell_name(text: str) -> tuple[int, int]:
    """The row and column, both from 0, that ``B3`` or ``$B$3`` stands for.

    Letters of either case are taken; blanks, ranges and sheet names are not.  Raises ``ValueError``.
    """
    match = _CELL.fullmatch(text)
    if match is None:
        raise ValueError(f"not a cell: {text[:40]!r}")
    row = int(match[2])
    if row > MAX_ROWS:
        raise ValueError(f"no row {row}: the last one is {MAX_ROWS}")
    return row - 1, column_index(match[1])


def range_name(r1: int, c1: int, r2: int, c2: int, absolute: bool = False) -> str:
    """The name of a range, ``A1:C9``; of a single cell, ``A1``.  ``absolute`` puts the dollar signs in.

    The corners may be given in any order.  Raises ``ValueError`` for cells that no sheet has.
    """
    top, bottom = sorted((r1, r2))
    left, right = sorted((c1, c2))
    corners = [(top, left)] if (top, left) == (bottom, right) else [(top, left), (bottom, right)]
    if not absolute:
        return ":".join(cell_name(row, col) for row, col in corners)
    for row, col in corners:
        cell_name(row, col)  # refuses places that do not exist
    return ":".join(f"${column_name(col)}${row + 1}" for row, col in corners)


def quote_sheet(name: str) -> str:
    """A sheet's name as a formula wants it: between apostrophes unless it is plainly a word."""
    if _PLAIN_SHEET.fullmatch(name) and not _LIKE_A_PLACE.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"
