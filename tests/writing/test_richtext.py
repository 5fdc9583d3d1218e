"""Texts with several looks: every reader gets the same words, and their looks come from the cell's own style."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from python_calamine import CalamineWorkbook
from writing.test_xlsx import document

from kil_xlsx.errors import LayoutError, OutputError
from kil_xlsx.layout.document import Chart, Rich, Run, Series, Sheet, Style, Value
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.textcodes import clean
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = [
    ("<r>", "<t>bold</t>", "</r>"), ("</t></r></si>", "<si>"), ("a & b", " &amp; c", "]]>"), ("  two blanks", "  "),
    ("\n\nlines\n", "\n"), ("💧", "👩‍🚒 fire"), ("=1+1", "-1"), ("\t", "tab"), ("#N/A",), ("one",), (" ", " "),
]  # fmt: skip
CODES = [
    ("_x0041_",), ("_x00", "41_"), ("_", "x0041_x0042_"), ("_x0041_x0042_x0043_",), ("__x0041__", "_x005F_"),
    ("_x005F", "\x01"), ("a\x0bb", "\x00"), ("\ufffe", "\uffff"), ("one\r\n", "two\r"),
]  # fmt: skip


def workbook(*values: Value, style: str | Style = "text") -> bytes:
    """A workbook with the values in its first column."""
    sheet = Sheet("A")
    for row, value in enumerate(values):
        sheet.put(row, 0, value, style)
    return write(document(sheet), default_theme())


def rich(*words: str) -> Rich:
    """A text of parts that look different in turn."""
    looks = ("strong", "plain", "quiet")
    return Rich(tuple(Run(part, looks[at % 3]) for at, part in enumerate(words)))  # type: ignore[arg-type]  # one of them


def read_here(data: bytes) -> list[object]:
    """The first column as the program's own reader has it."""
    cells = read_workbook(data).sheets[0].cells
    return [cells[row, 0].value for row in range(len(cells))]


def shared(data: bytes) -> str:
    """The table of texts."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read("xl/sharedStrings.xml").decode()


def fonts(data: bytes) -> list[list[tuple[str, str | None]]]:
    """The properties of each part of the first text, in order."""
    parts = ElementTree.fromstring(shared(data)).iter(f"{NAMESPACE}rPr")  # what was just written
    return [[(one.tag.removeprefix(NAMESPACE), one.get("val") or one.get("rgb")) for one in part] for part in parts]


def test_every_reader_gets_the_words() -> None:
    """Markup, signs, blanks, lines and emoji come back as they were from three readers."""
    data = workbook(*(rich(*words) for words in HOSTILE))
    expected = ["".join(words) for words in HOSTILE]
    assert read_here(data) == expected
    sheet = openpyxl.load_workbook(io.BytesIO(data))["A"]
    assert [sheet.cell(row, 1).value for row in range(1, len(expected) + 1)] == expected
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [row[0] for row in rows] == expected


def test_codes_and_control_characters_come_back() -> None:
    """What reads like a code stays text even across parts, and control characters are stored as codes."""
    data = workbook(*(rich(*words) for words in CODES))
    assert read_here(data) == [clean("".join(words)) for words in CODES]
    assert not re.search("[\x00-\x08\x0b-\x1f]", shared(data))
    assert "_x000B_" in shared(data)


def test_codes_in_plain_texts_come_back() -> None:
    """The same texts come back when they are plain, codes that follow one another included."""
    texts = ["".join(words) for words in CODES]
    assert read_here(workbook(*texts)) == [clean(text) for text in texts]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("_x0041")), min_size=1, max_size=4))
def test_any_text_comes_back(words: list[str]) -> None:
    """Whatever the parts are, the reader gets what they say when put together."""
    if "".join(words):
        assert read_here(workbook(rich(*words), "".join(words))) == [clean("".join(words))] * 2


def test_looks_come_from_the_style_of_the_cell() -> None:
    """Size and font are those of the cell; strong parts are bold and quiet ones have the theme's quiet colour."""
    theme = default_theme()
    plain = theme.properties(Style("text_small"))
    ink, quiet = (f"FF{str(colour)[1:]}" for colour in (plain["font_color"], theme.palette.quiet))
    data = workbook(Rich((Run("a", "strong"), Run("b"), Run("c", "quiet"))), style="text_small")
    rest = [("rFont", theme.font), ("family", "2"), ("scheme", "minor")]
    assert fonts(data) == [
        [("b", None), ("sz", "10"), ("color", ink), *rest],
        [("sz", "10"), ("color", ink), *rest],
        [("sz", "10"), ("color", quiet), *rest],
    ]
    cell = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)["A"]["A1"]
    assert cell.font.sz == 10
    assert isinstance(cell.value, CellRichText)
    assert [(part.text, bool(part.font.b)) for part in cell.value if isinstance(part, TextBlock)] == [
        ("a", True), ("b", False), ("c", False),
    ]  # fmt: skip


