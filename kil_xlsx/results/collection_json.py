"""The documents of :mod:`kil_xlsx.results.collection_model`, made from records, and their JSON Schemas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import msgspec

from kil_xlsx.core.collection import Arrival, Event, Mail, MailState, PublishedRelease, Query, Received, Share
from kil_xlsx.core.collection_status import Line, Overview, Standing, Tally, Wrote
from kil_xlsx.core.ledger import EVENTS
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.core.return_diff import Figure, ReturnDiff
from kil_xlsx.core.spread import Spread
from kil_xlsx.core.statements import Asks, Statement, words
from kil_xlsx.core.when import When
from kil_xlsx.results.collection_model import (
    About,
    ComparedSide,
    Completeness,
    DecidedQuery,
    DiffDocument,
    FigureChange,
    FileLine,
    GroupTally,
    ItemChange,
    LedgerLine,
    MailLine,
    MailThatCame,
    NotCarried,
    OpenQuery,
    OrganisationDocument,
    OrganisationLine,
    ReleaseMade,
    Retention,
    Said,
    SpreadAnswer,
    SpreadItem,
    StatusDocument,
    Tallied,
)
from kil_xlsx.results.return_model import ReturnFile
from kil_xlsx.results.run_model import ConsensusDocument, ImportDocument, ResolveDocument, SendDocument


@dataclass(frozen=True)
class RoundAbout:
    """What is said of a round before anybody is counted."""

    title: str
    round_id: str
    due: date | None
    keep_until: date | None = None


@dataclass(frozen=True)
class OrganisationRecords:
    """All that is recorded of one organisation, in every round; ``arrivals`` are by hash of the file.

    ``round_id`` is the round that is looked at; ``line`` and ``waived`` are of it.
    """

    line: Line
    received: Sequence[Received] = ()
    arrivals: Mapping[str, Sequence[Arrival]] = field(default_factory=dict)
    mails: Sequence[Mail] = ()
    queries: Sequence[Query] = ()
    events: Sequence[Event] = ()
    waived: Event | None = None
    round_id: str = ""

    def round_of(self, query: Query) -> str:
        """The round that a query arose in; what is still open is of the round that is looked at."""
        if not query.closed_at:
            return self.round_id
        received = next((each.round_id for each in self.received if each.id == query.received), None)
        mail = next((each.round_id for each in self.mails if each.id == query.mail), None)
        told = next((each.round_id for each in self.events if each.query == query.id), self.round_id)
        return received or mail or told

    def of_round(self) -> OrganisationRecords:
        """Only what is of the round that is looked at."""
        return self._with(lambda name: name == self.round_id)

    def of_others(self) -> OrganisationRecords:
        """Only what is of other rounds."""
        return self._with(lambda name: name != self.round_id)

    def _with(self, wanted: Callable[[str], bool]) -> OrganisationRecords:
        return replace(
            self,
            received=[each for each in self.received if wanted(each.round_id)],
            mails=[each for each in self.mails if wanted(each.round_id)],
            queries=[each for each in self.queries if wanted(self.round_of(each))],
            events=[each for each in self.events if wanted(each.round_id)],
        )


# The round


def status_document(
    about: RoundAbout,
    found: Overview,
    when: When,
    *,
    groups: Sequence[tuple[str, Tally]] = (),
    group_by: str = "respondent",
    releases: Sequence[PublishedRelease] = (),
    forgotten: Collection[str] = (),
    wrote: Sequence[Wrote] = (),
    due: Mapping[str, int] | None = None,
) -> StatusDocument:
    """How a round stands.

    :param forgotten: hashes of files that have been removed with the data of their organisations.
    :param due: how many organisations are due a mail, by its purpose.
    """
    names = {each.organisation.id: each.organisation.name for each in found.lines}
    spread = found.completeness
    retention = None
    if about.keep_until is not None:
        retention = Retention(keep_until=about.keep_until, passed=when.today > about.keep_until)
    return StatusDocument(
        title=about.title,
        round=about.round_id,
        today=when.today,
        due=about.due,
        days_left=found.days_left,
        organisations=tallied(found.total),
        group_by=group_by,
        groups=tuple(GroupTally(label=label, counts=tallied(each)) for label, each in groups),
        files={str(state): count for state, count in sorted(found.files.items())},
        files_of_nobody=found.nobodys,
        completeness=Completeness(returns=spread.of, median=spread.median, lowest=spread.lowest, highest=spread.highest)
        if spread is not None
        else None,
        came_late=tuple(each.organisation.name for each in found.late_in),
        overdue=tuple(each.organisation.name for each in found.late_out),
        queries=tuple(open_query(each, found.whose(each), names) for each in found.queries),
        retention=retention,
        releases=tuple(released(each, found, forgotten) for each in releases),
        lines=tuple(organisation_line(each, when) for each in found.lines),
        wrote=tuple(MailThatCame(organisation=each.organisation.name, came=each.day) for each in wrote),
        mails_due=dict(due or {}),
    )


def tallied(tally: Tally) -> Tallied:
    """Organisations by their standing."""
    return Tallied(
        listed=tally.listed,
        expected=tally.expected,
        answered=tally.answered,
        response_rate=tally.rate,
        standings={str(each): tally.of(each) for each in Standing},
    )


def open_query(query: Query, organisation: int | None, names: Mapping[int, str]) -> OpenQuery:
    """A query that waits for a person."""
    return OpenQuery(**_query(query, names.get(organisation or 0, "")))


def _query(query: Query, name: str) -> dict[str, Any]:
    kind = QUERIES.get(query.code)
    return {
        "number": query.id,
        "code": query.code,
        "message": kind.message if kind is not None else query.code,
        "remedy": kind.remedy if kind is not None else "",
        "holds": query.holds,
        "opened_at": query.opened_at,
        "organisation": name,
        "return_number": query.received,
        "found": query.found,
        "expected": query.expected,
    }


def released(release: PublishedRelease, found: Overview, forgotten: Collection[str] = ()) -> ReleaseMade:
    """A release, how many of the files behind it are forgotten, and how many returns count now that were not in it."""
    behind = set(release.inputs)
    current = [line.current for line in found.lines if line.current is not None]
    counted = [each for each in current if each.share is not Share.VIEW]
    return ReleaseMade(
        number=release.number,
        made_at=release.made_at,
        folder=release.folder,
        returns=len(release.inputs),
        forgotten=len(behind.intersection(forgotten)),
        returns_since=sum(each.sha256 not in behind for each in counted),
    )


def organisation_line(line: Line, when: When) -> OrganisationLine:
    """One organisation and how it stands."""
    of, current, sent = line.organisation, line.current, line.asked
    return OrganisationLine(
        id=of.id,
        name=of.name,
        number=of.number,
        respondent=of.respondent,
        parent=of.parent,
        email=of.email,
        profile=dict(of.profile),
        listed=of.listed,
        standing=str(line.standing),
        reference=line.reference,
        mails_sent=len(sent),
        last_sent=when.day(sent[-1].changed_at) if sent else None,
        bounced=bool(sent) and sent[-1].state is MailState.BOUNCED,
        came=line.came,
        days_late=line.days_late,
        return_number=current.id if current is not None else None,
        completeness=line.completeness,
        overall=current.overall if current is not None else None,
        errors=current.errors if current is not None else 0,
        queries=current.queries if current is not None else 0,
        open_queries=line.queries,
    )


# One organisation


def organisation_document(
    about: RoundAbout,
    records: OrganisationRecords,
    when: When,
    *,
    returned: ReturnFile | None = None,
    spread: Sequence[Spread] = (),
    views: Sequence[int] = (),
) -> OrganisationDocument:
    """One organisation.

    :param returned: what the return that counts says.
    :param spread: what several people said; ``views`` are the numbers of their returns, in the same order.
    """
    of = records.line.organisation
    return OrganisationDocument(
        round=about.round_id,
        today=when.today,
        due=about.due,
        line=organisation_line(records.line, when),
        waived_at=records.waived.at if records.waived is not None else "",
        waived_why=records.waived.why if records.waived is not None else "",
        mails=tuple(
            MailLine(
                round=each.round_id, purpose=str(each.purpose), serial=each.serial, address=each.address,
                state=str(each.state), changed_at=each.changed_at, attempts=each.attempts, said=each.said,
            )
            for each in records.mails
        ),
        files=tuple(_file(each, records.arrivals.get(each.sha256, ())) for each in records.received),
        queries=tuple(
            DecidedQuery(
                **_query(each, of.name), closed_at=each.closed_at, decision=each.decision, by=each.by, why=each.why
            )
            for each in records.queries
        ),
        ledger=tuple(
            LedgerLine(
                line=each.id, at=each.at, round=each.round_id, kind=each.kind, words=in_words(each, records),
                by=each.by, why=each.why,
            )
            for each in records.events
        ),
        returned=returned,
        spread=tuple(_spread(each, views) for each in spread),
    )  # fmt: skip


def _file(received: Received, arrivals: Sequence[Arrival]) -> FileLine:
    return FileLine(
        number=received.id,
        state=str(received.state),
        share=str(received.share),
        round=received.round_id,
        name=received.name,
        sha256=received.sha256,
        received_at=received.received_at,
        sent_at=received.sent_at,
        person=received.person,
        version=received.version,
        answered=received.answered,
        applicable=received.applicable,
        overall=received.overall,
        errors=received.errors,
        queries=received.queries,
        arrivals=tuple(arrivals),
    )


_MAILS = {
    "invitation": "the invitation",
    "reminder": "a reminder",
    "receipt": "a receipt",
    "to-fix": "the marked copy",
    "consensus": "the workbook for what several agree on",
    "feedback": "the feedback",
}


def in_words(event: Event, records: OrganisationRecords) -> str:
    """A line of the ledger as a sentence, with what it is about in brackets: which mail, return or query."""
    sentence = EVENTS.get(event.kind, event.kind).rstrip(".")
    about = []
    mail = next((each for each in records.mails if each.id == event.mail), None)
    if mail is not None:
        about.append(f"{_MAILS.get(str(mail.purpose), str(mail.purpose))} to {mail.address}")
    received = next((each for each in records.received if each.id == event.received), None)
    if event.received is not None:
        about.append(f"return {event.received}" + (f", {received.name}" if received is not None else ""))
    query = next((each for each in records.queries if each.id == event.query), None)
    if event.query is not None:
        kind = QUERIES.get(query.code) if query is not None else None
        about.append(f"query {event.query}" + (f": {kind.message.rstrip('.')}" if kind is not None else ""))
    return f"{sentence} ({'; '.join(about)})." if about else f"{sentence}."


# What several people said, and what changed


def _about(asks: Asks) -> About:
    return About(
        kind=str(asks.kind),
        item=asks.key.item,
        shown=asks.shown,
        part=str(asks.key.part),
        row=asks.key.row,
        column=asks.key.column,
        label=asks.label,
    )


def _said(said: Statement, asks: Asks) -> Said:
    return Said(state=str(said.says), value=said.value, code=said.code, text=said.text, words=words(said, asks))


def _spread(spread: Spread, views: Sequence[int]) -> SpreadItem:
    return SpreadItem(
        about=_about(spread.asks),
        agreed=spread.agreed,
        answers=tuple(
            SpreadAnswer(said=_said(each.statement, spread.asks), returns=tuple(views[at] for at in each.given_by))
            for each in spread.answers
        ),
        lowest=_said(spread.lowest, spread.asks) if spread.lowest is not None else None,
        highest=_said(spread.highest, spread.asks) if spread.highest is not None else None,
        steps=spread.steps,
    )


def diff_document(found: ReturnDiff, before: ComparedSide, after: ComparedSide) -> DiffDocument:
    """What changed from one return to another."""
    lost = [("before", each) for each in found.lost_before] + [("after", each) for each in found.lost_after]
    return DiffDocument(
        before=before,
        after=after,
        compared_in=found.version,
        carried=found.carried,
        same=found.same,
        changes=tuple(
            ItemChange(
                about=_about(each.asks), change=str(each.kind), before=_said(each.before, each.asks),
                after=_said(each.after, each.asks),
            )
            for each in found.changes
        ),
        scores=tuple(map(_figure, found.scores)),
        measures=tuple(map(_figure, found.measures)),
        problems_gone=found.went,
        problems_new=found.came,
        not_carried=tuple(
            NotCarried(
                side=side, item=each.key.item, part=str(each.key.part), row=each.key.row, column=each.key.column,
                said=each.said, why=str(each.why),
            )
            for side, each in lost
        ),
    )  # fmt: skip


def _figure(each: Figure) -> FigureChange:
    return FigureChange(
        id=each.id,
        label=each.label,
        before=each.before,
        after=each.after,
        band_before=each.band_before,
        band_after=each.band_after,
        changed=each.changed,
    )


# Bytes and schemas

Document = (
    StatusDocument
    | OrganisationDocument
    | DiffDocument
    | SendDocument
    | ImportDocument
    | ResolveDocument
    | ConsensusDocument
)


def as_json(document: Document) -> bytes:
    """A document as indented UTF-8 JSON with a final line end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


_TITLES: Mapping[str, tuple[type[Document], str]] = {
    "status": (StatusDocument, "A round as it stands"),
    "organisation": (OrganisationDocument, "One organisation of a collection"),
    "diff": (DiffDocument, "What changed between two returns"),
    "send": (SendDocument, "What a run of 'send' did or would do"),
    "import": (ImportDocument, "What a run of 'import' or 'fetch' did"),
    "resolve": (ResolveDocument, "Queries that are open, or what was decided"),
    "consensus": (ConsensusDocument, "How far the views of several people of an organisation are apart"),
}


COLLECTION_SCHEMAS = tuple(_TITLES)
"""The formats of what commands say of a collection."""


def collection_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one of :data:`COLLECTION_SCHEMAS`."""
    kind, title = _TITLES[name]
    schema = msgspec.json.schema(kind)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).replace("``", "`")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:kil-xlsx:schema:{name}:1",
        "title": title,
        **schema,
    }
