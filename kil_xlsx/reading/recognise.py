"""Telling which questionnaire a workbook is from nothing but its questions."""

from __future__ import annotations

from collections.abc import Mapping

from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.anchors import wordings
from kil_xlsx.reading.model import CellKind, WorkbookData
from kil_xlsx.reading.sheetindex import fold

ENOUGH = 0.8
"""The share of a plan's rows that must be there, code and wording in one row."""

_Line = tuple[str, str]
"""The code and the wording of a row, folded."""


def recognise(workbook: WorkbookData, plans: Mapping[str, Plan]) -> tuple[Plan, int, int] | None:
    """The one plan whose rows a workbook shows, with how many of how many; nothing if that is open to doubt.

    Another plan must have none of its own rows there: those that the first one does not have.
    """
    known = {name: _lines(plan) for name, plan in plans.items()}
    wanted_codes = {code for lines in known.values() for code, _ in lines}
    wanted_texts = {text for lines in known.values() for _, text in lines}
    shown = _shown(workbook, wanted_codes, wanted_texts)
    fitting = [
        name
        for name, lines in known.items()
        if lines and len({code for code, _ in lines & shown}) >= ENOUGH * len({code for code, _ in lines})
    ]
    if len(fitting) != 1:
        return None
    [name] = fitting
    if any((lines - known[name]) & shown for lines in known.values()):
        return None
    lines = known[name]
    return plans[name], len({code for code, _ in lines & shown}), len({code for code, _ in lines})


def _lines(plan: Plan) -> set[_Line]:
    said = wordings(plan)
    return {
        (fold(slot.code), text)
        for slot in plan.slots
        if slot.main and not slot.key.row
        for text in said.get(slot.key.item, ())
    }


def _shown(workbook: WorkbookData, codes: set[str], texts: set[str]) -> set[_Line]:
    """Codes and wordings that stand in one row of a visible sheet."""
    found: set[_Line] = set()
    longest = 2 * max(map(len, codes), default=0)
    for sheet in workbook.sheets:
        if sheet.state != "visible":
            continue
        in_row: dict[int, set[str]] = {}
        for (row, _), cell in sheet.cells.items():
            if cell.kind is CellKind.TEXT and isinstance(cell.value, str) and len(cell.value) <= longest:
                said = fold(cell.value)
                if said in codes:
                    in_row.setdefault(row, set()).add(said)
        for (row, _), cell in sheet.cells.items():
            if row in in_row and isinstance(cell.value, str):
                lines = {fold(line) for line in cell.value.split("\n")} & texts
                found |= {(code, line) for code in in_row[row] for line in lines}
    return found
