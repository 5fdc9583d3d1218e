"""A finished file can be used with a keyboard, a screen reader, on paper and without colours."""

from __future__ import annotations

import pytest
from finished.access import CHECKS, findings
from finished.books import BOOKS, book, package
from finished.looks import contrast
from finished.package import Package, edited, part_of
from finished.tables import with_tables

BLANK = "council, blank"
BOOK, STYLES, DRAWING, CORE = "xl/workbook.xml", "xl/styles.xml", "xl/drawings/drawing1.xml", "docProps/core.xml"


@pytest.mark.parametrize("name", BOOKS)
def test_usable_by_everybody(name: str) -> None:
    """None of the checks has anything to say; what is there to be copied from is not protected."""
    found = findings(package(name))
    if "benchmark" in name or "feedback" in name:
        assert found.pop("protection")
    assert found == {}


def test_contrast_is_that_of_the_standard() -> None:
    """Contrast runs from 1 to 21; the lightest grey that is legible on white is #767676."""
    assert contrast("FFFFFF", "000000") == pytest.approx(21)
    assert contrast("123456", "123456") == pytest.approx(1)
    assert contrast("767676", "FFFFFF") > 4.5 > contrast("777777", "FFFFFF")


_PALE = '<color rgb="FFC0C0C0"/>'
PLANTED = {
    "no title": (CORE, "<dc:title>[^<]*<", "<dc:title> <", "title and language", "no title"),
    "no language": (CORE, "<dc:language>[^<]*</dc:language>", "", "title and language", "language is ''"),
    "a usual name": (BOOK, '(<sheet name=)"[^"]*"', r'\1"Sheet1"', "sheet names", "Sheet1"),
    "no title on a sheet": ("input", r'<row r="1".*?</row>', "", "titles", "does not begin"),
    "a title like other words": ("input", r'(<c r="[AB]1") s="\d+"', r"\1", "titles", "no larger"),
    "no alternative text": (DRAWING, ' descr="[^"]*"', "", "alternative text", "Chart 1 has the alternative text ''"),
    "the usual alternative text": (DRAWING, ' descr="[^"]*"', ' descr="Chart 1"', "alternative text", "'Chart 1'"),
    "the name of a picture": (DRAWING, ' descr="[^"]*"', ' descr="logo.png"', "alternative text", "logo.png"),
    "a blank row": ("long", r'(<row r="\d{2}"[^>]*)>.*?</row>', r"\1/>", "blank rows", "blank row inside a table"),
    "no protection": ("input", "<sheetProtection[^>]*/>", "", "protection", "is not protected"),
    "protection switched off": (
        "input",
        r'<sheetProtection sheet="1"',
        '<sheetProtection sheet="0"',
        "protection",
        "is not protected",
    ),
    "no filter": ("input", r'(<sheetProtection[^>]*) autoFilter="0"', r"\1", "protection", "autoFilter is not allowed"),
    "no widening of columns": (
        "input",
        r'(<sheetProtection[^>]*) formatColumns="0"',
        r"\1",
        "protection",
        "formatColumns is not",
    ),
    "sorting": ("input", "<sheetProtection ", '<sheetProtection sort="0" ', "protection", "sort is allowed"),
    "deleting rows": (
        "input",
        "<sheetProtection ",
        '<sheetProtection deleteRows="0" ',
        "protection",
        "deleteRows is allowed",
    ),
    "a password": ("input", "<sheetProtection ", '<sheetProtection password="CC1A" ', "protection", "password"),
    "a password of the structure": (
        BOOK,
        "<workbookProtection ",
        '<workbookProtection workbookPassword="CC1A" ',
        "protection",
        "password",
    ),
    "no protection of the structure": (BOOK, "<workbookProtection[^>]*/>", "", "protection", "structure"),
    "cells that cannot be reached": (
        "input",
        "<sheetProtection ",
        '<sheetProtection selectLockedCells="1" ',
        "protection",
        "cannot be reached",
    ),
    "a locked cell to fill in": (STYLES, r'<protection locked="0"/>', "", "locks", "to be filled in, but locked"),
    "an unlocked cell": ("input", r"<dataValidation .*?(/>|</dataValidation>)", "", "locks", "unlocked without a rule"),
    "pale letters": (STYLES, r'<color rgb="FF1F2A30"/>', _PALE, "text contrast", "#C0C0C0 on #FFFFFF"),
    "letters on a fill like them": (
        STYLES,
        r'<fgColor rgb="FF\w{6}"/>',
        '<fgColor rgb="FF445566"/>',
        "text contrast",
        "on #445566",
    ),
    "pale letters under a condition": (
        STYLES,
        r'(<dxf>.*?)<color rgb="FF\w{6}"/>',
        rf"\1{_PALE}",
        "text contrast",
        "conditional format applies",
    ),
    "a dark fill under a condition": (
        STYLES,
        r'(<dxf>.*?)<bgColor rgb="FF\w{6}"/>',
        r'\1<bgColor rgb="FF334455"/>',
        "text contrast",
        "conditional format applies",
    ),
    "a pale border": (STYLES, r"FF94823D", "FFEEEEEE", "input edges", "#EEEEEE"),
    "no border": (
        STYLES,
        r'<(left|right) style="thin"><color rgb="FF94823D"/></(left|right)>',
        "",
        "input edges",
        "no border",
    ),
    "a scale of colours": (
        "input",
        r'<cfRule type="expression" dxfId="\d+"',
        '<cfRule type="colorScale"',
        "only colour",
        "colorScale",
    ),
    "small letters": (STYLES, r'<sz val="(10|11)"/>', '<sz val="7"/>', "small letters", "7 points"),
    "small letters in a chart": ("xl/charts/chart1.xml", r'sz="\d+"', 'sz="600"', "small letters", "6 points"),
    "a small footer": ("input", "<oddFooter>", "<oddFooter>&amp;7", "small letters", "7 points"),
    "no number of the page": ("input", "<oddFooter>[^<]*", "<oddFooter>&amp;A", "page numbers", "no page number"),
    "no footer": ("input", "<headerFooter>.*?</headerFooter>", "", "page numbers", "has no footer"),
    "headings not repeated": (
        BOOK,
        '<definedName name="_xlnm.Print_Titles"[^>]*>[^<]*</definedName>',
        "",
        "print titles",
        "not repeated",
    ),
    "headings that do not stay": ("long", "<pane [^>]*/>", "", "frozen headings", "no row stays in place"),
    "another sheet in front": (
        BOOK,
        "<workbookView ",
        '<workbookView activeTab="2" ',
        "reading order",
        "activeTab is 2",
    ),
    "two sheets selected": ("last", "<sheetView ", '<sheetView tabSelected="1" ', "reading order", "is selected"),
    "a hidden sheet between": (
        BOOK,
        r'(<sheet name="[^"]*" sheetId="3")',
        r'\1 state="hidden"',
        "reading order",
        "hidden sheets stand between",
    ),
    "the cursor elsewhere": (
        "input",
        r'activeCell="[B-Z]+\d+" sqref="[B-Z]+\d+"/></sheetView>',
        'activeCell="J9" sqref="J9"/></sheetView>',
        "reading order",
        "J9: the cursor",
    ),
    "a sheet scrolled down": ("input", "<sheetView ", '<sheetView topLeftCell="A9" ', "reading order", "opens at A9"),
    "a message without a title": ("input", ' promptTitle="[^"]*"', "", "rule words", "no promptTitle"),
    "a rule without a message": ("input", ' prompt="[^"]*"', "", "rule words", "no prompt"),
    "a message that is not shown": ("input", ' showInputMessage="1"', "", "rule words", "prompt is not shown"),
    "a refusal without a title": ("input", ' errorTitle="[^"]*"', "", "rule words", "no errorTitle"),
}
"""Where, what is put in the place of what, which check finds it, and what it says."""

