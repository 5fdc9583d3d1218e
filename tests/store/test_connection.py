"""The database as a file: how it is made, brought up to date, and what is said where it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
import stores
from stores import raw

from kil_xlsx.core.collection import Event
from kil_xlsx.errors import StoreError
from kil_xlsx.store import connection as opening
from kil_xlsx.store.connection import backups
from kil_xlsx.store.database import Store
from kil_xlsx.store.schema import APPLICATION_ID, STEPS, VIEWS, Step

NEXT = STEPS[-1].number + 1
ADDED = Step(NEXT, "a colour", "ALTER TABLE organisations ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';")


@pytest.fixture
def another_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program be one step further than it is."""
    monkeypatch.setattr(opening, "STEPS", (*STEPS, ADDED))


# What it is


def test_every_table_is_strict_and_the_file_says_whose_it_is(tmp_path: Path) -> None:
    """No column takes what it is not for, and other programs can tell what file it is."""
    stores.new(tmp_path).close()
    with raw(tmp_path / "collection.db") as db:
        loose = db.execute(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        assert loose == []
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA user_version").fetchone() == (STEPS[-1].number,)
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO releases VALUES (1, '2026', 'now', x'00')")


def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds the answers and the secret of the reference codes."""
    stores.new(tmp_path).close()
    assert (tmp_path / "collection.db").stat().st_mode & 0o077 == 0


def test_it_is_one_file_when_nobody_writes(tmp_path: Path) -> None:
    """A copy of the one file is a copy of everything."""
    with stores.filled(tmp_path):
        assert [each.name for each in tmp_path.iterdir()] == ["collection.db"]


def test_steps_are_numbered_from_one_and_end_with_whole_statements() -> None:
    """A step that lacks its last semicolon would lose a statement without a word."""
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))
    with pytest.raises(ValueError, match="middle of a statement"):
        list(opening._statements("CREATE TABLE one (a); CREATE TABLE two (a)"))


# The ledger


LEDGER_ATTACKS = (
    "DELETE FROM events",
    "UPDATE events SET kind = 'waived'",
    "UPDATE events SET why = 'because'",
    "UPDATE events SET why = ''",
    "UPDATE events SET at = '1999'",
    "UPDATE events SET id = id + 100",
    "UPDATE events SET organisation = 2",
    "INSERT OR REPLACE INTO events SELECT id, at, 'waived', organisation, round_id, received, mail, query, by, why "
    "FROM events",
    "UPDATE OR REPLACE events SET id = 1 WHERE id = 2",
    "REPLACE INTO events (id, at, kind, round_id, by, why) VALUES (1, '', '', '', '', '')",
)


@pytest.mark.parametrize("statement", LEDGER_ATTACKS)
def test_the_ledger_is_only_ever_added_to(tmp_path: Path, statement: str) -> None:
    """Not even another program changes or removes a line of it by mistake."""
    stores.filled(tmp_path).close()
    with raw(tmp_path / "collection.db") as db:
        before = db.execute("SELECT * FROM events").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            db.execute(statement)
        assert db.execute("SELECT * FROM events").fetchall() == before


def test_forgetting_may_empty_words_of_the_forgotten_and_nothing_else(tmp_path: Path) -> None:
    """Words of others stay, and of the forgotten ones everything but the words does."""
    with stores.filled(tmp_path) as store:
        with store.transaction():
            store.record(Event(kind="waived", at=stores.AT, organisation=2, why="closed"))
            store.forget(1, stores.LATER)
        assert all(not event.why for event in store.events(organisation=1))
        assert [event.why for event in store.events(organisation=2) if event.kind == "waived"] == ["closed"]
    with raw(tmp_path / "collection.db") as db:
        for statement in (
            "UPDATE events SET why = '' WHERE organisation = 2 AND why <> ''",
            "UPDATE events SET why = 'else' WHERE organisation = 1",
            "UPDATE events SET why = '', kind = 'accepted' WHERE organisation = 1",
            "UPDATE events SET why = '', by = 'somebody' WHERE organisation = 1",
            "DELETE FROM events WHERE organisation = 1",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
                db.execute(statement)


# Bringing up to date


def test_steps_are_recorded_with_the_data(tmp_path: Path) -> None:
    """The database itself says when it was changed, by which version."""
    stores.new(tmp_path).close()
    with raw(tmp_path / "collection.db") as db:
        steps = db.execute("SELECT number, what, at, program FROM schema_steps").fetchall()
    assert steps == [(step.number, step.what, stores.AT, "1.0") for step in STEPS]


def test_a_step_keeps_the_data_and_a_copy_of_what_was_before(tmp_path: Path, another_step: None) -> None:
    """Whoever wants the old version back has the database as it was."""
    with pytest.MonkeyPatch.context() as old:
        old.setattr(opening, "STEPS", STEPS)
        with stores.filled(tmp_path) as store:
            before = store.events(), store.received(), store.organisations()
    with stores.again(tmp_path) as store:
        assert (store.events(), store.received(), store.organisations()) == before
        assert store.faults() == []
        [copy] = store.backups()
    with raw(tmp_path / "collection.db") as db:
        assert db.execute("SELECT number, at, program FROM schema_steps").fetchall()[-1] == (NEXT, stores.LATER, "1.1")
        assert db.execute("SELECT DISTINCT colour FROM organisations").fetchall() == [("red",)]
    assert copy.name == f"collection-before-step-{NEXT}.db"
    assert copy.stat().st_mode & 0o077 == 0
    with raw(copy) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (STEPS[-1].number,)
        assert db.execute("SELECT count(*) FROM events").fetchone() == (len(before[0]),)


def test_nothing_is_copied_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    """Opening changes nothing in a database that is up to date."""
    stores.filled(tmp_path).close()
    before = (tmp_path / "collection.db").read_bytes()
    stores.again(tmp_path).close()
    assert (tmp_path / "collection.db").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """An old program does not touch what it does not know."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "STEPS", (*STEPS, ADDED))
        stores.new(tmp_path).close()
    before = (tmp_path / "collection.db").read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="newer version") as caught:
            stores.again(tmp_path, read_only=read_only)
        assert "Install that version" in caught.value.remedy
    assert (tmp_path / "collection.db").read_bytes() == before


