"""Decisions about organisations and returns, forgetting, and the check of a whole collection."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from collections_made import Made, listed, make, write_list

from kil_xlsx.cli import main
from kil_xlsx.core.collection import PublishedRelease, ReturnState
from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.pipeline.collection import forgetting, keeping
from kil_xlsx.pipeline.collection.checking import Checked
from kil_xlsx.pipeline.collection.checking import check as look
from kil_xlsx.pipeline.collection.importing import take_in

HUB = "The Applewick Hub"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Give a collection of three organisations; the first has answered twice, the second once."""
    made = make(tmp_path_factory.mktemp("original") / "round")
    first, second = made.names[:2]
    with made.open() as collection:
        take_in(
            collection,
            [
                made.attached(first, made.workbook(first, seed=1), at=1),
                made.attached(second, made.workbook(second, seed=2), at=2),
                made.attached(first, made.workbook(first, seed=3), at=3),
            ],
        )
    return made


@pytest.fixture
def made(original: Made, tmp_path: Path) -> Made:
    """Give a copy of it for each test."""
    return copied(original, tmp_path / "round")


def copied(made: Made, folder: Path) -> Made:
    shutil.copytree(made.folder, folder)
    return replace(made, folder=folder)


def states(made: Made) -> list[str]:
    with made.open() as collection:
        return [each.state.value for each in collection.store.received()]


def checked(made: Made) -> Checked:
    with made.open() as collection:
        return look(collection, again=None)


def run(made: Made, *arguments: str, **more: object) -> Result:
    return CliRunner().invoke(main, ["-C", str(made.folder), *arguments], **more)  # type: ignore[arg-type]


# Waiving


def test_an_organisation_that_need_not_answer_is_put_down_with_reason_and_role(made: Made) -> None:
    """By whom and why stays in the ledger, and it can be ended."""
    name = made.names[2]
    with made.open() as collection:
        done = keeping.waive(collection, name.upper(), " closed\n in March ", "treasurer")
        assert (done.organisation.name, done.ended, done.answered) == (name, False, 0)
        [event] = collection.store.waived(made.round_id).values()
        assert (event.why, event.by, event.organisation) == ("closed in March", "treasurer", done.organisation.id)
        with pytest.raises(UsageProblem, match="already"):
            keeping.waive(collection, name, "again")
        keeping.waive(collection, name, "open again", end=True)
        assert collection.store.waived(made.round_id) == {}
        assert collection.store.events()[-1].by == "coordinator"
        with pytest.raises(UsageProblem, match="not excused"):
            keeping.waive(collection, name, "once more", end=True)


@pytest.mark.parametrize(
    ("why", "by", "said"),
    [
        ("", "", "A reason is missing"),
        ("  \n ", "", "A reason is missing"),
        ("x" * 501, "", "501 characters"),
        ("fine", "jo.bloggs@council.example", "is not a role"),
        ("fine", "r" * 61, "is not a role"),
        ("fine", "a\x07b", "is not a role"),
        ("a\x1b[2Jb", "", "A reason is missing"),
    ],
)
def test_a_decision_needs_a_reason_and_a_role(made: Made, why: str, by: str, said: str) -> None:
    """Nothing is recorded otherwise."""
    with made.open() as collection:
        before = collection.store.events()
        for decide in (keeping.waive, keeping.withdraw):
            with pytest.raises(UsageProblem, match=said):
                decide(collection, made.names[0], why, by)
        assert collection.store.events() == before


def test_waiving_one_that_has_answered_says_so(made: Made) -> None:
    """Its return goes on counting."""
    result = run(made, "waive", HUB, "--why", "merged")
    assert result.exit_code == 0, result.output
    assert "need not answer" in result.output
    assert "1 return of it counts" in result.output
    assert states(made) == ["superseded", "accepted", "accepted"]


# Withdrawing


