"""Tidy tables: a row for each organisation and item, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kil_xlsx import pipeline
from kil_xlsx.core.returns import Key, Part, Typed
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue, Previous
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.results.show import totals
from kil_xlsx.results.tables import COLUMNS, answers_frame, csv_text, safe_text, scores_frame

TYPED: dict[Key, Typed] = {
    Key("CO-C1-1"): "2 Developing",
    Key("CO-C1-1", Part.EVIDENCE): "=1+1",
    Key("CO-C1-1", Part.STRENGTH): "Described only",
    Key("tenants", Part.ANSWER, 1, "name"): "@Hub",
    Key("tenants", Part.ANSWER, 1, "jobs_fte"): 2.5,
    Key("supplier_spend", Part.MISSING): "Not known yet",
    Key("measured_income"): "=about 12k",
    Key("CO-C1-2", Part.DUE): "soon",
    Key("AUTO-2", Part.EXPLANATION): "See the note",
}


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Returned:
    """A return, and a file that is none."""
    folder: Path = tmp_path_factory.mktemp("returns")
    _, instruments = pipeline.load("keep-it-local/community")
    created = datetime(2026, 1, 1)
    issue = Issue(created, Organisation("+Hub"), "2026")
    (folder / "a.xlsx").write_bytes(pipeline.workbook_bytes(Plan(instruments[0]), issue, TYPED))
    (folder / "b.xlsx").write_bytes(b"%PDF")
    return pipeline.read([folder])


def test_answers_frame(returned: pipeline.Returned) -> None:
    """There is one row for each item, with what was entered beside it in columns of its own."""
    frame = answers_frame(returned.readings, returned.instruments)
    assert tuple(frame.columns) == COLUMNS
    assert not frame.duplicated(["file", "kind", "item", "row", "column"]).any()
    instrument = returned.instruments["community"]
    assert (frame["kind"] == "question").sum() == len(instrument.questions)
    assert (frame["kind"] == "figure").sum() == len(instrument.figures)
    first = frame[frame["item"] == "CO-C1-1"].iloc[0]
    assert (first["value"], first["code"], first["strength"], first["evidence"]) == (2.0, "2", 1.0, "=1+1")
    assert (first["sheet"], first["organisation"], first["round"]) == ("Assessment", "+Hub", "2026")
    spend = frame[frame["item"] == "supplier_spend"].iloc[0]
    assert (spend["state"], spend["missing"]) == ("dont_know", "DK")
    assert list(frame[frame["kind"] == "table"]["column"]) == ["name", "jobs_fte"]


def test_missing_is_not_zero(returned: pipeline.Returned) -> None:
    """What was not answered has no value, rather than zero."""
    frame = answers_frame(returned.readings, returned.instruments)
    blank = frame[frame["state"] == "unanswered"]
    assert len(blank) > 50
    assert blank["value"].isna().all()


def test_refused_answers_are_kept(returned: pipeline.Returned) -> None:
    """What could not be taken stands there as it was typed, in its own cell or beside an answer."""
    frame = answers_frame(returned.readings, returned.instruments).set_index("item")
    figure = frame.loc["measured_income"]
    assert (figure["outcome"], figure["typed"]) == ("refused", "=about 12k")
    assert frame["value"].isna()["measured_income"]
    assert frame.loc["CO-C1-2"]["refused"] == "due: soon"
    assert frame.loc["CO-C1-1"]["typed"] == "2 Developing"
    text = csv_text(returned.readings, returned.instruments)
    by_item = {(row["item"], row["column"]): row for row in csv.DictReader(io.StringIO(text))}
    assert by_item["measured_income", ""]["typed"] == "'=about 12k"
    assert by_item["tenants", "jobs_fte"]["typed"] == "2.5"


def test_checks_have_rows(returned: pipeline.Returned) -> None:
    """Every check has a row, with what it came to and what was written about it."""
    frame = answers_frame(returned.readings, returned.instruments)
    checks = frame[frame["kind"] == "check"].set_index("item")
    result = returned.readings[0].result
    assert result is not None
    assert list(checks.index) == list(result.checks)
    assert list(checks["state"]) == [check.state for check in result.checks.values()]
    assert checks["label"].notna().all()
    assert checks.loc["AUTO-2"]["text"] == "See the note"


def test_scores_frame(returned: pipeline.Returned) -> None:
    """Overall score, sections and measures come in the same columns."""
    frame = scores_frame(returned.readings, returned.instruments)
    assert tuple(frame.columns) == COLUMNS
    instrument = returned.instruments["community"]
    assert list(frame["kind"].unique()) == ["overall", "section", "measure", "derived"]
    assert (frame["kind"] == "measure").sum() == len(instrument.measures)


def test_no_returns() -> None:
    """Without returns there are empty tables with all their columns."""
    assert tuple(answers_frame([], {}).columns) == COLUMNS
    assert csv_text([], {}).count("\n") == 1


def test_csv(returned: pipeline.Returned) -> None:
    """The CSV is the answers, then the scores; texts like formulas have an apostrophe, numbers do not."""
    text = csv_text(returned.readings, returned.instruments)
    rows = list(csv.DictReader(io.StringIO(text)))
    frames = [
        answers_frame(returned.readings, returned.instruments),
        scores_frame(returned.readings, returned.instruments),
    ]
    assert len(rows) == sum(len(frame) for frame in frames)
    by_item = {(row["item"], row["column"]): row for row in rows}
    assert by_item["CO-C1-1", ""]["evidence"] == "'=1+1"
    assert by_item["CO-C1-1", ""]["value"] == "2"
    assert by_item["tenants", "name"]["text"] == "'@Hub"
    assert by_item["tenants", "jobs_fte"]["value"] == "2.5"
    assert {row["organisation"] for row in rows} == {"'+Hub"}
    assert all(line.startswith('"') for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\rx",
        "\nx",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff@x",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "−1",
    ],
)
def test_dangerous_texts(text: str) -> None:
    """Texts that a spreadsheet might take for a formula are made harmless, and nothing of them is lost."""
    assert safe_text(text) == "'" + text


@pytest.mark.parametrize("text", ["", "x=1", "Leeds", "1-2", "£5", "(=1)", "'=1", " x"])
def test_harmless_texts(text: str) -> None:
    """Other texts stay as they are."""
    assert safe_text(text) == text


@given(st.text())
def test_never_a_formula(text: str) -> None:
    """Whatever the text, what is written begins with nothing that starts a formula."""
    assert safe_text(text).lstrip()[:1] not in {"=", "+", "-", "@"} or safe_text(text)[:1] == "'"


def test_what_became_of_what_was_carried_over(tmp_path: Path) -> None:
    """A column says it for every item, for cells of tables by their row; a cell that was emptied keeps its row."""
    _, instruments = pipeline.load("keep-it-local/community")
    before: dict[Key, Typed] = {
        Key("organisation_name"): "Hub",
        Key("CO-C1-1"): "2 Developing",
        Key("CO-C1-2"): "2 Developing",
        Key("tenants", Part.ANSWER, 1, "name"): "Hub",
        Key("tenants", Part.ANSWER, 1, "jobs_fte"): 2.0,
        Key("tenants", Part.ANSWER, 2, "name"): "Café",
    }
    after: dict[Key, Typed] = {
        Key("CO-C1-1", Part.CONFIRM): "Confirmed",
        Key("CO-C1-2"): None,
        Key("tenants", Part.ANSWER, 1, "jobs_fte"): None,
        Key("tenants", Part.CONFIRM, 2): "maybe",
    }
    issue = Issue(datetime(2026, 1, 1), Organisation("Hub"), previous=Previous("2025", before, {}))
    (tmp_path / "a.xlsx").write_bytes(pipeline.workbook_bytes(Plan(instruments[0]), issue, after))
    found = pipeline.read([tmp_path])
    rows = csv.DictReader(io.StringIO(csv_text(found.readings, found.instruments)))
    by_item = {(row["item"], row["row"], row["column"]): row["carried"] for row in rows}
    assert {item: state for item, state in by_item.items() if state} == {
        ("organisation_name", "", ""): "untouched",
        ("CO-C1-1", "", ""): "confirmed",
        ("CO-C1-2", "", ""): "changed",
        ("tenants", "1", "name"): "changed",
        ("tenants", "1", "jobs_fte"): "changed",
        ("tenants", "2", "name"): "untouched",
    }
    assert "Carried over: 1 confirmed, 2 changed, 2 untouched." in totals(found.readings)


def test_nothing_is_said_of_last_time_where_there_was_none(returned: pipeline.Returned) -> None:
    """Workbooks that were sent out empty have the column, with nothing in it."""
    assert answers_frame(returned.readings, returned.instruments)["carried"].isna().all()
    assert not any("Carried over" in line for line in totals(returned.readings))
