"""Handing over one mail after the other, or writing it as a draft, with every step on record.

That a mail is being handed over is on record before the server hears of it, and that it was taken as soon as the server
says so.  A run that was killed in between leaves a doubt, which becomes a query for a person.

A mail that is put off because of its recipient alone keeps nobody waiting: it is tried once more when all others are
through.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Event, Mail, MailState, Purpose, Query
from kil_xlsx.core.dispatch import NOT_NOW, REFUSED, Dispatch, Due, LeftOut, Reason
from kil_xlsx.errors import KilXlsxError, MailServerError, OutputError, StoreError
from kil_xlsx.pipeline.collection.enclosures import Enclosed, Enclosures, Nothing
from kil_xlsx.pipeline.collection.letters import Letters
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.names import safe_name
from kil_xlsx.pipeline.progress import Progress

if TYPE_CHECKING:
    from kil_xlsx.mail.outgoing import Letter
    from kil_xlsx.mail.smtp import Delivery, Pace, Post
    from kil_xlsx.pipeline.collection.place import Collection

LARGE = 10_000_000
"""Bytes of what is attached to one mail; many servers take no more."""

_EVENTS = {
    MailState.SENT: "mail-sent",
    MailState.DRAFTED: "mail-drafted",
    MailState.FAILED: "mail-failed",
    MailState.DOUBTFUL: "mail-doubtful",
}
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Wish:
    """What is to be sent, to whom.

    :ivar drafts: as files, for people to send with their own mail program.
    :ivar only: the organisations that matter, by name, number or reference; without any, all do.
    :ivar again: those that are to get the mail although they have had it; then only these get one.
    :ivar limit: how many mails at most.
    :ivar previous: what came back last time, instead of what the collection has of it.
    :ivar late_is_fine: whether mails may ask for something until a day that has passed.
    """

    purpose: Purpose
    drafts: bool = False
    only: Sequence[str] = ()
    again: Sequence[str] = ()
    limit: int | None = None
    previous: Path | None = None
    late_is_fine: bool = False


@dataclass(frozen=True)
class Done:
    """What became of one mail.  ``said`` is what the server said; ``draft`` the file, if it was written as one."""

    due: Due
    state: MailState
    said: str = ""
    files: tuple[str, ...] = ()
    size: int = 0
    draft: Path | None = None


@dataclass
class Run:
    """What a run did.

    ``doubts`` are mails that an earlier run was stopped over.  ``stopped`` says why the run ended before its end;
    empty where it did not.
    """

    wish: Wish
    done: list[Done] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    doubts: list[Mail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""

    def count(self, state: MailState) -> int:
        """How many mails ended in one state."""
        return sum(each.state is state for each in self.done)

    @property
    def sound(self) -> bool:
        """Whether nothing failed and nothing is in doubt."""
        failed = self.count(MailState.FAILED) + self.count(MailState.DOUBTFUL)
        not_made = any(each.reason is Reason.NOT_MADE for each in self.left_out)
        return not (failed or self.doubts or self.stopped or not_made)


class _StopError(Exception):
    """Somebody wants the run to end."""


class NotDueError(Exception):
    """What was due when the run began no longer is: a return came, or the organisation was waived or forgotten."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Prepared:
    """What is found out before the first mail; ``dispatch_of`` looks at some organisations again, as they are now."""

    letters: Letters
    found: Dispatch
    made: Enclosures
    dispatch_of: Callable[[Collection, Due], Dispatch]

    def check(self, collection: Collection, due: Due) -> None:
        """NotDueError where a mail is not due any more: a run takes long, and others work meanwhile."""
        found = self.dispatch_of(collection, due)
        about = [each for each in found.due if each.about == due.about]
        if not any((each.serial, each.address) == (due.serial, due.address) for each in about):
            reasons = [each.reason for each in found.left_out]
            raise NotDueError(Reason.LATER if about or not reasons else reasons[0])


def note_doubts(collection: Collection) -> list[Mail]:
    """Record as doubtful what a run was stopped over, each with a query for a person.

    The caller holds the collection: nothing else is being sent.
    """
    store = collection.store
    left = store.mails(state=MailState.SENDING)
    for mail in left:
        with store.transaction():
            _doubt(collection, mail.id, mail.organisation, mail.round_id, "The program was stopped over this mail.")
    return left


def _doubt(collection: Collection, mail: int, organisation: int, round_id: str, said: str) -> None:
    """Put down that nobody knows whether a mail was sent; inside a transaction."""
    store, at = collection.store, moment()
    store.set_mail(mail, MailState.DOUBTFUL, at, said=said)
    query = store.open_query(
        Query(id=0, code="mail-doubtful", holds=False, opened_at=at, mail=mail, organisation=organisation, found=said)
    )
    event = Event(
        kind="mail-doubtful", at=at, organisation=organisation, round_id=round_id, mail=mail, query=query, why=said
    )
    store.record(event, replace(event, kind="query-opened", why="mail-doubtful"))


