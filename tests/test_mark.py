"""Marked copies of returns: every answer carried over, what is wrong marked, nothing lost, and read back as any."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace as with_
from datetime import date, datetime
from pathlib import Path
from random import Random

import openpyxl
import pytest
from msgspec.structs import replace
from openpyxl.comments import Comment
from oracle.cases import COUNCIL, INSTRUMENTS, plan
from rounds import FULLER, second_round
from strategies import BLANK, EVERYTHING, FULL, Mood, random_typed, random_value

from kil_xlsx import pipeline
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Entry, Key, Outcome, Return, Typed
from kil_xlsx.errors import KilXlsxError, OutputError, UsageProblem
from kil_xlsx.layout.codec import is_blank, offered
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import Document, Formula
from kil_xlsx.layout.marking import Until
from kil_xlsx.layout.places import ToFix
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import SlotKind
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline.mark import Made, mark, marked_copy
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.form import read_form
from kil_xlsx.reading.model import WorkbookData
from kil_xlsx.reading.notes import read_notes
from kil_xlsx.reading.sheetindex import Vocabulary, fold
from kil_xlsx.writing.theme import default_theme
from kil_xlsx.writing.xlsx import write

WHOSE = Organisation("Łódź & Söhne <Trust>", "GB-COH-01234567")
SENT = Issue(datetime(2026, 3, 1), WHOSE, "Spring 2026")
AGAIN = Issue(datetime(2026, 5, 1), due=date(2026, 6, 30), contact="Sam")
CARELESS = Mood(0.9, 0.9, 0.3, 0.5, 0.9, 0.3, 0.8, 0.3)
DEPENDENT = frozenset(("check-failed", "check-query", "measure-out-of-range", "claim-without-evidence"))
"""Problems that one cell alone may not put right."""


def read(plan: Plan, data: bytes) -> Reading:
    """Read a return."""
    return read_form(data, "return.xlsx", {plan.instrument.key: plan})


def sent_back(plan: Plan, typed: Mapping[Key, Typed], issue: Issue = SENT) -> bytes:
    """A workbook that comes back filled in."""
    return pipeline.workbook_bytes(plan, issue, typed)


def copy_of(plan: Plan, data: bytes, issue: Issue = AGAIN) -> Made:
    """The marked copy of a return."""
    return marked_copy(plan, read(plan, data), read_workbook(data), issue, read_notes(data))


def gist(entry: Entry) -> tuple[object, ...]:
    """What an accepted entry says."""
    return entry.state, entry.value, entry.code, entry.text


def accepted(ret: Return | None) -> dict[Key, tuple[object, ...]]:
    """The accepted entries of a return."""
    assert ret is not None
    return {key: gist(entry) for key, entry in ret.entries.items() if entry.outcome is Outcome.ACCEPTED}


def told(made: Made) -> str:
    """Everything that a copy says on its sheet and in its notes."""
    marking = made.issue.marking
    assert marking is not None
    lines = [f"{one.item} {one.found}" for one in marking.marks] + [f"{one.cell} {one.found}" for one in marking.left]
    return "\n".join((*lines, *marking.notes.values()))


def document(plan: Plan, made: Made, typed: Mapping[Key, Typed] | None = None) -> Document:
    """The copy as plain data, with something else typed in."""
    return compose(plan, made.issue, made.typed if typed is None else typed)


def fixed(plan: Plan, doc: Document) -> list[str]:
    """What the last column says, line by line."""
    sheet = doc.sheet(plan.words("sheet.to_fix"))
    cells = [cell.value for (row, column), cell in sorted(sheet.cells.items()) if column == ToFix.FIXED]
    return [str(value.value) for value in cells if isinstance(value, Formula)]


# What was accepted, what was typed


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("case", range(4))
def test_a_copy_is_read_as_the_return_was(name: str, case: int) -> None:
    """The same identity and the same accepted answers; what was refused is never an answer, and stays as typed."""
    book = plan(name)
    mood = (CARELESS, EVERYTHING, None, FULL)[case]
    before = read(book, sent_back(book, random_typed(book, Random(case), mood)))
    made = copy_of(book, sent_back(book, random_typed(book, Random(case), mood)))
    after = read(book, made.data)
    assert after.identity == before.identity
    assert accepted(after.ret) == accepted(before.ret)
    assert before.ret is not None
    words = told(made)
    for key, entry in before.ret.entries.items():
        if entry.outcome is Outcome.REFUSED and not is_blank(entry.typed):
            assert made.typed.get(key) == entry.typed or str(entry.typed) in words
    assert [one for one in after.problems if one.severity is Severity.NOTE] == []


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("case", range(3))
def test_problems_are_gone_once_marked_cells_are_filled(name: str, case: int) -> None:
    """Every marked cell filled in properly: its problem is not found again, and its line says that it is done."""
    book = plan(name)
    made = copy_of(book, sent_back(book, random_typed(book, Random(50 + case), CARELESS)))
    marking = made.issue.marking
    assert marking is not None
    assert marking.marks
    rng, good = Random(1), with_(FULL, special=0.0)
    typed: dict[Key, Typed] = dict(made.typed)
    ends = book.instrument.field_with_role("period_end")
    for spot in (spot for one in marking.marks for spot in one.spots if spot.until is not Until.CHECK):
        assert spot.key is not None
        slot = book.by_key[spot.key]
        value = random_value(book, slot, rng, good)
        if slot.kind is SlotKind.DATE:
            value = 45_000.0 + (364 if ends and ends.id == slot.key.item else 0)
        if slot.kind is SlotKind.TEXT and not slot.required and slot.key.item in {
            one.id for one in book.instrument.profile if one.type in ("org_id", "org_id_list", "area_code")
        }:  # fmt: skip
            value = None
        typed[spot.key] = None if spot.until is Until.BOTH else value
    before = {(one.code, one.item, one.cell) for one in read(book, made.data).problems if one.code not in DEPENDENT}
    filled = document(book, made, typed)
    after = {(one.code, one.item, one.cell) for one in read(book, write(filled, default_theme())).problems}
    assert before
    assert {one for one in before & after if one[0] not in ("identifier-unknown", "area-code-unknown")} == set()
    lines = fixed(book, filled)
    for line, one in zip(lines, marking.marks, strict=True):
        if all(spot.until is not Until.CHECK for spot in one.spots):
            assert line == book.words("fix.done")
    assert book.words("fix.done") not in fixed(book, document(book, made))


def test_text_stays_text_in_a_cell_for_a_number() -> None:
    """Words in a cell for a number or a date stay words, and look as they were typed."""
    book = plan(COUNCIL)
    number = next(slot for slot in book.slots if slot.kind is SlotKind.NUMBER)
    day = next(slot for slot in book.slots if slot.kind is SlotKind.DATE and slot.main)
    made = copy_of(book, sent_back(book, {number.key: "=1+1 about 5", day.key: "next spring"}))
    sheets = opened(made.data)
    for slot, text in ((number, "=1+1 about 5"), (day, "next spring")):
        cell = sheets[slot.cell.sheet].cell(slot.cell.row + 1, slot.cell.column + 1)
        assert (cell.value, cell.data_type) == (text, "s")
        assert cell.comment is not None
        assert text in cell.comment.text
        assert cell.border.left.style == "thick"


def changed(data: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    """A workbook edited with another program."""
    book = opened(data)
    change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def opened(data: bytes) -> openpyxl.Workbook:
    """A workbook in another program, which warns of what it does not know."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(io.BytesIO(data))


