"""What an organisation does well and what it could do next, from its own answers and published figures of its group.

No difference counts that is smaller than one step of one answer: it may be chance, or a matter of wording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from kil_xlsx.core import feedback_words as words
from kil_xlsx.core.feedback import Line, NextStep, Strength
from kil_xlsx.core.framework import Choice, ChoiceList, Question
from kil_xlsx.core.instrument import Instrument, display
from kil_xlsx.core.release import OVERALL, Item
from kil_xlsx.core.results import QuestionResult, Result
from kil_xlsx.core.returns import Part, Return, State
from kil_xlsx.core.rounding import PLACES, round_half_away
from kil_xlsx.core.scoring import scored_choices

MOST_STEPS = 8
"""How many next steps are named: enough for a year."""

LEAST_STEPS = 3
"""With fewer reasons to name any, the lowest answers are named too."""

MOST_STRENGTHS = 6
"""How many strengths are named."""

HIGH = 0.75
"""From which part of its scale on (0 to 1) an answer is high, where the framework does not say."""


Say = Callable[[Item, float], str]
"""Gives a number of an item in words, as sentences name it."""


def smallest_difference(instrument: Instrument, item: Item) -> float:
    """By how much two values of an item must differ for the difference to be called one: a step of one answer.

    For a question it is the smallest step between its levels; for a score, what a step of one question of the section
    (or of all sections) amounts to.  For measures it is nought.
    """
    if item.kind == "question":
        values = sorted(level.value for level in item.levels if level.value is not None)
        steps = [after - before for before, after in pairwise(values) if after > before]
        return min(steps, default=0.0)
    if item.kind not in ("overall", "section"):
        return 0.0
    nodes = instrument.tree if item.id == OVERALL else tuple(n for n in instrument.nodes if n.id == item.id)
    asked = [question for node in nodes for question in node.questions]
    steps = [float(len(scored_choices(instrument.choices_of(question))) - 1) for question in asked]
    whole = sum(step for step in steps if step > 0)
    scoring = instrument.framework.scoring
    return (scoring.maximum - scoring.minimum) / whole if whole else 0.0


def differs(instrument: Instrument, item: Item, higher: float, lower: float) -> bool:
    """Whether one value is higher than another by a step of one answer or more."""
    step = smallest_difference(instrument, item)
    apart = round_half_away(higher - lower, PLACES)
    return apart > 0 and apart >= round_half_away(step, PLACES)


# Strengths


def strengths(
    instrument: Instrument, ret: Return, result: Result, lines: Sequence[Line], say: Say, *, of_everyone: bool
) -> tuple[Strength, ...]:
    """Sections above the upper quartile, then high answers with evidence.

    A high answer without evidence is no strength, however high it is.

    :param of_everyone: whether the organisation is compared with all of its kind.
    :param say: gives a published number in words.
    """
    found: list[Strength] = []
    for line in lines:
        why = _above(instrument, line, say, of_everyone)
        if line.item.kind == "section" and line.value is not None and why:
            found.append(Strength(item=line.item, answer=say(line.item, line.value), why=why))
    by_id = {line.item.id: line for line in lines if line.item.kind == "question"}
    ranked: list[tuple[float, float, int, Strength]] = []
    for at, question in enumerate(instrument.questions):
        own, each = result.questions[question.id], by_id.get(question.id)
        if each is None or not _is_high(instrument, own) or not _is_evidenced(instrument, own):
            continue
        reasons = [words.WITH_EVIDENCE.format(strength=_strength(instrument, ret, question))]
        above = _above(instrument, each, say, of_everyone)
        reasons += [above] if above else []
        strength = Strength(item=each.item, answer=each.answer, why=" ".join(reasons))
        ranked.append((-float(bool(above)), -(own.relative or 0.0) - (own.strength or 0.0) / 1000, at, strength))
    found += [strength for *_, strength in sorted(ranked, key=lambda one: one[:3])]
    return tuple(found[:MOST_STRENGTHS])


def _above(instrument: Instrument, line: Line, say: Say, of_everyone: bool) -> str:
    """That a value is above the upper quartile of the group, or of everyone where the group's is held back."""
    for figure, whose in ((line.group, words.whose_words(of_everyone)), (line.everyone, words.YOUR_KIND)):
        upper = figure.upper_quartile
        if line.value is not None and upper is not None:
            return (
                words.ABOVE_UPPER.format(whose=whose, upper=say(line.item, upper))
                if differs(instrument, line.item, line.value, upper)
                else ""
            )
    return ""


def _is_high(instrument: Instrument, own: QuestionResult) -> bool:
    if own.state is not State.ANSWERED or own.value is None or own.relative is None:
        return False
    claim = instrument.framework.scoring.claim
    return own.value >= claim.value_at_least if claim is not None else own.relative >= HIGH


