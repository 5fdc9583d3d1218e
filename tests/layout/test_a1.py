"""Cell and range names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter, quote_sheetname

from kil_xlsx.layout.a1 import (
    MAX_COLUMNS,
    MAX_ROWS,
    cell_name,
    column_index,
    column_name,
    parse_cell_name,
    quote_sheet,
    range_name,
)


def test_column_names_agree_with_openpyxl_for_every_column() -> None:
    """All 16,384 columns have the letters that another library gives them, and come back."""
    for index in range(MAX_COLUMNS):
        assert column_name(index) == get_column_letter(index + 1)
        assert column_index(column_name(index).lower()) == index


@given(st.integers(0, MAX_ROWS - 1), st.integers(0, MAX_COLUMNS - 1))
def test_cell_names_come_back(row: int, col: int) -> None:
    """Every cell's name leads to the same cell, with and without dollar signs."""
    assert parse_cell_name(cell_name(row, col)) == (row, col)
    assert parse_cell_name(range_name(row, col, row, col, absolute=True)) == (row, col)


@pytest.mark.parametrize(
    "text", ["", "A", "1", "A0", "A01", "XFE1", "A1048577", "A1:B2", " A1", "A1\n", "Ä1", "A\uff11"]
)
def test_what_is_no_cell_is_refused(text: str) -> None:
    """Text that names no cell of a sheet is a ValueError, not a wrong place."""
    with pytest.raises(ValueError):
        parse_cell_name(text)


@pytest.mark.parametrize(("row", "col"), [(-1, 0), (0, -1), (MAX_ROWS, 0), (0, MAX_COLUMNS)])
def test_cells_that_no_sheet_has_get_no_name(row: int, col: int) -> None:
    """Places outside a sheet are refused instead of getting a name that Excel rejects."""
    with pytest.raises(ValueError):
        cell_name(row, col)
    with pytest.raises(ValueError):
        range_name(0, 0, row, col, absolute=True)


def test_ranges() -> None:
    """A range names its top-left and bottom-right cell whichever corners are given; one cell has no colon."""
    assert range_name(0, 0, 8, 2) == "A1:C9"
    assert range_name(8, 2, 0, 0) == "A1:C9"
    assert range_name(8, 0, 0, 2, absolute=True) == "$A$1:$C$9"
    assert range_name(4, 3, 4, 3) == "D5"


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Cover", "Cover"),
        ("kil_info", "kil_info"),
        ("Fin'nce", "'Fin''nce'"),
        ("People & skills", "'People & skills'"),
        ("2026", "'2026'"),
        ("A1", "'A1'"),
        ("R1C1", "'R1C1'"),
        ("r", "'r'"),
        ("TRUE", "'TRUE'"),
        ("Übersicht", "'Übersicht'"),
        ("Tab-2", "'Tab-2'"),
    ],
)
def test_sheet_names_are_quoted_where_a_formula_needs_it(name: str, quoted: str) -> None:
    """Names that a formula could misread stand between apostrophes; plain words do not."""
    assert quote_sheet(name) == quoted


def test_quoting_agrees_with_openpyxl_on_apostrophes() -> None:
    """Apostrophes within a sheet name are doubled as another library does."""
    assert quote_sheet("a'b c") == quote_sheetname("a'b c")
