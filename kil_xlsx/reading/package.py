"""What kind of file some bytes are, and the safe opening of the zip package that a workbook is.

Everything here works on bytes already read; a file's name and extension are never looked at.  What cannot be read
is refused with one of these codes (:class:`kil_xlsx.errors.FileRefused`); ``found`` adds a few plain words:

``file-empty``           no bytes at all
``file-too-large``       more bytes, cells, sheets, strings or text than :class:`Limits` allows
``file-password``        encrypted: a password is needed to open it
``file-is-...``          something that people send by mistake: :attr:`FileKind.refusal`
``file-not-a-workbook``  something else that cannot be named
``file-damaged``         incomplete or contradicting itself
``file-unsafe``          built like an attack: a zip bomb, a document type declaration, tricks with entry names
``file-reader-failed``   the separate process that reads old formats died, hung or could not make sense of the file

The zip rules are stricter than other readers', because files that two programs read differently are the danger:

* one end record, and the entries, the directory and the end record fill the file from its first byte without a gap;
* bytes *after* the end record are tolerated if the archive has no comment and they hold no further end record, since
  some mail gateways append a line or blanks; anything in front of or between the entries is refused;
* names are unique ignoring case, relative, without ``..``, drives and control characters; backslashes become ``/``;
* only stored and deflated entries, no encryption, no links; the header before each entry agrees with the directory.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Sequence

from msgspec import Struct

from kil_xlsx.errors import FileRefused


class Limits(Struct, frozen=True):
    """How large a returned file may be.  Exactly at a limit is still allowed.  Sizes are in bytes."""

    file_bytes: int = 10_000_000
    inflated_bytes: int = 100_000_000
    part_bytes: int = 60_000_000
    ratio: int = 200  # inflated to packed size of one part
    ratio_from_bytes: int = 100 * 1024  # smaller parts may have any ratio
    entries: int = 500
    xml_depth: int = 100
    xml_attributes: int = 200  # of one element
    xml_namespaces: int = 500  # declared at one time
    xml_elements: int = 6_000_000  # of one part
    sheets: int = 100
    cells: int = 2_000_000  # of all sheets, blank ones that the file spells out included
    shared_strings: int = 1_000_000
    cell_text: int = 32_767  # characters; Excel's own limit
    formula_text: int = 20_000_000  # characters, of the formulas of all sheets that are spelt out from a shared one
    names: int = 100_000  # defined names
    merges: int = 100_000  # of one sheet; the same for the next two
    validations: int = 100_000
    ranges: int = 200_000  # of all validations
    styles: int = 100_000  # cell styles, and number formats
    rows: int = 1_048_576
    columns: int = 16_384
    wall_seconds: float = 20.0  # from here on for a separate process: for each file
    cpu_seconds: int = 10  # for each file
    child_bytes: int = 512 * 1024 * 1024  # of memory, for one that reads a single file of an old format
    worker_bytes: int = 1024 * 1024 * 1024  # of memory, for one that reads files of all kinds


class Entry(Struct, frozen=True, gc=False):
    """One entry of a zip package, as its directory describes it."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int  # offset of the local header
    start: int = 0  # offset of the packed bytes


END_MARK = b"PK\x05\x06"
"""With these bytes begins the record at the end of a zip package."""
_END_RECORD = struct.Struct("<4s4H2LH")
_END64_RECORD = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _damaged(found: str) -> FileRefused:
    return FileRefused("file-damaged", found)


def _unsafe(found: str) -> FileRefused:
    return FileRefused("file-unsafe", found)


def _safe_name(raw: bytes, is_utf8: bool) -> str:
    try:
        name = raw.decode("utf-8" if is_utf8 else "cp437").replace("\\", "/")
    except UnicodeDecodeError:
        raise _damaged("an entry name that cannot be decoded") from None
    if not name or _CONTROL.search(name):
        raise _unsafe("an entry name with control characters, or none")
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        raise _unsafe("an entry name that points outside the file")
    return name


