"""Links lead where they say, and the first sheet says what its own list says."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from random import Random

import pytest
from strategies import FULL, random_typed

from kil_xlsx.core.checking import BOTH, CARRIED, CLAIMS, REASONS, REQUIRED, UNUSABLE
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import CellRef, Document, Formula, Link
from kil_xlsx.layout.places import NO, Carried, Checks, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous, link_address

BLANK = Issue(datetime(2026, 1, 1))
FIRST, SECOND = "LA-C1-1", "LA-C1-2"


@cache
def plan() -> Plan:
    return Plan(load_instrument("keep-it-local/council"))


def everything_answered() -> dict[Key, Typed]:
    """Every needed field and every question answered, and nothing that a check could find fault with."""
    typed: dict[Key, Typed] = {}
    for field in plan().instrument.profile:
        if field.required and field.type != "derived":
            slot = plan().by_key[Key(field.id)]
            labels = (
                [label for label, _ in offered(plan().instrument.choice_lists[slot.choices])] if slot.choices else []
            )
            typed[slot.key] = labels[0] if labels else 46000.0 if field.type == "date" else "Something"
    for question in plan().instrument.questions:
        typed[Key(question.id)] = "2 Developing"
    return typed


def shown(document: Document, sheet: str, row: int, column: int) -> object:
    """What a cell shows."""
    value = document.sheet(sheet).cells[row, column].value
    return value.value if isinstance(value, Formula) else value.text if isinstance(value, Link) else value


def of_check(document: Document, identifier: str) -> object:
    """What the link beside a check says."""
    return shown(document, plan().checks.sheet, plan().checks.rows[identifier], Checks.GO)


def next_step(document: Document) -> tuple[object, object]:
    """Whether the file can be sent, and what comes next."""
    start = plan().start
    return shown(document, start.sheet, start.status, start.VALUE), shown(
        document, start.sheet, start.next, start.VALUE
    )


def test_every_address_is_that_of_its_code() -> None:
    """What links look up beside a code leads to the row that shows the code."""
    typed = random_typed(plan(), Random("links"), FULL, plain_types=True)
    before = {slot.key: typed.get(slot.key) for slot in plan().carried_slots}
    document = compose(plan(), Issue(datetime(2026, 1, 1), previous=Previous("2025", before, {})))
    rows: dict[str, str] = {}
    for sheet in document.sheets:
        if sheet.state == "visible":
            for (row, column), cell in sheet.cells.items():
                if column == NO and isinstance(cell.value, str):
                    rows.setdefault(f"{cell.value}|{sheet.name}", f"{row}")
    workings = document.sheet(plan().words("sheet.workings"))
    carried = document.sheet(plan().words("sheet.carried"))
    pairs = [
        (workings, plan().question_workings, Workings.CODE, Workings.ADDRESS),
        (workings, plan().row_workings, Plan.ROW_CODE, Plan.ROW_ADDRESS),
        (workings, plan().figure_workings, Plan.FIGURE_CODE, Plan.FIGURE_ADDRESS),
        (workings, plan().check_workings, Plan.CHECK_ID, Plan.CHECK_ADDRESS),
    ]
    found = [(sheet.cells[row, code].value, sheet.cells[row, address].value)
             for sheet, block, code, address in pairs for row in block.rows.values()]  # fmt: skip
    found += [
        (carried.cells[row, Carried.CODE].value, cell.value)
        for (row, column), cell in carried.cells.items()
        if column == Carried.ADDRESS and row > Carried.HEADER
    ]
    assert len(found) > 500
    for code, address in found:
        assert isinstance(address, str)
        sheet_name, _, cell_name = address.removeprefix("#").rpartition("!")
        row = int("".join(filter(str.isdigit, cell_name))) - 1
        assert rows[f"{code}|{sheet_name.strip(chr(39))}"] == f"{row}", (code, address)


def test_a_blank_workbook_begins_with_the_first_needed_field() -> None:
    """Nothing is filled in: the first field that is needed comes first, then the first question."""
    document = compose(plan(), BLANK)
    status, following = next_step(document)
    assert str(status).startswith("Not yet: 52 left")
    assert following == "Fill in P01"
    assert of_check(document, REQUIRED) == "Go to P01"


def test_needed_fields_that_are_filled_in_are_passed_over() -> None:
    """The link leads to the first field that is blank."""
    typed = everything_answered()
    del typed[Key("period_start")]
    document = compose(plan(), BLANK, typed)
    assert next_step(document)[1] == "Fill in P14"
    assert of_check(document, REQUIRED) == "Go to P14"


def test_the_next_question_is_the_first_that_is_left() -> None:
    """Once the profile is complete, questions come next, in order."""
    typed = everything_answered()
    del typed[Key(SECOND)]
    assert next_step(compose(plan(), BLANK, typed))[1] == f"Next question: {SECOND}"


def test_a_finished_workbook_is_ready() -> None:
    """Everything is answered and no check has anything to say: it can be sent."""
    document = compose(plan(), BLANK, everything_answered())
    assert next_step(document) == ("Ready to send", "Nothing is left: save this file and send it back")


@pytest.mark.parametrize(
    ("key", "value", "check", "code"),
    [
        (Key(SECOND, Part.TARGET), "high", UNUSABLE, SECOND),
        (Key(SECOND, Part.DUE), "soon", UNUSABLE, SECOND),
        (Key("supplier_spend"), "lots", UNUSABLE, "IN01"),
        (Key("population_band"), "many", UNUSABLE, "P07"),
        (Key(SECOND), "Not applicable", REASONS, SECOND),
        (Key(SECOND), "4 Leading", CLAIMS, SECOND),
    ],
)
def test_a_check_links_to_the_first_row_that_it_concerns(key: Key, value: Typed, check: str, code: str) -> None:
    """The link beside a check that does not hold names the row; errors keep the file back, queries do not."""
    document = compose(plan(), BLANK, {**everything_answered(), key: value})
    assert of_check(document, check) == f"Go to {code}"
    status, following = next_step(document)
    assert following == f"See check {check}"
    assert str(status).startswith("Not yet: 0 left" if check == UNUSABLE else "Ready to send, with queries")


def test_a_figure_with_a_reason_is_linked_to() -> None:
    """A figure given together with a reason for having none is found by its code."""
    both: dict[Key, Typed] = {Key("supplier_spend"): 5.0, Key("supplier_spend", Part.MISSING): "Not known yet"}
    assert of_check(compose(plan(), BLANK, {**everything_answered(), **both}), BOTH) == "Go to IN01"


def test_answers_from_last_time_come_before_queries() -> None:
    """What was carried over is confirmed first; when all is, nothing is left."""
    before = everything_answered()
    issue = Issue(datetime(2026, 1, 1), previous=Previous("2025", {Key(FIRST): before[Key(FIRST)]}, {}))
    document = compose(plan(), issue, before)
    assert next_step(document) == ("Ready to send, with queries still open: 1", f"Confirm or change {FIRST}")
    assert of_check(document, CARRIED) == f"Go to {FIRST}"
    confirmed = compose(plan(), issue, {**before, Key(FIRST, Part.CONFIRM): "Confirmed"})
    assert next_step(confirmed)[1] == "Nothing is left: save this file and send it back"


def test_plain_links_lead_to_cells_that_exist() -> None:
    """Every link that is no formula leads to a cell of a sheet that can be seen, and its words name the sheet."""
    document = compose(plan(), BLANK)
    links = [
        (sheet.name, cell.value) for sheet in document.sheets for cell in sheet.cells.values()
        if isinstance(cell.value, Link) and isinstance(cell.value.target, CellRef)
    ]  # fmt: skip
    assert len(links) > 50
    for _, link in links:
        assert isinstance(link.target, CellRef)
        target = document.sheet(link.target.sheet)
        assert target.state == "visible"
        assert (link.target.row, link.target.column) in target.cells, link
    assert link_address(plan().first_profile_cell()) == "#'About you'!D5"
