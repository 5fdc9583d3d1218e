"""The .xlsx writer: what is in the file, checked with openpyxl and in the XML itself."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace as with_
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest
from msgspec.structs import replace
from writing.everything import ANSWERS, TRICKY, sample

from kil_xlsx.errors import LayoutError, OutputError
from kil_xlsx.layout.document import (
    CellRef,
    Chart,
    Column,
    ConditionalFormat,
    DefinedName,
    Document,
    Formula,
    Link,
    PrintSetup,
    RangeRef,
    Series,
    Sheet,
    Style,
    Validation,
    Value,
)
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

HERE = Path(__file__).parent

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning")  # openpyxl, on data bars


@pytest.fixture(scope="module")
def data() -> bytes:
    """The sample document as a file."""
    return write(sample(), default_theme())


@pytest.fixture(scope="module")
def parts(data: bytes) -> dict[str, str]:
    """The parts of that file as text."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name).decode() for name in package.namelist() if "/media/" not in name}


@pytest.fixture(scope="module")
def book(data: bytes) -> openpyxl.Workbook:
    """That file as openpyxl sees it."""
    return openpyxl.load_workbook(io.BytesIO(data))


def document(*sheets: Sheet, names: list[DefinedName] | None = None) -> Document:
    """A document of the given sheets, or of one empty one."""
    sheets = sheets or (Sheet("A"),)
    return Document(list(sheets), names or [], "", "", "", "en", datetime(2025, 1, 1), {}, sheets[0].name)


def one_cell(value: Value) -> bytes:
    """A workbook with a value in its first cell."""
    sheet = Sheet("A")
    sheet.put(0, 0, value, "plain")
    return write(document(sheet), default_theme())


def sheet_xml(data: bytes, number: int = 1) -> str:
    """The XML of one worksheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_the_same_document_gives_the_same_bytes(data: bytes) -> None:
    """Two documents built alike, written at different times, are the same file."""
    assert write(sample(), default_theme()) == data


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_bytes_do_not_depend_on_hash_seeds(data: bytes, seed: str) -> None:
    """Another process with another hash seed writes the same bytes."""
    program = (
        "import hashlib; from everything import sample; from kil_xlsx.writing.theme import default_theme;"
        "from kil_xlsx.writing.xlsx import write; print(hashlib.sha256(write(sample(), default_theme())).hexdigest())"
    )
    path = f"{HERE}:{HERE.parent.parent}"
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": path, "TZ": "Pacific/Auckland"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.strip() == hashlib.sha256(data).hexdigest()


def test_text_stays_text(book: openpyxl.Workbook, parts: dict[str, str]) -> None:
    """Texts that look like formulas, numbers, errors, links or markup come back as the same text."""
    sheet = book["About"]
    found = [sheet.cell(row, 1) for row in range(1, len(TRICKY) + 1)]
    assert [cell.value for cell in found] == TRICKY
    assert len(str(found[-1].value)) == 32_767
    cells = re.findall(r'<c r="A\d+"[^>]*>.*?</c>', parts["xl/worksheets/sheet4.xml"])
    assert len(cells) == len(TRICKY)
    assert all(' t="s"' in cell and "<f>" not in cell for cell in cells)


def test_numbers_keep_their_digits(book: openpyxl.Workbook) -> None:
    """A number comes back as the same number, to the last digit."""
    values = [book["About"].cell(row, 2).value for row in range(1, 9)]
    assert values == [98765.43, 0.1 + 0.2, 5, -3, 1e21, True, datetime(2025, 3, 9, 12), None]


def test_dates_have_a_date_format(book: openpyxl.Workbook) -> None:
    """A date is shown as one, whether or not its style says how."""
    assert book["About"]["B7"].number_format == default_theme().date_format
    answer = book["1 Governance"]["D10"]
    assert (answer.value, answer.number_format) == (datetime(2025, 3, 9), "dd mmm yyyy")


def test_formulas_and_their_values(parts: dict[str, str]) -> None:
    """Every kind of value is stored beside its formula in the way Excel stores it."""
    first, last = parts["xl/worksheets/sheet1.xml"], parts["xl/worksheets/sheet4.xml"]
    assert re.search(r'<c r="E6" s="\d+"><f>IF\(D6="","",INDEX\(Lists!.*?</f><v>1</v></c>', first)
    assert re.search(r'<c r="E7" s="\d+" t="str"><f>[^<]*</f><v></v></c>', first)
    assert re.search(r'<c r="E11" s="\d+" t="b"><f>AND\(E6&gt;0,E8&gt;0\)</f><v>1</v></c>', first)
    assert re.search(r'<c r="C2" s="\d+" t="e"><f>NA\(\)</f><v>#N/A</v></c>', last)
    assert "<f>0.1+0.2</f><v>0.30000000000000004</v>" in last
    assert '<f>IF(A1="","FILTER(x) {here}","")</f>' in last
    assert "<v>a_x000B_b &amp; c</v>" in last


def test_structure_is_locked_in_the_right_place(parts: dict[str, str]) -> None:
    """The lock on the workbook's structure comes between its properties and its views."""
    text = parts["xl/workbook.xml"]
    assert re.search(r'<workbookPr [^>]*/><workbookProtection lockStructure="1"/><bookViews>', text)
    assert 'fullCalcOnLoad="1"' in text


