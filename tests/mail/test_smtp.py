"""Mails are handed to real servers, and to one that hangs up wherever it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from io import BufferedReader
from typing import Any, ClassVar, Self

import pytest
from mailserver import COORDINATOR, GONE, LATER, MOST_BYTES, REFUSED, MailServer

from kil_xlsx.core.settings import Security
from kil_xlsx.errors import MailServerError
from kil_xlsx.mail.refusals import concerns_everybody
from kil_xlsx.mail.smtp import Delivery, Outcome, Pace, Post, Server

SOMEBODY = "office@applewick.example"
MESSAGE = b"Subject: Keep it Local\r\nFrom: <benchmark@coordinator.example>\r\n\r\nHello\r\n.\r\n..two\r\n"


def submission(servers: MailServer, **changes: Any) -> Server:
    """Where the coordinator hands in mail."""
    smtp = servers.smtp
    server = Server(smtp.host, smtp.port, Security.STARTTLS, smtp.user, smtp.password, 20, smtp.ca_file)
    return replace(server, **changes)


def refusal(server: Server) -> MailServerError:
    """Give the error of a server that will not have us."""
    with pytest.raises(MailServerError) as caught, Post(server):
        pass
    return caught.value


class Stub:
    """A server of a few lines that says what it is told to, and hangs up where it is told to.

    ``replies`` replace the usual answer to a command; ``None`` hangs up instead of answering.  ``hang_up_in_text`` is
    after how many bytes of a mail's text to do so.  What it takes is in ``taken``.
    """

    USUAL: ClassVar = {
        "connect": "220 stub",
        "EHLO": "250-stub\r\n250 ENHANCEDSTATUSCODES",
        "AUTH": "235 2.7.0 Welcome",
        "MAIL": "250 2.1.0 Ok",
        "RCPT": "250 2.1.5 Ok",
        "DATA": "354 Go on",
        ".": "250 2.0.0 Taken",
        "RSET": "250 2.0.0 Ok",
        "QUIT": "221 2.0.0 Bye",
    }

    def __init__(
        self,
        replies: dict[str, str | None] | None = None,
        *,
        hang_up_in_text: int = 0,
        times: int = 1_000_000,
        mails: int = 1_000_000,
        slow: str = "",
    ) -> None:
        self.replies = replies or {}
        self.hang_up_in_text = hang_up_in_text
        self.times = times
        self.mails = mails
        self.slow = slow
        self.judges_at_last = 1_000_000
        self.taken: list[bytes] = []
        self.connections = 0
        self.commands: list[str] = []
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen)
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            each.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def server(self) -> Server:
        return Server("127.0.0.1", self._listener.getsockname()[1], Security.NONE, timeout=5)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.connections += 1
            with connection:
                try:
                    self._talk(connection)
                except OSError:
                    continue

    def _reply(self, command: str) -> str | None:
        if command == "AUTH" and self.connections > self.judges_at_last:
            return self.USUAL[command]
        if command in self.replies and self.times > 0:
            self.times -= 1
            return self.replies[command]
        return self.USUAL[command]

    def _answer(self, connection: socket.socket, command: str, text: bytes = b"") -> str:
        """Answer a command; give the answer, or nothing where the connection ends with it."""
        if self.slow == command:
            self._stopped.wait(30)
            return ""
        reply = self._reply(command)
        if reply is None:
            return ""
        if command == "." and reply.startswith("2"):  # before it is said, for then it is looked for
            self.taken.append(text)
        connection.sendall(f"{reply}\r\n".encode())
        return "" if command == "QUIT" or reply.startswith("421") else reply

    def _talk(self, connection: socket.socket) -> None:
        mails = 0
        with connection.makefile("rb") as lines:
            if not self._answer(connection, "connect"):
                return
            for line in lines:
                command = line[:4].decode().strip().upper()
                self.commands.append(line.decode().strip())
                if command == "MAIL" and mails >= self.mails:
                    connection.sendall(b"421 4.7.0 Enough for one connection\r\n")
                    return
                reply = self._answer(connection, command)
                if command == "DATA" and reply.startswith("354"):
                    text = self._text(connection, lines)
                    reply = self._answer(connection, ".", text) if text else ""
                    mails += 1
                if not reply:
                    return

    def _text(self, connection: socket.socket, lines: BufferedReader) -> bytes:
        """The text of a mail without the full stop after it; nothing where the connection ends in it."""
        text = b""
        for line in lines:
            if line == b".\r\n":
                return text
            text += line
            if 0 < self.hang_up_in_text <= len(text):
                connection.shutdown(socket.SHUT_RDWR)
                return b""
        return b""


@pytest.mark.oracle
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_mail_arrives_unchanged_over_an_encrypted_connection(mail_server: MailServer, security: Security) -> None:
    """Handed over with a login over STARTTLS or TLS, a mail stands in the mailbox with its full stops as they were."""
    port = mail_server.smtp.port if security is Security.STARTTLS else mail_server.smtp.tls_port
    with Post(submission(mail_server, security=security, port=port)) as post:
        assert post.most_bytes == MOST_BYTES
        delivery = post.send(MESSAGE, COORDINATOR, SOMEBODY)
    assert delivery.outcome is Outcome.SENT
    assert "@" not in delivery.said
    (found,) = mail_server.inbox(SOMEBODY, at_least=1)
    assert b"with ESMTPSA" in found
    body = message_from_bytes(found, policy=default).get_content()
    assert body.splitlines() == ["Hello", ".", "..two"]


@pytest.mark.oracle
def test_many_mails_go_over_one_connection(mail_server: MailServer) -> None:
    """Each of many recipients has one mail, although others between them are refused or put off."""
    people = [f"org{number}@vale.example" for number in range(20)]
    with Post(submission(mail_server)) as post:
        for person in people:
            assert post.send(MESSAGE, COORDINATOR, person).outcome is Outcome.SENT
            refused = post.send(MESSAGE, COORDINATOR, REFUSED)
            assert (refused.outcome, refused.everybody) == (Outcome.REFUSED, False)
            assert refused.said.startswith("550 5.1.1 <...>")
            put_off = post.send(MESSAGE, COORDINATOR, LATER)
            assert (put_off.outcome, put_off.everybody) == (Outcome.DEFERRED, False)
    assert [len(mail_server.inbox(person, at_least=1)) for person in people] == [1] * len(people)


@pytest.mark.oracle
def test_a_real_bounce_comes_back(mail_server: MailServer) -> None:
    """A mail that the next server will not have comes back to its sender as a report."""
    with Post(submission(mail_server)) as post:
        assert post.send(MESSAGE, COORDINATOR, GONE).outcome is Outcome.SENT
    (bounce,) = mail_server.inbox(at_least=1)
    assert message_from_bytes(bounce).get_content_type() == "multipart/report"


@pytest.mark.oracle
def test_a_wrong_password_stops_everything(mail_server: MailServer) -> None:
    """A password that the server does not accept is an error that will not pass, and is not repeated in it."""
    error = refusal(submission(mail_server, password="wröng"))
    assert "does not accept the user and the password" in error.message
    assert not error.passing
    assert "wröng" not in str(error) and COORDINATOR not in str(error)


@pytest.mark.oracle
def test_an_untrusted_certificate_stops_everything(mail_server: MailServer) -> None:
    """A certificate of an authority that is not trusted is refused, before a password is said."""
    for port, security in ((mail_server.smtp.port, Security.STARTTLS), (mail_server.smtp.tls_port, Security.TLS)):
        error = refusal(submission(mail_server, ca_file="", port=port, security=security))
        assert "cannot prove that it is localhost" in error.message
        assert "ca_file" in error.remedy
    assert "sasl" not in mail_server.log().splitlines()[-1]


@pytest.mark.oracle
def test_a_certificate_of_another_name_stops_everything(mail_server: MailServer) -> None:
    """A certificate that belongs to another host is refused."""
    error = refusal(submission(mail_server, host="127.0.0.2", port=_relayed_port(mail_server.smtp.port)))
    assert "cannot prove that it is 127.0.0.2" in error.message


def _relayed_port(port: int) -> int:
    """A port of 127.0.0.2 that leads to one of 127.0.0.1, for one connection."""
    listener = socket.create_server(("127.0.0.2", 0))

    def copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def relay() -> None:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", port))
        with listener, near, far:
            back = threading.Thread(target=copy, args=(far, near))
            back.start()
            copy(near, far)
            back.join()

    threading.Thread(target=relay, daemon=True).start()
    return int(listener.getsockname()[1])


@pytest.mark.oracle
def test_there_is_no_silent_way_without_encryption(mail_server: MailServer) -> None:
    """Where STARTTLS is asked for and not offered, nothing is sent."""
    error = refusal(submission(mail_server, port=mail_server.smtp.open_port))
    assert "offers no encryption" in error.message


@pytest.mark.oracle
def test_tls_on_a_port_without_it_is_explained(mail_server: MailServer) -> None:
    """TLS from the start on a port that begins in the clear says which setting to change."""
    error = refusal(submission(mail_server, security=Security.TLS))
    assert "starttls" in error.remedy


@pytest.mark.oracle
def test_without_a_login_the_server_refuses_everybody(mail_server: MailServer) -> None:
    """A server that wants a login is an error, not the recipient's fault."""
    with Post(submission(mail_server, user="")) as post, pytest.raises(MailServerError) as caught:
        post.send(MESSAGE, COORDINATOR, SOMEBODY)
    assert not caught.value.passing


