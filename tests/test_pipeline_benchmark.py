"""From returned files to a release: what is written, what is kept secret, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from strategies import FULL, random_typed

from kil_xlsx import pipeline
from kil_xlsx.cli import main
from kil_xlsx.core.benchmark import Request
from kil_xlsx.core.release import HIDDEN, Figure, Group, Release, Thresholds
from kil_xlsx.core.returns import Key
from kil_xlsx.definitions.load import templates_folder
from kil_xlsx.errors import KilXlsxError, OrganisationsListError, OutputError, UsageProblem
from kil_xlsx.layout.plan import Plan
from kil_xlsx.layout.sheets.frame import Issue
from kil_xlsx.layout.stamp import Organisation
from kil_xlsx.pipeline import benchmark as maker
from kil_xlsx.pipeline.lists import named_group, sent_out

CREATED = datetime(2026, 4, 7, 9, 30)
LATER = datetime(2027, 4, 7, 9, 30)
NAMES = (
    "Applewick", "Brambleford", "Carrowmere", "Dunlin Bay", "Eastmarsh", "Fernhollow", "Glasswater", "Hartsedge",
    "Inglebrook", "Juniper Hill", "Kestrel Vale", "Larkmoor", "Millhaven",
)  # fmt: skip
"""Thirteen fictional councils; twelve of them take part at first."""


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The return of each council."""
    folder = tmp_path_factory.mktemp("every")
    _, instruments = pipeline.load("keep-it-local")
    plan = Plan(instruments[0])
    for number, name in enumerate(NAMES):
        typed = random_typed(plan, Random(number), FULL)
        for field in ("org_id", "other_org_ids"):
            typed.pop(Key(field), None)
        typed |= {Key("organisation_name"): name, Key("region"): ("North West", "London")[number % 2]}
        typed |= {Key("share_for_benchmarking"): "Yes, without our name"}
        issue = Issue(CREATED, Organisation(name), "2026")
        (folder / f"{name}.xlsx").write_bytes(pipeline.workbook_bytes(plan, issue, typed))
    return folder


