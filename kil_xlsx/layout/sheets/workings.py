"""The hidden sheet of workings: every question's value, and what else other formulas build on.

One row per question keeps the formulas on the sheets that people see short, and gives each intermediate result a cell
where it can be checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from kil_xlsx.core.checking import BOTH, CARRIED, CLAIMS, REASONS, REQUIRED, UNUSABLE, figure_and_reason
from kil_xlsx.core.expressions import evaluate, to_excel
from kil_xlsx.core.framework import Question
from kil_xlsx.core.measures import table_numbers
from kil_xlsx.core.returns import State
from kil_xlsx.core.scoring import (
    CLAIM_PRIORITY,
    DONT_KNOW_PRIORITY,
    GAP_PRIORITY,
    LIST_STEPS,
    PRIORITY_STEPS,
    span,
    strongest_key,
    weakest_key,
)
from kil_xlsx.layout.codec import ordered
from kil_xlsx.layout.document import NOT_AVAILABLE, Column, RangeRef, Sheet
from kil_xlsx.layout.places import Assessment, Checks, ListPlace, Measures, Results, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets import links
from kil_xlsx.layout.sheets.about import is_given
from kil_xlsx.layout.sheets.carried import count_of_untouched
from kil_xlsx.layout.sheets.frame import (
    Content,
    formula,
    given,
    is_day,
    link_address,
    listed,
    literal,
    looked_up,
    number,
    ref,
    refused,
    text,
)
from kil_xlsx.layout.sheets.peers import median
from kil_xlsx.layout.slots import Slot, SlotKind

STYLE = "list"


def paint(content: Content) -> Sheet:
    """Questions first; below them the checks' conditions, the numbers of charts and the numbers of tables."""
    sheet = Sheet(name=content.words("sheet.workings"), state="hidden", tab="tab_help")
    for column in range(Workings.ADDRESS + 1):
        sheet.columns[column] = Column(14)
    names = ["code", "position", "state", "value", "relative", "strength", "target", "gap", "claim", "reason missing"]
    names += ["priority", "strongest", "weakest", "weight", "group", "label", "open", "claimed", "address"]
    for column, name in enumerate(names):
        sheet.put(Workings.HEADER, column, name, STYLE)
    for index, question in enumerate(content.instrument.questions):
        _question(content, sheet, question, index)
    _checks(content, sheet)
    _figures(content, sheet)
    _charts(content, sheet)
    _tables(content, sheet)
    _rows(content, sheet)
    return sheet


