"""A finished workbook as it lies on disk: parts, relationships, sheets, cells.

Nothing of the code that writes workbooks is used here; what these tests say is said about the bytes of the file alone.
Rows and columns count from one, as in addresses.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
ART = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CORE = "{http://purl.org/dc/elements/1.1/}"

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384

Element = ElementTree.Element
Box = tuple[int, int, int, int]
"""First row, first column, last row, last column."""


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """The address of a cell."""
    return f"{column_letters(column)}{row}"


_CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?([0-9]+)?")


def box(reference: str) -> Box:
    """The rectangle of a reference without a sheet: a cell, a range, rows or columns.  ValueError if it is none."""
    first, _, last = reference.partition(":")
    corners = []
    for corner, (row, column) in ((first, (1, 1)), (last or first, (MAX_ROW, MAX_COLUMN))):
        match = _CORNER.fullmatch(corner)
        if not match or not corner:
            raise ValueError(f"{reference!r} is no reference")
        corners.append((int(match[2] or row), column_number(match[1]) if match[1] else column))
    (top, left), (bottom, right) = corners
    if not (1 <= top <= bottom <= MAX_ROW and 1 <= left <= right <= MAX_COLUMN):
        raise ValueError(f"{reference!r} is no reference")
    return top, left, bottom, right


def boxes(references: str) -> list[Box]:
    """The rectangles of a list of references separated by blanks, as in ``sqref``."""
    return [box(one) for one in references.split()]


def overlap(one: Box, other: Box) -> bool:
    """Whether two rectangles have a cell in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def inside(row: int, column: int, area: Box) -> bool:
    """Whether a cell lies in a rectangle."""
    return area[0] <= row <= area[2] and area[1] <= column <= area[3]


