"""The sheet with the scores: sections, overall, charts, strongest and weakest answers."""

from __future__ import annotations

from kil_xlsx.core.expressions import ANY_NUMBER
from kil_xlsx.core.framework import ScoreRule
from kil_xlsx.core.instrument import SectionNode
from kil_xlsx.core.returns import Key, State
from kil_xlsx.core.scoring import LISTED, band_of, counted_in_overall, groups
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, Chart, ConditionalFormat, PrintSetup, RangeRef, Series, Sheet, Style
from kil_xlsx.layout.places import NO, Assessment, Results, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import NO_WIDTH, Content, formula, header, intro, literal, new_sheet, number, ref

_WIDTHS = {
    0: 2.0,
    NO: NO_WIDTH,
    Results.LABEL: 52.0,
    Results.SCORE: 24.0,
    Results.BAND: 40.0,
    Results.QUESTIONS: 11.0,
    Results.ANSWERED: 11.0,
    Results.DONT_KNOW: 11.0,
    Results.NOT_APPLICABLE: 12.0,
    Results.UNANSWERED: 12.0,
    Results.STRENGTH: 18.0,
}


def score_format(content: Content) -> str:
    """The number format of scores."""
    decimals = content.instrument.framework.scoring.decimals
    return "0" if decimals == 0 else "0." + "0" * decimals


def paint(content: Content) -> Sheet:
    """A row per section, the overall score, two charts, the strongest and weakest answers."""
    plan, words, scoring = content.plan, content.words, content.instrument.framework.scoring
    sheet = new_sheet(content, plan.results.sheet, plan.results.sheet, _WIDTHS, tab="tab_output")
    bounds = {"minimum": number(scoring.minimum), "maximum": number(scoring.maximum)}
    intro(sheet, 2, words("results.intro", **bounds), NO, Results.NOT_APPLICABLE)
    strengths = content.instrument.choice_lists[content.instrument.framework.evidence_strength]
    highest = max((choice.value for choice in strengths.choices if choice.value is not None), default=0.0)
    headings = {
        NO: words("column.no"),
        Results.LABEL: words("results.section"),
        Results.SCORE: words("results.score"),
        Results.BAND: words("results.band"),
        Results.QUESTIONS: words("results.questions"),
        Results.ANSWERED: words("results.answered"),
        Results.DONT_KNOW: words("results.dont_know"),
        Results.NOT_APPLICABLE: words("results.not_applicable"),
        Results.UNANSWERED: words("results.unanswered"),
        Results.STRENGTH: words("results.strength", maximum=number(highest)),
    }
    header(sheet, Results.HEADER, headings, height=48)
    for node in content.instrument.nodes:
        _section(content, sheet, node)
    _overall(content, sheet)
    _charts(content, sheet)
    _listed(content, sheet, strongest=True)
    _listed(content, sheet, strongest=False)
    _formats(content, sheet)
    sheet.freeze = (Results.HEADER + 1, 0)
    sheet.selection = (plan.results.first, Results.LABEL)
    sheet.printing = PrintSetup(one_page=True, footer=sheet.printing.footer)
    return sheet


def _section(content: Content, sheet: Sheet, node: SectionNode) -> None:
    plan = content.plan
    row = plan.results.rows[node.id]
    result = content.result.sections[node.id]
    label = f"{'    ' * node.depth}{node.section.label}"
    sheet.put(row, NO, node.id, "code")
    sheet.put(row, Results.LABEL, label, "label")
    value = content.words("word.not_enough") if result.score is None else result.score
    rule = content.instrument.rule_of(node)
    formula(sheet, row, Results.SCORE, _score(content, sheet, node, rule), value, Style("score", score_format(content)))
    _band(content, sheet, row, result.score)
    _counts(content, sheet, row, node)
    strength = ref(plan.working_range(node.questions, Workings.STRENGTH), sheet)
    mean = f'IF(COUNT({strength})=0,"",ROUND(SUM({strength})/COUNT({strength}),6))'
    formula(sheet, row, Results.STRENGTH, mean, result.strength, Style("output_center", "0.0"))
    sheet.row_heights[row] = text_fit.height((label, _WIDTHS[Results.LABEL], 1.08), least=24)


