"""What makes Excel offer to repair a file, so far as validators of the file format do not notice it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from xml.etree import ElementTree

from finished.formulas import formulas
from finished.package import (
    DRAWING,
    MAIN,
    MAX_COLUMN,
    MAX_ROW,
    RELS,
    TYPES,
    Box,
    Element,
    Package,
    Sheet,
    address,
    box,
    boxes,
    inside,
    local,
    overlap,
    units,
)
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

MAX_CELL, MAX_FORMULA, MAX_FORMULA_TEXT, MAX_LIST = 32_767, 8_192, 255, 255
MAX_NAME, MAX_SHEET_NAME, MAX_HEADER, MAX_TITLE, MAX_MESSAGE = 255, 31, 255, 32, 255
MAX_LINKS, MAX_BREAKS, MAX_NUMBER_FORMAT, MAX_FONT_NAME = 65_530, 1_026, 255, 31

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROL_CODE = re.compile(r"&#(?:x0*(?:[0-8bcBC]|1[0-9a-fA-F]|0*[eEfF])|0*(?:[0-8]|1[124-9]|2\d|3[01]|14|15));")
_LOOKS_LIKE_A_CELL = re.compile(r"(?:[A-Z]{1,3}[0-9]+|R[0-9]*(?:C[0-9]*)?|C[0-9]*)", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")
_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*")
_BAD_IN_SHEET = re.compile(r"[\[\]:*?/\\]")
_W3C_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_ABSOLUTE = re.compile(r"(?:'(?:[^']|'')+'|[^'!]+)!\$?[A-Z]*\$?\d*(?::\$?[A-Z]*\$?\d*)?")


def package_faults(package: Package) -> list[str]:
    """Parts: one of each name, of a known type, well formed, related to what is there."""
    found = [
        f"{name}: is in the file twice" for name, count in Counter(map(str.lower, package.members)).items() if count > 1
    ]
    for part in package.xml_parts:
        text = package.parts[part].decode("utf-8", "replace")
        if _CONTROL.search(text) or _CONTROL_CODE.search(text):
            found.append(f"{part}: holds a character that XML does not allow")
        try:
            package.xml(part)
        except ElementTree.ParseError as problem:
            found.append(f"{part}: is not well formed ({problem})")
    if found:
        return found
    types = package.xml("[Content_Types].xml")
    defaults = {each.get("Extension", "").lower() for each in types.iter(f"{TYPES}Default")}
    overrides = Counter(each.get("PartName", "").lstrip("/") for each in types.iter(f"{TYPES}Override"))
    for part in package.parts:
        if part != "[Content_Types].xml" and part not in overrides and part.rpartition(".")[2].lower() not in defaults:
            found.append(f"{part}: has no content type")
        if part.endswith(".xml") and part not in overrides and part != "[Content_Types].xml":
            found.append(f"{part}: has only the content type of all XML")
    found += [f"{part}: has a content type but is not there" for part in overrides if part not in package.parts]
    found += [f"{part}: has {count} content types" for part, count in overrides.items() if count > 1]
    reached = {"[Content_Types].xml"}
    for part in ["", *package.parts]:
        relations = package.relations(part)
        for key, relation in relations.items():
            if not relation.external:
                reached.add(relation.target.partition("#")[0])
                if relation.target not in package.parts:
                    found.append(f"{part or 'the package'}: {key} leads to {relation.target}, which is not there")
        if part.endswith(".xml"):
            for element in package.xml(part).iter():
                for name, value in element.attrib.items():
                    if name.startswith(RELS) and value not in relations:
                        found.append(f"{part}: <{local(element)}> uses {value}, which leads nowhere")
    found += [f"{part}: nothing leads to it" for part in package.parts if part not in reached and ".rels" not in part]
    return found


def workbook_faults(package: Package) -> list[str]:
    """Sheets and the workbook's own properties."""
    found = []
    names = Counter(sheet.name.casefold() for sheet in package.sheets)
    for sheet in package.sheets:
        name = sheet.name
        if not 1 <= units(name) <= MAX_SHEET_NAME:
            found.append(f"the sheet name {name!r} has {units(name)} characters")
        if _BAD_IN_SHEET.search(name) or name.startswith("'") or name.endswith("'") or name.casefold() == "history":
            found.append(f"the sheet name {name!r} is not allowed")
        if names[name.casefold()] > 1:
            found.append(f"the sheet name {name!r} is there twice")
    if not package.visible:
        found.append("no sheet can be seen")
    views = list(package.workbook.iter(f"{MAIN}workbookView"))
    for view in views:
        for key in ("activeTab", "firstSheet"):
            at = int(view.get(key, "0"))
            if at >= len(package.sheets) or not package.sheets[at].visible:
                found.append(f"{key} is {at}, which is no sheet that can be seen")
    properties = [each for part in package.parts if part == "docProps/custom.xml" for each in package.xml(part)]
    for key in ("pid", "name"):
        counts = Counter(each.get(key, "").casefold() for each in properties)
        found += [f"the property {key} {value} is there twice" for value, count in counts.items() if count > 1]
    found += [
        f"the property {each.get('name')} has a number below 2" for each in properties if int(each.get("pid", "0")) < 2
    ]
    for element in package.xml("docProps/core.xml"):
        if local(element) in ("created", "modified") and not _W3C_TIME.fullmatch(element.text or ""):
            found.append(f"docProps/core.xml: {local(element)} is {element.text!r}, which is no time")
    return found