@pytest.fixture
def returns(every: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the returns of twelve councils."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    shutil.copytree(every, tmp_path / "returns")
    (tmp_path / "returns" / f"{NAMES[-1]}.xlsx").rename(tmp_path / "last.xlsx")
    return Path("returns")


@pytest.fixture(scope="module")
def log(every: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The log with the release of twelve councils."""
    folder = tmp_path_factory.mktemp("log")
    paths = [every / f"{name}.xlsx" for name in NAMES[:-1]]
    return maker.benchmark(paths, folder / "out", created=CREATED).log.read_bytes()


def _made(*paths: Path, out: str = "comparison", **options: Any) -> maker.Benchmarked:
    return maker.benchmark(paths, Path(out), **{"created": CREATED, **options})


def _run(*words: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["benchmark", *map(str, words), "--created", "2026-04-07 09:30"])


def _said(done: Result) -> str:
    return " ".join(done.output.split())


def _contents(folder: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def _everyone(release: Release) -> Group:
    return release.respondents[0].groups[0]


def _figure(group: Group, item: str = "overall") -> Figure:
    return next(each.figure for each in group.statistics if each.item == item)


# What is written


def test_files_of_a_release(returns: Path) -> None:
    """A workbook, a report, a JSON file and data files in the folder; the log beside it, where it is not published."""
    done = _made(returns)
    assert [path.as_posix() for path in done.files[:3]] == [
        "comparison/benchmark.xlsx", "comparison/report.html", "comparison/release.json",
    ]  # fmt: skip
    assert {str(path.relative_to("comparison")) for path in done.files} == set(_contents("comparison"))
    assert "data/datapackage.json" in _contents("comparison")
    assert done.log == Path.cwd() / "release-log.json"
    assert b"Confidential" in done.log.read_bytes()
    assert _everyone(done.release).counts.used == 12


def test_the_same_release_again(returns: Path) -> None:
    """The same returns and date give the same bytes and number, wherever they are written, and one entry in the log."""
    _made(returns, out="a", invited={"council": 20})
    log = Path("release-log.json").read_bytes()
    again = _made(returns, out="b", invited={"council": 20})
    assert _contents("a") == _contents("b")
    assert (again.release.number, Path("release-log.json").read_bytes()) == (1, log)
    other = _made(returns, out="c", invited={"council": 21})
    assert other.release.number == 2
    assert _everyone(other.release).counts.invited == 21


def test_nothing_is_overwritten(returns: Path) -> None:
    """What is there stays, and the log with it, unless it may be replaced."""
    _made(returns)
    before, log = _contents("comparison"), Path("release-log.json").read_bytes()
    with pytest.raises(OutputError):
        _made(returns, created=LATER)
    assert (_contents("comparison"), Path("release-log.json").read_bytes()) == (before, log)
    assert _made(returns, created=LATER, force=True).release.number == 2


def test_no_name_and_no_log_in_what_is_published(returns: Path) -> None:
    """None of the files names a council, nor holds what the log holds."""
    done = _made(returns, log=Path("secret.json"))
    digests = json.loads(done.log.read_bytes())["releases"][0]["respondents"][0]["members"]
    assert len(digests) == 12
    for name, data in _contents("comparison").items():
        if not name.endswith((".xlsx", ".parquet")):
            assert not any(each in data.decode("utf-8") for each in (*NAMES, *digests)), name
    assert not Path("release-log.json").exists()


def test_the_command_tells_what_it_made(returns: Path) -> None:
    """Counts, scores, the files, the log to keep, and what to do next."""
    done = _run(returns, "--out", "comparison", "--invited", "20", "--contact", "Sam at the town hall")
    assert done.exit_code == 0, done.output
    said = _said(done)
    for words in (
        "Release 1 written to", "benchmark.xlsx", "report.html", "release.json", "Keep, and do not publish",
        "release-log.json", "Overall score", "kil-xlsx feedback returns --release",
    ):  # fmt: skip
        assert words in said, words
    assert b"Sam at the town hall" in _contents("comparison")["report.html"]


def test_files_that_cannot_be_used_are_told(returns: Path) -> None:
    """They are counted and named, and the exit code is 1; the rest is compared all the same."""
    (returns / "letter.xlsx").write_bytes(b"%PDF-1.7")
    done = _run(returns, "--out", "comparison")
    assert done.exit_code == 1
    assert "1 file could not be used: letter.xlsx" in _said(done)
    assert json.loads(_contents("comparison")["release.json"])["release"]["files"]["refused"] == 1


def test_too_few(returns: Path) -> None:
    """Five are too few besides the reader: the release is made, and shows no figure."""
    few = [returns / f"{name}.xlsx" for name in NAMES[:5]]
    done = _run(*few, "--out", "comparison")
    assert done.exit_code == 0
    assert "Council: too few organisations to show any figure." in _said(done)


# Releases one after the other


def test_a_joiner_is_not_given_away(returns: Path) -> None:
    """With one council more, the next release holds figures back and says why; nothing else does."""
    first = _made(returns)
    assert _figure(_everyone(first.release)).n == 12
    shutil.copy("last.xlsx", returns)
    done = _run(returns, "--out", "next")
    assert done.exit_code == 0, done.output
    assert "differs from an earlier one (number 1) by too few" in _said(done)
    second = json.loads(_contents("next")["release.json"])["release"]
    everyone = second["respondents"][0]["groups"][0]
    assert second["number"] == 2
    assert everyone["statistics"][0]["figure"]["n"] is None
    assert _said(done).count("Less protection") == 0


def test_earlier_releases_may_be_ignored(returns: Path) -> None:
    """On request the figures are shown, and every output says so."""
    _made(returns)
    shutil.copy("last.xlsx", returns)
    done = _run(returns, "--out", "next", "--ignore-earlier-releases")
    assert done.exit_code == 0, done.output
    assert "earlier releases were not taken into account" in _said(done)
    assert b"earlier releases were not taken into account" in _contents("next")["report.html"]
    release = json.loads(_contents("next")["release.json"])["release"]
    assert release["respondents"][0]["groups"][0]["statistics"][0]["figure"]["n"] == 13


def test_another_log_knows_nothing(returns: Path) -> None:
    """Releases are held against those in the log that is named."""
    _made(returns)
    shutil.copy("last.xlsx", returns)
    done = _made(returns, out="next", log=Path("kept") / "other.json")
    assert done.release.number == 1
    assert _figure(_everyone(done.release)).n == 13
    assert Path("kept/other.json").exists()


@pytest.mark.parametrize("log", ["comparison/log.json", "comparison/data/log.json", "away/../comparison/log.json"])
def test_the_log_may_not_lie_in_what_is_published(returns: Path, log: str) -> None:
    """It is refused before anything is read or written."""
    done = _run(returns, "--out", "comparison", "--log", log)
    assert done.exit_code == 2
    assert "would lie in the folder that is to be published" in _said(done)
    assert not Path("comparison").exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}", b"[]", b'{"schema":"kil-xlsx/release/1"}', b"\xff\xfe", b"[" * 100_000, b'{"releases":[]}'],
)
def test_a_damaged_log_is_refused(returns: Path, data: bytes) -> None:
    """It is neither taken for an empty one nor overwritten, and what to do is said."""
    Path("release-log.json").write_bytes(data)
    done = _run(returns, "--out", "comparison")
    assert done.exit_code == 2
    assert "is not a log of releases" in _said(done)
    assert "Restore it from a copy" in _said(done)
    assert Path("release-log.json").read_bytes() == data
    assert not Path("comparison").exists()


def _spoilt(data: bytes, what: str) -> bytes:
    """A log that can be read as JSON, and in which something does not fit."""
    log = json.loads(data)
    [mine] = log["releases"][0]["respondents"]
    if what == "groups":
        mine["groups"] = {}
    elif what == "tokens":
        mine["items"][-1]["tokens"].pop()
    elif what == "member":
        mine["groups"]["council/all"].append(99)
    elif what == "text":
        mine["members"][0] = 5
    else:
        mine[what].pop()
    return json.dumps(log).encode()


@pytest.mark.parametrize("what", ["groups", "tokens", "member", "text", "members", "names", "bodies"])
def test_a_log_in_which_something_is_missing_is_refused(returns: Path, log: bytes, what: str) -> None:
    """It can be read, and would have protected nobody, or ended in the middle; it is left as it is."""
    spoilt = _spoilt(log, what)
    Path("release-log.json").write_bytes(spoilt)
    done = _run(returns, "--out", "comparison")
    assert done.exit_code == 2, done.output
    assert "is damaged" in _said(done)
    assert "Traceback" not in done.output
    assert Path("release-log.json").read_bytes() == spoilt
    assert not Path("comparison").exists()


def test_a_folder_in_place_of_the_log_is_refused(returns: Path) -> None:
    """What cannot be read is not taken for an empty log."""
    Path("release-log.json").mkdir()
    with pytest.raises(UsageProblem, match="cannot be read"):
        _made(returns)


def test_change_since_an_earlier_release(returns: Path) -> None:
    """With the earlier release, each figure that both show stands beside what it was."""
    before = _made(returns, out="before").release
    done = _run(returns, "--out", "after", "--earlier", "before/release.json")
    assert done.exit_code == 0, done.output
    release = json.loads(_contents("after")["release.json"])["release"]
    assert release["earlier"] == {"number": 1, "created": "2026-04-07", "rounds": ["2026"]}
    changes = {(each["group"], each["item"]): each for each in release["respondents"][0]["changes"]}
    assert changes["council/all", "overall"]["before"]["median"] == _figure(_everyone(before)).median
    assert before.respondents[0].changes == ()


def test_an_earlier_release_that_the_log_does_not_know(returns: Path) -> None:
    """Who came in between would be the difference of the two: it is refused, unless earlier releases are ignored."""
    _made(returns, out="before")
    Path("release-log.json").rename("kept.json")
    shutil.copy("last.xlsx", returns)
    words = (returns, "--out", "after", "--earlier", "before/release.json")
    done = _run(*words)
    assert done.exit_code == 2
    assert "The earlier release 1 of 2026-04-07 is not in the log" in _said(done)
    assert not Path("after").exists()
    assert not Path("release-log.json").exists()
    assert _run(*words, "--log", "kept.json").exit_code == 0
    again = _run(*words, "--ignore-earlier-releases", "--force")
    assert again.exit_code == 0, again.output
    assert "earlier releases were not taken into account" in _said(again)


@pytest.mark.parametrize("name", ["nowhere.json", "returns/Applewick.xlsx", "release-log.json"])
def test_what_is_no_earlier_release(returns: Path, name: str) -> None:
    """A file that is no release is refused before anything is written."""
    _made(returns, out="before")
    done = _run(returns, "--out", "after", "--earlier", name)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert not Path("after").exists()


# Thresholds


def test_lower_thresholds_are_said(returns: Path) -> None:
    """Asked for by name, shown on the screen, and printed in every output."""
    few = [returns / f"{name}.xlsx" for name in NAMES[:4]]
    done = _run(*few, "--out", "comparison", "--lower-thresholds", "3", "4", "4", "--for-outsiders")
    assert done.exit_code == 0, done.output
    words = "means and medians are shown from 3 organisations instead of 5"
    assert words in _said(done)
    assert "whoever reads it is taken not to be one of the organisations" in _said(done)
    files = _contents("comparison")
    for name in ("report.html", "release.json", "data/datapackage.json"):
        assert words in files[name].decode("utf-8"), name
    assert json.loads(files["release.json"])["release"]["method"]["thresholds"] == {
        "mean": 3, "quartiles": 4, "percentiles": 4, "besides_reader": False,
    }  # fmt: skip


def test_for_outsiders_one_fewer_is_enough(returns: Path) -> None:
    """Five councils have figures for readers who are none of them."""
    few = [returns / f"{name}.xlsx" for name in NAMES[:5]]
    assert _everyone(_made(*few).release).suppressed
    outside = _made(*few, out="outside", log=Path("other.json"), thresholds=Thresholds(besides_reader=False)).release
    assert _figure(_everyone(outside)).n == 5


def _strict(tmp_path: Path, least: int) -> Path:
    """A framework of one's own that asks for more organisations than is usual."""
    folder = tmp_path / "strict"
    shutil.copytree(templates_folder() / "keep-it-local", folder)
    file = folder / "framework.yaml"
    text = file.read_text(encoding="utf-8")
    found = text.replace("least_group_size: 5", f"least_group_size: {least}")
    assert found != text
    file.write_text(found, encoding="utf-8")
    return folder


def test_a_framework_that_asks_for_more(returns: Path, tmp_path: Path) -> None:
    """Its threshold holds for outsiders too, who only need not be taken away; to ask for less is said."""
    mine = ["--framework", _strict(tmp_path, 12), returns]
    assert "too few organisations" in _said(_run(*mine, "--out", "members", "--log", "one.json"))
    done = _run(*mine, "--out", "outside", "--log", "two.json", "--for-outsiders")
    assert "is taken not to be one of the organisations" in _said(done)
    release = json.loads(_contents("outside")["release.json"])["release"]
    assert release["method"]["thresholds"] == {
        "mean": 12, "quartiles": 12, "percentiles": 20, "besides_reader": False,
    }  # fmt: skip
    assert release["respondents"][0]["groups"][0]["statistics"][0]["figure"]["n"] == 12
    few = [returns / f"{name}.xlsx" for name in NAMES[:11]]
    done = _run("--framework", mine[1], *few, "--out", "few", "--log", "three.json", "--for-outsiders")
    assert "too few organisations" in _said(done)
    done = _run(*mine, "--out", "low", "--log", "four.json", "--lower-thresholds", "5", "10", "20")
    assert "means and medians are shown from 5 organisations instead of 12" in _said(done)
    assert "instead of 12" in json.loads(_contents("low")["release.json"])["release"]["method"]["lowered"]


@pytest.mark.parametrize("numbers", [("2", "10", "20"), ("5", "4", "20"), ("5", "10", "9"), ("-1", "-1", "-1")])
def test_thresholds_that_protect_nobody_are_refused(returns: Path, numbers: tuple[str, ...]) -> None:
    """Fewer than three, or finer figures from fewer: said in words, and nothing written."""
    done = _run(returns / "Applewick.xlsx", "--out", "comparison", "--lower-thresholds", *numbers)
    assert done.exit_code == 2
    assert "The usual ones are 5, 10 and 20" in _said(done)
    assert not Path("comparison").exists()
    assert not Path("release-log.json").exists()


# Lists


def test_a_named_list(returns: Path) -> None:
    """Councils that a file names are compared among themselves, whatever else stands in the file."""
    Path("coastal.csv").write_text("Name,Note\n" + "".join(f"{name.upper()},by the sea\n" for name in NAMES[:6]))
    done = _run(returns, "--out", "comparison", "--list", "Coastal towns=coastal.csv", "--group", "region")
    assert done.exit_code == 0, done.output
    release = json.loads(_contents("comparison")["release.json"])["release"]
    groups = {each["id"]: each for each in release["respondents"][0]["groups"]}
    coastal = groups["council/list/Coastal towns"]
    assert (coastal["label"], coastal["kind"], coastal["counts"]["used"]) == ("Coastal towns", "list", 6)
    assert {each["field"] for each in groups.values() if each["kind"] == "field"} == {"region"}


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), ("", "empty"), ("\n\n", "names nobody"), (";;\n", "names nobody")]
)
def test_a_list_that_names_nobody(returns: Path, content: str | None, says: str) -> None:
    """A list that is not there, or holds no names, stops everything."""
    if content is not None:
        Path("list.csv").write_text(content)
    done = _run(returns, "--out", "comparison", "--list", "Mine=list.csv")
    assert done.exit_code == 2
    assert says in _said(done)
    assert not Path("comparison").exists()


