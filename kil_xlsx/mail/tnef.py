"""The files in a winmail.dat, which Outlook and Exchange may send in place of attachments.

The format (TNEF) is a row of attributes, each with its length and a checksum.  Only what makes up attached files is
read.  The libraries for it cut zero bytes off the end of files or are not looked after any more.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from kil_xlsx.mail.headers import shown, text_of
from kil_xlsx.mail.items import CannotOpen, Limits, Room

_BROKEN = (
    "It is damaged, so that the files in it cannot be taken out. "
    "Ask the sender to send the mail as HTML or plain text, not as Outlook Rich Text."
)
_MAIL_INSIDE = "A mail is packed in it. Ask the sender to save the workbook and attach it by itself."
_ATTRIBUTE = struct.Struct("<BHHL")
_NEXT_FILE, _TITLE, _DATA, _PROPERTIES, _CODEPAGE = 0x9002, 0x8010, 0x800F, 0x9005, 0x9007
_NAMES = (0x3707, 0x3704)  # the long name before the short one
_CONTENT = 0x3701
_MOST_PROPERTIES = 10_000
_MESSAGE_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")
_WIDTHS = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_TEXT, _WIDE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102


def files(data: bytes, limits: Limits, room: Room) -> Iterator[tuple[str, bytes | CannotOpen]]:
    """The files in it: name to show, and content or why it cannot be had.

    :raises CannotOpen: it is damaged; what came before has been given out.
    """
    title, content, properties, begun = b"", None, b"", False
    codepage = "cp1252"
    for name, value in _attributes(data):
        if name == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == _NEXT_FILE:
            if begun:
                yield _file(title, content, properties, codepage, limits, room)
            title, content, properties, begun = b"", None, b"", True
        elif name == _TITLE:
            title = value
        elif name == _DATA:
            content = value
        elif name == _PROPERTIES:
            properties = value
    if begun:
        yield _file(title, content, properties, codepage, limits, room)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at < len(data):
        if at + _ATTRIBUTE.size > len(data):
            raise CannotOpen(_BROKEN)
        _, name, _, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        value = data[at : at + length]
        at += length + 2
        if at > len(data):
            raise CannotOpen(_BROKEN)
        # Only of what is used is the checksum worth its time.
        if name in (_TITLE, _DATA) and sum(value) & 0xFFFF != int.from_bytes(data[at - 2 : at], "little"):
            raise CannotOpen(_BROKEN)
        yield name, value


def _file(
    title: bytes, content: bytes | None, properties: bytes, codepage: str, limits: Limits, room: Room
) -> tuple[str, bytes | CannotOpen]:
    room.enter()
    found = _properties(properties)
    name = ""
    for wanted in _NAMES:
        if wanted in found and not name:
            kind, value = found[wanted]
            name = value.decode("utf-16-le", "replace") if kind == _WIDE else _narrow(value, codepage)
    name = shown(name.rstrip("\0") or _narrow(title, codepage).rstrip("\0"))
    if content is None and _CONTENT in found:
        content = found[_CONTENT][1]
        if content.startswith(_MESSAGE_INTERFACE):
            return name, CannotOpen(_MAIL_INSIDE)
    if content is None:
        return name, CannotOpen(_BROKEN)
    if len(content) > limits.part_bytes:
        return name, CannotOpen(f"It is larger than {limits.part_bytes:,} bytes.")
    room.take(len(content))
    return name, content


def _narrow(value: bytes, codepage: str) -> str:
    try:
        return value.decode(codepage)
    except (LookupError, ValueError):
        return text_of(value)


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """The properties that are of a simple form, by their number, as type and bytes; what is odd ends them."""
    found: dict[int, tuple[int, bytes]] = {}
    try:
        (count,) = struct.unpack_from("<L", data)
        at = 4
        for _ in range(min(count, _MOST_PROPERTIES)):
            kind, number = struct.unpack_from("<HH", data, at)
            at += 4
            if number >= 0x8000:  # a named one: its name comes first
                (by_text,) = struct.unpack_from("<L", data, at + 16)
                at += 20
                (length,) = struct.unpack_from("<L", data, at)
                at += 4 + ((length + 3) & ~3 if by_text else 0)
            several = bool(kind & 0x1000)
            kind &= 0xEFFF
            if kind in _WIDTHS:
                count_here = 1
                if several:
                    (count_here,) = struct.unpack_from("<L", data, at)
                    at += 4
                at += count_here * _WIDTHS[kind]
                continue
            if kind not in (_TEXT, _WIDE, _OBJECT, _BINARY):
                break
            (values,) = struct.unpack_from("<L", data, at)
            at += 4
            for _ in range(min(values, _MOST_PROPERTIES)):
                (length,) = struct.unpack_from("<L", data, at)
                found[number] = (kind, data[at + 4 : at + 4 + length])
                at += 4 + ((length + 3) & ~3)
    except struct.error:
        pass
    return found
