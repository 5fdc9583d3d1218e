"""Rows are high enough for their text, in a file that no program has opened yet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kil_xlsx.layout.text_fit import LINE_POINTS, MAXIMUM_POINTS, height, lines

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from(" \n"), max_size=200)
WIDTHS = st.floats(4, 120)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 20, 1),
        ("one line", 20, 1),
        ("one\ntwo\nthree", 20, 3),
        ("\n\n", 20, 3),
        ("word " * 10, 11.5, 5),
        ("m" * 40, 20, 4),
        ("i" * 40, 20, 1),
        ("日本語" * 8, 26, 2),
    ],
)
def test_lines_are_counted_as_they_break(text: str, width: float, expected: int) -> None:
    """A line ends at a line break or where no more words fit; a long word goes on; wide letters take more room."""
    assert lines(text, width) == expected


def test_larger_letters_take_more_lines() -> None:
    """A heading of the same words needs more room than small print."""
    text = "The quick brown fox jumps over the lazy dog, again and again and again."
    assert lines(text, 30, 0.8) < lines(text, 30, 1.0) < lines(text, 30, 1.6)


@given(TEXTS, WIDTHS)
@settings(deadline=None)
def test_there_is_a_line_for_every_paragraph(text: str, width: float) -> None:
    """However short its paragraphs are, each has a line."""
    assert lines(text, width) >= text.count("\n") + 1


@given(TEXTS, WIDTHS, st.floats(0, 40))
@settings(deadline=None)
def test_a_wider_column_never_needs_more_lines(text: str, width: float, more: float) -> None:
    """Making a column wider never makes a row higher."""
    assert lines(text, width + more) <= lines(text, width)


@given(TEXTS, TEXTS, WIDTHS)
@settings(deadline=None)
def test_paragraphs_are_counted_one_by_one(one: str, other: str, width: float) -> None:
    """Two paragraphs take the lines of both."""
    assert lines(f"{one}\n{other}", width) == lines(one, width) + lines(other, width)


@given(st.lists(st.tuples(TEXTS, WIDTHS), max_size=4))
@settings(deadline=None)
def test_a_row_is_as_high_as_its_longest_text(columns: list[tuple[str, float]]) -> None:
    """Every text of a row has room for its lines, up to the greatest height that Excel has."""
    found = height(*columns, least=20)
    assert 20 <= found <= MAXIMUM_POINTS
    for text, width in columns:
        assert found >= min(lines(text, width) * LINE_POINTS, MAXIMUM_POINTS)


def test_no_row_is_higher_than_excel_allows() -> None:
    """A whole page in one cell gives the greatest height instead of a file that Excel repairs."""
    assert height(("word " * 5000, 20.0)) == MAXIMUM_POINTS


def test_an_empty_row_has_its_least_height() -> None:
    """Without text a row is as high as it is told to be."""
    assert height(least=24) == height(("", 10.0), least=24) == 24
