"""A mail that goes out, as bytes.

The same letter always gives the same bytes, whatever the day and the version of Python: nothing in a mail comes from
the clock or from chance, and headers are folded here.

Names and subjects may be in any script.  They are written as encoded words (RFC 2047), and attachments' names as
RFC 2231 has them, with an ASCII form for programs that know no better.  Text is encoded so that a paragraph is one line
however long it is, and every mail program wraps it to its own window.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from base64 import encodebytes
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.charset import Charset
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.policy import Compat32
from email.utils import format_datetime
from io import BytesIO
from quopri import encodestring
from urllib.parse import quote

import idna

from kil_xlsx.errors import LetterError

MIME_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".zip": "application/zip",
}
"""What attachments may be, by how their names end."""

MOST_OF_A_NAME = 200
"""Bytes that an attachment's name may have."""

_UNKNOWN_TYPE = "application/octet-stream"
_LINE = 76
"""Lines of headers are no longer than this where that can be helped."""

_MOST_OF_AN_ADDRESS, _MOST_OF_A_LOCAL_PART = 254, 64
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PLAIN_WORDS = re.compile(r"[!-~]{1,60}( [!-~]{1,60})*")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")

_NO_ANSWER_FROM_MACHINES = "DR, RN, NRN, OOF, AutoReply"
"""Asks Exchange for no receipts and no out-of-office replies.  Reports of failed delivery (NDR) are wanted."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; how its name ends says what it is."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Letter:
    """A mail to one address, in full.

    ``reply_to`` may be empty.  ``message_id`` has its angle brackets, as :func:`message_id_of` gives it; ``date`` knows
    its time zone.  ``answers`` is the Message-ID of the mail that this one answers, if any.  ``automatic`` is for what
    goes out without a person's asking, as a receipt does: such a mail says so, and machines do not answer it.
    """

    to: str
    to_name: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    message_id: str
    date: datetime
    attachments: tuple[Attachment, ...] = ()
    answers: str = ""
    automatic: bool = False


def message_bytes(letter: Letter, *, draft: bool = False) -> bytes:
    """Give the mail as it goes to a server; with ``draft``, as a file that mail programs open ready to send.

    A draft has no date and no Message-ID, which the mail program gives it when it is sent.

    Raises :class:`LetterError` where an address cannot be used, or a text is empty or has broken characters.
    """
    if letter.date.tzinfo is None:
        raise ValueError("the date of a mail needs a time zone")
    if not _MESSAGE_ID.fullmatch(letter.message_id):
        raise ValueError(f"not a Message-ID: {letter.message_id!r}")
    message = Message(policy=_POLICY)
    for name, value in _headers(letter, draft=draft):
        message[name] = value
    message["MIME-Version"] = "1.0"
    if not letter.attachments:
        _put_text(message, letter.text)
    else:
        message["Content-Type"] = f'multipart/mixed; boundary="{_boundary(letter.message_id)}"'
        body = Message(policy=_POLICY)
        _put_text(body, letter.text)
        message.attach(body)
        for attachment in letter.attachments:
            message.attach(_attached(attachment))
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=_POLICY).flatten(message)
    return written.getvalue()


def message_id_of(facts: Iterable[str], sender: str) -> str:
    """Give the Message-ID that belongs to some facts: always the same, and not to be guessed if one of them is secret.

    It ends in the domain of ``sender``.
    """
    digest = hashlib.sha256()
    for fact in facts:
        data = fact.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return f"<{digest.hexdigest()[:40]}@{ascii_address(sender).rpartition('@')[2]}>"


def address_fault(address: str) -> str:
    """Say what is wrong with an address, in a sentence; empty when mail can be sent to it."""
    try:
        ascii_address(address)
    except LetterError as error:
        return error.message
    return ""


def ascii_address(address: str) -> str:
    """Give an address as servers know it, its domain in ASCII.  Raises :class:`LetterError` where it is none."""
    remedy = "Correct it in the list of organisations or in the settings."
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise LetterError(f"'{_shown(address)}' is not an email address.", remedy)
    if any(character.isspace() or unicodedata.category(character) in ("Cc", "Cs") for character in address):
        raise LetterError(f"The email address '{_shown(address)}' has a space or a line break in it.", remedy)
    if not local.isascii():
        raise LetterError(
            f"The email address '{_shown(address)}' has letters before the @ that most mail servers do not take.",
            "Ask for an address that has only the letters a to z, digits and dots before the @.",
        )
    try:
        plain_domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii").lower()
        # Domains in ASCII may have been encoded before; whether labels are well formed is asked of both.
        labels_are_sound = all(
            re.fullmatch(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?", label) for label in plain_domain.split(".")
        )
    except idna.IDNAError:
        labels_are_sound = False
        plain_domain = ""
    whole = f"{local}@{plain_domain}"
    if (
        not labels_are_sound
        or "." not in plain_domain
        or not _ATOM.fullmatch(local)
        or len(local) > _MOST_OF_A_LOCAL_PART
        or len(whole) > _MOST_OF_AN_ADDRESS
    ):
        raise LetterError(f"'{_shown(address)}' is not an email address.", remedy)
    return whole


class _AsWritten(Compat32):
    """Leaves headers as they are: they come folded, and so are the same whatever Python folds like."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}\r\n"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


_POLICY = _AsWritten(linesep="\r\n", max_line_length=None)
_UTF8 = Charset("utf-8")


