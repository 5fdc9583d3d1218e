"""A mailbox of a real server is read, and nothing in it changes but one flag."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from imapclient.imap_utf7 import encode
from mail.letters import as_bytes, letter, workbook
from mailserver import COORDINATOR, FULL, GONE
from mailserver import MailServer as RealServer

from kil_xlsx.core.settings import Security
from kil_xlsx.errors import MailServerError
from kil_xlsx.mail.imap import FLAG, Inbox, MailGone, MailServer, MailTooLarge
from kil_xlsx.mail.items import Attached, Bounced, LeftOut, Limits, Unusable

pytestmark = pytest.mark.oracle


@pytest.fixture
def running(mail_server: RealServer) -> RealServer:
    """Give the server, its mailboxes empty."""
    return mail_server


@pytest.fixture
def server(running: RealServer) -> MailServer:
    """How to reach the mailbox."""
    imap = running.imap
    return MailServer(imap.host, imap.tls_port, Security.TLS, imap.user, imap.password, ca_file=imap.ca_file)


def flags(running: RealServer) -> list[bytes]:
    """The flags of all mails, as another program sees them."""
    with running.mailbox() as connection:
        connection.select(readonly=True)
        _, found = connection.fetch("1:*", "(FLAGS)")
    return [bytes(each) for each in found if isinstance(each, bytes)]


@cache
def mail(number: int = 1) -> bytes:
    return as_bytes(letter(("a.xlsx", workbook()), Message_ID=f"<{number}@hub.example>"))


def test_mails_come_out_as_they_were_sent(running: RealServer, server: MailServer) -> None:
    """A mail is fetched byte for byte, and its workbook is the one that was sent."""
    running.put(mail())
    with Inbox(server) as inbox:
        (uid,) = inbox.waiting()
        assert inbox.fetch(uid) == mail()
        (found,) = inbox.items(uid)
    assert isinstance(found, Attached)
    assert (found.data, found.whence.source) == (workbook(), "IMAP INBOX")
    assert found.whence.message_id == "<1@hub.example>"


def test_only_one_flag_changes(running: RealServer, server: MailServer) -> None:
    """What was fetched does not count as read; what was dealt with has the flag and is not offered again."""
    running.put(mail(1))
    running.put(mail(2))
    with Inbox(server) as inbox:
        first, second = inbox.waiting()
        list(inbox.items(first))
        list(inbox.items(second))
        assert inbox.done(first)
    assert [b"\\Seen" in each for each in flags(running)] == [False, False]
    assert [FLAG.encode() in each for each in flags(running)] == [True, False]
    with Inbox(server) as inbox:
        assert inbox.waiting() == [second]


def test_what_is_marked_as_deleted_is_left_alone(running: RealServer, server: MailServer) -> None:
    """Such a mail is neither offered nor removed."""
    running.put(mail())
    with running.mailbox() as connection:
        connection.select()
        connection.store("1", "+FLAGS", r"(\Deleted)")
    with Inbox(server) as inbox:
        assert inbox.waiting() == []
    assert len(flags(running)) == 1


@pytest.mark.parametrize("security", list(Security))
def test_all_kinds_of_connections_work(running: RealServer, server: MailServer, security: Security) -> None:
    """Encrypted from the start, from the middle, and not at all."""
    running.put(mail())
    port = running.imap.tls_port if security is Security.TLS else running.imap.port
    with Inbox(replace(server, port=port, security=security)) as inbox:
        assert inbox.fetch(inbox.waiting()[0]) == mail()
        assert inbox.keeps_flags
        assert inbox.uid_validity


def test_without_flags_the_caller_remembers(running: RealServer, server: MailServer) -> None:
    """Where the flag cannot be kept, what is known already is left out by number."""
    running.put(mail(1))
    running.put(mail(2))
    with Inbox(server) as inbox:
        first, second = inbox.waiting()
        inbox.keeps_flags = False
        assert not inbox.done(first)
        assert inbox.waiting({first}) == [second]
    assert not any(FLAG.encode() in each for each in flags(running))


def test_large_mails_are_not_fetched(running: RealServer, server: MailServer) -> None:
    """A mail beyond the limit is told with its sender, for a person to look at."""
    running.put(mail())
    with Inbox(server, Limits(mail_bytes=10_000)) as inbox:
        (uid,) = inbox.waiting()
        with pytest.raises(MailTooLarge):
            inbox.fetch(uid)
        (found,) = inbox.items(uid)
    assert isinstance(found, Unusable)
    assert found.whence.sender == "ann@hub.example"


def test_a_mail_that_was_moved_away_meanwhile_is_no_harm(running: RealServer, server: MailServer) -> None:
    """Somebody else may tidy up while mails are fetched."""
    running.put(mail())
    with Inbox(server) as inbox:
        (uid,) = inbox.waiting()
        with running.mailbox() as connection:
            connection.select()
            connection.store("1", "+FLAGS", r"(\Deleted)")
            connection.expunge()
        with pytest.raises(MailGone):
            inbox.fetch(uid)
        assert list(inbox.items(uid)) == []


def test_another_folder_can_be_read(running: RealServer, server: MailServer) -> None:
    """Also one whose name has letters beyond English."""
    running.put(mail(), folder=encode("Rückläufe").decode())
    with Inbox(replace(server, folder="Rückläufe")) as inbox:
        (found,) = inbox.items(inbox.waiting()[0])
    assert found.whence.source == "IMAP Rückläufe"


@pytest.mark.parametrize("to", [GONE, FULL])
def test_a_real_notice_of_postfix_is_matched(running: RealServer, server: MailServer, to: str) -> None:
    """A mail to an address that does not exist, or whose mailbox is full, comes back and is known again."""
    running.deliver(mail(7), to, sender=COORDINATOR)
    running.inbox(at_least=1)
    with Inbox(server) as inbox:
        (found,) = (each for each in inbox.items(inbox.waiting()[0]) if not isinstance(each, LeftOut))
    assert isinstance(found, Bounced)
    assert (found.original_ids, found.recipients, found.permanent) == (("<7@hub.example>",), (to,), True)
    assert found.said.startswith("55")


def refused(server: MailServer) -> MailServerError:
    with pytest.raises(MailServerError) as caught, Inbox(server, seconds=30):
        pass
    return caught.value


def test_a_folder_that_is_missing_is_told_with_those_there_are(running: RealServer, server: MailServer) -> None:
    """The message lists the folders."""
    running.put(mail(), folder="Returns")
    told = refused(replace(server, folder="Retruns"))
    assert 'no folder "Retruns"' in told.message
    assert '"Returns"' in told.remedy and '"INBOX"' in told.remedy


@pytest.mark.parametrize("password", ["wrong", "wröng", ""])
def test_a_wrong_password_is_told(server: MailServer, password: str) -> None:
    """And the password does not stand in the message, nor where the server is shown."""
    told = refused(replace(server, password=password))
    assert "does not accept this user and password" in told.message
    assert not password or password not in str(told)
    assert server.password not in repr(server)
    assert told.__cause__ is None and told.__suppress_context__


def test_an_unknown_host_is_told(server: MailServer) -> None:
    """A misspelt host is told as one."""
    assert "no mail server nowhere.invalid" in refused(replace(server, host="nowhere.invalid")).message


def test_a_port_without_a_server_is_told(server: MailServer) -> None:
    """Nobody listens at port 1."""
    assert "cannot be reached" in refused(replace(server, port=1)).message


def test_a_server_that_cannot_prove_who_it_is_is_not_trusted(server: MailServer) -> None:
    """Without its certificate the password is not sent."""
    assert "cannot prove who it is" in refused(replace(server, ca_file="")).message


def test_the_wrong_kind_of_encryption_is_told(running: RealServer, server: MailServer) -> None:
    """Encryption from the start at a port that begins in the clear."""
    assert "encrypted connection" in refused(replace(server, port=running.imap.port)).message


def test_a_missing_file_of_certificates_is_told(server: MailServer) -> None:
    """The message names the setting."""
    assert "ca_file" in refused(replace(server, ca_file="/nowhere.pem")).remedy
