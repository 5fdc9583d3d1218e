"""What becomes of a return, recorded: whether it is held, counts, or takes the place of another.

Everything here runs inside a transaction of the caller's, so that a decision rests on what is recorded at that moment,
and a state and the lines of the ledger that tell of it are recorded together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Event, Query, Received, ReturnState, Share
from kil_xlsx.core.intake import SendList, Stated, untouched, whose
from kil_xlsx.core.names import folded
from kil_xlsx.core.precedence import (
    Standing,
    coming_back,
    counting_state,
    lone_view,
    made_room,
    ruled,
    standing,
)
from kil_xlsx.core.queries import WHICH, Doubt
from kil_xlsx.pipeline.collection.place import moment

if TYPE_CHECKING:
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.pipeline.collection.place import Collection

SUPERSEDED, MOVED, WITHDRAWN = "superseded", "moved", "withdrawn"
"""The decisions of queries that no longer matter: a later return took the place of the one that they are about; it
turned out to be another organisation's; it was taken back."""

_STATES = frozenset(state.value for state in ReturnState)
_COUNTED = (ReturnState.ACCEPTED.value, ReturnState.WITH_QUERIES.value)


@dataclass(frozen=True)
class Judged:
    """A return as it is recorded now, the queries that were opened about it, and the returns that it superseded.

    ``whole`` is the number of a view that stands for its organisation now, as no other is left.
    """

    received: Received
    queries: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()
    whole: int | None = None


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
        others = self.store.received(organisation=received.organisation, round_id=received.round_id)
        judged = self._apply(received, standing(received, others), {each.id: each for each in others})
        return Judged(judged.received, (*opened, *judged.queries), judged.superseded)

    def refuse_file(self, draft: Received, reading: Reading, made_with: str) -> Judged:
        """Record a file that could not be read.  If it came from an organisation's address, that is recorded too."""
        from_ = self.organisation_at(draft.sender)
        draft = replace(draft, state=ReturnState.REFUSED, organisation=from_, round_id=self.round_id)
        received = self._put(draft, reading, made_with, None)
        self._tell("received", received)
        self._tell("refused", received, why=", ".join(dict.fromkeys(each.code for each in reading.problems[:5])))
        return Judged(received)

    def settle(self, received: Received) -> Judged:
        """Find out whether a return counts beside the others of its organisation, once nothing else holds it any more.

        What people have decided between it and others is kept to.
        """
        assert received.organisation is not None
        own = self.store.queries(open_only=False, received=received.id)
        whose_ = self.store.organisation(received.organisation)
        if whose_ is not None and not whose_.listed and not counts_unlisted(received, own):
            return self._apply(received, Standing(ReturnState.HELD, doubts=(Doubt("unlisted", whose_.name),)), {})
        others = self.store.received(organisation=received.organisation, round_id=received.round_id)
        decisions = ruled(received.id, self.store.queries(open_only=False, organisation=received.organisation))
        stranger = any(each.decision == "as" for each in own) and self._is_strange(received)
        found = standing(received, others, decisions, stranger=stranger)
        return self._apply(received, found, {each.id: each for each in others})

    def refuse(self, received: Received, why: str = "") -> Judged:
        """Record that a person has turned a return down.  Those whose place it took stay superseded."""
        refused = self._set(received, ReturnState.REFUSED)
        self._tell("refused", refused, why=why)
        return Judged(refused, whole=self._even(refused))

    def withdraw(self, received: Received, why: str) -> Judged:
        """Record that an organisation takes a return back; nothing about it is asked any more."""
        gone = self._set(received, ReturnState.WITHDRAWN)
        self._tell("withdrawn", gone, why=why)
        self._close(gone, WITHDRAWN, why)
        return Judged(gone, whole=self._even(gone))

    def bring_back(self, received: Received, why: str) -> Judged:
        """Record that a return counts again; it takes the place of what counts now."""
        others = self.store.received(organisation=received.organisation, round_id=received.round_id)
        decisions = ruled(received.id, self.store.queries(open_only=False, organisation=received.organisation))
        found = coming_back(received, others, decisions, self._were_views(received))
        return self._apply(received, found, {each.id: each for each in others}, why)

    def hold_again(self, received: Received) -> tuple[Received, tuple[int, ...]]:
        """Record that a return waits again after a decision was taken back.

        :returns: the return, and the numbers of those that count again, as it had taken their place.
        """
        took = self._took_place_of(received) if received.state.counts else frozenset()
        held = self._set(received, ReturnState.HELD)
        self._tell("held", held)
        theirs = self.store.received(organisation=received.organisation, round_id=received.round_id)
        others = {each.id: each for each in theirs if each.id != received.id}
        back = made_room(others.values(), took)
        for number in back:
            each = self._set(others[number], counting_state(others[number]))
            self._tell(each.state.value, each)
        self._even(held)
        return held, back

    def comes_again(self, received: Received, sent_at: str, batch: int, sender: str) -> Judged:
        """Record that a return came once more that had been withdrawn or turned down: whether it counts, is asked."""
        at = moment()
        self.store.set_arrival(received.id, at, sent_at, batch, sender)
        again = replace(received, received_at=at, sent_at=sent_at, batch=batch, sender=sender)
        held = self._set(again, ReturnState.HELD)
        number = self._ask(held, Doubt("came-again", found=received.state.value))
        self._tell("held", held)
        return Judged(held, (number,))

    def belongs(self, received: Received, organisation: int | None, round_id: str) -> Received:
        """Record whose a return is by a person's decision, and of which round; nobody's, if that is open again.

        What is asked between it and returns of the organisation that it was taken for before does not matter any more.
        """
        if (organisation, round_id) == (received.organisation, received.round_id):
            return received
        self._close(received, MOVED, codes=WHICH)
        self.store.set_owner(received.id, organisation, round_id)
        moved = replace(received, organisation=organisation, round_id=round_id)
        if organisation != received.organisation and received.share is not Share.WHOLE:
            moved = self._set(moved, moved.state, Share.WHOLE)
        self._tell("assigned", moved)
        return moved

    # What is recorded

    def _apply(self, received: Received, found: Standing, others: dict[int, Received], why: str = "") -> Judged:
        changed = self._set(received, found.state, found.share)
        if found.state is ReturnState.HELD:
            opened = tuple(self._ask(changed, doubt) for doubt in found.doubts)
            self._tell("held", changed)
            return Judged(changed, opened)
        self._tell(found.state.value, changed, why=why)
        if found.state is ReturnState.SUPERSEDED:
            self._drop_queries(changed)
            return Judged(changed)
        if changed.share is not Share.WHOLE or received.share is Share.VIEW:
            self._tell(changed.share.value, changed)
        for number in found.supersedes:
            before = self._set(others[number], ReturnState.SUPERSEDED)
            self._tell("superseded", before, why=_by(changed))
            self._drop_queries(before)
        for number in found.views:
            view = self._set(others[number], others[number].state, Share.VIEW)
            self._tell("view", view)
        for number, doubt in found.unsettles:
            self._hold(others[number], doubt)
        self._end_waiver(changed)
        whole = self._even(changed) if len(others) > 1 else None
        return Judged(changed, superseded=found.supersedes, whole=whole)

    def _even(self, received: Received) -> int | None:
        """Let a view stand for its organisation if no other is left; gives its number."""
        if received.organisation is None:
            return None
        found = lone_view(self.store.received(organisation=received.organisation, round_id=received.round_id))
        if found is None:
            return None
        self._tell("whole", self._set(found, found.state, Share.WHOLE), by="")
        return found.id

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
        self._even(held)

    def _ask(self, received: Received, doubt: Doubt) -> int:
        """Open a query about a return; gives its number."""
        number = self.store.open_query(
            Query(
                id=0, code=doubt.code, holds=doubt.holds, opened_at=moment(), received=received.id,
                organisation=received.organisation, found=doubt.found, expected=doubt.expected, rival=doubt.rival,
            )
        )  # fmt: skip
        self._tell("query-opened", received, query=number, why=doubt.code, by="")
        return number

    def _ask_the_others(self, received: Received, doubt: Doubt) -> None:
        """Ask about those too that filled in the same number before: which of them is right, nobody knows yet."""
        for number, organisation, text in self.store.typed_texts(self._fields("org_id")):
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

    def _close(self, received: Received, decision: str, why: str = "", *, codes: frozenset[str] | None = None) -> None:
        """Close what is open about a return, or what is of some kinds, as it does not matter any more."""
        for query in self.store.queries(received=received.id):
            if codes is None or query.code in codes:
                self.store.close_query(query.id, moment(), decision, self.by, why)
                self._tell("query-closed", received, query=query.id, why=decision)

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

    def has_asked_again(self, received: Received) -> bool:
        """Whether it has been asked whether a return is to count that came again, since it last counted."""
        asked = False
        for event in self.store.events(organisation=received.organisation):
            if event.received == received.id:
                is_question = event.kind == "query-opened" and event.why == "came-again"
                asked = is_question or (asked and event.kind not in _COUNTED)
        return asked

    # What the ledger tells

    def _took_place_of(self, received: Received) -> frozenset[int]:
        """Those that are superseded since a return counts, as it took their place."""
        took: set[int] = set()
        for event in self.store.events(organisation=received.organisation):
            if event.received == received.id and event.kind in _COUNTED:
                took.clear()
            elif event.received is not None and event.kind in _STATES:
                is_by = event.kind == ReturnState.SUPERSEDED.value and event.why == _by(received)
                (took.add if is_by else took.discard)(event.received)
        return frozenset(took)

    def _were_views(self, received: Received) -> frozenset[int]:
        """Those of the same organisation that were views, until no other was left."""
        found: set[int] = set()
        for event in self.store.events(organisation=received.organisation, round_id=received.round_id):
            if event.received is not None and event.kind in ("whole", "view"):
                (found.add if event.kind == "whole" else found.discard)(event.received)
        return frozenset(found)

    def _is_strange(self, received: Received) -> bool:
        """Whether nothing in a return says that it is of the organisation that a person has said it is of."""
        assert received.organisation is not None
        copy = self.store.copy(received.reference) if received.reference else None
        if copy is not None and copy.organisation == received.organisation:
            return False
        own = self.store.organisation(received.organisation)
        named = {each.name for each in self.store.copies(organisation=received.organisation)}
        names = {folded(each) for each in (*named, own.name if own is not None else "")} - {""}
        typed = self.store.typed_texts(self._fields("organisation"))
        return not any(folded(text) in names for number, _, text in typed if number == received.id)

    # What has to be known

    def _fresh(self) -> _Known:
        version = self.store.version
        if self._known is None or self._known.version != version:
            typed: dict[str, frozenset[int]] = {}
            for _, organisation, text in self.store.typed_texts(self._fields("org_id")):
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

    def _fields(self, role: str) -> tuple[str, ...]:
        """The profile fields with a role, such as the registered number."""
        found = (each.field_with_role(role) for each in self._collection.instruments)
        return tuple(dict.fromkeys(each.id for each in found if each is not None))


def counts_unlisted(received: Received, queries: Iterable[Query]) -> bool:
    """Whether a person has decided that a return counts although its organisation is no longer on the list."""
    return any(
        each.received == received.id
        and each.organisation == received.organisation
        and each.code == "unlisted"
        and each.decision == "accept"
        for each in queries
    )


def _by(received: Received) -> str:
    """What the ledger says of a return whose place was taken."""
    return f"by #{received.id}"
