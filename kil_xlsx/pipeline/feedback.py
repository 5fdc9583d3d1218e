"""What each organisation is sent after a benchmark release: a workbook, and a summary of one page."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kil_xlsx.core.instrument import Instrument
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.frameworks import DEFAULT_FRAMEWORK, load
from kil_xlsx.pipeline.lists import sent_out
from kil_xlsx.pipeline.names import safe_name
from kil_xlsx.pipeline.outputs import MayReplace, Outputs
from kil_xlsx.pipeline.progress import Progress, quiet
from kil_xlsx.pipeline.reading import Returned, Sources, none_readable, read, taken
from kil_xlsx.pipeline.versions import earlier, to_compare

if TYPE_CHECKING:
    from kil_xlsx.core.advice import Before
    from kil_xlsx.core.branding import Branding
    from kil_xlsx.core.feedback import Feedback
    from kil_xlsx.core.membership import ByName, Member, Names
    from kil_xlsx.core.release import Release
    from kil_xlsx.core.standings import Standings
    from kil_xlsx.pipeline.feedback_files import Files

WORKBOOK, PAGE, PDF = "-feedback.xlsx", "-summary.html", "-summary.pdf"
"""How the names of the files end."""

_LONGEST_BODY = 70


@dataclass(frozen=True)
class Given:
    """What was made for one organisation, and whether its answers are part of the release's figures."""

    organisation: str
    respondent: str
    group: str
    used: bool
    steps: int
    files: tuple[Path, ...]


@dataclass(frozen=True)
class FeedbackGiven:
    """What :func:`give_feedback` did.  ``without`` tells who got none, and why; ``notes`` what is worth checking."""

    release: Release
    folder: Path
    returned: Returned
    given: tuple[Given, ...]
    without: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def give_feedback(
    sources: Sources,
    release: Path,
    out: Path,
    framework: str = DEFAULT_FRAMEWORK,
    *,
    previous: Path | None = None,
    organisations: Path | None = None,
    theme: Path | None = None,
    contact: str = "",
    password: str | None = None,
    pdf: bool = True,
    created: datetime | None = None,
    force: MayReplace = False,
    progress: Progress = quiet,
) -> FeedbackGiven:
    """Write the feedback of every organisation that returned a workbook that was filled in.

    :param sources: the returns that the release was made from, and any that came later: files and folders, or what was
        read of them.
    :param release: the ``release.json`` that its answers are held against.
    :param previous: what came back last time, as workbooks or as what ``kil-xlsx read --json`` wrote.
    :param organisations: the list that workbooks were made from, for organisations under one parent.
    :param theme: the file with the council's colours, font, logo and footer.
    :param pdf: whether the summary is written as PDF too.
    :param created: the time that files carry; now, unless given.
    :raises UsageProblem: the release cannot be read, or is of another framework or version.
    """
    from kil_xlsx.pipeline import branding_of, now
    from kil_xlsx.pipeline.peers import for_members, read_release
    from kil_xlsx.pipeline.workbooks import one_line

    branding = branding_of(theme)
    contact = one_line(contact, "The contact")
    whole, instruments = load(framework)
    found = for_members(read_release(release, whole)[0])
    if found.version != whole.version:
        raise UsageProblem(
            f"The release {release} is of version {found.version[:20]}, and the questionnaire is of {whole.version}.",
            "Make a release with this version first: kil-xlsx benchmark with the same returns.",
        )
    listed = sent_out(organisations, whole, instruments)
    notes = list(listed.notes)
    returned = taken(sources, framework, password=password, progress=progress)
    if all(reading.refused for reading in returned.readings):
        raise none_readable(sources, framework, "there is nobody to write to")
    notes += returned.notes
    before = earlier_returns(instruments, framework, previous, password=password, progress=progress)
    done = feedback_of(
        returned, found, out, parents=listed.parents, before=before, branding=branding, contact=contact, pdf=pdf,
        created=created or now(), force=force, progress=progress,
    )  # fmt: skip
    notes += [*before.notes, before.told(len(done.given))] if before is not None else []
    return replace(done, notes=(*done.notes, *notes))