def test_what_is_taken_back_no_longer_counts_and_the_earlier_one_stays_away(made: Made) -> None:
    """How to let the earlier one count again is said, and works."""
    result = run(made, "withdraw", HUB, "--why", "sent by mistake")
    assert result.exit_code == 0, result.output
    assert states(made) == ["superseded", "accepted", "withdrawn"]
    assert "does not come back by itself: #1 of 2026-05-01" in " ".join(result.output.split())
    assert "kil-xlsx withdraw '#1' --back" in result.output
    assert checked(made).wrong == ()
    result = run(made, "withdraw", "#1", "--back", "--why", "it still holds")
    assert result.exit_code == 0, result.output
    assert states(made) == ["accepted", "accepted", "withdrawn"]
    result = run(made, "withdraw", "#3", "--back", "--why", "it was right after all")
    assert "took the place of #1" in result.output
    assert states(made) == ["superseded", "accepted", "accepted"]
    assert checked(made).wrong == ()


def test_queries_about_what_was_taken_back_are_closed(made: Made) -> None:
    """Nobody has to decide about it any more."""
    name = made.names[2]
    with made.open() as collection:
        take_in(collection, [made.attached(name, made.workbook(name), sender=made.row(HUB).email)])
        [query] = collection.store.queries()
        keeping.withdraw(collection, name, "sent by mistake")
        assert collection.store.queries() == []
        closed = collection.store.query(query.id)
        assert closed is not None and closed.decision == "withdrawn"
    assert states(made)[-1] == "withdrawn"
    assert checked(made).wrong == ()
    with made.open() as collection, pytest.raises(UsageProblem, match="never counted"):
        keeping.withdraw(collection, "#4", "after all", back=True)


@pytest.mark.parametrize(
    ("which", "back", "said"),
    [
        ("#99", False, "There is no return #99"),
        ("The Carrowmere Hub", False, "has no return in this round"),
        (HUB, True, "by its number"),
        ("#2", True, "counts already"),
        ("Nobody", False, "There is no organisation"),
    ],
)
def test_what_cannot_be_withdrawn_is_said(made: Made, which: str, back: bool, said: str) -> None:
    """And nothing is changed."""
    before = states(made)
    with made.open() as collection, pytest.raises(UsageProblem, match=said) as caught:
        keeping.withdraw(collection, which, "why", back=back)
    assert caught.value.exit_code == 2
    assert states(made) == before


def test_withdrawing_twice_is_said(made: Made) -> None:
    """The second time nothing is recorded."""
    run(made, "withdraw", "#2", "--why", "x")
    result = run(made, "withdraw", "#2", "--why", "x")
    assert result.exit_code == 2
    assert "withdrawn already" in result.output


def test_releases_that_it_is_part_of_are_named(made: Made) -> None:
    """They are published, and stay."""
    with made.open() as collection, collection.store.transaction():
        collection.store.add_release(_release(collection.store.received()))  # type: ignore[arg-type]
    result = run(made, "withdraw", "#2", "--why", "x")
    assert "part of release 1" in result.output


def _release(returns: list[object], number: int = 1) -> PublishedRelease:
    return PublishedRelease(
        number=number, round_id="2026", made_at="2026-06-30", folder=f"releases/{number}",
        inputs=tuple(each.sha256 for each in returns),  # type: ignore[attr-defined]
    )  # fmt: skip


# Forgetting


def _with_files(made: Made) -> dict[str, list[Path]]:
    """Files in all folders, as the commands write them: by organisation, and (under "") of nobody."""
    files: dict[str, list[Path]] = {"": []}
    for name in made.names:
        code = "-".join(made.reference(name).split("-")[1:3])
        safe = name.lower().replace(" ", "-")
        number = made.asked(name).id
        files[name] = [
            made.place.workbooks / "2026" / f"keep-it-local-community-{safe}-{code}.xlsx",
            made.place.to_fix / "2026" / f"keep-it-local-community-{safe}-{code}-to-fix.xlsx",
            made.place.feedback / "2026-1" / f"{safe}-feedback.xlsx",
            made.place.feedback / f"{safe}-summary.html",
            made.place.drafts / "2026" / "invitation" / f"{safe}-{number}.eml",
            made.place.drafts / "reminder" / f"{safe}-{number}-2.eml",
        ]
    files[""] = [made.place.feedback / "notes.txt", made.place.releases / "1" / "report.html"]
    for name, paths in files.items():
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"for {name}", encoding="utf-8")
    half = made.place.feedback / ".the-applewick-hub-feedback.xlsx.0123abcd.tmp"
    half.write_text(f"for {HUB}")
    return files


