"""What kind of file some bytes are, and the safe opening of the zip package that a workbook is.

Everything here works on bytes already read; a file's name and extension are never looked at.  What cannot be read
is refused with one of these codes (:class:`kil_xlsx.errors.FileRefused`); ``found`` adds a few plain words:

``file-empty``           no bytes at all
``file-too-large``       more bytes, cells, sheets, strings or text than :class:`Limits` allows
``file-password``        encrypted: a password is needed to open it
``file-not-a-workbook``  something else, named in ``found``: "a PDF document"
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

import enum
import re
import stat
import struct
import zlib
from dataclasses import dataclass

from kil_xlsx.errors import FileRefused


class FileKind(enum.StrEnum):
    """What some bytes are, told by their content."""

    XLSX = "xlsx"
    XLSM = "xlsm"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    PASSWORD = "password"
    PDF = "pdf"
    HTML = "html"
    XML = "xml"
    TEXT = "text"
    IMAGE = "image"
    ZIP = "zip"
    WORD = "word"
    POWERPOINT = "powerpoint"
    NUMBERS = "numbers"
    MESSAGE = "message"
    EMPTY = "empty"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The kind in plain words, to be put after "this is": "a PDF document"."""
        return _WORDS[self]

    @property
    def is_workbook(self) -> bool:
        """Whether the kind is one that can be read."""
        return self in (FileKind.XLSX, FileKind.XLSM, FileKind.XLSB, FileKind.XLS, FileKind.ODS)


_WORDS = {
    FileKind.XLSX: "an Excel workbook",
    FileKind.XLSM: "an Excel workbook with macros",
    FileKind.XLSB: "an Excel binary workbook",
    FileKind.XLS: "an Excel 97-2003 workbook",
    FileKind.ODS: "an OpenDocument spreadsheet",
    FileKind.PASSWORD: "a file protected with a password",
    FileKind.PDF: "a PDF document",
    FileKind.HTML: "a web page",
    FileKind.XML: "an XML document",
    FileKind.TEXT: "plain text, such as a CSV file",
    FileKind.IMAGE: "a picture",
    FileKind.ZIP: "a compressed archive of other files",
    FileKind.WORD: "a Word or text document",
    FileKind.POWERPOINT: "a presentation",
    FileKind.NUMBERS: "an Apple Numbers, Pages or Keynote document",
    FileKind.MESSAGE: "an email message",
    FileKind.EMPTY: "an empty file",
    FileKind.UNKNOWN: "something that is not a known kind of document",
}


@dataclass(frozen=True)
class Limits:
    """How large a returned file may be.  Exactly at a limit is still allowed.  Sizes are in bytes."""

    file_bytes: int = 10_000_000
    inflated_bytes: int = 100_000_000
    part_bytes: int = 60_000_000
    ratio: int = 200  # inflated to packed size of one part
    ratio_from_bytes: int = 100 * 1024  # smaller parts may have any ratio
    entries: int = 500
    xml_depth: int = 100
    xml_attributes: int = 200  # of one element
    sheets: int = 100
    cells: int = 2_000_000  # of all sheets, blank ones that the file spells out included
    shared_strings: int = 1_000_000
    cell_text: int = 32_767  # characters; Excel's own limit
    rows: int = 1_048_576
    columns: int = 16_384
    wall_seconds: float = 20.0  # the last three are for the separate process that reads old formats
    cpu_seconds: int = 10
    child_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int  # offset of the local header
    start: int = 0  # offset of the packed bytes


_END = b"PK\x05\x06"
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
    end = data.rfind(_END)
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


def _read_entries(data: bytes, limits: Limits) -> list[_Entry]:
    start, stop, count = _find_directory(data)
    if count > limits.entries:
        raise _unsafe(f"more than {limits.entries:,} entries in the package")
    entries: list[_Entry] = []
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
        entry = _Entry(_safe_name(raw, bool(flags & 0x800)), method, flags, crc, packed, size, header)
        entries.append(_check_local(data, entry, raw, start))
    if at != stop:
        raise _damaged("the table of contents is longer than it says")
    _check_sizes(entries, limits)
    _check_gaps(data, entries, start)
    return entries


def _check_local(data: bytes, entry: _Entry, raw_name: bytes, stop: int) -> _Entry:
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
    return _Entry(entry.name, entry.method, flags, entry.crc, entry.packed, entry.size, at, begin)


def _check_sizes(entries: list[_Entry], limits: Limits) -> None:
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


def _check_gaps(data: bytes, entries: list[_Entry], directory: int) -> None:
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