def _headers(letter: Letter, *, draft: bool) -> list[tuple[str, str]]:
    sender, to = ascii_address(letter.sender), ascii_address(letter.to)
    subject = one_line(letter.subject)
    if not subject:
        raise LetterError("A mail has no subject.", "Give it one in the wording of mails.")
    headers = [
        ("From", _mailbox("From", letter.sender_name, sender)),
        ("To", _mailbox("To", letter.to_name, to)),
        ("Subject", _words("Subject", subject)),
    ]
    if letter.reply_to:
        headers.insert(1, ("Reply-To", _mailbox("Reply-To", "", ascii_address(letter.reply_to))))
    if letter.answers and _MESSAGE_ID.fullmatch(letter.answers) and len(letter.answers) < 900:
        headers += [("In-Reply-To", letter.answers), ("References", letter.answers)]
    if draft:
        return [("X-Unsent", "1"), *headers]
    # What a person sends is not marked as automatic: help desks hold back such mails, and many organisations have one.
    headers += [("Auto-Submitted", "auto-replied" if letter.answers else "auto-generated")] if letter.automatic else []
    return [
        *headers,
        ("Date", format_datetime(letter.date)),
        ("Message-ID", letter.message_id),
        ("X-Auto-Response-Suppress", _NO_ANSWER_FROM_MACHINES),
    ]


def _put_text(part: Message, text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    body = "".join(each for each in lines if each in "\n\t" or unicodedata.category(each) != "Cc")
    if not body.strip():
        raise LetterError("A mail has no text.", "Give it one in the wording of mails.")
    try:
        data = f"{body}\n".encode()
    except UnicodeEncodeError:
        raise _broken("text") from None
    part["Content-Type"] = "text/plain; charset=utf-8"
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(encodestring(data).decode("ascii"))


def _attached(attachment: Attachment) -> Message:
    name = _file_name(attachment.name)
    plain = _ascii_name(name)
    ending = re.search(r"\.[a-z0-9]+$", name.lower())
    kind = MIME_TYPES.get(ending.group(0), _UNKNOWN_TYPE) if ending else _UNKNOWN_TYPE
    part = Message(policy=_POLICY)
    part["Content-Type"] = f'{kind};\r\n name="{plain}"'
    # Outlook and Exchange read filename*, and take the name of Content-Type only where they find none here.  So the
    # plain form stands there and not here, where some programs would prefer it.
    shown = f'filename="{plain}"' if plain == name else f"filename*=utf-8''{quote(name, safe='')}"
    part["Content-Disposition"] = f"attachment;\r\n {shown}"
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encodebytes(attachment.data).decode("ascii"))
    return part


def _file_name(name: str) -> str:
    """A file name that any computer can have: on one line, without slashes, and no longer than disks allow."""
    shown = one_line(name).replace("/", "_").replace("\\", "_")
    stem, dot, ending = shown.rpartition(".")
    if not stem or len(ending) > 10:
        stem, dot, ending = shown, "", ""
    try:
        room = MOST_OF_A_NAME - len(f"{dot}{ending}".encode())
        return f"{stem.encode()[:room].decode('utf-8', 'ignore')}{dot}{ending}"
    except UnicodeEncodeError:
        raise _broken("name of an attachment") from None


def _ascii_name(name: str) -> str:
    """A file name in ASCII letters that stands for one in any: without accents, other characters as underscores."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return re.sub(r"[^ !#-\[\]-~]", "_", bare)


def _mailbox(header: str, name: str, address: str) -> str:
    """An address with its name; on a line of its own where both are long."""
    shown = one_line(name)
    if not shown:
        return address
    if _PLAIN_PHRASE.fullmatch(shown) and len(shown) <= _LINE - len(header) - 2 and not _looks_encoded(shown):
        phrase = shown
    elif (
        shown.isascii() and shown.isprintable() and len(shown) <= _LINE - len(header) - 4 and not _looks_encoded(shown)
    ):
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        phrase = f'"{escaped}"'
    else:
        phrase = _encoded(header, shown)
    last = len(phrase.rpartition("\n")[2])
    used = last + (len(header) + 2 if "\n" not in phrase else 0)
    return f"{phrase} <{address}>" if used + len(address) + 3 <= _LINE else f"{phrase}\r\n <{address}>"


def _words(header: str, text: str) -> str:
    """A text of one line, folded at its spaces; encoded unless it is short ASCII words."""
    if not _PLAIN_WORDS.fullmatch(text) or _looks_encoded(text):
        return _encoded(header, text)
    lines, used = [""], len(header) + 2
    for word in text.split(" "):
        if lines[-1] and used + len(word) + 1 > _LINE:
            lines.append(word)
            used = len(word) + 1
        else:
            lines[-1] += f" {word}" if lines[-1] else word
            used += len(word) + 1
    return "\r\n ".join(lines)


def _encoded(header: str, text: str) -> str:
    try:
        folded = Header(text, _UTF8, maxlinelen=_LINE, header_name=header).encode(linesep="\r\n")
    except UnicodeEncodeError:
        raise _broken("name or subject") from None
    return str(folded)


def one_line(text: str) -> str:
    """A text on one line: line breaks and rows of spaces become one space, control characters go."""
    return "".join(each for each in " ".join(text.split()) if unicodedata.category(each) != "Cc").strip()


def _looks_encoded(text: str) -> bool:
    return "=?" in text


def _boundary(message_id: str) -> str:
    """A line that cannot stand in any part: base64 and quoted-printable never have an equals sign before a "_"."""
    return f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"


def _broken(what: str) -> LetterError:
    return LetterError(
        f"The {what} of a mail has characters that are broken.", "Look at the list of organisations and the wording."
    )


def _shown(text: str) -> str:
    line = "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))
    return line if len(line) <= 60 else f"{line[:57]}..."
