"""Cells and texts that are cut out of their parts: the same as what reading element by element gives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading.workbooks import MAIN, pack, parts, sheet_xml

from kil_xlsx.errors import FileRefused
from kil_xlsx.layout.a1 import column_name
from kil_xlsx.reading import plaincells
from kil_xlsx.reading.cells import WorkbookData, read_workbook
from kil_xlsx.reading.package import Limits
from kil_xlsx.reading.plaincells import plain_cells, plain_strings

COMMENT = "<!-- -->"
"""Nothing to a reader of XML, but a table with it is no longer in the usual spelling."""

STRINGS = "".join(f"<si><t>{text}</t></si>" for text in ("one", "a &amp; b", "_x0041_", "_x005F_x", "two\nlines"))
SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "returned"


def outcome(rows: str, strings: str = STRINGS, rest: str = "") -> WorkbookData | tuple[str, str]:
    try:
        return read_workbook(pack(parts(rows, strings=strings, rest=rest)))
    except FileRefused as refusal:
        return refusal.code, refusal.found


def processes() -> Iterator[str]:
    """As in a process that has read little so far, and as in one that has read much: what it meets first, and again."""
    for few, process in ((10**9, "new"), (-1, "busy"), (-1, "busy, the same again")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plaincells, "_FEW_SHEETS", few)
            patch.setattr(plaincells, "_FEW_WORKBOOKS", few)
            yield process


def both(rows: str, strings: str = STRINGS, rest: str = "") -> None:
    """What is read must not depend on a comment in the table of cells or of texts, nor on what was read before."""
    expected = outcome(COMMENT + rows, strings, rest)
    assert expected == outcome(rows, COMMENT + strings, rest)
    for process in processes():
        assert outcome(rows, strings, rest) == expected, process


ADDRESSES = st.sampled_from(("A1", "B1", "C1", "A2", "B2", "XFD2", "XFE2", "a1", "A01", "A0", "AAAA1", "A1048577"))
ATTRIBUTES = st.sampled_from(
    ("", ' s="0"', ' s="01"', ' s="99"', ' t="s"', ' t="str"', ' t="n"', ' t="b"', ' t="e"', ' t="d"', ' t="odd"',
     ' s="1" t="s"', ' t="s" s="1"', ' t="inlineStr"', ' cm="1"', ' xr:uid="1"', ' t="s" t="s"')
)  # fmt: skip
VALUES = st.sampled_from(
    ("", "0", "1", "4", "5", "01", " 1 ", "-1", "1e3", "1e999", "1_0", "true", "#REF!", "#odd",
     "2026-03-04", "_x000D_", "a&amp;gt;b", "&lt;&#10;&quot;", "&#13;", "&#x41;", "&odd;", "a]]>b",
     "a>b", "\x01", "\ufffe", "x\r\ny", "x" * 40_000)
)  # fmt: skip
FORMULAS = st.sampled_from(
    ("", "<f>A1&amp;\"x\"</f>", '<f aca="false">B1&gt;2</f>', "<f></f>", "<f/>",
     '<f t="shared" ref="A1:A2" si="0">B1</f>', '<f t="shared" si="0"/>', "<f>1</f><f>2</f>", "<f><v>1</v></f>")
)  # fmt: skip
TAGS = st.sampled_from(
    ('<row r="1">', '<row r="2">', '<row r="1" spans="1:2" ht="15">', '<row r="2" ht="1" ht="2">', "<row>",
     '<row r="0">', '<row r="1" x14ac:dyDescent="0.25">', '<row r="2"/>', '<row r="1048577">',
     '<row r="1" a="&lt;">', '<row r="1" spans="<v>1</v>">', '<row r="1">')
)  # fmt: skip


@st.composite
def cells(draw: st.DrawFn) -> str:
    start = f'<c r="{draw(ADDRESSES)}"{draw(ATTRIBUTES)}'
    if draw(st.integers(0, 4)) == 0:
        return start + "/>"
    value = f"<v>{draw(VALUES)}</v>" if draw(st.booleans()) else ""
    return f"{start}>{draw(FORMULAS)}{value}</c>"


@st.composite
def tables(draw: st.DrawFn) -> str:
    rows = draw(st.lists(st.tuples(TAGS, st.lists(cells(), max_size=3)), min_size=1, max_size=3))
    return "".join(tag if tag.endswith("/>") else f"{tag}{''.join(inside)}</row>" for tag, inside in rows)


@settings(max_examples=600, deadline=None)
@given(tables())
def test_a_table_is_read_alike_in_either_way(rows: str) -> None:
    """Cells in any spelling, sound or not, are what reading element by element makes of them, refusals too."""
    both(rows)


@pytest.mark.parametrize("address", ["A1", "B1"])
@given(st.data())
def test_each_cell_is_read_alike_in_either_way(address: str, data: st.DataObject) -> None:
    """The same with a single cell of a sound table, where nothing else can be the reason for a refusal."""
    attributes, formula, value = data.draw(ATTRIBUTES), data.draw(FORMULAS), data.draw(VALUES)
    both(f'<row r="1"><c r="{address}"{attributes}>{formula}<v>{value}</v></c></row>')


ITEMS = st.sampled_from(
    ("<si><t>x</t></si>", "<si><t/></si>", "<si><t></t></si>", '<si><t xml:space="preserve"> y </t></si>', "<si/>",
     "<si><r><t>a</t></r><r><rPr><b/><sz val=\"11\"/></rPr><t>b</t></r></si>", "<si><t>a</t><rPh><t>b</t></rPh></si>",
     '<si><r><rPr><color theme="1" tint="-0.2"/></rPr><t>c&amp;</t></r></si>', "<si><t>a</t><t>b</t></si>",
     '<si><r><rPr><sz val="1" val="2"/></rPr><t>d</t></r></si>', "<si><t>&#x41;</t></si>", "<si><t>&no;</t></si>",
     "<si><t>" + "x" * 32_768 + "</t></si>", "<si><t>_x0041_&#13;\r\n</t></si>", "<si ><t>z</t></si>", "<odd/>",
     '<si xmlns="urn:odd"><t>z</t></si>', "<si><t>open</si>")
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=4))
def test_shared_texts_are_read_alike_in_either_way(items: list[str]) -> None:
    """The table of texts is what reading element by element makes of it, refusals too."""
    both('<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>', "".join(items))


RULE = '<dataValidation type="list" sqref="{}" promptTitle="{}"><formula1>"a,b"</formula1></dataValidation>'


@pytest.mark.parametrize(
    "rest",
    [
        '<dataValidations count="1">' + RULE.format("A1:A3 B2", "One &amp; two") + "</dataValidations>",
        '<dataValidations count="1">' + RULE.format("A1", "x") + "</dataValidations>" + '<dataValidations count="0"/>',
        2 * ('<dataValidations count="1">' + RULE.format("A1", "x") + "</dataValidations>"),
        '<dataValidations count="1">' + RULE.format("A1", "x").replace("sqref", "odd:sqref") + "</dataValidations>",
        '<extLst><dataValidations count="1">' + RULE.format("A1", "x") + "</dataValidations></extLst>",
        '<dataValidations count="1">' + RULE.format("A1", "x").replace("</formula1>", "") + "</dataValidations>",
        '<!--<dataValidations count="1">' + RULE.format("A1", "x") + "</dataValidations>-->",
        '<dataValidations xmlns="urn:odd" count="1">' + RULE.format("A1", "x") + "</dataValidations>",
    ],
)
def test_rules_for_cells_are_read_alike_in_either_way(rest: str) -> None:
    """Rules are found where they stand, and nowhere else, the first time and when they are met again."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>'
    both(rows, rest=rest)
    both(rows, rest=rest)