EVERYWHERE = ("pale letters", "letters on a fill like them", "a locked cell to fill in", "headings not repeated",
              "small letters", "no border")  # fmt: skip
"""Faults that are planted wherever they can be, since the first place may be out of sight."""


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults_are_found(fault: str) -> None:
    """Each fault is found by its own check, and only when it is there."""
    part, pattern, replacement, check, words = PLANTED[fault]
    data = edited(
        book(BLANK), part_of(package(BLANK), part), f"(?s){pattern}", replacement, count=0 if fault in EVERYWHERE else 1
    )  # fmt: skip
    found = CHECKS[check](Package(data))
    before = CHECKS[check](package(BLANK))
    assert any(words in each for each in found if each not in before), found


def _first(place: str, pattern: str, replacement: str) -> Package:
    return Package(edited(book(BLANK), part_of(package(BLANK), place), f"(?s){pattern}", replacement))


def _linked() -> tuple[str, str]:
    """A cell with a hyperlink, and the sheet it is on."""
    part = part_of(package(BLANK), "links")
    sheet = next(sheet for sheet in package(BLANK).sheets if sheet.part == part)
    return next(each.get("ref", "") for each in sheet.root.iter() if each.tag.endswith("}hyperlink")), part


@pytest.mark.parametrize("words", ["https://example.org/a", "www.example.org", "'Action plan'!B7", "B7", "here", " "])
def test_links_without_words_are_found(words: str) -> None:
    """A link that shows an address, or nothing, is found."""
    cell, part = _linked()
    change = rf'\1 t="str"><v>{words}</v></c>'
    data = edited(book(BLANK), part, rf'(?s)(<c r="{cell}"[^>]*?)( t="s")?><v>\d+</v></c>', change)
    assert any(f"!{cell}: the link is" in each for each in CHECKS["link words"](Package(data)))


