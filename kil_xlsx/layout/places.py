"""The shapes that places in the workbook come in: columns of each sheet, blocks of rows, lists, lookups, tables.

Rows and columns count from zero.  Which row is whose, :class:`kil_xlsx.layout.plan.Plan` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from kil_xlsx.core.figures import InputTable, TableColumn
from kil_xlsx.layout.document import CellRef, RangeRef

KEY, NO = 0, 1
"""The hidden key column and the visible code column, alike on every sheet that is filled in."""


class Block(Struct, frozen=True):
    """A run of rows with a header above it: ``rows`` maps an id to its row."""

    sheet: str
    header: int
    rows: Mapping[str, int]

    def cell(self, item: str, column: int) -> CellRef:
        """The cell of an item's row in a column."""
        return CellRef(self.sheet, self.rows[item], column)

    @property
    def first(self) -> int:
        return min(self.rows.values(), default=self.header + 1)

    @property
    def last(self) -> int:
        return max(self.rows.values(), default=self.header)

    def column(self, column: int) -> RangeRef:
        """The whole column of the block, without its header."""
        return RangeRef(self.sheet, self.first, column, max(self.last, self.first), column)


class About:
    """Columns of the sheet about the organisation."""

    LABEL, ANSWER, LAST, CONFIRM, STATUS, HELP = range(2, 8)
    HEADER = 3


class Assessment:
    """Columns of the sheet with the questions.

    As many columns as the longest list has answers say what each looks like; those behind them start accordingly.
    """

    QUESTION, LAST, ANSWER, CONFIRM, FLAG, LEVELS = range(2, 8)
    HEADER = 3

    def __init__(self, levels: int) -> None:
        self.levels = levels
        first = self.LEVELS + levels
        (self.REASON, self.EVIDENCE, self.STRENGTH, self.TARGET, self.ACTION, self.OWNER, self.DUE, self.POSITION) = (
            range(first, first + 8)
        )


class Measures:
    """Columns of the sheet with the figures."""

    LABEL, UNIT, VALUE, MISSING, WHERE, COUNTED, NOTE, LAST, CONFIRM, FLAG = range(2, 12)
    TABLE = 2
    """First column of an input table; its columns follow, seven at most."""


class Checks:
    """Columns of the sheet with the checks."""

    LABEL, SEVERITY, RESULT, GO, EXPLANATION = range(2, 7)
    HEADER = 3


class ToFix:
    """Columns of the sheet with what is to be put right, of what could not be carried over, and hidden ones.

    Of the hidden ones, ``OPEN`` goes with the lines of the sheet; ``HELD`` and ``UNDONE`` have a row for each place.
    """

    NUMBER, KIND, SHEET, CODE, WRONG, FOUND, REMEDY, GO, FIXED = range(1, 10)
    WHERE = 4
    OPEN, HELD, UNDONE = range(10, 13)
    HEADER = 3


class Results:
    """Columns of the sheet with the scores."""

    LABEL, SCORE, BAND = range(2, 5)
    LAST, CHANGE = range(5, 7)
    LOWER, MEDIAN, UPPER, PEERS, STANDING = range(7, 12)
    QUESTIONS, ANSWERED, DONT_KNOW, NOT_APPLICABLE, UNANSWERED, STRENGTH = range(12, 18)
    HEADER = 3


class Carried:
    """Columns of the hidden sheet with what was carried over from an earlier return, one row for each cell."""

    KEY, CODE, VALUE, CHANGED, UNTOUCHED, ADDRESS = range(6)
    HEADER = 1


class PeersSheet:
    """Columns of the hidden sheet with the figures of peers: scores, groups, and which group is compared with."""

    NUMBER, GROUP, ITEM, COUNT, LOWER, MEDIAN, UPPER = range(7)
    FIELD, VALUE, LABEL = range(8, 11)
    WHAT, FOUND = range(12, 14)
    HEADER = 1
    DATE, CHOSEN, FIRST_FIELD = range(2, 5)
    """Rows of what is looked up: the age of the benchmark, the number of the group, then a row for each field."""