def units(text: str) -> int:
    """Length as Excel counts it: in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class Relation:
    """Where a relationship of a part leads."""

    kind: str
    target: str
    external: bool


@dataclass(frozen=True)
class Cell:
    """One cell.  ``text`` is what it shows before number formats; ``runs`` are the run properties of rich text."""

    sheet: str
    row: int
    column: int
    kind: str
    style: int
    formula: str | None
    formula_kind: str
    value: str | None
    text: str
    runs: tuple[Element, ...] = ()

    @property
    def at(self) -> str:
        return address(self.row, self.column)

    @property
    def where(self) -> str:
        return f"{self.sheet}!{self.at}"

    @property
    def is_words(self) -> bool:
        """Whether it shows text rather than a number, a truth value or nothing."""
        return self.kind in ("s", "str", "inlineStr") and bool(self.text.strip())


@dataclass(frozen=True)
class Name:
    """A defined name; ``sheet`` is the position of the sheet that it belongs to, if it belongs to one."""

    name: str
    text: str
    sheet: int | None


class Sheet:
    """One worksheet part."""

    def __init__(self, package: Package, name: str, state: str, part: str) -> None:
        self.package, self.name, self.state, self.part = package, name, state, part

    @property
    def visible(self) -> bool:
        return self.state == "visible"

    @cached_property
    def root(self) -> Element:
        return self.package.xml(self.part)

    @cached_property
    def cells(self) -> dict[tuple[int, int], Cell]:
        """Every cell element by row and column, formatted empty ones too."""
        return {(cell.row, cell.column): cell for cell in self._cells()}

    def _cells(self) -> Iterator[Cell]:
        for element in self.root.iterfind(f"{MAIN}sheetData/{MAIN}row/{MAIN}c"):
            top, left, _, _ = box(element.get("r", ""))
            formula = element.find(f"{MAIN}f")
            value = element.find(f"{MAIN}v")
            kind = element.get("t", "n")
            raw = None if value is None else value.text or ""
            text, runs = raw or "", ()
            if kind == "s" and raw is not None:
                text, runs = self.package.shared_text(raw)
            elif kind == "inlineStr":
                text = "".join(each.text or "" for each in element.iter(f"{MAIN}t"))
                runs = tuple(element.iter(f"{MAIN}rPr"))
            yield Cell(
                self.name, top, left, kind, int(element.get("s", "0")),
                None if formula is None else formula.text or "",
                "" if formula is None else formula.get("t", "normal"),
                raw, text, runs,
            )  # fmt: skip

    @cached_property
    def hidden_columns(self) -> set[int]:
        return {
            number
            for each in self.root.iterfind(f"{MAIN}cols/{MAIN}col")
            if each.get("hidden") in ("1", "true")
            for number in range(int(each.get("min", "1")), int(each.get("max", "1")) + 1)
        }

    @cached_property
    def hidden_rows(self) -> set[int]:
        rows = self.root.iterfind(f"{MAIN}sheetData/{MAIN}row")
        return {int(row.get("r", "0")) for row in rows if row.get("hidden") in ("1", "true")}

    def shown(self) -> Iterator[Cell]:
        """The cells that can be seen, row by row; none of a hidden sheet."""
        if self.visible:
            for (row, column), cell in sorted(self.cells.items()):
                if row not in self.hidden_rows and column not in self.hidden_columns:
                    yield cell

    @cached_property
    def merges(self) -> list[Box]:
        return [box(each.get("ref", "")) for each in self.root.iter(f"{MAIN}mergeCell")]

    @cached_property
    def rules(self) -> list[Element]:
        """Data validations."""
        return list(self.root.iter(f"{MAIN}dataValidation"))

    @cached_property
    def tables(self) -> list[tuple[str, Element]]:
        """Name of the part and root element of every table."""
        relations = self.package.relations(self.part)
        ids = [each.get(f"{RELS}id", "") for each in self.root.iter(f"{MAIN}tablePart")]
        parts = [relations[each].target for each in ids if each in relations]
        return [(part, self.package.xml(part)) for part in parts]

    @cached_property
    def drawing(self) -> str | None:
        """The name of the part with the drawings of the sheet."""
        found = self.root.find(f"{MAIN}drawing")
        relation = None if found is None else self.package.relations(self.part).get(found.get(f"{RELS}id", ""))
        return relation.target if relation else None

    def opening_row(self) -> int:
        """The last row that stays in place when the sheet is scrolled; nought if none does."""
        pane = self.root.find(f"{MAIN}sheetViews/{MAIN}sheetView/{MAIN}pane")
        frozen = pane is not None and pane.get("state") in ("frozen", "frozenSplit")
        return int(float(pane.get("ySplit", "0"))) if pane is not None and frozen else 0

    def unlocked(self) -> list[Cell]:
        """The cells that can be changed while the sheet is protected, row by row."""
        return [cell for _, cell in sorted(self.cells.items()) if not self.package.locked(cell.style)]


class Package:
    """All parts of one file."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.members = [info.filename for info in archive.infolist()]
            self.parts = {name: archive.read(name) for name in self.members}
        self._parsed: dict[str, Element] = {}

    def xml(self, part: str) -> Element:
        """The root element of a part.  KeyError when there is none, ParseError when it is not well formed."""
        if part not in self._parsed:
            self._parsed[part] = ElementTree.fromstring(self.parts[part])
        return self._parsed[part]

    @property
    def xml_parts(self) -> list[str]:
        return [name for name in self.parts if name.endswith((".xml", ".rels"))]

    def relations(self, part: str) -> dict[str, Relation]:
        """The relationships of a part, by id; of the whole package for an empty name."""
        folder, name = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        if source not in self.parts:
            return {}
        found = {}
        for each in self.xml(source).iter(f"{PACKAGE_RELS}Relationship"):
            target, external = each.get("Target", ""), each.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
            found[each.get("Id", "")] = Relation(each.get("Type", "").rpartition("/")[2], target, external)
        return found

    @cached_property
    def workbook_part(self) -> str:
        return next(each.target for each in self.relations("").values() if each.kind == "officeDocument")

    @property
    def workbook(self) -> Element:
        return self.xml(self.workbook_part)

    def related(self, kind: str) -> str | None:
        """The part of a kind that belongs to the workbook."""
        return next((each.target for each in self.relations(self.workbook_part).values() if each.kind == kind), None)

    @cached_property
    def sheets(self) -> list[Sheet]:
        relations = self.relations(self.workbook_part)
        return [
            Sheet(self, each.get("name", ""), each.get("state", "visible"), relations[each.get(f"{RELS}id", "")].target)
            for each in self.workbook.iterfind(f"{MAIN}sheets/{MAIN}sheet")
        ]

    @property
    def visible(self) -> list[Sheet]:
        return [sheet for sheet in self.sheets if sheet.visible]

    @cached_property
    def names(self) -> list[Name]:
        found = []
        for each in self.workbook.iter(f"{MAIN}definedName"):
            sheet = each.get("localSheetId")
            found.append(Name(each.get("name", ""), each.text or "", None if sheet is None else int(sheet)))
        return found

    @cached_property
    def shared(self) -> list[tuple[str, tuple[Element, ...]]]:
        """The shared strings: text, and the properties of its runs."""
        part = self.related("sharedStrings")
        if part is None:
            return []
        found = []
        for item in self.xml(part).iterfind(f"{MAIN}si"):
            runs = item.findall(f"{MAIN}r")
            pieces = [each.find(f"{MAIN}t") for each in runs] if runs else [item.find(f"{MAIN}t")]
            text = "".join(piece.text or "" for piece in pieces if piece is not None)
            found.append((text, tuple(each for run in runs for each in run.iterfind(f"{MAIN}rPr"))))
        return found

    def shared_text(self, number: str) -> tuple[str, tuple[Element, ...]]:
        """A shared string by its number; nothing where there is none, which is a finding of its own."""
        return self.shared[int(number)] if number.isdigit() and int(number) < len(self.shared) else ("", ())

    @cached_property
    def styles(self) -> Element:
        return self.xml(self.related("styles") or "xl/styles.xml")

    @cached_property
    def cell_formats(self) -> list[Element]:
        return self.styles.findall(f"{MAIN}cellXfs/{MAIN}xf")

    @cached_property
    def _locks(self) -> list[bool]:
        marks = [each.find(f"{MAIN}protection") for each in self.cell_formats]
        return [mark is None or mark.get("locked", "1") not in ("0", "false") for mark in marks]

    def locked(self, style: int) -> bool:
        """Whether cells of a style are locked while their sheet is protected."""
        return self._locks[style]

    def cells(self) -> Iterator[Cell]:
        """Every cell of every sheet."""
        for sheet in self.sheets:
            yield from sheet.cells.values()

    def charts(self) -> Iterator[tuple[str, Element]]:
        """Name of the part and root element of every chart."""
        for part in self.xml_parts:
            if "_rels" not in part and self.xml(part).tag == f"{CHART}chartSpace":
                yield part, self.xml(part)


