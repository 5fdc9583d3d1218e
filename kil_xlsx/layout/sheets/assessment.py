"""The sheet with the questions: one row each, the levels beside the answer, evidence and plans behind it."""

from __future__ import annotations

from kil_xlsx.core.framework import Question
from kil_xlsx.core.instrument import SectionNode, display
from kil_xlsx.core.returns import Key, Part, State
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.codec import ordered
from kil_xlsx.layout.document import ConditionalFormat, PrintSetup, RangeRef, Sheet, Style
from kil_xlsx.layout.pagination import Page, breaks, scale
from kil_xlsx.layout.places import KEY, NO, Assessment, Workings
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    fill_in,
    formula,
    header,
    intro,
    literal,
    marks,
    new_sheet,
    page_header,
    ref,
)
from kil_xlsx.layout.sheets.workings import chosen_words

_WIDTHS = {
    KEY: 6.0,
    NO: NO_WIDTH,
    Assessment.QUESTION: 42.0,
    Assessment.LEVELS: 62.0,
    Assessment.ANSWER: 18.0,
    Assessment.CHOSEN: 30.0,
    Assessment.REASON: 20.0,
    Assessment.EVIDENCE: 30.0,
    Assessment.STRENGTH: 18.0,
    Assessment.TARGET: 18.0,
    Assessment.ACTION: 28.0,
    Assessment.OWNER: 18.0,
    Assessment.DUE: 13.0,
    Assessment.FLAG: 17.0,
}


def paint(content: Content) -> Sheet:
    """A band per section, then its questions."""
    plan, words = content.plan, content.words
    sheet = new_sheet(content, plan.assessment.sheet, plan.assessment.sheet, _WIDTHS, tab="tab_input")
    intro(sheet, 2, words("assessment.intro"), NO, Assessment.CHOSEN)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        Assessment.QUESTION: words("word.question"),
        Assessment.LEVELS: words("assessment.levels"),
        Assessment.ANSWER: words("assessment.answer"),
        Assessment.CHOSEN: words("assessment.chosen"),
        Assessment.REASON: words("assessment.reason"),
        Assessment.EVIDENCE: words("assessment.evidence"),
        Assessment.STRENGTH: words("assessment.strength"),
        Assessment.TARGET: words("assessment.target"),
        Assessment.ACTION: words("assessment.action"),
        Assessment.OWNER: words("assessment.owner"),
        Assessment.DUE: words("assessment.due"),
        Assessment.FLAG: words("assessment.flag"),
    }
    header(sheet, Assessment.HEADER, headings)
    for node in content.instrument.nodes:
        _section(content, sheet, node)
    for question in content.instrument.questions:
        _question(content, sheet, question)
    sheet.freeze = (Assessment.HEADER + 1, Assessment.LEVELS)
    first = content.instrument.questions[0]
    sheet.selection = (plan.assessment.rows[first.id], Assessment.ANSWER)
    last = plan.assessment.last
    page = Page(landscape=True)
    repeated = (NO, Assessment.QUESTION)
    left = (*repeated, Assessment.LEVELS, Assessment.ANSWER, Assessment.CHOSEN)
    right = (*repeated, *range(Assessment.REASON, Assessment.FLAG + 1))
    per_cent = scale(sheet, page, left, right)
    bands = {plan.assessment.rows[node.id] for node in content.instrument.nodes}
    rows = range(Assessment.HEADER, last + 1)
    sheet.printing = PrintSetup(
        landscape=True,
        repeat_first_row=Assessment.HEADER,
        repeat_last_row=Assessment.HEADER,
        repeat_first_column=NO,
        repeat_last_column=Assessment.QUESTION,
        scale=per_cent,
        break_before_column=Assessment.REASON,
        breaks_before=breaks(sheet, rows, per_cent, page, repeated=[Assessment.HEADER], with_next=bands),
        header=page_header(content, plan.assessment.sheet),
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, Assessment.HEADER, NO, last, Assessment.FLAG),
    )
    _formats(content, sheet)
    return sheet


def _section(content: Content, sheet: Sheet, node: SectionNode) -> None:
    row = content.plan.assessment.rows[node.id]
    marks_style = "section"
    sheet.put(row, NO, node.id, marks_style)
    title = f"{'    ' * node.depth}{node.section.label}"
    sheet.put(row, Assessment.QUESTION, title, marks_style)
    sheet.put(row, Assessment.LEVELS, node.section.plain or None, "section_note")
    for column in range(Assessment.ANSWER, Assessment.FLAG + 1):
        sheet.put(row, column, None, marks_style)
    sheet.row_heights[row] = text_fit.height(
        (node.section.plain, _WIDTHS[Assessment.LEVELS], 0.95), (title, _WIDTHS[Assessment.QUESTION], 1.25), least=26
    )