def _is_evidenced(instrument: Instrument, own: QuestionResult) -> bool:
    claim = instrument.framework.scoring.claim
    return own.strength is not None and own.strength > (claim.strength_at_most if claim is not None else 0.0)


def _strength(instrument: Instrument, ret: Return, question: Question) -> str:
    """How well an answer is evidenced, as the list offers it."""
    offered = instrument.choice_lists[instrument.framework.evidence_strength]
    code = ret.get(question.id, Part.STRENGTH).code
    return next((choice.label for choice in offered.choices if choice.code == code), "")


# Next steps


def next_steps(
    instrument: Instrument, ret: Return, result: Result, lines: Sequence[Line], say: Say, *, of_everyone: bool
) -> tuple[NextStep, ...]:
    """Questions worth working on, each with what its next level looks like.

    First those of the organisation's own action plan, in its order, that are below a target or not known yet; then
    those below the median of its group, the furthest below first; then high answers without evidence; then, where all
    these are few, its lowest answers.

    :param say: gives a published number in words.
    """
    by_id = {line.item.id: line for line in lines if line.item.kind == "question"}
    questions = {question.id: question for question in instrument.questions if question.id in by_id}
    below = {
        each: (line.group.median or 0.0) - (line.value or 0.0)
        for each, line in by_id.items()
        if line.value is not None
        and line.state is State.ANSWERED
        and line.group.median is not None
        and differs(instrument, line.item, line.group.median, line.value)
    }
    planned = [each for each in result.action_plan if each in questions]
    order = {each: at for at, each in enumerate(by_id)}
    wanted = [each for each in planned if _is_planned(result.questions[each])]
    wanted += sorted(below.keys() - set(wanted), key=lambda each: (-below[each], order[each]))
    wanted += [each for each in planned if each not in wanted]
    found: list[NextStep] = []
    for each in (*wanted, *(one for one in result.weakest if one in questions and one not in wanted)):
        line = by_id[each]
        lag = ""
        if each in below and line.group.median is not None:
            median = say(line.item, line.group.median)
            lag = words.BELOW_MEDIAN.format(whose=words.whose_words(of_everyone), median=median)
        step = _step(instrument, ret, result, questions[each], line, lag)
        if step is not None and (each in wanted or len(found) < LEAST_STEPS):
            found.append(step)
    return tuple(found[:MOST_STEPS])


def _is_planned(own: QuestionResult) -> bool:
    """Whether a question is in the action plan for more than its evidence."""
    return own.gap is not None or own.state is State.DONT_KNOW


def _step(
    instrument: Instrument, ret: Return, result: Result, question: Question, line: Line, lag: str
) -> NextStep | None:
    """What to do about one question; nothing where it stands at the top of its scale, and that is shown.

    :param lag: in words that the answer is below the median, where it is.
    """
    own, offered = result.questions[question.id], instrument.choices_of(question)
    now = _chosen(offered, own.code)
    reasons = []
    following, description = "", ""
    if own.state is State.DONT_KNOW:
        reasons.append(words.DONT_KNOW)
        following, description = words.FIND_OUT, words.FIND_OUT_WORDS
    else:
        above = _next(offered, own.value)
        if own.gap is not None and own.target is not None:
            target = next((each for each in offered.choices if each.value == own.target), None)
            label = display(offered, target) if target is not None else f"{own.target:g}"
            reasons.append(words.BELOW_TARGET.format(target=label))
        if lag:
            reasons.append(lag)
        if own.claim_without_evidence:
            reasons.append(words.CLAIM)
        if own.claim_without_evidence and own.gap is None and not lag:
            following, description = words.SHOW_EVIDENCE, _evidence(question)
        elif above is not None:
            following = display(offered, above)
            description = question.levels.get(above.code) or above.description
    if not following:
        return None
    return NextStep(
        item=line.item,
        section=_section(instrument, question),
        now=line.answer,
        now_words=(question.levels.get(now.code) or now.description) if now is not None else "",
        next=following,
        next_words=description,
        why=" ".join(reasons) or words.LOWEST,
        action=ret.text(question.id, Part.ACTION).strip(),
    )


def _chosen(offered: ChoiceList, code: str | None) -> Choice | None:
    return next((choice for choice in offered.choices if choice.code == code), None)


def _next(offered: ChoiceList, value: float | None) -> Choice | None:
    """The level above a value; none at the top of the scale."""
    levels = sorted(scored_choices(offered), key=lambda choice: choice.value or 0.0)
    return next((level for level in levels if value is not None and (level.value or 0.0) > value), None)


def _evidence(question: Question) -> str:
    if not question.evidence:
        return words.SHOW_EVIDENCE_WORDS
    return words.SHOW_EVIDENCE_EXAMPLES.format(examples=", ".join(question.evidence))


def _section(instrument: Instrument, question: Question) -> str:
    """The label of the section that a question is asked in."""
    return next((node.section.label for node in instrument.nodes if node.id == question.section), "")
