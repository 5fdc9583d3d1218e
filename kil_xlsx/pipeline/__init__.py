"""One function for each command: the only place where the stages meet, and the only clock.

Nothing here prints.  Every function says what it did in a plain record, and raises
:class:`kil_xlsx.errors.KilXlsxError` when it cannot go on.  Libraries that take long to load are imported where they
are used.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.frameworks import (
    DEFAULT_FRAMEWORK,
    SCHEMAS,
    ShippedFramework,
    chosen,
    codebook,
    frameworks,
    instrument_of,
    load,
    schema,
    theme_file,
)
from kil_xlsx.pipeline.names import LONGEST_NAME, file_name, safe_name
from kil_xlsx.pipeline.outputs import Outputs, write_file
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.reading import Returned, read, read_csv, read_json
from kil_xlsx.pipeline.versions import earlier

if TYPE_CHECKING:
    from kil_xlsx.core.branding import Branding
    from kil_xlsx.core.peers import Peers
    from kil_xlsx.definitions.organisations import ListedOrganisation, OrganisationsList
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.pipeline.prefill import Gathered
    from kil_xlsx.results.return_model import ReturnDocument

__all__ = [
    "DEFAULT_FRAMEWORK",
    "LONGEST_NAME",
    "SCHEMAS",
    "Generated",
    "Outputs",
    "Progress",
    "Returned",
    "ShippedFramework",
    "Workbook",
    "branding_of",
    "chosen",
    "codebook",
    "file_name",
    "frameworks",
    "generate",
    "instrument_of",
    "load",
    "now",
    "quiet",
    "read",
    "read_csv",
    "read_json",
    "read_organisations",
    "safe_name",
    "schema",
    "theme_file",
    "workbook_bytes",
    "write_file",
]

LONGEST_WORDS = 200
"""Characters of a round's name or a contact."""


def now() -> datetime:
    """The time of day, to the second, where the program runs."""
    return datetime.now().replace(microsecond=0)  # noqa: TID251, DTZ005 - the one clock; workbooks hold local time


@dataclass(frozen=True)
class Workbook:
    """A workbook that was made: where it is, for whom, and its reference code."""

    path: Path
    respondent: str
    organisation: str
    email: str
    reference: str


@dataclass(frozen=True)
class Generated:
    """What :func:`generate` did.  ``notes`` tells what the coordinator may want to check."""

    framework: Framework
    folder: Path
    workbooks: tuple[Workbook, ...]
    notes: tuple[str, ...] = ()


def generate(
    framework: str = DEFAULT_FRAMEWORK,
    *,
    respondent: str | None = None,
    organisations: Path | None = None,
    out: Path = Path("workbooks"),
    round_id: str = "",
    due: date | None = None,
    contact: str = "",
    previous: Path | None = None,
    answers: Path | None = None,
    benchmark: Path | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    force: bool = False,
    progress: Progress = quiet,
) -> Generated:
    """Write one workbook for each organisation of a list, or a blank one for each respondent type.

    Without a list, but with earlier returns or answers: one for each organisation that these are of.

    Nothing is written unless everything can be: the list is checked first, then whether a file would be overwritten,
    and workbooks get their names only when the last of them is ready.

    :param respondent: only this respondent type; rows of a list that name none are taken to be of it.
    :param previous: what came back last time, as a workbook, a folder of them or what :func:`read_json` gave: it is
        filled in, marked, for respondents to confirm or change.
    :param answers: a JSON file with answers that are filled in as if they had been typed.
    :param benchmark: a ``release.json`` made earlier, whose figures stand beside the scores.
    :param theme: the file with the council's colours, font, logo and footer.
    :param created: the time that the workbooks carry; now, unless given.
    :param force: whether files that are there may be replaced.
    """
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.layout.stamp import Organisation, stamp

    whole, instruments = chosen(framework, respondent)
    moment = created or now()
    issue = Issue(
        created=moment,
        round_id=_words(round_id, "The round"),
        due=due,
        contact=_words(contact, "The contact"),
        branding=branding_of(theme),
    )
    notes: list[str] = []
    if due is not None and due < moment.date():
        notes.append(f"The return date, {due:%d/%m/%Y}, has passed already.")
    plans = {each.respondent.id: Plan(each) for each in instruments}
    peers = _peers(benchmark, whole, plans.values(), notes) if benchmark is not None else {}
    wanted: list[tuple[Plan, Issue, dict[Key, Typed], str]] = []
    before = _before(framework, plans, previous, answers, progress)
    if organisations is None and before is not None:
        for kind, whose in before.organisations():
            theirs = replace(issue, organisation=whose, peers=peers.get(kind))
            wanted.append((plans[kind], theirs, {}, ""))
    elif organisations is None:
        wanted = [(plan, replace(issue, peers=peers.get(each)), {}, "") for each, plan in plans.items()]
    else:
        only = instruments[0].respondent.id if len(instruments) == 1 else None
        listed = read_organisations(organisations, whole, only)
        notes += listed.notes
        for each in listed.organisations:
            if each.respondent in plans:
                plan = plans[each.respondent]
                profile, typed = _known(plan, each)
                whose = Organisation(each.name, each.id, each.email, profile)
                theirs = replace(issue, organisation=whose, peers=peers.get(each.respondent))
                wanted.append((plan, theirs, typed, each.email))
        left_out = len(listed.organisations) - len(wanted)
        if left_out:
            notes.append(f"Rows of another respondent type, left out: {left_out}.")
        if not wanted:
            raise UsageProblem(f"No row of {organisations.name} is for the respondent type '{only}'.")
    if before is not None:
        wanted = before.fill(wanted, are_listed=organisations is not None)
        notes += before.notes
    made: list[Workbook] = []
    for plan, each_issue, _, email in wanted:
        organisation = each_issue.organisation
        reference = stamp(plan.instrument, each_issue.round_id, organisation).reference
        name = organisation.name if organisation else ""
        path = out / file_name(plan.instrument, name, reference)
        made.append(Workbook(path, plan.instrument.respondent.label, name, email, reference))
    with Outputs([workbook.path for workbook in made], force=force) as outputs:
        for at, (plan, each_issue, typed, _) in enumerate(wanted):
            progress(at, len(wanted), made[at].path.name)
            outputs.add(made[at].path, workbook_bytes(plan, each_issue, typed))
        progress(len(wanted), len(wanted), "")
        outputs.commit()
    return Generated(whole, out, tuple(made), tuple(notes))