def everything_in(folder: Path) -> dict[Path, bytes]:
    """The bytes of every file, and of everything that is packed in it."""
    found: dict[Path, bytes] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[path] = _unpacked(path.read_bytes())
    return found


def _unpacked(data: bytes) -> bytes:
    """Some bytes, with those of all that is packed in them."""
    if not zipfile.is_zipfile(BytesIO(data)):
        return data
    with zipfile.ZipFile(BytesIO(data)) as packed:
        return data + b"\n".join(packed.read(each) for each in packed.namelist())


def traces(made: Made, words: list[bytes]) -> dict[str, list[bytes]]:
    """Where any of some words can still be found, in names of files too."""
    found = {}
    for path, data in everything_in(made.folder).items():
        there = [word for word in words if word.lower() in data.lower() + path.name.encode()]
        if there:
            found[path.name] = there
    return found


def words_of(made: Made) -> list[bytes]:
    """All that only the first organisation has said or is known by."""
    row = made.row(HUB)
    with made.open() as collection:
        by_name: dict[str, set[str]] = {}
        for each in collection.store.received():
            reading = collection.store.reading(each.id, collection.made_with)
            assert reading is not None and reading.ret is not None
            owner = collection.store.organisation(each.organisation or 0)
            assert owner is not None
            texts = {entry.text for entry in reading.ret.entries.values() if entry.text and len(entry.text) > 6}
            by_name.setdefault(owner.name, set()).update(texts)
    theirs = by_name.pop(HUB) - set().union(*by_name.values())
    blank = _unpacked(made.workbook(made.names[1], seed=2)).lower()
    theirs = {each for each in theirs if each.encode().lower() not in blank}  # no words of the questionnaire
    return [each.encode() for each in (row.name, row.number, row.email, "applewick", *theirs)]


def test_nothing_of_a_forgotten_organisation_is_left_in_any_file(made: Made) -> None:
    """Neither in the database nor beside it, packed or not; all of the others stays."""
    files = _with_files(made)
    words = words_of(made)
    assert len(words) > 4
    before = traces(made, words)
    assert {"collection.db", "organisations.csv"} < set(before) and len(before) > 8
    others = {path: path.read_bytes() for name in made.names[1:] for path in files[name]}
    result = run(made, "forget", HUB, "--why", "asked to be removed", "--yes")
    assert result.exit_code == 0, result.output
    assert "organisations.csv still has it" in result.output
    assert "notes.txt" in result.output
    assert set(traces(made, words)) == {"organisations.csv"}
    write_list(made.folder / "organisations.csv", made.rows[1:])
    assert traces(made, words) == {}
    assert all(path.read_bytes() == data for path, data in others.items())
    assert all(path.exists() for path in files[""])
    assert states(made) == ["accepted"]
    assert checked(made).wrong == ()


def test_a_list_that_still_has_a_forgotten_organisation_is_noticed(made: Made) -> None:
    """It is not asked again, and nobody is told its name but from the list itself."""
    run(made, "forget", HUB, "--why", "asked to be removed", "--yes")
    with made.open() as collection:
        synced = collection.organisations()
        assert synced.changes.forgotten == (HUB,)
        assert [each.name for each in synced.asked] == made.names[1:]
        assert [each.name for each in collection.store.organisations()] == made.names[1:]


def test_numbers_in_the_wrong_rows_of_the_list_are_said_and_change_no_records(made: Made) -> None:
    """What one has sent stays with its name; nobody is shown another's."""
    rows = list(made.rows)
    rows[0], rows[1] = replace(rows[0], number=rows[1].number), replace(rows[1], number=rows[0].number)
    before = [(each.id, each.name) for each in (made.asked(name) for name in made.names)]
    write_list(made.folder / "organisations.csv", rows)
    with made.open() as collection:
        notes = collection.organisations().notes
        assert [(each.id, each.name) for each in collection.store.organisations()] == before
    assert [each for each in notes if "another registered number" in each and HUB in each]


