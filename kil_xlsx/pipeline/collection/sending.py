"""Sending a collection's mails, so that whatever happens nobody gets one twice and nobody is passed over.

That a mail is being handed over is on record before the server hears of it, and that it was taken as soon as the server
says so.  A run that was killed in between leaves a doubt, which becomes a query for a person; everything else goes on
where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Purpose
from kil_xlsx.core.dispatch import NAMES_THE_DAY, Dispatch, Due, LeftOut, Reason, dispatch
from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.delivering import Prepared, Run, Sender, Wish, note_doubts
from kil_xlsx.pipeline.collection.enclosures import Nothing, enclosures
from kil_xlsx.pipeline.collection.letters import Letters
from kil_xlsx.pipeline.collection.recipients import known, numbers_of
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from kil_xlsx.mail.outgoing import Letter
    from kil_xlsx.mail.smtp import Server
    from kil_xlsx.pipeline.collection.place import Collection


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
    sender = Sender(collection, run, wait, stopping, progress)
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


def _prepared(collection: Collection, wish: Wish, notes: list[str], progress: Progress) -> Prepared:
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
    notes += [each for each in made.notes if not any(each in one for one in notes)]  # a longer one says it too
    return Prepared(letters, found, made, lambda which, due: dispatched(which, frozenset((due.organisation.id,))))


def _check_day(collection: Collection, wish: Wish, found: Dispatch, now: datetime, notes: list[str]) -> None:
    due = collection.settings.collection.due
    if due is None or due >= now.date() or wish.purpose not in NAMES_THE_DAY or not found.due:
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
