"""What the sheets of a feedback workbook share: head, paragraphs, tables, numbers in words, and how they print.

Every table has one row of headings, no merged cells, no blank row and no empty cell.  There are no formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.branding import Branding
from kil_xlsx.core.feedback import Feedback, Line
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import CONFIDENTIAL, NOT_APPLICABLE, Figure, Item, Part
from kil_xlsx.layout import pagination, text_fit
from kil_xlsx.layout.document import Column, PrintSetup, Rich, Run, Sheet, Style, Table

SUMMARY, ADVICE, ANSWERS, MEASURES = "Summary", "Strengths and next steps", "Answers", "Measures"
PLACE, HOW_TO_READ, CHART_FIGURES = "Place", "How to read", "Chart figures"
"""The sheets, in order.  One that would be empty is left out."""

GROUP, EVERYONE = "Group", "Everyone"
"""What headings call those that an organisation is compared with."""

NOTHING = "–"
"""Stands in a cell that has nothing to say, such as a planned action where none was entered."""

LONGEST = 300
"""Characters of a label or name; what respondents wrote in a cell of their own is shown whole."""

LONGEST_TEXT = 2_000
"""Characters of what the organisation wrote itself: more would not fit a row."""

_SPARE, _SMALLEST = 0.9, 60
"""What is left free of a page that something is made to fit, and the scale (per cent) below which it is not."""

_FOOTER = 9
"""The points of a footer's letters on paper."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """A heading: its words, the width of its column in characters, and whether short things stand in its middle."""

    title: str
    width: float
    centred: bool = False


@dataclass(frozen=True)
class Number:
    """A number with its format, and the role of its cell if it is a special one."""

    value: float
    format: str = "0"
    role: str = "output_center"


@dataclass(frozen=True)
class Told:
    """Words in a role of their own."""

    text: str | Rich
    role: str


Entry = str | Number | Told


def new_sheet(name: str, title: str, subtitle: str, widths: Sequence[float], *, tab: str = "tab_output") -> Sheet:
    """A sheet with its title and what it is about."""
    sheet = Sheet(name, tab=tab, protect=False)
    sheet.columns = {column: Column(width) for column, width in enumerate(widths)}
    sheet.put(0, 0, one_line(title, 90), "title")
    sheet.put(1, 0, one_line(subtitle, 200), "subtitle")
    sheet.row_heights |= {0: 32.0, 1: 22.0}
    return sheet


def paragraph(sheet: Sheet, row: int, text: str, style: str = "intro") -> int:
    """Put a paragraph over all columns.  Gives the next row."""
    width = sum(column.width for column in sheet.columns.values())
    sheet.put(row, 0, text, style)
    sheet.spread(row, 0, max(sheet.columns))
    sheet.row_heights[row] = min(text_fit.LINE_POINTS * text_fit.lines(text, width) + 5, text_fit.MAXIMUM_POINTS)
    return row + 1


def heading(sheet: Sheet, row: int, text: str) -> int:
    """Put a heading between two tables.  Gives the next row."""
    for column in sheet.columns:
        sheet.put(row, column, text if column == 0 else None, "heading")
    sheet.row_heights[row] = 26.0
    return row + 1


def table(sheet: Sheet, row: int, name: str, heads: Sequence[Head], rows: Iterable[Iterable[Entry]]) -> int:
    """Put a table with its headings at a row.  Gives the row after its last line.

    :param name: what programs know it by; nothing of the organisation is in it.
    """
    for column, head in enumerate(heads):
        sheet.put(row, column, head.title, "header" if head.centred else "header_left")
    sheet.row_heights[row] = text_fit.height(*((head.title, head.width - 1, 1.0) for head in heads), least=22)
    at = row + 1
    for entries in rows:
        texts: list[tuple[str, float, float]] = []
        for column, (head, entry) in enumerate(zip(heads, entries, strict=True)):
            if isinstance(entry, Number):
                sheet.put(at, column, entry.value, _style(entry.role, entry.format))
                continue
            told = entry if isinstance(entry, Told) else Told(entry, _role(entry, head))
            sheet.put(at, column, told.text, _style(told.role))
            words = told.text.text if isinstance(told.text, Rich) else told.text
            if words:
                texts.append((words, head.width - 1, _SCALES.get(told.role, 1.0)))
        sheet.row_heights[at] = text_fit.height(*texts, least=20)
        at += 1
    sheet.tables.append(Table(f"feedback_{name}", sheet.area(row, 0, at - 1, len(heads) - 1)))
    return at