def test_structure_is_open_when_no_sheet_is_protected() -> None:
    """A workbook without protected sheets is not locked either."""
    data = write(document(Sheet("A", protect=False)), default_theme())
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert b"Protection" not in package.read("xl/workbook.xml") + package.read("xl/worksheets/sheet1.xml")


def test_sheets_are_protected_without_a_password(book: openpyxl.Workbook) -> None:
    """Protected sheets may be selected, formatted and filtered, nothing else."""
    protection = book["1 Governance"].protection
    assert protection.sheet
    assert protection.password is None
    for key in ("formatCells", "formatColumns", "formatRows", "autoFilter"):
        assert not getattr(protection, key)
    assert protection.sort
    assert protection.insertRows
    assert protection.deleteRows
    assert protection.objects
    assert not protection.selectLockedCells
    assert not protection.selectUnlockedCells
    assert not book["About"].protection.sheet


def test_only_inputs_are_unlocked(book: openpyxl.Workbook) -> None:
    """Cells to fill in are unlocked and free text is typed as text; everything else is locked."""
    sheet = book["1 Governance"]
    unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert unlocked == {"D6", "D7", "D8", "F6", "F7", "F8", "D9", "D10"}
    assert sheet["F6"].number_format == "@"
    assert sheet["D9"].number_format == "0.00"


def test_core_and_custom_properties(book: openpyxl.Workbook, parts: dict[str, str]) -> None:
    """Title, language, dates and custom properties are in the file, once each."""
    properties = book.properties
    assert (properties.title, properties.subject) == ("Self-assessment", "Governance & finance")
    assert (properties.keywords, properties.creator) == ("water, 2025", "kil-xlsx")
    assert properties.language == "en-GB"
    assert properties.created == properties.modified == datetime(2025, 1, 2, 3, 4, 5)
    assert parts["docProps/core.xml"].count("<dc:language>en-GB</dc:language>") == 1
    custom = book.custom_doc_props  # type: ignore[attr-defined]  # missing from the stubs
    assert [(p.name, p.value) for p in custom.props] == [("kil_form", "KNS-4R7C"), ("kil_version", "1")]
    assert parts["docProps/custom.xml"].count("<vt:lpwstr>") == 2


