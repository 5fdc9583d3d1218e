"""Random mixtures of manglings: whatever comes together, what is accepted is what was typed.

Made on the cells themselves, as programs move them, so that many mixtures can be tried.  Marks are the input titles and
the defined names: spreadsheet programs move them with the cells, scripts leave them where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manglings import base
from manglings.base import Made, assessment, codes, plan, typed, wrongly_accepted
from msgspec.structs import replace

from kil_xlsx.core.readings import FileInfo
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.layout.a1 import cell_name, parse_cell_name
from kil_xlsx.layout.places import KEY, NO, Assessment
from kil_xlsx.reading.cells import read_workbook
from kil_xlsx.reading.form import read_cells
from kil_xlsx.reading.model import Cell, CellKind, DefinedName, SheetData, WorkbookData

ANSWER = Assessment.ANSWER
INFO = FileInfo(name="return.xlsx", sha256="", size=0, kind="xlsx", application="")
Move = Callable[[int, int], tuple[int, int] | None]


@dataclass
class Book:
    """A workbook under way, and what was typed into it by now."""

    data: WorkbookData
    typed: dict[Key, Typed] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=lambda: dict(plan().assessment.rows))
    shift: int = 0
    """How far the columns from the answers on have moved."""

    @property
    def name(self) -> str:
        return next(each.name for each in self.data.sheets if each.name.startswith(assessment()))

    @property
    def sheet(self) -> SheetData:
        found = self.data.sheet(self.name)
        assert found is not None
        return found

    def put(self, sheet: SheetData) -> None:
        self.data = replace(
            self.data, sheets=tuple(sheet if each.name == self.name else each for each in self.data.sheets)
        )

    def move(self, how: Move, *, cells: bool = True, marks: bool = True) -> None:
        """Move what stands in the sheet; where ``how`` gives nothing, it is gone."""
        sheet, name = self.sheet, self.name
        if cells:
            sheet = replace(sheet, cells={to: cell for at, cell in sheet.cells.items() if (to := how(*at)) is not None})
        if marks:
            rules = [
                replace(rule, ranges=(cell_name(*to),))
                for rule in sheet.validations
                for area in rule.ranges
                if (to := how(*parse_cell_name(area.split(":")[0]))) is not None
            ]
            sheet = replace(sheet, validations=tuple(rules))
            self.data = replace(self.data, names=tuple(self._moved(each, name, how) for each in self.data.names))
        self.put(sheet)

    @staticmethod
    def _moved(name: DefinedName, sheet: str, how: Move) -> DefinedName:
        where, mark, address = name.refers_to.partition("!")
        if not mark or where.strip("'") != sheet or ":" in address:
            return name
        to = how(*parse_cell_name(address))
        return replace(name, refers_to=f"{where}!{cell_name(*to)}" if to else "#REF!")

    def text(self, row: int, column: int, words: str | None) -> None:
        cells = dict(self.sheet.cells)
        cells.pop((row, column), None)
        if words is not None:
            cells[row, column] = Cell(words, CellKind.TEXT)
        self.put(replace(self.sheet, cells=cells))


Act = Callable[[Book, int, int], None]
QUESTIONS = [each.id for each in plan().instrument.questions]


def insert_row(book: Book, one: int, other: int, *, marks: bool = True) -> None:
    at = book.rows.get(QUESTIONS[one])
    if at is None:  # the row was deleted before
        return
    book.move(lambda row, column: (row + (row >= at), column), marks=marks)
    book.rows = {item: row + (row >= at) for item, row in book.rows.items()}


def insert_row_by_script(book: Book, one: int, other: int) -> None:
    insert_row(book, one, other, marks=False)


def delete_row(book: Book, one: int, other: int) -> None:
    at = book.rows.pop(QUESTIONS[one], -1)
    if at >= 0:
        book.move(lambda row, column: None if row == at else (row - (row > at), column))
        book.rows = {item: row - (row > at) for item, row in book.rows.items()}


def insert_column(book: Book, one: int, other: int) -> None:
    at = ANSWER + book.shift
    book.move(lambda row, column: (row, column + (column >= at)))
    book.shift += 1


def swap_rows(book: Book, one: int, other: int, *, marks: bool = False, first: int = 0) -> None:
    """As after sorting: two rows change places, from a column on."""
    here, there = book.rows.get(QUESTIONS[one]), book.rows.get(QUESTIONS[other])
    if here is None or there is None:
        return
    to = {here: there, there: here}
    book.move(lambda row, column: (to.get(row, row) if column >= first else row, column), marks=marks)
    book.rows[QUESTIONS[one]], book.rows[QUESTIONS[other]] = there, here


def swap_rows_with_marks(book: Book, one: int, other: int) -> None:
    swap_rows(book, one, other, marks=True)


def swap_visible(book: Book, one: int, other: int) -> None:
    swap_rows(book, one, other, first=NO)


def rename(book: Book, one: int, other: int) -> None:
    old, new = book.name, f"{assessment()} {one}"
    names = [replace(each, refers_to=each.refers_to.replace(f"{old}!", f"'{new}'!")) for each in book.data.names]
    book.put(replace(book.sheet, name=new))
    book.data = replace(book.data, names=tuple(names))


def reorder(book: Book, one: int, other: int) -> None:
    sheets = list(book.data.sheets)
    sheets.append(sheets.pop(one % len(sheets)))
    book.data = replace(book.data, sheets=tuple(sheets))


def add_sheet(book: Book, one: int, other: int) -> None:
    cells = {(row, column): Cell(QUESTIONS[row], CellKind.TEXT) for row in range(one + 1) for column in (0, 2)}
    book.data = replace(book.data, sheets=(*book.data.sheets, SheetData(f"Ours {len(book.data.sheets)}", cells=cells)))


def copy_sheet(book: Book, one: int, other: int) -> None:
    copy = replace(book.sheet, name=f"Copy {len(book.data.sheets)}", validations=())
    book.data = replace(book.data, sheets=(*book.data.sheets, copy))


def drop_names(book: Book, one: int, other: int) -> None:
    book.data = replace(book.data, names=tuple(each for each in book.data.names if not each.name.startswith("kil_a")))


def drop_titles(book: Book, one: int, other: int) -> None:
    book.put(replace(book.sheet, validations=()))


def drop_keys(book: Book, one: int, other: int) -> None:
    book.put(replace(book.sheet, cells={at: cell for at, cell in book.sheet.cells.items() if at[1] != KEY}))


def drop_code(book: Book, one: int, other: int) -> None:
    row = book.rows.get(QUESTIONS[one])
    if row is not None:
        book.text(row, NO, None)


def overtype_code(book: Book, one: int, other: int) -> None:
    row = book.rows.get(QUESTIONS[one])
    if row is not None:
        book.text(row, NO, QUESTIONS[other])


def small_letters(book: Book, one: int, other: int) -> None:
    row = book.rows.get(QUESTIONS[one])
    if row is not None and (row, NO) in book.sheet.cells:
        book.text(row, NO, f" {str(book.sheet.cells[row, NO].value).lower()}")


def reword(book: Book, one: int, other: int) -> None:
    row = book.rows.get(QUESTIONS[one])
    if row is not None:
        book.text(row, Assessment.QUESTION, "What we would rather be asked")


def cut(book: Book, one: int, other: int) -> None:
    """An answer is cut and pasted over another, marks and all."""
    here, there = book.rows.get(QUESTIONS[one]), book.rows.get(QUESTIONS[other])
    column = ANSWER + book.shift
    if here is None or there is None or here == there:
        return

    def how(row: int, at: int) -> tuple[int, int] | None:
        if at != column or row not in (here, there):
            return row, at
        return (there, column) if row == here else None

    book.move(how)


def cut_aside(book: Book, one: int, other: int) -> None:
    here, column = book.rows.get(QUESTIONS[one]), ANSWER + book.shift
    if here is not None:
        aside = plan().columns.POSITION + 5 + book.shift + other
        book.move(lambda row, at: (row, aside) if (row, at) == (here, column) else (row, at))


def swap_answers(book: Book, one: int, other: int) -> None:
    """As after sorting only the column of the answers: titles move along, names stay."""
    here, there = book.rows.get(QUESTIONS[one]), book.rows.get(QUESTIONS[other])
    if here is None or there is None:
        return
    to, column, names = {here: there, there: here}, ANSWER + book.shift, book.data.names
    book.move(lambda row, at: (to.get(row, row), at) if at == column else (row, at))
    book.data = replace(book.data, names=names)


ROWS_AND_SHEETS: list[Act] = [
    insert_row, insert_row_by_script, delete_row, insert_column, swap_rows, swap_rows_with_marks, swap_visible, rename,
    reorder, add_sheet, copy_sheet, drop_names, drop_titles, drop_keys, drop_code, overtype_code, small_letters, reword,
]  # fmt: skip
CELLS: list[Act] = [
    cut, cut_aside, swap_answers, insert_row, delete_row, insert_column, rename, reorder, add_sheet, drop_keys,
    small_letters,
]  # fmt: skip
"""Where cells have left their rows, only their marks can tell, so none that loses these is among them."""


def acts(known: list[Act]) -> st.SearchStrategy[list[tuple[Act, int, int]]]:
    number = st.integers(0, 9)
    return st.lists(st.tuples(st.sampled_from(known), number, number), min_size=1, max_size=5)


def check(done: list[tuple[Act, int, int]]) -> None:
    book = Book(read_workbook(base.sent_back()))
    for act, one, other in done:
        act(book, one, other)
    reading = read_cells(book.data, INFO, base.plans())
    assert wrongly_accepted(reading, Made(b"", typed=book.typed)) == []
    if len(base.accepted(reading)) < len(typed()):
        assert codes(reading), "something was lost without a word"


@given(acts(ROWS_AND_SHEETS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_sheets_and_marks_in_any_mixture(done: list[tuple[Act, int, int]]) -> None:
    """Rows and columns inserted, deleted, sorted; sheets renamed, copied; marks lost or contradictory."""
    check(done)


@given(acts(CELLS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cells_that_leave_their_rows_in_any_mixture(done: list[tuple[Act, int, int]]) -> None:
    """Answers cut, pasted and sorted apart from their rows, among other changes."""
    check(done)
