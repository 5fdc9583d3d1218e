"""The sheet with the questions: one row each, the levels beside the answer, evidence and plans behind them."""

from __future__ import annotations

from kil_xlsx.core.framework import Question
from kil_xlsx.core.instrument import SectionNode, display
from kil_xlsx.core.returns import Key, Part, State, Touch
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.codec import ordered
from kil_xlsx.layout.document import (
    CellRef,
    ConditionalFormat,
    PrintSetup,
    RangeRef,
    Rich,
    Run,
    Sheet,
    Style,
)
from kil_xlsx.layout.pagination import Page, breaks, scale
from kil_xlsx.layout.places import KEY, NO, Assessment, Workings
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    column_headings,
    confirm,
    fill_in,
    formula,
    header,
    intro,
    last_time,
    literal,
    marks,
    new_sheet,
    page_header,
    ref,
    refused,
    untouched,
    unusable,
)

_LEVELS_WIDTH = 112.0
"""Width of all levels together; with many of them each still gets room for a word or two."""


def _widths(columns: Assessment) -> dict[int, float]:
    widths = {
        KEY: 6.0,
        NO: NO_WIDTH,
        Assessment.QUESTION: 41.0,
        Assessment.LAST: 16.0,
        Assessment.ANSWER: 16.0,
        Assessment.CONFIRM: 13.0,
        Assessment.FLAG: 14.0,
        columns.REASON: 22.0,
        columns.EVIDENCE: 34.0,
        columns.STRENGTH: 20.0,
        columns.TARGET: 17.0,
        columns.ACTION: 32.0,
        columns.OWNER: 18.0,
        columns.DUE: 13.0,
        columns.POSITION: 6.0,
    }
    each = min(max(_LEVELS_WIDTH / columns.levels, 15.0), 40.0)
    return {**widths, **{Assessment.LEVELS + index: each for index in range(columns.levels)}}


def paint(content: Content) -> Sheet:
    """A band per section, then its questions."""
    plan, words, columns = content.plan, content.words, content.plan.columns
    hidden = {columns.POSITION} | (set() if content.carried else {Assessment.LAST, Assessment.CONFIRM})
    widths = _widths(columns)
    title = plan.assessment.sheet
    sheet = new_sheet(content, title, title, widths, tab="tab_input", hidden=hidden)
    intro(sheet, 2, words("assessment.intro"), NO, Assessment.LEVELS + columns.levels - 1)
    last, confirmed = column_headings(content)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        Assessment.QUESTION: words("word.question"),
        Assessment.LAST: last,
        Assessment.ANSWER: words("assessment.answer"),
        Assessment.CONFIRM: confirmed,
        Assessment.FLAG: words("assessment.flag"),
        **_level_headings(content),
        columns.REASON: words("assessment.reason"),
        columns.EVIDENCE: words("assessment.evidence"),
        columns.STRENGTH: words("assessment.strength"),
        columns.TARGET: words("assessment.target"),
        columns.ACTION: words("assessment.action"),
        columns.OWNER: words("assessment.owner"),
        columns.DUE: words("assessment.due"),
        columns.POSITION: words("assessment.position"),
    }
    header(sheet, Assessment.HEADER, headings)
    for node in content.instrument.nodes:
        _section(content, sheet, node)
    for question in content.instrument.questions:
        _question(content, sheet, question)
    sheet.freeze = (Assessment.HEADER + 1, Assessment.CONFIRM)
    first = content.instrument.questions[0]
    sheet.selection = (plan.assessment.rows[first.id], Assessment.ANSWER)
    # Sections have bands among the rows, so this is no table; its rows can be filtered all the same.
    sheet.filter = sheet.area(Assessment.HEADER, NO, plan.assessment.last, columns.DUE)
    _printing(content, sheet)
    _formats(content, sheet)
    return sheet