def _question(content: Content, sheet: Sheet, question: Question, index: int) -> None:
    plan, scoring = content.plan, content.instrument.framework.scoring
    result = content.result.questions[question.id]
    row = plan.question_workings.rows[question.id]
    place = plan.list_place(question)
    choice_list = content.instrument.choices_of(question)
    choices = ordered(choice_list)
    position = next((i + 1 for i, choice in enumerate(choices) if choice.code == result.code), 0)

    def cell(column: int) -> str:
        return ref(plan.working(question.id, column), sheet)

    def source(column: int) -> str:
        return ref(plan.question_cell(question, column), sheet)

    def column_of(what: int, *, levels_only: bool = False) -> str:
        return ref(place.area(what, levels_only=levels_only), sheet)

    def put(column: int, formula_text: str, value: str | float | None) -> None:
        formula(sheet, row, column, formula_text, value, STYLE)

    sheet.put(row, Workings.CODE, question.id, STYLE)
    answer, labels = source(Assessment.ANSWER), column_of(ListPlace.LABELS)
    put(
        Workings.POSITION,
        f"IF({listed(answer, labels)},MATCH({answer},{labels},0),0)",
        float(position),
    )
    columns = plan.columns
    chosen = cell(Workings.POSITION)
    put(
        Workings.STATE,
        f'IF({chosen}=0,"{State.UNANSWERED}",INDEX({column_of(ListPlace.STATES)},{chosen}))',
        str(result.state),
    )
    put(Workings.VALUE, f'IF({chosen}=0,"",INDEX({column_of(ListPlace.VALUES)},{chosen}))', result.value)
    state, value = cell(Workings.STATE), cell(Workings.VALUE)
    lowest, highest = span(choice_list)
    width = number(highest - lowest) if highest > lowest else None
    on_scale = f"ROUND(({{}}-{number(lowest)})/{width},4)" if width else "0"
    put(Workings.RELATIVE, f'IF(ISNUMBER({value}),{on_scale.format(value)},"")', result.relative)
    strength_place = plan.lists[content.instrument.framework.evidence_strength]
    put(
        Workings.STRENGTH,
        looked_up(
            source(columns.STRENGTH),
            ref(strength_place.area(ListPlace.LABELS), sheet),
            ref(strength_place.area(ListPlace.VALUES), sheet),
        ),
        result.strength,
    )
    if place.answers:
        put(
            Workings.TARGET,
            looked_up(
                source(columns.TARGET),
                column_of(ListPlace.LABELS, levels_only=True),
                column_of(ListPlace.VALUES, levels_only=True),
            ),
            result.target,
        )
    target, strength = cell(Workings.TARGET), cell(Workings.STRENGTH)
    put(
        Workings.GAP,
        f'IF(AND(ISNUMBER({target}),ISNUMBER({value})),IF({target}>{value},ROUND({target}-{value},6),""),"")',
        result.gap,
    )
    if scoring.claim:
        thin = f"IF(ISNUMBER({strength}),IF({strength}<={number(scoring.claim.strength_at_most)},1,0),1)"
        high = f"IF({value}>={number(scoring.claim.value_at_least)},{thin},0)"
        claim = f'IF(AND({state}="{State.ANSWERED}",ISNUMBER({value})),{high},0)'
    else:
        claim = "0"
    put(Workings.CLAIM, claim, float(result.claim_without_evidence))
    needs = f"INDEX({column_of(ListPlace.REASONS)},{chosen})=1"
    without = f"IF({given(source(columns.REASON))},0,1)"
    put(Workings.REASON, f"IF({chosen}=0,0,IF({needs},{without},0))", float(result.reason_missing))
    gap = cell(Workings.GAP)
    distance = f"({on_scale.format(target)}-{cell(Workings.RELATIVE)})*{number(GAP_PRIORITY)}"
    unknown = f'IF({state}="{State.DONT_KNOW}",{number(DONT_KNOW_PRIORITY)},0)'
    rank = f"{unknown}+{cell(Workings.CLAIM)}*{number(CLAIM_PRIORITY)}+IF(ISNUMBER({gap}),{distance},0)"
    put(Workings.PRIORITY, f'IF({rank}>0,ROUND(({rank})*{PRIORITY_STEPS},0)-{index},"")', _float(result.priority))
    relative = cell(Workings.RELATIVE)
    sortable = f'AND({state}="{State.ANSWERED}",ISNUMBER({relative}))'
    answered = result.state is State.ANSWERED and result.relative is not None
    strongest = float(strongest_key(result.relative or 0.0, index)) if answered else None
    weakest = float(weakest_key(result.relative or 0.0, index)) if answered else None
    put(Workings.STRONGEST, f'IF({sortable},ROUND({relative}*{LIST_STEPS},0)-{index},"")', strongest)
    put(Workings.WEAKEST, f'IF({sortable},ROUND({relative}*{LIST_STEPS},0)+{index},"")', weakest)
    sheet.put(row, Workings.WEIGHT, float(question.weight), STYLE)
    sheet.put(row, Workings.GROUP, question.group or "-", STYLE)
    sheet.put(row, Workings.LABEL, question.label, STYLE)
    is_open = result.state is State.UNANSWERED
    put(Workings.OPEN, f'IF({state}="{State.UNANSWERED}",1,0)', float(is_open))
    claimed = result.claim_without_evidence
    put(Workings.CLAIMED, f'IF({cell(Workings.CLAIM)}=1,{index},"")', float(index) if claimed else None)
    sheet.put(row, Workings.ADDRESS, link_address(plan.question_cell(question, Assessment.ANSWER)), STYLE)


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)


def expression(content: Content, sheet: Sheet, words: str) -> str:
    """A framework expression as a formula of a sheet."""

    def name(figure: str) -> str:
        return ref(content.plan.figures.cell(figure, Measures.COUNTED), sheet)

    def column(table: str, column_id: str) -> str:
        return ref(content.plan.tables[table].number_range(column_id), sheet)

    return to_excel(content.instrument.expressions[words], name, column)


