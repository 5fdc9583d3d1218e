"""Reading completed workbooks back: what was typed, what it comes to, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kil_xlsx.core.checking import UNUSABLE
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.readings import FileInfo, ItemKind, Reading
from kil_xlsx.core.returns import Key, Outcome, Part, State, Typed
from kil_xlsx.core.scoring import score
from kil_xlsx.definitions.load import load_instrument
from kil_xlsx.layout.a1 import parse_cell_name
from kil_xlsx.layout.codec import offered, serial
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.decoding import decode
from kil_xlsx.layout.document import Cell as Written
from kil_xlsx.layout.document import Document, Formula
from kil_xlsx.layout.places import Assessment, Checks, Measures
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.form import read_cells, read_form
from kil_xlsx.reading.kinds import FileKind
from kil_xlsx.reading.model import Cell, CellKind, from_serial, to_serial
from kil_xlsx.reading.second import second_opinion
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

COUNCIL, COMMUNITY = "keep-it-local/council", "keep-it-local/community"
FIRST, SECOND = "LA-C1-1", "LA-C1-2"
ISSUE = Issue(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
INFO = FileInfo(name="return.xlsx", sha256="0" * 64, size=1, kind="xlsx", application="")


@cache
def plans() -> Mapping[str, Plan]:
    return {name: Plan(load_instrument(name)) for name in (COUNCIL, COMMUNITY)}


def written(typed: Mapping[Key, Typed], name: str = COUNCIL, edit: Callable[[Document], None] | None = None) -> bytes:
    """A completed workbook; ``edit`` may change it before it is written."""
    document = compose(plans()[name], ISSUE, typed)
    if edit is not None:
        edit(document)
    return write(document, default_theme())


def read(typed: Mapping[Key, Typed], name: str = COUNCIL, edit: Callable[[Document], None] | None = None) -> Reading:
    return read_form(written(typed, name, edit), "return.xlsx", plans())


def read_with(cells: Mapping[Key, Cell], **changes: Any) -> Reading:
    """A blank council workbook with these cells put in where they belong."""
    workbook = read_workbook(blank())
    sheets = {sheet.name: dict(sheet.cells) for sheet in workbook.sheets}
    for key, cell in cells.items():
        where = plans()[COUNCIL].by_key[key].cell
        sheets[where.sheet][where.row, where.column] = cell
    changed = tuple(replace(sheet, cells=sheets[sheet.name]) for sheet in workbook.sheets)
    return read_cells(replace(workbook, sheets=changed, **changes), INFO, plans())


@cache
def blank(name: str = COUNCIL) -> bytes:
    return written({}, name)


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def only(reading: Reading, code: str) -> Problem:
    """The one problem of a code."""
    [problem] = [problem for problem in reading.problems if problem.code == code]
    return problem


def address(key: Key, name: str = COUNCIL) -> tuple[str, str]:
    cell = plans()[name].by_key[key].cell
    return cell.sheet, cell.address


def check_account(reading: Reading, plan: Plan) -> None:
    """Every item of the plan has exactly one outcome."""
    accounts = dict(reading.accounts)
    for kind, account in accounts.items():
        assert account.accepted + account.blank + account.refused + account.not_found == account.items
        assert account.items == sum(slot.main and plan.kinds[slot.key.item] is kind for slot in plan.slots)
    assert sum(account.items for account in accounts.values()) == sum(slot.main for slot in plan.slots)


def check_told(reading: Reading) -> None:
    """Problems with answers say where they are, what was found and what was expected."""
    for problem in reading.problems:
        assert problem.message
        assert problem.remedy
        assert problem.found, problem
        assert problem.expected or problem.code == "file-macros", problem
        if problem.code.split("-")[0] not in ("return", "file"):
            assert problem.sheet, problem
            assert problem.item or problem.code.startswith("sheet-") or problem.code == "score-not-stored", problem
            if not problem.code.startswith("sheet-"):
                parse_cell_name(problem.cell)


# What may be typed

HOSTILE = st.sampled_from(
    [
        "=1+1",
        "+44 20 7946 0018",
        "-3",
        "@x",
        "'quoted",
        "NA",
        "n/a",
        "#N/A",
        "TRUE",
        "1e5",
        "0012",
        "_x000D_",
        "kil:P01",
    ]
)
TEXTS = st.one_of(
    HOSTILE,
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40),
    st.sampled_from(
        ["two\nlines", "tab\there", "👩‍🌾 Größe “ok” – fin…", "x" * 32_767, " padded ", "\u00a0", "é" * 300]
    ),
)


def typed_into(plan: Plan, slot: Slot) -> st.SearchStrategy[Typed]:
    """Answers that are right for a slot, as people give them."""
    if slot.kind is SlotKind.CHOICE:
        choices = offered(plan.instrument.choice_lists[slot.choices or ""], levels_only=slot.levels_only)
        return st.sampled_from([label for label, _ in choices])
    if slot.kind is SlotKind.NUMBER:
        low = slot.minimum if slot.minimum is not None else -1e12
        high = slot.maximum if slot.maximum is not None else 1e12
        return st.floats(low, high, allow_nan=False) | st.integers(int(low), int(high)).map(float)
    if slot.kind is SlotKind.DATE:
        return st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)).map(serial)
    return TEXTS | st.floats(0, 1e6).map(lambda number: round(number, 3)) | st.booleans()


@st.composite
def filled_in(draw: st.DrawFn, name: str) -> dict[Key, Typed]:
    """Some of the slots of a workbook with right answers in them."""
    plan = plans()[name]
    slots = draw(st.lists(st.sampled_from(plan.slots), max_size=40, unique_by=lambda slot: slot.key))
    return {slot.key: draw(typed_into(plan, slot)) for slot in slots}


FOLLOWS = {
    "required-missing",
    "date-order",
    "reason-missing",
    "figure-and-reason",
    "check-failed",
    "check-query",
    "claim-without-evidence",
    "measure-out-of-range",
    "identifier-unknown",
    "area-code-unknown",
    "return-empty",
    "carried-lost",
}
"""What right answers in single cells may still be told."""


@pytest.mark.parametrize("name", [COUNCIL, COMMUNITY])
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
def test_what_is_typed_is_what_is_read(name: str, data: st.DataObject) -> None:
    """Every entry comes back as it was typed, the account adds up, and results agree with the workbook's own."""
    typed = data.draw(filled_in(name))
    plan = plans()[name]
    reading = read(typed, name)
    assert reading.ret is not None
    assert reading.ret.entries.keys() == plan.by_key.keys()
    for key, slot in plan.by_key.items():
        entry = reading.ret.entries[key]
        expected, _ = decode(plan.instrument, slot, typed.get(key))
        assert expected.outcome is not Outcome.REFUSED
        assert (entry.state, entry.outcome, entry.value, entry.code, entry.text) == (
            expected.state,
            expected.outcome,
            expected.value,
            expected.code,
            expected.text,
        )
        assert entry.place is not None
        assert (entry.place.sheet, entry.place.cell) == (slot.cell.sheet, slot.cell.address)
        assert entry.typed == (typed.get(key) if typed.get(key) != "" else None)
    check_account(reading, plan)
    check_told(reading)
    assert set(codes(reading)) <= FOLLOWS
    assert all(comparison.agrees for comparison in reading.comparisons)
    assert reading.result == score(plan.instrument, reading.ret)