def name_faults(package: Package) -> list[str]:
    """Defined names: one of each in its scope, not like a cell, leading somewhere for certain."""
    found = []
    tables = [root.get("displayName", "") for sheet in package.sheets for _, root in sheet.tables]
    keys = [(name.name.casefold(), name.sheet) for name in package.names] + [
        (table.casefold(), None) for table in tables
    ]
    for (key, scope), count in Counter(keys).items():
        if count > 1:
            found.append(f"the name {key!r} is there twice{'' if scope is None else f' for sheet {scope}'}")
    for text in [name.name for name in package.names] + tables:
        if units(text) > MAX_NAME:
            found.append(f"the name {text[:30]!r}… has {units(text)} characters")
        if _LOOKS_LIKE_A_CELL.fullmatch(text) and not _beyond(text):
            found.append(f"the name {text!r} looks like a cell")
        elif not _NAME.fullmatch(text):
            found.append(f"the name {text!r} is not allowed")
    for name in package.names:
        if name.sheet is not None and name.sheet >= len(package.sheets):
            found.append(f"the name {name.name!r} belongs to sheet {name.sheet}, which is not there")
        if not name.text:
            found.append(f"the name {name.name!r} means nothing")
        for token in Tokenizer("=" + name.text).items:
            if token.type == Token.OPERAND and token.subtype == Token.RANGE and not _fixed(token.value):
                found.append(f"the name {name.name!r} means {token.value}, which depends on where it is used")
    return found


def _fixed(reference: str) -> bool:
    place = reference.rpartition("!")[2]
    return "!" in reference and all(re.fullmatch(r"(?:\$[A-Z]+)?(?:\$\d+)?", corner) for corner in place.split(":"))


def _beyond(text: str) -> bool:
    """Whether a name such as TAX2026 only looks like a cell because it lies beyond the last column."""
    match = re.fullmatch(r"([A-Za-z]{1,3})(\d+)", text)
    if not match:
        return False
    try:
        box(text)
    except ValueError:
        return True
    return False


def formula_faults(package: Package) -> list[str]:
    """Formulas: not too long, with balanced brackets, and sheets in quotation marks where they need them."""
    found = []
    for formula in formulas(package):
        text = formula.text
        if formula.kind == "rule" and text.startswith('"'):
            if units(text) - 2 > MAX_LIST:
                found.append(f"{formula.where}: a list within the rule has {units(text) - 2} characters")
            continue
        if formula.kind == "rule" and units(text) > MAX_LIST:
            found.append(f"{formula.where}: a formula of a rule has {units(text)} characters")
        if units(text) > MAX_FORMULA:
            found.append(f"{formula.where}: the formula has {units(text)} characters")
        depth = 0
        for token in Tokenizer("=" + text).items:
            if token.subtype in (Token.OPEN, Token.CLOSE) and token.type in (Token.FUNC, Token.PAREN):
                depth += 1 if token.subtype == Token.OPEN else -1
                if depth < 0:
                    break
            if (
                token.type == Token.OPERAND
                and token.subtype == Token.TEXT
                and units(token.value) - 2 > MAX_FORMULA_TEXT
            ):
                found.append(f"{formula.where}: a text in the formula has {units(token.value) - 2} characters")
            if token.type == Token.OPERAND and token.subtype == Token.RANGE and "!" in token.value:
                sheet = token.value.rpartition("!")[0]
                if not sheet.startswith("'") and (
                    not _PLAIN_SHEET.fullmatch(sheet) or _LOOKS_LIKE_A_CELL.fullmatch(sheet)
                ):
                    found.append(f"{formula.where}: the sheet name {sheet} needs quotation marks")
        if depth:
            found.append(f"{formula.where}: its brackets do not match")
    return found


