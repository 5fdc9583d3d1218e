"""Where printed pages end, so that no heading is left alone at the foot of a page and no row is cut in two.

Spreadsheet programs that fit a sheet to a page's width ignore page breaks that are set by hand.  So where breaks
matter the scale is worked out here, from the widths of the columns, and the breaks from the heights of the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from kil_xlsx.layout.document import Sheet

_LONG_SIDE, _SHORT_SIDE = 842.0, 595.0
"""A4 in points."""

_SIDE_MARGINS, _TOP_AND_BOTTOM = 72.0, 108.0
"""Left and right, top and bottom margins together, in points; the writer sets the same or less."""

_SAFETY = 0.92
"""A little less than fits, for programs that set columns and rows slightly larger."""

_USUAL_HEIGHT = 15.0
_LARGEST = 100


class Page(Struct, frozen=True):
    """A page of A4, landscape or portrait."""

    landscape: bool

    @property
    def width(self) -> float:
        """What can be printed on, across, in points."""
        return (_LONG_SIDE if self.landscape else _SHORT_SIDE) - _SIDE_MARGINS

    @property
    def height(self) -> float:
        """What can be printed on, downwards, in points."""
        return (_SHORT_SIDE if self.landscape else _LONG_SIDE) - _TOP_AND_BOTTOM


def column_points(width: float) -> float:
    """How wide a column is in points; ``width`` is in characters of the default font."""
    return (7 * width + 5) * 0.75


def scale(sheet: Sheet, page: Page, *pages: Iterable[int]) -> int:
    """The scale, in per cent, at which each of the given sets of columns fits across a page."""
    widest = max(sum(column_points(sheet.columns[column].width) for column in columns) for columns in pages)
    return max(10, min(_LARGEST, int(100 * page.width * _SAFETY / widest)))


def breaks(
    sheet: Sheet,
    rows: range,
    per_cent: int,
    page: Page,
    *,
    repeated: Collection[int] = (),
    with_next: Collection[int] = (),
    starts_page: Collection[int] = (),
) -> tuple[int, ...]:
    """The rows before which a new page begins.

    ``repeated`` rows stand at the top of every further page; a row of ``with_next`` stays on the page of
    the row after it, where a page can hold both; every row of ``starts_page`` begins a page.
    """

    def height(row: int) -> float:
        return sheet.row_heights.get(row, _USUAL_HEIGHT)

    room = page.height * _SAFETY * 100 / per_cent
    head = sum(height(row) for row in repeated)
    found: list[int] = []
    used = 0.0
    for row in rows:
        if row in starts_page and used:
            found.append(row)
            used = head
        elif used + height(row) > room and used > head:
            start = found[-1] if found else rows.start
            first = row
            while first - 1 in with_next and first > start:
                first -= 1
            if first <= start:  # what belongs together is longer than a page
                first = row
            found.append(first)
            used = head + sum(height(each) for each in range(first, row))
        used += height(row)
    return tuple(found)