def _checks(content: Content, sheet: Sheet) -> None:
    """Every check with its severity and whether it still stands open; the framework's with their condition."""
    plan, words = content.plan, content.words
    block = plan.check_workings
    for identifier, row in block.rows.items():
        result = content.result.checks[identifier]
        sheet.put(row, Plan.CHECK_ID, identifier, STYLE)
        counted = links.counts_as(identifier, result.severity)
        sheet.put(row, Plan.CHECK_SEVERITY, counted, STYLE)
        cell = ref(plan.checks.cell(identifier, Checks.RESULT), sheet)
        explanation = given(ref(plan.checks.cell(identifier, Checks.EXPLANATION), sheet))
        still = f"IF({explanation},0,1)" if result.severity == "query" else "1"
        settled = f"OR({cell}={literal(words('checks.ok'))},{cell}={literal(words('checks.not_yet'))})"
        text_of_open = f"IF({settled},0,{still})"
        is_open = result.is_open
        formula(sheet, row, Plan.CHECK_OPEN, text_of_open, float(is_open), STYLE)
        opened = ref(sheet.ref(row, Plan.CHECK_OPEN), sheet)
        for column, severity in ((Plan.CHECK_ERROR, "error"), (Plan.CHECK_QUERY, "query")):
            mine = counted == severity
            formula(sheet, row, column, opened if mine else "0", float(mine and is_open), STYLE)
        sheet.put(row, Plan.CHECK_ADDRESS, link_address(plan.checks.cell(identifier, Checks.RESULT)), STYLE)
    for identifier, count in standing_counts(content, sheet).items():
        value = float(content.result.checks[identifier].count or 0)
        formula(sheet, block.rows[identifier], Plan.CHECK_VALUE, count, value, STYLE)
    tables = table_numbers(content.instrument, content.ret)
    for check in content.instrument.checks:
        row = block.rows[check.id]
        holds = evaluate(content.instrument.expressions[check.rule], content.result.figures, tables)
        formula(
            sheet, row, Plan.CHECK_VALUE, expression(content, sheet, check.rule), "" if holds is None else holds, STYLE
        )


def standing_counts(content: Content, sheet: Sheet) -> dict[str, str]:
    """The formulas that count what each standing check concerns."""
    plan, instrument = content.plan, content.instrument

    def total(area: RangeRef) -> str:
        return f"SUM({ref(area, sheet)})"

    return {
        REQUIRED: total(plan.row_workings.column(Plan.ROW_NEEDED)),
        REASONS: total(plan.working_range(instrument.questions, Workings.REASON)),
        CLAIMS: total(plan.working_range(instrument.questions, Workings.CLAIM)),
        BOTH: total(plan.figure_workings.column(Plan.FIGURE_BOTH)) if plan.figures.rows else "0",
        UNUSABLE: total(plan.row_workings.column(Plan.ROW_UNUSABLE)),
        CARRIED: count_of_untouched(content, sheet),
    }


def _rows(content: Content, sheet: Sheet) -> None:
    """For every row that is filled in: what of it cannot be used, whether it is needed and blank, where it is."""
    plan = content.plan
    needed = {field.code: field for field in content.instrument.profile if field.required and field.type != "derived"}
    for code, slots in plan.row_slots.items():
        row = plan.row_workings.rows[code]
        sheet.put(row, Plan.ROW_CODE, code, STYLE)
        wrong = refused(content, slots)
        formula(sheet, row, Plan.ROW_UNUSABLE, _unusable(content, sheet, slots), float(wrong), STYLE)
        count = ref(sheet.ref(row, Plan.ROW_UNUSABLE), sheet)
        formula(sheet, row, Plan.ROW_WRONG, f"IF({count}>0,1,0)", float(wrong > 0), STYLE)
        field = needed.get(code)
        if field is None:
            sheet.put(row, Plan.ROW_NEEDED, 0.0, STYLE)
        else:
            missing = content.entry(field.id).state is not State.ANSWERED
            formula(sheet, row, Plan.ROW_NEEDED, f"IF({is_given(content, sheet, field)},0,1)", float(missing), STYLE)
        main = next((slot for slot in slots if slot.main), slots[0])
        sheet.put(row, Plan.ROW_ADDRESS, link_address(main.cell), STYLE)


def _figures(content: Content, sheet: Sheet) -> None:
    """Whether each figure is given, or a reason for having none, or both."""
    plan = content.plan
    labels = ref(plan.lists[content.instrument.framework.missing_figure].area(ListPlace.LABELS), sheet)
    for figure in content.instrument.figures:
        row = plan.figure_workings.rows[figure.id]
        value_cell = plan.figures.cell(figure.id, Measures.VALUE)
        cell = ref(value_cell, sheet)
        reason = listed(ref(plan.figures.cell(figure.id, Measures.MISSING), sheet), labels)
        is_number = is_in_range(cell, figure.minimum, figure.maximum)
        state, _ = content.ret.figure(figure.id)
        sheet.put(row, Plan.FIGURE_CODE, figure.code, STYLE)
        sheet.put(row, Plan.FIGURE_ADDRESS, link_address(value_cell), STYLE)
        responded = float(state is not State.UNANSWERED)
        formula(sheet, row, Plan.FIGURE_GIVEN, f"IF(OR({is_number},{reason}),1,0)", responded, STYLE)
        both = float(figure_and_reason(content.ret, figure.id))
        formula(sheet, row, Plan.FIGURE_BOTH, f"IF(AND({is_number},{reason}),1,0)", both, STYLE)