def test_a_forgotten_file_does_not_come_in_again(made: Made) -> None:
    """Neither the same bytes nor another copy of the same workbook."""
    again = made.attached(HUB, made.workbook(HUB, seed=1), at=1)
    run(made, "forget", HUB, "--why", "asked to be removed", "--yes")
    with made.open() as collection:
        done = take_in(collection, [again])
        assert [each.what for each in done.happened] == ["left-out"]
        assert len(collection.store.received()) == 1
        assert len(list(collection.originals.all())) == 1


def test_a_release_says_how_many_behind_it_are_forgotten(made: Made) -> None:
    """The published figures stay explicable."""
    with made.open() as collection, collection.store.transaction():
        counting = [each for each in collection.store.received() if each.state.counts]
        collection.store.add_release(_release(counting))  # type: ignore[arg-type]
        collection.store.add_release(_release(counting[:1], 2))  # type: ignore[arg-type]
    result = run(made, "forget", HUB, "--why", "x", "--yes")
    assert "Release 1 is based on 2 returns, 1 of which has been forgotten since." in result.output
    assert "Release 2" not in result.output
    with made.open() as collection:
        assert [(each.number, count) for each, count in forgetting.behind(collection.store)] == [(1, 1), (2, 0)]


def test_the_tombstone_says_when_and_nothing_else(made: Made) -> None:
    """By whom and why is in the ledger."""
    run(made, "forget", HUB, "--why", "asked to be removed", "--by", "data protection officer", "--yes")
    with made.open() as collection:
        stone = collection.store.organisation(1)
        assert stone is not None and stone.forgotten_at
        assert (stone.name, stone.number, stone.email, dict(stone.profile)) == ("", "", "", {})
        last = collection.store.events(organisation=1)[-1]
        assert (last.kind, last.by, last.why) == ("forgotten", "data protection officer", "asked to be removed")
    result = run(made, "forget", "#1", "--why", "x", "--yes")
    assert result.exit_code == 2
    assert "was forgotten on" in result.output


def test_without_a_terminal_yes_has_to_be_said(made: Made) -> None:
    """A script cannot remove anything by mistake."""
    result = run(made, "forget", HUB, "--why", "x")
    assert result.exit_code == 2
    assert "2 returns, 0 mails and 0 files of The Applewick Hub" in result.output
    assert states(made) == ["superseded", "accepted", "accepted"]


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 2), ("n\n", 130, 3), ("\n", 130, 3)])
def test_on_a_terminal_it_asks_first(made: Made, typed: str, code: int, left: int) -> None:
    """Nothing is removed unless the answer is yes."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kil_xlsx", "-C", str(made.folder), "forget", HUB, "--why", "x"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        os.write(ours, typed.encode())
        output = process.communicate()[0].decode()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, output
    assert "cannot be undone" in " ".join(output.split())
    with made.open() as collection:
        assert len(collection.store.organisations()) == left


@pytest.mark.parametrize("arguments", [[], [HUB, "--everything"], [HUB, "--return", "1"], ["--return", "1"]])
def test_what_is_to_be_forgotten_is_one_thing(made: Made, arguments: list[str]) -> None:
    """Neither nothing nor two things, nor a return that is somebody's."""
    result = run(made, "forget", *arguments, "--why", "x", "--yes")
    assert result.exit_code == 2
    assert len(states(made)) == 3


def test_a_return_that_is_nobodys_is_forgotten_by_its_number(made: Made) -> None:
    """Its file and all that was read from it."""
    name = made.names[2]
    with made.open() as collection:
        take_in(collection, [made.attached(name, made.workbook(name, reference="KIL-0000-0000-000"))])
    assert states(made)[-1] == "held"
    result = run(made, "forget", "--return", "4", "--why", "nobody's", "--yes")
    assert result.exit_code == 0, result.output
    assert len(states(made)) == 3
    assert checked(made).wrong == ()


