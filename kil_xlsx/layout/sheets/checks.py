"""The sheet with the checks: what should hold, whether it does, and room to explain what does not."""

from __future__ import annotations

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.results import CheckState
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.core.scoring import BOTH, CLAIMS, REASONS, REQUIRED, range_check_id
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, ConditionalFormat, Link, RangeRef, Sheet, Style
from kil_xlsx.layout.plan import KEY, NO, Assessment, Checks, ListPlace, Measures, Plan, Workings
from kil_xlsx.layout.sheets.about import is_given
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    fill_in,
    formula,
    given,
    header,
    intro,
    literal,
    marks,
    new_sheet,
    ref,
)
from kil_xlsx.layout.sheets.measures import range_words

_WIDTHS = {
    KEY: 6.0,
    NO: NO_WIDTH + 2,
    Checks.LABEL: 74.0,
    Checks.SEVERITY: 12.0,
    Checks.RESULT: 26.0,
    Checks.GO: 24.0,
    Checks.EXPLANATION: 50.0,
    Checks.COUNT: 6.0,
}


def special_label(instrument: Instrument, state: str) -> str:
    """The label of the special answer for a state in the usual choice list; empty where it has none."""
    choices = instrument.choice_lists[instrument.framework.default_choices].choices
    return next((choice.label for choice in choices if choice.state == state), "")


def paint(content: Content) -> Sheet:
    """One row per check: the framework's, the measures' usual ranges, the standing ones."""
    plan, words = content.plan, content.words
    sheet = new_sheet(content, plan.checks.sheet, plan.checks.sheet, _WIDTHS, tab="tab_output")
    intro(sheet, 2, words("checks.intro"), NO, Checks.GO)
    headings = {
        KEY: words("column.key"),
        NO: words("column.no"),
        Checks.LABEL: words("checks.check"),
        Checks.SEVERITY: words("checks.severity"),
        Checks.RESULT: words("checks.result"),
        Checks.GO: words("checks.go"),
        Checks.EXPLANATION: words("checks.explanation"),
    }
    header(sheet, Checks.HEADER, headings)
    for check in content.instrument.checks:
        cell = ref(CellRef(plan.check_workings.sheet, plan.check_workings.rows[check.id], Plan.CHECK_VALUE), sheet)
        names = content.instrument.expressions[check.rule].names
        target = plan.figures.cell(names[0], Measures.VALUE) if names else CellRef(plan.figures.sheet, 0, NO)
        _row(content, sheet, check.id, check.message, f'{cell}=""', cell, target)
    for measure in plan.ranged_measures:
        cell = ref(plan.measures.cell(measure.id, Measures.VALUE), sheet)
        bounds = [f"{cell}>={measure.valid_from!r}"] if measure.valid_from is not None else []
        bounds += [f"{cell}<={measure.valid_to!r}"] if measure.valid_to is not None else []
        holds = bounds[0] if len(bounds) == 1 else f"AND({bounds[0]},{bounds[1]})"
        label = words("checks.range", measure=measure.label, range=range_words(content, measure))
        target = plan.measures.cell(measure.id, Measures.VALUE)
        _row(content, sheet, range_check_id(measure.id), label, f"NOT(ISNUMBER({cell}))", holds, target)
    _standing(content, sheet)
    _formats(content, sheet)
    sheet.freeze = (Checks.HEADER + 1, Checks.SEVERITY)
    sheet.selection = (plan.checks.first, Checks.EXPLANATION)
    return sheet


def result_words(content: Content, identifier: str) -> str:
    """What a check's result cell says."""
    words = content.words
    result = content.result.checks[identifier]
    if result.state is CheckState.NOT_YET:
        return words("checks.not_yet")
    if result.state is CheckState.OK:
        return words("checks.ok")
    if result.severity == "error":
        said = words("checks.fix")
    else:
        said = words("checks.explained") if result.explained else words("checks.explain")
    return said if result.count is None else words("checks.count", result=said, count=result.count)


def _failed(content: Content, sheet: Sheet, identifier: str) -> str:
    """The formula for what a failed check says: errors are put right, queries may be explained."""
    words = content.words
    if content.result.checks[identifier].severity == "error":
        return literal(words("checks.fix"))
    cell = ref(content.plan.checks.cell(identifier, Checks.EXPLANATION), sheet)
    return f"IF({given(cell)},{literal(words('checks.explained'))},{literal(words('checks.explain'))})"


def _row(content: Content, sheet: Sheet, identifier: str, label: str, missing: str, holds: str, target: CellRef) -> None:
    words = content.words
    text = (
        f"IF({missing},{literal(words('checks.not_yet'))},"
        f"IF({holds},{literal(words('checks.ok'))},{_failed(content, sheet, identifier)}))"
    )
    _put(content, sheet, identifier, label, text, target)