def test_an_older_database_that_may_only_be_read_says_what_to_do(tmp_path: Path, another_step: None) -> None:
    """Reading alone does not bring it up to date."""
    with pytest.MonkeyPatch.context() as old:
        old.setattr(opening, "STEPS", STEPS)
        stores.new(tmp_path).close()
    with pytest.raises(StoreError, match="earlier version"):
        stores.again(tmp_path, read_only=True)


def test_a_step_that_fails_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is done whole or not at all, the views included."""
    stores.filled(tmp_path).close()
    broken = Step(NEXT, "half", "CREATE TABLE half (a TEXT) STRICT; ALTER TABLE nowhere ADD COLUMN b TEXT;")
    monkeypatch.setattr(opening, "STEPS", (*STEPS, broken))
    with pytest.raises(StoreError, match="nowhere"):
        stores.again(tmp_path)
    monkeypatch.undo()
    with stores.again(tmp_path) as store:
        assert store.faults() == []
    with raw(tmp_path / "collection.db") as db:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    assert "half" not in names
    assert names >= VIEWS.keys()


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from kil_xlsx.store import connection as opening
from kil_xlsx.store.database import Store
from kil_xlsx.store.schema import STEPS, Step

class Killing(sqlite3.Connection):
    def execute(self, sql, *rest):
        if sys.argv[2] in sql:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(sql, *rest)

connect = sqlite3.connect
sqlite3.connect = lambda *given, **named: connect(*given, **named, factory=Killing)
opening.STEPS = (*STEPS, Step(STEPS[-1].number + 1, "more", "CREATE TABLE one (a TEXT) STRICT;"
                              "CREATE TABLE two (b TEXT) STRICT; UPDATE organisations SET name = 'changed';"))
Store.open(Path(sys.argv[1]), at="2027", program="2.0")
"""


@pytest.mark.parametrize("moment", ["VACUUM", "CREATE TABLE one", "UPDATE organisations", "user_version =", "COMMIT"])
def test_a_kill_in_the_middle_of_a_step_leaves_the_old_database(tmp_path: Path, moment: str) -> None:
    """The next run finds it as it was, and can bring it up to date."""
    with stores.filled(tmp_path) as store:
        before = store.organisations(), store.events()
    path = tmp_path / "collection.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, path, moment], capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    with stores.again(tmp_path) as store:
        assert (store.organisations(), store.events()) == before
        assert store.faults() == []
    again = subprocess.run([sys.executable, "-c", KILLED, path, "nothing of that"], capture_output=True, check=False)
    assert again.returncode == 0, again.stderr.decode()
    with raw(path) as db:
        assert db.execute("SELECT DISTINCT name FROM organisations").fetchall() == [("changed",)]
    assert [each.name for each in backups(path)] == [f"collection-before-step-{NEXT}.db"]


