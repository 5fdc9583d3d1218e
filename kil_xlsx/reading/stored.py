"""The results that a workbook has stored, beside the program's own.

A stored result is never used: programs save stale ones, or none.  Where it differs, the formulas behind it show why:
somebody has changed one, or rows have moved without them, or they were not worked out again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.readings import Comparison
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Return
from kil_xlsx.core.scoring import score
from kil_xlsx.layout.codec import as_formulas_see
from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.places import Measures, Results
from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.kinds import FileKind
from kil_xlsx.reading.locate import Location
from kil_xlsx.reading.model import Cell, CellKind
from kil_xlsx.reading.sheetindex import SheetIndex, fold

if TYPE_CHECKING:
    from kil_xlsx.reading.formulas import Change

OVERALL = "overall"
"""The id of the comparison of the overall score."""

_TOLERANCE = 1e-6
_MOST_CHANGES = 5
_ANY_DAY = dt.datetime(2000, 1, 1)
"""When the workbook that formulas are compared with is said to be made: no formula of a score depends on it."""


class _Stored(Struct, frozen=True):
    id: str
    ours: float | None
    sheet: str
    address: str
    cell: Cell | None
    planned: CellRef
    zero_may_be_text: bool = False
    """The reader of the old xls format gives zero for the text that a formula shows."""

    @property
    def absent(self) -> bool:
        """Whether the workbook was saved without this result."""
        return self.cell is None or self.cell.kind is CellKind.EMPTY

    @property
    def number(self) -> float | None:
        if self.cell is None or self.cell.kind is not CellKind.NUMBER or not isinstance(self.cell.value, int | float):
            return None
        return float(self.cell.value)

    @property
    def shown(self) -> str:
        """What stands in the cell, in words."""
        if self.cell is None or self.cell.value is None:
            return "nothing"
        return plain(self.number) if self.number is not None else str(self.cell.value) or "nothing"

    def is_same(self, ours: float | None) -> bool:
        """Whether the stored result says the same as this one; errors and logical values never do."""
        if self.cell is not None and self.cell.kind in (CellKind.ERROR, CellKind.BOOLEAN):
            return False
        if ours is None and self.number == 0 and self.zero_may_be_text:
            return True
        if self.number is None or ours is None:
            return self.number is None and ours is None
        return abs(self.number - ours) <= _TOLERANCE * max(1.0, abs(ours))


def plain(value: float | None) -> str:
    """A result in few digits; "nothing" where there is none."""
    if value is None:
        return "nothing"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6f}".rstrip("0").rstrip(".")


def compare(
    plan: Plan, location: Location, result: Result, seen: Callable[[], Return]
) -> tuple[tuple[Comparison, ...], list[Problem]]:
    """Every stored result beside ours, and at most one problem of each kind.

    ``seen`` gives the return as the workbook's formulas see it, which takes time to make.  They cannot count an answer
    that was typed rather than chosen, so a difference that this explains is not asked about.
    """
    stored = list(_stored(plan, location, result))
    comparisons = tuple(
        Comparison(
            id=one.id,
            ours=one.ours,
            stored=one.number,
            agrees=one.is_same(one.ours),
            sheet=one.sheet,
            cell=one.address,
        )
        for one in stored
    )
    if all(one.absent for one in stored):
        first = stored[0]
        note = problem(
            "score-not-stored", sheet=first.sheet, cell=first.address, found="no result", expected="a result"
        )
        return comparisons, [note]
    differing = [one for one in stored if not one.is_same(one.ours)]
    if not differing:
        return comparisons, []
    as_typed = seen()
    theirs = dict(_results(plan, score(plan.instrument, as_typed)))
    explained = [one for one in differing if one.is_same(theirs[one.id])]
    unexplained = [one for one in differing if not one.is_same(theirs[one.id])]
    problems = _why(plan, location, as_typed, unexplained) if unexplained else []
    return comparisons, problems + ([_told("score-not-counted", explained)] if explained else [])


def _why(plan: Plan, location: Location, as_typed: Return, differing: list[_Stored]) -> list[Problem]:
    """Why stored results are not what the answers give, as far as the workbook's own formulas tell."""
    known = [one for one in differing if one.cell is not None]
    if location.earlier_layout or not any(one.cell.formula for one in known if one.cell is not None):
        return [_told("score-differs", differing)]
    # Needed for few workbooks only, and long to load.
    from kil_xlsx.layout.compose import compose
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.reading.formulas import Formulas

    formulas = Formulas(plan, location.index, location.items, compose(plan, Issue(_ANY_DAY)))
    changed: list[_Stored] = []
    changes: dict[Change, None] = {}
    moved: list[_Stored] = []
    stale: list[_Stored] = [one for one in differing if one.cell is None]
    for one in known:
        chain = formulas.behind(one.planned, one.sheet, one.address)
        if chain.changes:
            changed.append(one)
            changes |= dict.fromkeys(sorted(chain.changes, key=lambda each: (each.sheet, each.address)))
        else:
            (moved if chain.moved else stale).append(one)
    problems = []
    if changed:
        first = next(iter(changes))
        told = "; ".join(
            f"{each.sheet}!{each.address} is {each.found} and was {each.expected}"
            for each in list(changes)[:_MOST_CHANGES]
        )
        more = f" and {len(changes) - _MOST_CHANGES} more cells" if len(changes) > _MOST_CHANGES else ""
        about = _told("score-formula-changed", changed)
        problems.append(
            problem(
                about.code, sheet=first.sheet, cell=first.address, item=about.item, expected=about.expected,
                found=f"{about.found}; changed: {told}{more}",
            )
        )  # fmt: skip
    if moved:
        problems.append(_told("score-rows-moved", moved))
    if stale and any(one.outcome is not None or one.refused for one in location.items):
        problems.append(_told("score-counts-refused", stale))
    elif stale:
        sent = (as_formulas_see(plan.instrument, plan.by_key[key], value) for key, value in as_typed.carried.items())
        before = dict(_results(plan, score(plan.instrument, Return.of(sent, as_typed.carried))))
        untouched = all(one.is_same(before[one.id]) for one in stale)
        problems.append(_told("score-not-recalculated" if untouched else "score-stale", stale))
    return problems