@st.composite
def nonsense(draw: st.DrawFn) -> dict[Key, Typed]:
    """Anything at all in any cells."""
    slots = draw(st.lists(st.sampled_from(plans()[COMMUNITY].slots), max_size=60, unique_by=lambda slot: slot.key))
    anything = TEXTS | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
    return {slot.key: draw(anything) for slot in slots}


@given(typed=nonsense())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
def test_the_account_adds_up_whatever_is_typed(typed: dict[Key, Typed]) -> None:
    """Every item has one outcome, every refusal has its problem with sheet and cell, no result differs."""
    plan = plans()[COMMUNITY]
    reading = read(typed, COMMUNITY)
    assert reading.ret is not None
    check_account(reading, plan)
    check_told(reading)
    told = {(problem.sheet, problem.cell) for problem in reading.problems}
    for entry in reading.ret.entries.values():
        if entry.outcome is Outcome.REFUSED:
            assert entry.place is not None
            assert (entry.place.sheet, entry.place.cell) in told
    assert "score-differs" not in codes(reading)


@pytest.mark.parametrize("name", [COUNCIL, COMMUNITY])
def test_a_blank_workbook_is_blank(name: str) -> None:
    """Nothing is found in a blank workbook, nothing is scored, and only that is said."""
    reading = read_form(blank(name), "C:\\Returns\\blank.xlsx", plans())
    assert codes(reading) == ["return-empty"]
    check_account(reading, plans()[name])
    check_told(reading)
    assert all(account.blank == account.items for _, account in reading.accounts)
    assert reading.result is not None
    assert reading.result.overall is None
    assert reading.file.name == "blank.xlsx"
    assert reading.file.sha256 == hashlib.sha256(blank(name)).hexdigest()
    assert reading.identity is not None
    assert (reading.identity.framework, reading.identity.respondent) == tuple(name.split("/"))


