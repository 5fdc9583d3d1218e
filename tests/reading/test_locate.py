"""Finding the rows of a plan in workbooks that people and programs have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kil_xlsx.core.returns import Key, Outcome, Part, Typed
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.a1 import cell_name, parse_cell_name
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.places import KEY, NO, Assessment, Measures
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.locate import Anchor, Located, Location, items_of, locate
from kil_xlsx.reading.model import Cell, CellKind, DefinedName, SheetData, ValidationInfo, WorkbookData
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

FIRST, SECOND, THIRD = "LA-C1-1", "LA-C1-2", "LA-C1-3"
ANSWERS: dict[Key, Typed] = {
    Key(FIRST): "1 First steps",
    Key(SECOND): "2 Developing",
    Key(THIRD): "3 Established",
    Key(FIRST, Part.EVIDENCE): "the first",
    Key("supplier_spend"): 100.0,
}


@cache
def council() -> Plan:
    return Plan(load_instrument("keep-it-local/council"))


@cache
def community() -> Plan:
    return Plan(load_instrument("keep-it-local/community"))


@cache
def sent_out() -> WorkbookData:
    """The council's workbook with a few answers."""
    return read_workbook(
        write(compose(council(), Issue(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)), ANSWERS), default_theme())
    )


@cache
def tenants() -> WorkbookData:
    """The community organisation's workbook with three rows of its table filled in."""
    typed: dict[Key, Typed] = {Key("tenants", Part.ANSWER, row, "name"): f"tenant {row}" for row in (1, 2, 3)}
    return read_workbook(
        write(compose(community(), Issue(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)), typed), default_theme())
    )


Move = Callable[[int, int], tuple[int, int] | None]


def changed(workbook: WorkbookData, name: str, sheet: SheetData) -> WorkbookData:
    return replace(workbook, sheets=tuple(sheet if one.name == name else one for one in workbook.sheets))


def with_cells(workbook: WorkbookData, name: str, cells: Mapping[tuple[int, int], str | None]) -> WorkbookData:
    """A workbook with some cells of a sheet replaced, or emptied."""
    sheet = workbook.sheet(name)
    assert sheet is not None
    kept = {place: cell for place, cell in sheet.cells.items() if place not in cells}
    kept |= {place: Cell(text, CellKind.TEXT) for place, text in cells.items() if text is not None}
    return changed(workbook, name, replace(sheet, cells=kept))


def moved(workbook: WorkbookData, name: str, move: Move, *, cells: bool = True, marks: bool = True) -> WorkbookData:
    """A workbook with cells of one sheet elsewhere, or gone; ``marks`` are the input titles and the defined names."""
    sheet = workbook.sheet(name)
    assert sheet is not None
    found = sheet.cells
    validations: Iterable[ValidationInfo] = sheet.validations
    names: Iterable[DefinedName] = workbook.names
    if cells:
        found = {to: cell for place, cell in sheet.cells.items() if (to := move(*place)) is not None}
    if marks:
        validations = [
            replace(one, ranges=(cell_name(*to),))
            for one in sheet.validations
            if (to := move(*parse_cell_name(one.ranges[0]))) is not None
        ]
        names = [_moved_name(one, name, move) for one in workbook.names]
    there = replace(sheet, cells=dict(sorted(found.items())), validations=tuple(validations))
    return replace(changed(workbook, name, there), names=tuple(names))


def _moved_name(name: DefinedName, sheet: str, move: Move) -> DefinedName:
    where, _, address = name.refers_to.partition("!")
    if where.strip("'") != sheet or ":" in address:
        return name
    to = move(*parse_cell_name(address))
    return replace(name, refers_to=f"{where}!{cell_name(*to)}" if to else "#REF!")


def row_of(item: str) -> int:
    return council().assessment.rows[item]


def one(location: Location, code: str) -> Located:
    return next(located for located in location.items if located.item.code == code)


def codes(location: Location) -> set[str]:
    return {problem.code for problem in location.problems}


def value(workbook: WorkbookData, location: Location, key: Key) -> object:
    """What stands where a slot was found."""
    spot = location.by_key()[key].cells[key]
    sheet = workbook.sheet(spot.sheet)
    assert sheet is not None
    cell = sheet.cells.get((spot[1], spot[2]))
    return None if cell is None else cell.value


def check_answers(workbook: WorkbookData, location: Location, without: Iterable[str] = ()) -> None:
    for key, typed in ANSWERS.items():
        if key.item not in without:
            assert value(workbook, location, key) == typed


