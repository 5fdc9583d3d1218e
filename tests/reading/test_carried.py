"""What was filled in beforehand is told apart from what was confirmed, changed and left alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from oracle.cases import COMMUNITY, COUNCIL, INSTRUMENTS, plan
from rounds import FULLER, SecondRound, earlier, second_round

from kil_xlsx.core.checking import CARRIED
from kil_xlsx.core.problems import Problem
from kil_xlsx.core.readings import FileInfo, ItemKind, Reading
from kil_xlsx.core.returns import Key, Part, Touch, Typed
from kil_xlsx.layout.codec import offered, serial
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.places import Carried
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.layout.slots import key_of, key_words
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.form import DAYS_1904, read_cells, read_form
from kil_xlsx.reading.model import Cell, CellKind, SheetData, WorkbookData
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

CREATED = datetime(2026, 1, 1)
INFO = FileInfo(name="return.xlsx", sha256="0" * 64, size=1, kind="xlsx", application="")


def written(plan: Plan, previous: Previous, edits: Mapping[Key, Typed] | None = None) -> bytes:
    return write(compose(plan, Issue(CREATED, previous=previous), edits), default_theme())


def read(plan: Plan, previous: Previous, edits: Mapping[Key, Typed] | None = None) -> Reading:
    return read_form(written(plan, previous, edits), "return.xlsx", {plan.instrument.key: plan})


def states(reading: Reading) -> dict[tuple[str, int], Touch | None]:
    assert reading.ret is not None
    return {item: reading.ret.touch(*item) for item in reading.ret.carried_items}


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def only(reading: Reading, code: str) -> Problem:
    [found] = [each for each in reading.problems if each.code == code]
    return found


def said(typed: Mapping[Key, Typed]) -> dict[Key, Typed]:
    """Cells as a file can hold them: an empty text is nothing."""
    return {key: None if value == "" else value for key, value in typed.items()}


# Round trips


@pytest.mark.parametrize("name", INSTRUMENTS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_carried_over_comes_back_exactly(name: str, seed: int) -> None:
    """Whatever is left, confirmed or changed, every item comes back with its own state and what stood in its cells."""
    this = second_round(plan(name), Random(seed))
    reading = read(plan(name), this.previous, this.edits)
    assert reading.ret is not None
    assert dict(reading.ret.carried) == said(this.previous.typed)
    assert states(reading) == this.states
    assert reading.result is not None
    assert reading.result.checks[CARRIED].count == len(this.of(Touch.UNTOUCHED))
    assert "score-differs" not in codes(reading)


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_edits_made_with_another_program_are_told_apart(name: str) -> None:
    """Cells edited and saved with openpyxl, which knows nothing of the plan, give the same states."""
    this = second_round(plan(name), Random(7), FULLER)
    assert {*this.states.values()} == {*Touch}
    book = openpyxl.load_workbook(io.BytesIO(written(plan(name), this.previous)))
    for key, value in this.edits.items():
        cell = plan(name).by_key[key].cell
        book[cell.sheet].cell(cell.row + 1, cell.column + 1).value = value
        if isinstance(value, str) and value.startswith("="):
            book[cell.sheet].cell(cell.row + 1, cell.column + 1).data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read_form(buffer.getvalue(), "return.xlsx", {plan(name).instrument.key: plan(name)})
    assert states(reading) == this.states


def test_a_workbook_sent_out_empty_has_nothing_carried_over() -> None:
    """Nothing is said about last time where there was none."""
    data = write(compose(plan(COUNCIL), Issue(CREATED)), default_theme())
    reading = read_form(data, "return.xlsx", {COUNCIL: plan(COUNCIL)})
    assert reading.ret is not None
    assert not reading.ret.carried
    assert not [code for code in codes(reading) if "carried" in code or code == "return-as-sent"]


def test_keys_survive_being_written_as_words() -> None:
    """Every cell has its own words on the hidden sheet, and other words stand for none."""
    keys = [slot.key for slot in plan(COMMUNITY).carried_slots]
    assert [key_of(key_words(key)) for key in keys] == keys
    assert [key_of(words) for words in ("", "a|b", "a|b|-1|", "a|b|²|", "a|b|99999|", "a|b|0||")] == [None] * 6


# What people are told


def test_untouched_answers_are_asked_about_once() -> None:
    """One query names how many of how many are left, by sheet and code; it stands at the first."""
    this = second_round(plan(COUNCIL), Random(3), FULLER)
    left = this.of(Touch.UNTOUCHED)
    query = only(read(plan(COUNCIL), this.previous, this.edits), "carried-untouched")
    assert query.item == CARRIED
    assert query.found.startswith(f"{len(left)} of {len(this.states)} (")
    of = next(key for key in this.previous.typed if (key.item, key.row) == left[0])
    slot = plan(COUNCIL).by_key[of]
    assert slot.code in query.found
    assert (query.sheet, query.cell) == (slot.cell.sheet, slot.cell.address)


def test_a_workbook_that_came_back_as_it_was_sent_is_recognised() -> None:
    """Filled-in cells do not make a return when nobody has looked at them."""
    previous = earlier(plan(COUNCIL), Random(1), FULLER)
    reading = read(plan(COUNCIL), previous)
    assert "return-as-sent" in codes(reading)
    assert "carried-untouched" not in codes(reading)
    assert "return-empty" not in codes(reading)
    rows = len({(key.item, key.row) for key in previous.typed})
    assert only(reading, "return-as-sent").found.startswith(f"{rows} of {rows} (")


def test_one_answer_is_enough_not_to_be_as_sent() -> None:
    """As soon as one answer was confirmed, changed or given anew, it is a return with answers left to look at."""
    question = plan(COUNCIL).instrument.questions[0].id
    other = plan(COUNCIL).instrument.questions[1].id
    before: dict[Key, Typed] = {Key(question): "3 Established", Key(other): "1 First steps"}
    previous = Previous("2025", before, {})
    for edit in ({Key(question, Part.CONFIRM): "Confirmed"}, {Key(question): "4 Leading"}, {Key("IN01"): 5.0}):
        named = {Key("supplier_spend") if key.item == "IN01" else key: value for key, value in edit.items()}
        found = codes(read(plan(COUNCIL), previous, named))
        assert "carried-untouched" in found
        assert "return-as-sent" not in found


def test_an_explanation_answers_the_query() -> None:
    """Who says why answers were not looked at is not asked again."""
    previous = Previous("2025", {Key(plan(COUNCIL).instrument.questions[0].id): "3 Established"}, {})
    found = codes(read(plan(COUNCIL), previous, {Key(CARRIED, Part.EXPLANATION): "The board meets in May."}))
    assert "carried-untouched" not in found
    assert "return-as-sent" not in found


def test_a_confirmation_alone_is_no_row_of_a_table() -> None:
    """A row that was emptied and confirmed counts as blank in the account, and as changed."""
    table = plan(COMMUNITY).instrument.tables[0]
    keys = [Key(table.id, Part.ANSWER, 1, column.id) for column in table.columns]
    text = next(key for key, column in zip(keys, table.columns, strict=True) if column.type == "text")
    before: dict[Key, Typed] = {key: "Hub" if key == text else None for key in keys}
    reading = read(
        plan(COMMUNITY), Previous("2025", before, {}),
        {text: None, Key(table.id, Part.CONFIRM, 1): "Confirmed"},
    )  # fmt: skip
    assert states(reading) == {(table.id, 1): Touch.CHANGED}
    account = dict(reading.accounts)[ItemKind.TABLE]
    assert (account.accepted, account.blank) == (0, account.items)


def test_words_for_confirmed_that_are_not_offered_confirm_nothing() -> None:
    """What stands in the column is read like any answer from a list."""
    question = plan(COUNCIL).instrument.questions[0].id
    previous = Previous("2025", {Key(question): "3 Established"}, {})
    reading = read(plan(COUNCIL), previous, {Key(question, Part.CONFIRM): "perhaps"})
    assert states(reading) == {(question, 0): Touch.UNTOUCHED}
    assert "choice-unknown" in codes(reading)


# What became of the hidden sheet


def workbook(this: SecondRound) -> WorkbookData:
    return read_workbook(written(plan(COUNCIL), this.previous, this.edits))


def with_sheet(book: WorkbookData, change: Callable[[SheetData], SheetData | None]) -> WorkbookData:
    """A workbook with the hidden sheet changed, or without it."""
    name = plan(COUNCIL).words("sheet.carried")
    sheets = [change(sheet) if sheet.name == name else sheet for sheet in book.sheets]
    assert name in [sheet.name for sheet in book.sheets]
    return replace(book, sheets=tuple(sheet for sheet in sheets if sheet is not None))


def read_changed(book: WorkbookData) -> Reading:
    return read_cells(book, INFO, {COUNCIL: plan(COUNCIL)})


@pytest.fixture(scope="module")
def this() -> SecondRound:
    return second_round(plan(COUNCIL), Random(11), FULLER)


def moved(sheet: SheetData, rows: int, columns: int) -> SheetData:
    return replace(sheet, cells={(row + rows, column + columns): cell for (row, column), cell in sheet.cells.items()})


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: replace(sheet, name="Copy of something", state="visible"),
        lambda sheet: replace(sheet, name="CARRIED  OVER", state="veryHidden"),
        lambda sheet: moved(sheet, 5, 3),
        lambda sheet: replace(sheet, cells=dict(reversed(sheet.cells.items()))),
    ],
    ids=["renamed and shown", "name in capitals", "moved", "in another order"],
)
def test_the_hidden_sheet_is_found_whatever_became_of_it(
    this: SecondRound, change: Callable[[SheetData], SheetData]
) -> None:
    """Its headings are enough to find it."""
    assert states(read_changed(with_sheet(workbook(this), change))) == this.states


def test_a_sheet_that_is_gone_is_said_where_answers_were_confirmed(this: SecondRound) -> None:
    """Without it nothing is known to be carried over; the answers themselves are read."""
    reading = read_changed(with_sheet(workbook(this), lambda _: None))
    assert reading.ret is not None
    assert not reading.ret.carried
    note = only(reading, "carried-lost")
    confirmed = sum(key.part == Part.CONFIRM for key in this.edits)
    assert note.found == f"{confirmed} answers confirmed"
    whole = read_changed(workbook(this))
    assert whole.result is not None
    assert reading.result is not None
    assert reading.result.overall == whole.result.overall


def test_lines_that_mean_nothing_are_left_out(this: SecondRound) -> None:
    """Garbage, cells that nobody may carry over, errors and repeated lines do no harm; they are counted once."""

    def change(sheet: SheetData) -> SheetData:
        cells = dict(sheet.cells)
        first = cells[Carried.HEADER + 1, Carried.KEY]
        lines = (
            (Cell("x", CellKind.TEXT), Cell("y", CellKind.TEXT)),
            (Cell(5.0, CellKind.NUMBER), Cell("y", CellKind.TEXT)),
            (Cell("|" * 40_000, CellKind.TEXT), Cell("y", CellKind.TEXT)),
            (Cell("no_such_item|answer|0|", CellKind.TEXT), Cell("y", CellKind.TEXT)),
            (Cell("LA-C1-1|confirm|0|", CellKind.TEXT), Cell("Confirmed", CellKind.TEXT)),
            (first, cells.get((Carried.HEADER + 1, Carried.VALUE), Cell(None, CellKind.EMPTY))),
        )
        for at, (key, value) in enumerate(lines):
            cells[1000 + at, Carried.KEY] = key
            cells[1000 + at, Carried.VALUE] = value
        return replace(sheet, cells=cells)

    reading = read_changed(with_sheet(workbook(this), change))
    assert states(reading) == this.states
    assert only(reading, "carried-unreadable").found == "5 lines that cannot be used"


def test_a_cell_named_twice_with_different_values_is_not_believed(this: SecondRound) -> None:
    """What contradicts itself is left out; the other cells of the row still tell."""

    def change(sheet: SheetData) -> SheetData:
        cells = dict(sheet.cells)
        cells[2000, Carried.KEY] = cells[Carried.HEADER + 1, Carried.KEY]
        cells[2000, Carried.VALUE] = Cell("Somebody else", CellKind.TEXT)
        return replace(sheet, cells=cells)

    reading = read_changed(with_sheet(workbook(this), change))
    first = next(iter(this.previous.typed))
    assert reading.ret is not None
    assert set(this.previous.typed) - set(reading.ret.carried) == {first}
    assert only(reading, "carried-unreadable").found == "1 line that cannot be used"


def test_a_huge_sheet_costs_one_look_at_each_cell(this: SecondRound) -> None:
    """A hundred thousand lines of nonsense are read through in no time."""

    def change(sheet: SheetData) -> SheetData:
        nonsense = {(5000 + row, Carried.KEY): Cell(f"{row}|a|0|", CellKind.TEXT) for row in range(100_000)}
        return replace(sheet, cells={**sheet.cells, **nonsense})

    reading = read_changed(with_sheet(workbook(this), change))
    assert states(reading) == this.states
    assert only(reading, "carried-unreadable").found == "100,000 lines that cannot be used"


def test_what_stood_in_a_row_that_is_gone_is_not_taken_for_changed(this: SecondRound) -> None:
    """A sheet without a question's row says nothing about whether the answer was changed."""
    question = plan(COUNCIL).instrument.questions[0].id
    row = plan(COUNCIL).assessment.rows[question]
    book = workbook(this)
    sheets = tuple(
        replace(sheet, cells={at: cell for at, cell in sheet.cells.items() if at[0] != row}, validations=())
        if sheet.name == plan(COUNCIL).assessment.sheet
        else sheet
        for sheet in book.sheets
    )
    reading = read_changed(replace(book, sheets=sheets))
    assert reading.ret is not None
    assert (question, 0) in this.states
    assert reading.ret.touch(question) is None
    assert states(reading) == {item: state for item, state in this.states.items() if item != (question, 0)}