def _zip64(extra: bytes, wanted: list[int]) -> list[int]:
    """The sizes and the offset, with those that do not fit 32 bits taken from the extra field."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            field = extra[at + 4 : at + 4 + length]
            if len(field) < 8 * wanted.count(0xFFFFFFFF):
                raise _damaged("an entry without its size")
            values = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            return [next(values) if value == 0xFFFFFFFF else value for value in wanted]
        at += 4 + length
    return wanted


def _find_directory(data: bytes) -> tuple[int, int, int]:
    """(start of the directory, its end, number of entries)."""
    # No search window: further back than 64 KiB there can only be an end record that other programs overlook.
    end = data.rfind(END_MARK)
    if end < 0 or end + 22 > len(data):
        raise _damaged("the file is incomplete")
    _, disk, first_disk, here, count, size, start, comment = _END_RECORD.unpack_from(data, end)
    trailing = len(data) - end - 22
    if comment and comment != trailing:
        raise _damaged("the end of the file is incomplete or followed by something else")
    if trailing > 0xFFFF:
        raise _damaged("too much follows the end of the workbook")
    last = end
    if end >= 20 and data[end - 20 : end - 16] == b"PK\x06\x07":
        _, disk64, at, disks = _END64_LOCATOR.unpack_from(data, end - 20)
        if disk64 or disks > 1 or at + 56 != end - 20 or data[at : at + 4] != b"PK\x06\x06":
            raise _damaged("the end of the file contradicts itself")
        _, _, _, _, d1, d2, here64, count64, size64, start64 = _END64_RECORD.unpack_from(data, at)
        for short, full, unknown in (
            (disk, d1, 0xFFFF),
            (first_disk, d2, 0xFFFF),
            (here, here64, 0xFFFF),
            (count, count64, 0xFFFF),
            (size, size64, 0xFFFFFFFF),
            (start, start64, 0xFFFFFFFF),
        ):
            if short not in (full, unknown):
                raise _damaged("the end of the file contradicts itself")
        disk, first_disk, here, count, size, start, last = d1, d2, here64, count64, size64, start64, at
    if disk or first_disk or here != count:
        raise _damaged("a part of an archive in several volumes")
    if start + size != last:
        raise _unsafe("bytes that belong to no part of the workbook")
    return start, last, count


def read_entries(data: bytes, limits: Limits) -> list[Entry]:
    """The entries of a zip package, each checked against what is written before its content.  FileRefused."""
    start, stop, count = _find_directory(data)
    if not count:
        raise _damaged("a package without parts")
    if count > limits.entries:
        raise _unsafe(f"more than {limits.entries:,} entries in the package")
    entries: list[Entry] = []
    at = start
    for _ in range(count):
        if at + 46 > stop or data[at : at + 4] != b"PK\x01\x02":
            raise _damaged("the table of contents is incomplete")
        fields = _CENTRAL.unpack_from(data, at)
        made_by, flags, method, crc, packed, size, name_len, extra_len, comment_len, disk, mode, header = (
            fields[1],
            *fields[3:5],
            *fields[7:14],
            *fields[15:],
        )
        body = at + 46
        at = body + name_len + extra_len + comment_len
        if at > stop or disk not in (0, 0xFFFF):
            raise _damaged("the table of contents is incomplete")
        size, packed, header = _zip64(data[body + name_len : body + name_len + extra_len], [size, packed, header])
        if flags & _ENCRYPTED_FLAGS:
            raise FileRefused("file-password", "encrypted entries in the package")
        if method not in (0, 8):
            raise _unsafe("a way of packing that workbooks do not use")
        kind = stat.S_IFMT(mode >> 16) if made_by >> 8 in (3, 19) else 0
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _unsafe("a link or device among the entries")
        raw = data[body : body + name_len]
        entry = Entry(_safe_name(raw, bool(flags & 0x800)), method, flags, crc, packed, size, header)
        entries.append(_check_local(data, entry, raw, start))
    if at != stop:
        raise _damaged("the table of contents is longer than it says")
    _check_sizes(entries, limits)
    _check_gaps(data, entries, start)
    return entries


def _check_local(data: bytes, entry: Entry, raw_name: bytes, stop: int) -> Entry:
    """The entry with the place of its bytes; refuses a local header that differs from the directory."""
    at = entry.header
    if at + 30 > stop or data[at : at + 4] != b"PK\x03\x04":
        raise _damaged("an entry is not where the table of contents says")
    _, _, flags, method, _, _, crc, packed, size, name_len, extra_len = _LOCAL.unpack_from(data, at)
    begin = at + 30 + name_len + extra_len
    if data[at + 30 : at + 30 + name_len] != raw_name or method != entry.method:
        raise _unsafe("an entry whose two descriptions differ")
    if flags & _ENCRYPTED_FLAGS:
        raise FileRefused("file-password", "encrypted entries in the package")
    if not flags & 0x0008:  # without this flag the sizes come first, so they have to be right
        size, packed = _zip64(data[at + 30 + name_len : begin], [size, packed])
        if (crc, packed, size) != (entry.crc, entry.packed, entry.size):
            raise _unsafe("an entry whose two descriptions differ")
    if begin + entry.packed > stop:
        raise _damaged("an entry runs past the end of the file")
    return Entry(entry.name, entry.method, flags, entry.crc, entry.packed, entry.size, at, begin)


def _check_sizes(entries: list[Entry], limits: Limits) -> None:
    seen: set[str] = set()
    for entry in entries:
        folded = entry.name.rstrip("/").casefold()
        if folded in seen:
            raise _unsafe("two entries of the same name")
        seen.add(folded)
        if entry.size > limits.part_bytes:
            raise _unsafe(f"a part of more than {limits.part_bytes:,} bytes")
        if entry.size > limits.ratio_from_bytes and entry.size > limits.ratio * entry.packed:
            raise _unsafe(f"a part packed more than {limits.ratio} times")
        if entry.method == 0 and entry.size != entry.packed:
            raise _damaged("a stored part with two sizes")
    if sum(entry.size for entry in entries) > limits.inflated_bytes:
        raise _unsafe(f"more than {limits.inflated_bytes:,} bytes when unpacked")


def _check_gaps(data: bytes, entries: list[Entry], directory: int) -> None:
    """Refuse overlaps and any byte before the directory that belongs to no entry."""
    place = 0
    ordered = sorted(entries, key=lambda entry: entry.header)
    follows = [entry.header for entry in ordered[1:]] + [directory]
    for entry, following in zip(ordered, follows, strict=True):
        stop = entry.start + entry.packed
        rest = following - stop
        # A data descriptor may follow: with or without its signature, with 4 or 8 bytes for each size.
        described = entry.flags & 0x0008 and rest in (0, 12, 16, 20, 24)
        if entry.header != place or (rest and not described):
            raise _unsafe("entries that overlap, or bytes that belong to no entry")
        if rest and struct.pack("<L", entry.crc) not in data[stop : stop + 8]:
            raise _unsafe("bytes that belong to no entry")
        place = following
    if place != directory:
        raise _unsafe("bytes that belong to no entry")


def inflate(data: bytes, entry: Entry) -> bytes:
    """The content of one entry, never more of it than the package says.  FileRefused."""
    packed = data[entry.start : entry.start + entry.packed]
    if entry.method == 0:
        content = packed
    else:
        inflater = zlib.decompressobj(-15)
        try:
            content = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            raise _damaged("a part cannot be unpacked") from None
        if len(content) > entry.size:
            raise _unsafe("a part that unpacks to more than it says")
        # What is not at its end although all input is there is cut off; what has input left hides something.
        if not inflater.eof or inflater.unused_data:
            raise _damaged("a part is incomplete")
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise _damaged("a part does not match its checksum")
    return content


class Package:
    """A zip package, checked as a whole before any part is unpacked.

    Raises :class:`FileRefused` (``file-damaged``, ``file-unsafe``, ``file-password``, ``file-too-large``).

    :param entries: what :func:`read_entries` gave for the same bytes and limits, if it has been asked already.
    """

    def __init__(self, data: bytes, limits: Limits | None = None, entries: Sequence[Entry] | None = None) -> None:
        self.limits = limits or Limits()
        if len(data) > self.limits.file_bytes:
            raise FileRefused("file-too-large", f"more than {self.limits.file_bytes:,} bytes")
        self._data = data
        self._entries = {
            entry.name.casefold(): entry
            for entry in (read_entries(data, self.limits) if entries is None else entries)
            if not entry.name.endswith("/")
        }
        self._unpacked = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, with ``/`` between folders, as the file spells them."""
        return tuple(entry.name for entry in self._entries.values())

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._entries

    def read(self, name: str) -> bytes:
        """The bytes of one part; capitals in ``name`` do not matter.

        At most the size that the directory states is unpacked, and the checksum has to fit.  All calls together
        count against ``Limits.inflated_bytes``.  Raises :class:`FileRefused`, also if there is no such part.
        """
        entry = self._entries.get(name.casefold())
        if entry is None:
            raise _damaged("a part of the workbook is missing")
        self._unpacked += entry.size
        if self._unpacked > self.limits.inflated_bytes:
            raise _unsafe(f"more than {self.limits.inflated_bytes:,} bytes when unpacked")
        return inflate(self._data, entry)
