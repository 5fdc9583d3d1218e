"""The first sheet: what this is, how to fill it in, how far it is, and whether it is ready to send."""

from __future__ import annotations

from kil_xlsx.core.returns import State
from kil_xlsx.core.scoring import CLAIMS
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, ConditionalFormat, Link, PrintSetup, RangeRef, Sheet, Style
from kil_xlsx.layout.places import Assessment, Checks, Measures, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.about import is_given
from kil_xlsx.layout.sheets.checks import special_label
from kil_xlsx.layout.sheets.frame import Content, formula, header, literal, new_sheet, ref, said

_LABEL, _VALUE, _TOTAL, _DONE, _LEFT, _SHARE, _GO = 1, 2, 3, 4, 5, 6, 7
_WIDTHS = {0: 2.0, _LABEL: 30.0, _VALUE: 60.0, _TOTAL: 12.0, _DONE: 12.0, _LEFT: 12.0, _SHARE: 22.0, _GO: 24.0}


def paint(content: Content) -> Sheet:
    """Facts about this copy, the way to fill it in, progress by formula."""
    plan = content.plan
    sheet = new_sheet(content, plan.start.sheet, content.instrument.framework.title, _WIDTHS, tab="tab", landscape=True)
    _facts(content, sheet)
    row = _progress(content, sheet)
    row = _text(content, sheet, row + 1)
    sheet.put(row, _LABEL, content.instrument.framework.notice, "notice")
    sheet.spread(row, _LABEL, _GO)
    width = sum(_WIDTHS[column] for column in range(_LABEL, _GO + 1))
    sheet.row_heights[row] = text_fit.lines(content.instrument.framework.notice, width) * text_fit.LINE_POINTS + 4
    sheet.selection = (plan.start.organisation, _VALUE)
    sheet.printing = PrintSetup(landscape=True, one_page=True, footer=sheet.printing.footer)
    return sheet


def _facts(content: Content, sheet: Sheet) -> None:
    words, plan, issue = content.words, content.plan, content.issue
    name = issue.organisation.name if issue.organisation and issue.organisation.name else ""
    due = issue.due if issue.due else words("start.no_due")
    facts = {
        plan.start.organisation: (words("start.for"), name or words("start.anyone", about=plan.about.sheet)),
        plan.start.reference: (words("start.reference"), content.stamp.reference),
        plan.start.round: (words("start.round"), issue.round_id or "–"),
        plan.start.due: (words("start.due"), due),
        plan.start.contact: (words("start.contact"), issue.contact or "–"),
    }
    for row, (label, value) in facts.items():
        sheet.put(row, _LABEL, label, "fact_label")
        if row == plan.start.reference:
            sheet.put(row, _VALUE, value, "reference")
        elif row == plan.start.due and issue.due:
            sheet.put(row, _VALUE, value, Style("fact", "d mmmm yyyy"))
        else:
            sheet.put(row, _VALUE, value, "fact")
        sheet.row_heights[row] = 24 if row == plan.start.reference else 20


def _progress(content: Content, sheet: Sheet) -> int:
    """One line per section, one for the profile, one for the figures; then what is left.  Gives the next free row."""
    plan, words, instrument, progress = content.plan, content.words, content.instrument, content.result.progress
    top = plan.start.progress_header
    header(
        sheet, top,
        {
            _LABEL: words("column.no"), _VALUE: words("start.part"), _TOTAL: words("start.total"),
            _DONE: words("start.done"), _LEFT: words("start.left"), _SHARE: words("start.share"),
            _GO: words("checks.go"),
        },
        height=26,
    )  # fmt: skip
    row = top + 1
    required = [field for field in instrument.profile if field.required]
    done = "+".join(f"IF({is_given(content, sheet, field)},1,0)" for field in required) or "0"
    _line(
        content, sheet, row, "", plan.about.sheet, len(required), done, progress.profile_done, plan.first_profile_cell()
    )
    profile_row = row
    section_rows = []
    for node in instrument.tree:
        row += 1
        section_rows.append(row)
        states = ref(plan.working_range(node.questions, Workings.STATE), sheet)
        count = len(node.questions)
        responded = f'{count}-COUNTIF({states},"{State.UNANSWERED}")'
        target = plan.question_cell(node.questions[0], Assessment.ANSWER)
        value = content.result.sections[node.id].counts.responded
        _line(content, sheet, row, node.id, node.section.label, count, responded, value, target)
    row += 1
    figures = instrument.figures
    if figures:
        counted = f"SUM({ref(plan.figure_workings.column(Plan.FIGURE_GIVEN), sheet)})"
        label = words("start.figures", measures=plan.figures.sheet)
        target = plan.figures.cell(next(iter(plan.figures.rows)), Measures.VALUE)
        _line(content, sheet, row, "", label, len(figures), counted, progress.figures_responded, target)
        row += 1
    bars = RangeRef(sheet.name, top + 1, _SHARE, row - 1, _SHARE)
    sheet.conditional_formats.append(ConditionalFormat(bars, "bar", Style("bar"), minimum=0.0, maximum=1.0))
    return _ready(content, sheet, row + 1, profile_row, section_rows)