# Dates


DUE = Key("LA-C1-1", Part.DUE)


def _with_due(number: float, *, date1904: bool) -> Reading:
    """A workbook that was sent out with 31 March 2026, whose cell holds another number now."""
    day = serial(datetime(2026, 3, 31).date())
    previous = Previous("2025", {Key("LA-C1-1"): "3 Established", DUE: day}, {})
    book = read_workbook(written(plan(COUNCIL), previous))
    cell = plan(COUNCIL).by_key[DUE].cell
    sheets = tuple(
        replace(sheet, cells={**sheet.cells, (cell.row, cell.column): replace(
            sheet.cells[cell.row, cell.column], value=number)})
        if sheet.name == cell.sheet else sheet
        for sheet in book.sheets
    )  # fmt: skip
    return read_changed(replace(book, sheets=sheets, date1904=date1904))


def test_dates_of_the_calendar_from_1904_are_compared_alike() -> None:
    """A day that nobody touched is untouched in both calendars, whether a program moved its number or not."""
    day = serial(datetime(2026, 3, 31).date())
    for number, date1904, state, before in (
        (day, False, Touch.UNTOUCHED, day),
        (day + 1, False, Touch.CHANGED, day),
        (day, True, Touch.UNTOUCHED, day + DAYS_1904),
        (day - DAYS_1904, True, Touch.UNTOUCHED, day),
        (day + 1, True, Touch.CHANGED, day + DAYS_1904),
    ):
        reading = _with_due(number, date1904=date1904)
        assert reading.ret is not None
        assert reading.ret.touch("LA-C1-1") is state, (number, date1904)
        assert reading.ret.carried[DUE] == before


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_a_workbook_saved_for_the_calendar_from_1904() -> None:
    """Another program that switches calendars and moves the dates in cells leaves every state as it was."""
    day = serial(datetime(2026, 3, 31).date())
    previous = Previous("2025", {Key("LA-C1-1"): "3 Established", DUE: day}, {})
    book = openpyxl.load_workbook(io.BytesIO(written(plan(COUNCIL), previous)))
    book.epoch = CALENDAR_MAC_1904
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read_form(buffer.getvalue(), "return.xlsx", {COUNCIL: plan(COUNCIL)})
    assert reading.ret is not None
    assert reading.ret.text("LA-C1-1", Part.DUE) == "2026-03-31"
    assert states(reading) == {("LA-C1-1", 0): Touch.UNTOUCHED}


def test_choices_of_the_confirmation_are_offered() -> None:
    """Every framework in use here says how an answer is confirmed."""
    for name in INSTRUMENTS:
        slots = [slot for slot in plan(name).slots if slot.key.part == Part.CONFIRM]
        assert slots
        assert all(offered(plan(name).instrument.choice_lists[slot.choices or ""]) for slot in slots)