@pytest.mark.oracle
def test_another_persons_address_is_refused_for_everybody(mail_server: MailServer) -> None:
    """A sender that the user may not send for is an error, although the server says so at the recipient."""
    with Post(submission(mail_server)) as post, pytest.raises(MailServerError) as caught:
        post.send(MESSAGE, "chair@coordinator.example", SOMEBODY)
    assert "553" in caught.value.message
    assert "@" not in caught.value.message


@pytest.mark.oracle
def test_a_mail_that_is_too_large_is_refused_at_once(mail_server: MailServer) -> None:
    """A mail larger than the server takes is not handed over, and the next one goes on."""
    with Post(submission(mail_server)) as post:
        large = post.send(MESSAGE + b"x" * MOST_BYTES, COORDINATOR, SOMEBODY)
        assert large.outcome is Outcome.REFUSED and "20.0 MB" in large.said
        assert post.send(MESSAGE, COORDINATOR, SOMEBODY).outcome is Outcome.SENT


def test_a_host_that_does_not_exist_is_explained() -> None:
    """A host that has no address is an error that may pass: the computer may be offline."""
    error = refusal(Server("mail.nowhere.invalid", 587, timeout=5))
    assert "mail.nowhere.invalid" in error.message and error.passing


def test_a_port_where_nothing_answers_is_explained() -> None:
    """A port that nothing listens on is an error."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "Nothing answers" in refusal(Server("127.0.0.1", port, Security.NONE)).message


def test_a_password_is_not_said_in_the_clear() -> None:
    """Without encryption there is no login with a server elsewhere."""
    error = refusal(Server("mail.coordinator.example", 25, Security.NONE, "me", "secret"))
    assert "could be read" in error.message and "secret" not in str(error)


def test_certificates_that_cannot_be_read_are_named() -> None:
    """A file of certificates that is not there is an error of its own."""
    with Stub({"EHLO": "250-stub\r\n250 STARTTLS"}) as stub:
        stub.USUAL = {**stub.USUAL, "STAR": "220 Go on"}
        error = refusal(replace(stub.server, security=Security.STARTTLS, ca_file="/nowhere/ca.pem"))
    assert "/nowhere/ca.pem" in error.message


BEFORE_THE_FULL_STOP = ["MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("step", BEFORE_THE_FULL_STOP)
@pytest.mark.parametrize("reply", [None, "421 4.3.2 Going down", "nonsense"])
def test_lost_before_the_full_stop_is_certainly_not_sent(step: str, reply: str | None) -> None:
    """A server that hangs up, goes down or talks nonsense before the full stop does not have the mail."""
    with Stub({step: reply}) as stub, Post(stub.server) as post:
        delivery = post.send(MESSAGE, COORDINATOR, SOMEBODY)
        assert (delivery.outcome, delivery.everybody) == (Outcome.DEFERRED, True)
        assert stub.taken == [] and stub.connections == 2


@pytest.mark.parametrize(("times", "connections"), [(1, 2), (2, 2)])
def test_a_login_that_could_not_be_judged_is_tried_once_more(times: int, connections: int) -> None:
    """A server whose passwords are out of reach for a moment is asked a second time, and not for ever."""
    offers = {"EHLO": "250-stub\r\n250 AUTH PLAIN", "AUTH": "454 4.7.0 Connection lost to authentication server"}
    with Stub(offers) as stub:
        stub.judges_at_last = times
        server = replace(stub.server, user=COORDINATOR, password="secret")
        if times == 1:
            with Post(server) as post:
                assert post.send(MESSAGE, COORDINATOR, SOMEBODY).outcome is Outcome.SENT
        else:
            error = refusal(server)
            assert error.passing and "cannot log anybody in at present" in error.message
        assert stub.connections == connections


@pytest.mark.parametrize("step", BEFORE_THE_FULL_STOP)
def test_a_connection_that_is_lost_once_is_made_again(step: str) -> None:
    """A server that hangs up once before the full stop has the mail exactly once after all."""
    with Stub({step: None}, times=1) as stub, Post(stub.server) as post:
        assert post.send(MESSAGE, COORDINATOR, SOMEBODY).outcome is Outcome.SENT
        assert len(stub.taken) == 1


def test_lost_in_the_middle_of_the_text_is_certainly_not_sent() -> None:
    """A server that hangs up in the middle of a mail's text does not have it."""
    large = MESSAGE + b"0123456789\r\n" * 2_000_000
    with Stub(hang_up_in_text=1000) as stub, Post(stub.server) as post:
        assert post.send(large, COORDINATOR, SOMEBODY).outcome is Outcome.DEFERRED
        assert stub.taken == []


