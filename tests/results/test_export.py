"""The coordinator's own data: the tables say what the readings say, and keep people's words apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from packages import as_lists, csv_frame, faults, parquet_frame, tables, unpack
from synthetic import collection, instruments, keep_it_local

from kil_xlsx import pipeline
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.results.export import NOTICE, export_files, export_tables, file_names
from kil_xlsx.results.tables import safe_text

Row = dict[str, Any]

TYPED: dict[Key, Typed] = {
    Key("CO-C1-1"): "2 Developing",
    Key("CO-C1-1", Part.EVIDENCE): "=1+1",
    Key("CO-C1-1", Part.STRENGTH): "Described only",
    Key("CO-C1-1", Part.TARGET): "4 Leading",
    Key("CO-C1-1", Part.DUE): "2026-09-01",
    Key("CO-C1-2"): "Don't know",
    Key("CO-C1-3"): "Not applicable",
    Key("CO-C1-3", Part.REASON): "We employ nobody",
    Key("CO-C1-4"): "splendid",
    Key("CO-C1-5", Part.ACTION): "Ask Jo\nby phone",
    Key("tenants", Part.ANSWER, 1, "name"): "@Hub",
    Key("tenants", Part.ANSWER, 1, "jobs_fte"): 2.5,
    Key("supplier_spend", Part.MISSING): "Not known yet",
    Key("measured_income"): "=about 12k",
    Key("completed_by"): "Jo Bloggs",
    Key("AUTO-2", Part.EXPLANATION): "See the note",
}


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Returned:
    """A return with something of everything, and a file that is none."""
    folder: Path = tmp_path_factory.mktemp("returns")
    _, known = pipeline.load("keep-it-local/community")
    issue = Issue(datetime(2026, 1, 1), Organisation("+Hub"), "2026")
    (folder / "a.xlsx").write_bytes(b"%PDF-1.7\n")
    (folder / "b.xlsx").write_bytes(pipeline.workbook_bytes(Plan(known[0]), issue, TYPED))
    return pipeline.read([folder])


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    """Returns of made-up organisations of both types."""
    return collection(5, councils=6, communities=6)


def _by_type() -> dict[str, Instrument]:
    return {each.respondent.id: each for each in instruments()}


def _rows(
    found: list[Reading] | tuple[Reading, ...], known: Mapping[str, Instrument], *, texts: bool = False
) -> dict[str, list[Row]]:
    return {
        table.name: [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]
        for table in export_tables(found, known, texts=texts)
    }


# The same as the readings


def test_there_is_one_row_for_each_return(readings: list[Reading]) -> None:
    """Whose it is, whether it agreed, its score and its completeness are those of the reading."""
    rows = _rows(readings, _by_type())["organisations"]
    assert [row["return_id"] for row in rows] == list(range(1, len(readings) + 1))
    for row, reading in zip(rows, readings, strict=True):
        assert reading.identity
        assert reading.ret
        assert reading.result
        assert (row["organisation"], row["respondent"]) == (reading.identity.organisation, reading.identity.respondent)
        assert (row["score"], row["band"]) == (reading.result.overall, reading.result.overall_band)
        counts = reading.result.overall_counts
        assert (row["answered"], row["dont_know"]) == (counts.answered, counts.dont_know)
        assert row["completeness"] == counts.answered / counts.applicable
        consent = reading.ret.get("share_for_benchmarking").code
        assert row["agreed"] is ({"named": True, "anonymous": True}.get(consent, False) if consent else None)
        assert row["profile_region"] == reading.ret.get("region").code


def test_answers_and_scores_are_those_of_the_reading(readings: list[Reading]) -> None:
    """Every question, section, measure, figure and check of every return has a row, with its own values."""
    rows = _rows(readings, _by_type())
    by_key = {
        name: {(row["return_id"], row["item"]): row for row in rows[name]}
        for name in ("answers", "scores", "measures", "figures", "checks")
    }
    seen = 0
    for number, reading in enumerate(readings, 1):
        assert reading.ret
        assert reading.result
        for question in reading.result.questions.values():
            row, entry = by_key["answers"][number, question.id], reading.ret.get(question.id)
            assert (row["state"], row["outcome"]) == (question.state, entry.outcome)
            assert (row["code"], row["value"], row["scored"]) == (entry.code, entry.value, question.value)
            assert (row["relative"], row["gap"]) == (question.relative, question.gap)
            assert (row["strength"], row["target"]) == (question.strength, question.target)
            seen += 1
        for section in reading.result.sections.values():
            row = by_key["scores"][number, section.id]
            assert (row["score"], row["strength"], row["answered"]) == (
                section.score, section.strength, section.counts.answered,
            )  # fmt: skip
        assert by_key["scores"][number, "overall"]["score"] == reading.result.overall
        for measure in reading.result.measures.values():
            row = by_key["measures"][number, measure.id]
            assert (row["value"], row["in_range"]) == (measure.value, measure.in_range)
            assert (row["basis"] or "", row["missing"] or "") == (measure.basis, "; ".join(measure.missing))
        for figure, used in reading.result.figures.items():
            if (number, figure) in by_key["figures"]:
                row = by_key["figures"][number, figure]
                assert (row["state"], row["value"]) == reading.ret.figure(figure)
                assert row["used"] == used
        for check in reading.result.checks.values():
            row = by_key["checks"][number, check.id]
            assert (row["state"], row["open"], row["count"]) == (check.state, check.is_open, check.count)
    assert seen == len(rows["answers"]) > 300


def test_four_kinds_of_missing_stay_apart(returned: pipeline.Returned) -> None:
    """Left blank, not applicable, not known and not usable can be told apart, and none of them has a value."""
    answers = {row["item"]: row for row in _rows(returned.readings, returned.instruments)["answers"]}
    told = {item: (answers[item]["state"], answers[item]["outcome"]) for item in answers}
    assert told["CO-C1-1"] == ("answered", "accepted")
    assert told["CO-C1-2"] == ("dont_know", "accepted")
    assert told["CO-C1-3"] == ("not_applicable", "accepted")
    assert told["CO-C1-4"] == ("unanswered", "refused")
    assert told["CO-C1-5"] == ("unanswered", "blank")
    assert {answers[f"CO-C1-{at}"]["value"] for at in (2, 3, 4, 5)} == {None}
    figures = {row["item"]: row for row in _rows(returned.readings, returned.instruments)["figures"]}
    spend = figures["supplier_spend"]
    assert (spend["state"], spend["value"], spend["missing"]) == ("dont_know", None, "DK")
    assert (figures["measured_income"]["state"], figures["measured_income"]["outcome"]) == ("unanswered", "refused")


def test_what_stands_beside_an_answer_is_in_its_row(returned: pipeline.Returned) -> None:
    """Target, gap, strength and day are values; of words there is only whether there are any."""
    answers = {row["item"]: row for row in _rows(returned.readings, returned.instruments)["answers"]}
    row = answers["CO-C1-1"]
    assert (row["value"], row["target"], row["gap"], row["strength"]) == (2.0, 4.0, 2.0, 1.0)
    assert (str(row["due"]), row["evidence_given"]) == ("2026-09-01", True)
    assert answers["CO-C1-2"]["evidence_given"] is False


def test_refused_files_are_listed_with_what_is_wrong(returned: pipeline.Returned) -> None:
    """They keep their number, which no other table has."""
    rows = _rows(returned.readings, returned.instruments)
    assert [(row["return_id"], row["file"], row["result"]) for row in rows["files"]] == [
        (1, "a.xlsx", "refused"),
        (2, "b.xlsx", "read"),
    ]
    assert [row["return_id"] for row in rows["organisations"]] == [2]
    problems = [(row["return_id"], row["code"], row["message"]) for row in rows["problems"]]
    assert problems == [
        (at, each.code, each.message) for at, one in enumerate(returned.readings, 1) for each in one.problems
    ]
    assert problems[0][:2] == (1, "file-is-pdf")


# Words


def test_words_are_left_out_unless_they_are_asked_for(returned: pipeline.Returned) -> None:
    """Without them no file holds anything that somebody wrote; with them each stands in a table of its own."""
    written = {"=1+1", "We employ nobody", "splendid", "Ask Jo\nby phone", "@Hub", "=about 12k", "Jo Bloggs",
               "See the note"}  # fmt: skip
    without = _rows(returned.readings, returned.instruments)
    cells = {cell for rows in without.values() for row in rows for cell in row.values()}
    assert not cells & written
    assert not any(words in content.decode("latin-1") for content in _files(returned).values() for words in written)
    texts = _rows(returned.readings, returned.instruments, texts=True)["texts"]
    own = {row["text"]: row for row in texts if row["about"] != "problem"}
    assert written <= own.keys()
    assert (own["@Hub"]["item"], own["@Hub"]["row"], own["@Hub"]["column"]) == ("tenants", 1, "name")
    assert (own["splendid"]["part"], own["splendid"]["outcome"]) == ("answer", "refused")
    assert own["=1+1"]["part"] == "evidence"


def _files(returned: pipeline.Returned, *, texts: bool = False) -> dict[str, bytes]:
    return export_files(returned.readings, returned.instruments, returned.framework, texts=texts)


# Files


@pytest.mark.parametrize("texts", [False, True])
def test_another_program_finds_nothing_wrong(returned: pipeline.Returned, texts: bool, tmp_path: Path) -> None:
    """The Frictionless framework accepts the package; CSV and Parquet hold the same."""
    files = _files(returned, texts=texts)
    assert sorted(files) == sorted(file_names(texts=texts))
    description = unpack(files, tmp_path)
    assert faults(description) == []
    assert len(tables(description)) == 14 if texts else 13
    for name in tables(description):
        exact, text = (as_lists(read(description, name)) for read in (parquet_frame, csv_frame))
        assert text == [[safe_text(cell) if isinstance(cell, str) else cell for cell in row] for row in exact]


def test_it_says_that_it_is_not_for_publication(returned: pipeline.Returned) -> None:
    """In the page to begin with, in the codebook and in the description for programs."""
    files = _files(returned)
    for name in ("README.md", "codebook.md", "datapackage.json"):
        assert NOTICE in files[name].decode().replace("\\'", "'")


def test_the_same_returns_give_the_same_bytes(readings: list[Reading]) -> None:
    """Nothing depends on when or where the files were made."""
    first, second = (export_files(readings, _by_type(), keep_it_local(), texts=True) for _ in range(2))
    assert first == second


def test_everything_named_is_described(readings: list[Reading]) -> None:
    """Each item of any table stands in the table of items, and each code in that of choices."""
    rows = _rows(readings, _by_type())
    items = {(row["kind"], row["item"]): row for row in rows["items"]}
    kinds = {"answers": "question", "measures": "measure", "figures": "figure", "profile": "profile", "steps": "step"}
    for table, kind in kinds.items():
        assert {(kind, row["item"]) for row in rows[table]} <= items.keys()
    assert {("section", row["item"]) for row in rows["scores"]} - items.keys() == {("section", "overall")}
    choices = {(row["choices"], row["code"]) for row in rows["choices"]}
    for row in rows["answers"]:
        assert row["code"] is None or (items["question", row["item"]]["choices"], row["code"]) in choices


def test_without_returns_there_are_empty_tables() -> None:
    """All columns are there all the same."""
    assert all(not table.rows for table in export_tables([], {}))
