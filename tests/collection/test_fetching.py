"""What came to a mailbox of a real server is taken in, and the mailbox stays as it is but for a flag."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from collections_made import Made, listed, make
from mailserver import MailServer

from kil_xlsx.cli.commands import main
from kil_xlsx.core.collection import ReturnState
from kil_xlsx.mail.imap import FLAG

pytestmark = pytest.mark.oracle

VARIABLE = "KIL_TEST_MAILBOX"


@pytest.fixture
def made(tmp_path: Path, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A collection whose returns come to the mailbox of the server."""
    imap = mail_server.imap
    monkeypatch.setenv(VARIABLE, imap.password)
    settings = (
        f'\n[imap]\nhost = "{imap.host}"\nport = {imap.tls_port}\nsecurity = "tls"\nuser = "{imap.user}"\n'
        f'password_env = "{VARIABLE}"\nca_file = "{imap.ca_file}"\n'
    )
    return make(tmp_path / "round", listed(0, 4), settings=settings)


def fetch(made: Made, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["-C", str(made.folder), "fetch", *options])
    return result.exit_code, result.output


def flags(server: MailServer) -> list[tuple[bool, bool]]:
    """Of each mail whether it has our flag, and whether it counts as read, as another program sees them."""
    with server.mailbox() as connection:
        connection.select(readonly=True)
        _, found = connection.fetch("1:*", "(FLAGS)")
    every = [bytes(each) for each in found if isinstance(each, bytes)]
    return [(FLAG.encode() in each, b"\\Seen" in each) for each in every]


def counted(made: Made) -> tuple[int, int]:
    """How many returns there are, and how many of them count."""
    with made.open() as collection:
        found = collection.store.received()
        assert not collection.store.faults()
    return len(found), sum(each.state.counts for each in found)


def test_what_came_is_taken_in_once(made: Made, mail_server: MailServer) -> None:
    """Each mail gets the flag, stays unread, and is not taken in again."""
    for at, name in enumerate(made.names):
        mail_server.put(made.mail(name, ("ours.xlsx", made.workbook(name)), at=at))
    mail_server.put(made.mail(made.names[0], at=9))
    code, told = fetch(made)
    assert code == 0, told
    assert "4 files taken in." in told
    assert "mails without a workbook" in told
    assert flags(mail_server) == [(True, False)] * 5
    with made.open() as collection:
        found = collection.store.received()
        assert [each.sender for each in found] == [row.email for row in made.rows]
        assert all(each.state is ReturnState.ACCEPTED for each in found)
        assert {each.source for one in found for each in collection.store.arrivals(one.sha256)} == {"IMAP INBOX"}
    code, told = fetch(made)
    assert (code, "Nothing came." in told) == (0, True)


def test_a_mail_that_lost_its_flag_is_known(made: Made, mail_server: MailServer) -> None:
    """As after a stop between recording a mail and marking it."""
    name = made.names[0]
    mail_server.put(made.mail(name, ("ours.xlsx", made.workbook(name))))
    fetch(made)
    with mail_server.mailbox() as connection:
        connection.select()
        connection.store("1", "-FLAGS", FLAG)
    code, told = fetch(made)
    assert (code, "in already" in told) == (0, True)
    assert flags(mail_server) == [(True, False)]
    assert counted(made) == (1, 1)


def test_a_new_query_is_told_by_the_exit_code(made: Made, mail_server: MailServer) -> None:
    """Somebody has to look."""
    mail_server.put(made.mail(made.names[0], ("theirs.xlsx", made.workbook(made.names[1]))))
    code, told = fetch(made)
    assert (code, "Query 1:" in told) == (1, True)


def test_a_wrong_password_is_said(made: Made, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain words, and without repeating it."""
    monkeypatch.setenv(VARIABLE, "not the password")
    code, told = fetch(made)
    assert code == 3
    assert "does not accept" in told
    assert "not the password" not in told
    monkeypatch.delenv(VARIABLE)
    code, told = fetch(made)
    assert code == 2
    assert VARIABLE in told


def test_two_fetches_at_once(made: Made) -> None:
    """The second says that the first is running."""
    from kil_xlsx.pipeline.collection.holding import held

    with held(made.place, "fetch", "kil-xlsx fetch"):
        code, told = fetch(made)
    assert code == 2
    assert "is running on" in told


def test_killed_and_started_again(made: Made, mail_server: MailServer) -> None:
    """Whenever it is stopped, every return is in once in the end, and every mail has its flag."""
    for at, name in enumerate(made.names):
        for seed in (1, 2):
            mail_server.put(made.mail(name, ("ours.xlsx", made.workbook(name, seed=seed)), at=2 * at + seed))
    command = [sys.executable, "-m", "kil_xlsx", "-C", str(made.folder), "fetch"]
    for seconds in (0.8, 1.1, 1.4, 1.7):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        running.send_signal(signal.SIGKILL)
        running.wait()
    code, told = fetch(made)
    assert code == 0, told
    assert counted(made) == (8, 4)
    assert flags(mail_server) == [(True, False)] * 8
    assert sum(path.is_file() for path in made.place.originals.rglob("*")) == 8
