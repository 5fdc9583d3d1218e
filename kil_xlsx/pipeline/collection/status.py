"""Seeing how a round stands: all of it, one organisation, and whom to chase.

Nothing is changed, but that the list of organisations is taken over as it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace as with_

from kil_xlsx.core.collection import PublishedRelease, Received, ReturnState, Share
from kil_xlsx.core.collection_status import (
    Line,
    Overview,
    Records,
    Standing,
    Tally,
    Wrote,
    fields_of,
    grouped,
    overview,
    to_chase,
    wrote,
)
from kil_xlsx.core.columns import column_name
from kil_xlsx.core.names import folded
from kil_xlsx.core.when import When
from kil_xlsx.errors import OrganisationsListError, StoreError, UsageProblem
from kil_xlsx.pipeline.collection.due import Outgoing, Ways, outgoing, ways
from kil_xlsx.results.collection_json import OrganisationRecords, RoundAbout

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Asked
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.core.spread import Spread
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.results.collection_model import StatusDocument
    from kil_xlsx.results.return_model import ReturnFile

RESPONDENT, PARENT = "respondent", "parent"
"""Groups that every list can be split into, beside the fields about the organisations."""


@dataclass(frozen=True)
class RoundSeen:
    """A round as it stands.

    ``forgotten`` are the hashes of files that have been removed with the data of their organisations; ``wrote`` are
    those who wrote without a workbook lately.  ``outgoing`` is what is due to go out; nothing is where another round
    than this one is looked at (``other``).
    """

    about: RoundAbout
    found: Overview
    when: When
    group_by: str
    groups: tuple[tuple[str, Tally], ...]
    releases: tuple[PublishedRelease, ...]
    forgotten: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    wrote: tuple[Wrote, ...] = ()
    outgoing: Outgoing = field(default_factory=Outgoing)
    ways: Ways = field(default_factory=Ways)
    other: bool = False

    def document(self) -> StatusDocument:
        """All of it, for programs."""
        from kil_xlsx.results.collection_json import status_document

        return status_document(
            self.about, self.found, self.when, groups=self.groups, group_by=self.group_by, releases=self.releases,
            forgotten=self.forgotten, wrote=self.wrote,
            due={str(each): self.outgoing.count(each) for each in self.outgoing.due},
        )  # fmt: skip


def see_round(collection: Collection, now: datetime, by: str = RESPONDENT, *, round_id: str | None = None) -> RoundSeen:
    """How the round stands.

    :param now: the time; without a time zone, where the program runs.
    :param by: how organisations are grouped: "respondent", "parent" or a field about the organisations.
    :param round_id: another round than the one that is collected now.
    :raises UsageProblem: there is no such field or round.
    """
    when = When(now)
    view = _view(collection, round_id)
    notes = view.notes if view.other else _take_over_list(collection)
    found = _overview(collection, when, view)
    name, label = _grouping(collection, found.lines, by)
    return RoundSeen(
        about=_about(collection, view),
        found=found,
        when=when,
        group_by=name,
        groups=grouped(found.lines, label),
        releases=tuple(each for each in collection.store.releases() if each.round_id == view.round_id),
        forgotten=frozenset(collection.store.forgotten_files()),
        notes=notes,
        wrote=() if view.other else _wrote(collection, found, when),
        outgoing=Outgoing() if view.other else outgoing(collection, now),
        ways=ways(collection.settings, when.today),
        other=view.other,
    )


def _wrote(collection: Collection, found: Overview, when: When) -> tuple[Wrote, ...]:
    events = collection.store.events(round_id=collection.round_id)
    return wrote(found.lines, events, today=when.today, day_of=when.day)


@dataclass(frozen=True)
class _View:
    """The round that is looked at: this one, or another (``other``) of which only what was recorded is known."""

    round_id: str
    other: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        return (
            f"This is the round {self.round_id}, which is not collected now. Counted are the organisations that a "
            "workbook was made for, that were written to, or that answered in it; its return date is not on record.",
        )


def _view(collection: Collection, named: str | None) -> _View:
    """The round that is meant.  UsageProblem where nothing is on record of it."""
    store = collection.store
    if named is None or folded(named) == folded(collection.round_id):
        return _View(collection.round_id)
    every = [each.round_id for each in store.copies()]
    every += [each.round_id for each in store.mails()]
    every += [each.round_id for each in store.received()]
    every += [each.round_id for each in store.releases()]
    known = {folded(name): name for name in every if name}
    if folded(named) in known:
        return _View(known[folded(named)], other=True)
    from kil_xlsx.definitions.wording import listed, shortened

    rounds = sorted({collection.round_id, *known.values()} - {""})
    there = f"There are: {listed(rounds)}." if rounds else "Rounds get a name in the settings: round."
    raise UsageProblem(f"Nothing is on record of a round '{shortened(named)}'.", there)


def _about(collection: Collection, view: _View) -> RoundAbout:
    of = collection.settings.collection
    if view.other:  # the title is that of this round, and so is the day
        return RoundAbout("", view.round_id, None, of.keep_until)
    return RoundAbout(of.title, view.round_id, of.due, of.keep_until)


def _take_over_list(collection: Collection) -> tuple[str, ...]:
    """Take the list of organisations over as it is now; where that cannot be, say so and go on with the records."""
    if collection.read_only:
        return ()
    try:
        return collection.organisations().notes
    except (OrganisationsListError, UsageProblem, StoreError) as error:
        words = error.message.removesuffix(" Nothing was written.").rstrip(".")
        return (f"The list of organisations was not looked at again, so this is as of last time: {words}.",)


def _overview(collection: Collection, when: When, view: _View) -> Overview:
    store, round_id = collection.store, view.round_id
    received = store.received(round_id=round_id)
    mails = store.mails(round_id=round_id)
    copies = store.copies(round_id=round_id)
    waived = frozenset(store.waived(round_id))
    organisations = store.organisations()
    # All that are open, as for 'resolve': a workbook of another round is asked about in this one.
    queries = store.queries()
    due = collection.settings.collection.due
    if view.other:
        of_round = waived | {each.organisation for each in mails} | {each.organisation for each in copies}
        of_round |= {each.organisation for each in received if each.organisation is not None}
        organisations = [with_(each, listed=True) for each in organisations if each.id in of_round]
        about = {each.id for each in received}, {each.id for each in mails}
        queries = [each for each in queries if each.received in about[0] or each.mail in about[1]]
        due = None
    records = Records(organisations, copies, mails, received, queries, waived)
    return overview(records, due=due, today=when.today, day_of=when.day)


def _grouping(collection: Collection, lines: Sequence[Line], by: str) -> tuple[str, Callable[[Asked], str]]:
    """The name of a way of grouping, and the group of an organisation."""
    wanted = folded(by)
    if wanted == RESPONDENT:
        labels = {each.respondent.id: each.respondent.label for each in collection.instruments}
        return RESPONDENT, lambda of: labels.get(of.respondent, of.respondent)
    if wanted == PARENT:
        return PARENT, lambda of: of.parent
    fields = {each.id: each for one in collection.instruments for each in one.profile}
    names = {name.casefold(): each.id for each in fields.values() for name in (each.label, each.code, each.id)}
    names |= {name.casefold(): name for line in lines for name in line.organisation.profile}
    wanted = wanted if wanted in names else column_name(by)
    if wanted not in names:
        from kil_xlsx.definitions.wording import did_you_mean, listed, shortened

        known = [RESPONDENT, PARENT, *fields_of(each.organisation for each in lines)]
        raise UsageProblem(
            f"Organisations cannot be grouped by '{shortened(by)}'{did_you_mean(by, (*known, *names)) or '.'}",
            f"The list has: {listed(known)}.",
        )
    chosen = names[wanted]
    return chosen, lambda of: of.profile.get(chosen, "")


# One organisation


@dataclass(frozen=True)
class OrganisationSeen:
    """One organisation as it stands.

    ``reading`` is what the return that counts says; ``views`` are those of several people that count or counted, with
    what they say side by side in ``spread``.  All three are empty unless they were asked for.
    """

    about: RoundAbout
    records: OrganisationRecords
    when: When
    reading: Reading | None = None
    instrument: Instrument | None = None
    returned: ReturnFile | None = None
    views: tuple[Received, ...] = ()
    spread: tuple[Spread, ...] = ()
    notes: tuple[str, ...] = ()
    outgoing: Outgoing = field(default_factory=Outgoing)
    ways: Ways = field(default_factory=Ways)
    other: bool = False

    @property
    def line(self) -> Line:
        """How it stands."""
        return self.records.line


def see_organisation(
    collection: Collection, named: str, now: datetime, *, contents: bool = False, round_id: str | None = None
) -> OrganisationSeen:
    """How one organisation stands.

    :param named: as :func:`kil_xlsx.pipeline.collection.naming.organisation_named` takes it.
    :param contents: whether to give what its returns say, too.
    :param round_id: another round than the one that is collected now.
    :raises UsageProblem: there is no such organisation, or it had nothing to do with that round.
    """
    from kil_xlsx.pipeline.collection.naming import organisation_named

    when = When(now)
    view = _view(collection, round_id)
    notes = () if view.other else _take_over_list(collection)
    store = collection.store
    of = organisation_named(store, named)
    lines = _overview(collection, when, view).lines
    line = next((each for each in lines if each.organisation.id == of.id), None)
    if line is None:
        raise UsageProblem(f"{of.name} had nothing to do with the round {view.round_id}.")
    received = store.received(organisation=of.id)
    mails = store.mails(organisation=of.id)
    returns, posted = {each.id for each in received}, {each.id for each in mails}
    queries = tuple(
        each
        for each in store.queries(open_only=False)
        if each.organisation == of.id or each.received in returns or each.mail in posted
    )
    records = OrganisationRecords(
        line=line,
        received=received,
        arrivals={each.sha256: store.arrivals(each.sha256) for each in received},
        mails=mails,
        queries=queries,
        events=store.events(organisation=of.id),
        waived=store.waived(view.round_id).get(of.id),
        round_id=view.round_id,
    )
    seen = OrganisationSeen(
        _about(collection, view),
        records,
        when,
        notes=notes,
        outgoing=Outgoing() if view.other else outgoing(collection, now, {of.id}),
        ways=ways(collection.settings, when.today),
        other=view.other,
    )
    return _with_contents(collection, seen) if contents else seen


def _with_contents(collection: Collection, seen: OrganisationSeen) -> OrganisationSeen:
    from kil_xlsx.core.readings import read_with
    from kil_xlsx.core.spread import spread
    from kil_xlsx.pipeline.collection.counting import returned
    from kil_xlsx.results.returned_json import return_file

    current = seen.line.current or _last_readable(seen.line.received)
    if current is None:
        return seen
    views = [each for each in seen.line.received if each.state.counts and each.share is Share.VIEW]
    others = [each for each in views if each.id != current.id]
    found = returned(collection, [current, *others])
    reading = found.readings[0]
    instrument = read_with(found.instruments, reading.identity)
    seen = replace(
        seen, reading=reading, instrument=instrument, returned=return_file(reading, found.instruments)
    )  # fmt: skip
    by_number = dict(zip((current.id, *(each.id for each in others)), found.readings, strict=True))
    alike = [
        each
        for each in views
        if by_number[each.id].ret is not None
        and read_with(found.instruments, by_number[each.id].identity) is instrument
    ]
    if instrument is None or len(alike) < 2:  # nothing to put side by side
        return seen
    returns = [ret for each in alike if (ret := by_number[each.id].ret) is not None]
    notes = seen.notes
    if len(alike) < len(views):
        notes = (*notes, "Views made from another version of the questionnaire are not put side by side.")
    return replace(seen, views=tuple(alike), spread=spread(instrument, returns), notes=notes)


def _last_readable(received: Sequence[Received]) -> Received | None:
    """What came last and waits for a decision: it is shown where no return counts."""
    return next((each for each in reversed(received) if each.state is ReturnState.HELD), None)


# Whom to chase

CHASE = (
    "name", "email", "respondent", "org_id", "parent", "reference", "round", "due", "days_late", "standing",
    "mails_sent", "last_sent", "bounced", "errors", "queries",
)  # fmt: skip
"""The columns of the list for mail merge that are always there; the fields of the list of organisations follow."""

Cell = str | float | None


@dataclass(frozen=True)
class ChaseList:
    """Whom to chase: columns and rows; ``listed`` is how many stand on the list."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lines: tuple[Line, ...]
    about: RoundAbout
    notes: tuple[str, ...] = ()
    listed: int = 0
    outgoing: Outgoing = field(default_factory=Outgoing)
    ways: Ways = field(default_factory=Ways)

    @property
    def without_address(self) -> int:
        """How many have no address."""
        return sum(not each.organisation.email for each in self.lines)