def test_an_error_value_in_a_cell_for_words_is_no_answer() -> None:
    """Written as text it would pass for an answer, so the cell is blank and the note says what stood there."""
    book = plan(COUNCIL)
    slot = next(one for one in book.slots if one.kind is SlotKind.TEXT and one.main)

    def edit(workbook: openpyxl.Workbook) -> None:
        cell = workbook[slot.cell.sheet].cell(slot.cell.row + 1, slot.cell.column + 1)
        cell.value, cell.data_type = "#REF!", "e"

    made = copy_of(book, changed(sent_back(book, random_typed(book, Random(2), FULL)), edit))
    assert is_blank(made.typed.get(slot.key))
    assert "#REF!" in told(made)
    ret = read(book, made.data).ret
    assert ret is not None
    assert ret.entries[slot.key].outcome is Outcome.BLANK


def test_typed_answers_become_the_offered_ones() -> None:
    """An answer that was recognised stands in the copy as the list has it, so that its formulas count it."""
    book = plan(COUNCIL)
    slot = book.by_key[Key(book.instrument.questions[0].id)]
    label, choice = offered(book.instrument.choice_lists[slot.choices or ""])[1]
    made = copy_of(book, sent_back(book, {slot.key: f" {choice.code} "}))
    assert made.typed[slot.key] == label


