"""The frame of a collection: how it is made and found, and how the commands work inside it."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import stat
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kil_xlsx import pipeline
from kil_xlsx.cli.commands import main
from kil_xlsx.core.collection import Copy, Received, ReturnState, Share
from kil_xlsx.core.settings import Settings
from kil_xlsx.definitions.settings import understood
from kil_xlsx.errors import DefinitionError, KilXlsxError, UsageProblem
from kil_xlsx.layout.stamp import Organisation, stamp
from kil_xlsx.mail.templates import DEFAULTS
from kil_xlsx.pipeline.collection import Collection, Place, beginning, find, found, init, opened
from kil_xlsx.pipeline.collection.counting import counting
from kil_xlsx.pipeline.collection.workbooks import add_copy, plan_copies
from kil_xlsx.results.show import some
from kil_xlsx.store.database import Store

SAMPLES = Path(__file__).parents[1] / "samples"
RETURNED = SAMPLES / "returned"
LIST = (
    "name,respondent,email,org-id\nAlder Council,council,a@alder.example,\nThe Beech Hub,community,b@beech.example,\n"
)
CREATED = ("--created", "2026-04-07 09:00")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def run(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words))


def fine(*words: str) -> str:
    """The output of a command that has to succeed, on one line."""
    done = run(*words)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def made(folder: str = "round", text: str = LIST, **more: Any) -> Place:
    """A collection with two organisations, or others."""
    listed = Path("list.csv")
    listed.write_text(text, encoding="utf-8")
    more = {"round_id": "2026", "due": date(2026, 5, 31), **more}
    return init(Path(folder), organisations=listed, **more).place


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def change(place: Place, before: str, after: str) -> None:
    """Change something in the settings."""
    text = place.settings_file.read_text(encoding="utf-8")
    assert before in text
    place.settings_file.write_text(text.replace(before, after), encoding="utf-8")


# Making one


def test_init() -> None:
    """A collection is settings, a list, a database with its own secret, and a folder for originals: all private."""
    text = fine("init", "round", "--title", 'A "new" \\ röund', "--round", "2026", "--due", "31 May 2026")
    assert "cd round" in text and "council, community" in text
    place = Place(Path("round").absolute())
    said = place.settings().collection
    assert (said.title, said.round_id, said.due) == ('A "new" \\ röund', "2026", date(2026, 5, 31))
    assert sorted(path.name for path in place.folder.iterdir()) == [
        "collection.db", "collection.toml", "organisations.csv", "originals",
    ]  # fmt: skip
    if os.name != "nt":
        assert stat.S_IMODE(place.folder.stat().st_mode) == stat.S_IMODE(place.originals.stat().st_mode) == 0o700
        for name in ("collection.db", "collection.toml", "organisations.csv"):
            assert stat.S_IMODE((place.folder / name).stat().st_mode) == 0o600
    rows = list(csv.reader(io.StringIO((place.folder / "organisations.csv").read_text(encoding="utf-8-sig"))))
    assert rows == [["name", "respondent", "email", "org-id", "gss code", "parent"]]
    other = init(Path("other")).place
    with opened(place) as one, opened(other) as two:
        assert len(one.key) == 32
        assert one.key != two.key
        assert [event.kind for event in one.store.events()] == ["collection-made"]


def test_a_list_with_headings_only_is_asked_about() -> None:
    """Before anybody is in the list, no workbooks are made, and what to do is said."""
    fine("init", "round")
    done = run("-C", "round", "generate")
    assert done.exit_code == 3
    assert "has only headings" in done.stderr
    assert not Path("round/workbooks").exists()


def test_a_list_that_is_given_is_checked_and_copied() -> None:
    """The list is taken over as it is, its organisations are known at once; one with faults makes nothing."""
    place = made()
    assert (place.folder / "organisations.csv").read_text(encoding="utf-8") == LIST
    with opened(place) as collection:
        assert [each.name for each in collection.store.organisations()] == ["Alder Council", "The Beech Hub"]
    Path("wrong.csv").write_text("name,respondent\n,council\nBeech,x\n")
    done = run("init", "another", "--organisations", "wrong.csv")
    assert done.exit_code == 3
    assert "2 faults" in done.stderr
    assert not Path("another").exists()


def test_a_list_that_is_there_is_used() -> None:
    """A folder that holds nothing but a list, a theme or notes is taken, and its list is the collection's."""
    Path("round").mkdir()
    Path("round/organisations.csv").write_text(LIST)
    Path("round/notes.txt").write_text("mine")
    assert "2 organisations" in fine("init", "round")
    assert Path("round/organisations.csv").read_text() == LIST
    Path("another").mkdir()
    Path("another/organisations.csv").write_text("name,respondent\nCedar,council\n")
    done = run("init", "another", "--organisations", "round/organisations.csv")
    assert done.exit_code == 2 and "another list" in done.stderr