def cell_faults(package: Package) -> list[str]:
    """Cells: in order, each once, with a text, a style and a number that exist."""
    found = []
    for sheet in package.sheets:
        previous_row, links = 0, 0
        for row in sheet.root.iterfind(f"{MAIN}sheetData/{MAIN}row"):
            number, previous_column = int(row.get("r", "0")), 0
            if not previous_row < number <= MAX_ROW:
                found.append(f"{sheet.name}: row {number} follows row {previous_row}")
            previous_row = number
            for cell in row.iterfind(f"{MAIN}c"):
                top, left, _, _ = box(cell.get("r", ""))
                if top != number or not previous_column < left <= MAX_COLUMN:
                    found.append(f"{sheet.name}!{address(top, left)}: is out of order")
                previous_column = left
                raw = cell.findtext(f"{MAIN}v")
                if cell.get("t") == "s" and (raw is None or not raw.isdigit() or int(raw) >= len(package.shared)):
                    found.append(f"{sheet.name}!{address(top, left)}: its text {raw} is not there")
                if cell.get("t", "n") == "n" and raw and not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", raw):
                    found.append(f"{sheet.name}!{address(top, left)}: {raw!r} is no number")
                if int(cell.get("s", "0")) >= len(package.cell_formats):
                    found.append(f"{sheet.name}!{address(top, left)}: its style {cell.get('s')} is not there")
                if cell.get("t") in ("str", "inlineStr") and units(_all_text(cell)) > MAX_CELL:
                    found.append(f"{sheet.name}!{address(top, left)}: has {units(_all_text(cell))} characters")
        for link in sheet.root.iter(f"{MAIN}hyperlink"):
            links += 1
            for key, most in (("tooltip", 255), ("location", 2_083), ("display", 2_083)):
                if units(link.get(key, "")) > most:
                    found.append(f"{sheet.name}!{link.get('ref')}: the {key} of its link is too long")
        if links > MAX_LINKS:
            found.append(f"{sheet.name}: has {links} links")
    for number, (text, _) in enumerate(package.shared):
        if units(text) > MAX_CELL:
            found.append(f"shared text {number}: has {units(text)} characters")
    return found


def _all_text(cell: Element) -> str:
    return "".join(each.text or "" for each in cell.iter() if local(each) in ("v", "t"))


def rule_faults(package: Package) -> list[str]:
    """Data validations and conditional formats."""
    found = []
    formats = len(package.styles.findall(f"{MAIN}dxfs/{MAIN}dxf"))
    for sheet in package.sheets:
        taken: list[Box] = []
        for rule in sheet.rules:
            where = f"{sheet.name}!{rule.get('sqref')}"
            for area in boxes(rule.get("sqref", "")):
                found += [f"{where}: has two rules for what may be typed" for other in taken if overlap(area, other)]
                taken.append(area)
            for key in ("promptTitle", "errorTitle", "prompt", "error"):
                most = MAX_TITLE if key.endswith("Title") else MAX_MESSAGE
                if units(rule.get(key, "")) > most:
                    found.append(f"{where}: its {key} has {units(rule.get(key, ''))} characters")
            first = rule.findtext(f"{MAIN}formula1", "")
            if rule.get("type", "none") != "none" and not first:
                found.append(f"{where}: its rule has no limit")
            place = first.rpartition("!")[2]
            if rule.get("type") == "list" and re.fullmatch(r"[$A-Z0-9:]+", place):
                top, left, bottom, right = box(place)
                if top != bottom and left != right:
                    found.append(f"{where}: its list {first} is neither one row nor one column")
        priorities: Counter[str] = Counter()
        for each in sheet.root.iter(f"{MAIN}cfRule"):
            priorities[each.get("priority", "")] += 1
            if int(each.get("dxfId", "0")) >= max(formats, 1):
                found.append(
                    f"{sheet.name}: a conditional format uses the look {each.get('dxfId')}, which is not there"
                )
        found += [
            f"{sheet.name}: two conditional formats come {key}." for key, count in priorities.items() if count > 1
        ]
    return found


