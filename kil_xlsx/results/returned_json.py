"""Returned workbooks as JSON, and back: what goes where in the document of :mod:`kil_xlsx.results.return_model`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from kil_xlsx.core.figures import InputTable
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Account, Reading, read_with
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Entry, Key, Outcome, Part, Return
from kil_xlsx.results.return_model import (
    AccountOf,
    Answer,
    CarriedCounts,
    CarriedOver,
    CheckAnswer,
    FigureAnswer,
    MeasureValue,
    ProfileAnswer,
    ProgressSoFar,
    QuestionAnswer,
    ReturnDocument,
    ReturnFile,
    Scores,
    SecondReader,
    SectionScore,
    Skipped,
    StepAnswer,
    Summary,
    TableAnswer,
    TableRow,
)


def return_document(
    readings: Sequence[Reading],
    instruments: Mapping[str, Instrument],
    *,
    skipped: Iterable[Skipped] = (),
    second: Mapping[int, SecondReader] | None = None,
) -> ReturnDocument:
    """The document of some readings.

    :param instruments: the instruments they were read with, by respondent type, and by ``respondent/version`` for
        returns of earlier versions.
    :param second: what a second reader found, by the position of the reading.
    """
    others = second or {}
    return ReturnDocument(
        files=tuple(return_file(reading, instruments, others.get(at)) for at, reading in enumerate(readings)),
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


def decoded(data: bytes) -> ReturnDocument:
    """The document that some JSON is; the inverse of :func:`returned_json`.

    Keys that this version does not know are left out of account.

    :raises msgspec.DecodeError: it is no such document.
    """
    return msgspec.json.decode(data, type=ReturnDocument)


def entries_of(file: ReturnFile) -> Iterator[Entry]:
    """Everything that was entered, as it was read; what is blank in every way may be left out."""

    def entry(answer: Answer | None, key: Key) -> Iterator[Entry]:
        if answer is not None:
            yield Entry(
                key=key,
                state=answer.state,
                outcome=answer.outcome,
                value=answer.value,
                code=answer.code,
                text=answer.text,
                typed=answer.typed,
                place=answer.place,
            )

    for field_id, answer in file.profile.items():
        yield from entry(answer, Key(field_id))
        yield from entry(answer.confirm, Key(field_id, Part.CONFIRM))
    rows: tuple[QuestionAnswer | FigureAnswer | StepAnswer, ...] = (*file.questions, *file.figures, *file.steps)
    for each in rows:
        yield from entry(each.answer, Key(each.id))
        for part in Part:
            if part is not Part.ANSWER:
                yield from entry(getattr(each, part.value, None), Key(each.id, part))
    for table in file.tables:
        for row in table.rows:
            for column, answer_there in row.columns.items():
                yield from entry(answer_there, Key(table.id, Part.ANSWER, row.row, column))
            yield from entry(row.confirm, Key(table.id, Part.CONFIRM, row.row))
    for check in file.checks:
        yield from entry(check.explanation, Key(check.id, Part.EXPLANATION))


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
        carried=CarriedCounts.of(readings),
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


def return_file(
    reading: Reading, instruments: Mapping[str, Instrument], second: SecondReader | None = None
) -> ReturnFile:
    """What the document says of one file; for the parameters see :func:`return_document`."""
    ret, result, identity = reading.ret, reading.result, reading.identity
    instrument = read_with(instruments, identity)
    account = None
    if reading.accounts:
        kinds = {str(kind): one for kind, one in reading.accounts}
        account = AccountOf(total=added(kinds.values()), kinds=kinds)
    known = instrument is not None and ret is not None and result is not None
    if known:
        assert instrument is not None
        assert ret is not None
        assert result is not None
        profile = {field.id: _profile(ret, field.id) for field in instrument.profile if field.type != "derived"}
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
            carried=CarriedCounts.of((reading,)),
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


def _profile(ret: Return, item: str) -> ProfileAnswer:
    return ProfileAnswer(
        **msgspec.structs.asdict(_answer(ret.get(item))),
        carried=_carried(ret, item),
        confirm=_part(ret, item, Part.CONFIRM),
    )


def _carried(ret: Return, item: str, row: int = 0) -> CarriedOver | None:
    """What was carried over; null when nothing was."""
    state = ret.touch(item, row)
    if state is None:
        return None
    values = {key.column or str(key.part): ret.carried[key] for key in ret.carried_items[item, row]}
    return CarriedOver(state=state, values=values)


def _part(ret: Return, item: str, part: Part, row: int = 0) -> Answer | None:
    """A part that people may leave out; null when they did."""
    entry = ret.get(item, part, row)
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
            carried=_carried(ret, question.id),
            confirm=_part(ret, question.id, Part.CONFIRM),
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
            carried=_carried(ret, figure.id),
            confirm=_part(ret, figure.id, Part.CONFIRM),
        )


def _table(table: InputTable, ret: Return) -> TableAnswer:
    rows = []
    for row in range(1, table.rows + 1):
        entries = {column.id: ret.get(table.id, Part.ANSWER, row, column.id) for column in table.columns}
        carried, confirm = _carried(ret, table.id, row), _part(ret, table.id, Part.CONFIRM, row)
        if carried or confirm or any(entry.outcome is not Outcome.BLANK for entry in entries.values()):
            columns = {
                name: None if entry.outcome is Outcome.BLANK else _answer(entry) for name, entry in entries.items()
            }
            rows.append(TableRow(row=row, columns=columns, carried=carried, confirm=confirm))
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
            basis=of.basis,
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
