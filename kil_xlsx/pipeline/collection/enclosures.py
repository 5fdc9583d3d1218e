"""What goes with a mail: workbooks, marked copies, feedback.  Each is made only when its mail is about to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from kil_xlsx.core.collection import PublishedRelease, Purpose, ReturnState, Share
from kil_xlsx.core.dispatch import Due
from kil_xlsx.errors import KilXlsxError, UsageProblem
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from kil_xlsx.core.collection import Copy, Received
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.layout.plan import Plan
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.pipeline.collection.workbooks import ToMake
    from kil_xlsx.pipeline.reading import Returned


@dataclass(frozen=True)
class Enclosed:
    """What goes with one mail.

    ``files`` are names and contents; ``copy`` is the workbook that goes on the send list with it.  ``reference`` is the
    code of what it is about; ``answers`` the Message-ID of the mail that this one answers.
    """

    files: tuple[tuple[str, bytes], ...] = ()
    copy: ToMake | None = None
    reference: str = ""
    answers: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_round(self) -> str:
        """The round whose answers are filled in already; empty where none are."""
        return self.copy.last_round if self.copy is not None else ""

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(len(data) for _, data in self.files)


_FINGERPRINT = 16
"""Signs of a file's SHA-256 that tell it from every other that a collection will ever see."""

_MOST_PROBLEMS = 12


class Nothing(KilXlsxError):
    """There turned out to be nothing to send to an organisation."""


class Enclosures(Protocol):
    """Makes what goes with the mails of one kind.  ``notes`` tells what the coordinator may want to check."""

    notes: tuple[str, ...]

    def of(self, due: Due) -> Enclosed:
        """What goes with one mail.

        :raises Nothing: nothing does, so that there is no mail either.
        :raises KilXlsxError: it cannot be made; those of others may well be.
        """
        ...


def enclosures(
    collection: Collection,
    purpose: Purpose,
    dues: Sequence[Due],
    now: datetime,
    *,
    previous: Path | None = None,
    progress: Progress = quiet,
) -> Enclosures:
    """What goes with the mails of one kind; what is wrong with all of them is found here.

    :param now: the time where the program runs.
    :param previous: what came back last time, instead of what the collection has of it.
    """
    if purpose in (Purpose.INVITATION, Purpose.REMINDER):
        return Workbooks(collection, dues, now, previous, progress)
    if purpose is Purpose.RECEIPT:
        return Receipts(collection)
    if purpose is Purpose.TO_FIX:
        return MarkedCopies(collection, dues, now, progress)
    if purpose is Purpose.CONSENSUS:
        return ConsensusWorkbooks(collection, now)
    return Feedbacks(collection, now, previous, progress)


def day_of(now: datetime) -> datetime:
    """The time that files carry: the day alone, so that a run that is repeated makes the same files."""
    return datetime.combine(now.date(), time())


def _made_on(copy: Copy | None, now: datetime) -> datetime:
    """The time that a workbook carries that may have been made before."""
    return day_of(now if copy is None else datetime.fromisoformat(copy.made_at).astimezone())


class Workbooks:
    """Each organisation's own workbook, under its code; one that was made before is made again as it was."""

    def __init__(
        self, collection: Collection, dues: Sequence[Due], now: datetime, previous: Path | None, progress: Progress
    ) -> None:
        from kil_xlsx.pipeline.collection.workbooks import plan_copies

        self._store, self._now = collection.store, now
        self._made: dict[int, ToMake] = {}
        self.notes: tuple[str, ...] = ()
        if dues:
            planned = plan_copies(
                collection,
                only={each.organisation.id for each in dues},
                previous=previous or last_round(collection, progress),
                created=day_of(now),
                progress=progress,
            )
            self._made = {each.asked.id: each for each in planned.workbooks}
            self.notes = planned.notes

    def of(self, due: Due) -> Enclosed:
        """The workbook of one organisation."""
        made = self._made[due.organisation.id]
        created = _made_on(self._store.copy(made.copy.reference), self._now)
        wanted = made.wanted._replace(issue=replace(made.wanted.issue, created=created))
        return Enclosed(((wanted.file_name, wanted.data()),), made, wanted.reference)


