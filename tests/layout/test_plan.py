"""Where everything goes: the same place every time, one cell for everything, nothing in two places."""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl.utils.cell import coordinate_from_string

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument, instrument
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.errors import DefinitionError, LayoutError
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import Document
from kil_xlsx.layout.places import KEY, NO
from kil_xlsx.layout.plan import MOST_QUESTIONS, Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import SlotKind, key_text, name_of

GOLDEN = Path(__file__).parent.parent / "golden"
UPDATE = os.environ.get("KIL_UPDATE_GOLDEN") == "1"


@pytest.fixture(scope="module", params=["council", "community"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """The plan of each workbook that comes with the program."""
    return Plan(load_instrument(f"keep-it-local/{request.param}"))


@pytest.fixture(scope="module")
def blank(plan: Plan) -> Document:
    """The workbook of that plan with nothing in it."""
    return compose(plan, Issue(datetime(2026, 1, 1)))


def small(questions: int = 1, **changes: Any) -> Instrument:
    """A framework with next to nothing in it: no figures, no steps, no bands."""
    levels = [{"code": str(level), "label": f"Level {level}", "value": level} for level in range(3)]
    content: dict[str, Any] = {
        "id": "small",
        "version": "1.0.0",
        "language": "en-GB",
        "title": "Small",
        "notice": "Made up for a test.",
        "reference_prefix": "SM",
        "respondents": [{"id": "club", "code": "CL", "label": "Club", "purpose": "To test.", "answered_by": "All."}],
        "choice_lists": [
            {"id": "levels", "choices": levels},
            {"id": "opinion", "choices": [{"code": "like", "label": "I like it"}]},
        ],
        "default_choices": "levels",
        "evidence_strength": "levels",
        "missing_figure": "levels",
        "scoring": {"minimum": 0, "maximum": 2, "section": {"rule": "mean"}, "overall": {"rule": "mean"}},
        "sections": [{"id": "A", "label": "First"}],
        "questions": [
            {"id": f"A-{n}", "respondent": "club", "section": "A", "label": f"Topic {n}", "text": "How?"}
            for n in range(1, questions + 1)
        ],
        "profile": [{"id": "name", "code": "P1", "label": "Name", "type": "text", "role": "organisation"}],
        "benchmarking": {"consent": {"share": []}},
    }
    return instrument(msgspec.convert({**content, **changes}, Framework), "club")


def written_out(plan: Plan) -> str:
    """The plan as text to review: one line per cell to fill in, in order, with the name of those that have one."""
    lines = [f"{plan.instrument.key} {plan.instrument.framework.version}: item, part, sheet, cell, name"]
    for slot in plan.slots:
        row = f".{slot.key.row}.{slot.key.column}" if slot.key.row else ""
        parts = (slot.key.item + row, slot.key.part, slot.cell.sheet, slot.cell.address, slot.name or "-")
        lines.append("  ".join(parts))
    return "\n".join(lines) + "\n"


def test_the_plan_is_the_one_that_workbooks_in_use_were_made_by(plan: Plan) -> None:
    """Moving a cell strands workbooks already sent out, so every move shows here (KIL_UPDATE_GOLDEN=1 accepts it)."""
    path = GOLDEN / f"plan-{plan.instrument.respondent.id}.txt"
    found = written_out(plan)
    if UPDATE:
        path.write_text(found, encoding="utf-8")
    expected = path.read_text(encoding="utf-8")
    changes = difflib.unified_diff(expected.splitlines(), found.splitlines(), "accepted", "found", lineterm="", n=0)
    assert found == expected, "\n".join(list(changes)[:40])


def test_the_same_instrument_gives_the_same_plan(plan: Plan) -> None:
    """A workbook is read by the plan worked out again, maybe years later, from the same definition."""
    again = Plan(load_instrument(plan.instrument.key))
    assert again.slots == plan.slots
    assert written_out(again) == written_out(plan)
    assert (again.lists, again.lookups, again.published) == (plan.lists, plan.lookups, plan.published)
    assert (again.results, again.checks, again.measures) == (plan.results, plan.checks, plan.measures)


def test_no_two_answers_share_a_cell_or_a_key(plan: Plan) -> None:
    """One cell holds one answer, and one answer has one cell."""
    assert Counter(slot.cell for slot in plan.slots).most_common(1)[0][1] == 1
    assert len(plan.by_key) == len(plan.slots)


def test_every_item_has_one_main_cell(plan: Plan) -> None:
    """What makes up the account of a return has one main cell: per field, question, figure, step and table row."""
    mains = Counter((slot.key.item, slot.key.row) for slot in plan.slots if slot.main)
    expected = {(item, 0) for item in plan.kinds if item not in plan.tables}
    expected -= {(field.id, 0) for field in plan.instrument.profile if field.type == "derived"}
    expected |= {(table.id, row) for table in plan.instrument.tables for row in range(1, table.rows + 1)}
    assert set(mains) == expected
    assert set(mains.values()) == {1}
    assert all(slot.key.part == Part.ANSWER for slot in plan.slots if slot.main)


def test_worked_out_fields_are_not_filled_in(plan: Plan) -> None:
    """A field that is derived from another has no cell to type in."""
    derived = [field.id for field in plan.instrument.profile if field.type == "derived"]
    assert derived
    assert not any(Key(name) in plan.by_key for name in derived)


def test_names_are_unique_and_survive_every_program(plan: Plan) -> None:
    """Names of cells differ in more than capitals, use plain letters, and cannot be taken for a cell."""
    names = [slot.name for slot in plan.slots if slot.name]
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"kil_a_[A-Za-z0-9_]{1,240}", name) for name in names)
    assert [slot.name for slot in plan.slots if slot.main] == names


