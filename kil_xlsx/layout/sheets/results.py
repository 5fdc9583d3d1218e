"""The sheet with the scores: sections, overall, charts, strongest and weakest answers."""

from __future__ import annotations

from collections.abc import Sequence

from kil_xlsx.core.expressions import ANY_NUMBER
from kil_xlsx.core.framework import ScoreRule
from kil_xlsx.core.instrument import SectionNode
from kil_xlsx.core.peers import change
from kil_xlsx.core.release import CONFIDENTIAL, OVERALL
from kil_xlsx.core.returns import Key, State
from kil_xlsx.core.scoring import LISTED, band_of, counted_in_overall, groups
from kil_xlsx.layout import pagination, text_fit
from kil_xlsx.layout.document import CellRef, Chart, ConditionalFormat, PrintSetup, RangeRef, Series, Sheet, Style
from kil_xlsx.layout.places import NO, Assessment, Results, Workings
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets import peers
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    formula,
    header,
    intro,
    literal,
    new_sheet,
    number,
    page_header,
    ref,
    said,
)

_WIDTHS = {
    0: 2.0,
    NO: NO_WIDTH,
    Results.LABEL: 52.0,
    Results.SCORE: 24.0,
    Results.BAND: 40.0,
    Results.LAST: 12.0,
    Results.CHANGE: 9.0,
    Results.LOWER: 9.0,
    Results.MEDIAN: 9.0,
    Results.UPPER: 9.0,
    Results.PEERS: 8.5,
    Results.STANDING: 14.0,
    Results.QUESTIONS: 11.0,
    Results.ANSWERED: 11.0,
    Results.DONT_KNOW: 11.0,
    Results.NOT_APPLICABLE: 12.0,
    Results.UNANSWERED: 12.0,
    Results.STRENGTH: 18.0,
}

_BESIDE_OTHERS = {
    NO: 8.5,
    Results.LABEL: 38.0,
    Results.SCORE: 23.0,
    Results.BAND: 23.0,
    Results.QUESTIONS: 10.0,
    Results.ANSWERED: 9.5,
    Results.DONT_KNOW: 8.0,
    Results.NOT_APPLICABLE: 10.5,
    Results.UNANSWERED: 10.0,
    Results.STRENGTH: 11.0,
}
"""Narrower columns where scores stand beside last time's or those of peers, so that all are legible on one page."""

_RADAR_WIDTH, _BARS_WIDTH, _GAP = 560, 780, 10
"""Pixels: the widths of the charts where columns leave the room, and what is between them."""

_LAST_TIME = range(Results.LAST, Results.CHANGE + 1)
_PEERS = range(Results.LOWER, Results.STANDING + 1)
"""Columns that have something to say only when an earlier return or a benchmark is given."""


def score_format(content: Content) -> str:
    """The number format of scores."""
    decimals = content.instrument.framework.scoring.decimals
    return "0" if decimals == 0 else "0." + "0" * decimals


def _widths(content: Content) -> dict[int, float]:
    compared = content.issue.previous is not None or content.issue.peers is not None
    return {**_WIDTHS, **(_BESIDE_OTHERS if compared else {})}


