"""Returned workbooks as JSON: the lossless copy of everything that was read.

:class:`ReturnDocument` is the whole document.  Keys are stable: a key that is renamed, removed or changes its meaning
raises the number in ``schema``; new keys do not.  What is not there is ``null``, never zero.  Ids, not labels, name
items; ``place`` says on which sheet and in which cell an entry stood.  The same returns give the same bytes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from kil_xlsx.core.framework import InputTable
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Problem, Severity
from kil_xlsx.core.readings import Account, Comparison, FileInfo, Identity, Reading
from kil_xlsx.core.results import Counts, Result
from kil_xlsx.core.returns import Entry, Outcome, Part, Place, Return, State, Typed

SCHEMA = "kil-xlsx/return/1"
"""Names this format and its version, at the top of every document."""


class Answer(Struct, frozen=True, kw_only=True):
    """One entry.

    ``state`` says what it is (answered, not_applicable, dont_know, unanswered), ``outcome`` what became of it
    (accepted, blank, refused, not_found).  ``value`` is the number it stands for, ``code`` the code of the choice,
    ``text`` the words or an ISO date, ``typed`` what stood in the cell.
    """

    state: State
    outcome: Outcome
    value: float | None
    code: str | None
    text: str | None
    typed: Typed
    place: Place | None


class QuestionAnswer(Struct, frozen=True, kw_only=True):
    """One question with everything entered in its row.  Parts that were left blank are null.

    ``scored`` is the value that enters scores, ``gap`` how far the target is above it, ``priority`` its weight in the
    action plan.
    """

    id: str
    section: str
    label: str
    answer: Answer
    reason: Answer | None
    evidence: Answer | None
    strength: Answer | None
    target: Answer | None
    action: Answer | None
    owner: Answer | None
    due: Answer | None
    scored: float | None
    gap: float | None
    priority: int | None
    claim_without_evidence: bool
    reason_missing: bool


class FigureAnswer(Struct, frozen=True, kw_only=True):
    """One figure.  ``missing`` is the reason given for having none; ``used`` the number that measures use."""

    id: str
    code: str
    label: str
    unit: str
    answer: Answer
    missing: Answer | None
    note: Answer | None
    used: float | None


class TableRow(Struct, frozen=True, kw_only=True):
    """One row of an input table that has anything in it, numbered from 1; columns left blank are null."""

    row: int
    columns: dict[str, Answer | None]


class TableAnswer(Struct, frozen=True, kw_only=True):
    """One input table."""

    id: str
    code: str
    label: str
    rows: tuple[TableRow, ...]


class StepAnswer(Struct, frozen=True, kw_only=True):
    """One step of the checklist."""

    id: str
    label: str
    answer: Answer
    note: Answer | None


class CheckAnswer(Struct, frozen=True, kw_only=True):
    """One check: what it says, how many items it concerns, and what the respondent wrote about it."""

    id: str
    severity: str
    state: str
    explained: bool
    count: int | None
    explanation: Answer | None


class SectionScore(Struct, frozen=True, kw_only=True):
    """The score of a section; ``null`` means not enough answers.  ``depth`` is 0 at the top."""

    id: str
    label: str
    depth: int
    score: float | None
    band: str | None
    strength: float | None
    counts: Counts


class Scores(Struct, frozen=True, kw_only=True):
    """Scores, computed afresh from the answers.  The lists hold question ids."""

    overall: float | None
    overall_equal: float | None
    band: str | None
    counts: Counts
    sections: tuple[SectionScore, ...]
    strongest: tuple[str, ...]
    weakest: tuple[str, ...]
    action_plan: tuple[str, ...]


class MeasureValue(Struct, frozen=True, kw_only=True):
    """A measure in its unit, its workings by id, and the figures that it lacks."""

    id: str
    label: str
    unit: str
    value: float | None
    in_range: bool | None
    workings: dict[str, float | None]
    missing: tuple[str, ...]


class ProgressSoFar(Struct, frozen=True, kw_only=True):
    """What is done and what is left; ``ready`` is what the first sheet of the workbook says."""

    ready: bool
    profile_required: int
    profile_done: int
    questions: int
    questions_responded: int
    figures: int
    figures_responded: int
    errors: int
    queries: int


class AccountOf(Struct, frozen=True, kw_only=True):
    """Every item has one outcome: accepted + blank + refused + not_found = items.  ``kinds`` splits ``total`` up."""

    total: Account
    kinds: dict[str, Account]


class SecondDifference(Struct, frozen=True, kw_only=True):
    """A cell that the second reader takes for something else."""

    sheet: str
    cell: str
    item: str
    ours: Typed
    theirs: Typed


class SecondReader(Struct, frozen=True, kw_only=True):
    """What a second, independent program read in the same cells.  ``failed`` says why it could not."""

    compared: int
    failed: str
    differences: tuple[SecondDifference, ...]


class ReturnFile(Struct, frozen=True, kw_only=True):
    """One file.  Where it was refused, everything between ``account`` and ``comparisons`` is null or empty."""

    file: FileInfo
    outcome: Literal["read", "refused"]
    identity: Identity | None
    account: AccountOf | None
    profile: dict[str, Answer]
    derived: dict[str, str]
    questions: tuple[QuestionAnswer, ...]
    figures: tuple[FigureAnswer, ...]
    tables: tuple[TableAnswer, ...]
    steps: tuple[StepAnswer, ...]
    scores: Scores | None
    measures: tuple[MeasureValue, ...]
    checks: tuple[CheckAnswer, ...]
    progress: ProgressSoFar | None
    comparisons: tuple[Comparison, ...]
    problems: tuple[Problem, ...]
    second_reader: SecondReader | None


class Skipped(Struct, frozen=True, kw_only=True):
    """A file in a folder that was not taken for a return, and why."""

    name: str
    reason: str


class Summary(Struct, frozen=True, kw_only=True):
    """How many there are, over all files; ``items`` adds the accounts up."""

    files: int
    read: int
    refused: int
    errors: int
    queries: int
    notes: int
    items: Account


class ReturnDocument(Struct, frozen=True, kw_only=True):
    """What ``kil-xlsx read --json`` gives: ``files`` has one entry for each file, in the order of reading."""

    schema: Literal["kil-xlsx/return/1"] = SCHEMA  # type: ignore[assignment]  # the constant is the literal
    files: tuple[ReturnFile, ...]
    skipped: tuple[Skipped, ...]
    summary: Summary


def return_document(
    readings: Sequence[Reading],
    instruments: Mapping[str, Instrument],
    *,
    skipped: Iterable[Skipped] = (),
    second: Mapping[int, SecondReader] | None = None,
) -> ReturnDocument:
    """The document of some readings.

    :param instruments: the instruments they were read with, by respondent type.
    :param second: what a second reader found, by the position of the reading.
    """
    others = second or {}
    return ReturnDocument(
        files=tuple(_file(reading, instruments, others.get(at)) for at, reading in enumerate(readings)),
        skipped=tuple(skipped),
        summary=summary(readings),
    )


def returned_json(document: ReturnDocument) -> bytes:
    """The document as indented UTF-8 JSON with a final line end; the same document always gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def return_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what :func:`returned_json` writes."""
    schema = msgspec.json.schema(ReturnDocument)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kil-xlsx:schema:return:1",
        "title": "Returned workbooks",
        **schema,
    }


def summary(readings: Sequence[Reading]) -> Summary:
    """The counts over all readings."""
    refused = sum(reading.refused for reading in readings)
    return Summary(
        files=len(readings),
        read=len(readings) - refused,
        refused=refused,
        errors=sum(reading.count(Severity.ERROR) for reading in readings),
        queries=sum(reading.count(Severity.QUERY) for reading in readings),
        notes=sum(reading.count(Severity.NOTE) for reading in readings),
        items=added(account for reading in readings for _, account in reading.accounts),
    )


def added(accounts: Iterable[Account]) -> Account:
    """Accounts added up."""
    items = accepted = blank = refused = not_found = 0
    for account in accounts:
        items += account.items
        accepted += account.accepted
        blank += account.blank
        refused += account.refused
        not_found += account.not_found
    return Account(items=items, accepted=accepted, blank=blank, refused=refused, not_found=not_found)


def _file(reading: Reading, instruments: Mapping[str, Instrument], second: SecondReader | None) -> ReturnFile:
    ret, result, identity = reading.ret, reading.result, reading.identity
    instrument = instruments.get(identity.respondent) if identity else None
    account = None
    if reading.accounts:
        kinds = {str(kind): one for kind, one in reading.accounts}
        account = AccountOf(total=added(kinds.values()), kinds=kinds)
    known = instrument is not None and ret is not None and result is not None
    if known:
        assert instrument is not None
        assert ret is not None
        assert result is not None
        profile = {field.id: _answer(ret.get(field.id)) for field in instrument.profile if field.type != "derived"}
        return ReturnFile(
            file=reading.file,
            outcome="read",
            identity=identity,
            account=account,
            profile=profile,
            derived=dict(result.derived),
            questions=tuple(_questions(instrument, ret, result)),
            figures=tuple(_figures(instrument, ret, result)),
            tables=tuple(_table(table, ret) for table in instrument.tables),
            steps=tuple(
                StepAnswer(
                    id=step.id, label=step.label, answer=_answer(ret.get(step.id)), note=_part(ret, step.id, Part.NOTE)
                )
                for step in instrument.steps
            ),
            scores=_scores(instrument, result),
            measures=tuple(_measures(instrument, result)),
            checks=tuple(
                CheckAnswer(
                    id=check.id,
                    severity=check.severity,
                    state=check.state,
                    explained=check.explained,
                    count=check.count,
                    explanation=_part(ret, check.id, Part.EXPLANATION),
                )
                for check in result.checks.values()
            ),
            progress=_progress(result),
            comparisons=reading.comparisons,
            problems=reading.problems,
            second_reader=second,
        )
    return ReturnFile(
        file=reading.file,
        outcome="refused",
        identity=identity,
        account=account,
        profile={},
        derived={},
        questions=(),
        figures=(),
        tables=(),
        steps=(),
        scores=None,
        measures=(),
        checks=(),
        progress=None,
        comparisons=(),
        problems=reading.problems,
        second_reader=second,
    )


def _answer(entry: Entry) -> Answer:
    return Answer(
        state=entry.state,
        outcome=entry.outcome,
        value=entry.value,
        code=entry.code,
        text=entry.text,
        typed=entry.typed,
        place=entry.place,
    )


def _part(ret: Return, item: str, part: Part) -> Answer | None:
    """A part that people may leave out; null when they did."""
    entry = ret.get(item, part)
    return None if entry.outcome is Outcome.BLANK else _answer(entry)


def _questions(instrument: Instrument, ret: Return, result: Result) -> Iterable[QuestionAnswer]:
    for question in instrument.questions:
        of = result.questions[question.id]
        yield QuestionAnswer(
            id=question.id,
            section=question.section,
            label=question.label,
            answer=_answer(ret.get(question.id)),
            reason=_part(ret, question.id, Part.REASON),
            evidence=_part(ret, question.id, Part.EVIDENCE),
            strength=_part(ret, question.id, Part.STRENGTH),
            target=_part(ret, question.id, Part.TARGET),
            action=_part(ret, question.id, Part.ACTION),
            owner=_part(ret, question.id, Part.OWNER),
            due=_part(ret, question.id, Part.DUE),
            scored=of.value,
            gap=of.gap,
            priority=of.priority,
            claim_without_evidence=of.claim_without_evidence,
            reason_missing=of.reason_missing,
        )


def _figures(instrument: Instrument, ret: Return, result: Result) -> Iterable[FigureAnswer]:
    for figure in instrument.figures:
        yield FigureAnswer(
            id=figure.id,
            code=figure.code,
            label=figure.label,
            unit=figure.unit,
            answer=_answer(ret.get(figure.id)),
            missing=_part(ret, figure.id, Part.MISSING),
            note=_part(ret, figure.id, Part.NOTE),
            used=result.figures.get(figure.id),
        )


def _table(table: InputTable, ret: Return) -> TableAnswer:
    rows = []
    for row in range(1, table.rows + 1):
        entries = {column.id: ret.get(table.id, Part.ANSWER, row, column.id) for column in table.columns}
        if any(entry.outcome is not Outcome.BLANK for entry in entries.values()):
            columns = {
                name: None if entry.outcome is Outcome.BLANK else _answer(entry) for name, entry in entries.items()
            }
            rows.append(TableRow(row=row, columns=columns))
    return TableAnswer(id=table.id, code=table.code, label=table.label, rows=tuple(rows))


def _scores(instrument: Instrument, result: Result) -> Scores:
    sections = []
    for node in instrument.nodes:
        of = result.sections[node.id]
        sections.append(
            SectionScore(
                id=node.id,
                label=node.section.label,
                depth=of.depth,
                score=of.score,
                band=of.band,
                strength=of.strength,
                counts=of.counts,
            )
        )
    return Scores(
        overall=result.overall,
        overall_equal=result.overall_equal,
        band=result.overall_band,
        counts=result.overall_counts,
        sections=tuple(sections),
        strongest=result.strongest,
        weakest=result.weakest,
        action_plan=result.action_plan,
    )


def _measures(instrument: Instrument, result: Result) -> Iterable[MeasureValue]:
    for measure in instrument.measures:
        of = result.measures[measure.id]
        yield MeasureValue(
            id=measure.id,
            label=measure.label,
            unit=measure.unit,
            value=of.value,
            in_range=of.in_range,
            workings=of.workings,
            missing=of.missing,
        )


def _progress(result: Result) -> ProgressSoFar:
    progress = result.progress
    return ProgressSoFar(
        ready=progress.ready,
        profile_required=progress.profile_required,
        profile_done=progress.profile_done,
        questions=progress.questions,
        questions_responded=progress.questions_responded,
        figures=progress.figures,
        figures_responded=progress.figures_responded,
        errors=progress.errors,
        queries=progress.queries,
    )
