"""The worked cases of a definition come out as it says: in Python, and in the workbook that is sent out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from oracle.cases import COMMUNITY, COUNCIL, OTHER_ONLY, framework, plan
from oracle.engines import ISSUE, Engine, Formulon, IronCalc, Oracle, saved
from oracle.libreoffice import LibreOffice

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.framework import TestCase as WorkedCase
from kil_xlsx.core.instrument import instrument
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
    assert len(framework(COUNCIL).test_cases) == 16
    bases = {case.expect_basis for _, case in MEASURED}
    for name in (COMMUNITY, OTHER_ONLY):
        named = {basis.label for measure in plan(name).instrument.measures for basis in measure.bases}
        assert named
        assert named <= bases
    assert {name for name, case in MEASURED if case.measure == "C6-M1"} == {COUNCIL, COMMUNITY}


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
    if case.expect_basis is not None:
        assert measured.basis == case.expect_basis


@every_measured_case
def test_stored_values_are_what_the_case_says(name: str, case: WorkedCase) -> None:
    """A workbook that is written with the case's figures shows the expected results before it is recalculated."""
    document = compose(plan(name), ISSUE, _typed(case))
    for cell, expected in _expected(plan(name), case).items():
        value = document.sheet(cell.sheet).cells[cell.row, cell.column].value
        assert isinstance(value, Formula)
        assert value.value == pytest.approx(expected, abs=case.tolerance)
    if case.expect_basis is not None:
        beside, told = _read_beside(plan(name), case)
        value = document.sheet(beside.sheet).cells[beside.row, beside.column].value
        assert isinstance(value, Formula)
        assert value.value == told


def _read_beside(plan: Plan, case: WorkedCase) -> tuple[CellRef, str]:
    """Where it is said what the measure of a case rests on, and what must stand there."""
    assert case.measure is not None
    measure = next(each for each in plan.instrument.measures if each.id == case.measure)
    low, high = measure.valid_from, measure.valid_to
    reading = "worked_out" if low is None and high is None else "in_range"
    if (low is not None and case.expect < low) or (high is not None and case.expect > high):
        reading = "out_of_range"
    told = plan.words("measures.based", basis=case.expect_basis, reading=plan.words(f"measures.based_{reading}"))
    return plan.measures.cell(case.measure, Measures.MISSING), told


def _recalculated(engine: Engine, plan: Plan, case: WorkedCase) -> None:
    cells = _expected(plan, case)
    for cell, found in zip(cells, engine.read(list(cells)), strict=True):
        assert found == pytest.approx(cells[cell], abs=case.tolerance), cell
    if case.expect_basis is not None:
        beside, told = _read_beside(plan, case)
        assert engine.read([beside]) == [told]


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
    if case.expect_basis is not None:
        beside, told = _read_beside(plan(name), case)
        assert list(office.read([beside])) == [told]


# ------------------------------------------------------------------------------------------------- plain means

MEANS = [case for name in (COUNCIL, OTHER_ONLY) for case in framework(name).test_cases if case.measure is None]
every_mean = pytest.mark.parametrize("case", MEANS, ids=[case.id for case in MEANS])


def _mean_plan(case: WorkedCase) -> Plan:
    """A framework with one section, in which a question may be answered by each value of a case."""
    choices = [
        {"code": f"V{value:g}", "label": f"{value:g} points", "value": value} for value in sorted(set(case.values))
    ]
    content = {
        "id": "survey",
        "version": "1.0.0",
        "language": "en-GB",
        "title": "Survey",
        "notice": "Made up for a test.",
        "reference_prefix": "SU",
        "respondents": [{"id": "club", "code": "CL", "label": "Club", "purpose": "To test.", "answered_by": "All."}],
        "choice_lists": [{"id": "points", "choices": choices}],
        "default_choices": "points",
        "evidence_strength": "points",
        "missing_figure": "points",
        "scoring": {
            "minimum": 0,
            "maximum": 100,
            "section": {"rule": "mean", "of": "questions", "multiply": 1},
            "overall": {"rule": "mean"},
        },
        "sections": [{"id": "S", "label": "Surveys"}],
        "questions": [
            {"id": f"S-{n}", "respondent": "club", "section": "S", "label": f"Survey {n}", "text": "How many points?"}
            for n in range(1, len(case.values) + 1)
        ],
        "profile": [{"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"}],
        "benchmarking": {"consent": {"share": []}},
    }
    return Plan(instrument(msgspec.convert(content, Framework), "club"))


def _answered(case: WorkedCase) -> dict[Key, Typed]:
    """The values of a case as answers that are chosen from the lists."""
    return {Key(f"S-{number}"): f"{value:g} points" for number, value in enumerate(case.values, start=1)}


def _check_mean(case: WorkedCase, found: object) -> None:
    assert found == pytest.approx(case.expect, abs=case.tolerance)


def _mean_recalculated(case: WorkedCase, engine: Engine, plan: Plan) -> None:
    oracle = Oracle(plan, engine)
    assert not oracle.differences(_answered(case))
    for found in engine.read([plan.score_cell("S"), plan.overall_cell()]):
        _check_mean(case, found)


@every_mean
def test_python_scores_the_mean(case: WorkedCase) -> None:
    """The values as answers to the questions of a section give the section, and the whole, their mean."""
    plan = _mean_plan(case)
    result = score(plan.instrument, seen_by_formulas(plan, _answered(case)))
    assert result.sections["S"].counts.answered == len(case.values)
    _check_mean(case, result.sections["S"].score)
    _check_mean(case, result.overall)


@pytest.mark.parametrize("engine", [IronCalc, Formulon])
@every_mean
def test_the_recalculated_workbook_scores_the_mean(
    case: WorkedCase, engine: type[IronCalc] | type[Formulon], tmp_path: Path
) -> None:
    """The values chosen in a blank workbook give the mean in its own score cell."""
    plan = _mean_plan(case)
    _mean_recalculated(case, engine(saved(compose(plan, ISSUE), tmp_path / "means.xlsx")), plan)


@pytest.mark.oracle
@every_mean
def test_libreoffice_scores_the_mean(case: WorkedCase, office: LibreOffice, tmp_path: Path) -> None:
    """The values picked from the dropdowns in LibreOffice give the mean in the workbook's own score cell."""
    plan = _mean_plan(case)
    office.open(saved(compose(plan, ISSUE), tmp_path / "means.xlsx"))
    office.type_answers(plan, _answered(case))
    office.recalculate()
    for found in office.read([plan.score_cell("S"), plan.overall_cell()]):
        _check_mean(case, found)


@every_mean
def test_a_wrong_mean_is_caught(case: WorkedCase, tmp_path: Path) -> None:
    """An expectation that is a thousandth off, and a value that is left out, are noticed in the workbook."""
    plan = _mean_plan(case)
    engine = IronCalc(saved(compose(plan, ISSUE), tmp_path / "means.xlsx"))
    _mean_recalculated(case, engine, plan)
    with pytest.raises(AssertionError):
        _mean_recalculated(msgspec.structs.replace(case, expect=case.expect + 0.001), engine, plan)
    engine.type_in({plan.by_key[Key("S-1")].cell: None})
    engine.recalculate()
    [found] = engine.read([plan.score_cell("S")])
    with pytest.raises(AssertionError):
        _check_mean(case, found)