def test_a_workbook_sent_back_as_it_went_out_is_empty() -> None:
    """What was filled in beforehand is not an answer."""
    organisation = Organisation("Anytown", profile=(("organisation_name", "Anytown"), ("gss_code", "E06000023")))
    data = write(compose(plans()[COUNCIL], replace(ISSUE, organisation=organisation)), default_theme())
    reading = read_form(data, "return.xlsx", plans())
    assert "return-empty" in codes(reading)
    assert set(codes(reading)) == {"return-empty", "required-missing"}


# Files and identity


def test_a_file_that_is_no_workbook_is_refused() -> None:
    """A refused file has a problem that says what it is, and nothing else."""
    reading = read_form(b"%PDF-1.7 and so on", "scan.pdf", plans(), sha256="ab" * 32)
    assert reading.refused
    assert codes(reading) == ["file-is-pdf"]
    assert reading.problems[0].found
    assert (reading.file.kind, reading.file.sha256) == ("pdf", "ab" * 32)
    assert read_form(b"", "empty.xlsx", plans()).problems[0].code == "file-empty"


def test_a_workbook_that_is_not_ours_is_refused() -> None:
    """Somebody's own workbook has nothing to do with any questionnaire."""
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    reading = read_form(buffer.getvalue(), "budget.xlsx", plans())
    assert reading.refused
    assert codes(reading) == ["return-not-ours"]


def test_another_questionnaire_is_refused() -> None:
    """A workbook of a framework or respondent type that is not being read says which it is."""
    reading = read_form(blank(COMMUNITY), "return.xlsx", {COUNCIL: plans()[COUNCIL]})
    assert reading.refused
    assert only(reading, "return-other-framework").found == COMMUNITY
    assert reading.identity is not None


def _other(**changes: str) -> Plan:
    instrument = plans()[COUNCIL].instrument
    return Plan(replace(instrument, framework=replace(instrument.framework, **changes)))


def test_another_version_is_refused() -> None:
    """A workbook of another version is not read with this version's rules."""
    reading = read_form(blank(), "return.xlsx", {COUNCIL: _other(version="2.0.0")})
    assert reading.refused
    problem = only(reading, "return-other-version")
    assert (problem.found, problem.expected) == (plans()[COUNCIL].instrument.framework.version, "2.0.0")


def test_another_content_of_the_same_version_is_asked_about() -> None:
    """A definition that was changed without a new version is read, with a query."""
    reading = read_form(blank(), "return.xlsx", {COUNCIL: _other(subtitle="Changed")})
    assert not reading.refused
    assert only(reading, "return-content-differs").severity is Severity.QUERY


def test_another_layout_is_refused() -> None:
    """Cells of another layout mean something else."""

    def edit(document: Document) -> None:
        sheet = document.sheet("About this file")
        place = next(place for place, cell in sheet.cells.items() if cell.value == "kil:layout")
        cell = sheet.cells[place[0], 1]
        sheet.cells[place[0], 1] = replace(cell, value="99")

    assert "return-other-version" in codes(read({}, edit=edit))


# What was typed


def test_a_number_in_doubt_is_refused_where_it_stands() -> None:
    """A figure such as 1,5 is not guessed: it is refused with its sheet and cell, and counts as missing."""
    reading = read({Key("supplier_spend"): "1,5"})
    problem = only(reading, "number-ambiguous")
    assert (problem.sheet, problem.cell) == address(Key("supplier_spend"))
    assert (problem.item, problem.found, problem.expected) == ("IN01", "1,5", "1.5 or 15")
    assert reading.ret is not None
    assert reading.ret.get("supplier_spend").typed == "1,5"
    assert dict(reading.accounts)[ItemKind.FIGURE].refused == 1
    assert reading.result is not None
    assert reading.result.figures["supplier_spend"] is None