@lru_cache(maxsize=256)
def _style(role: str, number_format: str | None = None) -> Style:
    return Style(role, number_format)


_SCALES = {"label": 1.08, "text_indented": 0.95, "band_low": 0.95, "band_middle": 0.95, "band_good": 0.95,
           "band_best": 0.95}  # fmt: skip
"""How large the letters of a role are, over 11 points, and a little more for bold ones and indents."""

_LONGEST_MARK = 3


def _role(text: str, head: Head) -> str:
    """Marks stand in the middle below headings of numbers; whole words need lines, and begin at the left."""
    return "output_center" if head.centred and len(text) <= _LONGEST_MARK else "text_indented"


def finish(
    sheet: Sheet,
    feedback: Feedback,
    branding: Branding,
    *,
    landscape: bool = True,
    header: int | None = None,
    last: int | None = None,
    together: range | None = None,
    starts_page: frozenset[int] = frozenset(),
    with_next: frozenset[int] = frozenset(),
) -> None:
    """How a sheet is seen and printed: one page wide on A4, headings repeated, footer with page numbers.

    :param header: the row of headings that stays in place; none where a sheet has several tables.
    :param last: the last row that is printed, where charts stand below the cells.
    :param together: rows that are made to fit one page, unless that made them too small to read.
    """
    page = pagination.Page(landscape=landscape)
    per_cent = pagination.scale(sheet, page, sheet.columns)
    if together is not None:
        high = sum(sheet.row_heights.get(row, text_fit.LINE_POINTS) for row in together)
        fitting = int(100 * page.height * _SPARE / high)
        per_cent = min(per_cent, fitting) if fitting >= _SMALLEST else per_cent
    rows = range((max(row for row, _ in sheet.cells) if last is None else last) + 1)
    repeated = () if header is None else (header,)
    found = pagination.breaks(
        sheet, rows, per_cent, page, repeated=repeated, with_next=with_next, starts_page=starts_page
    )
    if header is not None:
        sheet.freeze = (header + 1, 0)
    sheet.printing = PrintSetup(
        landscape=landscape,
        scale=per_cent,
        breaks_before=found,
        repeat_first_row=header,
        repeat_last_row=header,
        footer=_footer(feedback, branding, per_cent),
    )


def _footer(feedback: Feedback, branding: Branding, per_cent: int) -> str:
    """Whose it is and what it belongs to; the font's code keeps a number from being taken for a size.

    A footer is made smaller with its sheet, so its letters begin the larger.
    """
    points = round(_FOOTER * 100 / min(max(per_cent, _SMALLEST), 100))
    small = f'&{points}&"-,Regular"'
    own = f"{small}{branding.footer.replace('&', '&&')}\n" if branding.footer else ""
    whose = one_line(feedback.organisation, 40 if own else 80).replace("&", "&&")
    return f"&L{own}{small}{whose} &C&{points}&A&R&{points}&P / &N"


# Numbers and words