def paint(content: Content) -> Sheet:
    """A row per section, the overall score, two charts, the strongest and weakest answers."""
    plan, words, scoring = content.plan, content.words, content.instrument.framework.scoring
    hidden = set() if content.issue.previous else set(_LAST_TIME)
    hidden |= set() if content.issue.peers else set(_PEERS)
    widths = _widths(content)
    sheet = new_sheet(content, plan.results.sheet, plan.results.sheet, widths, tab="tab_output", hidden=hidden)
    told = words("results.intro", minimum=number(scoring.minimum), maximum=number(scoring.maximum))
    if content.issue.peers:
        told += " " + words("results.intro_peers", mark=CONFIDENTIAL, about=plan.about.sheet)
    intro(sheet, 2, told, NO, Results.NOT_APPLICABLE)
    strengths = content.instrument.choice_lists[content.instrument.framework.evidence_strength]
    highest = max((choice.value for choice in strengths.choices if choice.value is not None), default=0.0)
    headings = {
        NO: words("column.no"),
        Results.LABEL: words("results.section"),
        Results.SCORE: words("results.score"),
        Results.BAND: words("results.band"),
        Results.LAST: last_time(content),
        Results.CHANGE: words("results.change"),
        Results.LOWER: words("results.lower"),
        Results.MEDIAN: words("results.median"),
        Results.UPPER: words("results.upper"),
        Results.PEERS: words("results.peers"),
        Results.STANDING: words("results.standing"),
        Results.QUESTIONS: words("results.questions"),
        Results.ANSWERED: words("results.answered"),
        Results.DONT_KNOW: words("results.dont_know"),
        Results.NOT_APPLICABLE: words("results.not_applicable"),
        Results.UNANSWERED: words("results.unanswered"),
        Results.STRENGTH: words("results.strength", maximum=number(highest)),
    }
    narrow = ((words, widths[column]) for column, words in headings.items() if column not in hidden)
    height = text_fit.height(*narrow, least=48)
    centred = {Results.SCORE, *range(Results.LAST, Results.STRENGTH + 1)} - {Results.STANDING}
    header(sheet, Results.HEADER, headings, height=height, centred=centred)
    for node in content.instrument.nodes:
        _section(content, sheet, node)
    _overall(content, sheet)
    _charts(content, sheet)
    result = content.result
    lists = (
        (plan.strongest_title, "results.strongest", Workings.STRONGEST, "LARGE", result.strongest),
        (plan.weakest_title, "results.weakest", Workings.WEAKEST, "SMALL", result.weakest),
        (plan.claims_title, "results.claims", Workings.CLAIMED, "SMALL", result.claims),
    )
    for title, words_key, keys, pick, found in lists:
        _listed(content, sheet, title, words(words_key), keys, pick, found)
    _more_claims(content, sheet)
    _formats(content, sheet)
    sheet.freeze = (Results.HEADER + 1, 0)
    sheet.selection = (plan.results.first, Results.LABEL)
    sheet.printing = _printing(content, sheet)
    return sheet


def _printing(content: Content, sheet: Sheet) -> PrintSetup:
    """One upright page; with columns for last time or peers lying pages: scores, charts, lists."""
    plan, footer = content.plan, sheet.printing.footer
    if content.issue.previous is None and content.issue.peers is None:
        return PrintSetup(one_page=True, footer=footer)
    page = pagination.Page(landscape=True)
    columns = [column for column in sheet.columns if column != 0 and not sheet.columns[column].hidden]
    per_cent = pagination.scale(sheet, page, columns)
    together = set(range(plan.charts_row - 1, plan.strongest_title))
    for title in (plan.strongest_title, plan.weakest_title, plan.claims_title):
        together |= set(range(title, title + 2 + LISTED))
    found = pagination.breaks(
        sheet, range(plan.claims_title + 2 + LISTED + 1), per_cent, page,
        with_next=together, starts_page={plan.charts_row - 1, plan.strongest_title},
    )  # fmt: skip
    head = page_header(content, plan.results.sheet)
    return PrintSetup(landscape=True, scale=per_cent, breaks_before=found, header=head, footer=footer)


def last_time(content: Content) -> str:
    """What the score of an earlier return is called."""
    previous = content.issue.previous
    if previous is None or not previous.round:
        return content.words("results.last_time")
    return content.words("results.last", round=previous.round)


def _beside(content: Content, sheet: Sheet, row: int, item: str, score: float | None) -> None:
    """What a score is to be seen beside: last time's with the change, and those of peers."""
    form = score_format(content)
    peers.shown(content, sheet, row, item, score, form)
    previous = content.issue.previous
    if previous is None:
        return
    known = item in previous.scores
    before = previous.scores.get(item)
    words = content.words("word.not_enough") if known else None
    sheet.put(row, Results.LAST, words if before is None else before, Style("output_center", form))
    decimals = content.instrument.framework.scoring.decimals
    now, then = (ref(CellRef(sheet.name, row, column), sheet) for column in (Results.SCORE, Results.LAST))
    by = f"ROUND(ROUND({now},{decimals})-ROUND({then},{decimals}),{decimals})"
    text = f'IF(AND(ISNUMBER({now}),ISNUMBER({then})),{by},"")'
    value = change(score, before, decimals)
    formula(sheet, row, Results.CHANGE, text, value, Style("output_center", f"+{form};-{form};{form}"))


