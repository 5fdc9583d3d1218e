"""What changed between two returns, as the command says it: files, numbers, an organisation, two rounds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from collections_made import Listed, Made, make
from msgspec.structs import replace
from statuses import NEAT, NOW, Records, Row, changed, collection, copied, records
from synthetic import instruments

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Entry, Key, Outcome, Return, State
from kil_xlsx.core.scoring import score

ROWS = [Row("Applewick Council", email="office@applewick.example"), Row("Brambleford Council")]
NAME = ROWS[0].name


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["diff", *words], catch_exceptions=False)


def as_json(*words: str) -> Any:
    """What the command says as JSON, which fits its schema."""
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    jsonschema.Draft202012Validator(pipeline.schema("diff")).validate(found)
    return found


def first_reading() -> Reading:
    """A return as it was read."""
    return next(each for each in collection(5, councils=3, communities=0, habits=NEAT) if each.ret is not None)


def with_entry(reading: Reading, entry: Entry) -> Reading:
    """The same return with one thing said differently."""
    assert reading.ret is not None
    instrument = next(each for each in instruments() if each.respondent.id == "council")
    ret = Return({**reading.ret.entries, entry.key: entry})
    return replace(reading, ret=ret, result=score(instrument, ret))


def level(code: str) -> Entry:
    """A level as the answer to the first question."""
    return Entry(
        key=Key("LA-C1-1"), state=State.ANSWERED, outcome=Outcome.ACCEPTED, code=code, value=float(code), text=code
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Make a collection in which one organisation sent three returns, and one in the round before."""
    done = records(tmp_path_factory.mktemp("made") / "round", ROWS)
    reading = changed(first_reading(), organisation=NAME)
    done.came(NAME, "accepted", "2025-05-01", round_id="2025", reading=with_entry(reading, level("0")))
    done.came(NAME, "superseded", 10, reading=with_entry(reading, level("1")))
    done.came(NAME, "refused", 11)
    done.came(NAME, "accepted", 12, reading=with_entry(reading, level("3")))
    done.came(ROWS[1].name, "accepted", 12, reading=with_entry(reading, level("3")))
    return done