@pytest.mark.parametrize("reply", [None, "nonsense", "354 Go on"])
def test_lost_after_the_full_stop_is_in_doubt_and_not_sent_again(reply: str | None) -> None:
    """A server that hangs up after the full stop may have the mail; it gets no other, and later mails go on."""
    with Stub({".": reply}, times=1) as stub, Post(stub.server) as post:
        assert post.send(MESSAGE, COORDINATOR, SOMEBODY).outcome is Outcome.UNKNOWN
        assert post.send(MESSAGE, COORDINATOR, "next@applewick.example").outcome is Outcome.SENT
    recipients = [each for each in stub.commands if each.startswith("RCPT")]
    assert recipients == [f"RCPT TO:<{SOMEBODY}>", "RCPT TO:<next@applewick.example>"]


@pytest.mark.parametrize(("step", "outcome"), [("RCPT", Outcome.DEFERRED), (".", Outcome.UNKNOWN)])
def test_a_server_that_is_too_slow(step: str, outcome: Outcome) -> None:
    """No answer in time is certain before the full stop, and in doubt after it."""
    with Stub(slow=step) as stub, Post(replace(stub.server, timeout=0.2)) as post:
        delivery = post.send(MESSAGE, COORDINATOR, SOMEBODY)
    assert delivery.outcome is outcome
    if outcome is Outcome.UNKNOWN:
        assert "no answer in time" in delivery.said


