"""LibreOffice works out every formula cell as Python does, and what it saves is read as what was typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from oracle.cases import COMMUNITY, COUNCIL, INSTRUMENTS, OFFICE_CASES, plan
from oracle.engines import ISSUE, SENTINEL, compared, explained, planted, saved, seeded
from oracle.libreoffice import LibreOffice, labels_of
from oracle.roundtrip import disagreeing, misread, read_back
from strategies import BLANK, EVERYTHING, FULL, Mood, random_typed

from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import Formula
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import SlotKind
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

pytestmark = pytest.mark.oracle

EXTREMES: tuple[Mood | None, ...] = (BLANK, FULL, EVERYTHING)


def _answers(plan: Plan, name: str, case: int) -> dict[Key, Typed]:
    mood = EXTREMES[case] if OFFICE_CASES >= 10 and case < len(EXTREMES) else None
    return random_typed(plan, seeded(name, "office", case), mood, plain_types=True)


def _differences(office: LibreOffice, plan: Plan, typed: dict[Key, Typed]) -> list[str]:
    document = compose(plan, ISSUE, typed)
    places = [place for place, _ in document.formulas()]
    return compared(document, places, office.read(places), truth_is_a_number=True)


@pytest.mark.parametrize("case", range(OFFICE_CASES))
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_typed_answers_give_the_same_and_are_read_back(
    name: str, case: int, office: LibreOffice, blank: Callable[[str], Path], tmp_path: Path
) -> None:
    """Answers typed into a blank workbook give Python's values; the saved file is read as exactly what was typed."""
    typed = _answers(plan(name), name, case)
    office.open(blank(name))
    office.type_answers(plan(name), typed)
    office.recalculate()
    differences = _differences(office, plan(name), typed)
    assert not differences, explained(differences, typed, case)
    reading = read_back(office.save(tmp_path / "saved.xlsx"), plan(name))
    wrong = misread(reading, plan(name), typed)
    assert not wrong, "\n".join(wrong[:10])
    assert not disagreeing(reading, plan(name), typed)


@pytest.mark.parametrize("case", range(max(OFFICE_CASES // 3, 1)))
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_workbook_written_with_answers_is_recalculated_to_the_same(
    name: str, case: int, office: LibreOffice, tmp_path: Path
) -> None:
    """Answers that are in the workbook from the start give the same as answers that are typed."""
    typed = random_typed(plan(name), seeded(name, "prefilled", case), plain_types=True)
    office.open(saved(compose(plan(name), ISSUE, typed), tmp_path / "answered.xlsx"))
    differences = _differences(office, plan(name), typed)
    assert not differences, explained(differences, typed, case)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_what_is_written_with_answers_is_read_back(name: str) -> None:
    """The reader gives back exactly what stands in a workbook that the program itself filled in."""
    for case in range(3):
        typed = random_typed(plan(name), seeded(name, "written", case), plain_types=True)
        reading = read_back(write(compose(plan(name), ISSUE, typed), default_theme()), plan(name))
        wrong = misread(reading, plan(name), typed)
        assert not wrong, "\n".join(wrong[:10])
        assert not disagreeing(reading, plan(name), typed)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_dropdown_offers_what_may_be_answered(
    name: str, office: LibreOffice, blank: Callable[[str], Path]
) -> None:
    """LibreOffice finds in each dropdown's own list the labels of the choices, in order."""
    slots = [slot for slot in plan(name).asked_slots if slot.kind is SlotKind.CHOICE]
    office.open(blank(name))
    found = office.offered([slot.cell for slot in slots])
    wrong = [slot.key for slot, labels in zip(slots, found, strict=True) if labels != labels_of(plan(name), slot)]
    assert slots
    assert not wrong


# ------------------------------------------------------------------------------------- can the comparison fail at all?


def test_libreoffice_recalculates_on_opening(office: LibreOffice, blank: Callable[[str], Path]) -> None:
    """No stored value survives opening: every one of them was replaced in the file."""
    document = compose(plan(COUNCIL), ISSUE)
    places = [place for place, _ in document.formulas()]
    office.open(blank(COUNCIL))
    found = office.read(places)
    assert SENTINEL not in found
    assert not compared(document, places, found, truth_is_a_number=True)
    assert len(compared(document, places, [SENTINEL] * len(places))) == len(places)


def test_a_planted_wrong_formula_is_caught(office: LibreOffice, tmp_path: Path) -> None:
    """A section's score off by a millionth, with the right stored value, is noticed."""
    node = plan(COMMUNITY).instrument.nodes[0]
    place = plan(COMMUNITY).score_cell(node.id)
    typed = random_typed(plan(COMMUNITY), seeded("planted"), FULL, plain_types=True)
    document = compose(plan(COMMUNITY), ISSUE, typed)
    right = document.sheet(place.sheet).cells[place.row, place.column].value
    assert isinstance(right, Formula)
    assert isinstance(right.value, float)
    wrong = right.text.replace("ROUND(", "1E-6+ROUND(")
    office.open(saved(planted(document, place, wrong), tmp_path / "wrong.xlsx"))
    assert any(place.absolute() in difference for difference in _differences(office, plan(COMMUNITY), typed))


def test_a_dropdown_with_the_wrong_list_is_caught(office: LibreOffice, tmp_path: Path) -> None:
    """A list that begins one cell too low, and a cell without a list, stop the typing of a right label."""
    first, second = (Key(question.id) for question in plan(COUNCIL).instrument.questions[:2])
    document = compose(plan(COUNCIL), ISSUE)
    slot = plan(COUNCIL).by_key[first]
    rules = document.sheet(slot.cell.sheet).validations
    at = next(number for number, rule in enumerate(rules) if rule.title == slot.code and rule.kind == "list")
    source = rules[at].source
    assert source is not None
    rules[at] = replace(rules[at], source=replace(source, first_row=source.first_row + 1))
    other = next(number for number, rule in enumerate(rules) if rule.title == second.item and rule.kind == "list")
    rules[other] = replace(rules[other], kind="text", source=None)
    office.open(saved(document, tmp_path / "shifted.xlsx"))
    label = labels_of(plan(COUNCIL), slot)[1]
    with pytest.raises(RuntimeError, match="offers"):
        office.type_answers(plan(COUNCIL), {first: label})
    with pytest.raises(RuntimeError, match="has no dropdown"):
        office.type_answers(plan(COUNCIL), {second: label})


def test_text_that_looks_like_a_formula_stays_text(
    office: LibreOffice, blank: Callable[[str], Path], tmp_path: Path
) -> None:
    """Evidence that begins with an equals sign is text when it is typed, when it is saved and when it is read."""
    question = plan(COUNCIL).instrument.questions[0].id
    parts = ("evidence", "reason", "action", "owner")
    typed: dict[Key, Typed] = {Key(question, part): f"=1+{number}" for number, part in enumerate(parts)}
    office.open(blank(COUNCIL))
    office.type_answers(plan(COUNCIL), typed)
    office.recalculate()
    cells = [plan(COUNCIL).by_key[key].cell for key in typed]
    assert office.read(cells) == list(typed.values())
    assert not misread(read_back(office.save(tmp_path / "saved.xlsx"), plan(COUNCIL)), plan(COUNCIL), typed)
