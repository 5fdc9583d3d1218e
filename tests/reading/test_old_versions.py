"""Workbooks that were sent out before: by an earlier version of the questionnaire, in an earlier layout."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import two_versions
import yaml

from kil_xlsx import pipeline
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.release_log import LoggedRelease, ReleaseLog
from kil_xlsx.core.returns import Key, Outcome
from kil_xlsx.layout import stamp as stamps
from kil_xlsx.pipeline.benchmark import _renamed, benchmark
from kil_xlsx.pipeline.mark import mark
from kil_xlsx.pipeline.releases import freeze
from kil_xlsx.pipeline.versions import plans_of
from kil_xlsx.reading.form import read_form
from kil_xlsx.reading.plans import Plans

CORPUS = Path(__file__).resolve().parent.parent / "corpus_layout1"
EXPECTED = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def readings() -> dict[str, Reading]:
    """Every file of the corpus, read with what comes with the program."""
    _, instruments = pipeline.load("keep-it-local")
    plans = plans_of("keep-it-local", instruments)
    return {name: read_form((CORPUS / name).read_bytes(), name, plans) for name in EXPECTED}


def test_the_corpus_has_both_respondent_types_and_a_file_saved_by_another_program() -> None:
    """The files of the first layout are there, four of them."""
    names = set(EXPECTED)
    assert names == {path.name for path in CORPUS.glob("*.xlsx")}
    assert len(names) == 4
    assert any("libreoffice" in name for name in names)
    assert {name.partition("-")[0] for name in names} == {"council", "community"}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_answer_of_an_old_return_is_read_as_it_was_then(readings: dict[str, Reading], name: str) -> None:
    """Each entry has the outcome, state, value, code, words and content that it had when its version was current."""
    reading = readings[name]
    assert reading.ret is not None
    found = {}
    for key, entry in reading.ret.entries.items():
        if entry.outcome not in (Outcome.BLANK, Outcome.NOT_FOUND):
            parts = [key.item, str(key.part), *([str(key.row), key.column] if key.row else [])]
            said = [entry.outcome, entry.state, entry.value, entry.code, entry.text, entry.typed]
            found["/".join(parts)] = said
    assert found == EXPECTED[name]["answers"]


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_return_is_scored_by_the_rules_of_its_own_version(readings: dict[str, Reading], name: str) -> None:
    """Overall score, sections and measures are those of then: no measure that came later, no other figure."""
    result = readings[name].result
    assert result is not None
    expected = EXPECTED[name]
    assert result.overall == expected["overall"]
    assert {key: of.score for key, of in result.sections.items()} == expected["sections"]
    assert {key: of.value for key, of in result.measures.items()} == expected["measures"]


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_return_gets_no_problem_for_being_old(readings: dict[str, Reading], name: str) -> None:
    """Besides the note that says so, there are the problems of then and no others."""
    found = sorted([each.code, each.item] for each in readings[name].problems)
    assert found == sorted([["return-older-version", ""], *EXPECTED[name]["problems"]])
    note = next(each for each in readings[name].problems if each.code == "return-older-version")
    assert note.severity is Severity.NOTE
    assert note.found == "1.0.0"


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_return_says_what_it_was_made_from(readings: dict[str, Reading], name: str) -> None:
    """Version, layout and fingerprint are those that stand in the file, and no cell of then is missing."""
    reading = readings[name]
    assert reading.identity is not None
    assert reading.ret is not None
    identity = reading.identity
    assert (identity.version, identity.fingerprint, identity.layout) == ("1.0.0", EXPECTED[name]["fingerprint"], 1)
    missing = [key for key, entry in reading.ret.entries.items() if entry.outcome is Outcome.NOT_FOUND]
    assert missing == [Key("AUTO-6", "explanation")]  # a check that workbooks did not have yet


def test_separate_processes_read_old_returns_the_same(readings: dict[str, Reading]) -> None:
    """What the readers in other processes give for files of an earlier version does not differ."""
    isolated = pipeline.read([CORPUS], "keep-it-local")
    assert {each.file.name: each.ret for each in isolated.readings} == {k: v.ret for k, v in readings.items()}
    assert {"council/1.0.0", "community/1.0.0", "council", "community"} == set(isolated.instruments)


def test_tables_of_old_returns_have_what_was_asked_then() -> None:
    """CSV and JSON list the items of the version that each return was made from."""
    returned = pipeline.read([CORPUS], "keep-it-local", isolation=False)
    csv = pipeline.read_csv(returned)
    assert '"1.0.0"' in csv and '"1.1.0"' not in csv
    assert "survey_replies" not in csv and "C1-M5" not in csv
    files = json.loads(pipeline.read_json(returned))["files"]
    assert {file["identity"]["version"] for file in files} == {"1.0.0"}
    assert all(file["scores"]["overall"] == EXPECTED[file["file"]["name"]]["overall"] for file in files)


def test_a_version_that_nobody_knows_is_refused_with_what_to_do() -> None:
    """A workbook of a version without a file in the archive is not read by another one's rules."""
    _, instruments = pipeline.load("keep-it-local")
    plans = Plans(plans_of("keep-it-local", instruments).current)
    name = next(iter(EXPECTED))
    reading = read_form((CORPUS / name).read_bytes(), name, plans)
    assert reading.refused
    [wrong] = reading.problems
    assert (wrong.code, wrong.found, wrong.expected) == (
        "return-other-version",
        "1.0.0",
        instruments[0].framework.version,
    )
    assert "versions" in wrong.remedy