def test_a_bold_or_underlined_style_stays_so() -> None:
    """A plain part of a cell that is bold, slanted or underlined looks like the rest of the cell."""
    for style, mark in (("label", "b"), ("notice", "i"), ("link", "u")):
        (found,) = fonts(workbook(Rich((Run("a"),)), style=style))
        assert found[0] == (mark, None)


def test_parts_without_words_are_dropped() -> None:
    """An empty part leaves no trace in the file."""
    data = workbook(Rich((Run("", "strong"), Run("a"), Run(""), Run("b", "quiet"))))
    assert shared(data).count("<r>") == 2
    assert shared(data) == shared(workbook(Rich((Run("a"), Run("b", "quiet")))))


def test_blanks_are_kept() -> None:
    """Every part asks for its blanks and lines to be kept."""
    assert shared(workbook(rich(" a", "b", "c\n"))).count('<t xml:space="preserve">') == 3


def test_a_plain_text_equal_to_the_markup_stays_text() -> None:
    """A plain text that is letter for letter the markup of another cell is a text of its own, in either order."""
    value = rich("Heading", " words")
    found = re.search(r"<si>(<r>.*?)</si>", shared(workbook(value)))
    assert found
    markup = found[1]
    for values in ([value, markup, value], [markup, value, markup]):
        data = workbook(*values)
        assert read_here(data) == [value.text if isinstance(one, Rich) else markup for one in values]
        assert 'count="3" uniqueCount="2"' in shared(data)


def test_the_same_words_plain_and_with_looks() -> None:
    """Equal words with and without looks are two texts; equal looks are one, and other fonts are another."""
    value = rich("a", "b")
    assert 'count="3" uniqueCount="2"' in shared(workbook("ab", value, rich("a", "b")))
    sheet = Sheet("A")
    for row, style in enumerate(("text", "text_small")):
        sheet.put(row, 0, value, style)
    assert 'count="2" uniqueCount="2"' in shared(write(document(sheet), default_theme()))


def test_the_same_looks_give_the_same_bytes() -> None:
    """Writing twice gives one file."""
    assert workbook(rich("a", "b"), "c") == workbook(rich("a", "b"), "c")


def test_a_text_as_long_as_a_cell_holds() -> None:
    """The limit counts the words, not the markup: 32,767 characters fit and one more does not."""
    words = "".join(f"{number}&<" for number in range(7_000))[:32_767]
    assert read_here(workbook(rich(words[:16_000], words[16_000:]))) == [words]
    with pytest.raises(OutputError, match="32,768"):
        workbook(rich("x" * 16_000, "x" * 16_768))
    with pytest.raises(OutputError, match="32,768"):
        workbook(rich("💧" * 8_192, "💧" * 8_192))


@pytest.mark.parametrize("value", [Rich(()), Rich((Run(""), Run("", "strong")))], ids=["no parts", "empty parts"])
def test_a_text_without_words_is_refused(value: Rich) -> None:
    """There is nothing to write in several looks where there are no words."""
    with pytest.raises(LayoutError, match=r"A!A1.*no words"):
        workbook(value)


def test_an_unknown_look_is_refused() -> None:
    """A look that nobody has described is a mistake, never a cell that silently looks plain."""
    with pytest.raises(LayoutError, match="'loud'"):
        workbook(Rich((Run("a", "loud"),)))  # type: ignore[arg-type]  # what a careless layout may do


def test_half_a_character_is_refused() -> None:
    """A lone surrogate cannot be stored in any file and is reported in plain words."""
    with pytest.raises(OutputError, match="D83D"):
        workbook(rich("a", "\ud83d"))


def test_a_place_outside_the_sheet_is_refused() -> None:
    """There is no row after the last."""
    sheet = Sheet("A")
    sheet.put(1_048_576, 0, rich("a"), "text")
    with pytest.raises(LayoutError):
        write(document(sheet), default_theme())


def test_the_linter_finds_texts_that_no_cell_holds() -> None:
    """Texts without words, with unknown looks or too many characters are listed with their places."""
    sheet = Sheet("A")
    values = (rich("fine"), Rich(()), Rich((Run("a", "loud"),)), rich("x" * 32_768))  # type: ignore[arg-type]  # on purpose
    for row, value in enumerate(values):
        sheet.put(row, 0, value, "text")
    found = lint(document(sheet))
    assert [fault.split(":")[0] for fault in found] == ["A!A2", "A!A3", "A!A4"]


def test_a_chart_shows_the_words() -> None:
    """Categories with several looks are stored with a chart as their words."""
    sheet = Sheet("A")
    sheet.put(0, 0, rich("All ", "areas"), "text")
    sheet.put(0, 1, 1.5, "text")
    series = Series("s", sheet.area(0, 0, 0, 0), sheet.area(0, 1, 0, 1))
    sheet.charts.append(Chart("bar", "t", "d", (series,), 3, 0, 99, 99))
    with zipfile.ZipFile(io.BytesIO(write(document(sheet), default_theme()))) as package:
        assert b"<c:v>All areas</c:v>" in package.read("xl/charts/chart1.xml")
