"""The sheet with the checks: what should hold, whether it does, and room to explain what does not."""

from __future__ import annotations

from kil_xlsx.core.checking import BOTH, CARRIED, CLAIMS, REASONS, REQUIRED, UNUSABLE, range_check_id
from kil_xlsx.core.expressions import describe
from kil_xlsx.core.figures import Check
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.results import CheckState
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.layout import text_fit
from kil_xlsx.layout.document import CellRef, ConditionalFormat, Link, PrintSetup, RangeRef, Sheet, Style
from kil_xlsx.layout.places import KEY, NO, Assessment, Checks, Measures
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets import links
from kil_xlsx.layout.sheets.frame import (
    NO_WIDTH,
    Content,
    as_table,
    fill_in,
    formula,
    given,
    header,
    intro,
    literal,
    marks,
    new_sheet,
    ref,
    said,
)
from kil_xlsx.layout.sheets.measures import figure_label, range_words
from kil_xlsx.layout.sheets.workings import bounds

_WIDTHS = {
    KEY: 6.0,
    NO: NO_WIDTH + 2,
    Checks.LABEL: 74.0,
    Checks.SEVERITY: 12.0,
    Checks.RESULT: 26.0,
    Checks.GO: 24.0,
    Checks.EXPLANATION: 50.0,
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
        label = f"{rule_words(content, check)}\n{words('checks.otherwise', message=check.message)}"
        _row(content, sheet, check.id, label, f'{cell}=""', cell, target)
    for measure in plan.ranged_measures:
        cell = ref(plan.measures.cell(measure.id, Measures.VALUE), sheet)
        holds = bounds(cell, measure.valid_from, measure.valid_to)
        label = words("checks.range", measure=measure.label, range=range_words(content, measure))
        target = plan.measures.cell(measure.id, Measures.VALUE)
        _row(content, sheet, range_check_id(measure.id), label, f"NOT(ISNUMBER({cell}))", holds, target)
    _standing(content, sheet)
    as_table(sheet, "checks", Checks.HEADER, plan.checks.last, NO, Checks.EXPLANATION, filtered=True)
    _formats(content, sheet)
    sheet.freeze = (Checks.HEADER + 1, Checks.SEVERITY)
    sheet.selection = (plan.checks.first, Checks.EXPLANATION)
    sheet.printing = PrintSetup(
        landscape=True,
        repeat_first_row=0,
        repeat_last_row=Checks.HEADER,
        footer=sheet.printing.footer,
        area=RangeRef(sheet.name, 0, NO, plan.checks.last, Checks.EXPLANATION),
    )
    return sheet


def rule_words(content: Content, check: Check) -> str:
    """A check's rule in words, such as “local pay” is at most “all pay”."""
    rule = content.instrument.expressions[check.rule]
    told = describe(rule, lambda name: f"“{figure_label(content, name)}”", content.words.of_formula)
    return f"{told[:1].upper()}{told[1:]}."


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


def _row(
    content: Content, sheet: Sheet, identifier: str, label: str, missing: str, holds: str, target: CellRef
) -> None:
    words = content.words
    text = (
        f"IF({missing},{literal(words('checks.not_yet'))},"
        f"IF({holds},{literal(words('checks.ok'))},{_failed(content, sheet, identifier)}))"
    )
    _put(content, sheet, identifier, label, text, target)


def _put(content: Content, sheet: Sheet, identifier: str, label: str, text: str, target: CellRef | None) -> None:
    plan, words = content.plan, content.words
    row = plan.checks.rows[identifier]
    severity = content.result.checks[identifier].severity
    marks(sheet, row, identifier)
    sheet.put(row, Checks.LABEL, label, "text")
    sheet.put(row, Checks.SEVERITY, words(f"checks.{severity}"), "text")
    formula(sheet, row, Checks.RESULT, text, result_words(content, identifier), "status")
    if target is not None:
        sheet.put(row, Checks.GO, Link(target, words("start.go", sheet=target.sheet)), "link")
    fill_in(content, sheet, plan.by_key[Key(identifier, Part.EXPLANATION)])
    explanation = content.ret.text(identifier, Part.EXPLANATION)
    sheet.row_heights[row] = text_fit.height(
        (label, _WIDTHS[Checks.LABEL]), (explanation, _WIDTHS[Checks.EXPLANATION]), least=22
    )


def _standing(content: Content, sheet: Sheet) -> None:
    """Checks that every framework has, each counting what it concerns."""
    plan, words, instrument = content.plan, content.words, content.instrument
    first = instrument.questions[0]
    na = special_label(instrument, "not_applicable")
    figure = next(iter(plan.figures.rows), None)
    figures = plan.figures.cell(figure, Measures.VALUE) if figure else plan.first_profile_cell()
    rows: dict[str, tuple[str, CellRef]] = {
        REQUIRED: (words("checks.required", about=plan.about.sheet), plan.first_profile_cell()),
        REASONS: (words("checks.reasons", na=na), plan.question_cell(first, plan.columns.REASON)),
        CLAIMS: (words("checks.claims"), plan.question_cell(first, plan.columns.EVIDENCE)),
        BOTH: (words("checks.both"), figures),
        UNUSABLE: (words("checks.unusable"), figures),
        CARRIED: (words("checks.carried"), plan.question_cell(first, Assessment.ANSWER)),
    }
    firsts = {
        REQUIRED: links.first_needed(content),
        REASONS: links.first_without_reason(content),
        CLAIMS: links.first_claim(content),
        UNUSABLE: links.first_unusable(content),
    }
    if plan.figures.rows:
        firsts[BOTH] = links.first_with_both(content)
    if content.carried:
        firsts[CARRIED] = links.first_untouched(content)
    for identifier, (label, target) in rows.items():
        cell = ref(plan.check_workings.cell(identifier, Plan.CHECK_VALUE), sheet)
        failed = said(content, "checks.count", result=_failed(content, sheet, identifier), count=cell)
        text = f"IF({cell}=0,{literal(words('checks.ok'))},{failed})"
        if identifier not in firsts:
            _put(content, sheet, identifier, label, text, target)
            continue
        _put(content, sheet, identifier, label, text, None)
        links.link(content, sheet, firsts[identifier], target).put(sheet, plan.checks.rows[identifier], Checks.GO)


def _formats(content: Content, sheet: Sheet) -> None:
    words, plan = content.words, content.plan
    area = RangeRef(sheet.name, plan.checks.first, Checks.RESULT, plan.checks.last, Checks.RESULT)
    cell = RangeRef(sheet.name, plan.checks.first, Checks.RESULT, plan.checks.first, Checks.RESULT).absolute(sheet.name)
    first = cell.split(":")[0].replace("$", "")
    row = plan.checks.first
    severity = sheet.ref(row, Checks.SEVERITY).address
    explained = given(sheet.ref(row, Checks.EXPLANATION).address)
    ok, not_yet = f"{first}={literal(words('checks.ok'))}", f"{first}={literal(words('checks.not_yet'))}"
    failed = f"{first}<>{literal(words('checks.ok'))},{first}<>{literal(words('checks.not_yet'))}"
    error, query = (f"{severity}={literal(words(f'checks.{kind}'))}" for kind in ("error", "query"))
    tones = {
        ok: "tone_ok",
        not_yet: "tone_quiet",
        f"AND({failed},{error})": "tone_error",
        f"AND({failed},{query},{explained})": "tone_ok",
        f"AND({failed},{query},NOT({explained}))": "tone_query",
    }
    for condition, tone in tones.items():
        sheet.conditional_formats.append(ConditionalFormat(area, "formula", Style(tone), formula=condition))