def edited(data: bytes, part: str, pattern: str, replacement: str, *, count: int = 1) -> bytes:
    """The file with a change in the text of one part: a fault to be found.

    AssertionError when the change changes nothing, so that no test passes because its fault was never there.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        assert part in source.namelist(), f"{part} is not in the file"
        for info in source.infolist():
            content = source.read(info)
            if info.filename == part:
                changed, times = re.subn(
                    pattern, lambda found: found.expand(replacement), content.decode(), count=count
                )
                assert times and changed != content.decode(), f"{pattern!r} is not in {part}"
                content = changed.encode()
            target.writestr(info, content)
    return made.getvalue()


def without(data: bytes, part: str) -> bytes:
    """The file without one of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        assert part in source.namelist()
        for info in source.infolist():
            if info.filename != part:
                target.writestr(info, source.read(info))
    return made.getvalue()


def part_of(package: Package, kind: str) -> str:
    """The part of the first visible sheet of a kind, or ``kind`` itself if it is the path of a part.

    ``input``: with a choice from a list, texts beside it, formulas and a conditional format; ``links``: with
    hyperlinks; ``long``: of more than 40 rows, with rows that stay in place and titles repeated in print;
    ``breaks``: with page breaks and a scale; ``last``: the last one.
    """
    if "/" in kind or kind.startswith("["):
        return kind
    needs = {
        "input": ('type="list"', "<f>", "<conditionalFormatting", "<mergeCell ", "<pane "),
        "links": ("<hyperlink ",),
        "long": ("<pane ", "ySplit", '<row r="41"', "<sheetProtection"),
        "breaks": ("<rowBreaks", 'scale="'),
        "last": ("<sheetData",),
    }[kind]
    parts = [
        sheet.part for sheet in package.visible if all(each.encode() in package.parts[sheet.part] for each in needs)
    ]
    assert parts, f"no sheet is of the kind {kind!r}"
    return parts[-1 if kind == "last" else 0]
