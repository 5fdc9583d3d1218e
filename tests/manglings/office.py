"""Manglings made in LibreOffice, through its programming interface."""

from __future__ import annotations

import atexit
import json
from functools import cache
from pathlib import Path

from manglings.base import (
    Made,
    Missing,
    assessment,
    keys_of,
    maker,
    on_sheet,
    plan,
    questions,
    row,
    sent_back,
    typed,
)
from oracle.cases import office_is_missing
from oracle.libreoffice import LibreOffice

from kil_xlsx.core.returns import Key, Part
from kil_xlsx.layout.places import KEY, NO, Assessment

ANSWER, QUESTION, CONFIRM = Assessment.ANSWER, Assessment.QUESTION, Assessment.CONFIRM
Edit = list[object]


@cache
def running() -> LibreOffice:
    """One LibreOffice for all of them."""
    office = LibreOffice(Path(__file__).with_name("office_edits.py"))
    atexit.register(office.stop)
    return office


def edited(folder: Path, *edits: Edit, data: bytes | None = None, ending: str = ".xlsx", source: str = ".xlsx",
           password: str = "") -> bytes:  # fmt: skip
    """The workbook after some edits in LibreOffice, saved in the format of an ending."""
    missing = office_is_missing()
    if missing:
        raise Missing(missing)
    before, after = folder / f"before{source}", folder / f"after{ending}"
    before.write_bytes(data or sent_back())
    running().ask(open=str(before), edits=json.loads(json.dumps(edits)), save=str(after), password=password)
    return after.read_bytes()


def last_column() -> int:
    return plan().columns.POSITION


def rows_area(items: list[str], left: int = KEY, right: int | None = None) -> list[int]:
    return [row(items[0]), left, row(items[-1]), last_column() if right is None else right]


# Saved by another program


@maker("libreoffice-xlsx")
def _(folder: Path) -> Made:
    return Made(edited(folder))


@maker("libreoffice-ods")
def _(folder: Path) -> Made:
    return Made(edited(folder, ending=".ods"), name="return.ods")


@maker("libreoffice-xls")
def _(folder: Path) -> Made:
    return Made(edited(folder, ending=".xls"), name="return.xls")


@maker("libreoffice-ods-and-back")
def _(folder: Path) -> Made:
    return Made(edited(folder, data=edited(folder, ending=".ods"), source=".ods"))


@maker("libreoffice-xls-and-back")
def _(folder: Path) -> Made:
    return Made(edited(folder, data=edited(folder, ending=".xls"), source=".xls"))


@maker("libreoffice-csv")
def _(folder: Path) -> Made:
    return Made(edited(folder, ending=".csv"), lost=frozenset(typed()), name="return.csv")


@maker("libreoffice-pdf")
def _(folder: Path) -> Made:
    return Made(edited(folder, ending=".pdf"), lost=frozenset(typed()), name="return.pdf")


@maker("libreoffice-ods-with-password")
def _(folder: Path) -> Made:
    data = edited(folder, ending=".ods", password="open sesame")
    return Made(data, lost=frozenset(typed()), name="return.ods")


# Rows and columns


@maker("row-inserted")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["insert_rows", assessment(), row(questions()[1]), 1]))


@maker("row-inserted-with-words")
def _(folder: Path) -> Made:
    at = row(questions()[1])
    words = ["text", assessment(), at, QUESTION, "We discussed this with our partners."]
    return Made(edited(folder, ["insert_rows", assessment(), at, 2], words))


@maker("rows-inserted-above")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["insert_rows", assessment(), 0, 7]))


@maker("row-deleted")
def _(folder: Path) -> Made:
    item = questions()[1]
    return Made(edited(folder, ["delete_rows", assessment(), row(item), 1]), lost=keys_of([item]))


@maker("head-deleted")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["delete_rows", assessment(), 0, Assessment.HEADER + 1]))


@maker("row-moved-to-the-end")
def _(folder: Path) -> Made:
    first = questions()[0]
    to = plan().assessment.last + 3
    return Made(edited(folder, ["cut", assessment(), rows_area([first]), assessment(), to, KEY]))


@maker("rows-hidden")
def _(folder: Path) -> Made:
    items = questions()
    return Made(edited(folder, ["hide_rows", assessment(), row(items[0]), row(items[-1])]))


@maker("column-inserted")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["insert_columns", assessment(), ANSWER, 1]))


@maker("key-column-deleted")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["delete_columns", assessment(), KEY, 1]))