def see_whom_to_chase(
    collection: Collection, now: datetime, *, queries: bool = False, round_id: str | None = None
) -> ChaseList:
    """Those who are still to answer and, if wanted, those whose return has errors or queries.

    :param round_id: another round than the one that is collected now.
    """
    when = When(now)
    view = _view(collection, round_id)
    notes = view.notes if view.other else _take_over_list(collection)
    found = _overview(collection, when, view)
    lines = to_chase(found.lines, queries=queries)
    about = _about(collection, view)
    fields = fields_of((each.organisation for each in lines), CHASE)

    def row(line: Line) -> tuple[Cell, ...]:
        of, sent = line.organisation, line.asked
        last = when.day(sent[-1].changed_at) if sent else None
        fixed = (
            of.name, of.email, of.respondent, of.number, of.parent, line.reference, about.round_id,
            about.due.isoformat() if about.due else "", line.days_late if line.owes else 0, str(line.standing),
            len(sent), last.isoformat() if last else "", "yes" if line.standing is Standing.BOUNCED else "no",
            line.current.errors if line.current else 0, line.current.queries if line.current else 0,
        )  # fmt: skip
        return (*fixed, *(of.profile.get(name, "") for name in fields))

    return ChaseList(
        (*CHASE, *fields),
        tuple(row(each) for each in lines),
        lines,
        about,
        notes,
        listed=found.total.listed,
        outgoing=Outgoing() if view.other else outgoing(collection, now, {each.organisation.id for each in lines}),
        ways=ways(collection.settings, when.today),
    )


def chase_csv(found: ChaseList) -> bytes:
    """The list as CSV for spreadsheets and mail merge; texts that might be taken for a formula get an apostrophe."""
    from kil_xlsx.results.tables import as_csv

    return as_csv(found.columns, found.rows).encode()


def chase_workbook(found: ChaseList, now: datetime) -> bytes:
    """The list as a workbook; texts stay texts whatever they begin with."""
    from kil_xlsx.layout.list_book import list_document
    from kil_xlsx.writing.theme import build_theme
    from kil_xlsx.writing.xlsx import write

    created = now.replace(tzinfo=None, microsecond=0)
    title = f"To chase: {found.about.title}".rstrip(": ")
    return write(list_document("To chase", title, found.columns, found.rows, created), build_theme())
