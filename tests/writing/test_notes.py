"""Notes on cells: on their cell, hidden, as large as their words, and the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
from writing.test_xlsx import document

from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import Note, Sheet
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.notes import CellNote, read_notes
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write


def _sheet(*notes: Note) -> Sheet:
    sheet = Sheet("Notes")
    sheet.put(0, 0, "Words", "title")
    sheet.put(4, 2, None, "input_text")
    sheet.notes = list(notes)
    return sheet


def _written(*notes: Note) -> bytes:
    return write(document(_sheet(*notes)), default_theme())


def test_a_note_stands_on_its_cell() -> None:
    """Other readers find its words and its author; it is hidden until its cell is pointed at."""
    data = _written(Note(4, 2, "Error: a number is needed\nEnter it."), Note(0, 0, "Query: look here"))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Notes"]
    comment = sheet["C5"].comment
    assert comment is not None
    assert (comment.text, comment.author) == ("Error: a number is needed\nEnter it.", "kil-xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        shapes = package.read("xl/drawings/vmlDrawing1.vml").decode()
    assert shapes.count("visibility:hidden") == 2
    assert read_notes(data) == (
        CellNote("Notes", "A1", "Query: look here"),
        CellNote("Notes", "C5", "Error: a number is needed\nEnter it."),
    )
    assert data == _written(Note(0, 0, "Query: look here"), Note(4, 2, "Error: a number is needed\nEnter it."))


def test_longer_words_have_a_larger_box() -> None:
    """The box grows with its words."""

    def height(text: str) -> float:
        with zipfile.ZipFile(io.BytesIO(_written(Note(4, 2, text)))) as package:
            found = re.search(r"height:([0-9.]+)pt", package.read("xl/drawings/vmlDrawing1.vml").decode())
        assert found is not None
        return float(found[1])

    assert height("many words " * 40) > 2 * height("few words")


@pytest.mark.parametrize("text", ["=1+1", "<b>&amp;</b>", "_x0041_", "🙂 日本語", "a\tb"])
def test_words_stay_as_they_are(text: str) -> None:
    """Markup, formulas and codes are only words, and a control character does no harm."""
    assert [one.text for one in read_notes(_written(Note(4, 2, text)))] == [text]
    harmed = _written(Note(4, 2, f"{text}\x01\x1b\uffff"))
    assert [one.text for one in read_notes(harmed)] == [f"{text}\ufffd\ufffd\ufffd"]
    assert read_workbook(harmed).sheet("Notes") is not None


@pytest.mark.parametrize(
    "notes",
    [
        (Note(4, 2, "one"), Note(4, 2, "another")),
        (Note(4, 2, "  "),),
        (Note(-1, 0, "nowhere"),),
        (Note(0, 20_000, "nowhere"),),
        (Note(4, 2, "x" * 40_000),),
    ],
)
def test_impossible_notes_are_refused(notes: tuple[Note, ...]) -> None:
    """Two notes on a cell, none on a note, a cell that no sheet has, and more words than a note holds."""
    with pytest.raises(LayoutError):
        _written(*notes)
