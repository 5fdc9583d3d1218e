"""The command ``send``: what it shows, what it asks, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from collections_made import Listed, Made, listed, make
from smtpstub import DROP_SILENTLY, REFUSE, Stub

from kil_xlsx import pipeline
from kil_xlsx.cli.commands import main
from kil_xlsx.store.database import Store


@pytest.fixture(autouse=True)
def _in_spring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "now", lambda: datetime(2026, 5, 4, 9, 0))
    monkeypatch.setenv("COLUMNS", "120")


def run(made: Made, *options: str, code: int = 0) -> Result:
    """Run the command in this process; whatever it says is on one line."""
    done = CliRunner().invoke(main, ["-C", str(made.folder), "send", *options])
    assert done.exit_code == code, done.output
    return done


def said(done: Result) -> str:
    return " ".join(done.output.split())


def test_a_run_ends_with_what_was_done_and_what_comes_next(tmp_path: Path) -> None:
    """Sent, failed, in doubt and left out are counted; who needs care is named; the exit code is 1."""
    rows = [*listed(0, 3), Listed("The Mute Trust", "community", "")]
    with Stub({rows[1].email: [REFUSE], rows[2].email: [DROP_SILENTLY]}) as stub:
        made = make(tmp_path, rows, settings=stub.settings, copies=False)
        words = said(run(made, code=1))
        assert f"{rows[1].name} failed Refused: 550" in words
        assert f"{rows[2].name} in doubt" in words
        assert "sent 1" in words and "failed 1" in words and "in doubt 1" in words and "left out 1" in words
        assert "no address in the list: 1 The Mute Trust" in words
        assert "kil-xlsx resolve" in words
        assert "1 address is missing, 1 was refused by the mail server: put them right" in words
        again = said(run(made))
        assert "There was nothing to send." in again and "sent already: 1" in again


def test_the_dry_run_shows_a_whole_mail_and_asks_for_nothing(tmp_path: Path) -> None:
    """Who, where and what stand in a table, then one mail with its attachment; no password is needed."""
    settings = '\n[smtp]\nhost = "nowhere.test"\nuser = "somebody"\npassword_env = "KIL_NOT_SET"\n'
    made = make(tmp_path, settings=settings, copies=False)
    words = said(run(made, "--dry-run"))
    for row in made.rows:
        assert f"{row.name} {row.email} invitation" in words
    assert f"To: {made.names[0]} <{made.rows[0].email}>" in words
    assert made.wanted[made.names[0]].file_name in words
    assert "3 mails would go out. Nothing was sent or written." in words
    assert not (tmp_path / "drafts").exists()


def test_json_says_the_same(tmp_path: Path) -> None:
    """As JSON: each mail with its state, and whoever was left out with the reason."""
    made = make(tmp_path, [*listed(0, 1), Listed("The Mute Trust", "community", "")], copies=False)
    checked = jsonschema.Draft202012Validator(pipeline.schema("send")).validate
    found = json.loads(run(made, "--dry-run", "--json").stdout)
    checked(found)
    assert found["schema"] == "kil-xlsx/send/1" and found["dry_run"]
    assert [each["organisation"] for each in found["mails"]] == made.names[:1]
    assert made.names[0] in found["first"]["text"]
    found = json.loads(run(made, "--drafts", "--json").stdout)
    checked(found)
    assert [(each["organisation"], each["state"]) for each in found["mails"]] == [(made.names[0], "drafted")]
    assert [each.name for each in made.place.drafts.rglob("*.eml")] == [Path(found["mails"][0]["draft"]).name]
    assert [each["reason"] for each in found["left_out"]] == ["no-address"]


def test_one_kind_of_mail_at_a_time(tmp_path: Path) -> None:
    """Two kinds of mail in one run are a mistake."""
    made = make(tmp_path, copies=False)
    assert "One kind of mail at a time" in said(run(made, "--remind", "--receipts", code=2))


def test_an_unknown_password_is_not_waited_for(tmp_path: Path) -> None:
    """Where nobody can be asked for the password, the variable that should hold it is named."""
    settings = '\n[smtp]\nhost = "localhost"\nuser = "somebody"\npassword_env = "KIL_NOT_SET"\n'
    made = make(tmp_path, settings=settings, copies=False)
    assert "KIL_NOT_SET" in said(run(made, code=2))
    with made.open() as collection:
        assert collection.store.mails() == []
    assert "nothing to send" in said(run(made, "--receipts"))


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    """A server that takes no password ends the run without a word of it, traces included, and nothing keeps it."""
    with Stub() as stub:
        make(tmp_path, settings=f'{stub.settings}user = "somebody"\npassword_env = "KIL_WORD"\n', copies=False)
        environment = {**os.environ, "KIL_WORD": "correct-horse-staple", "KIL_XLSX_DEBUG": "1"}
        words = (sys.executable, "-m", "kil_xlsx", "-C", str(tmp_path), "send", "--yes")
        done = subprocess.run(words, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 3
    assert b"offers no login" in done.stderr
    assert b"correct-horse" not in done.stdout + done.stderr
    assert not [each for each in tmp_path.rglob("*") if each.is_file() and b"correct-horse" in each.read_bytes()]


def test_a_passed_date_is_told_where_nobody_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the return date nothing goes out unless --yes says so."""
    monkeypatch.setattr(pipeline, "now", lambda: datetime(2026, 7, 4, 9, 0))
    made = make(tmp_path, copies=False)
    assert "30 June 2026, has passed" in said(run(made, "--drafts", code=2))
    assert "has passed already. The mails name no day" in said(run(made, "--drafts", "--yes"))


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are not for Windows")
def test_ctrl_c_stops_after_the_mail_at_hand(tmp_path: Path) -> None:
    """Interrupted, the run finishes the mail it is at, says what was done, and leaves nothing in doubt."""
    with Stub(slow=0.4) as stub:
        made = make(tmp_path, listed(0, 6), settings=stub.settings, copies=False)
        words = (sys.executable, "-m", "kil_xlsx", "-C", str(tmp_path), "send", "--yes")
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 60
        while not stub.taken and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 1, errors
        assert "Stopping after this mail" in errors
        assert "You stopped it" in out and "left for the next run" in out
        with Store.open(made.place.database, read_only=True) as store:
            states = [each.state.value for each in store.mails()]
        assert states and set(states) == {"sent"}
        assert len(states) == len(stub.taken) < 6