def _level_headings(content: Content) -> dict[int, str]:
    """What stands above each level: the usual list's labels, or plain numbers where questions have other lists."""
    columns = content.plan.columns
    lists = {content.instrument.choices_of(question).id for question in content.instrument.questions}
    labels: list[str] = []
    if len(lists) == 1:
        choice_list = content.instrument.choice_lists[lists.pop()]
        labels = [display(choice_list, choice) for choice in ordered(choice_list) if choice.state == "answered"]
    numbered = [content.words("assessment.level", number=index + 1) for index in range(columns.levels)]
    return {Assessment.LEVELS + index: label for index, label in enumerate(labels or numbered)}


def _printing(content: Content, sheet: Sheet) -> None:
    """Two pages side by side: question, answer and levels; then question, evidence and plans."""
    plan, columns = content.plan, content.plan.columns
    last = plan.assessment.last
    page = Page(landscape=True)
    shown = [column for column in sorted(sheet.columns) if not sheet.columns[column].hidden]
    left = [column for column in shown if column < columns.REASON]
    right = [NO, Assessment.QUESTION, *(column for column in shown if column >= columns.REASON)]
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
        break_before_column=columns.REASON,
        breaks_before=breaks(sheet, rows, per_cent, page, repeated=[Assessment.HEADER], with_next=bands),
        header=page_header(content, plan.assessment.sheet),
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, Assessment.HEADER, NO, last, columns.DUE),
    )


def _section(content: Content, sheet: Sheet, node: SectionNode) -> None:
    """A band across the sheet: the section's code and name, and what it means in plain words."""
    row = content.plan.assessment.rows[node.id]
    sheet.put(row, NO, node.id, "section")
    title = f"{'    ' * node.depth}{node.section.label}"
    sheet.put(row, Assessment.QUESTION, title, "section")
    last = Assessment.LEVELS + content.plan.columns.levels - 1
    for column in range(Assessment.LAST, content.plan.columns.DUE + 1):
        if not Assessment.LEVELS <= column <= last:
            sheet.put(row, column, None, "section")
    sheet.put(row, Assessment.LEVELS, node.section.plain or None, "section_note")
    if last > Assessment.LEVELS:
        sheet.spread(row, Assessment.LEVELS, last)
    width = sum(sheet.columns[column].width for column in range(Assessment.LEVELS, last + 1))
    sheet.row_heights[row] = text_fit.height(
        (node.section.plain, width, 0.95), (title, sheet.columns[Assessment.QUESTION].width, 1.25), least=28
    )


def question_text(content: Content, question: Question) -> Rich:
    """The question as its cell shows it: heading, question, help, when it cannot apply, examples of evidence."""
    words = content.words
    helped = [question.help] if question.help else []
    if question.not_applicable_when:
        helped.append(words("assessment.na_when", when=question.not_applicable_when))
    if question.evidence:
        helped.append(words("assessment.examples", examples="; ".join(question.evidence)))
    runs = [Run(question.label, "strong"), Run(f"\n{question.text}")]
    return Rich((*runs, *(Run(f"\n{line}", "quiet") for line in helped)))


def level_texts(content: Content, question: Question) -> list[Rich]:
    """What each answer looks like: its label, and below it what is true then."""
    choice_list = content.instrument.choices_of(question)
    texts = []
    for choice in ordered(choice_list):
        if choice.state == "answered":
            described = question.levels.get(choice.code) or choice.description
            runs = [Run(display(choice_list, choice), "strong")]
            texts.append(Rich((*runs, Run(f"\n{described}")) if described else tuple(runs)))
    return texts


