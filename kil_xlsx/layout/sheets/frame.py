"""What all sheets share: the content they are painted from, their head, and the cells to fill in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from string import Formatter

from msgspec import Struct

from kil_xlsx.core.branding import DEFAULT, Branding
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.peers import Peers
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return, Typed
from kil_xlsx.layout import a1, text_fit
from kil_xlsx.layout.codec import day_of
from kil_xlsx.layout.document import (
    CellRef,
    Column,
    Formula,
    Image,
    PrintSetup,
    RangeRef,
    Sheet,
    Style,
    Table,
    Validation,
    Value,
)
from kil_xlsx.layout.marking import Marking
from kil_xlsx.layout.places import KEY, NO, Carried
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.slots import Slot, SlotKind, key_text
from kil_xlsx.layout.stamp import Organisation, Stamp
from kil_xlsx.layout.wording import Wording

_MOST_PROMPT = 255
NO_WIDTH = 10.0


class Previous(Struct, frozen=True):
    """What the same organisation said before: the round in words, what stood in its cells, and its scores.

    ``typed`` has every cell of a row that is carried over, empty ones too; ``scores`` are by section id and
    :data:`kil_xlsx.core.release.OVERALL`.
    """

    round: str
    typed: Mapping[Key, Typed]
    scores: Mapping[str, float | None]


class Issue(Struct, frozen=True):
    """The circumstances in which a workbook is made.  ``created`` is the only clock there is.

    A copy of what was sent out before keeps its ``reference``; ``marking`` says what is to be put right in it.
    """

    created: datetime
    organisation: Organisation | None = None
    round_id: str = ""
    due: date | None = None
    contact: str = ""
    previous: Previous | None = None
    peers: Peers | None = None
    branding: Branding = DEFAULT
    reference: str = ""
    marking: Marking | None = None


class Content(Struct, frozen=True, dict=True):
    """Everything a sheet is painted from.

    ``typed`` is what stands in the cells to fill in; ``ret`` and ``result`` are what the formulas make of it.
    ``reworded`` is what applies a function to words that depend on whose copy it is; see :meth:`made_of`.
    """

    plan: Plan
    issue: Issue
    stamp: Stamp
    typed: Mapping[Key, Typed]
    ret: Return
    result: Result
    reworded: Callable[[Callable[[str], str], str], str] | None = None

    @property
    def instrument(self) -> Instrument:
        return self.plan.instrument

    @property
    def words(self) -> Wording:
        return self.plan.words

    @property
    def carried(self) -> bool:
        """Whether anything was carried over from an earlier return."""
        return bool(self.ret.carried)

    @cached_property
    def carried_places(self) -> dict[tuple[str, int], int]:
        """The row on the sheet of what was carried over where each item, or row of a table, begins."""
        found: dict[tuple[str, int], int] = {}
        for index, key in enumerate(self.ret.carried):
            found.setdefault((key.item, key.row), Carried.HEADER + 1 + index)
        return found

    def entry(self, item: str, part: str = Part.ANSWER) -> Entry:
        """What the formulas take an entry for."""
        return self.ret.get(item, part)

    def made_of(self, function: Callable[[str], str], words: str) -> str:
        """What a function makes of words with the organisation's name or reference in them.

        Sheets may put such words together as they like; whatever else they do with them must go through here, because
        the words may be stand-ins for those of many organisations (:mod:`kil_xlsx.layout.variants`).
        """
        return self.reworded(function, words) if self.reworded else function(words)


def text(value: str | float | None) -> str | float:
    """A formula's value where nothing is shown as an empty text."""
    return "" if value is None else value


def literal(words: str) -> str:
    """A text as formulas write it."""
    return '"' + words.replace('"', '""') + '"'


