"""The first sheet: what this is, how far it is, whether it is ready to send, and what happens with it then."""

from __future__ import annotations

from msgspec import Struct

from kil_xlsx.core.checking import CLAIMS
from kil_xlsx.core.framework import Question
from kil_xlsx.core.returns import Key, State
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, ConditionalFormat, Link, PrintSetup, RangeRef, Sheet, Style
from kil_xlsx.layout.places import About, Assessment, Checks, Measures, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets import links, to_fix
from kil_xlsx.layout.sheets.about import is_given
from kil_xlsx.layout.sheets.carried import count_of_untouched
from kil_xlsx.layout.sheets.checks import special_label
from kil_xlsx.layout.sheets.frame import (
    Content,
    formula,
    header,
    link_address,
    literal,
    logo,
    new_sheet,
    ref,
    said,
)

_LABEL, _VALUE, _TOTAL, _DONE, _LEFT, _SHARE, _GO = 1, 2, 3, 4, 5, 6, 7
_WIDTHS = {0: 2.0, _LABEL: 28.0, _VALUE: 60.0, _TOTAL: 12.0, _DONE: 12.0, _LEFT: 12.0, _SHARE: 22.0, _GO: 28.0}


def paint(content: Content) -> Sheet:
    """Facts about this copy, progress by formula, how to fill it in, what happens with the answers."""
    plan = content.plan
    sheet = new_sheet(content, plan.start.sheet, content.instrument.framework.title, _WIDTHS, tab="tab")
    logo(content, sheet, _GO)
    _facts(content, sheet)
    to_fix.on_start(content, sheet, plan.start.next + 1, _LABEL, _VALUE)
    row = _progress(content, sheet)
    row = _text(content, sheet, row + 1)
    row = _privacy(content, sheet, row)
    sheet.put(row, _LABEL, content.instrument.framework.notice, "notice")
    sheet.spread(row, _LABEL, _GO)
    width = sum(_WIDTHS[column] for column in range(_LABEL, _GO + 1))
    sheet.row_heights[row] = text_fit.lines(content.instrument.framework.notice, width) * text_fit.LINE_POINTS + 4
    sheet.selection = (plan.start.next, _VALUE)
    sheet.printing = PrintSetup(one_page=True, footer=sheet.printing.footer)
    return sheet


def _facts(content: Content, sheet: Sheet) -> None:
    """Whose copy this is, by when and to whom it goes back; what it is for, who should answer, how long it takes."""
    words, plan, issue, respondent = content.words, content.plan, content.issue, content.instrument.respondent
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
    _line_of_text(sheet, plan.start.purpose, words("start.purpose"), respondent.purpose)
    _line_of_text(sheet, plan.start.who, words("start.who"), respondent.answered_by)
    if respondent.minutes_first and respondent.minutes_repeat:
        time = words("start.time_text", first=respondent.minutes_first, repeat=respondent.minutes_repeat)
        _line_of_text(sheet, plan.start.time, words("start.time"), time)


def _line_of_text(sheet: Sheet, row: int, label: str, line: str) -> None:
    width = sum(_WIDTHS[column] for column in range(_VALUE, _GO + 1))
    sheet.put(row, _LABEL, label or None, "fact_label")
    sheet.put(row, _VALUE, line, "intro")
    sheet.spread(row, _VALUE, _GO)
    sheet.row_heights[row] = text_fit.lines(line, width) * text_fit.LINE_POINTS + 4


def _heading(sheet: Sheet, row: int, words: str) -> None:
    sheet.put(row, _LABEL, words, "heading")
    for column in range(_VALUE, _GO + 1):
        sheet.put(row, column, None, "heading")
    sheet.row_heights[row] = 26


