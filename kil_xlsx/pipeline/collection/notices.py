"""Mails that bring no workbook: bounces, automatic replies, questions of people, and what could not be opened.

Each is dealt with once, however often it is imported or fetched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kil_xlsx.core.collection import Event, Mail, MailState, Query
from kil_xlsx.core.queries import QUERIES
from kil_xlsx.mail.items import AutoReply, Bounced, NoAttachment, Unusable
from kil_xlsx.pipeline.collection.place import moment
from kil_xlsx.pipeline.collection.taken import Happened

if TYPE_CHECKING:
    from kil_xlsx.pipeline.collection.judging import Judge
    from kil_xlsx.pipeline.collection.place import Collection

Notice = Bounced | AutoReply | NoAttachment | Unusable

_LONGEST = 300
_WENT = (MailState.SENT, MailState.DRAFTED, MailState.DOUBTFUL, MailState.SENDING)
"""States in which a mail may come back; what has come back already stays as it is."""


@dataclass(frozen=True)
class _About:
    """Whom a notice is about: an organisation, and the mail of ours if that is known."""

    organisation: int | None = None
    mail: Mail | None = None


class Notices:
    """Records mails without a workbook."""

    def __init__(self, collection: Collection, judge: Judge) -> None:
        self._collection = collection
        self._store = collection.store
        self._judge = judge

    def take(self, item: Notice) -> Happened:
        """Record one, unless it is known."""
        mark = _mark(item)
        if self._store.seen(mark):
            return self._told("seen", item, _About())
        with self._store.transaction():
            if self._store.seen(mark):  # another program was faster
                return self._told("seen", item, _About())
            self._store.see(mark, moment())
            if isinstance(item, Bounced):
                return self._bounced(item)
            if isinstance(item, Unusable):
                return self._unusable(item)
            return self._answered(item)

    def _bounced(self, item: Bounced) -> Happened:
        mail = self._mail(item)
        if mail is None:
            return self._told("unmatched", item, _About(), "a mail could not be delivered, and it is none of yours")
        kind = "mail-bounced" if item.permanent else "mail-delayed"
        if item.permanent and mail.state in _WENT:
            self._store.set_mail(mail.id, MailState.BOUNCED, moment(), said=_line(item.said))
            self._close_doubt(mail)
        self._tell(kind, _About(mail.organisation, mail))
        about = _About(mail.organisation, mail)
        return self._told("bounced" if item.permanent else "delayed", item, about, _line(item.said))

    def _mail(self, item: Bounced) -> Mail | None:
        """The mail of ours that a notice is about: by its Message-ID, else the newest to one of the addresses."""
        for each in item.original_ids:
            found = self._store.mail_called(each)
            if found is not None:
                return found
        addresses = {each.casefold() for each in item.recipients}
        mails = self._store.mails() if addresses else []
        sent = [each for each in mails if each.address.casefold() in addresses and each.state in _WENT]
        return max(sent, key=lambda each: (each.changed_at, each.id), default=None)

    def _answered(self, item: AutoReply | NoAttachment) -> Happened:
        about = self._from(item)
        if isinstance(item, AutoReply) and item.kind != "away":
            return self._told("left-out", item, about, "a reply that a program has written")
        if about.organisation is None:
            return self._told("unmatched", item, about, "its sender stands on no list, and it answers no mail of yours")
        away = isinstance(item, AutoReply)
        self._tell("away" if away else "replied", about)
        return self._told("away" if away else "replied", item, about)

    def _unusable(self, item: Unusable) -> Happened:
        about = self._from(item)
        query = self._store.open_query(
            Query(
                id=0, code="cannot-open", holds=QUERIES["cannot-open"].holds, opened_at=moment(),
                organisation=about.organisation, found=_line(f"{item.name}, {item.whence.source}: {item.why}"),
            )
        )  # fmt: skip
        self._tell("unusable", about)
        self._tell("query-opened", about, query=query, why="cannot-open")
        return self._told("unusable", item, about, item.why, query)

    def _from(self, item: AutoReply | NoAttachment | Unusable) -> _About:
        """Whom a mail is from: whoever it answers a mail to, else whoever has its sender's address."""
        for each in item.whence.in_reply_to:
            mail = self._store.mail_called(each)
            if mail is not None:
                return _About(mail.organisation, mail)
        return _About(self._judge.organisation_at(item.whence.sender))

    def _close_doubt(self, mail: Mail) -> None:
        """A mail that came back was sent, so nobody need find that out."""
        for query in self._store.queries(organisation=mail.organisation):
            if query.code == "mail-doubtful" and query.mail == mail.id:
                self._store.close_query(query.id, moment(), "sent", "", "")
                self._tell("query-closed", _About(mail.organisation, mail), query=query.id, why="sent")

    def _tell(self, kind: str, about: _About, *, query: int | None = None, why: str = "") -> None:
        event = Event(
            kind=kind, at=moment(), organisation=about.organisation, query=query, why=why,
            round_id=about.mail.round_id if about.mail is not None else self._collection.round_id,
            mail=about.mail.id if about.mail is not None else None,
        )  # fmt: skip
        self._store.record(event)

    def _told(self, what: str, item: Notice, about: _About, why: str = "", query: int | None = None) -> Happened:
        name = item.name if isinstance(item, Unusable) else ""
        whose = self._store.organisation(about.organisation) if about.organisation is not None else None
        queries = (query,) if query is not None else ()
        organisation = whose.name if whose is not None else ""
        done = Happened(what, name, item.whence.source, organisation, queries=queries, why=why)
        if not isinstance(item, NoAttachment) or what == "seen":
            return done
        whence = item.whence
        sent_at = whence.date.isoformat() if whence.date is not None else ""
        return replace(done, to_read=True, sender=whence.sender, sent_at=sent_at, subject=whence.subject)


def _mark(item: Notice) -> str:
    """By what a notice is known again: the mail that it came with, else where it lay and what it says."""
    whence = item.whence
    where = whence.message_id or f"{whence.source} {whence.date} {whence.sender}"
    facts: tuple[object, ...] = ()
    if isinstance(item, Bounced):
        facts = (item.original_ids, item.recipients, item.permanent)
    elif isinstance(item, Unusable):
        facts = (item.name, item.why)
    digest = hashlib.sha256(repr((type(item).__name__, where, facts)).encode("utf-8", "surrogatepass"))
    return f"notice {digest.hexdigest()}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