def test_everything_is_where_it_was_sent_out() -> None:
    """Every slot of an unchanged workbook is found in its cell, by every mark, in silence."""
    location = locate(council(), sent_out())
    assert not location.problems
    for located in location.items:
        assert located.outcome is None
        assert not located.differed
        assert {Anchor.CODE, Anchor.KEY, Anchor.HEADING, Anchor.TITLE, Anchor.POSITION} <= located.agreed
        for slot in located.item.slots:
            spot = located.cells[slot.key]
            assert (spot.sheet, spot[1], spot[2]) == (slot.cell.sheet, slot.cell.row, slot.cell.column)


def test_items_are_the_rows_of_the_plan() -> None:
    """Every slot belongs to exactly one item, and each item has one code."""
    items = items_of(community())
    assert sorted(slot.key for item in items for slot in item.slots) == sorted(community().by_key)
    assert all(len({slot.code for slot in item.slots}) == 1 for item in items)


@pytest.mark.parametrize("marks", [True, False])
def test_an_inserted_row_moves_what_is_below(marks: bool) -> None:
    """Rows below an inserted one are found by their codes, whether or not the hidden marks moved with them."""
    at = row_of(SECOND)
    workbook = moved(sent_out(), "Assessment", lambda row, column: (row + (row >= at), column), marks=marks)
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert codes(location) == {"item-moved"}
    assert not one(location, FIRST).problems
    [note] = one(location, SECOND).problems
    assert (note.sheet, note.cell, note.item) == ("Assessment", cell_name(at + 1, Assessment.ANSWER), SECOND)
    assert note.found
    assert note.expected


def test_a_deleted_row_is_not_found_and_no_other_is_lost() -> None:
    """Only the item whose row was deleted is missing."""
    gone = row_of(SECOND)

    def move(row: int, column: int) -> tuple[int, int] | None:
        return None if row == gone else (row - (row > gone), column)

    location = locate(council(), moved(sent_out(), "Assessment", move))
    assert one(location, SECOND).outcome is Outcome.NOT_FOUND
    missing = [problem for problem in location.problems if problem.code == "item-not-found"]
    assert [problem.item for problem in missing] == [SECOND]
    assert missing[0].cell == ""  # where the row was, another may stand now
    check_answers(moved(sent_out(), "Assessment", move), location, without=[SECOND])


def test_an_inserted_column_is_seen_by_the_headings() -> None:
    """Columns are found by their headings, so an inserted one shifts nothing silently."""
    workbook = moved(
        sent_out(),
        "Assessment",
        lambda row, column: (row, column + (column >= Assessment.ANSWER)),
        marks=False,
    )
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert codes(location) == {"item-moved"}


def test_a_deleted_key_column_shifts_everything_and_costs_nothing() -> None:
    """Without the hidden column the visible codes and headings are enough."""

    def move(row: int, column: int) -> tuple[int, int] | None:
        return (row, column - 1) if column else None

    workbook = moved(sent_out(), "Assessment", move)
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert all(located.outcome is None for located in location.items)


def test_without_headings_columns_are_where_they_were() -> None:
    """When the row of headings is gone, columns are as far from the codes as they were sent out."""
    header = council().assessment.header
    workbook = moved(
        sent_out(), "Assessment", lambda row, column: None if row == header else (row - (row > header), column)
    )
    location = locate(council(), workbook)
    check_answers(workbook, location)


@given(st.permutations([row_of(question.id) for question in council().instrument.questions[:10]]), st.booleans())
@settings(max_examples=30, deadline=None)
def test_sorting_rows_keeps_answers_with_their_questions(order: list[int], names_move: bool) -> None:
    """Whole rows in any order, with or without the marks that move in some programs only, give the same answers."""
    to = dict(zip(sorted(order), order, strict=True))
    workbook = moved(sent_out(), "Assessment", lambda row, column: (to.get(row, row), column), marks=names_move)
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert codes(location) <= {"item-moved"}


@given(st.permutations([row_of(question.id) for question in council().instrument.questions[:10]]))
@settings(max_examples=30, deadline=None)
def test_sorting_the_visible_columns_keeps_answers_with_their_questions(order: list[int]) -> None:
    """The hidden key column stays behind and is wrong: code and wording together outrank it, and a note says so."""
    to = dict(zip(sorted(order), order, strict=True))
    workbook = moved(
        sent_out(), "Assessment", lambda row, column: (to.get(row, row) if column else row, column), marks=False
    )
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert codes(location) <= {"item-marker-differs"}
    assert bool(codes(location)) == (order != sorted(order))