def _progress(content: Content, sheet: Sheet) -> int:
    """One line per section, one for the profile, one for the figures; then what is left.  Gives the next free row."""
    plan, words, instrument, progress = content.plan, content.words, content.instrument, content.result.progress
    top = plan.start.progress_header
    header(
        sheet, top,
        {
            _LABEL: words("column.no"), _VALUE: words("start.part"), _TOTAL: words("start.total"),
            _DONE: words("start.done"), _LEFT: words("start.left"), _SHARE: words("start.share"),
            _GO: words("start.next_here"),
        },
        height=26, centred=(_TOTAL, _DONE, _LEFT, _SHARE),
    )  # fmt: skip
    row = top + 1
    required = [field for field in instrument.profile if field.required]
    done = f"{len(required)}-SUM({ref(plan.row_workings.column(Plan.ROW_NEEDED), sheet)})"
    _line(content, sheet, row, "", plan.about.sheet, len(required), done, progress.profile_done)
    needed = links.link(content, sheet, links.first_needed(content), plan.first_profile_cell(), "start.next_field")
    needed.put(sheet, row, _GO)
    profile_row = row
    section_rows = []
    for node in instrument.tree:
        row += 1
        section_rows.append(row)
        states = ref(plan.working_range(node.questions, Workings.STATE), sheet)
        count = len(node.questions)
        responded = f'{count}-COUNTIF({states},"{State.UNANSWERED}")'
        value = content.result.sections[node.id].counts.responded
        _line(content, sheet, row, node.id, node.section.label, count, responded, value)
        _next_question(content, sheet, node.questions).put(sheet, row, _GO)
    row += 1
    figures = instrument.figures
    if figures:
        counted = f"SUM({ref(plan.figure_workings.column(Plan.FIGURE_GIVEN), sheet)})"
        label = words("start.figures", measures=plan.figures.sheet)
        _line(content, sheet, row, "", label, len(figures), counted, progress.figures_responded)
        _go_to(content, sheet, row, plan.figures.cell(next(iter(plan.figures.rows)), Measures.VALUE))
        row += 1
    bars = RangeRef(sheet.name, top + 1, _SHARE, row - 1, _SHARE)
    sheet.conditional_formats.append(ConditionalFormat(bars, "bar", Style("bar"), minimum=0.0, maximum=1.0))
    return _left(content, sheet, row + 1, profile_row, section_rows)


def _line(content: Content, sheet: Sheet, row: int, code: str, label: str, total: int, done: str, value: int) -> None:
    sheet.put(row, _LABEL, code or None, "code")
    sheet.put(row, _VALUE, label, "text")
    sheet.put(row, _TOTAL, float(total), "output_center")
    formula(sheet, row, _DONE, done, float(value), "output_center")
    done_cell, total_cell = ref(sheet.ref(row, _DONE), sheet), ref(sheet.ref(row, _TOTAL), sheet)
    formula(sheet, row, _LEFT, f"{total_cell}-{done_cell}", float(total - value), "output_center")
    share = value / total if total else 1.0
    formula(sheet, row, _SHARE, f"IF({total_cell}=0,1,{done_cell}/{total_cell})", share, Style("output_center", "0%"))
    sheet.row_heights[row] = text_fit.height((label, _WIDTHS[_VALUE]), least=20)


def _go_to(content: Content, sheet: Sheet, row: int, target: CellRef) -> None:
    sheet.put(row, _GO, Link(target, content.words("start.go", sheet=target.sheet)), "link")


def _next_question(content: Content, sheet: Sheet, questions: tuple[Question, ...]) -> links.Linked:
    """The first of some consecutive questions that nobody has dealt with, or the first of all when none is left."""
    first = content.plan.question_cell(questions[0], Assessment.ANSWER)
    return links.link(content, sheet, links.first_open(content, questions), first, "start.next_question")


def _left(content: Content, sheet: Sheet, row: int, profile_row: int, section_rows: list[int]) -> int:
    """The list of what is left, with links; above it the one line that says whether the file can be sent."""
    plan, words, progress = content.plan, content.words, content.result.progress
    _heading(sheet, row, words("start.left_heading"))
    questions = "+".join(ref(sheet.ref(section, _LEFT), sheet) for section in section_rows)
    is_open = ref(plan.check_workings.column(Plan.CHECK_OPEN), sheet)
    severities = ref(plan.check_workings.column(Plan.CHECK_SEVERITY), sheet)
    errors, queries = (f'SUMIFS({is_open},{severities},"{severity}")' for severity in ("error", "query"))
    otherwise = plan.checks.cell(CLAIMS, Checks.RESULT)
    field = links.link(content, sheet, links.first_needed(content), plan.first_profile_cell(), "start.next_field")
    question = _next_question(content, sheet, content.instrument.questions)
    error, query = (
        links.link(content, sheet, links.first_check(content, severity), otherwise, "start.next_check")
        for severity in ("error", "query")
    )
    left = [
        _Left(words("start.left_profile", about=plan.about.sheet), ref(sheet.ref(profile_row, _LEFT), sheet),
              progress.profile_required - progress.profile_done, field),
        _Left(words("start.left_questions"), questions, progress.questions - progress.questions_responded, question),
        _Left(words("start.left_errors"), errors, progress.errors, error),
        _Left(words("start.left_queries"), queries, progress.queries, query),
    ]  # fmt: skip
    if content.carried:
        first = links.first_untouched(content)
        untouched = links.link(content, sheet, first, otherwise, "start.next_carried")
        counted = count_of_untouched(content, sheet)
        left.append(_Left(words("start.left_carried"), counted, content.ret.untouched, untouched))
    for line in left:
        row += 1
        sheet.put(row, _LABEL, None, "code")
        sheet.put(row, _VALUE, line.label, "text")
        formula(sheet, row, _TOTAL, line.count, float(line.value), "output_center")
        line.cell = ref(sheet.ref(row, _TOTAL), sheet)
        for column in (_DONE, _LEFT, _SHARE):
            sheet.put(row, column, None, "output_center")
        line.link.put(sheet, row, _GO)
        sheet.row_heights[row] = 20
    _status(content, sheet, left)
    _next(content, sheet, left)
    return row + 1