def test_where_no_collection_is_made() -> None:
    """One that is there is not touched, none is made inside another, nor in a folder with other things."""
    place = made()
    before = Path("list.csv").read_bytes(), place.database.read_bytes(), place.settings_file.read_bytes()
    assert "is a collection already" in run("init", "round").stderr
    assert "is inside the collection" in run("init", "round/deeper").stderr
    assert before == (Path("list.csv").read_bytes(), place.database.read_bytes(), place.settings_file.read_bytes())
    Path("full/photos").mkdir(parents=True)
    done = run("init", "full")
    assert done.exit_code == 2 and "photos" in done.stderr
    assert [path.name for path in Path("full").iterdir()] == ["photos"]
    assert "is a file" in run("init", "list.csv").stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--sender-address", "sam"), "--sender-address: 'sam' is not a mail address"),
        (("--title", "x" * 300), "--title: has 300 characters"),
        (("--contact", "a\nb"), "--contact: has a line break"),
        (("--framework", "keep-it-lokal"), "did you mean 'keep-it-local'"),
        (("--theme", "nowhere.yaml"), "nowhere.yaml"),
        (("--organisations", "nowhere.csv"), "it is not there"),
        (("--organisations", "list.txt"), "neither .csv nor .xlsx"),
    ],
)
def test_what_is_given_is_checked_first(words: tuple[str, ...], says: str) -> None:
    """What cannot stand in the settings is said by the option it was given with, and nothing is made."""
    done = run("init", "round", *words)
    assert done.exit_code in (2, 3)
    assert says in " ".join(done.stderr.split())
    assert list(Path().iterdir()) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Whatever is given wrongly is told in one go, each by its option; nothing is made."""
    done = run(
        "init", "bad", "--due", "31/5/2026", "--sender-address", "foo bar", "--organisations", "nolist.xlsx",
        "--framework", "nosuch", "--theme", "nothere.yaml", "--title", "x" * 300,
    )  # fmt: skip
    assert done.exit_code == 3
    told = " ".join(done.stderr.split())
    assert "5 faults" in told
    for words in ("nosuch", "nothere.yaml", "--sender-address: 'foo bar'", "--title: has 300", "nolist.xlsx"):
        assert words in told, words
    assert list(Path().iterdir()) == []
    Path("wrong.csv").write_text("name,respondent\n,council\nBeech,x\n")
    done = run("init", "bad", "--sender-address", "foo", "--organisations", "wrong.csv")
    assert "3 faults" in done.stderr and "wrong.csv, line 2" in done.stderr


def test_an_empty_list_is_told() -> None:
    """A file without anything in it is no list, and that is said."""
    Path("empty.csv").write_bytes(b"")
    done = run("init", "bad", "--organisations", "empty.csv")
    assert done.exit_code in (2, 3) and "empty" in done.stderr


@pytest.mark.parametrize("step", range(6))
def test_what_was_begun_is_completed(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the making stops, the folder is no collection yet, and the same command completes it."""

    class KilledError(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        places = [(beginning.os, "open"), (beginning, "_has_database"), (Store, "_set_fact"), (Store, "record")]
        if step < len(places):
            patched.setattr(*places[step], dies)
        else:
            real, written = beginning._write, []

            def write(path: Path, data: bytes) -> None:
                written.append(path.name)
                if len(written) == step - 3:
                    raise KilledError
                real(path, data)

            patched.setattr(beginning, "_write", write)
        with pytest.raises(KilledError):
            made()
    assert find(Path("round")) is None
    assert find() is None
    place = made()
    with opened(place) as collection:
        assert len(collection.key) == 32
        assert collection.store.faults() == []
        kinds = [event.kind for event in collection.store.events()]
    assert kinds == ["collection-made", "list-changed"]
    assert not [path for path in place.folder.iterdir() if path.name.endswith(".tmp")]


def test_a_database_without_settings_is_kept() -> None:
    """Where only the settings were lost, making them anew keeps all records, and says so."""
    place = made()
    with opened(place) as collection:
        key = collection.key
    place.settings_file.unlink()
    assert "has been kept" in fine("init", "round", "--round", "2026")
    with opened(place) as collection:
        assert collection.key == key
        assert len(collection.store.organisations()) == 2


def test_a_path_through_a_file() -> None:
    """Where no folder can be made, that is said."""
    Path("list.csv").write_text(LIST)
    done = run("init", "list.csv/round")
    assert done.exit_code == 3 and "cannot be written to" in done.stderr
    assert Path("list.csv").read_text() == LIST


def test_a_folder_without_permission() -> None:
    """Where nothing can be written, that is said, and nothing is left behind."""
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("whoever may write everywhere cannot be kept out")
    Path("closed").mkdir(mode=0o500)
    done = run("init", "closed/round")
    assert done.exit_code == 3 and "cannot be written to" in done.stderr


# The settings to begin with


def in_use(text: str) -> str:
    """The settings with every note that can be put to use in use."""
    lines, within = [], False
    for line in text.splitlines():
        bare = line[2:] if line.startswith("# ") else line[1:] if line.startswith("#") else line
        if within or bare.startswith("[") or (" = " in bare and bare.partition(" = ")[0].replace("_", "").isalpha()):
            within = bare.count('"""') != 2 and (within != ('"""' in bare))
            line = bare
        lines.append(line)
    return "\n".join(lines)


def test_the_settings_to_begin_with_explain_every_setting(tmp_path: Path) -> None:
    """Every key there is stands in the file with the value that is usual, ready to be put to use."""
    text = beginning.settings_template()
    (tmp_path / "authority.pem").write_text("")
    whole = understood(in_use(text), tmp_path / "collection.toml")
    assert whole.smtp is not None and whole.imap is not None
    for section, part in (("collection", whole.collection), ("sender", whole.sender), ("smtp", whole.smtp)):
        for key in type(part).__struct_encode_fields__:
            assert f"# {key} = " in text.partition(f"[{section}]\n")[2], (section, key)
    usual = Settings()
    assert understood(text, tmp_path / "collection.toml") == usual
    assert whole.collection.role == usual.collection.role and whole.imap.folder == "INBOX"
    assert whole.smtp.mails_per_minute == 30 and whole.smtp.port == whole.smtp.port_number
    for purpose, template in DEFAULTS.items():
        said = whole.wording(purpose)
        assert (said.subject, said.text) == (template.subject, template.text)


def test_wordings_are_checked_with_all_else() -> None:
    """A placeholder that nothing stands for is a fault of the settings, with its line; a field of the list is none."""
    place = made()
    lines = '\n[mail.reminder]\nsubject = "{organisatoin}"\ntext = "{region} {due}"\n[smtp]\npassword = "x"\n'
    with place.settings_file.open("a", encoding="utf-8") as file:
        file.write(lines)
    with pytest.raises(DefinitionError) as caught:
        place.settings()
    keys = [fault.key for fault in caught.value.faults]
    assert {"mail.reminder.subject", "smtp.password"} <= set(keys)
    assert not any("region" in fault.message for fault in caught.value.faults)
    fault = next(fault for fault in caught.value.faults if fault.key == "mail.reminder.subject")
    assert place.settings_file.read_text(encoding="utf-8").splitlines()[(fault.line or 0) - 1].startswith("subject")


def test_files_that_are_missing_are_told_with_the_rest() -> None:
    """A list and a theme that are not there stop what needs them, both at once; other faults are told with them."""
    place = made()
    change(place, '# theme = "theme.yaml"', 'theme = "nothere.yaml"')
    change(place, 'organisations = "organisations.csv"', 'organisations = "nolist.xlsx"')
    assert run("-C", "round", "status").exit_code == 0
    done = run("-C", "round", "generate")
    assert done.exit_code == 3
    assert "nothere.yaml" in done.stderr and "nolist.xlsx" in done.stderr
    change(place, 'round = "2026"', "round = 2026")
    done = run("-C", "round", "status")
    assert "3 faults" in done.stderr and "nothere.yaml" in done.stderr and "nolist.xlsx" in done.stderr


# Columns of the list that the questionnaire does not know


EXTRA = "name,respondent,email,Contact person,Contact,parent\nAlder,council,a@alder.example,=Sam,desk,The Wood\n"


def test_any_column_can_be_used_in_mails_and_tables(tmp_path: Path) -> None:
    """A column that is no field of the questionnaire comes into mails and lists, and into no workbook."""
    place = made(text=EXTRA, sender_address="round@council.example")
    text = '[mail.invitation]\ntext = "Dear {contact_person} of {parent}, {list_contact}[[, {last_round}]]!"\n'
    place.settings_file.write_text(place.settings_file.read_text(encoding="utf-8") + text, encoding="utf-8")
    found = json.loads(run("-C", "round", "send", "--dry-run", "--json").stdout)
    assert found["first"]["text"] == "Dear =Sam of The Wood, desk!\n"
    rows = list(csv.DictReader(io.StringIO(run("-C", "round", "status", "--all", "--csv").stdout)))
    assert (rows[0]["contact_person"], rows[0]["list_contact"]) == ("'=Sam", "desk")
    fine("-C", "round", "chase", "--out", str(tmp_path / "chase.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "chase.csv").read_text(encoding="utf-8-sig"))))
    assert (rows[0]["contact_person"], rows[0]["parent"]) == ("'=Sam", "The Wood")
    fine("-C", "round", "generate")
    (path,) = (place.workbooks / "2026").iterdir()
    with zipfile.ZipFile(path) as archive:
        assert not any(b"=Sam" in archive.read(name) or b">desk<" in archive.read(name) for name in archive.namelist())
    assert '"=Sam"' in run("-C", "round", "status", "--by", "Contact person", "--json").stdout


def test_a_column_that_the_list_has_not_is_a_fault_with_those_it_has() -> None:
    """A placeholder that nothing is known for is told with the columns of the list; without a list nobody can know."""
    place = made(text=EXTRA)
    text = '[mail.invitation]\ntext = "{contact_persn}"\n'
    place.settings_file.write_text(place.settings_file.read_text(encoding="utf-8") + text, encoding="utf-8")
    done = run("-C", "round", "status")
    assert "did you mean {contact_person}?" in done.stderr
    assert "columns of the list: {contact_person}, {list_contact}." in done.stderr
    (place.folder / "organisations.csv").unlink()
    assert run("-C", "round", "status").exit_code == 0


def test_other_columns_are_forgotten_with_their_organisation() -> None:
    """Nothing of a forgotten organisation's row stays in the records."""
    place = made(text=EXTRA)
    fine("-C", "round", "forget", "Alder", "--why", "they asked", "--yes")
    assert b"=Sam" not in place.database.read_bytes()


# Finding it


def test_finding() -> None:
    """A collection is found from its folder and from any below, and from nowhere else."""
    place = made()
    deep = place.folder / "a" / "b"
    deep.mkdir(parents=True)
    assert find(place.folder) == find(deep) == place
    assert find(place.folder.parent) is None
    with pytest.raises(UsageProblem, match="not in a collection"):
        found(place.folder.parent)


def test_as_if_started_in_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """With -C a command works as if it were typed in that folder, which has to be in a collection."""
    made()
    here = Path.cwd()
    fine("-C", "round", "generate", *CREATED)
    assert Path.cwd() == here
    assert len(list(Path("round/workbooks/2026").iterdir())) == 2
    for wrong in (".", "nowhere"):
        done = run("-C", wrong, "generate")
        assert done.exit_code == 2
    assert not Path("workbooks").exists()
    fine("-C", ".", "init", "another")


# Faults


def test_faults_stop_only_what_needs_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """With faulty settings, commands that need them tell all faults; help and the others go on working."""
    place = made()
    change(place, 'round = "2026"', "round = 2026\ntitel = 3")
    monkeypatch.chdir(place.folder)
    for words in (("generate",), ("read",), ("mark",), ("benchmark",), ("feedback",), ("export",), ("codebook",)):
        done = run(*words)
        assert done.exit_code == 3, words
        assert "2 faults" in done.stderr and "collection.titel" in done.stderr
        assert run(*words, "--help").exit_code == 0
    for words in (("schema",), ("frameworks",), ("theme",), ("--help",), ()):
        assert run(*words).exit_code == 0, words


# Workbooks


def test_generate_takes_everything_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside, also further down, workbooks are made without options, as the settings say, into the collection."""
    place = made(contact="The desk, 0117 496 0000")
    (place.folder / "deeper").mkdir()
    monkeypatch.chdir(place.folder / "deeper")
    fine("generate", *CREATED)
    assert list(Path().iterdir()) == []
    returned = pipeline.read([place.workbooks])
    assert {reading.identity.round_id for reading in returned.readings if reading.identity} == {"2026"}
    with opened(place) as collection:
        copies = collection.store.copies()
        kinds = [event.kind for event in collection.store.events()]
    assert kinds == ["collection-made", "list-changed", "workbook-made", "workbook-made"]
    stated = {reading.identity.reference for reading in returned.readings if reading.identity}
    assert stated == {copy.reference for copy in copies}
    assert {(copy.name, copy.respondent, copy.round_id, copy.share) for copy in copies} == {
        ("Alder Council", "council", "2026", Share.WHOLE),
        ("The Beech Hub", "community", "2026", Share.WHOLE),
    }


def test_generate_twice_gives_the_same() -> None:
    """The same collection makes the same workbooks at the same time given, and records each once."""
    place = made()
    fine("-C", "round", "generate", *CREATED)
    before = files(place.workbooks / "2026")
    assert "2 files of an earlier run" in fine("-C", "round", "generate", *CREATED)
    fine("-C", "round", "generate", *CREATED, "--force")
    assert files(place.workbooks / "2026") == before
    with opened(place) as collection:
        assert len(collection.store.copies()) == 2
        assert [event.kind for event in collection.store.events()].count("workbook-made") == 2


def test_a_workbook_that_somebody_changed_is_not_written_anew() -> None:
    """What the program wrote is replaced unasked only as long as nobody has changed it, whatever its name."""
    place = made()
    fine("-C", "round", "generate", *CREATED)
    before = files(place.workbooks / "2026")
    fine("-C", "round", "generate", "--created", "2026-04-08")
    assert files(place.workbooks / "2026").keys() == before.keys()
    changed = sorted((place.workbooks / "2026").iterdir())[0]
    changed.write_bytes(changed.read_bytes() + b" ")
    now = files(place.workbooks / "2026")
    done = run("-C", "round", "generate", *CREATED)
    assert done.exit_code == 3
    assert changed.name in done.stderr and "There already" in done.stderr and "1 more" not in done.stderr
    assert files(place.workbooks / "2026") == now
    fine("-C", "round", "generate", *CREATED, "--force")
    assert files(place.workbooks / "2026") == before


def test_each_round_has_folders_of_its_own() -> None:
    """The workbooks of the next round come to lie beside those of this one, whatever a round is called."""
    place = made(text="name,respondent\nAlder,council\n")
    fine("-C", "round", "generate", *CREATED)
    change(place, 'round = "2026"', 'round = "2026/27: Müller & Co"')
    fine("-C", "round", "generate", *CREATED)
    fine("-C", "round", "generate", "--round", "Раунд", *CREATED)
    change(place, 'round = "2026/27: Müller & Co"', 'round = ""')
    fine("-C", "round", "generate", *CREATED)
    names = sorted(path.name for path in place.workbooks.iterdir())
    assert names[:2] == ["2026", "2026-27-muller-and-co"] and names[3].startswith("round-")
    assert names[2].endswith(".xlsx") and len(names) == 4


def test_codes_are_of_one_collection_only() -> None:
    """The codes of two collections for the same organisation differ, and nobody can work one out without the secret."""
    one, other = made("one"), made("other")
    for place in (one, other):
        fine("-C", str(place.folder), "generate", *CREATED)
    with opened(one) as here, opened(other) as there:
        mine, theirs = ({copy.name: copy.reference for copy in each.store.copies()} for each in (here, there))
        assert mine.keys() == theirs.keys()
        assert set(mine.values()).isdisjoint(theirs.values())
        assert all(there.store.copy(reference) is None for reference in mine.values())
        plain = stamp(here.plan("council").instrument, "2026", Organisation("Alder Council")).reference
        assert plain not in mine.values()


def test_workbooks_are_on_the_send_list_before_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """No workbook has its name before its code is recorded: what is out can always be recognised."""
    place = made()
    real = pipeline.Outputs.commit

    def commit(self: pipeline.Outputs) -> None:
        if any(path.suffix == ".xlsx" for path in self._targets):
            assert not [path for path in (place.workbooks / "2026").iterdir() if not path.name.startswith(".")]
            with Store.open(place.database, read_only=True) as store:
                assert len(store.copies()) == 2
        real(self)

    monkeypatch.setattr(pipeline.Outputs, "commit", commit)
    fine("-C", "round", "generate")
    assert len(list((place.workbooks / "2026").iterdir())) == 2


def test_changes_of_the_list_are_told_and_kept() -> None:
    """Who is new, changed or gone is told; whoever is gone stays in the records, under the same number."""
    place = made(text="name,respondent,org-id\nAlder,council,\nBeech,community,GB-CHC-1164883\n")
    with opened(place) as collection:
        before = {each.name: each.id for each in collection.store.organisations()}
    text = "name,respondent,org-id\nThe Beech Hub,community,gb-chc-1164883\nCedar,council,\n"
    (place.folder / "organisations.csv").write_text(text)
    told = fine("-C", "round", "generate")
    assert "New in the list: Cedar." in told
    assert "Changed in the list: The Beech Hub." in told
    assert "No longer in the list, kept in the records: Alder." in told
    with opened(place) as collection:
        now = {each.name: each for each in collection.store.organisations()}
    assert now["The Beech Hub"].id == before["Beech"]
    assert (now["Alder"].listed, now["Cedar"].listed) == (False, True)


def test_another_list_adds_to_what_is_known() -> None:
    """Workbooks for a list beside the collection's own make those in it known, and say nothing about the others."""
    place = made()
    Path("more.csv").write_text("name,respondent\nCedar,council\n")
    more = str(Path("more.csv").absolute())
    assert "1 workbook" in fine("-C", "round", "generate", "--organisations", more)
    with opened(place) as collection:
        assert {each.name: each.listed for each in collection.store.organisations()} == {
            "Alder Council": True, "The Beech Hub": True, "Cedar": True,
        }  # fmt: skip


def test_workbooks_one_at_a_time() -> None:
    """Single organisations can be planned, and what several agree on has a code of its own."""
    place = made()
    with opened(place) as collection:
        collection.organisations()
        hub = next(each for each in collection.store.organisations() if each.respondent == "community")
        (whole,) = plan_copies(collection, only={hub.id}).workbooks
        (agreed,) = plan_copies(collection, only={hub.id}, share=Share.CONSENSUS).workbooks
        assert whole.asked == agreed.asked == hub
        assert whole.copy.reference == whole.wanted.reference != agreed.copy.reference
        assert whole.wanted.data()[:2] == b"PK"
        assert collection.store.copies() == []
        with collection.store.transaction():
            add_copy(collection, whole)
            add_copy(collection, whole)
        assert collection.store.copies() == [whole.copy]
        with pytest.raises(UsageProblem, match="no organisation"):
            plan_copies(collection, only=())


# What came back


@pytest.fixture
def with_returns(monkeypatch: pytest.MonkeyPatch) -> Place:
    """A collection in which the samples have come back; the working folder is in it."""
    place = made(text=(SAMPLES / "organisations.csv").read_text(encoding="utf-8-sig"))
    returned = pipeline.read([RETURNED], isolation=False)
    with opened(place) as collection:
        record(collection, returned)
    monkeypatch.chdir(place.folder)
    return place


def record(collection: Collection, returned: pipeline.Returned) -> None:
    """Put returns on record as accepted, each under its own organisation."""
    store = collection.store
    asked = {each.name: each for each in store.organisations()}
    at = "2026-05-01T00:00:00+00:00"
    for file, reading in zip(returned.files, returned.readings, strict=True):
        assert reading.identity is not None
        data, said = file.read_bytes(), reading.identity
        whose = asked[said.organisation]
        with store.transaction():
            copy = Copy(
                reference=said.reference, organisation=whose.id, round_id="2026", share=Share.WHOLE,
                framework=said.framework, version=said.version, respondent=said.respondent, name=whose.name,
                number=whose.number, made_at=at,
            )  # fmt: skip
            store.add_copy(copy)
            store.add_original(reading.file.sha256, len(data), ".xlsx", at)
            received = Received(
                id=0, sha256=reading.file.sha256, organisation=whose.id, round_id="2026",
                state=ReturnState.ACCEPTED, share=Share.WHOLE, reference=said.reference, respondent=said.respondent,
                version=said.version, name=file.name, received_at=at,
            )  # fmt: skip
            store.add_received(received, reading, collection.made_with)
        collection.originals.put(data, ".xlsx")


def test_commands_take_the_returns_that_count(with_returns: Place) -> None:
    """Without PATH, reading gives what is on record, as it would be read from the files themselves."""
    shown = json.loads(run("read", "--json").stdout)
    plain = json.loads(run("read", str(RETURNED), "--json").stdout)
    assert shown == plain
    assert "kil-xlsx benchmark" in run("read").stdout
    assert run("read", "--second-reader").exit_code == 2
    assert "goes with files" in run("read", "--framework", "keep-it-local").stderr


def test_which_returns_count(with_returns: Place) -> None:
    """Views, what was superseded, and other rounds are left out; with none left, that is said."""
    with opened(with_returns) as collection:
        whole = counting(collection)
        assert len(whole) == 12
        with collection.store.transaction():
            collection.store.set_received(whole[0].id, ReturnState.SUPERSEDED)
            collection.store.set_received(whole[1].id, ReturnState.ACCEPTED, share=Share.VIEW)
            collection.store.set_received(whole[2].id, ReturnState.ACCEPTED, round_id="2025")
            collection.store.set_received(whole[3].id, ReturnState.HELD)
        assert [each.id for each in counting(collection)] == [each.id for each in whole[4:]]
        assert len(collection.returned().readings) == 8
    change(with_returns, 'round = "2026"', 'round = "2027"')
    done = run("read")
    assert done.exit_code == 2
    assert "counts in the round 2027 yet" in done.stderr and "kil-xlsx import" in done.stderr


def test_what_another_version_read_is_read_again(with_returns: Place) -> None:
    """Readings of another version of the program are made anew from the originals, and kept."""
    with opened(with_returns) as collection:
        before = collection.returned().readings
    with sqlite3.connect(with_returns.database) as database:
        database.execute("UPDATE readings SET made_with = 'an older one'")
    database.close()
    with opened(with_returns, read_only=True) as collection:
        assert [each.file for each in collection.returned().readings] == [each.file for each in before]
    with opened(with_returns) as collection:
        assert collection.returned().readings == before
        first = counting(collection)[0]
        assert collection.store.reading(first.id, collection.made_with) is not None
    with sqlite3.connect(with_returns.database) as database:
        database.execute("UPDATE readings SET made_with = 'an older one'")
    database.close()
    with opened(with_returns) as collection:
        next(path for _, path in collection.originals.all()).unlink()
        with pytest.raises(KilXlsxError, match="is not there"):
            collection.returned()


def test_a_return_that_was_given_to_another_organisation(with_returns: Place) -> None:
    """Where a person decided whose a return is, that organisation's name goes with it everywhere."""
    with opened(with_returns) as collection:
        first, second = counting(collection)[:2]
        assert second.organisation is not None
        with collection.store.transaction():
            collection.store.set_received(second.id, ReturnState.SUPERSEDED)
            collection.store.set_received(first.id, ReturnState.ACCEPTED, organisation=second.organisation)
        whose = collection.store.organisation(second.organisation)
        assert whose is not None
        reading = collection.returned().readings[0]
        assert reading.identity is not None and reading.ret is not None
        assert (reading.identity.organisation, reading.identity.reference) == (whose.name, second.reference)
        assert whose.name != first.name
        assert reading.ret.text("organisation_name") == ""


def test_releases_are_numbered_and_recorded(with_returns: Place) -> None:
    """A benchmark goes into a folder by its number, its log stays outside, and what is behind it is on record."""
    assert "Release 1 written to" in fine("benchmark", *CREATED)
    release = json.loads((with_returns.releases / "1" / "release.json").read_text(encoding="utf-8"))
    assert with_returns.release_log.is_file()
    with opened(with_returns) as collection:
        (known,) = collection.store.releases()
        assert (known.number, known.folder, known.round_id) == (1, "releases/1", "2026")
        assert sorted(known.inputs) == sorted(release["release"]["inputs"])
        assert len(known.inputs) == 12
        assert [event.kind for event in collection.store.events()][-1] == "release-made"
    before = files(with_returns.releases / "1" / "data")
    assert "Release 1 is there already" in fine("benchmark", *CREATED)
    assert "Release 2 written to" in fine("benchmark", "--created", "2026-04-08")
    assert files(with_returns.releases / "1" / "data") == before
    with opened(with_returns) as collection:
        assert [each.number for each in collection.store.releases()] == [1, 2]


def test_feedback_follows_the_newest_release(with_returns: Place) -> None:
    """Feedback needs a release of this round; then it takes the newest without being told."""
    done = run("feedback")
    assert done.exit_code == 2 and "no benchmark release of this round" in done.stderr
    fine("benchmark", *CREATED)
    text = fine("feedback", "--no-pdf", *CREATED)
    assert "Compared with release 1" in text
    assert len(list((with_returns.feedback / "2026-1").glob("*-feedback.xlsx"))) == 12


def test_feedback_of_each_release_stays_by_itself(with_returns: Place) -> None:
    """What one release says is not mixed with what another says; the same once more is written anew unasked."""
    fine("benchmark", *CREATED)
    fine("feedback", "--no-pdf", *CREATED)
    first = with_returns.feedback / "2026-1"
    before = files(first)
    with opened(with_returns) as collection, collection.store.transaction():
        gone = counting(collection)[0]
        collection.store.set_received(gone.id, ReturnState.WITHDRAWN)
    fine("benchmark", "--created", "2026-04-08")
    fine("feedback", "--no-pdf", *CREATED)
    assert files(first) == before
    second = files(with_returns.feedback / "2026-2")
    assert len(second) == len(before) - 2 and second.keys() < before.keys()
    text = fine("feedback", "--no-pdf", "--release", "releases/1/release.json", "--created", "2026-04-09")
    assert f"{len(second)} files of an earlier run" in text
    assert "From earlier runs there are 2 other files in the folder" in text
    assert files(with_returns.feedback / "2026-2") == second
    assert files(first).keys() == before.keys()


def test_a_release_that_was_stopped_is_completed(with_returns: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped between the record and the files, the same command gives the same number and records nothing twice."""

    class KilledError(BaseException):
        pass

    real = pipeline.Outputs.commit

    def commit(self: pipeline.Outputs) -> None:
        if any(path.name == "report.html" for path in self._targets):
            raise KilledError
        real(self)

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.Outputs, "commit", commit)
        with pytest.raises(KilledError):
            run("benchmark", *CREATED)
    assert not (with_returns.releases / "1").exists()
    assert run("feedback").exit_code == 2
    assert "Release 1 written to" in fine("benchmark", *CREATED)
    with opened(with_returns) as collection:
        assert len(collection.store.releases()) == 1


def test_marked_copies_go_under_the_names_that_were_sent(with_returns: Place) -> None:
    """Every return with something to put right gets a copy, called as the workbook was that was sent out."""
    text = fine("mark", *CREATED)
    with opened(with_returns) as collection:
        readings = collection.returned().readings
        references = {each.identity.reference for each in readings if each.identity}
    folder = with_returns.to_fix / "2026"
    copies = pipeline.read([folder])
    stated = {each.identity.reference for each in copies.readings if each.identity}
    assert stated and stated <= references
    assert f"{len(stated)} cop" in text
    assert all(path.name.startswith("keep-it-local-") for path in folder.iterdir())
    assert all(path.name.endswith("-to-fix.xlsx") for path in folder.iterdir())
    assert f"{some(len(stated), 'file')} of an earlier run" in fine("mark", "--created", "2026-04-08")


def test_an_original_that_was_changed_is_not_marked(with_returns: Place) -> None:
    """A copy is made of what was read, or not at all."""
    with opened(with_returns) as collection:
        for _, path in collection.originals.all():
            path.chmod(0o600)
            path.write_bytes(path.read_bytes() + b" ")
    done = run("mark")
    assert done.exit_code == 1
    assert "has been changed since it was read" in " ".join(done.stdout.split())
    assert not with_returns.to_fix.exists()


def test_export(with_returns: Place) -> None:
    """The coordinator's own tables go into the collection's folder for them."""
    fine("export")
    assert (with_returns.data / "2026" / "codebook.md").is_file()
    assert "files of an earlier run" in fine("export")


def test_files_that_are_named_are_read_as_ever(with_returns: Place) -> None:
    """With PATH, commands are about those files, and nothing is recorded."""
    one = str(next(RETURNED.glob("council-glass*.xlsx")))
    assert len(json.loads(run("read", one, "--json").stdout)["files"]) == 1
    fine("mark", one, *CREATED)
    assert [path.name for path in (with_returns.to_fix / "2026").iterdir()] == [f"{Path(one).stem}-to-fix.xlsx"]
    assert "Missing option '--out'" in run("benchmark", str(RETURNED)).stderr
    fine("benchmark", str(RETURNED), "--out", "elsewhere", "--log", "other-log.json")
    with opened(with_returns) as collection:
        assert collection.store.releases() == []


# Outside


@pytest.mark.parametrize("command", ["read", "mark", "benchmark", "feedback", "export"])
def test_outside_a_collection_files_have_to_be_named(command: str) -> None:
    """Without a collection there is nothing that could be meant, and that is said with what to do."""
    done = run(command)
    assert done.exit_code == 2
    assert "Only inside a collection" in " ".join(done.stderr.split())


# Help


def test_every_command_stands_under_a_heading() -> None:
    """The help page has every command once, in the order in which commands are used, none under another heading."""
    lines = run("--help").stdout.splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ") and line.split()[0] in main.commands]
    assert named == main.list_commands(None)  # type: ignore[arg-type]
    assert sorted(named) == sorted(main.commands)
    assert "A collection:" in lines and "More:" not in lines
