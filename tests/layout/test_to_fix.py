"""The sheet with what is to be put right: what it lists, what is done by now, and the line on the first sheet."""

from __future__ import annotations

from datetime import datetime

import pytest
from oracle.cases import INSTRUMENTS, plan

from kil_xlsx.core.checking import CLAIMS, REASONS
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.codec import offered
from kil_xlsx.layout.compose import compose
from kil_xlsx.layout.document import Document, Formula, Link
from kil_xlsx.layout.marking import Left, Mark, Marking, Spot, Until
from kil_xlsx.layout.places import KEY, ToFix
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.writing.lint import lint


def _line(*spots: Spot, enough: bool = False) -> Mark:
    return Mark(Severity.ERROR, "A1", "Sheet", "wrong", "found", "do", spots, enough)


def _made(book: Plan, marking: Marking, typed: dict[Key, Typed] | None = None) -> Document:
    return compose(book, Issue(datetime(2026, 1, 1), marking=marking), typed)


def _column(book: Plan, made: Document, column: int) -> list[object]:
    cells = sorted(made.sheet(book.words("sheet.to_fix")).cells.items())
    return [cell.value for (row, at), cell in cells if at == column and row > ToFix.HEADER]


def _states(book: Plan, made: Document) -> list[object]:
    return [one.value if isinstance(one, Formula) else one for one in _column(book, made, ToFix.FIXED)]


def _on_start(book: Plan, made: Document) -> object:
    cell = made.sheet(book.start.sheet).cells[book.start.next + 1, book.start.VALUE]
    assert isinstance(cell.value, Formula)
    return cell.value.value


def _slot(book: Plan, kind: SlotKind) -> Slot:
    return next(slot for slot in book.slots if slot.kind is kind and slot.main)


GOOD: dict[SlotKind, Typed] = {SlotKind.TEXT: "words", SlotKind.DATE: 45_000.0, SlotKind.NUMBER: 1.0}


@pytest.mark.parametrize("kind", SlotKind)
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_cell_is_done_when_it_holds_something_usable(name: str, kind: SlotKind) -> None:
    """What was marked, something else that cannot be used, and something that can; a blank one only if it was not."""
    book = plan(name)
    slot = _slot(book, kind)
    good = GOOD.get(kind) or offered(book.instrument.choice_lists[slot.choices or ""])[0][0]
    done, still = book.words("fix.done"), book.words("fix.open")
    held: Typed = "as it was"
    changed = Marking((_line(Spot(slot.cell, slot.key)),), held={slot.key: held})
    wanted = Marking((_line(Spot(slot.cell, slot.key, Until.GIVEN)),))
    odd = done if kind is SlotKind.TEXT else still
    for value, of_changed, of_wanted in (
        (held, still, odd),
        (good, done, done),
        ("else", odd, odd),
        (None, done, still),
    ):
        assert _states(book, _made(book, changed, {slot.key: value})) == [of_changed]
        assert _states(book, _made(book, wanted, {slot.key: value})) == [of_wanted]


def test_lines_of_several_places() -> None:
    """One line counts what is left of its places; another is done with the first of them."""
    book = plan(INSTRUMENTS[0])
    keys = [Key(question.id) for question in book.instrument.questions[:3]]
    label = offered(book.instrument.choice_lists[book.by_key[keys[0]].choices or ""])[0][0]
    spots = tuple(Spot(book.by_key[key].cell, key, Until.GIVEN) for key in keys)
    marking = Marking((_line(*spots), _line(*spots, enough=True), _line()))
    words = book.words
    for count, all_of_them, one_of_them in (
        (0, words("fix.left", left=3), words("fix.open")),
        (1, words("fix.left", left=2), words("fix.done")),
        (3, words("fix.done"), words("fix.done")),
    ):
        made = _made(book, marking, dict.fromkeys(keys[:count], label))
        assert _states(book, made) == [all_of_them, one_of_them, words("fix.no_place")]