@pytest.mark.parametrize(
    "before",
    ["<!--<sheetData></sheetData>-->", "<odd><sheetData></sheetData></odd>", '<sheetData xmlns="urn:odd"/>',
     "<?odd <sheetData></sheetData>?>", "<sheetData></sheetData>"],
)  # fmt: skip
def test_the_table_of_cells_is_the_one_that_counts(before: str) -> None:
    """What only looks like the table of cells is not taken for it."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>'

    def read(content: str) -> WorkbookData | tuple[str, str]:
        found = parts(rows, strings=STRINGS)
        name = "xl/worksheets/sheet1.xml"
        found[name] = sheet_xml(content).replace("<sheetData>", f"{before}<sheetData>", 1)
        try:
            return read_workbook(pack(found))
        except FileRefused as refusal:
            return refusal.code, refusal.found

    assert read(rows) == read(rows + COMMENT)


@pytest.mark.parametrize("declared", ['xmlns:x14ac="urn:odd"', ""])
def test_a_prefix_has_to_be_declared(declared: str) -> None:
    """The attribute that Excel gives its rows is passed over where its prefix is declared, and damage where not."""
    data = sheet_xml('<row r="1" x14ac:dyDescent="0.25"><c r="A1"><v>1</v></c></row>').replace(" ", f" {declared} ", 1)
    assert plain_cells(data.encode(), Limits(), {}, {}) is not None
    package = pack({**parts(strings=STRINGS), "xl/worksheets/sheet1.xml": data})
    if declared:
        assert [cell.value for cell in read_workbook(package).sheets[0].cells.values()] == [1.0]
    else:
        with pytest.raises(FileRefused, match="well-formed"):
            read_workbook(package)


def test_limits_hold_for_cells_that_are_cut_out() -> None:
    """Cells, texts and lengths count as they do element by element."""
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="str"><v>abcdefghi</v></c></row>' for at in range(1, 6))
    data = pack(parts(rows, strings=STRINGS))
    for _ in processes():
        limits_hold(data, rows)


def limits_hold(data: bytes, rows: str) -> None:
    for limits in (Limits(cells=4), Limits(cell_text=8), Limits(rows=4), Limits(shared_strings=4), Limits(xml_depth=4)):
        with pytest.raises(FileRefused) as told:
            read_workbook(data, limits)
        with pytest.raises(FileRefused) as expected:
            read_workbook(pack(parts(COMMENT + rows, strings=COMMENT + STRINGS)), limits)
        assert (told.value.code, told.value.found) == (expected.value.code, expected.value.found)
    assert len(read_workbook(data, Limits(cells=5, cell_text=9, rows=5)).sheets[0].cells) == 5


@pytest.mark.source
@pytest.mark.parametrize("ending", ["-saved-in-libreoffice.xlsx", ".xlsx"])
def test_workbooks_as_sent_out_and_as_saved_by_libreoffice_are_in_the_usual_spelling(ending: str) -> None:
    """All sheets of a return can be cut into cells, and its texts too: otherwise reading them takes twice as long."""
    path = min(path for path in SAMPLES.iterdir() if path.name.endswith(ending))
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    found = plain_strings(content["xl/sharedStrings.xml"], Limits())
    assert found is not None
    strings = {str(at): text for at, text in enumerate(found[0])}
    sheets = [data for name, data in content.items() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) > 10
    assert all(MAIN.encode() in data and plain_cells(data, Limits(), strings, {}) for data in sheets)


def table(first: int) -> str:
    """Ten rows that no other table has."""
    rows = range(first, first + 10)
    return "".join(f'<row r="{at}"><c r="A{at}"><v>{at}</v></c><c r="B{at}" s="1"/></row>' for at in rows)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows and texts differ from those met before, no more than so many characters are kept."""
    monkeypatch.setattr(plaincells, "_FEW_SHEETS", -1)
    monkeypatch.setattr(plaincells, "_FEW_WORKBOOKS", -1)
    monkeypatch.setattr(plaincells, "_MOST_SHAPES", 1_000)
    monkeypatch.setattr(plaincells, "_MOST_REMEMBERED", 1_000)
    shapes, items = plaincells._shapes_within(Limits()), plaincells._ITEMS
    for first in range(1, 1000, 10):
        strings = "".join(f"<si><t>some words of table {first}, text {at}</t></si>" for at in range(10))
        found = read_workbook(pack(parts(table(first), strings=strings)))
        assert [cell.value for cell in found.sheets[0].cells.values()] == list(range(first, first + 10))
        assert sum(map(len, shapes.known)) <= 1_000
        assert sum(map(len, items.known)) <= 1_000
    long = "".join(f'<c r="{column_name(at)}1"><v>1</v></c>' for at in range(1_000))
    before = len(shapes.known)
    assert len(read_workbook(pack(parts(f'<row r="1">{long}</row>'))).sheets[0].cells) == 1_000
    assert len(shapes.known) == before


def test_a_sheet_with_much_that_is_new_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long table that somebody pasted in is not taken apart for later, which would take twice as long."""
    monkeypatch.setattr(plaincells, "_FEW_SHEETS", -1)
    monkeypatch.setattr(plaincells, "_MOST_NEW", 500)
    shapes = plaincells._shapes_within(Limits())
    shapes.known.clear()
    found = read_workbook(pack(parts("".join(table(first) for first in range(2_001, 3_000, 10)))))
    assert [cell.value for cell in found.sheets[0].cells.values()] == list(range(2_001, 3_001))
    assert sum(map(len, shapes.known)) <= 500