def question_text(content: Content, question: Question) -> str:
    """The question as its cell shows it: heading, question, help, when it cannot apply, examples of evidence."""
    words = content.words
    parts = [question.label, question.text]
    if question.help:
        parts.append(question.help)
    if question.not_applicable_when:
        parts.append(words("assessment.na_when", when=question.not_applicable_when))
    if question.evidence:
        parts.append(words("assessment.examples", examples="; ".join(question.evidence)))
    return "\n".join(parts)


def levels_text(content: Content, question: Question) -> str:
    """What each answer looks like, one line each."""
    choice_list = content.instrument.choices_of(question)
    lines = []
    for choice in ordered(choice_list):
        if choice.state == "answered":
            described = question.levels.get(choice.code) or choice.description
            lines.append(f"{display(choice_list, choice)}: {described}" if described else display(choice_list, choice))
    return "\n".join(lines)


def _question(content: Content, sheet: Sheet, question: Question) -> None:
    plan = content.plan
    row = plan.assessment.rows[question.id]
    result = content.result.questions[question.id]
    marks(sheet, row, question.id)
    asked, levels = question_text(content, question), levels_text(content, question)
    sheet.put(row, Assessment.QUESTION, asked, "question")
    sheet.put(row, Assessment.LEVELS, levels, "text_small")
    for slot in plan.by_item[question.id]:
        fill_in(content, sheet, slot)
    if Key(question.id, Part.TARGET) not in plan.by_key:
        sheet.put(row, Assessment.TARGET, None, "text")
    position = ref(plan.working(question.id, Workings.POSITION), sheet)
    first = plan.working(question.id, Workings.LEVELS)
    area = RangeRef(first.sheet, first.row, first.column, first.row, first.column + plan.list_place(question).total - 1)
    chosen = chosen_words(content, question, result)
    formula(
        sheet, row, Assessment.CHOSEN, f'IF({position}=0,"",INDEX({ref(area, sheet)},1,{position}))', chosen, "output"
    )
    formula(sheet, row, Assessment.FLAG, *_flag(content, sheet, question), "status")
    typed = [
        (content.ret.text(question.id, slot.key.part), _WIDTHS[slot.cell.column]) for slot in plan.by_item[question.id]
    ]
    sheet.row_heights[row] = text_fit.height(
        (asked, _WIDTHS[Assessment.QUESTION], 0.91), (levels, _WIDTHS[Assessment.LEVELS], 0.91),
        (max(question.levels.values(), key=len, default=""), _WIDTHS[Assessment.CHOSEN], 1.03), *typed,
    )  # fmt: skip


def _flag(content: Content, sheet: Sheet, question: Question) -> tuple[str, str]:
    """What is to be looked at in a row, and what it is now."""
    plan, words = content.plan, content.words
    result = content.result.questions[question.id]

    def working(column: int) -> str:
        return ref(plan.working(question.id, column), sheet)

    answer = ref(plan.question_cell(question, Assessment.ANSWER), sheet)
    unlisted, reason = words("flag.not_in_list"), words("flag.reason")
    find_out, claim = words("flag.dont_know"), words("flag.claim")
    text = (
        f"IF(AND({working(Workings.POSITION)}=0,LEN(TRIM({answer}))>0),{literal(unlisted)},"
        f"IF({working(Workings.REASON)}=1,{literal(reason)},"
        f'IF({working(Workings.STATE)}="{State.DONT_KNOW}",{literal(find_out)},'
        f'IF({working(Workings.CLAIM)}=1,{literal(claim)},""))))'
    )
    typed = content.typed.get(plan.by_key[Key(question.id)].key)
    if result.state is State.UNANSWERED and typed is not None and str(typed).strip(" "):
        return text, unlisted
    if result.reason_missing:
        return text, reason
    if result.state is State.DONT_KNOW:
        return text, find_out
    return text, claim if result.claim_without_evidence else ""


def _formats(content: Content, sheet: Sheet) -> None:
    """An answered question shows its answer in words on a tint; what is to be looked at stands out."""
    plan = content.plan
    first, last = plan.assessment.first, plan.assessment.last
    chosen = RangeRef(sheet.name, first, Assessment.CHOSEN, last, Assessment.CHOSEN)
    flag = RangeRef(sheet.name, first, Assessment.FLAG, last, Assessment.FLAG)
    for area, role in ((chosen, "tone_chosen"), (flag, "tone_query")):
        cell = RangeRef(sheet.name, first, area.first_column, first, area.first_column).absolute(sheet.name)
        relative = cell.split(":")[0].replace("$", "")
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style(role), formula=f"LEN({relative})>0"))