@pytest.mark.parametrize("word", ["coastal.csv", "=coastal.csv", "Mine="])
def test_a_list_needs_a_name_and_a_file(returns: Path, word: str) -> None:
    """Either missing is a mistake in the command."""
    Path("coastal.csv").write_text("Applewick\n")
    assert _run(returns, "--out", "comparison", "--list", word).exit_code == 2


def test_two_lists_of_one_name(returns: Path) -> None:
    """Which of the two is meant cannot be told, so it is refused."""
    Path("one.csv").write_text("Applewick\n")
    done = _run(returns, "--out", "comparison", "--list", "Mine=one.csv", "--list", "Mine=one.csv")
    assert done.exit_code == 2
    assert "Mine" in _said(done)


def test_members_of_a_list(tmp_path: Path) -> None:
    """Row by row, names in any case and blanks, and numbers where a cell can be one."""
    _, instruments = pipeline.load("keep-it-local")
    path = tmp_path / "list.csv"
    path.write_text("  The  Hub ;GB-CHC-1173575\nAnother Place;none\n;\n")
    (first, hub), (second, place) = named_group(path, instruments)
    assert (first.split(), second) == (["The", "Hub"], "Another Place")
    assert {("name", "the hub"), ("number", "gb-chc-1173575")} <= hub
    assert ("name", "another place") in place
    assert not any(kind == "number" for kind, _ in place)