def test_two_that_bring_it_up_to_date_at_once_do_it_once(tmp_path: Path) -> None:
    """The second waits and finds it done; the copy is of the database before."""
    stores.filled(tmp_path).close()
    script = KILLED.replace("sys.argv[2] in sql", "False")
    runs = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path / "collection.db"], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [run.communicate()[1] for run in runs] == [b""] * 3
    with raw(tmp_path / "collection.db") as db:
        assert db.execute("SELECT count(*) FROM schema_steps").fetchone() == (NEXT,)
    [copy] = backups(tmp_path / "collection.db")
    with raw(copy) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (STEPS[-1].number,)


def test_a_copy_that_cannot_be_made_stops_the_step(tmp_path: Path, another_step: None) -> None:
    """Without a copy nothing is changed."""
    with pytest.MonkeyPatch.context() as old:
        old.setattr(opening, "STEPS", STEPS)
        stores.filled(tmp_path).close()
    (tmp_path / f"collection-before-step-{NEXT}.db").mkdir()
    with pytest.raises(StoreError, match="cannot be copied first"):
        stores.again(tmp_path)
    with raw(tmp_path / "collection.db") as db:
        assert db.execute("PRAGMA user_version").fetchone() == (STEPS[-1].number,)


# Files that are no database of a collection


def _text(path: Path) -> None:
    path.write_text("name,respondent\n" * 100)


def _other_program(path: Path) -> None:
    with raw(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")


def _truncated(path: Path) -> None:
    stores.filled(path.parent).close()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])


def _garbled(path: Path) -> None:
    stores.filled(path.parent).close()
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\x00" * 3000 + data[3100:])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.mkdir()


def _nothing(path: Path) -> None:
    pass


def _without_its_end(path: Path) -> None:
    with raw(path) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_text, "is damaged, or is no database"),
        (_other_program, "is a database of another program"),
        (_truncated, "is damaged, or is no database"),
        (_garbled, "is damaged, or is no database"),
        (_empty, "is empty"),
        (_folder, "cannot be opened"),
        (_nothing, "There is no database"),
        (_without_its_end, "is empty"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_no_database_of_a_collection_is_said_in_plain_words(
    tmp_path: Path, made: object, said: str, read_only: bool
) -> None:
    """Whatever stands there stays as it is, and the message says what to do."""
    path = tmp_path / "collection.db"
    made(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError) as caught, Store.open(path, at="", program="", read_only=read_only) as store:
        store.received()
        store.faults()
    assert said in caught.value.message
    assert caught.value.remedy
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_path_through_a_file_is_no_database(tmp_path: Path) -> None:
    """The folder may be missing or be a file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="There is no database"):
        Store.open(tmp_path / "file" / "collection.db")


def test_a_second_collection_in_the_same_place_is_refused(tmp_path: Path) -> None:
    """The secret of the first would be lost, and with it all codes that were sent out."""
    stores.new(tmp_path).close()
    with pytest.raises(StoreError, match="There is a collection already"):
        Store.create(tmp_path / "collection.db", secret=b"another" * 5, at="", program="")
    with stores.again(tmp_path) as store:
        assert store.secret == stores.SECRET


def test_making_one_that_was_stopped_half_way_is_completed(tmp_path: Path) -> None:
    """A kill between the tables and the secret leaves nothing that is in the way."""
    stores.new(tmp_path).close()
    with raw(tmp_path / "collection.db") as db:
        db.execute("DELETE FROM facts")
    with pytest.raises(StoreError, match="was not finished"):
        stores.again(tmp_path)
    with stores.new(tmp_path) as store:
        assert store.secret == stores.SECRET


def test_a_name_with_signs_of_web_addresses_is_a_name(tmp_path: Path) -> None:
    """Folders may be called anything."""
    folder = tmp_path / "Round #1 – 50% done? ünï & co"
    stores.filled(folder).close()
    with stores.again(folder) as store:
        assert store.faults() == []
    assert [each.name for each in folder.iterdir()] == ["collection.db"]


# Who may not, and who comes at the same time


@pytest.mark.skipif(os.geteuid() != 0, reason="no way to become somebody else")
@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "said"),
    [
        (0o755, 0o644, "Nothing can be written to"),
        (0o755, 0o600, "cannot be opened"),
        (0o700, 0o600, "cannot be opened"),
    ],
)
def test_somebody_who_may_not_is_told_so(folder_mode: int, file_mode: int, said: str) -> None:
    """No permission is a message, and reading goes on where it may."""
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        folder = Path(made) / "round"
        stores.filled(folder).close()
        (folder / "collection.db").chmod(file_mode)
        folder.chmod(folder_mode)
        script = (
            "import os, sys; from pathlib import Path; from kil_xlsx.store.database import Store\n"
            "from kil_xlsx.errors import StoreError\n"
            # Only now: somebody else may not be allowed to read the program, where it is installed for one person.
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "try:\n"
            "    with Store.open(Path(sys.argv[1]), at='', program='') as store:\n"
            "        print(len(store.organisations()))\n"
            "        with store.transaction():\n"
            "            store.next_batch()\n"
            "except StoreError as error:\n"
            "    print(error)\n"
        )
        command = [sys.executable, "-c", script, folder / "collection.db"]
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        assert said in run.stdout, run
        assert run.stderr == ""


WRITER = """
import sys
from pathlib import Path
from kil_xlsx.core.collection import Event
from kil_xlsx.store.database import Store
with Store.open(Path(sys.argv[1])) as store:
    for at in range(int(sys.argv[3])):
        with store.transaction():
            batch = store.next_batch()
            store.end_batch()
            store.record(Event(kind="received", at=sys.argv[2], why=str(batch)))
"""


def test_two_processes_that_write_lose_nothing(tmp_path: Path) -> None:
    """Each waits for the other, and every number is given once; a third that reads sees only whole steps."""
    stores.new(tmp_path).close()
    path = tmp_path / "collection.db"
    runs = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name, "60"], stderr=subprocess.PIPE)
        for name in ("a", "b")
    ]
    seen = []
    with stores.again(tmp_path, read_only=True) as store:
        while any(run.poll() is None for run in runs):
            seen.append(len(store.events()))
    assert [run.communicate()[1] for run in runs] == [b"", b""]
    assert seen == sorted(seen)
    with stores.again(tmp_path) as store:
        events = [event for event in store.events() if event.kind == "received"]
        assert [int(event.why) for event in events] == list(range(1, 121))
        assert {event.at for event in events} == {"a", "b"}
        assert store.faults() == []


def test_waiting_for_a_writer_ends_with_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that writes for ever does not keep others waiting for ever."""
    stores.new(tmp_path).close()
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0)
    with stores.again(tmp_path) as one, stores.again(tmp_path) as other, one.transaction():
        with pytest.raises(StoreError, match="Another program is writing"), other.transaction():
            pass
        assert other.events()  # reading goes on meanwhile