def _band(content: Content, sheet: Sheet, row: int, score: float | None) -> None:
    plan = content.plan
    cell = ref(CellRef(sheet.name, row, Results.SCORE), sheet)
    band = band_of(content.instrument.framework.scoring.bands, score)
    if not content.instrument.framework.scoring.bands:
        sheet.put(row, Results.BAND, None, "band")
        return
    keys, labels = ref(plan.bands.keys(), sheet), ref(plan.bands.labels(), sheet)
    text = f'IF(ISNUMBER({cell}),IFERROR(INDEX({labels},MATCH({cell},{keys},1)),""),"")'
    formula(sheet, row, Results.BAND, text, band.display() if band else "", "output")


def _overall_counts(content: Content, sheet: Sheet, row: int) -> None:
    """The counts of the sections that make up the overall score, added up."""
    counts = content.result.overall_counts
    values = {
        Results.QUESTIONS: counts.questions,
        Results.ANSWERED: counts.answered,
        Results.DONT_KNOW: counts.dont_know,
        Results.NOT_APPLICABLE: counts.not_applicable,
        Results.UNANSWERED: counts.unanswered,
    }
    for column, value in values.items():
        cells = (
            ref(content.plan.score_cell(node.id, column), sheet) for node in counted_in_overall(content.instrument)
        )
        formula(sheet, row, column, f"SUM({','.join(cells)})", float(value), "output_center")


def _counts(content: Content, sheet: Sheet, row: int, node: SectionNode) -> None:
    """How the questions of a section were answered."""
    plan, questions = content.plan, node.questions
    counts = content.result.sections[node.id].counts
    states = ref(plan.working_range(questions, Workings.STATE), sheet)
    columns = {
        Results.ANSWERED: (State.ANSWERED, counts.answered),
        Results.DONT_KNOW: (State.DONT_KNOW, counts.dont_know),
        Results.NOT_APPLICABLE: (State.NOT_APPLICABLE, counts.not_applicable),
        Results.UNANSWERED: (State.UNANSWERED, counts.unanswered),
    }
    sheet.put(row, Results.QUESTIONS, float(len(questions)), "output_center")
    for column, (state, count) in columns.items():
        formula(sheet, row, column, f'COUNTIF({states},"{state}")', float(count), "output_center")


def _score(content: Content, sheet: Sheet, node: SectionNode, rule: ScoreRule) -> str:
    """A section's score by its rule, or the words for not enough answers."""
    not_enough = literal(content.words("word.not_enough"))
    if rule.rule == "none":
        return not_enough
    raw, have, of = (_by_sections if rule.of == "sections" else _by_questions)(content, sheet, node, rule)
    scaled = f"ROUND(({raw})*{number(rule.multiply)},6)" if rule.multiply != 1 else f"ROUND({raw},6)"
    scored = f"IFERROR({scaled},{not_enough})"
    if rule.least_answered > 0:
        scored = f"IF(ROUND({have}/{of},6)>=ROUND({number(rule.least_answered)},6),{scored},{not_enough})"
    return f"IF(OR({have}=0,{of}=0),{not_enough},{scored})"