def test_a_server_that_hangs_up_after_every_few_mails_gets_them_all_once() -> None:
    """A server that takes two mails a connection gets five over three connections."""
    with Stub(mails=2) as stub, Post(stub.server) as post:
        for number in range(5):
            mail = MESSAGE + f"{number}\r\n".encode()
            assert post.send(mail, COORDINATOR, SOMEBODY).outcome is Outcome.SENT
    assert [mail.splitlines()[-1] for mail in stub.taken] == [b"0", b"1", b"2", b"3", b"4"]
    assert stub.connections == 3


@pytest.mark.parametrize(
    ("step", "reply", "outcome", "everybody"),
    [
        ("RCPT", "550 5.1.1 No such user", Outcome.REFUSED, False),
        ("RCPT", "553 5.1.3 Bad address", Outcome.REFUSED, False),
        ("RCPT", "452 4.2.2 Mailbox full", Outcome.DEFERRED, False),
        ("RCPT", "451 4.7.1 Sending limit reached, try later", Outcome.DEFERRED, True),
        ("MAIL", "552 5.3.4 Too large", Outcome.REFUSED, False),
        ("MAIL", "451 4.3.0 Try later", Outcome.DEFERRED, True),
        ("DATA", "554 5.5.1 No valid recipients", Outcome.REFUSED, False),
        (".", "552 5.7.0 Attachments of this kind are blocked", Outcome.REFUSED, False),
        (".", "451 4.7.1 Greylisted", Outcome.DEFERRED, False),
        (".", "421 4.3.0 Going down", Outcome.DEFERRED, True),
    ],
)
def test_what_an_answer_means(step: str, reply: str, outcome: Outcome, everybody: bool) -> None:
    """The server's answer decides what became of the mail and whether others will meet the same, and is repeated."""
    with Stub({step: reply}, times=1) as stub, Post(stub.server) as post:
        found = post.send(MESSAGE, COORDINATOR, SOMEBODY)
        assert found == Delivery(outcome, reply, everybody)
        assert stub.taken == []
        assert post.send(MESSAGE, COORDINATOR, SOMEBODY).outcome is Outcome.SENT


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("MAIL", "550 5.1.8 Sender has no domain"),
        ("MAIL", "530 5.7.0 Authentication required"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "553 5.1.8 No such domain"),
        ("RCPT", "550 5.4.5 Daily user sending quota exceeded"),
        (".", "550 5.7.60 Client does not have permissions to send as this sender"),
    ],
)
def test_what_concerns_everybody_stops_the_run(step: str, reply: str) -> None:
    """A refusal of us, not of a recipient or a mail, is an error."""
    with Stub({step: reply}) as stub, Post(stub.server) as post, pytest.raises(MailServerError) as caught:
        post.send(MESSAGE, COORDINATOR, SOMEBODY)
    assert reply in caught.value.message and caught.value.remedy


