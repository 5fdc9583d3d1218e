"""What stands in a returned workbook beside its answers: sheets, cells and notes of the sender's own.

A cell is the workbook's own when it holds words that are painted in the same columns of a workbook made anew, and the
sender's otherwise.  Rows and columns may have moved, so places do not decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from kil_xlsx.core.returns import Return, text_of
from kil_xlsx.layout.a1 import cell_name, parse_cell_name
from kil_xlsx.layout.codec import folded, is_blank
from kil_xlsx.layout.document import Document, Formula, Link, Rich, Sheet
from kil_xlsx.layout.earlier import earlier_words
from kil_xlsx.layout.marking import Left
from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.model import CellKind, SheetData, WorkbookData
from kil_xlsx.reading.notes import CellNote

MOST_LEFT = 300
"""Lines that are listed; the rest is counted."""


def leftovers(
    plan: Plan, workbook: WorkbookData, ret: Return, made: Document, notes: tuple[CellNote, ...] = ()
) -> tuple[Left, ...]:
    """Everything of the sender's own that has no place in ``made``, a workbook made from the same plan.

    :param workbook: the file that came back, of which ``ret`` was read.
    """
    found = [*_sheets(plan, workbook, ret, made), *_cells(plan, workbook, ret, made), *_notes(plan, notes)]
    if len(found) <= MOST_LEFT:
        return tuple(found)
    words = plan.words
    more = Left(words("fix.too_many"), "", "", words("fix.too_many_why", count=len(found) - MOST_LEFT), "")
    return (*found[:MOST_LEFT], more)


def _ours(plan: Plan, made: Document, ret: Return) -> dict[str, str]:
    """The sheets that were sent out, by their folded names now: what each was called then."""
    known = {folded(sheet.name): sheet.name for sheet in made.sheets}
    for key in ("sheet.to_fix", "sheet.to_agree", "sheet.carried", "sheet.peers"):
        known.setdefault(folded(plan.words(key)), plan.words(key))
    for entry in ret.entries.values():
        if entry.place is not None:
            known.setdefault(folded(entry.place.sheet), plan.by_key[entry.key].cell.sheet)
    return known


def _sheets(plan: Plan, workbook: WorkbookData, ret: Return, made: Document) -> Iterator[Left]:
    words, known = plan.words, _ours(plan, made, ret)
    for sheet in workbook.sheets:
        if folded(sheet.name) not in known:
            filled = sum(cell.kind is not CellKind.EMPTY for cell in sheet.cells.values())
            said = words("fix.own_sheet_cells", count=filled)
            yield Left(words("fix.own_sheet"), sheet.name, "", words("fix.own_sheet_why"), said)


def _cells(plan: Plan, workbook: WorkbookData, ret: Return, made: Document) -> Iterator[Left]:
    known = _ours(plan, made, ret)
    planned = {slot.cell.sheet for slot in plan.slots}
    taken: dict[str, set[tuple[int, int]]] = {}
    for entry in ret.entries.values():
        if entry.place is not None:
            taken.setdefault(folded(entry.place.sheet), set()).add(parse_cell_name(entry.place.cell))
    for sheet in workbook.sheets:
        name = known.get(folded(sheet.name))
        if name in planned:
            painted = made.sheet(name)
            yield from _own_cells(plan, sheet, painted, taken.get(folded(sheet.name), set()))


def _own_cells(plan: Plan, sheet: SheetData, painted: Sheet, taken: set[tuple[int, int]]) -> Iterator[Left]:
    words = plan.words
    slots = {(slot.cell.row, slot.cell.column) for slot in plan.slots if slot.cell.sheet == painted.name}
    filled_in = {column for _, column in taken}
    said: dict[str, set[int]] = {}
    worked_out: set[int] = set()
    for (row, column), painted_cell in painted.cells.items():
        if (row, column) not in slots:
            value = painted_cell.value
            if isinstance(value, Formula):
                worked_out.add(column)
            said.setdefault(_words_of(value), set()).add(column)
    slot_columns = {column for _, column in slots}
    before = earlier_words(plan)
    for (row, column), cell in sorted(sheet.cells.items()):
        if (row, column) in taken or cell.kind is CellKind.EMPTY or is_blank(cell.value):
            continue
        text = text_of(cell.value)
        if cell.formula is not None:
            # What formulas show changes with the answers; only those beside the columns of ours are the sender's.
            if worked_out and column <= max(worked_out | slot_columns) + 1:
                continue
            text = f"={cell.formula}: {text}" if cell.formula else text
        else:
            if folded(text) in before:
                continue
            columns = said.get(folded(text), set())
            if (columns & slot_columns) if column in filled_in else columns:
                continue
        place = cell_name(row, column)
        yield Left(words("fix.own_cell"), sheet.name, place, words("fix.own_cell_why"), text)


def _words_of(value: object) -> str:
    """What a painted cell says, folded."""
    if isinstance(value, Formula):
        value = value.value
    if isinstance(value, Link | Rich):
        value = value.text
    if isinstance(value, str | float | int | bool):
        return folded(text_of(float(value) if isinstance(value, int) and not isinstance(value, bool) else value))
    return ""


def _notes(plan: Plan, notes: tuple[CellNote, ...]) -> Iterator[Left]:
    words = plan.words
    ours = (f"{words('checks.error')}: ", f"{words('checks.query')}: ")
    for note in notes:
        if not note.text.startswith(ours):
            yield Left(words("fix.own_note"), note.sheet, note.cell, words("fix.own_note_why"), note.text)