def last_round(collection: Collection, progress: Progress = quiet) -> Returned | None:
    """The returns that counted in the round before this one, if the collection has any."""
    rounds: dict[str, list[Received]] = {}
    for each in collection.store.received():
        if each.state.counts and each.share is not Share.VIEW and each.round_id != collection.round_id:
            rounds.setdefault(each.round_id, []).append(each)
    if not rounds:
        return None
    newest = max(rounds.values(), key=lambda found: max(each.received_at for each in found))
    return collection.returned(newest, progress=progress)


class Receipts:
    """Receipts have nothing attached: they tell what came, and of its content nothing but how much is open."""

    def __init__(self, collection: Collection) -> None:
        self._store = collection.store
        self.notes: tuple[str, ...] = ()

    def of(self, due: Due) -> Enclosed:
        """What a receipt tells."""
        (received,) = due.returns
        first = next(iter(self._store.arrivals(received.sha256)), None)
        when = datetime.fromisoformat(received.sent_at or received.received_at).astimezone()
        facts = {
            "file": received.name,
            "received": f"{when.day} {when:%B %Y, %H:%M}",
            "fingerprint": received.sha256[:_FINGERPRINT],
            "open": _points(received.errors + received.queries),
        }
        return Enclosed((), None, received.reference, first.message_id if first is not None else "", facts)


class MarkedCopies:
    """The return with everything to put right marked in it."""

    def __init__(self, collection: Collection, dues: Sequence[Due], now: datetime, progress: Progress) -> None:
        from kil_xlsx.layout.sheets.frame import Issue
        from kil_xlsx.pipeline.prefill import line

        said = collection.settings.collection
        self._issue = Issue(day_of(now), due=said.due, contact=line(said.contact), branding=collection.branding())
        self._plans: dict[str, Plan] = {}
        self._returned: Returned | None = None
        self._places: dict[int, int] = {}
        self.notes: tuple[str, ...] = ()
        if dues:
            which = [each for due in dues for each in due.returns]
            self._returned = collection.returned(which, progress=progress)
            self._places = {each.id: at for at, each in enumerate(which)}

    def of(self, due: Due) -> Enclosed:
        """The marked copy of one return."""
        from kil_xlsx.pipeline.mark import copy_of, plan_of
        from kil_xlsx.pipeline.marks import is_for_sender
        from kil_xlsx.pipeline.names import file_name

        assert self._returned is not None
        (received,) = due.returns
        at = self._places[received.id]
        reading = self._returned.readings[at]
        if not any(map(is_for_sender, reading.problems)):
            raise Nothing("There is nothing that the organisation could put right.")
        plan = plan_of(reading, self._returned.instruments, self._plans)
        copy, data = copy_of(self._returned.files[at], reading, plan, self._issue)
        name = file_name(plan.instrument, due.organisation.name, copy.reference).removesuffix(".xlsx")
        facts = {"problems": _listed(reading), "open": _points(copy.errors + copy.queries)}
        return Enclosed(((f"{name}-to-fix.xlsx", data),), None, copy.reference, facts=facts)


def _points(count: int) -> str:
    return "" if count == 0 else "1 point" if count == 1 else f"{count:,} points"


def _listed(reading: Reading) -> str:
    """What is to be put right, a line for each thing: where and what, and nothing that was filled in."""
    from kil_xlsx.pipeline.marks import is_for_sender
    from kil_xlsx.results.show import told

    found = told([each for each in reading.problems if is_for_sender(each)], notes=False)
    lines = [f"- {each.where}: {each.what}" if each.where else f"- {each.what}" for each in found[:_MOST_PROBLEMS]]
    if len(found) > _MOST_PROBLEMS:
        lines.append(f"- and {len(found) - _MOST_PROBLEMS} more, all marked in the copy")
    return "\n".join(lines)


