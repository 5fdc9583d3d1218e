"""Faults of a document that neither XlsxWriter nor the validators of the file format notice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from kil_xlsx.errors import KilXlsxError
from kil_xlsx.layout import a1
from kil_xlsx.layout.document import NOT_AVAILABLE, Document, ErrorValue, Formula, Rich, Sheet
from kil_xlsx.layout.text_fit import utf16_length
from kil_xlsx.writing.checks import MAX_FORMULA, MAX_TEXT, check_document, check_runs
from kil_xlsx.writing.formulas import Reading, read

_GIVE_NUMBERS = frozenset(
    ("SUM", "AVERAGE", "COUNT", "COUNTA", "COUNTBLANK", "MIN", "MAX", "MEDIAN", "LARGE", "SMALL", "QUARTILE", "ROUND")
    + ("INT", "MOD", "ABS", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS", "SUMPRODUCT", "MATCH", "LEN")
)  # fmt: skip
_GIVE_TRUTH = frozenset(("AND", "OR", "NOT", "ISNUMBER", "ISBLANK", "ISTEXT"))
_GIVE_TEXT = frozenset(("LEFT", "MID", "TRIM", "REPT"))


def functions_used(document: Document) -> Counter[str]:
    """How often each function stands in the formulas of cells and of conditional formats."""
    counts: Counter[str] = Counter()
    for _, formula, _ in _formulas(document):
        counts.update(read(formula).functions)
    return counts


def lint(document: Document) -> list[str]:
    """Everything wrong with a document's formulas and rules, each with its place.  Empty when all is well.

    Looks at the formulas of cells and of conditional formats: functions that not every program knows, brackets,
    separators, references to sheets and names that do not exist, values of the wrong type.  Finds cells with two rules
    for what may be typed, texts with several looks that no cell can hold, and whatever stops a document from being
    written because of its names and tables.
    """
    found: list[str] = []
    try:
        check_document(document)
    except KilXlsxError as problem:
        found.append(str(problem))
    sheets = {sheet.name for sheet in document.sheets}
    names = {name.name.lower() for name in document.names}
    known: dict[str, tuple[Reading, list[str]]] = {}
    for place, text, formula in _formulas(document):
        if text not in known:
            reading = read(text)
            known[text] = reading, _faults_of_text(text, reading, sheets, names)
        reading, faults = known[text]
        found.extend(f"{place}: {fault}" for fault in faults)
        if formula is not None:
            fault = _fault_of_value(formula, reading)
            if fault:
                found.append(f"{place}: {fault}")
    for sheet in document.sheets:
        found.extend(_overlapping_rules(sheet))
        found.extend(_faulty_texts(sheet))
    return found


def _formulas(document: Document) -> Iterator[tuple[str, str, Formula | None]]:
    """Place, text and, for cells, the formula with its value."""
    for cell, formula in document.formulas():
        yield f"{a1.quote_sheet(cell.sheet)}!{cell.address}", formula.text, formula
    for sheet in document.sheets:
        for rule in sheet.conditional_formats:
            if rule.kind == "formula":
                yield f"conditional format of {rule.area.absolute()}", rule.formula, None


def _faults_of_text(text: str, reading: Reading, sheets: set[str], names: set[str]) -> list[str]:
    faults = list(reading.faults)
    faults += [f"there is no sheet {sheet!r}" for sheet in dict.fromkeys(reading.sheets) if sheet not in sheets]
    faults += [f"there is no name {name!r}" for name in dict.fromkeys(reading.names) if name.lower() not in names]
    if utf16_length(text) > MAX_FORMULA:
        faults.append(f"the formula is longer than {MAX_FORMULA:,} characters")
    return faults


def _fault_of_value(formula: Formula, reading: Reading) -> str:
    value: object = formula.value
    is_truth = isinstance(value, bool)
    is_number = isinstance(value, int | float) and not is_truth
    if not (is_truth or is_number or isinstance(value, str)):
        return f"the value is {value!r}, not a text, a number or a truth value"
    if isinstance(value, int | float) and not math.isfinite(value):
        return f"the value {value} is not a number to Excel"
    if isinstance(value, str):
        if isinstance(value, ErrorValue):
            return "" if value == NOT_AVAILABLE else f"the value is the error {value}"
        if utf16_length(value) > MAX_TEXT:
            return f"the value has more than {MAX_TEXT:,} characters"
    expected = ""
    if reading.outermost in _GIVE_NUMBERS and not is_number:
        expected = "a number"
    elif reading.outermost in _GIVE_TRUTH and not is_truth:
        expected = "TRUE or FALSE"
    elif reading.outermost in _GIVE_TEXT and not isinstance(value, str):
        expected = "a text"
    elif reading.outermost == "NA":
        expected = "#N/A"
    return f"the value is {value!r}, but {reading.outermost} gives {expected}" if expected else ""


def _overlapping_rules(sheet: Sheet) -> Iterator[str]:
    taken: set[tuple[int, int]] = set()
    for rule in sheet.validations:
        for place in rule.area.cells():
            if place in taken:
                yield f"{a1.quote_sheet(sheet.name)}!{a1.cell_name(*place)}: there are two rules for what may be typed"
            taken.add(place)


def _faulty_texts(sheet: Sheet) -> Iterator[str]:
    """Texts with several looks that have no words, unknown looks or too many characters."""
    for (row, column), cell in sheet.cells.items():
        if isinstance(cell.value, Rich):
            where = f"{a1.quote_sheet(sheet.name)}!{a1.cell_name(row, column)}"
            try:
                check_runs(cell.value, where)
            except KilXlsxError as problem:
                yield str(problem)
            if utf16_length(cell.value.text) > MAX_TEXT:
                yield f"{where}: the text has more than {MAX_TEXT:,} characters"