def test_the_name_of_an_address_does_not_make_a_refusal_everybodys() -> None:
    """Words that stand in an address and not in the server's reason are no reason."""
    assert not concerns_everybody(550, "5.7.1 <relay-helo@authentication.example>: Recipient address rejected: no")


def test_nothing_can_be_slipped_into_the_conversation() -> None:
    """An address with a line break in it is not said to a server."""
    with Stub() as stub, Post(stub.server) as post, pytest.raises(Exception, match="line break"):
        post.send(MESSAGE, COORDINATOR, "a@b.example>\r\nRCPT TO:<c@d.example")
    assert not any("RCPT" in each for each in stub.commands)


def test_an_interruption_hangs_up_at_once() -> None:
    """Stopped by the person at the keyboard, the connection ends without another word."""
    with Stub() as stub, pytest.raises(KeyboardInterrupt), Post(stub.server):
        raise KeyboardInterrupt
    assert "QUIT" not in stub.commands


class Time:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


def saying(*deliveries: Delivery) -> Callable[[], Delivery]:
    """Give a function that gives these one after another."""
    left: Iterator[Delivery] = iter(deliveries)
    return lambda: next(left)


SENT = Delivery(Outcome.SENT, "250 Ok")


def test_mails_keep_their_distance() -> None:
    """At 30 a minute, two seconds lie between two mails, and time that has passed counts."""
    time = Time()
    pace = Pace(30, time.wait, time.clock)
    for _ in range(3):
        pace.deliver(saying(SENT))
    time.now += 1.5
    pace.deliver(saying(SENT))
    time.now += 100
    pace.deliver(saying(SENT))
    assert time.waits == [2, 2, 0.5]


def test_a_clock_that_is_put_back_delays_nobody() -> None:
    """When the clock goes back by an hour, the next mail waits its usual time at most."""
    time = Time()
    pace = Pace(60, time.wait, time.clock)
    pace.deliver(saying(SENT))
    time.now -= 3600
    pace.deliver(saying(SENT))
    assert time.waits == [1]


def test_what_is_put_off_is_tried_again_after_growing_waits() -> None:
    """A mail that is put off is tried again, later and later, until it is sent."""
    time, later = Time(), Delivery(Outcome.DEFERRED, "451 Busy", everybody=True)
    assert Pace(6000, time.wait, time.clock, (5, 20, 60)).deliver(saying(later, later, SENT)) == SENT
    assert time.waits == [5, 20]


def test_a_server_that_goes_on_putting_off_stops_the_run() -> None:
    """When everybody's mails are put off for too long, the run stops with an error that may pass."""
    time, later = Time(), Delivery(Outcome.DEFERRED, "451 Busy", everybody=True)
    with pytest.raises(MailServerError, match="451 Busy") as caught:
        Pace(6000, time.wait, time.clock, (5, 20)).deliver(saying(*[later] * 10))
    assert caught.value.passing and time.waits == [5, 20]


def test_one_busy_mailbox_does_not_hold_up_the_others() -> None:
    """A mail whose recipient is the trouble is given back at once, to be tried again when some time has passed."""
    time, later = Time(), Delivery(Outcome.DEFERRED, "450 Busy")
    pace = Pace(6000, time.wait, time.clock)
    pace.rest()
    assert pace.deliver(saying(later)) == later
    assert time.waits == []
    time.now += 5
    assert pace.deliver(saying(SENT)) == SENT
    pace.rest()
    assert time.waits == [20]
    pace.rest()
    assert time.waits == [20]


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
def test_what_is_refused_or_in_doubt_is_never_tried_again(outcome: Outcome) -> None:
    """Neither a refusal nor a doubt is followed by another try."""
    time, once = Time(), Delivery(outcome, "")
    assert Pace(6000, time.wait, time.clock).deliver(saying(once)) == once
    assert time.waits == []