def _line(
    content: Content, sheet: Sheet, row: int, code: str, label: str, total: int, done: str, value: int, target: CellRef
) -> None:
    words = content.words
    sheet.put(row, _LABEL, code or None, "code")
    sheet.put(row, _VALUE, label, "text")
    sheet.put(row, _TOTAL, float(total), "output_center")
    formula(sheet, row, _DONE, done, float(value), "output_center")
    done_cell, total_cell = ref(sheet.ref(row, _DONE), sheet), ref(sheet.ref(row, _TOTAL), sheet)
    formula(sheet, row, _LEFT, f"{total_cell}-{done_cell}", float(total - value), "output_center")
    share = value / total if total else 1.0
    formula(sheet, row, _SHARE, f"IF({total_cell}=0,1,{done_cell}/{total_cell})", share, Style("output_center", "0%"))
    sheet.put(row, _GO, Link(target, words("start.go", sheet=target.sheet)), "link")
    sheet.row_heights[row] = text_fit.height((label, _WIDTHS[_VALUE]), least=20)


def _ready(content: Content, sheet: Sheet, row: int, profile_row: int, section_rows: list[int]) -> int:
    """The list of what is left, and the one line that says whether the file can be sent."""
    plan, words, progress = content.plan, content.words, content.result.progress
    sheet.put(row, _LABEL, words("start.next"), "heading")
    for column in range(_VALUE, _GO + 1):
        sheet.put(row, column, None, "heading")
    sheet.row_heights[row] = 26
    questions = "+".join(ref(sheet.ref(section, _LEFT), sheet) for section in section_rows)
    is_open = ref(plan.check_workings.column(Plan.CHECK_OPEN), sheet)
    severities = ref(plan.check_workings.column(Plan.CHECK_SEVERITY), sheet)
    errors, queries = (f'SUMIFS({is_open},{severities},"{severity}")' for severity in ("error", "query"))
    lines = [
        (words("start.left_profile", about=plan.about.sheet), ref(sheet.ref(profile_row, _LEFT), sheet),
         progress.profile_required - progress.profile_done, plan.first_profile_cell()),
        (words("start.left_questions"), questions, progress.questions - progress.questions_responded,
         plan.question_cell(content.instrument.questions[0], Assessment.ANSWER)),
        (words("start.left_errors"), errors, progress.errors, plan.checks.cell(CLAIMS, Checks.RESULT)),
        (words("start.left_queries"), queries, progress.queries, plan.checks.cell(CLAIMS, Checks.RESULT)),
    ]  # fmt: skip
    cells = []
    for label, text, value, target in lines:
        row += 1
        sheet.put(row, _LABEL, None, "code")
        sheet.put(row, _VALUE, label, "text")
        formula(sheet, row, _TOTAL, text, float(value), "output_center")
        cells.append(ref(sheet.ref(row, _TOTAL), sheet))
        for column in (_DONE, _LEFT, _SHARE):
            sheet.put(row, column, None, "output_center")
        sheet.put(row, _GO, Link(target, words("start.go", sheet=target.sheet)), "link")
        sheet.row_heights[row] = 20
    status = plan.start.status
    sheet.put(status, _LABEL, words("start.status"), "label")
    left = progress.profile_required - progress.profile_done + progress.questions - progress.questions_responded
    ready = words("start.ready")
    not_ready = said(content, "start.not_ready", left=f"({cells[0]}+{cells[1]})", errors=cells[2])
    text = f"IF({cells[0]}+{cells[1]}+{cells[2]}=0,{literal(ready)},{not_ready})"
    shown = ready if progress.ready else words("start.not_ready", left=left, errors=progress.errors)
    formula(sheet, status, _VALUE, text, shown, "status_big")
    sheet.row_heights[status] = 28
    area = RangeRef(sheet.name, status, _VALUE, status, _VALUE)
    cell = ref(sheet.ref(status, _VALUE), sheet)
    sheet.conditional_formats.append(
        ConditionalFormat(area, "formula", Style("tone_good"), formula=f"{cell}={literal(ready)}")
    )
    sheet.conditional_formats.append(
        ConditionalFormat(area, "formula", Style("tone_query"), formula=f"{cell}<>{literal(ready)}")
    )
    return row + 1


def _text(content: Content, sheet: Sheet, row: int) -> int:
    """Purpose, who, how long, and how to fill it in.  Gives the next free row."""
    words, respondent, instrument = content.words, content.instrument.respondent, content.instrument
    lines = [(words("start.purpose"), respondent.purpose), (words("start.who"), respondent.answered_by)]
    if respondent.minutes_first and respondent.minutes_repeat:
        time = words("start.time_text", first=respondent.minutes_first, repeat=respondent.minutes_repeat)
        lines.append((words("start.time"), time))
    na, dk = special_label(instrument, "not_applicable"), special_label(instrument, "dont_know")
    how = [words("start.how_1"), words("start.how_2", na=na, dk=dk), words("start.how_3"), words("start.how_4")]
    how.append(words("start.how_5", ready=words("start.ready")))
    lines += [(words("start.how") if index == 0 else "", line) for index, line in enumerate(how)]
    width = sum(_WIDTHS[column] for column in range(_VALUE, _GO + 1))
    for label, line in lines:
        sheet.put(row, _LABEL, label or None, "fact_label")
        sheet.put(row, _VALUE, line, "intro")
        sheet.spread(row, _VALUE, _GO)
        sheet.row_heights[row] = text_fit.lines(line, width) * text_fit.LINE_POINTS + 4
        row += 1
    return row + 1