class ActionPlan:
    """Columns of the action plan."""

    RANK, CODE, QUESTION, WHY, NOW, TARGET, GAP, ACTION, OWNER, DUE = range(1, 11)
    HEADER = 3


class Steps:
    """Columns of the checklist."""

    LABEL, TEXT, STATUS, NOTE = range(2, 6)
    HEADER = 3


class Workings:
    """Columns of the question block of the sheet with the workings."""

    (CODE, POSITION, STATE, VALUE, RELATIVE, STRENGTH, TARGET, GAP, CLAIM, REASON, PRIORITY, STRONGEST, WEAKEST) = (
        range(13)
    )
    WEIGHT, GROUP, LABEL, OPEN, CLAIMED, ADDRESS = range(13, 19)
    HEADER = 0


class ListPlace(Struct, frozen=True):
    """Where a choice list stands: its rows on the sheet of lists, answers first, special answers after them."""

    sheet: str
    first_row: int
    column: int
    answers: int
    total: int

    LABELS, CODES, VALUES, STATES, REASONS = range(5)
    WIDTH = 6

    def area(self, what: int, *, levels_only: bool = False) -> RangeRef:
        """One column of the list: LABELS, CODES, VALUES, STATES or REASONS."""
        last = self.first_row + (self.answers if levels_only else self.total) - 1
        return RangeRef(self.sheet, self.first_row, self.column + what, last, self.column + what)


class LookupPlace(Struct, frozen=True):
    """Where a lookup stands: what is looked up in one column, its label in the next."""

    sheet: str
    first_row: int
    column: int
    count: int

    def keys(self) -> RangeRef:
        last = self.first_row + self.count - 1
        return RangeRef(self.sheet, self.first_row, self.column, last, self.column)

    def labels(self) -> RangeRef:
        last = self.first_row + self.count - 1
        return RangeRef(self.sheet, self.first_row, self.column + 1, last, self.column + 1)

    def both(self) -> RangeRef:
        last = self.first_row + self.count - 1
        return RangeRef(self.sheet, self.first_row, self.column, last, self.column + 1)


class TablePlace(Struct, frozen=True, dict=True):
    """Where an input table stands on the Measures sheet, and its numbers on the workings sheet."""

    table: InputTable
    title: int
    header: int
    sheet: str
    workings: str
    workings_row: int
    workings_column: int

    def cell(self, row: int, column: str) -> CellRef:
        """The cell of a row (from 1) and a column id."""
        index = [candidate.id for candidate in self.table.columns].index(column)
        return CellRef(self.sheet, self.header + row, Measures.TABLE + index)

    @cached_property
    def numbers(self) -> tuple[TableColumn, ...]:
        return tuple(column for column in self.table.columns if column.type == "number")

    def number_cell(self, row: int, column: str) -> CellRef:
        """Where the number of a row (from 1) is checked before it is added up."""
        index = [candidate.id for candidate in self.numbers].index(column)
        return CellRef(self.workings, self.workings_row + row, self.workings_column + index)

    def number_range(self, column: str) -> RangeRef:
        first, last = self.number_cell(1, column), self.number_cell(self.table.rows, column)
        return RangeRef(first.sheet, first.row, first.column, last.row, last.column)

    def row_code(self, row: int) -> str:
        """What stands in the "No." column of a row (from 1)."""
        return f"{self.table.code}-{row}"


class StartPlan(Struct, frozen=True):
    """Rows of the first sheet."""

    sheet: str
    organisation: int = 2
    reference: int = 3
    round: int = 4
    due: int = 5
    contact: int = 6
    purpose: int = 7
    who: int = 8
    time: int = 9
    status: int = 11
    next: int = 12
    progress_header: int = 14
    LABEL, VALUE = 1, 2
