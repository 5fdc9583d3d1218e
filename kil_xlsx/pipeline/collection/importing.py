"""Taking in what came: every file once, read out of harm's way, judged, and kept.

For each file it is put down how it came, then the original is kept on the disk, and then all that is recorded of it is
recorded in one transaction.  So whenever the program is stopped, each file is either in or not, and the next run takes
in the rest, as the one that was stopped would have.  Where there are many, new files that follow one another share
these steps, a few at a time: most of what each takes is waiting for the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Arrival, Event, Received, ReturnState, Share
from kil_xlsx.core.intake import Stated, stated
from kil_xlsx.core.problems import Severity
from kil_xlsx.core.readings import read_with
from kil_xlsx.core.returns import State
from kil_xlsx.errors import OrganisationsListError, StoreError, UsageProblem
from kil_xlsx.mail.items import Attached, AutoReply, Bounced, Item, LeftOut, NoAttachment, Provenance, Unusable
from kil_xlsx.pipeline import executing
from kil_xlsx.pipeline.collection.holding import turn
from kil_xlsx.pipeline.collection.judging import Judge, Judged
from kil_xlsx.pipeline.collection.left_behind import LeftBehind, expected, left_behind, left_meanwhile, tidied
from kil_xlsx.pipeline.collection.notices import Notices
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.collection.taken import Happened, Imported
from kil_xlsx.pipeline.reading import Job, processes, streamed
from kil_xlsx.pipeline.versions import plans_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from kil_xlsx.core.instrument import Instrument
    from kil_xlsx.core.readings import Reading
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.reading.isolation import Readers
    from kil_xlsx.reading.plans import Plans

_SUFFIXES = {
    **{kind: f".{kind}" for kind in ("xlsx", "xlsm", "xls", "xlsb", "ods", "pdf", "html", "xml", "zip")},
    "password": ".xlsx",
    "text": ".txt",
    "word": ".docx",
}
"""What an original is called by, for people who open it: by its content, as nothing of the sender's becomes a path."""

NOT_RETURNED = "not returned: it is as the program wrote it, and nobody has filled it in"
"""Why a workbook is left out that was only sent."""

_UNTOUCHED = frozenset(("return-empty", "return-as-sent"))
_LONGEST_NAME = 200
_SINGLY = 12
"""Files of a run that are recorded one by one, each as soon as it is read; where there are more, it pays to wait."""

_TOGETHER, _TOGETHER_BYTES = 6, 8_000_000
"""New files that are recorded together at the most, and their bytes unless a single one has more."""
_WORTH_ANOTHER_TRY = frozenset(("file-password", "file-reader-failed", "file-unreadable"))


@dataclass(frozen=True)
class Done:
    """Stands among items where all that came before it belongs together: called once that is safely recorded."""

    call: Callable[[], None]


def look_at_list(collection: Collection) -> tuple[str, ...]:
    """Bring the records up to the list of organisations as it is now, and say what changed.

    What came is taken in although the list cannot be used at this moment; the records then stay as they are.
    """
    try:
        return collection.organisations().notes
    except (OrganisationsListError, UsageProblem):
        name = collection.list_file.name
        return (
            f"The list {name} cannot be used now; 'kil-xlsx generate' says why. What came is held against the list as "
            "it was before.",
        )


def take_in(
    collection: Collection,
    items: Iterable[Item | Done],
    *,
    password: str | None = None,
    executor: str | None = None,
    on_each: Callable[[Happened], None] | None = None,
) -> Imported:
    """Take in items in their order.

    Items are taken from where they come only as fast as they are dealt with, so that memory does not grow with them.

    :param password: what locked workbooks are opened with, in memory only.
    :param executor: where files are read, see :func:`kil_xlsx.pipeline.executing.executor`; here unless given.
    :param on_each: told of everything at the moment it is recorded.
    :raises StoreError: the disk is full, or the folder cannot be written to; what was taken in before is safe.
    """
    if executor is None:
        return _Intake(collection, password, on_each).run(items)
    with executing.executor(executor) as elsewhere:
        return _Intake(collection, password, on_each, elsewhere).run(items)


