"""What is missing from a return or contradicts itself, once every answer has been read.

A blank answer is said once, by what needs it; nothing that merely follows from a blank is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from kil_xlsx.core.checking import BOTH, CARRIED, CLAIMS, REASONS, figure_and_reason, range_check_id
from kil_xlsx.core.expressions import describe
from kil_xlsx.core.figures import Check
from kil_xlsx.core.problems import Problem, problem
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Place, Return, Touch
from kil_xlsx.layout.plan import Plan
from kil_xlsx.reading.stored import plain

BLANK = "nothing"


class _Book(Struct, frozen=True):
    plan: Plan
    ret: Return
    result: Result
    results_at: Mapping[str, Place]

    def place(self, item: str, part: str = Part.ANSWER) -> Place:
        """Where an entry is, or was sent out."""
        entry = self.ret.get(item, part)
        if entry.place is not None:
            return entry.place
        slot = self.plan.by_key[Key(item, part)]
        return Place(slot.cell.sheet, slot.cell.address)

    def code(self, item: str) -> str:
        """The visible code of an item that has an answer of its own."""
        return self.plan.by_key[Key(item)].code

    def failed(self, identifier: str) -> bool:
        """Whether a check does not hold and nobody has explained why."""
        return self.result.checks[identifier].is_open


def consequences(plan: Plan, ret: Return, result: Result, results_at: Mapping[str, Place]) -> list[Problem]:
    """Everything missing or contradicting.  ``results_at`` says where the results of measures stand, by id."""
    book = _Book(plan, ret, result, results_at)
    if _nothing_filled(plan, ret):
        start = plan.first_profile_cell()
        found = "facts about the organisation only" if has_answers(ret) else BLANK
        empty = problem("return-empty", sheet=start.sheet, cell=start.address, found=found, expected="answers")
        return [empty, *(_required(book) if has_answers(ret) else ())]
    return [
        *_carried(book),
        *_required(book),
        *_dates(book),
        *_reasons(book),
        *_figures(book),
        *_checks(book),
        *_measures(book),
    ]


def has_answers(ret: Return) -> bool:
    """Whether anything at all was entered, understood or not."""
    return any(_entered(entry) for entry in ret.entries.values())


def _entered(entry: Entry) -> bool:
    return entry.outcome in (Outcome.ACCEPTED, Outcome.REFUSED)


def _nothing_filled(plan: Plan, ret: Return) -> bool:
    """Whether nothing was filled in but what may have been filled in before the workbook was sent out."""
    beforehand = {field.id for field in plan.instrument.profile}
    return not any(_entered(entry) for entry in ret.entries.values() if entry.key.item not in beforehand)


def _carried(book: _Book) -> Iterator[Problem]:
    """What was carried over and has not been looked at: once for the whole workbook, or that nobody touched it."""
    if not book.failed(CARRIED):
        return
    ret = book.ret
    untouched = [keys for of, keys in ret.carried_items.items() if ret.touch(*of) is Touch.UNTOUCHED]
    total, left = len(ret.carried_items), len(untouched)
    first = ret.get(*untouched[0][0]).place
    place = first or Place("", "")
    codes: dict[str, list[str]] = {}
    for keys in untouched:
        slot = book.plan.by_key[keys[0]]
        codes.setdefault(slot.cell.sheet, []).append(slot.code)
    listed = "; ".join(f"{sheet}: {', '.join(found)}" for sheet, found in codes.items())
    as_sent = left == total and not _entered_anew(book.plan, ret)
    yield problem(
        "return-as-sent" if as_sent else "carried-untouched",
        sheet=place.sheet,
        cell=place.cell,
        item=CARRIED,
        found=f"{left} of {total} ({listed})",
        expected="each confirmed or changed",
    )


def _entered_anew(plan: Plan, ret: Return) -> bool:
    """Whether anything was entered beside what was carried over or may have been known about the organisation."""
    beforehand = {field.id for field in plan.instrument.profile}
    return any(
        _entered(entry) and entry.key.item not in beforehand and entry.key not in ret.carried
        for entry in ret.entries.values()
    )


def _required(book: _Book) -> Iterator[Problem]:
    for field in book.plan.instrument.profile:
        if field.required and Key(field.id) in book.plan.by_key and book.ret.get(field.id).outcome is Outcome.BLANK:
            place = book.place(field.id)
            yield problem(
                "required-missing",
                sheet=place.sheet,
                cell=place.cell,
                item=field.code,
                found=BLANK,
                expected=field.label,
            )


def _dates(book: _Book) -> Iterator[Problem]:
    instrument = book.plan.instrument
    first, last = instrument.field_with_role("period_start"), instrument.field_with_role("period_end")
    if first is None or last is None:
        return
    start, end = book.ret.get(first.id), book.ret.get(last.id)
    if start.value is not None and end.value is not None and end.value < start.value:
        place = book.place(last.id)
        expected = f"a date after {start.text} ({first.code})"
        yield problem(
            "date-order", sheet=place.sheet, cell=place.cell, item=last.code, found=end.text or "", expected=expected
        )


def _reasons(book: _Book) -> Iterator[Problem]:
    if not book.failed(REASONS):
        return
    for question in book.plan.instrument.questions:
        given = book.ret.get(question.id, Part.REASON).outcome
        if book.result.questions[question.id].reason_missing and given is Outcome.BLANK:
            place = book.place(question.id, Part.REASON)
            yield problem(
                "reason-missing", sheet=place.sheet, cell=place.cell, item=question.id, found=BLANK, expected="a reason"
            )


def _figures(book: _Book) -> Iterator[Problem]:
    if not book.failed(BOTH):
        return
    for figure in book.plan.instrument.figures:
        if figure_and_reason(book.ret, figure.id):
            place = book.place(figure.id, Part.MISSING)
            found = f"{plain(book.ret.value(figure.id))} and “{book.ret.text(figure.id, Part.MISSING)}”"
            yield problem(
                "figure-and-reason",
                sheet=place.sheet,
                cell=place.cell,
                item=figure.code,
                found=found,
                expected="one of the two",
            )


def _checks(book: _Book) -> Iterator[Problem]:
    for check in book.plan.instrument.checks:
        if book.failed(check.id):
            yield _check(book, check)
    if book.failed(CLAIMS):
        claims = [one.id for one in book.result.questions.values() if one.claim_without_evidence]
        place = book.place(claims[0], Part.EVIDENCE)
        yield problem(
            "claim-without-evidence",
            sheet=place.sheet,
            cell=place.cell,
            item=CLAIMS,
            found=", ".join(claims),
            expected="evidence for high answers",
        )


def _check(book: _Book, check: Check) -> Problem:
    """A declared check, at the first figure that it concerns that was entered."""
    expression = book.plan.instrument.expressions[check.rule]
    entered = [name for name in expression.names if book.ret.value(name) is not None]
    at = next(iter(entered or expression.names), None)
    place = book.place(at) if at is not None else book.place(check.id, Part.EXPLANATION)
    labels = {figure.id: f"{figure.code} {figure.label}" for figure in book.plan.instrument.figures}
    return problem(
        "check-failed" if check.severity == "error" else "check-query",
        sheet=place.sheet,
        cell=place.cell,
        item=check.id,
        found="; ".join(f"{book.code(name)}: {plain(book.result.figures[name])}" for name in expression.names),
        expected=describe(expression, lambda name: labels.get(name, name)),
        message=check.message,
    )


def _measures(book: _Book) -> Iterator[Problem]:
    for measure in book.plan.ranged_measures:
        if book.failed(range_check_id(measure.id)):
            place = book.results_at[measure.id]
            low, high = measure.valid_from, measure.valid_to
            words = [f"at least {plain(low)}"] if low is not None else []
            words += [f"at most {plain(high)}"] if high is not None else []
            yield problem(
                "measure-out-of-range",
                sheet=place.sheet,
                cell=place.cell,
                item=measure.id,
                found=plain(book.result.measures[measure.id].value),
                expected=" and ".join(words),
            )