def feedback_of(
    returned: Returned,
    release: Release,
    out: Path,
    *,
    parents: Mapping[tuple[str, str], str] | None = None,
    before: _Earlier | None = None,
    branding: Branding | None = None,
    contact: str = "",
    pdf: bool = True,
    created: datetime,
    force: MayReplace = False,
    progress: Progress = quiet,
) -> FeedbackGiven:
    """Write the feedback of every organisation among some returns that have been read already.

    :param parents: the parent's name, by a name or number of the organisation.
    :param before: what came back last time.
    """
    maker = FeedbackMaker(
        returned, release, parents=parents, before=before, branding=branding, contact=contact, pdf=pdf, created=created
    )
    targets = [tuple(out / name for name in maker.names(sha256)) for sha256 in maker.returns]
    given: list[Given] = []
    with Outputs([target for each in targets for target in each], force=force) as outputs:
        with closing(maker.made_all()) as all_made:
            for files in targets:
                progress(len(given), len(targets), files[0].name)
                told, contents = next(all_made)
                for path, data in zip(files, contents, strict=True):
                    outputs.add(path, data)
                kind, group = told.respondent_label, told.peers.label
                given.append(Given(told.organisation, kind, group, told.used, len(told.next_steps), files))
        progress(len(targets), len(targets), "")
        outputs.commit()
    return FeedbackGiven(release, out, returned, tuple(given), maker.without, maker.notes)


class FeedbackMaker:
    """Makes the feedback of one organisation, or that of all, from returns that have been read already.

    ``returns`` are the hashes of the returns that feedback is made of: the last of each organisation, if anything was
    filled in.  For all else see :func:`feedback_of`.
    """

    def __init__(
        self,
        returned: Returned,
        release: Release,
        *,
        parents: Mapping[tuple[str, str], str] | None = None,
        before: _Earlier | None = None,
        branding: Branding | None = None,
        contact: str = "",
        pdf: bool = True,
        created: datetime,
    ) -> None:
        from kil_xlsx.core.branding import DEFAULT

        self._teller = _Teller(returned, release, parents or {}, before, contact, created)
        self._branding = branding or DEFAULT
        self._endings = (WORKBOOK, PAGE, *((PDF,) if pdf else ()))
        wanted = list(self._teller.wanted())
        self._wanted = {one.own.sha256: (one, body) for one, body in zip(wanted, _bodies(wanted), strict=True)}
        self.returns = tuple(self._wanted)

    @property
    def without(self) -> tuple[str, ...]:
        """Who gets no feedback, and why."""
        return tuple(self._teller.without)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth checking."""
        return tuple(self._teller.notes)

    def names(self, sha256: str) -> tuple[str, ...]:
        """What the files are called that are made of a return."""
        return tuple(f"{self._wanted[sha256][1]}{ending}" for ending in self._endings)

    def made(self, sha256: str) -> tuple[Feedback, Files]:
        """What an organisation is told, by the hash of its return, and its files in the order of their names."""
        from kil_xlsx.pipeline.feedback_files import files_of

        told = self._told(sha256)
        framework, moment = self._teller.returned.framework, self._teller.moment
        return told, files_of(told, framework, self._branding, moment, pdf=PDF in self._endings)

    def made_all(self) -> Generator[tuple[Feedback, Files]]:
        """The same for every organisation, in the order of ``returns``, by several processes at once."""
        from kil_xlsx.pipeline.feedback_files import files_of_all

        told = map(self._told, self.returns)
        framework, moment = self._teller.returned.framework, self._teller.moment
        return files_of_all(told, len(self.returns), framework, self._branding, moment, pdf=PDF in self._endings)

    def _told(self, sha256: str) -> Feedback:
        return self._teller.feedback(self._wanted[sha256][0])


# Who is told what


@dataclass(frozen=True)
class _Wanted:
    """An organisation that gets feedback: its last return, and what it is known by."""

    instrument: Instrument
    own: Member
    names: Names
    organisation: str


@dataclass
class _Teller:
    """Knows the release and all returns, and puts together what each organisation is told."""

    returned: Returned
    release: Release
    parents: Mapping[tuple[str, str], str]
    before: _Earlier | None
    contact: str
    moment: datetime
    without: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        from kil_xlsx.core.membership import members_of
        from kil_xlsx.core.standings import standings

        framework = self.returned.framework
        self.instruments = [
            self.returned.instruments[each.id] for each in framework.respondents if each.id in self.returned.instruments
        ]
        forward = to_compare(self.returned.readings, framework, self.returned.instruments)
        self.notes += forward.notes
        self.members = members_of(forward.readings)
        missing = set(self.release.inputs) - {reading.file.sha256 for reading in self.returned.readings}
        if missing:
            # Standings among a part of them would be of another group than the release's, and could be taken from it.
            were = "1 file was" if len(missing) == 1 else f"{len(missing):,} files were"
            self.notes.append(
                f"Of those that the release was made from {were} not given, so positions are left out; give all the "
                "returns of the release."
            )
        used = [] if missing else self.members
        self.standings: dict[str, Standings] = {
            each.respondent.id: standings(each, self.release, used, self.parents) for each in self.instruments
        }

    def wanted(self) -> Iterator[_Wanted]:
        """Everyone who gets feedback, in the order in which the returns were given; the others are noted."""
        from kil_xlsx.core.membership import names_of, select
        from kil_xlsx.core.readings import organisation_of

        for reading in self.returned.readings:
            if reading.refused:
                self.without.append(f"{reading.file.name}: the file could not be read.")
        for each in self.instruments:
            selection = select(each, self.members)
            accepted = set(map(id, selection.accepted))
            for member in selection.latest:
                name = " ".join(organisation_of(member.identity, each, member.ret).split())
                if id(member) in accepted:
                    yield _Wanted(each, member, names_of(each, member), name)
                else:
                    self.without.append(f"{name or member.identity.reference}: nothing was filled in.")

    def feedback(self, one: _Wanted) -> Feedback:
        """What one organisation is told."""
        from kil_xlsx.core.advice import feedback

        instrument = one.instrument
        asked = instrument.field_with_role("org_id")
        number = one.own.identity.organisation_id or (one.own.ret.text(asked.id) if asked is not None else "")
        return feedback(
            instrument,
            one.own,
            self.release,
            self.standings[instrument.respondent.id],
            organisation=one.organisation,
            organisation_id=number.strip(),
            before=self.before.of(one) if self.before is not None else None,
            why_unused=self._why_unused(one),
            created=self.moment.date(),
            contact=self.contact,
        )

    def _why_unused(self, one: _Wanted) -> str:
        """Why a return is not behind the release's figures; empty where it is."""
        from kil_xlsx.core.membership import consent_of, select

        consent = consent_of(one.instrument, one.own)
        if consent is None:
            return "you did not say whether they may be used"
        if not consent:
            return "you asked that they are not used"
        if one.own.sha256 not in self.release.inputs:
            return "they came after the release was made"
        if not select(one.instrument, [one.own]).used:
            return "too few of the questions were answered"
        return ""


