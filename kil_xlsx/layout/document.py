"""A workbook as plain data: what is in which cell, said once, before any library writes it.

Rows and columns count from zero.  A :class:`Document` holds everything a writer needs and nothing that belongs to one
library.  That is what lets one set of data be written, linted, compared with a recalculated copy, and personalised.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from kil_xlsx.layout import a1


class ErrorValue(str):
    """An error value such as #N/A as a formula's result.  The same words as plain text are only text."""

    __slots__ = ()


NOT_AVAILABLE = ErrorValue("#N/A")


class Formula(Struct, frozen=True):
    """A formula without its leading ``=``, and the value that Python gives it.

    The value is what previews and Protected View show, so it must be what a recalculation would give.
    """

    text: str
    value: str | float | bool


class Link(Struct, frozen=True):
    """A hyperlink to a cell of this workbook or to a web address, shown as ``text``."""

    target: CellRef | str
    text: str
    tip: str = ""


class Run(Struct, frozen=True):
    """A stretch of text in one look: as the cell's style says, stronger, or quieter."""

    text: str
    look: Literal["plain", "strong", "quiet"] = "plain"


class Rich(Struct, frozen=True):
    """A text whose parts look different, such as a heading above a paragraph in one cell."""

    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """The words without their looks: what every reader of the file gets."""
        return "".join(run.text for run in self.runs)


Value = str | float | bool | date | Formula | Link | Rich | None
"""What a cell holds; ``None`` is a formatted empty cell.  Text is always text, whatever it starts with."""


class Style(Struct, frozen=True):
    """How a cell looks: a role that the theme turns into fonts and colours, and a number format."""

    role: str
    number_format: str | None = None


class CellRef(Struct, frozen=True):
    """One cell of a named sheet."""

    sheet: str
    row: int
    column: int

    @property
    def address(self) -> str:
        """Address within its sheet, such as ``C7``."""
        return a1.cell_name(self.row, self.column)

    def absolute(self, seen_from: str | None = None) -> str:
        """The reference as formulas write it: ``$C$7`` on its own sheet, ``'About you'!$C$7`` from another."""
        local = a1.range_name(self.row, self.column, self.row, self.column, absolute=True)
        return local if seen_from == self.sheet else f"{a1.quote_sheet(self.sheet)}!{local}"


class RangeRef(Struct, frozen=True):
    """A rectangle of cells of a named sheet, both corners included."""

    sheet: str
    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def absolute(self, seen_from: str | None = None) -> str:
        """The reference as formulas write it, such as ``Lists!$B$2:$B$8``."""
        local = a1.range_name(self.first_row, self.first_column, self.last_row, self.last_column, absolute=True)
        return local if seen_from == self.sheet else f"{a1.quote_sheet(self.sheet)}!{local}"

    def cells(self) -> Iterator[tuple[int, int]]:
        """Row and column of every cell, row by row."""
        for row in range(self.first_row, self.last_row + 1):
            for column in range(self.first_column, self.last_column + 1):
                yield row, column


class Cell(Struct, frozen=True):
    """One cell: where, what, and in which style."""

    row: int
    column: int
    value: Value
    style: Style


class Validation(Struct, frozen=True):
    """A rule for what may be typed in a range, with the message shown when the cell is entered.

    ``title`` carries the visible code of the row: it travels with the cell when rows are moved.
    """

    area: RangeRef
    kind: Literal["list", "decimal", "date", "text"]
    title: str
    message: str
    source: RangeRef | None = None
    minimum: float | date | None = None
    maximum: float | date | None = None
    error_title: str = ""
    error_message: str = ""


class ConditionalFormat(Struct, frozen=True):
    """A format that applies while a formula is true, or a data bar from ``minimum`` to ``maximum``.

    ``formula`` is written for the first cell of ``area``, without its leading ``=``.
    """

    area: RangeRef
    kind: Literal["formula", "bar"]
    style: Style
    formula: str = ""
    minimum: float = 0.0
    maximum: float = 1.0


UNSEEN = "unseen"
"""The role of a series that only keeps others from the edge of a chart of stacked bars."""


class Series(Struct, frozen=True):
    """One line or set of bars of a chart."""

    name: str
    categories: RangeRef
    values: RangeRef
    role: str = "series_1"