def test_the_name_of_a_code_uses_plain_letters_only() -> None:
    """Hyphens and letters with accents become underscores."""
    assert name_of("C1-01") == "kil_a_C1_01"
    assert name_of("Ö-ß.7") == "kil_a_____7"


def test_the_no_column_of_every_row_shows_the_code(plan: Plan, blank: Document) -> None:
    """People and the program find a row by the code in its "No." column, and by a hidden copy of it."""
    for slot in plan.slots:
        cells = blank.sheet(slot.cell.sheet).cells
        assert cells[slot.cell.row, NO].value == slot.code
        assert cells[slot.cell.row, KEY].value == key_text(slot.code)


def test_a_code_stands_in_one_row_only(plan: Plan) -> None:
    """No two rows of any sheets show the same code, so a row that was moved can still be told."""
    rows: dict[str, set[tuple[str, int]]] = {}
    for slot in plan.slots:
        rows.setdefault(slot.code.casefold(), set()).add((slot.cell.sheet, slot.cell.row))
    assert {code: where for code, where in rows.items() if len(where) > 1} == {}


def test_every_answer_stands_below_the_heading_it_says(plan: Plan, blank: Document) -> None:
    """The heading above a cell is the one that the reader looks for when a column was moved."""
    headers = {
        plan.about.sheet: {plan.about.header},
        plan.assessment.sheet: {plan.assessment.header},
        plan.figures.sheet: {plan.figures.header, *(place.header for place in plan.tables.values())},
        plan.checks.sheet: {plan.checks.header},
        plan.steps.sheet: {plan.steps.header},
    }
    for slot in plan.slots:
        above = max(row for row in headers[slot.cell.sheet] if row < slot.cell.row)
        assert blank.sheet(slot.cell.sheet).cells[above, slot.cell.column].value == slot.heading


def test_every_cell_to_fill_in_exists_and_is_empty(plan: Plan, blank: Document) -> None:
    """A blank workbook has a formatted, unlocked, empty cell with a rule for every answer, and no others."""
    painted = {
        (sheet.name, row, column)
        for sheet in blank.sheets
        for (row, column), cell in sheet.cells.items()
        if cell.style.role.startswith("input")
    }
    planned = {(slot.cell.sheet, slot.cell.row, slot.cell.column) for slot in plan.asked_slots}
    assert painted == planned
    assert all(blank.sheet(name).cells[row, column].value is None for name, row, column in painted)
    ruled = {
        (rule.area.sheet, *place) for sheet in blank.sheets for rule in sheet.validations for place in rule.area.cells()
    }
    assert ruled == planned


def test_the_rule_of_a_cell_carries_the_code_of_its_row(plan: Plan, blank: Document) -> None:
    """The prompt's title travels with a cell when rows are moved, so it names the row."""
    titles = {
        (rule.area.sheet, rule.area.first_row, rule.area.first_column): rule.title
        for sheet in blank.sheets
        for rule in sheet.validations
    }
    for slot in plan.asked_slots:
        assert titles[slot.cell.sheet, slot.cell.row, slot.cell.column] == slot.code