# What was carried over from last time


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_what_was_carried_over_stays_so(name: str) -> None:
    """Confirmed, changed and untouched answers are so in the copy too, under the name of the round and its scores."""
    book = plan(name)
    this = second_round(book, Random(7), FULLER)
    data = sent_back(book, this.edits, replace(SENT, previous=this.previous))
    before, made = read(book, data), copy_of(book, data)
    after = read(book, made.data)
    assert before.ret is not None
    assert after.ret is not None
    assert before.ret.carried_items
    assert dict(after.ret.carried) == dict(before.ret.carried)
    touched = {item: before.ret.touch(*item) for item in before.ret.carried_items}
    assert {item: after.ret.touch(*item) for item in after.ret.carried_items} == touched
    assert made.issue.previous is not None
    assert made.issue.previous.round == this.previous.round
    known = {item: value for item, value in this.previous.scores.items() if item in made.issue.previous.scores}
    assert known == pytest.approx(dict(made.issue.previous.scores))
    assert made.issue.previous.scores


# What has no place


def test_own_sheets_cells_and_notes_are_listed() -> None:
    """A sheet, a cell and a note of the sender's own are named with what they say; nothing of ours is."""
    book = plan(COUNCIL)
    data = sent_back(book, random_typed(book, Random(3), FULL))
    assert copy_of(book, data).issue.marking.left == ()  # type: ignore[union-attr]
    sheet = book.assessment.sheet

    def edit(workbook: openpyxl.Workbook) -> None:
        own = workbook.create_sheet("Our own sums")
        own["A1"], own["B2"] = "x", 3
        workbook[sheet]["AD9"] = "ask Jo"
        workbook[sheet]["C10"].comment = Comment("who wrote this?", "Jo")

    made = copy_of(book, changed(data, edit))
    marking = made.issue.marking
    assert marking is not None
    assert [(one.sheet, one.cell, one.found) for one in marking.left] == [
        ("Our own sums", "", "2 filled cells"),
        (sheet, "AD9", "ask Jo"),
        (sheet, "C10", "who wrote this?"),
    ]
    assert copy_of(book, made.data).issue.marking.left == ()  # type: ignore[union-attr]


def test_rows_that_were_deleted_are_back_and_blank() -> None:
    """A question whose row is gone is there again without an answer, with a line that says so."""
    book = plan(COUNCIL)
    question = book.instrument.questions[4]
    row = book.assessment.rows[question.id] + 1
    data = changed(
        sent_back(book, random_typed(book, Random(4), FULL)),
        lambda workbook: workbook[book.assessment.sheet].delete_rows(row),
    )
    made = copy_of(book, data)
    marking = made.issue.marking
    assert marking is not None
    lines = [one for one in marking.marks if one.item == question.id]
    why = {book.words(f"wrong.{code}") for code in ("item-not-found", "item-contradiction")}  # names stay behind
    assert [one.wrong in why for one in lines] == [True]
    assert [spot.until for one in lines for spot in one.spots] == [Until.GIVEN]
    back = read(book, made.data)
    assert back.ret is not None
    assert back.ret.get(question.id).outcome is Outcome.BLANK
    filled = document(book, made, {**made.typed, Key(question.id): _first_label(book, Key(question.id))})
    assert fixed(book, filled)[marking.marks.index(lines[0])] == book.words("fix.done")