def _beside_nothing(content: Content, sheet: Sheet, row: int) -> None:
    """The cells beside a score that there is nothing to compare with."""
    if content.issue.peers is not None:
        peers.blank(sheet, row)
    if content.issue.previous is not None:
        for column in _LAST_TIME:
            sheet.put(row, column, None, "output_center")


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
    if rule.rule == "none":
        _beside_nothing(content, sheet, row)
    else:
        _beside(content, sheet, row, node.id, result.score)
    _counts(content, sheet, row, node)
    strength = ref(plan.working_range(node.questions, Workings.STRENGTH), sheet)
    mean = f'IF(COUNT({strength})=0,"",ROUND(SUM({strength})/COUNT({strength}),6))'
    formula(sheet, row, Results.STRENGTH, mean, result.strength, Style("output_center", "0.0"))
    sheet.row_heights[row] = _height(content, label)


def _height(content: Content, label: str) -> float:
    """The height of a row with a score: its label, and whatever band and standing it may come to have."""
    widths = _widths(content)
    texts = [(label, widths[Results.LABEL], 1.08)]
    if content.issue.previous is not None or content.issue.peers is not None:
        texts += [
            (band.display(), widths[Results.BAND] - 1, 1.0) for band in content.instrument.framework.scoring.bands
        ]
    if content.issue.previous is not None:
        texts.append((content.words("word.not_enough"), widths[Results.LAST], 1.0))
    if content.issue.peers is not None:
        texts.append((peers.longest_standing(content), widths[Results.STANDING] - 1, 1.0))
    return text_fit.height(*texts, least=24)


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
        if row == plan.overall_row and rule.rule != "none":
            _beside(content, sheet, row, OVERALL, value)
        else:
            _beside_nothing(content, sheet, row)
        sheet.put(row, Results.STRENGTH, None, "output_center")
        sheet.row_heights[row] = max(_height(content, label), 30)

    codes = [node.id for node in nodes]
    label = words("word.overall")
    if len(nodes) < len(content.instrument.tree):
        label = words("word.overall_of", sections=", ".join(codes))
    line(plan.overall_row, label, weighted if plan.weighted_overall else equal, content.result.overall)
    if plan.overall_equal_row is not None:
        line(plan.overall_equal_row, words("word.overall_equal"), equal, content.result.overall_equal)
    peers.compared_line(content, sheet, Results.NOT_APPLICABLE)


def _pixels(sheet: Sheet, first: int, last: int) -> int:
    """How wide some columns are together on the screen; hidden ones take no room."""
    columns = (sheet.columns[column] for column in range(first, last + 1))
    return int(sum(pagination.column_points(column.width) / 0.75 for column in columns if not column.hidden))


def _charts(content: Content, sheet: Sheet) -> None:
    plan, words, scoring = content.plan, content.words, content.instrument.framework.scoring
    block = plan.chart_workings
    categories = RangeRef(block.sheet, block.first, Plan.CHART_LABEL, block.last, Plan.CHART_LABEL)
    codes = RangeRef(block.sheet, block.first, Plan.CHART_CODE, block.last, Plan.CHART_CODE)
    own = words("results.score")
    described = words("results.chart_text", minimum=number(scoring.minimum), maximum=number(scoring.maximum))
    unit = (scoring.maximum - scoring.minimum) / 4
    shown = [(own, Plan.CHART_VALUE)]
    if content.issue.peers is not None:
        shown.append((words("results.peer_median"), Plan.CHART_PEERS))
    elif content.issue.previous is not None:
        shown.append((last_time(content), Plan.CHART_LAST))
    if len(shown) > 1:
        described += " " + words("results.chart_more", series=shown[1][0])

    def series(labels: RangeRef) -> tuple[Series, ...]:
        return tuple(
            Series(name, labels, RangeRef(block.sheet, block.first, column, block.last, column), f"series_{at}")
            for at, (name, column) in enumerate(shown, 1)
        )

    legend = len(shown) > 1
    radar = min(_RADAR_WIDTH, _pixels(sheet, NO, Results.SCORE) - _GAP)
    bars = min(_BARS_WIDTH, _pixels(sheet, Results.BAND, Results.STRENGTH))  # a chart must not end beyond the page
    sheet.charts.append(
        Chart(
            "radar", words("results.radar"), described, series(codes), plan.charts_row, NO, radar, 460,
            minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit, legend=legend,
        )
    )  # fmt: skip
    sheet.charts.append(
        Chart(
            "bar", words("results.bar"), described, series(categories),
            plan.charts_row, Results.BAND, bars, 460,
            minimum=scoring.minimum, maximum=scoring.maximum, major_unit=unit, value_title=own, legend=legend,
        )
    )  # fmt: skip


