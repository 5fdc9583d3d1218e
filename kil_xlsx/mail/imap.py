"""The mailbox that returns come to, read over IMAP and left as it is but for one flag on each mail dealt with.

Mails are fetched so that they do not count as read.  Which are new is told by the flag :data:`FLAG`, so that several
people and computers can share a mailbox.  Where a server keeps no flags of that kind, whoever calls has to remember
what has been dealt with (:attr:`Inbox.uid_validity` with the numbers of the mails).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NoReturn, Self

import imapclient  # type: ignore[import-untyped]
from imapclient.exceptions import (  # type: ignore[import-untyped]
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
)

from kil_xlsx.core.settings import Security
from kil_xlsx.errors import KilXlsxError, MailServerError
from kil_xlsx.mail.headers import parse_headers
from kil_xlsx.mail.incoming import mail_items, stated
from kil_xlsx.mail.items import Item, Limits, Provenance, Unusable

FLAG = "$KilImported"
"""The flag (keyword) of mails that have been dealt with."""

_SECONDS = 60.0
_MOST_FOLDERS = 40
_AGAIN = "Run the command again; what was taken in before is safe and is not taken in twice."


@dataclass(frozen=True)
class MailServer:
    """A mailbox and how to reach it.  ``ca_file`` holds certificates to trust beside the system's own."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    ca_file: str = ""


class MailTooLarge(KilXlsxError):
    """A mail is larger than the limits allow, so that it was not fetched."""


class MailGone(KilXlsxError):
    """A mail is no longer in the mailbox: somebody has moved or deleted it since."""


