"""Tables: what is in their part of the file, and that the cells stay those of the document."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree

import openpyxl
import pytest
from writing.test_xlsx import document

from kil_xlsx.errors import LayoutError
from kil_xlsx.layout.document import CellRef, DefinedName, Document, Formula, RangeRef, Rich, Run, Sheet, Table, Value
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.writing.lint import lint
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

HEADINGS = ["Area", "Score & <share>", '"2025" _x0041_x0042_']


def sheet_with_table(headings: list[str] | None = None, name: str = "A", table: str = "kil_scores") -> Sheet:
    """A sheet with a table of three columns and two rows, in B3:D5, and words above it."""
    sheet = Sheet(name)
    sheet.put(0, 1, "Scores", "title")
    for column, heading in enumerate(headings or HEADINGS, 1):
        sheet.put(2, column, heading, "header")
    for row in (3, 4):
        sheet.put(row, 1, f"Area {row}", "label")
        sheet.put(row, 2, Formula(f"{row}/2", row / 2), "output_number")
        sheet.put(row, 3, None, "input_text")
    sheet.tables.append(Table(table, sheet.area(2, 1, 4, 3)))
    return sheet


def parts(data: bytes) -> dict[str, str]:
    """The parts of a workbook as text."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def written(*sheets: Sheet) -> bytes:
    """The workbook of some sheets."""
    return write(document(*sheets), default_theme())


def test_the_part_of_a_table() -> None:
    """A table has its name, its place and the headings of its cells; neither filters nor a look of its own."""
    files = parts(written(sheet_with_table()))
    root = ElementTree.fromstring(files["xl/tables/table1.xml"])  # what was just written
    assert (root.get("name"), root.get("displayName"), root.get("ref")) == ("kil_scores", "kil_scores", "B3:D5")
    assert (root.get("headerRowCount"), root.get("totalsRowShown")) == (None, "0")
    assert [child.tag.split("}")[1] for child in root] == ["tableColumns", "tableStyleInfo"]
    columns = [(column.get("id"), column.get("name")) for column in root[0]]
    assert columns == [("1", "Area"), ("2", "Score & <share>"), ("3", '"2025" _x005F_x0041_x005F_x0042_')]
    assert root[1].get("name") is None
    assert root[1].get("showRowStripes") == "0"
    assert '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>' in files["xl/worksheets/sheet1.xml"]


def test_cells_are_the_same_with_and_without_a_table() -> None:
    """A table changes no cell: values, styles and the table of texts are those of the same sheet without it."""
    with_table, without = sheet_with_table(), sheet_with_table()
    without.tables.clear()
    one, other = parts(written(with_table)), parts(written(without))
    cells = [re.search("<sheetData>.*</sheetData>", files["xl/worksheets/sheet1.xml"]) for files in (one, other)]
    assert cells[0]
    assert cells[1]
    texts = re.compile(r't="s"><v>\d+</v>')  # their order may differ
    assert texts.sub("text", cells[0][0]) == texts.sub("text", cells[1][0])
    assert one["xl/styles.xml"] == other["xl/styles.xml"]
    counts = [re.search(r'count="\d+" uniqueCount="\d+"', files["xl/sharedStrings.xml"]) for files in (one, other)]
    assert counts[0]
    assert counts[1]
    assert counts[0][0] == counts[1][0]


def test_readers_find_the_table_and_its_cells() -> None:
    """Openpyxl finds the table with its headings; the program's own reader reads the cells as ever."""
    data = written(sheet_with_table(), sheet_with_table(name="B", table="kil_more"))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["A"]
    assert [(table.name, table.ref) for table in sheet.tables.values()] == [("kil_scores", "B3:D5")]
    assert sheet.tables["kil_scores"].autoFilter is None
    assert [sheet.cell(3, column).value for column in (2, 3, 4)] == HEADINGS[:2] + [
        '"2025" _x005F_x0041_x005F_x0042_'.replace("x005F_", "")
    ]
    cells = read_workbook(data).sheets[0].cells
    assert [cells[2, column].value for column in (1, 2, 3)] == HEADINGS
    assert (cells[3, 1].value, cells[3, 2].value) == ("Area 3", 1.5)
    assert list(openpyxl.load_workbook(io.BytesIO(data))["B"].tables) == ["kil_more"]