def test_a_layout_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layout that this program does not know, such as one of a later program, is not guessed at."""
    monkeypatch.setattr("kil_xlsx.reading.form.EARLIER_LAYOUTS", frozenset())
    _, instruments = pipeline.load("keep-it-local")
    name = next(iter(EXPECTED))
    reading = read_form((CORPUS / name).read_bytes(), name, plans_of("keep-it-local", instruments))
    assert [each.code for each in reading.problems] == ["return-other-version"]
    assert "layout 1" in reading.problems[0].found
    assert 1 in stamps.EARLIER_LAYOUTS and stamps.LAYOUT_VERSION not in stamps.EARLIER_LAYOUTS


def test_old_returns_fill_in_new_workbooks(tmp_path: Path) -> None:
    """Every answer to the earlier version is in the new workbook, to be confirmed, and nothing was lost."""
    name = "council-eastmarsh-council-saved-in-libreoffice.xlsx"
    done = pipeline.generate("keep-it-local", previous=CORPUS / name, out=tmp_path, round_id="2027")
    assert not [note for note in done.notes if "could not be used:" in note or "no longer" in note]
    [workbook] = done.workbooks
    [reading] = pipeline.read([workbook.path], "keep-it-local", isolation=False).readings
    assert reading.identity is not None and reading.identity.version == done.framework.version
    assert reading.ret is not None
    before = {key: said for key, said in EXPECTED[name]["answers"].items() if said[0] == "accepted"}
    questions = {key: said for key, said in before.items() if key.startswith("LA-") and key.endswith("/answer")}
    assert len(questions) > 20
    for key, said in questions.items():
        entry = reading.ret.get(key.partition("/")[0])
        assert (entry.code, str(entry.state)) == (said[3], said[1])
        assert reading.ret.touch(entry.key.item) == "untouched"


def test_the_json_of_an_old_return_fills_in_new_workbooks_alike(tmp_path: Path) -> None:
    """What 'read --json' said of an old return is carried forward as the file itself is."""
    name = "community-the-applewick-hub-saved-in-libreoffice.xlsx"
    returned = pipeline.read([CORPUS / name], "keep-it-local", isolation=False)
    (tmp_path / "before.json").write_bytes(pipeline.read_json(returned))
    kept = []
    for at, previous in enumerate((tmp_path / "before.json", CORPUS / name)):
        done = pipeline.generate("keep-it-local", previous=previous, out=tmp_path / str(at), round_id="2027")
        [reading] = pipeline.read([done.workbooks[0].path], "keep-it-local", isolation=False).readings
        assert reading.ret is not None
        kept.append(dict(reading.ret.carried))
    assert kept[0] == kept[1] and kept[0]


def test_old_returns_are_compared_as_far_as_they_can_be(tmp_path: Path) -> None:
    """A benchmark takes returns of the earlier version in, scored by today's rules, and says so."""
    done = benchmark([CORPUS], tmp_path / "out", "keep-it-local")
    assert done.release.files.not_comparable == 0
    assert done.release.version == done.returned.framework.version
    [note] = [each for each in done.notes if "1.0.0" in each]
    assert note.startswith("4 returns were made from version 1.0.0 and carried forward")
    assert note.endswith("every answer that was carried can be compared.")