def test_a_list_as_for_generate_names_by_its_name_columns(tmp_path: Path) -> None:
    """Parents, contacts and other columns of the list that workbooks were made from are no members."""
    _, instruments = pipeline.load("keep-it-local")
    path = tmp_path / "list.csv"
    path.write_text("name,type,org-id,parent\nVale Hub,community,GB-CHC-1173575,Vale Federation\n")
    [(label, names)] = named_group(path, instruments)
    assert label == "Vale Hub"
    assert names == {("name", "vale hub"), ("name", "gb-chc-1173575"), ("number", "gb-chc-1173575")}


def test_names_of_a_list_that_nothing_came_from_are_told(returns: Path) -> None:
    """Perhaps they are misspelt: they are named, and not counted with the group."""
    Path("coastal.csv").write_text("\n".join((*NAMES[:6], "Aplewick", "Nowhere")))
    done = _run(returns, "--out", "comparison", "--list", "Coastal=coastal.csv")
    assert done.exit_code == 0, done.output
    assert "List 'Coastal': no return was found for 2 of 8 names: Aplewick" in _said(done)
    assert "Nowhere" in _said(done)
    release = json.loads(_contents("comparison")["release.json"])["release"]
    [used] = [each["counts"]["used"] for each in release["respondents"][0]["groups"] if each["kind"] == "list"]
    assert used == 6


