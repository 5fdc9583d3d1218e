"""The cells of a workbook by what they say, gathered in one pass over each sheet.

Only texts that mean something to a plan are kept, so a large sheet that somebody pasted in costs one look at each cell.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import cached_property, lru_cache

from msgspec import Struct

from kil_xlsx.layout.a1 import cell_name, parse_cell_name
from kil_xlsx.layout.codec import folded
from kil_xlsx.layout.places import NO
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import key_text
from kil_xlsx.reading.known import once_per_plan
from kil_xlsx.reading.model import Cell, CellKind, DefinedName, SheetData, ValidationInfo, WorkbookData

Place = tuple[int, int]
"""Row and column on a sheet."""

_KEY_PREFIX = key_text("")
_MOST_TALL = 1000
_NO_TITLES: frozenset[str] = frozenset()
_NO_PLACES: frozenset[Place] = frozenset()
_LONGEST_AREA = 30


_MOST_REMEMBERED = 5_000
_LONGEST_REMEMBERED = 200


def fold(text: str) -> str:
    """As :func:`~kil_xlsx.layout.codec.folded`, quicker for the plain texts that most cells hold."""
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold() if text.isascii() else folded(text)


_remembered = lru_cache(maxsize=_MOST_REMEMBERED)(_folded)


class Header(Struct, frozen=True):
    """A row of headings: the column of the codes, if it has one, and the columns of each known heading."""

    row: int
    number: int | None
    columns: dict[str, tuple[int, ...]]


class Kind(Enum):
    """What a text that means something is."""

    CODE = 1
    KEY = 2
    HEADING = 3


Meaning = tuple[Kind, str]
"""What a text is, and its code or the heading itself, folded."""


class Vocabulary(Struct, frozen=True, eq=False, dict=True):
    """The texts that mean something to a plan, folded."""

    number: str
    headings: frozenset[str]
    codes: frozenset[str]
    known: dict[str, Meaning | None] = {}
    """What the texts met so far mean: nearly all are the same in every workbook."""

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

    def meaning(self, text: str) -> Meaning | None:
        """What a text that is not too long means to the plan."""
        if len(self.known) > _MOST_REMEMBERED:
            self.known.clear()
        self.known[text] = found = self._meaning(fold(text))
        return found

    def _meaning(self, said: str) -> Meaning | None:
        if said in self.codes:
            return Kind.CODE, said
        if said.startswith(_KEY_PREFIX):
            code = said[len(_KEY_PREFIX) :].strip()
            return (Kind.KEY, code) if code in self.codes else None
        return (Kind.HEADING, said) if said == self.number or said in self.headings else None


class _Titles:
    """The input titles of a sheet, folded: of ranges of one row, of single cells, and of ranges of several rows."""

    def __init__(self, validations: tuple[ValidationInfo, ...]) -> None:
        self.validations = validations
        self.by_row: dict[int, list[tuple[int, int, str]]] = {}
        self.by_cell: dict[Place, set[str]] = {}
        self.cells: dict[str, set[Place]] = {}
        self.wide: dict[int, list[tuple[int, int, str]]] = {}
        self.tall: list[tuple[int, int, int, int, str]] = []
        for validation in validations:
            title = fold(validation.prompt_title)
            for area in validation.ranges if title else ():
                corners = _corners(area) if len(area) <= _LONGEST_AREA else None
                if corners:
                    self._add(*corners, title)
        self.rows: dict[str, list[int]] = {}
        for row in sorted(self.by_row):
            for title in {title for _, _, title in self.by_row[row]}:
                self.rows.setdefault(title, []).append(row)

    def _add(self, top: int, left: int, bottom: int, right: int, title: str) -> None:
        if top != bottom:
            self.tall.append((top, left, bottom, right, title))
            return
        self.by_row.setdefault(top, []).append((left, right, title))
        if left == right:
            self.by_cell.setdefault((top, left), set()).add(title)
            self.cells.setdefault(title, set()).add((top, left))
        else:
            self.wide.setdefault(top, []).append((left, right, title))


_TITLES: dict[int, _Titles] = {}
_MOST_TITLES = 64


def _titles_of(validations: tuple[ValidationInfo, ...]) -> _Titles:
    """The titles of these very rules, which many returns share."""
    known = _TITLES.get(id(validations))
    if known is None or known.validations is not validations:
        if len(_TITLES) >= _MOST_TITLES:
            _TITLES.clear()
        known = _TITLES[id(validations)] = _Titles(validations)
    return known


class SheetIndex:
    """One sheet: where codes, hidden keys and headings stand, and which rows hold what."""

    def __init__(self, sheet: SheetData, vocabulary: Vocabulary) -> None:
        self.sheet = sheet
        self.name = sheet.name
        self.folded_name = fold(sheet.name)
        self.vocabulary = vocabulary
        self.visible = sheet.state == "visible"
        self.codes: dict[str, list[Place]] = {}
        self.keys: dict[str, list[Place]] = {}
        self.codes_in_row: dict[int, dict[int, str]] = {}
        self.keys_in_row: dict[int, dict[str, int]] = {}
        headings: dict[int, dict[str, list[int]]] = {}
        known, longest, is_text = vocabulary.known, vocabulary.longest, CellKind.TEXT
        for row, column, text, cell in sheet.texts:
            if text not in known and len(text) > longest:
                continue
            meaning = known[text] if text in known else vocabulary.meaning(text)
            if meaning is None or cell.kind is not is_text:
                continue
            kind, said = meaning
            if kind is Kind.CODE:
                self.codes.setdefault(said, []).append((row, column))
                self.codes_in_row.setdefault(row, {})[column] = said
            elif kind is Kind.KEY:
                self.keys.setdefault(said, []).append((row, column))
                self.keys_in_row.setdefault(row, {})[said] = column
            else:
                headings.setdefault(row, {}).setdefault(said, []).append(column)
        for places in (*self.codes.values(), *self.keys.values()):
            places.sort()
        self.headers = tuple(self._headers(headings, vocabulary.number))
        self._header_rows = [header.row for header in self.headers]
        self._headed: dict[tuple[int, str], Header | None] = {}
        self._code_columns: dict[int, int] = {}

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
    def usual_code_column(self) -> int:
        """The column in which most codes stand: where codes are looked for without a heading."""
        counted = Counter(column for places in self.codes.values() for _, column in places)
        return counted.most_common(1)[0][0] if counted else NO

    @cached_property
    def _titles(self) -> _Titles:
        return _titles_of(self.sheet.validations)

    @property
    def titles(self) -> dict[int, list[tuple[int, int, str]]]:
        """The input titles by row, each with the columns it covers.

        A range of several rows is left out: that is what a row inserted by a program inherits from its neighbour.
        """
        return self._titles.by_row

    @property
    def rows_by_title(self) -> dict[str, list[int]]:
        """The rows whose cells carry an input title."""
        return self._titles.rows

    @cached_property
    def tall_titles(self) -> list[tuple[int, int, int, int, str]]:
        """Input titles of ranges of several rows, with their corners: what filling down or inserting leaves."""
        return [each for each in self._titles.tall if each[4] in self.vocabulary.codes][:_MOST_TALL]

    def has_title(self, places: AbstractSet[Place], title: str) -> bool:
        """Whether each of some cells has an input title, folded, for itself alone and not only in a range."""
        return places <= self._titles.cells.get(title, _NO_PLACES)

    def titles_over(self, row: int, column: int) -> AbstractSet[str]:
        """Every input title that covers a cell, folded, those of ranges of several rows too."""
        titles = self._titles
        here: AbstractSet[str] = titles.by_cell.get((row, column), _NO_TITLES)
        if row in titles.wide:
            here = here | {title for first, last, title in titles.wide[row] if first <= column <= last}
        if self.tall_titles:
            here = here | {
                title for top, left, bottom, right, title in self.tall_titles
                if top <= row <= bottom and left <= column <= right
            }  # fmt: skip
        return here

    def headers_above(self, row: int) -> int:
        """How many headers stand above a row: rows with the same number have the same headings."""
        return bisect_left(self._header_rows, row)

    def header_for(self, row: int, heading: str) -> Header | None:
        """The nearest header above a row that has this heading."""
        above = bisect_left(self._header_rows, row)
        if (above, heading) not in self._headed:
            nearest = (header for header in reversed(self.headers[:above]) if heading in header.columns)
            self._headed[above, heading] = next(nearest, None)
        return self._headed[above, heading]

    def header_above(self, row: int) -> Header | None:
        """The nearest header above a row."""
        above = bisect_left(self._header_rows, row)
        return self.headers[above - 1] if above else None

    def code_column(self, row: int) -> int:
        """The column in which the code of a row stands."""
        above = bisect_left(self._header_rows, row)
        if above not in self._code_columns:
            columns = (header.number for header in reversed(self.headers[:above]) if header.number is not None)
            self._code_columns[above] = next(columns, self.usual_code_column)
        return self._code_columns[above]

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
        vocabulary, planned = _known(plan)
        self.sheets = tuple(
            SheetIndex(sheet, vocabulary)
            for sheet in workbook.sheets
            if sheet.state == "visible" or fold(sheet.name) in planned
        )
        self._by_name = {index.folded_name: index for index in self.sheets}
        self.names = {
            plain_name(name.name): place
            for name in _workbook_first(workbook.names)
            if (place := _target(name.refers_to))
        }

    @cached_property
    def codes(self) -> dict[str, list[tuple[SheetIndex, int, int]]]:
        """Where each code stands, sheet by sheet."""
        found: dict[str, list[tuple[SheetIndex, int, int]]] = {}
        for index in self.sheets:
            for code, places in index.codes.items():
                found.setdefault(code, []).extend((index, row, column) for row, column in places)
        return found

    def sheet(self, name: str) -> SheetIndex | None:
        """The sheet of that name."""
        return self._by_name.get(fold(name))


@once_per_plan
def _known(plan: Plan) -> tuple[Vocabulary, frozenset[str]]:
    """The vocabulary of a plan, and the names of the sheets that are looked at even if they are hidden, folded."""
    sheets = {slot.cell.sheet for slot in plan.slots} | {plan.results.sheet, plan.measures.sheet}
    return Vocabulary.of(plan), frozenset(fold(sheet) for sheet in sheets)


def plain_name(name: str) -> str:
    """A defined name as it is compared: some programs put underscores for other characters."""
    return _remembered_name(name) if len(name) <= _LONGEST_REMEMBERED else _plain_name(name)


def _plain_name(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name.casefold())


_remembered_name = lru_cache(maxsize=_MOST_REMEMBERED)(_plain_name)


def _workbook_first(names: Iterable[DefinedName]) -> list[DefinedName]:
    """Sheets' own names first, so that those of the whole workbook take their place."""
    return sorted(names, key=lambda name: name.scope is None)


def _target(refers_to: str) -> tuple[str, int, int] | None:
    """The cell that a name points to, the sheet's name folded; nothing if it points elsewhere."""
    return (_remembered_place if len(refers_to) <= _LONGEST_REMEMBERED else _place_of)(refers_to)


def _place_of(refers_to: str) -> tuple[str, int, int] | None:
    sheet, mark, address = refers_to.rpartition("!")
    if not mark:
        return None
    if sheet.startswith("'") and sheet.endswith("'") and len(sheet) > 1:
        sheet = sheet[1:-1].replace("''", "'")
    try:
        row, column = parse_cell_name(address)
    except ValueError:
        return None
    return fold(sheet), row, column


_remembered_place = lru_cache(maxsize=4096)(_place_of)


@lru_cache(maxsize=4096)
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
