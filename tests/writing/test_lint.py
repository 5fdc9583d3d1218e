"""The linter: each fault it is meant to find, planted in a sound document."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from writing.everything import sample

from kil_xlsx.layout.document import (
    NOT_AVAILABLE,
    CellRef,
    ConditionalFormat,
    DefinedName,
    Document,
    ErrorValue,
    Formula,
    RangeRef,
    Sheet,
    Style,
    Validation,
)
from kil_xlsx.writing.formulas import ALLOWED, read
from kil_xlsx.writing.lint import functions_used, lint


def document(text: str, value: object = 1.0) -> Document:
    """A document with one formula, a second sheet and a name."""
    first, second, third = Sheet("Summary"), Sheet("About you"), Sheet("Q1")
    first.put(0, 0, Formula(text, value), "plain")  # type: ignore[arg-type]  # wrong values are planted on purpose
    names = [DefinedName("kil_a_GOV_1", CellRef("About you", 0, 0))]
    return Document([first, second, third], names, "", "", "", "en", datetime(2025, 1, 1), {}, "Summary")


def test_the_sample_is_sound() -> None:
    """A document with every feature has no faults."""
    assert lint(sample()) == []


@pytest.mark.parametrize(
    "text",
    [
        "A2", "-A2+3%", "$A$2:B3", "'About you'!$A$1", "IF(A2=\"\",\"\",A2)", "SUM(A2:A9,kil_a_GOV_1)", "(1+2)*(3-4)",
        "IF(AND(A2>=1,NOT(B2<>2)),\"a;b(\",TRUE)", "IFERROR(1/0,NA())", "SUMIFS(A2:A9,B2:B9,\">=0\")", "1.5E-3",
        'REPT("say ""hi""",2)&TRIM(" x ")', "'Q1'!A1", "Summary!A2", "IF(A2=#N/A,1,2)", "COUNTIFS(A2:A9,1,B2:B9,\"x\")",
        "INDEX('About you'!$B$2:$B$9,MATCH(A2,'About you'!$A$2:$A$9,0))", "SUM(A2,\n  A3)", "KIL_A_gov_1", "LEFT(A2)",
    ],
)  # fmt: skip
def test_sound_formulas(text: str) -> None:
    """Formulas of the allowed kind have no faults of form."""
    assert [fault for fault in lint(document(text)) if "the value is" not in fault] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SUM(A2", "not closed"), ("SUM(A2))", "not opened"), ('"(', "text is not closed"), ("SUM(A2;A3)", "';'"),
        ("XLOOKUP(A2,A3,A4)", "XLOOKUP"), ("INDIRECT(\"A2\")", "recalculated"), ("NOW()", "recalculated"),
        ("TEXT(A2,\"0\")", "other languages"), ("sum(A2)", "capitals"), ("Nowhere!A1", "no sheet 'Nowhere'"),
        ("'No where'!A1", "no sheet 'No where'"), ("kil_a_GOV_2", "no name 'kil_a_GOV_2'"), ("Q1!A1", "apostrophes"),
        ("IF(A2,1,2,3)", "4 arguments"), ("NOT()", "0 arguments"), ("NA(1)", "1 argument"), ("ROUND(A2)", "1 argument"),
        ("SUMIFS(A2:A9,B2:B9)", "2 arguments"), ("COUNTIFS(A2:A9,1,B2:B9)", "3 arguments"), ("A2+", "ends too early"),
        ("A2 A3", "missing before"), ("A2(3)", "A2 is not one"), ("*2", "nothing before"), ("(1,2)", "outside"),
        ("SUM(A2,,A3)", "empty"), ("SUM(A2,)", "nothing before"), ("()", "nothing before"), ("", "empty"),
        ("=A2", "nothing before"), ("LARGE({1,2},1)", "constant array"), ("SUM(A:A)", "':'"),
        ("#OOPS!", "no error value"),
        ("A1048577", "no cell"), ("XFE1", "no cell"), ("A0", "no cell"), ("A2~A3", "'~'"), ("'Summary!A1", "'"),
        ('"' + "x" * 256 + '"', "longer than 255"), ("1+" * 4_096 + "1", "8,192"), ("%", "follows nothing"),
        ("(" * 65 + "1" + ")" * 65, "64 deep"), ("A2 + * 3", "nothing before '*'"),
    ],
)  # fmt: skip
def test_faulty_formulas(text: str, fault: str) -> None:
    """Each fault of form is found and named, with its place."""
    found = lint(document(text))
    assert any(fault in sentence for sentence in found), found
    assert all(sentence.startswith("Summary!A1: ") for sentence in found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A2", None), ("A2", float("nan")), ("A2", float("inf")), ("A2", ErrorValue("#REF!")),
        ("A2", [1]), ("A2", "x" * 32_768),
        ("SUM(A2)", ""), ("SUM(A2)", True), ("AND(A2)", 1.0), ("LEFT(A2,1)", 1.0), ("NA()", 0.0), ("NA()", ""),
    ],
    ids=str,
)  # fmt: skip
def test_values_of_the_wrong_type(text: str, value: object) -> None:
    """A value that the formula can never give is found."""
    (fault,) = lint(document(text, value))
    assert fault.startswith("Summary!A1: the value")


