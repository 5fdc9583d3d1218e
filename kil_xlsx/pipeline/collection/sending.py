"""Sending a collection's mails, so that whatever happens nobody gets one twice and nobody is passed over.

That a mail is being handed over is on record before the server hears of it, and that it was taken as soon as the server
says so.  A run that was killed in between leaves a doubt, which becomes a query for a person; everything else goes on
where it stopped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kil_xlsx.core.collection import Event, Mail, MailState, Purpose, Query
from kil_xlsx.core.dispatch import NOT_NOW, REFUSED, Dispatch, Due, LeftOut, Reason, dispatch
from kil_xlsx.errors import KilXlsxError, MailServerError, OutputError, StoreError, UsageProblem
from kil_xlsx.pipeline.collection.enclosures import Enclosed, Enclosures, Nothing, enclosures
from kil_xlsx.pipeline.collection.letters import Letters
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.collection.recipients import known, numbers_of
from kil_xlsx.pipeline.names import safe_name
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from kil_xlsx.mail.outgoing import Letter
    from kil_xlsx.mail.smtp import Delivery, Pace, Post, Server
    from kil_xlsx.pipeline.collection.place import Collection

LARGE = 10_000_000
"""Bytes of what is attached to one mail; many servers take no more."""

_NAMES_THE_DAY = frozenset((Purpose.INVITATION, Purpose.REMINDER, Purpose.TO_FIX, Purpose.CONSENSUS))
"""Mails that ask for something until the return date."""

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


@dataclass(frozen=True)
class Preview:
    """What would go out; ``first`` is one whole mail of it."""

    wish: Wish
    due: tuple[Due, ...]
    left_out: tuple[LeftOut, ...]
    first: Letter | None
    notes: tuple[str, ...]


class LateError(UsageProblem):
    """The return date has passed, and nobody has said that this is fine."""


class _StopError(Exception):
    """Somebody wants the run to end."""


class _NotDueError(Exception):
    """What was due when the run began no longer is: a return came, or the organisation was waived or forgotten."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class _Prepared:
    """What is found out before the first mail; ``dispatch_of`` looks at some organisations again, as they are now."""

    letters: Letters
    found: Dispatch
    made: Enclosures
    dispatch_of: Callable[[Collection, Due], Dispatch]

    def check(self, collection: Collection, due: Due) -> None:
        """_NotDueError where a mail is not due any more: a run takes long, and others work meanwhile."""
        found = self.dispatch_of(collection, due)
        about = [each for each in found.due if each.about == due.about]
        if not any((each.serial, each.address) == (due.serial, due.address) for each in about):
            reasons = [each.reason for each in found.left_out]
            raise _NotDueError(Reason.LATER if about or not reasons else reasons[0])


def send(
    collection: Collection,
    wish: Wish,
    *,
    password: Callable[[], str],
    wait: Callable[[float], None],
    clock: Callable[[], float],
    stopping: Callable[[], bool] = lambda: False,
    progress: Progress = quiet,
) -> Run:
    """Send the mails of one kind that are due, or write them as drafts.

    The caller holds the collection, see :func:`kil_xlsx.pipeline.collection.holding.held`.

    :param password: asked for the password of the mail server, if there is a login.
    :param wait: sleeps for some seconds; ``clock`` tells seconds from some beginning.
    :param stopping: whether somebody wants the run to end; it then does so after the mail that it is at.
    :raises LateError: the return date has passed.
    :raises UsageProblem: the settings lack something, or an organisation that was named is not there.
    :raises MailServerError: the mail server cannot be reached, or will not have us; nothing was sent.
    """
    run = Run(wish)
    sender = _Sender(collection, run, wait, stopping, progress)
    run.doubts = note_doubts(collection)
    prepared = _prepared(collection, wish, run.notes, progress)
    run.left_out += prepared.found.left_out
    if not prepared.found.due:
        return run
    if wish.drafts:
        sender.write(prepared)
        return run
    from kil_xlsx.mail.smtp import Pace, Post

    server = _server(collection, password)
    assert collection.settings.smtp is not None
    pace = Pace(collection.settings.smtp.mails_per_minute, sender.pause, clock)
    with Post(server) as post:
        sender.send(prepared, post, pace)
    return run


def preview(collection: Collection, wish: Wish, *, progress: Progress = quiet) -> Preview:
    """What would be sent, without sending or writing anything.

    :param collection: is written to; give a copy of its records (:func:`kil_xlsx.pipeline.collection.place.rehearsed`).
    """
    notes: list[str] = []
    note_doubts(collection)
    prepared = _prepared(collection, wish, notes, progress)
    found, first = prepared.found, None
    for due in found.due:
        try:
            first = prepared.letters.letter(due, prepared.made.of(due))
        except Nothing:
            continue
        break
    return Preview(wish, tuple(found.due), tuple(found.left_out), first, tuple(notes))


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


