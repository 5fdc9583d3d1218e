"""A workbook is filled in and sent off in a real LibreOffice window by the keyboard alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from oracle.cases import COMMUNITY, COUNCIL, office_is_required, plan
from oracle.keyboard import Keyboard, fill_in, inputs, keyboard_is_missing, place
from oracle.libreoffice import labels_of
from oracle.roundtrip import disagreeing, misread

from kil_xlsx import pipeline
from kil_xlsx.core.checking import CLAIMS
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.places import StartPlan
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning"),  # openpyxl only looks here
]

CREATED = datetime(2026, 1, 5, 9, 0)
DAYS = {"1/4/2025": 45748.0, "31/3/2026": 46112.0, "30/9/2026": 46295.0}
"""Days as a person in Britain types them, and what their cells then hold."""


@pytest.fixture(autouse=True)
def _keyboard() -> None:
    """Without a window and a keyboard, skip, or fail where they are required."""
    missing = keyboard_is_missing()
    if missing and office_is_required():
        pytest.fail(f"{missing}, and it is required here")
    if missing:
        pytest.skip(missing)


def _blank(name: str, folder: Path) -> Path:
    """The blank workbook of an instrument, as the program generates it."""
    framework, respondent = name.split("/")
    [made] = pipeline.generate(framework, respondent=respondent, out=folder, created=CREATED).workbooks
    return made.path


def _about(plan: Plan, slot: Slot, days: list[str]) -> str:
    """What a respondent types in a field about the organisation."""
    field = next(field for field in plan.instrument.profile if field.id == slot.key.item)
    scheme = plan.instrument.framework.id_schemes[0]
    texts = {
        "org_id": f"{scheme.prefix}-{scheme.examples[0]}",
        "org_id_list": "",
        "area_code": "E06000023",
        "long_text": "The wards of Northgate and Quayside; and BS3.",
    }
    if slot.kind is SlotKind.DATE:
        return days.pop(0)
    return texts.get(field.type, f"Typed for {slot.code}, by hand")


def _answers(plan: Plan, slots: list[Slot]) -> list[tuple[Slot, str]]:
    """What a respondent enters: everything about the organisation, every question, some of the rest.

    Answers go through the choices of their list in turn, so that questions get every kind of answer.
    """
    days = list(DAYS)
    turns: dict[str, int] = {}
    unexplained: set[str] = set()
    thorough = {question.id for question in plan.instrument.questions[:2]}
    figures = list(plan.figures.rows)
    entries: list[tuple[Slot, str]] = []
    for slot in slots:
        item, part = slot.key.item, slot.key.part
        kind = plan.kinds.get(item, "check")
        main = part == Part.ANSWER
        labels = labels_of(plan, slot)
        if labels and (main or item in thorough or (part == Part.MISSING and item == figures[1])):
            if kind == "figure" and main:
                continue
            turn = turns[slot.choices or ""] = turns.get(slot.choices or "", -1) + 1
            text = labels[turn % len(labels)]
            choice = offered(plan.instrument.choice_lists[slot.choices or ""], levels_only=slot.levels_only)
            if choice[turn % len(labels)][1].state == "not_applicable":
                unexplained.add(item)
        elif kind == "profile" and main:
            text = _about(plan, slot, days)
        elif part == Part.REASON and item in unexplained:
            text = f"Another body does this for us, see {slot.code}"
        elif item in thorough and part != Part.REASON:
            text = "30/9/2026" if slot.kind is SlotKind.DATE else f"Minutes of {slot.code}, page 3 ({part})"
        elif item == CLAIMS and part == Part.EXPLANATION:
            text = "The evidence is being collected"
        elif item == figures[0] and main:
            text = "125000.5"
        else:
            continue
        if text:
            entries.append((slot, text))
    return entries


def _typed(entries: list[tuple[Slot, str]]) -> dict[Key, Typed]:
    """What the cells hold after that."""
    held: dict[Key, Typed] = {}
    for slot, text in entries:
        if slot.kind is SlotKind.DATE:
            held[slot.key] = DAYS[text]
        else:
            held[slot.key] = float(text) if slot.kind is SlotKind.NUMBER else text
    return held


def _faults(path: Path, plan: Plan, entries: list[tuple[Slot, str]]) -> list[str]:
    """All that keeps a saved workbook from being a complete return of just these entries, ready to send."""
    [reading] = pipeline.read([path], plan.instrument.framework.id).readings
    assert isinstance(reading, Reading) and reading.result is not None, reading.problems
    progress = reading.result.progress
    faults = misread(reading, plan, _typed(entries)) + disagreeing(reading, plan, _typed(entries))
    if progress.profile_done != progress.profile_required:
        faults.append(f"profile: {progress.profile_done} of {progress.profile_required}")
    if progress.questions_responded != len(plan.instrument.questions):
        faults.append(f"questions: {progress.questions_responded} of {len(plan.instrument.questions)}")
    if not progress.ready:
        faults.append("the program does not find it ready")
    if _status(path, plan) != plan.words("start.ready"):
        faults.append(f"the workbook says: {_status(path, plan)}")
    return faults


def _status(path: Path, plan: Plan) -> str:
    """What the saved workbook shows as its own status."""
    book = openpyxl.load_workbook(path, data_only=True)
    value = book[plan.start.sheet].cell(plan.start.status + 1, StartPlan.VALUE + 1).value
    book.close()
    return str(value)


@pytest.mark.parametrize("name", [COUNCIL, COMMUNITY])
def test_a_workbook_is_filled_in_by_the_keyboard_alone(name: str, tmp_path: Path) -> None:
    """From the first sheet to "Ready to send": not before the last required field is there, and then it is complete."""
    path, layout = _blank(name, tmp_path), plan(name)
    order = inputs(layout, path)
    entries = _answers(layout, [slot for slots in order.values() for slot in slots])
    left_out = next(slot for slot, _ in entries if slot.required and not slot.choices)
    most = [(slot, text) for slot, text in entries if slot is not left_out]
    with Keyboard(path) as keyboard:
        fill_in(keyboard, order, most, layout)
        keyboard.save()
        before = _faults(path, layout, most)
        fill_in(keyboard, order, [(slot, text) for slot, text in entries if slot is left_out], layout)
        keyboard.turn_to(layout.start.sheet, list(order))
        keyboard.save()
        keyboard.leave()
    assert len(before) == 3 and before[0].startswith("profile:") and before[2].startswith("the workbook says:"), before
    assert _faults(path, layout, entries) == []


@pytest.mark.parametrize("name", [COUNCIL, COMMUNITY])
def test_tab_visits_every_cell_to_fill_in_in_reading_order(name: str, tmp_path: Path) -> None:
    """A sheet opens on its first cell to fill in; Tab goes through all of them in reading order, then round again."""
    path = _blank(name, tmp_path)
    order = inputs(plan(name), path)
    with Keyboard(path) as keyboard:
        for sheet, slots in order.items():
            started = keyboard.turn_to(sheet, list(order))
            if not slots:
                continue
            route = [place(slot.cell) for slot in slots]
            assert started == route[0]
            assert [keyboard.step("Tab") for _ in route] == [*route[1:], route[0]]
            assert keyboard.step("shift+Tab") == route[-1]