class Inbox:
    """A mailbox, open.  A context manager: inside it, one mail after another can be fetched.

    :raises MailServerError: the server cannot be reached, will not have us, or has no such folder; from all methods.
    """

    def __init__(self, server: MailServer, limits: Limits | None = None, seconds: float = _SECONDS) -> None:
        """:param seconds: how long to wait for each answer of the server."""
        self._server = server
        self._limits = limits or Limits()
        self._seconds = seconds
        self._client: Any = None
        self.source = f"IMAP {server.folder}"
        self.keeps_flags = False
        """Whether the server keeps our flag; otherwise ``done`` has no effect and the caller has to remember."""
        self.uid_validity = 0
        """With the number of a mail, this names it for good, as long as the server does not change it."""

    def __enter__(self) -> Self:
        try:
            self._connect()
            self._log_in()
            self._select()
        except BaseException:
            self._hang_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not "close": that would remove what is marked as deleted.
        with contextlib.suppress(IMAPClientError, OSError):
            self._client.logout()
        self._hang_up()

    def waiting(self, known: Collection[int] = ()) -> list[int]:
        """The numbers of the mails that have not been dealt with, in the order in which they came.

        :param known: those that the caller remembers, under the present :attr:`uid_validity`.
        """
        wanted: list[str] = ["UNDELETED", "UNKEYWORD", FLAG] if self.keeps_flags else ["UNDELETED"]
        with self._talking():
            found = self._client.search(wanted)
        return sorted(set(map(int, found)) - set(known))

    def fetch(self, uid: int) -> bytes:
        """A mail as it is.  It does not count as read afterwards.

        :raises MailTooLarge: it is larger than the limits allow.
        :raises MailGone: it is no longer there.
        """
        most = self._limits.mail_bytes
        size = int(self._asked(uid, "RFC822.SIZE"))
        # What the server says of the size need not be true, so no more is asked for than is allowed.
        if size <= most:
            content = bytes(self._asked(uid, f"BODY.PEEK[]<0.{most + 1}>"))
            if len(content) <= most:
                return content
        raise MailTooLarge(f"A mail in {self._server.folder} is larger than {most:,} bytes.")

    def items(self, uid: int) -> Iterator[Item]:
        """What is in a mail; nothing if it is gone."""
        whence = Provenance(source=self.source)
        try:
            yield from mail_items(self.fetch(uid), whence, self._limits)
        except MailGone:
            return
        except MailTooLarge as problem:
            most = self._limits.header_bytes
            with contextlib.suppress(MailGone):
                head = bytes(self._asked(uid, f"BODY.PEEK[HEADER]<0.{most}>"))
                whence = stated(parse_headers(head, self._limits), whence)
            yield Unusable("mail", whence, f"{problem.message} Save the workbook from it and import that.")

    def done(self, uid: int) -> bool:
        """Mark a mail as dealt with and change nothing else; whether the server keeps the mark."""
        if self.keeps_flags:
            with self._talking():
                self._client.add_flags([uid], [FLAG], silent=True)
        return self.keeps_flags

    # ---- the talk with the server ----

    def _connect(self) -> None:
        server = self._server
        context = self._context()
        try:
            self._client = imapclient.IMAPClient(
                server.host,
                port=server.port,
                ssl=server.security is Security.TLS,
                ssl_context=context if server.security is Security.TLS else None,
                timeout=self._seconds,
            )
            if server.security is Security.STARTTLS:
                if not self._client.has_capability("STARTTLS"):
                    raise MailServerError(
                        f"The mail server {server.host} offers no encryption (STARTTLS) on port {server.port}.",
                        'Set security = "tls" under [imap], or ask whoever runs the mail server.',
                    )
                self._client.starttls(context)
        except (OSError, IMAPClientError, ValueError) as error:
            self._not_reached(error)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._server.ca_file:
            try:
                context.load_verify_locations(self._server.ca_file)
            except (OSError, ssl.SSLError):
                raise MailServerError(
                    f"The file of certificates {self._server.ca_file} cannot be read.",
                    "Check ca_file under [imap] in the settings.",
                ) from None
        return context

    def _not_reached(self, error: Exception) -> NoReturn:
        server = self._server
        where = f"{server.host}, port {server.port}"
        if isinstance(error, socket.gaierror | UnicodeError):
            raise MailServerError(
                f"There is no mail server {server.host}.",
                "Check host under [imap] in the settings, and the connection to the internet.",
                passing=isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN,
            ) from None
        if isinstance(error, ssl.SSLCertVerificationError):
            raise MailServerError(
                f"The mail server {where} cannot prove who it is: {error.verify_message}.",
                "Nothing was sent to it. Check host under [imap]; if it is your own server, name its certificate "
                "in ca_file.",
            ) from None
        if isinstance(error, ssl.SSLError):
            raise MailServerError(
                f"The mail server {where} cannot be talked to over an encrypted connection.",
                "Check port and security under [imap]: usually 993 with tls, or 143 with starttls.",
            ) from None
        if isinstance(error, TimeoutError):
            raise MailServerError(
                f"The mail server {where} does not answer.", "Check host and port under [imap].", passing=True
            ) from None
        raise MailServerError(
            f"The mail server {where} cannot be reached.",
            "Check host, port and security under [imap], and the connection to the internet.",
            passing=True,
        ) from None

    def _log_in(self) -> None:
        server = self._server
        try:
            # This way the password may have letters that others than English use.
            if self._client.has_capability("AUTH=PLAIN"):
                self._client.plain_login(server.user, server.password)
            elif self._client.has_capability("LOGINDISABLED"):
                raise MailServerError(
                    f"The mail server {server.host} takes no password over a connection that is not encrypted.",
                    'Set security = "tls" under [imap].',
                )
            else:
                self._client.login(server.user, server.password)
        except IMAPClientAbortError:
            self._lost()
        # The server's words are not passed on: they might repeat what was sent.
        except (LoginError, IMAPClientError, UnicodeError):
            raise MailServerError(
                f"The mail server {server.host} does not accept this user and password.",
                "Check user under [imap] and the password. With two-step sign-in you need an app password.",
            ) from None
        except OSError:
            self._lost()

    def _select(self) -> None:
        folder = self._server.folder
        try:
            try:
                state = self._client.select_folder(folder)
            except IMAPClientReadOnlyError:
                state = self._client.select_folder(folder, readonly=True)
        except IMAPClientAbortError:
            self._lost()
        except IMAPClientError:
            self._no_folder()
        except OSError:
            self._lost()
        kept = {bytes(flag).lower() for flag in state.get(b"PERMANENTFLAGS", ())}
        self.keeps_flags = b"\\*" in kept or FLAG.lower().encode() in kept
        self.uid_validity = int(state.get(b"UIDVALIDITY", 0) or 0)

    def _no_folder(self) -> NoReturn:
        folder = self._server.folder
        names: list[str] = []
        with self._talking():
            listed = self._client.list_folders()
        names = sorted(str(name) for flags, _, name in listed if b"\\Noselect" not in flags)
        shown = ", ".join(f'"{name}"' for name in names[:_MOST_FOLDERS])
        more = f" and {len(names) - _MOST_FOLDERS} more" if len(names) > _MOST_FOLDERS else ""
        raise MailServerError(
            f'The folder "{folder}" of the mailbox cannot be opened.' if folder in names
            else f'There is no folder "{folder}" in the mailbox.',
            f"Set folder under [imap] to one of those there are: {shown}{more}.",
        )  # fmt: skip

    def _asked(self, uid: int, what: str) -> Any:
        """One thing that the server says of a mail."""
        with self._talking():
            answer = self._client.fetch([uid], [what]).get(uid, {})
        name = what.partition("<")[0].replace(".PEEK", "").encode()
        for key, value in answer.items():
            if bytes(key).startswith(name) and value is not None:
                return value
        raise MailGone(f"A mail in {self._server.folder} has been moved or deleted.")

    @contextlib.contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except IMAPClientAbortError:
            self._lost()
        except IMAPClientError:
            raise MailServerError(f"The mail server {self._server.host} refused a request.", _AGAIN) from None
        except OSError:
            self._lost()

    def _lost(self) -> NoReturn:
        raise MailServerError(
            f"The connection to the mail server {self._server.host} was lost.", _AGAIN, passing=True
        ) from None

    def _hang_up(self) -> None:
        if self._client is not None:
            with contextlib.suppress(IMAPClientError, OSError, AttributeError):
                self._client.shutdown()
            self._client = None
