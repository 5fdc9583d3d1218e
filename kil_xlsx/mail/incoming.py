"""Whatever people send, opened up into items: workbooks, and what else there is to know.

:func:`items_of` takes the bytes of anything; :func:`items_in` the same as a file, so that large archives and mailboxes
need not be held in memory.  Nothing of it is trusted: what a file is, is told by its content; names are only shown;
what goes beyond :class:`~kil_xlsx.mail.items.Limits` becomes :class:`~kil_xlsx.mail.items.Unusable`; nothing raises.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from kil_xlsx.mail import archives, automatic, headers, mailbox_files, tnef
from kil_xlsx.mail.headers import shown
from kil_xlsx.mail.items import (
    Attached,
    AutoReply,
    Bounced,
    CannotOpen,
    Item,
    LeftOut,
    Limits,
    NoAttachment,
    Provenance,
    Room,
    Unusable,
)
from kil_xlsx.mail.mime import Part, parse_mail
from kil_xlsx.mail.sniff import Kind, is_workbook_name, sniff

UNFORESEEN = "It cannot be read. Open it in the program it came from and save the workbook from it."
"""Why something is unusable that is broken in a way nobody has thought of."""

_TOO_DEEP = "It lies in too many archives and mails within each other. Save the workbook from it and import that."
_PACKED = "It is packed in a way that cannot be opened here. Unpack it and import what it holds."
_ENCRYPTED = "The mail is encrypted or sealed by the sender's mail program. Save the workbook from it and import that."
_IN_PIECES = "The mail is one of several pieces. Ask the sender for the workbook in one mail."
_ONLY_LINK = "The file was not sent, only a link to it. Ask the sender to attach the workbook itself."
_NO_PARTS = "The mail is damaged: it should have parts, and none can be found. Ask the sender to send it again."
_NO_FILES = "The archive holds no files. Ask the sender for the workbook itself."
_HEAD = 1 << 16

# Left behind by programs in archives and folders.
_LITTER = re.compile(r"(?:\.|~\$|\.~lock\.)|(?:thumbs\.db|desktop\.ini)\Z", re.I)
_NO_RETURNS = {
    "text/calendar": "an invitation",
    "application/ics": "an invitation",
    "text/vcard": "a visiting card",
    "text/x-vcard": "a visiting card",
    "text/directory": "a visiting card",
    "application/pgp-signature": "a digital signature",
    "application/pkcs7-signature": "a digital signature",
    "application/x-pkcs7-signature": "a digital signature",
    "application/pgp-keys": "a digital key",
    "application/applefile": "a note of an Apple computer about a file",
    "text/rfc822-headers": "headers of a mail",
    "text/x-amp-html": "another form of the mail's text",
}
_NO_RETURN_NAMES = {
    ".ics": "an invitation",
    ".vcf": "a visiting card",
    ".p7s": "a digital signature",
    ".asc": "a digital signature or key",
    ".sig": "a digital signature",
    ".txt": "a text",
    ".md": "a text",
    ".log": "a text",
    ".json": "a text",
    ".css": "a text",
}
_WRITTEN = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-amp-html", "text")
_TABLES = {"text/csv": ".csv", "text/tab-separated-values": ".tsv"}
_DOCUMENTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-")
_MADE_BY_SERVERS = re.compile(r"(?:ATT|att)\d{3,}(?:\.\w+)?\Z")


def items_of(data: bytes, name: str, whence: Provenance | None = None, limits: Limits | None = None) -> Iterator[Item]:
    """The items that some bytes hold; never raises.

    :param name: what the file is called; it is only shown, and counts where the content leaves doubts.
    :param whence: where the bytes came from themselves; without it, they came as a file of this name.
    """
    yield from items_in(io.BytesIO(data), name, whence, limits)


def items_in(
    file: IO[bytes], name: str, whence: Provenance | None = None, limits: Limits | None = None
) -> Iterator[Item]:
    """The items that a file holds, one at a time; never raises, except OSError if the file cannot be read.

    The file has to be open as long as items are taken.
    """
    limits = limits or Limits()
    name = shown(name)
    at = _Place(whence or Provenance(source=name))
    opening = _Opening(limits)
    head = file.read(_HEAD)
    file.seek(0)
    kind = sniff(head, name)
    if kind is Kind.ARCHIVE and not archives.is_document(file, limits):
        yield from opening.archive(file, name, at)
    elif kind is Kind.MAILBOX:
        yield from opening.mailbox(file, name, at, fresh=True)
    else:
        data = file.read(limits.mail_bytes + 1)
        if len(data) > limits.mail_bytes:
            yield Unusable(name, at.whence, _too_large(limits.mail_bytes))
        else:
            yield from opening.file(data, name, at, handed_over=True)


def mail_items(data: bytes, whence: Provenance, limits: Limits | None = None) -> Iterator[Item]:
    """The items of some bytes that are a mail, whatever they look like, such as from a mailbox; never raises."""
    limits = limits or Limits()
    if len(data) > limits.mail_bytes:
        yield Unusable("mail", whence, _too_large(limits.mail_bytes))
        return
    yield from _Opening(limits).mail(data, _Place(whence))


def stated(headers_: headers.Headers, whence: Provenance) -> Provenance:
    """Where a mail came from, with what its headers state."""
    return replace(
        whence,
        message_id=headers.message_id(headers_),
        date=headers.date(headers_),
        sender=headers.sender(headers_),
        in_reply_to=headers.in_reply_to(headers_),
        subject=headers.subject(headers_),
    )


def _too_large(most: int) -> str:
    return f"It is larger than {most:,} bytes. Save the workbook from it and import that."


@dataclass(frozen=True)
class _Place:
    """Where the opening has got to: how deep, and whether in a mail already, whose sender then is who sent all."""

    whence: Provenance
    depth: int = 0
    archives: int = 0
    in_mail: bool = False

    def inside(self, name: str, *, archive: bool = False) -> _Place:
        return replace(
            self, whence=self.whence.inside(name), depth=self.depth + 1, archives=self.archives + (1 if archive else 0)
        )


class _Opening:
    """The opening of one thing that was handed over, with what is left of the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._room = Room(limits)

    def file(self, data: bytes, name: str, at: _Place, *, handed_over: bool = False) -> Iterator[Item]:
        """What a file holds.  One that was handed over by itself is taken for a return in any case."""
        kind = sniff(data[:_HEAD], name, data)
        if kind is Kind.ARCHIVE and archives.is_document(io.BytesIO(data), self._limits):
            kind = Kind.DOCUMENT
        if kind in (Kind.ARCHIVE, Kind.MAIL, Kind.MAILBOX, Kind.OUTLOOK, Kind.WINMAIL):
            within = at if handed_over else at.inside(name, archive=kind is Kind.ARCHIVE)
            if within.depth > self._limits.depth or within.archives > self._limits.archives_depth:
                yield Unusable(name, at.whence, _TOO_DEEP)
                return
            if kind is Kind.ARCHIVE:
                yield from self.archive(io.BytesIO(data), name, within)
            elif kind is Kind.MAIL:
                yield from self.mail(data, within)
            elif kind is Kind.MAILBOX:
                yield from self.mailbox(io.BytesIO(data), name, within)
            elif kind is Kind.OUTLOOK:
                yield from self.outlook(data, name, within)
            else:
                yield from self.winmail(data, name, within)
        elif kind is Kind.PACKED:
            yield Unusable(name, at.whence, _PACKED)
        elif not handed_over and (why := self._no_return(kind, name, len(data))):
            yield LeftOut(name, at.whence, why)
        elif len(data) > self._limits.part_bytes:
            yield Unusable(name, at.whence, _too_large(self._limits.part_bytes))
        else:
            yield Attached(name, data, at.whence)

    def _no_return(self, kind: Kind, name: str, size: int) -> str:
        """Why a file cannot be a return; nothing when it may be one."""
        if _LITTER.match(name):
            return "left behind by a program"
        if is_workbook_name(name):
            return "another form of the mail's text" if _MADE_BY_SERVERS.match(name) else ""
        for ending, why in _NO_RETURN_NAMES.items():
            if name.casefold().endswith(ending) and kind is Kind.TEXT:
                return why
        if kind is Kind.PICTURE and size < self._limits.picture_bytes:
            return "a small picture"
        if kind is Kind.TEXT:
            return "a text"
        return "an empty file" if kind is Kind.EMPTY and "." not in name else ""

    # ---- archives ----

    def archive(self, file: IO[bytes], name: str, at: _Place) -> Iterator[Item]:
        at = replace(at, archives=max(at.archives, 1))
        is_empty = True
        try:
            for inner, content in archives.entries(file, self._limits, self._room):
                is_empty = False
                if isinstance(content, bytes):
                    yield from self.file(content, inner, at)
                elif _LITTER.match(inner):
                    yield LeftOut(inner, at.whence, "left behind by a program")
                else:
                    yield Unusable(inner, at.whence, str(content))
        except CannotOpen as reason:
            yield Unusable(name, at.whence, str(reason))
        else:
            if is_empty:
                yield Unusable(name, at.whence, _NO_FILES)

    def winmail(self, data: bytes, name: str, at: _Place) -> Iterator[Item]:
        is_empty = True
        try:
            for inner, content in tnef.files(data, self._limits, self._room):
                is_empty = False
                if isinstance(content, bytes):
                    yield from self.file(content, inner, at)
                else:
                    yield Unusable(inner, at.whence, str(content))
        except CannotOpen as reason:
            yield Unusable(name, at.whence, str(reason))
        else:
            if is_empty:  # Outlook sends it also for the look of the text alone
                yield LeftOut(name, at.whence, "another form of the mail's text")

    def mailbox(self, file: IO[bytes], name: str, at: _Place, *, fresh: bool = False) -> Iterator[Item]:
        """The mails in a file of mails.  Where such a file was handed over, each mail has the limits to itself."""
        for number, data in enumerate(mailbox_files.mails(file, self._limits.mail_bytes), 1):
            one = replace(at, whence=replace(at.whence, source=f"{at.whence.source}, mail {number}"))
            if data is None:
                yield Unusable(name, one.whence, _too_large(self._limits.mail_bytes))
                continue
            opening = _Opening(self._limits) if fresh else self
            try:
                if not fresh:
                    self._room.enter()
                    self._room.take(len(data))
                yield from opening.mail(data, one)
            except CannotOpen as reason:
                yield Unusable(name, one.whence, str(reason))
                return

    # ---- mails ----

    def mail(self, data: bytes, at: _Place) -> Iterator[Item]:
        """The items of a mail.  Whatever is wrong with it, only this mail is lost."""
        try:
            mail = parse_mail(data, self._limits)
        except CannotOpen as reason:
            yield Unusable("mail", self._of_start(data, at), str(reason))
            return
        except Exception:  # see UNFORESEEN
            yield Unusable("mail", at.whence, UNFORESEEN)
            return
        yield from self._opened_mail(mail, at)

    def outlook(self, data: bytes, name: str, at: _Place) -> Iterator[Item]:
        from kil_xlsx.mail.outlook import parse_outlook
        from kil_xlsx.mail.outlook_parts import as_mail

        try:
            mail = as_mail(parse_outlook(data, self._limits), self._limits)
        except CannotOpen as reason:
            yield Unusable(name, at.whence, str(reason))
            return
        yield from self._opened_mail(mail, at)

    def _of_start(self, data: bytes, at: _Place) -> Provenance:
        """Where a mail came from that could not be taken apart: as its first lines have it."""
        if at.in_mail:
            return at.whence
        block = data.lstrip()[: self._limits.header_bytes]
        return stated(headers.parse_headers(re.split(rb"\n\r?\n|\r\r", block, maxsplit=1)[0], self._limits), at.whence)

    def _opened_mail(self, mail: Part, at: _Place) -> Iterator[Item]:
        try:
            if at.in_mail:
                inner = headers.sender(mail.headers) or at.whence.inner_sender
                whence = replace(at.whence, inner_sender=inner)
            else:
                whence = stated(mail.headers, at.whence)
            found = automatic.recognised(mail, whence)
        except Exception:  # see UNFORESEEN
            yield Unusable("mail", at.whence, UNFORESEEN)
            return
        if at.in_mail:
            found = automatic.of_forwarded(found, whence)
        if found is not None:
            yield found
        told = found is not None
        within = replace(at, whence=whence, in_mail=True)
        try:
            for item in self._part(mail, mail, within, returned=isinstance(found, Bounced)):
                told = told or not isinstance(item, LeftOut)
                yield item
        except CannotOpen as reason:
            told = True
            yield Unusable("mail", whence, str(reason))
        except Exception:  # see UNFORESEEN
            told = True
            yield Unusable("mail", whence, UNFORESEEN)
        # A mail in a mail without a workbook is told of by the mail that it lies in.
        if not told and not at.in_mail:
            yield NoAttachment(whence)

    def _part(
        self, part: Part, container: Part, at: _Place, *, returned: bool = False, related: bool = False
    ) -> Iterator[Item]:
        """The items of a part of a mail.  In a notice of failure, the mail that was returned is nobody's return."""
        kind = part.kind
        if kind.startswith("multipart/"):
            yield from self._parts(part, at, returned=returned, related=related)
        elif kind in ("message/rfc822", "message/global"):
            name = shown(headers.unencoded(part.name), "forwarded mail")
            if returned or automatic.is_returned(part, container):
                yield LeftOut(name, at.whence, "the mail that was returned")
            else:
                yield from self._mail_inside(part, name, at)
        elif kind == "message/partial":
            yield Unusable("mail", at.whence, _IN_PIECES)
        elif kind == "message/external-body" or part.is_elsewhere:
            yield Unusable(shown(part.name), at.whence, _ONLY_LINK)
        elif kind.startswith("message/"):
            yield LeftOut(shown(part.name, "report"), at.whence, "a report about a mail")
        else:
            yield from self._content(part, at, related=related)

    def _parts(self, part: Part, at: _Place, *, returned: bool, related: bool) -> Iterator[Item]:
        if part.kind == "multipart/encrypted":
            yield Unusable("mail", at.whence, _ENCRYPTED)
            return
        if not part.children and part.data(4_096).strip():
            yield Unusable("mail", at.whence, _NO_PARTS)
            return
        in_related = related or part.kind == "multipart/related"
        for child in part.children:
            yield from self._part(child, part, at, returned=returned, related=in_related)

    def _mail_inside(self, part: Part, name: str, at: _Place) -> Iterator[Item]:
        within = at.inside(name)
        if within.depth > self._limits.depth:
            yield Unusable(name, at.whence, _TOO_DEEP)
        elif part.given is None and part.children:
            yield from self._opened_mail(part.children[0], within)
        else:
            self._room.enter()
            self._room.take(part.size)
            yield from self.mail(part.data(), within)

    def _content(self, part: Part, at: _Place, *, related: bool) -> Iterator[Item]:
        """What a part is that holds no other parts: the text of the mail, a file, or something to leave out."""
        kind = part.kind
        stated_name = headers.unencoded(part.name)
        name = shown(stated_name)
        if part.size > 2 * self._limits.part_bytes:
            yield Unusable(name, at.whence, _too_large(self._limits.part_bytes))
            return
        if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            yield Unusable("mail", at.whence, _ENCRYPTED)
            return
        self._room.enter()
        self._room.take(part.size)
        data = part.data()
        found = sniff(data[:_HEAD], stated_name, data)
        if _is_text_of_mail(part, stated_name, data):
            return
        why = _no_return_in_mail(part, stated_name, found, related=related)
        if why:
            yield LeftOut(name, at.whence, why)
            return
        if kind in _TABLES and not is_workbook_name(name):
            name += _TABLES[kind]
        yield from self.file(data, name, at)