def _by_questions(content: Content, sheet: Sheet, node: SectionNode, rule: ScoreRule) -> tuple[str, str, str]:
    """The score from questions, how many are scored, and how many could be."""
    plan = content.plan

    def column(which: int) -> str:
        return ref(plan.working_range(node.questions, which), sheet)

    values, states, weights = column(Workings.VALUE), column(Workings.STATE), column(Workings.WEIGHT)
    left_out = content.instrument.framework.scoring.not_applicable.counts_as is None
    have = f"COUNT({values})"
    total = str(len(node.questions))
    of = f'({total}-COUNTIF({states},"{State.NOT_APPLICABLE}"))' if left_out else total
    if rule.rule == "weighted_mean":
        return f"SUMPRODUCT({weights},{values})/SUMIFS({weights},{values},{ANY_NUMBER})", have, of
    if rule.rule == "mean":
        return f"SUM({values})/COUNT({values})", have, of
    grouped = column(Workings.GROUP)
    terms = []
    for group in groups(node.questions):
        name = literal(group or "-")
        size = sum(question.group == group for question in node.questions)
        absent = f'COUNTIFS({grouped},{name},{states},"{State.NOT_APPLICABLE}")={size}' if left_out else "FALSE"
        mean = f"SUMIFS({values},{grouped},{name})/COUNTIFS({grouped},{name},{values},{ANY_NUMBER})"
        terms.append(f"IF({absent},0,{mean})")
    return "+".join(terms), have, of


def _by_sections(content: Content, sheet: Sheet, node: SectionNode, rule: ScoreRule) -> tuple[str, str, str]:
    """The score from subsections, how many are scored, and how many could be."""
    plan = content.plan
    cells = [(ref(plan.score_cell(child.id), sheet), child) for child in node.children]
    joined = ",".join(cell for cell, _ in cells)
    have = f"COUNT({joined})"
    of = str(len(cells))
    if content.instrument.framework.scoring.not_applicable.counts_as is None:
        of = "+".join(
            f"IF({len(child.questions)}-{ref(plan.score_cell(child.id, Results.NOT_APPLICABLE), sheet)}>0,1,0)"
            for _, child in cells
        )
    if rule.rule == "weighted_mean":
        above = "+".join(f"IF(ISNUMBER({cell}),{cell}*{number(child.section.weight)},0)" for cell, child in cells)
        below = "+".join(f"IF(ISNUMBER({cell}),{number(child.section.weight)},0)" for cell, child in cells)
        return f"({above})/({below})", have, f"({of})"
    if rule.rule == "sum_of_level_means":
        return f"SUM({joined})", have, f"({of})"
    return f"SUM({joined})/COUNT({joined})", have, f"({of})"


def _overall(content: Content, sheet: Sheet) -> None:
    plan, words = content.plan, content.words
    rule = content.instrument.framework.scoring.overall
    nodes = counted_in_overall(content.instrument)
    cells = [(ref(plan.score_cell(node.id), sheet), node.section.weight) for node in nodes]
    joined = ",".join(cell for cell, _ in cells)
    not_enough = literal(words("word.not_enough"))
    equal = f"ROUND(SUM({joined})/COUNT({joined}),6)"
    above = "+".join(f"IF(ISNUMBER({cell}),{cell}*{number(weight)},0)" for cell, weight in cells)
    below = "+".join(f"IF(ISNUMBER({cell}),{number(weight)},0)" for cell, weight in cells)
    weighted = f"ROUND(({above})/({below}),6)"

    def line(row: int, label: str, text: str, value: float | None) -> None:
        guarded = (
            f"IF(COUNT({joined})<{rule.least_sections},{not_enough},{text})" if rule.rule != "none" else not_enough
        )
        sheet.put(row, NO, None, "code")
        sheet.put(row, Results.LABEL, label, "label")
        shown = words("word.not_enough") if value is None else value
        formula(sheet, row, Results.SCORE, guarded, shown, Style("score", score_format(content)))
        _band(content, sheet, row, value)
        _overall_counts(content, sheet, row)
        sheet.put(row, Results.STRENGTH, None, "output_center")
        sheet.row_heights[row] = 30

    codes = [node.id for node in nodes]
    label = words("word.overall")
    if len(nodes) < len(content.instrument.tree):
        label = words("word.overall_of", sections=", ".join(codes))
    line(plan.overall_row, label, weighted if plan.weighted_overall else equal, content.result.overall)
    if plan.overall_equal_row is not None:
        line(plan.overall_equal_row, words("word.overall_equal"), equal, content.result.overall_equal)


