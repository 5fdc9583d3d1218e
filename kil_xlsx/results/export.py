"""Returned workbooks as tidy tables for the coordinator's own analysis.  Not for publication: a row is an organisation.

Everything comes from what :func:`kil_xlsx.results.returned_json.return_file` says of a file, so that the tables and the
JSON agree.  Words that people wrote go into a table of their own, ``texts``, which is only made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from kil_xlsx.core.figures import InputTable
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.membership import Member, consent_of
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading, organisation_id_of, organisation_of, read_with
from kil_xlsx.core.release import OVERALL
from kil_xlsx.core.results import Counts
from kil_xlsx.core.returns import Outcome, Part, text_of
from kil_xlsx.core.topics import completeness
from kil_xlsx.results import export_columns as columns
from kil_xlsx.results.codebook import CodedItem, codebook
from kil_xlsx.results.data_package import (
    CODEBOOK,
    DESCRIPTION,
    PAGE,
    About,
    Cell,
    Column,
    DataTable,
    Link,
    Source,
    package_files,
)
from kil_xlsx.results.return_model import Answer, CarriedOver, FigureAnswer, QuestionAnswer, ReturnFile
from kil_xlsx.results.returned_json import return_file

NOTICE = (
    "Not for publication: a row of these tables describes one organisation. They are the coordinator's own working "
    "data. What may be published is the benchmark release that 'kil-xlsx benchmark' makes."
)
"""What stands first wherever the data are described."""

README = "README.md"
"""The file that says so, and how to begin."""

_Row = tuple[Cell, ...]
_Rows = dict[str, list[_Row]]

TABLES = (
    "files", "organisations", "profile", "answers", "scores", "measures", "figures", "cells", "steps", "checks",
    "problems", "items", "choices",
)  # fmt: skip
"""The tables that are always made."""


def file_names(*, texts: bool) -> tuple[str, ...]:
    """The names of all files of the export, known before anything is read."""
    tables = (*TABLES, "texts") if texts else TABLES
    data = (f"{name}.{ending}" for ending in ("csv", "parquet") for name in tables)
    return (README, DESCRIPTION, CODEBOOK, PAGE, *data)


def export_files(
    readings: Sequence[Reading], instruments: Mapping[str, Instrument], framework: Framework, *, texts: bool = False
) -> dict[str, bytes]:
    """The files of the export by name: those of :func:`file_names`.  The same returns give the same bytes.

    :param instruments: the instruments they were read with, by respondent type, and by ``respondent/version`` for
        returns of earlier versions.
    :param texts: whether the words that people wrote are wanted too.
    """
    files = package_files(
        about(len(readings), framework, texts=texts), export_tables(readings, instruments, texts=texts)
    )
    return {README: readme(framework, texts=texts).encode(), **files}


def export_tables(
    readings: Sequence[Reading], instruments: Mapping[str, Instrument], *, texts: bool = False
) -> tuple[DataTable, ...]:
    """The tables of the export.  Refused files are in ``files`` and ``problems`` only."""
    known = list({(each.framework.version, each.respondent.id): each for each in instruments.values()}.values())
    fields = _fields(known)
    rows: _Rows = {}
    for at, reading in enumerate(readings):
        _take_in(rows, at + 1, reading, read_with(instruments, reading.identity), instruments, list(fields), texts)
    rows["items"], rows["choices"] = _described(known)

    def table(
        name: str, title: str, about: str, its: tuple[Column, ...], key: tuple[str, ...], links: tuple[Link, ...] = ()
    ) -> DataTable:
        return DataTable(name, title, about, its, key, rows.get(name, []), links)

    one, item = ("return_id",), ("return_id", "item")
    to, profile = columns.TO_RETURN, tuple(fields.values())
    tables: tuple[DataTable, ...] = (
        table("files", "Files", "One row a file that was given.", columns.FILES, one),
        table("organisations", "Organisations", "One row a return that could be read: whose it is, what it says about "
              "the organisation, how complete it is, and its overall score.",
              (*columns.ORGANISATIONS, *profile), one, columns.TO_FILE),
        table("profile", "About the organisations", "One row for each return and field about the organisation: whether "
              "it was answered. The answers stand in organisations.", columns.PROFILE, item, to),
        table("answers", "Answers", "One row for each return and question.", columns.ANSWERS, item, to),
        table("scores", "Scores", "One row for each return and section, and one for overall.", columns.SCORES, item,
              to),
        table("measures", "Measures", "One row for each return and measure.", columns.MEASURES, item, to),
        table("figures", "Figures", "One row for each return and figure that is asked for.", columns.FIGURES, item, to),
        table("cells", "Cells of tables", "One row for each filled cell of a table that respondents fill in.",
              columns.CELLS, (*item, "row", "column"), to),
        table("steps", "Steps", "One row for each return and step of the checklist.", columns.STEPS, item, to),
        table("checks", "Checks", "One row for each return and check.", columns.CHECKS, item, to),
        table("problems", "Problems", "One row for each problem that was found in a file.", columns.PROBLEMS,
              ("return_id", "number"), columns.TO_FILE),
        table("items", "Items", "What is asked and worked out, by version of the questionnaire and respondent type.",
              columns.ITEMS, ("version", "respondent", "kind", "item", "column")),
        table("choices", "Choices", "The lists that answers are chosen from.", columns.CHOICES,
              ("version", "choices", "code")),
    )  # fmt: skip
    if texts:
        tables += (
            table("texts", "Texts", "One row for each text that somebody wrote. It may name people: keep it apart.",
                  columns.TEXTS, ("return_id", "about", "item", "part", "row", "column"), columns.TO_FILE),
        )  # fmt: skip
    return tables


# One file


def _take_in(
    rows: _Rows,
    number: int,
    reading: Reading,
    instrument: Instrument | None,
    instruments: Mapping[str, Instrument],
    fields: Sequence[str],
    texts: bool,
) -> None:
    """Add everything that one file says."""
    file = return_file(reading, instruments)

    def add(table: str, found: Iterator[_Row]) -> None:
        rows.setdefault(table, []).extend((number, *row) for row in found)

    add("files", _file(reading, file))
    add("problems", _problems(file))
    if instrument is not None and file.outcome == "read":
        add("organisations", _organisation(reading, file, instrument, fields))
        add("profile", _profile(file))
        add("answers", _answers(reading, file))
        add("scores", _scores(file))
        add("measures", _measures(file))
        add("figures", _figures(file))
        add("cells", _cells(file))
        add("steps", ((each.id, *_taken(each.answer), each.answer.code) for each in file.steps))
        add("checks", _checks(reading))
        if texts:
            add("texts", _texts(file, instrument))
    if texts:
        add("texts", _words_of_problems(file))


def _taken(answer: Answer) -> tuple[str, str]:
    return str(answer.state), str(answer.outcome)


def _touched(carried: CarriedOver | None) -> str | None:
    return None if carried is None else str(carried.state)


def _counts(counts: Counts) -> _Row:
    return (
        counts.questions, counts.applicable, counts.answered, counts.not_applicable, counts.dont_know,
        counts.unanswered, completeness(counts),
    )  # fmt: skip


def _file(reading: Reading, file: ReturnFile) -> Iterator[_Row]:
    info = file.file
    severities = (reading.count(severity) for severity in (Severity.ERROR, Severity.QUERY, Severity.NOTE))
    yield (
        info.name, info.sha256 or None, info.size, info.kind or None, info.application or None, file.outcome,
        *severities,
    )  # fmt: skip


def _organisation(reading: Reading, file: ReturnFile, instrument: Instrument, fields: Sequence[str]) -> Iterator[_Row]:
    identity, ret, result, progress = reading.identity, reading.ret, reading.result, file.progress
    assert identity is not None
    assert ret is not None
    assert result is not None
    assert progress is not None
    types = {field.id: field.type for field in instrument.profile}

    def profile(field: str) -> Cell:
        if types.get(field) == "derived":
            return file.derived.get(field) or None
        found = file.profile.get(field)
        if found is None or found.outcome is not Outcome.ACCEPTED:
            return None
        if types[field] == "choice":
            return found.code
        return _day(found.text) if types[field] == "date" else found.text or None

    yield (
        identity.framework,
        identity.version,
        identity.round_id or None,
        identity.respondent,
        organisation_of(identity, instrument, ret) or None,
        organisation_id_of(identity, instrument, ret) or None,
        identity.reference or None,
        consent_of(instrument, Member(identity, ret, result)),
        progress.ready,
        result.overall,
        result.overall_equal,
        result.overall_band,
        *_counts(result.overall_counts),
        progress.figures,
        progress.figures_responded,
        progress.errors,
        progress.queries,
        *(profile(field) for field in fields),
    )


def _profile(file: ReturnFile) -> Iterator[_Row]:
    for field, answer in file.profile.items():
        yield field, *_taken(answer), _touched(answer.carried)


def _answers(reading: Reading, file: ReturnFile) -> Iterator[_Row]:
    assert reading.result is not None
    for each in file.questions:
        answer = each.answer
        yield (
            each.id,
            each.section,
            *_taken(answer),
            answer.code,
            answer.value,
            each.scored,
            reading.result.questions[each.id].relative,
            each.strength.value if each.strength else None,
            each.target.value if each.target else None,
            each.gap,
            each.priority,
            _day(each.due.text) if each.due else None,
            each.evidence is not None,
            each.claim_without_evidence,
            each.reason_missing,
            _touched(each.carried),
        )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _scores(file: ReturnFile) -> Iterator[_Row]:
    scores = file.scores
    assert scores is not None
    yield OVERALL, 0, scores.overall, scores.band, None, *_counts(scores.counts)
    for each in scores.sections:
        yield each.id, each.depth, each.score, each.band, each.strength, *_counts(each.counts)


def _measures(file: ReturnFile) -> Iterator[_Row]:
    for each in file.measures:
        missing = "; ".join(each.missing) or None
        yield each.id, each.unit, each.value, each.basis or None, each.in_range, missing


def _figures(file: ReturnFile) -> Iterator[_Row]:
    for each in file.figures:
        state, reason = each.answer.state, each.missing
        if each.answer.value is None and reason is not None:
            state = reason.state
        code = reason.code if reason else None
        yield (
            each.id, each.unit, str(state), str(each.answer.outcome), each.answer.value, each.used, code,
            _touched(each.carried),
        )  # fmt: skip


def _cells(file: ReturnFile) -> Iterator[_Row]:
    for table in file.tables:
        for row in table.rows:
            for column, answer in row.columns.items():
                if answer is not None:
                    touched = _touched(row.carried)
                    yield table.id, row.row, column, *_taken(answer), answer.code, answer.value, touched


def _checks(reading: Reading) -> Iterator[_Row]:
    assert reading.result is not None
    for each in reading.result.checks.values():
        yield each.id, each.severity, str(each.state), each.is_open, each.explained, each.count


def _problems(file: ReturnFile) -> Iterator[_Row]:
    for at, each in enumerate(file.problems, 1):
        where = (each.sheet or None, each.cell or None, each.item or None)
        yield at, each.code, str(each.severity), *where, each.message, each.remedy


# Words


_BESIDE = tuple(part for part in Part if part is not Part.ANSWER)


def _texts(file: ReturnFile, instrument: Instrument) -> Iterator[_Row]:
    """The words of answers, and whatever was refused as it stood in its cell."""
    written = {field.id for field in instrument.profile if field.type in ("text", "long_text")}
    for field, answer in file.profile.items():
        yield from _words("profile", field, Part.ANSWER, answer, written=field in written)
        yield from _words("profile", field, Part.CONFIRM, answer.confirm)
    kinds: tuple[tuple[str, Sequence[QuestionAnswer | FigureAnswer | Any]], ...] = (
        ("question", file.questions), ("figure", file.figures), ("step", file.steps),
    )  # fmt: skip
    for about, items in kinds:
        for each in items:
            yield from _words(about, each.id, Part.ANSWER, each.answer)
            for part in _BESIDE:
                yield from _words(about, each.id, part, getattr(each, part.value, None), written=_is_written(part))
    tables: dict[str, InputTable] = {table.id: table for table in instrument.tables}
    for table in file.tables:
        words = {column.id for column in tables[table.id].columns if column.type == "text"}
        for row in table.rows:
            for column, found in row.columns.items():
                yield from _words("table", table.id, Part.ANSWER, found, row.row, column, written=column in words)
            yield from _words("table", table.id, Part.CONFIRM, row.confirm, row.row)
    for check in file.checks:
        yield from _words("check", check.id, Part.EXPLANATION, check.explanation, written=True)


def _is_written(part: Part) -> bool:
    return part in (Part.REASON, Part.EVIDENCE, Part.ACTION, Part.OWNER, Part.NOTE)


def _words(
    about: str, item: str, part: Part, answer: Answer | None, row: int = 0, column: str = "", *, written: bool = False
) -> Iterator[_Row]:
    """The text of an entry where words are written, and what was refused anywhere."""
    if answer is None:
        return
    refused = answer.outcome is Outcome.REFUSED
    text = text_of(answer.typed) if refused else answer.text if written else None
    if text:
        yield about, item, part.value, row or None, column or None, str(answer.outcome), text


def _words_of_problems(file: ReturnFile) -> Iterator[_Row]:
    for at, each in enumerate(file.problems, 1):
        for part, text in (("found", each.found), ("expected", each.expected)):
            if text:
                yield "problem", str(at), part, None, None, None, text


# What is asked


def _fields(instruments: Sequence[Instrument]) -> dict[str, Column]:
    """The columns for fields about the organisation, by field: all but names and words."""
    types: dict[str, Any] = {"date": "date"}
    found: dict[str, Column] = {}
    for instrument in instruments:
        for field in instrument.profile:
            if field.type in ("text", "long_text") or field.id in found:
                continue
            label = field.label.rstrip(".")
            about = f"{label}; the code of the choice." if field.type == "choice" else f"{label}."
            found[field.id] = Column(f"profile_{field.id}", types.get(field.type, "string"), about)
    return found


def _described(instruments: Sequence[Instrument]) -> tuple[list[_Row], list[_Row]]:
    """The rows of items and choices: the codebook of every version that returns are of, without places."""
    items: list[_Row] = []
    choices: list[_Row] = []
    versions: dict[str, list[Instrument]] = {}
    for instrument in instruments:
        versions.setdefault(instrument.framework.version, []).append(instrument)
    for version, mine in sorted(versions.items()):
        book = codebook([(instrument, lambda key: None) for instrument in mine])
        for respondent in book.respondents:
            whose = (version, respondent.id)
            for item in respondent.items:
                items.extend((*whose, *row) for row in _coded(item))
            for section in respondent.sections:
                items.append((*whose, "section", section.id, None, None, None, section.label, *[None] * 4))
            for each in respondent.measures:
                place = ("measure", each.id, None, None, each.section)
                items.append((*whose, *place, each.label, each.formula, "worked out", each.unit, None))
        for coded in book.choice_lists:
            choices.extend((version, coded.id, one.code, one.label, one.value, one.state) for one in coded.choices)
    return items, choices


def _coded(item: CodedItem) -> Iterator[_Row]:
    text = item.text or None
    of = (item.code, item.section)
    yield str(item.kind), item.id, None, *of, item.label, text, item.type, item.unit, item.choices
    if item.type == "table":
        for part in item.parts:
            if part.part != Part.CONFIRM:
                unit = (part.type, part.unit, part.choices)
                yield "column", item.id, part.part, None, None, part.label, None, *unit


# Description

_MISSING = (
    ("Left blank", "state is unanswered and outcome is blank"),
    ("Does not apply", "state is not_applicable"),
    ("Not known", "state is dont_know"),
    ("Could not be used", "state is unanswered and outcome is refused, or not_found where its place is gone"),
)


def about(files: int, framework: Framework, *, texts: bool) -> About:
    """What the export is, for its description and codebook."""
    words = (
        "The table texts holds what people wrote; it may name them."
        if texts
        else "What people wrote is left out; the option --texts of 'kil-xlsx export' adds it."
    )
    return About(
        name=f"{framework.id}-returns",
        title=f"{framework.title}: returns",
        version=framework.version,
        paragraphs=(NOTICE, words, framework.notice),
        chapters=(("Four kinds of missing answer", _MISSING),),
        sources=(
            Source(f"{files} files, known by their SHA-256 in the table files"),
            Source(f"{framework.title}, version {framework.version}"),
        ),
        more={"keywords": ["returns", "self-assessment", framework.id], "notForPublication": True},
    )


def readme(framework: Framework, *, texts: bool) -> str:
    """The page that says what the files are, and that they are not for publication."""
    lines = [
        f"# {framework.title}: returns", "",
        f"**{NOTICE}**", "",
        "Each table is there as CSV and as Parquet, with the same content. `codebook.md` says what every column holds,",
        "`codebook.csv` says it for programs, and `datapackage.json` describes the whole as a Frictionless data "
        "package.", "",
        "Tables are joined by `return_id`. Begin with `organisations`, one row a return; `answers`, `scores` and "
        "`measures`", "have one row for each return and item.", "",
        "Python:", "", "```python", "import pandas as pd", "",
        'scores = pd.read_parquet("scores.parquet").merge(pd.read_parquet("organisations.parquet"), on="return_id")',
        "```", "",
        "R:", "", "```r", "library(arrow)",
        'scores <- merge(read_parquet("scores.parquet"), read_parquet("organisations.parquet"), by = "return_id")',
        "```",
    ]  # fmt: skip
    if texts:
        lines += ["", "`texts` holds what people wrote. It may name them: keep it apart, and delete it when done."]
    return "\n".join(lines) + "\n"