def number(value: float) -> str:
    """A number as formulas write it."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def ref(cell: CellRef | RangeRef, sheet: Sheet) -> str:
    """A reference as the formulas of a sheet write it; a range stays one when it is a single cell.

    Some programs count and look up in ranges only.
    """
    written = cell.absolute(sheet.name)
    if isinstance(cell, RangeRef) and ":" not in written:
        return f"{written}:{cell.absolute(cell.sheet)}"
    return written


def link_address(cell: CellRef) -> str:
    """Where a link made by a formula leads, as every program tried follows it."""
    return f"#{a1.quote_sheet(cell.sheet)}!{cell.address}"


def said(content: Content, key: str, **terms: str) -> str:
    """Words with placeholders as a formula, each placeholder standing for a formula of its own."""
    pieces = []
    for words, name, _, _ in Formatter().parse(content.words.words[key]):
        if words:
            pieces.append(literal(words))
        if name is not None:
            pieces.append(terms[name])
    return "&".join(pieces)


def given(cell: str) -> str:
    """The condition that something other than blanks stands in a cell."""
    return f"LEN(TRIM({cell}))>0"


def listed(cell: str, labels: str) -> str:
    """The condition that a cell holds one of the labels, word for word: MATCH alone takes * and ? for any text."""
    return f"IFERROR(INDEX({labels},MATCH({cell},{labels},0))={cell},FALSE)"


def is_day(cell: str, slot: Slot) -> str:
    """The condition that a cell holds a date in the span that its slot allows, with or without a time of day."""
    return f"IF(ISNUMBER({cell}),AND({cell}>={slot.minimum:.0f},{cell}<{slot.maximum:.0f}+1),FALSE)"


def looked_up(cell: str, labels: str, values: str, otherwise: str = '""') -> str:
    """A formula that gives what stands beside the label that a cell holds, else something else."""
    return f"IF({listed(cell, labels)},INDEX({values},MATCH({cell},{labels},0)),{otherwise})"


def new_sheet(
    content: Content,
    name: str,
    title: str,
    widths: Mapping[int, float],
    *,
    tab: str,
    landscape: bool = True,
    hidden: Collection[int] = (),
) -> Sheet:
    """A visible sheet with title, reference code and footer; the hidden key column is set where the sheet has one.

    ``hidden`` names further columns that have nothing to say this time.
    """
    sheet = Sheet(name=name, tab=tab)
    for column, width in widths.items():
        sheet.columns[column] = Column(width, hidden=column == KEY or column in hidden)
    first = min(column for column in widths if column != KEY)
    sheet.put(0, first, title, "title")
    sheet.row_heights[0] = 30
    sheet.put(1, first, _subtitle(content, title), "subtitle")
    sheet.row_heights[1] = 20
    sheet.printing = PrintSetup(landscape=landscape, footer=footer(content))
    return sheet


def _subtitle(content: Content, title: str) -> str:
    """Questionnaire, organisation and reference code, without what the title says already."""
    whole = content.instrument.framework.title
    parts = [] if title == whole else [whole]
    if content.issue.organisation and content.issue.organisation.name:
        parts.append(content.issue.organisation.name)
    parts.append(content.stamp.reference)
    return "   ·   ".join(parts)


def page_header(content: Content, title: str) -> str:
    """The header of printed pages that do not show the sheet's own title: title and organisation."""
    return f"&L&10{content.made_of(_on_one_line, f'{title}   ·   {_subtitle(content, title)}')}"


def _on_one_line(words: str) -> str:
    """What a line of a printed page has room for, ampersands doubled as headers want them."""
    return words[:120].replace("&", "&&")


def footer(content: Content) -> str:
    """The footer of every printed page: reference code on the left, under the theme's own words; page numbers."""
    page = content.words("footer.page", page="&P", pages="&N")
    # On a line of their own the words never run into the page numbers.  The font's code keeps a number at their
    # beginning from being taken for a size.
    own = content.issue.branding.footer.replace("&", "&&")
    above = f'&8&"-,Regular"{own}\n&10' if own else ""
    return f"&L{above}{content.stamp.reference}&R{page}"


def logo(content: Content, sheet: Sheet, column: int) -> None:
    """The theme's logo, if it has one, on the title's row with its left edge at a column."""
    picture = content.issue.branding.logo
    if picture is not None:
        sheet.images.append(Image(picture.content, picture.description, 0, column, picture.height))


def intro(sheet: Sheet, row: int, words: str, first: int, last: int) -> None:
    """A paragraph that runs over the columns to its right.  Only prose above the table is spread like this."""
    columns = (sheet.columns[column] for column in range(first, last + 1) if column in sheet.columns)
    width = sum(column.width for column in columns if not column.hidden)
    sheet.put(row, first, words, "intro")
    sheet.spread(row, first, last)
    sheet.row_heights[row] = text_fit.LINE_POINTS * text_fit.lines(words, width) + 4


def header(
    sheet: Sheet, row: int, headings: Mapping[int, str], *, height: float = 34, centred: Collection[int] = ()
) -> None:
    """A row of column headings; those over numbers in the middle of their cells are ``centred``."""
    for column, heading in headings.items():
        sheet.put(row, column, heading, "header" if column in centred else "header_left")
    sheet.row_heights[row] = height


def as_table(
    sheet: Sheet, name: str, header_row: int, last_row: int, first: int, last: int, *, filtered: bool = False
) -> None:
    """Make a table, headings included, one that programs and screen readers know as such."""
    sheet.tables.append(Table(f"kil_{name}", sheet.area(header_row, first, last_row, last), filtered))


def marks(sheet: Sheet, row: int, code: str) -> None:
    """The hidden key and the visible code of a row."""
    sheet.put(row, KEY, key_text(code), "key")
    sheet.put(row, NO, code, "code")


