"""What a collection says of itself to programs: a round, one organisation, what changed between two returns.

Each document is one object whose ``schema`` names its format and version.  A key that is renamed, removed or changes
its meaning raises the number; new keys do not.  Days are ISO dates, times are in UTC; shares run from 0 to 1; what is
not known is ``null`` or an empty text, never zero.  The documents name organisations and say what they answered: they
are the coordinator's own, and not for publication.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from kil_xlsx.core.collection import Arrival
from kil_xlsx.core.problems import Problem
from kil_xlsx.results.return_model import ReturnFile

STATUS, ORGANISATION, DIFF = "kil-xlsx/status/1", "kil-xlsx/organisation/1", "kil-xlsx/diff/1"
"""The names of the formats and their versions."""


class Tallied(Struct, frozen=True, kw_only=True):
    """Organisations by their standing.

    ``standings`` has every standing; those but ``unlisted`` add up to ``listed``.  ``expected`` leaves out those that
    need not answer and have not; ``answered`` are those with a return that counts, or views of single people;
    ``response_rate`` is ``answered`` over ``expected``.
    """

    listed: int
    expected: int
    answered: int
    response_rate: float | None
    standings: dict[str, int]


class GroupTally(Struct, frozen=True, kw_only=True):
    """One group of organisations; ``label`` is empty for those of which it is not known."""

    label: str
    counts: Tallied


class Completeness(Struct, frozen=True, kw_only=True):
    """The share of applicable questions answered, over the ``returns`` that count."""

    returns: int
    median: float
    lowest: float
    highest: float


class OpenQuery(Struct, frozen=True, kw_only=True):
    """Something that a person has to decide.  ``holds`` is whether a return waits for it."""

    number: int
    code: str
    message: str
    remedy: str
    holds: bool
    opened_at: str
    organisation: str
    return_number: int | None
    found: str
    expected: str


class DecidedQuery(OpenQuery, frozen=True, kw_only=True):
    """A query with what was decided; ``closed_at`` is empty while it is open."""

    closed_at: str
    decision: str
    by: str
    why: str


class Retention(Struct, frozen=True, kw_only=True):
    """Until when data is kept; ``passed`` is whether that day is over."""

    keep_until: date
    passed: bool


class ReleaseMade(Struct, frozen=True, kw_only=True):
    """A benchmark release of the round.

    ``returns`` is how many files are behind it, ``forgotten`` how many of them have been removed since with the data of
    their organisations, and ``returns_since`` how many returns count now that were not in it; views of single people
    go into no release.
    """

    number: int
    made_at: str
    folder: str
    returns: int
    forgotten: int
    returns_since: int


class OrganisationLine(Struct, frozen=True, kw_only=True):
    """One organisation and how it stands.

    ``came`` is the day of its first return that could be read; ``days_late`` by how many days that was after the due
    day or, where it is still to answer, by how many it is overdue.  ``return_number`` to ``queries`` are of the return
    that counts; ``open_queries`` are the numbers of queries that wait for a person.
    """

    id: int
    name: str
    number: str
    respondent: str
    parent: str
    email: str
    profile: dict[str, str]
    listed: bool
    standing: str
    reference: str
    mails_sent: int
    last_sent: date | None
    bounced: bool
    came: date | None
    days_late: int
    return_number: int | None
    completeness: float | None
    overall: float | None
    errors: int
    queries: int
    open_queries: tuple[int, ...]


class MailThatCame(Struct, frozen=True, kw_only=True):
    """A mail without a workbook that an organisation wrote lately, and nothing came from it since."""

    organisation: str
    came: date | None


class StatusDocument(Struct, frozen=True, kw_only=True):
    """A round as it stands.

    ``files`` counts what came in by what became of it; ``files_of_nobody`` are those of which it is not known whose
    they are.  ``days_left`` is negative once the due day has passed.  ``mails_due`` counts by purpose the organisations
    that 'send' would write to now.
    """

    schema: Literal["kil-xlsx/status/1"] = STATUS  # type: ignore[assignment]  # the constant is the literal
    title: str
    round: str
    today: date
    due: date | None
    days_left: int | None
    organisations: Tallied
    group_by: str
    groups: tuple[GroupTally, ...]
    files: dict[str, int]
    files_of_nobody: int
    completeness: Completeness | None
    came_late: tuple[str, ...]
    overdue: tuple[str, ...]
    queries: tuple[OpenQuery, ...]
    retention: Retention | None
    releases: tuple[ReleaseMade, ...]
    lines: tuple[OrganisationLine, ...]
    wrote: tuple[MailThatCame, ...] = ()
    mails_due: dict[str, int] = {}


class MailLine(Struct, frozen=True, kw_only=True):
    """A mail to the organisation, and what became of it."""

    round: str
    purpose: str
    serial: int
    address: str
    state: str
    changed_at: str
    attempts: int
    said: str


class FileLine(Struct, frozen=True, kw_only=True):
    """A file that came back, every way in which it came, and what became of it."""

    number: int
    state: str
    share: str
    round: str
    name: str
    sha256: str
    received_at: str
    sent_at: str
    person: str
    version: str
    answered: int
    applicable: int
    overall: float | None
    errors: int
    queries: int
    arrivals: tuple[Arrival, ...]


class LedgerLine(Struct, frozen=True, kw_only=True):
    """A line of the ledger, and what it says in words."""

    line: int
    at: str
    round: str
    kind: str
    words: str
    by: str
    why: str


class Said(Struct, frozen=True, kw_only=True):
    """What a return says about one thing.

    ``state`` is *answered*, *not_applicable*, *dont_know*, *unanswered*, *unusable* or *not_found*; ``words`` says it
    to people.
    """

    state: str
    value: float | None
    code: str | None
    text: str
    words: str


class About(Struct, frozen=True, kw_only=True):
    """What something is said about: an item, a part beside its answer, or a cell of a table."""

    kind: str
    item: str
    shown: str
    part: str
    row: int
    column: str
    label: str


class SpreadAnswer(Struct, frozen=True, kw_only=True):
    """One of several answers, and who gave it: the numbers of the returns."""

    said: Said
    returns: tuple[int, ...]


class SpreadItem(Struct, frozen=True, kw_only=True):
    """What several people said about one thing.  ``steps`` is how many levels lie between lowest and highest."""

    about: About
    agreed: bool
    answers: tuple[SpreadAnswer, ...]
    lowest: Said | None
    highest: Said | None
    steps: int | None


class OrganisationDocument(Struct, frozen=True, kw_only=True):
    """One organisation: how it stands, what went out, what came in, what was decided, and all that happened.

    ``returned`` is what the return that counts says, and ``spread`` what several people said; both are only in what
    'show' gives.
    """

    schema: Literal["kil-xlsx/organisation/1"] = ORGANISATION  # type: ignore[assignment]
    round: str
    today: date
    due: date | None
    line: OrganisationLine
    waived_at: str
    waived_why: str
    mails: tuple[MailLine, ...]
    files: tuple[FileLine, ...]
    queries: tuple[DecidedQuery, ...]
    ledger: tuple[LedgerLine, ...]
    returned: ReturnFile | None = None
    spread: tuple[SpreadItem, ...] = ()


class ComparedSide(Struct, frozen=True, kw_only=True):
    """One of the two returns.  ``number`` is that in the collection, if it is in one."""

    organisation: str
    file: str
    sha256: str
    round: str
    version: str
    number: int | None
    received_at: str
    state: str


class ItemChange(Struct, frozen=True, kw_only=True):
    """One thing that is said differently; ``change`` is *added*, *removed*, *changed* or *not-comparable*."""

    about: About
    change: str
    before: Said
    after: Said


class FigureChange(Struct, frozen=True, kw_only=True):
    """A score or measure before and after."""

    id: str
    label: str
    before: float | None
    after: float | None
    band_before: str
    band_after: str
    changed: bool


class NotCarried(Struct, frozen=True, kw_only=True):
    """What could not be carried from one version of the questionnaire to another.  ``side`` is *before* or *after*."""

    side: str
    item: str
    part: str
    row: int
    column: str
    said: str
    why: str


class DiffDocument(Struct, frozen=True, kw_only=True):
    """What changed from one return to another.

    ``compared_in`` is the version of the questionnaire in which they were compared, and ``carried`` whether one of them
    had to be carried into it; ``same`` counts what both say alike.
    """

    schema: Literal["kil-xlsx/diff/1"] = DIFF  # type: ignore[assignment]  # the constant is the literal
    before: ComparedSide
    after: ComparedSide
    compared_in: str
    carried: bool
    same: int
    changes: tuple[ItemChange, ...]
    scores: tuple[FigureChange, ...]
    measures: tuple[FigureChange, ...]
    problems_gone: tuple[Problem, ...]
    problems_new: tuple[Problem, ...]
    not_carried: tuple[NotCarried, ...]