def test_a_figure_written_as_people_write_money_is_taken() -> None:
    """£12k is twelve thousand: taken, told where it stands, and what was typed kept beside it."""
    reading = read({Key("supplier_spend"): "£12k"})
    note = only(reading, "number-recognised")
    assert (note.severity, note.found, note.expected) == (Severity.NOTE, "£12k", "12000")
    assert (note.sheet, note.cell) == address(Key("supplier_spend"))
    assert reading.ret is not None
    assert reading.ret.get("supplier_spend").typed == "£12k"
    assert reading.result is not None
    assert reading.result.figures["supplier_spend"] == 12_000
    assert "score-differs" not in codes(reading)


def test_an_answer_that_was_typed_is_recognised() -> None:
    """A label without its code is taken, with a note; what the workbook could not count is no query."""
    questions = [question.id for question in plans()[COUNCIL].instrument.questions[:5]]
    reading = read({Key(question): "established" for question in questions})
    assert reading.ret is not None
    assert reading.ret.value(FIRST) == 3
    assert codes(reading).count("choice-recognised") == 5
    problem = only(reading, "score-not-counted")
    assert problem.severity is Severity.NOTE
    assert "C1" in problem.item
    assert "score-differs" not in codes(reading)
    assert reading.result is not None
    assert reading.result.sections["C1"].score is not None
    assert next(one for one in reading.comparisons if one.id == "C1").stored is None


def test_an_error_in_a_cell_is_refused() -> None:
    """An error value is never taken for a blank."""
    reading = read_with(
        {Key(FIRST): Cell("#REF!", CellKind.ERROR, "Sheet9!A1"), Key(SECOND): Cell("2 Developing", CellKind.TEXT)}
    )
    problem = only(reading, "cell-error")
    assert (problem.found, problem.item) == ("#REF!", FIRST)
    assert dict(reading.accounts)[ItemKind.QUESTION].refused == 1


def test_a_formula_is_taken_by_its_value() -> None:
    """A formula in a cell to fill in gives its value and a note; a formula for a logical value is just that value."""
    reading = read_with(
        {
            Key("supplier_spend"): Cell(300.0, CellKind.NUMBER, "100+200"),
            Key("organisation_name"): Cell(True, CellKind.BOOLEAN, "TRUE()"),
        }
    )
    assert reading.ret is not None
    assert reading.ret.value("supplier_spend") == 300
    assert reading.ret.text("organisation_name") == "TRUE"
    assert only(reading, "cell-formula").found == "=100+200"


def test_a_formula_that_was_never_calculated_is_refused() -> None:
    """A formula without a value is no blank either."""
    reading = read_with({Key("supplier_spend"): Cell(None, CellKind.EMPTY, "100+200")})
    assert only(reading, "formula-without-value").item == "IN01"
    assert dict(reading.accounts)[ItemKind.FIGURE].refused == 1


def test_dates_of_the_other_calendar_are_the_same_days() -> None:
    """Workbooks that count from 1904 give the dates that people saw; other numbers stay as they are."""
    day = dt.date(2025, 4, 1)
    cells = {
        Key("period_start"): Cell(serial(day) - 1462, CellKind.NUMBER),
        Key("supplier_spend"): Cell(40_000.0, CellKind.NUMBER),
    }
    reading = read_with(cells, date1904=True)
    assert reading.ret is not None
    assert reading.ret.text("period_start") == "2025-04-01"
    assert reading.ret.value("supplier_spend") == 40_000


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
@pytest.mark.parametrize("date1904", [False, True])
def test_a_date_among_the_evidence_is_read_as_people_see_it(date1904: bool) -> None:
    """A real date in a cell for words is its ISO text, not a serial number, in either calendar."""
    book = openpyxl.load_workbook(io.BytesIO(written({Key(FIRST): "2 Developing"})))
    if date1904:
        book.epoch = CALENDAR_MAC_1904
    sheet, cell = address(Key(FIRST, Part.EVIDENCE))
    book[sheet][cell] = dt.date(2026, 5, 1)
    book[sheet][cell].number_format = "d mmm yyyy"
    buffer = io.BytesIO()
    book.save(buffer)
    assert read_workbook(buffer.getvalue()).date1904 is date1904
    reading = read_form(buffer.getvalue(), "return.xlsx", plans())
    assert reading.ret is not None
    entry = reading.ret.get(FIRST, Part.EVIDENCE)
    assert (entry.outcome, entry.text, entry.typed) == (Outcome.ACCEPTED, "2026-05-01", serial(dt.date(2026, 5, 1)))
    assert not second_opinion(buffer.getvalue(), "xlsx", reading.ret.entries.values()).differences