def _prepared(collection: Collection, wish: Wish, notes: list[str], progress: Progress) -> _Prepared:
    """Everything that is found out before the first mail: wording, who is due, what goes with the mails."""
    from kil_xlsx import pipeline
    from kil_xlsx.mail.outgoing import address_fault

    now = pipeline.now().astimezone()
    letters = Letters(collection, wish.purpose, now)
    notes += collection.organisations().notes
    again = numbers_of(collection, wish.again)
    only = again | numbers_of(collection, wish.only)
    release = None
    if wish.purpose is Purpose.FEEDBACK:
        from kil_xlsx.pipeline.collection.enclosures import newest

        release = newest(collection)[0].number

    def dispatched(which: Collection, numbers: frozenset[int] | None) -> Dispatch:
        return dispatch(
            wish.purpose, known(which, numbers), now, again=again, release=release, address_fault=address_fault
        )

    found = dispatched(collection, only or None)
    if wish.limit is not None:
        found.left_out += [LeftOut(due.organisation, Reason.LATER) for due in found.due[wish.limit :]]
        found.due = found.due[: wish.limit]
    _check_day(collection, wish, found, now, notes)
    made = enclosures(collection, wish.purpose, found.due, now, previous=wish.previous, progress=progress)
    notes += [each for each in made.notes if each not in notes]
    return _Prepared(letters, found, made, lambda which, due: dispatched(which, frozenset((due.organisation.id,))))


def _check_day(collection: Collection, wish: Wish, found: Dispatch, now: datetime, notes: list[str]) -> None:
    due = collection.settings.collection.due
    if due is None or due >= now.date() or wish.purpose not in _NAMES_THE_DAY or not found.due:
        return
    passed = f"The return date, {due.day} {due:%B %Y}, has passed already."
    if not wish.late_is_fine:
        raise LateError(
            passed,
            f"Write a later one in {collection.place.settings_file.name}, or say --yes: the mails then name no day, "
            "the workbooks this one.",
        )
    notes.append(f"{passed} The mails name no day.")


def _server(collection: Collection, password: Callable[[], str]) -> Server:
    from kil_xlsx.mail.smtp import Server

    smtp = collection.settings.smtp
    if smtp is None or not smtp.host:
        raise UsageProblem(
            "The settings name no server that takes mails.",
            f"Write a section [smtp] in {collection.place.settings_file.name}, or write drafts that you send with "
            "your own mail program: add --drafts.",
        )
    return Server(
        host=smtp.host,
        port=smtp.port_number,
        security=smtp.security,
        user=smtp.user,
        password=password() if smtp.user else "",
        ca_file=str(collection.place.path(smtp.ca_file)) if smtp.ca_file else "",
    )


class _Sender:
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

    def write(self, prepared: _Prepared) -> None:
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
            except _NotDueError:
                path.unlink(missing_ok=True)
                raise
            return self._done(due, MailState.DRAFTED, "", enclosed, path)

        self._each(prepared, one)

    def send(self, prepared: _Prepared, post: Post, pace: Pace) -> None:
        """Hand mails to the server."""

        def one(due: Due, letter: Letter, enclosed: Enclosed) -> Done:
            from kil_xlsx.mail.outgoing import message_bytes

            attempt = _Attempt(self, prepared, due, letter, enclosed, message_bytes(letter), post)
            pace.deliver(attempt)
            return self._done(due, attempt.state, attempt.said, enclosed)

        self._each(prepared, one)

    def _each(self, prepared: _Prepared, one: Callable[[Due, Letter, Enclosed], Done]) -> None:
        run, dues = self._run, prepared.found.due
        at = 0
        try:
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
                except _NotDueError as error:
                    run.left_out.append(LeftOut(due.organisation, error.reason))
            self._progress(len(dues), len(dues), "")
        except _StopError:
            run.stopped = "You stopped it."
        except MailServerError as error:
            run.stopped = str(error)
        if run.stopped:
            done = {id(each.due) for each in run.done}
            run.left_out += [LeftOut(due.organisation, Reason.LATER) for due in dues[at:] if id(due) not in done]

    def _draft(self, due: Due) -> Path:
        name = safe_name(due.organisation.name)[:_LONGEST_NAME].strip("-") or "organisation"
        serial = f"-{due.serial}" if due.serial > 1 else ""
        folder = self._collection.place.drafts / due.purpose.value
        return folder / f"{name}-{due.organisation.id}{serial}.eml"

    def _done(self, due: Due, state: MailState, said: str, enclosed: Enclosed, draft: Path | None = None) -> Done:
        names = tuple(name for name, _ in enclosed.files)
        if enclosed.size > LARGE:
            self._run.notes.append(
                f"{due.organisation.name}: the files attached are {enclosed.size / 1e6:.1f} MB large, which some mail "
                "servers do not take."
            )
        return Done(due, state, said, names, enclosed.size, draft)

    def begin(self, prepared: _Prepared, due: Due, letter: Letter, enclosed: Enclosed, mail: Mail | None) -> Mail:
        """Record that a mail is being handed over: a first time, or once more.  _NotDueError where it is not due."""
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
        sender: _Sender,
        prepared: _Prepared,
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
        else:
            self._settle(mail, MailState.DOUBTFUL, delivery.said)
        return delivery

    def _settle(self, mail: Mail, state: MailState, said: str) -> None:
        self._sender.end(self._due, mail, state, said)
        self.state, self.said = state, said