def test_everything_is_forgotten_when_its_time_is_over(made: Made) -> None:
    """Files of nobody in particular, exports and what was never anybody's among them."""
    _with_files(made)
    (made.place.data / "2026").mkdir(parents=True)
    (made.place.data / "answers.csv").write_text(HUB)
    (made.place.data / "2026" / "answers.csv").write_text(HUB)
    (made.place.data / "my own.csv").write_text("mine")
    words = words_of(made)
    result = run(made, "forget", "--everything", "--why", "its time is over", "--yes")
    assert result.exit_code == 0, result.output
    write_list(made.folder / "organisations.csv", [])
    assert traces(made, [*words, b"brambleford", b"carrowmere"]) == {}
    assert not list(made.place.originals.rglob("*.*"))
    assert (made.place.releases / "1" / "report.html").exists()
    assert (made.place.data / "my own.csv").exists()
    with made.open() as collection:
        assert collection.store.organisations() == collection.store.received() == []
    assert checked(made).wrong == ()


def test_forgetting_everything_early_is_said_so(tmp_path: Path) -> None:
    """The settings name the day; without one that is said."""
    made = make(tmp_path / "round")
    text = made.place.settings_file.read_text()
    result = run(made, "forget", "--everything", "--why", "x")
    assert "name no day" in result.output
    made.place.settings_file.write_text(text.replace("[collection]", "[collection]\nkeep_until = 2098-01-01", 1))
    result = run(made, "forget", "--everything", "--why", "x")
    assert "before 2098-01-01 is over" in result.output
    made.place.settings_file.write_text(text.replace("[collection]", "[collection]\nkeep_until = 2020-01-01", 1))
    result = run(made, "forget", "--everything", "--why", "x")
    assert "cannot be undone" in result.output
    assert "before" not in result.output


def test_copies_made_before_a_change_of_the_schema_go_too(made: Made) -> None:
    """They hold what is to be forgotten."""
    old = made.folder / "collection-before-step-2.db"
    old.write_bytes(made.place.database.read_bytes())
    run(made, "forget", HUB, "--why", "x", "--yes")
    assert not old.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from kil_xlsx.pipeline.collection import forgetting, opened, Place
at, where = int(sys.argv[2]), sys.argv[3]
calls = 0
def killing(call):
    def run(*given, **named):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **named)
    return run
Path.unlink = killing(Path.unlink)
from kil_xlsx.store.database import Store
Store.tidy, Store.set_pending = killing(Store.tidy), killing(Store.set_pending)
with opened(Place(Path(sys.argv[1]))) as collection:
    forgetting.forget(collection, forgetting.planned(collection, where), "asked")
