"""What a collection remembers: who is asked, what was sent to them, what came back, and what a person has to decide.

All are plain records.  Times are texts in UTC, such as ``2026-05-31T09:30:00+00:00``, so that they sort as they read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Purpose(StrEnum):
    """Why a mail is sent."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    RECEIPT = "receipt"
    TO_FIX = "to-fix"
    CONSENSUS = "consensus"
    FEEDBACK = "feedback"


class MailState(StrEnum):
    """What became of a mail."""

    SENDING = "sending"
    """It is being handed over.  Found by a later run, it becomes doubtful."""
    SENT = "sent"
    """The server has taken it."""
    DRAFTED = "drafted"
    """It was written as a file, for a person to send."""
    FAILED = "failed"
    """The server refused it for good, or could not be reached; it was certainly not sent."""
    DOUBTFUL = "doubtful"
    """It may have been sent or not; a person decides."""
    BOUNCED = "bounced"
    """It was sent, and came back as not to be delivered."""


class ReturnState(StrEnum):
    """What became of a file that came back."""

    ACCEPTED = "accepted"
    WITH_QUERIES = "accepted-with-queries"
    """It counts, and something in it is to be put right or explained."""
    HELD = "held"
    """A person has to decide whose it is, or whether it counts."""
    REFUSED = "refused"
    """It could not be read, or a person turned it down."""
    SUPERSEDED = "superseded"
    """A later one of the same organisation took its place."""
    WITHDRAWN = "withdrawn"
    """The organisation took it back."""

    @property
    def counts(self) -> bool:
        """Whether a return in this state stands for its organisation."""
        return self in (ReturnState.ACCEPTED, ReturnState.WITH_QUERIES)


class Share(StrEnum):
    """What a return is of: the whole organisation's answer, one person's view, or what several have agreed on."""

    WHOLE = "whole"
    VIEW = "view"
    CONSENSUS = "consensus"


class Asked(Struct, frozen=True, kw_only=True):
    """An organisation of the collection.

    ``id`` is its number in the database, ``number`` its registered number.  ``profile`` is what the list says of it, by
    profile field id or, for other columns, by :func:`kil_xlsx.core.columns.column_name`.  ``listed`` is whether it
    stands in the list as it is now.  After ``forgotten_at`` all texts are empty.
    """

    id: int
    respondent: str
    name: str
    number: str = ""
    email: str = ""
    parent: str = ""
    profile: Mapping[str, str] = {}
    listed: bool = True
    forgotten_at: str = ""


class Copy(Struct, frozen=True, kw_only=True):
    """A workbook that was made for one organisation, under its reference code: a line of the send list.

    ``name`` and ``number`` are the organisation's as the workbook states them.
    """

    reference: str
    organisation: int
    round_id: str
    share: Share
    framework: str
    version: str
    respondent: str
    name: str
    number: str
    made_at: str


class Mail(Struct, frozen=True, kw_only=True):
    """A mail of the collection.

    ``serial`` counts those of one purpose to one organisation in one round, from 1.  ``about`` is the return that a
    receipt or a marked copy is about, or the number of the release that feedback is of.
    """

    id: int
    organisation: int
    round_id: str
    purpose: Purpose
    serial: int
    address: str
    message_id: str
    state: MailState
    changed_at: str
    attempts: int = 0
    said: str = ""
    about: int | None = None


class Arrival(Struct, frozen=True, kw_only=True):
    """One way in which a file reached the collection; the same bytes may come several times.

    ``name`` is what the file was called, ``source`` where it came from ("returns/a.zip", "IMAP INBOX").  ``date`` is
    that of the mail, or of the file where it came as a file; ``batch`` numbers the runs of import and fetch.
    """

    sha256: str
    name: str
    source: str
    message_id: str = ""
    sender: str = ""
    date: str = ""
    arrived_at: str = ""
    batch: int = 0


class Expected(Struct, frozen=True, kw_only=True):
    """How a file came that is about to be kept: put down before it is, in case the program is stopped in between.

    ``date`` is that of the mail and ``sender`` who sent it; ``inner_sender`` who wrote the one that was passed on with
    it; ``modified`` when the file was last changed.
    """

    sha256: str
    name: str
    source: str
    message_id: str = ""
    sender: str = ""
    inner_sender: str = ""
    date: str = ""
    modified: str = ""
    batch: int = 0


class Received(Struct, frozen=True, kw_only=True):
    """A file that came back and was taken for a return.  ``id`` is its number in the database.

    ``answered`` and ``applicable`` count questions; ``person`` is who filled it in, as roles.
    """

    id: int
    sha256: str
    organisation: int | None
    round_id: str
    state: ReturnState
    share: Share
    reference: str = ""
    respondent: str = ""
    version: str = ""
    name: str = ""
    received_at: str = ""
    sent_at: str = ""
    batch: int = 0
    sender: str = ""
    person: str = ""
    answered: int = 0
    applicable: int = 0
    overall: float | None = None
    errors: int = 0
    queries: int = 0
    digest: str = ""
    """Tells whether two returns say the same, whatever their bytes."""


class Query(Struct, frozen=True, kw_only=True):
    """Something that only a person can decide.  ``code`` is a code of :data:`kil_xlsx.core.queries.QUERIES`.

    ``holds`` is whether the return waits for the decision.  ``decision`` is empty while the query is open.  ``rival``
    is the return that the decision is made against, where it is one between two of them.
    """

    id: int
    code: str
    holds: bool
    opened_at: str
    received: int | None = None
    mail: int | None = None
    organisation: int | None = None
    found: str = ""
    expected: str = ""
    rival: int | None = None
    closed_at: str = ""
    decision: str = ""
    by: str = ""
    why: str = ""


class Event(Struct, frozen=True, kw_only=True):
    """A line of the ledger.  ``kind`` is a code of :data:`kil_xlsx.core.ledger.EVENTS`; nothing in it is an answer.

    ``id`` is 0 until it is recorded.
    """

    kind: str
    at: str
    id: int = 0
    organisation: int | None = None
    round_id: str = ""
    received: int | None = None
    mail: int | None = None
    query: int | None = None
    by: str = ""
    why: str = ""


class PublishedRelease(Struct, frozen=True, kw_only=True):
    """A benchmark release that was made from the collection, and the files that are behind it."""

    number: int
    round_id: str
    made_at: str
    folder: str
    inputs: tuple[str, ...] = ()
