"""The checks of a return: those that the framework declares, the usual ranges of measures, and the standing ones."""

from __future__ import annotations

from collections.abc import Callable

from kil_xlsx.core.expressions import evaluate
from kil_xlsx.core.framework import ProfileField
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.results import CheckResult, CheckState, MeasureResult, QuestionResult
from kil_xlsx.core.returns import Outcome, Part, Return, State

REQUIRED, REASONS, CLAIMS, BOTH, UNUSABLE, CARRIED = (f"AUTO-{number}" for number in range(1, 7))
"""Ids of the standing checks: required fields, reasons given, claims without evidence, figure and reason, entries that
cannot be used, and answers carried over from last time that nobody has looked at."""

STANDING = {
    REQUIRED: "error", REASONS: "query", CLAIMS: "query", BOTH: "query", UNUSABLE: "error", CARRIED: "query",
}  # fmt: skip


def range_check_id(measure_id: str) -> str:
    """The id of the check that a measure lies in its usual range."""
    return f"R-{measure_id}"


def check_results(
    instrument: Instrument,
    ret: Return,
    questions: dict[str, QuestionResult],
    figures: dict[str, float | None],
    tables: dict[str, list[dict[str, float | None]]],
    measures: dict[str, MeasureResult],
) -> dict[str, CheckResult]:
    """The declared checks, then the range of each measure that has one, then the standing checks."""
    results: dict[str, CheckResult] = {}

    def add(identifier: str, severity: str, state: CheckState, count: int | None = None) -> None:
        explained = bool(ret.text(identifier, Part.EXPLANATION))
        results[identifier] = CheckResult(
            id=identifier, severity=severity, state=state, explained=explained, count=count
        )

    for check in instrument.checks:
        holds = evaluate(instrument.expressions[check.rule], figures, tables)
        add(check.id, check.severity, _check_state(None if holds is None else bool(holds)))
    for measure in instrument.measures:
        if measure.valid_from is not None or measure.valid_to is not None:
            add(range_check_id(measure.id), "query", _check_state(measures[measure.id].in_range))
    standing: dict[str, Callable[[], int]] = {
        REQUIRED: lambda: sum(not is_given(ret, field) for field in instrument.profile if field.required),
        REASONS: lambda: sum(result.reason_missing for result in questions.values()),
        CLAIMS: lambda: sum(result.claim_without_evidence for result in questions.values()),
        BOTH: lambda: sum(figure_and_reason(ret, figure.id) for figure in instrument.figures),
        UNUSABLE: lambda: sum(entry.outcome is Outcome.REFUSED for entry in ret.entries.values()),
        CARRIED: lambda: ret.untouched,
    }
    for identifier, count in standing.items():
        number = count()
        add(identifier, STANDING[identifier], CheckState.FAILED if number else CheckState.OK, number)
    return results


def figure_and_reason(ret: Return, item: str) -> bool:
    """Whether a figure is given together with a reason for having none."""
    return ret.value(item) is not None and ret.get(item, Part.MISSING).state is not State.UNANSWERED


def _check_state(holds: bool | None) -> CheckState:
    if holds is None:
        return CheckState.NOT_YET
    return CheckState.OK if holds else CheckState.FAILED


def is_given(ret: Return, field: ProfileField) -> bool:
    """Whether a field of the profile is filled in with something that counts."""
    return ret.get(field.id).state is State.ANSWERED
