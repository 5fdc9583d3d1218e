"""The worked cases of a definition come out as it says: in Python, and in the workbook that is sent out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oracle.cases import COMMUNITY, COUNCIL, OTHER_ONLY, framework, plan
from oracle.engines import ISSUE, Engine, Formulon, IronCalc, Oracle
from oracle.libreoffice import LibreOffice

from kil_xlsx.core.framework import TestCase as WorkedCase
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.layout.compose import compose, seen_by_formulas
from kil_xlsx.layout.document import CellRef, Formula
from kil_xlsx.layout.places import Measures
from kil_xlsx.layout.plan import Plan

pytest.importorskip("ironcalc")
pytest.importorskip("formulon")


def _measured() -> Iterator[tuple[str, WorkedCase]]:
    """Every worked case of a measure, for every type of respondent that has the measure."""
    for name in (COUNCIL, COMMUNITY, OTHER_ONLY):
        measures = {measure.id for measure in plan(name).instrument.measures}
        for case in framework(name).test_cases:
            if case.measure in measures:
                yield name, case


MEASURED = list(_measured())
_ids = [f"{name}-{case.id}" for name, case in MEASURED]
every_measured_case = pytest.mark.parametrize(("name", "case"), MEASURED, ids=_ids)


def _typed(case: WorkedCase) -> dict[Key, Typed]:
    """A worked case as answers in cells."""
    typed: dict[Key, Typed] = {Key(figure): value for figure, value in case.inputs.items()}
    for table, rows in case.tables.items():
        for number, row in enumerate(rows, start=1):
            typed |= {Key(table, Part.ANSWER, number, column): value for column, value in row.items()}
    return {key: value for key, value in typed.items() if value is not None}


def _expected(plan: Plan, case: WorkedCase) -> dict[CellRef, float]:
    """What a worked case says of cells: the measure, its workings, and other measures."""
    assert case.measure is not None
    measure = next(each for each in plan.instrument.measures if each.id == case.measure)
    rows = {case.measure: case.expect, **case.also_expect}
    rows |= {Plan.working_key(measure, working): value for working, value in case.workings.items()}
    return {plan.measures.cell(row, Measures.VALUE): value for row, value in rows.items()}


def test_every_case_is_tried() -> None:
    """Each worked case is a mean or belongs to a measure of some respondent; emissions are worked out by both."""
    for name in (COUNCIL, OTHER_ONLY):
        tried = {case.id for of, case in MEASURED if framework(of).id == framework(name).id}
        means = {case.id for case in framework(name).test_cases if case.measure is None and case.values}
        assert tried | means == {case.id for case in framework(name).test_cases}
        assert tried
        assert means
    assert len(framework(COUNCIL).test_cases) == 8
    assert {name for name, case in MEASURED if case.measure == "C6-M1"} == {COUNCIL, COMMUNITY}


@pytest.mark.parametrize("name", [COUNCIL, OTHER_ONLY])
def test_means_are_as_expected(name: str) -> None:
    """A worked case of plain values gives their mean."""
    for case in framework(name).test_cases:
        if case.measure is None:
            assert sum(case.values) / len(case.values) == pytest.approx(case.expect, abs=case.tolerance)


@every_measured_case
def test_python_gives_what_the_case_says(name: str, case: WorkedCase) -> None:
    """The measure, its workings and the other measures named come out in Python."""
    assert case.measure is not None
    result = score(plan(name).instrument, seen_by_formulas(plan(name), _typed(case)))
    measured = result.measures[case.measure]
    assert measured.value == pytest.approx(case.expect, abs=case.tolerance)
    for working, expected in case.workings.items():
        assert measured.workings[working] == pytest.approx(expected, abs=case.tolerance)
    for measure, expected in case.also_expect.items():
        assert result.measures[measure].value == pytest.approx(expected, abs=case.tolerance)


@every_measured_case
def test_stored_values_are_what_the_case_says(name: str, case: WorkedCase) -> None:
    """A workbook that is written with the case's figures shows the expected results before it is recalculated."""
    document = compose(plan(name), ISSUE, _typed(case))
    for cell, expected in _expected(plan(name), case).items():
        value = document.sheet(cell.sheet).cells[cell.row, cell.column].value
        assert isinstance(value, Formula)
        assert value.value == pytest.approx(expected, abs=case.tolerance)


def _recalculated(engine: Engine, plan: Plan, case: WorkedCase) -> None:
    cells = _expected(plan, case)
    for cell, found in zip(cells, engine.read(list(cells)), strict=True):
        assert found == pytest.approx(cells[cell], abs=case.tolerance), cell


@pytest.mark.parametrize("engine", [IronCalc, Formulon])
@every_measured_case
def test_the_recalculated_workbook_gives_what_the_case_says(
    name: str, case: WorkedCase, engine: type[IronCalc] | type[Formulon], blank: Callable[[str], Path]
) -> None:
    """Typed into a blank workbook and recalculated by an independent engine, the case comes out."""
    oracle = Oracle(plan(name), engine(blank(name)))
    assert not oracle.differences(_typed(case))
    _recalculated(oracle.engine, plan(name), case)


@pytest.mark.oracle
@every_measured_case
def test_libreoffice_gives_what_the_case_says(
    name: str, case: WorkedCase, office: LibreOffice, blank: Callable[[str], Path]
) -> None:
    """Typed into a blank workbook in LibreOffice, the case comes out."""
    office.open(blank(name))
    office.type_answers(plan(name), _typed(case))
    office.recalculate()
    cells = _expected(plan(name), case)
    for cell, found in zip(cells, office.read(list(cells)), strict=True):
        assert found == pytest.approx(cells[cell], abs=case.tolerance), cell