"""


def test_a_kill_while_forgetting_is_completed_by_the_next_command(original: Made, tmp_path: Path) -> None:
    """Whatever the moment: either nothing has been forgotten, or everything is after any next command."""
    outcomes = set()
    for moment in range(1, 30):
        made = copied(original, tmp_path / str(moment))
        _with_files(made)
        words = words_of_row(made)
        command = [sys.executable, "-c", KILLED, made.folder, str(moment), HUB]
        code = subprocess.run(command, capture_output=True, check=False).returncode
        write_list(made.folder / "organisations.csv", made.rows[1:])
        assert run(made, "check").exit_code == 0
        left = traces(made, words)
        with made.open() as collection:
            gone = len(collection.store.organisations()) == 2
            assert not forgetting.is_pending(collection.store)
        assert (left == {}) is gone, (moment, left)
        outcomes.add(gone)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0
    assert outcomes == {True, False}
    assert moment > 8


def words_of_row(made: Made) -> list[bytes]:
    row = made.row(HUB)
    return [each.encode() for each in (row.name, row.number, row.email, "applewick")]


def test_a_file_that_cannot_be_removed_is_said_and_tried_again(made: Made) -> None:
    """A folder in the place of a file stands for one that another program holds open."""
    files = _with_files(made)
    stuck = files[HUB][2]
    with made.open() as collection:
        wanted = forgetting.planned(collection, HUB)
    stuck.unlink()
    stuck.mkdir()
    (stuck / "x").write_text("x")
    with made.open() as collection, pytest.MonkeyPatch.context() as patched:
        found = forgetting.written(made.place, collection.store.organisations(), collection.store.copies())
        with_it = forgetting.Written({**found.of, 1: (*found.of[1], stuck)}, found.doubtful, found.unfinished)
        patched.setattr(forgetting, "written", lambda *_: with_it)
        with pytest.raises(KilXlsxError, match="could not be removed") as caught:
            forgetting.forget(collection, wanted, "asked")
    assert caught.value.exit_code == 3
    assert "still to be removed" in run(made, "check").output
    (stuck / "x").unlink()
    stuck.rmdir()
    assert "still to be removed" not in run(made, "check").output


def test_files_of_organisations_with_similar_names_are_told_apart(tmp_path: Path) -> None:
    """The longer name is not taken for the shorter one, and what fits two is left."""
    rows = listed(0, 3)
    rows = [
        replace(rows[0], name="The Hub"),
        replace(rows[1], name="The Hub East"),
        replace(rows[2], name="The Hub", respondent="council", number=""),
    ]
    made = make(tmp_path / "round", rows)
    feedback = made.place.feedback
    feedback.mkdir()
    for name in ("the-hub-feedback.xlsx", "the-hub-east-feedback.xlsx", "the-hub-east-summary.html"):
        (feedback / name).write_text("x")
    with made.open() as collection:
        found = forgetting.written(made.place, collection.store.organisations(), collection.store.copies())
    assert {one: [path.name for path in paths] for one, paths in found.of.items()} == {
        2: ["the-hub-east-feedback.xlsx", "the-hub-east-summary.html"]
    }
    assert [path.name for path in found.doubtful] == ["the-hub-feedback.xlsx"]


def test_drafts_of_organisations_whose_names_end_in_a_number_are_theirs(tmp_path: Path) -> None:
    """The number at the end of a name is not the one in the collection."""
    rows = listed(0, 3)
    rows = [rows[0], replace(rows[1], name="Scout Group 12"), replace(rows[2], name="Scout Group")]
    made = make(tmp_path / "round", rows)
    drafts = made.place.drafts / "reminder"
    drafts.mkdir(parents=True)
    names = ("scout-group-12-2.eml", "scout-group-12-2-2.eml", "scout-group-3.eml", "scout-group-3-12.eml", "x-1.eml")
    for name in names:
        (drafts / name).write_text("x")
    with made.open() as collection:
        organisations = collection.store.organisations()
        found = forgetting.written(made.place, organisations, collection.store.copies())
        assert {one: sorted(path.name for path in paths) for one, paths in found.of.items()} == {
            2: ["scout-group-12-2-2.eml", "scout-group-12-2.eml"],
            3: ["scout-group-3-12.eml", "scout-group-3.eml"],
        }
        assert [path.name for path in found.doubtful] == ["x-1.eml"]
        organisations[2] = msgspec.structs.replace(organisations[2], id=12)
        again = forgetting.written(made.place, organisations, ())
    assert "scout-group-12-2.eml" in [path.name for path in again.doubtful]  # now it may be of two


def _nobodys(made: Made, name: str, **more: object) -> int:
    """A return that nobody can be told to have sent."""
    with made.open() as collection:
        data = made.workbook(name, reference="KIL-0000-0000-0000", seed=9)
        [told] = take_in(collection, [made.attached(name, data, at=9, **more)]).happened  # type: ignore[arg-type]
        assert (told.what, told.organisation) == ("held", "")
        assert told.received is not None
        return told.received


def test_returns_of_nobody_from_its_address_are_forgotten_with_it(made: Made) -> None:
    """Its code was damaged; that it came from there alone says whose it is."""
    _nobodys(made, HUB)
    result = run(made, "forget", HUB, "--why", "x")
    assert "3 returns" in result.output
    result = run(made, "forget", HUB, "--why", "x", "--yes")
    assert result.exit_code == 0, result.output
    assert "of nobody" not in result.output
    assert states(made) == ["accepted"]
    write_list(made.folder / "organisations.csv", made.rows[1:])
    assert traces(made, words_of_row(made)) == {}
    assert checked(made).wrong == ()


def test_returns_of_nobody_that_may_be_its_are_named(made: Made) -> None:
    """They came from elsewhere, but give its name; others do not."""
    its = _nobodys(made, HUB, sender="somebody@elsewhere.example")
    _nobodys(made, made.names[1], sender="somebody@elsewhere.example")
    result = run(made, "forget", HUB, "--why", "x", "--yes")
    assert f"Return #{its} of nobody may be of it." in result.output
    assert len(states(made)) == 3
    assert run(made, "forget", "--return", str(its), "--why", "x", "--yes").exit_code == 0
    write_list(made.folder / "organisations.csv", made.rows[1:])
    assert traces(made, words_of_row(made)) == {}
    assert checked(made).wrong == ()


def test_a_reason_may_not_name_who_is_forgotten(made: Made) -> None:
    """It would stay in the ledger."""
    result = run(made, "forget", HUB, "--why", "the applewick hub asked for it", "--yes")
    assert result.exit_code == 2
    assert "names who is to be forgotten" in result.output
    assert len(states(made)) == 3


def test_what_killed_runs_left_half_written_goes_too(made: Made) -> None:
    """In data, in releases to be published, and beside the settings; nobody can tell whose it is."""
    names = ("data/2026/.answers.csv.0123abcd.tmp", "releases/1/data/.items.csv.0123abcd.tmp", ".log.0123abcd.tmp")
    for name in names:
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HUB)
    kept = made.place.releases / "1" / "report.html"
    kept.write_text("x")
    assert run(made, "forget", HUB, "--why", "x", "--yes").exit_code == 0
    assert not any((made.folder / name).exists() for name in names)
    assert kept.exists()


def test_a_folder_that_is_a_link_is_not_passed_over(made: Made, tmp_path: Path) -> None:
    """What is its by its name goes; what is not may not be the collection's at all, and links further down are told."""
    _with_files(made)
    elsewhere = tmp_path / "elsewhere"
    made.place.drafts.rename(elsewhere)
    made.place.drafts.symlink_to(elsewhere)
    (elsewhere / "notes.txt").write_text("mine")
    other = tmp_path / "other"
    other.mkdir()
    (other / "the-applewick-hub-1.eml").write_text("x")
    (elsewhere / "more").symlink_to(other)
    result = run(made, "forget", HUB, "--why", "x", "--yes")
    assert "more is a link: what is there was not looked at." in " ".join(result.output.split())
    assert not [path.name for path in elsewhere.rglob("the-applewick*") if not path.is_symlink() and path.is_file()]
    assert list(elsewhere.rglob("the-brambleford*"))
    assert (other / "the-applewick-hub-1.eml").exists()
    result = run(made, "forget", "--everything", "--why", "x", "--yes")
    assert "notes.txt" in result.output
    assert not list(elsewhere.rglob("*.eml"))
    assert (elsewhere / "notes.txt").exists()