def test_a_framework_of_ones_own_has_earlier_versions_too(tmp_path: Path) -> None:
    """A workbook of a frozen version comes back after the definition changed: it is read, carried and compared."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(two_versions.old(), sort_keys=False), encoding="utf-8")
    freeze(str(folder))
    answers = {
        "Q-SAME": "Partly", "Q-NAME": "Fully", "Q-GONE": "No", "Q-SPLIT": "Partly", "Q-CODES": "Level 3",
        "Q-LOW1": "Fully", "Q-LOW2": "Partly", "Q-EQ1": "No", "Q-EQ2": "Fully", "name": "Org", "consent": "Yes",
    }  # fmt: skip
    given = {"schema": "kil-xlsx/answers/1", "returns": [{"organisation": "Org", "answers": answers}]}
    (tmp_path / "answers.json").write_text(json.dumps(given))
    old = pipeline.generate(str(folder), answers=tmp_path / "answers.json", out=tmp_path / "old").workbooks[0].path
    file.write_text(yaml.safe_dump(two_versions.new(), sort_keys=False), encoding="utf-8")

    returned = pipeline.read([old], str(folder))
    [reading] = returned.readings
    assert reading.identity is not None and reading.identity.version == "1.0.0"
    assert "return-older-version" in {each.code for each in reading.problems}
    assert reading.ret is not None and reading.ret.get("Q-GONE").code == "0"
    assert "Q-GONE" in pipeline.read_csv(returned)

    done = pipeline.generate(str(folder), previous=old, out=tmp_path / "new", round_id="2")
    [carried] = pipeline.read([done.workbooks[0].path], str(folder)).readings
    assert carried.ret is not None
    codes = {item: carried.ret.get(item).code for item in ("Q-SAME", "Q-NEWNAME", "Q-LOW", "Q-CODES", "Q-EQ1")}
    assert codes == {"Q-SAME": "1", "Q-NEWNAME": "2", "Q-LOW": "1", "Q-CODES": "1", "Q-EQ1": None}
    notes = "\n".join(done.notes)
    assert "1 entry left out that is no longer asked: Q-GONE." in notes
    assert "2 entries left out, each of which was merged with others that were answered differently: Q-EQ1" in notes
    assert "carried into items that were split since, to be confirmed: Q-PART1, Q-PART2" in notes

    compared = benchmark([old], tmp_path / "benchmark", str(folder))
    assert compared.release.files.not_comparable == 0
    [note] = [each for each in compared.notes if "1.0.0" in each]
    assert "left out of the comparison" in note and "Q-CODES" in note and "Q-SAME" not in note


def test_questions_that_have_another_name_are_known_by_it_in_the_log(tmp_path: Path) -> None:
    """What a release of then showed of a question is held against what it has become; of versions in the log only."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(two_versions.old(), sort_keys=False), encoding="utf-8")
    freeze(str(folder))
    file.write_text(yaml.safe_dump(two_versions.new(), sort_keys=False), encoding="utf-8")
    _, instruments = pipeline.load(str(folder))

    def logged(version: str, framework: str = "tiny") -> ReleaseLog:
        release = LoggedRelease(
            number=1, created=date(2026, 4, 7), digest="", inputs="", framework=framework, version=version, rounds=(),
            respondents=(),
        )  # fmt: skip
        return ReleaseLog(releases=(release,))

    assert _renamed(logged("1.0.0"), str(folder), instruments) == {
        "1.0.0": {
            "Q-NAME": ("Q-NEWNAME",), "Q-LOW1": ("Q-LOW",), "Q-LOW2": ("Q-LOW",), "Q-EQ2": ("Q-EQ1",),
            "Q-SPLIT": ("Q-PART1", "Q-PART2"),
        }
    }  # fmt: skip
    for nothing in (logged("2.0.0"), logged("1.0.0", "other"), ReleaseLog()):
        assert _renamed(nothing, str(folder), instruments) == {}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_marked_copy_of_an_old_return_has_nothing_left_behind(tmp_path: Path, name: str) -> None:
    """The copy is of the same version, with every answer, and takes no words of the old layout for the sender's."""
    copies = mark(CORPUS / name, tmp_path / "copy.xlsx", "keep-it-local").copies
    assert [copy.left for copy in copies] == [0]
    [reading] = pipeline.read([tmp_path / "copy.xlsx"], "keep-it-local", isolation=False).readings
    assert reading.identity is not None and reading.ret is not None
    assert reading.identity.version == "1.0.0"
    assert "return-content-differs" not in {each.code for each in reading.problems}
    for key, said in EXPECTED[name]["answers"].items():
        item, part, *cell = key.split("/")
        entry = reading.ret.get(item, part, *([int(cell[0]), cell[1]] if cell else []))
        assert [entry.outcome, entry.state, entry.value, entry.code] == said[:4]
