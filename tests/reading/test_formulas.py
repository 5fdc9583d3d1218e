"""Telling why a stored result differs: formulas compared as programs rewrite them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from random import Random

import pytest
from msgspec.structs import replace
from oracle.cases import COMMUNITY, COUNCIL, plan
from rounds import earlier

from kil_xlsx.core.readings import FileInfo, Reading
from kil_xlsx.core.returns import Key
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Document
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.form import read_cells
from kil_xlsx.reading.model import CellKind, WorkbookData
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
INFO = FileInfo(name="return.xlsx", sha256="", size=0, kind="xlsx", application="")
FIRST_ANSWERS = {
    Key(question): "2 Developing"
    for question in ("LA-C1-1", "LA-C1-2", "LA-C1-3", "LA-C1-4", "LA-C1-5", "LA-C2-1", "LA-C2-2", "LA-C2-3", "LA-C2-4")
}


@cache
def made(name: str, *, second_round: bool = False) -> WorkbookData:
    previous = earlier(plan(name), Random(4)) if second_round else None
    document: Document = compose(
        plan(name), Issue(CREATED, previous=previous), FIRST_ANSWERS if name == COUNCIL else {}
    )
    return read_workbook(write(document, default_theme()))


def with_formulas(workbook: WorkbookData, rewrite: Callable[[str], str]) -> WorkbookData:
    """The workbook with every formula written differently."""
    return replace(
        workbook,
        sheets=tuple(
            replace(
                sheet,
                cells={
                    at: replace(cell, formula=rewrite(cell.formula)) if cell.formula else cell
                    for at, cell in sheet.cells.items()
                },
            )
            for sheet in workbook.sheets
        ),
    )


def with_stored(workbook: WorkbookData, cell: CellRef, value: float, formula: str | None = None) -> WorkbookData:
    """The workbook with another result in a cell, and perhaps another formula."""
    sheets = []
    for sheet in workbook.sheets:
        if sheet.name == cell.sheet:
            there = sheet.cells[cell.row, cell.column]
            changed = replace(there, value=value, kind=CellKind.NUMBER, formula=formula or there.formula)
            sheet = replace(sheet, cells={**sheet.cells, (cell.row, cell.column): changed})
        sheets.append(sheet)
    return replace(workbook, sheets=tuple(sheets))


def all_differ(workbook: WorkbookData, name: str) -> WorkbookData:
    for node in plan(name).instrument.nodes:
        workbook = with_stored(workbook, plan(name).score_cell(node.id), 12.5)
    for measure in plan(name).instrument.measures:
        workbook = with_stored(workbook, plan(name).measures.cell(measure.id, 4), 12.5)
    return with_stored(workbook, plan(name).overall_cell(), 12.5)


def read(workbook: WorkbookData, name: str = COUNCIL) -> Reading:
    return read_cells(workbook, INFO, {plan(name).instrument.key: plan(name)})


def why(reading: Reading) -> set[str]:
    return {each.code for each in reading.problems if each.code.startswith("score-")}


REWRITTEN: dict[str, Callable[[str], str]] = {
    "as it was": lambda text: text,
    "blanks": lambda text: text.replace(",", ", "),
    "numbers": lambda text: text.replace("0.5", "0.50000000000000000001"),
    "no dollars": lambda text: text.replace("$", ""),
    "quoted sheets": lambda text: text.replace("Workings!", "'Workings'!").replace("Lists!", "'Lists'!"),
    "true as a function": lambda text: text.replace(",FALSE)", ",FALSE())").replace("TRUE", "TRUE()"),
    "small letters": lambda text: text.replace("IFERROR(", "_xlfn.iferror(").replace("SUM(", "sum("),
}


@pytest.mark.parametrize("name", [COUNCIL, COMMUNITY])
@pytest.mark.parametrize("second_round", [False, True])
@pytest.mark.parametrize("rewrite", REWRITTEN.values(), ids=REWRITTEN.keys())
def test_formulas_written_differently_are_not_taken_for_changed(
    name: str, second_round: bool, rewrite: Callable[[str], str]
) -> None:
    """Every result differs from ours, yet no formula is accused, however a program writes it."""
    workbook = all_differ(with_formulas(made(name, second_round=second_round), rewrite), name)
    assert why(read(workbook, name)) == {"score-stale"}


@pytest.mark.parametrize(
    ("before", "after"),
    [("$D$2:$D$6", "$D$2:$D$5"), ("ROUND(", "INT("), (",6)", ",0)"), ("Workings!$D$2", "Lists!$D$2")],
)
def test_a_changed_formula_is_named(before: str, after: str) -> None:
    """The cell whose formula differs is named, with both formulas."""
    cell = plan(COUNCIL).score_cell("C1")
    sheet = made(COUNCIL).sheet(cell.sheet)
    assert sheet is not None
    formula = sheet.cells[cell.row, cell.column].formula or ""
    changed = formula.replace(before, after, 1)
    assert changed != formula
    [problem] = [
        each
        for each in read(with_stored(made(COUNCIL), cell, 99.0, changed)).problems
        if each.code == "score-formula-changed"
    ]
    assert (problem.sheet, problem.cell, problem.item) == (cell.sheet, cell.address, "C1")
    assert "99" in problem.found


def test_a_constant_behind_a_score_is_part_of_its_chain() -> None:
    """A number on the hidden sheet of lists that was typed over is found from the score that it changes."""
    place = next(iter(plan(COUNCIL).lists.values()))
    workbook = made(COUNCIL)
    sheet = workbook.sheet(place.sheet)
    assert sheet is not None
    values = [at for at, cell in sheet.cells.items() if at[1] == place.column + 2 and cell.kind is CellKind.NUMBER]
    changed = with_stored(workbook, CellRef(place.sheet, *values[2]), 17.0)
    changed = with_stored(changed, plan(COUNCIL).score_cell("C1"), 88.0)
    [problem] = [each for each in read(changed).problems if each.code == "score-formula-changed"]
    assert problem.sheet == place.sheet
