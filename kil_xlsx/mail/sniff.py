"""What can be opened and what cannot, told by content; a name counts only where the content says nothing."""

from __future__ import annotations

import re
import struct
from enum import StrEnum


class Kind(StrEnum):
    """What some bytes are, as far as it matters for taking them apart."""

    EMPTY = "empty"
    ARCHIVE = "archive"  # a zip archive: of files, or a workbook, which is one as well
    DOCUMENT = "document"  # a workbook, or anything else that the reader of workbooks knows
    PACKED = "packed"  # an archive that cannot be opened
    MAIL = "mail"
    MAILBOX = "mailbox"
    OUTLOOK = "outlook"
    WINMAIL = "winmail"
    PICTURE = "picture"
    TEXT = "text"


WORKBOOK_NAMES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".xltx", ".xltm", ".xlt", ".ods", ".ots", ".fods", ".numbers")
"""Endings of the names of workbooks."""
_TABLE_NAMES = (".csv", ".tsv", ".htm", ".html", ".mht", ".mhtml", ".xml")  # what a workbook may be saved as by mistake
_MAIL_NAMES = (".eml", ".emlx")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED = (
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"PK\x07\x08PK",  # a zip archive in several volumes
    b"MSCF\0\0\0\0",
    b"StuffIt (c)",
    b"SIT!",
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"\x01\x00\x09\x00", b"\xd7\xcd\xc6\x9a")
_WINMAIL = b"\x78\x9f\x3e\x22"
_OUTLOOK_NAMES = ("__substg1.0_", "__properties_version1.0", "__nameid_version1.0", "__attach_version1.0")
_OTHER_OLE_NAMES = ("workbook", "book", "worddocument", "powerpoint document", "encryptedpackage")
_HEADER = re.compile(rb"[!-9;-~]+:")
_TELLING = re.compile(
    rb"(?:^|\n|\r)(?:received|return-path|delivered-to|from|date|message-id|mime-version|x-[a-z-]+|to|subject"
    rb"|arc-seal|dkim-signature|content-type|authentication-results)[ \t]*:",
    re.I,
)
_SURELY = re.compile(rb"(?:^|\n|\r)(?:received|return-path|delivered-to|from|message-id|mime-version)[ \t]*:", re.I)
_FIRST_LINES = 4096
MAILBOX_LINE = re.compile(
    rb"From \S[^\r\n]{0,200}?\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b[^\r\n]{0,20}\d\d:\d\d[^\r\n]{0,20}\b(?:19|20)\d\d\b"
)
"""The line that a file of mails has before each, with the time in it."""


def sniff(head: bytes, name: str, data: bytes | None = None) -> Kind:
    """What a file is, by its first bytes, or by all of them where ``data`` is given.  Never raises."""
    if not head:
        return Kind.EMPTY
    whole = data if data is not None else head
    ending = name.casefold()
    if head.startswith(_ZIP):
        return Kind.ARCHIVE
    if head.startswith(_OLE):
        return Kind.OUTLOOK if _is_outlook(whole) else Kind.DOCUMENT
    if head.startswith(_PACKED) or (head[257:262] == b"ustar"):
        return Kind.PACKED
    if head.startswith(_WINMAIL):
        return Kind.WINMAIL
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:8] == b"ftyp":
        return Kind.PICTURE
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return Kind.PICTURE
    if is_mailbox(head):
        return Kind.MAILBOX
    if is_mail(head) and not ending.endswith((".mht", ".mhtml")):
        return Kind.MAIL
    if ending.endswith(_MAIL_NAMES) and not head.startswith((b"%PDF", b"<")):
        return Kind.MAIL
    start = head[:_FIRST_LINES].lstrip(b"\xef\xbb\xbf \t\r\n")[:5].lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in head[:_FIRST_LINES]:
        return Kind.PICTURE
    if b"\0" in head[:_FIRST_LINES] or start.startswith((b"%pdf", b"{\\rtf")):
        return Kind.DOCUMENT
    return Kind.TEXT


def is_mail(head: bytes) -> bool:
    """Whether some bytes begin as a mail does: with a header, and with more than one that mails have."""
    start = head[:_FIRST_LINES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"From ", b">From ")):
        start = start.partition(b"\n")[2]
    if not _HEADER.match(start):
        return False
    block = re.split(rb"\n\r?\n|\r\r", start, maxsplit=1)[0]
    if b"\0" in block:
        return False
    names = {match[0].strip().lower() for match in _TELLING.finditer(block)}
    return len(names) >= 2 and _SURELY.search(block) is not None


def is_mailbox(head: bytes) -> bool:
    """Whether some bytes begin as a file of mails (mbox) does."""
    start = head[:_FIRST_LINES].lstrip(b"\r\n")
    return MAILBOX_LINE.match(start) is not None and _HEADER.match(start.partition(b"\n")[2]) is not None


def is_workbook_name(name: str) -> bool:
    """Whether a name says that its file is a workbook, or what people make of one by mistake."""
    return name.casefold().endswith((*WORKBOOK_NAMES, *_TABLE_NAMES))


def _is_outlook(data: bytes) -> bool:
    """Whether a compound file is a message of Outlook: its first entries tell, or else any."""
    if len(data) < 512:
        return False
    power, first = struct.unpack_from("<30xH16xL", data)
    size = 1 << min(power, 12)
    at = (first + 1) * size
    names = []
    for place in range(at, min(at + size, len(data) - 127), 128):
        length = min(struct.unpack_from("<H", data, place + 64)[0], 64)
        names.append(data[place : place + max(0, length - 2)].decode("utf-16-le", "replace").casefold())
    if any(name.startswith(_OUTLOOK_NAMES) for name in names):
        return True
    if any(name in _OTHER_OLE_NAMES for name in names):
        return False
    needle = "__properties_version1.0".encode("utf-16-le")
    place = data.find(needle, 512)
    for _ in range(1000):
        if place < 0:
            return False
        if place % 128 == 0:
            return True
        place = data.find(needle, place + 1)
    return False