def _first_label(book: Plan, key: Key) -> str:
    return offered(book.instrument.choice_lists[book.by_key[key].choices or ""])[0][0]


def test_answers_too_long_for_a_cell_are_listed() -> None:
    """Other formats hold longer texts than a cell of the copy can: they are told in parts, in full."""
    book = plan(COUNCIL)
    slot = next(one for one in book.slots if one.kind is SlotKind.TEXT and one.main)
    data = sent_back(book, random_typed(book, Random(2), FULL))
    reading = read(book, data)
    assert reading.ret is not None
    text = "word " * 8_000
    entry = reading.ret.entries[slot.key]
    long = {**reading.ret.entries, slot.key: replace_entry(entry, text)}
    made = marked_copy(
        book, replace(reading, ret=Return(long, reading.ret.carried)), read_workbook(data), AGAIN
    )  # fmt: skip
    assert slot.key not in made.typed
    marking = made.issue.marking
    assert marking is not None
    assert "".join(one.found for one in marking.left if one.kind == book.words("fix.no_room")) == text


def replace_entry(entry: Entry, text: str) -> Entry:
    """The entry with other words."""
    return Entry(key=entry.key, state=entry.state, outcome=entry.outcome, text=text, typed=text, place=entry.place)


# Reading a copy


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_reader_is_not_misled_by_the_sheet(name: str) -> None:
    """No heading of the sheet is one that answers are found by, and a copy of a copy is marked alike."""
    book = plan(name)
    made = copy_of(book, sent_back(book, random_typed(book, Random(9), CARELESS)))
    sheet = document(book, made).sheet(book.words("sheet.to_fix"))
    vocabulary = Vocabulary.of(book)
    headings = {fold(str(cell.value)) for (row, _), cell in sheet.cells.items() if row == ToFix.HEADER}
    assert not headings & {*vocabulary.headings, vocabulary.number}
    again = copy_of(book, made.data)
    assert again.data == made.data


def test_the_same_return_gives_the_same_copy() -> None:
    """Same input, same bytes."""
    book = plan(COUNCIL)
    data = sent_back(book, random_typed(book, Random(5), CARELESS))
    assert copy_of(book, data).data == copy_of(book, data).data


def test_a_reference_code_outlives_lost_facts() -> None:
    """Where a return has lost everything but its visible code and the defined names, the copy keeps the code."""
    book = plan(COUNCIL)

    def edit(workbook: openpyxl.Workbook) -> None:
        del workbook[book.words("sheet.file")]
        for name in list(workbook.custom_doc_props.names):
            del workbook.custom_doc_props[name]

    data = changed(sent_back(book, random_typed(book, Random(6), FULL)), edit)
    before, made = read(book, data), copy_of(book, data)
    assert before.identity is not None
    assert not before.identity.organisation
    after = read(book, made.data).identity
    assert after is not None
    assert after.reference == before.identity.reference


# Hostile and many


def test_hostile_texts_do_no_harm() -> None:
    """Control characters, formulas, markup and very long texts end up as words, and the copy is read back."""
    book = plan(COUNCIL)
    nasty = ("\x01\x1b[31m_x0041_", "=cmd|'/c calc'!A1", "x" * 32_767, "<r>&amp;", "🙂" * 500, "No.", "a\r\nb\tc")
    slots = [one for one in book.slots if one.kind is not SlotKind.TEXT][: len(nasty)]
    texts = [one for one in book.slots if one.kind is SlotKind.TEXT][: len(nasty)]
    typed = {slot.key: text for group in (slots, texts) for slot, text in zip(group, nasty, strict=True)}
    issue = replace(SENT, organisation=Organisation("=HYPERLINK(1) 🙂" * 5))
    data = sent_back(book, typed, issue)
    before, made = read(book, data), copy_of(book, data)
    assert accepted(read(book, made.data).ret) == accepted(before.ret)
    marking = made.issue.marking
    assert marking is not None
    assert all(len(words) <= 510 for words in marking.notes.values())
    with zipfile.ZipFile(io.BytesIO(made.data)) as package:
        for part in package.namelist():
            if part.startswith("xl/comments"):
                assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", package.read(part))


