"""The checklist of steps that the framework suggests."""

from __future__ import annotations

from kil_xlsx.core.returns import Key, Part
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import PrintSetup, RangeRef, Sheet
from kil_xlsx.layout.places import KEY, NO, Steps
from kil_xlsx.layout.sheets.frame import NO_WIDTH, Content, as_table, fill_in, header, intro, marks, new_sheet

_WIDTHS = {KEY: 6.0, NO: NO_WIDTH, Steps.LABEL: 36.0, Steps.TEXT: 78.0, Steps.STATUS: 16.0, Steps.NOTE: 44.0}


def paint(content: Content) -> Sheet:
    """One row per step."""
    plan, words = content.plan, content.words
    steps = content.instrument.framework.steps
    assert steps is not None
    sheet = new_sheet(content, plan.steps.sheet, steps.title, _WIDTHS, tab="tab_help")
    intro(sheet, 2, steps.intro, NO, Steps.TEXT)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        Steps.LABEL: words("steps.step"),
        Steps.TEXT: words("steps.text"),
        Steps.STATUS: words("steps.status"),
        Steps.NOTE: words("steps.note"),
    }
    header(sheet, Steps.HEADER, headings)
    for step in content.instrument.steps:
        row = plan.steps.rows[step.id]
        marks(sheet, row, step.id)
        sheet.put(row, Steps.LABEL, step.label, "label")
        sheet.put(row, Steps.TEXT, step.text, "text")
        fill_in(content, sheet, plan.by_key[Key(step.id)])
        fill_in(content, sheet, plan.by_key[Key(step.id, Part.NOTE)])
        note = content.ret.text(step.id, Part.NOTE)
        sheet.row_heights[row] = text_fit.height(
            (step.label, _WIDTHS[Steps.LABEL], 1.08),
            (step.text, _WIDTHS[Steps.TEXT]),
            (note, _WIDTHS[Steps.NOTE]),
            least=30,
        )
    as_table(sheet, "steps", Steps.HEADER, plan.steps.last, NO, Steps.NOTE)
    sheet.freeze = (Steps.HEADER + 1, 0)
    sheet.printing = PrintSetup(
        landscape=True, repeat_first_row=0, repeat_last_row=Steps.HEADER, footer=sheet.printing.footer,
        area=RangeRef(sheet.name, 0, NO, plan.steps.last, Steps.NOTE),
    )  # fmt: skip
    sheet.selection = (plan.steps.first, Steps.STATUS)
    return sheet
