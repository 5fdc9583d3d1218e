"""What the commands that change a collection say to programs that they did: mails sent, files taken in, decisions.

Each document is one object whose ``schema`` names its format and version, as in
:mod:`kil_xlsx.results.collection_model`.  They name organisations, and are the coordinator's own.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

SEND, IMPORT, RESOLVE = "kil-xlsx/send/1", "kil-xlsx/import/1", "kil-xlsx/resolve/1"
CONSENSUS = "kil-xlsx/consensus/1"
"""The names of the formats and their versions."""


class MailDone(Struct, frozen=True, kw_only=True):
    """A mail that went out, was tried, or would go out.

    ``state`` is *sent*, *drafted*, *failed* or *doubtful*, and *due* in a dry run; ``put_off`` is whether one that
    failed is tried again by the next run.  ``serial`` counts those of one purpose to one organisation; ``about`` is the
    return or release that it is about.  ``bytes`` is the size of all files that go with it; ``draft`` the file that it
    was written as.
    """

    organisation: str
    number: str
    id: int
    address: str
    serial: int
    about: int | None
    state: str
    put_off: bool = False
    said: str = ""
    files: tuple[str, ...] = ()
    bytes: int = 0
    draft: str | None = None


class MailLeftOut(Struct, frozen=True, kw_only=True):
    """An organisation that got no mail, and why."""

    organisation: str
    id: int
    reason: str
    words: str


class MailInDoubt(Struct, frozen=True, kw_only=True):
    """A mail that an earlier run was stopped over, and the number of its organisation."""

    mail: int
    organisation: int


class WholeMail(Struct, frozen=True, kw_only=True):
    """One mail as it would go out."""

    to: str
    subject: str
    text: str
    files: tuple[str, ...]


class SendDocument(Struct, frozen=True, kw_only=True):
    """What a run of 'send' did or, with ``dry_run``, would do; then ``first`` is the first mail in full.

    ``stopped`` says why it ended before its end, and is empty where it did not.
    """

    schema: Literal["kil-xlsx/send/1"] = SEND  # type: ignore[assignment]  # the constant is the literal
    purpose: str
    dry_run: bool
    drafts: bool
    mails: tuple[MailDone, ...]
    left_out: tuple[MailLeftOut, ...]
    doubts: tuple[MailInDoubt, ...] = ()
    first: WholeMail | None = None
    notes: tuple[str, ...] = ()
    stopped: str = ""


class QueryAsked(Struct, frozen=True, kw_only=True):
    """A query that waits for a person: what may be decided, with what each decision does, and the commands."""

    query: int
    code: str
    holds: bool
    message: str
    organisation: str
    return_number: int | None = field(name="return")
    file: str
    sender: str
    mail: int | None
    found: str
    expected: str
    opened_at: str
    choices: dict[str, str]
    commands: tuple[str, ...]


class ThingThatCame(Struct, frozen=True, kw_only=True):
    """What became of one thing that came.

    ``return`` is the number of the return; ``queries`` are the numbers of those it raised; ``superseded`` how many
    earlier returns it took the place of; ``errors`` and ``to_explain`` count what is wrong with it.  ``sender`` and
    ``sent_at`` are of mails that somebody has to read (``to_read``).
    """

    what: str
    name: str
    source: str
    organisation: str
    return_number: int | None = field(name="return")
    queries: tuple[int, ...]
    superseded: int
    errors: int
    to_explain: int
    why: str
    to_read: bool
    sender: str
    sent_at: str


class ImportDocument(Struct, frozen=True, kw_only=True):
    """What a run of 'import' or 'fetch' did.

    ``new`` counts the files that were not in before, ``counts`` what became of all that came, and ``superseded`` the
    earlier returns whose place was taken.
    """

    schema: Literal["kil-xlsx/import/1"] = IMPORT  # type: ignore[assignment]  # the constant is the literal
    new: int
    counts: dict[str, int]
    superseded: int
    happened: tuple[ThingThatCame, ...]
    queries: tuple[QueryAsked, ...]
    notes: tuple[str, ...] = ()


class DecisionMade(Struct, frozen=True, kw_only=True):
    """What a decision came to: the return or mail as it is now.

    ``also_closed`` are other queries that it answered; ``superseded`` returns whose place was taken; ``earlier``
    superseded ones of an organisation that has none left that counts; ``opened`` queries that arose from it.  ``whole``
    is a view that stands for its organisation now, as no other is left.  Where the query had been closed by then,
    nothing was done, and ``skipped`` says how it was closed.
    """

    query: int
    return_number: int | None = field(name="return")
    state: str
    share: str
    organisation: str
    mail: int | None
    also_closed: tuple[int, ...]
    superseded: tuple[int, ...]
    earlier: tuple[int, ...]
    opened: tuple[QueryAsked, ...]
    whole: int | None = None
    skipped: str = ""


class ResolveDocument(Struct, frozen=True, kw_only=True):
    """What 'resolve' lists (``queries``), or what it decided; ``open`` is how many queries are open after that."""

    schema: Literal["kil-xlsx/resolve/1"] = RESOLVE  # type: ignore[assignment]  # the constant is the literal
    open: int
    queries: tuple[QueryAsked, ...] = ()
    decided: tuple[DecisionMade, ...] = ()


class ViewCompared(Struct, frozen=True, kw_only=True):
    """The view of one person: the number of the return, and how it is told apart."""

    return_number: int = field(name="return")
    label: str
    overall: float | None
    state: str


class Differing(Struct, frozen=True, kw_only=True):
    """Something that they do not agree on, with what each says; ``steps_apart`` are levels of its scale."""

    item: str
    code: str
    row: int
    column: str
    label: str
    said: tuple[str, ...]
    steps_apart: int | None


class ConsensusDocument(Struct, frozen=True, kw_only=True):
    """How far the views of several people of one organisation are apart.

    ``agreed`` counts the answers that all gave alike; ``agreed_return`` is the number of the return in which they have
    agreed, if it is there.
    """

    schema: Literal["kil-xlsx/consensus/1"] = CONSENSUS  # type: ignore[assignment]  # the constant is the literal
    organisation: str
    agreed_return: int | None
    views: tuple[ViewCompared, ...]
    agreed: int
    differing: tuple[Differing, ...]