@pytest.mark.parametrize(
    ("number", "shown", "text"),
    [
        (46143.0, "mm-dd-yy", "2026-05-01"),
        (46143.0, "d-mmm", "2026-05-01"),
        (46143.0, "mmm-yy", "2026-05-01"),
        (46143.0, "[$-809]dd mmmm yyyy;@", "2026-05-01"),
        (46143.604166666664, "m/d/yy h:mm", "2026-05-01 14:30:00"),
        (46143.0, "General", "46143"),
        (46143.0, "@", "46143"),
        (46143.0, None, "46143"),
        (46143.0, '0 "days"', "46143"),
        (0.5, "h:mm", "0.5"),
        (0.0, "mm-dd-yy", "0"),
        (60.0, "mm-dd-yy", "60"),
        (-1.0, "mm-dd-yy", "-1"),
        (1e300, "mm-dd-yy", "1e+300"),
    ],
)
def test_the_number_format_tells_dates_from_numbers(number: float, shown: str | None, text: str) -> None:
    """What is shown as a day is a date; what stands for no day, or is shown as a number, stays a number."""
    cell = Cell(number, CellKind.NUMBER, number_format=shown)
    reading = read_with({Key(FIRST): Cell("2 Developing", CellKind.TEXT), Key(FIRST, Part.EVIDENCE): cell})
    assert reading.ret is not None
    assert reading.ret.text(FIRST, Part.EVIDENCE) == text
    assert reading.ret.get(FIRST, Part.EVIDENCE).typed == number


def test_a_date_instead_of_a_choice_is_shown_as_a_date() -> None:
    """An answer that a program turned into a date is refused, and told as the date that stands there."""
    reading = read_with({Key(FIRST): Cell(46143.0, CellKind.NUMBER, number_format="d-mmm")})
    assert only(reading, "choice-date").found == "2026-05-01"
    assert reading.ret is not None
    assert reading.ret.get(FIRST).typed == 46143.0


@pytest.mark.parametrize(("date1904", "day"), [(False, "2009-07-06"), (True, "2013-07-07")])
def test_a_figure_shown_as_a_date_is_asked_about(date1904: bool, day: str) -> None:
    """Whoever sees a date typed something else, such as 6-7; the number behind it is no figure, and is kept."""
    cell = Cell(40_000.0, CellKind.NUMBER, number_format="d mmm yyyy")
    reading = read_with({Key("supplier_spend"): cell}, date1904=date1904)
    problem = only(reading, "number-date")
    assert (problem.severity, problem.found, problem.item) == (Severity.QUERY, day, "IN01")
    assert reading.ret is not None
    assert (reading.ret.value("supplier_spend"), reading.ret.get("supplier_spend").typed) == (None, 40_000)


@pytest.mark.parametrize("date1904", [False, True])
@pytest.mark.parametrize("number", [12.0, 0.0, -3.0, 90_000.0, 1e12])
def test_a_figure_shown_as_a_day_that_nobody_means_is_a_figure(number: float, date1904: bool) -> None:
    """Twelve in a cell that shows days is 12 January 1900 to the eye, and still twelve."""
    cell = Cell(number, CellKind.NUMBER, number_format="d mmm yyyy")
    reading = read_with({Key("supplier_spend"): cell}, date1904=date1904)
    assert reading.ret is not None
    entry = reading.ret.get("supplier_spend")
    assert (entry.typed, "number-date" in codes(reading)) == (number, False)
    assert entry.value == (number if number >= 0 else None)


@given(day=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)))
def test_serial_numbers_come_back_as_moments(day: dt.datetime) -> None:
    """Every moment of the calendar, to the second, survives being a number."""
    moment = day.replace(microsecond=0)
    assert from_serial(to_serial(moment)) == moment


def test_macros_are_noted() -> None:
    """A workbook with macros is read like any other."""
    assert only(read_with({}, has_macros=True), "file-macros").severity is Severity.NOTE


