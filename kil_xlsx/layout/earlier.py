"""What earlier layouts painted and this one does not, so that nobody takes it for the sender's own words."""

from __future__ import annotations

from collections.abc import Iterator

from kil_xlsx.core.framework import Question
from kil_xlsx.core.instrument import display
from kil_xlsx.layout.codec import folded, ordered
from kil_xlsx.layout.plan import Plan

_HEADINGS_1 = ("Still needed", "What each answer looks like", "Your answer in words")
"""English headings of layout 1."""


def earlier_words(plan: Plan) -> frozenset[str]:
    """The texts, folded, of cells that earlier layouts had and this one has not."""
    return frozenset(map(folded, (*_HEADINGS_1, *_levels_1(plan))))


def _levels_1(plan: Plan) -> Iterator[str]:
    """Layout 1 had all levels of a question in one cell, one line each, and the one that was chosen in another."""
    for question in plan.instrument.questions:
        lines = list(_lines(plan, question))
        yield "\n".join(f"{label}: {described}" if described else label for label, described in lines)


def _lines(plan: Plan, question: Question) -> Iterator[tuple[str, str]]:
    choices = plan.instrument.choices_of(question)
    for choice in ordered(choices):
        if choice.state == "answered":
            yield display(choices, choice), question.levels.get(choice.code) or choice.description
