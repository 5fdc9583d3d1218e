"""What one return comes to: scores, measures, checks and what is still missing.  Plain frozen data."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from kil_xlsx.core.returns import State


class QuestionResult(Struct, frozen=True, kw_only=True):
    """One question.  ``value`` is what enters scores; ``relative`` puts it on 0 to 1 of its own choice list.

    ``gap`` is target minus value where the target is higher, in the choice list's own steps; ``priority`` orders the
    action plan (higher first, ties in the order of the questions) and is absent where there is nothing to plan.
    """

    id: str
    state: State
    code: str | None
    value: float | None
    relative: float | None
    strength: float | None
    target: float | None
    gap: float | None
    claim_without_evidence: bool
    reason_missing: bool
    priority: int | None


class Counts(Struct, frozen=True, kw_only=True):
    """How the questions of a section were answered.  ``applicable`` leaves out those that cannot apply."""

    questions: int
    applicable: int
    answered: int
    not_applicable: int
    dont_know: int
    unanswered: int

    @property
    def responded(self) -> int:
        """Questions that were dealt with in any way, don't know and not applicable included."""
        return self.questions - self.unanswered


class SectionResult(Struct, frozen=True, kw_only=True):
    """One section.  ``score`` is absent without enough answers; ``strength`` is the mean strength of evidence."""

    id: str
    depth: int
    score: float | None
    band: str | None
    counts: Counts
    strength: float | None


class MeasureResult(Struct, frozen=True, kw_only=True):
    """One measure in its unit, with the steps shown beside it; absent values are *not available*, never zero.

    ``basis`` names what the value rests on; it is empty without a value, or where the definition names nothing.
    """

    id: str
    value: float | None
    workings: dict[str, float | None]
    missing: tuple[str, ...]
    in_range: bool | None
    basis: str = ""


class CheckState(StrEnum):
    """What a check says."""

    OK = "ok"
    FAILED = "failed"
    NOT_YET = "not_yet"


class CheckResult(Struct, frozen=True, kw_only=True):
    """One check on figures, or a standing check, where ``count`` says how many items it concerns."""

    id: str
    severity: str
    state: CheckState
    explained: bool = False
    count: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it does not hold and, where that is enough, nobody has explained why."""
        return self.state is CheckState.FAILED and not (self.severity == "query" and self.explained)


class Progress(Struct, frozen=True, kw_only=True):
    """What is done and what is left before the workbook is ready to send.

    ``errors`` are failed checks that must be put right, apart from required fields, which the profile counts cover.
    """

    profile_required: int
    profile_done: int
    questions: int
    questions_responded: int
    figures: int
    figures_responded: int
    errors: int
    queries: int

    @property
    def ready(self) -> bool:
        """Whether every required field and question is dealt with and no error stands."""
        return (
            self.profile_done == self.profile_required
            and self.questions_responded == self.questions
            and self.errors == 0
        )


class Result(Struct, frozen=True, kw_only=True):
    """Everything computed from one return.

    ``overall_equal`` is the overall score with every section weighted alike; it differs from ``overall`` only where a
    framework weights its sections.  ``overall_counts`` are those of the sections that make it up.
    """

    questions: dict[str, QuestionResult]
    sections: dict[str, SectionResult]
    overall: float | None
    overall_equal: float | None
    overall_band: str | None
    overall_counts: Counts
    measures: dict[str, MeasureResult]
    checks: dict[str, CheckResult]
    figures: dict[str, float | None]
    derived: dict[str, str]
    strongest: tuple[str, ...]
    weakest: tuple[str, ...]
    action_plan: tuple[str, ...]
    progress: Progress

    @property
    def claims(self) -> tuple[str, ...]:
        """The questions with a high answer and little evidence, in order."""
        return tuple(question.id for question in self.questions.values() if question.claim_without_evidence)
