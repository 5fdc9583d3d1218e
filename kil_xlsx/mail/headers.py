"""The headers of a mail, taken as they come: whatever is wrong with them, something is made of them."""

from __future__ import annotations

import email.header
import email.message
import email.utils
import re
import unicodedata
from datetime import UTC, datetime

from kil_xlsx.mail.items import Limits

Headers = email.message.Message
"""The headers of a mail or of one part of it; it is not used for more than its headers."""

_LINES = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(r"([!-9;-~]+)[ \t]*:(.*)", re.S)
_LONGEST = 64_000  # characters of one header
_LONGEST_STRUCTURED = 8_000  # of one with parameters, which take long to pull apart
_ID = re.compile(r"<([^<>\s]{1,990})>")
_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]@]{1,200}@[^\s<>\"',;:()\[\]@]{1,200}")
_SPACES = " \t\u00a0\u2002\u2003\u2007\u2009\u202f\u3000"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LONGEST_NAME = 150
_LONGEST_SUBJECT = 200


def text_of(raw: bytes) -> str:
    """Bytes that may be in any encoding, as a text."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def parse_headers(block: bytes, limits: Limits) -> Headers:
    """The headers that some lines hold.  Lines that are none are passed over."""
    headers = Headers()
    count = 0
    name = ""
    value: list[str] = []

    def finish() -> None:
        if name:
            longest = _LONGEST_STRUCTURED if name.lower().startswith("content-") else _LONGEST
            headers[name] = _CONTROL.sub(" ", "".join(value)[:longest]).strip()

    for raw in _LINES.split(block[: limits.header_bytes]):
        line = text_of(raw)
        if line[:1] in (" ", "\t") and name:
            value.append(line)
            continue
        match = _NAME.fullmatch(line.replace("\0", ""))
        if match is None:
            continue
        count += 1
        if count > limits.headers:
            break
        finish()
        name, value = match[1], [match[2]]
    finish()
    return headers


def first(headers: Headers, name: str) -> str:
    """The first header of a name; empty without one."""
    return str(headers.get(name, ""))


def unencoded(value: str) -> str:
    """A text with its encoded words (``=?utf-8?q?...?=``) decoded, as far as that is possible."""
    if "=?" not in value:
        return value
    try:
        pieces = email.header.decode_header(value[:_LONGEST_STRUCTURED])
    except (ValueError, email.errors.HeaderParseError, IndexError):
        return value
    return "".join(piece if isinstance(piece, str) else _decoded(piece, charset) for piece, charset in pieces)


def _decoded(piece: bytes, charset: str | None) -> str:
    try:
        return piece.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return text_of(piece)


def shown(name: str, otherwise: str = "attachment") -> str:
    """A file name that is safe to show: without folders, control characters and tricks with the writing direction."""
    name = re.split(r"[/\\]", name.strip().rstrip("/\\"))[-1]
    name = "".join(" " if char in _SPACES else char for char in name if char in _SPACES or char.isprintable())
    name = unicodedata.normalize("NFC", name).strip()
    if len(name) > _LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        short = dot and len(suffix) < 10
        name = f"{stem[: _LONGEST_NAME - 10]}….{suffix}" if short else name[:_LONGEST_NAME] + "…"
    return otherwise if name in ("", ".", "..") else name


def file_name(headers: Headers) -> str:
    """The name that a part gives its file, decoded in whichever way it was encoded; empty without one."""
    try:
        found = headers.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        match = re.search(r"name\*?\d*\*?=\"?([^\";]+)", first(headers, "content-disposition") + ";")
        found = match[1] if match else ""
    return unencoded(str(found))


def content_type(headers: Headers) -> str:
    """The type of a part in lower case, such as ``text/plain``."""
    try:
        return headers.get_content_type()
    except (ValueError, LookupError, TypeError):
        return "text/plain"


def parameter(headers: Headers, name: str, header: str = "content-type") -> str:
    """A parameter of a header; empty without it."""
    try:
        found = headers.get_param(name, "", header)
        return str(email.utils.collapse_rfc2231_value(found)) if found else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def sender(headers: Headers) -> str:
    """The address that a mail is from, its domain in lower case; empty if none can be made out."""
    for value in headers.get_all("from", [])[:5]:
        value = str(value)[:2000]
        try:
            found = [address for _, address in email.utils.getaddresses([value])]
        except (ValueError, IndexError, RecursionError, TypeError, AttributeError):
            found = []
        for address in (*found, *_ADDRESS.findall(value)[:1]):
            local, _, domain = address.strip().rpartition("@")
            if local and address.isprintable() and _ADDRESS.fullmatch(address.strip()):
                return f"{local}@{domain.lower()}"
    return ""


def subject(headers: Headers) -> str:
    """What a mail is said to be about, on one line and not too long; empty without it."""
    return " ".join(unencoded(first(headers, "subject")[: _LONGEST_SUBJECT * 8]).split())[:_LONGEST_SUBJECT]


def ids(value: str) -> tuple[str, ...]:
    """All message ids in a text, each once, with their angle brackets."""
    return tuple(dict.fromkeys(f"<{found}>" for found in _ID.findall(value) if found.isprintable()))[:200]


def message_id(headers: Headers) -> str:
    """The id of a mail with its angle brackets; empty without one."""
    value = first(headers, "message-id")
    found = ids(value)
    if found:
        return found[0]
    bare = value.strip("<> \t")
    return f"<{bare}>" if bare.isprintable() and 0 < len(bare) < 990 and " " not in bare else ""


def in_reply_to(headers: Headers) -> tuple[str, ...]:
    """The ids of the mails that a mail answers, the nearest first."""
    nearest = ids(first(headers, "in-reply-to"))
    thread = reversed(ids(first(headers, "references")))
    return tuple(dict.fromkeys((*nearest, *thread)))


def _moment(value: str) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(value[:200])
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.year >= 1990 else None  # nobody has sent a workbook earlier


def date(headers: Headers) -> datetime | None:
    """When a mail was sent, in UTC; when a server last passed it on, if it tells no date that can be read."""
    stated = _moment(first(headers, "date"))
    if stated is not None:
        return stated
    return _moment(first(headers, "received").rpartition(";")[2].strip())
