"""Independent spreadsheet engines behind one face, and the comparison of what they give with what is stored.

Every engine loads a workbook whose stored formula values were all replaced by :data:`SENTINEL`, so an engine that
does not recalculate cannot agree.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Protocol

from msgspec.structs import replace

from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Document, Formula
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.layout.variants import Variants
from kil_xlsx.writing.splice import Template
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

SENTINEL = 777.125
"""What stands in every formula cell before an engine loads the workbook."""

ISSUE = Issue(datetime(2026, 1, 1), organisation=Organisation('Łódź & O\'Brien "Quayside" <Trust>', "GB-COH-01234567"))
"""A workbook for an organisation of which nothing is known but its name and number."""

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class ErrorValue:
    """Any of a spreadsheet's error values: which one does not matter."""


ERROR = ErrorValue()
_ERRORS = frozenset(
    ("#N/A", "#VALUE!", "#REF!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!", "#CIRC!")
)

Value = str | float | bool | ErrorValue


class Engine(Protocol):
    """An engine with one workbook loaded.  Rows and columns count from zero."""

    def type_in(self, cells: Mapping[CellRef, Typed]) -> None:
        """Put values into cells; ``None`` empties one."""

    def recalculate(self) -> None:
        """Work out every formula."""

    def read(self, cells: Sequence[CellRef]) -> list[Value]:
        """The values of some cells."""


def normal(value: object) -> Value:
    """A value in the form in which values are compared: nothing is an empty text, every number a float."""
    if value is None:
        return ""
    if isinstance(value, bool | ErrorValue):
        return value
    if isinstance(value, str):
        return ERROR if value in _ERRORS else value
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r} is no cell value")


