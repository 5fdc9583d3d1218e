"""Workbooks one by one: which are to be made, with what in them, under which code and name.

What is wrong with a list or with earlier returns is found while planning, before any workbook is made; then each can
be made on its own, to be written to a folder or attached to a mail.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, overload

from msgspec.structs import replace

from kil_xlsx.core.framework import Framework
from kil_xlsx.core.returns import Key, Typed
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.frameworks import chosen
from kil_xlsx.pipeline.making import made, workbook_bytes
from kil_xlsx.pipeline.names import file_name
from kil_xlsx.pipeline.outputs import MayReplace, Outputs
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.versions import earlier

if TYPE_CHECKING:
    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.core.peers import Peers
    from kil_xlsx.definitions.organisations import ListedOrganisation
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.layout.stamp import Organisation
    from kil_xlsx.pipeline.prefill import Gathered
    from kil_xlsx.pipeline.reading import Returned
    from kil_xlsx.results.return_model import ReturnDocument

_NOTHING: Mapping[Key, Typed] = MappingProxyType({})
"""What is typed into most workbooks beforehand; one for all of them."""

LONGEST_WORDS = 200
"""Characters of a round's name or a contact."""


class Wanted(NamedTuple):
    """A workbook to make: its plan and issue, what is typed in, and whom it is mailed to."""

    plan: Plan
    issue: Issue
    typed: Mapping[Key, Typed]
    email: str

    @property
    def instrument(self) -> Instrument:
        return self.plan.instrument

    @property
    def organisation(self) -> Organisation | None:
        """Whose it is; nothing for a blank one."""
        return self.issue.organisation

    @property
    def reference(self) -> str:
        """Its reference code."""
        from kil_xlsx.layout.stamp import stamp

        return self.issue.reference or stamp(self.instrument, self.issue.round_id, self.organisation).reference

    @property
    def file_name(self) -> str:
        """What it is called, the extension included."""
        return self.workbook(Path()).file_name

    def workbook(self, folder: Path) -> Workbook:
        """What it is when it is made: its path in a folder, for whom it is, and its reference code."""
        name, reference = self.organisation.name if self.organisation else "", self.reference
        called = file_name(self.instrument, name, reference)
        return Workbook(folder, called, self.instrument.respondent.label, name, self.email, reference)

    def data(self) -> bytes:
        """The workbook itself, made by itself; :func:`kil_xlsx.pipeline.making.made` makes many alike much faster."""
        return workbook_bytes(self.plan, self.issue, self.typed)


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook that was made: where it is, for whom, and its reference code."""

    folder: Path
    file_name: str
    respondent: str
    organisation: str
    email: str
    reference: str

    @property
    def path(self) -> Path:
        return self.folder / self.file_name


@dataclass(frozen=True)
class Generated:
    """What :func:`write_workbooks` did.  ``notes`` tells what the coordinator may want to check."""

    framework: Framework
    folder: Path
    workbooks: tuple[Workbook, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """Everything that is to be made.  ``notes`` tells what the coordinator may want to check."""

    framework: Framework
    wanted: tuple[Wanted, ...]
    notes: tuple[str, ...] = ()


def planned(
    framework: str,
    *,
    respondent: str | None = None,
    organisations: Path | Sequence[ListedOrganisation] | None = None,
    round_id: str = "",
    due: date | None = None,
    contact: str = "",
    previous: Path | Returned | None = None,
    answers: Path | None = None,
    benchmark: Path | None = None,
    theme: Path | None = None,
    created: datetime | None = None,
    key: bytes = b"",
    purpose: str = "",
    is_whole_list: bool = True,
    progress: Progress = quiet,
) -> Planned:
    """Which workbooks are to be made, and with what in them.

    :param organisations: a list, or what was read of one.
    :param previous: what came back last time, or what was read of it.
    :param key: the secret that reference codes are made with; without it anybody can work them out.
    :param purpose: tells apart several workbooks of one organisation in a round; the usual one has none.
    :param is_whole_list: whether there are no other organisations than these, whom earlier returns might be of.

    For all others see :func:`kil_xlsx.pipeline.generate`.
    """
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.layout.sheets.frame import Issue
    from kil_xlsx.layout.stamp import Organisation, stamp
    from kil_xlsx.pipeline import branding_of, now, read_organisations

    whole, instruments = chosen(framework, respondent)
    moment = created or now()
    issue = Issue(
        created=moment,
        round_id=one_line(round_id, "The round"),
        due=due,
        contact=one_line(contact, "The contact"),
        branding=branding_of(theme),
    )
    notes: list[str] = []
    if due is not None and due < moment.date():
        notes.append(f"The return date, {due.day} {due:%B %Y}, has passed already.")
    plans = {each.respondent.id: Plan(each) for each in instruments}
    peers = _peers(benchmark, whole, plans.values(), notes) if benchmark is not None else {}
    wanted: list[Wanted] = []
    before = _before(framework, plans, previous, answers, progress)
    if organisations is None and before is not None:
        for kind, whose in before.organisations():
            theirs = replace(issue, organisation=whose, peers=peers.get(kind))
            wanted.append(Wanted(plans[kind], theirs, {}, ""))
    elif organisations is None:
        wanted = [Wanted(plan, replace(issue, peers=peers.get(each)), {}, "") for each, plan in plans.items()]
    else:
        name = "the list"
        if isinstance(organisations, Path):
            only = instruments[0].respondent.id if len(instruments) == 1 else None
            listed = read_organisations(organisations, whole, only)
            notes += listed.notes
            name, organisations = organisations.name, listed.organisations
        for each in organisations:
            if each.respondent in plans:
                plan = plans[each.respondent]
                profile, typed = _known(plan, each)
                whose = Organisation(each.name, each.id, each.email, profile)
                theirs = replace(issue, organisation=whose, peers=peers.get(each.respondent))
                wanted.append(Wanted(plan, theirs, typed, each.email))
        left_out = len(organisations) - len(wanted)
        if left_out:
            notes.append(f"Rows of another respondent type, left out: {left_out}.")
        if not wanted:
            kinds = "', '".join(plans)
            raise UsageProblem(f"No row of {name} is for the respondent type '{kinds}'.")
    if before is not None:
        wanted = before.fill(wanted, are_listed=organisations is not None, are_all=is_whole_list)
        notes += before.notes
    if key or purpose:
        for at, one in enumerate(wanted):
            made = stamp(one.instrument, one.issue.round_id, one.organisation, key=key, purpose=purpose)
            wanted[at] = one._replace(issue=replace(one.issue, reference=made.reference))
    return Planned(whole, tuple(wanted), tuple(notes))


def write_workbooks(
    plan: Planned,
    out: Path,
    *,
    force: MayReplace = False,
    splice: bool = True,
    executor: str | None = None,
    record: Callable[[], None] | None = None,
    progress: Progress = quiet,
) -> Generated:
    """Write workbooks to a folder: all of them or none.

    :param force: whether files that are there may be replaced.
    :param splice: make those that are alike from one template; else each is made by itself, which says the same.
    :param executor: where they are made, see :func:`kil_xlsx.pipeline.executing.executor`; here unless given.
    :param record: called when all are ready, before any has its name.
    """
    workbooks = tuple(each.workbook(out) for each in plan.wanted)
    progress(0, len(workbooks), workbooks[0].file_name if workbooks else "")
    with (
        Outputs(_Paths(workbooks), force=force) as outputs,
        closing(made(plan.wanted, splice=splice, executor=executor)) as files,
    ):
        for done, (at, data) in enumerate(files, start=1):
            outputs.add(workbooks[at].path, data)
            progress(done, len(workbooks), workbooks[at].file_name if done < len(workbooks) else "")
        if record is not None:
            record()
        outputs.commit()
    return Generated(plan.framework, out, workbooks, plan.notes)


class _Paths(Sequence[Path]):
    """The paths of workbooks, each made when it is asked for: of very many, paths would take the most room."""

    def __init__(self, workbooks: Sequence[Workbook]) -> None:
        self._workbooks = workbooks

    def __len__(self) -> int:
        """How many there are."""
        return len(self._workbooks)

    @overload
    def __getitem__(self, at: int) -> Path: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Path]: ...

    def __getitem__(self, at: int | slice) -> Path | Sequence[Path]:
        """One of them, or some."""
        return self._workbooks[at].path if isinstance(at, int) else _Paths(self._workbooks[at])


def _before(
    framework: str,
    plans: Mapping[str, Plan],
    previous: Path | Returned | None,
    answers: Path | None,
    progress: Progress,
) -> Gathered | None:
    """What workbooks are filled in with beforehand, if anything."""
    if previous is None and answers is None:
        return None
    from kil_xlsx.pipeline.prefill import document_of, gather, is_json
    from kil_xlsx.pipeline.prefill import read_json as json_of
    from kil_xlsx.pipeline.reading import read

    found: ReturnDocument | Returned | None = None
    at = previous if isinstance(previous, Path) else None
    if previous is None or not isinstance(previous, Path):
        found = previous
    elif is_json(previous):
        found = document_of(json_of(previous), previous)
    else:
        found = read([previous], framework, progress=progress)
    return gather(plans, found, at, answers, earlier(framework, [plan.instrument for plan in plans.values()]))


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


def _known(plan: Plan, listed: ListedOrganisation) -> tuple[tuple[tuple[str, str], ...], Mapping[Key, Typed]]:
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
    return tuple(texts), typed or _NOTHING


def one_line(text: str, what: str) -> str:
    """A text of the command line that goes into workbooks, on one line.  UsageProblem if no cell can show it."""
    line = " ".join(text.split())
    if len(line) > LONGEST_WORDS:
        raise UsageProblem(f"{what} is {len(line)} characters long.", f"Keep it to {LONGEST_WORDS}.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in line):
        raise UsageProblem(f"{what} has a character that cannot be shown.", "Type it again.")
    return line
