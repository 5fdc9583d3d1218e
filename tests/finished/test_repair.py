"""A finished file holds nothing that makes Excel offer to repair it."""

from __future__ import annotations

import io
import zipfile

import pytest
from finished.books import BOOKS, book, package
from finished.package import Package, edited, part_of, without
from finished.repair import faults
from finished.tables import HEADINGS, with_tables

BLANK = "council, blank"
BOOK, STYLES, CHART, DRAWING = "xl/workbook.xml", "xl/styles.xml", "xl/charts/chart1.xml", "xl/drawings/drawing1.xml"
_LONG = "x" * 300


@pytest.mark.parametrize("name", BOOKS)
def test_nothing_to_repair(name: str) -> None:
    """None of the checks has anything to say."""
    assert faults(package(name)) == {}


PLANTED = {
    "a part without a type": (
        "[Content_Types].xml",
        r'<Override PartName="/xl/styles.xml"[^>]*/>',
        "",
        "package",
        "styles",
    ),
    "a type without a part": (
        "[Content_Types].xml",
        "</Types>",
        r'<Override PartName="/xl/x.xml"/></Types>',
        "package",
        "x.xml",
    ),
    "a relation that leads nowhere": (
        "xl/_rels/workbook.xml.rels",
        r"sheet2\.xml",
        "sheet99.xml",
        "package",
        "sheet99",
    ),
    "an id without a relation": ("input", "</worksheet>", r'<drawing r:id="rId77"/></worksheet>', "package", "rId77"),
    "a control character": ("xl/sharedStrings.xml", r"<t>", "<t>\x01", "package", "does not allow"),
    "a control character by number": ("xl/sharedStrings.xml", r"<t>", "<t>&#x1F;", "package", "does not allow"),
    "a part that is not well formed": ("input", "</sheetData>", "", "package", "well formed"),
    "a long sheet name": (BOOK, '<sheet name="[^"]*"', f'<sheet name="{"x" * 32}"', "workbook", "32 characters"),
    "a sheet name with a sign": (BOOK, '<sheet name="[^"]*"', '<sheet name="a/b"', "workbook", "not allowed"),
    "a sheet name that is reserved": (BOOK, '<sheet name="[^"]*"', '<sheet name="History"', "workbook", "not allowed"),
    "two sheets of one name": (BOOK, '<sheet name="[^"]*"', '<sheet name="ASSESSMENT"', "workbook", "there twice"),
    "no sheet to be seen": (
        BOOK,
        r'(<sheet name="[^"]*" sheetId="\d+")( state="\w+")?',
        r'\1 state="hidden"',
        "workbook",
        "no sheet",
    ),
    "a hidden sheet in front": (BOOK, "<workbookView ", '<workbookView activeTab="10" ', "workbook", "activeTab"),
    "two properties of one number": ("docProps/custom.xml", 'pid="3"', 'pid="2"', "workbook", "pid 2"),
    "a bad time": ("docProps/core.xml", "[^>]*</dcterms:created>", "today</dcterms:created>", "workbook", "no time"),
    "two names but for case": (
        BOOK,
        "<definedNames>",
        '<definedNames><definedName name="KIL_FILE">"x"</definedName>',
        "names",
        "twice",
    ),
    "a name like a cell": (
        BOOK,
        'definedName name="kil_file"',
        'definedName name="AB12"',
        "names",
        "looks like a cell",
    ),
    "a name like a cell in the other style": (
        BOOK,
        'definedName name="kil_file"',
        'definedName name="r1c1"',
        "names",
        "looks like",
    ),
    "a name with a blank": (BOOK, 'definedName name="kil_file"', 'definedName name="kil file"', "names", "not allowed"),
    "a long name": (BOOK, 'definedName name="kil_file"', f'definedName name="{_LONG}"', "names", "300 characters"),
    "a name that wanders": (
        BOOK,
        r'(<definedName name="kil_a[^>]*>[^$<]*)\$([A-Z]+)\$',
        r"\1\2",
        "names",
        "depends on where",
    ),
    "a name of no sheet": (BOOK, r'localSheetId="\d+"', 'localSheetId="66"', "names", "sheet 66"),
    "a long formula": ("input", "<f>[^<]*</f>", f"<f>{'+'.join(['A1'] * 3000)}</f>", "formulas", "8999 characters"),
    "a long text in a formula": ("input", "<f>[^<]*</f>", f'<f>"{_LONG}"</f>', "formulas", "300 characters"),
    "an open bracket": ("input", "<f>[^<]*</f>", "<f>SUM((A1)</f>", "formulas", "brackets"),
    "a sheet that needs quotation marks": ("input", "<f>[^<]*</f>", "<f>T1!A1</f>", "formulas", "T1 needs"),
    "another that needs them": ("input", "<f>[^<]*</f>", "<f>1st!A1</f>", "formulas", "1st needs"),
    "a long list": ("input", "<formula1>[^<]*![^<]*<", f'<formula1>"{_LONG}"<', "formulas", "300 characters"),
    "a long formula of a rule": (
        "input",
        "<formula1>[^<]*![^<]*<",
        f"<formula1>{'+'.join(['A1'] * 90)}<",
        "formulas",
        "of a rule",
    ),
    "a cell twice": ("input", r'(<c r="C\d+"[^>]*[^/]>.*?</c>)', r"\1\1", "cells", "is out of order"),
    "rows out of order": ("input", r'<row r="8" ', '<row r="3" ', "cells", "row 3 follows row 7"),
    "a text that is not there": ("input", r't="s"><v>\d+', 't="s"><v>99999', "cells", "99999 is not there"),
    "a style that is not there": ("input", r'(<c r="C\d+" s=)"\d+"', r'\1"999"', "cells", "999 is not there"),
    "words as a number": ("input", r'(<c r="C\d+" s="\d+") t="s"><v>\d+', r"\1><v>abc", "cells", "no number"),
    "a long text": ("xl/sharedStrings.xml", r"<si><t>", f"<si><t>{'x' * 32_768}", "cells", "characters"),
    "a long text of a formula": ("input", r"</f><v>[^<]*", f"</f><v>{'x' * 32_768}", "cells", "32768 characters"),
    "a long tip": ("links", r"<hyperlink ", f'<hyperlink tooltip="{_LONG}" ', "cells", "tooltip"),
    "two rules for a cell": (
        "input",
        r'(prompt="[^"]*") sqref="[A-Z]+\d+"',
        r'\1 sqref="A1:Z99"',
        "rules",
        "two rules",
    ),
    "a long title": ("input", r'promptTitle="[^"]*"', f'promptTitle="{"x" * 33}"', "rules", "33 characters"),
    "a long message": ("input", r'prompt="', f'prompt="{"x" * 256}', "rules", "characters"),
    "a list of two columns": (
        "input",
        r"<formula1>([^<]*!)\$\w+\$\d+:[^<]*<",
        r"<formula1>\1$A$3:$B$9<",
        "rules",
        "neither one",
    ),
    "a look that is not there": ("input", r'dxfId="\d+"', 'dxfId="99"', "rules", "look 99"),
    "merged cells that overlap": (
        "input",
        r'<mergeCell ref="([A-Z]+\d+):',
        r'<mergeCell ref="\1:\1"/><mergeCell ref="\1:',
        "areas",
        "overlaps",
    ),
    "columns that overlap": ("input", r'<col min="3" max="3"', '<col min="2" max="3"', "areas", "widths"),
    "a long footer": ("input", r"<oddFooter>", f"<oddFooter>{_LONG}", "pages", "oddFooter has"),
    "breaks counted wrongly": (
        "breaks",
        r'<rowBreaks count="\d+"',
        '<rowBreaks count="99"',
        "pages",
        "counted wrongly",
    ),
    "a scale out of range": ("breaks", r'scale="\d+"', 'scale="5"', "pages", "5 per cent"),
    "a font that is not there": (STYLES, r'(<cellXfs.*?fontId=)"\d+"', r'\1"777"', "styles", "fontId 777"),
    "a number format that is not there": (
        STYLES,
        r'(<cellXfs.*?numFmtId=)"\d+"',
        r'\1"999"',
        "styles",
        "number format 999",
    ),
    "a chart beyond the sheet": (DRAWING, r"<xdr:col>\d+", "<xdr:col>16384", "drawings", "column 16384"),
    "a chart that ends before it begins": (DRAWING, r"<xdr:row>\d+", "<xdr:row>900", "drawings", "before it begins"),
    "two charts of one number": (DRAWING, r'cNvPr id="3"', 'cNvPr id="2"', "drawings", "number 2"),
    "a chart that keeps too few values": (
        CHART,
        r'<c:ptCount val="\d+"',
        '<c:ptCount val="2"',
        "drawings",
        "the 2 values",
    ),
}
"""Where, what is put in the place of what, which check finds it, and what it says."""


