"""From what is wrong with a return to what its sender is asked to put right in a copy of it.

Problems name places of the file that came back.  Here they become places of the plan, words for the sender, and rules
by which the copy itself tells what has been done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kil_xlsx.core.checking import range_check_id
from kil_xlsx.core.problems import MEANINGS, Problem, Severity
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Key, Part, Place, Return, Typed, text_of
from kil_xlsx.layout.codec import is_blank
from kil_xlsx.layout.document import CellRef
from kil_xlsx.layout.marking import Left, Mark, Marking, Spot, Until
from kil_xlsx.layout.places import Checks, Measures
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind
from kil_xlsx.reading.model import from_serial

MOST_LINES = 8
"""More places than this with the same problem on one sheet share a line."""

LONGEST_NOTE = 500
"""Characters that one problem takes up in a note."""

_MOST_SHOWN, _MOST_FOUND, _LONGEST_FOUND, _LONGEST_SAID = 12, 3, 300, 200

_CHECKED = frozenset(("check-failed", "check-query", "claim-without-evidence", "carried-untouched", "return-as-sent"))
_WHOLE = ("return-empty", "return-as-sent")


def is_for_sender(problem: Problem) -> bool:
    """Whether the sender can do something about it.

    Whose return it is, and what the file itself stored as results, is put right by the copy being made anew.
    """
    if problem.severity is Severity.NOTE or problem.code.startswith(("file-", "score-")):
        return False
    return not problem.code.startswith("return-") or problem.code in _WHOLE


def marking_of(
    plan: Plan,
    reading: Reading,
    held: Mapping[Key, Typed],
    removed: Collection[Key] = (),
    left: Sequence[Left] = (),
) -> Marking:
    """What the sender of a return is asked to put right, in the order of the sheets.

    :param held: what stands in the cells of the copy.
    :param removed: cells that cannot hold what was typed there, since it would be taken for an answer.
    """
    assert reading.ret is not None
    return _Marker(plan, reading.ret, held, frozenset(removed)).marking(reading.problems, left)


@dataclass(frozen=True)
class _Told:
    """One problem in words for the sender, with its places."""

    code: str
    mark: Mark


class _Marker:
    def __init__(self, plan: Plan, ret: Return, held: Mapping[Key, Typed], removed: frozenset[Key]) -> None:
        self.plan = plan
        self.words = plan.words
        self.ret = ret
        self.held = held
        self.removed = removed
        self.at: dict[Place, Key] = {
            entry.place: key for key, entry in ret.entries.items() if entry.place is not None and key in plan.by_key
        }
        self.by_code: dict[str, Slot] = {}
        for slot in plan.slots:
            if slot.main or slot.code not in self.by_code:
                self.by_code[slot.code] = slot
        steps = [plan.steps.sheet] if plan.instrument.steps else []
        sheets = [plan.about.sheet, plan.assessment.sheet, plan.figures.sheet, plan.checks.sheet, *steps]
        self.order = {sheet: index for index, sheet in enumerate(sheets)}

    def marking(self, problems: Sequence[Problem], left: Sequence[Left]) -> Marking:
        told = [self._told(problem) for problem in problems if is_for_sender(problem)]
        told.sort(key=lambda one: self._place(one.mark))
        notes: dict[CellRef, list[str]] = {}
        for one in told:
            for spot in one.mark.spots[:1]:
                said = self._note(one.mark)
                if said not in notes.setdefault(spot.cell, []):
                    notes[spot.cell].append(said)
        marks = tuple(mark for group in self._grouped(told) for mark in group)
        return Marking(marks, tuple(left), self.held, {cell: "\n\n".join(said) for cell, said in notes.items()})

    def _place(self, mark: Mark) -> tuple[int, int, int]:
        """Where a line belongs: by sheet, row and column of its first place; those without one come last."""
        if not mark.spots:
            return len(self.order), 0, 0
        cell = mark.spots[0].cell
        return self.order.get(cell.sheet, len(self.order)), cell.row, cell.column

    def _grouped(self, told: Sequence[_Told]) -> list[list[Mark]]:
        """The lines: one each, or one for all where many places of a sheet have the same problem."""
        groups: dict[tuple[str, str, str, str], list[Mark]] = {}
        for one in told:
            mark = one.mark
            groups.setdefault((one.code, mark.sheet, mark.wrong, mark.severity), []).append(mark)
        lines: list[Mark] = []
        for group in groups.values():
            many = len(group) > MOST_LINES and all(len(mark.spots) == 1 for mark in group)
            lines += [self._together(group)] if many else group
        return [sorted(lines, key=self._place)]

    def _together(self, group: Sequence[Mark]) -> Mark:
        first = group[0]
        cells = list(dict.fromkeys(f"{mark.item} ({mark.spots[0].cell.address})" for mark in group))
        shown = ", ".join(cells[:_MOST_SHOWN])
        if len(cells) > _MOST_SHOWN:
            shown = self.words("fix.more", cells=shown, count=len(cells) - _MOST_SHOWN)
        found = list(dict.fromkeys(mark.found for mark in group))
        some = "; ".join(found[:_MOST_FOUND])
        if len(found) > _MOST_FOUND:
            some = self.words("fix.more", cells=some, count=len(found) - _MOST_FOUND)
        item = self.words("fix.cells", count=len(cells), cells=shown)
        spots = tuple(spot for mark in group for spot in mark.spots)
        return Mark(first.severity, item, first.sheet, first.wrong, some, first.remedy, spots)

    def _note(self, mark: Mark) -> str:
        words = self.words
        kind = words("checks.error") if mark.severity is Severity.ERROR else words("checks.query")
        head, found = f"{kind}: {mark.wrong}", f"{words('fix.found')}: {mark.found}"
        rest = LONGEST_NOTE - len(mark.remedy) - 2
        return "\n".join((_short(head, rest - 60), _short(found, max(rest - len(head), 60)), mark.remedy))[
            :LONGEST_NOTE
        ]

    # One problem

    def _told(self, problem: Problem) -> _Told:
        code, words = problem.code, self.words.words
        key = self.at.get(Place(problem.sheet, problem.cell))
        spots, enough = self._spots(problem, key)
        slot = self.plan.by_key.get(spots[0].key) if spots and spots[0].key is not None else None
        sheet = spots[0].cell.sheet if spots else problem.sheet
        wrong = words.get(f"wrong.{code}", problem.message)
        item = problem.item
        if enough:
            item = problem.expected if code == "column-not-found" else ""
        elif code in _CHECKED and slot is not None and problem.item not in (slot.code, ""):
            item = f"{problem.item}, {slot.code}" if problem.item in self.plan.checks.rows else slot.code
        mark = Mark(problem.severity, item, sheet, wrong, self._found(problem, key), self._remedy(problem, slot), spots,
                    enough)  # fmt: skip
        return _Told(code, mark)

    def _spots(self, problem: Problem, key: Key | None) -> tuple[tuple[Spot, ...], bool]:
        """Where to look, and whether one of the places is enough."""
        plan, code, item = self.plan, problem.code, problem.item
        slot = plan.by_key[key] if key is not None else self.by_code.get(item)
        if code == "measure-out-of-range" and item in plan.measures.rows:
            of = range_check_id(item)
            return (Spot(plan.measures.cell(item, Measures.VALUE), until=Until.CHECK, of=of),), False
        if code in _CHECKED and item in plan.checks.rows:
            at = plan.checks.cell(item, Checks.EXPLANATION) if key is None else plan.by_key[key].cell
            return (Spot(at, key, Until.CHECK, item),), False
        if code in ("sheet-not-found", "column-not-found", "return-empty"):
            missing = self._missing(problem, slot)
            return tuple(Spot(one.cell, one.key, Until.GIVEN) for one in missing), True
        if slot is None:
            return (), False
        if code == "reason-missing":
            asked = plan.by_key.get(Key(slot.key.item, Part.REASON), slot)
            return (Spot(asked.cell, asked.key, Until.REASON, slot.key.item),), False
        if code == "figure-and-reason":
            return (Spot(slot.cell, slot.key, Until.BOTH, slot.key.item),), False
        until = Until.GIVEN if is_blank(self.held.get(slot.key)) else Until.CHANGED
        return (Spot(slot.cell, slot.key, until),), False

    def _missing(self, problem: Problem, slot: Slot | None) -> list[Slot]:
        """The cells of a sheet or a column that was not there, or the answers where there were none at all."""
        slots = self.plan.slots
        if problem.code == "return-empty":
            return [self.plan.by_key[Key(question.id)] for question in self.plan.instrument.questions]
        if problem.code == "sheet-not-found":
            mine = [one for one in slots if one.cell.sheet == problem.expected]
            return [one for one in mine if one.main] or mine
        sheet = slot.cell.sheet if slot is not None else problem.sheet
        return [one for one in slots if one.cell.sheet == sheet and one.heading == problem.expected]

    def _found(self, problem: Problem, key: Key | None) -> str:
        words = self.words
        typed = None
        if key is not None and problem.code not in _CHECKED and problem.code != "figure-and-reason":
            typed = self.ret.entries[key].typed
        if is_blank(typed):
            found = _short(problem.found, _LONGEST_FOUND)
            return words("fix.nothing") if found in ("", "nothing") else found
        text = self._shown(key, typed)
        if key in self.removed:
            return f"{words('fix.said', text=text)} {words('fix.removed')}"
        return words("fix.said", text=_short(text, _LONGEST_SAID))

    def _shown(self, key: Key | None, typed: Typed) -> str:
        """What stood in a cell; a number in a cell for a date as the day that people see."""
        slot = self.plan.by_key.get(key) if key is not None else None
        if slot is not None and slot.kind is SlotKind.DATE and isinstance(typed, float):
            moment = from_serial(typed)
            return text_of(typed) if moment is None else f"{moment:%Y-%m-%d}"
        return text_of(typed)

    def _remedy(self, problem: Problem, slot: Slot | None) -> str:
        words, code = self.words, problem.code
        if code == "number-out-of-range" and slot is not None and slot.minimum is not None:
            low = text_of(slot.minimum)
            if slot.maximum is None:
                return words("do.number-range", range=words("measures.from", low=low))
            return words("do.number-range", range=words("measures.between", low=low, high=text_of(slot.maximum)))
        text = words.words.get(f"do.{code}", problem.remedy).replace("{checks}", self.plan.checks.sheet)
        if code in MEANINGS and problem.expected:
            text = f"{text} {words('fix.perhaps', expected=_short(problem.expected, _LONGEST_SAID))}"
        return text


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(most - 1, 1)].rstrip() + "…"