def _listed(
    content: Content, sheet: Sheet, title: int, heading: str, keys_column: int, pick: str, listed: Sequence[str]
) -> None:
    """Some questions with their answers, found by sorting keys: the strongest, the weakest, claims without evidence."""
    plan, words, instrument = content.plan, content.words, content.instrument
    first = title + 2
    sheet.put(title, NO, heading, "heading")
    for column in range(NO + 1, Results.SCORE + 1):
        sheet.put(title, column, None, "heading")
    sheet.row_heights[title] = 26
    header(
        sheet, first - 1,
        {NO: words("column.no"), Results.LABEL: words("word.question"), Results.SCORE: words("results.answer")},
        height=22,
    )  # fmt: skip
    keys = ref(plan.working_range(instrument.questions, keys_column), sheet)
    by_id = {question.id: question for question in instrument.questions}
    answers = ref(RangeRef(plan.assessment.sheet, 0, Assessment.ANSWER, plan.assessment.last, Assessment.ANSWER), sheet)
    codes = ref(RangeRef(plan.assessment.sheet, 0, NO, plan.assessment.last, NO), sheet)
    width = sheet.columns[Results.LABEL].width - 1
    height = max(
        (text_fit.height((each.label, width), least=20, padding=5) for each in instrument.questions), default=20
    )
    for rank in range(LISTED):
        row = first + rank
        identifier = listed[rank] if rank < len(listed) else ""
        code = ref(CellRef(sheet.name, row, NO), sheet)

        def found(column: int, rank: int = rank) -> str:
            area = ref(plan.working_range(instrument.questions, column), sheet)
            return f'IF(COUNT({keys})<{rank + 1},"",INDEX({area},MATCH({pick}({keys},{rank + 1}),{keys},0)))'

        question = by_id.get(identifier)
        formula(sheet, row, NO, found(Workings.CODE), identifier, "code")
        label, none = found(Workings.LABEL), words("results.none") if rank == 0 else ""
        text = f"IF(COUNT({keys})=0,{literal(none)},{label})" if none else label
        formula(sheet, row, Results.LABEL, text, question.label if question else none, "output")
        answer = str(content.typed.get(Key(question.id), "")) if question else ""
        formula(
            sheet, row, Results.SCORE, f'IF({code}="","",INDEX({answers},MATCH({code},{codes},0)))', answer, "output"
        )
        sheet.row_heights[row] = height


def _more_claims(content: Content, sheet: Sheet) -> None:
    """How many claims without evidence there are beyond those listed."""
    plan, words = content.plan, content.words
    row = plan.claims_title + 2 + LISTED
    keys = ref(plan.working_range(content.instrument.questions, Workings.CLAIMED), sheet)
    more = said(
        content, "results.more_claims", count=f"(COUNT({keys})-{LISTED})", flag=literal(words("assessment.flag"))
    )
    count = len(content.result.claims)
    value = words("results.more_claims", count=count - LISTED, flag=words("assessment.flag")) if count > LISTED else ""
    formula(sheet, row, Results.LABEL, f'IF(COUNT({keys})>{LISTED},{more},"")', value, "output")
    sheet.row_heights[row] = 20


def _formats(content: Content, sheet: Sheet) -> None:
    """Each band in its tone, beside the word that says the same; so too where a score stands among peers."""
    plan = content.plan
    peers.tones(content, sheet)
    last = plan.overall_equal_row or plan.overall_row
    area = RangeRef(sheet.name, plan.results.first, Results.BAND, last, Results.BAND)
    cell = ref(CellRef(sheet.name, plan.results.first, Results.BAND), sheet).replace("$", "")
    for band in content.instrument.framework.scoring.bands:
        condition = f"{cell}={literal(band.display())}"
        sheet.conditional_formats.append(
            ConditionalFormat(area, "formula", Style(f"tone_{band.tone}"), formula=condition)
        )