@pytest.mark.parametrize(("part", "pattern", "replacement", "check", "words"), PLANTED.values(), ids=PLANTED)
def test_planted_faults_are_found(part: str, pattern: str, replacement: str, check: str, words: str) -> None:
    """Each fault is found by its own check, which says what it is."""
    data = book(BLANK)
    part = part_of(package(BLANK), part)
    often = 0 if words == "no sheet" else 1
    found = faults(Package(edited(data, part, f"(?s){pattern}", replacement, count=often)))
    assert check in found, found
    assert any(words in each for each in found[check]), found


def test_a_part_that_is_missing() -> None:
    """A part that something leads to must be there."""
    found = faults(Package(without(book(BLANK), CHART)))
    assert any("chart1.xml, which is not there" in each for each in found["package"])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_there_twice() -> None:
    """A name in the archive stands for one part, whatever its case."""
    held = io.BytesIO(book(BLANK))
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("XL/workbook.xml", archive.read("xl/workbook.xml"))
    assert any("twice" in each for each in faults(Package(held.getvalue()))["package"])


def test_a_table_in_order() -> None:
    """A table whose headings are the words of its cells is no fault."""
    assert faults(with_tables({})) == {}


TABLES: dict[str, tuple[list[dict[str, str]], str, str]] = {
    "overlapping": ([{}, {}], "areas", "overlaps another table"),
    "of one number": ([{}, {"id": "1"}], "areas", "have the number 1"),
    "of one name": ([{}, {"name": "TABLE_1"}], "names", "table_1"),
    "named like a cell": ([{"name": "Q1"}], "names", "looks like a cell"),
    "with other headings": ([{"columns": HEADINGS.format("Other", "Another")}], "areas", "table is 'Other'"),
    "with equal headings": ([{"columns": HEADINGS.format("Same", "same")}], "areas", "are the same"),
    "with too few headings": ([{"columns": '<tableColumn id="1" name="x"/>'}], "areas", "1 headings for 2"),
    "of headings only": ([{"ref": "B4:C4"}], "areas", "no row below"),
    "with merged cells": ([{"ref": "B3:C9"}], "areas", "merged cells"),
    "with a filter beyond": ([{"filter": "B4:E99"}], "areas", "reaches beyond"),
}  # fmt: skip


@pytest.mark.parametrize(("tables", "check", "words"), TABLES.values(), ids=TABLES)
def test_faulty_tables_are_found(tables: list[dict[str, str]], check: str, words: str) -> None:
    """Tables that overlap, share a name or differ from their cells are found."""
    found = faults(with_tables(*tables))
    assert any(words in each for each in found.get(check, [])), found