def _told(code: str, differing: list[_Stored]) -> Problem:
    first = differing[0]
    return problem(
        code,
        sheet=first.sheet,
        cell=first.address,
        item=", ".join(one.id for one in differing),
        found="; ".join(f"{one.id} ({one.sheet}!{one.address}): {one.shown}" for one in differing),
        expected="; ".join(f"{one.id}: {plain(one.ours)}" for one in differing),
    )


def _results(plan: Plan, result: Result) -> Iterator[tuple[str, float | None]]:
    for node in plan.instrument.nodes:
        yield node.id, result.sections[node.id].score
    yield OVERALL, result.overall
    for measure in plan.instrument.measures:
        yield measure.id, result.measures[measure.id].value


def _stored(plan: Plan, location: Location, result: Result) -> Iterator[_Stored]:
    ours = dict(_results(plan, result))
    score_heading, result_heading = fold(plan.words("results.score")), fold(plan.words("measures.result"))
    for node in plan.instrument.nodes:
        yield _at(location, node.id, ours[node.id], plan.score_cell(node.id), score_heading)
    planned = plan.overall_cell()
    row = _overall_row(plan, _sheet(location, plan.results.sheet, score_heading))
    moved = CellRef(planned.sheet, row, planned.column) if row is not None else planned
    yield replace(_at(location, OVERALL, ours[OVERALL], moved, score_heading), planned=planned)
    for measure in plan.instrument.measures:
        cell = plan.measures.cell(measure.id, Measures.VALUE)
        yield _at(location, measure.id, ours[measure.id], cell, result_heading)


def _overall_row(plan: Plan, index: SheetIndex | None) -> int | None:
    """The overall score has no code; its row says so in words."""
    if index is None:
        return None
    wanted = fold(plan.words("word.overall"))
    rows = [row for row, column, text, _ in index.sheet.texts if column == Results.LABEL and fold(text) == wanted]
    return min(rows, default=None)


def _at(location: Location, identifier: str, ours: float | None, planned: CellRef, heading: str) -> _Stored:
    """The stored result: in the row that shows the code, under the heading; else where it was sent out."""
    book = location.index
    index = _sheet(location, planned.sheet, heading)
    if index is None:
        return _Stored(identifier, ours, planned.sheet, planned.address, None, planned)
    place = _by_code(index, fold(identifier), heading) or (planned.row, _column(index, planned, heading))
    found = CellRef(index.name, *place)
    old_format = book.workbook.kind is FileKind.XLS
    return _Stored(identifier, ours, index.name, found.address, index.cell(*place), planned, old_format)


def _sheet(location: Location, name: str, heading: str) -> SheetIndex | None:
    """The sheet of a name, or the one under another name with the same items or the same heading."""
    book = location.index
    there = book.sheet(name)
    if there is None:
        moved = next((one.sheet for one in location.items if one.outcome is None and one.item.sheet == name), "")
        there = book.sheet(moved) if moved else None
    if there is None:
        headed = [
            index
            for index in book.sheets
            if index.visible
            and any(heading in header.columns and header.number is not None for header in index.headers)
        ]
        there = headed[0] if len(headed) == 1 else None
    return there


def _by_code(index: SheetIndex, code: str, heading: str) -> tuple[int, int] | None:
    for row, column in index.codes.get(code, ()):
        header = index.header_above(row)
        if header is not None and header.number == column and heading in header.columns:
            return row, header.columns[heading][0]
    return None


def _column(index: SheetIndex, planned: CellRef, heading: str) -> int:
    header = index.header_for(planned.row, heading)
    return header.columns[heading][0] if header is not None else planned.column
