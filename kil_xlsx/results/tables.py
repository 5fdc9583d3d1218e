"""Returned answers and scores as tidy tables: one row for each organisation and item.

The data frames are for analysis; :func:`csv_text` writes them so that no spreadsheet program takes a text for a
formula.  It does so by putting an apostrophe in front, which changes the text: the JSON copy is the lossless one.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kil_xlsx.core.checking import BOTH, CARRIED, CLAIMS, REASONS, REQUIRED, UNUSABLE, range_check_id
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import Identity, ItemKind, Reading, organisation_id_of, organisation_of, read_with
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Entry, Outcome, Part, Return, State, Typed

if TYPE_CHECKING:
    import pandas as pd

WHOSE = ("framework", "version", "round", "respondent", "organisation", "organisation_id", "reference", "file")
"""The columns that say whose row it is."""

WHAT = ("kind", "item", "row", "column", "label", "unit")
"""The columns that say what it is about.  ``row`` and ``column`` are for cells of input tables only."""

ANSWER = ("outcome", "state", "value", "code", "text", "typed", "sheet", "cell")
"""The columns that say what was entered, and where.  ``typed`` is what stood in the cell, also where it was refused."""

BESIDE = ("missing", "reason", "evidence", "strength", "target", "action", "owner", "due", "note", "refused")
"""What was entered beside it in the same row; ``strength`` and ``target`` are values, the others texts or codes.
``refused`` holds what stood beside it and could not be taken, such as "due: soon"."""

BEFORE = ("carried",)
"""What became of what was carried over from an earlier return: confirmed, changed or untouched; empty where nothing
was.  For cells of input tables it is that of the whole row."""

COLUMNS = (*WHOSE, *WHAT, *ANSWER, *BESIDE, *BEFORE)
"""The columns of every table of this module, in order."""

_NUMBERS = ("row", "value", "strength", "target")

_STANDING = {
    REQUIRED: "Required fields that are blank",
    REASONS: "Not applicable without a reason",
    CLAIMS: "High answers without evidence",
    BOTH: "Figures with a reason for having none",
    UNUSABLE: "Entries that cannot be used",
    CARRIED: "Answers from last time that are neither confirmed nor changed",
}

Row = dict[str, str | float | int | bool | None]


def answers_frame(readings: Iterable[Reading], instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """What was entered: profile fields, questions, figures, filled cells of tables, steps, and checks.

    For a check, ``state`` says what it came to (ok, failed, not_yet), ``code`` how bad it is (error, query), ``value``
    how many items it concerns if it counts any; the rest is about its explanation, whose words are in ``text``.
    Files that were refused have no rows.  ``instruments`` are by respondent type, and by ``respondent/version`` for
    returns of earlier versions.
    """
    return _frame(row for reading in readings for row in _rows(reading, instruments, answers=True))


def scores_frame(readings: Iterable[Reading], instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """What it comes to: overall score, sections, measures and derived fields.

    ``text`` has the band of a score and what a measure rests on.  A value that could not be worked out is absent, with
    the state *unanswered*.
    """
    return _frame(row for reading in readings for row in _rows(reading, instruments, answers=False))


def csv_text(readings: Sequence[Reading], instruments: Mapping[str, Instrument]) -> str:
    """Answers, then scores, of each return as CSV: every field between quotation marks, lines ending in a line feed.

    Texts that a spreadsheet program could take for a formula get an apostrophe in front; numbers are left alone.
    """
    rows = (
        [row.get(column) for column in COLUMNS]
        for reading in readings
        for answers in (True, False)
        for row in _rows(reading, instruments, answers=answers)
    )
    return as_csv(COLUMNS, rows)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Typed]]) -> str:
    """A table as CSV, written as :func:`csv_text` says."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([safe_text(each) for each in columns])
    for row in rows:
        writer.writerow([_field(each) for each in row])
    return target.getvalue()