def test_code_and_key_that_contradict_each_other_are_refused() -> None:
    """When the wording does not settle it, neither item is taken from the row, and the cells are named."""
    row = row_of(FIRST)
    workbook = with_cells(
        sent_out(), "Assessment", {(row, KEY): f"kil:{SECOND}", (row, Assessment.QUESTION): "Something else"}
    )
    located = one(locate(council(), workbook), FIRST)
    assert located.outcome is Outcome.REFUSED
    [problem] = located.problems
    assert (problem.code, problem.sheet, problem.cell) == ("item-contradiction", "Assessment", cell_name(row, NO))
    assert SECOND in problem.found
    assert cell_name(row, KEY) in problem.found
    assert not located.cells


def test_an_overtyped_code_is_a_contradiction() -> None:
    """A row that shows another item's code keeps its own key and wording: it is refused, the other item is not."""
    row = row_of(FIRST)
    location = locate(council(), with_cells(sent_out(), "Assessment", {(row, NO): SECOND}))
    assert one(location, FIRST).outcome is Outcome.REFUSED
    assert one(location, FIRST).problems[0].code == "item-contradiction"
    assert one(location, SECOND).outcome is None
    assert one(location, SECOND).row == row_of(SECOND)


def test_swapped_codes_are_refused() -> None:
    """Two codes swapped by hand contradict key and wording of both rows, so neither answer is guessed."""
    first, second = row_of(FIRST), row_of(SECOND)
    workbook = with_cells(sent_out(), "Assessment", {(first, NO): SECOND, (second, NO): FIRST})
    location = locate(council(), workbook)
    assert one(location, FIRST).outcome is Outcome.REFUSED
    assert one(location, SECOND).outcome is Outcome.REFUSED
    assert sum(problem.code == "item-contradiction" for problem in location.problems) == 2


def test_a_lost_code_is_made_good_by_the_key() -> None:
    """A row without its visible code is taken by its hidden key, with a note."""
    row = row_of(FIRST)
    workbook = with_cells(sent_out(), "Assessment", {(row, NO): None})
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert [(problem.code, problem.item) for problem in location.problems] == [("item-code-missing", FIRST)]


def test_without_code_and_key_the_wording_is_enough() -> None:
    """A row whose codes are both gone is known by its question."""
    row = row_of(FIRST)
    workbook = with_cells(sent_out(), "Assessment", {(row, NO): None, (row, KEY): None})
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert codes(location) == {"item-code-missing"}


def test_without_code_and_key_a_table_row_is_known_by_its_input_title() -> None:
    """Rows of tables have no wording; what is left is the title of the cell's message."""
    row = community().tables["tenants"].header + 1
    workbook = with_cells(tenants(), "Measures", {(row, NO): None, (row, KEY): None})
    location = locate(community(), workbook)
    assert one(location, "TEN-1").row == row
    assert [(problem.code, problem.item) for problem in location.problems] == [("item-code-missing", "TEN-1")]


def test_a_position_alone_proves_nothing() -> None:
    """A row with no mark but its place and its defined name is not taken."""
    row = row_of(FIRST)
    workbook = with_cells(
        sent_out(), "Assessment", {(row, NO): None, (row, KEY): None, (row, Assessment.QUESTION): None}
    )
    sheet = workbook.sheet("Assessment")
    assert sheet is not None
    workbook = changed(workbook, "Assessment", replace(sheet, validations=()))
    assert one(locate(council(), workbook), FIRST).outcome is Outcome.NOT_FOUND


def test_a_copied_row_with_another_answer_is_refused() -> None:
    """The same code on two rows with different answers is nobody's to choose."""
    last = council().assessment.last + 2
    sheet = sent_out().sheet("Assessment")
    assert sheet is not None
    copied = {(last, column): str(cell.value) for (row, column), cell in sheet.cells.items() if row == row_of(FIRST)}
    copied[last, Assessment.ANSWER] = "4 Leading"
    location = locate(council(), with_cells(sent_out(), "Assessment", copied))
    located = one(location, FIRST)
    assert located.outcome is Outcome.REFUSED
    assert [problem.code for problem in location.problems] == ["item-twice"]
    assert f"row {row_of(FIRST) + 1}" in located.problems[0].found
    assert f"row {last + 1}" in located.problems[0].found


