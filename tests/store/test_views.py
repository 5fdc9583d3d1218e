"""The views, as other programs see them and as the documentation describes them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import stores
from stores import raw

from kil_xlsx.core.collection import MailState, Purpose, ReturnState, Share
from kil_xlsx.core.ledger import EVENTS
from kil_xlsx.core.returns import Part, State
from kil_xlsx.store.schema import VIEWS

PAGE = Path(__file__).parents[2] / "docs" / "database.md"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Give a database with something of everything."""
    stores.filled(tmp_path).close()
    return tmp_path / "collection.db"


def rows(database: Path, query: str) -> list[dict[str, object]]:
    with raw(database) as db:
        found = db.execute(query)
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


def page() -> dict[str, list[str]]:
    """The views of the page, each with its columns in order."""
    found = {}
    for part in PAGE.read_text(encoding="utf-8").split("## Views")[1].split("## Examples")[0].split("### ")[1:]:
        name, _, rest = part.partition("\n")
        cells = re.findall(r"^\| (`[^|]*`) \|", rest, re.MULTILINE)
        found[name.strip()] = [column for cell in cells for column in re.findall(r"`([^`]+)`", cell)]
    return found


@pytest.mark.source
def test_the_page_lists_exactly_the_views_and_columns_there_are(database: Path) -> None:
    """In their order too."""
    with raw(database) as db:
        there = {
            name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
        }
    assert page() == there
    assert there.keys() == VIEWS.keys()


@pytest.mark.source
def test_the_page_names_every_state_that_there_is() -> None:
    """Whoever filters by one has to know them."""
    text = PAGE.read_text(encoding="utf-8")
    for kind in (ReturnState, Share, Purpose, MailState, State, Part):
        assert all(f"`{each.value}`" in text for each in kind), kind
    kinds = re.search(r"^\| `kind` \|(.*)\|$", text, re.MULTILINE)
    assert kinds is not None
    assert set(re.findall(r"`([^`]+)`", kinds[1])) <= EVENTS.keys()


@pytest.mark.source
def test_the_examples_of_the_page_run(database: Path) -> None:
    """Word for word."""
    examples = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    found = [rows(database, example) for example in examples]
    assert {row["organisation"] for row in found[0]} == {"The Brambleford Hub"}
    assert all(found[:3])


def test_answers_have_one_row_each(database: Path) -> None:
    """Those of returns that count, and of these only what could be taken."""
    found = rows(database, 'SELECT return_id, item, part, "row", "column" FROM answers')
    keys = [tuple(each.values()) for each in found]
    assert len(set(keys)) == len(keys) > 50
    assert {key[0] for key in keys} == {2}
    ret = stores.readings()[2].ret
    assert ret is not None
    assert len(keys) == sum(entry.outcome == "accepted" for entry in ret.entries.values())


def test_current_returns_are_those_that_count(database: Path) -> None:
    """Held and superseded ones are in all returns only."""
    assert [(each["return_id"], each["organisation"]) for each in rows(database, "SELECT * FROM current_returns")] == [
        (2, "The Applewick Hub")
    ]
    states = [each["state"] for each in rows(database, "SELECT * FROM all_returns ORDER BY return_id")]
    assert states == ["superseded", "accepted", "held"]


def test_every_view_has_rows_of_what_there_is(database: Path) -> None:
    """Scores, problems, mails, queries, releases and the ledger."""
    result = stores.readings()[2].result
    assert result is not None
    assert len(rows(database, "SELECT * FROM scores")) == len(result.sections)
    assert [each["code"] for each in rows(database, "SELECT * FROM what_is_wrong")] == ["item-not-found"]
    assert [each["state"] for each in rows(database, "SELECT * FROM sent")] == ["sent"]
    assert [each["holds"] for each in rows(database, "SELECT * FROM open_queries ORDER BY query")] == [0, 1]
    assert [each["organisation"] for each in rows(database, "SELECT * FROM asked")] == [
        "The Applewick Hub",
        "The Brambleford Hub",
    ]
    told = rows(database, "SELECT * FROM ledger WHERE kind = 'superseded'")
    assert [(each["organisation"], each["by"], each["why"]) for each in told] == [
        ("The Applewick Hub", "coordinator", "a later one came")
    ]
    [release] = rows(database, "SELECT * FROM releases_made")
    assert (release["returns"], release["forgotten_since"]) == (1, 0)


def test_views_tell_nothing_of_the_forgotten(database: Path) -> None:
    """The ledger keeps its lines, and a release says how many behind it are gone."""
    with stores.again(database.parent) as store, store.transaction():
        store.forget(1, stores.LATER)
    for name in VIEWS:
        assert "Applewick" not in repr(rows(database, f"SELECT * FROM {name}")), name
    assert [each["forgotten_since"] for each in rows(database, "SELECT * FROM releases_made")] == [1]
    assert {each["organisation"] for each in rows(database, "SELECT * FROM ledger WHERE organisation_id = 1")} == {""}


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="the command sqlite3 is not installed")
def test_the_sqlite_shell_opens_it_and_finds_it_sound(database: Path) -> None:
    """It is an ordinary database, and every view can be read with everything untrusted switched off."""
    statements = ["PRAGMA trusted_schema = OFF;", "PRAGMA integrity_check;", "PRAGMA foreign_key_check;"]
    statements += [f"SELECT count(*) FROM {name};" for name in VIEWS]
    command = ["sqlite3", "-readonly", "-bail", str(database), " ".join(statements)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    lines = run.stdout.split()
    assert lines[0] == "ok"
    assert len(lines) == 1 + len(VIEWS)
