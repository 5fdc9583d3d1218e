"""Reading xlsx and xlsm files into cells."""

from __future__ import annotations

import datetime as dt
import io
import random
import re

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula
from reading.workbooks import MAIN, NAMESPACES, pack, parts, relations, sheet_xml

from kil_xlsx.errors import FileRefused
from kil_xlsx.reading.cells import Cell, CellKind, WorkbookData, iso_to_serial, read_workbook, to_serial
from kil_xlsx.reading.kinds import FileKind
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.sharedformulas import shift


def read_rows(rows: str, **more: str) -> dict[tuple[int, int], Cell]:
    return read_workbook(pack(parts(rows, **more))).sheets[0].cells


def only(inside: str, attributes: str = "", **more: str) -> Cell | None:
    return read_rows(f'<row r="1"><c r="A1" {attributes}>{inside}</c></row>', **more).get((0, 0))


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        read_workbook(data, limits)
    return caught.value.code


def refused_rows(rows: str, **more: str) -> str:
    return refused(pack(parts(rows, **more)))


def written() -> bytes:
    """A workbook with every kind of cell, two names, hidden sheets, a merge, a validation and properties."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    per_cent, day = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": 14})
    sheet = book.add_worksheet("Fin'nce & co")
    sheet.write_string("A1", "=SUM(B1)")
    sheet.write_string("A2", "  two\nlines_x000D_\t ")
    sheet.write_rich_string("A3", "plain ", book.add_format({"bold": True}), "bold")
    sheet.write_string("A4", "")
    sheet.write_number("B1", 0.45, per_cent)
    sheet.write_number("B2", -1e-300)
    sheet.write_datetime("B3", dt.datetime(2026, 3, 4, 6), day)
    sheet.write_boolean("C1", True)
    sheet.write_boolean("C2", False)
    sheet.write_formula("D1", "=B1*2", None, 0.6)
    sheet.write_formula("D2", '=IF(A1="x","y","")', None, "")
    sheet.write_formula("D3", "=1/0", None, "#DIV/0!")
    sheet.write_formula("D4", "=1=1", None, True)
    sheet.write_formula("D5", '="a"&"b"', None, "ab")
    sheet.write_array_formula("D6:D6", "{=SUM(B1:B2*2)}", None, 4)
    sheet.write_blank("E1", None, per_cent)
    sheet.merge_range("F1:G2", "merged")
    sheet.data_validation("B1:B2", {"validate": "decimal", "criteria": ">", "value": 1, "input_title": "kil:GOV-1.2"})
    hidden = book.add_worksheet("Hidden")
    hidden.hide()
    hidden.write(1_048_575, 16_383, "far")
    book.add_worksheet("Very").very_hidden()
    book.define_name("kil_a", "='Fin''nce & co'!$B$1")
    book.define_name("Hidden!local", "=Hidden!$A$1")
    book.set_properties({"title": "Title ", "keywords": "KIL-1"})
    book.set_custom_property("kil.ref", " KIL-7QF4 ")
    book.close()
    return buffer.getvalue()


def test_everything_a_workbook_holds_is_read() -> None:
    """Values, kinds, formulas, formats, names, states, validations, merges and properties are all found."""
    book = read_workbook(written())
    assert [(sheet.name, sheet.state) for sheet in book.sheets] == [
        ("Fin'nce & co", "visible"),
        ("Hidden", "hidden"),
        ("Very", "veryHidden"),
    ]
    cells = book.sheets[0].cells
    assert cells[0, 0] == Cell("=SUM(B1)", CellKind.TEXT, None, "General")
    assert cells[1, 0].value == "  two\nlines_x000D_\t "
    assert cells[2, 0].value == "plain bold"
    assert cells[0, 1] == Cell(0.45, CellKind.NUMBER, None, "0.0%")
    assert cells[2, 1] == Cell(to_serial(dt.datetime(2026, 3, 4, 6)), CellKind.NUMBER, None, "mm-dd-yy")
    assert cells[0, 2].value is True and cells[1, 2].value is False
    assert cells[0, 3] == Cell(0.6, CellKind.NUMBER, "B1*2", "General")
    assert cells[1, 3] == Cell(None, CellKind.EMPTY, 'IF(A1="x","y","")', "General")
    assert cells[2, 3] == Cell("#DIV/0!", CellKind.ERROR, "1/0", "General")
    assert (0, 4) not in cells
    assert book.sheets[1].cells[1_048_575, 16_383].value == "far"
    assert book.sheets[0].merges == ("F1:G2",)
    assert [(v.ranges, v.prompt_title, v.formula1) for v in book.sheets[0].validations] == [
        (("B1:B2",), "kil:GOV-1.2", "1")
    ]
    assert {(name.name, name.scope, name.refers_to) for name in book.names} == {
        ("kil_a", None, "'Fin''nce & co'!$B$1"),
        ("local", "Hidden", "Hidden!$A$1"),
    }
    assert book.properties == {"title": "Title", "keywords": "KIL-1", "kil.ref": "KIL-7QF4"}
    assert (book.application, book.kind) == ("Microsoft Excel", FileKind.XLSX)
    assert not (book.has_macros or book.is_strict or book.date1904)
    assert book.sheet("hidden") is book.sheets[1]


def same_as_openpyxl(data: bytes, book: WorkbookData) -> None:
    raw = openpyxl.load_workbook(io.BytesIO(data))
    stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    assert raw.sheetnames == [sheet.name for sheet in book.sheets]
    for sheet in book.sheets:
        theirs = {
            (cell.row - 1, cell.column - 1): (cell, stored[sheet.name].cell(cell.row, cell.column).value)
            for cell in list(raw[sheet.name]._cells.values())
            if cell.value is not None
        }
        assert {place for place, cell in sheet.cells.items() if cell.value != ""} <= theirs.keys() <= sheet.cells.keys()
        for place, (cell, value) in theirs.items():
            ours = sheet.cells[place]
            formula = cell.value.text if isinstance(cell.value, ArrayFormula) else cell.value
            if cell.data_type == "f":
                assert ours.formula == formula.removeprefix("=")
            else:
                assert ours.formula is None
            if isinstance(value, dt.datetime):
                value = to_serial(value)
            if isinstance(value, str):
                value = value.replace("_x005F_", "_")  # openpyxl does not decode the codes of Excel
            assert (ours.value or None) == (value or None) and isinstance(ours.value, bool) == isinstance(value, bool)


def test_openpyxl_reads_the_same() -> None:
    """A second reader finds the same values and formulas in a workbook with all kinds of cells, twice saved."""
    data = written()
    same_as_openpyxl(data, read_workbook(data))
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.worksheets[0]["A2"] = "two\nlines"  # openpyxl does not keep what only looks like a code
    buffer = io.BytesIO()
    book.save(buffer)
    again = read_workbook(buffer.getvalue())
    same_as_openpyxl(buffer.getvalue(), again)
    formula = again.sheets[0].cells[0, 3]
    assert (formula.value, formula.kind, formula.formula) == (None, CellKind.EMPTY, "B1*2")


# xlsxwriter keeps 16 digits, and leaves the second of two codes that share an underscore as it is
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=40).filter(
    lambda text: not re.search("_x[0-9A-Fa-f]{4}_x[0-9A-Fa-f]{4}_", text)
) | st.sampled_from(["_x000D_", "_x005F_", "__x0041__", "_x00e9_", "_x00", "]]>", "<t>&amp;", " ", "\n", "'=1"])


@settings(max_examples=60, deadline=None)
@given(st.lists(texts | st.floats(-1e300, 1e300) | st.booleans(), min_size=1, max_size=12))
def test_what_is_written_is_read(values: list[str | float | bool]) -> None:
    """Any text, number or boolean comes back as it was, but for control characters and kinds of line end."""
    for in_memory_strings in (False, True):
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer, {"constant_memory": in_memory_strings, "in_memory": True})
        sheet = book.add_worksheet()
        for row, value in enumerate(values):
            if isinstance(value, bool):
                sheet.write_boolean(row, 2, value)
            elif isinstance(value, str):
                sheet.write_string(row, 2, value)
            else:
                sheet.write_number(row, 2, value)
        book.close()
        cells = read_workbook(buffer.getvalue()).sheets[0].cells
        for row, value in enumerate(values):
            if isinstance(value, str):
                value = value.replace("\r\n", "\n").replace("\r", "\n")
                value = "".join("\ufffd" if char < " " and char not in "\t\n" else char for char in value)
                found = cells.get((row, 2), Cell("", CellKind.TEXT)).value
                assert found == value
            elif isinstance(value, bool):
                assert cells[row, 2].value is value
            else:
                assert cells[row, 2].value == pytest.approx(value, rel=1e-15, abs=1e-320)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-1.5E+3", -1500.0), (".5", 0.5), ("5.", 5.0), (" 7\n", 7.0), ("0001", 1.0), ("1e-9", 1e-9)],
)
def test_plain_numbers_are_numbers(text: str, value: float) -> None:
    """Every way in which programs write a number is understood."""
    assert only(f"<v>{text}</v>") == Cell(value, CellKind.NUMBER)


@pytest.mark.parametrize(
    "text", ["1_000", "\uff13", "3,5", "NaN", "INF", "0x10", "1e999", "TRUE", "--1", "1 2", "\u0663"]
)
def test_what_only_looks_like_a_number_stays_text(text: str) -> None:
    """A number that Python would take but a spreadsheet would not is kept as the text it is."""
    assert only(f"<v>{text}</v>") == Cell(text, CellKind.TEXT)


@pytest.mark.parametrize(
    ("attributes", "inside", "cell"),
    [
        ('t="b"', "<v>1</v>", Cell(True, CellKind.BOOLEAN)),
        ('t="b"', "<v>false</v>", Cell(False, CellKind.BOOLEAN)),
        ('t="e"', "<v>#REF!</v>", Cell("#REF!", CellKind.ERROR)),
        ('t="d"', "<v>2026-03-04T12:00:00</v>", Cell(46085.5, CellKind.NUMBER)),
        ('t="d"', "<v>soon</v>", Cell("soon", CellKind.TEXT)),
        ('t="str"', "<v>5</v>", Cell("5", CellKind.TEXT)),
        ('t="str"', "<f>A2</f><v></v>", Cell("", CellKind.TEXT, "A2")),
        ('t="str"', "<f>A2</f>", Cell(None, CellKind.EMPTY, "A2")),
        ("", "<f>A2</f><v></v>", Cell(None, CellKind.EMPTY, "A2")),
        ('t="inlineStr"', "<is><t>in</t></is>", Cell("in", CellKind.TEXT)),
        ('t="inlineStr"', "<is><r><rPr><b/></rPr><t>a</t></r><r><t>b</t></r></is>", Cell("ab", CellKind.TEXT)),
        ('t="inlineStr"', "<is><t>base</t><rPh sb='0' eb='1'><t>guide</t></rPh></is>", Cell("base", CellKind.TEXT)),
        ('t="s"', "<v>0</v>", Cell("shared", CellKind.TEXT)),
        ('t="s"', "", None),
        ("", "", None),
        ('s="3"', "<v/>", None),
        # a cell with both a value and a text: its type decides
        ("", "<v>1</v><is><t>01.</t></is>", Cell(1.0, CellKind.NUMBER)),
        ('t="inlineStr"', "<v>1</v><is><t>01.</t></is>", Cell("01.", CellKind.TEXT)),
    ],
)
def test_every_way_of_storing_a_value(attributes: str, inside: str, cell: Cell | None) -> None:
    """Each type of cell gives its value and kind; a formula never calculated differs from a blank cell."""
    assert only(inside, attributes, strings="<si><t>shared</t><rPh><t>x</t></rPh></si>") == cell


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("a_x000D__x000A_b", "a\nb"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x0041_", "A"),
        ("_x0000__x001B_[2J", "\ufffd\ufffd[2J"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_xD83D_", "\ufffd"),
        ("_x00g1_", "_x00g1_"),
        ("a&#13;&#10;b&#13;c", "a\nb\nc"),
        ("_x0009_", "\t"),
    ],
)
def test_escaped_characters(stored: str, text: str) -> None:
    """Codes in texts are decoded once; control characters become the replacement character."""
    assert only(f"<is><t>{stored}</t></is>", 't="inlineStr"') == Cell(text, CellKind.TEXT)


def test_places_left_out_are_counted() -> None:
    """Cells and rows without their place follow the one before."""
    cells = read_rows('<row><c><v>1</v></c><c><v>2</v></c></row><row r="5"><c r="C5"><v>3</v></c><c><v>4</v></c></row>')
    assert {place: cell.value for place, cell in cells.items()} == {(0, 0): 1.0, (0, 1): 2.0, (4, 2): 3.0, (4, 3): 4.0}
    assert read_rows('<row><c r="B7"><v>1</v></c></row><row><c><v>2</v></c></row>').keys() == {(6, 1), (7, 0)}


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"/></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="B1"><v>1</v></c></row>',
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>',
        '<row r="1"><c r="A1"><f>1</f><f>2</f></c></row>',
        '<row r="1"><c r="A1"><v>1<x/>2</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="what"><v>1</v></c></row>',
        '<row r="0"/>',
        '<row r="1048577"/>',
        '<row r="1"><c r="XFE1"/></row>',
        '<row r="1"><c r="ZZZZZZZ1"/></row>',
        "</sheetData><sheetData>",
    ],
)
def test_what_programs_would_read_differently_is_damage(rows: str) -> None:
    """Cells given twice or with two values, places no sheet has and texts that are not there stop the file."""
    assert refused_rows(rows, strings="<si><t>only</t></si>") == "file-damaged"


def test_of_alternatives_one_is_read() -> None:
    """Of markup-compatibility alternatives one branch is read, never both together."""
    either = (
        '<si><mc:AlternateContent><mc:Choice Requires="{}"><t>choice</t></mc:Choice><mc:Choice Requires="x14"><t>second'
        "</t></mc:Choice><mc:Fallback><t>fallback</t></mc:Fallback></mc:AlternateContent></si>"
    )
    for required, text in (("x14", "choice"), ("odd", "second"), ("x14 odd", "second"), ("undeclared", "second")):
        assert only("<v>0</v>", 't="s"', strings=either.format(required)) == Cell(text, CellKind.TEXT)
    fallback = either.format("odd").replace('Requires="x14"', 'Requires="odd"')
    assert only("<v>0</v>", 't="s"', strings=fallback) == Cell("fallback", CellKind.TEXT)


def test_foreign_elements_give_no_text() -> None:
    """Text inside elements of other namespaces is not mixed into a cell."""
    assert only("<is><odd:x><t>no</t></odd:x><t>yes</t><odd:t>no</odd:t></is>", 't="inlineStr"') == Cell(
        "yes", CellKind.TEXT
    )


def test_formulas_stored_once_are_spelled_out() -> None:
    """A formula that the file shares between cells is given for each of them as it reads there."""
    cells = read_rows(
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$C$1+LOG10(A1)</f><v>1</v></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/><v>2</v></c></row>'
    )
    assert cells[0, 1].formula == "A1*$C$1+LOG10(A1)"
    assert cells[2, 1].formula == "A3*$C$1+LOG10(A3)"


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1+$A1+A$1+$A$1", "B3+$A3+B$1+$A$1"),
        ('"A1"&A1', '"A1"&B3'),
        ("'A1 b'!A1+Sheet1!A1:B2", "'A1 b'!B3+Sheet1!B3:C4"),
        ("SUM(A:A,1:1,$A:B)", "SUM(B:B,3:3,$A:C)"),
        ("Table1[A1]+kil_a1+LOG10(1)", "Table1[A1]+kil_a1+LOG10(1)"),
        ("A1:INDEX(B:B,3)", "B3:INDEX(C:C,3)"),
    ],
)
def test_moving_a_formula(formula: str, moved: str) -> None:
    """Only references to cells move, and only where they have no dollar sign."""
    assert shift(formula, 2, 1) == moved


def test_validations_of_both_kinds() -> None:
    """Rules are found in the old place and in the extension that lists from other sheets are kept in."""
    rest = (
        '<dataValidations><dataValidation sqref="D5 D13:D14" promptTitle="kil:A_x0021_"><formula1>"a,b"</formula1>'
        '</dataValidation></dataValidations><extLst><ext uri="x"><x14:dataValidations><x14:dataValidation '
        'promptTitle="kil:B"><x14:formula1><xm:f>Lists!$A$1:$A$3</xm:f></x14:formula1><xm:sqref>E5</xm:sqref>'
        "</x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    found = read_workbook(pack(parts(rest=rest))).sheets[0].validations
    assert [(one.ranges, one.prompt_title, one.formula1) for one in found] == [
        (("D5", "D13:D14"), "kil:A!", '"a,b"'),
        (("E5",), "kil:B", "Lists!$A$1:$A$3"),
    ]


def test_prefixes_strict_namespaces_and_odd_paths() -> None:
    """A file with prefixed elements, strict namespaces, backslashes, absolute targets and other capitals is read."""
    found = parts('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings="<si><t>text</t></si>")
    found["xl/SHAREDSTRINGS.xml"] = found.pop("xl/sharedStrings.xml")
    found["xl\\worksheets\\sheet1.xml"] = found.pop("xl/worksheets/sheet1.xml")
    found["xl/_rels/workbook.xml.rels"] = relations(
        ("r1", "worksheet", "/xl/worksheets/sheet1.xml"), ("r2", "sharedStrings", "../xl/./sharedStrings.xml")
    )
    for name, content in found.items():
        content = content.replace(
            "http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument"
        )
        content = content.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        if "worksheets" in name and "rels" not in name:
            content = content.replace("xmlns=", "xmlns:x=").replace("<", "<x:").replace("<x:/", "</x:")
        found[name] = "\ufeff" + content
    book = read_workbook(pack(found))
    assert book.is_strict
    assert book.sheets[0].cells == {(0, 0): Cell("text", CellKind.TEXT)}


def test_sheets_of_charts_are_left_out_and_scopes_still_fit() -> None:
    """A chart sheet is no worksheet, but it counts when names say which sheet they belong to."""
    found = parts(workbook="")
    found["xl/workbook.xml"] = (
        f'<workbook {NAMESPACES}><workbookPr date1904="1"/><sheets><sheet name="Chart" r:id="c"/><sheet name="One" '
        'state="veryHidden" r:id="r1"/></sheets><definedNames><definedName name="n" localSheetId="1">#REF!'
        "</definedName></definedNames></workbook>"
    )
    found["xl/_rels/workbook.xml.rels"] = relations(
        ("c", "chartsheet", "chart.xml"), ("r1", "worksheet", "worksheets/sheet1.xml")
    )
    found["xl/chart.xml"] = "<chartsheet/>"
    book = read_workbook(pack(found))
    assert [(sheet.name, sheet.state) for sheet in book.sheets] == [("One", "veryHidden")]
    assert [(name.name, name.scope, name.refers_to) for name in book.names] == [("n", "One", "#REF!")]
    assert book.date1904


def test_a_sheet_that_is_not_there_stops_the_file() -> None:
    """A missing sheet, a sheet that is another part, and two sheets sharing a part are never read as empty."""
    found = parts(strings="")
    del found["xl/worksheets/sheet1.xml"]
    assert refused(pack(found)) == "file-damaged"
    found["xl/worksheets/sheet1.xml"] = found["xl/sharedStrings.xml"]
    assert refused(pack(found)) == "file-damaged"
    found = parts()
    found["xl/workbook.xml"] = found["xl/workbook.xml"].replace("</sheets>", '<sheet name="Two" r:id="r1"/></sheets>')
    assert refused(pack(found)) == "file-damaged"
    found["xl/workbook.xml"] = found["xl/workbook.xml"].replace("Two", "ONE")
    assert refused(pack(found)) == "file-damaged"


@pytest.mark.parametrize("part", ["_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_document_type_is_refused_in_every_part(part: str) -> None:
    """Entities, the means of most XML attacks, cannot even be declared."""
    found = parts(strings="")
    found[part] = '<!DOCTYPE x [<!ENTITY a "b">]>' + found[part]
    assert refused(pack(found)) == "file-unsafe"


def test_deep_or_crowded_xml_is_refused() -> None:
    """More than 100 levels of elements, or 200 attributes on one, are refused; at the limits they are read."""
    # the worksheet around them is the hundredth
    assert read_workbook(pack(parts(rest="<odd:a>" * 99 + "</odd:a>" * 99)))
    assert refused(pack(parts(rest="<odd:a>" * 100 + "</odd:a>" * 100))) == "file-unsafe"
    many = "<odd:a " + " ".join(f'a{number}=""' for number in range(200)) + "{}/>"
    assert read_workbook(pack(parts(rest=many.format(""))))
    assert refused(pack(parts(rest=many.format(' b=""')))) == "file-unsafe"


def test_limits_hold_exactly() -> None:
    """Cells, shared texts, sheets and the length of a text are allowed up to their limits."""
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"/><c r="C1" t="s"><v>1</v></c></row>'
    data = pack(parts(row, strings="<si><t>12345</t></si><si><t>1</t></si>"))
    read_workbook(data, Limits(cells=3, shared_strings=2, sheets=1, cell_text=5, columns=3, rows=1))
    for limits in (Limits(cells=2), Limits(shared_strings=1), Limits(sheets=0), Limits(cell_text=4)):
        assert refused(data, limits) == "file-too-large"
    assert refused(data, Limits(columns=2)) == "file-damaged"
    assert refused(data, Limits(file_bytes=len(data) - 1)) == "file-too-large"
    assert only(f"<is><t>{'x' * 32_767}</t></is>", 't="inlineStr"') is not None
    assert refused_rows(f'<row><c t="inlineStr"><is><t>{"x" * 32_768}</t></is></c></row>') == "file-too-large"


def test_a_promised_number_of_texts_or_a_wrong_dimension_means_nothing() -> None:
    """Counts and sizes that the file claims are not believed."""
    found = parts('<row r="9"><c r="J9"><v>1</v></c></row>', strings="")
    found["xl/sharedStrings.xml"] = found["xl/sharedStrings.xml"].replace("<sst ", '<sst count="4294967295" ')
    sheet = found["xl/worksheets/sheet1.xml"]
    found["xl/worksheets/sheet1.xml"] = sheet.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    assert read_workbook(pack(found)).sheets[0].cells.keys() == {(8, 9)}


def test_macros_are_noted_and_the_cells_read() -> None:
    """A workbook with macros is read like any other, and says that it has some."""
    found = parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    found["[Content_Types].xml"] = found["[Content_Types].xml"].replace(
        "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.macroEnabled.main+xml"
    )
    found["xl/vbaProject.bin"] = "macro"
    book = read_workbook(pack(found))
    assert book.has_macros and book.kind is FileKind.XLSM
    assert book.sheets[0].cells[0, 0].value == 1.0


@pytest.mark.parametrize(
    ("data", "code", "found"),
    [
        (b"", "file-empty", ""),
        (b"%PDF-1.4", "file-is-pdf", "a PDF document"),
        (b"a,b\n1,2\n", "file-is-csv", "plain text, such as a CSV file"),
    ],
)
def test_other_files_are_named(data: bytes, code: str, found: str) -> None:
    """What is no workbook is refused with plain words for what it is."""
    with pytest.raises(FileRefused) as caught:
        read_workbook(data)
    assert (caught.value.code, caught.value.found) == (code, found)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "latin-1"])
def test_encodings_of_xml(encoding: str) -> None:
    """Parts in any encoding that XML allows are read."""
    found = parts('<row r="1"><c r="A1" t="inlineStr"><is><t>Fähig</t></is></c></row>')
    content: dict[str, str] = dict(found)
    raw = (f'<?xml version="1.0" encoding="{encoding}"?>' + content["xl/worksheets/sheet1.xml"]).encode(encoding)
    content["xl/worksheets/sheet1.xml"] = raw  # type: ignore[assignment]
    assert read_workbook(pack(content)).sheets[0].cells[0, 0].value == "Fähig"


@pytest.mark.parametrize("encoding", ["nonsense", "utf-7", "shift_jis", "rot13"])
def test_unknown_encodings_are_damage(encoding: str) -> None:
    """An encoding that XML readers do not share is a refusal, not a crash."""
    found = parts()
    found["xl/worksheets/sheet1.xml"] = f'<?xml version="1.0" encoding="{encoding}"?>' + sheet_xml("")
    assert refused(pack(found)) == "file-damaged"


def test_dates_as_serial_numbers() -> None:
    """Dates and times become the numbers that Excel shows for them, in both date systems."""
    assert iso_to_serial("1900-01-01") == 1.0
    assert iso_to_serial("1900-02-28") == 59.0
    assert iso_to_serial("1900-03-01") == 61.0
    assert iso_to_serial("2026-01-01T06:00:00Z") == 46023.25
    assert iso_to_serial("12:00:00") == 0.5
    assert iso_to_serial("1904-01-02", date1904=True) == 1.0
    assert iso_to_serial("yesterday") is None
    assert to_serial(dt.timedelta(hours=36)) == 1.5


def test_damage_is_only_ever_refused() -> None:
    """Whatever bytes of a workbook or of its parts are changed, the outcome is a reading or a refusal."""
    dice = random.Random(20)
    whole = written()
    found = parts(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>A1</f><v>2</v></c></row>', strings="<si><t>a</t></si>"
    )
    outcomes = set()
    for number in range(400):
        if number % 2:
            damaged = bytearray(whole)
            for _ in range(dice.randint(1, 6)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            data = bytes(damaged)
        else:
            changed: dict[str, str] = dict(found)
            name = dice.choice(list(found))
            content = bytearray(found[name].encode())
            for _ in range(dice.randint(1, 3)):
                at = dice.randrange(len(content))
                if dice.random() < 0.5:
                    content[at] = dice.choice(b"<>/\"'&=0123456789-ABtrsn \x00\xff")
                else:
                    del content[at : at + dice.randint(1, 30)]
            changed[name] = bytes(content)  # type: ignore[assignment]
            data = pack(changed)
        try:
            read_workbook(data)
            outcomes.add("read")
        except FileRefused as problem:
            outcomes.add(problem.code)
    assert {"read", "file-damaged"} <= outcomes
