"""Taking in what came to the mailbox of a collection, over IMAP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from kil_xlsx.errors import UsageProblem
from kil_xlsx.pipeline.collection.holding import held
from kil_xlsx.pipeline.collection.importing import Done, take_in
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.progress import Progress, quiet

if TYPE_CHECKING:
    from kil_xlsx.mail.imap import Inbox, MailServer
    from kil_xlsx.mail.items import Item
    from kil_xlsx.pipeline.collection.place import Collection
    from kil_xlsx.pipeline.collection.taken import Imported


def fetch(
    collection: Collection,
    ask_password: Callable[[], str],
    *,
    password: str | None = None,
    executor: str | None = None,
    progress: Progress = quiet,
) -> Imported:
    """Take in all mails of the mailbox that have not been dealt with.

    A mail is marked as dealt with once everything in it is safely recorded; if the program is stopped in between, it is
    fetched again and found to be known.

    :param ask_password: asked for the password of the mailbox.
    :param password: what locked workbooks are opened with, in memory only.
    :param executor: where files are read, see :func:`kil_xlsx.pipeline.executing.executor`; here unless given.
    :raises UsageProblem: the settings name no mailbox, or it is being fetched from already.
    :raises MailServerError: the server cannot be reached, or will not have us.
    """
    from kil_xlsx.mail.imap import Inbox

    server = _server(collection, ask_password)
    with held(collection.place, "fetch", "kil-xlsx fetch"), Inbox(server) as inbox:
        items = _items(collection, inbox, server, progress)
        return take_in(collection, items, password=password, executor=executor)


def _server(collection: Collection, ask_password: Callable[[], str]) -> MailServer:
    from kil_xlsx.mail.imap import MailServer

    imap = collection.settings.imap
    if imap is None or not imap.host:
        raise UsageProblem(
            "The settings name no mailbox to fetch from.",
            f"Write a section [imap] in {collection.place.settings_file.name}, or save the mails as files or a folder "
            "and import that.",
        )
    return MailServer(
        host=imap.host,
        port=imap.port_number,
        security=imap.security,
        user=imap.user,
        password=ask_password(),
        folder=imap.folder,
        ca_file=str(collection.place.path(imap.ca_file)) if imap.ca_file else "",
    )


def _items(collection: Collection, inbox: Inbox, server: MailServer, progress: Progress) -> Iterator[Item | Done]:
    """What is in each mail, and after it the sign that this was all."""
    store = collection.store

    def mark(uid: int) -> str:
        return f"imap {server.host} {server.user} {server.folder} {inbox.uid_validity} {uid}"

    def dealt_with(uid: int) -> None:
        if not inbox.done(uid):
            with store.transaction():
                store.see(mark(uid), moment())

    # Where the server keeps no flag of ours, the records say what has been dealt with.
    waiting = [uid for uid in inbox.waiting() if inbox.keeps_flags or not store.seen(mark(uid))]
    for at, uid in enumerate(waiting):
        progress(at, len(waiting), f"mail {at + 1}")
        yield from inbox.items(uid)
        yield Done(partial(dealt_with, uid))
    progress(len(waiting), len(waiting), "")