def one_line(text: str, limit: int = LONGEST) -> str:
    """A text on one line, without control characters, shortened where it is longer."""
    line = " ".join(_printable(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _printable(text: str) -> str:
    """A text with a space in the place of every control character."""
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def own_text(text: str) -> str:
    """What the organisation wrote itself, with its line ends, as far as a row can show it."""
    clean = "\n".join(map(_printable, text.split("\n"))).strip()
    return (clean if len(clean) <= LONGEST_TEXT else clean[: LONGEST_TEXT - 1].rstrip() + "…") or NOTHING


def day(when: date) -> str:
    """A day as people write it, such as 7 April 2026."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def score_format(framework: Framework) -> str:
    """The number format of scores."""
    decimals = framework.scoring.decimals
    return "0" if decimals == 0 else "0." + "0" * decimals


def number_format(item: Item, framework: Framework) -> str:
    """The number format of an item's values."""
    if item.kind == "measure":
        return next((unit.format for unit in framework.units if unit.id == item.unit), "General")
    return score_format(framework) if item.kind in ("overall", "section") else "0.0"


def part(figure: Figure, item: Item, name: Part, framework: Framework) -> Entry:
    """One number of a published figure, or the mark that stands in its place."""
    value = figure.part(name)
    if name not in item.parts:
        return NOT_APPLICABLE
    if value is None:
        return CONFIDENTIAL
    return Number(float(value), "#,##0" if name == "n" else number_format(item, framework))


def stands(line: Line, feedback: Feedback) -> str:
    """Where a value stands, in words; a mark where that is not told."""
    told = words.standing(line, of_everyone=not feedback.peers.label)
    return told or (CONFIDENTIAL if line.value is not None else NOTHING)


@dataclass(frozen=True)
class Spread:
    """Whose quartiles and distributions a sheet shows.

    ``of_everyone`` says that they are of everyone although the organisation is compared with a smaller group, because
    that is too small to show any.
    """

    whose: str
    of_everyone: bool = False

    def figure(self, line: Line) -> Figure:
        """The figure that is shown of a line."""
        return line.everyone if self.of_everyone else line.group


def group_of(feedback: Feedback) -> str:
    """What headings call those that the organisation is compared with."""
    return GROUP if feedback.peers.label else EVERYONE


def spread_of(feedback: Feedback, lines: Sequence[Line]) -> Spread:
    """Whose spread is shown: the group's, unless everyone's is published and nothing of the group's."""
    if not feedback.peers.label:
        return Spread(EVERYONE)
    mine = any(line.group.lower_quartile is not None or line.group.levels is not None for line in lines)
    theirs = any(line.everyone.lower_quartile is not None or line.everyone.levels is not None for line in lines)
    return Spread(EVERYONE, of_everyone=True) if theirs and not mine else Spread(GROUP)


def quartile_heads(spread: Spread, width: float) -> list[Head]:
    """The headings over quartiles and medians."""
    heads = [Head(f"{GROUP}: median", width, centred=True)] if spread.of_everyone else []
    for part_name in ("lower quartile", "median", "upper quartile"):
        heads.append(Head(f"{spread.whose}: {part_name}", width, centred=True))
    return heads


def quartiles(spread: Spread, line: Line, framework: Framework) -> list[Entry]:
    """What stands below :func:`quartile_heads`."""
    found = [part(line.group, line.item, "median", framework)] if spread.of_everyone else []
    names: tuple[Part, ...] = ("lower_quartile", "median", "upper_quartile")
    return found + [part(spread.figure(line), line.item, name, framework) for name in names]


def named(label: str, below: str) -> Rich:
    """A label with quieter words below it."""
    return Rich((Run(one_line(label)), Run(f"\n{one_line(below)}", "quiet")))


def released(feedback: Feedback) -> str:
    """Which release it is compared with."""
    rounds = f", round {', '.join(feedback.release_rounds)}" if feedback.release_rounds else ""
    return f"Release {feedback.release} of {day(feedback.released)}{one_line(rounds, 120)}"


def compared_with(feedback: Feedback) -> str:
    """Whom it is compared with, in a sentence."""
    peers = feedback.peers
    if not peers.id:
        return "There is nobody to compare with in this release."
    kind = one_line(feedback.respondent_label, 60)
    if not peers.label:
        many = f" ({peers.used:,} organisations)" if peers.used is not None else ""
        return f"Compared with everyone of the type “{kind}”{many}."
    many = f" ({peers.used:,} organisations)" if peers.used is not None else ""
    everyone = f" Everyone of the type “{kind}”: {peers.everyone:,}." if peers.everyone is not None else ""
    return f"Your group: {one_line(peers.label, 160)}{many}.{everyone}"


def shares(figure: Figure, levels: Sequence[tuple[str, str]], offered: Mapping[str, str], own: str) -> list[Entry]:
    """The share of each level, one entry for each; the level that the organisation chose is framed.

    :param levels: code and label of every column.
    :param offered: the labels of the levels that the question has, by code.
    :param own: the label that the organisation chose.
    """
    found = {level.code: level.share for level in figure.levels or ()}
    entries: list[Entry] = []
    for code, label in levels:
        if offered.get(code) != label:
            entries.append(NOT_APPLICABLE)
        elif figure.levels is None:
            entries.append(Told(CONFIDENTIAL, "own_level") if label == own else CONFIDENTIAL)
        else:
            role = "own_level" if label == own else "output_center"
            entries.append(Number(found.get(code, 0.0), "0%", role))
    return entries


def in_one_text(figure: Figure, offered: Mapping[str, str]) -> str:
    """The share of each level in one text, where there are too many kinds of levels for columns."""
    if figure.levels is None:
        return CONFIDENTIAL
    return "; ".join(f"{offered.get(level.code, level.code)} {level.share:.0%}" for level in figure.levels)