class Sender:
    """Hands over one mail after the other, and records each step."""

    def __init__(
        self,
        collection: Collection,
        run: Run,
        wait: Callable[[float], None],
        stopping: Callable[[], bool],
        progress: Progress,
    ) -> None:
        self._collection, self._run = collection, run
        self._wait, self._stopping, self._progress = wait, stopping, progress

    def pause(self, seconds: float) -> None:
        """Wait, a little at a time, so that nobody who wants the run to end has to wait for it."""
        while seconds > 0:
            self._check()
            self._wait(min(seconds, 0.5))
            seconds -= 0.5

    def _check(self) -> None:
        if self._stopping():
            raise _StopError

    def write(self, prepared: Prepared) -> None:
        """Write drafts."""

        def one(due: Due, letter: Letter, enclosed: Enclosed) -> Done:
            from kil_xlsx.mail.outgoing import message_bytes
            from kil_xlsx.pipeline.outputs import write_file

            path = self._draft(due)
            # The file comes first: should the program be stopped now, the next run writes the same once more.
            write_file(path, message_bytes(letter, draft=True), force=True)
            try:
                with self._collection.store.transaction():
                    prepared.check(self._collection, due)
                    mail = self._begin(due, letter, enclosed, MailState.DRAFTED)
                    self._end(due, mail, MailState.DRAFTED, "")
            except NotDueError:
                path.unlink(missing_ok=True)
                raise
            return self._done(due, MailState.DRAFTED, "", enclosed, path)

        self._each(prepared, one)

    def send(self, prepared: Prepared, post: Post, pace: Pace) -> None:
        """Hand mails to the server; those that are put off because of their recipients are tried again at the end."""
        put_off: list[tuple[Due, Mail]] = []

        def one(due: Due, letter: Letter, enclosed: Enclosed) -> Done:
            attempt = self._delivered(prepared, due, letter, enclosed, post, pace)
            if attempt.put_off is not None:
                put_off.append((due, attempt.put_off))
            return self._done(due, attempt.state, attempt.said, enclosed)

        self._each(prepared, one)
        if put_off and not self._run.stopped:
            self._once_more(prepared, put_off, post, pace)

    def _delivered(
        self, prepared: Prepared, due: Due, letter: Letter, enclosed: Enclosed, post: Post, pace: Pace
    ) -> _Attempt:
        from kil_xlsx.mail.outgoing import message_bytes

        attempt = _Attempt(self, prepared, due, letter, enclosed, message_bytes(letter), post)
        pace.deliver(attempt)
        return attempt

    def _once_more(self, prepared: Prepared, put_off: Sequence[tuple[Due, Mail]], post: Post, pace: Pace) -> None:
        """Try the mails again that were put off, each once; what does not go now, a later run tries."""
        run = self._run
        with self._until_stopped():
            self._progress(0, len(put_off), put_off[0][0].organisation.name)
            pace.rest()
            for at, (due, mail) in enumerate(put_off):
                self._progress(at, len(put_off), due.organisation.name)
                self._check()
                before = next(number for number, each in enumerate(run.done) if each.due is due)
                begun = dataclasses.replace(due, begun=mail)
                enclosed = prepared.made.of(begun)
                letter = prepared.letters.letter(begun, enclosed)
                try:
                    attempt = self._delivered(prepared, begun, letter, enclosed, post, pace)
                except NotDueError as error:
                    del run.done[before]
                    run.left_out.append(LeftOut(due.organisation, error.reason))
                else:
                    run.done[before] = dataclasses.replace(run.done[before], state=attempt.state, said=attempt.said)
            self._progress(len(put_off), len(put_off), "")

    def _each(self, prepared: Prepared, one: Callable[[Due, Letter, Enclosed], Done]) -> None:
        run, dues = self._run, prepared.found.due
        at = 0
        with self._until_stopped():
            for at, due in enumerate(dues):
                self._progress(at, len(dues), due.organisation.name)
                self._check()
                try:
                    enclosed = prepared.made.of(due)
                    letter = prepared.letters.letter(due, enclosed)
                except (StoreError, OutputError):
                    raise
                except KilXlsxError as error:
                    reason = Reason.NOTHING if isinstance(error, Nothing) else Reason.NOT_MADE
                    run.left_out.append(LeftOut(due.organisation, reason, str(error)))
                    continue
                try:
                    run.done.append(one(due, letter, enclosed))
                except NotDueError as error:
                    run.left_out.append(LeftOut(due.organisation, error.reason))
            self._progress(len(dues), len(dues), "")
        if run.stopped:
            done = {id(each.due) for each in run.done}
            run.left_out += [LeftOut(due.organisation, Reason.LATER) for due in dues[at:] if id(due) not in done]

    @contextmanager
    def _until_stopped(self) -> Iterator[None]:
        """What is done inside ends early where somebody wants it to, or the server takes no more mails."""
        try:
            yield
        except _StopError:
            self._run.stopped = "You stopped it."
        except MailServerError as error:
            self._run.stopped = str(error)

    def _draft(self, due: Due) -> Path:
        name = safe_name(due.organisation.name)[:_LONGEST_NAME].strip("-") or "organisation"
        serial = f"-{due.serial}" if due.serial > 1 else ""
        place = self._collection.place
        folder = place.of_round(place.drafts, self._collection.round_id) / due.purpose.value
        return folder / f"{name}-{due.organisation.id}{serial}.eml"

    def _done(self, due: Due, state: MailState, said: str, enclosed: Enclosed, draft: Path | None = None) -> Done:
        names = tuple(name for name, _ in enclosed.files)
        if enclosed.size > LARGE:
            self._run.notes.append(
                f"{due.organisation.name}: the files attached are {enclosed.size / 1e6:.1f} MB large, which some mail "
                "servers do not take."
            )
        return Done(due, state, said, names, enclosed.size, draft)

    def begin(self, prepared: Prepared, due: Due, letter: Letter, enclosed: Enclosed, mail: Mail | None) -> Mail:
        """Record that a mail is being handed over: a first time, or once more.  NotDueError where it is not due."""
        store = self._collection.store
        with store.transaction():
            prepared.check(self._collection, due if mail is None else dataclasses.replace(due, begun=mail))
            if mail is None:
                return self._begin(due, letter, enclosed, MailState.SENDING)
            attempts = mail.attempts + 1
            store.set_mail(mail.id, MailState.SENDING, moment(), attempts=attempts)
        return replace(mail, attempts=attempts)

    def _begin(self, due: Due, letter: Letter, enclosed: Enclosed, state: MailState) -> Mail:
        """Put a mail on record, with the workbook that goes with it; inside a transaction."""
        from kil_xlsx.pipeline.collection.workbooks import add_copy

        store, at = self._collection.store, moment()
        if enclosed.copy is not None:
            made = enclosed.copy
            store.add_written(hashlib.sha256(data).hexdigest() for _, data in enclosed.files)
            add_copy(self._collection, dataclasses.replace(made, copy=replace(made.copy, made_at=at)))
        if due.begun is not None:
            attempts = due.begun.attempts + 1
            store.set_mail(due.begun.id, state, at, attempts=attempts)
            return replace(due.begun, state=state, changed_at=at, attempts=attempts)
        mail = Mail(
            id=0,
            organisation=due.organisation.id,
            round_id=self._collection.round_id,
            purpose=due.purpose,
            serial=due.serial,
            address=due.address,
            message_id=letter.message_id,
            state=state,
            changed_at=at,
            attempts=1,
            about=due.about,
        )
        return replace(mail, id=store.add_mail(mail))

    def end(self, due: Due, mail: Mail, state: MailState, said: str) -> None:
        """Record what became of a mail."""
        with self._collection.store.transaction():
            self._end(due, mail, state, said)

    def _end(self, due: Due, mail: Mail, state: MailState, said: str) -> None:
        store, at = self._collection.store, moment()
        if state is MailState.DOUBTFUL:
            _doubt(self._collection, mail.id, mail.organisation, mail.round_id, said)
            return
        store.set_mail(mail.id, state, at, said=said)
        about = due.about if due.returns and due.purpose is not Purpose.FEEDBACK else None
        event = Event(
            kind=_EVENTS[state],
            at=at,
            organisation=mail.organisation,
            round_id=mail.round_id,
            received=about,
            mail=mail.id,
            why=said if state is MailState.FAILED else "",
        )
        store.record(event)
        if due.purpose is Purpose.RECEIPT and state in (MailState.SENT, MailState.DRAFTED):
            store.record(replace(event, kind="receipt-given"))