def test_checks_reasons_and_figures_are_looked_up() -> None:
    """Lines about checks, reasons and figures with a reason follow the workbook's own checks."""
    book = plan(INSTRUMENTS[0])
    question, figure = book.instrument.questions[0], book.instrument.figures[0]
    choices = book.instrument.choice_lists[book.by_key[Key(question.id)].choices or ""]
    na = next(label for label, choice in offered(choices) if choice.state == "not_applicable")
    missing = book.by_key[Key(figure.id, Part.MISSING)]
    none = offered(book.instrument.choice_lists[missing.choices or ""])[0][0]
    cell = book.by_key[Key(question.id)].cell
    marking = Marking(
        (
            _line(Spot(cell, until=Until.CHECK, of=REASONS)),
            _line(Spot(cell, until=Until.CHECK, of=CLAIMS)),
            _line(Spot(cell, until=Until.REASON, of=question.id)),
            _line(Spot(missing.cell, missing.key, Until.BOTH, figure.id)),
        )
    )
    typed: dict[Key, Typed] = {Key(question.id): na, Key(figure.id): 1.0, missing.key: none}
    done, still = book.words("fix.done"), book.words("fix.open")
    assert _states(book, _made(book, marking, typed)) == [still, done, still, still]
    typed |= {Key(question.id, Part.REASON): "since", missing.key: None}
    assert _states(book, _made(book, marking, typed)) == [done, done, done, done]


def test_the_first_sheet_says_how_much_is_left() -> None:
    """Its line counts, leads to the sheet, and says when nothing is left; other workbooks have none."""
    book = plan(INSTRUMENTS[0])
    slot = _slot(book, SlotKind.DATE)
    marking = Marking((_line(Spot(slot.cell, slot.key, Until.GIVEN)), _line()))
    name = book.words("sheet.to_fix")
    assert _on_start(book, _made(book, marking)) == book.words("fix.start_left", count=1, sheet=name)
    assert _on_start(book, _made(book, marking, {slot.key: 45_000.0})) == book.words("fix.start_done")
    assert _on_start(book, _made(book, Marking())) == book.words("fix.start_done")
    plain = compose(book, Issue(datetime(2026, 1, 1)))
    assert name not in [sheet.name for sheet in plain.sheets]
    assert (book.start.next + 1, book.start.VALUE) not in plain.sheet(book.start.sheet).cells


def test_lines_lead_to_their_cells() -> None:
    """The sheet comes second; each line has a link to its first place, and the cells a note and a frame."""
    book = plan(INSTRUMENTS[0])
    slot, other = _slot(book, SlotKind.NUMBER), _slot(book, SlotKind.DATE)
    notes = {slot.cell: "Error: wrong"}
    marking = Marking((_line(Spot(slot.cell, slot.key), Spot(other.cell, other.key)), _line()), notes=notes)
    made = _made(book, marking)
    assert [sheet.name for sheet in made.sheets[:2]] == [book.start.sheet, book.words("sheet.to_fix")]
    first, second = _column(book, made, ToFix.GO)
    assert isinstance(first, Link)
    assert first.target == slot.cell
    assert second == "–"
    sheet = made.sheet(slot.cell.sheet)
    assert [(note.row, note.column, note.text) for note in sheet.notes] == [
        (slot.cell.row, slot.cell.column, "Error: wrong")
    ]
    assert sheet.cells[slot.cell.row, slot.cell.column].style.role == "input_number_marked"
    assert made.sheet(other.cell.sheet).cells[other.cell.row, other.cell.column].style.role == "input_date"


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("marks", [0, 1, 60])
@pytest.mark.parametrize("left", [0, 3])
def test_nothing_is_wrong_with_the_workbook(name: str, marks: int, left: int) -> None:
    """The linter finds nothing, whatever is listed; what could not be carried over has a table of its own."""
    book = plan(name)
    slots = book.slots[:marks]
    texts = ("=1+1", "\x01 bad", "x" * 32_000)
    lost = tuple(Left("kind", "Sheet", "A1", "why", text) for text in texts[:left])
    made = _made(book, Marking(tuple(_line(Spot(slot.cell, slot.key)) for slot in slots), lost))
    assert lint(made) == []
    sheet = made.sheet(book.words("sheet.to_fix"))
    assert len(sheet.tables) == bool(marks) + bool(left)
    assert all(sheet.columns[column].hidden for column in (KEY, ToFix.OPEN, ToFix.HELD, ToFix.UNDONE))
    said = {cell.value for cell in sheet.cells.values() if isinstance(cell.value, str)}
    assert set(texts[:left]) <= said
