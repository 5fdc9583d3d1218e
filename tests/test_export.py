"""The command that writes the coordinator's own data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.returns import Key, Part
from kil_xlsx.errors import KilXlsxError, OutputError, UsageProblem
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline.export import export


@pytest.fixture
def returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two returns."""
    monkeypatch.setenv("COLUMNS", "120")
    folder = tmp_path / "returns"
    folder.mkdir()
    _, instruments = pipeline.load("keep-it-local")
    for instrument in instruments:
        question = instrument.questions[0].id
        typed = {Key(question): "3 Established", Key(question, Part.EVIDENCE): "The Hazelford survey"}
        issue = Issue(datetime(2026, 1, 1), Organisation(f"Hazelford {instrument.respondent.id}"), "2026")
        path = folder / f"{instrument.respondent.id}.xlsx"
        path.write_bytes(pipeline.workbook_bytes(Plan(instrument), issue, typed))
    return folder


def run(*words: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, ["export", *map(str, words)])


def test_tables_are_written_and_can_be_joined(returns: Path, tmp_path: Path) -> None:
    """The exit code is 0, and the first analysis that the page to begin with shows works."""
    done = run(returns, "--out", tmp_path / "data")
    assert done.exit_code == 0, done.output
    scores = pd.read_parquet(tmp_path / "data" / "scores.parquet")
    joined = scores.merge(pd.read_parquet(tmp_path / "data" / "organisations.parquet"), on="return_id")
    assert set(joined["organisation"]) == {"Hazelford council", "Hazelford community"}


def test_it_says_that_the_tables_are_not_for_publication(returns: Path, tmp_path: Path) -> None:
    """On the screen, each time, and in the folder."""
    words = " ".join(run(returns, "--out", tmp_path / "data").output.split())
    assert "Not for publication: a row of these tables describes one organisation." in words
    assert "What people wrote was left out; --texts adds it." in words
    assert "Not for publication" in (tmp_path / "data" / "README.md").read_text(encoding="utf-8")


def test_words_are_written_only_when_asked_for(returns: Path, tmp_path: Path) -> None:
    """They come in a file of their own."""
    assert run(returns, "--out", tmp_path / "without").exit_code == 0
    assert run(returns, "--out", tmp_path / "with", "--texts").exit_code == 0
    holding = {
        path.relative_to(tmp_path).as_posix()
        for folder in ("with", "without")
        for path in (tmp_path / folder).iterdir()
        if b"The Hazelford survey" in path.read_bytes()
    }
    assert "with/texts.csv" in holding
    assert holding <= {"with/texts.csv", "with/texts.parquet"}


def test_nothing_is_overwritten_unasked(returns: Path, tmp_path: Path) -> None:
    """The second time it is said before anything is read, and what is there stays as it is."""
    assert run(returns, "--out", tmp_path / "data").exit_code == 0
    (tmp_path / "data" / "answers.csv").write_text("mine")
    again = run(returns, "--out", tmp_path / "data")
    assert again.exit_code == 3
    assert "There already" in " ".join(again.stderr.split())
    assert (tmp_path / "data" / "answers.csv").read_text() == "mine"
    assert run(returns, "--out", tmp_path / "data", "--force").exit_code == 0
    assert (tmp_path / "data" / "answers.csv").read_text() != "mine"
    with pytest.raises(OutputError):
        export([tmp_path / "nowhere"], tmp_path / "data")


def test_a_bad_file_never_stops_the_rest(returns: Path, tmp_path: Path) -> None:
    """It is counted, and the exit code says so."""
    (returns / "letter.xlsx").write_bytes(b"%PDF")
    done = run(returns, "--out", tmp_path / "data")
    assert done.exit_code == 1
    assert "1 file could not be read" in " ".join(done.output.split())
    assert len(pd.read_parquet(tmp_path / "data" / "files.parquet")) == 3
    assert len(pd.read_parquet(tmp_path / "data" / "organisations.parquet")) == 2


def test_nothing_to_export_is_said(returns: Path, tmp_path: Path) -> None:
    """Where no file could be read, or there is none, nothing is written."""
    for path in returns.iterdir():
        path.write_bytes(b"%PDF")
    with pytest.raises(KilXlsxError, match="nothing to export"):
        export([returns], tmp_path / "data")
    with pytest.raises(UsageProblem):
        export([tmp_path / "nowhere"], tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_the_same_returns_give_the_same_files(returns: Path, tmp_path: Path) -> None:
    """Byte for byte."""
    for folder in ("a", "b"):
        export([returns], tmp_path / folder, texts=True)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