def test_very_many_problems_share_lines() -> None:
    """Hundreds of cells with the same problem on one sheet are one line, each with a note of its own."""
    book = plan(COUNCIL)
    typed: dict[Key, Typed] = {slot.key: "nonsense" for slot in book.slots if slot.kind is not SlotKind.TEXT}
    made = copy_of(book, sent_back(book, typed))
    marking = made.issue.marking
    assert marking is not None
    assert len(marking.notes) > 300
    assert len(marking.marks) < 30
    line = max(marking.marks, key=lambda one: len(one.spots))
    assert len(line.spots) > 100
    first = line.spots[0].key
    assert first is not None
    lines = fixed(book, document(book, made, {**made.typed, first: None}))
    assert lines[marking.marks.index(line)] == book.words("fix.left", left=len(line.spots) - 1)


def test_nothing_filled_in() -> None:
    """A return without answers has one line that is done as soon as one answer is there."""
    book = plan(COUNCIL)
    made = copy_of(book, sent_back(book, random_typed(book, Random(1), BLANK)))
    marking = made.issue.marking
    assert marking is not None
    assert [one.wrong for one in marking.marks if one.enough] == [book.words("wrong.return-empty")]
    assert fixed(book, document(book, made))[0] == book.words("fix.open")
    key = Key(book.instrument.questions[8].id)
    assert book.words("fix.done") in fixed(book, document(book, made, {**made.typed, key: _first_label(book, key)}))


# Files


def test_a_file_gets_a_copy(tmp_path: Path) -> None:
    """The copy is written where it is asked for, and the file that came back stays as it was."""
    book = plan(COUNCIL)
    data = sent_back(book, random_typed(book, Random(8), CARELESS))
    source, target = tmp_path / "leeds.xlsx", tmp_path / "out" / "fix.xlsx"
    source.write_bytes(data)
    done = mark(source, target, due=date(2026, 6, 30), contact="Sam", created=AGAIN.created)
    assert source.read_bytes() == data
    assert [copy.path for copy in done.copies] == [target]
    assert target.read_bytes() == copy_of(book, data).data
    with pytest.raises(OutputError):
        mark(source, target)
    with pytest.raises(UsageProblem):
        mark(source, source, force=True)
    with pytest.raises(UsageProblem):
        mark(source, tmp_path / "fix.pdf")
    assert source.read_bytes() == data


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing", b"PK\x03\x04 broken"])
def test_a_file_that_cannot_be_read_gets_none(content: bytes, tmp_path: Path) -> None:
    """The refusal says why, and nothing is written."""
    source, target = tmp_path / "return.xlsx", tmp_path / "fix.xlsx"
    source.write_bytes(content)
    with pytest.raises(KilXlsxError, match=r"return\.xlsx cannot be marked"):
        mark(source, target)
    assert not target.exists()


def test_a_folder_gets_copies_of_those_with_problems(tmp_path: Path) -> None:
    """Each return with errors or queries has a copy named after it; unusable files are told and stop nothing."""
    book = plan(COUNCIL)
    folder, out = tmp_path / "returns", tmp_path / "out"
    (folder / "more").mkdir(parents=True)
    bad = sent_back(book, random_typed(book, Random(8), CARELESS))
    (folder / "a.xlsx").write_bytes(bad)
    (folder / "more" / "a.xlsx").write_bytes(bad)
    (folder / "broken.xlsx").write_bytes(b"PK")
    done = mark(folder, out, created=AGAIN.created)
    assert sorted(path.name for path in out.iterdir()) == ["a-to-fix-2.xlsx", "a-to-fix.xlsx"]
    assert len(done.copies) == 2
    assert len(done.unused) == 1
    assert "broken.xlsx" in done.unused[0]


def test_read_notes_takes_anything() -> None:
    """Files of other kinds and damaged ones have no notes to tell of."""
    assert read_notes(b"") == ()
    assert read_notes(b"PK\x03\x04 nothing") == ()
    assert isinstance(read_workbook(sent_back(plan(COUNCIL), {})), WorkbookData)
