"""Deciding queries: a person says what the program must not guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Asked, Event, Mail, MailState, Purpose, Query, Received, ReturnState
from kil_xlsx.core.queries import QUERIES, WHICH, WHOSE
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.judging import Judge
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
    organisation that has none left that counts.
    """

    query: Query
    received: Received | None = None
    organisation: Asked | None = None
    mail: Mail | None = None
    opened: tuple[Asking, ...] = ()
    closed: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()
    earlier: tuple[int, ...] = ()


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
    decider = _Decider(collection, by, why)
    done: list[Decided] = []
    answered: set[int] = set()
    for each in wanted:
        if each.query.id not in answered:
            done.append(decider.decide(each.query.id, decision, organisation))
            answered.update(done[-1].closed)
    return done


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
            if query.closed_at:  # by somebody else, meanwhile
                raise UsageProblem(_closed(query), "'kil-xlsx resolve' lists those that are open.")
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
            received = self.judge.belongs(received, received.organisation or 0, self.collection.round_id)
        return self._settled(query, received)

    def _reject(self, query: Query, received: Received) -> Decided:
        closed = self._close_others(received, "reject", None)
        earlier: tuple[int, ...] = ()
        if received.state.counts:
            others = self.store.received(organisation=received.organisation, round_id=received.round_id)
            others = [each for each in others if each.id != received.id]
            if not any(each.state.counts for each in others):
                earlier = tuple(each.id for each in others if each.state is ReturnState.SUPERSEDED)
        if received.state.counts or received.state is ReturnState.HELD:
            received = self.judge.refuse(received, self.why)
        return Decided(query, received, self._asked(received.organisation), closed=closed, earlier=earlier)

    def _as(self, query: Query, received: Received, organisation: Asked | None) -> Decided:
        assert organisation is not None
        closed = self._close_others(received, "as", WHOSE)
        received = self.judge.belongs(received, organisation.id, received.round_id)
        done = self._settled(query, received)
        return Decided(
            query, done.received, done.organisation, opened=done.opened, closed=closed, superseded=done.superseded
        )

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
        judged = self.judge.settle(received, self._chosen(received))
        opened = [self.store.query(number) for number in judged.queries]
        return Decided(
            query,
            judged.received,
            self._asked(received.organisation),
            opened=tuple(asking(self.collection, each) for each in opened if each is not None),
            superseded=judged.superseded,
        )

    def _chosen(self, received: Received) -> str:
        """What was decided between a return and the others of its organisation, if that has been asked."""
        asked = self.store.queries(open_only=False, received=received.id)
        chosen = [each.decision for each in asked if each.code in WHICH and each.decision in ("both", "later")]
        return chosen[-1] if chosen else ""

    def _asked(self, organisation: int | None) -> Asked | None:
        return self.store.organisation(organisation) if organisation is not None else None
