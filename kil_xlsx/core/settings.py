"""The settings of a collection, as ``collection.toml`` holds them.

Plain frozen data.  Nearly all of it may be left out: a collection whose mails go out as drafts needs no server.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from kil_xlsx.core.collection import Purpose

DEFAULT_ROLE = "coordinator"
"""Who decides, where the settings name no other role."""

Line = Annotated[str, Meta(max_length=200)]
"""A text of one line."""


class Security(StrEnum):
    """How the talk with a mail server is kept secret."""

    STARTTLS = "starttls"
    """It begins in the clear and is encrypted before anything of importance is said."""
    TLS = "tls"
    """It is encrypted from the first byte."""
    NONE = "none"
    """It is not; for a server on the same computer."""


SMTP_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
"""The usual ports for handing in mail."""

IMAP_PORTS = {Security.STARTTLS: 143, Security.TLS: 993, Security.NONE: 143}
"""The usual ports for reading a mailbox."""


class Round(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is collected, and until when.

    ``framework``, ``organisations`` and ``theme`` are as written: a name, or a path that starts at the collection's
    folder.  ``keep_until`` is the day after which the data is to be removed.  ``role`` is who decides; no person's
    name.
    """

    title: Line = ""
    framework: Line = "keep-it-local"
    round_id: Line = field(default="", name="round")
    due: date | None = None
    contact: Line = ""
    organisations: Annotated[str, Meta(min_length=1, max_length=1000)] = "organisations.csv"
    theme: Annotated[str, Meta(max_length=1000)] = ""
    keep_until: date | None = None
    role: Annotated[str, Meta(min_length=1, max_length=60)] = DEFAULT_ROLE


class Sender(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the mails are from; ``reply_to`` where answers are to go, if not to ``address``."""

    name: Annotated[str, Meta(max_length=100)] = ""
    address: Line = ""
    reply_to: Line = ""


class Smtp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server that takes mails.  ``port`` 0 is the usual one; without ``user`` there is no login.

    ``password_env`` names the environment variable that holds the password; without one, the program asks.
    ``ca_file`` is a file of certificates to trust beside the system's own, from the collection's folder.
    """

    host: Line = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    security: Security = Security.STARTTLS
    user: Line = ""
    password_env: str = ""
    mails_per_minute: Annotated[int, Meta(ge=1, le=6000)] = 30
    ca_file: Annotated[str, Meta(max_length=1000)] = ""

    @property
    def port_number(self) -> int:
        """The port, the usual one where none is given."""
        return self.port or SMTP_PORTS[self.security]


class Imap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mailbox that returns come to.  Its keys are as those of :class:`Smtp`; ``folder`` is the mailbox's."""

    host: Line = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    security: Security = Security.TLS
    user: Line = ""
    password_env: str = ""
    folder: Annotated[str, Meta(min_length=1, max_length=200)] = "INBOX"
    ca_file: Annotated[str, Meta(max_length=1000)] = ""

    @property
    def port_number(self) -> int:
        """The port, the usual one where none is given."""
        return self.port or IMAP_PORTS[self.security]


class MailText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wording of one kind of mail.  What is empty is said in the program's own words."""

    subject: Line = ""
    text: Annotated[str, Meta(max_length=20_000)] = ""


class MailTexts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The wording of every kind of mail."""

    invitation: MailText = MailText()
    reminder: MailText = MailText()
    receipt: MailText = MailText()
    to_fix: MailText = MailText()
    feedback: MailText = MailText()
    consensus: MailText = MailText()


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a collection.  ``smtp`` and ``imap`` are absent where the file has no such section."""

    collection: Round = Round()
    sender: Sender = Sender()
    smtp: Smtp | None = None
    imap: Imap | None = None
    mail: MailTexts = MailTexts()

    def wording(self, purpose: Purpose) -> MailText:
        """The wording that the settings have for one kind of mail."""
        found: MailText = getattr(self.mail, purpose.name.lower())
        return found
