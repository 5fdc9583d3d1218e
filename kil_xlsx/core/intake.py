"""Whose a file that came in is, and what a person has to decide about that.

The reference code decides whose a return is: only the collection can make one, and it is looked up in the send list.
What the workbook states of itself and what was typed into it is held against the send list; the sender's address is a
hint.  Whatever does not fit becomes a query for a person and is never guessed.  Where a query *holds*, the return does
not count until it is decided.  Which of several returns of one organisation counts: :mod:`kil_xlsx.core.precedence`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from kil_xlsx.core.collection import Asked, Copy, Share
from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.names import folded, one_line
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
        return one_line(ret.text(field_.id)) if field_ is not None else ""

    says = hashlib.sha256()
    for key, entry in sorted(ret.entries.items()):
        if entry.outcome is not Outcome.BLANK:
            says.update(repr((*key, entry.state, entry.value, entry.code, entry.text, entry.typed)).encode())
    return Stated(
        framework=identity.framework,
        version=identity.version,
        respondent=identity.respondent,
        round_id=one_line(identity.round_id),
        name=one_line(identity.organisation),
        number=one_line(identity.organisation_id),
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
        nobodys = Doubt("reference-missing", found=said.typed_name or said.name)
        return Whose(None, round_id, doubts=(nobodys, *_about_round(said.round_id, round_id)))
    copy = sent.by_reference.get(said.reference)
    organisation = sent.by_id.get(copy.organisation) if copy is not None else None
    if copy is None or organisation is None:
        found = f"{said.reference} ({said.typed_name or said.name or 'no name given'})"
        nobodys = Doubt("reference-unknown", found=found)
        return Whose(None, round_id, doubts=(nobodys, *_about_round(said.round_id, round_id)))
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


def _about_round(stated: str, round_id: str) -> Iterator[Doubt]:
    """What a workbook without a code of the collection's says of its round; one that says nothing raises no doubt."""
    if stated and folded(stated) != folded(round_id):
        yield Doubt("round-other", found=stated, expected=round_id or "no round")


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
    """What was typed about the organisation that is not what the list says.

    A workbook may be older than the list: a name or number that was the organisation's when the workbook was made is
    no mistake, unless the list gives it to another one by now.
    """
    number = said.typed_number
    known = {copy.number.upper(), organisation.number.upper()} - {""}
    others = (sent.by_number.get(number, frozenset()) if number else frozenset()) - {organisation.id}
    right_name = not said.typed_name or folded(said.typed_name) in {folded(copy.name), folded(organisation.name)}
    another = _name_of_another(said, copy, organisation, sent)
    if others and number != organisation.number.upper():
        yield Doubt("organisation-differs", found=number, expected=organisation.number or organisation.name)
    elif another:
        yield Doubt("organisation-differs", found=another, expected=organisation.name)
    elif number and known and number not in known:
        yield Doubt("number-differs", found=number, expected=organisation.number)
    elif number and (others or not known) and sent.typed_numbers.get(number, frozenset()) - {organisation.id}:
        yield Doubt("number-shared", found=number)
    elif not right_name:
        yield Doubt("name-differs", found=said.typed_name, expected=organisation.name)


def _name_of_another(said: Stated, copy: Copy, organisation: Asked, sent: SendList) -> str:
    """A name that was typed, or that the workbook was made with, and that is another organisation's; empty if none is.

    Who has left the list may have its name used by another, unless the workbook is not known by that name at all.
    """
    names = [said.typed_name]
    if folded(said.name) == folded(copy.name):  # else it is relabelled anyhow
        names.append(said.name)
    for name in names:
        if not name or folded(name) == folded(organisation.name):
            continue
        namesakes = sent.by_name.get((organisation.respondent, folded(name)), frozenset()) - {organisation.id}
        if folded(name) != folded(copy.name) and namesakes:
            return name
        if any(sent.by_id[each].listed for each in namesakes):
            return name
    return ""


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


def domain_of(address: str) -> str:
    """The part of an address after the @, in small letters."""
    return address.rpartition("@")[2].casefold()


def _gathered(pairs: Iterable[tuple[Name, int]]) -> Mapping[Name, frozenset[int]]:
    found: dict[Name, set[int]] = {}
    for name, number in pairs:
        found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}