def test_a_figure_answered_by_its_reason_is_accepted() -> None:
    """Saying why there is no figure deals with it."""
    reading = read({Key("supplier_spend", Part.MISSING): "Not known yet"})
    assert dict(reading.accounts)[ItemKind.FIGURE].accepted == 1
    assert reading.ret is not None
    assert reading.ret.figure("supplier_spend") == (State.DONT_KNOW, None)


def test_a_table_row_is_accepted_when_any_cell_is_filled() -> None:
    """A row of a table need not begin with its name."""
    reading = read(
        {Key("tenants", Part.ANSWER, 4, "jobs_fte"): 2.0, Key("tenants", Part.ANSWER, 9, "jobs_fte"): "two"}, COMMUNITY
    )
    account = dict(reading.accounts)[ItemKind.TABLE]
    assert (account.accepted, account.refused, account.blank) == (1, 1, 23)


# What follows


def test_required_facts_that_are_blank_are_listed_once() -> None:
    """Each required field that is blank has its problem; one that was refused is not also missing."""
    reading = read({Key(FIRST): "2 Developing", Key("region"): "Atlantis"})
    required = {field.code for field in plans()[COUNCIL].instrument.profile if field.required}
    missing = [problem.item for problem in reading.problems if problem.code == "required-missing"]
    assert set(missing) == required - {"P05"}
    assert len(missing) == len(set(missing))
    assert only(reading, "choice-unknown").item == "P05"


def test_not_applicable_needs_a_reason_unless_that_is_explained() -> None:
    """The reason's own cell is named; an explanation on the Checks sheet settles it."""
    typed: dict[Key, Typed] = {Key(FIRST): "Not applicable"}
    problem = only(read(typed), "reason-missing")
    assert (problem.sheet, problem.cell) == address(Key(FIRST, Part.REASON))
    assert "reason-missing" not in codes(read({**typed, Key("AUTO-2", Part.EXPLANATION): "We have none."}))
    assert "reason-missing" not in codes(read({**typed, Key(FIRST, Part.REASON): "No staff."}))


def test_a_figure_with_a_reason_for_having_none_is_asked_about() -> None:
    """Both at once contradict each other; the figure is used."""
    reading = read({Key("supplier_spend"): 5.0, Key("supplier_spend", Part.MISSING): "Not applicable"})
    problem = only(reading, "figure-and-reason")
    assert (problem.sheet, problem.cell) == address(Key("supplier_spend", Part.MISSING))
    assert reading.result is not None
    assert reading.result.figures["supplier_spend"] == 5


def test_a_failed_check_names_its_figures() -> None:
    """An error stays an error whatever is explained; a query is settled by an explanation."""
    error: dict[Key, Typed] = {Key("supplier_spend"): 5.0, Key("local_supplier_spend"): 6.0}
    problem = only(read({**error, Key("K1", Part.EXPLANATION): "Never mind."}), "check-failed")
    assert (problem.item, problem.severity) == ("K1", Severity.ERROR)
    assert "IN02: 6" in problem.found
    assert "IN01: 5" in problem.found
    assert problem.message.startswith("Local supplier spend is more")
    query: dict[Key, Typed] = {Key("supplier_spend"): 5.0, Key("vcse_spend"): 6.0}
    assert only(read(query), "check-query").item == "K3"
    assert "check-query" not in codes(read({**query, Key("K3", Part.EXPLANATION): "Grants."}))


def test_claims_without_evidence_are_asked_about() -> None:
    """High answers without evidence give one query that lists them."""
    problem = only(read({Key(FIRST): "4 Leading", Key(SECOND): "4 Leading"}), "claim-without-evidence")
    assert problem.item == "AUTO-3"
    assert FIRST in problem.found
    assert SECOND in problem.found


def test_a_measure_outside_its_range_is_asked_about() -> None:
    """The measure's own result cell is named; an explanation settles it."""
    measure = next(one for one in plans()[COUNCIL].ranged_measures if one.id == "C1-M2")
    names = plans()[COUNCIL].instrument.expressions[measure.formula].names
    assert measure.valid_to is not None
    typed: dict[Key, Typed] = {Key(name): 1.0 for name in names}
    typed[Key(names[0])] = 1e6
    reading = read(typed)
    problem = next(problem for problem in reading.problems if problem.code == "measure-out-of-range")
    assert (problem.sheet, problem.cell) == (
        "Measures",
        plans()[COUNCIL].measures.cell(problem.item, Measures.VALUE).address,
    )
    explained = read({**typed, Key(f"R-{problem.item}", Part.EXPLANATION): "Yes."})
    assert problem.item not in [one.item for one in explained.problems if one.code == "measure-out-of-range"]


