"""What is compared: scores, answers, measures, completeness and evidence, each with the way to read it off a return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kil_xlsx.core.answers import Answer, Answers, Shape
from kil_xlsx.core.figures import Measure
from kil_xlsx.core.framework import Question
from kil_xlsx.core.grouping import answer_to
from kil_xlsx.core.instrument import Instrument, SectionNode, display
from kil_xlsx.core.membership import Member
from kil_xlsx.core.release import OVERALL, Item, Level
from kil_xlsx.core.results import Counts
from kil_xlsx.core.returns import State
from kil_xlsx.core.scoring import counted_in_overall

SHARE = "share"
"""The unit of completeness: a share from 0 to 1."""


@dataclass(frozen=True)
class Topic:
    """An item with the way to read a member's answer to it.

    ``measure`` is there where it is compared like with like only.
    """

    item: Item
    shape: Shape
    answer: Callable[[Member], Answer]
    measure: Measure | None = None

    def among(self, instrument: Instrument, member: Member) -> tuple[str, ...] | None:
        """What a member has in common with those that it may be compared with, in words: nothing for most topics.

        For a measure compared like with like these are its answers to the framework's fields and what its value rests
        on, where the definition names that.  None where it left any of it open: then it is compared with nobody.
        """
        return among_of(instrument, self.measure, member) if self.measure is not None else ()

    def answers(self, members: Sequence[Member]) -> Answers:
        """What members gave."""
        return Answers.of(self.answer(member) for member in members)


def completeness(counts: Counts) -> float | None:
    """The share of the questions that can apply which were answered; none where no question can apply."""
    return counts.answered / counts.applicable if counts.applicable else None


def topics(instrument: Instrument) -> tuple[Topic, ...]:
    """Everything that is compared, in order: overall, sections, questions, measures, completeness, evidence."""
    framework = instrument.framework
    entry = framework.benchmarking.least_section_completeness
    found: list[Topic] = []
    if framework.scoring.overall.rule != "none":
        found.append(_overall(instrument))
    scored = [node for node in instrument.nodes if instrument.rule_of(node).rule != "none"]
    found.extend(_section(instrument, node, entry) for node in scored)
    found.extend(_question(instrument, question) for question in instrument.questions)
    adds_up = {unit.id for unit in framework.units if unit.adds_up}
    found.extend(
        _measure(each, adds_up=each.unit in adds_up) for each in instrument.measures if each.benchmark != "none"
    )
    found.append(_completeness(OVERALL, "All questions", 0, lambda member: member.result.overall_counts))
    for node in instrument.nodes:
        found.append(_completeness(node.id, node.section.label, node.depth, _counts_of(node.id)))
    found.extend(_evidence(instrument, node) for node in instrument.nodes)
    return tuple(found)


def made_of(instrument: Instrument) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every score with the ids of what it is made of: once with its questions, once with the scores below it."""
    overall = counted_in_overall(instrument)
    yield OVERALL, tuple(question.id for node in overall for question in node.questions)
    yield OVERALL, tuple(node.id for node in overall)
    for node in instrument.nodes:
        yield node.id, tuple(question.id for question in node.questions)
        if node.children:
            yield node.id, tuple(child.id for child in node.children)


def among_of(instrument: Instrument, measure: Measure, member: Member) -> tuple[str, ...] | None:
    """What :meth:`Topic.among` says of a measure."""
    names = instrument.framework.benchmarking.like_with_like
    answers = [answer_to(instrument, field, member) for field in instrument.profile if field.id in names]
    if not all(code for code, _ in answers):
        return None
    labels = tuple(label for _, label in answers)
    if not measure.bases:
        return labels
    basis = member.result.measures[measure.id].basis
    return (*labels, basis) if basis else None


def _number(value: float | None) -> Answer:
    return Answer(state=State.UNANSWERED) if value is None else Answer(value)


def _overall(instrument: Instrument) -> Topic:
    scoring = instrument.framework.scoring
    item = Item(
        id=OVERALL,
        kind="overall",
        label="Overall score",
        parts=Shape("values").parts,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
    )
    return Topic(item, Shape("values"), lambda member: _number(member.result.overall))


def _section(instrument: Instrument, node: SectionNode, entry: float) -> Topic:
    scoring = instrument.framework.scoring
    item = Item(
        id=node.id,
        kind="section",
        label=node.section.label,
        of=node.id,
        depth=node.depth,
        minimum=scoring.minimum,
        maximum=scoring.maximum,
    )

    def answer(member: Member) -> Answer:
        section = member.result.sections[node.id]
        complete = completeness(section.counts)
        return _number(section.score if complete is None or complete >= entry else None)

    return Topic(item, Shape("values"), answer)


def _counts_of(section: str) -> Callable[[Member], Counts]:
    return lambda member: member.result.sections[section].counts


def _question(instrument: Instrument, question: Question) -> Topic:
    offered = instrument.choices_of(question)
    answered = [choice for choice in offered.choices if choice.state == "answered"]
    levels = tuple(Level(code=each.code, label=display(offered, each), value=each.value) for each in answered)
    values = [each.value for each in answered if each.value is not None]
    shape = Shape("levels", tuple(level.code for level in levels), bool(values))
    item = Item(
        id=question.id,
        kind="question",
        label=question.label,
        of=question.section,
        levels=levels,
        theme=question.theme or "",
        parts=shape.parts,
        minimum=min(values, default=None),
        maximum=max(values, default=None),
    )

    def answer(member: Member) -> Answer:
        result = member.result.questions[question.id]
        return Answer(result.value if result.state is State.ANSWERED else None, result.code, result.state)

    return Topic(item, shape, answer)


def _measure(measure: Measure, *, adds_up: bool) -> Topic:
    def answer(member: Member) -> Answer:
        result = member.result.measures[measure.id]
        # A share of 200 % is a mistake in the figures it comes from, whatever is said to explain it.
        return _number(None if result.in_range is False else result.value)

    item = Item(id=measure.id, kind="measure", label=measure.label, unit=measure.unit, direction=measure.direction)
    shape = Shape("values", amounts=True, adds_up=adds_up)
    return Topic(item, shape, answer, measure if measure.benchmark == "like_with_like" else None)


def _completeness(of: str, label: str, depth: int, counts: Callable[[Member], Counts]) -> Topic:
    item = Item(
        id=f"completeness:{of}",
        kind="completeness",
        label=label,
        of=of,
        depth=depth,
        unit=SHARE,
        minimum=0.0,
        maximum=1.0,
    )
    return Topic(item, Shape("values"), lambda member: _number(completeness(counts(member))))


def _evidence(instrument: Instrument, node: SectionNode) -> Topic:
    strengths = instrument.choice_lists[instrument.framework.evidence_strength].choices
    values = [each.value for each in strengths if each.value is not None]
    item = Item(
        id=f"evidence:{node.id}",
        kind="evidence",
        label=node.section.label,
        of=node.id,
        depth=node.depth,
        minimum=min(values, default=None),
        maximum=max(values, default=None),
    )
    return Topic(item, Shape("values"), lambda member: _number(member.result.sections[node.id].strength))