def area_faults(package: Package) -> list[str]:
    """Merged cells, columns and tables do not get in one another's way."""
    found = []
    ids: Counter[str] = Counter()
    for sheet in package.sheets:
        for one, other in combinations(sheet.merges, 2):
            if overlap(one, other):
                found.append(f"{sheet.name}!{_name(other)}: overlaps the merged cells {_name(one)}")
        columns = [(int(each.get("min", "0")), int(each.get("max", "0"))) for each in sheet.root.iter(f"{MAIN}col")]
        if any(first > last for first, last in columns) or any(a[1] >= b[0] for a, b in pairwise(columns)):
            found.append(f"{sheet.name}: widths of columns overlap")
        areas = []
        for _, table in sheet.tables:
            ids[table.get("id", "")] += 1
            found += _table_faults(sheet, table)
            area = box(table.get("ref", ""))
            found += [f"{sheet.name}!{_name(area)}: overlaps another table" for other in areas if overlap(area, other)]
            found += [f"{sheet.name}!{_name(area)}: has merged cells" for other in sheet.merges if overlap(area, other)]
            areas.append(area)
    found += [f"two tables have the number {key}" for key, count in ids.items() if count > 1]
    return found


def _table_faults(sheet: Sheet, table: Element) -> Iterator[str]:
    where = f"{sheet.name}!{table.get('ref')}"
    top, left, bottom, right = box(table.get("ref", ""))
    if bottom <= top:
        yield f"{where}: the table has no row below its headings"
    headings = [each.get("name", "") for each in table.iter(f"{MAIN}tableColumn")]
    if len(headings) != right - left + 1:
        yield f"{where}: the table has {len(headings)} headings for {right - left + 1} columns"
    if len({heading.casefold() for heading in headings}) < len(headings):
        yield f"{where}: two headings of the table are the same"
    for column, heading in enumerate(headings, left):
        cell = sheet.cells.get((top, column))
        text = cell.text if cell and cell.kind in ("s", "str", "inlineStr") else None
        if text is None or re.sub(r"\r?\n", "_x000a_", text) != heading.replace("\n", "_x000a_"):
            yield f"{sheet.name}!{address(top, column)}: holds {text!r}, but the heading of the table is {heading!r}"
    for filtered in table.iter(f"{MAIN}autoFilter"):
        area = box(filtered.get("ref", ""))
        if not (
            inside(area[0], area[1], (top, left, bottom, right))
            and inside(area[2], area[3], (top, left, bottom, right))
        ):
            yield f"{where}: the filter of the table reaches beyond it"


def _name(area: Box) -> str:
    return f"{address(area[0], area[1])}:{address(area[2], area[3])}"


def page_faults(package: Package) -> list[str]:
    """Headers, footers, breaks, scales."""
    found = []
    for sheet in package.sheets:
        for each in sheet.root.iterfind(f"{MAIN}headerFooter/*"):
            if units(each.text or "") > MAX_HEADER:
                found.append(f"{sheet.name}: its {local(each)} has {units(each.text or '')} characters")
        for kind in ("rowBreaks", "colBreaks"):
            breaks = [int(each.get("id", "0")) for each in sheet.root.iterfind(f"{MAIN}{kind}/{MAIN}brk")]
            if len(breaks) > MAX_BREAKS or len(set(breaks)) < len(breaks):
                found.append(f"{sheet.name}: its {kind} are too many or double")
            for count in sheet.root.iter(f"{MAIN}{kind}"):
                if int(count.get("count", len(breaks))) != len(breaks):
                    found.append(f"{sheet.name}: its {kind} are counted wrongly")
        for tag, key in (("pageSetup", "scale"), ("sheetView", "zoomScale")):
            for each in sheet.root.iter(f"{MAIN}{tag}"):
                if not 10 <= int(each.get(key, "100")) <= 400:
                    found.append(f"{sheet.name}: its {key} is {each.get(key)} per cent")
    return found


