"""Killed at any moment of sending: each organisation gets exactly one mail, or there is a doubt on record about it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

import pytest
from collections_made import Made, listed, make
from mailserver import MailServer
from smtpstub import Stub

KILLS = int(os.environ.get("KIL_KILLS", "20"))
"""How often the program is killed; a longer run is for before a release."""

_MOST_RUNS = 60
_PROGRAM = (sys.executable, "-m", "kil_xlsx")


def run(made: Made, *options: str, kill_after: float | None = None) -> int:
    """Run ``send`` in a process of its own; kill it after some seconds, unless it has ended by then."""
    words = (*_PROGRAM, "-C", str(made.folder), "send", "--yes", *options)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, errors = process.communicate(timeout=120 if kill_after is None else kill_after)
    except subprocess.TimeoutExpired:
        assert kill_after is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    else:
        assert process.returncode in (0, 1), errors.decode()
    return process.returncode


def how_long(made: Made, *options: str) -> tuple[float, float]:
    """When a run sends its first mail, and when it has ended, in seconds."""
    begun = time.monotonic()
    assert run(made, "--dry-run", *options) == 0
    first = time.monotonic() - begun
    return first * 0.5, first


def records(made: Made) -> dict[str, tuple[str, str]]:
    """State and Message-ID of each organisation's invitation; the database has to be sound."""
    with closing(sqlite3.connect(made.place.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = database.execute(
            "SELECT o.name, m.state, m.message_id FROM mails m JOIN organisations o ON o.id = m.organisation"
        ).fetchall()
        assert len({name for name, _, _ in rows}) == len(rows)
        events = Counter(
            name
            for (name,) in database.execute(
                "SELECT o.name FROM events e JOIN organisations o ON o.id = e.organisation "
                "WHERE e.kind IN ('mail-sent', 'mail-doubtful')"
            )
        )
        assert not [name for name, count in events.items() if count > 1]
        doubts = database.execute("SELECT count(*) FROM queries WHERE code = 'mail-doubtful'").fetchone()[0]
    assert doubts == sum(state == "doubtful" for _, state, _ in rows)
    return {name: (state, message_id) for name, state, message_id in rows}


def killed_until_done(made: Made, kills: int, chance: random.Random) -> int:
    """Kill runs at random moments until one of them gets through; gives how many were killed."""
    first, most = how_long(made)
    done = 0
    for _ in range(_MOST_RUNS):
        left = len(made.rows) - len(records(made))
        if done >= kills or not left:
            break
        done += run(made, kill_after=chance.uniform(first, most + 0.12 * left)) == -signal.SIGKILL
    for _ in range(2):  # the second finds nothing more to do
        run(made)
    return done


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_killed_anywhere_nobody_is_skipped_or_gets_it_twice(tmp_path: Path) -> None:
    """Whatever moment it is killed at, after further runs each organisation has one mail, or there is a doubt."""
    chance = random.Random(20_260)
    kills = rounds = doubts = 0
    while kills < KILLS:
        rounds += 1
        folder = tmp_path / str(rounds)
        with Stub(slow=0.1 * (rounds % 2)) as stub:  # a slow answer makes the doubtful moment longer
            made = make(folder, listed(0, 12), settings=stub.settings, copies=False)
            kills += killed_until_done(made, KILLS - kills, chance)
            found = records(made)
            taken = Counter(to for to, _ in stub.taken)
            for row in made.rows:
                state, message_id = found[row.name]
                if state == "sent":
                    assert taken[row.email] == 1
                else:
                    assert state == "doubtful" and taken[row.email] <= 1
                    doubts += 1
                ids = {message_from_bytes(data)["Message-ID"] for to, data in stub.taken if to == row.email}
                assert ids <= {message_id}
        shutil.rmtree(folder)
    print(f"{kills} kills in {rounds} collections, {doubts} doubts")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_drafts_of_a_killed_run_are_written_once(tmp_path: Path) -> None:
    """Killed while it writes drafts, the next run completes them: one file for each organisation, and whole."""
    chance = random.Random(7)
    made = make(tmp_path, listed(0, 8), copies=False)
    first, most = how_long(made)
    for _ in range(4):
        run(made, "--drafts", kill_after=chance.uniform(first, most + 0.5))
    run(made, "--drafts")
    assert {state for state, _ in records(made).values()} == {"drafted"}
    files = [each for each in (tmp_path / "drafts" / "2026" / "invitation").iterdir() if not each.name.startswith(".")]
    to = [message_from_bytes(each.read_bytes())["To"].partition("<")[2].rstrip(">") for each in files]
    assert sorted(to) == sorted(row.email for row in made.rows)


@pytest.mark.oracle
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_killed_with_a_real_server(tmp_path: Path, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a login over STARTTLS: what stands in the mailboxes is what the records say, or a doubt."""
    smtp = mail_server.smtp
    settings = (
        f'\n[smtp]\nhost = "{smtp.host}"\nport = {smtp.port}\nuser = "{smtp.user}"\npassword_env = "KIL_TEST_WORD"\n'
        f'mails_per_minute = 6000\nca_file = "{smtp.ca_file}"\n'
    )
    monkeypatch.setenv("KIL_TEST_WORD", smtp.password)
    made = make(tmp_path, listed(0, 10), settings=settings, copies=False)
    text = made.place.settings_file.read_text("utf-8").replace("round@council.example", smtp.user)
    made.place.settings_file.write_text(text, "utf-8")
    killed_until_done(made, 5, random.Random(11))
    mail_server.settle()
    for name, (state, _) in records(made).items():
        count = len(mail_server.inbox(made.row(name).email, at_least=int(state == "sent")))
        assert count == 1 if state == "sent" else (state == "doubtful" and count <= 1)
    assert len(records(made)) == 10