class _Intake:
    """One run."""

    def __init__(
        self,
        collection: Collection,
        password: str | None,
        on_each: Callable[[Happened], None] | None,
        elsewhere: Executor | None = None,
    ) -> None:
        self.collection = collection
        self.store = collection.store
        self.password = password
        self.judge = Judge(collection)
        self.notices = Notices(collection, self.judge)
        self.happened: list[Happened] = []
        self._on_each = on_each
        self._elsewhere = elsewhere
        self._batch = 0
        self._under_way: set[str] = set()
        self._forgotten: set[str] = set()
        self._left_behind: set[str] = set()
        self._together: list[tuple[str, Attached, Reading]] = []

    def run(self, items: Iterable[Item | Done]) -> Imported:
        # What a run that was stopped has left came before all that comes now.
        self._all(chain(left_behind(self.collection, self._left_behind), items))
        self._all(left_behind(self.collection, self._left_behind))  # by one that was stopped meanwhile
        self._all(tidied(self.collection))
        if self.store.batch_under_way:  # of this run, or of one that was stopped when all was in
            with self.store.transaction():
                self.store.end_batch()
        return self._summary()

    def _all(self, items: Iterable[Item | Done]) -> None:
        with ExitStack() as stack:

            def start(files: int) -> Readers:
                from kil_xlsx.reading.isolation import Readers

                readers = stack.enter_context(Readers(processes(files)))
                readers.prepare(self._plans)
                return readers

            jobs = map(self._job, items)
            if self._elsewhere is not None:
                from kil_xlsx.pipeline.batches import shared_out

                answers = shared_out(self._elsewhere, jobs, self._plans, password=self.password)
            else:
                answers = streamed(jobs, start, password=self.password)
            for job, answer in stack.enter_context(closing(answers)):
                item = job.about
                if isinstance(item, Attached) and answer is not None and self._may_wait(item, answer.reading):
                    continue
                self._record_those_waiting()
                if isinstance(item, Done):
                    item.call()
                elif isinstance(item, Attached):
                    self._file(item, answer.reading if answer is not None else None)
                elif isinstance(item, LeftOut):
                    self._say(Happened("left-out", item.name, item.whence.source, why=item.why))
                elif isinstance(item, Bounced | AutoReply | NoAttachment | Unusable):
                    self._say(self.notices.take(item))
            self._record_those_waiting()

    def _job(self, item: Item | Done) -> Job:
        """What has to be read of an item, if anything: a file that is new, and not of somebody who was forgotten."""
        if not isinstance(item, Attached):
            return Job("", None, item)
        sha256 = hashlib.sha256(item.data).hexdigest()
        skip = sha256 in self._under_way or self.store.forgotten(sha256) is not None
        if not skip:
            known = self._known(sha256)
            skip = known is not None and not self._worth_another_try(known)
        if skip:
            return Job(item.name, None, item)
        self._under_way.add(sha256)
        return Job(item.name, item.data, item)

    def _known(self, sha256: str) -> Received | None:
        return next(iter(self.store.received(sha256=sha256)), None)

    def _worth_another_try(self, known: Received) -> bool:
        """Whether a file that could not be read may be readable now: with a password, or by a newer program."""
        if known.state is not ReturnState.REFUSED or known.digest:
            return False
        reading = self.store.reading(known.id, self.collection.made_with)
        if reading is None:
            return True
        codes = {each.code for each in reading.problems}
        return bool(codes & _WORTH_ANOTHER_TRY) and (codes != {"file-password"} or self.password is not None)

    # Several new files

    def _may_wait(self, item: Attached, reading: Reading) -> bool:
        """Let a file wait for those that come after it, if nothing about it has to be looked at first."""
        sha256 = hashlib.sha256(item.data).hexdigest()
        if len(self.happened) < _SINGLY or isinstance(item, LeftBehind) or self._went_out(item, sha256, reading):
            return False
        self._together.append((sha256, item, reading))
        size = sum(len(each.data) for _, each, _ in self._together)
        if len(self._together) == _TOGETHER or size > _TOGETHER_BYTES:
            self._record_those_waiting()
        return True

    def _record_those_waiting(self) -> None:
        """Keep and record the files that wait: all of them together or, if one is not new after all, one by one."""
        waiting, self._together = self._together, []
        done = self._kept_together(waiting) if len(waiting) > 1 else None
        if done is None:
            for _, item, reading in waiting:
                self._file(item, reading)
            return
        for each in done:
            self._say(each)

    def _kept_together(self, files: Sequence[tuple[str, Attached, Reading]]) -> list[Happened] | None:
        """As :meth:`_kept` for several files with their hashes; nothing is recorded if one needs a look of its own."""
        with turn(self.collection.place, "originals"):
            for sha256, _, reading in files:
                if self._known(sha256) or self.store.expected(sha256=sha256) or self._is_forgotten(sha256, reading):
                    return None
            with self.store.transaction():
                for sha256, item, _ in files:
                    self.store.expect(expected(item, sha256, self._number(item)))
            for _, item, reading in files:
                self.collection.originals.put(item.data, _suffix(reading))
            with self.store.transaction():
                done = [self._record(item, sha256, _suffix(reading), reading) for sha256, item, reading in files]
        self._under_way.difference_update(sha256 for sha256, _, _ in files)
        return done

    # One file

    def _file(self, item: Attached, reading: Reading | None) -> None:
        sha256 = hashlib.sha256(item.data).hexdigest()
        self._under_way.discard(sha256)
        known = self._known(sha256) if reading is None else None
        if known is not None and self._has_come(item, sha256) and not self._counts_anew(item, known):
            self._say(self._in_already(item, known))
            return
        if reading is not None and self._went_out(item, sha256, reading):
            self._say(Happened("left-out", item.name, item.whence.source, why=NOT_RETURNED))
            return
        with turn(self.collection.place, "originals"):
            done = self._kept(item, sha256, reading)
        self._say(done)

    def _went_out(self, item: Attached, sha256: str, reading: Reading) -> bool:
        """Whether a file is the program's own, as it wrote it, and nobody has filled it in or mailed it back."""
        whence = item.whence
        if whence.message_id and whence.sender.casefold() not in self._own_addresses:
            return False
        if isinstance(item, LeftBehind) or sha256 not in self._written:
            return False
        return reading.refused or any(each.code in _UNTOUCHED for each in reading.problems)

    @cached_property
    def _written(self) -> frozenset[str]:
        return self.store.written()

    def _kept(self, item: Attached, sha256: str, reading: Reading | None) -> Happened:
        """Keep a file and record it.  Nobody else does so at this moment."""
        is_new = reading is not None and self._known(sha256) is None
        if is_new and not isinstance(item, LeftBehind):
            before = left_meanwhile(self.collection, item, sha256)
            if before is not None:
                self._say(self._kept(before, sha256, reading))
                return self._kept(item, sha256, None)
        if self._is_forgotten(sha256, reading):
            return self._leave_out(item, sha256)
        suffix = item.suffix if isinstance(item, LeftBehind) else _suffix(reading)
        if is_new:
            if not isinstance(item, LeftBehind):
                with self.store.transaction():
                    self.store.expect(expected(item, sha256, self._number(item)))
            self.collection.originals.put(item.data, suffix)
        number = self._batch
        try:
            with self.store.transaction():
                return self._record(item, sha256, suffix, reading)
        except _Forgotten:  # meanwhile
            self._batch = number
            return self._leave_out(item, sha256)
        except BaseException:
            self._batch = number
            raise

    def _leave_out(self, item: Attached, sha256: str) -> Happened:
        """Leave out a file of an organisation that has been forgotten; nothing of it stays that is not on record."""
        self._forgotten.add(sha256)
        if self.store.suffix_of(sha256) is None:
            self.collection.originals.remove(sha256)
            if self.store.expected(sha256=sha256):
                with self.store.transaction():
                    self.store.no_longer_expect(sha256)
        return Happened("left-out", item.name, item.whence.source, why="its organisation has been forgotten")

    def _is_forgotten(self, sha256: str, reading: Reading | None) -> bool:
        """Whether a file is of an organisation that has been forgotten: the same bytes, or its reference code."""
        if sha256 in self._forgotten or self.store.forgotten(sha256) is not None:
            return True
        reference = reading.identity.reference if reading is not None and reading.identity is not None else ""
        copy = self.store.copy(reference) if reference else None
        whose = self.store.organisation(copy.organisation) if copy is not None else None
        return whose is not None and bool(whose.forgotten_at)

    def _record(self, item: Attached, sha256: str, suffix: str, reading: Reading | None) -> Happened:
        """What is recorded of a file, inside a transaction."""
        if self._is_forgotten(sha256, reading):
            raise _Forgotten
        known = self._known(sha256)  # another program may have been faster
        anew = None
        if known is not None:
            again = self._again(item, known)
            if reading is None or known.state is not ReturnState.REFUSED or known.digest:
                return again
            if reading.refused:  # by this version of the program too
                if self.store.reading(known.id, self.collection.made_with) is None:
                    self.store.replace_reading(known.id, reading, self.collection.made_with)
                return again
            anew = known.id
        if reading is None:
            raise StoreError(
                f"The records of {item.name} were changed while it was taken in.", "Run the command again."
            )
        at = moment()
        if known is None:
            self.store.add_original(sha256, len(item.data), suffix, at)
            self.store.add_arrival(self._arrival(item, sha256, at))
            self.store.no_longer_expect(sha256)
        said, draft = self._draft(item, sha256, reading, at)
        if said is None:
            judged = self.judge.refuse_file(draft, reading, self.collection.made_with)
        else:
            judged = self.judge.receive(draft, reading, said, self.collection.made_with, anew=anew)
        return self._told(item, judged, reading)

    def _again(self, item: Attached, known: Received) -> Happened:
        """Record that a file that is in came once more, if this is not known either.

        Whether one is to count that had been withdrawn or turned down, is asked.
        """
        at = moment()
        is_asked = self._counts_anew(item, known)
        if not self._has_come(item, known.sha256):
            self.store.add_arrival(self._arrival(item, known.sha256, at))
            self.store.record(
                Event(
                    kind="received-again", at=at, organisation=known.organisation, round_id=known.round_id,
                    received=known.id,
                )
            )  # fmt: skip
        if is_asked:
            date = item.whence.date.isoformat() if item.whence.date is not None else ""
            judged = self.judge.comes_again(known, date, self._number(item), self._sender(item.whence))
            whose = self._name(known.organisation)
            return Happened("came-again", item.name, item.whence.source, whose, known.id, judged.queries)
        return self._in_already(item, known)

    def _counts_anew(self, item: Attached, known: Received) -> bool:
        """Whether somebody seems to want a return to count after all that had been withdrawn or turned down.

        Another mail asks for that; the same mail does not.  A file without a mail is asked about once.
        """
        is_out = known.state is ReturnState.WITHDRAWN or (known.state is ReturnState.REFUSED and bool(known.digest))
        if not is_out or isinstance(item, LeftBehind):
            return False
        return not self._has_come(item, known.sha256) or (
            not item.whence.message_id and not self.judge.has_asked_again(known)
        )

    def _has_come(self, item: Attached, sha256: str) -> bool:
        """Whether it is known that a file came in this very way."""
        this = item.whence.message_id, item.name[:_LONGEST_NAME]
        return any((each.message_id, each.name) == this for each in self.store.arrivals(sha256))

    def _in_already(self, item: Attached, known: Received) -> Happened:
        whose = self._name(known.organisation)
        return Happened("again", item.name, item.whence.source, organisation=whose, received=known.id)

    def _arrival(self, item: Attached, sha256: str, at: str) -> Arrival:
        whence = item.whence
        date = whence.date or whence.modified
        return Arrival(
            sha256=sha256,
            name=item.name[:_LONGEST_NAME],
            source=whence.source,
            message_id=whence.message_id,
            sender=whence.sender,
            date=date.isoformat() if date is not None else "",
            arrived_at=at,
            batch=self._number(item),
        )

    def _number(self, item: Attached) -> int:
        """The number of the run that an item came with; this run gets one with the first thing that it puts down."""
        if isinstance(item, LeftBehind):
            return item.batch
        if not self._batch:
            self._batch = self.store.next_batch()
        return self._batch

    def _draft(self, item: Attached, sha256: str, reading: Reading, at: str) -> tuple[Stated | None, Received]:
        """What a file says of itself, and what is recorded of it before it is judged."""
        instrument = read_with(self._instruments, reading.identity)
        said = stated(reading, instrument)
        result, whence = reading.result, item.whence
        states = [each.state for each in result.questions.values()] if result is not None else []
        draft = Received(
            id=0,
            sha256=sha256,
            organisation=None,
            round_id=self.collection.round_id,
            state=ReturnState.HELD,
            share=Share.WHOLE,
            reference=said.reference if said is not None else "",
            respondent=said.respondent if said is not None else "",
            version=said.version if said is not None else "",
            name=item.name[:_LONGEST_NAME],
            received_at=at,
            sent_at=whence.date.isoformat() if whence.date is not None else "",
            batch=self._number(item),
            sender=self._sender(whence),
            person=said.person[:_LONGEST_NAME] if said is not None else "",
            answered=sum(state is State.ANSWERED for state in states),
            applicable=sum(state is not State.NOT_APPLICABLE for state in states),
            overall=result.overall if result is not None else None,
            errors=reading.count(Severity.ERROR),
            queries=reading.count(Severity.QUERY),
            digest=said.digest if said is not None else "",
        )
        return said, draft

    def _sender(self, whence: Provenance) -> str:
        """Whose address a file came from.

        Where the coordinator, or somebody who is on no list, has passed a mail on, it is the one who wrote that.
        """
        listed = self.judge.sent.by_address
        if whence.sender.casefold() in listed:
            return whence.sender
        if whence.inner_sender.casefold() in listed:
            return whence.inner_sender
        return "" if whence.sender.casefold() in self._own_addresses else whence.sender

    @cached_property
    def _own_addresses(self) -> frozenset[str]:
        settings = self.collection.settings
        user = settings.imap.user if settings.imap is not None else ""
        return frozenset(each.casefold() for each in (settings.sender.address, settings.sender.reply_to, user) if each)

    # What is told

    def _told(self, item: Attached, judged: Judged, reading: Reading) -> Happened:
        received = judged.received
        why = ""
        if received.state is ReturnState.REFUSED:
            wrong = [each for each in reading.problems if each.severity is Severity.ERROR][:1]
            why = " ".join(f"{each.message} {each.remedy}" for each in wrong)
        return Happened(
            received.state.value,
            item.name,
            item.whence.source,
            self._name(received.organisation),
            received.id,
            judged.queries,
            len(judged.superseded),
            received.errors,
            received.queries,
            why,
        )

    def _name(self, organisation: int | None) -> str:
        found = self.judge.sent.by_id.get(organisation) if organisation is not None else None
        return found.name if found is not None else ""

    def _say(self, done: Happened) -> None:
        self.happened.append(done)
        if self._on_each is not None:
            self._on_each(done)

    def _summary(self) -> Imported:
        opened = [self.store.query(number) for each in self.happened for number in each.queries]
        queries = tuple(query for query in opened if query is not None and not query.closed_at)
        return Imported(tuple(self.happened), queries)

    # What files are read with

    @cached_property
    def _plans(self) -> Plans:
        return plans_of(self.collection.framework_name, self.collection.instruments)

    @cached_property
    def _instruments(self) -> Mapping[str, Instrument]:
        """By respondent type, and by ``respondent/version`` for those of earlier versions."""
        found = {each.respondent.id: each for each in self.collection.instruments}
        for key, each in self._plans.earlier.items():
            found[key.partition("/")[2]] = each
        return found


class _Forgotten(Exception):
    """A file turns out to be of an organisation that has been forgotten."""


def _suffix(reading: Reading | None) -> str:
    return _SUFFIXES.get(reading.file.kind, ".bin") if reading is not None else ""