@pytest.mark.parametrize(
    ("text", "value"),
    [("SUM(A2)", 3), ("SUM(A2)", NOT_AVAILABLE), ("SUM(A2)&\"\"", "3"), ("SUM(A2)>1", True), ("NOT(A2)", False),
     ("IF(A2,SUM(A2),\"\")", ""), ("NA()", NOT_AVAILABLE), ("(SUM(A2))", 1)],
)  # fmt: skip
def test_values_of_the_right_type(text: str, value: object) -> None:
    """A value that the formula may give is no fault."""
    assert lint(document(text, value)) == []


def test_conditional_formats_are_read_too() -> None:
    """Formulas of conditional formats are held to the same rules, and counted."""
    faulty = document("SUM(A2)")
    area = RangeRef("About you", 0, 0, 3, 0)
    faulty.sheets[1].conditional_formats.append(ConditionalFormat(area, "formula", Style("tone_ok"), "TODAY()>A1"))
    (fault,) = lint(faulty)
    assert fault.startswith("conditional format of 'About you'!$A$1:$A$4: TODAY")
    assert functions_used(faulty) == {"SUM": 1, "TODAY": 1}


def test_two_rules_for_one_cell_are_found() -> None:
    """A cell can have one rule for what may be typed."""
    faulty = document("A2")
    sheet = faulty.sheets[0]
    sheet.validations = [Validation(sheet.area(first, 0, first + 2, 0), "text", "a", "b") for first in (0, 2)]
    assert lint(faulty) == ["Summary!A3: there are two rules for what may be typed"]


def test_names_that_stop_the_writing_are_found() -> None:
    """What would stop the writing because of names is reported among the rest."""
    faulty = document("A2")
    faulty.names.append(DefinedName("gov", "x"))
    assert len(lint(faulty)) == 1


def test_functions_are_counted() -> None:
    """Functions are counted as often as they stand in a formula."""
    assert functions_used(document("SUM(A2,SUM(A3),MAX(A4))")) == {"SUM": 2, "MAX": 1}
    assert set(functions_used(sample())) <= set(ALLOWED)


def test_the_outermost_function() -> None:
    """The function that gives a formula's value is known only when it holds all of the formula."""
    assert [read(text).outermost for text in ("SUM(A2)", "SUM(A2)+SUM(A3)", "(SUM(A2))", "A2")] == ["SUM", "", "", ""]


def test_a_large_document_is_read_quickly() -> None:
    """A thousand different formulas take well under a second."""
    large = document("A2")
    for row in range(1, 1_001):
        large.sheets[0].put(row, 0, Formula(f'IF(B{row}="","",ROUND(SUM(C{row}:D{row})/2,6))', ""), "plain")
    started = time.perf_counter()
    assert lint(large) == []
    assert time.perf_counter() - started < 1
