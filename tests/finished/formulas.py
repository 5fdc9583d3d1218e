"""A lint over the formulas of a finished file: what they use, and what would give other values elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from finished.package import CHART, MAIN, Cell, Package, box, local
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

EVERYWHERE = frozenset(
    # Logic: in every spreadsheet program since the first, but for IFERROR, which came with Excel 2007.
    ("IF", "IFERROR", "AND", "OR", "NOT", "TRUE", "FALSE")
    # What a cell holds.
    + ("ISNUMBER", "ISBLANK", "ISTEXT", "ISERROR", "ISNA", "NA", "N")
    # Numbers: the same to the last digit that a cell shows, in all programs.
    + ("SUM", "PRODUCT", "ROUND", "ROUNDUP", "ROUNDDOWN", "INT", "MOD", "ABS", "SIGN", "SQRT")
    + ("AVERAGE", "COUNT", "COUNTA", "COUNTBLANK", "MIN", "MAX", "MEDIAN", "LARGE", "SMALL", "RANK")
    # QUARTILE is what Excel 2010 and later call QUARTILE.INC; the old name is kept by all.
    + ("QUARTILE",)
    # Conditions; the ones with S came with Excel 2007.
    + ("SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS", "AVERAGEIF", "AVERAGEIFS", "SUMPRODUCT")
    # Finding: XLOOKUP and FILTER are left out because LibreOffice before 24.8 and Excel before 2021 have neither.
    + ("INDEX", "MATCH", "VLOOKUP", "HLOOKUP", "LOOKUP", "CHOOSE", "ROW", "COLUMN", "ROWS", "COLUMNS")
    # Text without regard to language: no upper or lower case, whose rules differ, and no TEXT, VALUE, FIXED.
    + ("LEFT", "MID", "RIGHT", "LEN", "TRIM", "REPT", "CONCATENATE", "SUBSTITUTE", "FIND", "EXACT")
    # The numbers of days, not their names.
    + ("DATE", "YEAR", "MONTH", "DAY")
    + ("HYPERLINK",)
)
"""Functions that Excel 2010 and later, LibreOffice 7 and Google Sheets all have, with one meaning.

