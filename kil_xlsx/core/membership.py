"""Which returns a benchmark uses: the last of each organisation that is filled in, agreed to, and complete enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.names import folded
from kil_xlsx.core.problems import Problem
from kil_xlsx.core.readings import Identity, Reading
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Return, State

SELECTION_IN_WORDS = (
    "Only organisations that agreed to share their answers are used; no answer to that question means no. Where an "
    "organisation sent several files, the last one given is used; files are taken to be from one organisation when "
    "they share a registered number, the reference of a workbook made for one organisation, or a name without having "
    "different numbers. A workbook that "
    "came back as it was sent, with nothing filled in or confirmed, is left out."
)
"""How returns are selected, as it stands beside every benchmark."""

Names = frozenset[tuple[str, str]]
"""What an organisation is known by: kind ("name", "number", "reference") and text."""


@dataclass(frozen=True)
class Member:
    """A return that was given.  ``sha256`` identifies its file."""

    identity: Identity
    ret: Return
    result: Result
    sha256: str = ""
    as_sent: bool = False


@dataclass(frozen=True)
class Selection:
    """What became of the returns of one respondent type.

    ``files`` are all that could be read, ``latest`` the last of each organisation, ``accepted`` those of them that were
    filled in, ``used`` those that agreed and are complete enough.  ``keys`` and ``names`` belong to ``used``: what
    tells each apart across rounds, and all that it is known by.
    """

    files: tuple[Member, ...]
    latest: tuple[Member, ...]
    accepted: tuple[Member, ...]
    used: tuple[Member, ...]
    keys: tuple[str, ...]
    names: tuple[Names, ...]
    as_sent: int
    consent_blank: int
    consent_refused: int
    incomplete: int

    @property
    def replaced(self) -> int:
        """How many files a later one replaced."""
        return len(self.files) - len(self.latest)


def members_of(readings: Iterable[Reading]) -> list[Member]:
    """The readings that came to something."""
    return [
        Member(reading.identity, reading.ret, reading.result, reading.file.sha256, _as_sent(reading.problems))
        for reading in readings
        if reading.identity is not None and reading.ret is not None and reading.result is not None
    ]


def _as_sent(problems: Sequence[Problem]) -> bool:
    return any(problem.code == "return-as-sent" for problem in problems)


def select(instrument: Instrument, members: Iterable[Member]) -> Selection:
    """Select the returns of one respondent type; several of one organisation in the order in which they came."""
    files = [member for member in members if belongs(instrument, member)]
    last = _one_each(instrument, files)
    latest = [member for member, _ in last]
    accepted = [(member, names) for member, names in last if _filled_in(member)]
    agreed = [(member, names) for member, names in accepted if consent_of(instrument, member) is True]
    used = [(member, names) for member, names in agreed if _complete(instrument, member)]
    refused = [consent_of(instrument, member) for member, _ in accepted]
    return Selection(
        files=tuple(files),
        latest=tuple(latest),
        accepted=tuple(member for member, _ in accepted),
        used=tuple(member for member, _ in used),
        keys=tuple(_key(names, member) for member, names in used),
        names=tuple(names for _, names in used),
        as_sent=len(latest) - len(accepted),
        consent_blank=refused.count(None),
        consent_refused=refused.count(False),
        incomplete=len(agreed) - len(used),
    )


def belongs(instrument: Instrument, member: Member) -> bool:
    """Whether a return is of the instrument's framework, version and respondent type."""
    identity, framework = member.identity, instrument.framework
    here = (framework.id, framework.version, instrument.respondent.id)
    return (identity.framework, identity.version, identity.respondent) == here


def _one_each(instrument: Instrument, members: Sequence[Member]) -> list[tuple[Member, Names]]:
    """The last return of each organisation, with its names.  A return that names nobody is one by itself."""
    by_name: dict[tuple[str, str], set[int]] = {}
    organisations: dict[int, Names] = {}
    for at, member in enumerate(members):
        names = own = names_of(instrument, member)
        taken: set[int] = set()
        known = set().union(*(by_name.get(name, set()) for name in own))
        same = [other for other in sorted(known & organisations.keys()) if same_organisation(own, organisations[other])]
        for other in same:
            # A name that two organisations have says nothing about which of them this is.
            alone = all(same_organisation(organisations[other], organisations[each]) for each in same if each != other)
            if alone or {kind for kind, _ in own & organisations[other]} - {"name"}:
                names |= organisations[other]
                taken.add(other)
        for other in taken:
            del organisations[other]
        organisations[at] = names
        for name in names:
            by_name.setdefault(name, set()).add(at)
    return [(members[at], names) for at, names in organisations.items()]