def safe_text(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: an apostrophe goes in front of one that might be.

    That is a text whose first character, blanks and invisible characters aside, is ``= + - @``, also in full width, or
    one that starts with a tab or a line end.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return "'" + text
    for character in text:
        if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            continue
        return "'" + text if unicodedata.normalize("NFKC", character)[:1] in "=+-@−" else text
    return text


def _field(value: str | float | int | bool | None) -> str:
    return safe_text(value) if isinstance(value, str) else _as_text(value) or ""


def _as_text(value: Typed) -> str | None:
    """What a cell holds, as text: whole numbers without a point, logical values as spreadsheets write them."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    return whole_without_point(value)


def whole_without_point(value: float) -> str:
    """A number in as many digits as it needs, whole ones without a point."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _frame(rows: Iterable[Row]) -> pd.DataFrame:
    import pandas as pd

    collected = list(rows)
    data: dict[str, Any] = {}
    for column in COLUMNS:
        values = [_as_text(value) if column == "typed" else value for value in (row.get(column) for row in collected)]
        data[column] = pd.Series(values, dtype="Float64" if column in _NUMBERS else "string")
    return pd.DataFrame(data)


def _rows(reading: Reading, instruments: Mapping[str, Instrument], *, answers: bool) -> Iterator[Row]:
    identity, ret, result = reading.identity, reading.ret, reading.result
    instrument = read_with(instruments, identity)
    if identity is None or ret is None or result is None or instrument is None:
        return
    whose = _whose(identity, instrument, ret, reading.file.name)
    for row in _entered(instrument, ret, result) if answers else _worked_out(instrument, result):
        yield {**whose, **row}


def _whose(identity: Identity, instrument: Instrument, ret: Return, file: str) -> Row:
    return {
        "framework": identity.framework,
        "version": identity.version,
        "round": identity.round_id,
        "respondent": identity.respondent,
        "organisation": organisation_of(identity, instrument, ret),
        "organisation_id": organisation_id_of(identity, instrument, ret),
        "reference": identity.reference,
        "file": file,
    }


def _entry(entry: Entry) -> Row:
    return {
        "outcome": entry.outcome,
        "state": entry.state,
        "value": entry.value,
        "code": entry.code,
        "text": entry.text,
        "typed": entry.typed,
        "sheet": entry.place.sheet if entry.place else None,
        "cell": entry.place.cell if entry.place else None,
    }


def _entered(instrument: Instrument, ret: Return, result: Result) -> Iterator[Row]:
    def words(item: str, part: Part) -> str | None:
        return ret.get(item, part).text

    def refused(item: str) -> str | None:
        beside = [ret.get(item, part) for part in Part if part is not Part.ANSWER]
        wrong = [f"{each.key.part}: {_as_text(each.typed)}" for each in beside if each.outcome is Outcome.REFUSED]
        return "; ".join(wrong) or None

    for field in instrument.profile:
        if field.type != "derived":
            yield {"kind": ItemKind.PROFILE, "item": field.id, "label": field.label, **_entry(ret.get(field.id)),
                   "refused": refused(field.id), "carried": ret.touch(field.id)}  # fmt: skip
    for question in instrument.questions:
        texts: Row = {
            part.value: words(question.id, part)
            for part in (Part.REASON, Part.EVIDENCE, Part.ACTION, Part.OWNER, Part.DUE)
        }
        values: Row = {part.value: ret.value(question.id, part) for part in (Part.STRENGTH, Part.TARGET)}
        entry = _entry(ret.get(question.id))
        yield {"kind": ItemKind.QUESTION, "item": question.id, "label": question.label, **entry, **texts, **values,
               "refused": refused(question.id), "carried": ret.touch(question.id)}  # fmt: skip
    for figure in instrument.figures:
        yield {
            "kind": ItemKind.FIGURE,
            "item": figure.id,
            "label": figure.label,
            "unit": figure.unit,
            **_entry(ret.get(figure.id)),
            "state": ret.figure(figure.id)[0],
            "missing": ret.get(figure.id, Part.MISSING).code,
            "note": words(figure.id, Part.NOTE),
            "refused": refused(figure.id),
            "carried": ret.touch(figure.id),
        }
    for table in instrument.tables:
        for row in range(1, table.rows + 1):
            for column in table.columns:
                cell = ret.get(table.id, Part.ANSWER, row, column.id)
                if cell.outcome is not Outcome.BLANK or ret.carried.get(cell.key) is not None:
                    yield {
                        "kind": ItemKind.TABLE,
                        "item": table.id,
                        "row": row,
                        "column": column.id,
                        "label": column.label,
                        "unit": column.unit,
                        **_entry(cell),
                        "carried": ret.touch(table.id, row),
                    }
    for step in instrument.steps:
        yield {
            "kind": ItemKind.STEP,
            "item": step.id,
            "label": step.label,
            **_entry(ret.get(step.id)),
            "note": words(step.id, Part.NOTE),
            "refused": refused(step.id),
        }
    labels = {check.id: check.message for check in instrument.checks}
    labels |= {range_check_id(measure.id): measure.label for measure in instrument.measures}
    for of in result.checks.values():
        yield {
            "kind": "check",
            "item": of.id,
            "label": labels.get(of.id) or _STANDING.get(of.id),
            **_entry(ret.get(of.id, Part.EXPLANATION)),
            "state": of.state,
            "code": of.severity,
            "value": of.count,
        }


def _worked_out(instrument: Instrument, result: Result) -> Iterator[Row]:
    def number(value: float | None) -> Row:
        return {"value": value, "state": State.UNANSWERED if value is None else State.ANSWERED}

    overall = number(result.overall)
    yield {"kind": "overall", "item": "overall", "label": "Overall score", **overall, "text": result.overall_band}
    for node in instrument.nodes:
        of = result.sections[node.id]
        yield {"kind": "section", "item": node.id, "label": node.section.label, **number(of.score), "text": of.band}
    for measure in instrument.measures:
        measured = result.measures[measure.id]
        yield {
            "kind": "measure",
            "item": measure.id,
            "label": measure.label,
            "unit": measure.unit,
            **number(measured.value),
            "text": measured.basis or None,
        }
    for field in instrument.profile:
        if field.type == "derived":
            text = result.derived.get(field.id) or None
            state = State.ANSWERED if text else State.UNANSWERED
            yield {"kind": "derived", "item": field.id, "label": field.label, "text": text, "state": state}