@maker("evidence-column-deleted")
def _(folder: Path) -> Made:
    lost = frozenset(key for key in on_sheet(assessment()) if key.part is Part.EVIDENCE)
    return Made(edited(folder, ["delete_columns", assessment(), plan().columns.EVIDENCE, 1]), lost=lost)


# Sorting


@maker("rows-sorted")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["sort", assessment(), rows_area(questions()), ANSWER, True]))


@maker("visible-columns-sorted")
def _(folder: Path) -> Made:
    area = rows_area(questions(), NO)
    return Made(edited(folder, ["sort", assessment(), area, QUESTION - NO, False]))


@maker("answers-sorted-alone")
def _(folder: Path) -> Made:
    items = questions()
    answers = [str(typed()[Key(item)]) for item in items]
    order = sorted(range(len(items)), key=lambda at: answers[at])
    moved = [item for at, item in enumerate(items) if order[at] != at]
    assert moved
    return Made(
        edited(folder, ["sort", assessment(), rows_area(items, ANSWER, ANSWER), 0, True]),
        lost=keys_of(moved, Part.ANSWER),
    )


@maker("answers-and-reasons-sorted-apart")
def _(folder: Path) -> Made:
    items = questions()
    reason = plan().columns.REASON
    lost = {key for at, item in enumerate(items) for key in keys_of([item], Part.REASON) if at != len(items) - 1 - at}
    return Made(edited(folder, ["sort", assessment(), rows_area(items, reason, reason), 0, False]), frozenset(lost))


# Sheets


@maker("sheets-renamed")
def _(folder: Path) -> Made:
    return Made(
        edited(folder, ["rename", assessment(), "Our answers (final)"], ["rename", plan().measures.sheet, "Fin'nce"])
    )


@maker("sheets-reordered")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["move_sheet", assessment(), 0], ["move_sheet", plan().checks.sheet, 1]))


@maker("sheet-copied")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["copy_sheet", assessment(), "Copy of Assessment", 3]))


@maker("sheet-copied-and-changed")
def _(folder: Path) -> Made:
    item = questions()[0]
    edits: list[Edit] = [
        ["copy_sheet", assessment(), "Draft", 3],
        ["text", "Draft", row(item), plan().columns.EVIDENCE, "Something else"],
    ]
    return Made(edited(folder, *edits), lost=keys_of([item]))


@maker("sheet-deleted")
def _(folder: Path) -> Made:
    sheet = plan().measures.sheet
    return Made(edited(folder, ["delete_sheet", sheet]), lost=on_sheet(sheet))


@maker("hidden-sheets-deleted")
def _(folder: Path) -> Made:
    words = plan().words
    return Made(edited(folder, *(["delete_sheet", words(f"sheet.{name}")] for name in ("lists", "workings", "file"))))


@maker("hidden-sheets-shown")
def _(folder: Path) -> Made:
    words = plan().words
    return Made(edited(folder, *(["show_sheet", words(f"sheet.{name}")] for name in ("lists", "workings", "file"))))


@maker("one-sheet-kept")
def _(folder: Path) -> Made:
    from manglings.base import CREATED

    from kil_xlsx.layout.compose import compose
    from kil_xlsx.layout.sheets.frame import Issue

    others = [each.name for each in compose(plan(), Issue(CREATED)).sheets if each.name != assessment()]
    lost = frozenset(typed()) - on_sheet(assessment())
    return Made(edited(folder, *(["delete_sheet", each] for each in others)), lost=lost)


@maker("own-sheet-added")
def _(folder: Path) -> Made:
    edits: list[Edit] = [["new_sheet", "Our notes", 2]]
    edits += [["text", "Our notes", at, at % 3, f"{item} discussed"] for at, item in enumerate(questions())]
    return Made(edited(folder, *edits))


@maker("names-deleted")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["delete_names"]))


# Cutting and pasting


@maker("answer-cut-to-another-question")
def _(folder: Path) -> Made:
    first, second = questions(2)
    edit: Edit = ["cut", assessment(), rows_area([first], ANSWER, ANSWER), assessment(), row(second), ANSWER]
    return Made(edited(folder, edit), lost=keys_of([first, second], Part.ANSWER))


@maker("answer-cut-to-a-free-cell")
def _(folder: Path) -> Made:
    first = questions(1)[0]
    edit: Edit = ["cut", assessment(), rows_area([first], ANSWER, ANSWER), assessment(), row(first), last_column() + 2]
    return Made(edited(folder, edit), lost=keys_of([first], Part.ANSWER))


