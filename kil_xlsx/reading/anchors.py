"""The marks by which the rows of a plan are recognised, and what is said about a row that was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property, lru_cache

from msgspec import Struct

from kil_xlsx.core.problems import Problem
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Place, Typed
from kil_xlsx.layout.codec import is_blank
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot
from kil_xlsx.reading.known import once_per_plan
from kil_xlsx.reading.sheetindex import SheetIndex, address, fold, plain_name


class Anchor(StrEnum):
    """A mark by which an item can be recognised."""

    CODE = "code"
    WORDING = "wording"
    HEADING = "heading"
    KEY = "key"
    TITLE = "title"
    NAME = "name"
    POSITION = "position"


class Spot(tuple[str, int, int]):
    """Sheet, row and column of a cell."""

    __slots__ = ()

    @property
    def sheet(self) -> str:
        return self[0]

    @property
    def address(self) -> str:
        return address(self[1], self[2])


Columns = tuple[int | None, ...]
"""The column of each slot of a row."""


class Item(Struct, frozen=True, dict=True):
    """The slots of one row of the plan, and what else the row says."""

    code: str
    sheet: str
    row: int
    slots: tuple[Slot, ...]
    wordings: frozenset[str]

    @cached_property
    def main(self) -> Slot:
        """The slot that stands for the row."""
        return next((slot for slot in self.slots if slot.main), self.slots[0])

    # As they are compared

    @cached_property
    def main_at(self) -> int:
        """Which of the slots is the main one."""
        return self.slots.index(self.main)

    @cached_property
    def folded_code(self) -> str:
        return fold(self.code)

    @cached_property
    def folded_sheet(self) -> str:
        return fold(self.sheet)

    @cached_property
    def heading(self) -> str:
        """The heading of the main slot."""
        return fold(self.main.heading)

    @cached_property
    def columns(self) -> tuple[tuple[str, int], ...]:
        """The heading and the planned column of each slot; one object for all items that have the same."""
        return _shared(tuple((fold(slot.heading), slot.cell.column) for slot in self.slots))

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the slots."""
        return tuple(slot.key for slot in self.slots)

    @cached_property
    def name(self) -> str | None:
        """The defined name of the main slot."""
        return None if self.main.name is None else plain_name(self.main.name)

    @cached_property
    def planned(self) -> tuple[str, int, int]:
        """Where the main slot was sent out."""
        cell = self.main.cell
        return fold(cell.sheet), cell.row, cell.column

    @cached_property
    def optional(self) -> bool:
        """Rows that need not be there: those of a table, and those for explanations."""
        return self.main.key.row > 0 or self.main.key.part == Part.EXPLANATION


@lru_cache(maxsize=1024)
def _shared(columns: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    return columns


class Located(Struct, frozen=True, dict=True):
    """What became of one item: where it is and which marks say so, or why it could not be taken.

    ``outcome`` is absent for an item that was found.  ``differed`` are marks that are there and say something else.
    """

    item: Item
    outcome: Outcome | None
    sheet: str
    row: int | None
    cells: Mapping[Key, Spot]
    agreed: frozenset[Anchor] = frozenset()
    differed: frozenset[Anchor] = frozenset()
    problems: tuple[Problem, ...] = ()
    refused: frozenset[Key] = frozenset()
    """Slots whose cell is there but carries the marks of something else, so that what it holds is not taken."""

    @cached_property
    def blank(self) -> tuple[Entry | None, ...]:
        """By slot, the entry that it has while its cell is blank; absent where there is no cell."""
        spots = map(self.cells.get, self.item.keys)
        return tuple(
            [
                None if spot is None else Entry(key=key, place=Place(spot[0], address(spot[1], spot[2])))
                for key, spot in zip(self.item.keys, spots, strict=True)
            ]
        )

    @cached_property
    def places(self) -> frozenset[tuple[int, int]]:
        """The rows and columns of the cells."""
        return frozenset([spot[1:] for spot in self.cells.values()])


@once_per_plan
def items_of(plan: Plan) -> tuple[Item, ...]:
    """The rows of a plan that are filled in, in the order of its slots."""
    grouped: dict[tuple[str, int], list[Slot]] = {}
    for slot in plan.slots:
        grouped.setdefault((slot.cell.sheet, slot.cell.row), []).append(slot)
    said = wordings(plan)
    return tuple(
        Item(slots[0].code, sheet, row, tuple(slots), said.get(slots[0].key.item, frozenset()))
        for (sheet, row), slots in grouped.items()
    )


@once_per_plan
def slots_of_items(plan: Plan) -> tuple[tuple[Slot, int, int], ...]:
    """The slots of a plan in order, each with the number of its item and its number among the slots of that."""
    where = {slot.key: (at, which) for at, item in enumerate(items_of(plan)) for which, slot in enumerate(item.slots)}
    return tuple((slot, *where[slot.key]) for slot in plan.slots)


@once_per_plan
def wordings(plan: Plan) -> dict[str, frozenset[str]]:
    """What rows say beside their codes, folded, by item id.  Rows of tables say nothing."""
    instrument = plan.instrument
    said: dict[str, tuple[str, ...]] = {one.id: (one.label,) for one in (*instrument.profile, *instrument.figures)}
    said |= {step.id: (step.label,) for step in instrument.steps}
    said |= {check.id: (check.message,) for check in instrument.checks}
    said |= {question.id: (question.label, question.text) for question in instrument.questions}
    return {item: frozenset(fold(text) for text in texts if text) for item, texts in said.items()}


class Found(Struct, frozen=True):
    """A row that may be an item's, with the columns of its slots and what its marks say."""

    item: Item
    index: SheetIndex
    row: int
    placed: Columns
    agreed: frozenset[Anchor]
    differed: frozenset[Anchor]
    other: str = ""
    """The code of the other item that the row names, where that is a contradiction."""
    other_place: str = ""

    @property
    def columns(self) -> dict[Key, int]:
        """The columns of the slots that have one."""
        return {key: column for key, column in zip(self.item.keys, self.placed, strict=True) if column is not None}

    @property
    def answers(self) -> tuple[tuple[Key, Typed], ...]:
        """What stands in the row."""
        cells = ((key, self.index.cell(self.row, column)) for key, column in sorted(self.columns.items()))
        typed = ((key, cell.value) for key, cell in cells if cell is not None)
        return tuple((key, value) for key, value in typed if not is_blank(value))

    @property
    def place(self) -> str:
        return f"“{self.index.name}” row {self.row + 1}"
