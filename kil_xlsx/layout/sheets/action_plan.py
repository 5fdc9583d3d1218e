"""The action plan: built by formulas from the answers, the largest gaps first.  Nothing is typed here."""

from __future__ import annotations

from kil_xlsx.core.results import QuestionResult
from kil_xlsx.core.returns import Part, State
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, ConditionalFormat, PrintSetup, RangeRef, Sheet, Style
from kil_xlsx.layout.places import NO, ActionPlan, Assessment, Workings
from kil_xlsx.layout.sheets.frame import Content, as_table, formula, header, intro, literal, new_sheet, ref

_WIDTHS = {
    0: 2.0,
    ActionPlan.RANK: 8.0,
    ActionPlan.CODE: 11.0,
    ActionPlan.QUESTION: 40.0,
    ActionPlan.WHY: 26.0,
    ActionPlan.NOW: 18.0,
    ActionPlan.TARGET: 18.0,
    ActionPlan.GAP: 8.0,
    ActionPlan.ACTION: 46.0,
    ActionPlan.OWNER: 20.0,
    ActionPlan.DUE: 14.0,
}


def paint(content: Content) -> Sheet:
    """As many rows as there are questions; those beyond the plan's end stay empty."""
    plan, words = content.plan, content.words
    sheet = new_sheet(content, words("sheet.plan"), words("sheet.plan"), _WIDTHS, tab="tab_output")
    intro(sheet, 2, words("plan.intro", assessment=plan.assessment.sheet), NO, ActionPlan.ACTION)
    headings = {
        ActionPlan.RANK: words("plan.rank"),
        ActionPlan.CODE: words("column.no"),
        ActionPlan.QUESTION: words("word.question"),
        ActionPlan.WHY: words("plan.why"),
        ActionPlan.NOW: words("plan.now"),
        ActionPlan.TARGET: words("plan.target"),
        ActionPlan.GAP: words("plan.gap"),
        ActionPlan.ACTION: words("plan.action"),
        ActionPlan.OWNER: words("plan.owner"),
        ActionPlan.DUE: words("plan.due"),
    }
    header(sheet, ActionPlan.HEADER, headings)
    for rank in range(len(content.instrument.questions)):
        _row(content, sheet, rank)
    sheet.freeze = (ActionPlan.HEADER + 1, ActionPlan.WHY)
    sheet.selection = (plan.plan_first, ActionPlan.QUESTION)
    last = plan.plan_first + len(content.instrument.questions) - 1
    as_table(sheet, "plan", ActionPlan.HEADER, last, NO, ActionPlan.DUE, filtered=True)
    rows = RangeRef(sheet.name, plan.plan_first, NO, last, ActionPlan.DUE)
    filled = f"LEN(${CellRef(sheet.name, plan.plan_first, ActionPlan.CODE).address})>0"
    sheet.conditional_formats.append(ConditionalFormat(rows, "formula", Style("row_line"), formula=filled))
    sheet.printing = PrintSetup(
        landscape=True, repeat_first_row=0, repeat_last_row=ActionPlan.HEADER,
        footer=sheet.printing.footer, area=RangeRef(sheet.name, 0, NO, last, ActionPlan.DUE),
    )  # fmt: skip
    return sheet


def _why(content: Content, result: QuestionResult) -> str:
    words = content.words
    if result.state is State.DONT_KNOW:
        return words("plan.why_dont_know")
    return words("plan.why_gap") if result.gap is not None else words("plan.why_claim")


