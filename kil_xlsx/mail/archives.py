"""Zip archives that people send: one file of them at a time, within limits, and no name of theirs becomes a path."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from kil_xlsx.mail.headers import shown
from kil_xlsx.mail.items import CannotOpen, Limits, Room

_LOCKED = "It is locked with a password. Unpack it with the password and import what it holds."
_BROKEN = "The archive is damaged or incomplete. Ask for it again, best without packing the workbook at all."
_NUMBERS = "It is a document of Apple Numbers or Pages. Ask for an Excel workbook: File, Export To, Excel."
_APPLE = re.compile(r"\.(?:numbers|pages|key)/", re.I)
_DOCUMENT_NAMES = ("[content_types].xml", "xl/", "word/", "ppt/", "index/document.iwa", "index.zip")
_DOCUMENT_STARTS = ("mimetype", "_rels/", "docprops/", "customxml/")
_END = struct.Struct("<4s4H2LH")
_LOCATOR, _RECORD = 20, 56  # bytes of what a large archive has before its end record
_TAIL = 22 + (1 << 16)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, OSError, NotImplementedError)


def entries(file: IO[bytes], limits: Limits, room: Room) -> Iterator[tuple[str, bytes | CannotOpen]]:
    """The files in an archive: name to show, and content or why it cannot be had.

    What has a name but no content of its own (a folder, a link) is left out.

    :raises CannotOpen: the archive as a whole cannot be opened.
    """
    _check_directory(file, limits)
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED:
        raise CannotOpen(_BROKEN) from None
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir() and not _is_link(info)]
        if any(_APPLE.search(info.filename) for info in infos):
            raise CannotOpen(_NUMBERS)
        if infos and all(info.flag_bits & 0x41 for info in infos):
            raise CannotOpen(_LOCKED)
        for info in infos:
            room.enter()
            name = _name(info)
            try:
                content: bytes | CannotOpen = _content(archive, info, limits)
            except CannotOpen as reason:
                content = reason
            if isinstance(content, bytes):
                room.take(len(content))
            yield name, content


def is_document(file: IO[bytes], limits: Limits) -> bool:
    """Whether a zip archive is not one of files but a workbook or another document, also if it is damaged."""
    try:
        _check_directory(file, limits)
        with zipfile.ZipFile(file) as archive:
            names = [name.replace("\\", "/").casefold() for name in archive.namelist()]
    except (CannotOpen, *_DAMAGED):
        file.seek(0)
        # The first name tells; those that follow may be of a workbook that lies in the archive.
        start = file.read(30 + 80)
        length = int.from_bytes(start[26:28], "little")
        name = start[30 : 30 + length].decode("cp437").replace("\\", "/").casefold()
        return name.startswith((*_DOCUMENT_NAMES, *_DOCUMENT_STARTS))
    finally:
        file.seek(0)
    return any(name.startswith(_DOCUMENT_NAMES) for name in names) or names[:1] == ["mimetype"]


def _check_directory(file: IO[bytes], limits: Limits) -> None:
    """Refuse an archive whose table of contents would fill the memory before anything of it can be counted."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise CannotOpen(_BROKEN)
    directory = _END.unpack_from(tail, at)[5]
    before = size - len(tail) + at - _LOCATOR - _RECORD
    if before >= 0:
        file.seek(before)
        record = file.read(_RECORD + _LOCATOR)
        if record[_RECORD : _RECORD + 4] == b"PK\x06\x07":
            directory = int.from_bytes(record[40:48], "little")
    file.seek(0)
    if directory > limits.directory_bytes:
        raise CannotOpen(f"It holds more than {limits.entries:,} files. Import them in parts.")


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG)


def _name(info: zipfile.ZipInfo) -> str:
    """The name to show.  Some programs write UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = info.orig_filename.encode("cp437").decode("utf-8")
        except ValueError:
            name = info.filename
    return shown(name)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> bytes:
    if info.flag_bits & 0x41:
        raise CannotOpen(_LOCKED)
    # Of the other ways of packing it cannot be said beforehand how much they unpack to.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CannotOpen("It is packed in an unusual way. Unpack the archive and import what it holds.")
    if info.file_size > limits.part_bytes:
        raise CannotOpen(f"It is larger than {limits.part_bytes:,} bytes. A returned workbook is never that large.")
    if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * info.compress_size:
        raise CannotOpen("It unpacks to far more than is usual, as an attack would. Ask for it again, not packed.")
    try:
        with archive.open(info) as opened:
            content = opened.read(limits.part_bytes + 1)
    except (*_DAMAGED, RuntimeError):
        raise CannotOpen(_BROKEN) from None
    if len(content) != info.file_size:
        raise CannotOpen(_BROKEN)
    return content
