"""Handing mails to a server, and knowing for certain what became of each.

A mail is handed over in steps: who sends it, who is to have it, its text, a full stop.  The server answers each.  Only
after the full stop may it have taken the mail, so that is where what is certain ends:

* anything that goes wrong before it: the mail was certainly not taken (:attr:`Outcome.DEFERRED`, or ``REFUSED`` where
  the server will never take it);
* the server's answer to the full stop settles it;
* no answer to the full stop: the mail may have been taken or not (:attr:`Outcome.UNKNOWN`), and only a person can say.

The full stop is sent by itself after everything else, so that the doubtful moment is as short as it can be.
"""

from __future__ import annotations

import base64
import re
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import NoReturn, Self

import idna

from kil_xlsx.core.settings import Security
from kil_xlsx.errors import MailServerError
from kil_xlsx.mail.outgoing import ascii_address
from kil_xlsx.mail.refusals import (
    LOGIN_WANTED,
    STATUS,
    concerns_everybody,
    quoted,
    reason,
    trusting,
    unreachable,
    words,
)

WAITS = (5.0, 20.0, 60.0, 180.0)
"""Seconds between the tries of a mail where the server puts off everybody's."""

REST = 25.0
"""Seconds until mails are tried again that are put off because of their recipients alone."""

_SLOWEST_ANSWER = 5
"""How many times as long as for other answers the one to the full stop is waited for: it may be scanned for viruses."""

_OUR_NAME = "[127.0.0.1]"
"""What the server is told of this computer.  Its real name is nobody's business, and asking for it can take long."""

_CHUNK = 65_536