def _before(
    framework: str, plans: Mapping[str, Plan], previous: Path | None, answers: Path | None, progress: Progress
) -> Gathered | None:
    """What workbooks are filled in with beforehand, if anything."""
    if previous is None and answers is None:
        return None
    from kil_xlsx.pipeline.prefill import document_of, gather, is_json
    from kil_xlsx.pipeline.prefill import read_json as json_of

    found: ReturnDocument | Returned | None = None
    if previous is not None and is_json(previous):
        found = document_of(json_of(previous), previous)
    elif previous is not None:
        found = read([previous], framework, progress=progress)
    return gather(plans, found, previous, answers, earlier(framework, [plan.instrument for plan in plans.values()]))


def workbook_bytes(plan: Plan, issue: Issue, typed: Mapping[Key, Typed] | None = None) -> bytes:
    """One workbook, with whatever is typed in already."""
    from kil_xlsx.layout.compose import compose
    from kil_xlsx.writing.theme import build_theme
    from kil_xlsx.writing.xlsx import write

    return write(compose(plan, issue, typed), build_theme(issue.branding))


def _peers(path: Path, whole: Framework, plans: Iterable[Plan], notes: list[str]) -> dict[str, Peers]:
    """What a benchmark says of the peers of each respondent type; ``notes`` gets what is to be said about it."""
    from kil_xlsx.pipeline.peers import for_members, peers_of, read_release

    found, told = read_release(path, whole)
    for_members(found)
    notes += told
    peers: dict[str, Peers] = {}
    for plan in plans:
        mine = peers_of(found, plan)
        if mine is not None:
            peers[plan.instrument.respondent.id] = mine
        else:
            label = plan.instrument.respondent.label
            notes.append(f"{label}: the benchmark shows no scores of this respondent type, so its workbooks have none.")
    return peers


def branding_of(theme: Path | None) -> Branding:
    """What a theme file says, or the default.  DefinitionError for anything wrong with it."""
    from kil_xlsx.core.branding import DEFAULT

    if theme is None:
        return DEFAULT
    from kil_xlsx.definitions.branding import load_branding

    return load_branding(theme)


def read_organisations(path: Path, framework: Framework, respondent: str | None = None) -> OrganisationsList:
    """The organisations of a list.  OrganisationsListError for anything wrong with its rows."""
    from kil_xlsx.definitions.organisations import organisations
    from kil_xlsx.pipeline.inbox import content
    from kil_xlsx.reading.lists import read_list

    data = content(path)
    if isinstance(data, str):
        raise UsageProblem(f"The list {path} cannot be read: {data}.", "Check its name, and that you may read it.")
    listed = read_list(data, path.name)
    found = organisations(framework, [(row.number, row.cells) for row in listed.rows], path.name, respondent)
    return replace(found, notes=(*listed.notes, *found.notes))


def _known(plan: Plan, listed: ListedOrganisation) -> tuple[tuple[tuple[str, str], ...], dict[Key, Typed]]:
    """What a list says about an organisation: texts for its profile, and dates as cells hold them."""
    from kil_xlsx.layout.codec import serial
    from kil_xlsx.layout.slots import SlotKind

    texts: list[tuple[str, str]] = []
    typed: dict[Key, Typed] = {}
    for field_id, value in listed.profile:
        slot = plan.by_key.get(Key(field_id))
        if slot is not None and slot.kind is SlotKind.DATE:
            typed[slot.key] = serial(date.fromisoformat(value))
        else:
            texts.append((field_id, value))
    return tuple(texts), typed


def _words(text: str, what: str) -> str:
    """A text of the command line that goes into workbooks, on one line.  UsageProblem if no cell can show it."""
    line = " ".join(text.split())
    if len(line) > LONGEST_WORDS:
        raise UsageProblem(f"{what} is {len(line)} characters long.", f"Keep it to {LONGEST_WORDS}.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in line):
        raise UsageProblem(f"{what} has a character that cannot be shown.", "Type it again.")
    return line
