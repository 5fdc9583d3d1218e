"""Which returns a benchmark uses: those of the framework compared, the last of each organisation, with its consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.core.readings import Identity
from kil_xlsx.core.results import Result
from kil_xlsx.core.returns import Return, State

SELECTION_IN_WORDS = (
    "Only organisations that agreed to share their answers are used; no answer to that question means no. Where an "
    "organisation sent several files, the last one given is used; files are taken to be from one organisation when "
    "they share a registered number, a name, or the reference of a workbook made for one organisation."
)
"""How returns are selected, as it stands beside every benchmark."""


@dataclass(frozen=True)
class Member:
    """A return that was given."""

    identity: Identity
    ret: Return
    result: Result


def belongs(instrument: Instrument, member: Member) -> bool:
    """Whether a return is of the instrument's framework, version and respondent type."""
    identity, framework = member.identity, instrument.framework
    here = (framework.id, framework.version, instrument.respondent.id)
    return (identity.framework, identity.version, identity.respondent) == here


def one_each(instrument: Instrument, members: Sequence[Member]) -> list[Member]:
    """The last return of each organisation.  A return that names nobody is an organisation by itself."""
    organisations: list[tuple[set[tuple[str, str]], int]] = []
    for at, member in enumerate(members):
        names = _names(instrument, member)
        same = [each for each in organisations if each[0] & names]
        organisations = [each for each in organisations if not each[0] & names]
        organisations.append((names.union(*(each[0] for each in same)), at))
    return [members[at] for _, at in organisations]


def consent_of(instrument: Instrument, member: Member) -> bool | None:
    """Whether the organisation agreed to share its answers; none where it did not say."""
    asked = instrument.field_with_role("consent")
    entry = member.ret.get(asked.id) if asked else None
    if entry is None or entry.state is State.UNANSWERED or entry.code is None:
        return None
    return entry.state is State.ANSWERED and entry.code in instrument.framework.benchmarking.consent.share


def _names(instrument: Instrument, member: Member) -> set[tuple[str, str]]:
    """What an organisation is known by; two returns that share any of it are from one organisation.

    The reference of a workbook made for nobody in particular is no name: all copies of the blank one carry it.
    """
    identity = member.identity
    schemes = tuple(f"{scheme.prefix}-" for scheme in instrument.framework.id_schemes)
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
    for number in numbers.upper().replace(",", " ").replace(";", " ").split():
        if number.startswith(schemes) or sum(map(str.isdigit, number)) >= 5:  # not "none" or "n/a"
            found.append(("number", number))
    plain = ((kind, " ".join(text.split()).casefold()) for kind, text in found)
    return {(kind, text) for kind, text in plain if text}