def test_reading_goes_on_while_somebody_writes(tmp_path: Path) -> None:
    """What is not finished is not seen."""
    with stores.new(tmp_path) as writer:
        found: list[int] = []

        def look() -> None:
            with stores.again(tmp_path, read_only=True) as reader:
                found.append(len(reader.organisations()))

        with writer.transaction():
            writer.sync_organisations([stores.asked()])
            thread = Thread(target=look)
            thread.start()
            thread.join()
        look()
    assert found == [0, 1]


def test_what_fails_inside_a_transaction_undoes_all_of_it(tmp_path: Path) -> None:
    """The state and the line of the ledger that tells of it go together."""
    with stores.new(tmp_path) as store:
        before = store.events()
        with pytest.raises(KeyError), store.transaction():
            store.sync_organisations([stores.asked()])
            store.record(Event(kind="list-changed", at=stores.AT))
            raise KeyError
        assert store.organisations() == []
        assert store.events() == before
        with store.transaction():
            store.next_batch()


def test_writing_outside_a_transaction_is_a_mistake_of_the_program(tmp_path: Path) -> None:
    """Nothing is ever committed on its own."""
    with stores.new(tmp_path) as store, pytest.raises(RuntimeError):
        store.next_batch()


def test_a_kill_in_the_middle_of_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    """The journal that it leaves is undone by whoever opens the database next."""
    stores.filled(tmp_path).close()
    script = (
        "import os, signal, sys; from pathlib import Path; from kil_xlsx.store.database import Store\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "store._db.execute('PRAGMA cache_size = 1')\n"  # so that pages are written before the end
        "with store.transaction():\n"
        "    store.forget(1, 'now')\n"
        "    store._do('CREATE TABLE big (a ANY)')\n"
        "    for at in range(500): store._do('INSERT INTO big VALUES (?)', [os.urandom(2000)])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "collection.db"
    with stores.again(tmp_path) as store:
        before = store.received(), store.events()
    whole = path.read_bytes()
    size = path.stat().st_size
    subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=False)
    assert path.stat().st_size > size, "nothing was written, so nothing was tried"
    journal = tmp_path / "collection.db-journal"
    assert journal.exists()
    with stores.again(tmp_path, read_only=True) as store:  # whoever only wants to look may be the first
        assert (store.received(), store.events()) == before
        assert store.faults() == []
    assert path.read_bytes() == whole
    assert not journal.exists()