class Chart(Struct, frozen=True):
    """A chart, where it is anchored, and the words that stand for it where it cannot be seen.

    A ``stacked_bar`` puts its series one behind the other; one of the role :data:`UNSEEN` takes its room without being
    drawn, so that the others begin where it ends.  With a ``label_format`` the values stand beside what is
    drawn; ``value_format`` is that of the axis.
    """

    kind: Literal["radar", "bar", "stacked_bar", "column", "line"]
    title: str
    description: str
    series: tuple[Series, ...]
    row: int
    column: int
    width: int
    height: int
    minimum: float | None = None
    maximum: float | None = None
    major_unit: float | None = None
    value_title: str = ""
    legend: bool = False
    label_format: str = ""
    value_format: str = ""


class Image(Struct, frozen=True):
    """A picture (PNG or JPEG) anchored at a cell, scaled to a height in pixels, and the words that stand for it."""

    content: bytes
    description: str
    row: int
    column: int
    height: int


class Note(Struct, frozen=True):
    """Words that are shown while a cell is pointed at, and that screen readers announce with it."""

    row: int
    column: int
    text: str


class Table(Struct, frozen=True):
    """A rectangle that programs and screen readers know as a table.  Its first row holds the headings, as text.

    ``filtered`` puts filters on the headings.
    """

    name: str
    area: RangeRef
    filtered: bool = False


class Column(Struct, frozen=True):
    """Width of a column in characters of the default font, the style of its empty cells, and whether it is hidden."""

    width: float
    hidden: bool = False


class PrintSetup(Struct, frozen=True):
    """How a sheet prints, on A4: what is repeated, header and footer in Excel's own codes.

    Without a ``scale`` (per cent) the sheet is made to fit one page across, and on one page altogether if
    ``one_page`` is set.  With one, pages end before the given rows and before ``break_before_column``.
    """

    landscape: bool = False
    repeat_first_row: int | None = None
    repeat_last_row: int | None = None
    repeat_first_column: int | None = None
    repeat_last_column: int | None = None
    scale: int | None = None
    break_before_column: int | None = None
    one_page: bool = False
    header: str = ""
    footer: str = ""
    area: RangeRef | None = None
    breaks_before: tuple[int, ...] = ()


class Sheet(Struct):
    """One worksheet.  Cells may be added in any order; a writer takes them row by row."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    columns: dict[int, Column] = field(default_factory=dict)
    row_heights: dict[int, float] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    spreads: list[RangeRef] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    conditional_formats: list[ConditionalFormat] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    filter: RangeRef | None = None
    freeze: tuple[int, int] | None = None
    printing: PrintSetup = field(default_factory=PrintSetup)
    state: Literal["visible", "hidden", "very_hidden"] = "visible"
    tab: str = "tab"
    selection: tuple[int, int] = (0, 0)
    protect: bool = True
    zoom: int = 100

    def put(self, row: int, column: int, value: Value, style: Style | str, /) -> None:
        """Set a cell.  Setting one twice is a mistake in the layout: ValueError."""
        if (row, column) in self.cells:
            raise ValueError(f"{self.name}!{a1.cell_name(row, column)} is written twice")
        self.cells[row, column] = Cell(row, column, value, Style(style) if isinstance(style, str) else style)

    def spread(self, row: int, first: int, last: int) -> None:
        """Let the text of a row's cell run over the columns to its right.  For prose only, never among inputs."""
        self.spreads.append(RangeRef(self.name, row, first, row, last))

    def ref(self, row: int, column: int) -> CellRef:
        """A reference to one of this sheet's cells."""
        return CellRef(self.name, row, column)

    def area(self, first_row: int, first_column: int, last_row: int, last_column: int) -> RangeRef:
        """A reference to a rectangle of this sheet."""
        return RangeRef(self.name, first_row, first_column, last_row, last_column)


class DefinedName(Struct, frozen=True):
    """A name for a cell or range, or for a constant text."""

    name: str
    refers_to: CellRef | RangeRef | str


class Document(Struct):
    """A whole workbook: sheets in order, names, properties."""

    sheets: list[Sheet]
    names: list[DefinedName]
    title: str
    subject: str
    keywords: str
    language: str
    created: datetime
    properties: dict[str, str]
    active_sheet: str

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name.  KeyError when there is none."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)

    def formulas(self) -> Iterator[tuple[CellRef, Formula]]:
        """Every formula cell with its place, sheet by sheet."""
        for sheet in self.sheets:
            for (row, column), cell in sheet.cells.items():
                if isinstance(cell.value, Formula):
                    yield CellRef(sheet.name, row, column), cell.value