def style_faults(package: Package) -> list[str]:
    """Formats refer to fonts, fills and borders that are there."""
    found = []
    styles = package.styles
    sizes = {
        "fontId": len(styles.findall(f"{MAIN}fonts/{MAIN}font")),
        "fillId": len(styles.findall(f"{MAIN}fills/{MAIN}fill")),
        "borderId": len(styles.findall(f"{MAIN}borders/{MAIN}border")),
        "xfId": len(styles.findall(f"{MAIN}cellStyleXfs/{MAIN}xf")),
    }
    own = {each.get("numFmtId", ""): each.get("formatCode", "") for each in styles.iter(f"{MAIN}numFmt")}
    for number, each in enumerate(package.cell_formats):
        for key, size in sizes.items():
            if int(each.get(key, "0")) >= size:
                found.append(f"style {number}: its {key} {each.get(key)} is not there")
        if int(each.get("numFmtId", "0")) >= 164 and each.get("numFmtId") not in own:
            found.append(f"style {number}: its number format {each.get('numFmtId')} is not there")
    found += [
        f"a number format has {units(text)} characters" for text in own.values() if units(text) > MAX_NUMBER_FORMAT
    ]
    for each in styles.iter(f"{MAIN}name"):
        if units(each.get("val", "")) > MAX_FONT_NAME:
            found.append(f"a font name has {units(each.get('val', ''))} characters")
    return found


def drawing_faults(package: Package) -> list[str]:
    """Charts and pictures are anchored within the sheet, and charts take from cells as many values as they keep."""
    found = []
    for sheet in package.sheets:
        if sheet.drawing is None:
            continue
        ids: Counter[str] = Counter()
        for anchor in package.xml(sheet.drawing):
            corners = {}
            for name in ("from", "to"):
                corner = anchor.find(f"{DRAWING}{name}")
                if corner is not None:
                    row, column = (int(corner.findtext(f"{DRAWING}{key}", "-1")) for key in ("row", "col"))
                    offsets = [int(corner.findtext(f"{DRAWING}{key}", "0")) for key in ("rowOff", "colOff")]
                    corners[name] = (row, column)
                    if not (0 <= row < MAX_ROW and 0 <= column < MAX_COLUMN and min(offsets) >= 0):
                        found.append(f"{sheet.name}: a drawing is anchored at row {row}, column {column}")
            start, end = corners.get("from"), corners.get("to")
            if start and end and not (start[0] <= end[0] and start[1] <= end[1]):
                found.append(f"{sheet.name}: a drawing ends before it begins")
            if local(anchor) == "twoCellAnchor" and not end:
                found.append(f"{sheet.name}: a drawing has no second corner")
            ids.update(each.get("id", "") for each in anchor.iter(f"{DRAWING}cNvPr"))
        found += [f"{sheet.name}: two drawings have the number {key}" for key, count in ids.items() if count > 1]
    for part, chart in package.charts():
        for reference in chart.iter():
            if local(reference) in ("numRef", "strRef"):
                text = next((each.text or "" for each in reference if local(each) == "f"), "")
                place = text.rpartition("!")[2]
                count = next((int(each.get("val", "0")) for each in reference.iter() if local(each) == "ptCount"), None)
                if _ABSOLUTE.fullmatch(text) and count is not None:
                    top, left, bottom, right = box(place)
                    if (bottom - top + 1) * (right - left + 1) != count:
                        found.append(
                            f"{part}: {text} has another number of cells than the {count} values that are kept"
                        )
    return found


CHECKS: dict[str, Callable[[Package], list[str]]] = {
    "package": package_faults,
    "workbook": workbook_faults,
    "names": name_faults,
    "formulas": formula_faults,
    "cells": cell_faults,
    "rules": rule_faults,
    "areas": area_faults,
    "pages": page_faults,
    "styles": style_faults,
    "drawings": drawing_faults,
}
"""Every check, by what it looks at."""


def faults(package: Package) -> dict[str, list[str]]:
    """What all checks find; empty when all is well.  Nothing more is looked at in a file whose parts are at fault."""
    first = package_faults(package)
    if first:
        return {"package": first}
    found = {name: check(package) for name, check in CHECKS.items()}
    return {name: each for name, each in found.items() if each}