@pytest.fixture
def made(original: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    """Give that collection, from inside its folder."""
    done = copied(original, tmp_path / "round")
    monkeypatch.chdir(done.folder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(pipeline, "now", lambda: NOW)
    return done


def what(found: Any) -> list[tuple[str, str, str]]:
    """The changes of a document: of what, from which code, to which."""
    return [(each["about"]["item"], each["before"]["code"], each["after"]["code"]) for each in found["changes"]]


def test_the_return_that_counts_and_the_one_before(made: Records) -> None:
    """A file that could not be used is no return to compare with."""
    found = as_json(NAME)
    assert (found["before"]["number"], found["after"]["number"]) == (2, 4)
    assert what(found) == [("LA-C1-1", "1", "3")]
    assert [each["id"] for each in found["scores"] if each["changed"]] == ["overall", "C1"]
    assert not found["carried"]


def test_the_last_round(made: Records) -> None:
    """What it said in the round before, in the same collection."""
    found = as_json(NAME, "--last-round")
    assert (found["before"]["number"], found["before"]["round"]) == (1, "2025")
    assert what(found) == [("LA-C1-1", "0", "3")]


@pytest.mark.parametrize("words", [("2", "4"), ("#2", "#4"), ("#2", "4")])
def test_two_returns_by_their_numbers(made: Records, words: tuple[str, str]) -> None:
    """With the sign before the number, which some shells swallow, or without."""
    assert what(as_json(*words)) == [("LA-C1-1", "1", "3")]


def test_returns_of_two_organisations(made: Records) -> None:
    """They may be compared, and it is said that they are of two."""
    done = run("4", "5")
    assert done.exit_code == 0
    assert "The two returns are of two organisations." in done.output and "Both say the same." in done.output


def test_on_the_screen_and_as_csv(made: Records) -> None:
    """The answer before and after, the score, and how much is the same."""
    page = run(NAME).output
    for words in ("Before: return 2", "After: return 4", "Changed: 1", "1 First steps", "3 Established", "Overall"):
        assert words in page
    rows = list(csv.DictReader(io.StringIO(run(NAME, "--csv").output)))
    assert (rows[0]["item"], rows[0]["code_before"], rows[0]["code_after"]) == ("LA-C1-1", "1", "3")
    assert [row["kind"] for row in rows] == ["question", "score", "score"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((ROWS[1].name,), 2), ((ROWS[1].name, "--last-round"), 2), (("Nobody",), 2), (("2", "99"), 2),
        (("2", "missing.xlsx"), 2), (("2", "4", "--last-round"), 2), ((NAME, "--json", "--csv"), 2),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(made: Records, words: tuple[str, ...], code: int) -> None:
    """What is not there, and options that do not go together, are answered with what to do."""
    assert run(*words).exit_code == code


def test_long_lists_are_cut(made: Records) -> None:
    """With how to see all of it."""
    other = next(
        each for each in reversed(collection(9, councils=3, communities=0, habits=NEAT)) if each.ret is not None
    )
    made.came(NAME, "accepted", 14, reading=changed(other, organisation=NAME))
    assert "add --all to see them" in run("4", "6").output
    assert "add --all to see them" not in run("4", "6", "--all").output


# Files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """Give real workbooks: two answers of a hub, one of a council, and a file that is none."""
    folder = tmp_path_factory.mktemp("files")
    rows = [
        Listed("The Applewick Hub", "community", "office@applewick.example", "GB-CHC-9900001"),
        Listed("Brambleford Council", "council", "office@brambleford.example"),
    ]
    made = make(folder / "round", rows)
    figure = next(each for each in _community().inputs)
    (folder / "may.xlsx").write_bytes(made.workbook(rows[0].name, seed=1, typed={Key(figure.id): 0.0}))
    (folder / "june.xlsx").write_bytes(made.workbook(rows[0].name, seed=1, typed={Key(figure.id): None}))
    (folder / "wrong.xlsx").write_bytes(made.workbook(rows[0].name, seed=1, typed={Key(figure.id): "about 12k"}))
    (folder / "council.xlsx").write_bytes(made.workbook(rows[1].name, seed=1))
    (folder / "letter.xlsx").write_bytes(b"%PDF-1.7 not a workbook")
    return folder, made


def _community() -> Any:
    return next(each for each in instruments() if each.respondent.id == "community")


def test_two_files_without_a_collection(files: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """Zero and nothing are two answers, in real workbooks too."""
    monkeypatch.chdir(files[0])
    found = as_json("may.xlsx", "june.xlsx")
    [change] = [each for each in found["changes"] if each["about"]["kind"] == "figure"]
    assert (change["before"]["state"], change["before"]["value"]) == ("answered", 0.0)
    assert (change["after"]["state"], change["change"]) == ("unanswered", "removed")
    assert found["before"]["number"] is None and found["before"]["file"] == "may.xlsx"
    assert found["before"]["organisation"] == "The Applewick Hub"


def test_problems_that_came(files: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that the second has and the first has not is new; the other way round it is gone."""
    monkeypatch.chdir(files[0])
    there, back = as_json("june.xlsx", "wrong.xlsx"), as_json("wrong.xlsx", "june.xlsx")
    assert there["problems_new"] and there["problems_new"] == back["problems_gone"]
    assert "new" in run("june.xlsx", "wrong.xlsx").output


def test_a_file_against_itself(files: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has changed, and the exit code is that of everything fine, as with changes."""
    monkeypatch.chdir(files[0])
    done = run("may.xlsx", "may.xlsx")
    assert done.exit_code == 0 and "Both say the same." in done.output
    assert run("may.xlsx", "june.xlsx").exit_code == 0


def test_what_cannot_be_read(files: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read ends the command with what is wrong with it; so do two types of respondent."""
    monkeypatch.chdir(files[0])
    done = run("may.xlsx", "letter.xlsx")
    assert done.exit_code == 3 and "letter.xlsx cannot be read: the file is a PDF" in done.output
    done = run("may.xlsx", "council.xlsx")
    assert done.exit_code == 2 and "community" in done.output and "council" in done.output
    assert run("may.xlsx", ".").exit_code == 2
    assert run("may.xlsx").exit_code == 2


def test_a_file_against_a_return_of_the_collection(made: Records, files: tuple[Path, Made]) -> None:
    """Inside a collection a file and a number may stand beside each other."""
    found = as_json("4", str(files[0] / "council.xlsx"))
    assert (found["before"]["number"], found["after"]["number"]) == (4, None)
    assert found["changes"]
