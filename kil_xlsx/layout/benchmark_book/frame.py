"""What all sheets of the benchmark workbook have in common: their head, one full table, widths, heights and paper.

A sheet begins with its title, a line that says what its table is, a line that says how many tables there are, what
the marks mean and where the notes are, and a link.  The table follows without a gap: one row of headings, no merged
cells, no blank row or column, no empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kil_xlsx.core.release import CONFIDENTIAL, NOT_APPLICABLE, Figure, Group, Item, Part
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, Column, Link, RangeRef, Sheet, Style, Table, Value

COVER, CONTENTS, NOTES, TAKING_PART = "Cover", "Contents", "Notes", "Who is in it"
SCORES, ANSWERS, MEASURES, COMPLETENESS = "Scores", "Answers", "Measures", "Completeness"
MIDDLE_HALF = "Middle half"
HEAT_MAP, SEPARATION, SIDE_BY_SIDE, CHANGE, GROUPS = "Heat map", "Separation", "Side by side", "Change", "Groups"
CHARTS, ANSWER_CHARTS = "Charts", "Answer charts"

HEADER_ROW = 4
"""The row (from 0) of every table's headings; its first line is the next."""

EVERYONE = "All"
"""The name of the group of all organisations of a respondent type, and of what is about a whole return."""

LONGEST_LABEL = 200
"""Characters of the name of a group, or of what it has in common; the data files have the whole of a longer one."""

_LONGEST_HEADING = 200
_MONTHS = (
    ("January", "February", "March", "April", "May", "June", "July")
    + ("August", "September", "October", "November", "December")
)  # fmt: skip
_COUNT = "0"


@dataclass(frozen=True)
class Head:
    """A heading: its words, the width of its column in characters, and whether numbers stand below it."""

    title: str
    width: float
    number: bool = True


@dataclass(frozen=True)
class Number:
    """A number with its format.  A mark stands where there is none."""

    value: float
    format: str = _COUNT


