"""Whose a file that came in is, whether it counts, and what a person has to decide about it.

The reference code decides whose a return is: only the collection can make one, and it is looked up in the send list.
What the workbook states of itself and what was typed into it is held against the send list; the sender's address is a
hint.  Whatever does not fit becomes a query for a person and is never guessed.  Where a query *holds*, the return does
not count until it is decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from kil_xlsx.core.collection import Asked, Copy, Received, ReturnState, Share
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.queries import Doubt
from kil_xlsx.core.readings import Reading
from kil_xlsx.core.returns import Outcome

Name = TypeVar("Name")


@dataclass(frozen=True)
class Stated:
    """What a return says of itself: what the workbook was made with, and what was typed about the organisation.

    ``digest`` tells whether two returns say the same, whatever their bytes.
    """

    framework: str
    version: str
    respondent: str
    round_id: str
    name: str
    number: str
    reference: str
    typed_name: str
    typed_number: str
    person: str
    digest: str


def stated(reading: Reading, instrument: Instrument | None) -> Stated | None:
    """What a return says of itself; nothing for a file that was refused."""
    identity, ret = reading.identity, reading.ret
    if identity is None or ret is None:
        return None

    def typed(role: str) -> str:
        field_ = instrument.field_with_role(role) if instrument is not None else None
        return _line(ret.text(field_.id)) if field_ is not None else ""

    says = hashlib.sha256()
    for key, entry in sorted(ret.entries.items()):
        if entry.outcome is not Outcome.BLANK:
            says.update(repr((*key, entry.state, entry.value, entry.code, entry.text, entry.typed)).encode())
    return Stated(
        framework=identity.framework,
        version=identity.version,
        respondent=identity.respondent,
        round_id=_line(identity.round_id),
        name=_line(identity.organisation),
        number=_line(identity.organisation_id),
        reference=identity.reference,
        typed_name=typed("organisation"),
        typed_number=typed("org_id").upper(),
        person=typed("completed_by"),
        digest=says.hexdigest(),
    )


def untouched(reading: Reading) -> tuple[Doubt, ...]:
    """The doubt about a return in which nobody has filled in anything; nothing where somebody has."""
    wrong = next((each for each in reading.problems if each.code in _UNTOUCHED), None)
    return (Doubt("nothing-new"),) if wrong is not None else ()


_UNTOUCHED = frozenset(("return-empty", "return-as-sent"))


@dataclass(frozen=True)
class SendList:
    """Who is asked and what was made for them, arranged for looking things up.

    ``typed_numbers`` are registered numbers that returns which came before have filled in, with the organisations.
    """

    organisations: Sequence[Asked]
    copies: Sequence[Copy]
    typed_numbers: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def by_reference(self) -> Mapping[str, Copy]:
        """Copies by their reference codes."""
        return {each.reference: each for each in self.copies}

    @cached_property
    def by_id(self) -> Mapping[int, Asked]:
        """Organisations by their numbers in the database."""
        return {each.id: each for each in self.organisations}

    @cached_property
    def by_address(self) -> Mapping[str, frozenset[int]]:
        """Organisations by their addresses in small letters; several may share one."""
        return _gathered((each.email.casefold(), each.id) for each in self.organisations if each.email)

    @cached_property
    def by_domain(self) -> Mapping[str, frozenset[int]]:
        """Organisations by the part of their address after the @."""
        return _gathered((domain_of(each.email), each.id) for each in self.organisations if each.email)

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], frozenset[int]]:
        """Organisations by respondent type and name."""
        return _gathered(((each.respondent, folded(each.name)), each.id) for each in self.organisations)

    @cached_property
    def by_number(self) -> Mapping[str, frozenset[int]]:
        """Organisations by their registered numbers."""
        return _gathered((each.number.upper(), each.id) for each in self.organisations if each.number)


@dataclass(frozen=True)
class Whose:
    """Whose a return is taken for, what it is of, and what is doubtful about that."""

    organisation: int | None
    round_id: str
    share: Share = Share.WHOLE
    doubts: tuple[Doubt, ...] = ()

    @property
    def held(self) -> bool:
        """Whether a person has to decide first."""
        return any(doubt.holds for doubt in self.doubts)


def whose(said: Stated, sender: str, sent: SendList, round_id: str) -> Whose:
    """Whose a return is.

    :param sender: the address that it came from; empty if that is not known.
    :param round_id: the round that is being collected.
    """
    if not said.reference:
        return Whose(None, round_id, doubts=(Doubt("reference-missing", found=said.typed_name or said.name),))
    copy = sent.by_reference.get(said.reference)
    organisation = sent.by_id.get(copy.organisation) if copy is not None else None
    if copy is None or organisation is None:
        found = f"{said.reference} ({said.typed_name or said.name or 'no name given'})"
        return Whose(None, round_id, doubts=(Doubt("reference-unknown", found=found),))
    doubts = [
        *_relabelled(said, copy),
        *_about_organisation(said, copy, organisation, sent),
        *_about_sender(sender, organisation, sent),
    ]
    if copy.round_id != round_id:
        doubts.append(Doubt("round-other", found=copy.round_id or "no round", expected=round_id or "no round"))
    if not organisation.listed:
        doubts.append(Doubt("unlisted", found=organisation.name))
    return Whose(organisation.id, copy.round_id, copy.share, tuple(doubts))


def _relabelled(said: Stated, copy: Copy) -> Iterable[Doubt]:
    """What the workbook states that is not what it was made with; a fact that a program has dropped says nothing."""
    pairs = (
        ("framework", said.framework, copy.framework),
        ("respondent type", said.respondent, copy.respondent),
        ("round", said.round_id, copy.round_id),
        ("organisation", said.name, copy.name),
        ("number", said.number, copy.number),
    )
    wrong = [(what, has, had) for what, has, had in pairs if has and folded(has) != folded(had)]
    if wrong:
        yield Doubt(
            "relabelled",
            found="; ".join(f"{what}: {has}" for what, has, _ in wrong),
            expected="; ".join(f"{what}: {had or 'none'}" for what, _, had in wrong),
        )


def _about_organisation(said: Stated, copy: Copy, organisation: Asked, sent: SendList) -> Iterable[Doubt]:
    """What was typed about the organisation that is not what the list says."""
    number = said.typed_number
    known = {copy.number.upper(), organisation.number.upper()} - {""}
    others = (sent.by_number.get(number, frozenset()) if number else frozenset()) - {organisation.id}
    namesakes = sent.by_name.get((organisation.respondent, folded(said.typed_name)), frozenset())
    right_name = not said.typed_name or folded(said.typed_name) in {folded(copy.name), folded(organisation.name)}
    if others and number not in known:
        yield Doubt("organisation-differs", found=number, expected=organisation.number or organisation.name)
    elif not right_name and namesakes - {organisation.id}:
        yield Doubt("organisation-differs", found=said.typed_name, expected=organisation.name)
    elif number and known and number not in known:
        yield Doubt("number-differs", found=number, expected=organisation.number)
    elif number and (others or not known) and sent.typed_numbers.get(number, frozenset()) - {organisation.id}:
        yield Doubt("number-shared", found=number)
    elif not right_name:
        yield Doubt("name-differs", found=said.typed_name, expected=organisation.name)


def _about_sender(sender: str, organisation: Asked, sent: SendList) -> Iterable[Doubt]:
    """What an address gives reason to ask: that of another organisation, or of nobody."""
    address = sender.casefold()
    if not address or not organisation.email or address == organisation.email.casefold():
        return
    others = sent.by_address.get(address, frozenset())
    if others:
        if organisation.id not in others:
            yield Doubt("forwarded", found=address, expected=organisation.email)
    elif domain_of(address) != domain_of(organisation.email):
        yield Doubt("sender-unknown", found=address, expected=organisation.email)


@dataclass(frozen=True)
class Standing:
    """Whether a return counts beside the others of its organisation.

    ``supersedes`` are the numbers of those whose place it takes; ``views`` of those that are one person's view from now
    on; ``unsettles`` of those that have to be decided about again, with the reason.
    """

    state: ReturnState
    supersedes: tuple[int, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    share: Share | None = None
    views: tuple[int, ...] = ()
    unsettles: tuple[tuple[int, Doubt], ...] = ()


def standing(new: Received, others: Iterable[Received]) -> Standing:
    """Where a return stands whose organisation is known and whose identity nobody doubts (any more).

    A later return takes the place of an earlier one of the same person or, where nothing tells people apart, of the
    organisation.  Dates of mails say which is later; else the run of import in which each came in.  What several have
    agreed on takes the place of what came before it, and nothing takes its place unasked.

    :param others: all returns of the organisation in the round; the new one among them does not matter.
    """
    current = [each for each in others if each.id != new.id and each.state.counts]
    if new.share is Share.CONSENSUS:
        return _agreed_on(new, current)
    agreed = next((each for each in current if each.share is Share.CONSENSUS), None)
    if agreed is not None:
        if agreed.digest == new.digest or _by_date(new, agreed) < 0:
            return Standing(ReturnState.SUPERSEDED)
        return Standing(ReturnState.HELD, doubts=(Doubt("after-consensus", expected=agreed.name),))
    views = [each for each in current if each.share is Share.VIEW]
    if views:
        rivals = [each for each in views if not different_people(new, each)]
        if not rivals:
            return Standing(ReturnState.HELD, doubts=(_second(new, views[-1]),))
        return _against(new, rivals, Share.VIEW)
    other = next((each for each in current if different_people(new, each) and each.digest != new.digest), None)
    if other is not None:
        return Standing(ReturnState.HELD, doubts=(_second(new, other),))
    return _against(new, current, None)


def _agreed_on(new: Received, current: Sequence[Received]) -> Standing:
    """What several people have agreed on: single views stay beside it, a whole return that is later is asked about."""
    found = _against(new, [each for each in current if each.share is Share.CONSENSUS], None)
    if not found.state.counts:
        return found
    wholes = [each for each in current if each.share is Share.WHOLE]
    later = [each for each in wholes if _by_date(each, new) > 0 and each.digest != new.digest]
    doubt = Doubt("after-consensus", expected=new.name)
    return replace(
        found,
        supersedes=(*found.supersedes, *(each.id for each in wholes if each not in later)),
        unsettles=tuple((each.id, doubt) for each in later),
    )


def _against(new: Received, rivals: Sequence[Received], share: Share | None) -> Standing:
    """A return against those whose place it may take."""
    for each in rivals:
        order = which_is_later(new, each)
        if order is None and each.digest != new.digest:
            return Standing(ReturnState.HELD, doubts=(Doubt("order-unknown", expected=each.name),))
        if order is not None and order < 0:
            return Standing(ReturnState.SUPERSEDED, share=share)
    return Standing(_counting(new), tuple(each.id for each in rivals), share=share)


def decided(new: Received, others: Iterable[Received], decision: str) -> Standing:
    """Where a return stands after a person has decided between it and the others of its organisation.

    :param decision: "later": it takes the place of those that it was doubted against.  "both": all stand as views of
        different people, and it takes the place of an earlier one of its own.
    """
    current = [each for each in others if each.id != new.id and each.state.counts]
    if decision == "both":
        wholes = tuple(each.id for each in current if each.share is Share.WHOLE)
        own = [
            each for each in current
            if each.share is not Share.CONSENSUS and _is_one_person(new, each)
        ]  # fmt: skip
        found = _against(new, own, Share.VIEW)
        if found.doubts:
            found = Standing(_counting(new), tuple(each.id for each in own), share=Share.VIEW)
        return replace(found, views=tuple(each for each in wholes if each not in found.supersedes))
    if new.share is Share.CONSENSUS:
        return Standing(_counting(new), tuple(each.id for each in current if each.share is not Share.VIEW))
    views = [each for each in current if each.share is Share.VIEW]
    mine = [each for each in views if not different_people(new, each)]
    if mine and len(mine) < len(views) and all(each.share is Share.VIEW for each in current):
        return Standing(_counting(new), tuple(each.id for each in mine), share=Share.VIEW)
    return Standing(_counting(new), tuple(each.id for each in current), share=Share.WHOLE)


def _second(new: Received, other: Received) -> Doubt:
    if folded(new.person) and folded(other.person):
        return Doubt("second-person", found=new.person, expected=other.person)
    return Doubt("second-person", found=new.sender, expected=other.sender)


def _counting(new: Received) -> ReturnState:
    return ReturnState.WITH_QUERIES if new.errors or new.queries else ReturnState.ACCEPTED


def _is_one_person(one: Received, other: Received) -> bool:
    """Whether something says that two returns are from the same person."""
    return _same_words(one.sender, other.sender) or _same_words(one.person, other.person)


def different_people(one: Received, other: Received) -> bool:
    """Whether two returns are from different people, as far as roles and addresses tell."""
    if _is_one_person(one, other):
        return False
    return bool(one.sender and other.sender) or bool(folded(one.person) and folded(other.person))


def _same_words(one: str, other: str) -> bool:
    return bool(folded(one)) and folded(one) == folded(other)


def which_is_later(one: Received, other: Received) -> int | None:
    """1 if the first is the later one, -1 if it is the earlier one, nothing if that cannot be told."""
    by_date = _by_date(one, other)
    if by_date:
        return by_date
    if one.batch != other.batch:
        return 1 if one.batch > other.batch else -1
    return None


def _by_date(one: Received, other: Received) -> int:
    """Which is later by the dates of the mails; 0 if these do not say."""
    if not one.sent_at or not other.sent_at:
        return 0
    return (one.sent_at > other.sent_at) - (one.sent_at < other.sent_at)


def folded(text: str) -> str:
    """A text as names are compared: letters in either case and kinds of blank do not matter."""
    return " ".join(text.split()).casefold()


def domain_of(address: str) -> str:
    """The part of an address after the @, in small letters."""
    return address.rpartition("@")[2].casefold()


def _line(text: str) -> str:
    return " ".join(text.split())


def _gathered(pairs: Iterable[tuple[Name, int]]) -> Mapping[Name, frozenset[int]]:
    found: dict[Name, set[int]] = {}
    for name, number in pairs:
        found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}