def _is_text_of_mail(part: Part, name: str, data: bytes) -> bool:
    """Whether a part is what the sender has written; a file may be sent under the wrong type."""
    if part.kind not in _WRITTEN or name or part.disposition == "attachment":
        return False
    return not data.startswith(_DOCUMENTS)


def _no_return_in_mail(part: Part, name: str, found: Kind, *, related: bool) -> str:
    """Why a part of a mail cannot be a return, by how it is sent; nothing when it may be one."""
    if is_workbook_name(name):
        return ""
    is_text = part.kind.startswith("text/")
    if is_text and found in (Kind.MAIL, Kind.MAILBOX) and not name.casefold().endswith((".eml", ".mbox", ".mbx")):
        return _NO_RETURNS.get(part.kind, "a text")
    if part.kind in _NO_RETURNS and found in (Kind.TEXT, Kind.EMPTY, Kind.DOCUMENT, Kind.PICTURE):
        return _NO_RETURNS[part.kind]
    if found is Kind.PICTURE and (related or part.is_hidden):
        return "a picture in the text"
    return "an empty picture" if part.kind.startswith("image/") and found is Kind.EMPTY else ""


__all__ = [
    "UNFORESEEN",
    "Attached",
    "AutoReply",
    "Bounced",
    "Item",
    "LeftOut",
    "Limits",
    "NoAttachment",
    "Provenance",
    "Unusable",
    "items_in",
    "items_of",
    "mail_items",
    "stated",
]