def _bodies(wanted: Sequence[_Wanted]) -> list[str]:
    """What the files of each organisation are called, without their endings; no two alike."""
    bodies = []
    taken: set[str] = set()
    plain = [safe_name(one.organisation)[:_LONGEST_BODY].strip("-") for one in wanted]
    for one, name in zip(wanted, plain, strict=True):
        kind = safe_name(one.instrument.respondent.id)
        body = name or kind
        if plain.count(name) > 1 or not name:
            body = f"{body}-{kind}" if name else f"{kind}-{safe_name(one.own.identity.reference)[:30]}".strip("-")
        number, unique = 1, body
        while unique in taken:
            number += 1
            unique = f"{body}-{number}"
        taken.add(unique)
        bodies.append(unique)
    return bodies


# Last time


def earlier_returns(
    instruments: Sequence[Instrument],
    framework: str,
    previous: Path | Returned | None,
    *,
    password: str | None = None,
    progress: Progress = quiet,
) -> _Earlier | None:
    """What came back last time, as the feedback of an organisation is held against it; nothing where it is not given.

    :param previous: workbooks, what ``kil-xlsx read --json`` wrote, or returns that have been read already.
    """
    return None if previous is None else _Earlier(instruments, framework, previous, password, progress)


class _Earlier:
    """What organisations said last time, each carried forward into this version."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        framework: str,
        previous: Path | Returned,
        password: str | None,
        progress: Progress,
    ) -> None:
        """Take what came back last time; it is read now unless it has been read already."""
        self.notes: list[str] = []
        self.instruments = {each.respondent.id: each for each in instruments}
        self.found: list[tuple[Instrument, Member]] = []
        if isinstance(previous, Returned):
            self._from_returns(previous)
        elif previous.suffix.casefold() == ".json" and not previous.is_dir():
            self._from_json(previous, earlier(framework, instruments))
        else:
            self._from_returns(read([previous], framework, password=password, progress=progress))
        self._matched, self._same = 0, 0
        self._changed: dict[int, frozenset[str]] = {}

    def _from_returns(self, returned: Returned) -> None:
        from kil_xlsx.core.membership import members_of
        from kil_xlsx.core.readings import read_with

        refused = sum(reading.refused for reading in returned.readings)
        if refused:
            files = "1 earlier return" if refused == 1 else f"{refused:,} earlier returns"
            self.notes.append(f"{files} could not be read; 'kil-xlsx read' says why.")
        for member in members_of(returned.readings):
            old = read_with(returned.instruments, member.identity)
            if old is not None:
                self.found.append((old, member))

    def _from_json(self, path: Path, old: Mapping[str, Instrument]) -> None:
        from kil_xlsx.core.membership import Member
        from kil_xlsx.core.returns import Return
        from kil_xlsx.core.scoring import score
        from kil_xlsx.pipeline.prefill import document_of, read_json
        from kil_xlsx.results.returned_json import entries_of

        for file in document_of(read_json(path), path).files:
            identity = file.identity
            if identity is None or file.outcome != "read":
                continue
            today = self.instruments.get(identity.respondent)
            known = today
            if today is not None and identity.version != today.framework.version:
                known = old.get(f"{today.key}/{identity.version}")
            if known is None or known.framework.id != identity.framework:
                self.notes.append(f"{path.name}, {file.file.name}: of a version that is not known here, so not used.")
                continue
            ret = Return({entry.key: entry for entry in entries_of(file)})
            self.found.append((known, Member(identity, ret, score(known, ret), file.file.sha256)))

    def of(self, one: _Wanted) -> Before | None:
        """What an organisation said last time: the last of its earlier returns; none where there is none."""
        from kil_xlsx.core.membership import same_organisation

        mine = frozenset(name for name in one.names if name[0] != "reference")
        for at in reversed(self._by_name.sharing(mine)):
            old, member = self.found[at]
            same = old.respondent.id == one.instrument.respondent.id and member.sha256 != one.own.sha256
            if same and same_organisation(mine, self._names[at]):
                self._matched += 1
                return self._carried(old, one.instrument, member)
        self._same += one.own.sha256 in self._files
        return None

    @cached_property
    def _names(self) -> list[Names]:
        from kil_xlsx.core.membership import names_of

        return [names_of(old, member) for old, member in self.found]

    @cached_property
    def _by_name(self) -> ByName:
        from kil_xlsx.core.membership import ByName

        return ByName(self._names)

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(member.sha256 for _, member in self.found)

    def told(self, given: int) -> str:
        """How many of those that got feedback were found among the earlier returns, once all have been looked for."""
        if not self._matched and self._same:
            return (
                "The earlier returns are the same files as those given now, so nothing of last time is shown: give "
                "those that came back before with --previous."
            )
        told = f"Last time was found for {self._matched:,} of {given:,} organisations."
        if self._same:
            others = "1 other" if self._same == 1 else f"{self._same:,} others"
            told = f"{told} For {others} the earlier return is the same file as the present one."
        return told

    def _carried(self, old: Instrument, new: Instrument, member: Member) -> Before:
        from kil_xlsx.core.advice import Before
        from kil_xlsx.core.carrying import carry
        from kil_xlsx.core.comparability import incomparable
        from kil_xlsx.core.scoring import score

        round_id = " ".join(member.identity.round_id.split()) or "last time"
        if old.framework.version == new.framework.version:
            return Before(round_id, member.result)
        if id(old) not in self._changed:
            self._changed[id(old)] = incomparable(old, new)
        ret = carry(old, new, member.ret).comparable()
        return Before(round_id, score(new, ret), self._changed[id(old)])
