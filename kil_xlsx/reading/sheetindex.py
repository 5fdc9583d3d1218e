"""The cells of a workbook by what they say, gathered in one pass over each sheet.

Only texts that mean something to a plan are kept, so a large sheet that somebody pasted in costs one look at each cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from kil_xlsx.layout.a1 import cell_name, parse_cell_name
from kil_xlsx.layout.codec import folded
from kil_xlsx.layout.places import NO
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import key_text
from kil_xlsx.reading.model import Cell, CellKind, DefinedName, SheetData, WorkbookData

Place = tuple[int, int]
"""Row and column on a sheet."""

_KEY_PREFIX = key_text("")
_MOST_TALL = 1000


def fold(text: str) -> str:
    """As :func:`~kil_xlsx.layout.codec.folded`, quicker for the plain texts that most cells hold."""
    return " ".join(text.split()).casefold() if text.isascii() else folded(text)


@dataclass(frozen=True)
class Header:
    """A row of headings: the column of the codes, if it has one, and the columns of each known heading."""

    row: int
    number: int | None
    columns: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Vocabulary:
    """The texts that mean something to a plan, folded."""

    number: str
    headings: frozenset[str]
    codes: frozenset[str]

    @classmethod
    def of(cls, plan: Plan) -> Vocabulary:
        words = plan.words
        headings = {fold(slot.heading) for slot in plan.slots}
        headings |= {fold(words(key)) for key in ("results.score", "measures.result")}
        codes = {fold(slot.code) for slot in plan.slots}
        codes |= {fold(code) for code in (*plan.results.rows, *plan.measures.rows)}
        return cls(fold(words("column.no")), frozenset(headings), frozenset(codes))

    @cached_property
    def longest(self) -> int:
        """Longer texts need not be looked at.  Twice the length leaves room for blanks and wide letters."""
        texts = (self.number, *self.headings, *self.codes)
        return 2 * max(map(len, texts)) + len(_KEY_PREFIX) + 10


class SheetIndex:
    """One sheet: where codes, hidden keys and headings stand, and which rows hold what."""

    def __init__(self, sheet: SheetData, vocabulary: Vocabulary) -> None:
        self.sheet = sheet
        self.name = sheet.name
        self.vocabulary = vocabulary
        self.visible = sheet.state == "visible"
        self.codes: dict[str, list[Place]] = {}
        self.keys: dict[str, list[Place]] = {}
        self.codes_in_row: dict[int, dict[int, str]] = {}
        self.keys_in_row: dict[int, dict[str, int]] = {}
        headings: dict[int, dict[str, list[int]]] = {}
        longest = vocabulary.longest
        for (row, column), cell in sheet.cells.items():
            text = cell.value
            if not isinstance(text, str) or len(text) > longest or cell.kind is not CellKind.TEXT:
                continue
            said = fold(text)
            if said in vocabulary.codes:
                self.codes.setdefault(said, []).append((row, column))
                self.codes_in_row.setdefault(row, {})[column] = said
            elif said.startswith(_KEY_PREFIX):
                code = said[len(_KEY_PREFIX) :].strip()
                if code in vocabulary.codes:
                    self.keys.setdefault(code, []).append((row, column))
                    self.keys_in_row.setdefault(row, {})[code] = column
            elif said == vocabulary.number or said in vocabulary.headings:
                headings.setdefault(row, {}).setdefault(said, []).append(column)
        for places in (*self.codes.values(), *self.keys.values()):
            places.sort()
        self.headers = tuple(self._headers(headings, vocabulary.number))

    def _headers(self, headings: dict[int, dict[str, list[int]]], number: str) -> Iterable[Header]:
        """Rows with two headings or more and no item of their own: people also type such words as answers."""
        for row in sorted(headings):
            found = headings[row]
            if len(found) < 2 or row in self.keys_in_row or row in self.codes_in_row:
                continue
            numbers = sorted(found.get(number, ()))
            yield Header(
                row,
                numbers[0] if numbers else None,
                {said: tuple(sorted(columns)) for said, columns in found.items() if said != number},
            )

    @cached_property
    def columns_in_row(self) -> dict[int, list[int]]:
        """The columns of the cells of each row."""
        rows: dict[int, list[int]] = {}
        for row, column in self.sheet.cells:
            rows.setdefault(row, []).append(column)
        return rows

    @cached_property
    def usual_code_column(self) -> int:
        """The column in which most codes stand: where codes are looked for without a heading."""
        counted = Counter(column for places in self.codes.values() for _, column in places)
        return counted.most_common(1)[0][0] if counted else NO

    @cached_property
    def titles(self) -> dict[int, list[tuple[int, int, str]]]:
        """The input titles by row, each with the columns it covers.

        A range of several rows is left out: that is what a row inserted by a program inherits from its neighbour.
        """
        found: dict[int, list[tuple[int, int, str]]] = {}
        for validation in self.sheet.validations:
            title = fold(validation.prompt_title)
            if not title:
                continue
            for area in validation.ranges:
                corners = _corners(area)
                if corners and corners[0] == corners[2]:
                    found.setdefault(corners[0], []).append((corners[1], corners[3], title))
        return found

    @cached_property
    def rows_by_title(self) -> dict[str, list[int]]:
        """The rows whose cells carry an input title."""
        found: dict[str, list[int]] = {}
        for row in sorted(self.titles):
            for title in {title for _, _, title in self.titles[row]}:
                found.setdefault(title, []).append(row)
        return found

    @cached_property
    def tall_titles(self) -> list[tuple[int, int, int, int, str]]:
        """Input titles of ranges of several rows, with their corners: what filling down or inserting leaves."""
        found = []
        for validation in self.sheet.validations:
            title = fold(validation.prompt_title)
            if title not in self.vocabulary.codes:
                continue
            for area in validation.ranges:
                corners = _corners(area)
                if corners and corners[0] != corners[2]:
                    found.append((*corners, title))
        return found[:_MOST_TALL]

    def titles_over(self, row: int, column: int) -> set[str]:
        """Every input title that covers a cell, folded, those of ranges of several rows too."""
        tall = {
            title for top, left, bottom, right, title in self.tall_titles
            if top <= row <= bottom and left <= column <= right
        }  # fmt: skip
        return tall | {title for first, last, title in self.titles.get(row, ()) if first <= column <= last}

    def header_for(self, row: int, heading: str) -> Header | None:
        """The nearest header above a row that has this heading."""
        return next(
            (header for header in reversed(self.headers) if header.row < row and heading in header.columns), None
        )

    def header_above(self, row: int) -> Header | None:
        """The nearest header above a row."""
        return next((header for header in reversed(self.headers) if header.row < row), None)

    def code_column(self, row: int) -> int:
        """The column in which the code of a row stands."""
        header = next((one for one in reversed(self.headers) if one.row < row and one.number is not None), None)
        return self.usual_code_column if header is None or header.number is None else header.number

    def code_of(self, row: int) -> str | None:
        """The code that a row shows, folded."""
        in_row = self.codes_in_row.get(row, {})
        return in_row.get(self.code_column(row), in_row.get(self.usual_code_column))

    def title_at(self, row: int, column: int) -> str | None:
        """The input title of a cell, folded."""
        covering = (title for first, last, title in self.titles.get(row, ()) if first <= column <= last)
        return next(covering, None)

    def cell(self, row: int, column: int) -> Cell | None:
        return self.sheet.cells.get((row, column))


class BookIndex:
    """The sheets that answers may stand on, and the defined names."""

    def __init__(self, plan: Plan, workbook: WorkbookData) -> None:
        self.workbook = workbook
        vocabulary = Vocabulary.of(plan)
        planned = {fold(slot.cell.sheet) for slot in plan.slots} | {fold(plan.results.sheet), fold(plan.measures.sheet)}
        self.sheets = tuple(
            SheetIndex(sheet, vocabulary)
            for sheet in workbook.sheets
            if sheet.state == "visible" or fold(sheet.name) in planned
        )
        self._by_name = {fold(index.name): index for index in self.sheets}
        self.names = {
            plain_name(name.name): place for name in _workbook_first(workbook.names) if (place := _target(name))
        }

    def sheet(self, name: str) -> SheetIndex | None:
        """The sheet of that name."""
        return self._by_name.get(fold(name))


def plain_name(name: str) -> str:
    """A defined name as it is compared: some programs put underscores for other characters."""
    return "".join(character if character.isalnum() else "_" for character in name.casefold())


def _workbook_first(names: Iterable[DefinedName]) -> list[DefinedName]:
    """Sheets' own names first, so that those of the whole workbook take their place."""
    return sorted(names, key=lambda name: name.scope is None)


def _target(name: DefinedName) -> tuple[str, int, int] | None:
    """The cell that a name points to, the sheet's name folded; nothing if it points elsewhere."""
    sheet, mark, address = name.refers_to.rpartition("!")
    if not mark:
        return None
    if sheet.startswith("'") and sheet.endswith("'") and len(sheet) > 1:
        sheet = sheet[1:-1].replace("''", "'")
    try:
        row, column = parse_cell_name(address)
    except ValueError:
        return None
    return fold(sheet), row, column


def _corners(area: str) -> tuple[int, int, int, int] | None:
    first, _, last = area.partition(":")
    try:
        top, left = parse_cell_name(first)
        bottom, right = parse_cell_name(last or first)
    except ValueError:
        return None
    return top, left, bottom, right


def address(row: int, column: int) -> str:
    """The name of a cell within its sheet."""
    return cell_name(row, column)
