"""Printed pages end where a reader would end them."""

from __future__ import annotations

from kil_xlsx.layout.document import Column, Sheet
from kil_xlsx.layout.pagination import Page, breaks, scale

LANDSCAPE = Page(landscape=True)


def sheet(*heights: float, width: float = 100.0) -> Sheet:
    """A sheet with one column and rows of these heights."""
    made = Sheet("A")
    made.columns[1] = Column(width)
    made.row_heights.update(enumerate(heights))
    return made


def test_the_scale_lets_the_widest_page_fit() -> None:
    """A sheet twice as wide is printed at half the scale; a narrow one is never enlarged."""
    wide, wider = scale(sheet(width=200), LANDSCAPE, [1]), scale(sheet(width=401), LANDSCAPE, [1])
    assert wide in (2 * wider, 2 * wider + 1)
    assert scale(sheet(width=10), LANDSCAPE, [1]) == 100


def test_a_page_ends_when_it_is_full() -> None:
    """Rows of 100 points: four stand on a landscape page at full size."""
    assert breaks(sheet(*[100] * 10), range(10), 100, LANDSCAPE) == (4, 8)


def test_repeated_rows_take_room_on_every_further_page() -> None:
    """With a heading of 100 points three rows are left on the pages after the first."""
    assert breaks(sheet(*[100] * 10), range(10), 100, LANDSCAPE, repeated=[0]) == (4, 7)


def test_a_heading_moves_to_the_page_of_what_it_heads() -> None:
    """A row that belongs with the next is not left at the foot of a page."""
    assert breaks(sheet(*[100] * 8), range(8), 100, LANDSCAPE, with_next=[3]) == (3, 7)


def test_what_is_longer_than_a_page_is_broken_all_the_same() -> None:
    """Rows that all belong together still end when the page is full."""
    assert breaks(sheet(*[100] * 10), range(10), 100, LANDSCAPE, with_next=range(10)) == (4, 8)


def test_a_block_may_start_a_page() -> None:
    """A row that starts a page does so even where there is room."""
    assert breaks(sheet(*[100] * 4), range(4), 100, LANDSCAPE, starts_page=[0, 2]) == (2,)
