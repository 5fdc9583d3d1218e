"""From a return to its result.

Every rule here has a twin among the workbook's formulas, so each is written to be said in a formula too: values are
rounded to six decimals before they are compared, and whatever is missing gives *nothing*, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kil_xlsx.core.checking import REQUIRED, check_results, is_given
from kil_xlsx.core.framework import Band, Choice, ChoiceList, LookupEntry, ProfileField, Question, ScoreRule
from kil_xlsx.core.instrument import Instrument, SectionNode
from kil_xlsx.core.measures import counted_figures, measure_result, table_numbers
from kil_xlsx.core.results import (
    CheckResult,
    Counts,
    Progress,
    QuestionResult,
    Result,
    SectionResult,
)
from kil_xlsx.core.returns import Part, Return, State
from kil_xlsx.core.rounding import PLACES, round_half_away

LISTED = 5
"""How many strongest and weakest questions are listed."""

DONT_KNOW_PRIORITY = 300.0
CLAIM_PRIORITY = 100.0
GAP_PRIORITY = 1000.0
"""What counts how much in the order of the action plan; a gap from one end of the scale to the other counts most."""

PRIORITY_STEPS = 10_000
LIST_STEPS = 10_000_000
"""Sorting keys are whole numbers that leave room for the order of questions, which settles ties."""


def score(instrument: Instrument, ret: Return) -> Result:
    """Score a return.  Entries that were refused or not found count as unanswered."""
    questions = {
        question.id: _question(instrument, ret, question, index) for index, question in enumerate(instrument.questions)
    }
    sections: dict[str, SectionResult] = {}
    for top in instrument.tree:
        _section(instrument, top, questions, sections)
    figures = counted_figures(instrument, ret)
    tables = table_numbers(instrument, ret)
    measures = {measure.id: measure_result(instrument, measure, figures, tables) for measure in instrument.measures}
    overall, overall_equal = _overall(instrument, sections)
    checks = check_results(instrument, ret, questions, figures, tables, measures)
    return Result(
        questions=questions,
        sections=sections,
        overall=overall,
        overall_equal=overall_equal,
        overall_band=_band_label(band_of(instrument.framework.scoring.bands, overall)),
        overall_counts=_counts(
            questions[question.id] for node in counted_in_overall(instrument) for question in node.questions
        ),
        measures=measures,
        checks=checks,
        figures=figures,
        derived={
            field.id: _derived(instrument, field, ret, figures)
            for field in instrument.profile
            if field.type == "derived"
        },
        strongest=_listed(questions.values(), strongest=True),
        weakest=_listed(questions.values(), strongest=False),
        action_plan=tuple(
            result.id
            for result in sorted(
                (result for result in questions.values() if result.priority is not None),
                key=lambda result: -(result.priority or 0),
            )
        ),
        progress=_progress(instrument, ret, questions, checks),
    )


# Questions


def span(choice_list: ChoiceList) -> tuple[float, float]:
    """Lowest and highest value that an answer from this list can have."""
    values = [choice.value for choice in choice_list.choices if choice.value is not None]
    return (min(values), max(values)) if values else (0.0, 1.0)


def scored_choices(choice_list: ChoiceList) -> tuple[Choice, ...]:
    """The choices that are answers with a value, in order: the steps of the scale."""
    return tuple(choice for choice in choice_list.choices if choice.state == "answered" and choice.value is not None)


def relative(choice_list: ChoiceList, value: float) -> float:
    """A value on 0 to 1 of its list, rounded to four decimals."""
    lowest, highest = span(choice_list)
    return round_half_away((value - lowest) / (highest - lowest), 4) if highest > lowest else 0.0


def _question(instrument: Instrument, ret: Return, question: Question, index: int) -> QuestionResult:
    scoring = instrument.framework.scoring
    choice_list = instrument.choices_of(question)
    entry = ret.get(question.id)
    if entry.state is State.ANSWERED:
        value = entry.value
    elif entry.state is State.NOT_APPLICABLE:
        value = scoring.not_applicable.counts_as
    elif entry.state is State.DONT_KNOW:
        value = scoring.dont_know.counts_as
    else:
        value = None
    strength = ret.value(question.id, Part.STRENGTH)
    target = ret.value(question.id, Part.TARGET)
    gap = None
    if target is not None and value is not None and target > value:
        gap = round_half_away(target - value, PLACES)
    claim = (
        scoring.claim is not None
        and entry.state is State.ANSWERED
        and value is not None
        and value >= scoring.claim.value_at_least
        and (strength is None or strength <= scoring.claim.strength_at_most)
    )
    chosen = next((choice for choice in choice_list.choices if choice.code == entry.code), None)
    reason_missing = bool(chosen and chosen.needs_reason and not ret.text(question.id, Part.REASON))
    rank = DONT_KNOW_PRIORITY if entry.state is State.DONT_KNOW else 0.0
    rank += CLAIM_PRIORITY if claim else 0.0
    if gap is not None and target is not None and value is not None:
        rank += (relative(choice_list, target) - relative(choice_list, value)) * GAP_PRIORITY
    return QuestionResult(
        id=question.id,
        state=entry.state,
        code=entry.code,
        value=value,
        relative=None if value is None else relative(choice_list, value),
        strength=strength,
        target=target,
        gap=gap,
        claim_without_evidence=claim,
        reason_missing=reason_missing,
        priority=int(round_half_away(rank * PRIORITY_STEPS, 0)) - index if rank > 0 else None,
    )


def strongest_key(relative_value: float, index: int) -> int:
    """Sorting key for the strongest questions: the largest first, ties in order of the questions."""
    return int(round_half_away(relative_value * LIST_STEPS, 0)) - index


def weakest_key(relative_value: float, index: int) -> int:
    """Sorting key for the weakest questions: the smallest first, ties in order of the questions."""
    return int(round_half_away(relative_value * LIST_STEPS, 0)) + index


def _listed(results: Iterable[QuestionResult], *, strongest: bool) -> tuple[str, ...]:
    keyed = [
        (-strongest_key(result.relative, index) if strongest else weakest_key(result.relative, index), result.id)
        for index, result in enumerate(results)
        if result.relative is not None and result.state is State.ANSWERED
    ]
    return tuple(identifier for _, identifier in sorted(keyed)[:LISTED])


# Sections


def _counts(results: Iterable[QuestionResult]) -> Counts:
    states = [result.state for result in results]
    not_applicable = states.count(State.NOT_APPLICABLE)
    return Counts(
        questions=len(states),
        applicable=len(states) - not_applicable,
        answered=states.count(State.ANSWERED),
        not_applicable=not_applicable,
        dont_know=states.count(State.DONT_KNOW),
        unanswered=states.count(State.UNANSWERED),
    )


def _section(
    instrument: Instrument,
    node: SectionNode,
    questions: dict[str, QuestionResult],
    sections: dict[str, SectionResult],
) -> None:
    """Put the results of a section and of all below it into ``sections``, parents first."""
    mine = [questions[question.id] for question in node.questions]
    sections[node.id] = SectionResult(
        id=node.id, depth=node.depth, score=None, band=None, counts=_counts(mine), strength=None
    )
    for child in node.children:
        _section(instrument, child, questions, sections)
    rule = instrument.rule_of(node)
    by_sections = rule.of == "sections"
    raw = _by_sections(rule, node, questions, sections) if by_sections else _by_questions(rule, node, questions)
    value = None if raw is None else round_half_away(raw * rule.multiply, PLACES)
    strengths = [result.strength for result in mine if result.strength is not None]
    sections[node.id] = SectionResult(
        id=node.id,
        depth=node.depth,
        score=value,
        band=_band_label(band_of(instrument.framework.scoring.bands, value)),
        counts=_counts(mine),
        strength=round_half_away(sum(strengths) / len(strengths), PLACES) if strengths else None,
    )


def _enough(have: int, of: int, least: float) -> bool:
    return have > 0 and of > 0 and round_half_away(have / of, PLACES) >= round_half_away(least, PLACES)


def _applicable(result: QuestionResult) -> bool:
    """A question that cannot apply leaves the denominator, unless the policy gives it a number."""
    return result.state is not State.NOT_APPLICABLE or result.value is not None


def _by_questions(rule: ScoreRule, node: SectionNode, questions: dict[str, QuestionResult]) -> float | None:
    pairs = [(question, questions[question.id]) for question in node.questions]
    applicable = [pair for pair in pairs if _applicable(pair[1])]
    scored = [(question, result.value) for question, result in pairs if result.value is not None]
    if rule.rule == "none" or not _enough(len(scored), len(applicable), rule.least_answered):
        return None
    if rule.rule == "sum_of_level_means":
        total = 0.0
        for group in groups(node.questions):
            if not any(question.group == group for question, _ in applicable):
                continue
            values = [value for question, value in scored if question.group == group]
            if not values:
                return None
            total += sum(values) / len(values)
        return total
    weights = [question.weight if rule.rule == "weighted_mean" else 1.0 for question, _ in scored]
    return sum(weight * value for weight, (_, value) in zip(weights, scored, strict=True)) / sum(weights)


def groups(questions: Sequence[Question]) -> tuple[str, ...]:
    """The groups of questions, in order of first appearance."""
    return tuple(dict.fromkeys(question.group for question in questions))


def _by_sections(
    rule: ScoreRule,
    node: SectionNode,
    questions: dict[str, QuestionResult],
    sections: dict[str, SectionResult],
) -> float | None:
    applicable = [child for child in node.children if any(_applicable(questions[one.id]) for one in child.questions)]
    scored = [(child.section.weight, sections[child.id].score) for child in node.children]
    usable = [(weight, value) for weight, value in scored if value is not None]
    if rule.rule == "none" or not _enough(len(usable), len(applicable), rule.least_answered):
        return None
    if rule.rule == "sum_of_level_means":
        return sum(value for _, value in usable)
    weights = [weight if rule.rule == "weighted_mean" else 1.0 for weight, _ in usable]
    return sum(weight * value for weight, (_, value) in zip(weights, usable, strict=True)) / sum(weights)


def counted_in_overall(instrument: Instrument) -> tuple[SectionNode, ...]:
    """The top sections whose scores make up the overall score."""
    kinds = instrument.framework.scoring.overall.kinds
    return tuple(node for node in instrument.tree if not kinds or node.section.kind in kinds)


def _overall(instrument: Instrument, sections: dict[str, SectionResult]) -> tuple[float | None, float | None]:
    """The overall score by the declared rule, and with all sections weighted alike."""
    rule = instrument.framework.scoring.overall
    usable = [
        (node.section.weight, value)
        for node in counted_in_overall(instrument)
        if (value := sections[node.id].score) is not None
    ]
    if rule.rule == "none" or len(usable) < rule.least_sections:
        return None, None
    equal = round_half_away(sum(value for _, value in usable) / len(usable), PLACES)
    if rule.rule == "mean":
        return equal, equal
    weighted = sum(weight * value for weight, value in usable) / sum(weight for weight, _ in usable)
    return round_half_away(weighted, PLACES), equal


def band_of(bands: Sequence[Band], value: float | None) -> Band | None:
    """The band that a score falls in; none without a score or without bands."""
    if value is None:
        return None
    return next((band for band in reversed(bands) if value >= band.from_), None)


def _band_label(band: Band | None) -> str | None:
    return band.label if band else None


# Profile and progress


def prefix_lengths(entries: Sequence[LookupEntry]) -> tuple[int, ...]:
    """The lengths of a lookup's prefixes, longest first: the order in which they are tried."""
    return tuple(sorted({len(entry.prefix) for entry in entries if entry.prefix}, reverse=True))


