"""What makes a finished file usable for everybody: with a keyboard, a screen reader, on paper, without colours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from finished.looks import Looks, input_edges, only_colour, small_letters, text_contrast
from finished.package import (
    CORE,
    DRAWING,
    MAIN,
    MAX_COLUMN,
    Cell,
    Element,
    Package,
    Sheet,
    address,
    box,
    boxes,
    column_letters,
    inside,
    local,
    overlap,
)

LONG = 40
TITLE_SIZE = 14.0
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_USUAL_SHEET = re.compile(r"(sheet|tabelle|blatt|feuil|hoja|foglio|planilha|table)\s*\d*", re.IGNORECASE)
_USUAL_DRAWING = re.compile(r"(chart|diagramm|picture|image|grafik|bild|shape|object)\s*\d*", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(https?://|www\.|mailto:)\S*|(('[^']+'|\w+)!)?\$?[A-Z]{1,3}\$?\d+(:\$?[A-Z]{1,3}\$?\d+)?"
    r"|\S+\.(org|com|net|uk|de|eu|gov|info)(/\S*)?|(click )?here|link|more",
    re.IGNORECASE,
)
_ALLOWED = ("formatCells", "formatColumns", "formatRows", "autoFilter")
_FORBIDDEN = ("sort", "insertRows", "insertColumns", "insertHyperlinks", "deleteRows", "deleteColumns")
_PASSWORDS = (
    "password",
    "hashValue",
    "saltValue",
    "algorithmName",
    "workbookPassword",
    "workbookHashValue",
    "revisionsPassword",
)


def title_and_language(package: Package) -> list[str]:
    """The document says what it is called and in which language it is."""
    root = package.xml("docProps/core.xml")
    title, language = (root.findtext(f"{CORE}{name}", "").strip() for name in ("title", "language"))
    found = [] if title else ["docProps/core.xml: the document has no title"]
    if not _LANGUAGE.fullmatch(language):
        found.append(f"docProps/core.xml: the language is {language!r}")
    return found


def sheet_names(package: Package) -> list[str]:
    """Sheets have names that say what is on them."""
    return [
        f"{sheet.name}: says nothing about the sheet"
        for sheet in package.sheets
        if _USUAL_SHEET.fullmatch(sheet.name.strip()) or len(sheet.name.strip()) < 3
    ]


def titles(package: Package) -> list[str]:
    """Every sheet that can be seen begins with its title, in the first cell of its first row."""
    looks = Looks(package)
    found = []
    for sheet in package.visible:
        first = next(column for column in (1, 2, 3) if column not in sheet.hidden_columns)
        at = sheet.cells.get((1, first))
        if first > 2 or at is None or not at.is_words or 1 in sheet.hidden_rows:
            found.append(f"{sheet.name}!{address(1, first)}: the sheet does not begin with a title")
        elif looks.of_style(at.style).size < TITLE_SIZE:
            found.append(f"{at.where}: the title is no larger than other words")
    return found


def alternative_text(package: Package) -> list[str]:
    """Every chart and picture has words that stand for it."""
    found = []
    for sheet in package.sheets:
        if sheet.drawing is None:
            continue
        for each in package.xml(sheet.drawing).iter(f"{DRAWING}cNvPr"):
            words = each.get("descr", "").strip()
            usual = words == each.get("name", "").strip() or _USUAL_DRAWING.fullmatch(words)
            if not words or usual or re.fullmatch(r"\S+\.(png|jpe?g|svg|gif)", words, re.IGNORECASE):
                found.append(f"{sheet.name}: {each.get('name')} has the alternative text {words!r}")
    return found


def merged_cells(package: Package) -> list[str]:
    """No merged cells among the cells to fill in, nor inside tables."""
    found = []
    for sheet in package.sheets:
        tables = [box(root.get("ref", "")) for _, root in sheet.tables]
        unlocked = [(cell.row, cell.column) for cell in sheet.unlocked()]
        for area in sheet.merges:
            name = f"{sheet.name}!{address(area[0], area[1])}"
            if any(inside(row, column, area) for row, column in unlocked):
                found.append(f"{name}: merged cells include a cell to fill in")
            if any(overlap(area, table) for table in tables):
                found.append(f"{name}: merged cells inside a table")
    return found


def blank_rows(package: Package) -> list[str]:
    """No row of a table is entirely blank: whoever moves along it would take it for the end.

    A table is what stands under headings that are repeated on every printed page, to the last row with something in
    it; and every table that is declared as one.  A row with a cell to fill in is not blank.
    """
    found: dict[str, None] = {}
    for sheet in package.visible:
        areas = [box(root.get("ref", "")) for _, root in sheet.tables]
        headings = _repeated(package, sheet)
        shown = [cell for cell in sheet.shown() if _counts(package, cell)]
        if headings and shown:
            areas.append((max(headings), 1, max(cell.row for cell in shown), MAX_COLUMN))
        for top, left, bottom, right in areas:
            filled = {cell.row for cell in shown if left <= cell.column <= right}
            for row in range(top, bottom + 1):
                if row not in filled and row not in sheet.hidden_rows:
                    found[f"{sheet.name}!{row}:{row}: is a blank row inside a table"] = None
    return list(found)


def _counts(package: Package, cell: Cell) -> bool:
    return bool(cell.text.strip()) or cell.formula is not None or not package.locked(cell.style)


def _repeated(package: Package, sheet: Sheet) -> set[int]:
    """The rows that are repeated on every printed page."""
    at = package.sheets.index(sheet)
    rows: set[int] = set()
    for name in package.names:
        if name.name == "_xlnm.Print_Titles" and name.sheet == at:
            for first, last in re.findall(r"\$(\d+):\$(\d+)", name.text):
                rows.update(range(int(first), int(last) + 1))
    return rows


def link_words(package: Package) -> list[str]:
    """Links are words that say where they lead, not addresses."""
    found = []
    for sheet in package.visible:
        linked = [box(each.get("ref", "")) for each in sheet.root.iter(f"{MAIN}hyperlink")]
        cells = [
            (row, column)
            for top, left, bottom, right in linked
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
        cells += [place for place, cell in sheet.cells.items() if cell.formula and "HYPERLINK(" in cell.formula.upper()]
        for row, column in sorted(set(cells)):
            cell = sheet.cells.get((row, column))
            words = cell.text.strip() if cell else ""
            empty_result = cell is not None and cell.formula is not None and not words and _may_be_empty(cell.formula)
            if (not words and not empty_result) or _ADDRESS.fullmatch(words):
                found.append(f"{sheet.name}!{address(row, column)}: the link is {words!r}")
    return found


def _may_be_empty(formula: str) -> bool:
    """Whether a formula shows a link only under a condition."""
    return formula.upper().startswith("IF(") and '""' in formula


def protection(package: Package) -> list[str]:
    """Every sheet that can be seen is protected, without a password, and leaves people what does no harm."""
    found = []
    whole = package.workbook.find(f"{MAIN}workbookProtection")
    if whole is None or whole.get("lockStructure") not in ("1", "true"):
        found.append("the structure of the workbook is not protected")
    marks = [("the workbook", whole)] if whole is not None else []
    for sheet in package.sheets:
        mark = sheet.root.find(f"{MAIN}sheetProtection")
        if mark is not None:
            marks.append((sheet.name, mark))
        if not sheet.visible:
            continue
        if mark is None or mark.get("sheet") not in ("1", "true"):
            found.append(f"{sheet.name}: is not protected")
            continue
        found += [f"{sheet.name}: {key} is not allowed" for key in _ALLOWED if mark.get(key, "1") not in ("0", "false")]
        found += [f"{sheet.name}: {key} is allowed" for key in _FORBIDDEN if mark.get(key, "1") in ("0", "false")]
        for key in ("selectLockedCells", "selectUnlockedCells"):
            if mark.get(key, "0") not in ("0", "false"):
                found.append(f"{sheet.name}: cells cannot be reached ({key})")
    found += [
        f"{where}: has a password ({key})" for where, mark in marks for key in _PASSWORDS if mark.get(key) is not None
    ]
    return found


def locks(package: Package) -> list[str]:
    """Cells with a rule for what may be typed are unlocked, every other cell is locked, and no formula is unlocked."""
    found = []
    for sheet in package.visible:
        areas = [area for rule in sheet.rules for area in boxes(rule.get("sqref", ""))]
        ruled = {
            (row, column)
            for top, left, bottom, right in areas
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        unlocked = {(cell.row, cell.column) for cell in sheet.unlocked()}
        found += [
            f"{sheet.name}!{address(*place)}: is to be filled in, but locked" for place in sorted(ruled - unlocked)
        ]
        found += [f"{sheet.name}!{address(*place)}: is unlocked without a rule" for place in sorted(unlocked - ruled)]
        found += [f"{cell.where}: is a formula, but unlocked" for cell in sheet.unlocked() if cell.formula is not None]
        for each in (*sheet.root.iter(f"{MAIN}col"), *sheet.root.iter(f"{MAIN}row")):
            style = each.get("style") if local(each) == "col" else each.get("s")
            if style is not None and not package.locked(int(style)):
                number = each.get("r") or column_letters(int(each.get("min", "1")))
                found.append(f"{sheet.name}!{number}: the empty cells of the {local(each)} are unlocked")
    return found


def _last_row(sheet: Sheet) -> int:
    return max((cell.row for cell in sheet.shown() if cell.text.strip() or cell.formula is not None), default=0)


def page_numbers(package: Package) -> list[str]:
    """Every printed page has its number in the footer."""
    found = []
    for sheet in package.visible:
        footers = [each for each in sheet.root.iterfind(f"{MAIN}headerFooter/*") if local(each).endswith("Footer")]
        if not footers:
            found.append(f"{sheet.name}: has no footer")
        found += [
            f"{sheet.name}: its {local(each)} has no page number" for each in footers if "&P" not in (each.text or "")
        ]
    return found


def print_titles(package: Package) -> list[str]:
    """A sheet whose headings stay in place on the screen repeats them on paper, if it may be longer than a page."""
    found = []
    for sheet in package.visible:
        heading = sheet.opening_row()
        one_page = any(each.get("fitToHeight", "1") == "1" for each in sheet.root.iter(f"{MAIN}pageSetup")) and any(
            each.get("fitToPage") == "1" for each in sheet.root.iter(f"{MAIN}pageSetUpPr")
        )
        if heading and not one_page and _last_row(sheet) > LONG and not _repeated(package, sheet):
            found.append(f"{sheet.name}: row {heading} stays in place on the screen and is not repeated on paper")
    return found


def frozen_headings(package: Package) -> list[str]:
    """A sheet with a table of more than 40 rows keeps its headings in sight.

    A row of a table fills three cells or more; a paragraph, or a word and what it means, fills one or two.
    """
    found = []
    for sheet in package.visible:
        filled = Counter(cell.row for cell in sheet.shown() if _counts(package, cell))
        rows = sum(count > 2 for count in filled.values())
        if rows > LONG and not sheet.opening_row():
            found.append(f"{sheet.name}: has a table of {rows} rows, and no row stays in place")
    return found


def reading_order(package: Package) -> list[str]:
    """The first sheet is open, hidden ones come last, and the cursor is where one begins to write."""
    found = []
    states = [sheet.visible for sheet in package.sheets]
    if sorted(states, reverse=True) != states:
        found.append("hidden sheets stand between those that can be seen")
    view = next(package.workbook.iter(f"{MAIN}workbookView"))
    for key in ("activeTab", "firstSheet"):
        if view.get(key, "0") != "0":
            found.append(f"{key} is {view.get(key)}: the workbook does not open at its first sheet")
    for number, sheet in enumerate(package.sheets):
        selected = [each for each in sheet.root.iter(f"{MAIN}sheetView") if each.get("tabSelected") in ("1", "true")]
        if bool(selected) != (number == 0):
            found.append(f"{sheet.name}: is{'' if selected else ' not'} selected")
    for sheet in package.visible:
        shown = [
            cell
            for cell in sheet.unlocked()
            if cell.row not in sheet.hidden_rows and cell.column not in sheet.hidden_columns
        ]
        if shown and _cursor(sheet) != (shown[0].row, shown[0].column):
            at = address(*_cursor(sheet))
            found.append(f"{sheet.name}!{at}: the cursor is not at {shown[0].at}, the first cell to fill in")
        for each in sheet.root.iter(f"{MAIN}sheetView"):
            if each.get("topLeftCell", "A1") != "A1":
                found.append(f"{sheet.name}: opens at {each.get('topLeftCell')}, not at its top")
    return found


def _cursor(sheet: Sheet) -> tuple[int, int]:
    """The cell that the cursor is in: that of the active pane."""
    view = next(sheet.root.iter(f"{MAIN}sheetView"))
    pane = view.find(f"{MAIN}pane")
    active = "topLeft" if pane is None else pane.get("activePane", "topLeft")
    for each in view.iterfind(f"{MAIN}selection"):
        if each.get("pane", "topLeft") == active:
            return box(each.get("activeCell", "A1"))[:2]
    return (1, 1)


def rule_words(package: Package) -> list[str]:
    """Every rule for what may be typed says so with a title and a message, and so does its refusal."""
    found = []
    for sheet in package.visible:
        for rule in sheet.rules:
            where = f"{sheet.name}!{rule.get('sqref')}"
            found += _wordless(rule, where, "prompt", rule.get("showInputMessage") in ("1", "true"))
            if rule.get("type", "none") != "none":
                found += _wordless(rule, where, "error", rule.get("showErrorMessage") in ("1", "true"))
    return found


def _wordless(rule: Element, where: str, key: str, shown: bool) -> list[str]:
    if not shown:
        return [f"{where}: its {key} is not shown"]
    return [f"{where}: has no {name}" for name in (f"{key}Title", key) if not rule.get(name, "").strip()]


CHECKS: dict[str, Callable[[Package], list[str]]] = {
    "title and language": title_and_language,
    "sheet names": sheet_names,
    "titles": titles,
    "alternative text": alternative_text,
    "merged cells": merged_cells,
    "blank rows": blank_rows,
    "link words": link_words,
    "protection": protection,
    "locks": locks,
    "text contrast": text_contrast,
    "input edges": input_edges,
    "only colour": only_colour,
    "small letters": small_letters,
    "page numbers": page_numbers,
    "print titles": print_titles,
    "frozen headings": frozen_headings,
    "reading order": reading_order,
    "rule words": rule_words,
}
"""Every check, by what it looks at."""


def findings(package: Package) -> dict[str, list[str]]:
    """What all checks find; empty when all is well."""
    found = {name: check(package) for name, check in CHECKS.items()}
    return {name: each for name, each in found.items() if each}