def test_the_same_tables_give_the_same_bytes() -> None:
    """Writing twice gives one file."""
    assert written(sheet_with_table()) == written(sheet_with_table())


def test_tables_may_touch_one_another_and_texts_that_run_over() -> None:
    """Tables side by side, below one another and below a text that runs over them are fine."""
    sheet = sheet_with_table()
    sheet.spread(0, 1, 3)
    for at, (row, column) in enumerate([(2, 4), (5, 1)]):
        sheet.put(row, column, "Other", "header")
        sheet.tables.append(Table(f"kil_other_{at}", sheet.area(row, column, row + 1, column)))
    assert len(openpyxl.load_workbook(io.BytesIO(written(sheet)))["A"].tables) == 3


@pytest.mark.parametrize("name", ["kil_t", "Terms", "_terms", "q1.terms", "T_1", "rc_2", "Abcd1", "x" * 255])
def test_names_of_tables(name: str) -> None:
    """Letters, digits, underscores and full stops make a name, as long as it does not read like a place."""
    assert f'displayName="{name}"' in parts(written(sheet_with_table(table=name)))["xl/tables/table1.xml"]


@pytest.mark.parametrize(
    "name",
    [
        "", "Q1", "tab2025", "XFD1048576", "ZZZ9", "R1C1", "r", "C", "RC", "R2", "c7", "true", "1st", "a b", "a-b", "é",
        "terms\n", "ſ1", "_xlnm.Print_Area", "_XLFN", "x" * 256, ".a", "a!b", "\\a", "\x01",
    ],
)  # fmt: skip
def test_names_that_no_table_can_have(name: str) -> None:
    """Names that read like a place, hold other signs or belong to Excel stop the writing."""
    with pytest.raises(LayoutError, match="cannot be the name of a table"):
        written(sheet_with_table(table=name))


def _put(row: int, column: int, value: Value) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document.sheets[0].cells.pop((row, column), None)
        document.sheets[0].put(row, column, value, "header")

    return change


def _area(*corners: int, sheet: str = "A") -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document.sheets[0].tables = [Table("kil_scores", RangeRef(sheet, *corners))]

    return change


def _add(table: Table) -> Callable[[Document], None]:
    return lambda document: document.sheets[0].tables.append(table)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_put(2, 2, None), "no heading at A!C3"), (_put(2, 2, ""), "no heading"), (_put(2, 2, "  "), "no heading"),
        (_put(2, 2, 2025), "no heading"), (_put(2, 2, Formula("A1", "x")), "no heading"),
        (_put(2, 2, Rich((Run("x"),))), "no heading"),
        (lambda document: document.sheets[0].cells.pop((2, 3)), "no heading at A!D3"),
        (_put(2, 2, "two\nlines"), "one line"), (_put(2, 2, "a\tb"), "one line"), (_put(2, 2, "a\x01"), "one line"),
        (_put(2, 2, "x" * 256), "256"), (_put(2, 2, "AREA"), "two headings"),
        (_area(2, 1, 2, 3), "no rows"), (_area(4, 1, 2, 3), "which no sheet has"),
        (_area(2, 1, 1_048_576, 3), "which no sheet has"), (_area(2, 1, 4, 3, sheet="B"), "lies on the sheet 'B'"),
        (_area(2, 1, 4, 3, sheet="Nowhere"), "does not exist"),
        (_add(Table("kil_other", RangeRef("A", 4, 3, 9, 9))), "share cells"),
        (_add(Table("KIL_scores", RangeRef("A", 2, 1, 4, 3))), "share cells"),
        (lambda document: document.sheets[0].spread(4, 3, 5), "runs over A!D5:F5"),
        (lambda document: document.names.append(DefinedName("kil_Scores", CellRef("A", 0, 0))), "defined name"),
        (lambda document: document.sheets.append(sheet_with_table(name="C", table="KIL_SCORES")), "another table"),
    ],
    ids=range(22),
)  # fmt: skip
def test_tables_that_excel_would_repair(change: Callable[[Document], object], words: str) -> None:
    """Headings, places and names that Excel would refuse or repair stop the writing, and the linter says so too."""
    faulty = document(sheet_with_table(), Sheet("B"))
    change(faulty)
    with pytest.raises(LayoutError, match=words):
        write(faulty, default_theme())
    assert any(re.search(words, fault) for fault in lint(faulty))