class ConsensusWorkbooks:
    """One workbook for what several people of an organisation agree on, with what each of them said."""

    def __init__(self, collection: Collection, now: datetime) -> None:
        self._collection, self._now = collection, now
        self.notes: tuple[str, ...] = ()

    def of(self, due: Due) -> Enclosed:
        """The workbook of one organisation."""
        from kil_xlsx.pipeline.collection.consensus import consensus_workbook

        made = consensus_workbook(self._collection, due.organisation, due.returns, created=day_of(self._now))
        created = _made_on(self._collection.store.copy(made.copy.reference), self._now)
        wanted = made.wanted._replace(issue=replace(made.wanted.issue, created=created))
        return Enclosed(((wanted.file_name, wanted.data()),), made, wanted.reference)


class Feedbacks:
    """The feedback files of the newest release, each organisation's own."""

    def __init__(self, collection: Collection, now: datetime, previous: Path | None, progress: Progress) -> None:
        from kil_xlsx.pipeline.feedback import FeedbackMaker, earlier_returns
        from kil_xlsx.pipeline.lists import sent_out
        from kil_xlsx.pipeline.peers import for_members, read_release

        release, path = newest(collection)
        found = for_members(read_release(path, collection.framework)[0])
        if found.version != collection.framework.version:
            raise UsageProblem(
                f"The release {release.number} is of version {found.version[:20]}, and the questionnaire is of "
                f"{collection.framework.version}.",
                "Make a release with this version first: kil-xlsx benchmark.",
            )
        self._own = {each.sha256: each for each in _behind(collection, release)}
        returned = collection.returned(list(self._own.values()), progress=progress)
        before = previous or last_round(collection, progress)
        said = collection.settings.collection
        parents = sent_out(collection.list_file, collection.framework, collection.instruments).parents
        self._maker = FeedbackMaker(
            returned,
            found,
            parents=parents,
            before=earlier_returns(collection.instruments, collection.framework_name, before, progress=progress),
            branding=collection.branding(),
            contact=said.contact,
            created=day_of(now),
        )
        self._release = release
        self.notes = self._maker.notes

    def of(self, due: Due) -> Enclosed:
        """The files of one organisation, made of its own return and of nobody else's."""
        sha256 = next((each.sha256 for each in due.returns if each.sha256 in self._maker.returns), None)
        if sha256 is None:
            raise Nothing("Nothing was filled in.")
        own = self._own[sha256]
        if own.organisation != due.organisation.id:
            raise KilXlsxError(
                f"The feedback for {due.organisation.name} would be made of another organisation's return.",
                "Please report this; nothing was sent.",
            )
        _, contents = self._maker.made(sha256)
        files = tuple(zip(self._maker.names(sha256), contents, strict=True))
        return Enclosed(files, None, own.reference, facts={"release": str(self._release.number)})


def newest(collection: Collection) -> tuple[PublishedRelease, Path]:
    """The newest release of this round that is there, and its file.  UsageProblem if there is none."""
    from kil_xlsx.pipeline.collection.releases import newest_release

    path = newest_release(collection)
    for each in reversed(collection.store.releases()):
        if collection.place.path(each.folder) == path.parent:
            return each, path
    raise UsageProblem("There is no benchmark release of this round yet.", "Make one with 'kil-xlsx benchmark'.")


def _behind(collection: Collection, release: PublishedRelease) -> list[Received]:
    """The returns that a release was made from as far as they still stand, then those that count now.

    A later return comes after the one whose place it took: feedback is about the last.
    """
    from kil_xlsx.pipeline.collection.counting import counting

    now = counting(collection)
    used = set(release.inputs) - {each.sha256 for each in now}
    before = [
        each
        for each in collection.store.received(round_id=release.round_id, state=ReturnState.SUPERSEDED)
        if each.sha256 in used
    ]
    return [*before, *now]