class _Attempt:
    """One mail, tried as often as it takes; each try is on record before the server hears of it."""

    def __init__(
        self,
        sender: Sender,
        prepared: Prepared,
        due: Due,
        letter: Letter,
        enclosed: Enclosed,
        message: bytes,
        post: Post,
    ) -> None:
        self._sender, self._prepared = sender, prepared
        self._due, self._letter, self._enclosed = due, letter, enclosed
        self._message, self._post = message, post
        self._mail: Mail | None = None
        self.state = MailState.FAILED
        self.said = ""
        self.put_off: Mail | None = None
        """The mail as it is on record, if the server has put it off because of its recipient."""

    def __call__(self) -> Delivery:
        from kil_xlsx.mail.smtp import Outcome

        mail = self._mail = self._sender.begin(self._prepared, self._due, self._letter, self._enclosed, self._mail)
        try:
            delivery = self._post.send(self._message, self._letter.sender, self._letter.to)
        except MailServerError as error:
            self._settle(mail, MailState.FAILED, f"{NOT_NOW}{error.message}")
            raise
        if delivery.outcome is Outcome.SENT:
            self._settle(mail, MailState.SENT, delivery.said)
        elif delivery.outcome is Outcome.REFUSED:
            self._settle(mail, MailState.FAILED, f"{REFUSED}{delivery.said}")
        elif delivery.outcome is Outcome.DEFERRED:
            self._settle(mail, MailState.FAILED, f"{NOT_NOW}{delivery.said}")
            self.put_off = None if delivery.everybody else mail
        else:
            self._settle(mail, MailState.DOUBTFUL, delivery.said)
        return delivery

    def _settle(self, mail: Mail, state: MailState, said: str) -> None:
        self._sender.end(self._due, mail, state, said)
        self.state, self.said = state, said