def _inflate(data: bytes, entry: _Entry) -> bytes:
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
    """

    def __init__(self, data: bytes, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        if len(data) > self.limits.file_bytes:
            raise FileRefused("file-too-large", f"more than {self.limits.file_bytes:,} bytes")
        self._data = data
        self._entries = {
            entry.name.casefold(): entry for entry in _read_entries(data, self.limits) if not entry.name.endswith("/")
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
        return _inflate(self._data, entry)


_SIGNATURES = (
    (b"%PDF-", FileKind.PDF),
    (b"\x89PNG", FileKind.IMAGE),
    (b"\xff\xd8\xff", FileKind.IMAGE),
    (b"GIF8", FileKind.IMAGE),
    (b"BM", FileKind.IMAGE),
    (b"II*\x00", FileKind.IMAGE),
    (b"MM\x00*", FileKind.IMAGE),
    (b"{\\rtf", FileKind.WORD),
    (b"Rar!", FileKind.ZIP),
    (b"7z\xbc\xaf\x27\x1c", FileKind.ZIP),
    (b"\x1f\x8b", FileKind.ZIP),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("EncryptedPackage", FileKind.PASSWORD),
    ("__substg1.0_", FileKind.MESSAGE),
    ("WordDocument", FileKind.WORD),
    ("PowerPoint Document", FileKind.POWERPOINT),
    ("Workbook", FileKind.XLS),
    ("Book", FileKind.XLS),
)
_CONTENT_TYPES = (
    (b"ms-excel.sheet.binary.macroenabled.main", FileKind.XLSB),
    (b"ms-excel.sheet.macroenabled.main+xml", FileKind.XLSM),
    (b"ms-excel.template.macroenabled.main+xml", FileKind.XLSM),
    (b"ms-excel.addin.macroenabled.main+xml", FileKind.XLSM),
    (b"spreadsheetml.sheet.main+xml", FileKind.XLSX),
    (b"spreadsheetml.template.main+xml", FileKind.XLSX),
    (b"wordprocessingml.", FileKind.WORD),
    (b"ms-word.", FileKind.WORD),
    (b"presentationml.", FileKind.POWERPOINT),
    (b"ms-powerpoint.", FileKind.POWERPOINT),
)
_NAMES = (
    ("xl/workbook.bin", FileKind.XLSB),
    ("xl/vbaproject.bin", FileKind.XLSM),
    ("xl/", FileKind.XLSX),
    ("word/", FileKind.WORD),
    ("ppt/", FileKind.POWERPOINT),
    ("index/document.iwa", FileKind.NUMBERS),
    ("index.zip", FileKind.NUMBERS),
)


def sniff(data: bytes) -> FileKind:
    """What kind of file the bytes are, by content alone.  Never raises; a damaged workbook is still a workbook."""
    if not data:
        return FileKind.EMPTY
    if data.startswith(_OLE):
        return _sniff_ole(data)
    if data.startswith((b"PK\x03\x04", _END)):
        return _sniff_zip(data)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return FileKind.IMAGE
    return _sniff_text(data[:4096])


def _sniff_ole(data: bytes) -> FileKind:
    for stream, kind in _OLE_STREAMS:
        needle = stream.encode("utf-16-le")
        at = data.find(needle, 512)
        while at >= 0:
            if at % 128 == 0:  # records of the OLE directory lie at multiples of 128; text in cells seldom does
                return kind
            at = data.find(needle, at + 1)
    return FileKind.UNKNOWN


def _sniff_zip(data: bytes) -> FileKind:
    try:
        entries = _read_entries(data, Limits())
    except FileRefused:
        # Damaged or built oddly: its names tell what it was meant to be, so that the right refusal is given later.
        names = [match.decode("cp437").casefold() for match in re.findall(rb"PK\x03\x04.{26}([!-~]{1,80})", data, re.S)]
        return _sniff_names([name.replace("\\", "/") for name in names[:1000]])
    by_name = {entry.name.casefold(): entry for entry in entries}
    for name, table in (("mimetype", None), ("[content_types].xml", _CONTENT_TYPES)):
        entry = by_name.get(name)
        if entry is None or entry.size > 1_000_000:
            continue
        try:
            content = _inflate(data, entry).lower()
        except FileRefused:
            continue
        if table is None:
            return _sniff_opendocument(content)
        for needle, kind in table:
            if needle in content:
                return kind
    return _sniff_names(list(by_name))


def _sniff_opendocument(mimetype: bytes) -> FileKind:
    for word, kind in (
        (b"spreadsheet", FileKind.ODS),
        (b"text", FileKind.WORD),
        (b"presentation", FileKind.POWERPOINT),
    ):
        if b"opendocument." + word in mimetype:
            return kind
    return FileKind.ZIP


def _sniff_names(names: list[str]) -> FileKind:
    for start, kind in _NAMES:
        if any(name.startswith(start) for name in names):
            return kind
    return FileKind.ZIP


def _sniff_text(head: bytes) -> FileKind:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if sum(char < " " and char not in "\t\r\n\f" for char in text) > 0:
        return FileKind.UNKNOWN
    start = text.lstrip().lower()
    if start.startswith(("<!doctype html", "<html")) or (start.startswith("<") and "<html" in start):
        return FileKind.HTML
    if start.startswith("<?xml"):
        return FileKind.XML
    if start.startswith("<") and ("<table" in start or "<head" in start or "<body" in start):
        return FileKind.HTML
    if start.startswith(("received:", "return-path:", "mime-version:", "from: ")):
        return FileKind.MESSAGE
    return FileKind.TEXT if start else FileKind.UNKNOWN
