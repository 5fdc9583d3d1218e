"""Every formula of a finished file is one that all programs work out alike, with its value stored beside it."""

from __future__ import annotations

from collections import Counter

import pytest
from finished.books import BOOKS, book, package, workings_sheets
from finished.formulas import (
    EVERYWHERE,
    LOCALE_BOUND,
    VOLATILE,
    foreign_syntax,
    formulas,
    functions_used,
    joined_numbers,
    missing_values,
    unknown_functions,
)
from finished.package import Package, edited, part_of

from kil_xlsx.writing.formulas import ALLOWED

BLANK, FILLED = "council, blank", "council, filled"


@pytest.mark.parametrize("name", BOOKS)
def test_formulas_are_the_same_everywhere(name: str) -> None:
    """No function outside the allowed set, no value missing, nothing that depends on the locale."""
    found = package(name)
    assert {
        "functions": unknown_functions(found),
        "syntax": foreign_syntax(found),
        "values": missing_values(found, workings_sheets()),
        "joined": joined_numbers(found),
    } == {"functions": [], "syntax": [], "values": [], "joined": []}


def test_the_table_of_functions() -> None:
    """All functions of all workbooks, with how often each is used (shown with ``pytest -s``)."""
    counts: Counter[str] = Counter()
    books: Counter[str] = Counter()
    for name in BOOKS:
        used = functions_used(package(name))
        counts.update(used)
        books.update(used.keys())
    print(f"\n{'function':<12}{'times':>10}{'workbooks':>11}")
    for name, count in sorted(counts.items()):
        print(f"{name:<12}{count:>10,}{books[name]:>8} of {len(BOOKS)}")
    assert {"IF", "INDEX", "MATCH"} <= counts.keys() <= EVERYWHERE


def test_formulas_of_every_kind_are_looked_at() -> None:
    """The walk finds formulas of cells, conditional formats, rules, names and charts."""
    kinds = {formula.kind for formula in formulas(package(FILLED))}
    assert kinds >= {"cell", "conditional format", "rule", "name", "chart"}
    cells = {formula.where for formula in formulas(package(FILLED)) if formula.kind == "cell"}
    assert len(cells) == sum(book_part.count(b"<f>") for book_part in _sheets(FILLED))


def _sheets(name: str) -> list[bytes]:
    return [content for part, content in package(name).parts.items() if part.startswith("xl/worksheets/sheet")]


def test_the_programs_own_list_is_no_wider() -> None:
    """What the program allows itself is in every program too."""
    assert ALLOWED.keys() <= EVERYWHERE
    assert not EVERYWHERE & (VOLATILE | LOCALE_BOUND | {"INDIRECT"})


WORDS = {
    "XLOOKUP(A1,A1:A2,A1:A2)": "XLOOKUP is outside",
    "_xlfn.IFS(A1,1)": "_XLFN.IFS is outside",
    "INDIRECT(&quot;A1&quot;)": "INDIRECT",
    "TODAY()": "TODAY is volatile",
    "OFFSET(A1,1,1)": "OFFSET is volatile",
    "TEXT(A1,&quot;0&quot;)": "TEXT depends on the locale",
    "SUMME(A1)": "SUMME is outside",
}


@pytest.mark.parametrize(("formula", "words"), WORDS.items())
@pytest.mark.parametrize("element", ["f", "formula", "formula1"])
def test_functions_are_found(formula: str, words: str, element: str) -> None:
    """A function that does not belong in a file is found in a cell, a conditional format and a rule."""
    part = part_of(package(BLANK), "input")
    data = edited(book(BLANK), part, rf"<{element}>[^<]*</{element}>", rf"<{element}>{formula}</{element}>")
    (found,) = unknown_functions(Package(data))
    assert words in found
    assert found.startswith(next(sheet.name for sheet in package(BLANK).sheets if sheet.part == part))


@pytest.mark.parametrize("element", ["definedName", "c:f"])
def test_functions_are_found_elsewhere(element: str) -> None:
    """The same holds for names and charts."""
    part = "xl/workbook.xml" if element == "definedName" else "xl/charts/chart1.xml"
    data = edited(book(BLANK), part, rf"(<{element}\b[^>]*>)[^<]*</", r"\1RAND()</")
    assert len(unknown_functions(Package(data))) == 1


SYNTAX = {
    'IF(A1&gt;"0,5",1,2)': "'0,5' is a number or a date",
    'COUNTIF(A1:A2,"&gt;0.5")': "'>0.5' is a number or a date",
    'A1="31/03/2026"': "'31/03/2026' is a number or a date",
    "SUM(A1;A2)": "semicolon",
    "SUM({1,2})": "constant array",
    "WAHR": "there is no name 'WAHR'",
    "Nowhere!A1": "there is no sheet 'Nowhere'",
    "SUM(XFE1:XFE2)": "XFE1:XFE2 is no reference",
    "#REF!+1": "the error #REF!",
    "=A1": "second '='",
}


@pytest.mark.parametrize(("formula", "words"), SYNTAX.items())
def test_foreign_syntax_is_found(formula: str, words: str) -> None:
    """What one locale alone understands is found, and so are names and sheets that are not there."""
    data = edited(book(BLANK), part_of(package(BLANK), "input"), "<f>[^<]*</f>", f"<f>{formula}</f>")
    assert any(words in each for each in foreign_syntax(Package(data))), foreign_syntax(Package(data))


VALUES = {
    "missing": (r"</f><v>[^<]*</v>", "</f>", "is missing"),
    "empty without saying that it is text": (r' t="str"><f>([^<]*)</f><v>[^<]*</v>', r"><f>\1</f><v></v>", "no number"),
    "word as a number": (r' t="str"><f>([^<]*)</f><v>[^<]*</v>', r"><f>\1</f><v>x</v>", "no number"),
    "error": (r' t="str"><f>([^<]*)</f><v>[^<]*</v>', r' t="e"><f>\1</f><v>#VALUE!</v>', "error #VALUE!"),
    "error in sight": (r' t="str"><f>([^<]*)</f><v>[^<]*</v>', r' t="e"><f>\1</f><v>#N/A</v>', "error #N/A"),
    "no truth value": (r' t="str"><f>([^<]*)</f><v>[^<]*</v>', r' t="b"><f>\1</f><v>yes</v>', "no truth value"),
}


@pytest.mark.parametrize(("pattern", "replacement", "words"), VALUES.values(), ids=VALUES)
def test_missing_values_are_found(pattern: str, replacement: str, words: str) -> None:
    """A formula without its value is found, and one with a value that it cannot have."""
    data = edited(book(BLANK), part_of(package(BLANK), "input"), pattern, replacement)
    (found,) = missing_values(Package(data), workings_sheets())
    assert words in found


def test_an_empty_chart_is_found() -> None:
    """A chart whose values are not stored is found: it would be blank until something is recalculated."""
    data = edited(book(BLANK), "xl/charts/chart1.xml", "<c:numCache>.*?</c:numCache>", "")
    (found,) = missing_values(Package(data), workings_sheets())
    assert "chart1.xml" in found


@pytest.mark.parametrize("shown", ["3.25 of 7", "TRUE, then"])
def test_joined_numbers_are_found(shown: str) -> None:
    """A fraction or a truth value joined to words is found."""
    data = edited(
        book(BLANK), part_of(package(BLANK), "input"),
        "<f>[^<]*</f><v>[^<]*</v>", f"<f>A1&amp;B1</f><v>{shown}</v>",
    )  # fmt: skip
    (found,) = joined_numbers(Package(data))
    assert shown in found