Entry = Value | Number
Key = tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of a table, and what charts find it by."""

    entries: Sequence[Entry]
    key: Key = ()


@dataclass(frozen=True)
class TableSheet:
    """A sheet with its table: where each line and each column stands."""

    sheet: Sheet
    title: str
    rows: Mapping[Key, int]
    columns: Mapping[str, int]
    lines: int
    landscape: bool
    parts_before: int | None

    @property
    def name(self) -> str:
        """The name of the sheet."""
        return self.sheet.name

    def value(self, key: Key, column: str) -> Value:
        """What stands in a line below a heading."""
        return self.sheet.cells[self.rows[key], self.columns[column]].value

    def down(self, keys: Sequence[Key], column: str) -> RangeRef:
        """The cells of consecutive lines below a heading."""
        at = self.columns[column]
        return self.sheet.area(self.rows[keys[0]], at, self.rows[keys[-1]], at)

    def consecutive(self, keys: Sequence[Key]) -> bool:
        """Whether all these lines are there, one below the other."""
        rows = [self.rows.get(key, -1) for key in keys]
        return bool(rows) and rows[0] >= 0 and rows == list(range(rows[0], rows[0] + len(rows)))


def table_sheet(
    name: str,
    title: str,
    about: str,
    where_notes_are: str,
    heads: Sequence[Head],
    lines: Iterable[Line],
    *,
    filtered: bool = True,
    landscape: bool = True,
    frozen: int = 0,
    parts_before: int | None = None,
    back: str = CONTENTS,
) -> TableSheet | None:
    """A sheet with one table; none where the table would have no lines.

    :param about: what the table is, in one sentence.
    :param where_notes_are: a sentence that tells which notes belong to it.
    :param filtered: whether the headings have filters.
    :param landscape: how it is printed.
    :param frozen: how many columns stay in sight when the others are moved, besides all rows down to the headings.
    :param parts_before: the column (from 0) before which paper begins a new part, where all would be too small to
        read on one; the columns that stay in sight are repeated.
    :param back: the sheet that the link above the table leads to.
    """
    given = list(lines)
    if not given:
        return None
    sheet = Sheet(name, tab="tab_output" if filtered else "tab", protect=False)
    heads = _told_apart(heads)
    put_head(sheet, title, about, f"One table. {where_notes_are}", back)
    for column, head in enumerate(heads):
        sheet.put(HEADER_ROW, column, head.title, "header" if head.number else "header_left")
        sheet.columns[column] = Column(head.width)
    # The buttons of filters stand at the foot of the headings: one line more keeps them off the words.
    least = text_fit.height(*((head.title, head.width, 1.0) for head in heads))
    sheet.row_heights[HEADER_ROW] = least + (14.0 if filtered else 0.0)
    for row, line in enumerate(given, start=HEADER_ROW + 1):
        texts: list[tuple[str, float]] = []
        for column, (head, entry) in enumerate(zip(heads, line.entries, strict=True)):
            after_number = column > 0 and heads[column - 1].number
            _put(sheet, row, column, head, entry, after_number=after_number)
            if isinstance(entry, str):
                texts.append((entry, head.width))
        sheet.row_heights[row] = text_fit.height(*texts)
    sheet.freeze = (HEADER_ROW + 1, frozen)
    area = sheet.area(HEADER_ROW, 0, HEADER_ROW + len(given), len(heads) - 1)
    sheet.tables.append(Table(f"benchmark_{name.lower().replace(' ', '_')}", area, filtered=filtered))
    return TableSheet(
        sheet,
        title,
        rows={line.key: row for row, line in enumerate(given, start=HEADER_ROW + 1) if line.key},
        columns={head.title: column for column, head in enumerate(heads)},
        lines=len(given),
        landscape=landscape,
        parts_before=parts_before,
    )


def put_head(sheet: Sheet, title: str, about: str, notes: str, back: str) -> None:
    """Put the lines above a table, or above charts: title, what it is, where notes are, and a link."""
    sheet.put(0, 0, title, "title")
    sheet.put(1, 0, about, "subtitle")
    sheet.put(2, 0, notes, "plain")
    sheet.put(3, 0, Link(CellRef(back, 0, 0), f"Go to the {back.lower()}", f"The sheet {back}"), "link")
    sheet.row_heights |= {0: 32.0, 1: 20.0, 2: 18.0, 3: 20.0}


def _told_apart(heads: Sequence[Head]) -> list[Head]:
    """Headings on one line each, of which no two are alike: a number tells those apart that would be."""
    seen: set[str] = set()
    found: list[Head] = []
    for head in heads:
        title = wanted = one_line(head.title, _LONGEST_HEADING)
        number = 1
        while title.casefold() in seen:
            number += 1
            title = f"{wanted} ({number})"
        seen.add(title.casefold())
        found.append(Head(title, head.width, head.number))
    return found


def _put(sheet: Sheet, row: int, column: int, head: Head, entry: Entry, *, after_number: bool) -> None:
    if isinstance(entry, Number):
        sheet.put(row, column, entry.value, Style("output_number" if head.number else "output", entry.format))
    elif isinstance(entry, Link):
        sheet.put(row, column, entry, "link")
    elif head.number:
        sheet.put(row, column, entry, "output_number")
    else:
        role = "label" if column == 0 and sheet.name == COVER else "text"
        sheet.put(row, column, entry, "output" if after_number else role)


# Words and entries


def one_line(text: str, limit: int = LONGEST_LABEL) -> str:
    """A text on one line, without control characters, shortened where it is longer than ``limit`` characters."""
    clean = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return short(clean or "(no name)", limit)


def short(text: str, limit: int = LONGEST_LABEL) -> str:
    """A text, shortened where it is longer than ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def name_of(group: Group) -> str:
    """What a group is called on every sheet."""
    if group.kind == "field":
        return f"{group.field_label}: {short(group.label)}"
    return f"List: {short(group.label)}" if group.kind == "list" else EVERYONE


def among(group: Sequence[str]) -> str:
    """What the organisations of a like-with-like figure have in common."""
    return "; ".join(map(short, group)) or "Everyone in the group"


def count(value: int | None, mark: str) -> Entry:
    """How many, or a mark where that is not told."""
    return mark if value is None else Number(value)


def part_of(figure: Figure, item: Item, part: Part, number_format: str) -> Entry:
    """One number of a figure: a mark says whether it cannot exist or is held back."""
    if part not in item.parts:
        return NOT_APPLICABLE
    value = figure.part(part)
    return CONFIDENTIAL if value is None else Number(value, _COUNT if part == "n" else number_format)


def day(when: date) -> str:
    """A day as people write it, such as 7 April 2026."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
