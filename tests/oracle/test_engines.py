"""Formula cells give in independent engines what Python gives, for any answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.cases import CASES, COUNCIL, INSTRUMENTS, OTHER_ONLY, SLOW_ENGINE_CASES, chunks, plan
from oracle.engines import ISSUE, SENTINEL, Formulon, IronCalc, Oracle, compared, explained, planted, saved, seeded
from strategies import BLANK, EVERYTHING, FULL, Mood, capitals, random_typed, typed_sets

from kil_xlsx.core.returns import Key, State, Typed
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Document, Formula
from kil_xlsx.layout.places import ActionPlan, Checks, Measures, Results, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind

pytest.importorskip("ironcalc")
pytest.importorskip("formulon")

ENGINES = (IronCalc, Formulon)
EngineType = type[IronCalc] | type[Formulon]


def _check(oracle: Oracle, typed: dict[Key, Typed], case: object) -> None:
    differences = oracle.differences(typed)
    assert not differences, explained(differences, typed, case)


@pytest.mark.parametrize(("first", "after"), chunks(CASES))
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_random_answers_give_the_same_in_ironcalc(
    name: str, first: int, after: int, blank: Callable[[str], Path]
) -> None:
    """Whatever is typed into a blank workbook, IronCalc works out every formula cell as Python does."""
    oracle = Oracle(plan(name), IronCalc(blank(name)))
    for case in range(first, after):
        _check(oracle, random_typed(plan(name), seeded(name, case)), case)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_random_answers_give_the_same_in_formulon(name: str, blank: Callable[[str], Path]) -> None:
    """A second engine, made independently, works out every formula cell as Python does."""
    oracle = Oracle(plan(name), Formulon(blank(name)))
    for case in range(SLOW_ENGINE_CASES):
        _check(oracle, random_typed(plan(name), seeded(name, "formulon", case)), case)


@pytest.mark.parametrize("mood", [BLANK, FULL, EVERYTHING], ids=["blank", "full", "everything"])
@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_extremes_give_the_same(engine: EngineType, name: str, mood: Mood, blank: Callable[[str], Path]) -> None:
    """Nothing filled in, everything filled in well, and everything filled in anyhow give what Python gives."""
    _check(Oracle(plan(name), engine(blank(name))), random_typed(plan(name), seeded(name), mood), mood)


@settings(derandomize=True, max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_drawn_answers_give_the_same(name: str, data: st.DataObject, blank: Callable[[str], Path]) -> None:
    """Answers drawn by Hypothesis, which shrinks a failure to the few cells that matter, give the same."""
    typed = data.draw(typed_sets(plan(name)))
    _check(_shared(name, blank(name)), typed, "drawn")


@cache
def _shared(name: str, path: Path) -> Oracle:
    return Oracle(plan(name), IronCalc(path))


def _sly(plan: Plan, slot: Slot) -> tuple[Typed, ...]:
    """What a formula takes for something else in a cell unless it is written with care."""
    if slot.kind is SlotKind.CHOICE and slot.choices:
        label = offered(plan.instrument.choice_lists[slot.choices])[0][0]
        wild = ("*", "?", f"{label[0]}*", f"?{label[1:]}", f"{label}~", "~*", "~")
        return (*wild, capitals(label), f" {label}", 0.0, 1.0, True, "\n", "x" * 300)
    if slot.kind is SlotKind.DATE:
        assert slot.minimum is not None
        assert slot.maximum is not None
        first, last = slot.minimum, slot.maximum
        return (first, last, last + 0.75, last + 1, first - 0.25, 46000.5, 46000.0, "46000", True, " ")
    if slot.kind is SlotKind.NUMBER:
        edges = [edge for edge in (slot.minimum, slot.maximum) if edge is not None]
        return (True, "5", " ", 0.0, *edges, *(edge + 1e-7 for edge in edges), *(edge - 1e-7 for edge in edges))
    starts = ("*", "E0?000023", "E0*", "e06000023", " E06", "E  06", "E06", "x" * 300, 6.0, "80331", "0?", "01", 1099.0)
    return (*starts, " ", True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_sly_answers_give_the_same(name: str, engine: EngineType, blank: Callable[[str], Path]) -> None:
    """Wildcards, labels in capitals, numbers and logical values where text belongs, and the edges of every range."""
    oracle = Oracle(plan(name), engine(blank(name)))
    for case in range(0, 14, 1 if engine is IronCalc else 6):
        typed: dict[Key, Typed] = {}
        for number, slot in enumerate(plan(name).slots):
            options = _sly(plan(name), slot)
            typed[slot.key] = options[(number + case) % len(options)]
        _check(oracle, typed, case)


# ------------------------------------------------------------------------------------- can the comparison fail at all?


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_does_nothing_is_caught(engine: EngineType, name: str, blank: Callable[[str], Path]) -> None:
    """Every stored value is replaced before an engine loads a workbook, so an engine must recalculate to agree."""
    places = [place for place, _ in compose(plan(name), ISSUE).formulas()]
    loaded = engine(blank(name))
    document = compose(plan(name), ISSUE)
    assert len(compared(document, places, [SENTINEL] * len(places))) == len(places)
    loaded.recalculate()
    assert SENTINEL not in loaded.read(places)


def _formula_at(document: Document, place: CellRef) -> str:
    value = document.sheet(place.sheet).cells[place.row, place.column].value
    assert isinstance(value, Formula)
    return value.text


def _wrong_formulas(plan: Plan) -> list[tuple[CellRef, str, str]]:
    """Places, and what is planted there instead of what: mistakes as they are really made."""
    first, last = plan.instrument.questions[0], plan.instrument.questions[-1]
    node = plan.instrument.nodes[0]
    return [
        (plan.score_cell(node.id), ",6),", ",1),"),
        (plan.score_cell(node.id, Results.ANSWERED), str(State.ANSWERED), str(State.UNANSWERED)),
        (plan.overall_cell(), "ROUND(", "1E-6+ROUND("),
        (plan.working(first.id, Workings.VALUE), '=0,"",', "=0,0,"),
        (plan.working(last.id, Workings.PRIORITY), "*10000", "*9999"),
        (plan.working(first.id, Workings.REASON), "0,1", "1,0"),
        (CellRef(plan.checks.sheet, plan.checks.last, Checks.RESULT), "=0,", "=1,"),
        (CellRef(plan.words("sheet.plan"), plan.plan_first, ActionPlan.CODE), "LARGE", "SMALL"),
        (plan.measures.cell(plan.instrument.measures[0].id, Measures.VALUE), "IFERROR(ROUND(", "IFERROR(1E-6+ROUND("),
    ]


@pytest.mark.parametrize(
    ("name", "number"), [*((OTHER_ONLY, number) for number in range(9)), (COUNCIL, 0), (COUNCIL, 4)]
)
def test_a_planted_wrong_formula_is_caught(name: str, number: int, tmp_path: Path) -> None:
    """One formula written wrongly, its stored value left right, shows within a few dozen random answer sets."""
    place, right, wrong = _wrong_formulas(plan(name))[number]
    document = compose(plan(name), ISSUE)
    text = _formula_at(document, place)
    assert right in text
    broken = planted(document, place, text.replace(right, wrong))
    oracle = Oracle(plan(name), IronCalc(saved(broken, tmp_path / "wrong.xlsx")))
    for case in range(40):
        differences = oracle.differences(random_typed(plan(name), seeded("planted", case)))
        if any(place.absolute() in difference for difference in differences):
            return
    pytest.fail(f"{place.absolute()} with {wrong} for {right} was not noticed")