def test_every_dropdown_offers_exactly_the_labels_of_its_choices(plan: Plan, blank: Document) -> None:
    """The cells that a dropdown draws on hold, in order, what may be answered there, and nothing else."""
    slots = {(slot.cell.sheet, slot.cell.row, slot.cell.column): slot for slot in plan.asked_slots}
    dropdowns = {
        (rule.area.sheet, *place): rule.source
        for sheet in blank.sheets
        for rule in sheet.validations
        if rule.kind == "list"
        for place in rule.area.cells()
    }
    assert set(dropdowns) == {place for place, slot in slots.items() if slot.kind is SlotKind.CHOICE}
    for place, source in dropdowns.items():
        slot = slots[place]
        assert source is not None
        assert slot.choices is not None
        cells = blank.sheet(source.sheet).cells
        choices = offered(plan.instrument.choice_lists[slot.choices], levels_only=slot.levels_only)
        assert [cells[each].value for each in source.cells()] == [label for label, _ in choices], slot.key


def test_lists_lookups_and_figures_do_not_overlap(plan: Plan, blank: Document) -> None:
    """Every choice list, lookup and table of published figures has columns of its own, where it says."""
    taken: Counter[tuple[int, int]] = Counter()
    lists = blank.sheet(plan.words("sheet.lists"))
    for place in plan.lists.values():
        for what in range(5):
            taken.update(place.area(what).cells())
    for lookup in (*plan.lookups.values(), *plan.published.values(), plan.bands):
        taken.update(lookup.both().cells())
        assert list(lookup.both().cells())[::2] == list(lookup.keys().cells())
        assert list(lookup.both().cells())[1::2] == list(lookup.labels().cells())
    assert set(taken.values()) == {1}
    assert all(place in lists.cells for place in taken)


def test_addresses_are_those_that_openpyxl_reads(plan: Plan) -> None:
    """The address of a cell in reports is the one that people see at the edge of the sheet."""
    for slot in plan.slots[:: len(plan.slots) // 20]:
        column, row = coordinate_from_string(slot.cell.address)
        assert (row, len(column)) == (slot.cell.row + 1, 1)


def test_targets_offer_levels_only(plan: Plan) -> None:
    """Nobody aims at "not applicable"."""
    targets = [slot for slot in plan.slots if slot.key.part == Part.TARGET]
    assert targets
    assert all(slot.levels_only and slot.kind is SlotKind.CHOICE for slot in targets)
    assert not any(slot.levels_only for slot in plan.slots if slot.key.part != Part.TARGET)


def test_a_question_without_steps_has_no_target() -> None:
    """Where answers have no order there is nothing to aim at."""
    content = msgspec.to_builtins(small().framework)
    content["questions"][0]["choices"] = "opinion"
    plan = Plan(instrument(msgspec.convert(content, Framework), "club"))
    assert Key("A-1", Part.TARGET) not in plan.by_key
    assert Key("A-1") in plan.by_key


def test_a_framework_without_figures_or_steps_has_a_plan() -> None:
    """The smallest framework has its profile, questions and standing checks, and nothing else to fill in."""
    plan = Plan(small())
    assert {slot.cell.sheet for slot in plan.slots} == {"About you", "Assessment", "Checks"}


def test_the_plan_says_when_there_are_too_many_questions() -> None:
    """999 questions fit; one more is refused in plain words instead of mixing up the action plan."""
    assert len(Plan(small(MOST_QUESTIONS)).instrument.questions) == MOST_QUESTIONS
    with pytest.raises(LayoutError, match="1000 questions"):
        Plan(small(MOST_QUESTIONS + 1))


def test_words_that_cannot_be_used_stop_the_plan() -> None:
    """A sheet name that breaks programs is refused before anything is made."""
    with pytest.raises(DefinitionError, match=r"interface\.sheet\.about"):
        Plan(small(interface={"sheet.about": "You & us"}))


def test_a_framework_in_another_language_names_the_sheets() -> None:
    """Replaced words show in names of sheets and headings."""
    plan = Plan(small(interface={"sheet.about": "Über euch", "about.answer": "Antwort"}))
    slot = plan.by_key[Key("name")]
    assert (slot.cell.sheet, slot.heading) == ("Über euch", "Antwort")