def test_everything_means_originals_that_are_not_on_record_too(made: Made) -> None:
    """And returns of nobody: the ledger says that they have gone."""
    _nobodys(made, HUB, sender="somebody@elsewhere.example")
    with made.open() as collection:
        collection.originals.put(b"of a run that was stopped", ".xlsx")
    assert "not on record" in run(made, "forget", HUB, "--why", "x", "--yes").output
    assert run(made, "forget", "--everything", "--why", "x", "--yes").exit_code == 0
    assert not [path for path in made.place.originals.rglob("*") if path.is_file()]
    assert checked(made).wrong == ()


# Checking


def test_a_sound_collection_is_found_sound(made: Made) -> None:
    """Everything is looked at, and nothing is changed."""
    before = made.place.database.read_bytes()
    result = run(made, "check", "--all")
    assert result.exit_code == 0, result.output
    assert "3 originals, 3 returns (3 read again)" in result.output
    assert "Nothing is wrong" in result.output
    assert made.place.database.read_bytes() == before


def _original(made: Made, at: int = 0) -> Path:
    return sorted(made.place.originals.rglob("*.xlsx"))[at]


def _changed_original(made: Made) -> None:
    path = _original(made)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")


def _missing_original(made: Made) -> None:
    _original(made).unlink()


def _stray_original(made: Made) -> None:
    folder = made.place.originals / "ab"
    folder.mkdir(exist_ok=True)
    (folder / ("ab" * 32 + ".xlsx")).write_bytes(b"x")