@pytest.mark.parametrize("filled", [True, False])
def test_a_copied_row_that_says_nothing_new_is_harmless(filled: bool) -> None:
    """The same answers, or none, on a second row leave the item as it is, with a note."""
    last = council().assessment.last + 2
    sheet = sent_out().sheet("Assessment")
    assert sheet is not None
    copied = {(last, column): str(cell.value) for (row, column), cell in sheet.cells.items() if row == row_of(FIRST)}
    if not filled:
        copied = {place: text for place, text in copied.items() if place[1] <= Assessment.QUESTION}
    workbook = with_cells(sent_out(), "Assessment", copied)
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert codes(location) == {"item-repeated"}
    assert one(location, FIRST).row == row_of(FIRST)


def test_a_copied_sheet_with_other_answers_is_refused_item_by_item() -> None:
    """A copy of a whole sheet, changed in one answer, costs that item only."""
    sheet = sent_out().sheet("Assessment")
    assert sheet is not None
    copy = replace(sheet, name="Assessment (2)", validations=())
    workbook = replace(sent_out(), sheets=(*sent_out().sheets, copy))
    workbook = with_cells(workbook, "Assessment (2)", {(row_of(SECOND), Assessment.ANSWER): "4 Leading"})
    location = locate(council(), workbook)
    assert [problem.item for problem in location.problems if problem.code == "item-twice"] == [SECOND]
    check_answers(workbook, location, without=[SECOND])


def test_a_renamed_sheet_is_found_by_its_codes() -> None:
    """Another name for a sheet gives one note; lists of codes on other sheets are not mistaken for it."""
    sheet = sent_out().sheet("Assessment")
    assert sheet is not None
    workbook = changed(sent_out(), "Assessment", replace(sheet, name="Our answers"))
    location = locate(council(), workbook)
    assert [(problem.code, problem.sheet) for problem in location.problems] == [("sheet-renamed", "Our answers")]
    check_answers(workbook, location)


def test_a_deleted_sheet_is_said_once() -> None:
    """Everything on a sheet that is gone is not found, and one problem says so."""
    workbook = replace(sent_out(), sheets=tuple(sheet for sheet in sent_out().sheets if sheet.name != "Measures"))
    location = locate(council(), workbook)
    assert [problem.code for problem in location.problems] == ["sheet-not-found"]
    assert location.by_key()[Key("supplier_spend")].outcome is Outcome.NOT_FOUND
    check_answers(workbook, location, without=["supplier_spend"])


def test_a_deleted_column_is_said_once() -> None:
    """When a column is gone, the next one is not taken for it."""

    def move(row: int, column: int) -> tuple[int, int] | None:
        return None if column == council().columns.EVIDENCE else (row, column - (column > council().columns.EVIDENCE))

    location = locate(council(), moved(sent_out(), "Assessment", move))
    [problem] = [problem for problem in location.problems if problem.code == "column-not-found"]
    assert "vidence" in problem.expected
    assert Key(FIRST, Part.EVIDENCE) not in one(location, FIRST).cells
    assert one(location, FIRST).outcome is None


def test_rows_of_a_table_may_be_sorted_without_their_keys() -> None:
    """Which row of a table something stands in means nothing, so a key left behind is no contradiction."""
    header = community().tables["tenants"].header

    def move(row: int, column: int) -> tuple[int, int]:
        swap = {header + 1: header + 2, header + 2: header + 1}
        return (swap.get(row, row), column) if column != KEY else (row, column)

    workbook = moved(tenants(), "Measures", move, marks=False)
    location = locate(community(), workbook)
    assert codes(location) == {"item-marker-differs"}
    assert value(workbook, location, Key("tenants", Part.ANSWER, 1, "name")) == "tenant 1"


def test_a_row_of_a_table_that_was_deleted_is_only_noted() -> None:
    """Nobody needs all the rows of a table."""
    row = community().tables["tenants"].header + 20
    workbook = with_cells(tenants(), "Measures", {(row, column): None for column in range(Measures.NOTE + 1)})
    sheet = workbook.sheet("Measures")
    assert sheet is not None
    workbook = changed(workbook, "Measures", replace(sheet, validations=()))
    [problem] = locate(community(), workbook).problems
    assert (problem.code, problem.severity, problem.item) == ("item-not-found", "note", "TEN-20")