def test_linking_formulas_are_looked_at() -> None:
    """The same holds for links that a formula makes."""
    change = '<f>HYPERLINK("#Start!A1","x")</f><v>Start!A1</v>'
    (found,) = CHECKS["link words"](_first("input", "<f>[^<]*</f><v>[^<]*</v>", change))
    assert "'Start!A1'" in found


def test_merged_inputs_are_found() -> None:
    """Merged cells that include a cell to fill in are found."""
    part = part_of(package(BLANK), "input")
    sheet = next(sheet for sheet in package(BLANK).sheets if sheet.part == part)
    cell = sheet.unlocked()[0]
    data = edited(book(BLANK), part, "(<mergeCells[^>]*>)", rf'\1<mergeCell ref="{cell.at}:{cell.at}"/>')
    assert f"{cell.where}: merged cells include a cell to fill in" in CHECKS["merged cells"](Package(data))


def test_merged_cells_and_blank_rows_inside_a_table_are_found() -> None:
    """Merged cells that reach into a table are found, and a row of it without anything."""
    assert CHECKS["merged cells"](with_tables({})) == CHECKS["blank rows"](with_tables({})) == []
    assert CHECKS["merged cells"](with_tables({"ref": "B3:C9"})) == ["Data!B2: merged cells inside a table"]
    assert CHECKS["blank rows"](with_tables({}, blank=7)) == ["Data!7:7: is a blank row inside a table"]


def test_an_unlocked_formula_is_found() -> None:
    """A formula that can be typed over is found."""
    part = part_of(package(BLANK), "input")
    sheet = next(sheet for sheet in package(BLANK).sheets if sheet.part == part)
    cell = sheet.unlocked()[0]
    data = edited(
        book(BLANK), part, rf'(<c r="{cell.at}" s="\d+")(/>|[^>]*>.*?</c>)', r'\1 t="str"><f>A1</f><v>x</v></c>'
    )  # fmt: skip
    assert f"{cell.where}: is a formula, but unlocked" in CHECKS["locks"](Package(data))


def test_unlocked_columns_are_found() -> None:
    """Empty cells of a column that can be typed into are found."""
    part = part_of(package(BLANK), "input")
    sheet = next(sheet for sheet in package(BLANK).sheets if sheet.part == part)
    style = sheet.unlocked()[0].style
    data = edited(book(BLANK), part, r'<col min="2"', f'<col style="{style}" min="2"')
    (found,) = CHECKS["locks"](Package(data))
    assert found == f"{sheet.name}!B: the empty cells of the col are unlocked"


@pytest.mark.parametrize("shown", ["0", "1"])
def test_bars_without_numbers_are_found(shown: str) -> None:
    """A bar stands beside its number, not for it."""
    change = (
        rf'<cfRule type="dataBar" priority="\1"><dataBar showValue="{shown}"><cfvo type="num" val="0"/>'
        r'<cfvo type="num" val="1"/><color rgb="FF8FBCC3"/></dataBar></cfRule>'
    )
    pattern = r'<cfRule type="expression" dxfId="\d+" priority="(\d+)">.*?</cfRule>'
    found = CHECKS["only colour"](_first("input", pattern, change))
    assert bool(found) is (shown == "0")


@pytest.mark.parametrize("sign", ["", "<font><b/></font>"])
def test_colour_alone_is_found(sign: str) -> None:
    """A number whose fill alone says how good it is is found, unless its letters change as well."""
    part = part_of(package(BLANK), "input")
    sheet = next(sheet for sheet in package(BLANK).sheets if sheet.part == part)
    area = next(each.get("sqref", "") for each in sheet.root.iter() if each.tag.endswith("}conditionalFormatting"))
    first = area.partition(":")[0]
    data = edited(book(BLANK), part, rf'(?s)(<c r="{first}" s="\d+")(/>|[^>]*>.*?</c>)', r"\1><v>3</v></c>")
    data = edited(data, part, r'dxfId="\d+"', 'dxfId="0"')
    fill = "<dxf>" + sign + '<fill><patternFill><bgColor rgb="FFFFFFFF"/></patternFill></fill></dxf>'
    data = edited(data, STYLES, r"(?s)(<dxfs[^>]*>)<dxf>.*?</dxf>", r"\1" + fill)
    found = [each for each in CHECKS["only colour"](Package(data)) if f"!{first}:" in each]
    assert bool(found) is (not sign)