def _sql(statement: str) -> object:
    def change(made: Made) -> None:
        from stores import raw

        with raw(made.place.database) as db:
            db.execute(statement)

    return change


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_changed_original, "is not what came in"),
        (_missing_original, "cannot be read"),
        (_stray_original, "is not in the records"),
        (_sql("UPDATE received SET state = 'accepted' WHERE id = 1"), "Return #1 is accepted, but the ledger says"),
        (_sql("UPDATE entries SET code = 'other' WHERE received = 2 AND code IS NOT NULL"), "Return #2: its rows"),
        (_sql("DELETE FROM entries WHERE received = 2 AND part = 'evidence'"), "Return #2: its rows"),
        (
            _sql("UPDATE readings SET content = (SELECT content FROM readings WHERE received = 3) WHERE received = 2"),
            "Return #2: what was read from it",
        ),
        (_sql("UPDATE received SET organisation = 2 WHERE id = 1"), "Return #1 is organisation #2's, but the ledger"),
        (_sql("UPDATE received SET state = 'held' WHERE id = 1"), "Return #1 waits for a decision, but nothing is"),
        (_sql("UPDATE received SET share = 'view' WHERE id = 2"), "is one person's view, and there is no other"),
        (_sql("INSERT INTO events VALUES (99, '', 'accepted', 1, '', 77, NULL, NULL, '', '')"), "Return #77 is in the"),
        (_sql("INSERT INTO events VALUES (99, '', 'forgotten', 1, '', NULL, NULL, NULL, '', '')"), "it was forgotten"),
        (
            _sql(
                "INSERT INTO queries (code, holds, opened_at, received, found, expected) VALUES ('', 1, '', 1, '', '')"
            ),
            "Query 1 is open, but the ledger says nothing",
        ),
        (
            _sql("INSERT INTO mails VALUES (1, 1, '2026', 'invitation', 1, 'x', 'x', 'sent', '', 1, '', NULL)"),
            "Mail #1 is sent, but the ledger says nothing",
        ),
        (_sql("UPDATE copies SET organisation = 55"), "points nowhere"),
    ],
)
def test_whatever_is_wrong_is_found(made: Made, spoil: object, said: str) -> None:
    """With exit code 1, and without an answer in the output."""
    spoil(made)  # type: ignore[operator]
    result = run(made, "check", "--all")
    assert result.exit_code == 1, result.output
    assert re.sub(r"\s+", " ", result.output).find(said) >= 0, result.output
    assert "Nothing is wrong" not in result.output


def test_a_sample_is_spread_over_all_returns() -> None:
    """The first and the last are in it, and none twice."""
    from kil_xlsx.pipeline.collection import checking

    for count in (1, 19, 20, 21, 22, 39, 40, 500):
        sample = checking._sample(list(range(count)), 20)  # type: ignore[arg-type]
        assert len(set(sample)) == len(sample) == min(count, 20)
        assert (sample[0], sample[-1]) == (0, count - 1)
        assert len(checking._sample(list(range(count)), None)) == count  # type: ignore[arg-type]
        assert checking._sample(list(range(count)), 0) == []  # type: ignore[arg-type]


def test_what_another_version_has_read_is_no_fault(made: Made) -> None:
    """It is read anew when it is needed."""
    _sql("UPDATE readings SET made_with = 'an earlier one' WHERE received = 2")(made)  # type: ignore[operator]
    done = checked(made)
    assert (done.wrong, done.outdated, done.compared) == ((), 1, 2)


def test_the_state_of_a_return_is_in_the_words_of_the_ledger() -> None:
    """Every state of a return has a line of the ledger of the same name."""
    from kil_xlsx.core.ledger import EVENTS

    assert {state.value for state in ReturnState} <= EVENTS.keys()
