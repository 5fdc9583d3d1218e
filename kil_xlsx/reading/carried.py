"""What a workbook says of itself was filled in before it was sent out.

The hidden sheet is only as good as what became of the file on its way: it may be renamed, shown, sorted, damaged or
gone.  Whatever it says that cannot be meant is left out, and that is said once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from kil_xlsx.core.checking import CARRIED
from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.returns import Key, Outcome, Part, Place, Return, Typed
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import key_of
from kil_xlsx.reading.model import CellKind, SheetData, WorkbookData
from kil_xlsx.reading.sheetindex import address, fold

_KEY, _VALUE = "kil:key", "kil:value"
_LONGEST_KEY = 300
_LONGEST_HEADING = 19


class Remembered(Struct, frozen=True):
    """What stood in the cells when the workbook was sent out, as its own formulas find it, in the order of the cells.

    ``place`` is where the hidden sheet lists it, absent without such a sheet; ``unusable`` counts the lines that mean
    nothing, and those that name one cell twice with different values.
    """

    values: Mapping[Key, Typed] = field(default_factory=dict)
    place: Place | None = None
    unusable: int = 0


def read_carried(plan: Plan, workbook: WorkbookData) -> Remembered:
    """What the hidden sheet says was carried over; nothing for a workbook that was sent out empty."""
    found = next(_headings(plan, workbook), None)
    if found is None:
        return Remembered()
    sheet, row, keys, values = found
    known = {slot.key for slot in plan.carried_slots}
    said: dict[Key, Typed] = {}
    contradicted: set[Key] = set()
    unusable = 0
    for (at, column), cell in sheet.cells.items():
        if column != keys or at <= row or cell.kind is CellKind.EMPTY:
            continue
        words = str(cell.value).strip() if isinstance(cell.value, str) else ""
        key = key_of(words) if len(words) <= _LONGEST_KEY else None
        beside = sheet.cells.get((at, values))
        if key is None or key not in known or (beside is not None and beside.kind is CellKind.ERROR):
            unusable += 1
            continue
        value = beside.value if beside is not None else None
        if key in said and said[key] != value:
            contradicted.add(key)
        said.setdefault(key, value)
    kept = {slot.key: said[slot.key] for slot in plan.carried_slots if slot.key in said.keys() - contradicted}
    return Remembered(kept, Place(sheet.name, address(row, keys)), unusable + len(contradicted))


def _headings(plan: Plan, workbook: WorkbookData) -> Iterator[tuple[SheetData, int, int, int]]:
    """The sheets with the headings of the list, each with their row and the columns of key and value.

    A sheet of the right name comes first; then those that nobody sees.
    """
    name = fold(plan.words("sheet.carried"))
    for sheet in sorted(workbook.sheets, key=lambda one: (fold(one.name) != name, one.state == "visible")):
        rows: dict[int, dict[str, int]] = {}
        for row, column, text, _ in sheet.marks:
            if len(text) <= _LONGEST_HEADING and (said := text.strip()) in (_KEY, _VALUE):
                rows.setdefault(row, {}).setdefault(said, column)
        for row in sorted(rows):
            if len(rows[row]) == 2:
                yield sheet, row, rows[row][_KEY], rows[row][_VALUE]
                break


def doubts(plan: Plan, remembered: Remembered, ret: Return) -> list[Problem]:
    """What the coordinator should know about the hidden sheet, if anything."""
    place = remembered.place
    if place is None:
        return _lost(plan, ret)
    if not remembered.unusable:
        return []
    lines = "line" if remembered.unusable == 1 else "lines"
    return [
        problem(
            "carried-unreadable",
            sheet=place.sheet,
            cell=place.cell,
            item=CARRIED,
            found=f"{remembered.unusable:,} {lines} that cannot be used",
            expected="the list as it was sent out",
        )
    ]


def _lost(plan: Plan, ret: Return) -> list[Problem]:
    """Confirmations without the sheet that says what was confirmed."""
    confirmed = [
        entry for entry in ret.entries.values()
        if entry.key.part == Part.CONFIRM and entry.outcome in (Outcome.ACCEPTED, Outcome.REFUSED)
        and entry.typed is not None
    ]  # fmt: skip
    if not confirmed:
        return []
    first = confirmed[0]
    place = first.place or Place("", "")
    cells = "answer" if len(confirmed) == 1 else "answers"
    return [
        problem(
            "carried-lost",
            sheet=place.sheet,
            cell=place.cell,
            item=plan.by_key[first.key].code,
            found=f"{len(confirmed)} {cells} confirmed",
            expected=f"the hidden sheet “{plan.words('sheet.carried')}”",
        )
    ]