def same_organisation(mine: Names, theirs: Names) -> bool:
    """Whether two returns are of one organisation.

    Those that share a number or the reference of a workbook are.  Those that share a name are, unless they have
    different numbers.
    """
    shared = {kind for kind, _ in mine & theirs}
    numbers = [{text for kind, text in each if kind == "number"} for each in (mine, theirs)]
    return bool(shared - {"name"}) or ("name" in shared and not all(numbers))


class ByName:
    """Organisations by what they are called, so that those which may be the same as another are found quickly."""

    def __init__(self, organisations: Sequence[Names]) -> None:
        self._places: dict[tuple[str, str], list[int]] = {}
        for at, names in enumerate(organisations):
            for name in names:
                self._places.setdefault(name, []).append(at)

    def sharing(self, names: Names) -> list[int]:
        """The positions, in order, of those that share a name or number: only these can be of the same organisation."""
        return sorted({at for name in names for at in self._places.get(name, ())})


def _filled_in(member: Member) -> bool:
    """Whether anything was filled in or confirmed by the sender."""
    return not member.as_sent and member.result.progress.questions_responded > 0


def _complete(instrument: Instrument, member: Member) -> bool:
    counts = member.result.overall_counts
    least = instrument.framework.benchmarking.least_completeness
    return counts.applicable == 0 or counts.answered / counts.applicable >= least


def consent_of(instrument: Instrument, member: Member) -> bool | None:
    """Whether the organisation agreed to share its answers; none where it did not say."""
    asked = instrument.field_with_role("consent")
    entry = member.ret.get(asked.id) if asked else None
    if entry is None or entry.state is State.UNANSWERED or entry.code is None:
        return None
    return entry.state is State.ANSWERED and entry.code in instrument.framework.benchmarking.consent.share


def names_of(instrument: Instrument, member: Member) -> Names:
    """What an organisation is known by; two returns that share any of it are from one organisation.

    The reference of a workbook made for nobody in particular is no name: all copies of the blank one carry it.
    """
    identity = member.identity
    found = [("name", identity.organisation)]
    numbers = identity.organisation_id
    if identity.organisation.strip() or identity.organisation_id.strip():
        found.append(("reference", identity.reference))
    for each in instrument.profile:
        text = member.ret.text(each.id)
        if each.role == "organisation":
            found.append(("name", text))
        elif each.type in ("org_id", "org_id_list"):
            numbers += f" {text}"
    return plain_names(instrument, found, numbers)


def plain_names(instrument: Instrument, found: Iterable[tuple[str, str]], numbers: str) -> Names:
    """Names as they are compared: letters in either case and kinds of blank do not matter.

    :param numbers: registered numbers with anything between them; what cannot be one ("none", "n/a") is left out.
    """
    schemes = tuple(f"{scheme.prefix}-" for scheme in instrument.framework.id_schemes)
    every = list(found)
    for number in numbers.upper().replace(",", " ").replace(";", " ").split():
        if number.startswith(schemes) or sum(map(str.isdigit, number)) >= 5:
            every.append(("number", number))
    plain = ((kind, folded(text)) for kind, text in every)
    return frozenset((kind, text) for kind, text in plain if text)


def bodies_of(selection: Selection, parents: Mapping[tuple[str, str], str]) -> list[str]:
    """What each organisation that is used counts as: its parent's name, if it has one, or its own key.

    A parent that takes part itself counts as the same body as those under it.

    :param parents: the parent's name, by a name or number of the organisation.
    """
    named = {name: folded(parent) for name, parent in parents.items()}
    above = set(named.values())
    found = []
    for key, names in zip(selection.keys, selection.names, strict=True):
        mine = next((named[name] for name in sorted(names) if name in named), None)
        own = next((text for kind, text in sorted(names) if kind in ("name", "number") and text in above), None)
        found.append(f"parent {mine or own}" if mine or own else f"key {key}")
    return found


def _key(names: Names, member: Member) -> str:
    """What tells an organisation apart across rounds: its first number, else its name or reference, else its file."""
    for kind in ("number", "name", "reference"):
        texts = sorted(text for each, text in names if each == kind)
        if texts:
            return f"{kind} {texts[0]}"
    return f"file {member.sha256}"