@dataclass(frozen=True)
class Server:
    """A server that takes mails.  Without ``user`` there is no login.  ``timeout`` is in seconds, for each answer.

    ``ca_file`` is a file of certificates to trust beside the system's own.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 60
    ca_file: str = ""


class Outcome(StrEnum):
    """What became of a mail that was to be handed over."""

    SENT = "sent"
    """The server has taken it."""
    REFUSED = "refused"
    """The server has certainly not taken it and never will."""
    DEFERRED = "deferred"
    """The server has certainly not taken it; it may be tried again."""
    UNKNOWN = "unknown"
    """It was handed over whole and no answer came: the server may have taken it or not."""


@dataclass(frozen=True)
class Delivery:
    """What became of a mail, and what the server said, without addresses.

    ``everybody`` is whether the trouble is the server's or the line's, so that other mails will meet it too.
    """

    outcome: Outcome
    said: str
    everybody: bool = False


class _LostError(Exception):
    """The connection went, or is of no more use, before the mail was handed over."""


class _PutOffError(MailServerError):
    """The server could not say whether user and password are right."""


class Post:
    """A connection to a mail server; use it in ``with``.

    It connects and logs in at once, so that a wrong password is known before anything is sent, and connects again by
    itself when the server has hung up between two mails.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.docmd("QUIT")
        self._drop()

    @property
    def most_bytes(self) -> int:
        """The largest mail that the server says it takes, in bytes; 0 where it says nothing."""
        said = self._connection.esmtp_features.get("size", "") if self._connection else ""
        return int(said) if said.isdecimal() else 0

    def send(self, message: bytes, sender: str, to: str) -> Delivery:
        """Hand over one mail to one address.

        Raises :class:`MailServerError` where the server will not have us at all: the mail was certainly not taken then.
        """
        sender, to = ascii_address(sender), ascii_address(to)
        data = _prepared(message)
        while True:
            fresh = self._connection is None
            try:
                connection = self._connection or self._connect()
            except MailServerError as error:
                if error.passing:
                    return Delivery(Outcome.DEFERRED, error.message, everybody=True)
                raise
            try:
                return self._hand_over(connection, data, sender, to)
            except _LostError as lost:
                self._drop()
                # A server may hang up after some mails, or when none has come for a while.  If it does so with the
                # first mail of a new connection, something is wrong with it.
                if fresh:
                    return Delivery(Outcome.DEFERRED, str(lost), everybody=True)
            except BaseException:
                self._drop()
                raise

    def _hand_over(self, connection: smtplib.SMTP, data: bytes, sender: str, to: str) -> Delivery:
        most = self.most_bytes
        if most and len(data) > most:
            return Delivery(
                Outcome.REFUSED,
                f"The mail is {_megabytes(len(data))} large; the server takes {_megabytes(most)} at most.",
            )
        size = f" SIZE={len(data)}" if connection.has_extn("size") else ""
        for command in (f"MAIL FROM:<{sender}>{size}", f"RCPT TO:<{to}>", "DATA"):
            code, said = _asked(connection, command)
            if code // 100 in (2, 3):
                continue
            delivery = self._turned_down(code, said, command)
            self._start_afresh(connection)
            return delivery
        return self._text(connection, data)

    def _start_afresh(self, connection: smtplib.SMTP) -> None:
        """Have the server forget a mail that it turned down; a connection that cannot is of no more use."""
        try:
            code, _ = _asked(connection, "RSET")
        except _LostError:
            code = 0
        if code != 250:
            self._drop()

    def _turned_down(self, code: int, said: str, command: str) -> Delivery:
        """What it means that the server says no to a step."""
        of_sender, of_recipient = command.startswith("MAIL"), command.startswith("RCPT")
        status = STATUS.match(said)
        if code // 100 == 4:
            everybody = not of_recipient or concerns_everybody(code, said)
            return Delivery(Outcome.DEFERRED, quoted(code, said), everybody=everybody)
        if of_sender and (code == 552 or (status and status.groups() == ("3", "4"))):
            return Delivery(Outcome.REFUSED, quoted(code, said))
        if of_sender or concerns_everybody(code, said):
            self._refused_altogether(code, said)
        return Delivery(Outcome.REFUSED, quoted(code, said))

    def _refused_altogether(self, code: int, said: str) -> NoReturn:
        self._drop()
        if code in LOGIN_WANTED:
            remedy = "The server wants a login: give a user and a password in the settings, under [smtp]."
        else:
            remedy = (
                "Look at the sender's address and the user in the settings; one must be allowed to send for the other."
            )
        raise MailServerError(
            f"The mail server {self._server.host} takes no mails from us: {quoted(code, said)}", remedy
        )

    def _text(self, connection: smtplib.SMTP, data: bytes) -> Delivery:
        try:
            for start in range(0, len(data), _CHUNK):
                connection.send(data[start : start + _CHUNK])
        except (OSError, smtplib.SMTPException) as error:
            raise _LostError(f"The connection was lost while the mail was handed over ({reason(error)}).") from error
        # From here on the server may have the mail.
        try:
            if connection.sock is not None:
                connection.sock.settimeout(self._server.timeout * _SLOWEST_ANSWER)
            connection.send(b".\r\n")
            code, answer = connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Delivery(
                Outcome.UNKNOWN, f"The mail was handed over, and no answer came ({reason(error)}).", everybody=True
            )
        if connection.sock is not None:
            connection.sock.settimeout(self._server.timeout)
        said = words(answer)
        if code // 100 == 2:
            return Delivery(Outcome.SENT, quoted(code, said))
        if code // 100 == 4:
            if code == 421:
                self._drop()
            everybody = code == 421 or concerns_everybody(code, said)
            return Delivery(Outcome.DEFERRED, quoted(code, said), everybody=everybody)
        if code // 100 == 5:
            if concerns_everybody(code, said):
                self._refused_altogether(code, said)
            return Delivery(Outcome.REFUSED, quoted(code, said))
        self._drop()
        return Delivery(
            Outcome.UNKNOWN, "The mail was handed over, and the answer cannot be understood.", everybody=True
        )

    def _drop(self) -> None:
        """Hang up without another word; in the middle of a mail, any word would become part of it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> smtplib.SMTP:
        try:
            return self._connected()
        except _PutOffError:
            # The part of a server that knows the passwords is often a program of its own; where it was started anew,
            # the first login after that is lost, and the next one goes through.
            return self._connected()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.user and server.security is Security.NONE and not _is_here(server.host):
            raise MailServerError(
                f"Without encryption, the password for {server.host} could be read on the way.",
                'Set security = "starttls" or "tls" in the settings, under [smtp].',
            )
        connection: smtplib.SMTP | None = None
        try:
            connection = self._opened()
            if server.user:
                self._log_in(connection)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, smtplib.SMTPConnectError):
                raise self._not_now(error.smtp_code, error.smtp_error) from error
            if isinstance(error, OSError | smtplib.SMTPException):
                raise unreachable(error, server.host, server.port, server.security, "smtp") from error
            raise
        self._connection = connection
        return connection

    def _opened(self) -> smtplib.SMTP:
        """A connection that the server has greeted, encrypted as the settings want it."""
        server = self._server
        host = _host(server.host)
        if server.security is Security.TLS:
            trust = trusting(server.ca_file)
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, server.port, local_hostname=_OUR_NAME, timeout=server.timeout, context=trust
            )
        else:
            connection = smtplib.SMTP(host, server.port, local_hostname=_OUR_NAME, timeout=server.timeout)
        try:
            self._introduce(connection)
            if server.security is Security.STARTTLS:
                self._encrypt(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _encrypt(self, connection: smtplib.SMTP) -> None:
        server = self._server
        if not connection.has_extn("starttls"):
            raise MailServerError(
                f"The mail server {server.host} offers no encryption (STARTTLS) on port {server.port}.",
                'Nothing was sent.  Ask for the right port; with port 465, set security = "tls" under [smtp].',
            )
        code, said = connection.starttls(context=trusting(server.ca_file))
        if code != 220:
            raise self._not_now(code, said)
        self._introduce(connection)

    def _not_now(self, code: int, said: bytes | str) -> MailServerError:
        text = words(said) if isinstance(said, bytes) else said
        return MailServerError(
            f"The mail server {self._server.host} takes no mails at present: {quoted(code, text)}",
            "Nothing was sent.  Try again later, or ask whoever runs it.",
            passing=code // 100 == 4,
        )

    def _introduce(self, connection: smtplib.SMTP) -> None:
        code, said = connection.ehlo()
        if code // 100 != 2:
            code, said = connection.helo()
        if code // 100 != 2:
            raise self._not_now(code, said)

    def _log_in(self, connection: smtplib.SMTP) -> None:
        """Log in.  Python's own login cannot take a password beyond ASCII, which people have."""
        server = self._server
        ways = connection.esmtp_features.get("auth", "").upper().split()
        user, password = server.user, server.password
        if "PLAIN" in ways:
            secret = _base64(f"\0{user}\0{password}")
            code, said = connection.docmd("AUTH", f"PLAIN {secret}")
            if code == 334:
                code, said = connection.docmd(secret)
        elif "LOGIN" in ways:
            code, said = connection.docmd("AUTH", "LOGIN")
            for answer in (user, password):
                if code == 334:
                    code, said = connection.docmd(_base64(answer))
        else:
            offers = f"only {', '.join(ways)}" if ways else "none"
            raise MailServerError(
                f"The mail server {server.host} offers no login with a password on port {server.port} ({offers}).",
                "Ask for the port where mails are handed in, usually 587 or 465; or write drafts instead (--drafts).",
            )
        if code == 235:
            return
        answer = quoted(code, words(said))
        if code // 100 == 4:
            raise _PutOffError(
                f"The mail server {server.host} cannot log anybody in at present: {answer}", "Try again later.",
                passing=True,
            )  # fmt: skip
        raise MailServerError(
            f"The mail server {server.host} does not accept the user and the password: {answer}",
            "Check both.  Some providers want a password made for one program (an app password), and some allow no "
            "programs at all: write drafts then (--drafts).",
        )