def test_answers_that_look_like_codes_and_headings_mislead_nobody() -> None:
    """Codes, keys and headings typed as answers are answers."""
    row = row_of(FIRST)
    workbook = with_cells(
        sent_out(),
        "Assessment",
        {
            (row, council().columns.EVIDENCE): SECOND,
            (row, council().columns.ACTION): "Target",
            (row, council().columns.OWNER): "Your answer",
            (row, council().columns.REASON): THIRD,
        },
    )
    location = locate(council(), workbook)
    assert not location.problems
    assert one(location, SECOND).row == row_of(SECOND)


def test_a_large_sheet_pasted_in_is_no_trouble() -> None:
    """A hundred thousand cells of somebody's ledger change nothing."""
    cells = {(row, column): Cell(f"{FIRST} {row}", CellKind.TEXT) for row in range(20_000) for column in range(5)}
    workbook = replace(sent_out(), sheets=(*sent_out().sheets, SheetData("Ledger", cells=cells)))
    assert not locate(council(), workbook).problems


# Cells that left their rows


def answer_moved(workbook: WorkbookData, move: Move, *, titles: bool = True, names: bool = True) -> WorkbookData:
    """The workbook with cells of the Assessment sheet elsewhere, and such of their marks as a program takes along."""
    changed_ = moved(workbook, "Assessment", move)
    sheet, before = changed_.sheet("Assessment"), workbook.sheet("Assessment")
    assert sheet is not None
    assert before is not None
    if not titles:
        changed_ = changed(changed_, "Assessment", replace(sheet, validations=()))
    return changed_ if names else replace(changed_, names=workbook.names)


@pytest.mark.parametrize(("titles", "names"), [(True, True), (True, False), (False, True)])
def test_an_answer_that_was_cut_onto_another_is_said_at_both_cells(titles: bool, names: bool) -> None:
    """The blank cell asks where its answer went, and what lies on the other question is refused: by either mark."""
    here, there = (row_of(FIRST), Assessment.ANSWER), (row_of(SECOND), Assessment.ANSWER)

    def move(row: int, column: int) -> tuple[int, int] | None:
        return there if (row, column) == here else None if (row, column) == there else (row, column)

    location = locate(council(), answer_moved(sent_out(), move, titles=titles, names=names))
    [asked] = one(location, FIRST).problems
    assert (asked.code, asked.cell) == ("answer-moved", cell_name(*here))
    assert cell_name(*there) in asked.found
    [refused] = one(location, SECOND).problems
    assert (refused.code, refused.cell) == ("answer-displaced", cell_name(*there))
    assert FIRST in refused.found
    assert one(location, SECOND).refused == {Key(SECOND)}
    assert not one(location, THIRD).problems


@pytest.mark.parametrize("names", [True, False])
def test_answers_that_changed_places_are_both_refused(names: bool) -> None:
    """Their titles went along, as after sorting one column; the rest of their rows is as it was."""
    swap = {row_of(FIRST): row_of(SECOND), row_of(SECOND): row_of(FIRST)}
    workbook = answer_moved(
        sent_out(), lambda row, at: (swap.get(row, row), at) if at == Assessment.ANSWER else (row, at), names=names
    )
    location = locate(council(), workbook)
    for code in (FIRST, SECOND):
        assert one(location, code).refused == {Key(code)}
        assert [problem.code for problem in one(location, code).problems] == ["answer-displaced"]
    assert value(workbook, location, Key(FIRST, Part.EVIDENCE)) == "the first"


def test_a_name_that_went_astray_alone_is_noted() -> None:
    """A defined name that points elsewhere while every other mark agrees is said, and changes nothing."""
    wanted = council().by_key[Key(FIRST)].name
    names = tuple(
        replace(each, refers_to="Assessment!$Z$99") if each.name == wanted else each for each in sent_out().names
    )
    workbook = replace(sent_out(), names=names)
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert [(problem.code, problem.item) for problem in location.problems] == [("item-marker-differs", FIRST)]
    assert "Z99" in location.problems[0].found


def test_other_words_beside_a_code_are_noted() -> None:
    """The code decides, and the note gives the words that stand there."""
    workbook = with_cells(sent_out(), "Assessment", {(row_of(FIRST), Assessment.QUESTION): "Do you like cake?"})
    location = locate(council(), workbook)
    check_answers(workbook, location)
    assert [(problem.code, problem.found) for problem in location.problems] == [
        ("item-wording-differs", "Do you like cake?")
    ]