def test_a_period_that_ends_before_it_starts_is_an_error() -> None:
    """Both dates are fine alone."""
    typed: dict[Key, Typed] = {
        Key("period_start"): serial(dt.date(2026, 3, 31)),
        Key("period_end"): serial(dt.date(2025, 4, 1)),
        Key(FIRST): "2 Developing",
    }
    problem = only(read(typed), "date-order")
    assert (problem.sheet, problem.cell) == address(Key("period_end"))
    assert problem.found == "2025-04-01"
    assert "2026-03-31" in problem.expected


# The workbook's own results

SCORED: dict[Key, Typed] = {
    Key(question): "2 Developing"
    for question in ("LA-C1-1", "LA-C1-2", "LA-C1-3", "LA-C1-4", "LA-C1-5", "LA-C2-1", "LA-C2-2", "LA-C2-3", "LA-C2-4")
}


def test_results_are_compared_by_section_overall_and_measure() -> None:
    """Every section, the overall score and every measure are compared."""
    plan = plans()[COUNCIL]
    reading = read(SCORED)
    assert [one.id for one in reading.comparisons] == [
        *(node.id for node in plan.instrument.nodes),
        "overall",
        *(measure.id for measure in plan.instrument.measures),
    ]
    first = reading.comparisons[0]
    assert first.agrees
    assert first.ours is not None
    assert first.stored == first.ours


def test_a_stale_result_is_asked_about_once() -> None:
    """Results that the answers do not give are reported in one problem that names the cells."""

    def edit(document: Document) -> None:
        for cell in (plans()[COUNCIL].score_cell("C1"), plans()[COUNCIL].overall_cell()):
            sheet = document.sheet(cell.sheet)
            there = sheet.cells[cell.row, cell.column]
            assert isinstance(there.value, Formula)
            sheet.cells[cell.row, cell.column] = replace(there, value=Formula(there.value.text, 99.0))

    reading = read(SCORED, edit=edit)
    problem = only(reading, "score-stale")
    assert problem.item == "C1, overall"
    assert plans()[COUNCIL].score_cell("C1").address in problem.found
    assert plans()[COUNCIL].overall_cell().address in problem.found
    assert reading.result is not None
    assert reading.result.sections["C1"].score != 99
    assert [one.id for one in reading.comparisons if not one.agrees] == ["C1", "overall"]


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_a_workbook_without_results_is_worked_out_again() -> None:
    """Some programs save formulas without values: one note, and the program's own results."""
    buffer = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(written(SCORED))).save(buffer)
    reading = read_form(buffer.getvalue(), "return.xlsx", plans())
    assert codes(reading).count("score-not-stored") == 1
    assert "score-differs" not in codes(reading)
    assert reading.result is not None
    assert reading.result.sections["C1"].score is not None
    assert dict(reading.accounts)[ItemKind.QUESTION].accepted == len(SCORED)


def test_texts_that_the_old_format_gives_as_zero_are_no_difference() -> None:
    """In an xls file the words for "not enough answers" are read as zero; any other number is still a difference."""
    workbook = read_workbook(written(SCORED))
    column = plans()[COUNCIL].score_cell("C3").column

    def stored(value: float, kind: FileKind) -> list[str]:
        sheets = []
        for sheet in workbook.sheets:
            cells = dict(sheet.cells)
            for (row, at), cell in sheet.cells.items():
                if sheet.name == "Results" and at == column and cell.value == "Not enough answers":
                    cells[row, at] = Cell(value, CellKind.NUMBER)
            sheets.append(replace(sheet, cells=cells))
        return codes(read_cells(replace(workbook, sheets=tuple(sheets), kind=kind), INFO, plans()))

    assert "score-differs" not in stored(0.0, FileKind.XLS)
    assert "score-differs" in stored(1.0, FileKind.XLS)
    assert "score-differs" in stored(0.0, FileKind.XLSX)