@maker("answer-cut-to-its-evidence")
def _(folder: Path) -> Made:
    first = questions(1)[0]
    to = plan().columns.EVIDENCE
    edit: Edit = ["cut", assessment(), rows_area([first], ANSWER, ANSWER), assessment(), row(first), to]
    return Made(edited(folder, edit), lost=keys_of([first], Part.ANSWER, Part.EVIDENCE))


@maker("answers-swapped-by-cutting")
def _(folder: Path) -> Made:
    first, second = questions(2)
    spare = last_column() + 3
    edits: list[Edit] = [
        ["cut", assessment(), rows_area([first], ANSWER, ANSWER), assessment(), row(first), spare],
        ["cut", assessment(), rows_area([second], ANSWER, ANSWER), assessment(), row(first), ANSWER],
        ["cut", assessment(), [row(first), spare, row(first), spare], assessment(), row(second), ANSWER],
    ]
    return Made(edited(folder, *edits), lost=keys_of([first, second], Part.ANSWER))


@maker("block-cut-one-row-off")
def _(folder: Path) -> Made:
    items = questions(4)
    edit: Edit = ["cut", assessment(), rows_area(items[:3], ANSWER, ANSWER), assessment(), row(items[1]), ANSWER]
    return Made(edited(folder, edit), lost=keys_of(items, Part.ANSWER))


@maker("block-copied-one-row-off")
def _(folder: Path) -> Made:
    items = questions(4)
    edit: Edit = ["copy", assessment(), rows_area(items[:3], ANSWER, ANSWER), assessment(), row(items[1]), ANSWER]
    return Made(edited(folder, edit), lost=keys_of(items[1:], Part.ANSWER))


@maker("answer-copied-from-the-row-above")
def _(folder: Path) -> Made:
    first, second = questions(2)
    edit: Edit = ["copy", assessment(), rows_area([first], ANSWER, ANSWER), assessment(), row(second), ANSWER]
    return Made(edited(folder, edit), typed={Key(second): typed()[Key(first)]})


@maker("row-copied-over-its-neighbour")
def _(folder: Path) -> Made:
    first, second = questions(2)
    area = rows_area([first], KEY, last_column())
    edit: Edit = ["copy", assessment(), area, assessment(), row(second), KEY]
    return Made(edited(folder, edit), lost=keys_of([second]))


@maker("row-copied-below")
def _(folder: Path) -> Made:
    first = questions(1)[0]
    edit: Edit = ["copy", assessment(), rows_area([first]), assessment(), plan().assessment.last + 2, KEY]
    return Made(edited(folder, edit))


@maker("answer-and-confirmation-merged")
def _(folder: Path) -> Made:
    return Made(edited(folder, ["merge", assessment(), rows_area(questions(1), ANSWER, CONFIRM)]))


# Typing


@maker("answer-typed-in-lower-case")
def _(folder: Path) -> Made:
    item = questions(1)[0]
    label = str(typed()[Key(item)])
    return Made(
        edited(folder, ["text", assessment(), row(item), ANSWER, f" {label.lower()}  "]), typed={Key(item): label}
    )


@maker("answer-as-formula")
def _(folder: Path) -> Made:
    slot = next(each for each in plan().slots if each.key == Key("supplier_spend"))
    cell = slot.cell
    return Made(edited(folder, ["type", cell.sheet, cell.row, cell.column, "=1000+234"]), typed={slot.key: 1234.0})


@maker("answer-as-error")
def _(folder: Path) -> Made:
    slot = next(each for each in plan().slots if each.key == Key("supplier_spend"))
    cell = slot.cell
    return Made(edited(folder, ["type", cell.sheet, cell.row, cell.column, "=1/0"]), lost=frozenset((slot.key,)))


@maker("words-for-a-number")
def _(folder: Path) -> Made:
    slot = next(each for each in plan().slots if each.key == Key("supplier_spend"))
    cell = slot.cell
    return Made(
        edited(folder, ["text", cell.sheet, cell.row, cell.column, "approx a dozen"]), lost=frozenset((slot.key,))
    )


@maker("score-typed-over")
def _(folder: Path) -> Made:
    cell = plan().score_cell(plan().instrument.nodes[0].id)
    return Made(edited(folder, ["type", cell.sheet, cell.row, cell.column, "99"]))