def _unusable(content: Content, sheet: Sheet, slots: Sequence[Slot]) -> str:
    """How many of some cells hold something that cannot be used: not in the list, no number in range, no date."""
    terms = []
    for slot in slots:
        cell = ref(slot.cell, sheet)
        if slot.kind is SlotKind.TEXT:
            continue
        if slot.choices:
            labels = content.plan.lists[slot.choices].area(ListPlace.LABELS, levels_only=slot.levels_only)
            usable = listed(cell, ref(labels, sheet))
        elif slot.kind is SlotKind.DATE:
            usable = is_day(cell, slot)
        else:
            usable = is_in_range(cell, slot.minimum, slot.maximum)
        terms.append(f"IFERROR(IF({given(cell)},IF({usable},0,1),0),1)")
    return "+".join(terms) or "0"


def _charts(content: Content, sheet: Sheet) -> None:
    """Scores for charts: a section without a score is an error value there, which charts leave out."""
    block, previous = content.plan.chart_workings, content.issue.previous
    for node in content.plan.chart_nodes:
        row = block.rows[node.id]
        score = content.result.sections[node.id].score
        sheet.put(row, Plan.CHART_CODE, node.id, STYLE)
        sheet.put(row, Plan.CHART_LABEL, f"{node.id} {node.section.label}", STYLE)
        drawn = [(Plan.CHART_VALUE, Results.SCORE, score)]
        scored = content.instrument.rule_of(node).rule != "none"
        if previous is not None and scored:
            drawn.append((Plan.CHART_LAST, Results.LAST, previous.scores.get(node.id)))
        if content.issue.peers is not None and scored:
            drawn.append((Plan.CHART_PEERS, Results.MEDIAN, median(content, content.issue.peers, node.id)))
        for column, source, value in drawn:
            cell = ref(content.plan.score_cell(node.id, source), sheet)
            number_or_gap = f"IF(ISNUMBER({cell}),{cell},NA())"
            formula(sheet, row, column, number_or_gap, NOT_AVAILABLE if value is None else value, STYLE)


def _tables(content: Content, sheet: Sheet) -> None:
    """The numbers of input tables, each only if it is a number in range."""
    tables = table_numbers(content.instrument, content.ret)
    for table_id, place in content.plan.tables.items():
        for column in place.numbers:
            head = place.number_cell(1, column.id)
            sheet.put(head.row - 1, head.column, f"{table_id}.{column.id}", STYLE)
            for row in range(1, place.table.rows + 1):
                cell = place.number_cell(row, column.id)
                source = ref(place.cell(row, column.id), sheet)
                value = tables[table_id][row - 1][column.id]
                formula(
                    sheet,
                    cell.row,
                    cell.column,
                    number_in_range(source, column.minimum, column.maximum),
                    text(value),
                    STYLE,
                )


def bounds(cell: str, minimum: float | None, maximum: float | None) -> str:
    """The condition that a number lies in its range."""
    terms = []
    if minimum is not None:
        terms.append(f"{cell}>={number(minimum)}")
    if maximum is not None:
        terms.append(f"{cell}<={number(maximum)}")
    return f"AND({','.join(terms)})" if len(terms) == 2 else terms[0] if terms else "TRUE"


def is_in_range(cell: str, minimum: float | None, maximum: float | None) -> str:
    """The condition that a cell holds a number in its range; text there is not one."""
    return f"IF(ISNUMBER({cell}),{bounds(cell, minimum, maximum)},FALSE)"


def number_in_range(cell: str, minimum: float | None, maximum: float | None, otherwise: str = '""') -> str:
    """A formula that gives a cell's number if it is one and lies in range, else something else."""
    if minimum is None and maximum is None:
        return f"IF(ISNUMBER({cell}),{cell},{otherwise})"
    return f'IF(ISNUMBER({cell}),IF({bounds(cell, minimum, maximum)},{cell},""),{otherwise})'