# Changed workbooks


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_a_row_inserted_by_a_program_that_moves_cells_only() -> None:
    """Answers below an inserted row are read from where they are now."""
    book = openpyxl.load_workbook(io.BytesIO(written(SCORED)))
    book["Assessment"].insert_rows(Assessment.HEADER + 4)
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read_form(buffer.getvalue(), "return.xlsx", plans())
    assert reading.ret is not None
    assert {key for key, entry in reading.ret.entries.items() if entry.outcome is Outcome.ACCEPTED} == set(SCORED)
    assert "item-moved" in codes(reading)
    check_account(reading, plans()[COUNCIL])
    check_told(reading)


def test_a_contradictory_row_is_refused_in_the_account() -> None:
    """An item that cannot be told from another is refused, with one problem, and the rest is read."""

    def edit(document: Document) -> None:
        sheet = document.sheet("Assessment")
        row = plans()[COUNCIL].assessment.rows[FIRST]
        for column, text in ((1, SECOND), (Assessment.QUESTION, "?")):
            sheet.cells[row, column] = Written(row, column, text, sheet.cells[row, column].style)

    reading = read(SCORED, edit=edit)
    assert [problem.item for problem in reading.problems if problem.code == "item-contradiction"] == [FIRST]
    assert dict(reading.accounts)[ItemKind.QUESTION].refused == 1
    assert reading.ret is not None
    assert reading.ret.get(SECOND).outcome is Outcome.ACCEPTED
    check_account(reading, plans()[COUNCIL])


def test_a_deleted_sheet_is_in_the_account() -> None:
    """What is gone is counted as not found and does not count as missing facts."""
    workbook = read_workbook(written(SCORED))
    kept = tuple(sheet for sheet in workbook.sheets if sheet.name != "About you")
    reading = read_cells(replace(workbook, sheets=kept), INFO, plans())
    account = dict(reading.accounts)[ItemKind.PROFILE]
    assert account.not_found == account.items
    assert "required-missing" not in codes(reading)
    check_account(reading, plans()[COUNCIL])
    check_told(reading)


def _everything(name: str) -> dict[Key, Typed]:
    plan = plans()[name]
    typed: dict[Key, Typed] = {}
    for slot in plan.slots:
        if slot.kind is SlotKind.CHOICE:
            typed[slot.key] = offered(plan.instrument.choice_lists[slot.choices or ""])[0][0]
        elif slot.kind is SlotKind.NUMBER:
            typed[slot.key] = slot.minimum or 1.0
        elif slot.kind is SlotKind.DATE:
            typed[slot.key] = serial(dt.date(2025, 4, 1))
        else:
            typed[slot.key] = f"Words about {slot.code}"
    return typed


def test_a_full_workbook_leaves_nothing_blank() -> None:
    """When every cell is filled in, no item is counted as blank."""
    reading = read(_everything(COMMUNITY), COMMUNITY)
    assert all(account.blank == 0 for _, account in reading.accounts)


def test_explanations_are_read_from_the_checks_sheet() -> None:
    """An explanation stands beside its check."""
    reading = read({Key("K1", Part.EXPLANATION): "Because."})
    assert reading.ret is not None
    entry = reading.ret.get("K1", Part.EXPLANATION)
    assert entry.text == "Because."
    assert entry.place is not None
    assert entry.place.sheet == "Checks"
    assert parse_cell_name(entry.place.cell)[1] == Checks.EXPLANATION


def test_nothing_in_an_old_workbook_is_not_taken_for_the_lowest_answer() -> None:
    """In an .xls file a 0 may stand for words that a formula showed, so it is asked about instead of scored."""
    workbook = read_workbook(written({Key(FIRST): 0.0}))
    reading = read_cells(replace(workbook, kind=FileKind.XLS), INFO, plans())
    assert reading.ret is not None
    assert reading.ret.get(FIRST).outcome is Outcome.REFUSED
    assert "choice-unknown" in codes(reading)


def test_a_workbook_that_holds_an_unusable_entry_is_not_ready() -> None:
    """Words for a number fail a check of their own, in the workbook and for the program alike."""
    typed: dict[Key, Typed] = {Key("supplier_spend"): "about 12k"}
    reading = read(typed)
    assert reading.result is not None
    check = reading.result.checks[UNUSABLE]
    assert (check.count, check.severity, reading.result.progress.errors) == (1, "error", 1)
    assert not reading.result.progress.ready
    assert "score-differs" not in codes(reading)