def _put(content: Content, sheet: Sheet, identifier: str, label: str, text: str, target: CellRef) -> None:
    plan, words = content.plan, content.words
    row = plan.checks.rows[identifier]
    severity = content.result.checks[identifier].severity
    marks(sheet, row, identifier)
    sheet.put(row, Checks.LABEL, label, "text")
    sheet.put(row, Checks.SEVERITY, words(f"checks.{severity}"), "text")
    formula(sheet, row, Checks.RESULT, text, result_words(content, identifier), "status")
    sheet.put(row, Checks.GO, Link(target, words("start.go", sheet=target.sheet)), "link")
    fill_in(content, sheet, plan.by_key[Key(identifier, Part.EXPLANATION)])
    explanation = content.ret.text(identifier, Part.EXPLANATION)
    sheet.row_heights[row] = text_fit.height(
        (label, _WIDTHS[Checks.LABEL]), (explanation, _WIDTHS[Checks.EXPLANATION]), least=22
    )


def _standing(content: Content, sheet: Sheet) -> None:
    """Checks that every framework has, each counting what it concerns."""
    plan, words, instrument = content.plan, content.words, content.instrument
    required = [field for field in instrument.profile if field.required]
    missing = "+".join(f"IF({is_given(content, sheet, field)},0,1)" for field in required) or "0"
    workings = plan.working_range(instrument.questions, Workings.REASON)
    claims = plan.working_range(instrument.questions, Workings.CLAIM)
    listed = plan.lists[instrument.framework.missing_figure]
    labels = ref(listed.area(ListPlace.LABELS), sheet)
    both = []
    for figure in instrument.figures:
        value = ref(plan.figures.cell(figure.id, Measures.VALUE), sheet)
        reason = ref(plan.figures.cell(figure.id, Measures.MISSING), sheet)
        inside = [f"{value}>={figure.minimum!r}"] if figure.minimum is not None else []
        inside += [f"{value}<={figure.maximum!r}"] if figure.maximum is not None else []
        within = f"AND({','.join(inside)})" if inside else "TRUE"
        both.append(f"IF(ISNUMBER({value}),IF({within},IF(ISNUMBER(MATCH({reason},{labels},0)),1,0),0),0)")
    na = special_label(instrument, "not_applicable")
    rows = {
        REQUIRED: (words("checks.required", about=plan.about.sheet), missing, plan.first_profile_cell()),
        REASONS: (
            words("checks.reasons", na=na),
            f"SUM({ref(workings, sheet)})",
            plan.question_cell(instrument.questions[0], Assessment.REASON),
        ),
        CLAIMS: (
            words("checks.claims"),
            f"SUM({ref(claims, sheet)})",
            plan.question_cell(instrument.questions[0], Assessment.EVIDENCE),
        ),
    }
    for identifier, (label, count, target) in rows.items():
        _counted(content, sheet, identifier, label, count, target)
    first_figure = next(iter(plan.figures.rows), None)
    target = plan.figures.cell(first_figure, Measures.VALUE) if first_figure else plan.first_profile_cell()
    _counted(content, sheet, BOTH, words("checks.both"), "+".join(both) or "0", target)


def _counted(content: Content, sheet: Sheet, identifier: str, label: str, count: str, target: CellRef) -> None:
    """A standing check: the count stands in the workings column of this row so that the result can show it."""
    words = content.words
    helper = CellRef(sheet.name, content.plan.checks.rows[identifier], Checks.COUNT)
    number = content.result.checks[identifier].count or 0
    formula(sheet, helper.row, helper.column, count, float(number), "count")
    cell = ref(helper, sheet)
    template = words("checks.count", result="\x00", count="\x01")
    said = _failed(content, sheet, identifier)
    joined = "&".join(
        said if part == "\x00" else cell if part == "\x01" else literal(part) for part in _split(template)
    )
    text = f"IF({cell}=0,{literal(words('checks.ok'))},{joined})"
    _put(content, sheet, identifier, label, text, target)


def _split(template: str) -> list[str]:
    """A template cut at its two placeholders, which stay as parts of their own."""
    parts, current = [], ""
    for character in template:
        if character in "\x00\x01":
            parts += [current, character]
            current = ""
        else:
            current += character
    return [part for part in [*parts, current] if part]


def _formats(content: Content, sheet: Sheet) -> None:
    words, plan = content.words, content.plan
    area = RangeRef(sheet.name, plan.checks.first, Checks.RESULT, plan.checks.last, Checks.RESULT)
    cell = RangeRef(sheet.name, plan.checks.first, Checks.RESULT, plan.checks.first, Checks.RESULT).absolute(sheet.name)
    first = cell.split(":")[0].replace("$", "")
    tones = {
        "checks.ok": "tone_ok",
        "checks.not_yet": "tone_quiet",
        "checks.fix": "tone_error",
        "checks.explained": "tone_ok",
        "checks.explain": "tone_query",
    }
    for key, tone in tones.items():
        said = words(key)
        condition = f"LEFT({first},{len(said)})={literal(said)}"
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style(tone), formula=condition))