def _row(content: Content, sheet: Sheet, rank: int) -> None:
    plan, words, instrument = content.plan, content.words, content.instrument
    columns = plan.columns
    row = plan.plan_first + rank
    listed = content.result.action_plan
    question = next((q for q in instrument.questions if q.id == listed[rank]), None) if rank < len(listed) else None
    result = content.result.questions[question.id] if question else None
    keys = ref(plan.working_range(instrument.questions, Workings.PRIORITY), sheet)
    code = ref(CellRef(sheet.name, row, ActionPlan.CODE), sheet)
    first, last = plan.assessment.first, plan.assessment.last
    codes = ref(RangeRef(plan.assessment.sheet, first, NO, last, NO), sheet)

    def working(column: int) -> str:
        area = ref(plan.working_range(instrument.questions, column), sheet)
        return f"INDEX({area},MATCH({code},{all_codes},0))"

    def typed(column: int) -> str:
        """What stands in the question's row; an empty cell stays empty instead of turning into zero."""
        area = ref(RangeRef(plan.assessment.sheet, first, column, last, column), sheet)
        found = f"INDEX({area},MATCH({code},{codes},0))"
        return f'IF({code}="","",IF(ISBLANK({found}),"",{found}))'

    all_codes = ref(plan.working_range(instrument.questions, Workings.CODE), sheet)
    picked = f"INDEX({all_codes},MATCH(LARGE({keys},{rank + 1}),{keys},0))"
    formula(
        sheet,
        row,
        ActionPlan.CODE,
        f'IF(COUNT({keys})<{rank + 1},"",{picked})',
        question.id if question else "",
        "plan_code",
    )
    if rank == 0:
        empty = words("plan.empty", assessment=plan.assessment.sheet)
        text = f'IF({code}="",{literal(empty)},{working(Workings.LABEL)})'
        formula(sheet, row, ActionPlan.QUESTION, text, question.label if question else empty, "plan")
    else:
        text = f'IF({code}="","",{working(Workings.LABEL)})'
        formula(sheet, row, ActionPlan.QUESTION, text, question.label if question else "", "plan")
    formula(
        sheet,
        row,
        ActionPlan.RANK,
        f'IF({code}="","",{rank + 1})',
        float(rank + 1) if question else "",
        "plan_center",
    )
    reasons = (
        f'IF({working(Workings.STATE)}="{State.DONT_KNOW}",{literal(words("plan.why_dont_know"))},'
        f"IF(ISNUMBER({working(Workings.GAP)}),{literal(words('plan.why_gap'))},{literal(words('plan.why_claim'))}))"
    )
    formula(sheet, row, ActionPlan.WHY, f'IF({code}="","",{reasons})', _why(content, result) if result else "", "plan")
    gap = f'IF({code}="","",{working(Workings.GAP)})'
    formula(sheet, row, ActionPlan.GAP, gap, result.gap if result else "", Style("plan_center", "0.##"))
    now = _shown(content, question.id, Part.ANSWER) if question else ""
    formula(sheet, row, ActionPlan.NOW, typed(Assessment.ANSWER), now, "plan")
    target = _shown(content, question.id, Part.TARGET) if question else ""
    formula(sheet, row, ActionPlan.TARGET, typed(columns.TARGET), target, "plan")
    texts: dict[int, str | float | bool] = {}
    for column, source, part in (
        (ActionPlan.ACTION, columns.ACTION, Part.ACTION),
        (ActionPlan.OWNER, columns.OWNER, Part.OWNER),
    ):
        texts[column] = _shown(content, question.id, part) if question else ""
        formula(sheet, row, column, typed(source), texts[column], "plan")
    texts[ActionPlan.QUESTION] = question.label if question else ""
    due = _shown(content, question.id, Part.DUE) if question else ""
    formula(sheet, row, ActionPlan.DUE, typed(columns.DUE), due, Style("plan_center", "dd mmm yyyy"))
    shown_texts = ((str(value), _WIDTHS[column]) for column, value in texts.items())
    sheet.row_heights[row] = text_fit.height(*shown_texts, least=34)


def _shown(content: Content, question_id: str, part: Part) -> str | float | bool:
    """What a formula that points to a typed cell shows: whatever stands there."""
    typed = content.typed.get(content.ret.get(question_id, part).key)
    return "" if typed is None else typed
