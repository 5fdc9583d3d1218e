"""The sheet about the organisation: profile fields, some of them worked out."""

from __future__ import annotations

from kil_xlsx.core.framework import ProfileField
from kil_xlsx.core.returns import Key, State
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import ConditionalFormat, RangeRef, Sheet, Style
from kil_xlsx.layout.places import KEY, NO, About, ListPlace, Measures
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    fill_in,
    formula,
    given,
    header,
    intro,
    is_day,
    listed,
    literal,
    marks,
    new_sheet,
    ref,
)
from kil_xlsx.layout.sheets.lists import label_by_prefix, label_by_stretch

_WIDTHS = {KEY: 6.0, NO: NO_WIDTH, About.LABEL: 34.0, About.ANSWER: 42.0, About.HELP: 62.0, About.STATUS: 14.0}


def paint(content: Content) -> Sheet:
    """One row per profile field."""
    plan, words = content.plan, content.words
    sheet = new_sheet(content, plan.about.sheet, words("about.title"), _WIDTHS, tab="tab_input")
    intro(sheet, 2, words("about.intro"), NO, About.HELP)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        About.LABEL: words("about.label"),
        About.ANSWER: words("about.answer"),
        About.HELP: words("about.help"),
        About.STATUS: words("about.status"),
    }
    header(sheet, About.HEADER, headings)
    for field in content.instrument.profile:
        _row(content, sheet, field)
    status = RangeRef(sheet.name, plan.about.first, About.STATUS, plan.about.last, About.STATUS)
    first = ref(plan.about.cell(content.instrument.profile[0].id, About.STATUS), sheet).replace("$", "")
    sheet.conditional_formats.append(
        ConditionalFormat(status, "formula", Style("tone_query"), formula=f"LEN({first})>0")
    )
    sheet.freeze = (About.HEADER + 1, About.ANSWER)
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
    else:
        fill_in(content, sheet, plan.by_key[Key(field.id)])
        if field.required:
            missing = content.entry(field.id).state is not State.ANSWERED
            needed = words("about.needed")
            formula(
                sheet, row, About.STATUS, f'IF({is_given(content, sheet, field)},"",{literal(needed)})',
                needed if missing else "", "status",
            )  # fmt: skip
        else:
            sheet.put(row, About.STATUS, None, "status")
    sheet.put(row, About.HELP, help_text or None, "help")
    typed = content.ret.text(field.id)
    sheet.row_heights[row] = text_fit.height(
        (field.label, _WIDTHS[About.LABEL], 1.08), (help_text, _WIDTHS[About.HELP], 0.92),
        (typed, _WIDTHS[About.ANSWER]),
        least=22,
    )  # fmt: skip


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