def test_what_the_list_sent_out_says(tmp_path: Path) -> None:
    """How many of each type were invited, and who belongs to whom, by name and by number."""
    framework, instruments = pipeline.load("keep-it-local")
    assert sent_out(None, framework, instruments).invited == {}
    path = tmp_path / "list.csv"
    path.write_text(
        "name,type,org-id,parent\n"
        "Vale Hub,community,GB-CHC-1173575,Vale Federation\nMoor Hub,community,,\nApplewick,council,,\n"
    )
    found = sent_out(path, framework, instruments)
    assert found.invited == {"community": 2, "council": 1}
    assert found.parents == {("name", "vale hub"): "Vale Federation", ("number", "gb-chc-1173575"): "Vale Federation"}


def test_organisations_under_one_parent_count_once(returns: Path) -> None:
    """Seven councils, of which three are under one parent, are five: too few besides the reader."""
    seven = [returns / f"{name}.xlsx" for name in NAMES[:7]]
    rows = [f"{name},council,{'Union' if at < 3 else ''}\n" for at, name in enumerate(NAMES[:9])]
    Path("list.csv").write_text("name,type,part of\n" + "".join(rows))
    apart = _made(*seven, out="apart", log=Path("other.json")).release
    assert _everyone(apart).counts.used == 7
    together = _made(*seven, organisations=Path("list.csv")).release
    assert _everyone(together).suppressed
    assert _everyone(together).counts.invited == 9
    assert all(each.figure == HIDDEN for each in _everyone(together).statistics)