def same(expected: object, found: object, *, truth_is_a_number: bool = False) -> bool:
    """Whether two cell values are the same; some programs keep TRUE and FALSE as 1 and 0."""
    here, there = normal(expected), normal(found)
    if truth_is_a_number:
        here, there = (float(each) if isinstance(each, bool) else each for each in (here, there))
    if isinstance(here, bool) or isinstance(there, bool):
        return here is there
    if isinstance(here, float) and isinstance(there, float):
        return math.isclose(here, there, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return here == there


def with_sentinels(document: Document) -> Document:
    """A copy of a document in which every stored formula value is :data:`SENTINEL`."""
    changed = copy.copy(document)
    changed.sheets = []
    for sheet in document.sheets:
        twin = copy.copy(sheet)
        twin.cells = {
            place: replace(cell, value=Formula(cell.value.text, SENTINEL)) if isinstance(cell.value, Formula) else cell
            for place, cell in sheet.cells.items()
        }
        changed.sheets.append(twin)
    return changed


def planted(document: Document, place: CellRef, text: str) -> Document:
    """A copy of a document with another formula text in one cell; the stored value stays."""
    changed = copy.copy(document)
    changed.sheets = []
    for sheet in document.sheets:
        twin = copy.copy(sheet)
        if sheet.name == place.sheet:
            cell = sheet.cells[place.row, place.column]
            assert isinstance(cell.value, Formula)
            assert cell.value.text != text
            twin.cells = {
                **sheet.cells,
                (place.row, place.column): replace(cell, value=Formula(text, cell.value.value)),
            }
        changed.sheets.append(twin)
    return changed


def saved(document: Document, path: Path) -> Path:
    """Write a document, with every stored formula value replaced, to a file."""
    path.write_bytes(write(with_sentinels(document), default_theme()))
    return path


def spliced(plan: Plan, path: Path) -> Path:
    """The workbook of :data:`ISSUE` as it is sent out, made from the template of its variant, to a file.

    Every stored formula value is replaced, as by :func:`saved`.
    """
    mould = Variants(plan).mould(replace(ISSUE, organisation=Organisation("A Fictional Hub", "GB-COH-1")), {})
    template = Template(write(with_sentinels(mould.document), default_theme()), mould.sources)
    path.write_bytes(template.fill(mould.texts(plan, ISSUE, {})))
    return path


class IronCalc:
    """The engine IronCalc, in this process."""

    def __init__(self, path: Path) -> None:
        import ironcalc

        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        names = [sheet["name"] for sheet in self._model.get_worksheets_properties()]
        self._sheets = {name: index for index, name in enumerate(names)}

    def type_in(self, cells: Mapping[CellRef, Typed]) -> None:
        """Put values into cells without any reading of text as something else."""
        for cell, value in cells.items():
            at = self._sheets[cell.sheet], cell.row + 1, cell.column + 1
            if value is None:
                self._model.clear_cell_contents(*at)
            elif isinstance(value, bool):
                self._model.update_cell_with_bool(*at, value)
            elif isinstance(value, str):
                self._model.update_cell_with_text(*at, value)
            else:
                self._model.update_cell_with_number(*at, float(value))

    def recalculate(self) -> None:
        """Work out every formula."""
        self._model.evaluate()

    def read(self, cells: Sequence[CellRef]) -> list[Value]:
        """The values of some cells."""
        get, sheets = self._model.get_cell_value, self._sheets
        return [normal(get(sheets[cell.sheet], cell.row + 1, cell.column + 1)) for cell in cells]


class Formulon:
    """The engine formulon, in this process."""

    def __init__(self, path: Path) -> None:
        import formulon

        self._kinds = formulon.ValueKind
        self._book = formulon.Workbook.load(path.read_bytes())
        self._sheets = {self._book.sheet_name(index): index for index in range(self._book.sheet_count())}

    def type_in(self, cells: Mapping[CellRef, Typed]) -> None:
        """Put values into cells without any reading of text as something else."""
        for cell, value in cells.items():
            at = self._sheets[cell.sheet], cell.row, cell.column
            if value is None:
                self._book.set_blank(*at)
            elif isinstance(value, bool):
                self._book.set_bool(*at, value)
            elif isinstance(value, str):
                self._book.set_text(*at, value)
            else:
                self._book.set_number(*at, float(value))

    def recalculate(self) -> None:
        """Work out every formula."""
        self._book.recalc()

    def read(self, cells: Sequence[CellRef]) -> list[Value]:
        """The values of some cells."""
        found: list[Value] = []
        for cell in cells:
            value = self._book.get_value(self._sheets[cell.sheet], cell.row, cell.column)
            if value.kind == self._kinds.NUMBER:
                found.append(normal(value.number))
            elif value.kind == self._kinds.BOOL:
                found.append(normal(value.boolean))
            elif value.kind == self._kinds.TEXT:
                found.append(normal(value.text))
            elif value.kind == self._kinds.BLANK:
                found.append("")
            elif value.kind == self._kinds.ERROR:
                found.append(ERROR)
            else:
                raise TypeError(f"{cell.absolute()} holds a value of kind {value.kind}")
        return found


def shown(value: object) -> object:
    """A typed date as the number that stands in its cell."""
    return float((value - date(1899, 12, 30)).days) if isinstance(value, date) else value


class Oracle:
    """A blank workbook in an engine: answers are typed in, and every formula cell is compared with Python's value."""

    def __init__(self, plan: Plan, engine: Engine, issue: Issue = ISSUE) -> None:
        self.plan = plan
        self.engine = engine
        self.issue = issue
        self._typed: dict[Key, Typed] = {}
        self._places = [place for place, _ in compose(plan, issue).formulas()]

    def differences(self, typed: Mapping[Key, Typed]) -> list[str]:
        """What differs after these answers were typed into a blank workbook and everything was recalculated."""
        changes: dict[CellRef, Typed] = {self.plan.by_key[key].cell: None for key in self._typed if key not in typed}
        changes |= {self.plan.by_key[key].cell: value for key, value in typed.items()}
        self._typed = dict(typed)
        self.engine.type_in(changes)
        self.engine.recalculate()
        return compared(compose(self.plan, self.issue, typed), self._places, self.engine.read(self._places))


def compared(
    document: Document, places: Sequence[CellRef], found: Sequence[object], *, truth_is_a_number: bool = False
) -> list[str]:
    """What differs between the values a document stores and those found at its formulas' places.

    A document must have its formulas where the blank one has them, or the comparison would miss some.
    """
    expected = dict(document.formulas())
    if set(expected) != set(places):
        return [f"formulas stand at other places: {sorted(map(str, set(expected) ^ set(places)))[:5]}"]
    return [
        f"{place.absolute()}: Python {expected[place].value!r}, engine {value!r}, ={expected[place].text}"
        for place, value in zip(places, found, strict=True)
        if not same(expected[place].value, value, truth_is_a_number=truth_is_a_number)
    ]


def explained(differences: Sequence[str], typed: Mapping[Key, Typed], seed: object) -> str:
    """A message for a failed comparison."""
    listed = "\n".join(differences[:8])
    return f"case {seed}: {len(differences)} formula cells differ\n{listed}\ntyped: {dict(list(typed.items())[:60])}"


def seeded(*parts: object) -> Random:
    """A generator that is the same in every run and on every machine."""
    return Random("/".join(map(str, parts)))