class Pace:
    """Not too many mails a minute, and another try, after longer and longer waits, while the server puts off all mails.

    ``wait`` sleeps for some seconds; ``clock`` tells seconds from some beginning.
    """

    def __init__(
        self,
        per_minute: int,
        wait: Callable[[float], None],
        clock: Callable[[], float],
        waits: Sequence[float] = WAITS,
    ) -> None:
        self._between = 60 / per_minute
        self._wait = wait
        self._clock = clock
        self._waits = tuple(waits)
        self._last: float | None = None
        self._put_off: float | None = None

    def deliver(self, send: Callable[[], Delivery]) -> Delivery:
        """Call ``send`` when it is time, and again while everybody's mails are put off; never for a mail in doubt.

        A mail that is put off because of its recipient alone is given back as that, so that it keeps no other waiting;
        see :meth:`rest`.

        Raises :class:`MailServerError` where the server goes on putting off everybody's mails.
        """
        for pause in (*self._waits, None):
            self._turn()
            delivery = send()
            if delivery.outcome is not Outcome.DEFERRED:
                return delivery
            if not delivery.everybody:
                self._put_off = self._clock()
                return delivery
            if pause is not None:
                self._wait(pause)
        raise MailServerError(
            f"The mail server takes no mails at present: {delivery.said}",
            "Run the same command again later; it goes on where it stopped.",
            passing=True,
        )

    def rest(self) -> None:
        """Wait until mails that were put off may be tried again."""
        if self._put_off is not None:
            pause = min(self._put_off + REST - self._clock(), REST)  # the clock may have been put back
            if pause > 0:
                self._wait(pause)

    def _turn(self) -> None:
        now = self._clock()
        if self._last is not None:
            # A clock that was put back must not make anybody wait for hours.
            pause = min(self._last + self._between - now, self._between)
            if pause > 0:
                self._wait(pause)
        self._last = self._clock()


def _asked(connection: smtplib.SMTP, command: str) -> tuple[int, str]:
    """The server's answer to a command; an answer that ends the connection counts as a lost one."""
    try:
        code, answer = connection.docmd(command)
    except (OSError, smtplib.SMTPException) as error:
        raise _LostError(f"The connection was lost before the mail was handed over ({reason(error)}).") from error
    said = words(answer)
    if code == 421:
        raise _LostError(quoted(code, said))
    expected = (3,) if command == "DATA" else (2,)
    if code // 100 not in (*expected, 4, 5):
        raise _LostError("The server gives an answer that cannot be understood.")
    return code, said


def _prepared(message: bytes) -> bytes:
    """The mail as it travels: lines end in CR LF, and a line that begins with a full stop has one more."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)


def _host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise MailServerError(f"{host} is not a name that a mail server can have.", "Check the settings.") from None


def _is_here(host: str) -> bool:
    return host.lower() in ("localhost", "::1") or host.startswith("127.")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
