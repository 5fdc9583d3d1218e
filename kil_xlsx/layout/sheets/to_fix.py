"""The sheet with what is to be put right in a copy of what came back, and with what could not be carried over.

The same sheet lists what several people of an organisation are to agree on.  Only such workbooks have it.  None of its
headings is one that answers are found by, so that it is never taken for a sheet to fill in when the copy comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from kil_xlsx.core.checking import figure_and_reason
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.results import CheckState
from kil_xlsx.core.returns import Outcome, same
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import (
    CellRef,
    Column,
    ConditionalFormat,
    Link,
    Note,
    PrintSetup,
    RangeRef,
    Sheet,
    Style,
)
from kil_xlsx.layout.marking import Mark, Marking, Spot, Until
from kil_xlsx.layout.places import KEY, ListPlace, ToFix, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import (
    Content,
    as_table,
    formula,
    given,
    header,
    intro,
    is_day,
    link_address,
    listed,
    literal,
    new_sheet,
    ref,
    said,
)
from kil_xlsx.layout.sheets.workings import is_in_range
from kil_xlsx.layout.slots import Slot, SlotKind

_WIDTHS = {
    KEY: 6.0,
    ToFix.NUMBER: 7.0,
    ToFix.KIND: 12.0,
    ToFix.SHEET: 16.0,
    ToFix.CODE: 22.0,
    ToFix.WRONG: 42.0,
    ToFix.FOUND: 42.0,
    ToFix.REMEDY: 42.0,
    ToFix.GO: 20.0,
    ToFix.FIXED: 14.0,
}
_KEYS = {
    "fix": {
        "title": "sheet.to_fix",
        "intro": "fix.intro",
        "none": "fix.none",
        "wrong": "fix.wrong",
        "found": "fix.found",
        "fixed": "fix.fixed",
        "start": "fix.start",
        "start_left": "fix.start_left",
        "start_done": "fix.start_done",
    },
    "agree": {
        "title": "sheet.to_agree",
        "intro": "agree.intro",
        "none": "agree.none",
        "wrong": "agree.wrong",
        "found": "agree.found",
        "fixed": "agree.fixed",
        "start": "agree.start",
        "start_left": "agree.start_left",
        "start_done": "agree.start_done",
    },
}
"""The words that differ, by what a marking is about."""

_HIDDEN = (ToFix.OPEN, ToFix.HELD, ToFix.UNDONE)
_STYLE = "list"


def paint(content: Content, marking: Marking) -> Sheet:
    """One line for each thing to put right, then what could not be carried over."""
    words, keys = content.words, _KEYS[marking.about]
    title = words(keys["title"])
    sheet = new_sheet(content, title, title, _WIDTHS, tab="tab")
    for column in _HIDDEN:
        sheet.columns[column] = Column(12, hidden=True)
    intro(sheet, 2, words(keys["intro"]), ToFix.NUMBER, ToFix.FIXED)
    headings = {
        ToFix.NUMBER: words("fix.number"),
        ToFix.KIND: words("checks.severity"),
        ToFix.SHEET: words("fix.sheet"),
        ToFix.CODE: words("fix.item"),
        ToFix.WRONG: words(keys["wrong"]),
        ToFix.FOUND: words(keys["found"]),
        ToFix.REMEDY: words("fix.do"),
        ToFix.GO: words("fix.go"),
        ToFix.FIXED: words(keys["fixed"]),
    }
    header(sheet, ToFix.HEADER, headings)
    first = ToFix.HEADER + 1
    for column, name in zip(_HIDDEN, ("open", "held", "undone"), strict=True):
        sheet.put(ToFix.HEADER, column, f"kil:{name}", _STYLE)
    below = first
    for index, mark in enumerate(marking.marks):
        _line(content, sheet, first + index, index + 1, mark)
        below = _state(content, sheet, first + index, below, mark, marking)
    last = first + len(marking.marks) - 1
    if marking.marks:
        as_table(sheet, "to_fix", ToFix.HEADER, last, ToFix.NUMBER, ToFix.FIXED)
        _tones(content, sheet, RangeRef(sheet.name, first, ToFix.FIXED, last, ToFix.FIXED))
    else:
        last = first
        sheet.put(first, ToFix.NUMBER, words(keys["none"]), "intro")
        sheet.spread(first, ToFix.NUMBER, ToFix.FIXED)
    if marking.left:
        last = _left(content, sheet, last + 1, marking)
    sheet.freeze = (ToFix.HEADER + 1, 0)
    sheet.printing = PrintSetup(
        landscape=True,
        repeat_first_row=ToFix.HEADER,
        repeat_last_row=ToFix.HEADER,
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, 0, ToFix.NUMBER, last, ToFix.FIXED),
    )
    return sheet


def annotate(marking: Marking, sheets: Sequence[Sheet]) -> None:
    """Put the notes of a marking on the cells of the sheets."""
    by_name = {sheet.name: sheet for sheet in sheets}
    for cell, words in marking.notes.items():
        by_name[cell.sheet].notes.append(Note(cell.row, cell.column, words))


# What is to be put right


def _line(content: Content, sheet: Sheet, row: int, number: int, mark: Mark) -> None:
    words = content.words
    kind = "error" if mark.severity is Severity.ERROR else "query"
    sheet.put(row, ToFix.NUMBER, float(number), "output_center")
    sheet.put(row, ToFix.KIND, words(f"checks.{kind}"), "text")
    sheet.put(row, ToFix.SHEET, mark.sheet or "–", "text")
    sheet.put(row, ToFix.CODE, mark.item or "–", "text")
    sheet.put(row, ToFix.WRONG, mark.wrong, "text")
    sheet.put(row, ToFix.FOUND, mark.found or "–", "text")
    sheet.put(row, ToFix.REMEDY, mark.remedy, "text")
    if mark.spots:
        target = mark.spots[0].cell
        sheet.put(row, ToFix.GO, Link(target, words("checks.go_item", code=target.address)), "link")
    else:
        sheet.put(row, ToFix.GO, "–", "text")
    sheet.row_heights[row] = text_fit.height(
        (mark.sheet, _WIDTHS[ToFix.SHEET]),
        (mark.item, _WIDTHS[ToFix.CODE]),
        (mark.wrong, _WIDTHS[ToFix.WRONG]),
        (mark.found, _WIDTHS[ToFix.FOUND]),
        (mark.remedy, _WIDTHS[ToFix.REMEDY]),
        least=24,
    )


def _state(content: Content, sheet: Sheet, row: int, below: int, mark: Mark, marking: Marking) -> int:
    """Whether a line is done, by formula; ``below`` is the first free row of the hidden list of places."""
    words = content.words
    if not mark.spots:
        sheet.put(row, ToFix.OPEN, 0.0, _STYLE)
        sheet.put(row, ToFix.FIXED, words("fix.no_place"), "status")
        return below
    for index, spot in enumerate(mark.spots):
        at = below + index
        if spot.key is not None and spot.until is Until.CHANGED:
            sheet.put(at, ToFix.HELD, marking.held.get(spot.key), _STYLE)
        text = f"IF({_condition(content, sheet, at, spot)},0,1)"
        formula(sheet, at, ToFix.UNDONE, text, float(not _done(content, spot, marking)), _STYLE)
    count = len(mark.spots)
    left = sum(not _done(content, spot, marking) for spot in mark.spots)
    most = count - 1 if mark.enough else 0
    undone = ref(RangeRef(sheet.name, below, ToFix.UNDONE, below + count - 1, ToFix.UNDONE), sheet)
    formula(sheet, row, ToFix.OPEN, f"IF(SUM({undone})<={most},0,1)", float(left > most), _STYLE)
    still, shown = literal(words("fix.open")), words("fix.open")
    if count > 1 and not mark.enough:
        still, shown = said(content, "fix.left", left=f"SUM({undone})"), words("fix.left", left=left)
    done = words("fix.done")
    cell = ref(sheet.ref(row, ToFix.OPEN), sheet)
    value = shown if left > most else done
    formula(sheet, row, ToFix.FIXED, f"IF({cell}=0,{literal(done)},{still})", value, "status")
    return below + count


def _condition(content: Content, sheet: Sheet, row: int, spot: Spot) -> str:
    """The condition that a place has been put right."""
    plan = content.plan
    if spot.until is Until.CHECK:
        return f"{ref(plan.check_workings.cell(spot.of, Plan.CHECK_OPEN), sheet)}=0"
    if spot.until is Until.REASON:
        return f"{ref(plan.working(spot.of, Workings.REASON), sheet)}=0"
    if spot.until is Until.BOTH:
        return f"{ref(plan.figure_workings.cell(spot.of, Plan.FIGURE_BOTH), sheet)}=0"
    assert spot.key is not None
    slot = plan.by_key[spot.key]
    cell = ref(slot.cell, sheet)
    fits = _fits(content, sheet, slot, cell)
    if spot.until is Until.GIVEN:
        return fits
    held = ref(sheet.ref(row, ToFix.HELD), sheet)
    usable = f"IF({given(cell)},{fits},TRUE)"
    return f'IF(IFERROR({cell}&""={held}&"",FALSE),FALSE,{usable})'


def _fits(content: Content, sheet: Sheet, slot: Slot, cell: str) -> str:
    """The condition that a cell holds something that can be used."""
    if slot.kind is SlotKind.CHOICE and slot.choices:
        labels = content.plan.lists[slot.choices].area(ListPlace.LABELS, levels_only=slot.levels_only)
        return listed(cell, ref(labels, sheet))
    if slot.kind is SlotKind.NUMBER:
        return is_in_range(cell, slot.minimum, slot.maximum)
    return is_day(cell, slot) if slot.kind is SlotKind.DATE else given(cell)


def _done(content: Content, spot: Spot, marking: Marking) -> bool:
    """What the condition comes to."""
    if spot.until is Until.CHECK:
        check = content.result.checks[spot.of]
        return check.state is not CheckState.FAILED or (check.severity == "query" and check.explained)
    if spot.until is Until.REASON:
        return not content.result.questions[spot.of].reason_missing
    if spot.until is Until.BOTH:
        return not figure_and_reason(content.ret, spot.of)
    assert spot.key is not None
    outcome = content.ret.get(*spot.key).outcome
    if spot.until is Until.GIVEN:
        return outcome is Outcome.ACCEPTED
    changed = not same(content.typed.get(spot.key), marking.held.get(spot.key))
    return changed and outcome is not Outcome.REFUSED


def _still_open(content: Content, marking: Marking) -> int:
    """How many lines are not done."""
    left = 0
    for mark in marking.marks:
        undone = sum(not _done(content, spot, marking) for spot in mark.spots)
        left += undone > (len(mark.spots) - 1 if mark.enough else 0)
    return left


def on_start(content: Content, sheet: Sheet, row: int, label: int, value: int) -> None:
    """The line of the first sheet that says how much is left to put right, with a link."""
    marking, words = content.issue.marking, content.words
    if marking is None:
        return
    keys = _KEYS[marking.about]
    sheet.put(row, label, words(keys["start"]), "label")
    name = words(keys["title"])
    target = CellRef(name, ToFix.HEADER, ToFix.NUMBER)
    done = words(keys["start_done"])
    left = _still_open(content, marking)
    first, last = ToFix.HEADER + 1, ToFix.HEADER + max(len(marking.marks), 1)
    count = f"SUM({ref(RangeRef(name, first, ToFix.OPEN, last, ToFix.OPEN), sheet)})"
    some = said(content, keys["start_left"], count=count, sheet=literal(name))
    text = f"HYPERLINK({literal(link_address(target))},IF({count}=0,{literal(done)},{some}))"
    shown = words(keys["start_left"], count=left, sheet=name) if left else done
    formula(sheet, row, value, text, shown, "link")
    sheet.row_heights[row] = 22


def _tones(content: Content, sheet: Sheet, area: RangeRef) -> None:
    first = sheet.ref(area.first_row, area.first_column).address
    done = literal(content.words("fix.done"))
    for condition, tone in ((f"{first}={done}", "tone_ok"), (f"{first}<>{done}", "tone_query")):
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style(tone), formula=condition))


# What could not be carried over


def _left(content: Content, sheet: Sheet, row: int, marking: Marking) -> int:
    """The table of what has no place in the workbook.  Gives its last row."""
    words = content.words
    sheet.put(row, ToFix.NUMBER, words("fix.lost"), "heading")
    for column in range(ToFix.KIND, ToFix.FIXED + 1):
        sheet.put(row, column, None, "heading")
    sheet.row_heights[row] = 40
    intro(sheet, row + 1, words("fix.lost_intro"), ToFix.NUMBER, ToFix.FIXED)
    top = row + 2
    headings = {
        ToFix.NUMBER: words("fix.number"),
        ToFix.KIND: words("fix.kind"),
        ToFix.SHEET: words("fix.sheet"),
        ToFix.WHERE: words("fix.cell"),
        ToFix.WRONG: words("fix.why"),
        ToFix.FOUND: words("fix.content"),
    }
    header(sheet, top, headings)
    for index, left in enumerate(marking.left):
        at = top + 1 + index
        sheet.put(at, ToFix.NUMBER, float(index + 1), "output_center")
        cells = {
            ToFix.KIND: left.kind,
            ToFix.SHEET: left.sheet,
            ToFix.WHERE: left.cell,
            ToFix.WRONG: left.why,
            ToFix.FOUND: left.found,
        }
        for column, text in cells.items():
            sheet.put(at, column, text or "–", "text")
        sheet.row_heights[at] = text_fit.height(*((text, _WIDTHS[column]) for column, text in cells.items()), least=24)
    last = top + len(marking.left)
    as_table(sheet, "left", top, last, ToFix.NUMBER, ToFix.FOUND)
    return last
