"""Whether the formulas behind a result are still those that were sent out, and which cell differs first.

Programs write formulas in their own way, and rows move; so formulas are compared piece by piece: numbers as numbers,
references by the cell that they mean, and then the cells that they refer to in turn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kil_xlsx.core.returns import Key
from kil_xlsx.layout.a1 import parse_cell_name
from kil_xlsx.layout.document import CellRef, Document, Formula
from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.anchors import Anchor, Located
from kil_xlsx.reading.model import Cell, CellKind
from kil_xlsx.reading.sheetindex import BookIndex, fold

_CORNER = r"\$?[A-Za-z]{1,3}\$?[0-9]+"
_TOKEN = re.compile(
    rf"""
      (?P<text>"(?:[^"]|"")*")
    | (?:(?P<sheet>'(?:[^']|'')*'|[^\W\d][\w.]*)!)?(?P<first>{_CORNER})(?::(?P<last>{_CORNER}))?(?![\w.(])
    | (?P<function>(?:_xlfn\.|_xlws\.|of:|com\.sun\.star\.)*(?P<called>[^\W\d][\w.]*)\()
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<space>\s+)
    | (?P<mark><>|<=|>=|\#[A-Za-z/0]+[!?]?|[^\W\d][\w.]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_MOST_CELLS = 5_000
_DEEPEST = 60
_TOLERANCE = 1e-9
_LONGEST = 120


class _Area(Struct, frozen=True):
    """A reference: the folded name of the sheet and the corners."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    def cells(self) -> Iterator[_At]:
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield self.sheet, row, column

    @property
    def size(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left


_At = tuple[str, int, int]
_Piece = str | float | _Area


class Change(Struct, frozen=True):
    """A cell that is not as it was sent out."""

    sheet: str
    address: str
    found: str
    expected: str


class Chain(Struct, frozen=True):
    """What is behind a result: the cells that were changed, and whether answers moved away under its formulas."""

    changes: frozenset[Change] = frozenset()
    moved: bool = False


class Formulas:
    """The formulas that were sent out beside those of a returned workbook."""

    def __init__(self, plan: Plan, book: BookIndex, located: Iterable[Located], document: Document) -> None:
        self.expected = {fold(sheet.name): sheet for sheet in document.sheets}
        self.sheets = {fold(sheet.name): sheet for sheet in book.workbook.sheets}
        self.slots = {(fold(each.cell.sheet), each.cell.row, each.cell.column): each.key for each in plan.slots}
        self.places: dict[Key, _At] = {}
        self.renamed: dict[str, str] = {}
        self.stirred: set[str] = set()
        for one in located:
            for key, spot in one.cells.items():
                self.places[key] = (fold(spot.sheet), spot[1], spot[2])
            if one.outcome is None and fold(one.item.sheet) not in self.sheets:
                self.renamed.setdefault(fold(one.item.sheet), fold(one.sheet))
            if Anchor.POSITION in one.differed or one.outcome is not None:
                self.stirred.add(fold(one.item.sheet))
        visible = {fold(sheet.name) for sheet in book.workbook.sheets if sheet.state == "visible"}
        if self.stirred & visible:
            # A row may just as well have been inserted where there is nothing to fill in.
            self.stirred |= visible & self.expected.keys()
        self.pieces: dict[tuple[str, str], tuple[_Piece, ...]] = {}
        self.chains: dict[tuple[_At, _At], Chain] = {}

    def behind(self, planned: CellRef, sheet: str, address: str) -> Chain:
        """Everything that the result of a planned cell depends on, which is now at this address."""
        row, column = parse_cell_name(address)
        return self._chain((fold(planned.sheet), planned.row, planned.column), (fold(sheet), row, column), 0)

    def _chain(self, wanted: _At, there: _At, depth: int) -> Chain:
        known = self.chains.get((wanted, there))
        if known is None:
            self.chains[wanted, there] = Chain()  # a circle has nothing to add
            known = self.chains[wanted, there] = self._compared(wanted, there, depth)
        return known

    def _compared(self, wanted: _At, there: _At, depth: int) -> Chain:
        if wanted in self.slots:
            place = self.places.get(self.slots[wanted])
            return Chain(moved=place is not None and place != there)
        sheet = self.expected.get(wanted[0])
        planned = sheet.cells.get(wanted[1:]) if sheet is not None else None
        if planned is None or depth > _DEEPEST:
            return Chain()
        value = planned.value
        actual = self.sheets[there[0]].cells.get(there[1:]) if there[0] in self.sheets else None
        if isinstance(value, Formula):
            return self._formula(value.text, wanted, there, actual, depth)
        if isinstance(value, str | int | float) and not _same_value(value, actual):
            return Chain(frozenset((self._change(there, _shown(actual), str(value)),)))
        return Chain()

    def _formula(self, text: str, wanted: _At, there: _At, actual: Cell | None, depth: int) -> Chain:
        if actual is not None and actual.formula == "":
            return Chain()  # there is one, but the file does not spell it out
        if actual is None or actual.formula is None:
            return Chain(frozenset((self._change(there, _shown(actual), f"={text}"),)))
        ours, theirs = self._read(text, wanted[0]), self._read(actual.formula, there[0])
        different = Chain(frozenset((self._change(there, f"={actual.formula}", f"={text}"),)))
        if len(ours) != len(theirs) or not all(map(self._alike, ours, theirs)):
            return different
        changes: set[Change] = set()
        moved = False
        for one, other in zip(ours, theirs, strict=True):
            if isinstance(one, _Area) and isinstance(other, _Area):
                for pair in _pairs(one, other):
                    chain = self._chain(*pair, depth + 1)
                    changes |= chain.changes
                    moved |= chain.moved
        return Chain(frozenset(changes), moved)

    def _alike(self, one: _Piece, other: _Piece) -> bool:
        """Whether two pieces of formulas mean the same, references only as far as they can be told by themselves."""
        if isinstance(one, float) and isinstance(other, float):
            return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
        if isinstance(one, _Area) and isinstance(other, _Area):
            if one == other:
                return True
            sheet = self.renamed.get(one.sheet, one.sheet)
            if other.sheet != sheet and one.sheet in self.sheets:
                return False
            corners = (((one.sheet, one.top, one.left), (other.sheet, other.top, other.left)),
                       ((one.sheet, one.bottom, one.right), (other.sheet, other.bottom, other.right)))  # fmt: skip
            return all(self._may_be(wanted, there) for wanted, there in corners)
        return one == other

    def _may_be(self, wanted: _At, there: _At) -> bool:
        """Whether a reference may mean the planned cell: its own address, or where that cell is now."""
        if wanted in self.slots:
            place = self.places.get(self.slots[wanted])
            return place is None or there in (place, wanted)
        return wanted[1:] == there[1:] or wanted[0] in self.stirred

    def _read(self, formula: str, sheet: str) -> tuple[_Piece, ...]:
        known = self.pieces.get((formula, sheet))
        if known is None:
            known = self.pieces[formula, sheet] = tuple(_pieces(formula, sheet))
        return known

    def _change(self, there: _At, found: str, expected: str) -> Change:
        sheet = self.sheets.get(there[0])
        address = CellRef("", there[1], there[2]).address
        return Change(sheet.name if sheet else there[0], address, _short(found), _short(expected))


def _pairs(one: _Area, other: _Area) -> Iterator[tuple[_At, _At]]:
    """The cells of two references beside each other; only the corners where the areas have grown or shrunk."""
    if one.size == other.size and (one.size[0] + 1) * (one.size[1] + 1) <= _MOST_CELLS:
        yield from zip(one.cells(), other.cells(), strict=True)
    else:
        yield (one.sheet, one.top, one.left), (other.sheet, other.top, other.left)
        yield (one.sheet, one.bottom, one.right), (other.sheet, other.bottom, other.right)


def _pieces(formula: str, sheet: str) -> Iterator[_Piece]:
    """A formula piece by piece, without what programs write differently."""
    previous = ""
    for match in _TOKEN.finditer(formula):
        kind = match.lastgroup
        text = match[0]
        if match["first"] is not None:
            try:
                yield _area(match, sheet)
            except ValueError:  # letters beyond the last column: a name
                yield text.upper()
        elif kind == "function" or match["called"] is not None:
            previous = match["called"].upper() + "("
            yield previous
            continue
        elif kind == "number":
            yield float(text)
        elif kind == "text":
            yield text
        elif kind != "space":
            word = text.upper()
            if word in ("TRUE", "FALSE"):  # some programs write them as functions
                yield f"{word}("
                word = ")"
            yield {";": ","}.get(word, word)
        previous = text


def _area(match: re.Match[str], sheet: str) -> _Area:
    named = match["sheet"]
    if named is not None:
        if named.startswith("'"):
            named = named[1:-1].replace("''", "'")
        sheet = fold(named)
    top, left = parse_cell_name(match["first"])
    bottom, right = parse_cell_name(match["last"]) if match["last"] else (top, left)
    return _Area(sheet, min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def _same_value(value: str | float | bool, actual: Cell | None) -> bool:
    if isinstance(value, bool) or (actual is not None and actual.kind is CellKind.BOOLEAN):
        return actual is not None and bool(actual.value) == bool(value)
    if isinstance(value, int | float):
        there = actual.value if actual is not None else None
        return isinstance(there, int | float) and math.isclose(value, there, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return fold(value) == fold(str(actual.value) if actual is not None and actual.value is not None else "")


def _shown(cell: Cell | None) -> str:
    return "nothing" if cell is None or cell.value is None else str(cell.value)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