def test_creation_time_is_written_in_universal_time() -> None:
    """A time with a zone is turned into UTC."""
    made = datetime(2025, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    data = write(replace(document(), created=made), default_theme())
    assert openpyxl.load_workbook(io.BytesIO(data)).properties.created == datetime(2024, 12, 31, 23)


def test_sheet_states_views_and_sizes(book: openpyxl.Workbook) -> None:
    """Hidden sheets, panes, zoom, selection, gridlines, widths, heights and tabs are as asked."""
    assert [sheet.sheet_state for sheet in book] == ["visible", "visible", "hidden", "veryHidden", "visible"]
    sheet = book["1 Governance"]
    assert book.active is sheet
    assert sheet.freeze_panes == "A5"
    assert sheet.sheet_view.zoomScale == 110
    assert sheet.sheet_view.selection[-1].activeCell == "D6"
    assert not sheet.sheet_view.showGridLines
    assert sheet.column_dimensions["A"].hidden
    assert sheet.column_dimensions["C"].width == pytest.approx(46.71, abs=0.01)
    assert sheet.row_dimensions[1].height == 30
    assert sheet.row_dimensions[12].hidden
    assert sheet.sheet_properties.tabColor is not None
    assert sheet.sheet_properties.tabColor.rgb == "FF" + default_theme().tab("tab_input")[1:]


def test_print_setup(book: openpyxl.Workbook, parts: dict[str, str]) -> None:
    """A4, one page wide, with repeated rows, area, breaks, header and footer."""
    sheet = book["1 Governance"]
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((None, 0), (1, 0))
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.print_area == "'1 Governance'!$B$1:$F$11"
    assert [item.id for item in sheet.row_breaks.brk] == [8]
    assert sheet.oddHeader is not None
    assert sheet.oddHeader.left is not None
    assert sheet.oddHeader.left.text == "Northshire Water"
    assert 'fitToHeight="0"' not in parts["xl/worksheets/sheet2.xml"]
    assert default_theme().footer.replace("&", "&amp;") in parts["xl/worksheets/sheet2.xml"]


def test_validations(book: openpyxl.Workbook) -> None:
    """Lists, numbers, dates and mere messages become rules that carry the code of their row."""
    rules = {str(rule.sqref): rule for rule in book["1 Governance"].data_validations.dataValidation}
    assert len(rules) == 8
    choice, words, number, day = rules["D6"], rules["F6"], rules["D9"], rules["D10"]
    assert (choice.type, choice.formula1, choice.promptTitle) == ("list", "Lists!$A$2:$A$4", "GOV-1")
    assert (choice.errorTitle, choice.allowBlank, choice.showErrorMessage) == ("Not in the list", True, True)
    assert (words.type, words.prompt) == (None, "Anything we should know?")
    assert (number.type, float(number.formula1), float(number.formula2)) == ("decimal", 0, 500)
    assert (day.type, day.formula1, day.formula2) == ("date", "36526", "47848")


@pytest.mark.parametrize(
    ("kind", "minimum", "maximum", "operator", "formula"),
    [
        ("decimal", 0.1, None, "greaterThanOrEqual", "0.1"),
        ("decimal", None, 5.0, "lessThanOrEqual", "5.0"),
        ("decimal", None, None, "greaterThanOrEqual", "-1e+300"),
        ("date", date(2025, 1, 1), None, "greaterThanOrEqual", "45658"),
        ("date", None, date(2025, 1, 1), "lessThanOrEqual", "45658"),
        ("date", None, None, "greaterThanOrEqual", "1"),
    ],
)
def test_half_open_validations(
    kind: str, minimum: float | date | None, maximum: float | date | None, operator: str, formula: str
) -> None:
    """A missing bound makes a rule with one side, and no bounds a rule for any number or date."""
    sheet = Sheet("A")
    sheet.validations.append(
        Validation(sheet.area(0, 0, 0, 0), kind, "A", "B", minimum=minimum, maximum=maximum)  # type: ignore[arg-type]
    )
    found = openpyxl.load_workbook(io.BytesIO(write(document(sheet), default_theme())))["A"]
    (rule,) = found.data_validations.dataValidation
    assert (rule.type, rule.operator, rule.formula1) == (kind, operator, formula)


def test_conditional_formats(book: openpyxl.Workbook, parts: dict[str, str]) -> None:
    """Formulas colour cells and bars run from a fixed minimum to a fixed maximum."""
    (area,) = book["1 Governance"].conditional_formatting
    assert str(area.sqref) == "D6:D8"
    assert [rule.formula for rule in area.rules] == [[f'$D6="{ANSWERS[i]}"'] for i in (0, 1, 2)]
    fill = default_theme().condition(Style("tone_low"))["bg_color"]
    assert area.rules[0].dxf.fill.bgColor.rgb == "FF" + str(fill)[1:]
    text = parts["xl/worksheets/sheet2.xml"]
    assert '<cfvo type="num" val="0.0"/><cfvo type="num" val="1.0"/>' in text
    assert 'gradient="0"' in text
    assert '<x14:cfvo type="num"><xm:f>1.0</xm:f></x14:cfvo>' in text


def test_conditional_formats_change_no_fonts_or_alignment() -> None:
    """Only what Excel allows is taken over from a cell's style: no font, size, alignment or wrapping."""
    assert default_theme().condition(Style("input_text")).keys() == {
        "font_color", "bg_color", "border", "border_color", "num_format",
    }  # fmt: skip


def test_charts(parts: dict[str, str]) -> None:
    """Charts have their kind, axis, words for people who cannot see them, and show hidden data."""
    charts = [parts[f"xl/charts/chart{number}.xml"] for number in (1, 2, 3, 4)]
    for kind, text in zip(("radar", "bar", "bar", "line"), charts, strict=True):
        assert f"<c:{kind}Chart>" in text
        assert '<c:min val="0"/>' in text
        assert '<c:max val="2"/>' in text
        assert '<c:majorUnit val="0.5"/>' in text
        assert '<c:plotVisOnly val="1"/>' not in text
        assert "dispBlanksAs" not in text  # which means a gap
        assert "<c:f>Results!$C$5:$C$8</c:f>" in text
    assert '<c:barDir val="bar"/>' in charts[1]
    assert 'orientation val="maxMin"' in charts[1]
    assert 'orientation val="maxMin"' not in charts[2]
    drawing = parts["xl/drawings/drawing1.xml"]
    assert re.findall(r'descr="([^"]*)"', drawing) == [
        f"A {kind} chart of four scores." for kind in ("radar", "bar", "column", "line")
    ]


def test_chart_previews_show_gaps(parts: dict[str, str]) -> None:
    """A value that is empty is missing from the numbers stored with a chart, not nought."""
    values = re.search(r"<c:val>.*?</c:val>", parts["xl/charts/chart1.xml"])
    assert values
    points = re.findall(r'<c:pt idx="(\d)"><c:v>([^<]*)</c:v>', values[0])
    assert points == [("0", "1.5"), ("1", "0.8"), ("3", "1.9")]


def test_words_of_a_chart_are_never_references() -> None:
    """A title or series called like a formula is shown as it is."""
    sheet = Sheet("A")
    area = sheet.area(0, 0, 1, 0)
    sheet.charts.append(Chart("line", "Well done!A1", "d", (Series("=B!C2", area, area),), 0, 0, 99, 99))
    with zipfile.ZipFile(io.BytesIO(write(document(sheet), default_theme()))) as package:
        text = package.read("xl/charts/chart1.xml").decode()
    assert "Well done! A1" in text
    assert "<c:v>=B! C2</c:v>" in text


def test_names(book: openpyxl.Workbook) -> None:
    """Names stand for absolute cells and ranges, or for texts."""
    found = {name: item.attr_text for name, item in book.defined_names.items()}
    assert found == {
        "kil_a_GOV_1": "'1 Governance'!$D$6",
        "kil_answers": "Lists!$A$2:$A$4",
        "kil_reference": '"KNS-4R7C ""draft"""',
    }


def test_links(book: openpyxl.Workbook) -> None:
    """Links lead to cells of the workbook and to web addresses, under their own words."""
    inside, outside = book["Results"]["B2"], book["Results"]["D2"]
    assert (inside.value, inside.hyperlink.location) == ("Back to the questions", "'1 Governance'!D6")
    assert inside.hyperlink.tooltip == "Go there"
    assert (outside.value, outside.hyperlink.target) == ("Guidance", "https://example.org/a?b=c")
    assert outside.hyperlink.location == "d"


def test_no_green_corners(parts: dict[str, str]) -> None:
    """Marks on texts that look like numbers are switched off, once for each sheet."""
    assert parts["xl/worksheets/sheet1.xml"].count('<ignoredError sqref="A1:F11" numberStoredAsText="1"') == 1


def test_another_theme_changes_looks_only(data: bytes) -> None:
    """Another font reaches the cells and leaves their contents alone."""
    other = openpyxl.load_workbook(io.BytesIO(write(sample(), with_(default_theme(), font="Arial"))))
    assert other["1 Governance"]["C6"].font.name == "Arial"
    assert other["1 Governance"]["C6"].value == openpyxl.load_workbook(io.BytesIO(data))["1 Governance"]["C6"].value


def test_a_hidden_first_sheet_stays_hidden() -> None:
    """The workbook opens on the sheet asked for even when the first one is hidden."""
    document_ = document(Sheet("A", state="hidden"), Sheet("B"))
    document_.active_sheet = "B"
    book = openpyxl.load_workbook(io.BytesIO(write(document_, default_theme())))
    assert [sheet.sheet_state for sheet in book] == ["hidden", "visible"]
    assert book.active is book["B"]


def test_long_emoji_count_twice() -> None:
    """A text of 16,384 emoji is as long as 32,768 characters and refused as such."""
    with pytest.raises(OutputError, match="32,768"):
        one_cell("💧" * 16_384)
    assert "<v>0</v>" in sheet_xml(one_cell("💧" * 16_383))


@pytest.mark.parametrize("value", ["x" * 32_768, Formula("A2", "x" * 32_768)], ids=["text", "value of a formula"])
def test_texts_that_no_cell_holds_are_refused(value: Value) -> None:
    """A text over the limit stops the writing and says where it is."""
    with pytest.raises(OutputError, match="A!A1"):
        one_cell(value)


def test_half_a_character_is_refused() -> None:
    """A lone surrogate cannot be stored in any file and is reported in plain words."""
    with pytest.raises(OutputError, match="D83D"):
        one_cell("\ud83d")


@pytest.mark.parametrize(
    "value",
    [
        float("nan"), float("inf"), 10**400, Formula("", 1.0), Formula("A2", float("nan")),
        Formula("A2", None),  # type: ignore[arg-type]  # what a careless layout may do
        Formula("1+" * 4_096 + "1", 1.0), Formula('"' + "x" * 256 + '"', "x"), Formula('"\x01"', "x"),
        date(1899, 12, 31), datetime(2025, 1, 1, tzinfo=UTC), Link("file:///etc", "x"),
        Link("https://e", "x" * 256), Link(CellRef("Nowhere", 0, 0), "x"), b"bytes",
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_values_that_excel_cannot_hold(value: Value) -> None:
    """Numbers, formulas, dates and links that Excel would refuse or repair stop the writing."""
    with pytest.raises(LayoutError):
        one_cell(value)


def test_long_formulas_with_short_texts_are_written() -> None:
    """A formula of 8,192 characters and a text in it of 255 are within the limits."""
    text = "1+" * 3_966 + '1&"' + "x" * 255 + '"'
    assert len(text) == 8_192 - 1
    assert "<f>1+1" in sheet_xml(one_cell(Formula(text, "")))


AREA = RangeRef("A", 0, 0, 0, 0)
CHART = Chart("line", "t", "d", (Series("s", AREA, AREA),), 0, 0, 99, 99)


def _with(**attributes: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        for key, value in attributes.items():
            setattr(document.sheets[0], key, value)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _with(name="A" * 32), _with(name="People & Culture"), _with(name="a/b"),
        _with(name="History"), _with(name=" A"), _with(name=""), _with(name="b"),
        _with(state="hidden"), _with(tab="no such tab"), _with(zoom=5),
        _with(columns={0: Column(300)}),
        _with(row_heights={0: 410}), _with(row_heights={1_048_576: 15}),
        _with(validations=[Validation(AREA, "text", "x" * 33, "m")]),
        _with(validations=[Validation(AREA, "text", "t", "x" * 256)]),
        _with(validations=[Validation(AREA, "text", "t", "m", error_title="x" * 33)]),
        _with(validations=[Validation(AREA, "text", "t", "m", error_message="x" * 256)]),
        _with(validations=[Validation(AREA, "text", "", "")]),
        _with(validations=[Validation(AREA, "list", "t", "m")]),
        _with(validations=[Validation(AREA, "list", "t", "m", source=RangeRef("A", 0, 0, 1, 1))]),
        _with(validations=[Validation(AREA, "list", "t", "m", source=RangeRef("Nowhere", 0, 0, 1, 0))]),
        _with(validations=[Validation(AREA, "decimal", "t", "m", minimum=2.0, maximum=1.0)]),
        _with(validations=[Validation(AREA, "decimal", "t", "m", minimum=date(2025, 1, 1))]),
        _with(validations=[Validation(RangeRef("A", 0, 0, 1_048_576, 0), "text", "t", "m")]),
        _with(conditional_formats=[ConditionalFormat(RangeRef("A", -1, 0, 0, 0), "formula", Style("tone_ok"), "1")]),
        _with(validations=[Validation(RangeRef("B", 0, 0, 0, 0), "text", "t", "m")]),
        _with(conditional_formats=[ConditionalFormat(AREA, "formula", Style("tone_ok"))]),
        _with(conditional_formats=[ConditionalFormat(AREA, "bar", Style("bar"), minimum=1.0, maximum=1.0)]),
        _with(conditional_formats=[ConditionalFormat(AREA, "bar", Style("pub"))]),
        _with(charts=[replace(CHART, description=" ")]), _with(charts=[replace(CHART, series=())]),
        _with(charts=[replace(CHART, title="x" * 256)]), _with(charts=[replace(CHART, row=-1)]),
        _with(charts=[replace(CHART, series=(Series("s", AREA, RangeRef("A", 0, 0, 1, 0)),))]),
        _with(charts=[replace(CHART, series=(Series("s", AREA, RangeRef("Z", 0, 0, 0, 0)),))]),
        _with(charts=[replace(CHART, series=(Series("s", AREA, AREA, "series_9"),))]),
        _with(printing=PrintSetup(header="x" * 256)), _with(printing=PrintSetup(footer="&G")),
        _with(printing=PrintSetup(repeat_first_row=3, repeat_last_row=2)),
        _with(printing=PrintSetup(area=RangeRef("B", 0, 0, 1, 1))),
        lambda d: setattr(d, "active_sheet", "Nowhere"), lambda d: d.properties.update(key="x" * 256),
        lambda d: d.properties.update(key="\x00"), lambda d: d.sheets[0].put(0, 0, "x", "no such role"),
        lambda d: d.sheets[0].put(1_048_576, 0, "x", "plain"), lambda d: setattr(d, "title", "x" * 256),
    ],
)  # fmt: skip
def test_what_excel_would_refuse_or_repair(change: Callable[[Document], None]) -> None:
    """Whatever Excel would refuse, repair or shorten stops the writing."""
    faulty = document(Sheet("A"), Sheet("B", state="hidden"))
    change(faulty)
    with pytest.raises(LayoutError):
        write(faulty, default_theme())


@pytest.mark.parametrize(
    "names",
    [
        [DefinedName("a_b", "x")], [DefinedName("kil_é", "x")], [DefinedName("kil_a.b", "x")],
        [DefinedName("KIL_a", "x")], [DefinedName("kil_" + "x" * 252, "x")], [DefinedName("kil_a", "x" * 256)],
        [DefinedName("kil_a", "x"), DefinedName("kil_A", "y")], [DefinedName("kil_a", CellRef("Nowhere", 0, 0))],
        [DefinedName("kil_a", RangeRef("A", 1, 0, 0, 0))], [DefinedName("kil_a", CellRef("A", 0, 16_384))],
    ],
)  # fmt: skip
def test_names_that_excel_would_refuse(names: list[DefinedName]) -> None:
    """Names of the wrong form, twice the same, or for places that do not exist stop the writing."""
    with pytest.raises(LayoutError):
        write(document(names=names), default_theme())


def test_a_document_without_sheets_is_refused() -> None:
    """There is no workbook without a visible sheet."""
    empty = document()
    empty.sheets = []
    with pytest.raises(LayoutError, match="hidden"):
        write(empty, default_theme())