def test_faults_of_the_list_stop_everything(returns: Path) -> None:
    """A list that cannot be trusted would count the wrong bodies."""
    Path("list.csv").write_text("name,type,parent\n,council,Union\n")
    with pytest.raises(OrganisationsListError):
        _made(returns, organisations=Path("list.csv"))
    assert not Path("comparison").exists()


def test_fewer_invited_than_came(returns: Path) -> None:
    """A number that cannot be is refused; a list that some are missing in is told."""
    done = _run(returns, "--out", "comparison", "--invited", "11")
    assert done.exit_code == 2
    assert "11 invited, but 12 returned a workbook" in _said(done)
    assert not Path("comparison").exists()
    assert not Path("release-log.json").exists()
    assert _made(returns, out="as-many", invited={"council": 12}).notes == ()
    Path("list.csv").write_text("name,type\n" + "".join(f"{name},council\n" for name in NAMES[:11]))
    [note] = _made(returns, out="listed", organisations=Path("list.csv")).notes
    assert note == "Council: 11 invited, but 12 returned a workbook. Some of them are not in the list."


def test_nobody_has_filled_in_anything(tmp_path: Path) -> None:
    """Workbooks as they were sent out make no release, and leave no log behind."""
    pipeline.generate("keep-it-local", respondent="council", out=tmp_path / "sent", created=CREATED)
    with pytest.raises(KilXlsxError, match="Nobody has filled in anything"):
        maker.benchmark([tmp_path / "sent"], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["sent"]


def test_what_identifies_a_release(returns: Path) -> None:
    """The framework's content does, whatever its version says: another release is never taken for the same again."""
    returned = maker.taken([returns / "Applewick.xlsx"])
    request = Request(created=CREATED.date())
    framework = returned.framework
    changes = [
        {"framework": msgspec.structs.replace(framework, title="Another title")},
        {"framework": msgspec.structs.replace(framework, questions=framework.questions[1:])},
        {"readings": ()},
    ]
    others = [msgspec.structs.replace(returned, **change) for change in changes]
    asked = [replace(request, outsiders_only=True), replace(request, ignore_log=True), replace(request, contact="Sam")]
    found = [maker._digest(request, each) for each in (returned, *others)]
    found += [maker._digest(each, returned) for each in asked]
    assert len(set(found)) == len(found)
    assert maker._digest(request, maker.taken([returns / "Applewick.xlsx"])) == found[0]


def test_a_field_for_any_text_to_group_by(returns: Path) -> None:
    """It is refused in words, as nobody's own words are published."""
    done = _run(returns, "--out", "comparison", "--group", "organisation_name")
    assert done.exit_code == 2
    assert "what people write there is never published" in _said(done)
    assert not Path("comparison").exists()
    assert not Path("release-log.json").exists()


def test_nothing_to_compare(tmp_path: Path) -> None:
    """Without a single readable return there is no release, no folder and no log."""
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(KilXlsxError, match="nothing to compare"):
        maker.benchmark([tmp_path / "letter.pdf"], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.pdf"]
