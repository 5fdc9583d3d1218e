"""Deciding queries: a person says what the program must not guess."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Asked, Event, Mail, MailState, Purpose, Query, Received, ReturnState
from kil_xlsx.core.queries import QUERIES, WHOSE
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.judging import MOVED, SUPERSEDED, WITHDRAWN, Judge
from kil_xlsx.pipeline.collection.keeping import role
from kil_xlsx.pipeline.collection.keeping import said as reason
from kil_xlsx.pipeline.collection.naming import organisation_named
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.place import Collection


@dataclass(frozen=True)
class Asking:
    """A query as people are asked it: about whom, about which return or mail."""

    query: Query
    organisation: Asked | None = None
    received: Received | None = None
    mail: Mail | None = None

    @property
    def message(self) -> str:
        """What is asked."""
        return QUERIES[self.query.code].message

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return QUERIES[self.query.code].remedy

    @property
    def choices(self) -> Mapping[str, str]:
        """The decisions that may be made, with what each does."""
        return QUERIES[self.query.code].choices

    def command(self, decision: str) -> str:
        """What to type for a decision."""
        end = '--as "ORG"' if decision == "as" else decision
        return f"kil-xlsx resolve {self.query.id} {end}"


@dataclass(frozen=True)
class Decided:
    """What a decision did.

    ``received`` is the return as it is now; ``opened`` are queries that arose from the decision, ``closed`` others that
    it answered too.  ``superseded`` are numbers of returns whose place was taken; ``earlier`` of superseded ones of an
    organisation that has none left that counts; ``whole`` of a view that stands for its organisation now, as no other
    is left.  ``skipped`` is set where nothing was done, as the query had been closed by then: how.
    """

    query: Query
    received: Received | None = None
    organisation: Asked | None = None
    mail: Mail | None = None
    opened: tuple[Asking, ...] = ()
    closed: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()
    earlier: tuple[int, ...] = ()
    whole: int | None = None
    skipped: str = ""


@dataclass(frozen=True)
class Reopened:
    """What was done when a decision was taken back.

    ``asked`` are the queries that are open again.  ``back`` are numbers of returns that count again, as the one that
    had taken their place waits now.
    """

    asked: tuple[Asking, ...]
    received: Received
    organisation: Asked | None = None
    back: tuple[int, ...] = ()


def open_queries(collection: Collection, numbers: Sequence[int] = ()) -> list[Asking]:
    """The open queries in the order in which they arose, or some of them.

    :raises UsageProblem: one is unknown or decided already; says all that are.
    """
    if not numbers:
        return [asking(collection, each) for each in collection.store.queries()]
    found = [(number, collection.store.query(number)) for number in numbers]
    unknown = [f"{number}" for number, query in found if query is None]
    closed = [_closed(query) for _, query in found if query is not None and query.closed_at]
    if unknown or closed:
        which = f"There is no query {', '.join(unknown)}." if unknown else ""
        raise UsageProblem(" ".join(filter(None, (which, *closed))), "'kil-xlsx resolve' lists those that are open.")
    return [asking(collection, query) for _, query in found if query is not None]


def asking(collection: Collection, query: Query) -> Asking:
    """A query with what it is about."""
    store = collection.store
    received = store.one_received(query.received) if query.received is not None else None
    mails = store.mails(organisation=query.organisation) if query.mail is not None else []
    mail = next((each for each in mails if each.id == query.mail), None)
    whose = query.organisation or (received.organisation if received is not None else None)
    organisation = store.organisation(whose) if whose is not None else None
    return Asking(query, organisation, received, mail)


def decide(
    collection: Collection,
    numbers: Sequence[int],
    decision: str,
    *,
    whose: str = "",
    why: str = "",
    by: str = "",
) -> list[Decided]:
    """Decide queries, all in the same way.  Each is recorded by itself, after all have been looked at.

    Where a decision closes another query of them, that is skipped.

    :param decision: one of the choices of every one of them.
    :param whose: for the decision "as", the organisation.
    :param by: the role that decides; the settings' own, unless given.
    :raises UsageProblem: one of them is not open or knows no such decision, or the organisation is not there.
    """
    by = role(collection, by)
    why = reason(why) if why else ""
    wanted = open_queries(collection, list(dict.fromkeys(numbers)))
    organisation = _organisation(collection, wanted, decision, whose)
    wrong = [each for each in wanted if decision not in each.choices]
    if wrong:
        one = wrong[0]
        raise UsageProblem(
            f"Query {one.query.id} cannot be decided with '{decision[:40]}'.",
            f"What can be said: {', '.join(one.choices)}. 'kil-xlsx resolve {one.query.id}' explains them.",
        )
    _not_of_nobody(wanted, decision)
    decider = _Decider(collection, by, why)
    done: list[Decided] = []
    answered: set[int] = set()
    for each in wanted:
        if each.query.id not in answered:
            done.append(decider.decide(each.query.id, decision, organisation))
            answered.update(done[-1].closed)
    return done


def reopen(collection: Collection, number: int, *, why: str = "", by: str = "") -> Reopened:
    """Take back a decision about a return: the query is open again, and the return waits for it.

    What else was answered with the same decision is open again, too.  What the return had taken the place of counts
    again, unless something else does by now.

    :param by: the role that decides; the settings' own, unless given.
    :raises UsageProblem: there is no such decision, or it cannot be taken back.
    """
    by = role(collection, by)
    why = reason(why) if why else ""
    with collection.store.transaction():
        return _Reopener(collection, by, why).reopen(number)


def _not_of_nobody(wanted: Sequence[Asking], decision: str) -> None:
    """UsageProblem if a return is to count without it being known whose it is."""
    for each in wanted:
        if each.query.code == "came-again" and decision == "accept" and each.organisation is None:
            raise UsageProblem(
                f"Query {each.query.id} cannot be accepted: it is not known whose return #{each.query.received} is.",
                f"Say whose it is: {each.command('as')}.",
            )


def _organisation(collection: Collection, wanted: Sequence[Asking], decision: str, whose: str) -> Asked | None:
    """The organisation that is named.  UsageProblem if there is none where there should be, or one that cannot be."""
    if decision != "as":
        if whose:
            raise UsageProblem(
                f"--as goes with the decision 'as', not with '{decision[:40]}'.", "Leave one of them out."
            )
        return None
    if not whose:
        raise UsageProblem("It is not said whose the return is.", 'Name the organisation with --as "…".')
    found = organisation_named(collection.store, whose)
    for each in wanted:
        kind = each.received.respondent if each.received is not None else ""
        if kind and kind != found.respondent:
            labels = {one.respondent.id: one.respondent.label for one in collection.instruments}
            raise UsageProblem(
                f"{found.name} cannot have sent this: the workbook is one for "
                f"'{labels.get(kind, kind)}', and it is of type '{labels.get(found.respondent, found.respondent)}'.",
                "Name another organisation, or turn the return down with 'reject'.",
            )
    return found


def _closed(query: Query) -> str:
    by = f" by the {query.by}" if query.by else ""
    return f"Query {query.id} was decided already{by} on {query.closed_at[:10]}: {query.decision}."


class _Decider:
    def __init__(self, collection: Collection, by: str, why: str) -> None:
        self.collection = collection
        self.store = collection.store
        self.judge = Judge(collection, by=by)
        self.by = by
        self.why = why

    def decide(self, number: int, decision: str, organisation: Asked | None) -> Decided:
        with self.store.transaction():
            query = self.store.query(number)
            assert query is not None
            if query.closed_at:  # with a decision before, or by somebody else
                received = self.store.one_received(query.received) if query.received is not None else None
                return Decided(query, received, self._asked(query.organisation), skipped=query.decision)
            self._close(query, decision)
            if query.mail is not None:
                done = self._mail(query, decision)
            elif query.received is not None:
                done = self._return(query, decision, organisation)
            else:
                done = Decided(query)
        return done

    def _close(self, query: Query, decision: str) -> None:
        at = moment()
        self.store.close_query(query.id, at, decision, self.by, self.why)
        received = self.store.one_received(query.received) if query.received is not None else None
        event = Event(
            kind="query-closed", at=at, organisation=query.organisation, received=query.received, mail=query.mail,
            round_id=received.round_id if received is not None else self.collection.round_id,
            query=query.id, by=self.by, why=f"{decision}: {self.why}" if self.why else decision,
        )  # fmt: skip
        self.store.record(event)

    def _mail(self, query: Query, decision: str) -> Decided:
        mails = self.store.mails(organisation=query.organisation)
        mail = next((each for each in mails if each.id == query.mail), None)
        if mail is not None and mail.state is MailState.DOUBTFUL:
            sent = decision == "sent"
            at = moment()
            self.store.set_mail(mail.id, MailState.SENT if sent else MailState.FAILED, at, said=mail.said)
            event = Event(
                kind="mail-sent" if sent else "mail-failed", at=at, organisation=mail.organisation,
                round_id=mail.round_id, mail=mail.id, query=query.id, by=self.by,
            )  # fmt: skip
            self.store.record(event)
            if sent and mail.purpose is Purpose.RECEIPT:
                self.store.record(replace(event, kind="receipt-given", received=mail.about))
        return Decided(query, mail=mail, organisation=self._asked(query.organisation))

    def _return(self, query: Query, decision: str, organisation: Asked | None) -> Decided:
        assert query.received is not None
        received = self.store.one_received(query.received)
        assert received is not None
        if decision == "reject":
            return self._reject(query, received)
        if decision == "as":
            return self._as(query, received, organisation)
        if query.code == "round-other":
            round_id = self.collection.round_id if decision == "accept" else self._then(query, received)
            received = self.judge.belongs(received, received.organisation, round_id)
        return self._settled(query, received)

    def _then(self, query: Query, received: Received) -> str:
        """The round that a workbook was made for: as the send list says or, where it is not on it, the workbook."""
        copy = self.store.copy(received.reference) if received.reference else None
        return copy.round_id if copy is not None else query.found

    def _reject(self, query: Query, received: Received) -> Decided:
        closed = self._close_others(received, "reject", None)
        earlier: tuple[int, ...] = ()
        if received.state.counts:
            others = self.store.received(organisation=received.organisation, round_id=received.round_id)
            others = [each for each in others if each.id != received.id]
            if not any(each.state.counts for each in others):
                earlier = tuple(each.id for each in others if each.state is ReturnState.SUPERSEDED)
        whole = None
        if received.state.counts or received.state is ReturnState.HELD:
            judged = self.judge.refuse(received, self.why)
            received, whole = judged.received, judged.whole
        asked = self._asked(received.organisation)
        return Decided(query, received, asked, closed=closed, earlier=earlier, whole=whole)

    def _as(self, query: Query, received: Received, organisation: Asked | None) -> Decided:
        assert organisation is not None
        closed = self._close_others(received, "as", WHOSE)
        received = self.judge.belongs(received, organisation.id, received.round_id)
        done = self._settled(query, received)
        return dataclasses.replace(done, closed=closed)

    def _close_others(self, received: Received, decision: str, codes: frozenset[str] | None) -> tuple[int, ...]:
        """Close other queries about the same return that are answered too."""
        found = [each for each in self.store.queries(received=received.id) if codes is None or each.code in codes]
        for each in found:
            self._close(each, decision)
        return tuple(each.id for each in found)

    def _settled(self, query: Query, received: Received) -> Decided:
        """Judge a return again, once nothing holds it any more."""
        waits = any(each.holds for each in self.store.queries(received=received.id))
        if received.state is not ReturnState.HELD or waits or received.organisation is None:
            return Decided(query, received, self._asked(received.organisation))
        judged = self.judge.settle(received)
        opened = [self.store.query(number) for number in judged.queries]
        return Decided(
            query,
            judged.received,
            self._asked(received.organisation),
            opened=tuple(asking(self.collection, each) for each in opened if each is not None),
            superseded=judged.superseded,
            whole=judged.whole,
        )

    def _asked(self, organisation: int | None) -> Asked | None:
        return self.store.organisation(organisation) if organisation is not None else None


class _Reopener:
    """Takes one decision back, inside a transaction."""

    def __init__(self, collection: Collection, by: str, why: str) -> None:
        self.collection = collection
        self.store = collection.store
        self.judge = Judge(collection, by=by)
        self.by = by
        self.why = why

    def reopen(self, number: int) -> Reopened:
        query = self.store.query(number)
        if query is None:
            raise UsageProblem(f"There is no query {number}.", "'kil-xlsx show ORG' lists those that were decided.")
        if not query.closed_at:
            raise UsageProblem(f"Query {number} is open.", f"'kil-xlsx resolve {number}' says what can be decided.")
        received = self.store.one_received(query.received) if query.received is not None else None
        if received is None:
            raise UsageProblem(f"What was decided about query {number} cannot be taken back, as it is about no return.")
        queries = self._together(query)
        self._refuse_what_cannot_be(query, queries, received)
        organisation, round_id = self._owner(queries, received)
        back: tuple[int, ...] = ()
        if any(each.holds or each.decision != "accept" for each in queries):
            received, back = self.judge.hold_again(received)
        for each in queries:
            self.store.reopen_query(each.id)
            event = Event(
                kind="query-reopened", at=moment(), organisation=organisation, round_id=round_id, received=received.id,
                query=each.id, by=self.by, why=self.why,
            )  # fmt: skip
            self.store.record(event)
        self.store.set_owner(received.id, received.organisation, received.round_id)  # of what is open again, too
        received = self.judge.belongs(received, organisation, round_id)
        found = [self.store.query(each.id) for each in queries]
        whose = self.store.organisation(organisation) if organisation is not None else None
        return Reopened(tuple(asking(self.collection, each) for each in found if each), received, whose, back)

    def _together(self, query: Query) -> list[Query]:
        """The queries that were answered with the same decision."""
        every = self.store.queries(open_only=False, received=query.received)
        same = [each for each in every if each.closed_at and each.decision == query.decision]
        if query.decision == "as":
            return [each for each in same if each.code in WHOSE]
        return same if query.decision in ("reject", WITHDRAWN) else [query]

    def _refuse_what_cannot_be(self, query: Query, queries: Sequence[Query], received: Received) -> None:
        again = f"To let the return count again: kil-xlsx withdraw '#{received.id}' --back --why \"…\""
        if query.decision in (SUPERSEDED, MOVED):
            raise UsageProblem(f"Query {query.id} was closed as it does not matter any more ({query.decision}).", again)
        held = query.decision == WITHDRAWN and any(each.holds for each in queries)
        if (received.state is ReturnState.WITHDRAWN) != (query.decision == WITHDRAWN) or (
            query.decision == WITHDRAWN and not held
        ):
            raise UsageProblem(f"Return #{received.id}, which query {query.id} is about, is {received.state}.", again)

    def _owner(self, queries: Sequence[Query], received: Received) -> tuple[int | None, str]:
        """Whose the return was before the decision, and of which round."""
        organisation, round_id = received.organisation, received.round_id
        if queries[0].decision == "as":
            organisation = queries[0].organisation
        if any(each.code == "round-other" and each.decision != "reject" for each in queries):
            copy = self.store.copy(received.reference) if received.reference else None
            round_id = copy.round_id if copy is not None else self.collection.round_id
        return organisation, round_id