def _question(content: Content, sheet: Sheet, question: Question) -> None:
    plan, columns = content.plan, content.plan.columns
    row = plan.assessment.rows[question.id]
    marks(sheet, row, question.id)
    asked, levels = question_text(content, question), level_texts(content, question)
    sheet.put(row, Assessment.QUESTION, asked, "question")
    for index in range(columns.levels):
        sheet.put(row, Assessment.LEVELS + index, levels[index] if index < len(levels) else None, "level")
    for slot in plan.by_item[question.id]:
        if slot.key.part != Part.CONFIRM:
            fill_in(content, sheet, slot)
    confirm(content, sheet, question.id)
    last_time(content, sheet, plan.by_key[Key(question.id)], Assessment.LAST)
    if Key(question.id, Part.TARGET) not in plan.by_key:
        sheet.put(row, columns.TARGET, None, "text")
    formula(sheet, row, Assessment.FLAG, *_flag(content, sheet, question), "status")
    position = plan.working(question.id, Workings.POSITION)
    formula(sheet, row, columns.POSITION, ref(position, sheet), _position(content, question), "key")
    typed = [
        (content.ret.text(question.id, slot.key.part), sheet.columns[slot.cell.column].width)
        for slot in plan.by_item[question.id]
    ]
    sheet.row_heights[row] = text_fit.height(
        (asked.text, sheet.columns[Assessment.QUESTION].width - 1, 0.92),
        *((level.text, sheet.columns[Assessment.LEVELS].width - 1, 0.92) for level in levels),
        *typed,
    )


def _position(content: Content, question: Question) -> float:
    """Which answer of its list was chosen, from 1; 0 for none."""
    code = content.result.questions[question.id].code
    choices = ordered(content.instrument.choices_of(question))
    return float(next((index + 1 for index, choice in enumerate(choices) if choice.code == code), 0))


def _flag(content: Content, sheet: Sheet, question: Question) -> tuple[str, str]:
    """What is to be looked at in a row, and what it is now."""
    plan, words = content.plan, content.words
    result = content.result.questions[question.id]

    def working(column: int) -> str:
        return ref(plan.working(question.id, column), sheet)

    answer = ref(plan.question_cell(question, Assessment.ANSWER), sheet)
    unlisted, reason = words("flag.not_in_list"), words("flag.reason")
    find_out, claim, look = words("flag.dont_know"), words("flag.claim"), words("flag.carried")
    wrong = words("flag.unusable")
    text = (
        f"IF(AND({working(Workings.POSITION)}=0,LEN(TRIM({answer}))>0),{literal(unlisted)},"
        f"IF({unusable(content, sheet, question.id)},{literal(wrong)},"
        f"IF({working(Workings.REASON)}=1,{literal(reason)},"
        f"IF({untouched(content, sheet, question.id)},{literal(look)},"
        f'IF({working(Workings.STATE)}="{State.DONT_KNOW}",{literal(find_out)},'
        f'IF({working(Workings.CLAIM)}=1,{literal(claim)},""))))))'
    )
    typed = content.typed.get(plan.by_key[Key(question.id)].key)
    if result.state is State.UNANSWERED and typed is not None and str(typed).strip(" "):
        return text, unlisted
    if refused(content, plan.row_slots[question.id]):
        return text, wrong
    if result.reason_missing:
        return text, reason
    if content.ret.touch(question.id) is Touch.UNTOUCHED:
        return text, look
    if result.state is State.DONT_KNOW:
        return text, find_out
    return text, claim if result.claim_without_evidence else ""


def _formats(content: Content, sheet: Sheet) -> None:
    """The level that was chosen stands out, framed and on a tint; so does what is to be looked at."""
    columns, rows = content.plan.columns, content.plan.assessment
    first, last = rows.first, rows.last
    position = CellRef(sheet.name, first, columns.POSITION).address
    for index in range(columns.levels):
        column = Assessment.LEVELS + index
        area = RangeRef(sheet.name, first, column, last, column)
        chosen = f"${position}={index + 1}"
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style("tone_level"), formula=chosen))
    flag = RangeRef(sheet.name, first, Assessment.FLAG, last, Assessment.FLAG)
    said = f"LEN({CellRef(sheet.name, first, Assessment.FLAG).address})>0"
    sheet.conditional_formats.append(ConditionalFormat(flag, "formula", Style("tone_query"), formula=said))
