"""Workbooks filled in beforehand: engines tell what was confirmed, changed and left alone as Python does."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracle.cases import INSTRUMENTS, OFFICE_CASES, SECOND_ROUNDS, plan
from oracle.engines import ISSUE, Engine, Formulon, IronCalc, Oracle, compared, explained, planted, saved, seeded
from oracle.libreoffice import LibreOffice
from oracle.roundtrip import disagreeing, read_back
from rounds import FULLER, SecondRound, second_round

from kil_xlsx.core.checking import CARRIED
from kil_xlsx.core.returns import Key, Touch, Typed
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.places import Carried
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue


def _issue(this: SecondRound) -> Issue:
    return Issue(ISSUE.created, previous=this.previous)


def _counted(plan: Plan, engine: Engine) -> object:
    """How many items an engine counts as neither confirmed nor changed."""
    [found] = engine.read([plan.check_workings.cell(CARRIED, Plan.CHECK_VALUE)])
    return found


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("engine", [IronCalc, Formulon])
def test_a_second_round_gives_the_same(engine: type[IronCalc] | type[Formulon], name: str, tmp_path: Path) -> None:
    """Answers confirmed and changed in a workbook filled in beforehand give Python's values in every formula cell."""
    pytest.importorskip(engine.__name__.lower())
    for case in range(SECOND_ROUNDS if engine is IronCalc else 1):
        this = second_round(plan(name), seeded(name, "second", case), FULLER if case == 0 else None)
        issue = _issue(this)
        oracle = Oracle(plan(name), engine(saved(compose(plan(name), issue), tmp_path / f"{case}.xlsx")), issue)
        differences = oracle.differences(this.edits)
        assert not differences, explained(differences, this.edits, case)
        assert _counted(plan(name), oracle.engine) == len(this.of(Touch.UNTOUCHED))


def test_a_comparison_that_overlooks_changes_is_caught(tmp_path: Path) -> None:
    """A formula of the hidden sheet that never sees a change is noticed."""
    pytest.importorskip("ironcalc")
    name = INSTRUMENTS[0]
    this = second_round(plan(name), seeded(name, "planted"), FULLER)
    issue = _issue(this)
    document = compose(plan(name), issue)
    key, changed = next((key, value) for key, value in this.edits.items() if key in this.previous.typed)
    row = Carried.HEADER + 1 + list(this.previous.typed).index(key)
    place = CellRef(plan(name).words("sheet.carried"), row, Carried.CHANGED)
    broken = planted(document, place, "0")
    oracle = Oracle(plan(name), IronCalc(saved(broken, tmp_path / "wrong.xlsx")), issue)
    assert any(place.absolute() in each for each in oracle.differences({key: changed}))


@pytest.mark.oracle
@pytest.mark.parametrize("case", range(max(OFFICE_CASES // 2, 1)))
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_libreoffice_keeps_what_was_carried_over(name: str, case: int, office: LibreOffice, tmp_path: Path) -> None:
    """Opened, confirmed and changed in LibreOffice, recalculated, saved and read: every item has its own state."""
    this = second_round(plan(name), seeded(name, "office", case), FULLER)
    assert {*this.states.values()} == {*Touch}
    issue = _issue(this)
    office.open(saved(compose(plan(name), issue), tmp_path / "sent.xlsx"))
    office.type_answers(plan(name), this.edits)
    office.recalculate()
    document = compose(plan(name), issue, this.edits)
    places = [place for place, _ in document.formulas()]
    differences = compared(document, places, office.read(places), truth_is_a_number=True)
    assert not differences, explained(differences, this.edits, case)
    reading = read_back(office.save(tmp_path / "saved.xlsx"), plan(name))
    assert reading.ret is not None
    assert {item: reading.ret.touch(*item) for item in reading.ret.carried_items} == this.states
    assert dict(reading.ret.carried) == {key: _held(value) for key, value in this.previous.typed.items()}
    stands: dict[Key, Typed] = {**this.previous.typed, **this.edits}
    assert not disagreeing(reading, plan(name), {key: value for key, value in stands.items() if value is not None})


def _held(value: Typed) -> Typed:
    """What a cell holds: nothing for an empty text."""
    return None if value == "" else value