def _charts(content: Content, sheet: Sheet) -> None:
    plan, words, scoring = content.plan, content.words, content.instrument.framework.scoring
    block = plan.chart_workings
    categories = RangeRef(block.sheet, block.first, Plan.CHART_LABEL, block.last, Plan.CHART_LABEL)
    values = RangeRef(block.sheet, block.first, Plan.CHART_VALUE, block.last, Plan.CHART_VALUE)
    codes = RangeRef(block.sheet, block.first, Plan.CHART_CODE, block.last, Plan.CHART_CODE)
    name = words("results.score")
    described = words("results.chart_text", minimum=number(scoring.minimum), maximum=number(scoring.maximum))
    unit = (scoring.maximum - scoring.minimum) / 4
    sheet.charts.append(
        Chart(
            "radar", words("results.radar"), described, (Series(name, codes, values),), plan.charts_row, NO, 560, 460,
            minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit,
        )
    )  # fmt: skip
    sheet.charts.append(
        Chart(
            "bar", words("results.bar"), described, (Series(name, categories, values),),
            plan.charts_row, Results.BAND, 780, 460,
            minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit, value_title=name,
        )
    )  # fmt: skip


def _listed(content: Content, sheet: Sheet, *, strongest: bool) -> None:
    """The five strongest or weakest answers, found by their sorting keys."""
    plan, words, instrument = content.plan, content.words, content.instrument
    title = plan.strongest_title if strongest else plan.weakest_title
    first = plan.strongest_first if strongest else plan.weakest_first
    listed = content.result.strongest if strongest else content.result.weakest
    sheet.put(title, NO, words("results.strongest" if strongest else "results.weakest"), "heading")
    for column in range(NO + 1, Results.SCORE + 1):
        sheet.put(title, column, None, "heading")
    sheet.row_heights[title] = 26
    header(
        sheet, first - 1,
        {NO: words("column.no"), Results.LABEL: words("word.question"), Results.SCORE: words("results.answer")},
        height=22,
    )  # fmt: skip
    keys = ref(plan.working_range(instrument.questions, Workings.STRONGEST if strongest else Workings.WEAKEST), sheet)
    pick = "LARGE" if strongest else "SMALL"
    by_id = {question.id: question for question in instrument.questions}
    answers = ref(RangeRef(plan.assessment.sheet, 0, Assessment.ANSWER, plan.assessment.last, Assessment.ANSWER), sheet)
    codes = ref(RangeRef(plan.assessment.sheet, 0, NO, plan.assessment.last, NO), sheet)
    for rank in range(LISTED):
        row = first + rank
        identifier = listed[rank] if rank < len(listed) else ""
        code = ref(CellRef(sheet.name, row, NO), sheet)

        def found(column: int, rank: int = rank) -> str:
            area = ref(plan.working_range(instrument.questions, column), sheet)
            return f'IF(COUNT({keys})<{rank + 1},"",INDEX({area},MATCH({pick}({keys},{rank + 1}),{keys},0)))'

        question = by_id.get(identifier)
        formula(sheet, row, NO, found(Workings.CODE), identifier, "code")
        formula(sheet, row, Results.LABEL, found(Workings.LABEL), question.label if question else "", "output")
        answer = str(content.typed.get(Key(question.id), "")) if question else ""
        formula(
            sheet, row, Results.SCORE, f'IF({code}="","",INDEX({answers},MATCH({code},{codes},0)))', answer, "output"
        )
        sheet.row_heights[row] = 20


def _formats(content: Content, sheet: Sheet) -> None:
    """Each band in its tone, beside the word that says the same."""
    plan = content.plan
    last = plan.overall_equal_row or plan.overall_row
    area = RangeRef(sheet.name, plan.results.first, Results.BAND, last, Results.BAND)
    cell = ref(CellRef(sheet.name, plan.results.first, Results.BAND), sheet).replace("$", "")
    for band in content.instrument.framework.scoring.bands:
        condition = f"{cell}={literal(band.display())}"
        sheet.conditional_formats.append(
            ConditionalFormat(area, "formula", Style(f"tone_{band.tone}"), formula=condition)
        )