They are the ones of Excel 97 to 2007 that are in the small or the medium group of OpenFormula, the standard that
LibreOffice follows, and in the list of functions of Google Sheets.
"""

VOLATILE = frozenset(("OFFSET", "NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY", "CELL", "INFO"))
"""Recalculated at every change, and INDIRECT besides, which has a finding of its own."""

LOCALE_BOUND = frozenset(
    ("TEXT", "VALUE", "NUMBERVALUE", "DATEVALUE", "TIMEVALUE", "DOLLAR", "FIXED", "BAHTTEXT", "WEEKNUM")
    + ("UPPER", "LOWER", "PROPER", "CHAR", "CODE", "ASC", "JIS", "DBCS", "LENB", "LEFTB", "MIDB", "RIGHTB", "FINDB")
    + ("SEARCHB", "REPLACEB", "PHONETIC", "EUROCONVERT", "CONVERT")
)
"""Depend on the language or the settings of whoever opens the file."""

_FORMULA_ELEMENTS = frozenset(
    ("f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula")
)
_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+(:\$?[A-Z]{1,3}\$?[0-9]+)?|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?\d+:\$?\d+")
_NUMBER_AS_TEXT = re.compile(r"[<>=]*\s*[-+]?(\d+[.,]\d+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d\d)\s*%?")
_NUMBER_SHOWN = re.compile(r"\d+[.,]\d+")
_TRUTH_SHOWN = re.compile(r"\b(?:TRUE|FALSE)\b")
_SHEET_PREFIX = re.compile(r"^(?:'(?P<quoted>(?:[^']|'')+)'|(?P<bare>[^'!]+))!(?P<place>.+)$", re.DOTALL)


@dataclass(frozen=True)
class Formula:
    """One formula of the file, with its place, what kind of place that is, and its cell if it stands in one."""

    where: str
    kind: str
    text: str
    cell: Cell | None = None


@dataclass
class Parts:
    """What a formula is made of."""

    functions: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    joins: bool = False


def formulas(package: Package) -> Iterator[Formula]:
    """Every formula of the file: of cells, formats, rules, names, charts, tables, and whatever else has one."""
    of_sheets = {sheet.part for sheet in package.sheets}
    for cell in package.cells():
        if cell.formula is not None:
            yield Formula(cell.where, "cell", cell.formula, cell)
    for part in package.xml_parts:
        title = next((sheet.name for sheet in package.sheets if sheet.part == part), part)
        for element in package.xml(part).iter():
            name = local(element)
            if (
                name in _FORMULA_ELEMENTS
                and element.text
                and not (name == "f" and part in of_sheets and _main(element))
            ):
                yield Formula(f"{title}: {name} {element.get('name', '')}".strip(), _kind(name, part), element.text)
            if name == "cfvo" and element.get("type") == "formula":
                yield Formula(f"{title}: {name}", "conditional format", element.get("val", ""))
            if element.get("textlink"):
                yield Formula(f"{title}: {name}", "drawing", element.get("textlink", "").lstrip("="))


def _main(element: object) -> bool:
    return getattr(element, "tag", "") == f"{MAIN}f"


def _kind(name: str, part: str) -> str:
    if "chart" in part:
        return "chart"
    kinds = {"formula": "conditional format", "formula1": "rule", "formula2": "rule", "definedName": "name"}
    return kinds.get(name, "table" if "table" in part else "extension")


@lru_cache(maxsize=100_000)
def parts(text: str) -> Parts:
    """Take a formula apart."""
    found = Parts()
    tokens = Tokenizer("=" + text).items
    for token in tokens:
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            found.functions.append(token.value[:-1].upper())
        elif token.type == Token.OPERAND and token.subtype == Token.TEXT:
            found.texts.append(token.value[1:-1].replace('""', '"'))
        elif token.type == Token.OPERAND and token.subtype == Token.RANGE:
            found.operands.append(token.value)
        elif token.type == Token.OPERAND and token.subtype == Token.ERROR:
            if token.value != "#N/A":
                found.faults.append(f"it holds the error {token.value}")
        elif token.type == Token.OP_IN and token.value == "&":
            found.joins = True
        elif token.type == Token.ARRAY:
            found.faults.append("it holds a constant array, whose separators depend on the locale")
        elif token.type == Token.SEP and token.value == ";":
            found.faults.append("it has a semicolon between arguments, as some locales show them")
    return found


def functions_used(package: Package) -> Counter[str]:
    """How often each function stands in the formulas of a file."""
    counts: Counter[str] = Counter()
    for formula in formulas(package):
        counts.update(parts(formula.text).functions)
    return counts


def unknown_functions(package: Package) -> list[str]:
    """Functions that not every program has, INDIRECT, volatile ones, and those that depend on the locale."""
    found = []
    for formula in formulas(package):
        for name in parts(formula.text).functions:
            if name == "INDIRECT":
                found.append(f"{formula.where}: INDIRECT hides what a formula depends on")
            elif name in VOLATILE:
                found.append(f"{formula.where}: {name} is volatile")
            elif name in LOCALE_BOUND:
                found.append(f"{formula.where}: {name} depends on the locale")
            elif name not in EVERYWHERE:
                found.append(f"{formula.where}: {name} is outside the allowed set")
    return found


def foreign_syntax(package: Package) -> list[str]:
    """What is written as only one locale or one program would have it, and names and sheets that do not exist."""
    sheets = {sheet.name.casefold() for sheet in package.sheets}
    names = {name.name.casefold() for name in package.names}
    tables = {root.get("displayName", "").casefold() for sheet in package.sheets for _, root in sheet.tables}
    found = []
    for formula in formulas(package):
        if formula.kind == "rule" and formula.text.startswith('"'):
            continue  # entries of an inline list are words
        taken = parts(formula.text)
        found += [f"{formula.where}: {fault}" for fault in taken.faults]
        if formula.text.startswith("="):
            found.append(f"{formula.where}: it starts with a second '='")
        if formula.cell is not None and formula.cell.formula_kind not in ("normal", "shared"):
            found.append(f"{formula.where}: it is of the kind {formula.cell.formula_kind}, which programs treat unlike")
        if formula.kind != "name":
            found += [
                f"{formula.where}: the text {text!r} is a number or a date in some locales only"
                for text in taken.texts
                if _NUMBER_AS_TEXT.fullmatch(text.strip())
            ]
        for operand in taken.operands:
            fault = _unknown(operand, sheets, names | tables)
            if fault:
                found.append(f"{formula.where}: {fault}")
    return found


def _unknown(operand: str, sheets: set[str], names: set[str]) -> str:
    match = _SHEET_PREFIX.match(operand)
    place = operand
    if match:
        sheet = (match["quoted"] or match["bare"]).replace("''", "'")
        place = match["place"]
        if sheet.casefold() not in sheets:
            return f"there is no sheet {sheet!r}"
    place = place.upper()
    if _REFERENCE.fullmatch(place):
        try:
            box(place)
        except ValueError:
            return f"{operand} is no reference"
        return ""
    if place.partition("[")[0].casefold() in names or (match and re.fullmatch(rf"{_REFERENCE.pattern}(,.*)?", place)):
        return ""
    return f"there is no name {operand!r}"


def missing_values(package: Package, workings: frozenset[str]) -> list[str]:
    """Formulas without a stored value, or with one that its kind cannot have, and errors where none may be."""
    found = []
    for cell in package.cells():
        if cell.formula is None:
            if cell.kind == "e":
                found.append(f"{cell.where}: an error stands there as a constant")
            continue
        if cell.value is None:
            found.append(f"{cell.where}: the stored value is missing")
        elif cell.kind == "e":
            if cell.value != "#N/A" or cell.sheet not in workings:
                found.append(f"{cell.where}: the stored value is the error {cell.value}")
        elif cell.kind == "b":
            if cell.value not in ("0", "1"):
                found.append(f"{cell.where}: the stored value {cell.value!r} is no truth value")
        elif cell.kind == "n":
            if not _is_number(cell.value):
                found.append(
                    f"{cell.where}: the stored value {cell.value!r} is no number, and an empty text must say so"
                )
        elif cell.kind != "str":
            found.append(f"{cell.where}: the stored value is of the kind {cell.kind}")
    for part, chart in package.charts():
        for reference in chart.iter():
            if local(reference) in ("numRef", "strRef", "multiLvlStrRef"):
                text = reference.findtext(f"{CHART}f", "")
                cache = next((each for each in reference if local(each).endswith("Cache")), None)
                count = None if cache is None else cache.find(f"{CHART}ptCount")
                if count is None or count.get("val") == "0":
                    found.append(f"{part}: the stored values of {text} are missing")
    return found


def _is_number(value: str) -> bool:
    try:
        return abs(float(value)) < float("inf")
    except ValueError:
        return False


def joined_numbers(package: Package) -> list[str]:
    """Texts that show a fraction or a truth value which a formula joined to words: another locale shows it otherwise.

    A fraction or a TRUE that stands in some text of the file already is only passed on.
    """
    written = {text for text, _ in package.shared}
    written |= {text for formula in formulas(package) for text in parts(formula.text).texts}
    known = {fragment for text in written for fragment in _fragments(text)}
    found = []
    for cell in package.cells():
        if cell.formula and cell.kind == "str" and parts(cell.formula).joins:
            for fragment in _fragments(cell.text):
                if fragment not in known:
                    found.append(f"{cell.where}: {fragment!r} in {cell.text[:60]!r} looks otherwise in other locales")
    return found


def _fragments(text: str) -> list[str]:
    return _NUMBER_SHOWN.findall(text) + _TRUTH_SHOWN.findall(text)
