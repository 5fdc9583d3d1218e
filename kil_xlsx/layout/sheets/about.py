"""The sheet about the organisation: profile fields, some of them worked out."""

from __future__ import annotations

from kil_xlsx.core.framework import ProfileField
from kil_xlsx.core.returns import Key, State, Touch
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import ConditionalFormat, PrintSetup, RangeRef, Sheet, Style
from kil_xlsx.layout.places import KEY, NO, About, ListPlace, Measures
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    as_table,
    column_headings,
    confirm,
    fill_in,
    formula,
    given,
    header,
    intro,
    is_day,
    last_time,
    listed,
    literal,
    marks,
    new_sheet,
    ref,
    refused,
    untouched,
    unusable,
)
from kil_xlsx.layout.sheets.lists import label_by_prefix, label_by_stretch

_WIDTHS = {
    KEY: 6.0,
    NO: NO_WIDTH,
    About.LABEL: 34.0,
    About.ANSWER: 42.0,
    About.LAST: 30.0,
    About.CONFIRM: 14.0,
    About.STATUS: 16.0,
    About.HELP: 62.0,
}


def paint(content: Content) -> Sheet:
    """One row per profile field."""
    plan, words = content.plan, content.words
    hidden = () if content.carried else (About.LAST, About.CONFIRM)
    sheet = new_sheet(content, plan.about.sheet, words("about.title"), _WIDTHS, tab="tab_input", hidden=hidden)
    intro(sheet, 2, words("about.intro"), NO, About.HELP)
    last, confirmed = column_headings(content)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        About.LABEL: words("about.label"),
        About.ANSWER: words("about.answer"),
        About.LAST: last,
        About.CONFIRM: confirmed,
        About.STATUS: words("assessment.flag"),
        About.HELP: words("about.help"),
    }
    header(sheet, About.HEADER, headings)
    for field in content.instrument.profile:
        _row(content, sheet, field)
    as_table(sheet, "about", About.HEADER, plan.about.last, NO, About.HELP)
    status = RangeRef(sheet.name, plan.about.first, About.STATUS, plan.about.last, About.STATUS)
    first = ref(plan.about.cell(content.instrument.profile[0].id, About.STATUS), sheet).replace("$", "")
    sheet.conditional_formats.append(
        ConditionalFormat(status, "formula", Style("tone_query"), formula=f"LEN({first})>0")
    )
    sheet.freeze = (About.HEADER + 1, About.ANSWER)
    sheet.printing = PrintSetup(landscape=True, one_page=True, footer=sheet.printing.footer)
    sheet.selection = (plan.about.first, About.ANSWER)
    return sheet


def _row(content: Content, sheet: Sheet, field: ProfileField) -> None:
    plan, words = content.plan, content.words
    row = plan.about.rows[field.id]
    marks(sheet, row, field.code)
    sheet.put(row, About.LABEL, field.label, "label")
    help_text = field.help
    if field.type == "derived":
        help_text = help_text or f"{words('about.derived')}."
        text = _derived(content, sheet, field)
        formula(sheet, row, About.ANSWER, text, content.result.derived[field.id], "output")
        sheet.put(row, About.STATUS, None, "status")
        sheet.put(row, About.LAST, None, "last")
    else:
        fill_in(content, sheet, plan.by_key[Key(field.id)])
        confirm(content, sheet, field.id)
        last_time(content, sheet, plan.by_key[Key(field.id)], About.LAST)
        formula(sheet, row, About.STATUS, *_status(content, sheet, field), "status")
    sheet.put(row, About.HELP, help_text or None, "help")
    look = words("flag.carried") if (field.id, 0) in content.carried_places else ""
    sheet.row_heights[row] = row_height(field.label, help_text, content.ret.text(field.id), look)


def row_height(label: str, help_text: str, typed: str, status: str = "") -> float:
    """How high a row must be for all of its texts."""
    return text_fit.height(
        (label, _WIDTHS[About.LABEL], 1.08), (help_text, _WIDTHS[About.HELP], 0.92),
        (typed, _WIDTHS[About.ANSWER]), (status, _WIDTHS[About.STATUS]),
        least=22,
    )  # fmt: skip


def _status(content: Content, sheet: Sheet, field: ProfileField) -> tuple[str, str]:
    """What is still to be done about a field, and what it is now."""
    words, row = content.words, content.plan.row_workings
    wrong, needed, look = words("flag.unusable"), words("about.needed"), words("flag.carried")
    text = (
        f"IF({unusable(content, sheet, field.code)},{literal(wrong)},"
        f"IF({ref(row.cell(field.code, Plan.ROW_NEEDED), sheet)}=1,{literal(needed)},"
        f'IF({untouched(content, sheet, field.id)},{literal(look)},"")))'
    )
    if refused(content, content.plan.row_slots[field.code]):
        return text, wrong
    if field.required and content.entry(field.id).state is not State.ANSWERED:
        return text, needed
    return text, look if content.ret.touch(field.id) is Touch.UNTOUCHED else ""


def is_given(content: Content, sheet: Sheet, field: ProfileField) -> str:
    """The condition that a profile field is filled in with something that counts."""
    cell = ref(content.plan.about.cell(field.id, About.ANSWER), sheet)
    slot = content.plan.by_key[Key(field.id)]
    if slot.choices:
        labels = ref(content.plan.lists[slot.choices].area(ListPlace.LABELS), sheet)
        return listed(cell, labels)
    if field.type == "date":
        return is_day(cell, slot)
    return given(cell)


def _derived(content: Content, sheet: Sheet, field: ProfileField) -> str:
    assert field.lookup is not None
    assert field.source is not None
    if field.by == "prefix":
        cell = ref(content.plan.about.cell(field.source, About.ANSWER), sheet)
        return label_by_prefix(content, field.lookup, cell, sheet)
    cell = ref(content.plan.figures.cell(field.source, Measures.COUNTED), sheet)
    return label_by_stretch(content, field.lookup, cell, sheet)
