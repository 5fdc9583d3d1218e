"""What came in: workbooks and other things, each with where it came from, and how much of it is put up with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Limits:
    """How much may come in.  Exactly at a limit is still allowed.  Sizes are in bytes."""

    mail_bytes: int = 100_000_000  # of one mail, as it was sent
    part_bytes: int = 50_000_000  # of one file, unpacked
    total_bytes: int = 2_000_000_000  # of all files in one mail or archive, unpacked
    entries: int = 5_000  # of all archives in one mail or archive
    directory_bytes: int = 4_000_000  # of the table of contents of an archive
    ratio: int = 200  # unpacked to packed size of one entry
    ratio_from_bytes: int = 100 * 1024  # smaller entries may have any ratio
    parts: int = 500  # of one mail
    parts_depth: int = 30  # parts within parts of one mail
    header_bytes: int = 256 * 1024  # of the headers of one part; what is beyond is not looked at
    headers: int = 5_000  # of one part
    depth: int = 6  # containers within containers: archives, mails, mailboxes
    archives_depth: int = 2  # archives within archives
    picture_bytes: int = 150_000  # smaller pictures are taken for a logo
    outlook_seconds: float = 20.0  # for an Outlook message, by the clock; the next two are for one as well
    outlook_cpu_seconds: int = 10
    outlook_memory: int = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Provenance:
    """Where something came from.

    ``source`` is for people: "returns.zip", "Inbox, mail 12", "x.zip in mail.eml".  The following are those of the
    mail that was sent to us, even if the file lay in a mail that was forwarded with it; ``inner_sender`` is who sent
    that one.  Ids of messages have their angle brackets.  Addresses have a domain in lower case.  ``date`` is in UTC,
    and absent when the mail tells none that can be right; ``modified`` is when the file on the disk was last changed.
    ``subject`` is for showing only: it is never stored.
    """

    source: str
    message_id: str = ""
    date: datetime | None = None
    sender: str = ""
    in_reply_to: tuple[str, ...] = ()
    inner_sender: str = ""
    modified: datetime | None = None
    subject: str = field(default="", compare=False, repr=False)

    def inside(self, name: str) -> Provenance:
        """The same for something that lies in this and can be opened in its turn."""
        return replace(self, source=f"{name} in {self.source}"[:400])


@dataclass(frozen=True)
class Attached:
    """A file that may be a return.  ``name`` is only to be shown: it is without folders and safe to print."""

    name: str
    data: bytes
    whence: Provenance


@dataclass(frozen=True)
class Bounced:
    """A mail server says that a mail was not delivered.

    ``original_ids`` are of the mail that was not, as far as they can be told; ``recipients`` to whom; ``said`` is in
    the server's words.  One that is not ``permanent`` is only delayed.
    """

    whence: Provenance
    original_ids: tuple[str, ...]
    recipients: tuple[str, ...]
    permanent: bool
    said: str


@dataclass(frozen=True)
class AutoReply:
    """A mail that a program has answered: somebody is away, or something else, such as a receipt."""

    whence: Provenance
    kind: Literal["away", "other"]


@dataclass(frozen=True)
class NoAttachment:
    """A mail of a person without anything that may be a return."""

    whence: Provenance


@dataclass(frozen=True)
class LeftOut:
    """Something that is certainly no return: a logo, a signature, an invitation."""

    name: str
    whence: Provenance
    why: str


@dataclass(frozen=True)
class Unusable:
    """Something that cannot be opened, so that a person has to look at it.  ``why`` also says what to do."""

    name: str
    whence: Provenance
    why: str


PARTS_OF_NOTICES = frozenset(("the mail that was returned", "a report about a mail", "headers of a mail"))
"""Why things are left out that come with every notice of a mail server, so that nobody need be told of them."""

Item = Attached | Bounced | AutoReply | NoAttachment | LeftOut | Unusable


class CannotOpen(Exception):
    """A container cannot be opened, or not any further.  Its text becomes :attr:`Unusable.why`."""


class Room:
    """What is left of the limits for all that is in one mail or archive."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = limits.total_bytes
        self._entries = limits.entries

    def take(self, size: int) -> None:
        """Count a file that has been unpacked.  Raises CannotOpen."""
        self._bytes -= size
        if self._bytes < 0:
            raise CannotOpen(f"It unpacks to more than {self._limits.total_bytes:,} bytes. Import its files in parts.")

    def enter(self) -> None:
        """Count an entry of an archive.  Raises CannotOpen."""
        self._entries -= 1
        if self._entries < 0:
            raise CannotOpen(f"It holds more than {self._limits.entries:,} files. Import them in parts.")