def label_by_prefix(instrument: Instrument, field: ProfileField, text: str) -> str:
    """The label that a derived field has for how the text of its source begins; empty where there is none."""
    if field.lookup is None:
        return ""
    entries = instrument.lookups[field.lookup].entries
    plain = text.strip(" ").upper()
    by_prefix = {entry.prefix.upper(): entry.label for entry in entries if entry.prefix}
    starts = (plain[:length] for length in prefix_lengths(entries))
    return next((by_prefix[start] for start in starts if start in by_prefix), "")


def _derived(instrument: Instrument, field: ProfileField, ret: Return, figures: dict[str, float | None]) -> str:
    """The label that a derived field works out to; empty where it cannot be worked out."""
    if field.lookup is None or field.source is None:
        return ""
    if field.by == "prefix":
        return label_by_prefix(instrument, field, ret.text(field.source))
    entries = instrument.lookups[field.lookup].entries
    amount = figures.get(field.source)
    if amount is None:
        return ""
    reached = [entry.label for entry in entries if entry.at_least is not None and amount >= entry.at_least]
    return reached[-1] if reached else ""


def _progress(
    instrument: Instrument,
    ret: Return,
    questions: dict[str, QuestionResult],
    checks: dict[str, CheckResult],
) -> Progress:
    required = [field for field in instrument.profile if field.required]
    still_open = [check for check in checks.values() if check.is_open]
    return Progress(
        profile_required=len(required),
        profile_done=sum(is_given(ret, field) for field in required),
        questions=len(questions),
        questions_responded=sum(result.state is not State.UNANSWERED for result in questions.values()),
        figures=len(instrument.figures),
        figures_responded=sum(ret.figure(figure.id)[0] is not State.UNANSWERED for figure in instrument.figures),
        errors=sum(check.severity == "error" and check.id != REQUIRED for check in still_open),
        queries=sum(check.severity == "query" for check in still_open),
    )
