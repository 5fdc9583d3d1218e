"""What becomes of a return, recorded: whether it is held, counts, or takes the place of another.

Everything here runs inside a transaction of the caller's, so that a decision rests on what is recorded at that moment,
and a state and the lines of the ledger that tell of it are recorded together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Event, Query, Received, ReturnState, Share
from kil_xlsx.core.intake import SendList, Standing, Stated, decided, standing, untouched, whose
from kil_xlsx.core.queries import Doubt
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.pipeline.collection.place import Collection

SUPERSEDED = "superseded"
"""The decision of queries that no longer matter, as a later return took the place of the one that they are about."""


@dataclass(frozen=True)
class Judged:
    """A return as it is recorded now, the queries that were opened about it, and the returns that it superseded."""

    received: Received
    queries: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Known:
    """What was read from the records at one moment."""

    version: int
    sent: SendList
    waived: set[int]


class Judge:
    """Decides what becomes of returns.  What it has to know of the whole collection is read again when it changed."""

    def __init__(self, collection: Collection, *, by: str = "") -> None:
        """:param by: the role of the person who decides; empty where the program does."""
        self.store = collection.store
        self.round_id = collection.round_id
        self.by = by
        self._collection = collection
        self._known: _Known | None = None

    @property
    def sent(self) -> SendList:
        """Who is asked, and what was made for them."""
        return self._fresh().sent

    def organisation_at(self, address: str) -> int | None:
        """The organisation with an address; nothing where several share it, or nobody has it."""
        found = self.sent.by_address.get(address.casefold(), frozenset()) if address else frozenset()
        return next(iter(found)) if len(found) == 1 else None

    def receive(
        self, draft: Received, reading: Reading, said: Stated, made_with: str, *, anew: int | None = None
    ) -> Judged:
        """Record a return that could be read, and whether it counts.

        :param draft: how it came and what it holds; whose it is and what becomes of it is found out here.
        :param anew: its number, if it is recorded as one that could not be read.
        """
        found = whose(said, draft.sender, self.sent, self.round_id)
        if any(doubt.code == "number-shared" for doubt in found.doubts):
            self._known = None  # the other return may count no longer
            found = whose(said, draft.sender, self.sent, self.round_id)
        doubts = (*found.doubts, *untouched(reading))
        draft = replace(
            draft, state=ReturnState.HELD, organisation=found.organisation, round_id=found.round_id, share=found.share
        )
        received = self._put(draft, reading, made_with, anew)
        self._tell("received", received)
        opened = [self._ask(received, doubt) for doubt in doubts]
        for doubt in doubts:
            if doubt.code == "number-shared":
                self._ask_the_others(received, doubt)
        self._remember(received, said)
        if found.organisation is None or any(doubt.holds for doubt in doubts):
            self._tell("held", received)
            return Judged(received, tuple(opened))
        judged = self.settle(received)
        return Judged(judged.received, (*opened, *judged.queries), judged.superseded)

    def refuse_file(self, draft: Received, reading: Reading, made_with: str) -> Judged:
        """Record a file that could not be read.  If it came from an organisation's address, that is recorded too."""
        from_ = self.organisation_at(draft.sender)
        draft = replace(draft, state=ReturnState.REFUSED, organisation=from_, round_id=self.round_id)
        received = self._put(draft, reading, made_with, None)
        self._tell("received", received)
        self._tell("refused", received, why=", ".join(dict.fromkeys(each.code for each in reading.problems[:5])))
        return Judged(received)

    def settle(self, received: Received, decision: str = "") -> Judged:
        """Find out whether a return counts beside the others of its organisation, now that it is known whose it is.

        :param decision: what a person has decided between it and the others, if that was the question.
        """
        others = self.store.received(organisation=received.organisation, round_id=received.round_id)
        found = decided(received, others, decision) if decision else standing(received, others)
        return self._apply(received, found, {each.id: each for each in others})

    def refuse(self, received: Received, why: str = "") -> Received:
        """Record that a person has turned a return down.  Those whose place it took stay superseded."""
        refused = self._set(received, ReturnState.REFUSED)
        self._tell("refused", refused, why=why)
        return refused

    def belongs(self, received: Received, organisation: int, round_id: str) -> Received:
        """Record that a person has said whose a return is, and of which round."""
        self.store.set_received(received.id, received.state, organisation=organisation, round_id=round_id)
        return replace(received, organisation=organisation, round_id=round_id)

    # What is recorded

    def _apply(self, received: Received, found: Standing, others: dict[int, Received]) -> Judged:
        changed = self._set(received, found.state, found.share)
        if found.state is ReturnState.HELD:
            opened = tuple(self._ask(changed, doubt) for doubt in found.doubts)
            self._tell("held", changed)
            return Judged(changed, opened)
        self._tell(found.state.value, changed)
        if found.state is ReturnState.SUPERSEDED:
            self._drop_queries(changed)
            return Judged(changed)
        if changed.share is not Share.WHOLE:
            self._tell(changed.share.value, changed)
        for number in found.supersedes:
            before = self._set(others[number], ReturnState.SUPERSEDED)
            self._tell("superseded", before)
            self._drop_queries(before)
        for number in found.views:
            view = self._set(others[number], others[number].state, Share.VIEW)
            self._tell("view", view)
        for number, doubt in found.unsettles:
            self._hold(others[number], doubt)
        self._end_waiver(changed)
        return Judged(changed, superseded=found.supersedes)

    def _put(self, draft: Received, reading: Reading, made_with: str, anew: int | None) -> Received:
        if anew is None:
            return replace(draft, id=self.store.add_received(draft, reading, made_with))
        self.store.receive_anew(anew, draft, reading, made_with)
        return replace(draft, id=anew)

    def _set(self, received: Received, state: ReturnState, share: Share | None = None) -> Received:
        self.store.set_received(received.id, state, share=share)
        return replace(received, state=state, share=share or received.share)

    def _hold(self, received: Received, doubt: Doubt) -> None:
        held = self._set(received, ReturnState.HELD)
        self._ask(held, doubt)
        self._tell("held", held)

    def _ask(self, received: Received, doubt: Doubt) -> int:
        """Open a query about a return; gives its number."""
        number = self.store.open_query(
            Query(
                id=0, code=doubt.code, holds=doubt.holds, opened_at=moment(), received=received.id,
                organisation=received.organisation, found=doubt.found, expected=doubt.expected,
            )
        )  # fmt: skip
        self._tell("query-opened", received, query=number, why=doubt.code, by="")
        return number

    def _ask_the_others(self, received: Received, doubt: Doubt) -> None:
        """Ask about those too that filled in the same number before: which of them is right, nobody knows yet."""
        for number, organisation, text in self.store.typed_texts(self._number_fields):
            if organisation == received.organisation or " ".join(text.split()).upper() != doubt.found:
                continue
            asked = self.store.queries(open_only=False, received=number)
            other = self.store.one_received(number)
            if other is not None and not any(each.code == doubt.code for each in asked):
                self._hold(other, doubt)

    def _drop_queries(self, received: Received) -> None:
        """Close what was open about a return that no longer counts, and does not keep anybody waiting."""
        for query in self.store.queries(received=received.id):
            if not query.holds:
                self.store.close_query(query.id, moment(), SUPERSEDED, "", "")
                self._tell("query-closed", received, query=query.id, why=SUPERSEDED)

    def _end_waiver(self, received: Received) -> None:
        waived = self._fresh().waived
        if received.organisation in waived and received.round_id == self.round_id:
            waived.discard(received.organisation)
            self._tell("waiver-ended", received)

    def _tell(
        self, kind: str, received: Received, *, query: int | None = None, why: str = "", by: str | None = None
    ) -> None:
        event = Event(
            kind=kind, at=moment(), organisation=received.organisation, round_id=received.round_id,
            received=received.id, query=query, by=self.by if by is None else by, why=why,
        )  # fmt: skip
        self.store.record(event)

    # What has to be known

    def _fresh(self) -> _Known:
        version = self.store.version
        if self._known is None or self._known.version != version:
            typed: dict[str, frozenset[int]] = {}
            for _, organisation, text in self.store.typed_texts(self._number_fields):
                number = " ".join(text.split()).upper()
                typed[number] = typed.get(number, frozenset()) | {organisation}
            sent = SendList(self.store.organisations(), self.store.copies(), typed)
            self._known = _Known(version, sent, set(self.store.waived(self.round_id)))
        return self._known

    def _remember(self, received: Received, said: Stated) -> None:
        """Keep in mind which registered number a return has filled in."""
        typed = self._fresh().sent.typed_numbers
        if received.organisation is not None and said.typed_number and isinstance(typed, dict):
            known: frozenset[int] = typed.get(said.typed_number, frozenset())
            typed[said.typed_number] = known | {received.organisation}

    @cached_property
    def _number_fields(self) -> tuple[str, ...]:
        """The profile fields for the registered number."""
        found = (each.field_with_role("org_id") for each in self._collection.instruments)
        return tuple(dict.fromkeys(each.id for each in found if each is not None))