class _Left(Struct):
    """One line of what is left: how much, by formula and now, where the first of it is, and the cell of the count."""

    label: str
    count: str
    value: int
    link: links.Linked
    cell: str = ""


def _status(content: Content, sheet: Sheet, left: list[_Left]) -> None:
    """Whether the file can be sent: not while anything is missing or wrong; queries may stay open, and are counted."""
    plan, words = content.plan, content.words
    status = plan.start.status
    sheet.put(status, _LABEL, words("start.status"), "label")
    profile, questions, errors, queries = left[:4]
    ready = words("start.ready")
    not_ready = said(content, "start.not_ready", left=f"({profile.cell}+{questions.cell})", errors=errors.cell)
    still_open = said(content, "start.ready_but", ready=literal(ready), queries=queries.cell)
    text = (
        f"IF({profile.cell}+{questions.cell}+{errors.cell}>0,{not_ready},"
        f"IF({queries.cell}>0,{still_open},{literal(ready)}))"
    )
    if not content.result.progress.ready:
        shown = words("start.not_ready", left=profile.value + questions.value, errors=errors.value)
    else:
        shown = words("start.ready_but", ready=ready, queries=queries.value) if queries.value else ready
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


def _next(content: Content, sheet: Sheet, left: list[_Left]) -> None:
    """A link to the first thing that is left, in the order of the list but answers carried over before queries."""
    plan, words = content.plan, content.words
    send = words("start.next_send")
    address, text, value = literal(link_address(sheet.ref(plan.start.status, _VALUE))), literal(send), send
    profile, questions, errors, queries, *carried = left
    for line in (queries, *carried, errors, questions, profile):
        address = f"IF({line.cell}>0,{line.link.address},{address})"
        text = f"IF({line.cell}>0,{line.link.words},{text})"
        value = line.link.value if line.value else value
    sheet.put(plan.start.next, _LABEL, words("start.next"), "label")
    links.Linked(address, text, value).put(sheet, plan.start.next, _VALUE)
    sheet.row_heights[plan.start.next] = 22


def _text(content: Content, sheet: Sheet, row: int) -> int:
    """How to fill it in, what may be changed and what not.  Gives the next free row."""
    words, instrument = content.words, content.instrument
    na, dk = special_label(instrument, "not_applicable"), special_label(instrument, "dont_know")
    lines = [
        (words("start.how"), words("start.how_1")),
        ("", words("start.how_2", na=na, dk=dk)),
        ("", words("start.how_3")),
        ("", words("start.how_5", ready=words("start.ready"))),
        (words("start.may"), words("start.may_text")),
        (words("start.may_not"), words("start.may_not_text")),
    ]
    if content.carried and content.issue.previous:
        when = content.issue.previous.round or words("carried.before")
        lines.insert(3, ("", words("start.how_carried", round=when, confirm=words("carried.confirm"))))
    for label, line in lines:
        _line_of_text(sheet, row, label, line)
        row += 1
    return row


def _privacy(content: Content, sheet: Sheet, row: int) -> int:
    """What happens with the answers, and what was chosen about it so far.  Gives the next free row."""
    words = content.words
    for index, paragraph in enumerate(content.instrument.framework.privacy):
        _line_of_text(sheet, row, words("start.privacy") if index == 0 else "", paragraph)
        row += 1
    consent = content.instrument.field_with_role("consent")
    if consent is not None:
        cell = content.plan.about.cell(consent.id, About.ANSWER)
        sheet.put(row, _LABEL, words("start.consent"), "fact_label")
        none = words("start.consent_none")
        chosen = f"IF({is_given(content, sheet, consent)},{ref(cell, sheet)},{literal(none)})"
        typed = content.typed.get(Key(consent.id))
        given = content.entry(consent.id).state is State.ANSWERED
        formula(sheet, row, _VALUE, chosen, typed if given else none, "fact")
        _go_to(content, sheet, row, cell)
        sheet.row_heights[row] = 20
        row += 1
    return row + 1