_ROLES = {
    SlotKind.CHOICE: "input_choice",
    SlotKind.NUMBER: "input_number",
    SlotKind.DATE: "input_date",
    SlotKind.TEXT: "input_text",
}
_PROMPTS = {
    SlotKind.CHOICE: "prompt.choice",
    SlotKind.NUMBER: "prompt.number",
    SlotKind.DATE: "prompt.date",
    SlotKind.TEXT: "prompt.text",
}
_ERRORS = {SlotKind.CHOICE: "error.choice", SlotKind.NUMBER: "error.number", SlotKind.DATE: "error.date"}


def fill_in(content: Content, sheet: Sheet, slot: Slot, number_format: str | None = None) -> None:
    """A cell to fill in, with what stands in it so far and the rule for what may."""
    typed = content.typed.get(slot.key)
    value: Value = typed
    if slot.kind is SlotKind.DATE and isinstance(typed, float) and typed.is_integer():
        value = day_of(typed) or typed
    marking = content.issue.marking
    marked = "_marked" if marking is not None and slot.key in marking.cells else ""
    sheet.put(slot.cell.row, slot.cell.column, value, Style(f"{_ROLES[slot.kind]}{marked}", number_format))
    sheet.validations.append(_validation(content, slot))


def _validation(content: Content, slot: Slot) -> Validation:
    words, plan = content.words, content.plan
    message = words(_PROMPTS[slot.kind], label=slot.label or slot.heading)
    if len(message) > _MOST_PROMPT:
        message = message[: _MOST_PROMPT - 1].rstrip() + "…"
    source = None
    minimum: float | date | None = slot.minimum
    maximum: float | date | None = slot.maximum
    kinds = {SlotKind.CHOICE: "list", SlotKind.NUMBER: "decimal", SlotKind.DATE: "date", SlotKind.TEXT: "text"}
    if slot.kind is SlotKind.CHOICE and slot.choices:
        place = plan.lists[slot.choices]
        source = place.area(place.LABELS, levels_only=slot.levels_only)
    if slot.kind is SlotKind.DATE:
        minimum = day_of(slot.minimum) if slot.minimum is not None else None
        maximum = day_of(slot.maximum) if slot.maximum is not None else None
    error = _ERRORS.get(slot.kind)
    return Validation(
        area=RangeRef(slot.cell.sheet, slot.cell.row, slot.cell.column, slot.cell.row, slot.cell.column),
        kind=kinds[slot.kind],  # type: ignore[arg-type]  # the mapping's values are the literal kinds
        title=slot.code,
        message=message,
        source=source,
        minimum=minimum,
        maximum=maximum,
        error_title=words("error.title") if error else "",
        error_message=words(error) if error else "",
    )


def formula(
    sheet: Sheet, row: int, column: int, text: str, value: str | float | bool | None, style: Style | str
) -> None:
    """A formula with the value that Python gives it; nothing is an empty text."""
    sheet.put(row, column, Formula(text, "" if value is None else value), style)


def refused(content: Content, slots: Iterable[Slot]) -> int:
    """How many of some cells the workbook's formulas cannot use."""
    entries = (content.ret.entries.get(slot.key) for slot in slots)
    return sum(entry is not None and entry.outcome is Outcome.REFUSED for entry in entries)


def unusable(content: Content, sheet: Sheet, code: str) -> str:
    """The condition that a row holds something that cannot be used: not in the list, no number in range, no date."""
    return f"{ref(content.plan.row_workings.cell(code, Plan.ROW_WRONG), sheet)}=1"


def untouched(content: Content, sheet: Sheet, item: str, row: int = 0) -> str:
    """The condition that an item was carried over and is neither confirmed nor changed; FALSE where it was not."""
    at = content.carried_places.get((item, row))
    if at is None:
        return "FALSE"
    return f"{ref(CellRef(content.words('sheet.carried'), at, Carried.UNTOUCHED), sheet)}=1"


def confirm(content: Content, sheet: Sheet, item: str, row: int = 0) -> None:
    """The cell in which an answer that was carried over is confirmed; without one there is nothing to confirm."""
    slot = content.plan.by_key.get(Key(item, Part.CONFIRM, row))
    if slot is not None and ((item, row) in content.carried_places or slot.key in content.typed):
        fill_in(content, sheet, slot)


def last_time(content: Content, sheet: Sheet, slot: Slot, column: int, number_format: str | None = None) -> None:
    """What stood in a cell last time, beside it."""
    before = content.ret.carried.get(slot.key)
    value: Value = before
    if slot.kind is SlotKind.DATE and isinstance(before, float) and before.is_integer():
        value = day_of(before) or before
        number_format = number_format or "dd mmm yyyy"
    sheet.put(slot.cell.row, column, value, Style("last", number_format))


def column_headings(content: Content) -> tuple[str, str]:
    """The headings of what was said last time and of its confirmation."""
    previous = content.issue.previous
    when = previous.round if previous and previous.round else content.words("carried.before")
    return content.words("carried.last", round=when), content.words("carried.confirm")
